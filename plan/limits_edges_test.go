package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// numbered returns the names from a number on up to another.
func numbered(prefix string, from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}

// limitedKind is what one limit counts: a world in which n of it are due, of a total of 20.
type limitedKind struct {
	rule  plan.Rule
	set   func(*plan.Limits, plan.Limit)
	group bool // a limit on one group, with its floor
	world func(n int) (*source.Roster, target.Snapshot)
	edit  func(*plan.Options)
}

const edgeTotal = 20

func onMembers(make func(n int) (roster, box string)) func(int) (*source.Roster, target.Snapshot) {
	return func(n int) (*source.Roster, target.Snapshot) {
		r, b := make(n)
		return roster(r), box(b, numbered("p", 1, 2*edgeTotal)...)
	}
}

func members(logins []string, role string) string {
	return strings.Join(logins, role+", ") + role
}

// groupsNamed returns lines of groups, the first n of them with another suffix.
func groupsNamed(n int, first, rest func(i int) string) string {
	var out []string
	for i := 1; i <= edgeTotal; i++ {
		if i <= n {
			out = append(out, first(i))
		} else {
			out = append(out, rest(i))
		}
	}
	return strings.Join(out, "\n")
}

func limitedKinds() map[string]limitedKind {
	removing := onMembers(func(n int) (string, string) {
		return "A: " + members(numbered("p", n+1, edgeTotal), ""), "A: " + people(edgeTotal)
	})
	adding := onMembers(func(n int) (string, string) {
		return "A: " + people(edgeTotal+n), "A: " + people(edgeTotal)
	})
	ours := func(i int) string { return fmt.Sprintf("g%d:", i) }
	wanted := groupsNamed(0, nil, ours)
	return map[string]limitedKind{
		"removals": {plan.RuleRemovals, func(l *plan.Limits, x plan.Limit) { l.Removals = x }, false, removing, nil},
		"demotions": {plan.RuleDemotions, func(l *plan.Limits, x plan.Limit) { l.Demotions = x }, false, onMembers(func(n int) (string, string) {
			all := numbered("p", 1, edgeTotal)
			return "A: " + members(all, " member"), "A: " + strings.Trim(members(all[:n], " admin")+", "+members(all[n:], ""), ", ")
		}), nil},
		"demotions are removals": {plan.RuleRemovals, func(l *plan.Limits, x plan.Limit) { l.Removals = x }, false, onMembers(func(n int) (string, string) {
			all := numbered("p", 1, edgeTotal)
			return "A: " + members(all[1:], " member"), "A: " + members(all[:n], " admin") + ", " + members(all[n:], "")
		}), nil},
		"admin_grants": {plan.RuleAdminGrants, func(l *plan.Limits, x plan.Limit) { l.AdminGrants = x }, false, onMembers(func(n int) (string, string) {
			return "A: " + people(edgeTotal) + ", " + members(numbered("p", 1, n), " admin"), "A: " + people(edgeTotal)
		}), nil},
		"adds":               {plan.RuleAdds, func(l *plan.Limits, x plan.Limit) { l.Adds = x }, false, adding, nil},
		"removals_per_group": {plan.RuleRemovalsPerGroup, func(l *plan.Limits, x plan.Limit) { l.RemovalsPerGroup = x }, true, removing, nil},
		"adds_per_group":     {plan.RuleAddsPerGroup, func(l *plan.Limits, x plan.Limit) { l.AddsPerGroup = x }, true, adding, nil},
		"group_creations": {plan.RuleGroupCreations, func(l *plan.Limits, x plan.Limit) { l.GroupCreations = x }, false, func(n int) (*source.Roster, target.Snapshot) {
			return roster(wanted + "\n" + strings.Join(numbered("new", 1, n), ":\n") + ":"), box(wanted)
		}, nil},
		"group takeovers": {plan.RuleGroupCreations, func(l *plan.Limits, x plan.Limit) { l.GroupCreations = x }, false, func(n int) (*source.Roster, target.Snapshot) {
			return roster(wanted), box(groupsNamed(n, func(i int) string { return fmt.Sprintf("g%d []:", i) }, ours))
		}, adopting},
		"group_renames": {plan.RuleGroupRenames, func(l *plan.Limits, x plan.Limit) { l.GroupRenames = x }, false, func(n int) (*source.Roster, target.Snapshot) {
			return roster(wanted), box(groupsNamed(n, func(i int) string { return fmt.Sprintf("old%d [rollcall:main:hr:g%d]:", i, i) }, ours))
		}, nil},
		"unknown_logins": {plan.RuleUnknownLogins, func(l *plan.Limits, x plan.Limit) { l.UnknownLogins = x }, false, func(n int) (*source.Roster, target.Snapshot) {
			known := members(numbered("p", n+1, edgeTotal), "")
			return roster("A: " + known + ", " + members(numbered("z", 1, n), "")), box("A: " + known + ", q")
		}, func(o *plan.Options) { o.Memory, o.Now = &plan.Memory{UnknownCounted: true}, night(1) }},
		"unresolved_members": {plan.RuleUnresolvedMembers, func(l *plan.Limits, x plan.Limit) { l.UnresolvedMembers = x }, true, func(n int) (*source.Roster, target.Snapshot) {
			return directory(edgeTotal-n, n), box("A: " + members(numbered("p", 1, edgeTotal-n), "") + ", gone\n B: ann")
		}, nil},
	}
}

// Every limit lets through as many as it allows and holds all of one more: as a
// count, as a share, as both, and where its floor lifts the share. The limit on
// source_shrink is elsewhere.
func TestLimits_edges(t *testing.T) {
	t.Parallel()
	for name, kind := range limitedKinds() {
		for _, edge := range []struct {
			limit plan.Limit
			floor int
			most  int
		}{
			{plan.AtMost(4), 0, 4},
			{plan.AtMost(4), 6, 4}, // a count is meant as it is written
			{plan.Percent(20), 0, 4},
			{plan.Percent(24.9), 0, 4}, // of 20 that is 4.98
			{plan.Percent(20), 6, 6},
			{plan.Percent(20), 4, 4},
			{plan.Percent(20), 3, 4},
			{plan.Percent(20).And(plan.AtMost(9)), 0, 4},
			{plan.Percent(45).And(plan.AtMost(5)), 0, 5},
			{plan.Percent(20).And(plan.AtMost(5)), 6, 5}, // the floor lifts the share alone
			{plan.Percent(1).And(plan.AtMost(9)), 6, 6},
			{plan.Percent(4), 0, 0},
			{plan.Percent(0), 2, 2},
		} {
			for _, n := range []int{edge.most, edge.most + 1} {
				t.Run(fmt.Sprintf("%s/%s floor %d/%d", name, edge.limit, edge.floor, n), func(t *testing.T) {
					t.Parallel()
					if n == 0 {
						return
					}
					r, s := kind.world(n)
					o := options(unlimited)
					if kind.edit != nil {
						kind.edit(&o)
					}
					kind.set(&o.Limits, edge.limit)
					if kind.group {
						o.Limits.FloorGroup, o.Limits.FloorRun = edge.floor, 100
					} else {
						o.Limits.FloorRun, o.Limits.FloorGroup = edge.floor, 100
					}
					p := diff(t, r, s, o)
					if n <= edge.most {
						assert.Empty(t, p.Holds)
						assert.NotEmpty(t, p.Changes)
						return
					}
					require.Len(t, p.Holds, 1)
					assert.Equal(t, kind.rule, p.Holds[0].Rule)
					assert.NotEmpty(t, p.Holds[0].Changes)
					assert.Equal(t, !kind.group, p.Header.Blocked, "only a limit on the run blocks a kind")
				})
			}
		}
	}
}

// A percentage of nothing does not bind, and a count does.
func TestLimits_ofNothing(t *testing.T) {
	t.Parallel()
	all := func(l plan.Limit) func(*plan.Options) {
		return limits(func(limits *plan.Limits) {
			*limits = plan.Limits{Removals: l, Adds: l, AddsPerGroup: l, RemovalsPerGroup: l, AdminGrants: l, GroupCreations: l, GroupRenames: l, Demotions: l}
		})
	}
	r, s := roster("A: p1, p2 admin\n B:"), box("", "p1", "p2")
	free := diff(t, r, s, options(all(plan.Percent(1))))
	assert.Empty(t, free.Holds)
	assert.Len(t, free.Changes, 4)
	assert.Equal(t, []string{"adds 2", "group_creations 2"}, holds(diff(t, r, s, options(all(plan.AtMost(1)))).Holds))
	// An empty group is bound by the limit on the run alone.
	r, s = roster("A: p1, p2"), box("A:", "p1", "p2")
	assert.Equal(t, []string{"adds 2"}, holds(diff(t, r, s, options(all(plan.AtMost(1)))).Holds))
}

// What a limit on the run holds beside its own kind.
func TestLimits_onLimit(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p1 member, p4, p5\n Renamed:"), box("A: p1 admin, p2, p3\n Old [rollcall:main:hr:Renamed]:", "p4", "p5")
	for name, test := range map[string]struct {
		set     func(*plan.Limits)
		changes int
		holds   []string
	}{
		"hold_kind of removals takes demotions along": {func(l *plan.Limits) { l.Removals = plan.AtMost(2) }, 3, []string{"removals 3"}},
		"demotions leave removals":                    {func(l *plan.Limits) { l.Demotions = plan.AtMost(0) }, 5, []string{"demotions 1"}},
		"held removals leave demotions no work":       {func(l *plan.Limits) { l.Removals, l.Demotions = plan.AtMost(2), plan.AtMost(0) }, 3, []string{"removals 3"}},
		"block of removals":                           {func(l *plan.Limits) { l.Removals, l.BlockAll = plan.AtMost(2), true }, 0, []string{"on_limit 3", "removals 3"}},
		"block of renames":                            {func(l *plan.Limits) { l.GroupRenames, l.BlockAll = plan.AtMost(0), true }, 0, []string{"group_renames 1", "on_limit 5"}},
		"block is not for a limit on a group":         {func(l *plan.Limits) { l.RemovalsPerGroup, l.BlockAll = plan.AtMost(2), true }, 3, []string{"removals_per_group A 3"}},
		"block without a limit that is passed":        {func(l *plan.Limits) { l.Removals, l.BlockAll = plan.AtMost(3), true }, 6, []string{}},
	} {
		p := diff(t, r, s, options(unlimited, limits(test.set)))
		assert.Len(t, p.Changes, test.changes, name)
		assert.Equal(t, test.holds, holds(p.Holds), name)
	}
	p := diff(t, roster("A: p1"), box("A: p1, p2 admin"), options(unlimited, limits(func(l *plan.Limits) { l.Demotions = plan.AtMost(0) })))
	assert.Empty(t, p.Holds, "an admin who leaves is not demoted")
}

// --allow for a group goes before what a policy says, a policy before --allow for all,
// unless that is the stricter of the two.
func TestLimits_allowances(t *testing.T) {
	t.Parallel()
	// A has 3 to remove and 3 to add, B has 2.
	r := roster("A: p4, p5, p11, p12, p13\n B: p3, p4, p5, p11, p12")
	s := box("A: "+people(5)+"\n B: "+people(5), splitPeople(13)...)
	one := limits(func(l *plan.Limits) { l.RemovalsPerGroup, l.AddsPerGroup = plan.AtMost(1), plan.AtMost(1) })
	both := func(n int) func(*plan.Options) {
		return policies(policy("A", removals(plan.AtMost(n)), adds(plan.AtMost(n))))
	}
	for name, test := range map[string]struct {
		policy func(*plan.Options)
		allow  []string // of a limit on one group; %s is the limit
		held   []string // groups
	}{
		"none":                                   {held: []string{"A", "B"}},
		"one group":                              {allow: []string{"%s:A=3"}, held: []string{"B"}},
		"one group, too few":                     {allow: []string{"%s:A=2"}, held: []string{"A", "B"}},
		"another group":                          {allow: []string{"%s:B=2"}, held: []string{"A"}},
		"all":                                    {allow: []string{"%s=3"}},
		"all, too few for one":                   {allow: []string{"%s=2"}, held: []string{"A"}},
		"a share of all":                         {allow: []string{"%s=60%%"}},
		"a share, without the floor":             {allow: []string{"%s=59%%"}, held: []string{"A"}},
		"one group before all":                   {allow: []string{"%s=3", "%s:A=1"}, held: []string{"A"}},
		"and the other way round":                {allow: []string{"%s:A=3", "%s=1"}, held: []string{"B"}},
		"a policy that allows":                   {policy: both(3), held: []string{"B"}},
		"a policy that allows too few":           {policy: both(2), held: []string{"A", "B"}},
		"all does not loosen a policy":           {policy: both(2), allow: []string{"%s=3"}, held: []string{"A"}},
		"all tightens a policy":                  {policy: both(3), allow: []string{"%s=2"}, held: []string{"A"}},
		"one group loosens a policy":             {policy: both(0), allow: []string{"%s:A=3"}, held: []string{"B"}},
		"one group tightens a policy":            {policy: both(3), allow: []string{"%s:A=2", "%s:B=2"}, held: []string{"A"}},
		"a policy for another group says naught": {policy: policies(policy("C", removals(plan.AtMost(9)))), held: []string{"A", "B"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, rule := range []plan.Rule{plan.RuleRemovalsPerGroup, plan.RuleAddsPerGroup} {
				var texts, held []string
				for _, text := range test.allow {
					texts = append(texts, fmt.Sprintf(text, rule))
				}
				edit := test.policy
				if edit == nil {
					edit = func(*plan.Options) {}
				}
				p := diff(t, r, s, options(unlimited, one, limits(func(l *plan.Limits) { l.FloorGroup = 0 }), edit, allowing(t, texts...)))
				for i := range p.Holds {
					if p.Holds[i].Rule == rule {
						held = append(held, p.Holds[i].Group.Name)
					}
				}
				assert.Equal(t, test.held, held, rule)
			}
		})
	}
}

// --allow and holds.acknowledge mean a group by each of its names: the one that it is
// to have in Box, the one that its source gives it, and the one that it has until it
// is renamed; but a name that is another group's means that one.
func TestAllowance_byEveryName(t *testing.T) {
	t.Parallel()
	r := asFinance(t, roster("fin-eu: ann\n Money: ann"), "^fin-eu$")
	s := box("Cash [rollcall:main:hr:fin-eu]: ann, bob, carl\n Money: ann, bob, carl")
	one := func(o *plan.Options) {
		o.Limits = plan.Limits{RemovalsPerGroup: plan.AtMost(1), HoldEmptyGroup: true}
		o.Now = night(1)
	}
	done := box("Finance [rollcall:main:hr:fin-eu]: ann, bob, carl\n Money: ann, bob, carl")
	unrenamed := limits(func(l *plan.Limits) { l.GroupRenames = plan.AtMost(0) })
	for name, held := range map[string][]string{
		"Finance": {"removals_per_group Money 2"}, "fin-eu": {"removals_per_group Money 2"}, " CASH": {"removals_per_group Money 2"},
		"Money": {"removals_per_group Finance 2"},
	} {
		p := diff(t, r, s, options(one, allowing(t, "removals_per_group:"+name+"=2")))
		assert.Equal(t, held, holds(p.Holds), name)
		assert.Empty(t, p.Findings, name)
		// What the plan allows is allowed when it is applied, with the sources and without.
		for _, again := range []*source.Roster{r, nil} {
			c := recheck(t, p, again, s, options(one))
			assert.Empty(t, c.Plan.Holds, name)
			assert.Len(t, c.Plan.Changes, len(p.Changes), name)
			// So it is by the name before, once the group has its new one: by this plan, or
			// by hand, where the plan holds the renaming.
			c = recheck(t, p, again, done, options(one))
			assert.Empty(t, c.Plan.Holds, name)
			c = recheck(t, diff(t, r, s, options(one, unrenamed, allowing(t, "removals_per_group:"+name+"=2"))), again, done, options(one))
			assert.Empty(t, c.Plan.Holds, name)
		}
		p = diff(t, r, s, options(one, knowing(plan.RuleRemovalsPerGroup, strings.TrimSpace(name))))
		for i := range p.Holds {
			known := p.Holds[i].Acknowledged != plan.Acknowledged{}
			assert.Equal(t, (name == "Money") == (p.Holds[i].Group.Name == "Money"), known, "%s: %s", name, p.Holds[i].Group.Name)
		}
	}
	p := diff(t, r, s, options(one, allowing(t, "removals_per_group:Finanse=2")))
	assert.Equal(t, []string{"unused_allowance"}, findings(p.Findings))

	// The source name of the one is the name in Box of the other, which goes before.
	s = box("Finance [rollcall:main:hr:Money]: ann, bob, carl\n Money [rollcall:main:hr:Other]: ann, bob, carl")
	other, err := source.NewGroupRewrite("r", "^Other$", "Money")
	require.NoError(t, err)
	finance, err := source.NewGroupRewrite("r", "^Money$", "Finance")
	require.NoError(t, err)
	swapped := mapped(t, roster("Money: ann\n Other: ann"), source.Mapping{Groups: []source.Rewrite{finance, other}})
	p = diff(t, swapped, s, options(one, allowing(t, "removals_per_group:Money=2")))
	assert.Equal(t, []string{"removals_per_group Finance 2"}, holds(p.Holds))

	// So it does when the plan is applied: what lets the one be emptied does not say that
	// the source may have the other one empty, of whose people some are hidden.
	s = box("Finance [rollcall:main:hr:Money]: bob, carl\n Money [rollcall:main:hr:Other]: ann", "ann")
	s.Listings[0].Hidden = 1
	none := filled(func(l *plan.Limits) { l.Adds = plan.AtMost(0) })
	p = diff(t, swapped, s, options(none, allowing(t, "empty_group:Money=allow")))
	require.Equal(t, []string{"remove Finance bob (unexplained)", "remove Finance carl (unexplained)"}, changes(p.Changes))
	for _, again := range []*source.Roster{swapped, nil} {
		c := recheck(t, p, again, s, options(none))
		assert.Equal(t, p.Changes, c.Plan.Changes)
	}
	// A group that is to have another name by now is meant by the one that it had.
	plain := box("Money: ann, bob, carl")
	p = diff(t, roster("Money: ann"), plain, options(one, allowing(t, "removals_per_group:Money=2")))
	c := recheck(t, p, asFinance(t, roster("Money: ann"), "^Money$"), plain, options(one))
	assert.Equal(t, p.Changes, c.Plan.Changes)

	// What lets the one lose more than it may does not let the other one lose as much.
	p = diff(t, swapped, s, options(none, allowing(t, "removals_per_group:Money=2")))
	require.Equal(t, []string{"remove Finance bob (unexplained)", "remove Finance carl (unexplained)"}, changes(p.Changes))
	for _, again := range []*source.Roster{swapped, nil} {
		c := recheck(t, p, again, s, options(one))
		assert.Equal(t, []string{"removals_per_group Finance 2"}, holds(c.Plan.Holds))
	}
}
