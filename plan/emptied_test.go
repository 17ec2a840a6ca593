package plan_test

import (
	"fmt"
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
	assert.Equal(t, "what releases the other holds releases this one: --allow adds=1", h.Release)
	assert.Equal(t, "to allow it this once: --allow adds=1", p.Holds[0].Release)
	assert.Empty(t, p.Header.AllowAll)
	assert.True(t, p.Header.Blocked, "by the limit on adds")

	o = options(filled(func(l *plan.Limits) { l.Adds, l.Removals = plan.AtMost(0), plan.AtMost(1) }))
	p = diff(t, roster("A: p3"), box("A: p1, p2", "p3"), o)
	require.Equal(t, []string{"adds 1", "removals 2"}, holds(p.Holds))
	assert.Equal(t, "to allow it this once: --allow removals=2 --allow adds=1", p.Holds[1].Release, "the removals alone would be held once more")
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
