package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// taken returns what the changes take away, by group and user: whoever is removed is no
// admin any more either.
func taken(cs []plan.Change) map[string]bool {
	out := map[string]bool{}
	for i := range cs {
		if spend(cs[i:i+1]).takes > 0 {
			out[cs[i].ID] = true
			out[strings.Replace(cs[i].ID, "remove/", "set_role/", 1)] = true
		}
	}
	return out
}

// estateRailsToAdd makes a world more careful, each in one way.
var estateRailsToAdd = map[string]func(t *rapid.T, e *estate){
	"a stricter limit": func(t *rapid.T, e *estate) {
		rule := oneOf(t, "rule", estateNumbers)
		limits := maps.Clone(e.rails.limits)
		limits[rule] = bound{count: new(rapid.IntRange(0, 2).Draw(t, "at most")), percent: limits[rule].percent}
		e.rails.limits = limits
		e.rails.into(&e.opts)
	},
	"empty groups and last admins are kept": func(_ *rapid.T, e *estate) {
		e.rails.empty, e.rails.lastAdmin = true, true
		e.rails.into(&e.opts)
	},
	"somebody is protected": func(t *rapid.T, e *estate) {
		e.opts.Protect = append(slices.Clone(e.opts.Protect), mustGlobs(oneOf(t, "whom", []string{"u0@*", "u1@*", "u[2-4]@*"}))...)
	},
	"nobody is removed from some groups": func(t *rapid.T, e *estate) {
		e.rails.policies = append([]estatePolicy{{match: oneOf(t, "which", estateGlobs), remove: new(false)}}, e.rails.policies...)
		e.rails.into(&e.opts)
	},
	"a pause": func(t *rapid.T, e *estate) {
		e.opts.Pauses = append(slices.Clone(e.opts.Pauses), plan.Pause{Group: mustGlobs(oneOf(t, "which", estateGlobs))[0], Until: night(9), Reason: "audit"})
	},
	"a group is not read whole": func(t *rapid.T, e *estate) {
		if s := &e.sides[rapid.IntRange(0, 1).Draw(t, "of which")]; len(s.groups) > 0 {
			s.groups[rapid.IntRange(0, len(s.groups)-1).Draw(t, "which")].partial = true
		}
	},
	"a source is cut off":    func(t *rapid.T, e *estate) { e.sides[rapid.IntRange(0, 1).Draw(t, "which")].complete = false },
	"a grace":                func(_ *rapid.T, e *estate) { e.opts.RemovalGrace = 1 << 60 },
	"removals are left out":  func(_ *rapid.T, e *estate) { e.opts.Scope.SkipRemovals = true },
	"somebody must agree":    func(_ *rapid.T, e *estate) { e.opts.RequireReview = true },
	"a run that nobody sees": func(_ *rapid.T, e *estate) { e.opts.Reviewed = false },
	"everything is blocked": func(_ *rapid.T, e *estate) {
		e.rails.block = true
		e.rails.into(&e.opts)
	},
	"people are remembered": func(t *rapid.T, e *estate) {
		m := plan.Memory{}
		if e.opts.Memory != nil {
			m = *e.opts.Memory
		}
		m.People = maps.Clone(m.People)
		if m.People == nil {
			m.People = map[string]target.UserID{}
		}
		m.People["ad/k4"] = target.UserID(rapid.IntRange(1, 9).Draw(t, "k4 is"))
		e.opts.Memory = &m
	},
	"other groups are remembered": func(t *rapid.T, e *estate) {
		m := plan.Memory{}
		if e.opts.Memory != nil {
			m = *e.opts.Memory
		}
		m.Groups = e.drawHad(t)
		e.opts.Memory = &m
	},
	"hidden members": func(_ *rapid.T, e *estate) {
		for i := range e.groups {
			e.groups[i].unlisted++
		}
	},
}

// A rail more never takes anything away that was not due before; nor, where no limit that
// counts held anything, anything that was held before. Of what such a limit counts, a rail
// more may hold some before it, so that it lets the rest through.
func TestEstate_aRailMoreTakesNothingMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		how := oneOf(t, "rail", slices.Sorted(maps.Keys(estateRailsToAdd)))
		careful := e.clone()
		estateRailsToAdd[how](t, careful)
		q := careful.planned(t)
		before, due := taken(p.Changes), taken(open(t, e, p).all())
		count := slices.Concat(estateNumbers, []plan.Rule{plan.RuleOnLimit, plan.RuleLastAdmin, plan.RuleEmptyGroup})
		counts := slices.ContainsFunc(p.Holds, func(h plan.Hold) bool { return slices.Contains(count, h.Rule) })
		for id := range taken(q.Changes) {
			require.True(t, due[id], "%s: %s", how, id)
			require.True(t, counts || before[id], "%s: %s", how, id)
		}
	})
}

// Losing the memory removes nobody who is wanted by a login or an alias that Box has.
func TestEstate_memoryLostRemovesNobodyWanted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		e.opts.Memory = nil
		p := e.planned(t)
		l := open(t, e, p)
		for _, g := range l.groups {
			for _, c := range l.of(g) {
				claims := l.claimsOf(g, c.User.ID)
				aliased := slices.ContainsFunc(claims.alias, func(i source.PersonIndex) bool { return l.managed(i) == 0 })
				require.False(t, c.Kind == plan.Remove && (len(claims.login) > 0 || aliased), "%s is wanted", c.ID)
			}
		}
	})
}

// drifted returns the world some days later: people come, go and change, in the sources
// and in Box, groups are renamed, marked, paused and no longer read whole, and limits and
// policies are others.
func (e *estate) drifted(t *rapid.T) *estate {
	d := e.clone()
	for range rapid.IntRange(0, 5).Draw(t, "drifts") {
		s := &d.sides[rapid.IntRange(0, 1).Draw(t, "drifting source")]
		u := target.UserID(rapid.IntRange(1, 9).Draw(t, "drifting user"))
		kind := rapid.IntRange(0, 11).Draw(t, "drift")
		if kind < 5 && len(s.groups) > 0 {
			g := &s.groups[rapid.IntRange(0, len(s.groups)-1).Draw(t, "drifting group")]
			key := s.people[rapid.IntRange(0, len(s.people)-1).Draw(t, "drifting person")].key
			switch kind {
			case 0:
				g.partial = !g.partial
			case 1:
				g.members[key] = oneOf(t, "role", weekRoles)
			case 2:
				s.groups = slices.Delete(s.groups, 0, 1)
			default:
				delete(g.members, key)
			}
		}
		if kind >= 5 && kind < 10 && len(d.groups) > 0 {
			d.groups[rapid.IntRange(0, len(d.groups)-1).Draw(t, "group in Box")].drift(t, kind, u)
		}
		switch kind {
		case 10:
			d.users[u-1].Login = "gone." + d.users[u-1].Login
		case 11:
			d.users[u-1].Standing.Role = target.EnterpriseCoAdmin
		}
	}
	if rapid.Bool().Draw(t, "other rails") {
		allowed := d.rails.allowed
		d.rails.draw(t)
		d.rails.allowed = allowed // is the plan's
		d.rails.into(&d.opts)
	}
	if rare(t, "paused since", 4) {
		d.opts.Pauses = append(slices.Clone(d.opts.Pauses), plan.Pause{Group: mustGlobs(oneOf(t, "pause of", estateGlobs))[0], Until: night(9), Reason: "audit"})
	}
	return d
}

func (g *estateGroup) drift(t *rapid.T, kind int, u target.UserID) {
	in := slices.IndexFunc(g.members, func(m target.Membership) bool { return m.User == u })
	switch {
	case kind == 5:
		g.Name = "New " + g.Name
	case kind == 6:
		g.Identifier = oneOf(t, "new mark", []string{"", "okta:1", "rollcall:main:hr:A"})
	case kind == 7 && in >= 0:
		g.members[in].Role = oneOf(t, "new role", []target.Role{target.RoleMember, target.RoleAdmin})
	case in >= 0:
		g.members = slices.Delete(g.members, in, in+1)
	case u != 7: // who is an external user
		g.members = append(g.members, target.Membership{ID: target.MembershipID(7000*uint64(g.ID) + uint64(u)), User: u, Role: target.RoleMember})
	}
}

// What is left of a saved plan in another world, with the sources and without, is part
// of it, takes only from whom Box shows so, touches nobody who is protected or left
// alone now, nothing that is paused, and nothing in groups that are incomplete now, and
// nobody whom the sources list now. It is within the limits of the plan and of today.
func TestEstate_aSavedPlanIsOnlyEverCutDown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		e.opts.Reviewed = true
		_, p := e.logged(t)
		was := open(t, e, p)
		now := e.drifted(t)
		t.Logf("later %s", now)
		sourced := rapid.Bool().Draw(t, "sourced")
		left := now.rechecked(t, p, sourced).Plan
		t.Logf("saved %q\nleft %q", changes(p.Changes), changes(left.Changes))
		groups, memberships := was.totals()
		for _, r := range []*estateRails{&e.rails, &now.rails} {
			r.requireInRun(t, left.Changes, groups, memberships)
		}
		saved := map[string]plan.Change{}
		for _, c := range p.Changes {
			saved[c.ID] = c
		}
		l := &ledger{t: t, e: now, p: left, roster: now.roster(t)}
		for _, c := range left.Changes {
			was, ok := saved[c.ID]
			require.True(t, ok, "%s is not in the plan", c.ID)
			require.Equal(t, []any{was.Kind, was.User, was.Before, was.After, was.Membership}, []any{c.Kind, c.User, c.Before, c.After, c.Membership})
			l.requireStands(c, sourced)
		}
		now.after(t, left.Changes)
	})
}

// requireStands requires of a change of a saved plan that nothing speaks against it now.
func (l *ledger) requireStands(c plan.Change, sourced bool) {
	t, o := l.t, &l.e.opts
	for _, pause := range o.Pauses {
		require.False(t, pause.Until.After(o.Now) && pause.Group.Match(c.Group.Name), "%s is paused", c.ID)
	}
	if c.User.ID == 0 {
		return
	}
	require.False(t, l.leftAlone(c.User.Login), "%s is left alone", c.ID)
	g := l.e.group(c.Group.ID)
	if spend([]plan.Change{c}).takes == 0 || g == nil {
		return
	}
	require.Contains(t, g.members, target.Membership{ID: c.Membership, User: c.User.ID, Role: c.Before}, c.ID)
	require.False(t, c.User.ID == o.Self || matches(o.Protect, l.e.user(c.User.ID).Login), "%s is protected", c.ID)
	want := l.wanted(c.Group.Key)
	if !sourced || want == nil || c.Cause == plan.Asked {
		require.True(t, !sourced || want == nil, "%s: the source has the group again", c.ID)
		return
	}
	require.True(t, want.Complete(), "%s: the group is incomplete", c.ID)
	view := &ledgerGroup{ref: c.Group, want: want, have: g, policies: []string{want.Name, want.NameInSource(), c.Group.Name}}
	require.True(t, l.mayTake(view, g, c.User.ID), "%s: a policy keeps them", c.ID)
	if c.Kind == plan.Remove && !strings.HasPrefix(l.e.user(c.User.ID).Login, "gone.") {
		require.Empty(t, l.claimsOf(view, c.User.ID).login, "%s is wanted", c.ID)
	}
}
