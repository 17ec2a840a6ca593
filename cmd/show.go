package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/state"
)

type showOptions struct {
	path    string
	format  string
	verbose bool
}

func newShowCommand(env *Env) *cobra.Command {
	o := &showOptions{}
	c := &cobra.Command{
		Use:   "show PLAN|RUN",
		Short: "Show a saved plan, or what became of a run",
		Long: `show prints a plan that plan -o has saved, as plan printed it, or a run: the
directory that it has under run.state_dir, with its plan and what became of
every change. It asks neither the sources nor Box.

The JSON document is described by docs/schemas/plan.schema.json.`,
		Example: `  rollcall show plan.jsonl
  rollcall show plan.jsonl --format json
  rollcall show /var/lib/rollcall/main-900001/runs/20261123T020000Z --verbose`,
		Args:              onePath("one saved plan or one run", &o.path),
		ValidArgsFunction: completeSaved,
		RunE:              func(c *cobra.Command, _ []string) error { return runShow(c, env, o) },
	}
	c.Flags().StringVar(&o.format, "format", "text", "`FORMAT`: text or json")
	c.Flags().BoolVar(&o.verbose, "verbose", false, "show everything, where the default is the first few of many")
	return c
}

// showFormats are what --format takes.
func showFormats() []string { return []string{"text", "json"} }

func runShow(c *cobra.Command, env *Env, o *showOptions) error {
	if !slices.Contains(showFormats(), o.format) {
		return usageError(c, fmt.Errorf("--format %q: this version shows text or json", o.format))
	}
	p, done, err := readShown(o.path)
	if err != nil {
		return err
	}
	if o.format == "json" {
		err = report.JSON(env.Stdout, p, done)
	} else {
		err = report.Saved(env.Stdout, p, done, env.now(), env.textOptions(o.verbose))
	}
	if err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

// readShown reads what show is given: a run's directory, or else a saved plan,
// which has no run.
func readShown(path string) (*plan.Plan, *report.Run, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
		p, err := readPlan(path)
		return p, nil, err
	case err != nil:
		return nil, nil, &exitError{code: exitPlan, err: fmt.Errorf("read the plan: %w", err)}
	}
	record, err := state.ReadRun(path)
	if err == nil && record.Info.Started.IsZero() {
		err = fmt.Errorf("%s is no run's directory", path)
	}
	if err != nil {
		return nil, nil, &exitError{
			code: exitPlan, err: fmt.Errorf("read the run: %w", err), hint: "runs are in the directory runs of the one that run.state_dir has for the enterprise",
		}
	}
	done := reportOf(record)
	if !record.Finished {
		done.Stopped = "the run is under way, or has died: the next one settles it"
		for _, place := range record.Pending {
			done.Results[place].Detail = "begun, and its end is not known"
		}
	}
	return record.Plan, done, nil
}
