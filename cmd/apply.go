package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

type applyOptions struct {
	planOptions
	signOff

	withoutSource bool
}

func newApplyCommand(env *Env) *cobra.Command {
	o := &applyOptions{planOptions: planOptions{reviewed: true, writes: true}}
	c := &cobra.Command{
		Use:   "apply PLAN -c FILE",
		Short: "Apply a saved plan, and nothing that is not in it",
		Long: `apply makes the changes of a plan that plan -o has saved. It reads the sources
and the groups concerned anew: a change that is no longer wanted, or that
somebody made meanwhile, is not made, and is named. What is due now and is not
in the plan is left to the next one.

The plan must be whole, in time, and made for this enterprise, this instance and
this configuration; otherwise nothing is written. Limits are looked at again,
the stricter of the plan's and today's; what --allow let through when the plan
was made stays allowed. A second apply of the same plan does no harm.

Ctrl-C (SIGINT, SIGTERM) begins no more changes, lets those under way end, and
tells what became of all; a second one ends at once. Apply the plan again then.`,
		Example: `  rollcall apply plan.jsonl -c rollcall.yaml
  rollcall apply plan.jsonl -c rollcall.yaml --change-ref CHG0042 \
    --approved-by 'A. Reviewer'`,
		Args:              onePath("one saved plan", &o.saved),
		ValidArgsFunction: completeSaved,
		RunE:              func(c *cobra.Command, _ []string) error { return runApply(c, env, o) },
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "", "configuration `FILE` (required)")
	f.BoolVar(&o.withoutSource, "without-source", false, "do not read the sources: only what Box says speaks against a change")
	f.BoolVar(&o.verbose, "verbose", false, "show every change, those that were applied too")
	addReportFlag(c, &o.reports)
	o.signOff.addFlags(c, "go on only if the plan has this `DIGEST`")
	return c
}

func runApply(c *cobra.Command, env *Env, o *applyOptions) (err error) {
	if err := errors.Join(o.planOptions.parse(c), o.signOff.parse(c)); err != nil {
		return err
	}
	saved, err := readPlan(o.saved)
	if err != nil {
		return err
	}
	if err := o.matches(saved); err != nil {
		return err
	}
	config, err := loadConfig(o.config)
	if err != nil {
		return err
	}
	if err := fits(saved, config, env.now()); err != nil {
		return err
	}
	r, err := openWith(c, env, &o.planOptions, config)
	if err != nil {
		return err
	}
	defer r.close(&err)
	ctx, cancel := r.deadline(c.Context())
	defer cancel()
	o.sign(saved)
	return r.applySaved(ctx, saved, o)
}

// readPlan reads a saved plan. Whatever is wrong with it is the plan's fault, and
// not that of the configuration.
func readPlan(path string) (*plan.Plan, error) {
	const advice = "give it a plan that plan -o has saved"
	f, err := os.Open(path)
	if err != nil {
		return nil, &exitError{code: exitPlan, err: fmt.Errorf("read the plan: %w", err), hint: advice}
	}
	defer f.Close() //nolint:errcheck // it was only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &exitError{code: exitPlan, err: fmt.Errorf("read the plan: %s is a directory", path), hint: advice}
	}
	p, err := plan.Read(f)
	hint := "a saved plan is not edited: make a new one with plan -o, and have it reviewed"
	if fault, ok := errors.AsType[*plan.FileError](err); ok {
		err = fmt.Errorf("%s:%d: %w", path, fault.Line, fault.Err)
		if fault.Line <= 1 { // it is something else altogether
			hint = advice
		}
	} else if err != nil {
		err = fmt.Errorf("read the plan %s: %w", path, err)
	}
	if err != nil {
		return nil, &exitError{code: exitPlan, err: err, hint: hint}
	}
	return p, nil
}

// fits refuses a plan that is too old, or was made for another installation or by
// another configuration.
func fits(p *plan.Plan, c *config, now time.Time) error {
	h := &p.Header
	refused := func(hint, format string, args ...any) error {
		return &exitError{code: exitPlan, err: fmt.Errorf(format+"; nothing was written", args...), hint: hint}
	}
	expires := h.Expires
	if today := h.Created.Add(c.Run.PlanMaxAge.Duration); today.Before(expires) {
		expires = today
	}
	if !now.Before(expires) {
		return refused("make a new plan, and have it reviewed", "the plan was made on %s and expired on %s",
			h.Created.Format(time.RFC3339), expires.Format(time.RFC3339))
	}
	if h.Instance != c.Instance {
		return refused("apply it with the configuration that it was made with", "the plan is for the instance %q, and the configuration is that of %q",
			h.Instance, c.Instance)
	}
	if changed := h.Fingerprint.Changed(c.fingerprint()); len(changed) > 0 {
		return refused("apply it with the configuration that it was made with, or make a new plan",
			"the plan was made with another configuration: what that says under %s has changed", strings.Join(changed, " and "))
	}
	return nil
}

// applySaved applies what is left of the plan.
func (r *run) applySaved(ctx context.Context, saved *plan.Plan, o *applyOptions) error {
	sources := r.sources
	if o.withoutSource {
		sources = nil
	}
	in, err := r.inputs(ctx, sources, func(account target.Account) error { return sameEnterprise(&saved.Header, account) })
	if err != nil {
		return err
	}
	left, err := groupsync.Recheck(ctx, saved, in, r.reader, r.policies)
	if err != nil {
		return &readError{err}
	}
	var evidence []source.Evidence
	if in.Roster != nil {
		evidence = in.Roster.Evidence()
	}
	// What the report tells of is today's.
	saved.Header.Paused, saved.Header.Notices = left.Plan.Header.Paused, left.Plan.Header.Notices
	if err := report.Applying(r.env.Stdout, saved, evidence, left, r.text); err != nil {
		return fmt.Errorf("write to standard output; nothing was written to Box: %w", err)
	}
	if err := r.affordable(left.Plan); err != nil {
		return err
	}
	rec, err := r.record(saved)
	if err != nil {
		return err
	}
	if err := rec.settled(left.Results); err != nil {
		return err
	}
	done := groupsync.Apply(ctx, left.Plan, r.writer(), r.apply)
	left.Take(done.Results)
	switch {
	case done.Stopped == nil && !left.Blocked() && saved.Agrees():
		rec.agreed, rec.ended = saved.Header.Fingerprint, !saved.HoldsRun() && !left.Plan.HoldsRun()
	case r.config.Run.RequireReview && !saved.Agrees():
		fmt.Fprintln(r.env.Stderr, "run.require_review: a plan narrowed by --group or --skip-removals shows a part of a run; sync waits for a plan of all.")
	}
	return rec.end(ctx, ending{
		run: &report.Run{Results: left.Results, Calls: r.reader.Calls()}, why: done.Stopped,
		code: planCode(left.Plan, nil, &o.planOptions), report: o.reports,
	})
}

// sameEnterprise refuses a plan that was made for another enterprise.
func sameEnterprise(h *plan.Header, account target.Account) error {
	if account.EnterpriseID == h.EnterpriseID {
		return nil
	}
	return &exitError{
		code: exitPlan,
		err: fmt.Errorf("the plan is for the enterprise %s (%s), and the credentials are of %s (%s); nothing was written",
			h.EnterpriseID, h.Enterprise, account.EnterpriseID, account.Enterprise),
		hint: "check target.box.auth",
	}
}
