package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

type exportOptions struct {
	planOptions
}

func newExportCommand(env *Env) *cobra.Command {
	o := &exportOptions{planOptions{founds: true}}
	c := &cobra.Command{
		Use:   "export -c FILE",
		Short: "Write Box's memberships as a CSV that is itself a source",
		Long: `export asks Box who is in which group, and writes that as a CSV: to standard
output, or to a file that is written whole or not at all. It does not read the
sources and changes nothing in Box. It can be interrupted at any time.

The columns are group, login, role, name, source_id and description. To have
rollcall read the file, name the last three in the configuration:

  csv:
    path: members.csv
    columns: {name: name, source_id: source_id, description: description}

source_id ties a group that rollcall manages to its source, and stays when the
group gets another name. Other groups have none. The description stands on the
first row of its group. A group of which Box shows only a part has a row without
a login, so that nobody is removed from it on the word of this file.

The file is for programs: a field such as =x or +1 stands there as it is, and a
spreadsheet that opens the file takes it for a formula.`,
		Example: `  rollcall export -c rollcall.yaml -o members.csv
  rollcall export -c rollcall.yaml --group 'Finance*' >finance.csv`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runExport(c, env, o) },
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "", "configuration `FILE` (required)")
	f.StringArrayVar(&o.groups, "group", nil, "only the Box groups whose name matches the glob `PATTERN`; repeatable")
	f.StringVarP(&o.out, "out", "o", "", "write to this `FILE`, of mode 0600, instead of standard output")
	return c
}

func runExport(c *cobra.Command, env *Env, o *exportOptions) (err error) {
	if err := o.parse(c); err != nil {
		return err
	}
	r, err := open(c, env, &o.planOptions)
	if err != nil {
		return err
	}
	defer r.close(&err)
	x, err := readExport(c.Context(), r)
	if err != nil {
		return err
	}
	if err := o.write(env, x); err != nil {
		return err
	}
	for _, note := range x.notes {
		env.tell("", "%s", note)
	}
	to := ""
	if o.out != "" {
		to = " to " + o.out
	}
	env.tell("", "Exported %s, %s%s. %s.", plan.Count(x.written.groups, "group"),
		plan.Count(x.written.memberships, "membership"), to, plan.Count(int(r.reader.Calls()), "call"))
	return nil
}

// write writes the file, or to standard output.
func (o *exportOptions) write(env *Env, x *export) error {
	if o.out == "" {
		if err := x.write(env.Stdout); err != nil {
			return fmt.Errorf("write the export to standard output: %w", err)
		}
		return nil
	}
	if err := state.WriteFile(o.out, x.write); err != nil {
		return fmt.Errorf("keep the export: %w", err)
	}
	return nil
}

// replaceable reports why a file cannot be written, or written anew: better
// before Box is asked than afterwards. A device or a pipe is not replaced.
func replaceable(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory; name a file in it", path)
	case !info.Mode().IsRegular():
		return nil
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no directory %s; make it first", dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no directory", dir)
	}
	return creatable(dir)
}

// readExport asks Box for everything that the export needs. A group that cannot
// be listed whole ends it: a part of a group looks like a whole one afterwards.
func readExport(ctx context.Context, r *run) (*export, error) {
	account, err := r.reader.Account(ctx)
	if err != nil {
		return nil, &readError{err}
	}
	groups, hidden, err := r.reader.WithSettings().Groups(ctx)
	if err != nil {
		return nil, &readError{err}
	}
	if err := r.visible(groups, hidden, account); err != nil {
		return nil, err
	}
	x, err := chooseExport(groups, hidden, r)
	if err != nil {
		return nil, err
	}
	if err := r.reader.Members(ctx, x.toList(), x.listed); err != nil {
		return nil, &readError{err}
	}
	if err := x.complete(); err != nil {
		return nil, &readError{err}
	}
	return x, nil
}

// visible fails where Box shows no groups, and should: an empty file would be
// written over the one of yesterday. The state is opened only where that is in
// doubt.
func (r *run) visible(groups []target.Group, hidden int, account target.Account) error {
	before := 0
	if r.config.Run.StateDir != "" && groupsync.Visible(groups, hidden, 1) != nil {
		dir, err := openState(r.config, account)
		if err != nil {
			return err
		}
		memory, err := dir.Memory()
		if err != nil {
			return err
		}
		before = memory.Owned
	}
	if err := groupsync.Visible(groups, hidden, before); err != nil {
		return &readError{err}
	}
	return nil
}
