package plan_test

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// spent is how many changes count for each limit.
type spent struct{ takes, adds, demotions, grants, creations, takeovers, renames int }

func spend(cs []plan.Change) spent {
	var s spent
	for i := range cs {
		c := &cs[i]
		demotes := c.Kind == plan.SetRole && c.Before == target.RoleAdmin
		s.takes += count(c.Kind == plan.Remove || demotes)
		s.demotions += count(demotes)
		s.adds += count(c.Kind == plan.Add)
		s.grants += count((c.Kind == plan.Add || c.Kind == plan.SetRole) && c.After == target.RoleAdmin)
		s.creations += count(c.Kind == plan.CreateGroup)
		s.takeovers += count(c.Kind == plan.AdoptGroup || c.Kind == plan.RekeyGroup)
		s.renames += count(c.Kind == plan.RenameGroup)
	}
	return s
}

// totals counts what the limits on the run are measured against: the groups in Box
// that the plan compares or empties, and the members whom Box shows there.
func (l *ledger) totals() (groups, memberships int) {
	seen := map[target.GroupID]bool{}
	for _, g := range l.groups {
		if g.have != nil {
			seen[g.have.ID] = true
		}
	}
	for i := range l.e.groups {
		g := &l.e.groups[i]
		if seen[g.ID] || l.emptied(g) {
			groups++
			memberships += len(g.members)
		}
	}
	return groups, memberships
}

// emptied reports whether the plan empties the orphan: where nothing is due in it, it
// is not found as an orphan either.
func (l *ledger) emptied(g *estateGroup) bool {
	asked := slices.ContainsFunc(l.e.opts.Scope.EmptyOrphans, func(name string) bool { return source.FoldName(name) == source.FoldName(g.Name) })
	unused := slices.ContainsFunc(l.p.Findings, func(f plan.Finding) bool {
		said := strings.FieldsFunc(f.Text, func(r rune) bool { return r == ' ' || r == ':' })
		return f.Kind == plan.UnusedOrphan && source.FoldName(said[1]) == source.FoldName(g.Name) || f.Kind == plan.Orphan && f.Group.ID == g.ID
	})
	due := slices.ContainsFunc(l.all(), func(c plan.Change) bool { return c.Group.ID == g.ID && c.Cause == plan.Asked })
	return due || asked && !unused
}

// all returns what is planned and what is held.
func (l *ledger) all() []plan.Change {
	all := slices.Clone(l.p.Changes)
	for _, h := range l.p.Holds {
		all = append(all, h.Changes...)
	}
	return all
}

// requireInRun requires that the changes are within the limits on the run, measured
// against these totals.
func (r *estateRails) requireInRun(t require.TestingT, cs []plan.Change, groups, memberships int) {
	s := spend(cs)
	for _, of := range []struct {
		rule     plan.Rule
		n, total int
	}{
		{plan.RuleRemovals, s.takes, memberships}, {plan.RuleDemotions, s.demotions, memberships},
		{plan.RuleAdminGrants, s.grants, memberships}, {plan.RuleAdds, s.adds, memberships},
		{plan.RuleGroupCreations, s.creations, groups}, {plan.RuleGroupCreations, s.takeovers, groups}, {plan.RuleGroupRenames, s.renames, groups},
	} {
		require.LessOrEqual(t, of.n, r.inRun(of.rule, of.total), "%s of %d", of.rule, of.total)
	}
}

// requireInGroup requires that the changes of one group are within the limits on it.
// want is nil where the source was not read again.
func (r *estateRails) requireInGroup(t require.TestingT, g *ledgerGroup, cs []plan.Change) {
	s := spend(cs)
	current, hidden := 0, 0
	if g.have != nil {
		current, hidden = len(g.have.members), g.have.unlisted
	}
	if current+hidden > 0 {
		require.LessOrEqual(t, s.adds, r.inGroup(plan.RuleAddsPerGroup, g.policies, g.names, current+hidden), "adds to %s", g.ref.Name)
	}
	if s.takes == 0 {
		return
	}
	require.NotNil(t, g.have, "taken from a group that is not there")
	empties := len(g.want.Members) == 0
	emptyHolds := r.holds(plan.RuleEmptyGroup, g.policies, g.names)
	require.False(t, empties && emptyHolds, "%s is emptied", g.ref.Name)
	require.False(t, emptyHolds && hidden == 0 && s.takes-s.demotions == current && s.adds == 0, "%s loses everybody", g.ref.Name)
	if a, ok := r.allows(plan.RuleRemovalsPerGroup, g.names); !empties && (emptyHolds || ok && a.group != "") {
		require.LessOrEqual(t, s.takes, r.inGroup(plan.RuleRemovalsPerGroup, g.policies, g.names, current), "removals from %s", g.ref.Name)
	}
	unresolved := 0
	for _, u := range g.want.Unresolved {
		unresolved += u.Count
	}
	require.LessOrEqual(t, unresolved, r.inGroup(plan.RuleUnresolvedMembers, g.policies, g.names, unresolved+len(g.want.Members)), "%s has members without a login", g.ref.Name)
	r.requireAdmin(t, g, cs, empties && !emptyHolds)
}

// requireAdmin requires that a group which has admins keeps one, unless it may lose
// them.
func (r *estateRails) requireAdmin(t require.TestingT, g *ledgerGroup, cs []plan.Change, mayBeEmptied bool) {
	had, taken := 0, 0
	for _, m := range g.have.members {
		had += count(m.Role == target.RoleAdmin)
	}
	for i := range cs {
		taken += count(cs[i].Kind == plan.Remove && cs[i].Before == target.RoleAdmin)
	}
	s := spend(cs)
	if taken += s.demotions; taken > 0 && !mayBeEmptied && r.holds(plan.RuleLastAdmin, g.policies, g.names) {
		require.Positive(t, had-taken+s.grants, "%s loses its last admin", g.ref.Name)
	}
}

// requireWithin requires that the plan is within every limit.
func (l *ledger) requireWithin() {
	r, groups, memberships := &l.e.rails, 0, 0
	groups, memberships = l.totals()
	r.requireInRun(l.t, l.p.Changes, groups, memberships)
	for _, g := range l.groups {
		r.requireInGroup(l.t, g, l.of(g))
		l.requireSomebodyStays(g)
	}
	takes := map[string]int{}
	for i := range l.p.Changes {
		takes[l.p.Changes[i].Group.Key.Source] += spend(l.p.Changes[i : i+1]).takes
	}
	for i, s := range l.e.sides {
		if takes[s.name] > 0 {
			l.requireNotShrunk(i)
		}
		takes[""] += takes[s.name]
	}
	if takes[""] > 0 {
		l.requireFewUnknown()
	}
	if r.block && slices.ContainsFunc(l.p.Holds, func(h plan.Hold) bool { return h.Group == (plan.GroupRef{}) && slices.Contains(estateNumbers, h.Rule) }) {
		require.Empty(l.t, changes(l.p.Changes), "limits.on_limit is block")
	}
}

// requireSomebodyStays requires of a group that gets another name, and is known by an id
// that is not its name, that it does not lose all its people: it would be another group.
func (l *ledger) requireSomebodyStays(g *ledgerGroup) {
	cs := l.of(g)
	s := spend(cs)
	removed := 0
	for i := range cs {
		removed += count(cs[i].Kind == plan.Remove && cs[i].Cause != plan.Left)
	}
	_, allowed := l.e.rails.allows(plan.RuleReusedID, g.names)
	if s.renames == 0 || s.takeovers > 0 || allowed || !g.want.Box.IsZero() || source.FoldName(g.want.Key.ID) == source.FoldName(g.want.NameInSource()) ||
		source.FoldName(g.have.Name) == source.FoldName(g.ref.Name) {
		return
	}
	require.False(l.t, removed > 0 && removed == len(g.have.members) && g.have.unlisted == 0, "%s gets another name and loses everybody", g.ref.Name)
}

// of returns the planned changes of the group.
func (l *ledger) of(g *ledgerGroup) []plan.Change {
	var cs []plan.Change
	for _, c := range l.p.Changes {
		if c.Group == g.ref {
			cs = append(cs, c)
		}
	}
	return cs
}

// requireNotShrunk requires that the source has lost no more than it may, against its
// figures of an earlier run or, without them, against its groups in Box.
func (l *ledger) requireNotShrunk(side int) {
	s, r := &l.e.sides[side], &l.e.rails
	lets := func(total, floor int) int { return r.limits[plan.RuleSourceShrink].lets(total, floor) }
	for _, group := range []string{"", s.name} { // what names the source counts before what is for all
		for _, a := range r.allowed {
			if a.rule == plan.RuleSourceShrink && a.group == group {
				lets = func(int, int) int { return a.count }
			}
		}
	}
	now := l.roster.Evidence()[side]
	if m := l.e.opts.Memory; m != nil {
		if then, known := m.Sources[s.name]; known {
			require.LessOrEqual(l.t, then.Groups-now.Groups, lets(then.Groups, r.floorGroup), "groups of %s", s.name)
			require.LessOrEqual(l.t, then.Memberships-now.Memberships, lets(then.Memberships, r.floorRun), "memberships of %s", s.name)
			return
		}
	}
	owned, gone := 0, 0
	for _, g := range l.e.groups {
		_, key, _ := source.ParseIdentifier(g.Identifier)
		if g.AllUsers || !s.complete || key.Identifier("main") != g.Identifier || key.Source != s.name {
			continue
		}
		owned++
		gone += count(!slices.ContainsFunc(s.groups, func(w estateWanted) bool { return source.FoldName(w.id) == source.FoldName(key.ID) }) && !l.takenOver(g.ID))
	}
	require.LessOrEqual(l.t, gone, lets(owned, r.floorGroup), "groups of %s in Box", s.name)
}

// takenOver reports whether the plan gives the group another key, or leaves the one
// alone that would.
func (l *ledger) takenOver(id target.GroupID) bool {
	return len(l.e.opts.Pauses) > 0 || slices.ContainsFunc(l.all(), func(c plan.Change) bool { return c.Group.ID == id && c.TakesOver() })
}

// requireFewUnknown requires that no more logins have become unknown than may.
func (l *ledger) requireFewUnknown() {
	m := l.e.opts.Memory
	if m == nil || !m.UnknownCounted {
		return
	}
	fresh := 0
	for _, f := range l.p.Findings {
		fresh += count(f.Kind == plan.UnknownLogin && !slices.Contains(m.Unknown, f.Login.Key()))
	}
	logins := map[string]bool{}
	for _, g := range l.groups {
		for _, m := range g.want.Members {
			var all []string
			for _, login := range l.roster.Logins(m.Person) {
				all = append(all, login.Key())
			}
			if len(all) > 0 && !l.leftAlone(all...) {
				logins[all[0]] = true
			}
		}
	}
	require.LessOrEqual(l.t, fresh, l.e.rails.inRun(plan.RuleUnknownLogins, len(logins)), "unknown logins of %d", len(logins))
}
