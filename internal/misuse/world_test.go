package misuse_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
)

// world is what a case happens in: a directory, an environment, a Box.
type world struct {
	*testing.T

	binary  string
	dir     string
	box     *box
	secrets *secrets
	env     map[string]string
	stdin   string   // a file, or a directory; "": nothing
	makes   []string // what the case may change

	before   map[string]string // the directory before the judged run
	cmdlines []string          // that were seen while it ran
	raw      outcome           // of the judged run, as it was
}

func newWorld(t *testing.T, binary string) *world {
	t.Helper()
	dir := t.TempDir()
	// The runs are another user's, and t.TempDir is for the owner only.
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	w := &world{T: t, binary: binary, dir: dir, secrets: newSecrets()}
	w.box = newBox(w)
	w.env = map[string]string{
		"PATH": "", "HOME": filepath.Join(dir, "home"), "TMPDIR": filepath.Join(dir, "tmp"),
		"BOX_CLIENT_SECRET": ccgSecret, "BOX_DEVELOPER_TOKEN": tokenSecret, "BOX_PLAIN": plainSecret,
		// Only what is neither plain nor on this machine goes through it, and nobody listens there.
		"HTTPS_PROXY": "http://somebody:" + proxySecret + "@127.0.0.1:9",
	}
	for _, sub := range []string{"home", "tmp"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	good, err := filepath.Glob("testdata/good/*")
	require.NoError(t, err)
	for _, path := range good {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		w.put(filepath.Base(path), text)
	}
	w.put("secret.txt", []byte(fileSecret+"\n"))
	return w
}

// write writes the files of a case.
func (w *world) write(files []txtar.File) {
	w.Helper()
	for _, f := range files {
		if len(strings.Fields(f.Name)) == 1 {
			f.Data = []byte(w.expand(string(f.Data)))
		}
		name, data := decoded(w, f.Name, f.Data)
		w.put(name, data)
	}
}

func (w *world) put(name string, data []byte) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(w, os.WriteFile(path, []byte(w.expand(string(data))), 0o600))
}

// placeholders are what stands for what differs from run to run, longest first.
func (w *world) placeholders() [][2]string {
	return [][2]string{
		{"${BOX}", w.box.url()}, {"${BOX_HOST}", w.box.host()}, {"${DIR}", w.dir},
		{"${CCG}", ccgSecret}, {"${FILE}", fileSecret}, {"${TOKEN}", tokenSecret}, {"${PLAIN}", plainSecret}, {"${PROXY}", proxySecret},
	}
}

func (w *world) expand(text string) string {
	for _, p := range w.placeholders() {
		text = strings.ReplaceAll(text, p[0], p[1])
	}
	return text
}

// play plays the steps of a case and returns what the judged run gave, in a form
// that is the same every time.
func (w *world) play(steps string, want *outcome) outcome {
	w.Helper()
	args := []string{"sync", "-c", "rollcall.yaml", "--confirm"}
	for line := range strings.Lines(steps) {
		step := words(w, line)
		if len(step) == 0 || strings.HasPrefix(step[0], "#") {
			continue
		}
		for i := range step {
			step[i] = w.expand(step[i])
		}
		switch step[0] {
		case "exit":
			want.exit = w.number(step[1])
		case "run":
			args = step[1:]
		case "given":
			got := w.run(step[1:])
			require.Zero(w, got.exit, "%s: %s%s", line, got.stdout, got.stderr)
		default:
			w.step(step)
		}
	}
	w.ready()
	w.raw = w.run(args)
	return outcome{w.raw.exit, w.steady(w.raw.stdout), w.steady(w.raw.stderr)}
}

// step does one step that is no run.
func (w *world) step(step []string) {
	w.Helper()
	path := func() string { return filepath.Join(w.dir, step[1]) }
	switch step[0] {
	case "env":
		name, value, set := strings.Cut(step[1], "=")
		delete(w.env, name)
		if set {
			w.env[name] = value
		}
	case "replace":
		text, err := os.ReadFile(path())
		require.NoError(w, err)
		require.Contains(w, string(text), step[2])
		require.NoError(w, os.WriteFile(path(), bytes.ReplaceAll(text, []byte(step[2]), []byte(step[3])), 0o600))
	case "cut":
		text, err := os.ReadFile(path())
		require.NoError(w, err)
		n := w.number(step[2])
		if n < 0 {
			n += len(text)
		}
		require.NoError(w, os.WriteFile(path(), text[:n], 0o600))
	case "remove":
		require.NoError(w, os.Remove(path()))
	case "mkdir":
		require.NoError(w, os.Mkdir(path(), 0o755))
	case "chmod":
		w.chmod(step[1], step[2])
	case "lock":
		require.NoError(w, os.MkdirAll(filepath.Dir(path()), 0o755))
		lock := flock.New(path())
		require.NoError(w, lock.Lock())
		w.Cleanup(func() { require.NoError(w, lock.Unlock()) })
	case "age":
		d, err := time.ParseDuration(step[2])
		require.NoError(w, err)
		then := time.Now().Add(-d)
		require.NoError(w, os.Chtimes(path(), then, then))
	case "stdin":
		w.stdin = path()
	case "wait":
		d, err := time.ParseDuration(step[1])
		require.NoError(w, err)
		time.Sleep(d)
	case "makes":
		w.makes = append(w.makes, step[1:]...)
	case "needs":
		if _, ok := unprivileged(); !ok {
			needs.Missing(w, "nobody but root can be had here, for whom no permission counts")
		}
	case "box":
		w.box.step(step[1:])
	default:
		w.Fatalf("there is no step %q", step[0])
	}
}

func (w *world) chmod(mode, name string) {
	w.Helper()
	bits, err := strconv.ParseUint(mode, 8, 32)
	require.NoError(w, err)
	path := filepath.Join(w.dir, name)
	require.NoError(w, os.Chmod(path, fs.FileMode(bits)))
	w.Cleanup(func() { _ = os.Chmod(path, 0o700) }) // so that the directory can be removed
}

func (w *world) number(text string) int {
	w.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(w, err)
	return n
}

// ready is the moment before the judged run, with which the world is compared.
func (w *world) ready() {
	w.Helper()
	w.own()
	w.box.remember()
	w.before = w.files()
	w.cmdlines = nil
}

// uid is whose the runs are.
func (w *world) uid() int {
	if who, _ := unprivileged(); who != nil {
		return nobody
	}
	return os.Getuid()
}

// own makes the directory the user's whose the runs are.
func (w *world) own() {
	w.Helper()
	who, _ := unprivileged()
	if who == nil {
		return
	}
	require.NoError(w, filepath.WalkDir(w.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	}))
}

// files describes all that is in the directory.
func (w *world) files() map[string]string {
	w.Helper()
	out := map[string]string{}
	require.NoError(w, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil && d == nil {
			return err
		}
		rel, _ := filepath.Rel(w.dir, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		out[rel] = info.Mode().String()
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path) // of another user's where we are not root
			out[rel] += fmt.Sprintf(" %x %v", sha256.Sum256(text), err)
		}
		return nil
	}))
	return out
}

// changed lists what is no more as it was before the judged run.
func (w *world) changed() []string {
	w.Helper()
	after := w.files()
	all := maps.Clone(after)
	maps.Copy(all, w.before)
	var out []string
	for name := range all {
		if after[name] != w.before[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
