package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/examples"
)

// demoConfig is the configuration of the demonstration.
const demoConfig = `version: 1
sources:
  - name: hr
    csv: {path: groups.csv}
target:
  emulator: {seed: box.csv, state: emulator.json}
`

// scene is one step of the demonstration.
type scene struct {
	says string
	args []string
	want int // the exit code that belongs to the story
}

func scenes() []scene {
	return []scene{
		{
			says: "HR exports who should be in which group (groups.csv). Box has drifted: people\n" +
				"joined, moved and left, and somebody changed things by hand. What is to be done?",
			args: []string{"plan", "-c", "acme.yaml", "-o", "plan.jsonl"},
		},
		{
			says: "Nothing was written so far, and the plan is saved. Somebody has read it and\n" +
				"agrees, so exactly that is applied. (A night does both at once: sync --confirm.)",
			args: []string{"apply", "plan.jsonl", "-c", "acme.yaml"},
		},
		{
			says: "Once more: Box is as HR wants it, so the second plan is empty.",
			args: []string{"plan", "-c", "acme.yaml"},
		},
		{
			says: "The next night the export breaks off in the middle. Half of the groups are gone\n" +
				"from the file; a plain script would now throw people out. rollcall holds.",
			args: []string{"sync", "-c", "cut.yaml", "--confirm"}, want: exitBlocked,
		},
	}
}

const demoEpilogue = `What to try next, in a clone of the project (after make build):
  bin/rollcall plan -c config.example.yaml             the same, step by step
  bin/rollcall plan -c config.example.yaml -o plan.jsonl
  bin/rollcall show plan.jsonl --format json
  bin/rollcall apply plan.jsonl -c config.example.yaml
  bin/rollcall emulator --seed examples/acme/box.csv   a Box that stays up
Then copy config.example.yaml, put your own CSV and credentials into it, and
look at the plan: nothing is written to Box but by apply and sync --confirm.`

func newDemoCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the main job on the built-in Box emulator",
		Long: `demo plays a night at Acme, a small company: the HR file says who should be in
which group, the built-in emulator of Box says who is, and rollcall brings the
two together. It needs no account, uses no network but the loopback interface,
and leaves nothing behind: its files are in a directory of their own below
$TMPDIR, which is removed, also after Ctrl-C.`,
		Example: `  rollcall demo`,
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runDemo(c.Context(), env) },
	}
}

// runDemo plays the scenes in a directory of its own, which is removed
// afterwards.
func runDemo(ctx context.Context, env *Env) (err error) {
	dir, err := os.MkdirTemp("", "rollcall-demo-")
	if err != nil {
		return &exitError{
			code: exitInput, err: fmt.Errorf("make a directory for the demo: %w", err),
			hint: "the demo needs a directory for its files: set TMPDIR to one that can be written",
		}
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil && err == nil {
			err = e
		}
	}()
	if err := unpackDemo(dir); err != nil {
		return fmt.Errorf("unpack the demo: %w", err)
	}
	// The demo is the whole process, so that it may move: the files then have
	// the short names that the story gives them.
	home, lost := os.Getwd()
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("enter the demo's directory: %w", err)
	}
	if lost == nil { // else somebody has removed the directory that we were in
		defer func() {
			if e := os.Chdir(home); e != nil && err == nil {
				err = e
			}
		}()
	}
	for _, s := range scenes() {
		if _, err := fmt.Fprintf(env.Stdout, "%s\n\n$ rollcall %s\n", reflow(s.says, env.helpWidth()), strings.Join(s.args, " ")); err != nil {
			return fmt.Errorf("write to standard output: %w", err)
		}
		if err := playScene(ctx, env, s); err != nil {
			return err
		}
		fmt.Fprintln(env.Stdout)
	}
	fmt.Fprint(env.Stdout, reflow(demoEpilogue, env.helpWidth())+"\n")
	return nil
}

func unpackDemo(dir string) error {
	acme, err := fs.Sub(examples.Acme, "acme")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, acme); err != nil {
		return err
	}
	cut := strings.Replace(demoConfig, "groups.csv", "groups-cut.csv", 1)
	for name, text := range map[string]string{"acme.yaml": demoConfig, "cut.yaml": cut} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// playScene runs the scene's command as [Run] would.
func playScene(ctx context.Context, env *Env, s scene) error {
	var out bytes.Buffer
	inner := *env
	inner.Stdout, inner.Stderr = &out, &out
	// The story is told as it was written, whatever ROLLCALL_… says.
	inner.LookupEnv = func(name string) (string, bool) {
		if name == "NO_COLOR" || name == "TERM" {
			return env.LookupEnv(name)
		}
		return "", false
	}
	if code := Run(ctx, &inner, s.args); code != s.want {
		return fmt.Errorf("the demo's %q ended with exit code %d instead of %d:\n%s", s.args[0], code, s.want, out.String())
	}
	fmt.Fprint(env.Stdout, out.String())
	if s.want != exitDone {
		fmt.Fprintf(env.Stdout, "(exit code %d)\n", s.want)
	}
	return nil
}
