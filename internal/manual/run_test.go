package manual_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/loopback"
	"github.com/rollcall-sync/rollcall/internal/manual"
	"github.com/rollcall-sync/rollcall/internal/needs"
)

const root = "../.."

// pages are all pages of the project, by their paths below the root.
func pages(t *testing.T) []manual.Page {
	t.Helper()
	var found []manual.Page
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "bin"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		page, err := manual.Parse(filepath.ToSlash(below), string(text))
		found = append(found, page)
		return err
	}))
	require.Greater(t, len(found), 10, "the pages were not found")
	return found
}

func TestMain(m *testing.M) { built.Main(m) }

// Every example works as it is shown.
func TestExamples(t *testing.T) {
	t.Parallel()
	needs.Program(t, "bash", "the sessions on the pages are typed into it")
	program := built.Program(t)
	for _, page := range pages(t) {
		t.Run(strings.ReplaceAll(page.Name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			dir := clone(t, program)
			var session []manual.Step
			for i, b := range page.Blocks {
				at := fmt.Sprintf("%s:%d", page.Name, b.Line)
				switch {
				case b.Kind == "console":
					steps, err := b.Steps()
					require.NoError(t, err, page.Name)
					session = append(session, steps...)
				case b.Kind == "sh":
					checkElsewhere(t, program, at, b.Text)
				case b.File != "":
					assert.True(t, used(b.File, page.Blocks[i+1:]) || b.File == "job.yaml", "%s: no block below it uses %s", at, b.File)
					session = append(session, manual.Step{Line: b.Line, Command: write(b)})
				case b.Kind == "yaml" && usesAny(b, page.Blocks[:i]):
					session = append(session, manual.Step{Line: b.Line, Command: tryOut(b)})
				case b.Kind == "yaml":
					checkFragment(t, program, at, b.Text)
				default:
					t.Errorf("%s: a block of kind %q: say what it is, so that it can be checked (doc.go)", at, b.Kind)
				}
			}
			run(t, dir, page.Name, session)
		})
	}
}

// write is the command that makes a block's file.
func write(b manual.Block) string {
	return fmt.Sprintf("mkdir -p \"$(dirname %[1]s)\" && cat > %[1]s <<'END OF FILE'\n%[2]sEND OF FILE\n", b.File, b.Text)
}

// used reports whether a file is named in one of the blocks. One that is not could be
// anything.
func used(file string, blocks []manual.Block) bool {
	name := regexp.MustCompile(`(?m)(^|[\s{"])` + regexp.QuoteMeta(file) + `([\s}",]|$)`)
	return slices.ContainsFunc(blocks, func(b manual.Block) bool { return name.MatchString(b.Text) })
}

// usesAny reports whether a part of a configuration names a file that stands above it
// on the page.
func usesAny(fragment manual.Block, above []manual.Block) bool {
	return slices.ContainsFunc(above, func(b manual.Block) bool { return b.File != "" && used(b.File, []manual.Block{fragment}) })
}

// tryOut is the command that checks a part of a configuration with the files that it
// names, and says what is wrong.
func tryOut(fragment manual.Block) string {
	fragment.File, fragment.Text = "fragment.yaml", completed(fragment.Text)
	return write(fragment) + "told=$(rollcall check -c fragment.yaml 2>&1) || echo \"$told\"\n"
}

// clone makes a directory that looks as after git clone and make build, as far as
// pages use it.
func clone(t *testing.T, program string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o700))
	require.NoError(t, os.Symlink(program, filepath.Join(dir, "bin", "rollcall")))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))))
	example, err := os.ReadFile(filepath.Join(root, "config.example.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.example.yaml"), example, 0o600))
	return dir
}

// end is printed after each command, with its exit code, which stays in $?.
const end = "\x01end of the command\x01"

// longest is how long a session may take. All of them together take seconds.
const longest = 3 * time.Minute

// run types the session into a shell and compares what it prints.
func run(t *testing.T, dir, page string, session []manual.Step) {
	t.Helper()
	if len(session) == 0 {
		return
	}
	// The emulator's own port may be taken here, by another run of these tests too.
	const port = ":8787"
	free := freePort(t)
	var script strings.Builder
	for _, s := range session {
		fmt.Fprintf(&script, "%s{ code=$?; printf '%s'; (exit $code); } 2>&1\n", strings.ReplaceAll(s.Command, port, free), end)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "--norc")
	shell.Dir, shell.Stdin = dir, strings.NewReader(script.String())
	shell.Env = []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir(), "LC_ALL=C.UTF-8",
		"ROLLCALL_LISTEN=127.0.0.1" + free,
	}
	// A file, as what runs in the background would keep a pipe open.
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	shell.Stdout, shell.Stderr = out, out
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// How the last command ended is on the page, if it matters.
	_ = shell.Run()
	// What a page leaves running ends with its session; there may be nothing.
	_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, errors.Join(err, out.Close()))
	require.NoError(t, ctx.Err(), "%s: the session did not end by itself:\n%s", page, text)
	printed := strings.Split(strings.ReplaceAll(string(text), free, port), end)
	require.Len(t, printed, len(session)+1, "%s: the session ended before its last command:\n%s", page, text)
	compare(t, page, session, printed)
}

// compare holds what the page shows against what was printed, or rewrites the
// page with UPDATE=1.
func compare(t *testing.T, page string, session []manual.Step, printed []string) {
	t.Helper()
	path := filepath.Join(root, page)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	update := os.Getenv("UPDATE") == "1"
	for i, s := range slices.Backward(session) {
		if manual.Matches(s.Want, printed[i]) {
			continue
		}
		if update && s.Shown {
			from := s.Line - 1 + strings.Count(s.Command, "\n")
			lines = slices.Replace(lines, from, from+strings.Count(s.Want, "\n"), printed[i])
			continue
		}
		t.Errorf("%s:%d: $ %s\nthe page shows:\n%s\nand it printed:\n%s", page, s.Line, strings.TrimSpace(s.Command), s.Want, printed[i])
	}
	if update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600))
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := loopback.Free(t.Context())
	require.NoError(t, err)
	return ":" + strconv.Itoa(port)
}

// completed is a part of a configuration with what every configuration has.
func completed(text string) string {
	for _, part := range []string{
		"version: 1", "sources:\n  - name: hr\n    csv: {path: examples/acme/groups.csv}", "target:\n  emulator: {}", "run: {state_dir: state}",
	} {
		key, _, _ := strings.Cut(part, ":")
		if !regexp.MustCompile(`(?m)^` + key + `:`).MatchString(text) {
			text += part + "\n"
		}
	}
	return text
}

// checkFragment lets the program check a part of a configuration.
func checkFragment(t *testing.T, program, at, text string) {
	t.Helper()
	whole, dir := completed(text), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rollcall.yaml"), []byte(whole), 0o600))
	check := exec.CommandContext(t.Context(), program, "check", "--offline", "-c", "rollcall.yaml")
	check.Dir = dir
	out, err := check.CombinedOutput()
	assert.NoError(t, err, "%s: %s\n%s", at, out, whole)
}
