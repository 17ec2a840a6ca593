package report_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	set := time.Date(2026, 11, 23, 5, 15, 0, 0, time.FixedZone("", 3600))
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	pauses := []report.Pause{
		{Group: "Fin*", Until: day, Reason: "audit", Where: "roll\x1bcall.yaml:12"},
		{Group: "\x1b[2J", Until: day.Add(time.Hour), Reason: "a\u202eb", Set: set},
		{Group: "*", Until: day, Reason: "moving house", Set: set, Over: true},
	}
	for name, test := range map[string]struct {
		opts report.Options
		want string
	}{
		"80": {report.Options{}, `Paused until 2026-11-30: Fin*: audit (roll�call.yaml:12)
Paused until 2026-12-01T01:00:00Z: �[2J: a�b (rollcall pause,
  2026-11-23T04:15:00Z)
Was paused until 2026-11-30: *: moving house (rollcall pause,
  2026-11-23T04:15:00Z)
`},
		"200_color": {report.Options{Color: true, Width: 200}, "\x1b[33mPaused until 2026-11-30\x1b[0m: Fin*: audit (roll�call.yaml:12)\n" +
			"\x1b[33mPaused until 2026-12-01T01:00:00Z\x1b[0m: �[2J: a�b (rollcall pause, 2026-11-23T04:15:00Z)\n" +
			"Was paused until 2026-11-30: *: moving house (rollcall pause, 2026-11-23T04:15:00Z)\n"},
	} {
		var out bytes.Buffer
		require.NoError(t, report.Pauses(&out, pauses, test.opts))
		assert.Equal(t, test.want, out.String(), name)
	}
	require.ErrorIs(t, report.Pauses(&brokenPipe{10}, pauses, report.Options{}), errBroken)
}

// Whoever reads in a plan that a group is left alone learns where to look for it.
func TestPlan_pausesThatWereSet(t *testing.T) {
	t.Parallel()
	set := time.Date(2026, 11, 23, 4, 15, 0, 0, time.UTC)
	p := &plan.Plan{Header: plan.Header{Paused: []plan.Paused{
		{Group: "Fin*", Until: set.AddDate(0, 0, 1), Reason: "audit", Groups: 2},
		{Group: "Sales", Until: set.AddDate(0, 0, 1), Reason: "audit", Groups: 1, Set: set},
	}}}
	first, _, _ := bytes.Cut(planText(t, p, report.Options{}), []byte("\n\n"))
	assert.Equal(t, `Paused until 2026-11-24T04:15:00Z: Fin* (2 groups): audit
Paused until 2026-11-24T04:15:00Z: Sales (1 group): audit (rollcall pause,
  2026-11-23T04:15:00Z)`, string(first))
	assert.Contains(t, jsonOf(t, p, nil), `"set": "2026-11-23T04:15:00Z"`)
}
