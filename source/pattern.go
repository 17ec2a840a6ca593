package source

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Pattern is a shell glob over names and logins, compared without regard to
// case: * is any run of characters, ? any one, [a-z] and [!a-z] one of a set,
// and \ takes the next character as it is. Unlike a path glob, * also matches
// a slash. The zero value matches nothing.
type Pattern struct {
	text string
	re   *regexp.Regexp
}

// ParsePattern reads a glob. It fails on an unclosed [, on a set with nothing in
// it or with a range the wrong way round, on a trailing \, and on bytes that are
// not UTF-8.
func ParsePattern(glob string) (Pattern, error) {
	if !utf8.ValidString(glob) {
		return Pattern{}, fmt.Errorf("pattern %q is not UTF-8", glob)
	}
	var re strings.Builder
	re.WriteString(`(?is)\A`)
	for i := 0; i < len(glob); i++ {
		switch glob[i] {
		case '*':
			re.WriteString(`.*`)
		case '?':
			re.WriteString(`.`)
		case '[':
			set, _, closed := strings.Cut(glob[i+1:], "]")
			if !closed {
				return Pattern{}, fmt.Errorf(`pattern %q: the [ has no ]; a bracket is written \[`, glob)
			}
			expr, err := setExpr(set)
			if err != nil {
				return Pattern{}, fmt.Errorf("pattern %q: %w", glob, err)
			}
			re.WriteString(expr)
			i += len(set) + 1
		case '\\':
			if i++; i == len(glob) {
				return Pattern{}, fmt.Errorf("pattern %q ends in a backslash", glob)
			}
			re.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		default:
			re.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	re.WriteString(`\z`)
	compiled, err := regexp.Compile(re.String())
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: a range between [ and ] goes backwards", glob)
	}
	return Pattern{text: glob, re: compiled}, nil
}

// setExpr returns the regular expression for what stands between [ and ]. An
// empty set is refused: an expression would read on beyond its ].
func setExpr(set string) (string, error) {
	set, negated := strings.CutPrefix(set, "!")
	if set == "" {
		return "", errors.New(`an empty set; a bracket is written \[`)
	}
	expr := "["
	if negated {
		expr = "[^"
	}
	return expr + strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(set) + "]", nil
}

// Match reports whether the whole of s matches.
func (p Pattern) Match(s string) bool { return p.re != nil && p.re.MatchString(s) }

// String returns the glob as it was written.
func (p Pattern) String() string { return p.text }

// Literal reports whether the glob has no wildcard, so that it means one name.
func (p Pattern) Literal() bool { return p.text != "" && !strings.ContainsAny(p.text, `*?[\`) }

// MatchAny reports whether one of the patterns matches s.
func MatchAny(patterns []Pattern, s string) bool {
	for _, p := range patterns {
		if p.Match(s) {
			return true
		}
	}
	return false
}
