package plan

import (
	"fmt"
	"strings"
)

// limitsWire has the names and the values of `limits:` in the configuration.
type limitsWire struct {
	Removals          string    `json:"removals"`
	RemovalsPerGroup  string    `json:"removals_per_group"`
	Adds              string    `json:"adds"`
	AddsPerGroup      string    `json:"adds_per_group"`
	Demotions         string    `json:"demotions"`
	AdminGrants       string    `json:"admin_grants"`
	GroupCreations    string    `json:"group_creations"`
	GroupRenames      string    `json:"group_renames"`
	SourceShrink      string    `json:"source_shrink"`
	UnknownLogins     string    `json:"unknown_logins"`
	UnresolvedMembers string    `json:"unresolved_members"`
	Floor             floorWire `json:"floor"`
	EmptyGroup        string    `json:"empty_group"`
	LastAdmin         string    `json:"last_admin"`
	OnLimit           string    `json:"on_limit"`
}

type floorWire struct {
	Run   int `json:"run"`
	Group int `json:"group"`
}

// The words of limits.empty_group, limits.last_admin and limits.on_limit.
const (
	wordHold     = "hold"
	wordAllow    = "allow"
	wordHoldKind = "hold_kind"
	wordBlock    = "block"
)

// limitPair ties a limit to its text.
type limitPair struct {
	name  string
	text  *string
	limit *Limit
}

func limitPairs(w *limitsWire, l *Limits) []limitPair {
	return []limitPair{
		{string(RuleRemovals), &w.Removals, &l.Removals},
		{string(RuleRemovalsPerGroup), &w.RemovalsPerGroup, &l.RemovalsPerGroup},
		{string(RuleAdds), &w.Adds, &l.Adds},
		{string(RuleAddsPerGroup), &w.AddsPerGroup, &l.AddsPerGroup},
		{string(RuleDemotions), &w.Demotions, &l.Demotions},
		{string(RuleAdminGrants), &w.AdminGrants, &l.AdminGrants},
		{string(RuleGroupCreations), &w.GroupCreations, &l.GroupCreations},
		{string(RuleGroupRenames), &w.GroupRenames, &l.GroupRenames},
		{string(RuleSourceShrink), &w.SourceShrink, &l.SourceShrink},
		{string(RuleUnknownLogins), &w.UnknownLogins, &l.UnknownLogins},
		{string(RuleUnresolvedMembers), &w.UnresolvedMembers, &l.UnresolvedMembers},
	}
}

func (l *Limits) wire() (limitsWire, error) {
	w := limitsWire{
		Floor:      floorWire{Run: l.FloorRun, Group: l.FloorGroup},
		EmptyGroup: holdWord(l.HoldEmptyGroup), LastAdmin: holdWord(l.HoldLastAdmin), OnLimit: wordHoldKind,
	}
	if l.BlockAll {
		w.OnLimit = wordBlock
	}
	for _, p := range limitPairs(&w, l) {
		*p.text = p.limit.String()
		if back, err := parseLimitText(*p.text); err != nil || back != *p.limit {
			return w, fmt.Errorf("limits.%s: the limit %q would be read back as another", p.name, *p.text)
		}
	}
	return w, nil
}

func (w *limitsWire) limits() (Limits, error) {
	l := Limits{FloorRun: w.Floor.Run, FloorGroup: w.Floor.Group}
	var err error
	if l.HoldEmptyGroup, err = parseHold("limits.empty_group", w.EmptyGroup); err != nil {
		return l, err
	}
	if l.HoldLastAdmin, err = parseHold("limits.last_admin", w.LastAdmin); err != nil {
		return l, err
	}
	word, err := parseWord("limits.on_limit", w.OnLimit, []string{wordHoldKind, wordBlock}, strings.Clone)
	if err != nil {
		return l, err
	}
	l.BlockAll = word == wordBlock
	for _, p := range limitPairs(w, &l) {
		if *p.limit, err = parseLimitText(*p.text); err != nil {
			return l, fmt.Errorf("limits.%s: %w", p.name, err)
		}
	}
	return l, nil
}

func holdWord(holds bool) string {
	if holds {
		return wordHold
	}
	return wordAllow
}

func parseHold(what, s string) (bool, error) {
	word, err := parseWord(what, s, []string{wordHold, wordAllow}, strings.Clone)
	return word == wordHold, err
}

// parseLimitText reads what [Limit.String] writes.
func parseLimitText(s string) (Limit, error) {
	if s == (Limit{}).String() {
		return Limit{}, nil
	}
	inner, open := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	percent, count, both := strings.Cut(inner, ",")
	if !open || !closed || !both {
		return ParseLimit(s)
	}
	first, err := ParseLimit(percent)
	if err != nil {
		return Limit{}, err
	}
	second, err := ParseLimit(count)
	return first.And(second), err
}
