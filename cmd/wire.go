package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/state"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// run is everything one run of a command works with. A command that only plans
// never asks for the writer.
type run struct {
	env      *Env
	command  string
	config   *config
	sources  []groupsync.Source
	reader   *box.Reader
	writer   func() *box.Writer
	policies plan.Options
	apply    groupsync.ApplyOptions
	rate     int
	maxCalls int64
	text     report.Options
	memory   *plan.Memory // of the runs before; nil where nothing is remembered
	state    *state.Dir   // nil: there is none, or another run holds its lock
	writes   bool         // to Box
	counted  int64        // calls that the memory has counted
	closer   func() error // nil: nothing was started
}

// open reads the configuration and puts the run together. Nothing is read from
// a source or from Box yet.
func open(c *cobra.Command, env *Env, o *planOptions) (*run, error) {
	config, err := loadConfig(o.config)
	if err != nil {
		return nil, err
	}
	return openWith(c, env, o, config)
}

// openWith is open for a configuration that was read already.
func openWith(command *cobra.Command, env *Env, o *planOptions, c *config) (*run, error) {
	log := newLogger(env, c.Log)
	r := &run{env: env, command: command.Name(), config: c, policies: c.policies(), text: env.textOptions(o.verbose)}
	r.policies.Now, r.writes = env.now(), o.writes
	r.policies.Scope, r.policies.Allow, r.policies.Reviewed = o.scope, o.allowed, o.reviewed
	if err := o.spares(c); err != nil {
		return nil, err
	}
	for _, s := range c.Sources {
		opened, err := openSource(env, c, s)
		if err != nil {
			return nil, err
		}
		if err := o.sparesSource(s.Name, opened); err != nil {
			return nil, err
		}
		r.sources = append(r.sources, opened)
	}
	boxed, err := r.openTarget(command.Context(), c)
	if err != nil {
		return nil, err
	}
	api, err := newClient(c, env, boxed, log)
	if err != nil {
		r.close(&err)
		return nil, err
	}
	r.rate, r.maxCalls = boxed.Rate.RequestsPerMinute, boxed.MaxCalls
	r.reader = box.NewReader(api, boxed.Rate.Concurrency)
	if c.managesSettings() {
		r.reader = r.reader.WithSettings()
	}
	r.writer = func() *box.Writer { return box.NewWriter(api, target.AdminPermissions(c.Members.AdminPermissions)) }
	r.apply = groupsync.ApplyOptions{Concurrency: boxed.Rate.Concurrency, Drain: c.Run.Drain.Duration, Log: log}
	if c.Run.Order == "removals_first" {
		r.apply.Order = groupsync.RemovalsFirst
	}
	return r, nil
}

// close ends what the run started. What fails then is added to the command's
// error; the changes are made, so that it is no failure to read.
func (r *run) close(err *error) {
	r.unlock()
	if r.closer == nil {
		return
	}
	if e := r.closer(); e != nil {
		*err = &exitError{code: worst(codeOf(*err), exitFailures), err: joined(*err, e), hint: hintOf(*err)}
	}
}

// unlock lets others run. A lock that cannot be given back ends with the process,
// and changes nothing in what the run came to.
func (r *run) unlock() {
	if r.state == nil {
		return
	}
	if err := r.state.Unlock(); err != nil {
		r.env.tell("", "%v", err)
	}
}

// joined joins two errors, of which the first may be nil or say nothing.
func joined(first, second error) error {
	if first == nil || first.Error() == "" {
		return second
	}
	return errors.Join(first, second)
}

// openTarget returns how to reach Box; for target.emulator it starts one, which
// without a seed knows the people of the sources.
func (r *run) openTarget(ctx context.Context, c *config) (*boxConfig, error) {
	if c.Target.Box != nil {
		return c.Target.Box, nil
	}
	state := c.path(c.Target.Emulator.State)
	if r.writes {
		if err := keepable(state); err != nil {
			return nil, fmt.Errorf("target.emulator.state cannot be written, so nothing was read: %w", err)
		}
	}
	begin := seeded(c.path(c.Target.Emulator.Seed))
	if c.Target.Emulator.employs() {
		begin = func(server *emulator.Server) error { return employ(ctx, server, r.sources) }
	}
	emulated, closer, err := startEmulator(ctx, begin, state)
	if err != nil {
		return nil, err
	}
	r.closer = closer
	boxed := defaultBox()
	boxed.BaseURL = emulated
	return &boxed, nil
}

func newSource(env *Env, c *config, s sourceConfig) (groupsync.Source, error) {
	if s.LDAP != nil {
		return newLDAP(env, c, slices.IndexFunc(c.Sources, func(other sourceConfig) bool { return other.Name == s.Name }))
	}
	return newCSV(env, c, s)
}

// orOne returns what was configured, or 1: a source that says nothing at all
// was not read.
func orOne(n *int) int {
	if n == nil {
		return 1
	}
	return *n
}

// newLogger writes to Stderr: text for people at a terminal, JSON otherwise.
func newLogger(env *Env, c logConfig) *slog.Logger {
	var level slog.Level
	// The configuration's words are slog's own, and were checked.
	_ = level.UnmarshalText([]byte(c.Level))
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "text" || c.Format == "auto" && env.StderrTerminal {
		return slog.New(slog.NewTextHandler(env.Stderr, opts))
	}
	opts.ReplaceAttr = readableDurations
	return slog.New(slog.NewJSONHandler(env.Stderr, opts))
}

// readableDurations writes durations as people do; slog's JSON has nanoseconds.
func readableDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// textOptions lays text out for the terminal, or for a file 80 wide.
func (env *Env) textOptions(verbose bool) report.Options {
	noColor, _ := env.LookupEnv("NO_COLOR") // which says nothing where it is empty
	kind, _ := env.LookupEnv("TERM")
	return report.Options{Color: env.Terminal && noColor == "" && kind != "dumb", Width: env.outWidth(), Verbose: verbose}
}
