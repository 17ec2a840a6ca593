package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
)

// What is remembered of holds can be listed without a plan, oldest first.
func TestMemory_OpenHolds(t *testing.T) {
	t.Parallel()
	open := func(since, nights int) plan.Age {
		return plan.Age{News: plan.Open, Since: night(since), Nights: nights}
	}
	m := &plan.Memory{
		Holds: map[string]time.Time{
			"removals": night(4), "partial/rollcall:main:hr:a/b//c": night(2), "source_shrink//hr/2": night(3), "adds": night(4), "empty_group/rollcall:main:hr:A": night(1),
		},
		HoldSizes: map[string]int{"removals": 9, "adds": 0},
	}
	assert.Equal(t, []plan.OpenHold{
		{Rule: plan.RuleEmptyGroup, Identifier: "rollcall:main:hr:A", Age: open(1, 4)},
		{Rule: plan.RulePartial, Identifier: "rollcall:main:hr:a/b//c", Age: open(2, 3)},
		{Rule: plan.RuleSourceShrink, Source: "hr/2", Age: open(3, 2)},
		{Rule: plan.RuleAdds, Age: open(4, 1)},
		{Rule: plan.RuleRemovals, Age: open(4, 1)},
	}, m.OpenHolds(night(5)))
	assert.Empty(t, (&plan.Memory{}).OpenHolds(night(5)))
}
