package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
)

// savedPlan is the plan that package plan keeps as a file of its format.
func savedPlan(t testing.TB) *plan.Plan {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "plan", "testdata", "plan-1.jsonl"))
	require.NoError(t, err)
	p, err := plan.Read(bytes.NewReader(file))
	require.NoError(t, err)
	return p
}

// runOf is a run of the plan with every outcome.
func runOf(p *plan.Plan) *report.Run {
	run := &report.Run{
		ID: "20261123T041500Z-1", Started: time.Date(2026, 11, 23, 5, 15, 0, 7, time.FixedZone("", 3600)),
		Ended: time.Date(2026, 11, 23, 4, 16, 30, 0, time.UTC), Stopped: "interrupted", Calls: 8,
		Results: make([]plan.Result, len(p.Changes)),
	}
	copy(run.Results, []plan.Result{
		{Outcome: plan.Applied}, {Outcome: plan.Already, Detail: "was a member & more"}, {Outcome: plan.Skipped, Detail: "now an <admin>"},
		{Outcome: plan.Failed, Detail: "403 forbidden"},
	})
	return run
}

func jsonOf(t testing.TB, p *plan.Plan, run *report.Run) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.JSON(&out, p, run))
	return out.String()
}

// goldenJSON compares with testdata/name, and rewrites that where UPDATE is set.
func goldenJSON(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	p := savedPlan(t)
	empty := &plan.Plan{Holds: []plan.Hold{{Rule: plan.RulePartial}}}
	for name, c := range map[string]struct {
		plan *plan.Plan
		run  *report.Run
	}{
		"plan.json":  {p, nil},
		"run.json":   {p, runOf(p)},
		"empty.json": {empty, &report.Run{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := jsonOf(t, c.plan, c.run)
			goldenJSON(t, name, out)
			assert.Equal(t, out, jsonOf(t, c.plan, c.run), "same plan, same bytes")
			var again bytes.Buffer
			require.NoError(t, json.Indent(&again, []byte(out), "", "  "))
			assert.Equal(t, again.String(), out, "it is indented as JSON mostly is")
		})
	}
}

func TestJSON_errors(t *testing.T) {
	t.Parallel()
	p := savedPlan(t)
	assert.EqualError(t, report.JSON(io.Discard, p, &report.Run{}), "0 results for 10 changes")
	size := len(jsonOf(t, p, nil))
	for _, room := range []int{0, 100, 5000, size - 1} {
		require.ErrorIs(t, report.JSON(&brokenPipe{room}, p, nil), errBroken, "after %d bytes", room)
	}
	require.NoError(t, report.JSON(&brokenPipe{size}, p, nil))

	for _, spoil := range []func(*plan.Plan){
		func(p *plan.Plan) { p.Header.Account = "\xff" },
		func(p *plan.Plan) { p.Groups[0].Group.Name = "\xff" },
		func(p *plan.Plan) { p.Changes[2].User.Login = "\xff" },
		func(p *plan.Plan) { p.Holds[0].Reason = "\xff" },
		func(p *plan.Plan) { p.Holds[1].Changes[0].User.Name = "\xff" },
		func(p *plan.Plan) { p.Findings[1].Text = "\xff" },
	} {
		p := savedPlan(t)
		spoil(p)
		require.ErrorContains(t, report.JSON(io.Discard, p, nil), `is not UTF-8: "\xff"`)
		require.ErrorContains(t, report.JSON(io.Discard, p, runOf(p)), `is not UTF-8: "\xff"`)
	}
}

// The parts of the document are the lines of the file: who can read one can read
// the other.
func TestJSON_partsAreTheLinesOfAFile(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(filepath.Join("..", "plan", "testdata", "plan-1.jsonl"))
	require.NoError(t, err)
	compact := &bytes.Buffer{}
	require.NoError(t, json.Compact(compact, []byte(jsonOf(t, savedPlan(t), nil))))
	for line := range strings.Lines(string(file)) {
		var object map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(line), &object))
		for kind, part := range object {
			if kind != "trailer" {
				assert.Contains(t, compact.String(), strings.TrimSuffix(string(part), "}"), kind)
			}
		}
	}
}
