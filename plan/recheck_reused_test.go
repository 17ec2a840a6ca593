package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// A saved plan brings nobody into a group whose id the source has given to another one
// since. Who applies it has agreed to people in the group that it names.
func TestRecheck_reusedID(t *testing.T) {
	t.Parallel()
	world := func() target.Snapshot { return box("Audit [rollcall:main:hr:D1]: p1, p2, p3", "p7", "p8", "p9") }
	const held = "held by reused_id: its id is that of \"Audit\" (id 101) in Box, which has another name and other people: of 3 members it keeps none"
	for name, test := range map[string]struct {
		then, now string
		allow     []plan.Allowance
		held      bool
	}{
		"since":             {then: "D1 Audit: p2, p3, p7", now: "D1 Legal: p7, p8, p9", held: true},
		"since, name alone": {then: "D1 Audit: p2, p3, p7", now: "D1 Legal: p2, p3, p7"},
		"seen": {
			then: "D1 Legal: p7, p8, p9", now: "D1 Legal: p7, p8, p9", allow: []plan.Allowance{{Rule: plan.RuleReusedID, Group: "Legal"}},
		},
		"a rename, and then other people": {then: "D1 Legal: p2, p3, p7", now: "D1 Legal: p7, p8, p9"},
	} {
		opts := options(unlimited, reviewed, func(o *plan.Options) { o.Allow = test.allow })
		saved := diff(t, idRoster(test.then), world(), opts)
		require.NotEmpty(t, saved.Changes, name)
		left := recheck(t, saved, idRoster(test.now), world(), opts)
		if !test.held {
			assert.NotEmpty(t, left.Plan.Changes, name)
			assert.Empty(t, left.Plan.Holds, name)
			continue
		}
		assert.Empty(t, left.Plan.Changes, name)
		for _, r := range left.Results {
			assert.Equal(t, plan.Skipped, r.Outcome, name)
			assert.Equal(t, held, r.Detail, name)
		}
	}
}
