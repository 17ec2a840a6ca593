package source_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
)

func TestPattern_Match(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		glob    string
		matches []string
		refuses []string
	}{
		{"*", []string{"", "x", "a/b", "a\nb"}, nil},
		{"", []string{""}, []string{"x"}},
		{"Finance*", []string{"Finance", "finance EU", "FINANCE/x"}, []string{"My Finance", "Financ"}},
		{"*@acme.example", []string{"a@acme.example", "A@Acme.Example"}, []string{"a@acmeXexample", "a@acme.example.org"}},
		{"?", []string{"a", "ü", "部"}, []string{"", "ab"}},
		{"team-[0-9]", []string{"team-7"}, []string{"team-x", "team-77"}},
		{"[!a-c]x", []string{"dx", "Dx", "ßx"}, []string{"ax", "Bx", "x"}},
		{"[a!]", []string{"a", "!"}, []string{"b"}},
		{"[^a]", []string{"^", "a"}, []string{"b"}},
		{"[[x]", []string{"[", "x"}, []string{"]"}},
		{`[\d]`, []string{`\`, "d"}, []string{"1"}},
		{"[[:alpha:]]", []string{"a]", ":]"}, []string{"b]", "a"}},
		{`\*`, []string{"*"}, []string{"x", `\*`}},
		{`\[a]`, []string{"[a]"}, []string{"a"}},
		{`\ü`, []string{"ü", "Ü"}, []string{"u"}},
		{"a.b+(c)|d$", []string{"a.b+(c)|d$"}, []string{"axb+(c)|d$", "d$"}},
		{"Ünïcode 部門", []string{"ünÏcode 部門"}, []string{"Unicode 部門"}},
	} {
		t.Run(strings.ReplaceAll(tt.glob, "/", "_"), func(t *testing.T) {
			t.Parallel()
			p, err := source.ParsePattern(tt.glob)
			require.NoError(t, err)
			assert.Equal(t, tt.glob, p.String())
			for _, s := range tt.matches {
				assert.True(t, p.Match(s), "%q should match %q", tt.glob, s)
			}
			for _, s := range tt.refuses {
				assert.False(t, p.Match(s), "%q should not match %q", tt.glob, s)
			}
		})
	}
	assert.False(t, source.Pattern{}.Match(""), "the zero value matches nothing")
}

func TestParsePattern_faults(t *testing.T) {
	t.Parallel()
	for glob, want := range map[string]string{
		"team-[0-9": `pattern "team-[0-9": the [ has no ]; a bracket is written \[`,
		"[]":        `pattern "[]": an empty set; a bracket is written \[`,
		"[!]":       `pattern "[!]": an empty set; a bracket is written \[`,
		`a\`:        `pattern "a\\" ends in a backslash`,
		"[z-a]":     `pattern "[z-a]": a range between [ and ] goes backwards`,
		"a\xff":     `pattern "a\xff" is not UTF-8`,
	} {
		_, err := source.ParsePattern(glob)
		assert.EqualError(t, err, want)
	}
}

func TestPattern_Literal(t *testing.T) {
	t.Parallel()
	for glob, want := range map[string]bool{"ann@x": true, "": false, "a*": false, "a?": false, "[a]": false, `\*`: false} {
		p, err := source.ParsePattern(glob)
		require.NoError(t, err)
		assert.Equal(t, want, p.Literal(), glob)
	}
}

func TestMatchAny(t *testing.T) {
	t.Parallel()
	var patterns []source.Pattern
	for _, glob := range []string{"a*", "*z"} {
		p, err := source.ParsePattern(glob)
		require.NoError(t, err)
		patterns = append(patterns, p)
	}
	assert.True(t, source.MatchAny(patterns, "Abc"))
	assert.True(t, source.MatchAny(patterns, "xyz"))
	assert.False(t, source.MatchAny(patterns, "xyza"))
	assert.False(t, source.MatchAny(nil, ""))
}

// FuzzPattern checks that no glob panics, that a literal matches itself, and
// that an escaped text matches just that text.
func FuzzPattern(f *testing.F) {
	for _, glob := range []string{"", "*", "[a-z]?", `\*`, "[!", "a.b", "[\\]", "部*", "\xff"} {
		f.Add(glob, "a.b")
	}
	f.Fuzz(func(t *testing.T, glob, s string) {
		p, err := source.ParsePattern(glob)
		if err == nil {
			p.Match(s)
			if !strings.ContainsAny(glob, `*?[\`) && !p.Match(glob) {
				t.Errorf("the literal pattern %q does not match itself", glob)
			}
		} else if utf8.ValidString(glob) && !strings.ContainsAny(glob, `[\`) {
			t.Errorf("the harmless pattern %q is refused: %v", glob, err)
		}
		if !utf8.ValidString(s) {
			return
		}
		escaped := strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(s)
		p, err = source.ParsePattern(escaped)
		if err != nil || !p.Match(s) || p.Match(s+"x") {
			t.Errorf("the escaped pattern %q does not match just %q: %v", escaped, s, err)
		}
	})
}
