package plan

import (
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// guarding sorts what is due into what the plan does and what it holds. The
// narrow rules come first, so that a group which is held for a reason of its
// own does not use up what the whole run is allowed.
type guarding struct {
	opts    *Options
	plan    *Plan
	pending []Change // due, and not held by a rule on one group
}

// guard applies every rule and limit, and fills in the plan's changes and
// holds.
func (d *Differ) guard(plan *Plan) {
	g := &guarding{opts: &d.opts, plan: plan}
	for _, p := range d.pairs {
		g.holdGroup(p)
		g.pending = append(g.pending, p.due...)
	}
	g.holdShrunk(d)
	g.holdUnseen(d.hidden)
	g.holdUnknown()
	g.holdRun()
	g.holdUnreviewed()
	g.holdNeeds()
	g.holdLastAdminsLeft(d.pairs)
	g.needGrants(d.pairs)
	plan.Changes = g.pending
	d.opts.acknowledge(plan.Holds)
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
	untold := take(&p.due, func(c *Change) bool { return c.Kind == Remove && c.Cause != Left && p.untold[c.User.ID] })
	g.hold(Hold{
		Rule: RulePossibleRename, Group: p.ref,
		Reason:  "somebody is wanted under a login that Box does not know, and Box does not tell the e-mail aliases of who would go: one may be the other",
		Release: p.releaseUntold(untold),
	}, untold)
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
	l, said := &p.rules.limits, &p.rules.said
	if !empty {
		limit, floor := g.opts.boundIn(p.ref.Name, RuleRemovalsPerGroup, l.RemovalsPerGroup, said.RemovalsPerGroup, p.current)
		g.limit(check{RuleRemovalsPerGroup, limit, floor, (*Change).Takes, "removal", p.current, currentMembership}, p.ref, &p.due)
	}
	// Members whom Box hides are members all the same: their group is not empty.
	if present := p.current + p.hidden; present > 0 {
		limit, floor := g.opts.boundIn(p.ref.Name, RuleAddsPerGroup, l.AddsPerGroup, said.AddsPerGroup, present)
		g.limit(check{RuleAddsPerGroup, limit, floor, ofKind(Add), "add", present, currentMembership}, p.ref, &p.due)
	}
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
	if p.rules.allowsEmpty(g.opts.Allow, p.ref.Name) {
		named := func(rule Rule) bool {
			a, ok := allowance(g.opts.Allow, rule, p.ref.Name)
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
	g.hold(Hold{
		Rule: RuleEmptyGroup, Group: p.ref,
		Reason:  reason + "; Box has " + Count(p.current, "member") + " in it",
		Release: allowFlag(Allowance{Rule: RuleEmptyGroup, Group: p.ref.Name}),
	}, take(&p.due, (*Change).Takes))
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
	of    func(*Change) bool
	what  string // the noun for what is counted
	total int
	among string // the noun for the total
}

// limit holds the changes that the check counts, all of them, if there are too
// many in the group, or in the run where group is its zero value. It reports
// whether it did.
func (g *guarding) limit(c check, group GroupRef, changes *[]Change) bool {
	n := 0
	for i := range *changes {
		if c.of(&(*changes)[i]) {
			n++
		}
	}
	if n <= c.limit.Allowed(c.total, c.floor) {
		return false
	}
	reason := Count(n, c.what) + ofLeavers(*changes, c.of)
	if c.total > 0 {
		reason += fmt.Sprintf(" against %s (%s)", Count(c.total, c.among), share(n, c.total))
	}
	g.hold(Hold{
		Rule: c.rule, Group: group,
		Reason:  reason + "; " + c.limit.explain(c.total, c.floor),
		Release: allowFlag(Allowance{Rule: c.rule, Group: group.Name, Value: AtMost(n)}),
	}, take(changes, c.of))
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

func allowFlag(a Allowance) string {
	return "to allow it this once: --allow " + ShellQuote(a.String())
}

// holdUnseen holds the creation and the takeover of groups while Box hides some:
// they may be among those, and a second group would carry the same identifier.
func (g *guarding) holdUnseen(hidden int) {
	if _, allowed := allowance(g.opts.Allow, RuleGroupCreations, ""); hidden == 0 || allowed {
		return
	}
	created := take(&g.pending, func(c *Change) bool { return c.Kind == CreateGroup || c.TakesOver() })
	if len(created) == 0 {
		return
	}
	g.plan.Header.Blocked = true
	g.hold(Hold{
		Rule: RuleHiddenGroups,
		Reason: fmt.Sprintf("Box announced %s more than it showed, and those to create or take over may be among them; the app may lack the right to see all groups",
			Count(hidden, "group")),
		Release: "let the app see all groups of the enterprise, or, " + allowFlag(Allowance{Rule: RuleGroupCreations, Value: AtMost(len(created))}),
	}, created)
}

// holdRun applies the limits on the whole run. Removals take demotions along.
func (g *guarding) holdRun() {
	l, compared := &g.opts.Limits, g.plan.Header.Compared
	for _, c := range []check{
		{RuleRemovals, l.Removals, l.FloorRun, (*Change).Takes, "removal", compared.Memberships, currentMembership},
		{RuleDemotions, l.Demotions, l.FloorRun, (*Change).Demotes, "demotion", compared.Memberships, currentMembership},
		{RuleAdminGrants, l.AdminGrants, l.FloorRun, (*Change).Grants, "admin grant", compared.Memberships, currentMembership},
		{RuleAdds, l.Adds, l.FloorRun, ofKind(Add), "add", compared.Memberships, currentMembership},
		{RuleGroupCreations, l.GroupCreations, l.FloorRun, ofKind(CreateGroup), "group creation", compared.Groups, groupInBox},
		{RuleGroupCreations, l.GroupCreations, l.FloorRun, (*Change).TakesOver, "group takeover", compared.Groups, groupInBox},
		{RuleGroupRenames, l.GroupRenames, l.FloorRun, ofKind(RenameGroup), "group rename", compared.Groups, groupInBox},
	} {
		c.limit, c.floor = g.opts.bound(c.rule, c.limit, c.floor)
		if g.limit(c, GroupRef{}, &g.pending) {
			g.plan.Header.Blocked = true
		}
	}
	if g.plan.Header.Blocked && l.BlockAll {
		g.hold(Hold{
			Rule:    RuleOnLimit,
			Reason:  "a limit over the whole run was passed, and limits.on_limit is block",
			Release: g.releaseAll(),
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
		if d.findUnusedShrinkAllowance(a) {
			continue
		}
		if a.Group != "" && !slices.ContainsFunc(d.pairs, func(p *pair) bool {
			return source.FoldName(p.ref.Name) == source.FoldName(a.Group)
		}) {
			d.finding(UnusedAllowance, GroupRef{}, "--allow %s names a group that this run does not concern", ShellQuote(a.String()))
		}
	}
}
