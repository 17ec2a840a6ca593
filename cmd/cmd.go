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
	"path/filepath"
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
	// StderrTerminal says that Stderr is one, StderrWidth columns wide.
	StderrTerminal bool
	StderrWidth    int
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
	}
	env.Terminal, env.Width = terminal(os.Stdout)
	env.StderrTerminal, env.StderrWidth = terminal(os.Stderr)
	env.StdinTerminal, _ = terminal(os.Stdin)
	for _, f := range adjust {
		f(env)
	}
	// Whoever reads our output may go away in the middle of a run, and a file may
	// have a limit. Neither must kill the process while it writes to Box: the write
	// fails, and the run ends in order.
	signal.Ignore(deadlyWrites()...)
	ctx, stop := withSignals(context.Background(), env)
	defer stop()
	return Run(ctx, env, os.Args[1:])
}

// terminal reports whether a file is a terminal, and how wide it says it is.
func terminal(f *os.File) (is bool, width int) {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return false, 0
	}
	width, _, _ = term.GetSize(fd)
	return true, width
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

func withSignals(ctx context.Context, env *Env) (context.Context, func()) {
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
			env.tell("rollcall: ", "%v: ending what is under way; a second signal ends the process at once", signalError{s})
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
	out := &watched{Writer: env.Stdout}
	watching := *env
	watching.Stdout = out
	env = &watching
	root := newRoot(env)
	root.SetArgs(args)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("write to standard output: %w", out.err)
	}
	if code := interruptCode(ctx); code != exitDone && err != nil {
		err = &exitError{code: code, err: err}
	}
	code := codeOf(err)
	if err != nil && err.Error() != "" {
		env.tell("rollcall: ", "%v", err)
		if hint := hintOf(err); hint != "" {
			env.tell("hint: ", "%s", hint)
		}
	}
	return code
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Keep Box groups in step with a directory",
		Long: `rollcall reads who should be in which Box group from a directory (LDAP, Active
Directory) or a CSV file, compares it with what Box says, shows the difference,
and makes Box match once you agree.

Nothing is written to Box but by apply and by sync --confirm. A limit holds what
looks like an accident, and the plan says what to type to let it through.

To begin:
  rollcall demo                        the whole story, without an account
  rollcall check -c rollcall.yaml      whether a run could work
  rollcall help reading-a-plan         what the words in a plan mean`,
		Example: `  rollcall plan -c rollcall.yaml
  rollcall sync -c rollcall.yaml --confirm`,
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
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newPlanCommand(env), newShowCommand(env), newApplyCommand(env), newSyncCommand(env), newCheckCommand(env), newExportCommand(env), newPauseCommand(env),
		newEmulatorCommand(env), newDemoCommand(env), newVersionCommand(env),
		newConfigCommand(env), newCompletionCommand(env),
	)
	root.AddCommand(newTopics()...)
	useHelp(root, env)
	addCompletion(root, env)
	return root
}

func unknownCommand(c *cobra.Command, name string) error {
	text := fmt.Sprintf("unknown command %q", name)
	if near := c.SuggestionsFor(name); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

// usageError makes an error of the command line.
func usageError(c *cobra.Command, err error) error {
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
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("%s takes no arguments, and was given %q", c.Name(), args[0])
	if ext := filepath.Ext(args[0]); c.Flags().Lookup("config") != nil && (ext == ".yaml" || ext == ".yml") {
		err = fmt.Errorf("%w; did you mean --config %s?", err, plan.ShellQuote(args[0]))
	}
	return usageError(c, err)
}
