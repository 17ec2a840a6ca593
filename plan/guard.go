package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// guarding sorts what is due into what the plan does and what it holds. The
// narrow rules come first, so that a group which is held for a reason of its
// own does not use up what the whole run is allowed.
type guarding struct {
	opts    *Options
	plan    *Plan
	pending []Change          // due, and not held by a rule on one group
	lifts   []lift            // of the holds that --allow releases
	held    map[*pair]between // which of the plan's holds are on one group
	hidden  int               // groups that Box announced and did not show
	rows    func() mapRows    // they take a look at every group, and few runs write one
}

// guard applies every rule and limit, and fills in the plan's changes and
// holds.
func (d *Differ) guard(plan *Plan) {
	g := &guarding{opts: &d.opts, plan: plan, held: map[*pair]between{}, hidden: d.hidden, rows: d.mapRows}
	for _, p := range d.pairs {
		from := len(plan.Holds)
		g.holdGroup(p)
		g.held[p] = between{from, len(plan.Holds)}
		g.pending = append(g.pending, p.due...)
	}
	g.holdShrunk(d)
	g.holdUnseen()
	g.holdUnknown()
	g.holdRun()
	g.holdUnreviewed()
	g.holdNeeds()
	g.holdEmptiedLeft(d.pairs)
	g.holdLastAdminsLeft(d.pairs)
	g.needGrants(d.pairs)
	g.needArrivals(d.pairs)
	plan.Changes = g.pending
	d.sayReleases(g)
	d.acknowledge(plan.Holds)
}

// take removes the changes that match from those given, and returns them.
func take(from *[]Change, match func(*Change) bool) []Change {
	var taken []Change
	*from = slices.DeleteFunc(*from, func(c Change) bool {
		if !match(&c) {
			return false
		}
		taken = append(taken, c)
		return true
	})
	return taken
}

func every(*Change) bool { return true }

func ofKind(k Kind) func(*Change) bool { return func(c *Change) bool { return c.Kind == k } }

// hold adds a hold of the changes, if there are any.
func (g *guarding) hold(h Hold, changes []Change) {
	if len(changes) > 0 {
		h.Changes = changes
		g.plan.Holds = append(g.plan.Holds, h)
	}
}

// holdGroup applies the rules on one group.
func (g *guarding) holdGroup(p *pair) {
	if p.takeover != 0 && !g.opts.Reviewed {
		g.hold(g.takeoverHold(p), take(&p.due, every))
	}
	g.holdForReview(p)
	g.holdRenamed(p)
	g.holdReused(p)
	if p.noRename {
		g.hold(Hold{
			Rule: RuleNameTaken, Group: p.ref,
			Reason:  fmt.Sprintf("%q cannot be renamed to %q: another Box group has that name", p.actual.Name, p.ref.Name),
			Release: p.releaseNameTaken(),
		}, take(&p.due, ofKind(RenameGroup)))
	}
	if p.limited {
		g.hold(Hold{
			Rule: RuleTooLarge, Group: p.ref,
			Reason:  fmt.Sprintf("Box lists no more than %d of the group's memberships, so those to add may be in it already", p.current),
			Release: p.releaseTooLarge(),
		}, take(&p.due, ofKind(Add)))
	}
	if p.desired == nil && !p.unread {
		return
	}
	shared := take(&p.due, func(c *Change) bool { return p.shared[c.User.ID] })
	g.hold(Hold{
		Rule: RuleSharedLogin, Group: p.ref,
		Reason:  "two people of the source are one Box user",
		Release: p.releaseShared(shared),
	}, shared)
	g.holdNamesakes(p)
	if p.desired != nil && !p.desired.Complete() {
		g.hold(Hold{
			Rule: RulePartial, Group: p.ref,
			Reason:  "the source did not give the group whole: " + p.desired.Partial[0],
			Release: p.releasePartial(),
		}, take(&p.due, (*Change).Takes))
	}
	g.holdUnresolved(p)
	empty := g.holdEmpty(p)
	g.holdYoung(p)
	g.holdLastAdminsOf(p)
	g.limitGroup(p, empty)
}

// limitGroup applies the limits on one group. Those on removals are not for one
// that is emptied.
func (g *guarding) limitGroup(p *pair, empty bool) {
	// Members whom Box hides are members all the same: their group is not empty.
	present := p.current + p.hidden
	for _, c := range groupChecks(g.opts, p.rules, p.called(), p.current, present) {
		if c.rule == RuleRemovalsPerGroup && !empty || c.rule == RuleAddsPerGroup && present > 0 {
			g.limit(c, p, &p.due)
		}
	}
}

// groupChecks returns the limits on the changes in one group of these names, of which
// Box shows so many members, and has so many with those that it hides.
func groupChecks(o *Options, rules *groupRules, names []string, shown, present int) []check {
	l, said := &rules.limits, &rules.said
	checks := []check{
		{RuleRemovalsPerGroup, l.RemovalsPerGroup, 0, taking, "removal", shown, currentMembership},
		{RuleAddsPerGroup, l.AddsPerGroup, 0, adding, "add", present, currentMembership},
	}
	for i, s := range []*Limit{said.RemovalsPerGroup, said.AddsPerGroup} {
		c := &checks[i]
		c.limit, c.floor = o.boundIn(names, c.rule, c.limit, s, c.total)
	}
	return checks
}

// holdForReview holds everything that is due in a group whose policy wants a person
// to see it first.
func (g *guarding) holdForReview(p *pair) {
	p.reviewed = p.rules.review && len(p.due) > 0
	if p.reviewed && !g.opts.Reviewed {
		g.hold(Hold{
			Rule: RuleReview, Group: p.ref,
			Reason:  "a policy says require_review of this group, and only a saved plan changes it",
			Release: releaseByReview,
		}, take(&p.due, every))
	}
}

// takeoverHold holds everything that is due in a group that is not yet ours.
func (g *guarding) takeoverHold(p *pair) Hold {
	h := Hold{
		Rule: RuleTakeover, Group: p.ref,
		Reason:  fmt.Sprintf("Box group %q (id %s) carries no identifier, and only a saved plan takes it over", p.actual.Name, p.actual.ID),
		Release: releaseByReview,
	}
	switch said := p.desired.Box; {
	case p.takeover == AdoptGroup && p.actual.Identifier != "":
		h.Reason = fmt.Sprintf("Box group %q (id %s) carries the identifier %q, which is somebody else's; %s names the group, and only a saved plan takes it over",
			p.actual.Name, p.actual.ID, p.actual.Identifier, said.Origin)
	case p.takeover == RekeyGroup:
		h.Reason = fmt.Sprintf("Box group %q (id %s) carries the identifier %q, which no source has any more, and only a saved plan takes it over",
			p.actual.Name, p.actual.ID, p.actual.Identifier)
	}
	return h
}

// emptied reports whether the source has the group empty, as far as a saved plan
// can tell where it was not read.
func (p *pair) emptied() bool {
	if p.desired == nil {
		return p.vacated
	}
	return len(p.desired.Members) == 0
}

// holdEmpty decides about the removals from a group that the source has empty, or
// in which Box would keep nobody, as it knows none of those whom the source has
// there: that is what a new mail domain looks like. It reports whether it did: such
// a group loses everybody or nobody, unless somebody gave this very group a limit on
// removals. To let empty groups be emptied says nothing of one that is not empty: in
// that, only who names the group lifts the limit.
func (g *guarding) holdEmpty(p *pair) bool {
	if !p.emptied() && !p.strangers && !p.deserted {
		return false
	}
	if p.rules.allowsEmpty(g.opts.Allow, p.called()) {
		named := func(rule Rule) bool {
			a, ok := allowance(g.opts.Allow, rule, p.called())
			return ok && a.Group != ""
		}
		return !named(RuleRemovalsPerGroup) && (p.emptied() || named(RuleEmptyGroup))
	}
	reason := "the source has the group empty"
	switch {
	case p.deserted:
		reason = "those whom the plan adds to the group cannot be added now, and nobody would be left"
	case p.strangers && len(p.desired.Members) > 0:
		reason = fmt.Sprintf("the source has %s in the group, and none of them is in it or can be added", Count(len(p.desired.Members), "login"))
	case p.unread:
		reason = "the plan leaves nobody in the group"
	}
	g.holdLimit(Hold{
		Rule: RuleEmptyGroup, Group: p.ref,
		Reason: reason + "; Box has " + Count(p.current, "member") + " in it",
	}, p, Limit{}, take(&p.due, (*Change).Takes))
	return true
}

// What totals count.
const (
	currentMembership = "current membership"
	groupInBox        = "group in Box"
)

// check is one limit to be applied to some of the pending changes.
type check struct {
	rule  Rule
	limit Limit
	floor int
	of    sorts
	what  string // the noun for what is counted
	total int
	among string // the noun for the total
}

// limit holds the changes that the check counts, all of them, if there are too
// many in the pair's group, or in the run where there is no pair. It reports
// whether it did.
func (g *guarding) limit(c check, p *pair, changes *[]Change) bool {
	n := 0
	for i := range *changes {
		if c.of.has(&(*changes)[i]) {
			n++
		}
	}
	if n <= c.limit.Allowed(c.total, c.floor) {
		return false
	}
	reason := Count(n, c.what) + ofLeavers(*changes, c.of.has)
	if c.total > 0 {
		reason += fmt.Sprintf(" against %s (%s)", Count(c.total, c.among), share(n, c.total))
	}
	h := Hold{Rule: c.rule, Reason: reason + "; " + c.limit.explain(c.total, c.floor)}
	if p != nil {
		h.Group = p.ref
	}
	g.holdLimit(h, p, AtMost(n), take(changes, c.of.has))
	return true
}

// share returns n of total in percent; with a decimal where the limits are
// small numbers.
func share(n, total int) string {
	percent := 100 * float64(n) / float64(total)
	if percent < 10 {
		return fmt.Sprintf("%.1f%%", percent)
	}
	return fmt.Sprintf("%.0f%%", percent)
}

// holdUnseen holds the creation and the takeover of groups while Box hides some:
// they may be among those, and a second group would carry the same identifier.
func (g *guarding) holdUnseen() {
	if _, allowed := allowance(g.opts.Allow, RuleGroupCreations, nil); g.hidden == 0 || allowed {
		return
	}
	created := take(&g.pending, makingOurs.has)
	if len(created) == 0 {
		return
	}
	g.plan.Header.Blocked = true
	g.holdLimit(Hold{
		Rule: RuleHiddenGroups,
		Reason: fmt.Sprintf("Box announced %s more than it showed, and those to create or take over may be among them; the app may lack the right to see all groups",
			Count(g.hidden, "group")),
		Release: "let the app see all groups of the enterprise",
	}, nil, AtMost(len(created)), created)
}

// runChecks returns the limits on the whole run, in the order in which they are
// applied. Removals take demotions along.
func runChecks(l *Limits, compared Compared, allowed []Allowance) []check {
	checks := []check{
		{RuleRemovals, l.Removals, l.FloorRun, taking, "removal", compared.Memberships, currentMembership},
		{RuleDemotions, l.Demotions, l.FloorRun, demotesAdmin, "demotion", compared.Memberships, currentMembership},
		{RuleAdminGrants, l.AdminGrants, l.FloorRun, granting, "admin grant", compared.Memberships, currentMembership},
		{RuleAdds, l.Adds, l.FloorRun, adding, "add", compared.Memberships, currentMembership},
		{RuleGroupCreations, l.GroupCreations, l.FloorRun, createsGroup, "group creation", compared.Groups, groupInBox},
		{RuleGroupCreations, l.GroupCreations, l.FloorRun, takesGroup, "group takeover", compared.Groups, groupInBox},
		{RuleGroupRenames, l.GroupRenames, l.FloorRun, renamesGroup, "group rename", compared.Groups, groupInBox},
	}
	for i := range checks {
		c := &checks[i]
		c.limit, c.floor = bound(allowed, c.rule, c.limit, c.floor)
	}
	return checks
}

// holdRun applies the limits on the whole run.
func (g *guarding) holdRun() {
	l := &g.opts.Limits
	for _, c := range runChecks(l, g.plan.Header.Compared, g.opts.Allow) {
		if g.limit(c, nil, &g.pending) {
			g.plan.Header.Blocked = true
		}
	}
	if g.plan.Header.Blocked && l.BlockAll {
		if len(g.pending) > 0 {
			g.lifts = append(g.lifts, lift{hold: len(g.plan.Holds)})
		}
		g.hold(Hold{
			Rule:   RuleOnLimit,
			Reason: "a limit over the whole run was passed, and limits.on_limit is block",
		}, take(&g.pending, every))
	}
}

// holdNeeds holds, with the change that they need, the changes that cannot be
// made without it.
func (g *guarding) holdNeeds() {
	holder := map[string]int{}
	for i, h := range g.plan.Holds {
		for _, c := range h.Changes {
			holder[c.ID] = i
		}
	}
	if len(holder) == 0 {
		return
	}
	for _, c := range take(&g.pending, func(c *Change) bool {
		return slices.ContainsFunc(c.Needs, func(id string) bool { _, held := holder[id]; return held })
	}) {
		for _, id := range c.Needs {
			if i, held := holder[id]; held {
				g.plan.Holds[i].Changes = append(g.plan.Holds[i].Changes, c)
				break
			}
		}
	}
}

// findUnusedAllowances reports every --allow for a group that the run does not
// concern, or a source that there is not: a misspelt name allows nothing, and somebody should know.
func (d *Differ) findUnusedAllowances() {
	for _, a := range d.opts.Allow {
		switch {
		case !d.meansNothing(a):
		case a.Rule == RuleSourceShrink:
			d.finding(UnusedAllowance, GroupRef{}, "--allow %s names a source that the configuration does not have; it has %s",
				ShellQuote(a.String()), strings.Join(slices.Sorted(maps.Keys(d.sources)), ", "))
		default:
			d.finding(UnusedAllowance, GroupRef{}, "--allow %s names a group that this run does not concern", ShellQuote(a.String()))
		}
	}
}

// meansNothing reports whether the allowance is for a group that the run does not
// concern, or for a source that there is not.
func (d *Differ) meansNothing(a Allowance) bool {
	switch {
	case a.Group == "":
		return false
	case a.Rule == RuleSourceShrink:
		_, configured := d.sources[a.Group]
		return !configured
	default:
		return !slices.ContainsFunc(d.pairs, func(p *pair) bool { return isNamed(p.called(), a.Group) })
	}
}
