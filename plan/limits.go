package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limit is a bound on a number of changes: a count, a percentage of something,
// or both, of which the smaller binds. The zero value does not bind.
type Limit struct {
	count   int
	percent float64
	has     uint8
}

const (
	hasCount uint8 = 1 << iota
	hasPercent
)

// AtMost returns a limit of n.
func AtMost(n int) Limit { return Limit{count: n, has: hasCount} }

// Percent returns a limit of p percent.
func Percent(p float64) Limit { return Limit{percent: p, has: hasPercent} }

// And returns the limit that both l and other bind.
func (l Limit) And(other Limit) Limit {
	if other.has&hasCount != 0 && (l.has&hasCount == 0 || other.count < l.count) {
		l.count, l.has = other.count, l.has|hasCount
	}
	if other.has&hasPercent != 0 && (l.has&hasPercent == 0 || other.percent < l.percent) {
		l.percent, l.has = other.percent, l.has|hasPercent
	}
	return l
}

// ParseLimit reads a count ("500") or a percentage ("5%", "2.5%").
func ParseLimit(s string) (Limit, error) {
	text := strings.TrimSpace(s)
	if number, isPercent := strings.CutSuffix(text, "%"); isPercent {
		p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || p < 0 || math.IsInf(p, 0) || math.IsNaN(p) {
			return Limit{}, fmt.Errorf("limit %q: want a percentage such as 5%%", s)
		}
		return Percent(p), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return Limit{}, fmt.Errorf("limit %q: want a number such as 500, or a percentage such as 5%%", s)
	}
	return AtMost(n), nil
}

// noBound is what a limit allows that does not bind.
const noBound = math.MaxInt

// Allowed returns how many changes the limit lets through, of a total. The
// floor lifts the percentage, not the count: a percentage of a small number
// says nothing, while a count is what somebody wrote. A percentage of nothing
// does not bind.
func (l Limit) Allowed(total, floor int) int {
	allowed := noBound
	if l.has&hasPercent != 0 && total > 0 {
		if share := l.percent * float64(total) / 100; share < math.MaxInt32 {
			allowed = max(int(share), floor)
		}
	}
	if l.has&hasCount != 0 {
		allowed = min(allowed, l.count)
	}
	return allowed
}

// String returns the limit as the configuration spells it.
func (l Limit) String() string {
	percent := strconv.FormatFloat(l.percent, 'f', -1, 64) + "%"
	switch l.has {
	case hasCount:
		return strconv.Itoa(l.count)
	case hasPercent:
		return percent
	case hasCount | hasPercent:
		return fmt.Sprintf("[%s, %d]", percent, l.count)
	default:
		return "none"
	}
}

// explain returns the limit for people, with what it comes to here.
func (l Limit) explain(total, floor int) string {
	text := "the limit is " + l.String()
	if l.has&hasPercent == 0 {
		return text
	}
	allowed := l.Allowed(total, floor)
	text += fmt.Sprintf(", here %d", allowed)
	if allowed == floor && l.Allowed(total, 0) < floor {
		text += " (so many always pass)"
	}
	return text
}

// Limits bound what one run may do. Totals are the current memberships of the
// groups compared, run-wide or in the one group; for creations and renames they
// are those groups, as far as Box has them.
type Limits struct {
	Removals         Limit // removals and demotions
	RemovalsPerGroup Limit
	Adds             Limit
	AddsPerGroup     Limit // not for groups that are new or empty
	Demotions        Limit
	AdminGrants      Limit
	GroupCreations   Limit
	GroupRenames     Limit
	// SourceShrink bounds the groups and the memberships that a source has lost, of
	// those that it had at the last run; where none is remembered, the groups that it
	// no longer has, of those in Box that are its own.
	SourceShrink Limit
	// UnknownLogins bounds the logins that have become unknown to Box since the last
	// run, of those wanted.
	UnknownLogins Limit
	// UnresolvedMembers bounds the members of one source group that have no login,
	// of all that were read.
	UnresolvedMembers Limit
	// FloorRun and FloorGroup are how many changes a percentage always lets
	// through, in the run and in one group. Both also serve SourceShrink,
	// for memberships and for groups.
	FloorRun, FloorGroup int
	// HoldEmptyGroup holds the removals from a group that the source has empty.
	HoldEmptyGroup bool
	// HoldLastAdmin holds what would take the last group admin from a group.
	HoldLastAdmin bool
	// BlockAll makes a run-wide limit that is passed hold everything.
	BlockAll bool
}

// Stricter returns limits that let through what both l and other let through, and
// nothing else; but where the one has the smaller share and the other the smaller
// floor, both of the smaller bind, and a little less may pass.
func (l Limits) Stricter(other Limits) Limits {
	return Limits{
		Removals:          l.Removals.And(other.Removals),
		RemovalsPerGroup:  l.RemovalsPerGroup.And(other.RemovalsPerGroup),
		Adds:              l.Adds.And(other.Adds),
		AddsPerGroup:      l.AddsPerGroup.And(other.AddsPerGroup),
		Demotions:         l.Demotions.And(other.Demotions),
		AdminGrants:       l.AdminGrants.And(other.AdminGrants),
		GroupCreations:    l.GroupCreations.And(other.GroupCreations),
		GroupRenames:      l.GroupRenames.And(other.GroupRenames),
		SourceShrink:      l.SourceShrink.And(other.SourceShrink),
		UnknownLogins:     l.UnknownLogins.And(other.UnknownLogins),
		UnresolvedMembers: l.UnresolvedMembers.And(other.UnresolvedMembers),
		FloorRun:          min(l.FloorRun, other.FloorRun),
		FloorGroup:        min(l.FloorGroup, other.FloorGroup),
		HoldEmptyGroup:    l.HoldEmptyGroup || other.HoldEmptyGroup,
		HoldLastAdmin:     l.HoldLastAdmin || other.HoldLastAdmin,
		BlockAll:          l.BlockAll || other.BlockAll,
	}
}

// DefaultLimits returns the limits of a configuration that sets none.
func DefaultLimits() Limits {
	return Limits{
		Removals:          Percent(5).And(AtMost(500)),
		RemovalsPerGroup:  Percent(50),
		Adds:              Percent(20).And(AtMost(5000)),
		AddsPerGroup:      Percent(100),
		Demotions:         AtMost(10),
		AdminGrants:       AtMost(25),
		GroupCreations:    AtMost(100),
		GroupRenames:      AtMost(20),
		SourceShrink:      Percent(5),
		UnknownLogins:     Percent(20),
		UnresolvedMembers: Percent(5),
		FloorRun:          10,
		FloorGroup:        3,
		HoldEmptyGroup:    true,
		HoldLastAdmin:     true,
	}
}

// limitRules are the rules that --allow can loosen.
func limitRules() []Rule {
	return []Rule{
		RuleRemovals, RuleRemovalsPerGroup, RuleAdds, RuleAddsPerGroup, RuleDemotions, RuleAdminGrants, RuleGroupCreations,
		RuleGroupRenames, RuleEmptyGroup, RuleSourceShrink, RuleLastAdmin, RuleUnknownLogins, RuleUnresolvedMembers,
		RulePossibleRename, RuleReusedID,
	}
}

// perGroup says which limits --allow can give to one group.
func perGroup(r Rule) bool {
	return r == RuleRemovalsPerGroup || r == RuleAddsPerGroup || r == RuleUnresolvedMembers || r.holdsOrNot()
}

// holdsOrNot says which limits are no number: --allow lifts them.
func (r Rule) holdsOrNot() bool {
	return r == RuleEmptyGroup || r == RuleLastAdmin || r == RulePossibleRename || r == RuleReusedID
}

// Allowance raises (or lowers) one limit for one run. It is part of the plan.
type Allowance struct {
	Rule  Rule
	Group string // empty: every group, or the run; of RuleSourceShrink a source, spelt exactly
	Value Limit  // meaningless for those that hold or not
}

// String returns the allowance as --allow takes it.
func (a Allowance) String() string {
	name := string(a.Rule)
	if a.Group != "" {
		name += ":" + a.Group
	}
	if a.Rule.holdsOrNot() {
		return name + "=allow"
	}
	return name + "=" + a.Value.String()
}

// ParseAllowance reads LIMIT=VALUE or LIMIT:GROUP=VALUE, and for RuleSourceShrink
// LIMIT:SOURCE=VALUE. A group's name may contain colons and equals signs.
func ParseAllowance(s string) (Allowance, error) {
	head, value, ok := cutLast(s, "=")
	if !ok {
		return Allowance{}, fmt.Errorf("%q: want LIMIT=VALUE or LIMIT:GROUP=VALUE", s)
	}
	name, group, scoped := strings.Cut(head, ":")
	a := Allowance{Rule: Rule(name), Group: strings.TrimSpace(group)}
	if !slices.Contains(limitRules(), a.Rule) {
		var known []string
		for _, r := range limitRules() {
			known = append(known, string(r))
		}
		return Allowance{}, fmt.Errorf("%q: there is no limit %q; the limits are %s", s, name, strings.Join(known, ", "))
	}
	if scoped && a.Rule == RuleSourceShrink && a.Group == "" {
		return Allowance{}, fmt.Errorf("%q: no source after the colon", s)
	}
	if scoped && !perGroup(a.Rule) && a.Rule != RuleSourceShrink {
		return Allowance{}, fmt.Errorf("%q: %s is a limit on the whole run and takes no group%s", s, name, ofGroups(a.Rule))
	}
	if scoped && a.Group == "" {
		return Allowance{}, fmt.Errorf("%q: no group after the colon", s)
	}
	if a.Rule.holdsOrNot() {
		if value != "allow" {
			return Allowance{}, fmt.Errorf("%q: the only value of %s is allow", s, name)
		}
		return a, nil
	}
	var err error
	if a.Value, err = ParseLimit(value); err != nil {
		return Allowance{}, fmt.Errorf("%q: %w", s, err)
	}
	return a, nil
}

// ofGroups names the limit on each group that goes with one on the run.
func ofGroups(r Rule) string {
	switch r {
	case RuleRemovals:
		return "; the one on a group is " + string(RuleRemovalsPerGroup)
	case RuleAdds:
		return "; the one on a group is " + string(RuleAddsPerGroup)
	default:
		return ""
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
