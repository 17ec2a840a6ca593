package bare_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/needs"
)

// inRoot makes $1 the root of a file system that cannot be written and has the
// program, the files of the world and an empty /tmp: no /proc, no /dev, no /etc, no
// time zones, no certificates. What is left of the arguments runs there.
const inRoot = `set -e
root=$1 program=$2 tmp=$3
shift 3
mount -t tmpfs none "$root"
mkdir "$root/tmp"
cp "$program" groups.csv box.csv rollcall.yaml "$root/"
if [ "$tmp" = yes ]; then mount -t tmpfs none "$root/tmp"; fi
mount -o remount,ro "$root"
exec chroot "$root" /rollcall "$@"`

// rooted returns a function that runs the program in such a root; tmp says that its
// /tmp can be written.
func rooted(t *testing.T) func(line string, tmp bool) result {
	t.Helper()
	unshare := needs.Program(t, "unshare", "it is in the package util-linux")
	if out, err := exec.CommandContext(t.Context(), unshare, "-rm", "mount", "-t", "tmpfs", "none", t.TempDir()).CombinedOutput(); err != nil {
		needs.Missing(t, "this system lets nobody mount in a namespace of their own: "+strings.TrimSpace(string(out)))
	}
	dir := world(t)
	return func(line string, tmp bool) result {
		args := []string{"-rm", "sh", "-c", inRoot, "sh", t.TempDir(), built.Program(t), map[bool]string{true: "yes", false: "no"}[tmp]}
		c := exec.CommandContext(t.Context(), unshare, append(args, words(line)...)...)
		return finish(t, dir, c, with("PATH="+os.Getenv("PATH")))
	}
}

// A root that cannot be written, with the program and nothing else, is enough.
func TestReadOnlyRoot(t *testing.T) {
	t.Parallel()
	inRoot := rooted(t)
	for line, want := range plain(t, harmless()) {
		assert.Equal(t, want, inRoot(line, false), line)
	}
	for line, want := range map[string]string{
		"plan -c rollcall.yaml -o tmp/plan.jsonl": "rollcall: tmp/plan.jsonl cannot be written, so nothing was read: make a file in tmp: read-only file system\n",
		"sync -c rollcall.yaml --confirm":         "rollcall: target.emulator.state cannot be written, so nothing was read: mkdir box: read-only file system\n",
	} {
		assert.Equal(t, result{"", want, 1}, inRoot(line, false), line)
	}
	r := inRoot("demo", false)
	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.err, "read-only file system\nhint: the demo needs a directory for its files: set TMPDIR")

	r = inRoot("demo", true)
	assert.Zero(t, r.code, r.err)
	assert.Contains(t, r.out, "\nApplied: 27 of 27 ")
}

// Times are UTC, whatever zone the system or the user is in, and whether its rules
// can be read.
func TestTimeZone(t *testing.T) {
	t.Parallel()
	dir := world(t)
	require.Zero(t, run(t, dir, words("plan -c rollcall.yaml -o plan.jsonl"), with("TZ=Asia/Tokyo")).code)
	text, err := os.ReadFile(filepath.Join(dir, "plan.jsonl"))
	require.NoError(t, err)
	assert.Regexp(t, `"created":"[0-9T:-]+Z","expires":"[0-9T:-]+Z"`, string(text))
	want := run(t, dir, words("show plan.jsonl"), with("TZ=UTC"))
	require.Zero(t, want.code, want.err)
	assert.Regexp(t, `^Plan of [0-9T:-]+Z, good until [0-9T:-]+Z\n`, want.out)
	for _, zone := range [][]string{{}, {"TZ=Asia/Tokyo"}, {"TZ=Nowhere/Bad"}, {"TZ=:/nonexistent"}, {"TZ=Asia/Tokyo", "ZONEINFO=/nonexistent"}} {
		assert.Equal(t, want, run(t, dir, words("show plan.jsonl"), with(zone...)), "%v", zone)
	}
}

var color = regexp.MustCompile("\x1b\\[[0-9;]*m")

// onTerminal runs the program on a terminal so wide, and returns what it shows. A
// width of 0 is a terminal that does not say.
func onTerminal(t *testing.T, dir, width string, args []string, variables ...string) string {
	t.Helper()
	script := needs.Program(t, "script", "it is in the package bsdutils, or util-linux")
	line := "stty cols " + width + " rows 24 -onlcr; exec " + built.Program(t) + " " + strings.Join(args, " ")
	c := exec.CommandContext(t.Context(), script, "-qec", line, "/dev/null")
	c.Stdin = bytes.NewReader(nil)
	r := finish(t, dir, c, with("PATH="+os.Getenv("PATH"), "SHELL=/bin/sh"), with(variables...))
	return strings.ReplaceAll(r.out, "\r", "")
}

// On a terminal the text is as wide as that, and coloured unless somebody asks for
// none.
func TestTerminal(t *testing.T) {
	t.Parallel()
	dir := world(t)
	pipe := run(t, dir, words("plan -c rollcall.yaml")).out
	assert.NotContains(t, pipe, "\x1b")
	plan := words("plan -c rollcall.yaml")
	for name, c := range map[string]struct {
		variables []string
		colored   bool
	}{
		"plain":          {[]string{"TERM=xterm"}, true},
		"NO_COLOR":       {[]string{"TERM=xterm", "NO_COLOR=1"}, false},
		"NO_COLOR empty": {[]string{"TERM=xterm", "NO_COLOR="}, true},
		"dumb":           {[]string{"TERM=dumb"}, false},
	} {
		shown := onTerminal(t, dir, "80", plan, c.variables...)
		assert.Equal(t, c.colored, strings.Contains(shown, "\x1b["), name)
		assert.Equal(t, pipe, color.ReplaceAllString(shown, ""), "%s: a terminal of 80 columns shows what a pipe gets", name)
	}
	wide := onTerminal(t, dir, "200", plan, "NO_COLOR=1")
	assert.Contains(t, wide, "AutomationUser_900000_emulator@boxdevedition.com, instance main\n", "the first line is not broken")
	assert.Contains(t, onTerminal(t, dir, "0", plan, "NO_COLOR=1", "COLUMNS=200"), wide[:strings.Index(wide, "\n")])
	assert.Equal(t, pipe, onTerminal(t, dir, "0", plan, "NO_COLOR=1"), "a terminal that does not say how wide it is")
	for _, width := range []string{"1", "10", "19"} {
		assert.Equal(t, onTerminal(t, dir, "20", plan, "NO_COLOR=1"), onTerminal(t, dir, width, plan, "NO_COLOR=1"), width)
	}
}

// Errors, hints and help are as wide as the terminal, and what is to be copied is
// whole.
func TestTerminal_narrow(t *testing.T) {
	t.Parallel()
	dir := world(t)
	assert.Equal(t, `rollcall: --digest "sha256:12": want
  sha256: and 64 hexadecimal digits, as
  plan and show print them
hint: rollcall sync --help
`, onTerminal(t, dir, "40", words("sync -c rollcall.yaml --digest sha256:12")))
	saved := onTerminal(t, dir, "40", words("plan -c rollcall.yaml -o plan.jsonl"), "NO_COLOR=1")
	assert.Regexp(t, `(?m)^  rollcall apply plan\.jsonl -c rollcall\.yaml --digest sha256:[0-9a-f]{64}$`, saved)
	demo := onTerminal(t, dir, "40", words("demo"), "NO_COLOR=1", "TMPDIR="+t.TempDir())
	assert.Regexp(t, `^HR exports who should be in which group\n\(groups\.csv\)\. Box has drifted: people\n`, demo)
	assert.Contains(t, demo, "\n  bin/rollcall emulator --seed examples/acme/box.csv\n      a Box that stays up\nThen copy config.example.yaml, put your\n")
	for line := range strings.SplitSeq(onTerminal(t, dir, "40", words("sync --help")), "\n") {
		if !strings.HasPrefix(line, "  rollcall ") {
			assert.LessOrEqual(t, len(line), 40, line)
		}
	}
}
