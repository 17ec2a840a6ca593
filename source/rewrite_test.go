package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
)

func TestNewGroupRewrite_refuses(t *testing.T) {
	t.Parallel()
	const noGroup = "; write ${1}a for the first group and an a, and $$ for a dollar sign"
	for _, tt := range []struct{ match, replace, want string }{
		{"", "x", "match is empty; write the regular expression that is to be replaced"},
		{"(a", "", `match is no regular expression: missing closing ): "(a"`},
		{`a\1`, "", `match is no regular expression: invalid escape sequence: "\\1"`},
		{"(a)", "$1x", "replace refers to ${1x}, and the expression has no such group" + noGroup},
		{"(a)", "$$$2", "replace refers to ${2}, and the expression has no such group" + noGroup},
		{"(a)", "a${b}", "replace refers to ${b}, and the expression has no such group" + noGroup},
		{"(a)", "${01}", "replace refers to ${01}, and the expression has no such group" + noGroup},
		{"(a)", "$18446744073709551617", "replace refers to ${18446744073709551617}, and the expression has no such group" + noGroup},
		{"(a)", "$é1.", "replace refers to ${é1}, and the expression has no such group" + noGroup},
	} {
		for _, rule := range []func(_, _, _ string) (source.Rewrite, error){source.NewGroupRewrite, source.NewLoginRewrite} {
			_, err := rule("rule", tt.match, tt.replace)
			assert.EqualError(t, err, tt.want, "%q %q", tt.match, tt.replace)
		}
	}
}

// Rules are applied in order, each to all that the ones before it left.
func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		rules      []string // in pairs
	}{
		{"BOX-Finance", "Finance", []string{"^BOX-", ""}},
		{"box-Finance", "box-Finance", []string{"^BOX-", ""}},
		{"box-Finance", "Finance", []string{"(?i)^BOX-", ""}},
		{"aBOX-BOX-b", "a##b", []string{"BOX-", "#"}},
		{"Finance-EU", "EU Finance", []string{`^(.+)-(\w+)$`, "$2 $1"}},
		{"Finance-EU", "EU/Finance", []string{`^(?P<name>.+)-(?P<where>\w+)$`, "${where}/$name"}},
		{"a", "$a $", []string{"(a)", "$$${1} $"}},
		{"a", "a-a", []string{"(a)", "${0}-$0"}},
		{"a", "c", []string{"a", "b", "b", "c"}},
		{"a", "b", []string{"b", "c", "a", "b"}},
		{" a-x ", "x", []string{"a-", " "}},
	} {
		g := "g"
		m := source.Mapping{Groups: rules(t, source.NewGroupRewrite, tt.rules...)}
		b := source.NewBuilder(source.Evidence{Name: "hr"})
		b.Group(g, tt.name, "")
		got, err := m.Apply(b.Build())
		require.NoError(t, err)
		assert.Equal(t, tt.want, got.Groups()[0].Name, "%q %q", tt.name, tt.rules)
	}
}

// rules makes rules of pairs: what matches, and what takes its place. They are
// called r0, r1 and so on.
func rules(t require.TestingT, rule func(_, _, _ string) (source.Rewrite, error), pairs ...string) []source.Rewrite {
	var made []source.Rewrite
	for i := 0; i < len(pairs); i += 2 {
		one, err := rule("r"+string(rune('0'+i/2)), pairs[i], pairs[i+1])
		require.NoError(t, err)
		made = append(made, one)
	}
	return made
}
