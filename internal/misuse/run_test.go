package misuse_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/played"
)

// run runs the program in the directory, and waits for its end.
func (w *world) run(args []string) played.Outcome {
	w.Helper()
	w.box.Ready()
	release := w.box.hold() // no request is answered before we know whose it is
	return w.Run(args, func(pid int) {
		release(func() { w.look(pid) })
		w.look(pid)
	})
}

// look notes the command lines of a process and of all below it, where the
// system shows them. A process that has ended has none.
func (w *world) look(pid int) {
	lines := commandLines(pid)
	w.seen.Lock()
	defer w.seen.Unlock()
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

// problems lists what must not be, whatever the case.
func (w *world) problems() []string {
	w.Helper()
	problems := w.box.problems()
	for _, name := range w.changed() {
		allowed := func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") }
		if !slices.ContainsFunc(w.makes, allowed) {
			problems = append(problems, "the run changed "+name)
		}
		if text, err := os.ReadFile(filepath.Join(w.Dir, name)); err == nil {
			problems = append(problems, w.secrets.seen(name, string(text))...)
		}
	}
	problems = append(problems, w.secrets.seen("stdout", w.raw.Stdout)...)
	problems = append(problems, w.secrets.seen("stderr", w.raw.Stderr)...)
	for _, line := range slices.Compact(w.cmdlines) {
		problems = append(problems, w.secrets.seen("a command line", line)...)
	}
	for name, text := range map[string]string{"stdout": w.raw.Stdout, "stderr": w.raw.Stderr} {
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
