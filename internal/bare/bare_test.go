package bare_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Without an environment, without a home, and in any language, the program says the
// same.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	want := plain(t, harmless())
	assert.Contains(t, want["plan -c rollcall.yaml"].out, "Zürich 経理部 (1 → 2 members)\n  + bob@acme.example")
	for name, variables := range map[string][]string{
		"empty":       {},
		"C":           {"LANG=C", "LC_ALL=C"},
		"no language": {"LANG=xx_XX.nonsense", "LC_ALL=POSIX"},
		"no home":     {"HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "USER=", "PATH="},
		"time zone":   {"TZ=Nowhere/Bad", "ZONEINFO=/nonexistent"},
		"no terminal": {"NO_COLOR=1", "TERM=dumb", "COLUMNS=40", "LINES=10"},
		"colour":      {"CLICOLOR_FORCE=1", "FORCE_COLOR=1", "TERM=xterm-256color"},
	} {
		dir := world(t)
		for line, r := range want {
			assert.Equal(t, r, run(t, dir, words(line), with(variables...)), "%s: %s", name, line)
		}
	}
}

// A directory in which nothing can be made, and nothing left in it, is enough for
// all that writes nothing. What is to be written is refused before any work.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	dir := world(t)
	readOnly(t, dir)
	for line, want := range plain(t, harmless()) {
		assert.Equal(t, want, run(t, dir, words(line), asNobody), line)
	}
	advice := fmt.Sprintf("; let user %d write there, or name a file elsewhere\n", nobodysID())
	for line, want := range map[string]string{
		"plan -c rollcall.yaml -o plan.jsonl":            "rollcall: plan.jsonl cannot be written, so nothing was read: make a file in .: permission denied" + advice,
		"plan -c rollcall.yaml --report run.json":        "rollcall: run.json cannot be written, so nothing was read: make a file in .: permission denied" + advice,
		"export -c rollcall.yaml -o members.csv":         "rollcall: members.csv cannot be written, so nothing was read: make a file in .: permission denied" + advice,
		"sync -c rollcall.yaml --confirm":                "rollcall: target.emulator.state cannot be written, so nothing was read: mkdir box: permission denied\n",
		"emulator --listen 127.0.0.1:0 --state box.json": "rollcall: keep the emulator's state: make a file in .: permission denied" + advice,
	} {
		assert.Equal(t, result{"", want, 1}, run(t, dir, words(line), asNobody), line)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 3, "%v", left)
}

// The demo is the one command that needs a place for its files, and says so.
func TestDemo_noPlaceForFiles(t *testing.T) {
	t.Parallel()
	dir := world(t)
	readOnly(t, dir)
	const hint = "hint: the demo needs a directory for its files: set TMPDIR to one that can be written\n"
	r := run(t, dir, []string{"demo"}, asNobody, with("TMPDIR=/nonexistent"))
	assert.Equal(t, result{"", "rollcall: make a directory for the demo: stat /nonexistent: no such file or directory\n" + hint, 1}, r)
	r = run(t, dir, []string{"demo"}, asNobody, with("TMPDIR="+dir))
	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.err, ": permission denied\n"+hint)
	assert.Empty(t, r.out)
}

// The directory that the program was started in may be gone.
func TestDirectoryThatIsGone(t *testing.T) {
	t.Parallel()
	dir := world(t)
	const inGone = `mkdir "$0" && cd "$0" && rmdir "../$0" && exec "$@"`
	gone := func(name, line string) result {
		return shell(t, dir, strings.ReplaceAll(inGone, "$0", name), words(line))
	}
	for i, line := range []string{"version", "help", "demo", "plan -c " + filepath.Join(dir, "rollcall.yaml")} {
		r := gone(fmt.Sprint("gone", i), line)
		assert.Zero(t, r.code, "%s: %s", line, r.err)
		assert.NotEmpty(t, r.out, line)
	}
	assert.Equal(t, result{"", "rollcall: read the configuration: open rollcall.yaml: no such file or directory\n" +
		"hint: name the file with --config; the README has one to begin with, and rollcall config schema says what can be in one\n", 1},
		gone("last", "plan -c rollcall.yaml"))
}

// Streams that are closed are no files that the program opens next.
func TestClosedStreams(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"version": 0, "help": 0, "plan -c rollcall.yaml": 0, "sync -c rollcall.yaml --confirm": 0,
		"nonsense": 64, "plan -c nowhere.yaml": 1,
	} {
		dir := world(t)
		for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&- 2>&-"} {
			r := shell(t, dir, `exec "$@" `+closed, words(line))
			assert.Equal(t, want, r.code, "%s %s: %s", line, closed, r.err)
		}
		for _, name := range []string{"groups.csv", "rollcall.yaml"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			assert.NotContains(t, string(text), "Plan: ", "the output went into %s", name)
		}
	}
}

// What cannot be told is an error; and where it cannot be told before Box is written
// to, nothing is.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := world(t)
	require.Zero(t, run(t, dir, words("plan -c rollcall.yaml -o plan.jsonl")).code)
	lines := append(harmless(), "demo", "show plan.jsonl", "show plan.jsonl --format json", "--version",
		"sync -c rollcall.yaml --confirm", "apply plan.jsonl -c rollcall.yaml", "emulator --listen 127.0.0.1:0")
	for _, line := range lines {
		r := shell(t, dir, `exec "$@" >/dev/full`, words(line))
		assert.Equal(t, 1, r.code, "%s: %s", line, r.err)
		assert.Regexp(t, `(?m)^rollcall: .*: no space left on device$`, r.err, line)
		assert.Equal(t, 1, shell(t, dir, `exec "$@" >/dev/full 2>&1`, words(line)).code, line)
	}
	assert.NoFileExists(t, filepath.Join(dir, "box", "state.json"), "Box was written to")
}

// Whatever the umask, files with names and logins are their owner's and nobody
// else's, and the owner can read them.
func TestUmask(t *testing.T) {
	t.Parallel()
	for _, umask := range []string{"000", "022", "777"} {
		dir := world(t)
		require.NoError(t, os.Chmod(dir, 0o777))
		in := `umask ` + umask + `; exec "$@"`
		for _, line := range []string{"plan -c rollcall.yaml -o plan.jsonl --report run.json", "export -c rollcall.yaml -o members.csv"} {
			r := shell(t, dir, in, words(line), asNobody)
			require.Zero(t, r.code, "%s: %s", line, r.err)
		}
		for _, name := range []string{"plan.jsonl", "run.json", "members.csv"} {
			info, err := os.Stat(filepath.Join(dir, name))
			require.NoError(t, err)
			assert.Equal(t, fs.FileMode(0o600), info.Mode(), "umask %s: %s", umask, name)
		}
		assert.Zero(t, shell(t, dir, in, words("show plan.jsonl"), asNobody).code, umask)
	}
}

// With a umask that lets everybody in, what is kept between runs is still nobody
// else's; with one that lets nobody in, not even us, that is told before Box is
// written to.
func TestUmask_state(t *testing.T) {
	t.Parallel()
	write := func(umask string) (dir string, r result) {
		dir = world(t)
		require.NoError(t, os.Chmod(dir, 0o777))
		file, err := os.OpenFile(filepath.Join(dir, "rollcall.yaml"), os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString("run: {state_dir: state}\n")
		require.NoError(t, err)
		require.NoError(t, file.Close())
		return dir, shell(t, dir, `umask `+umask+`; exec "$@"`, words("sync -c rollcall.yaml --confirm"), asNobody)
	}
	dir, r := write("000")
	require.Zero(t, r.code, r.err)
	seen := 0
	for _, kept := range []string{"state", "box"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(dir, kept), func(path string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			info, err := d.Info()
			require.NoError(t, err)
			assert.Zero(t, info.Mode().Perm()&0o077, "%s is %s", path, info.Mode())
			seen++
			return nil
		}))
	}
	assert.Greater(t, seen, 6)

	dir, r = write("777")
	assert.Equal(t, 1, r.code)
	assert.Regexp(t, `^rollcall: .*permission denied(; .*)?\n$`, r.err)
	assert.Empty(t, r.out)
	require.NoError(t, os.Chmod(filepath.Join(dir, "box"), 0o700)) // so that the test can look, and clean up
	assert.NoFileExists(t, filepath.Join(dir, "box", "state.json"))
}

// Arguments are bytes, and come back as text that does nothing to a terminal.
func TestArguments(t *testing.T) {
	t.Parallel()
	dir := world(t)
	long := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"plan", "-c", "\xff\xfe.yaml"}, 1},
		{[]string{"plan", "-c", "a\x1b[31m\u202e.yaml"}, 1},
		{[]string{"plan", "-c", long}, 1},
		{[]string{"pl\x1b]0;x\x07\xff"}, 64},
		{[]string{"help", "pl\x1b]0;x\x07\xff"}, 64},
		{[]string{"plan", "--\x1b[2J\xff"}, 64},
		{[]string{"plan", "-c", "rollcall.yaml", "--group", "\xff"}, 64},
		{[]string{"plan", "-c", "rollcall.yaml", "--group", long}, 1},
		{[]string{"plan", "-c", "rollcall.yaml", "--allow", "\x1b[2J=1"}, 64},
		{[]string{"plan", "-c", "rollcall.yaml", "--report", "\x1b[2J\xff"}, 64},
		{[]string{"plan", "-c", "rollcall.yaml", "-o", "\x1b[2J\xff/plan"}, 1},
		{[]string{"show", "\x1b[2J\xff"}, 5},
		{[]string{"show", "rollcall.yaml", "--format", "\x1b[2J\xff"}, 64},
		{[]string{"apply", "plan", "-c", "rollcall.yaml", "--digest", "\x1b[2J\xff"}, 64},
		{[]string{"apply", "plan", "-c", "rollcall.yaml", "--approved-by", "\x1b[2J\xff"}, 64},
		{[]string{"emulator", "--listen", "\x1b[2J\xff"}, 1},
		{[]string{""}, 64},
		{[]string{"plan", "-c", ""}, 64},
	} {
		r := run(t, dir, c.args)
		short := fmt.Sprintf("%.60q", c.args)
		assert.Equal(t, c.want, r.code, "%s: %.300s", short, r.err)
		assert.Regexp(t, `^rollcall: `, r.err, short)
		assert.True(t, utf8.ValidString(r.err), "%s: %q", short, r.err)
		assert.NotContains(t, r.err, "\x1b", short)
		assert.NotContains(t, r.err, "\x07", short)
		assert.Empty(t, r.out, short)
	}
}
