package cmd

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allCommands returns the program's commands, topics and the program itself.
func allCommands() []*cobra.Command {
	root := quietRoot()
	root.InitDefaultHelpCmd()
	all := []*cobra.Command{root}
	for i := 0; i < len(all); i++ {
		all = append(all, all[i].Commands()...)
	}
	return all
}

func helpText(t *testing.T, c *cobra.Command, width int) string {
	t.Helper()
	c.InitDefaultHelpFlag()
	var b bytes.Buffer
	writeHelp(&b, c, width)
	return b.String()
}

// Whoever asks about a command is told what it does, how it is typed and how it
// ends.
func TestHelp_ofEveryCommand(t *testing.T) {
	t.Parallel()
	var runnable []string
	for _, c := range allCommands() {
		text := helpText(t, c, 80)
		assert.NotEmpty(t, c.Short, c.CommandPath())
		assert.NotEmpty(t, c.Long, c.CommandPath())
		if c.IsAdditionalHelpTopicCommand() {
			assert.NotContains(t, text, "Usage:", c.CommandPath())
			continue
		}
		runnable = append(runnable, c.CommandPath())
		for _, part := range []string{"\nUsage:\n  rollcall", "\nExamples:\n  ", "\nExit codes:\n  0  ", "\n  64  "} {
			assert.Contains(t, text, part, c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			assert.Regexp(t, `^  (rollcall |source |curl |  )`, line, c.CommandPath())
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { assert.Contains(t, text, "--"+f.Name, c.CommandPath()) })
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(commandExits())), runnable)
}

// The codes of commandExits are codes, and no command can do without these.
func TestHelp_exitCodes(t *testing.T) {
	t.Parallel()
	var known []int
	for _, row := range exitTable() {
		known = append(known, row.codes...)
	}
	for path, codes := range commandExits() {
		assert.Subset(t, known, codes, path)
		assert.Subset(t, codes, []int{exitDone, exitInput, exitUsage}, path)
	}
	assert.Len(t, commandExits()["rollcall sync"], len(known)-1, "sync has all but one of the two codes for signals, which are one row")
}

// Every example is a command line that the program takes.
func TestHelp_examplesAreTaken(t *testing.T) {
	t.Parallel()
	for _, c := range allCommands() {
		text := strings.ReplaceAll(c.Example, "\\\n", "")
		for line := range strings.SplitSeq(text, "\n") {
			line, _, _ = strings.Cut(strings.TrimSpace(line), ">")
			words := strings.Fields(strings.ReplaceAll(line, "'A. Reviewer'", "Reviewer"))
			if len(words) == 0 || words[0] != "rollcall" {
				continue
			}
			sub, args, err := quietRoot().Find(words[1:])
			require.NoError(t, err, line)
			require.NoError(t, sub.ParseFlags(args), line)
			if sub.Args != nil {
				assert.NoError(t, sub.ValidateArgs(sub.Flags().Args()), line)
			}
		}
	}
}

// Help fits every terminal, but for what is there to be copied.
func TestHelp_fitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 72, 71, 40, 30} {
		for _, c := range allCommands() {
			all := helpText(t, c, width)
			kept := map[string]bool{}
			for _, text := range []string{c.Long, c.Example, "  " + c.UseLine(), "  " + c.CommandPath() + " COMMAND"} {
				for line := range strings.SplitSeq(text, "\n") {
					term, _, _ := strings.Cut(strings.TrimLeft(line, " "), "  ")
					kept["  "+term] = strings.HasPrefix(line, "  ") && width < 80
					kept[line] = kept["  "+term] && strings.HasSuffix(line, term)
				}
			}
			for line := range strings.SplitSeq(all, "\n") {
				if kept[line] || !strings.Contains(strings.TrimSpace(line), " ") {
					continue
				}
				assert.LessOrEqual(t, len([]rune(line)), width, "%s at %d: %q", c.CommandPath(), width, line)
			}
		}
	}
}

// So does the story that the demo tells.
func TestScenes_fitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, s := range append(scenes(), scene{says: demoEpilogue}) {
		for line := range strings.SplitSeq(s.says, "\n") {
			assert.LessOrEqual(t, len(line), helpWidth, line)
		}
	}
}

// At 80 columns nothing is broken that was written for them, and what is narrower
// says the same words.
func TestReflow(t *testing.T) {
	t.Parallel()
	text := "one two three\nfour five\n\n  to copy this line\n  and this\nsix seven"
	assert.Equal(t, text, reflow(text, 80))
	assert.Equal(t, text, reflow(text, 200))
	assert.Equal(t, "one two\nthree four\nfive\n\n  to copy this line\n  and this\nsix seven", reflow(text, 10))
	assert.Equal(t, "  a   one two\n  b    three", reflow("  a   one two\n  b    three", 13))
	assert.Equal(t, "  a\n      one\n      two\n  b    three", reflow("  a   one two\n  b    three", 12))
}

func TestDefine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term    string
		column  int
		meaning string
		width   int
		want    string
	}{
		{"  one", 8, "a meaning of its own", 20, "  one   a meaning of\n        its own\n"},
		{"  one", 8, "first\nsecond", 20, "  one   first\n        second\n"},
		{"  a-longer-one", 8, "meaning", 20, "  a-longer-one\n      meaning\n"},
		{"  exactly", 9, "meaning", 40, "  exactly\n      meaning\n"},
		{"  one", 12, "a meaning of its own", 20, "  one\n      a meaning of\n      its own\n"},
		{"  one", 8, "", 20, "  one\n"},
	} {
		var b strings.Builder
		define(&b, c.term, c.column, c.meaning, c.width)
		assert.Equal(t, c.want, b.String())
	}
}

func TestHelpWidth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		terminal bool
		width    int
		columns  string
		want     int
	}{
		{false, 0, "", 80},
		{false, 0, "40", 80}, // whoever redirects help has no terminal's width in mind
		{true, 40, "", 40},
		{true, 40, "60", 40},
		{true, 0, "60", 60},
		{true, 0, "", 80},
		{true, 0, "wide", 80},
		{true, 0, "-3", 80},
		{true, 200, "", 80},
		{true, 3, "", 20},
	} {
		env := &Env{Terminal: c.terminal, Width: c.width, LookupEnv: func(string) (string, bool) { return c.columns, c.columns != "" }}
		assert.Equal(t, c.want, env.helpWidth(), "%+v", c)
	}
}

// planSchemaWords reads which words a plan may have.
func planSchemaWords(t *testing.T, path ...string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/schemas/plan.schema.json")
	require.NoError(t, err)
	var at any
	require.NoError(t, json.Unmarshal(text, &at))
	for _, key := range append(append([]string{"$defs"}, path...), "enum") {
		object, ok := at.(map[string]any)
		require.True(t, ok, "%v: no %s", path, key)
		at = object[key]
	}
	var words []string
	for _, word := range at.([]any) {
		words = append(words, word.(string))
	}
	return words
}

// The page reading-a-plan has every word that can stand in a plan, and no other.
func TestReadingAPlan_hasEveryWord(t *testing.T) {
	t.Parallel()
	page := planPage(80)
	for name, c := range map[string]struct {
		words []planWord
		path  []string
	}{
		"changeWords, kinds of change":   {changeWords(), []string{"change", "properties", "kind"}},
		"causeWords, causes":             {causeWords(), []string{"change", "properties", "cause"}},
		"ruleWords, rules":               {ruleWords(), []string{"hold", "properties", "rule"}},
		"findingWords, kinds of finding": {findingWords(), []string{"finding", "properties", "kind"}},
		"outcomeWords, outcomes":         {outcomeWords(), []string{"outcome"}},
	} {
		var said []string
		for _, w := range c.words {
			said = append(said, w.word)
			assert.NotEmpty(t, w.meaning, w.word)
			assert.Contains(t, page, "\n  "+w.word+" ")
			assert.Less(t, len("  "+w.word), planColumn, "%s runs into its meaning: raise planColumn", w.word)
		}
		want := planSchemaWords(t, c.path...)
		slices.Sort(said)
		slices.Sort(want)
		assert.Equal(t, want, said, "the words of %s", name)
	}
}

// The variables of the page are named as the program reads them.
func TestEnvironmentPage_namesWhatIsTyped(t *testing.T) {
	t.Parallel()
	page := strings.Join(strings.Fields(environmentPage(80)), " ")
	found := map[string]bool{}
	for _, c := range allCommands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if notFromEnv(f.Name) && f.Name != "help" && f.Name != "version" {
				found["--"+f.Name] = true
			}
		})
	}
	require.NotEmpty(t, found)
	for flag := range found {
		assert.Contains(t, page, flag, "the page environment says which flags no variable sets")
	}
}
