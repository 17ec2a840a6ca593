package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// Two orphans carry one identifier, and the other one may have another name now: what
// is done in the one that was asked for does not wait for that.
func TestRecheck_orphansUnderOneIdentifier(t *testing.T) {
	t.Parallel()
	r, s := roster("New (partial): eve"), box("Old [rollcall:main:hr:Old]: bob\n Older [rollcall:main:hr:old]: eve")
	o := options(unlimited, emptying("Old"))
	saved := diff(t, r, s, o)
	require.Equal(t, []string{"remove Old bob (asked)"}, changes(saved.Changes))
	require.Equal(t, []string{"possible_rename New 2"}, holds(saved.Holds))
	for _, again := range []*source.Roster{r, nil} {
		c := recheck(t, saved, again, s, o)
		assert.Equal(t, changes(saved.Changes), changes(c.Plan.Changes))
		assert.Equal(t, []plan.Result{{}}, c.Results)
	}
}
