package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
)

// What a policy said of a group when the plan was made, what was allowed then for all
// groups does not loosen, although no policy says it any more.
func TestRecheck_policyOfThePlanAgainstItsAllowanceForAll(t *testing.T) {
	t.Parallel()
	said := func(allowed string, says said) func(*plan.Options) {
		return func(o *plan.Options) {
			unlimited(o)
			policies(policy("A", says))(o)
			allowing(t, allowed)(o)
		}
	}
	today := func(o *plan.Options) { unlimited(o); o.Policies = nil }
	runDrifts(t, map[string]drift{
		"adds": {
			roster: "A: ann, bob, carl\n B: ann", box: "A: ann, bob\n B: ann", known: []string{"carl"},
			edit: said("adds_per_group=9", adds(plan.Percent(50))), today: today, since: left("A", "ann"),
			want: verdict{
				fates: []string{"add A carl as member: skipped, held by adds_per_group: 1 add against 1 current membership (100%); the limit is 50%, here 0"},
				holds: []string{"adds_per_group A 1"},
			},
		},
		"an empty group": {
			roster: "A: ann\n B: ann", box: "A: ann, bob\n B: ann", monday: "A:\n B: ann",
			edit: said("empty_group=allow", emptyGroup(true)), today: today, since: left("A", "ann"),
			want: verdict{
				fates: []string{"remove A bob: skipped, held by empty_group: the source has the group empty; Box has 1 member in it"},
				holds: []string{"empty_group A 1"},
			},
			alone: &verdict{fates: []string{"remove A bob: to be made"}},
		},
		"the last admin": {
			roster: "A: ann\n B: ann", box: "A: ann admin, bob admin\n B: ann",
			edit: said("last_admin=allow", lastAdmin(true)), today: today, since: given("A", "ann", "member"),
			want: verdict{
				fates: []string{"remove A bob: skipped, held by last_admin: the group has 1 group admin, and none would be left"},
				holds: []string{"last_admin A 1"},
			},
		},
	})

	s := box("A: p1, gone\n B: ann")
	strict := limiting(func(g *plan.GroupLimits) { g.UnresolvedMembers = new(plan.AtMost(0)) })
	saved := diff(t, directory(1, 0), s, options(reviewed, said("unresolved_members=9", strict)))
	c := recheck(t, saved, directory(1, 1), s, options(today))
	assert.Equal(t, []string{"unresolved_members A 1"}, holds(c.Plan.Holds))
}
