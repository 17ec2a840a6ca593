package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// filled lets everything through but what empties a group.
func filled(f func(*plan.Limits)) func(*plan.Options) {
	return func(o *plan.Options) {
		o.Limits = plan.Limits{HoldEmptyGroup: true}
		f(&o.Limits)
	}
}

// A group whose people are all replaced keeps those whom it has, where something
// holds those who are to come.
func TestEmptied(t *testing.T) {
	t.Parallel()
	noAdds := filled(func(l *plan.Limits) { l.Adds = plan.AtMost(0) })
	held := []string{"adds 2", "empty_group A 2"}
	for name, test := range map[string]struct {
		roster, box string
		edit        func(*plan.Options)
		since       func(*target.Snapshot)
		changes     []string
		holds       []string
	}{
		"by-the-limit-on-the-run": {edit: noAdds, holds: held},
		"by-the-limit-on-the-group": {
			edit: filled(func(l *plan.Limits) { l.AddsPerGroup = plan.AtMost(1) }), holds: []string{"adds_per_group A 2", "empty_group A 2"},
		},
		"by-the-limit-on-grants": {
			roster: "A: p3 admin, p4 admin\n B: p5", edit: filled(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(1) }),
			holds: []string{"admin_grants 2", "empty_group A 2"},
		},
		"of-whom-only-one-may-come": {
			roster: "A: p3, p4 admin\n B: p5", edit: filled(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(0) }),
			changes: []string{"add A p3 as member (joined)", "remove A p1 (unexplained)", "remove A p2 (unexplained)"}, holds: []string{"admin_grants 1"},
		},
		"and-somebody-stays": {
			roster: "A: p1, p3, p4\n B: p5", edit: noAdds, changes: []string{"remove A p2 (unexplained)"}, holds: []string{"adds 2"},
		},
		"and-somebody-is-protected": {
			edit: both(noAdds, func(o *plan.Options) { o.Protect = mustGlobs("p1@*") }), changes: []string{"remove A p2 (unexplained)"}, holds: []string{"adds 2"},
		},
		"and-somebody-is-hidden": {
			edit: noAdds, since: func(s *target.Snapshot) { s.Listings[0].Hidden = 1 },
			changes: []string{"remove A p1 (unexplained)", "remove A p2 (unexplained)"}, holds: []string{"adds 2"},
		},
		"and-the-last-admin-stays": {
			box: "A: p1, p2 admin\n B: p5\n C: p3, p4", edit: both(noAdds, func(o *plan.Options) { o.Limits.HoldLastAdmin = true }),
			changes: []string{"remove A p1 (unexplained)"}, holds: []string{"adds 2", "last_admin A 1"},
		},
		"where-groups-may-be-emptied": {
			edit: both(noAdds, func(o *plan.Options) { o.Limits.HoldEmptyGroup = false }), changes: []string{"remove A p1 (unexplained)", "remove A p2 (unexplained)"},
			holds: []string{"adds 2"},
		},
		"where-this-one-may-be-emptied": {
			edit: both(noAdds, allowing(t, "empty_group:A=allow")), changes: []string{"remove A p1 (unexplained)", "remove A p2 (unexplained)"}, holds: []string{"adds 2"},
		},
		"where-nobody-is-removed": {
			roster: "A: p1, p2, p3, p4\n B: p5", edit: noAdds, holds: []string{"adds 2"},
		},
		"while-an-orphan-is-emptied": {
			box: "A: p1, p2\n B: p5\n C: p3, p4\n Gone: p6", edit: both(noAdds, emptying("Gone")),
			changes: []string{"remove Gone p6 (asked)"}, holds: held,
		},
		"and-its-name-changes": {
			box: "Old [rollcall:main:hr:A]: p1, p2\n B: p5\n C: p3, p4", edit: noAdds, changes: []string{"rename_group A from Old (source)"}, holds: held,
		},
		"in-another-group": {
			roster: "A: p1, p2\n B: p3, p4", edit: noAdds, holds: []string{"adds 2", "empty_group B 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(orElse(test.box, "A: p1, p2\n B: p5\n C: p3, p4"))
			if test.since != nil {
				test.since(&s)
			}
			r := roster(orElse(test.roster, "A: p3, p4\n B: p5") + "\n C: p3, p4")
			o := options(test.edit)
			p := diff(t, r, s, o)
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
		})
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestEmptied_says(t *testing.T) {
	t.Parallel()
	o := options(filled(func(l *plan.Limits) { l.Adds = plan.AtMost(0) }))
	p := diff(t, roster("A: p3"), box("A: p1, p2", "p3"), o)
	require.Equal(t, []string{"adds 1", "empty_group A 2"}, holds(p.Holds))
	h := p.Holds[1]
	assert.Equal(t, "those who are to come are held, and nobody would be left; Box has 2 members in it", h.Reason)
	assert.Equal(t, "to allow it this once: --allow adds=1", h.Release)
	assert.Equal(t, "to allow it this once: --allow adds=1", p.Holds[0].Release)
	assert.Empty(t, p.Header.AllowAll)
	assert.True(t, p.Header.Blocked, "by the limit on adds")

	for name, test := range map[string]struct {
		roster *source.Roster
		box    string
		limits func(*plan.Limits)
		rule   plan.Rule
		want   string
	}{
		"the removals alone would be held once more": {
			roster("A: p3"), "A: p1, p2", func(l *plan.Limits) { l.Adds, l.Removals = plan.AtMost(0), plan.AtMost(1) },
			plan.RuleRemovals, "--allow removals=2 --allow adds=1",
		},
		"one sort of adds is enough": {
			roster("A: p3, p4 admin"), "A: p1, p2", func(l *plan.Limits) {
				l.Adds, l.AdminGrants, l.Removals = plan.AtMost(0), plan.AtMost(0), plan.AtMost(1)
			},
			plan.RuleRemovals, "--allow removals=2 --allow adds=1",
		},
		"of a sort that comes through": {
			keyed("x = p3\n y = p3\n z = p4\n A: x, y, z admin"), "A: p1, p2", func(l *plan.Limits) { l.AdminGrants, l.Removals = plan.AtMost(0), plan.AtMost(1) },
			plan.RuleRemovals, "--allow removals=2 --allow admin_grants=1",
		},
		"where no limit holds them, the loss is allowed": {
			keyed("x = p3\n y = p3\n A: x, y"), "A: p1, p2", func(l *plan.Limits) { l.Removals = plan.AtMost(1) },
			plan.RuleRemovals, "--allow empty_group:A=allow --allow removals=2",
		},
		"and said so": {
			keyed("x = p3\n y = p3\n A: x, y"), "A: p1, p2", func(*plan.Limits) {}, plan.RuleEmptyGroup, "--allow empty_group:A=allow",
		},
		"another change of the group needs nobody": {
			roster("A: p3"), "Old [rollcall:main:hr:A]: p1, p2", func(l *plan.Limits) { l.Adds, l.GroupRenames = plan.AtMost(0), plan.AtMost(0) },
			plan.RuleGroupRenames, "--allow group_renames=1",
		},
	} {
		p := diff(t, test.roster, box(test.box, "p3", "p4"), options(filled(test.limits)))
		i := slices.IndexFunc(p.Holds, func(h plan.Hold) bool { return h.Rule == test.rule })
		require.GreaterOrEqual(t, i, 0, "%s: %v", name, holds(p.Holds))
		assert.Equal(t, "to allow it this once: "+test.want, p.Holds[i].Release, name)
	}
}

// Today's stricter limit holds the adds of a saved plan, and so the removals with them.
func TestRecheck_emptied(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p3\n B: p4"), box("A: p1, p2\n B: p4", "p3")
	saved := diff(t, r, s, options(filled(func(*plan.Limits) {})))
	require.Len(t, saved.Changes, 3)
	today := options(filled(func(l *plan.Limits) { l.Adds = plan.AtMost(0) }))
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		assert.Equal(t, []string{"adds 1", "empty_group A 2"}, holds(recheck(t, saved, r, s, today).Plan.Holds), name)
	}
}

// Where everybody is exchanged, nobody goes before somebody has come: Box may refuse it.
func TestEmptied_needs(t *testing.T) {
	t.Parallel()
	keeps := filled(func(*plan.Limits) {})
	for name, test := range map[string]struct {
		roster, box string
		edit        func(*plan.Options)
		needs       []string
	}{
		"exchanged":          {roster: "A: p4, p3", box: "A: p1, p2", edit: keeps, needs: []string{"remove A p1: add A p3", "remove A p2: add A p3"}},
		"somebody-stays":     {roster: "A: p3, p2", box: "A: p1, p2", edit: keeps},
		"nobody-goes":        {roster: "A: p1, p3", box: "A: p1", edit: keeps},
		"group-by-group":     {roster: "A: p3\n B: p3, p1", box: "A: p1\n B: p1, p2", edit: keeps, needs: []string{"remove A p1: add A p3"}},
		"it-may-be-emptied":  {roster: "A: p3", box: "A: p1", edit: unlimited},
		"an-admin-for-admin": {roster: "A: p3 admin", box: "A: p1 admin", edit: both(keeps, limits(func(l *plan.Limits) { l.HoldLastAdmin = true })), needs: []string{"remove A p1: add A p3"}},
		"an-admin-for-another": {
			roster: "A: p3, p4 admin", box: "A: p1 admin, p2", edit: both(keeps, limits(func(l *plan.Limits) { l.HoldLastAdmin = true })),
			needs: []string{"remove A p1: add A p4", "remove A p1: add A p3", "remove A p2: add A p3"},
		},
	} {
		p := diff(t, roster(test.roster), box(test.box, splitPeople(4)...), options(test.edit))
		assert.Equal(t, orEmpty(test.needs), needs(p.Changes), name)
	}
}

// A saved plan waits for whoever comes of what is left of it, and for nobody where
// somebody has come meanwhile.
func TestRecheck_emptiedNeeds(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p3, p4"), box("A: p1, p2", "p3", "p4")
	o := options(filled(func(*plan.Limits) {}))
	saved := diff(t, r, s, o)
	for name, test := range map[string]struct {
		since func(*target.Snapshot)
		needs []string
	}{
		"as-it-was":          {func(*target.Snapshot) {}, []string{"remove A p1: add A p3", "remove A p2: add A p3"}},
		"one-is-gone":        {left("A", "p1"), []string{"remove A p2: add A p3"}},
		"one-has-come":       {joined("A", "p3"), nil},
		"somebody-else-came": {joined("A", "zoe"), nil},
	} {
		now := box("A: p1, p2", "p3", "p4")
		test.since(&now)
		for _, roster := range []*source.Roster{r, nil} {
			c := recheck(t, saved, roster, now, o)
			assert.Equal(t, orEmpty(test.needs), needs(c.Plan.Changes), name)
			assert.Empty(t, c.Plan.Holds, name)
		}
	}
}

// Nobody was to come of whom the group loses: what lets the rest go is said alone.
func TestRecheck_emptiedByHand(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p1"), box("A: p1, p2")
	saved := diff(t, r, s, options(filled(func(*plan.Limits) {})))
	left("A", "p1")(&s)
	c := recheck(t, saved, r, s, options(filled(func(l *plan.Limits) { l.Removals = plan.AtMost(0) })))
	require.Equal(t, []string{"removals 1"}, holds(c.Plan.Holds))
	assert.Equal(t, "to allow it this once, in a new plan: plan -o FILE --allow removals=1", c.Plan.Holds[0].Release)
}

// Whatever limits hold, no group that has somebody in the source loses everybody.
func TestProperty_noGroupIsEmptied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawGroups := func(roles ...string) string {
			var text strings.Builder
			for _, group := range []string{"A", "B", "C"} {
				text.WriteString(group + ":")
				for _, login := range rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 1, 3, rapid.ID).Draw(t, "people") {
					fmt.Fprintf(&text, " p%d %s,", login, rapid.SampledFrom(roles).Draw(t, "role"))
				}
				text.WriteString("\n")
			}
			return text.String()
		}
		o := options(limits(func(l *plan.Limits) {
			*l = drawAllLimits(t)
			l.HoldEmptyGroup, l.BlockAll = true, false
		}))
		p, err := plan.Diff(roster(drawGroups("", "member", "admin")), box(drawGroups("member", "admin"), splitPeople(6)...), o)
		require.NoError(t, err)
		left := map[plan.GroupRef]int{}
		for _, g := range p.Groups {
			left[g.Group] = g.Current
		}
		for _, c := range p.Changes {
			switch c.Kind {
			case plan.Add:
				left[c.Group]++
			case plan.Remove:
				left[c.Group]--
			default:
			}
		}
		for group, n := range left {
			require.Positive(t, n, "%s: %v, held %v", group.Name, changes(p.Changes), holds(p.Holds))
		}
	})
}
