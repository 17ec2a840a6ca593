package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// Policy is what one entry of the configuration's policies says of the groups that
// it means. What it leaves unsaid (nil) the next entry that means the group says,
// and in the end what is said of all groups.
type Policy struct {
	Match source.Pattern
	// Remove plans removals and demotions.
	Remove *bool
	// Protect are logins that are never removed or demoted, beside
	// [Options.Protect]; empty but not nil says that there are none.
	Protect []source.Pattern
	// RequireReview holds everything that is due, but in a plan that a person sees
	// before it is applied.
	RequireReview *bool
	Limits        GroupLimits
}

// GroupLimits are the limits on one group that differ from those on all.
type GroupLimits struct {
	RemovalsPerGroup, AddsPerGroup, UnresolvedMembers *Limit
	HoldEmptyGroup, HoldLastAdmin                     *bool
}

// PolicyLimits are the limits of one policy, as a plan remembers them.
type PolicyLimits struct {
	Match source.Pattern
	GroupLimits
}

// limitsOf returns the policies that set limits.
func limitsOf(policies []Policy) []PolicyLimits {
	var out []PolicyLimits
	for i := range policies {
		if p := &policies[i]; p.Limits != (GroupLimits{}) {
			out = append(out, PolicyLimits{p.Match, p.Limits})
		}
	}
	return out
}

// groupNames returns the names by which policies mean a source group.
func groupNames(g *source.Group) []string { return []string{g.Name, g.NameInSource()} }

// names returns the names by which policies mean the pair's group.
func (p *pair) names() []string {
	if p.desired != nil {
		return append(groupNames(p.desired), p.ref.Name)
	}
	return named(p.ref.Name, p.planned)
}

// named returns the names of a group that may have another one in its source.
func named(name, inSource string) []string {
	if inSource == "" {
		return []string{name}
	}
	return []string{name, inSource}
}

// means reports whether the pattern is about a group of one of the names.
func means(match source.Pattern, names []string) bool { return slices.ContainsFunc(names, match.Match) }

// groupRules are what holds in one group: what is said of all groups, and what the
// policies say of this one.
type groupRules struct {
	remove, review bool
	additive       bool             // a policy says remove: false
	protect        []source.Pattern // beside Options.Protect
	limits         Limits
	said           GroupLimits // what policies say of the limits
}

// rulesFor returns what holds in a group that has the names.
func (o *Options) rulesFor(names []string) *groupRules {
	var remove, review *bool
	r := &groupRules{}
	for i := range o.Policies {
		p := &o.Policies[i]
		if !means(p.Match, names) {
			continue
		}
		first(&remove, p.Remove)
		first(&review, p.RequireReview)
		if r.protect == nil {
			r.protect = p.Protect
		}
		first(&r.said.RemovalsPerGroup, p.Limits.RemovalsPerGroup)
		first(&r.said.AddsPerGroup, p.Limits.AddsPerGroup)
		first(&r.said.UnresolvedMembers, p.Limits.UnresolvedMembers)
		first(&r.said.HoldEmptyGroup, p.Limits.HoldEmptyGroup)
		first(&r.said.HoldLastAdmin, p.Limits.HoldLastAdmin)
	}
	r.remove, r.review = or(remove, o.Remove), or(review, false)
	r.additive = !or(remove, true)
	r.limits = o.Limits.with(r.said)
	return r
}

// first keeps the first thing that is said.
func first[T any](said **T, next *T) {
	if *said == nil {
		*said = next
	}
}

func or[T any](said *T, otherwise T) T {
	if said != nil {
		return *said
	}
	return otherwise
}

// with returns the limits with those of a group in the place of what is said of all.
func (l Limits) with(g GroupLimits) Limits {
	l.RemovalsPerGroup = or(g.RemovalsPerGroup, l.RemovalsPerGroup)
	l.AddsPerGroup = or(g.AddsPerGroup, l.AddsPerGroup)
	l.UnresolvedMembers = or(g.UnresolvedMembers, l.UnresolvedMembers)
	l.HoldEmptyGroup = or(g.HoldEmptyGroup, l.HoldEmptyGroup)
	l.HoldLastAdmin = or(g.HoldLastAdmin, l.HoldLastAdmin)
	return l
}

// stricter returns the rules with limits that let through what both let through.
func (r *groupRules) stricter(saved *groupRules) *groupRules {
	both := *r
	both.limits = r.limits.Stricter(saved.limits)
	first(&both.said.RemovalsPerGroup, saved.said.RemovalsPerGroup)
	first(&both.said.AddsPerGroup, saved.said.AddsPerGroup)
	first(&both.said.UnresolvedMembers, saved.said.UnresolvedMembers)
	first(&both.said.HoldEmptyGroup, saved.said.HoldEmptyGroup)
	first(&both.said.HoldLastAdmin, saved.said.HoldLastAdmin)
	return &both
}

// rulesOf returns what holds in the pair's group. Groups of which no policy speaks
// share it.
func (d *Differ) rulesOf(p *pair) *groupRules {
	names := p.names()
	if slices.ContainsFunc(d.opts.Policies, func(policy Policy) bool { return means(policy.Match, names) }) {
		return d.opts.rulesFor(names)
	}
	if d.common == nil {
		d.common = d.opts.rulesFor(nil)
	}
	return d.common
}

// removesFrom reports whether removals and demotions are planned in the group.
func (d *Differ) removesFrom(p *pair) bool { return p.rules.remove && !d.opts.Scope.SkipRemovals }

// guardsIn returns what the policies on people and those on the group say of a user.
func (d *Differ) guardsIn(p *pair, u userIndex) guard {
	g := d.users.guards[u]
	if len(p.rules.protect) > 0 && p.rules.protects(d.loginOf(u)) {
		g |= protected
	}
	return g
}

// guardsOfPersonIn is guardsIn for a person, by all logins.
func (d *Differ) guardsOfPersonIn(p *pair, person source.PersonIndex) guard {
	g := d.guardsOfPerson(person)
	if len(p.rules.protect) > 0 && slices.ContainsFunc(d.roster.Logins(person), p.rules.protects) {
		g |= protected
	}
	return g
}

// protects reports whether the group's own policy protects the login.
func (r *groupRules) protects(login source.Login) bool {
	return source.MatchAny(r.protect, login.Key())
}

// seesAll reports whether a run can tell what there is not: it is not narrowed, and
// every source gave the list of its groups whole.
func (d *Differ) seesAll() bool {
	for _, whole := range d.sources {
		if !whole {
			return false
		}
	}
	return len(d.opts.Scope.Groups) == 0
}

// findUnusedProtection reports every login to protect that no source names and that
// Box showed nowhere: a misspelt one protects nobody.
func (d *Differ) findUnusedProtection() {
	if !d.seesAll() {
		return
	}
	unmet := map[string][]source.Pattern{} // by folded login
	for _, pattern := range d.opts.Protect {
		key := source.NewLogin(pattern.String()).Key()
		_, known := d.users.byKey[key]
		_, aliased := d.aliases[key]
		if pattern.Literal() && !known && !aliased {
			unmet[key] = append(unmet[key], pattern)
		}
	}
	for i := range d.roster.People() {
		if len(unmet) == 0 {
			return
		}
		for _, login := range d.roster.Logins(source.PersonIndex(i)) {
			delete(unmet, login.Key())
		}
	}
	for _, patterns := range unmet {
		for _, pattern := range patterns {
			d.finding(UnusedProtection, GroupRef{}, "members.protect names %s, and neither a source nor a group in Box has them: check how it is spelt",
				ShellQuote(pattern.String()))
		}
	}
}

// findUnusedPolicies reports every policy that means no group: a misspelt name
// protects nobody.
func (d *Differ) findUnusedPolicies() {
	if !d.seesAll() {
		return
	}
	for i := range d.opts.Policies {
		match := d.opts.Policies[i].Match
		used := slices.ContainsFunc(d.roster.Groups(), func(g source.Group) bool { return means(match, groupNames(&g)) }) ||
			slices.ContainsFunc(d.pairs, func(p *pair) bool { return means(match, p.names()) })
		if !used {
			d.finding(UnusedPolicy, GroupRef{}, "the policy for %s means no group: check how it is spelt", ShellQuote(match.String()))
		}
	}
}

// allowsEmpty reports whether a group of these names may be emptied because the
// source has it empty.
func (r *groupRules) allowsEmpty(allowed []Allowance, names []string) bool {
	return lifts(allowed, RuleEmptyGroup, names, r.limits.HoldEmptyGroup, r.said.HoldEmptyGroup)
}

// allowsLastAdmin reports whether a group of these names may lose its last admin.
func (r *groupRules) allowsLastAdmin(allowed []Allowance, names []string) bool {
	return lifts(allowed, RuleLastAdmin, names, r.limits.HoldLastAdmin, r.said.HoldLastAdmin)
}

// lifts reports whether a rule that holds or not does not hold in the group. What a
// policy says of this very group, an allowance for all groups does not change.
func lifts(allowed []Allowance, rule Rule, names []string, holds bool, said *bool) bool {
	a, ok := allowance(allowed, rule, names)
	return !holds || ok && (a.Group != "" || said == nil)
}

// bound returns a limit and its floor under what was allowed for this run. What was
// typed is meant as it is written, without a floor.
func bound(allowed []Allowance, rule Rule, limit Limit, floor int) (Limit, int) {
	if a, ok := allowance(allowed, rule, nil); ok {
		return a.Value, 0
	}
	return limit, floor
}

// boundIn is bound for a limit on one group. What a policy says of this very group,
// an allowance for all groups may tighten and does not loosen.
func (o *Options) boundIn(names []string, rule Rule, limit Limit, said *Limit, total int) (Limit, int) {
	a, ok := allowance(o.Allow, rule, names)
	if ok && (a.Group != "" || said == nil || a.Value.Allowed(total, 0) < limit.Allowed(total, o.Limits.FloorGroup)) {
		return a.Value, 0
	}
	return limit, o.Limits.FloorGroup
}
