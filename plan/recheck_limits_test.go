package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// Limits bind again, the stricter of the plan's and today's, and with the plan's
// allowances.
func TestRecheck_limits(t *testing.T) {
	t.Parallel()
	// Seven of ten people leave A, and one of ten leaves B.
	const seven = "A: p1, p2, p3\n B: p1, p2, p3, p4, p5, p6, p7, p8, p9"
	ten := "A: " + people(10) + "\n B: " + people(10)
	set := func(f func(*plan.Limits)) func(*plan.Options) {
		return func(o *plan.Options) { o.Limits = plan.Limits{}; f(&o.Limits) }
	}
	runDrifts(t, map[string]drift{
		"stricter-today-in-a-group": {
			roster: seven, box: ten, edit: unlimited, today: limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.Percent(50) }),
			want: verdict{fates: []string{
				"remove A p10: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p4: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p5: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p6: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p7: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p8: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove A p9: skipped, held by removals_per_group: 7 removals against 10 current memberships (70%); the limit is 50%, here 5",
				"remove B p10: to be made",
			}, holds: []string{"removals_per_group A 7"}},
		},
		"stricter-today-in-the-run": {
			roster: seven, box: ten, edit: unlimited, today: limits(func(l *plan.Limits) { l.Removals = plan.AtMost(7) }),
			want: verdict{fates: []string{
				"remove A p10: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p4: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p5: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p6: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p7: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p8: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p9: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove B p10: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
			}, holds: []string{"removals 8"}},
		},
		"as-many-as-today-s-limit": {
			roster: seven, box: ten, edit: unlimited, today: limits(func(l *plan.Limits) { l.Removals = plan.AtMost(8) }),
			want: verdict{fates: []string{
				"remove A p10: to be made",
				"remove A p4: to be made",
				"remove A p5: to be made",
				"remove A p6: to be made",
				"remove A p7: to be made",
				"remove A p8: to be made",
				"remove A p9: to be made",
				"remove B p10: to be made",
			}},
		},
		"stricter-in-the-plan": {
			roster: "A: " + people(4), box: "A: p1, p2", known: splitPeople(4), edit: set(func(l *plan.Limits) { l.AddsPerGroup = plan.Percent(100) }),
			today: unlimited, since: left("A", "p1"),
			want: verdict{fates: []string{
				"add A p3 as member: skipped, held by adds_per_group: 2 adds against 1 current membership (200%); the limit is 100%, here 1",
				"add A p4 as member: skipped, held by adds_per_group: 2 adds against 1 current membership (200%); the limit is 100%, here 1",
			}, holds: []string{"adds_per_group A 2"}},
		},
		"allowances-of-the-plan": {
			roster: seven, box: ten, today: func(o *plan.Options) { o.Allow = nil },
			edit: func(o *plan.Options) {
				o.Allow = []plan.Allowance{
					{Rule: plan.RuleRemovalsPerGroup, Group: "A", Value: plan.AtMost(7)},
					{Rule: plan.RuleRemovals, Value: plan.AtMost(8)},
				}
			},
			want: verdict{fates: []string{
				"remove A p10: to be made",
				"remove A p4: to be made",
				"remove A p5: to be made",
				"remove A p6: to be made",
				"remove A p7: to be made",
				"remove A p8: to be made",
				"remove A p9: to be made",
				"remove B p10: to be made",
			}},
		},
		"allowances-of-today-are-nobody-s": {
			roster: seven, box: ten, edit: set(func(l *plan.Limits) { l.Removals = plan.AtMost(8) }),
			today: func(o *plan.Options) {
				o.Limits.Removals = plan.AtMost(7)
				o.Allow = []plan.Allowance{{Rule: plan.RuleRemovals, Value: plan.AtMost(8)}}
			},
			want: verdict{fates: []string{
				"remove A p10: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p4: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p5: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p6: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p7: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p8: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove A p9: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
				"remove B p10: skipped, held by removals: 8 removals against 20 current memberships (40%); the limit is 7",
			}, holds: []string{"removals 8"}},
		},
		"shares-are-of-what-the-plan-compared": {
			// 7 of 100: the groups that the plan does not touch count.
			roster: "A: p1, p2, p3\n C: " + people(45) + "\n D: " + people(45), box: "A: " + people(10) + "\n C: " + people(45) + "\n D: " + people(45),
			edit: set(func(l *plan.Limits) { l.Removals = plan.Percent(7) }),
			want: verdict{fates: []string{
				"remove A p10: to be made",
				"remove A p4: to be made",
				"remove A p5: to be made",
				"remove A p6: to be made",
				"remove A p7: to be made",
				"remove A p8: to be made",
				"remove A p9: to be made",
			}},
		},
		"shares-of-a-group-are-of-today-s-members": {
			roster: "A: p1, p2, p3, p4", box: "A: " + people(8), edit: set(func(l *plan.Limits) { l.RemovalsPerGroup = plan.Percent(50) }),
			since: left("A", "p1"),
			want: verdict{fates: []string{
				"remove A p5: skipped, held by removals_per_group: 4 removals against 7 current memberships (57%); the limit is 50%, here 3",
				"remove A p6: skipped, held by removals_per_group: 4 removals against 7 current memberships (57%); the limit is 50%, here 3",
				"remove A p7: skipped, held by removals_per_group: 4 removals against 7 current memberships (57%); the limit is 50%, here 3",
				"remove A p8: skipped, held by removals_per_group: 4 removals against 7 current memberships (57%); the limit is 50%, here 3",
			}, holds: []string{"removals_per_group A 4"}},
		},
		"demotions-and-grants": {
			roster: "A: p1 member, p2 member, p3 admin, p4 admin", box: "A: p1 admin, p2 admin, p3", known: splitPeople(4),
			today: limits(func(l *plan.Limits) { l.Demotions, l.AdminGrants = plan.AtMost(1), plan.AtMost(1) }),
			want: verdict{fates: []string{
				"add A p4 as admin: skipped, held by admin_grants: 2 admin grants against 3 current memberships (67%); the limit is 1",
				"set_role A p1 admin to member: skipped, held by demotions: 2 demotions against 3 current memberships (67%); the limit is 1",
				"set_role A p2 admin to member: skipped, held by demotions: 2 demotions against 3 current memberships (67%); the limit is 1",
				"set_role A p3 member to admin: skipped, held by admin_grants: 2 admin grants against 3 current memberships (67%); the limit is 1",
			}, holds: []string{"admin_grants 2", "demotions 2"}},
		},
		"adds-hold-with-their-creation": {
			roster: "A: p1, p2\n B: p1, p3", box: "B: p1", known: splitPeople(3), today: limits(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(0) }),
			want: verdict{fates: []string{
				"create_group A: skipped, held by group_creations: 1 group creation against 1 group in Box (100%); the limit is 0",
				"add A p1 as member: skipped, held by group_creations: 1 group creation against 1 group in Box (100%); the limit is 0",
				"add A p2 as member: skipped, held by group_creations: 1 group creation against 1 group in Box (100%); the limit is 0",
				"add B p3 as member: to be made",
			}, holds: []string{"group_creations 3"}},
		},
		"creation-skipped-and-creation-held": {
			roster: "A: p1\n B: p1\n C: p1", box: "", known: splitPeople(1), today: limits(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(1) }),
			since: made(500, "B", "", "p1"),
			want: verdict{fates: []string{
				"create_group A: skipped, held by group_creations: 2 group creations; the limit is 1",
				"add A p1 as member: skipped, held by group_creations: 2 group creations; the limit is 1",
				"create_group B: skipped, Box group 500 has that name now",
				`add B p1 as member: skipped, needs "create_group B", which is not made`,
				"create_group C: skipped, held by group_creations: 2 group creations; the limit is 1",
				"add C p1 as member: skipped, held by group_creations: 2 group creations; the limit is 1",
			}, holds: []string{"group_creations 4"}},
		},
		"everything-is-blocked": {
			roster: "A: p1, p5\n B: p1", box: "A: " + people(4) + "\n B: p1, p2", known: splitPeople(5), edit: unlimited,
			today: limits(func(l *plan.Limits) { l.Removals, l.BlockAll = plan.AtMost(1), true }),
			want: verdict{fates: []string{
				"add A p5 as member: skipped, held by on_limit: a limit over the whole run was passed, and limits.on_limit is block",
				"remove A p2: skipped, held by removals: 4 removals against 6 current memberships (67%); the limit is 1",
				"remove A p3: skipped, held by removals: 4 removals against 6 current memberships (67%); the limit is 1",
				"remove A p4: skipped, held by removals: 4 removals against 6 current memberships (67%); the limit is 1",
				"remove B p2: skipped, held by removals: 4 removals against 6 current memberships (67%); the limit is 1",
			}, holds: []string{"on_limit 1", "removals 4"}},
		},
		"blocked-by-a-source-that-shrank-though-it-takes-nothing": {
			roster: "A: p1, p2\n B: p1\n C: p1", box: "A: p1\n B: p1\n C: p1", known: splitPeople(2), monday: "A: p1, p2",
			edit: set(func(l *plan.Limits) { l.SourceShrink, l.BlockAll = plan.Percent(10), true }),
			want: verdict{fates: []string{
				"add A p2 as member: skipped, held by on_limit: a limit over the whole run was passed, and limits.on_limit is block",
			}, holds: []string{"on_limit 1", "source_shrink hr 0"}},
			alone: &verdict{fates: []string{
				"add A p2 as member: to be made",
			}},
		},
		"blocked-on-friday-alone": {
			roster: "A: p1, p9\n B: p1", box: "A: p1, p2, p3\n B: p1", known: splitPeople(9), edit: set(func(l *plan.Limits) { l.Removals = plan.AtMost(1) }),
			today: limits(func(l *plan.Limits) { l.BlockAll = true }),
			want: verdict{fates: []string{
				"add A p9 as member: to be made",
			}},
		},
		"source-shrank": {
			roster: "A: p1, p4\n B: p1\n C: p1", box: "A: p1, p2, p3\n B: p1\n C: p1", known: splitPeople(4), monday: "A: p1, p4",
			edit: set(func(l *plan.Limits) { l.SourceShrink = plan.Percent(10) }),
			want: verdict{fates: []string{
				"add A p4 as member: to be made",
				"remove A p2: skipped, held by source_shrink: source hr had 3 groups and 4 memberships, and has 1 group (2/3 lost, 67%) and 2 memberships (2/4 lost, 50%); the limit is 10%, here 0 groups and 0 memberships",
				"remove A p3: skipped, held by source_shrink: source hr had 3 groups and 4 memberships, and has 1 group (2/3 lost, 67%) and 2 memberships (2/4 lost, 50%); the limit is 10%, here 0 groups and 0 memberships",
			}, holds: []string{"source_shrink hr 2"}},
			alone: &verdict{fates: []string{
				"add A p4 as member: to be made",
				"remove A p2: to be made",
				"remove A p3: to be made",
			}},
		},
		"source-shrank-and-nothing-is-taken": {
			roster: "A: p1, p2\n B: p1\n C: p1", box: "A: p1\n B: p1\n C: p1", known: splitPeople(2), monday: "A: p1, p2",
			edit: set(func(l *plan.Limits) { l.SourceShrink = plan.Percent(10) }),
			want: verdict{fates: []string{
				"add A p2 as member: to be made",
			}},
		},
		"held-in-the-plan-already": {
			roster: "A: p1\n B: p1, p2", box: "A: " + people(9) + "\n B: p1", known: splitPeople(9),
			want: verdict{fates: []string{
				"add B p2 as member: to be made",
			}},
		},
	})
}

// Groups that the plan leaves empty: held only where the source may have them so.
func TestRecheck_emptyGroups(t *testing.T) {
	t.Parallel()
	holding := func(o *plan.Options) {
		o.Limits = plan.Limits{HoldEmptyGroup: true, RemovalsPerGroup: plan.Percent(50)}
	}
	allowing := func(o *plan.Options) { o.Limits = plan.Limits{RemovalsPerGroup: plan.Percent(50)} }
	allowed := func(o *plan.Options) {
		holding(o)
		o.Allow = []plan.Allowance{{Rule: plan.RuleEmptyGroup, Group: "A"}}
	}
	many := func(o *plan.Options) { holding(o); o.Limits.RemovalsPerGroup = plan.Limit{} }
	const friday, was = "A:\n B: p1", "A: p1, p2, p3, p4\n B: p1"
	runDrifts(t, map[string]drift{
		"allowed-in-the-plan": {
			roster: friday, box: was, edit: allowed,
			want: verdict{fates: []string{
				"remove A p1: to be made",
				"remove A p2: to be made",
				"remove A p3: to be made",
				"remove A p4: to be made",
			}},
		},
		"allowed-in-the-plan-and-some-gone-or-come": {
			roster: friday, box: was, edit: allowed, since: edits(left("A", "p1"), joined("A", "zoe")),
			want: verdict{fates: []string{
				"remove A p1: already, is no longer in the group",
				"remove A p2: to be made",
				"remove A p3: to be made",
				"remove A p4: to be made",
			}},
		},
		"allowed-by-configuration": {
			roster: friday, box: was, edit: allowing,
			want: verdict{fates: []string{
				"remove A p1: to be made",
				"remove A p2: to be made",
				"remove A p3: to be made",
				"remove A p4: to be made",
			}},
		},
		"allowed-by-friday-s-configuration": {
			roster: friday, box: was, edit: allowing, today: limits(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
			want: verdict{fates: []string{
				"remove A p1: skipped, held by empty_group: the source has the group empty; Box has 4 members in it",
				"remove A p2: skipped, held by empty_group: the source has the group empty; Box has 4 members in it",
				"remove A p3: skipped, held by empty_group: the source has the group empty; Box has 4 members in it",
				"remove A p4: skipped, held by empty_group: the source has the group empty; Box has 4 members in it",
			}, holds: []string{"empty_group A 4"}},
			alone: &verdict{fates: []string{
				"remove A p1: skipped, held by empty_group: the plan leaves nobody in the group; Box has 4 members in it",
				"remove A p2: skipped, held by empty_group: the plan leaves nobody in the group; Box has 4 members in it",
				"remove A p3: skipped, held by empty_group: the plan leaves nobody in the group; Box has 4 members in it",
				"remove A p4: skipped, held by empty_group: the plan leaves nobody in the group; Box has 4 members in it",
			}, holds: []string{"empty_group A 4"}},
		},
		"not-allowed-in-that-group": {
			roster: "A: p1, p2\n B: p3", box: "A: p1, p2, p3\n B: p3, p4", edit: allowing, today: limits(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
			want: verdict{fates: []string{
				"remove A p3: to be made",
				"remove B p4: to be made",
			}},
		},
		"left-empty-because-those-to-come-are-unknown": {
			roster: "A: zoe", box: "A: p1, p2", edit: allowed,
			want: verdict{fates: []string{
				"remove A p1: to be made",
				"remove A p2: to be made",
			}},
		},
		"left-empty-because-those-to-come-are-held": {
			roster: "A: p3, p4, p5, p6, p7", box: "A: p1, p2", known: splitPeople(7),
			edit: func(o *plan.Options) { allowed(o); many(o); o.Limits.AddsPerGroup = plan.AtMost(4) },
			want: verdict{fates: []string{
				"remove A p1: to be made",
				"remove A p2: to be made",
			}},
		},
		"left-empty-by-hand": {
			roster: "A: p1", box: "A: p1, p2", edit: many, since: left("A", "p1"),
			want: verdict{fates: []string{
				"remove A p2: to be made",
			}},
		},
		"exchanged-whole": {
			roster: "A: p3, p4", box: "A: p1, p2", known: splitPeople(4), edit: unlimited, today: limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(1) }),
			want: verdict{fates: []string{
				"add A p3 as member: to be made",
				"add A p4 as member: to be made",
				"remove A p1: skipped, held by removals_per_group: 2 removals against 2 current memberships (100%); the limit is 1",
				"remove A p2: skipped, held by removals_per_group: 2 removals against 2 current memberships (100%); the limit is 1",
			}, holds: []string{"removals_per_group A 2"}},
		},
	})
}

// A file may have a change need two, which are held for different reasons: it is held
// once, with the first.
func TestRecheck_whatNeedsTwoThatAreHeldIsHeldOnce(t *testing.T) {
	t.Parallel()
	s := box("A: p1, p2\n B: p1, p2\n C: p1", splitPeople(2)...)
	r := roster("A: p1\n B: p1\n C: p1, p2")
	saved := diff(t, r, s, options(unlimited))
	require.Equal(t, []string{"remove A p2 (moved)", "remove B p2 (moved)", "add C p2 as member (moved)"}, changes(saved.Changes))
	saved.Changes[2].Needs = []string{saved.Changes[1].ID, saved.Changes[0].ID}
	c := recheck(t, saved, r, s, options(limits(func(l *plan.Limits) { l.RemovalsPerGroup, l.FloorGroup = plan.AtMost(0), 0 })))
	assert.Equal(t, []string{"removals_per_group A 1", "removals_per_group B 2"}, holds(c.Plan.Holds))
}
