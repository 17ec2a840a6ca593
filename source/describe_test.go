package source_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

func TestNewDescription(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		" \n\t ":                        "",
		" Money ":                       "Money",
		"two  blanks, 営業\u3000部":        "two  blanks, 営業\u3000部",
		"one\ntwo\r\n \r\n three\tfour": "one two three four",
		"a\u0085b\u2028c\u2029d\ve\ff":  "a b c d e f",
		"👩\u200d👩\u200d👧 \u202a":        "👩\u200d👩\u200d👧 \u202a",
	} {
		got, err := source.NewDescription(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got, "%q", text)
	}
	for text, want := range map[string]string{
		"a\x00":   "the description has the control character U+0000 in it; take it out",
		"\x1b[2J": "the description has the control character U+001B in it; take it out",
		"é\u0080": "the description has the control character U+0080 in it; take it out",
	} {
		got, err := source.NewDescription(text)
		assert.EqualError(t, err, want)
		assert.Empty(t, got)
	}
}

// What is read as a description reads as itself, and is one line.
func TestProperty_NewDescription(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[ a\n\t\r\u2028\u0085\u00a0]*")).Draw(t, "text")
		once, err := source.NewDescription(text)
		if err != nil {
			require.True(t, strings.ContainsFunc(text, unicode.IsControl))
			return
		}
		require.False(t, strings.ContainsFunc(once, unicode.IsControl))
		require.Equal(t, strings.TrimSpace(once), once)
		twice, err := source.NewDescription(once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
	})
}

func TestBuilder_Describe(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", Origin: "groups.csv"})
	for _, said := range []struct {
		group, text string
		line        int
	}{
		{"a", "", 2},
		{"a", "first", 3},
		{"a", "", 4},
		{"a", "first", 5},
		{"b", "one", 6},
		{"b", "two", 7},
		{"b", "one", 8},
		{"b", "three", 9},
		{"c", "", 10},
		{"d", "one", 0},
		{"d", "two", 0},
	} {
		b.Describe(b.Group(said.group, said.group, ""), said.text, said.line)
	}
	merged := source.Merge(b.Build(), roster("it", map[string][]string{"z": nil}))
	var got, partial []string
	for _, g := range merged.Groups() {
		got = append(got, g.Name+"="+g.Description)
		partial = append(partial, g.Partial...)
	}
	assert.Equal(t, []string{"a=first", "b=", "c=", "d=", "z="}, got, "what is contradicted is not said")
	want := []string{
		"groups.csv:7: the group has another description than in line 6",
		"the group has another description than was said before",
	}
	assert.Equal(t, want, partial)
	var faults []string
	for _, fault := range b.Contradictions() {
		faults = append(faults, fault.Error())
	}
	assert.Equal(t, want, faults)
	var at *source.PositionError
	require.ErrorAs(t, b.Contradictions()[0], &at)
	assert.Equal(t, source.Position{File: "groups.csv", Line: 7}, at.Position)
}
