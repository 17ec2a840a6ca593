package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
)

// The memory counts the groups of this instance in Box, whichever source they are
// of and however narrow the run is.
func TestMemory_owned(t *testing.T) {
	t.Parallel()
	s := box(`A: ann
		B [rollcall:main:gone:B]: ann
		C [rollcall:other:hr:C]: ann
		D [okta:1]: ann
		E []: ann
		F: ann
		Everybody: ann`)
	s.Groups[6].AllUsers = true
	p := diff(t, roster("A: ann\n New: ann"), s, options(remembering(&plan.Memory{Owned: 77}, night(1)), narrowed("A")))
	assert.Equal(t, 3, p.Memory.Owned)
}

func TestPlan_Gained(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{}
	var results []plan.Result
	for _, kind := range plan.Kinds() {
		for _, outcome := range outcomes() {
			p.Changes, results = append(p.Changes, plan.Change{Kind: kind}), append(results, plan.Result{Outcome: outcome})
		}
	}
	assert.Equal(t, 2, p.Gained(results), "what was created or adopted, and applied")
}
