package stories_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// world is what a story happens in: a directory, a source and a Box.
type world struct {
	*played.Place

	box    *box
	source source
}

// ordinary is whose the runs are.
var ordinary = sync.OnceValues(played.Ordinary)

func newWorld(t testing.TB, binary string) *world {
	t.Helper()
	who, _ := ordinary()
	w := &world{Place: played.NewPlace(t, binary, who)}
	w.Env["BOX_CLIENT_SECRET"] = "emulator-secret"
	w.Env["ROLLCALL_CONFIG"] = "rollcall.yaml"
	return w
}

// tell plays a story with a kind of source, and returns what it came to.
func (w *world) tell(c *played.Case, kind string) *told {
	w.Helper()
	w.midnight()
	w.begin(c, kind)
	out := new(told)
	for line := range strings.Lines(c.Steps) {
		step := played.Words(w, line)
		if len(step) == 0 || strings.HasPrefix(step[0], "#") {
			continue
		}
		for i := range step {
			step[i] = w.Expand(expandTimes(w, step[i]))
		}
		switch step[0] {
		case "incident:", "promise:", "kind:", "exit":
		case "run":
			w.judged(out, step[1], step[2:])
		case "given":
			got := w.run(step[1:])
			require.Contains(w, []int{0, 7}, got.Exit, "%s: %s%s", line, got.Stdout, got.Stderr)
		case "meanwhile":
			w.box.meanwhile = &meanwhile{at: w.Number(step[1])}
		default:
			w.step(step)
		}
	}
	require.Empty(w, append(w.box.unmet(), w.source.unmet()...), "trouble that no run met")
	out.box = w.box.became()
	return out
}

// begin makes the world in which a story begins.
func (w *world) begin(c *played.Case, of string) {
	w.Helper()
	kind, known := kinds()[of]
	require.True(w, known, "there is no kind of source %q", of)
	w.source = kind.start(w)
	var seed []byte
	for _, f := range c.Files {
		if f.Name == "box.csv" {
			seed = f.Data
		}
	}
	w.box = newBox(w, seed)
	w.Names = func() [][2]string {
		return append(w.source.names(), [][2]string{{"${BOX}", w.box.URL()}, {"${BOX_HOST}", w.box.Host()}, {"${DIR}", w.Dir}}...)
	}
	w.Fill("testdata/good")
	if kind.good != "" {
		w.Fill(kind.good)
	}
	for _, f := range c.Files {
		if f.Name != "box.csv" {
			f.Data = []byte(expandTimes(w, string(f.Data)))
			w.Write(f)
		}
	}
}

// kindsOf returns the kinds of source that a story is told of.
func kindsOf(c *played.Case) []string {
	for line := range strings.Lines(c.Steps) {
		if names, ok := strings.CutPrefix(line, "kind: "); ok {
			return strings.Fields(names)
		}
	}
	return []string{"csv"}
}

// judged adds a run to a story, or has it wait for the one behind which it is to come.
func (w *world) judged(out *told, name string, args []string) {
	w.Helper()
	at := len(out.runs)
	out.runs = append(out.runs, judged{name: name})
	if m := w.box.meanwhile; m != nil && m.run == nil {
		m.run = func() { out.runs[at].Outcome = w.steady(w.Run(args, nil)) }
		return
	}
	out.runs[at] = w.judge(name, args)
}

// judge runs the program and returns all that is compared.
func (w *world) judge(name string, args []string) judged {
	w.Helper()
	w.box.remember()
	got := w.steady(w.run(args))
	return judged{name, got, w.box.writes()}
}

// steady replaces what differs from run to run.
func (w *world) steady(got played.Outcome) played.Outcome {
	for _, text := range []*string{&got.Stdout, &got.Stderr} {
		*text = w.source.steady(steadyDays(w.Steady(*text)))
	}
	return got
}

func (w *world) run(args []string) played.Outcome {
	w.Helper()
	w.box.Ready()
	return w.Run(args, w.box.watch)
}

// step does one step that is no run.
func (w *world) step(step []string) {
	w.Helper()
	switch step[0] {
	case "needs":
		if _, ok := ordinary(); !ok {
			needs.Missing(w, "nobody but root can be had here, for whom no permission counts")
		}
	case "gzip":
		w.Write(txtar.File{Name: step[1] + ".gz gzip", Data: []byte(w.Read(step[1]))})
	case "checksum":
		w.Put(step[1]+".sha256", fmt.Appendf(nil, "%x  %s\n", sha256.Sum256([]byte(w.Read(step[1]))), step[1]))
	case "config":
		w.configure(step[1])
	case "later":
		w.later(w.Duration(step[1]))
	case "box":
		w.box.step(step[1:])
	case "source":
		w.source.change(step[1:])
	default:
		require.True(w, w.Step(step), "there is no step %q", step[0])
	}
}

// configure puts a section of the configuration in the place of the one of the
// same name, or behind all others.
func (w *world) configure(section string) {
	w.Helper()
	name, _, _ := strings.Cut(section, ":")
	var out strings.Builder
	skip := false
	for line := range strings.Lines(w.Read("rollcall.yaml")) {
		if line[0] != ' ' {
			skip = strings.HasPrefix(line, name+":")
		}
		if !skip {
			out.WriteString(line)
		}
	}
	w.Put("rollcall.yaml", []byte(out.String()+section+"\n"))
}

// expandTimes puts times into a text: ${IN 48h} is in two days, and ${IN -48h} two
// days ago.
func expandTimes(w *world, text string) string {
	return regexp.MustCompile(`\$\{IN [^}]*\}`).ReplaceAllStringFunc(text, func(word string) string {
		d := w.Duration(strings.TrimSuffix(strings.TrimPrefix(word, "${IN "), "}"))
		return time.Now().UTC().Add(d).Format(time.RFC3339)
	})
}
