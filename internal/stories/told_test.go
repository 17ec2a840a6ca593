package stories_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/played"
)

// notAsTold lists the runs whose name begins with as-told and which type another
// --allow than one that an earlier run of the story printed, word for word.
func (told *told) notAsTold(steps string) []string {
	var out []string
	var printed []string
	left := told.runs
	for line := range strings.Lines(steps) {
		name, isRun := strings.CutPrefix(line, "run ")
		if !isRun || len(left) == 0 {
			continue
		}
		_, flags, typed := strings.Cut(strings.TrimSpace(line), " --allow ")
		if flags = "--allow " + flags; strings.HasPrefix(name, "as-told") && !(typed && slices.Contains(printed, flags)) {
			out = append(out, left[0].name+" types what no run before it has printed: "+flags)
		}
		for line := range strings.Lines(left[0].Stdout) {
			if at := strings.Index(line, "--allow "); at >= 0 {
				printed = append(printed, strings.TrimSpace(line[at:]))
			}
		}
		left = left[1:]
	}
	return out
}

// TestControls_as_told shows that a run is held to what was printed before it.
func TestControls_as_told(t *testing.T) {
	t.Parallel()
	ran := func(name, stdout string) judged { return judged{name: name, Outcome: played.Outcome{Stdout: stdout}} }
	printed := &told{runs: []judged{
		ran("above", "  removals (new)\n    to allow it this once: --allow 'a:All Staff=7' --allow removals=7\n      - bob\n"),
		ran("as-told", "To allow everything:\n    --allow adds=9\n"),
	}}
	for steps, want := range map[string][]string{
		"run above sync\nexit 4\nrun as-told sync --confirm --allow 'a:All Staff=7' --allow removals=7\n": nil,
		"run above sync\nrun more sync --allow removals=700\n":                                            nil,
		"run above sync\nrun as-told sync --confirm --allow removals=7\n":                                 {"as-told types what no run before it has printed: --allow removals=7"},
		"run above sync\nrun as-told sync --confirm --allow 'a:All Staff=7' --allow removals=70\n":        {"as-told types what no run before it has printed: --allow 'a:All Staff=7' --allow removals=70"},
		"run above sync\nrun as-told sync --allow adds=9\n":                                               {"as-told types what no run before it has printed: --allow adds=9"},
		"run above sync\nrun as-told sync --confirm\n":                                                    {"as-told types what no run before it has printed: --allow "},
	} {
		assert.Equal(t, want, printed.notAsTold(steps), steps)
	}
}
