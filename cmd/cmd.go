// Package cmd is the program: its commands, its configuration, its exit codes,
// and the one place where concrete sources and targets are put together
// (wire.go). It is importable so that tests run the real program.
//
// A file per command holds the command's options, flags and run function. The
// world is touched through [Env] alone.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rollcall-sync/rollcall/plan"
)

// Env is the world as a command sees it.
type Env struct {
	Stdout, Stderr io.Writer
	// Stdin is read where a source is; nil is one with nothing in it.
	Stdin io.Reader
	// LookupEnv is [os.LookupEnv] or a stand-in for it.
	LookupEnv func(string) (string, bool)
	// Terminal says that Stdout is a terminal, Width columns wide.
	Terminal bool
	Width    int
	// StderrTerminal says that Stderr is one.
	StderrTerminal bool
	// StdinTerminal says that Stdin is one.
	StdinTerminal bool
	// Now is [time.Now] or a stand-in for it; nil means the former.
	Now func() time.Time
}

// now returns the time in the form in which files keep it.
func (env *Env) now() time.Time {
	now := env.Now
	if now == nil {
		now = time.Now
	}
	return now().UTC().Truncate(time.Second)
}

// Main runs the program with the process's arguments and returns its exit code.
// The first SIGINT or SIGTERM ends the run in order; the second ends the
// process at once. Tests adjust the world that it finds.
func Main(adjust ...func(*Env)) int {
	env := &Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Stdin: os.Stdin, LookupEnv: os.LookupEnv,
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
	}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		env.Terminal = true
		env.Width, _, _ = term.GetSize(fd)
	}
	for _, f := range adjust {
		f(env)
	}
	// Whoever reads our output may go away in the middle of a run, and a file may
	// have a limit. Neither must kill the process while it writes to Box: the write
	// fails, and the run ends in order.
	signal.Ignore(deadlyWrites()...)
	ctx, stop := withSignals(context.Background())
	defer stop()
	return Run(ctx, env, os.Args[1:])
}

// signalError is the cause of a context that a signal ended.
type signalError struct {
	signal syscall.Signal
}

func (e signalError) Error() string {
	if e.signal == syscall.SIGTERM {
		return "interrupted by SIGTERM"
	}
	return "interrupted by SIGINT"
}

func (e signalError) exitCode() int { return 128 + int(e.signal) }

func withSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for first := true; ; first = false {
			s, ok := (<-signals).(syscall.Signal)
			if !ok {
				return
			}
			if !first {
				os.Exit(128 + int(s))
			}
			fmt.Fprintf(os.Stderr, "rollcall: %v: ending what is under way; a second signal ends the process at once\n", signalError{s})
			cancel(signalError{s})
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// Run runs one command and returns its exit code. It prints the error, if
// there is one.
func Run(ctx context.Context, env *Env, args []string) int {
	root := newRoot(env)
	root.SetArgs(args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if code := interruptCode(ctx); code != exitDone && err != nil {
		err = &exitError{code: code, err: err}
	}
	code := codeOf(err)
	if err != nil && err.Error() != "" {
		fmt.Fprintf(env.Stderr, "rollcall: %v\n", err)
		if hint := hintOf(err); hint != "" {
			fmt.Fprintf(env.Stderr, "hint: %s\n", hint)
		}
	}
	return code
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Keep Box groups in step with a directory",
		Long: `rollcall reads who should be in which Box group from a CSV file, compares it
with what Box says, shows the difference, and makes Box match once you agree.

To see the whole story without an account: rollcall demo
What the exit codes mean: rollcall help exit-codes`,
		Version:      versionLine(),
		SilenceUsage: true,
		// Without this, no suggestion is near enough.
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError(c, unknownCommand(c, args[0]))
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return flagsFromEnv(c, env) },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(usageError)
	root.AddCommand(
		newPlanCommand(env), newShowCommand(env), newApplyCommand(env), newSyncCommand(env), newCheckCommand(env), newExportCommand(env),
		newEmulatorCommand(env), newDemoCommand(env), newVersionCommand(env),
		newConfigCommand(env), newCompletionCommand(env), newExitCodesTopic(),
	)
	return root
}

func unknownCommand(c *cobra.Command, name string) error {
	text := fmt.Sprintf("unknown command %q", name)
	if near := c.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

// usageError makes an error of the command line. What a flag's parser adds about
// Go's own functions is left out.
func usageError(c *cobra.Command, err error) error {
	if text, _, found := strings.Cut(err.Error(), ": strconv."); found {
		err = errors.New(text)
	}
	return &exitError{code: exitUsage, err: err, hint: c.CommandPath() + " --help"}
}

// onePath takes the one argument of a command that takes a saved plan or a run.
func onePath(what string, path *string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError(c, fmt.Errorf("%s takes %s, and was given %s", c.Name(), what, plan.Count(len(args), "argument")))
		}
		*path = args[0]
		return nil
	}
}

// noArgs refuses arguments of a command that takes none.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(c, fmt.Errorf("%s takes no arguments, and was given %q", c.Name(), args[0]))
	}
	return nil
}
