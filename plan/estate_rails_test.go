package plan_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// bound is a limit as the oracle knows it: a count, a share in percent, or both.
type bound struct{ count, percent *int }

// lets returns how many changes pass, of a total. A share of nothing does not bind.
func (b bound) lets(total, floor int) int {
	n := unbounded
	if b.percent != nil && total > 0 {
		n = max(*b.percent*total/100, floor)
	}
	if b.count != nil {
		n = min(n, *b.count)
	}
	return n
}

const unbounded = 1 << 30

func (b bound) limit() plan.Limit {
	var l plan.Limit
	if b.percent != nil {
		l = l.And(plan.Percent(float64(*b.percent)))
	}
	if b.count != nil {
		l = l.And(plan.AtMost(*b.count))
	}
	return l
}

// estateRails are limits, policies and allowances as plain values.
type estateRails struct {
	limits               map[plan.Rule]bound
	floorRun, floorGroup int
	empty, lastAdmin     bool // hold
	block                bool
	policies             []estatePolicy
	allowed              []estateAllowance
}

// estatePolicy is what a policy says; nil says nothing.
type estatePolicy struct {
	match                              string
	limits                             map[plan.Rule]bound
	empty, lastAdmin, remove, reviewed *bool
	protect                            []string
}

type estateAllowance struct {
	rule  plan.Rule
	group string
	count int
}

// estateNumbers are the limits that are numbers.
var estateNumbers = []plan.Rule{
	plan.RuleRemovals, plan.RuleRemovalsPerGroup, plan.RuleAdds, plan.RuleAddsPerGroup, plan.RuleDemotions, plan.RuleAdminGrants,
	plan.RuleGroupCreations, plan.RuleGroupRenames, plan.RuleSourceShrink, plan.RuleUnknownLogins, plan.RuleUnresolvedMembers,
}

func drawBound(t *rapid.T) bound {
	var b bound
	if rapid.Bool().Draw(t, "count") {
		b.count = new(rapid.IntRange(0, 9).Draw(t, "n"))
	}
	if b.count == nil || rapid.Bool().Draw(t, "percent") {
		b.percent = new(rapid.IntRange(0, 120).Draw(t, "p"))
	}
	return b
}

func (r *estateRails) draw(t *rapid.T) {
	*r = estateRails{limits: map[plan.Rule]bound{}}
	if rapid.Bool().Draw(t, "limits") {
		for _, rule := range estateNumbers {
			if rare(t, string(rule), 3) {
				r.limits[rule] = drawBound(t)
			}
		}
		r.floorRun, r.floorGroup = rapid.IntRange(0, 8).Draw(t, "floor"), rapid.IntRange(0, 3).Draw(t, "group floor")
		r.empty, r.lastAdmin = rapid.Bool().Draw(t, "hold empty"), rapid.Bool().Draw(t, "hold last admin")
		r.block = rare(t, "block", 5)
	}
	for range rapid.IntRange(0, 2).Draw(t, "policies") {
		r.policies = append(r.policies, drawEstatePolicy(t))
	}
	for range rapid.IntRange(0, 2).Draw(t, "allowances") {
		a := estateAllowance{rule: oneOf(t, "allowed", slices.Concat(estateNumbers, estateSwitches)), count: rapid.IntRange(0, 9).Draw(t, "so many")}
		switch {
		case a.rule == plan.RuleSourceShrink:
			a.group = oneOf(t, "of source", []string{"", "hr", "ad"})
		case slices.Contains(estatePerGroup, a.rule):
			a.group = oneOf(t, "in group", []string{"", "A", "B", "d", "Team A"})
		}
		r.allowed = append(r.allowed, a)
	}
}

// estateSwitches are the limits that are no numbers, and estatePerGroup those that can
// be allowed to one group.
var (
	estateSwitches = []plan.Rule{plan.RuleEmptyGroup, plan.RuleLastAdmin, plan.RulePossibleRename, plan.RuleReusedID}
	estatePerGroup = append(slices.Clone(estateSwitches), plan.RuleRemovalsPerGroup, plan.RuleAddsPerGroup, plan.RuleUnresolvedMembers)
)

func drawEstatePolicy(t *rapid.T) estatePolicy {
	p := estatePolicy{match: oneOf(t, "policy for", estateGlobs), limits: map[plan.Rule]bound{}}
	maybe := func(label string) *bool {
		if rare(t, label, 4) {
			return new(rapid.Bool().Draw(t, label))
		}
		return nil
	}
	p.empty, p.lastAdmin, p.remove, p.reviewed = maybe("empty"), maybe("last admin"), maybe("remove"), maybe("review")
	for _, rule := range []plan.Rule{plan.RuleRemovalsPerGroup, plan.RuleAddsPerGroup, plan.RuleUnresolvedMembers} {
		if rare(t, string(rule), 4) {
			p.limits[rule] = drawBound(t)
		}
	}
	if rare(t, "protects", 4) {
		p.protect = []string{oneOf(t, "protected", []string{"u1@*", "u4@*", "*"})}
	}
	return p
}

// into puts the rails into the options of a plan.
func (r *estateRails) into(o *plan.Options) {
	o.Limits = r.planLimits()
	o.Policies, o.Allow = nil, nil
	for _, p := range r.policies {
		said := plan.Policy{Match: mustGlobs(p.match)[0], Remove: p.remove, RequireReview: p.reviewed, Limits: plan.GroupLimits{
			RemovalsPerGroup: p.limit(plan.RuleRemovalsPerGroup), AddsPerGroup: p.limit(plan.RuleAddsPerGroup),
			UnresolvedMembers: p.limit(plan.RuleUnresolvedMembers), HoldEmptyGroup: p.empty, HoldLastAdmin: p.lastAdmin,
		}}
		if p.protect != nil {
			said.Protect = mustGlobs(p.protect...)
		}
		o.Policies = append(o.Policies, said)
	}
	for _, a := range r.allowed {
		o.Allow = append(o.Allow, a.allowance())
	}
}

func (a estateAllowance) allowance() plan.Allowance {
	text := string(a.rule)
	if a.group != "" {
		text += ":" + a.group
	}
	text += fmt.Sprintf("=%d", a.count)
	if slices.Contains(estateSwitches, a.rule) {
		text = text[:len(text)-2] + "=allow"
	}
	allowance, err := plan.ParseAllowance(text)
	if err != nil {
		panic(err)
	}
	return allowance
}

func (r *estateRails) planLimits() plan.Limits {
	of := func(rule plan.Rule) plan.Limit { return r.limits[rule].limit() }
	return plan.Limits{
		Removals: of(plan.RuleRemovals), RemovalsPerGroup: of(plan.RuleRemovalsPerGroup), Adds: of(plan.RuleAdds),
		AddsPerGroup: of(plan.RuleAddsPerGroup), Demotions: of(plan.RuleDemotions), AdminGrants: of(plan.RuleAdminGrants),
		GroupCreations: of(plan.RuleGroupCreations), GroupRenames: of(plan.RuleGroupRenames), SourceShrink: of(plan.RuleSourceShrink),
		UnknownLogins: of(plan.RuleUnknownLogins), UnresolvedMembers: of(plan.RuleUnresolvedMembers),
		FloorRun: r.floorRun, FloorGroup: r.floorGroup, HoldEmptyGroup: r.empty, HoldLastAdmin: r.lastAdmin, BlockAll: r.block,
	}
}

func (p *estatePolicy) limit(rule plan.Rule) *plan.Limit {
	if b, said := p.limits[rule]; said {
		return new(b.limit())
	}
	return nil
}

// said returns what the policies say of a group of these names: of each thing what
// the first of them says that says anything.
func (r *estateRails) said(names []string) estatePolicy {
	all := estatePolicy{limits: map[plan.Rule]bound{}}
	for _, p := range r.policies {
		glob := mustGlobs(p.match)[0]
		if !slices.ContainsFunc(names, glob.Match) {
			continue
		}
		for _, said := range []struct{ all, one **bool }{{&all.empty, &p.empty}, {&all.lastAdmin, &p.lastAdmin}, {&all.remove, &p.remove}, {&all.reviewed, &p.reviewed}} {
			if *said.all == nil {
				*said.all = *said.one
			}
		}
		for rule, b := range p.limits {
			if _, before := all.limits[rule]; !before {
				all.limits[rule] = b
			}
		}
		if all.protect == nil {
			all.protect = p.protect
		}
	}
	return all
}

// allows returns what was allowed last for the rule, to a group of these names before
// what is for all; of several names the first counts.
func (r *estateRails) allows(rule plan.Rule, names []string) (found estateAllowance, ok bool) {
	for _, name := range append(slices.Clone(names), "") {
		for _, a := range r.allowed {
			if a.rule == rule && (a.group == "") == (name == "") && source.FoldName(a.group) == source.FoldName(name) {
				found, ok = a, true
			}
		}
		if ok {
			return found, ok
		}
	}
	return found, ok
}

// inRun returns how many changes a limit on the run lets through.
func (r *estateRails) inRun(rule plan.Rule, total int) int {
	if a, ok := r.allows(rule, nil); ok {
		return a.count
	}
	return r.limits[rule].lets(total, r.floorRun)
}

// inGroup returns how many changes a limit on one group lets through. policies are the
// names by which policies mean it, and names all by which it may be allowed more.
func (r *estateRails) inGroup(rule plan.Rule, policies, names []string, total int) int {
	b, said := r.said(policies).limits[rule]
	if !said {
		b = r.limits[rule]
	}
	n := b.lets(total, r.floorGroup)
	if a, ok := r.allows(rule, names); ok && (a.group != "" || !said || a.count < n) {
		return a.count
	}
	return n
}

// holds reports whether a limit that is no number holds in a group.
func (r *estateRails) holds(rule plan.Rule, policies, names []string) bool {
	said, on := r.said(policies), true
	var one *bool
	switch rule {
	case plan.RuleEmptyGroup:
		one, on = said.empty, r.empty
	case plan.RuleLastAdmin:
		one, on = said.lastAdmin, r.lastAdmin
	default:
	}
	if one != nil {
		on = *one
	}
	a, ok := r.allows(rule, names)
	return on && !(ok && (a.group != "" || one == nil))
}
