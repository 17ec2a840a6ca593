package played

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// Place is where a case happens: a directory, and an environment with nothing in
// it that the test was not told of. What goes wrong there ends the test.
type Place struct {
	testing.TB

	Binary string // the program
	Dir    string
	Env    map[string]string
	As     User

	// Stdin is what a run reads there: a file, or a directory as it is; otherwise
	// nothing.
	Stdin string
	// Names gives pairs of a word, such as ${BOX}, and what it stands for in files
	// and steps. In what a run printed, the word stands for that again. If one
	// begins with another, the longer one comes first.
	Names func() [][2]string
	// Hidden are such pairs, too, but what a run printed keeps them.
	Hidden [][2]string
}

// NewPlace makes an empty place, but for a home and a place for temporary files.
func NewPlace(t testing.TB, binary string, as User) *Place {
	t.Helper()
	dir := t.TempDir()
	// The runs may be another user's, and TempDir is for the owner only.
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	p := &Place{TB: t, Binary: binary, Dir: dir, As: as, Names: func() [][2]string { return nil }}
	p.Env = map[string]string{"PATH": "", "HOME": p.Path("home"), "TMPDIR": p.Path("tmp")}
	for _, sub := range []string{"home", "tmp"} {
		require.NoError(t, os.Mkdir(p.Path(sub), 0o755))
	}
	return p
}

// Path returns the path of a file.
func (p *Place) Path(name string) string { return filepath.Join(p.Dir, name) }

// Fill puts copies of the files of a directory there.
func (p *Place) Fill(dir string) {
	p.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(p, err)
	require.NotEmpty(p, files, dir)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(p, err)
		p.Put(filepath.Base(path), text)
	}
}

// Write puts the files of sections there, as [Decoded] has them.
func (p *Place) Write(files ...txtar.File) {
	p.Helper()
	for _, f := range files {
		p.Put(Decoded(p, f.Name, f.Data))
	}
}

// Put writes a file, in which words stand for other things.
func (p *Place) Put(name string, data []byte) {
	p.Helper()
	require.NoError(p, os.MkdirAll(filepath.Dir(p.Path(name)), 0o755))
	require.NoError(p, os.WriteFile(p.Path(name), []byte(p.Expand(string(data))), 0o600))
}

// Expand puts into a text what words stand for.
func (p *Place) Expand(text string) string {
	for _, word := range append(p.Names(), p.Hidden...) {
		text = strings.ReplaceAll(text, word[0], word[1])
	}
	return text
}

// Steady replaces in what a run printed what differs from run to run.
func (p *Place) Steady(text string) string {
	for _, word := range p.Names() {
		text = strings.ReplaceAll(text, word[1], word[0])
	}
	for _, n := range []struct{ pattern, with string }{
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`, "$${TIME}"},
		{`(since\s+)\d{4}-\d\d-\d\d\b`, "$1$${DAY}"},
		{`sha256:[0-9a-f]{64}`, "sha256:$${HEX}"},
		{fmt.Sprintf(`\buser %d\b`, p.As.ID()), "user $${UID}"},
		{`(\(request\s+)[0-9a-f]+`, "$1$${ID}"}, // requests go out side by side
		{`\bpid \d+ on \S+,`, "pid $${PID} on $${HOST},"},
		{`\b\d{8}T\d{6}Z(-\d+)?`, "$${RUN}"},
	} {
		text = regexp.MustCompile(n.pattern).ReplaceAllString(text, n.with)
	}
	return text
}

// Number reads a number.
func (p *Place) Number(text string) int {
	p.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(p, err)
	return n
}

// Duration reads a duration, such as 72h.
func (p *Place) Duration(text string) time.Duration {
	p.Helper()
	d, err := time.ParseDuration(text)
	require.NoError(p, err)
	return d
}

// Step does a step that changes the place, and says whether it is one:
//
//	env NAME=VALUE, env NAME set a variable, or unset it
//	replace FILE OLD NEW     in a file, where OLD must be
//	cut FILE N               leave the first N bytes, or with -N drop the last
//	remove FILE, mkdir DIR, chmod MODE FILE
//	copy FILE FILE           with the time at which it was modified
//	stdin FILE               what the run reads there
//	age FILE DURATION        it was modified so long ago
//	wait DURATION            before what follows
func (p *Place) Step(step []string) bool {
	p.Helper()
	switch step[0] {
	case "env":
		name, value, set := strings.Cut(step[1], "=")
		delete(p.Env, name)
		if set {
			p.Env[name] = value
		}
	case "replace":
		text := p.Read(step[1])
		require.Contains(p, text, step[2])
		p.rewrite(step[1], strings.ReplaceAll(text, step[2], step[3]))
	case "cut":
		text := p.Read(step[1])
		n := p.Number(step[2])
		if n < 0 {
			n += len(text)
		}
		p.rewrite(step[1], text[:n])
	case "remove":
		require.NoError(p, os.Remove(p.Path(step[1])))
	case "mkdir":
		require.NoError(p, os.Mkdir(p.Path(step[1]), 0o755))
	case "chmod":
		p.chmod(step[1], step[2])
	case "copy":
		p.copy(step[1], step[2])
	case "stdin":
		p.Stdin = p.Path(step[1])
	case "age":
		then := time.Now().Add(-p.Duration(step[2]))
		require.NoError(p, os.Chtimes(p.Path(step[1]), then, then))
	case "wait":
		p.wait(p.Duration(step[1]))
	default:
		return false
	}
	return true
}

// Read returns what is in a file.
func (p *Place) Read(name string) string {
	p.Helper()
	text, err := os.ReadFile(p.Path(name))
	require.NoError(p, err)
	return string(text)
}

func (p *Place) rewrite(name, text string) {
	p.Helper()
	require.NoError(p, os.WriteFile(p.Path(name), []byte(text), 0o600))
}

func (p *Place) copy(from, to string) {
	p.Helper()
	info, err := os.Stat(p.Path(from))
	require.NoError(p, err)
	p.rewrite(to, p.Read(from))
	require.NoError(p, os.Chtimes(p.Path(to), info.ModTime(), info.ModTime()))
}

func (p *Place) chmod(mode, name string) {
	p.Helper()
	bits, err := strconv.ParseUint(mode, 8, 32)
	require.NoError(p, err)
	require.NoError(p, os.Chmod(p.Path(name), fs.FileMode(bits)))
	p.Cleanup(func() { _ = os.Chmod(p.Path(name), 0o700) }) // so that the directory can be removed
}

func (p *Place) wait(d time.Duration) {
	p.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.Context().Done():
		p.Fatal(p.Context().Err())
	}
}

// Own makes the directory, and all in it, the user's whose the runs are.
func (p *Place) Own() {
	p.Helper()
	require.NoError(p, filepath.WalkDir(p.Dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, p.As.own(path))
	}))
}
