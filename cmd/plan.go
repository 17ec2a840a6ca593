package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

func newPlanCommand(env *Env) *cobra.Command {
	o := &planOptions{reviewed: true}
	c := &cobra.Command{
		Use:   "plan -c FILE",
		Short: "Show what would be done, and write nothing",
		Long: `plan reads the sources and Box, and shows what sync would do: the changes, the
changes that are due and held, and what else a reviewer must know. It writes
nothing.

` + exitHelp(),
		Example: `  rollcall plan -c rollcall.yaml
  rollcall plan -c rollcall.yaml --group 'Finance*' --verbose
  rollcall plan -c rollcall.yaml --allow removals_per_group:Finance=9`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withPlan(c, env, o, func(_ *run, p *plan.Plan) error { return exitWith(planCode(p, o)) })
		},
	}
	o.addFlags(c)
	return c
}

// withPlan makes the plan that the flags ask for and shows it, and then does what
// the command does with it. A plan that cannot be shown or paid for ends there.
func withPlan(c *cobra.Command, env *Env, o *planOptions, then func(*run, *plan.Plan) error) (err error) {
	if err := o.parse(c); err != nil {
		return err
	}
	r, err := open(c.Context(), env, o)
	if err != nil {
		return err
	}
	defer r.close(&err)
	p, err := r.plan(c.Context())
	if err != nil {
		return err
	}
	if err := r.show(env, p); err != nil {
		return err
	}
	if err := r.affordable(p); err != nil {
		return err
	}
	return then(r, p)
}

// affordable refuses a plan that cannot be applied within target.box.max_calls:
// stopping half-way would be worse than not to begin.
func (r *run) affordable(p *plan.Plan) error {
	need := p.Header.Calls.Made + int64(p.CallsToApply())
	if r.maxCalls == 0 || len(p.Changes) == 0 || need <= r.maxCalls {
		return nil
	}
	return &exitError{
		code: exitBlocked,
		err: fmt.Errorf("the plan takes %d calls, %d of them made already, and target.box.max_calls is %d; nothing was written",
			need, p.Header.Calls.Made, r.maxCalls),
		hint: hintMaxCalls,
	}
}

// plan makes the plan of this run.
func (r *run) plan(ctx context.Context) (*plan.Plan, error) {
	p, err := groupsync.Plan(ctx, r.sources, r.reader, r.policies)
	if err != nil {
		return nil, &readError{err}
	}
	p.Header.Calls.RatePerMinute = r.rate
	return p, nil
}

// show writes the plan. A plan that nobody can read is not applied either.
func (r *run) show(env *Env, p *plan.Plan) error {
	if err := report.Plan(env.Stdout, p, r.text); err != nil {
		return fmt.Errorf("write the plan to standard output; nothing was written to Box: %w", err)
	}
	return nil
}

// planCode returns the exit code that the plan itself calls for.
func planCode(p *plan.Plan, o *planOptions) int {
	codes := []int{exitDone}
	if p.Header.Blocked {
		codes = append(codes, exitBlocked)
	}
	if len(p.Holds) > 0 {
		codes = append(codes, exitHeld)
	}
	if o.detailedExitCode && len(p.Changes) > 0 {
		codes = append(codes, exitPending)
	}
	return worst(codes...)
}
