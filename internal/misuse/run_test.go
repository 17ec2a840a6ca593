package misuse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a run may take at most: all of them end by themselves.
const patience = time.Minute

// run runs the program in the directory, and waits for its end.
func (w *world) run(args []string) outcome {
	w.Helper()
	w.own()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	run := exec.CommandContext(ctx, w.binary, args...)
	run.Dir, run.Stdin, run.Stdout, run.Stderr = w.dir, w.input(), &stdout, &stderr
	run.Env = []string{}
	for name, value := range w.env {
		run.Env = append(run.Env, name+"="+value)
	}
	who, _ := unprivileged()
	run.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	release := w.box.hold() // no request is answered before we know whose it is
	err := run.Start()
	require.NoError(w, err)
	pid := run.Process.Pid
	release(func() { w.look(pid) })
	w.look(pid)
	err = run.Wait()
	require.NoError(w, ctx.Err(), "the run did not end: %s%s", stdout.String(), stderr.String())
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		require.NoError(w, err)
	}
	return outcome{run.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// input is what a run reads on standard input: a pipe with a file in it, or a
// directory, of which nothing can be read.
func (w *world) input() io.Reader {
	w.Helper()
	if w.stdin == "" {
		return strings.NewReader("")
	}
	file, err := os.Open(w.stdin)
	require.NoError(w, err)
	w.Cleanup(func() { require.NoError(w, file.Close()) })
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return file
	}
	return struct{ io.Reader }{file}
}

// look notes the command lines of a process and of all below it, where the
// system shows them. A process that has ended has none.
func (w *world) look(pid int) {
	lines := commandLines(pid)
	w.box.mu.Lock()
	defer w.box.mu.Unlock()
	w.cmdlines = append(w.cmdlines, lines...)
}

func commandLines(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	var lines []string
	if line := strings.ReplaceAll(strings.TrimRight(string(text), "\x00"), "\x00", " "); line != "" {
		lines = append(lines, line)
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task) // the thread may have ended
		for child := range strings.FieldsSeq(string(children)) {
			var id int
			if _, err := fmt.Sscan(child, &id); err == nil {
				lines = append(lines, commandLines(id)...)
			}
		}
	}
	return lines
}

// steady replaces what differs from run to run.
func (w *world) steady(text string) string {
	held := w.placeholders()
	for _, p := range held[:3] {
		text = strings.ReplaceAll(text, p[1], p[0])
	}
	for _, n := range []struct{ pattern, with string }{
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`, "${TIME}"},
		{`sha256:[0-9a-f]{64}`, "sha256:${HEX}"},
		{fmt.Sprintf(`\buser %d\b`, w.uid()), "user ${UID}"},
		{`\(request [0-9a-f]+`, "(request ${ID}"}, // requests go out side by side
	} {
		text = regexp.MustCompile(n.pattern).ReplaceAllLiteralString(text, n.with)
	}
	return text
}

// problems lists what must not be, whatever the case.
func (w *world) problems() []string {
	w.Helper()
	problems := w.box.problems()
	for _, name := range w.changed() {
		allowed := func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") }
		if !slices.ContainsFunc(w.makes, allowed) {
			problems = append(problems, "the run changed "+name)
		}
		if text, err := os.ReadFile(filepath.Join(w.dir, name)); err == nil {
			problems = append(problems, w.secrets.seen(name, string(text))...)
		}
	}
	problems = append(problems, w.secrets.seen("stdout", w.raw.stdout)...)
	problems = append(problems, w.secrets.seen("stderr", w.raw.stderr)...)
	for _, line := range slices.Compact(w.cmdlines) {
		problems = append(problems, w.secrets.seen("a command line", line)...)
	}
	for name, text := range map[string]string{"stdout": w.raw.stdout, "stderr": w.raw.stderr} {
		problems = append(problems, unreadable(name, text)...)
	}
	return problems
}

// unreadable says what of a text a user cannot be expected to read.
func unreadable(name, text string) []string {
	var out []string
	if text != "" && !strings.HasSuffix(text, "\n") {
		out = append(out, name+" does not end with a line")
	}
	for _, p := range []string{
		`goroutine \d`, `panic:`, `runtime error`, `0xc0`, `%!`, `<nil>`, `(?i)unmarshal`, `\bEOF\b`, `invalid character '`,
		`\*[a-z]+\.[A-Z]`, `\.go:\d`, `map\[`, `&\{`, `(?m)^rollcall: [A-Z][a-z]`, `\x1b`, `\x00`, `context (deadline|canceled)`, `JSON input`, `parsing regexp`, `\bstrconv\b`, `time: invalid`,
	} {
		if found := regexp.MustCompile(p).FindString(text); found != "" {
			out = append(out, fmt.Sprintf("%s holds %q, which says nothing to a user", name, found))
		}
	}
	return out
}
