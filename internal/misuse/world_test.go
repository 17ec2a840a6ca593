package misuse_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// world is what a case happens in: a directory, an environment, a Box.
type world struct {
	*played.Place

	box     *box
	secrets *secrets
	makes   []string // what the case may change

	before   map[string]string // the directory before the judged run
	seen     sync.Mutex        // guards cmdlines
	cmdlines []string          // that were seen while it ran
	raw      played.Outcome    // of the judged run, as it was
}

func newWorld(t *testing.T, binary string) *world {
	t.Helper()
	who, _ := ordinary()
	w := &world{Place: played.NewPlace(t, binary, who), secrets: newSecrets()}
	w.box = newBox(w)
	w.Names = func() [][2]string {
		return [][2]string{{"${BOX}", w.box.URL()}, {"${BOX_HOST}", w.box.Host()}, {"${DIR}", w.Dir}}
	}
	w.Hidden = [][2]string{
		{"${CCG}", ccgSecret}, {"${FILE}", fileSecret}, {"${TOKEN}", tokenSecret}, {"${PLAIN}", plainSecret}, {"${PROXY}", proxySecret},
	}
	maps.Copy(w.Env, map[string]string{
		"BOX_CLIENT_SECRET": ccgSecret, "BOX_DEVELOPER_TOKEN": tokenSecret, "BOX_PLAIN": plainSecret,
		// Only what is neither plain nor on this machine goes through it, and nobody listens there.
		"HTTPS_PROXY": "http://somebody:" + proxySecret + "@127.0.0.1:9",
	})
	w.Fill("testdata/good")
	w.Put("secret.txt", []byte(fileSecret+"\n"))
	return w
}

// play plays the steps of a case and returns what the judged run gave, in a form
// that is the same every time.
func (w *world) play(steps string, want *played.Outcome) played.Outcome {
	w.Helper()
	args := []string{"sync", "-c", "rollcall.yaml", "--confirm"}
	for line := range strings.Lines(steps) {
		step := played.Words(w, line)
		if len(step) == 0 || strings.HasPrefix(step[0], "#") {
			continue
		}
		for i := range step {
			step[i] = w.Expand(step[i])
		}
		switch step[0] {
		case "exit":
			want.Exit = w.Number(step[1])
		case "run":
			args = step[1:]
		case "given":
			got := w.run(step[1:])
			require.Zero(w, got.Exit, "%s: %s%s", line, got.Stdout, got.Stderr)
		default:
			w.step(step)
		}
	}
	w.ready()
	w.raw = w.run(args)
	return played.Outcome{Exit: w.raw.Exit, Stdout: w.Steady(w.raw.Stdout), Stderr: w.Steady(w.raw.Stderr)}
}

// step does one step that is no run.
func (w *world) step(step []string) {
	w.Helper()
	switch step[0] {
	case "lock":
		path := w.Path(step[1])
		require.NoError(w, os.MkdirAll(filepath.Dir(path), 0o755))
		lock := flock.New(path)
		require.NoError(w, lock.Lock())
		w.Cleanup(func() { require.NoError(w, lock.Unlock()) })
	case "makes":
		w.makes = append(w.makes, step[1:]...)
	case "needs":
		if _, ok := ordinary(); !ok {
			needs.Missing(w, "nobody but root can be had here, for whom no permission counts")
		}
	case "box":
		w.box.step(step[1:])
	default:
		require.True(w, w.Step(step), "there is no step %q", step[0])
	}
}

// ready is the moment before the judged run, with which the world is compared.
func (w *world) ready() {
	w.Helper()
	w.Own()
	w.box.remember()
	w.before = w.files()
	w.cmdlines = nil
}

// files describes all that is in the directory.
func (w *world) files() map[string]string {
	w.Helper()
	out := map[string]string{}
	require.NoError(w, filepath.WalkDir(w.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil && d == nil {
			return err
		}
		rel, _ := filepath.Rel(w.Dir, path)
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
