package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rollcall-sync/rollcall/internal/samefile"
	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

// notFromEnv lists the flags that no environment variable sets: what makes a run
// write, or write more, must be typed or stand in the job's arguments; and help
// and version are not settings.
func notFromEnv(name string) bool {
	return slices.Contains([]string{"confirm", "allow", "empty-orphan", "digest", "without-source", "off", "help", "version"}, name)
}

// flagsFromEnv sets the flags that were not given from ROLLCALL_NAME, with -
// spelt _.
func flagsFromEnv(c *cobra.Command, env *Env) error {
	var failed error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := variableOf(f.Name)
		value, ok := env.LookupEnv(name)
		if f.Changed || failed != nil || !ok || value == "" {
			return
		}
		if notFromEnv(f.Name) {
			env.tell("", "%s is not read: --%s must be typed", name, f.Name)
			return
		}
		if err := c.Flags().Set(f.Name, value); err != nil {
			failed = usageError(c, fmt.Errorf("%s=%q: %s", name, value, wantOf(f)))
		}
	})
	return failed
}

// variableOf is the variable that sets a flag.
func variableOf(flag string) string {
	return "ROLLCALL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// planOptions are the flags of every command that makes a plan.
type planOptions struct {
	config           string
	groups           []string
	emptyOrphans     []string
	allow            []string
	skipRemovals     bool
	verbose          bool
	detailedExitCode bool
	reports          []string
	out              string // of plan -o and export -o
	founds           bool   // out may be the file of a source, if there is none yet
	saved            string // the plan that apply reads

	reviewed bool // by a person, before the plan is applied
	writes   bool // to Box
	scope    plan.Scope
	allowed  []plan.Allowance
}

func (o *planOptions) addFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "", "configuration `FILE` (required)")
	f.StringArrayVar(&o.groups, "group", nil, "only the source groups whose name matches the glob `PATTERN`; repeatable")
	f.StringArrayVar(&o.emptyOrphans, "empty-orphan", nil,
		"remove the members of the Box group `NAME`, which the source no longer has; repeatable")
	f.StringArrayVar(&o.allow, "allow", nil, "another limit for this run, as `LIMIT[:GROUP]=VALUE`; repeatable")
	f.BoolVar(&o.skipRemovals, "skip-removals", false, "plan no removals and no demotions")
	addReportFlag(c, &o.reports)
	f.BoolVar(&o.verbose, "verbose", false, "show unchanged groups and every held change")
	f.BoolVar(&o.detailedExitCode, "detailed-exitcode", false, "exit with 2 if changes are pending")
}

func addReportFlag(c *cobra.Command, reports *[]string) {
	c.Flags().StringArrayVar(reports, "report", nil, "write a report to `FILE`, which ends in .json; repeatable")
}

// file is a file of a command, and what it is to the command.
type file struct{ what, path string }

// checkFiles refuses files that cannot be written, and files that would be written
// over one another or over what is read, before anything is read.
func checkFiles(c *cobra.Command, reports []string, out string, read ...file) error {
	written := []file{{"the file of --out", out}}
	for _, path := range reports {
		if filepath.Ext(path) != ".json" {
			return usageError(c, fmt.Errorf("--report %s: this version writes reports that end in .json", path))
		}
		written = append(written, file{"another report", path})
	}
	for i, f := range written {
		if f.path == "" {
			continue
		}
		if err := replaceable(f.path); err != nil {
			return fmt.Errorf("%s cannot be written, so nothing was read: %w", f.path, err)
		}
		for _, other := range append(written[:i:i], read...) {
			if samefile.Are(f.path, other.path) {
				return usageError(c, fmt.Errorf("%s would be written over %s", f.path, other.what))
			}
		}
	}
	return nil
}

// spares refuses to write over a file that the way to Box needs.
func (o *planOptions) spares(c *config) error {
	for _, path := range append([]string{o.out}, o.reports...) {
		for _, file := range c.files() {
			if samefile.Are(path, c.path(file[1])) {
				return fmt.Errorf("%s would be written over the file of %s; nothing was read", path, file[0])
			}
		}
	}
	return nil
}

// sparesSource refuses to write over a file that the source is read from.
func (o *planOptions) sparesSource(name string, from groupsync.Source) error {
	files, ok := from.(interface{ Reads(path string) bool })
	if !ok {
		return nil
	}
	for _, path := range append([]string{o.out}, o.reports...) {
		if path == "" || !files.Reads(path) {
			continue
		}
		over := fmt.Errorf("%s would be written over what source %s is read from; nothing was read", path, name)
		if !o.founds {
			return over
		}
		if _, err := os.Stat(path); err == nil {
			return fmt.Errorf("%w; to have the export in its place, remove it first", over)
		}
	}
	return nil
}

// parse reads what the flags hold, after the command line and the environment
// have set them.
func (o *planOptions) parse(c *cobra.Command) error {
	if o.config == "" {
		return usageError(c, errors.New("no configuration: give one with --config FILE"))
	}
	if err := givenEmpty(c, "digest", "out", "group", "empty-orphan", "report"); err != nil {
		return err
	}
	for _, text := range o.groups {
		pattern, err := source.ParsePattern(text)
		if err != nil {
			return usageError(c, fmt.Errorf("--group: %w", err))
		}
		o.scope.Groups = append(o.scope.Groups, pattern)
	}
	o.scope.SkipRemovals, o.scope.EmptyOrphans = o.skipRemovals, o.emptyOrphans
	for _, text := range o.allow {
		a, err := plan.ParseAllowance(text)
		if err != nil {
			return usageError(c, fmt.Errorf("--allow: %w", err))
		}
		for _, other := range o.allowed {
			if other.Rule == a.Rule && source.FoldName(other.Group) == source.FoldName(a.Group) {
				return usageError(c, fmt.Errorf("--allow %s and --allow %s are about the same limit", other, a))
			}
		}
		o.allowed = append(o.allowed, a)
	}
	return checkFiles(c, o.reports, o.out, file{"the configuration", o.config}, file{"the plan", o.saved})
}
