package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

type syncOptions struct {
	planOptions
	signOff

	confirm bool
	dryRun  bool
}

func newSyncCommand(env *Env) *cobra.Command {
	o := &syncOptions{}
	c := &cobra.Command{
		Use:   "sync -c FILE",
		Short: "Plan, and with --confirm apply the plan",
		Long: `sync makes a plan and shows it. With --confirm it then applies it, and accounts
for every change. Without --confirm, and with --dry-run, it writes nothing.

It reads the sources and Box. It writes to Box and, with run.state_dir, what the
run did and what the next one must know. Running it again does no harm: what is
done is not done twice. Ctrl-C (SIGINT, SIGTERM) begins no more changes, lets
those under way end, and tells what became of all. A second one ends at once;
the next run looks up what was under way.`,
		Example: `  rollcall sync -c rollcall.yaml
  rollcall sync -c rollcall.yaml --confirm
  rollcall sync -c rollcall.yaml --confirm --skip-removals --report run.json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.signOff.parse(c); err != nil {
				return err
			}
			o.writes = o.confirm && !o.dryRun
			return withPlan(c, env, &o.planOptions, func(ctx context.Context, r *run, p *plan.Plan) error {
				return runSync(ctx, env, o, r, p)
			})
		},
	}
	o.planOptions.addFlags(c)
	o.signOff.addFlags(c, "go on only if the plan that is made has this `DIGEST`")
	c.Flags().BoolVar(&o.confirm, "confirm", false, "apply the plan")
	c.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "write nothing to Box, even with --confirm")
	return c
}

func runSync(ctx context.Context, env *Env, o *syncOptions, r *run, p *plan.Plan) error {
	if err := o.matches(p); err != nil {
		return err
	}
	o.sign(p)
	if !o.writes {
		if len(p.Changes) > 0 {
			env.tell("", "Dry run: nothing was written. To apply this, %s.", o.howToApply())
		}
		if err := writeReports(o.reports, p, nil); err != nil {
			return err
		}
		return exitWith(planCode(p, r.memory, &o.planOptions))
	}
	rec, err := r.record(p)
	if err != nil {
		return err
	}
	done := groupsync.Apply(ctx, p, r.writer(), r.apply)
	rec.ended = done.Stopped == nil && p.Agrees() && !p.HoldsRun()
	o.detailedExitCode = false // what was pending is done or accounted for
	return rec.end(ctx, ending{
		run:    &report.Run{Results: done.Results, Calls: done.Calls},
		why:    done.Stopped,
		code:   planCode(p, r.memory, &o.planOptions),
		report: o.reports,
	})
}

// howToApply says what makes a dry run one that writes.
func (o *syncOptions) howToApply() string {
	switch {
	case o.confirm:
		return "leave out --dry-run"
	case o.dryRun:
		return "add --confirm and leave out --dry-run"
	default:
		return "add --confirm"
	}
}

// ending is what is known when a run has applied what it could.
type ending struct {
	run    *report.Run
	why    error // the run stopped early, or nil
	code   int   // the exit code that the plan calls for
	report []string
}

// end shows what became of the plan, ends the run's journal, writes the reports,
// and returns the exit code's error. The changes are made: whatever fails now, the
// rest is done all the same, and whoever reads standard error learns of it.
func (rec *recorder) end(ctx context.Context, e ending) error {
	e.run.Started, e.run.Ended = rec.start, rec.run.env.now()
	if e.why != nil && plan.TallyOf(e.run.Results).NotAttempted > 0 {
		e.run.Stopped = e.why.Error()
	}
	code := worst(interruptCode(ctx), appliedCode(e.run.Results), e.code)
	kept := rec.finish(e.run)
	env := rec.run.env
	if err := report.Applied(env.Stdout, rec.plan, e.run.Results, e.run.Calls, e.why, rec.run.text); err != nil {
		kept = joined(fmt.Errorf("write the results to standard output: %w\n%s", err, report.AppliedLine(e.run.Results, e.run.Calls)), kept)
	}
	if hint := hintOf(e.why); e.why != nil && hint != "" {
		env.tell("hint: ", "%s", hint)
	}
	// Nobody waits for the lock while a report goes into a pipe that nobody reads.
	rec.run.unlock()
	if err := writeReports(e.report, rec.plan, e.run); err != nil {
		kept = joined(kept, err)
	}
	if kept != nil {
		return &exitError{code: worst(code, exitFailures), err: kept}
	}
	return exitWith(code)
}

func appliedCode(results []plan.Result) int {
	if t := plan.TallyOf(results); t.Failed > 0 || t.NotAttempted > 0 {
		return exitFailures
	}
	return exitDone
}
