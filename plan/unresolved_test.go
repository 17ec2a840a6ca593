package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// directory is a roster of the group A with so many people, p1 to pn, and so many
// members without a login; and of B with ann.
func directory(people, unresolved int) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "ldap", GroupsComplete: true})
	add := func(g source.GroupIndex, login string) {
		l := source.NewLogin(address(login))
		b.Add(g, b.Person(l.Key(), "", l), source.Member, 0)
	}
	a := b.Group("A", "A", "")
	for i := range people {
		add(a, fmt.Sprintf("p%d", i+1))
	}
	for i := range unresolved {
		b.Unresolved(a, source.NoLogin, fmt.Sprintf("CN=u%02d", i+1))
	}
	add(b.Group("B", "B", ""), "ann")
	return b.Build()
}

func TestUnresolved_finding(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	a := b.Group("A", "A", "")
	l := source.NewLogin(address("ann"))
	b.Add(a, b.Person("ann", "", l), source.Unstated, 0)
	for _, who := range []string{"CN=4", "CN=2", "CN=1", "CN=3", "CN=5"} {
		b.Unresolved(a, source.OutOfScope, who)
	}
	b.Unresolved(a, source.Foreign, "S-1-5-21")
	p := diff(t, b.Build(), box("A: ann"), options())
	assert.Equal(t, []string{
		"unresolved_members A: 6 of the 7 members that the source has are nobody who could be in Box: 1 foreign (S-1-5-21), 5 out_of_scope (CN=1, CN=2, CN=3, and 2 more)",
	}, saidOf(p.Findings))
	assert.Empty(t, diff(t, directory(1, 0), box("A: p1\n B: ann"), options()).Findings)
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	const have = "A: p1, p2, p3 admin, p4, gone\n B: ann, gone"
	gone := []string{"remove A gone (unexplained)", "remove B gone (unexplained)"}
	base := func(o *plan.Options) {
		o.Limits = plan.Limits{UnresolvedMembers: plan.Percent(20)}
	}
	for name, test := range map[string]struct {
		unresolved int
		edit       []func(*plan.Options)
		changes    []string
		holds      []string
		reason     string
	}{
		"none": {unresolved: 0, changes: append([]string{"set_role A p3 admin to member (role)"}, gone...)},
		// 1 of 5 is 20 percent.
		"at-the-limit": {unresolved: 1, changes: append([]string{"set_role A p3 admin to member (role)"}, gone...)},
		"beyond": {
			unresolved: 2, changes: gone[1:], holds: []string{"unresolved_members A 2"},
			reason: "2 of the 6 members that the source has are without a login (33%), and those to remove may be among them; the limit is 20%, here 1",
		},
		"floor": {
			unresolved: 2, edit: []func(*plan.Options){limits(func(l *plan.Limits) { l.FloorGroup = 2 })},
			changes: append([]string{"set_role A p3 admin to member (role)"}, gone...),
		},
		"over-the-floor": {
			unresolved: 3, edit: []func(*plan.Options){limits(func(l *plan.Limits) { l.FloorGroup = 2 })},
			changes: gone[1:], holds: []string{"unresolved_members A 2"},
			reason: "3 of the 7 members that the source has are without a login (43%), and those to remove may be among them; the limit is 20%, here 2 (so many always pass)",
		},
		"allowed": {
			unresolved: 2, edit: []func(*plan.Options){allowing(t, "unresolved_members:A=2")},
			changes: append([]string{"set_role A p3 admin to member (role)"}, gone...),
		},
		"allowed-too-few": {
			unresolved: 3, edit: []func(*plan.Options){allowing(t, "unresolved_members:A=2")}, changes: gone[1:], holds: []string{"unresolved_members A 2"},
			reason: "3 of the 7 members that the source has are without a login (43%), and those to remove may be among them; the limit is 2",
		},
		"allowed-elsewhere": {
			unresolved: 2, edit: []func(*plan.Options){allowing(t, "unresolved_members:B=2")}, changes: gone[1:], holds: []string{"unresolved_members A 2"},
		},
		"a-policy": {
			unresolved: 1, edit: []func(*plan.Options){policies(policy("A", limiting(func(g *plan.GroupLimits) { g.UnresolvedMembers = new(plan.AtMost(0)) })))},
			changes: gone[1:], holds: []string{"unresolved_members A 2"},
		},
		"a-policy-for-another": {
			unresolved: 1, edit: []func(*plan.Options){policies(policy("B", limiting(func(g *plan.GroupLimits) { g.UnresolvedMembers = new(plan.AtMost(0)) })))},
			changes: append([]string{"set_role A p3 admin to member (role)"}, gone...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, directory(4, test.unresolved), box(have), options(append([]func(*plan.Options){base}, test.edit...)...))
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.False(t, p.Header.Blocked)
			if test.reason != "" {
				assert.Equal(t, test.reason, p.Holds[0].Reason)
				assert.Equal(t, fmt.Sprintf("to allow it this once: --allow unresolved_members:A=%d", test.unresolved), p.Holds[0].Release)
			}
		})
	}
	assert.Equal(t, []string{"unresolved_members A 1"},
		holds(diff(t, directory(60, 4), box("A: "+people(60)+", gone\n B: ann"), options()).Holds), "the default is 5 percent")
	assert.Empty(t, diff(t, directory(60, 3), box("A: "+people(60)+", gone\n B: ann"), options()).Holds)
}

// Nobody begins to be missing from a group of which too many have no login.
func TestUnresolved_beginsNoAbsence(t *testing.T) {
	t.Parallel()
	s, memory := box("A: p1, p2, gone\n B: ann"), &plan.Memory{}
	for i, unresolved := range []int{9, 9, 0, 9} {
		p := diff(t, directory(2, unresolved), s, options(remembering(memory, night(i+1))))
		memory = p.Memory
		want := []string{}
		if i >= 2 {
			want = []string{"remove/101/" + userID(address("gone")).String() + " 3"}
		}
		assert.Equal(t, want, since(memory.Absences), "night %d", i+1)
	}
}

// The members without a login are counted again when a plan is applied.
func TestRecheck_unresolved(t *testing.T) {
	t.Parallel()
	s := box("A: p1, p2, gone\n B: ann, bob")
	for name, test := range map[string]struct {
		then, now int
		edit      func(*plan.Options)
		today     func(*plan.Options)
		held      bool
	}{
		"none":                          {0, 0, unresolvedAt(plan.Percent(20)), nil, false},
		"more-by-now":                   {0, 3, unresolvedAt(plan.Percent(20)), nil, true},
		"today-s-limit":                 {1, 1, unlimited, unresolvedAt(plan.AtMost(0)), true},
		"the-plan-s-limit":              {0, 1, unresolvedAt(plan.AtMost(0)), unlimited, true},
		"allowed-in-the-plan":           {3, 3, func(o *plan.Options) { unresolvedAt(plan.AtMost(0))(o); allowing(t, "unresolved_members:A=3")(o) }, nil, false},
		"allowed-in-the-plan-for-fewer": {3, 4, func(o *plan.Options) { unresolvedAt(plan.AtMost(0))(o); allowing(t, "unresolved_members:A=3")(o) }, nil, true},
	} {
		friday := options(reviewed, test.edit)
		saved := diff(t, directory(2, test.then), s, friday)
		require.Equal(t, []string{"remove A gone (unexplained)", "remove B bob (unexplained)"}, changes(saved.Changes), name)
		if test.today != nil {
			test.today(&friday)
		}
		c := recheck(t, saved, directory(2, test.now), s, friday)
		want := []string{}
		if test.held {
			want = []string{"unresolved_members A 1"}
		}
		assert.Equal(t, want, holds(c.Plan.Holds), name)
		assert.Equal(t, plan.NotAttempted, c.Results[1].Outcome, name)
		alone := recheck(t, saved, nil, s, friday)
		assert.Empty(t, alone.Plan.Holds, "without the sources nobody can say: %s", name)
	}
}

// unresolvedAt has no limit but that on members without a login.
func unresolvedAt(l plan.Limit) func(*plan.Options) {
	return func(o *plan.Options) { o.Limits = plan.Limits{UnresolvedMembers: l} }
}
