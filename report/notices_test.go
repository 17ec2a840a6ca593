package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	group, err := source.ParsePattern("Fin \x1b\\[2J*")
	require.NoError(t, err)
	p := &plan.Plan{Header: plan.Header{
		EnterpriseID: "1", Account: "a@b.example", Instance: "main",
		Notices: []plan.Notice{{Kind: plan.FirstContact, Text: "no \x1b[2J"}, {Kind: plan.ChangedScope, Text: "under groups"}},
		Scope:   plan.Scope{Groups: []source.Pattern{group}, SkipRemovals: true, EmptyOrphans: []string{"it's"}},
	}}
	const rest = "\n\nBox: enterprise 1 as a@b.example, instance main\n\n"
	const scope = `: --group 'Fin �\[2J*' --skip-removals --empty-orphan 'it'\''s'` + rest
	for name, c := range map[string]struct {
		opts report.Options
		want string
	}{
		"plain": {report.Options{Width: 200}, "First contact: no �[2J\nChanged since the last full run: under groups\nThis run only" + scope},
		"color": {
			report.Options{Width: 200, Color: true},
			"\x1b[33mFirst contact\x1b[0m: no �[2J\n\x1b[33mChanged since the last full run\x1b[0m: under groups\n\x1b[33mThis run only\x1b[0m" + scope,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, report.Plan(&out, p, c.opts))
			assert.Equal(t, c.want, out.String()[:min(len(c.want), out.Len())])
		})
	}
}

// What precedes the results of a saved plan is told as of now.
func TestNotices_applying(t *testing.T) {
	t.Parallel()
	saved := &plan.Plan{Header: plan.Header{Notices: []plan.Notice{{Kind: plan.FirstContact, Text: "then"}}}}
	left := &plan.Confirmed{Plan: &plan.Plan{Header: plan.Header{Notices: []plan.Notice{{Kind: plan.ChangedScope, Text: "now"}}}}}
	var out bytes.Buffer
	require.NoError(t, report.Applying(&out, saved, nil, left, report.Options{}))
	assert.True(t, strings.HasPrefix(out.String(), "Changed since the last full run: now\n\nPlan of "), out.String())
	assert.NotContains(t, out.String(), "then")
}

// apply takes no --allow: what releases everything is for a new plan.
func TestApplying_allowAll(t *testing.T) {
	t.Parallel()
	left := &plan.Confirmed{Plan: &plan.Plan{
		Header: plan.Header{AllowAll: []string{"removals=2", "adds=1"}},
		Holds:  []plan.Hold{{Rule: plan.RuleRemovals, Reason: "2", Release: "1"}},
	}}
	for verbose, want := range map[bool]string{
		false: "Several limits hold: --verbose shows what allows all of it at once\n",
		true:  "To allow everything that limits hold, this once, in a new plan:\n    plan -o FILE --allow removals=2 --allow adds=1\n",
	} {
		var out bytes.Buffer
		require.NoError(t, report.Applying(&out, &plan.Plan{}, nil, left, report.Options{Verbose: verbose}))
		_, after, _ := strings.Cut(out.String(), "    1\n\n")
		assert.Equal(t, want+"\nWhat is held stays held in this plan. To let it through, make a new plan in\n  which nothing holds it.\n\n", after)
	}
}

// Of a plan in which everything is held, apply does not say only that nothing was made.
func TestApplying_allHeld(t *testing.T) {
	t.Parallel()
	const says = "The plan makes nothing, and holds 2 changes: rollcall show tells why."
	holds := []plan.Hold{{Rule: plan.RuleRemovals, Changes: make([]plan.Change, 2)}}
	for want, saved := range map[bool]*plan.Plan{
		true:  {Holds: holds},
		false: {Holds: holds, Changes: make([]plan.Change, 1)},
	} {
		var out bytes.Buffer
		require.NoError(t, report.Applying(&out, saved, nil, &plan.Confirmed{Plan: &plan.Plan{}}, report.Options{}))
		assert.Equal(t, want, strings.Contains(out.String(), says), out.String())
	}
	var out bytes.Buffer
	require.NoError(t, report.Applying(&out, &plan.Plan{}, nil, &plan.Confirmed{Plan: &plan.Plan{}}, report.Options{}))
	assert.NotContains(t, out.String(), "holds")
}
