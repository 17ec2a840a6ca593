package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
)

// Two groups of a CSV whose names differ in case alone have one identifier, also where
// a rule gives one of them another name in Box: they are neither two names of one Box
// group nor two groups with one identifier.
func TestMatch_groupsThatDifferInCaseAlone(t *testing.T) {
	t.Parallel()
	rule, err := source.NewGroupRewrite("rename[0]", "^Finance$", "Money")
	require.NoError(t, err)
	r := mapped(t, roster("Finance: ann\n finance (partial): bob\n Sales: ann"), source.Mapping{Groups: []source.Rewrite{rule}})
	for name, s := range map[string]string{
		"one is in Box":     "Finance: ann\n Sales: bob",
		"neither is in Box": "Sales: bob",
	} {
		p := diff(t, r, box(s, "ann", "bob"), options(unlimited))
		assert.Equal(t, []string{"add Sales ann as member (joined)", "remove Sales bob (unexplained)"}, changes(p.Changes), name)
		assert.Equal(t, []string{"name_clash finance 0", "name_clash Money 0"}, holds(p.Holds), name)
		assert.Equal(t, []string{"partial finance"}, findings(p.Findings), name)
		assert.Equal(t, `its name in the source is but for case that of "Finance" (groups.csv:1), and a Box group can be only one of them; this one is from groups.csv:2`, p.Holds[0].Reason)
		assert.Equal(t, `make these one group in the source, or give all but one of them another name there: group "Finance" of source hr (groups.csv:1), group "finance" of source hr (groups.csv:2)`, p.Holds[0].Release)

		saved := diff(t, roster("Finance: ann\n Sales: ann"), box(s, "ann", "bob"), options(unlimited))
		c := recheck(t, saved, r, box(s, "ann", "bob"), options(unlimited))
		for _, change := range c.Plan.Changes {
			assert.Equal(t, "Sales", change.Group.Name, name)
		}
	}
	narrow := diff(t, r, box("Finance: ann"), options(unlimited, narrowed("Money")))
	assert.Equal(t, []string{"name_clash Money 0"}, holds(narrow.Holds), "as in a run over all groups")
}
