package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/target"
)

// outcomes has every outcome for the plan of [everything].
func outcomes() []plan.Result {
	return []plan.Result{
		{Outcome: plan.Failed, Detail: `POST /groups: 409 conflict: group 77 has the name and the identifier "okta:7"`},
		{Detail: `needs "create_group Board", which was not made`},
		{Detail: `needs "create_group Board", which was not made`},
		{Outcome: plan.Applied},
		{Outcome: plan.Already, Detail: "is in the group already, as member"},
		{Outcome: plan.Applied},
		{Outcome: plan.Skipped, Detail: "is no longer in the group"},
		{Outcome: plan.Applied},
		{},
		{},
		{},
	}
}

func TestApplied(t *testing.T) {
	t.Parallel()
	stopped := errors.New("cannot go on: POST /group_memberships: 403 insufficient_scope: the app may not manage groups")
	all := make([]plan.Result, len(everything().Changes))
	for i := range all {
		all[i].Outcome = plan.Applied
	}
	for name, test := range map[string]struct {
		results []plan.Result
		stopped error
		opts    report.Options
	}{
		"applied_80":          {outcomes(), nil, report.Options{Width: 80}},
		"applied_80_color":    {outcomes(), stopped, report.Options{Width: 80, Color: true}},
		"applied_80_verbose":  {outcomes(), stopped, report.Options{Width: 80, Verbose: true}},
		"applied_40":          {outcomes(), stopped, report.Options{Width: 40}},
		"applied_all":         {all, nil, report.Options{Width: 80}},
		"applied_all_verbose": {all, nil, report.Options{Width: 80, Verbose: true}},
		"applied_none":        {make([]plan.Result, len(all)), stopped, report.Options{Width: 80}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := appliedText(t, everything(), test.results, test.stopped, test.opts)
			golden(t, name, out)
			assert.True(t, strings.HasSuffix("\n"+string(out), "\n"+report.AppliedLine(test.results, 23)+"\n"), "the last line is not AppliedLine")
			assert.Equal(t, test.opts.Color, strings.Contains(string(out), "\x1b["))
			requireWidth(t, string(out), test.opts.Width)
		})
	}
}

// After a stop, whatever has nothing to say for itself is counted from the
// sixth on, so that what went wrong stays on the screen; with Verbose, never.
func TestApplied_manyNotAttempted(t *testing.T) {
	t.Parallel()
	p, results := &plan.Plan{}, []plan.Result{}
	for range 400 {
		p.Changes = append(p.Changes, add(group(101, "Finance"), "ann@acme.example", target.RoleMember, plan.Joined))
		results = append(results, plan.Result{})
	}
	results[200] = plan.Result{Outcome: plan.Failed, Detail: "500 from Box"}
	results[399] = plan.Result{Detail: `needs "create_group Board", which was not made`}
	out := string(appliedText(t, p, results, errors.New("interrupted"), report.Options{}))
	assert.Equal(t, 6, strings.Count(out, "not_attempted: "))
	assert.Contains(t, out, "\nand 393 more not attempted (--verbose shows them)\n")
	assert.Contains(t, out, "\nfailed: add ann@acme.example in Finance: 500 from Box\n")
	verbose := string(appliedText(t, p, results, nil, report.Options{Verbose: true}))
	assert.Equal(t, 399, strings.Count(verbose, "not_attempted: "))
	assert.NotContains(t, verbose, "more not attempted")
}

// A run that was told to stop when everything was done has not stopped early.
func TestApplied_stoppedTooLateToMatter(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Changes: []plan.Change{create(group(0, "A")), create(group(0, "B"))}}
	results := []plan.Result{{Outcome: plan.Applied}, {Outcome: plan.Applied}}
	stopped := errors.New("interrupted by SIGINT")
	assert.NotContains(t, string(appliedText(t, p, results, stopped, report.Options{})), "Stopped early")
	results[1] = plan.Result{}
	assert.Contains(t, string(appliedText(t, p, results, stopped, report.Options{})), "Stopped early: interrupted by SIGINT\n")
}

func TestApplied_namesCannotRepaintTheScreen(t *testing.T) {
	t.Parallel()
	for _, name := range nasty() {
		g := group(101, name)
		p := &plan.Plan{Changes: []plan.Change{add(g, name, target.RoleMember, plan.Joined), create(g), create(g)}}
		results := []plan.Result{{Outcome: plan.Failed, Detail: name}, {Outcome: plan.Skipped, Detail: name}, {Detail: name}}
		out := appliedText(t, p, results, errors.New(name), report.Options{Width: 1000})
		requireHarmless(t, out)
		assert.Equal(t, 6, strings.Count(string(out), "\n"), "a name makes a line of its own: %q", out)
	}
}

func TestApplied_writeErrors(t *testing.T) {
	t.Parallel()
	size := len(appliedText(t, everything(), outcomes(), nil, report.Options{}))
	for _, room := range []int{0, 1, size - 1} {
		err := report.Applied(&brokenPipe{room}, everything(), outcomes(), 23, nil, report.Options{})
		require.ErrorIs(t, err, errBroken)
	}
	require.NoError(t, report.Applied(&brokenPipe{size}, everything(), outcomes(), 23, nil, report.Options{}))
}

func TestAppliedLine(t *testing.T) {
	t.Parallel()
	results := func(counts ...int) []plan.Result {
		var all []plan.Result
		for outcome, n := range counts {
			for range n {
				all = append(all, plan.Result{Outcome: plan.Outcome(outcome)})
			}
		}
		return all
	}
	for name, test := range map[string]struct {
		results []plan.Result
		calls   int64
		want    string
	}{
		"of-the-design": {results(0, 17, 1, 1), 22, "Applied: 17 of 19 (1 already, 1 skipped, 0 failed, 0 not attempted). 22 calls."},
		"nothing":       {nil, 0, "Applied: 0 of 0 (0 already, 0 skipped, 0 failed, 0 not attempted). 0 calls."},
		"one-call":      {results(0, 1), 1, "Applied: 1 of 1 (0 already, 0 skipped, 0 failed, 0 not attempted). 1 call."},
		"of-each":       {results(5, 1, 2, 3, 4), 11, "Applied: 1 of 15 (2 already, 3 skipped, 4 failed, 5 not attempted). 11 calls."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, report.AppliedLine(test.results, test.calls))
		})
	}
}

func TestPlanLine(t *testing.T) {
	t.Parallel()
	changes := func(kind plan.Kind, n int) []plan.Change {
		all := make([]plan.Change, n)
		for i := range all {
			all[i].Kind = kind
		}
		return all
	}
	of := func(counts ...int) *plan.Plan {
		p := &plan.Plan{}
		for i, kind := range []plan.Kind{plan.Add, plan.SetRole, plan.Remove, plan.CreateGroup, plan.RenameGroup} {
			if i < len(counts) {
				p.Changes = append(p.Changes, changes(kind, counts[i])...)
			}
		}
		return p
	}
	with := func(p *plan.Plan, made int64, rate int) *plan.Plan {
		p.Header.Calls = plan.Calls{Made: made, RatePerMinute: rate}
		return p
	}
	design := with(of(12, 1, 4, 1, 1), 31, 900)
	design.Holds = []plan.Hold{{Changes: changes(plan.Add, 2)}}
	design.Findings = make([]plan.Finding, 1)
	unknown := with(of(), 1, 0)
	unknown.Holds = make([]plan.Hold, 2)
	unknown.Findings = make([]plan.Finding, 2)
	for name, test := range map[string]struct {
		plan *plan.Plan
		want string
	}{
		"of-the-design": {design, "Plan: 12 to add, 3 to change, 4 to remove (2 held, 1 finding). 31 calls made, 19 to apply (~2 s at 900/min)."},
		"empty":         {of(), "Plan: 0 to add, 0 to change, 0 to remove (0 held, 0 findings). 0 calls made, 0 to apply."},
		"one-call":      {with(of(1), 1, 900), "Plan: 1 to add, 0 to change, 0 to remove (0 held, 0 findings). 1 call made, 1 to apply (~1 s at 900/min)."},
		"nothing-at-a-rate": {with(of(), 9, 900),
			"Plan: 0 to add, 0 to change, 0 to remove (0 held, 0 findings). 9 calls made, 0 to apply (~0 s at 900/min)."},
		"held-without-known-changes": {unknown, "Plan: 0 to add, 0 to change, 0 to remove (2 held, 2 findings). 1 call made, 0 to apply."},
		"just-under-two-minutes":     {with(of(119), 0, 60), "Plan: 119 to add, 0 to change, 0 to remove (0 held, 0 findings). 0 calls made, 119 to apply (~119 s at 60/min)."},
		"two-minutes":                {with(of(120), 0, 60), "Plan: 120 to add, 0 to change, 0 to remove (0 held, 0 findings). 0 calls made, 120 to apply (~2 min at 60/min)."},
		"minutes-are-rounded-up":     {with(of(0, 0, 121), 0, 60), "Plan: 0 to add, 0 to change, 121 to remove (0 held, 0 findings). 0 calls made, 121 to apply (~3 min at 60/min)."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, report.PlanLine(test.plan))
		})
	}
}
