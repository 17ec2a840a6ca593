package manual_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/manual"
)

func TestParse(t *testing.T) {
	t.Parallel()
	page, err := manual.Parse("p.md", "# P\nType `rollcall plan -o x` or `bin/rollcall show x`, not `[a](b)`: [see](q.md), [`r`](r.md).\n"+
		"   ```yaml a.yaml\n   key: `rollcall no`\n\n   ```\n```console\n$ a \\\n  b\nout\n\n$ c\n```\n")
	require.NoError(t, err)
	assert.Equal(t, manual.Page{
		Name: "p.md",
		Blocks: []manual.Block{
			{Line: 3, Kind: "yaml", File: "a.yaml", Text: "key: `rollcall no`\n\n"},
			{Line: 7, Kind: "console", Text: "$ a \\\n  b\nout\n\n$ c\n"},
		},
		Code:  []manual.Span{{2, "rollcall plan -o x"}, {2, "bin/rollcall show x"}, {2, "[a](b)"}, {2, "r"}},
		Links: []manual.Span{{2, "q.md"}, {2, "r.md"}},
	}, page)
	steps, err := page.Blocks[1].Steps()
	require.NoError(t, err)
	assert.Equal(t, []manual.Step{
		{Line: 8, Command: "a \\\n  b\n", Want: "out\n\n", Shown: true},
		{Line: 12, Command: "c\n", Shown: true},
	}, steps)

	_, err = manual.Parse("p.md", "x\n```sh\n")
	assert.EqualError(t, err, "p.md:2: the block is not closed")
	_, err = manual.Block{Line: 1, Text: "out\n"}.Steps()
	assert.EqualError(t, err, `line 2: a console block begins with a command, after "$ "`)
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want, got string
		fits      bool
	}{
		{"", "", true},
		{"", "x\n", false},
		{"a\n", "a\n", true},
		{"a.c\n", "abc\n", false},
		{"a\n", "a\nb\n", false},
		{"a\n…\n", "a\n", true},
		{"a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"a\n…\nd\n", "a\nb\nc\n", false},
		{"a … c\n", "a b c\n", true},
		{"a … c\n", "a\nc\n", false},
	} {
		assert.Equal(t, tt.fits, manual.Matches(tt.want, tt.got), "%q %q", tt.want, tt.got)
	}
}
