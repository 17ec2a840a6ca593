package stories_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// leastStories is how many stories the table has at least.
const leastStories = 375

func TestMain(m *testing.M) { built.Main(m) }

// TestStories tells every story of the table.
func TestStories(t *testing.T) {
	t.Parallel()
	binary := built.Program(t)
	count := 0
	for _, th := range played.ReadTable(t, "testdata/table", "story", isExpected) {
		count += len(th.Cases)
		t.Run(th.Name, func(t *testing.T) {
			t.Parallel()
			if played.Updating() {
				t.Cleanup(func() { th.Save(t, "story") })
			}
			for _, c := range th.Cases {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					tell(t, binary, c)
				})
			}
		})
	}
	assert.GreaterOrEqual(t, count, leastStories, "stories of the table")
}

// tell tells a story of its first kind of source, and then of its others.
func tell(t *testing.T, binary string, c *played.Case) {
	t.Helper()
	kinds := kindsOf(c)
	told := newWorld(t, binary).tell(c, kinds[0])
	if played.Updating() {
		told.expect(c)
	}
	for _, problem := range told.problems(c) {
		t.Error(problem)
	}
	for _, kind := range kinds[1:] {
		t.Run(kind, func(t *testing.T) {
			for _, problem := range newWorld(t, binary).tell(c, kind).deviations(told) {
				t.Error(problem)
			}
		})
	}
}

// told is what a story came to.
type told struct {
	runs []judged
	box  string // what became of Box
}

// judged is a run that a story judges, as it was.
type judged struct {
	name string
	played.Outcome

	writes string
}

func isExpected(section string) bool {
	return section == "box" || slices.ContainsFunc(parts(), func(part string) bool { return strings.HasSuffix(section, "."+part) })
}

// parts are what is compared of each run, beside the exit code.
func parts() []string { return []string{"stdout", "stderr", "writes"} }

func (j *judged) part(name string) string {
	return map[string]string{"stdout": j.Stdout, "stderr": j.Stderr, "writes": j.writes}[name]
}

// problems lists how a story differs from what it was to be.
func (told *told) problems(c *played.Case) []string {
	out := append(unfounded(c.Steps), told.notAsTold(c.Steps)...)
	differs := func(section, got string) {
		want, there := c.Want(section)
		if want != got || !there && got != "" {
			out = append(out, fmt.Sprintf("%s is\n%s\nand not\n%s", section, indented(got), indented(want)))
		}
	}
	exits := exitsOf(c.Steps)
	known := []string{"box"}
	for _, j := range told.runs {
		for _, part := range parts() {
			differs(j.name+"."+part, j.part(part))
			known = append(known, j.name+"."+part)
		}
		if want, there := exits[j.name]; !there || want != strconv.Itoa(j.Exit) {
			out = append(out, fmt.Sprintf("%s ended with exit code %d and not %q", j.name, j.Exit, want))
		}
	}
	differs("box", told.box)
	if len(told.runs) == 0 {
		out = append(out, "no run is judged")
	}
	for _, f := range c.Wanted {
		if !slices.Contains(known, f.Name) {
			out = append(out, "no run has a section "+f.Name)
		}
	}
	return out
}

// deviations lists how a story of another kind of source went otherwise: what was
// written, and how runs ended. The words are another directory's.
func (told *told) deviations(first *told) []string {
	var out []string
	differs := func(what, got, want string) {
		if got != want {
			out = append(out, fmt.Sprintf("%s is\n%s\nand not\n%s", what, indented(got), indented(want)))
		}
	}
	for i, j := range told.runs {
		differs(j.name+".exit", strconv.Itoa(j.Exit), strconv.Itoa(first.runs[i].Exit))
		differs(j.name+".writes", j.writes, first.runs[i].writes)
	}
	differs("box", told.box, first.box)
	return out
}

func indented(text string) string { return "\t" + strings.ReplaceAll(text, "\n", "\n\t") }

// exitsOf returns the exit codes that the steps expect, by the names of the runs.
func exitsOf(steps string) map[string]string {
	out := map[string]string{}
	run := ""
	for line := range strings.Lines(steps) {
		switch words := strings.Fields(line); {
		case len(words) > 1 && words[0] == "run":
			run = words[1]
		case len(words) == 2 && words[0] == "exit":
			out[run] = words[1]
		}
	}
	return out
}

// expect makes what a story came to what is expected of it.
func (told *told) expect(c *played.Case) {
	var steps strings.Builder
	left := told.runs
	for line := range strings.Lines(c.Steps) {
		if strings.HasPrefix(line, "exit ") {
			continue
		}
		steps.WriteString(line)
		if strings.HasPrefix(line, "run ") {
			fmt.Fprintf(&steps, "exit %d\n", left[0].Exit)
			left = left[1:]
		}
	}
	c.Steps, c.Wanted = steps.String(), nil
	add := func(name, text string) {
		if text != "" {
			c.Wanted = append(c.Wanted, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	for _, j := range told.runs {
		for _, part := range parts() {
			add(j.name+"."+part, j.part(part))
		}
	}
	add("box", told.box)
}

// promises are what a story may prove where no incident is known.
func promises() []string {
	return []string{
		"incomplete is never removal", "what was reviewed is what is applied", "dry is dry", "every change is accounted for",
		"a repeat does no harm", "nothing is granted by accident", "whose group it is", "holds end", "people are not lost",
		"a pause is a pause", "a limit has an edge and a floor", "first contact is said",
	}
}

// unfounded says what a story lacks that tells why it is told.
func unfounded(steps string) []string {
	var out []string
	reasons := 0
	for line := range strings.Lines(steps) {
		what, reason, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch what {
		case "incident":
			reasons++
			for thread := range strings.FieldsSeq(reason) {
				if !regexp.MustCompile(`^[\w.-]+/[\w.-]+#\d+$`).MatchString(thread) {
					out = append(out, "an incident is owner/repository#number, and not "+thread)
				}
			}
		case "promise":
			reasons++
			if !slices.Contains(promises(), reason) {
				out = append(out, fmt.Sprintf("there is no promise %q; there are %q", reason, promises()))
			}
		}
	}
	if reasons == 0 {
		out = append(out, "the story does not say which incident or promise it is about")
	}
	return out
}
