package plan

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/source"
)

// groupLimitsWire has the limits of one policy; what it leaves unsaid is empty.
type groupLimitsWire struct {
	Match             string `json:"match"`
	RemovalsPerGroup  string `json:"removals_per_group"`
	AddsPerGroup      string `json:"adds_per_group"`
	UnresolvedMembers string `json:"unresolved_members"`
	EmptyGroup        string `json:"empty_group"`
	LastAdmin         string `json:"last_admin"`
}

// groupLimitPair ties a limit that may be unsaid to its text.
type groupLimitPair struct {
	name  Rule
	text  *string
	limit **Limit
}

func groupLimitPairs(w *groupLimitsWire, l *GroupLimits) []groupLimitPair {
	return []groupLimitPair{
		{RuleRemovalsPerGroup, &w.RemovalsPerGroup, &l.RemovalsPerGroup},
		{RuleAddsPerGroup, &w.AddsPerGroup, &l.AddsPerGroup},
		{RuleUnresolvedMembers, &w.UnresolvedMembers, &l.UnresolvedMembers},
	}
}

// groupHoldPair ties a rule that may be unsaid to its word.
type groupHoldPair struct {
	name  Rule
	text  *string
	holds **bool
}

func groupHoldPairs(w *groupLimitsWire, l *GroupLimits) []groupHoldPair {
	return []groupHoldPair{
		{RuleEmptyGroup, &w.EmptyGroup, &l.HoldEmptyGroup},
		{RuleLastAdmin, &w.LastAdmin, &l.HoldLastAdmin},
	}
}

func groupLimitsOf(all []PolicyLimits) ([]groupLimitsWire, error) {
	wires := []groupLimitsWire{}
	for i := range all {
		l := &all[i]
		if !readsBack(l.Match) {
			return nil, fmt.Errorf("group_limits: the pattern %q would be read back as another", l.Match.String())
		}
		w := groupLimitsWire{Match: l.Match.String()}
		for _, p := range groupLimitPairs(&w, &l.GroupLimits) {
			if *p.limit == nil {
				continue
			}
			*p.text = (*p.limit).String()
			if back, err := parseLimitText(*p.text); err != nil || back != **p.limit {
				return nil, fmt.Errorf("group_limits.%s: the limit %q would be read back as another", p.name, *p.text)
			}
		}
		for _, p := range groupHoldPairs(&w, &l.GroupLimits) {
			if *p.holds != nil {
				*p.text = holdWord(**p.holds)
			}
		}
		wires = append(wires, w)
	}
	return wires, nil
}

func (w *groupLimitsWire) limits() (PolicyLimits, error) {
	match, err := source.ParsePattern(w.Match)
	if err != nil {
		return PolicyLimits{}, err
	}
	l := PolicyLimits{Match: match}
	for _, p := range groupLimitPairs(w, &l.GroupLimits) {
		if *p.text == "" {
			continue
		}
		limit, err := parseLimitText(*p.text)
		if err != nil {
			return l, fmt.Errorf("%s: %w", p.name, err)
		}
		*p.limit = &limit
	}
	for _, p := range groupHoldPairs(w, &l.GroupLimits) {
		if *p.text == "" {
			continue
		}
		holds, err := parseHold(string(p.name), *p.text)
		if err != nil {
			return l, err
		}
		*p.holds = &holds
	}
	return l, nil
}
