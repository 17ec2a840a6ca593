package bare_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
)

// nobody is the user that the program runs as where it may write nothing.
const nobody = 65532

const configuration = `version: 1
sources:
  - name: hr
    csv: {path: groups.csv}
target:
  emulator: {seed: box.csv, state: box/state.json}
log: {level: error}
`

// The two sides are small, so that nobody waits for the rate of calls, and have names
// that are more than ASCII.
const groups = `group,login
Zürich 経理部,ann@acme.example
Zürich 経理部,bob@acme.example
Finance,cäcilie@acme.example
`

const box = `group,external_sync_identifier,login,name,role
Zürich 経理部,rollcall:main:hr:Zürich 経理部,ann@acme.example,Ann,member
Finance,rollcall:main:hr:Finance,dora@acme.example,Dora,member
,,bob@acme.example,Bob,
,,cäcilie@acme.example,Cäcilie,
`

func TestMain(m *testing.M) { built.Main(m) }

// world makes a directory with a configuration, a source and a Box, which everybody
// may read.
func world(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"rollcall.yaml": configuration, "groups.csv": groups, "box.csv": box} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return dir
}

// result is how a run of the program ended.
type result struct {
	out, err string
	code     int
}

// run runs the program in a directory, without an environment. Each of how changes
// something about that.
func run(t *testing.T, dir string, args []string, how ...func(*exec.Cmd)) result {
	t.Helper()
	c := exec.CommandContext(t.Context(), built.Program(t), args...)
	return finish(t, dir, c, how...)
}

// shell runs a line of sh, in which "$@" is the program and the arguments.
func shell(t *testing.T, dir, line string, args []string, how ...func(*exec.Cmd)) result {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", line, "sh", built.Program(t)}, args...)...)
	return finish(t, dir, c, how...)
}

func finish(t *testing.T, dir string, c *exec.Cmd, how ...func(*exec.Cmd)) result {
	t.Helper()
	var out, err bytes.Buffer
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, []string{}, &out, &err
	for _, f := range how {
		f(c)
	}
	failed := c.Run()
	if _, ended := errors.AsType[*exec.ExitError](failed); !ended {
		require.NoError(t, failed)
	}
	return result{out.String(), err.String(), c.ProcessState.ExitCode()}
}

func with(variables ...string) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Env = append(c.Env, variables...) }
}

// asNobody takes the right to write from the program: another user, where we are
// root, whom no mode stops.
func asNobody(c *exec.Cmd) {
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

// nobodysID is whom the program then runs as.
func nobodysID() int {
	if os.Getuid() == 0 {
		return nobody
	}
	return os.Getuid()
}

func readOnly(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
}

func words(line string) []string { return strings.Fields(line) }

// plain is what the commands that write nothing come to where nothing is missing,
// by command line.
func plain(t *testing.T, commands []string) map[string]result {
	t.Helper()
	dir, all := world(t), map[string]result{}
	for _, line := range commands {
		r := run(t, dir, words(line), with(os.Environ()...))
		require.Zero(t, r.code, "%s: %s", line, r.err)
		all[line] = r
	}
	return all
}

// harmless are command lines that write nothing but to standard output.
func harmless() []string {
	return []string{
		"version", "help", "help reading-a-plan", "sync --help", "config schema", "completion bash",
		"check -c rollcall.yaml", "check -c rollcall.yaml --offline", "plan -c rollcall.yaml", "plan -c rollcall.yaml --verbose",
		"sync -c rollcall.yaml", "export -c rollcall.yaml", "__complete plan -c rollcall.yaml --group F",
	}
}
