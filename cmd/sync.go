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

` + exitHelp(),
		Example: `  rollcall sync -c rollcall.yaml
  rollcall sync -c rollcall.yaml --confirm`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withPlan(c, env, &o.planOptions, func(r *run, p *plan.Plan) error {
				return runSync(c.Context(), env, o, r, p)
			})
		},
	}
	o.addFlags(c)
	c.Flags().BoolVar(&o.confirm, "confirm", false, "apply the plan")
	c.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "write nothing, even with --confirm")
	return c
}

func runSync(ctx context.Context, env *Env, o *syncOptions, r *run, p *plan.Plan) error {
	if !o.confirm || o.dryRun {
		if len(p.Changes) > 0 {
			fmt.Fprintln(env.Stderr, "Dry run: nothing was written. To apply this, "+o.howToApply()+".")
		}
		return exitWith(planCode(p, &o.planOptions))
	}
	done := groupsync.Apply(ctx, p, r.writer(), r.apply)
	o.detailedExitCode = false // what was pending is done or accounted for
	code := worst(interruptCode(ctx), appliedCode(done), planCode(p, &o.planOptions))
	if err := report.Applied(env.Stdout, p, done.Results, done.Calls, done.Stopped, r.text); err != nil {
		// The changes are made: whoever reads standard error must learn it.
		return &exitError{
			code: worst(code, exitFailures),
			err:  fmt.Errorf("write the results to standard output: %w\n%s", err, report.AppliedLine(done.Results, done.Calls)),
		}
	}
	return exitWith(code)
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

func appliedCode(done *groupsync.Report) int {
	if t := plan.TallyOf(done.Results); t.Failed > 0 || t.NotAttempted > 0 {
		return exitFailures
	}
	return exitDone
}
