package cmd

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWorst_firstOfTheOrderWins(t *testing.T) {
	t.Parallel()
	order := []int{130, 143, 5, 1, 6, 3, 4, 7, 2, 0}
	for i, high := range order {
		for _, low := range order[i:] {
			assert.Equal(t, high, worst(low, high))
			assert.Equal(t, high, worst(high, low, exitDone))
		}
	}
}

// Every code that a run can come to has its place in the order, once.
func TestExitOrder_namesEveryCode(t *testing.T) {
	t.Parallel()
	var ranked []int
	for _, row := range exitTable() {
		for _, code := range row.codes {
			if code != exitDone && code != exitUsage {
				ranked = append(ranked, code)
			}
		}
	}
	assert.ElementsMatch(t, ranked, exitOrder())
}

// The README says what the program's help says, row by row.
func TestExitTable_isTheReadmes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Exit codes\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	section = strings.ReplaceAll(section, "`", "")

	var got []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			got = append(got, strings.TrimSpace(cells[1])+": "+strings.TrimSpace(cells[2]))
		}
	}
	want := []string{"code: meaning", "---: ---"}
	for _, row := range exitTable() {
		want = append(want, row.label()+": "+row.meaning)
	}
	assert.Equal(t, want, got)
	assert.Contains(t, section, exitRule())
}

func TestExitHelp_ofSomeCodes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `Exit codes:
  0         done, or nothing to do
  6         source or Box could not be read; nothing was written; trying again
            may help
  130, 143  interrupted by SIGINT, SIGTERM; what was under way had run.drain to
            end, and the rest is reported as not attempted`,
		exitHelpAt(80, exitDone, exitUnreadable, exitTerminated))
}

func TestExitHelp_ofOneCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Exit codes:\n  64        usage", exitHelpAt(80, exitUsage))
}

func TestWrap(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"aa bb", "cccc", "d"}, wrap("aa bb cccc d", 5))
	assert.Equal(t, []string{"aa", "bb", "cccc", "d"}, wrap("aa bb cccc d", 4))
	assert.Equal(t, []string{"a", "longer", "b"}, wrap("a longer b", 3))
}
