package plan_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// A plan says of a pause whether it stands in the configuration or was set, and when.
func TestPause_saysWhenItWasSet(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Finance: ann"), box("Finance: carl"), options(pausing("Fin*", "Finance"), func(o *plan.Options) {
		o.Pauses[1].Set = night(1).Add(time.Millisecond).In(time.FixedZone("CET", 3600))
	}))
	want := []plan.Paused{
		{Group: "Fin*", Until: night(9), Reason: "audit", Groups: 1},
		{Group: "Finance", Until: night(9), Reason: "audit", Groups: 1, Set: night(1)},
	}
	assert.Equal(t, want, p.Header.Paused)
	golden := goldenPlan()
	golden.Header.Paused = want
	file := written(t, golden)
	assert.Equal(t, 1, strings.Count(string(file), `"set":`), "what stands in the configuration was set by nobody")
	assert.Equal(t, want, read(t, file).Header.Paused)

	golden.Header.Paused[1].Set = night(1).Add(time.Millisecond)
	assert.EqualError(t, plan.Write(&bytes.Buffer{}, golden), "paused: 2026-01-01 02:00:00.001 +0000 UTC is not a time in UTC and in whole seconds")
	_, err := plan.Read(bytes.NewReader(bytes.Replace(file, []byte(`"set":"2026-01-01T02:00:00Z"`), []byte(`"set":"2026-01-01"`), 1)))
	require.ErrorContains(t, err, "paused: \"2026-01-01\" is not a time in UTC")
}
