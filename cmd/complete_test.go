package cmd

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// Every flag and every command says what it can be: files are offered only where one
// is meant.
func TestCompletion_knowsEveryFlag(t *testing.T) {
	t.Parallel()
	flags := 0
	for _, c := range allCommands() {
		if c.IsAdditionalHelpTopicCommand() {
			continue
		}
		assert.True(t, c.ValidArgsFunction != nil || c.ValidArgs != nil, c.CommandPath())
		c.Flags().VisitAll(func(f *pflag.Flag) {
			flags++
			_, known := c.GetFlagCompletionFunc(f.Name)
			assert.True(t, known, "%s --%s", c.CommandPath(), f.Name)
			if name, _ := pflag.UnquoteUsage(f); name == "FILE" || name == "PLAN" {
				offered, how := flagCompletion(c, nil, f.Name)(c, nil, "")
				assert.NotEmpty(t, offered, "%s --%s", c.CommandPath(), f.Name)
				assert.Equal(t, cobra.ShellCompDirectiveFilterFileExt, how, "%s --%s", c.CommandPath(), f.Name)
			}
		})
	}
	assert.Greater(t, flags, 40)
}

// The pattern that stands for a name matches that name, and no other.
func TestPatternsOf(t *testing.T) {
	t.Parallel()
	names := []string{"Finance", "R&D [EU]", "R&D E", "a*b", "axb", "a?b", `a\b`, `a\*b`, "]", "[", "[!a]", "[]", "Ärzte"}
	for i, text := range patternsOf(append([]string(nil), names...)) {
		pattern, err := source.ParsePattern(text)
		require.NoError(t, err, names[i])
		for _, other := range names {
			assert.Equal(t, other == names[i], pattern.Match(other), "%s, made of %s, against %s", text, names[i], other)
		}
	}
}

// The limits that are offered are those that --allow takes, group by group or not.
func TestLimitNames(t *testing.T) {
	t.Parallel()
	names := limitNames()
	assert.Contains(t, names, "removals")
	assert.NotContains(t, names, "partial")
	offered, _ := completeAllowance("", nil)
	for _, text := range offered {
		text = strings.Replace(text, ":", ":Finance=", 1)
		text += map[bool]string{true: "allow", false: "5"}[strings.HasPrefix(text, string(plan.RuleEmptyGroup))]
		_, err := plan.ParseAllowance(text)
		require.NoError(t, err)
	}
	assert.Greater(t, len(offered), len(names))
}

// stuck is a source on a disk that does not answer.
type stuck struct {
	begun chan struct{}
	end   chan struct{}
}

func (s stuck) Read(context.Context) (*source.Roster, error) {
	close(s.begun)
	<-s.end
	return nil, context.Canceled
}

// Nobody waits at the keyboard for a source that does not end.
func TestNamesIn_sourceThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	s := stuck{make(chan struct{}), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-s.begun
		cancel()
	}()
	assert.Empty(t, namesIn(ctx, s))
	close(s.end)
}
