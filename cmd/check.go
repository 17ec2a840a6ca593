package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

type checkOptions struct {
	config  string
	offline bool
}

func newCheckCommand(env *Env) *cobra.Command {
	o := &checkOptions{}
	c := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Look whether a run could work, and write nothing",
		Long: `check looks at all that a run needs: the configuration, then every source, then
who the credentials are in Box and what they can see. It goes on after a
problem where it can, so that all are told at once, and it writes nothing.

A line that begins with warn is something to look at, and does not keep a run
from working. With --offline only the configuration is looked at: no secret, no
source and no network. It can be interrupted at any time.`,
		Example: `  rollcall check -c rollcall.yaml
  rollcall check -c rollcall.yaml --offline`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.config == "" {
				return usageError(c, errors.New("no configuration: give one with --config FILE"))
			}
			return runCheck(c.Context(), env, o)
		},
	}
	c.Flags().StringVarP(&o.config, "config", "c", "", "configuration `FILE` (required)")
	c.Flags().BoolVar(&o.offline, "offline", false, "look at the configuration only")
	return c
}

// runCheck checks one thing after another. What it found is its result, also
// where that is a problem; an error with a text means that it broke off.
func runCheck(ctx context.Context, env *Env, o *checkOptions) error {
	k := &checkup{now: env.now(), show: func(c report.Check) error { return report.Checked(env.Stdout, c, env.textOptions(false)) }}
	tail := "Nothing else was looked at."
	if c, sources := k.configuration(env, o.config); c != nil && !o.offline {
		rosters := k.sources(ctx, c, sources)
		k.wanted(c.policies(), rosters)
		if c.Target.Emulator.employs() && slices.Contains(rosters, nil) {
			tail = "The emulator would hold the people of the sources, and was not looked at."
		} else {
			tail = plan.Count(int(k.target(ctx, env, c, sources)), "call") + "."
		}
	}
	if err := context.Cause(ctx); err != nil {
		return &readError{err}
	}
	if k.broken == nil {
		_, k.broken = fmt.Fprintln(env.Stdout, k.verdict(o.offline)+" "+tail)
	}
	if k.broken != nil {
		return fmt.Errorf("write to standard output: %w", k.broken)
	}
	return exitWith(worst(append(k.codes, exitDone)...))
}

// checkup collects what the checks come to, and shows each as soon as it is
// known: Box or a directory can take minutes.
type checkup struct {
	show     func(report.Check) error
	broken   error // why nothing can be shown any more
	warnings int
	now      time.Time
	codes    []int          // of the problems
	groups   []target.Group // in Box; nil: they were not read, or Box hides them all
}

func (k *checkup) add(c report.Check) {
	if k.broken == nil {
		k.broken = k.show(c)
	}
}

func (k *checkup) fine(subject, format string, args ...any) {
	k.add(report.Check{Verdict: report.Fine, Subject: subject, Found: fmt.Sprintf(format, args...)})
}

func (k *checkup) warn(subject, next, format string, args ...any) {
	k.warnings++
	k.add(report.Check{Verdict: report.Warning, Subject: subject, Found: fmt.Sprintf(format, args...), Next: next})
}

// fail notes a problem. What the error says before the given words is what the
// subject says already.
func (k *checkup) fail(subject string, err error, said string) {
	k.codes = append(k.codes, codeOf(err))
	next := hintOf(err)
	if errors.Is(err, boxapi.ErrMaxCalls) {
		next = "raise target.box.max_calls"
	}
	k.add(report.Check{Verdict: report.Failure, Subject: subject, Found: strings.TrimPrefix(err.Error(), said), Next: next})
}

// failRead notes that something could not be read, unless that is because the
// run is ending.
func (k *checkup) failRead(ctx context.Context, subject string, err error, said string) {
	if ctx.Err() == nil {
		k.fail(subject, &readError{err}, said)
	}
}

// verdict is how the last line begins.
func (k *checkup) verdict(offline bool) string {
	warnings := plan.Count(k.warnings, "warning")
	switch {
	case len(k.codes) > 0 && k.warnings > 0:
		return plan.Count(len(k.codes), "problem") + ", " + warnings + "."
	case len(k.codes) > 0:
		return plan.Count(len(k.codes), "problem") + "."
	case offline:
		return "The configuration can be used."
	case k.warnings > 0:
		return "Everything works, with " + warnings + "."
	default:
		return "Everything works."
	}
}

// configuration checks all that needs nothing but the file, and opens the
// sources without reading them. It returns nil if there is a problem: the rest
// would be checked against something that nobody means.
func (k *checkup) configuration(env *Env, path string) (*config, []groupsync.Source) {
	const subject = "configuration"
	c, err := loadConfig(path)
	if err != nil {
		k.unusable(subject, err)
		return nil, nil
	}
	var sources []groupsync.Source
	for _, s := range c.Sources {
		opened, err := openSource(env, c, s)
		if err != nil {
			for _, problem := range problemsOf(err) {
				k.fail(subject, problem, "")
			}
			continue
		}
		sources = append(sources, opened)
	}
	if len(k.codes) > 0 {
		return nil, nil
	}
	k.pauses(c, env.now())
	k.fine(subject, "%s, instance %s", path, c.Instance)
	return c, sources
}

// unusable notes the problems of a configuration that cannot be used: the first of
// them, and how many more there are.
func (k *checkup) unusable(subject string, err error) {
	all := problemList(problemsOf(err))
	for _, problem := range all.shown() {
		k.fail(subject, problem, "read the configuration: ")
	}
	if rest := all.hidden(); rest != "" {
		k.fail(subject, errors.New(rest), "")
		k.codes = append(k.codes, slices.Repeat([]int{exitInput}, len(all)-shownProblems-1)...)
	}
}

// manyErrors is what [errors.Join] makes.
type manyErrors interface {
	error
	Unwrap() []error
}

// problemsOf returns the single problems that an error was joined of.
func problemsOf(err error) []error {
	joined, ok := errors.AsType[manyErrors](err)
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, problemsOf(one)...)
	}
	return all
}

// sources reads every source, also after one that fails. It returns a roster, or
// nil, for each.
func (k *checkup) sources(ctx context.Context, c *config, sources []groupsync.Source) []*source.Roster {
	rosters := make([]*source.Roster, len(sources))
	for i, s := range sources {
		name := c.Sources[i].Name
		roster, survey, err := surveyed(ctx, s)
		if err != nil {
			k.failRead(ctx, "source "+name, err, fmt.Sprintf("read source %q: ", name))
			continue
		}
		rosters[i] = roster
		if survey == nil {
			k.roster("source "+name, roster)
		} else {
			k.directory("source "+name, c.Sources[i].LDAP, roster, survey)
		}
		k.gaps("source "+name, roster)
	}
	return rosters
}

// roster says how much a source gave.
func (k *checkup) roster(subject string, roster *source.Roster) {
	for _, e := range roster.Evidence() {
		parts := []string{e.Origin, plan.Count(e.Groups, "group"), plan.Count(e.Memberships, "membership")}
		k.fine(subject, "%s", strings.Join(append(parts, e.Notes...), ", "))
	}
}

// gaps warns of what was not read whole, and of members who cannot be in Box.
func (k *checkup) gaps(subject string, roster *source.Roster) {
	for _, e := range roster.Evidence() {
		if !e.GroupsComplete {
			k.warn(subject, "", "the list of groups was not read whole, so that none counts as gone")
		}
	}
	var partial []*source.Group
	for i := range roster.Groups() {
		if g := &roster.Groups()[i]; !g.Complete() {
			partial = append(partial, g)
		}
	}
	if len(partial) > 0 {
		k.warn(subject, "", "%s not read whole, so that nobody is removed there; the first is %s: %s",
			plan.Count(len(partial), "group"), strconv.Quote(partial[0].Name), partial[0].Partial[0])
	}
	k.unresolved(subject, roster)
}

// target opens what is to be kept in step and asks it. It returns how many calls
// that took.
func (k *checkup) target(ctx context.Context, env *Env, c *config, sources []groupsync.Source) (calls int64) {
	subject := "Box"
	if c.Target.Emulator != nil {
		subject = "Box emulator"
	}
	r := &run{sources: sources}
	defer func() {
		var err error
		if r.close(&err); err != nil {
			k.fail(subject, err, "")
		}
	}()
	boxed, err := r.openTarget(ctx, c)
	if err != nil {
		k.fail(subject, err, "")
		return 0
	}
	api, err := newClient(c, env, boxed, newLogger(env, c.Log))
	if err != nil {
		k.fail(subject, err, "")
		return 0
	}
	reader := box.NewReader(api, boxed.Rate.Concurrency)
	k.ask(ctx, subject, c, reader)
	return reader.Calls()
}

// ask asks Box who the credentials are, and whether they can see users and
// groups. If they lack the right to the one, they may lack the other as well, and
// whoever grants rights is asked once.
func (k *checkup) ask(ctx context.Context, subject string, c *config, reader *box.Reader) {
	account, err := reader.Account(ctx)
	if err == nil {
		k.fine(subject, "%s as %s, %s visible", enterpriseOf(account), account.User.Login,
			plan.Count(account.ManagedUsers, "managed user"))
		defer k.state(c, account)
	} else {
		k.failRead(ctx, subject, err, "")
		if !errors.Is(err, box.ErrNoUsers) && boxapi.KindOf(err) != boxapi.Forbidden {
			return
		}
	}
	groups, hidden, err := reader.Groups(ctx)
	if err != nil {
		k.failRead(ctx, subject, err, "")
		return
	}
	if err := groupsync.Visible(groups, hidden, 0); err != nil {
		k.failRead(ctx, "Box groups", err, "")
		return
	}
	k.groups = groups
	k.visible(c, groups, hidden)
}
