package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/state"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

func newPlanCommand(env *Env) *cobra.Command {
	o := &planOptions{reviewed: true}
	c := &cobra.Command{
		Use:   "plan -c FILE",
		Short: "Show what would be done, and write nothing",
		Long: `plan reads the sources and Box, and shows what sync would do: the changes, the
changes that are due and held, and what else a reviewer must know. It writes
nothing to Box.

With -o it saves the plan, for apply to make exactly that. A saved plan also has
takeovers of groups, which sync never makes. It holds names and logins: only its
owner may read the file. With run.state_dir, what was seen is remembered.

plan can be run again and interrupted at any time. A file of -o or --report is
written whole or not at all.`,
		Example: `  rollcall plan -c rollcall.yaml
  rollcall plan -c rollcall.yaml --group 'Finance*' --verbose
  rollcall plan -c rollcall.yaml --allow removals_per_group:Finance=9
  rollcall plan -c rollcall.yaml -o plan.jsonl`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withPlan(c, env, o, func(_ context.Context, r *run, p *plan.Plan) error {
				if err := o.save(env, p); err != nil {
					return err
				}
				if err := writeReports(o.reports, p, nil); err != nil {
					return err
				}
				return exitWith(planCode(p, r.memory, o))
			})
		},
	}
	o.addFlags(c)
	c.Flags().StringVarP(&o.out, "out", "o", "", "save the plan to `PLAN`")
	return c
}

// withPlan makes the plan that the flags ask for and shows it, and then does what
// the command does with it. A plan that cannot be shown or paid for ends there.
func withPlan(c *cobra.Command, env *Env, o *planOptions, then func(context.Context, *run, *plan.Plan) error) (err error) {
	if err := o.parse(c); err != nil {
		return err
	}
	r, err := open(c, env, o)
	if err != nil {
		return err
	}
	defer r.close(&err)
	ctx, cancel := r.deadline(c.Context())
	defer cancel()
	p, err := r.plan(ctx)
	if err != nil {
		return err
	}
	if err := r.show(env, p); err != nil {
		return err
	}
	if err := r.keepMemory(p); err != nil {
		return err
	}
	if err := r.affordable(p); err != nil {
		return err
	}
	return then(ctx, r, p)
}

// deadlineError is the cause of a context that run.timeout ended.
type deadlineError struct {
	after time.Duration
}

func (e deadlineError) Error() string { return fmt.Sprintf("run.timeout (%s) has passed", e.after) }

// deadline returns the context of the run, which ends after run.timeout.
func (r *run) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := r.config.Run.Timeout.Duration
	if timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, timeout, deadlineError{timeout})
}

// affordable refuses a plan that cannot be applied within target.box.max_calls:
// stopping half-way would be worse than not to begin.
func (r *run) affordable(p *plan.Plan) error {
	made := r.reader.Calls()
	need := made + int64(p.CallsToApply())
	if r.maxCalls == 0 || len(p.Changes) == 0 || need <= r.maxCalls {
		return nil
	}
	return &exitError{
		code: exitBlocked,
		err: fmt.Errorf("the plan takes %d calls, %d of them made already, and target.box.max_calls is %d; nothing was written",
			need, made, r.maxCalls),
		hint: hintMaxCalls,
	}
}

// plan makes the plan of this run.
func (r *run) plan(ctx context.Context) (*plan.Plan, error) {
	in, err := r.inputs(ctx, r.sources, func(target.Account) error { return nil })
	if err != nil {
		return nil, err
	}
	p, err := groupsync.Plan(ctx, in, r.reader, r.policies)
	if err != nil {
		return nil, &readError{err}
	}
	h := &p.Header
	h.Tool, h.Created = programVersion(), r.policies.Now
	h.Expires = h.Created.Add(r.config.Run.PlanMaxAge.Duration)
	h.Calls.RatePerMinute = r.rate
	return p, nil
}

// inputs reads the sources and asks Box who we are. Where a lock keeps others from
// writing meanwhile, it is taken before the sources are read: a run that waited
// would otherwise undo, on what it had read before, what the other one has done.
// Without a state directory the sources come first, and one that cannot be read
// costs no call. allowed may refuse the account.
func (r *run) inputs(
	ctx context.Context, sources []groupsync.Source, allowed func(target.Account) error,
) (in groupsync.Inputs, err error) {
	if r.config.Run.StateDir == "" {
		if in, err = groupsync.ReadInputs(ctx, sources, r.reader); err != nil {
			return in, &readError{err}
		}
		return in, allowed(in.Account)
	}
	if in, err = groupsync.ReadInputs(ctx, nil, r.reader); err != nil {
		return in, &readError{err}
	}
	if err := allowed(in.Account); err != nil {
		return in, err
	}
	if err := r.remember(ctx, in.Account); err != nil {
		return in, err
	}
	if len(sources) > 0 {
		if in.Roster, err = groupsync.ReadSources(ctx, sources); err != nil {
			return in, &readError{err}
		}
	}
	return in, nil
}

// show writes the plan. A plan that nobody can read is not applied either.
func (r *run) show(env *Env, p *plan.Plan) error {
	if err := report.Plan(env.Stdout, p, r.text); err != nil {
		return fmt.Errorf("write the plan to standard output; nothing was written to Box: %w", err)
	}
	return nil
}

// save keeps the plan in the file of -o, and says what to do with it.
func (o *planOptions) save(env *Env, p *plan.Plan) error {
	if o.out == "" {
		return nil
	}
	if err := state.WriteFile(o.out, func(w io.Writer) error { return plan.Write(w, p) }); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	env.tell("", "Saved to %s, good until %s. To apply exactly this:\n  rollcall apply %s -c %s --digest %s",
		o.out, p.Header.Expires.Format(time.RFC3339), plan.ShellQuote(o.out), plan.ShellQuote(o.config), p.Digest())
	return nil
}

// writeReports writes what --report asks for. One that fails does not keep the
// others from being written.
func writeReports(paths []string, p *plan.Plan, done *report.Run) error {
	var failed []error
	for _, path := range paths {
		failed = append(failed, writeReport(path, p, done))
	}
	return errors.Join(failed...)
}

// planCode returns the exit code that the plan itself calls for.
func planCode(p *plan.Plan, memory *plan.Memory, o *planOptions) int {
	codes := []int{exitDone}
	if p.Header.Blocked {
		codes = append(codes, exitBlocked)
	}
	if p.NewHolds(memory) > 0 {
		codes = append(codes, exitHeld)
	}
	if o.detailedExitCode && len(p.Changes) > 0 {
		codes = append(codes, exitPending)
	}
	return worst(codes...)
}
