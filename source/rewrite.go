package source

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
)

// Rewrite is a rule that changes names or logins: every match of a regular
// expression is replaced. The zero value changes nothing.
type Rewrite struct {
	rule    string
	match   *regexp.Regexp
	replace string
}

// NewGroupRewrite returns a rule for names of groups. match is a regular
// expression in RE2's syntax, and replace what stands in the place of each match,
// with $1 or ${name} for what a group of the expression matched, and $$ for a
// dollar sign. rule is what errors call it. It fails where the expression cannot
// be read or is empty, and where replace names a group that the expression does
// not have: what that stands for is nothing, which nobody means.
func NewGroupRewrite(rule, match, replace string) (Rewrite, error) {
	return newRewrite(rule, match, replace, "")
}

// NewLoginRewrite is [NewGroupRewrite] for logins. Its expression matches without
// regard to case, as logins are compared.
func NewLoginRewrite(rule, match, replace string) (Rewrite, error) {
	return newRewrite(rule, match, replace, "(?i)")
}

func newRewrite(rule, match, replace, flags string) (Rewrite, error) {
	if match == "" {
		return Rewrite{}, errors.New("match is empty; write the regular expression that is to be replaced")
	}
	if _, err := regexp.Compile(match); err != nil { // without the flags, which nobody wrote
		if e, ok := errors.AsType[*syntax.Error](err); ok {
			err = fmt.Errorf("match is no regular expression: %s: %s", e.Code, strconv.Quote(e.Expr))
		}
		return Rewrite{}, err
	}
	re, err := regexp.Compile(flags + match)
	if err != nil {
		return Rewrite{}, err
	}
	if err := checkTemplate(re, replace); err != nil {
		return Rewrite{}, err
	}
	return Rewrite{rule: rule, match: re, replace: replace}, nil
}

// checkTemplate finds references to groups that the expression does not have. It
// reads a template as [regexp.Regexp.Expand] does.
func checkTemplate(re *regexp.Regexp, template string) error {
	for {
		_, after, found := strings.Cut(template, "$")
		if !found {
			return nil
		}
		template = after
		if rest, escaped := strings.CutPrefix(after, "$"); escaped {
			template = rest
			continue
		}
		name := after
		if braced, found := strings.CutPrefix(after, "{"); found {
			name, _, _ = strings.Cut(braced, "}")
		} else if i := strings.IndexFunc(after, func(r rune) bool { return !wordRune(r) }); i >= 0 {
			name = after[:i]
		}
		if name != "" && strings.IndexFunc(name, func(r rune) bool { return !wordRune(r) }) < 0 && !hasGroup(re, name) {
			return fmt.Errorf("replace refers to ${%s}, and the expression has no such group; "+
				"write ${1}a for the first group and an a, and $$ for a dollar sign", name)
		}
	}
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// hasGroup reports whether the expression has a group of that number or name.
func hasGroup(re *regexp.Regexp, name string) bool {
	number := 0
	if len(name) > 1 && name[0] == '0' {
		return re.SubexpIndex(name) >= 0
	}
	for _, r := range name {
		if r < '0' || r > '9' || number > re.NumSubexp() {
			return re.SubexpIndex(name) >= 0
		}
		number = 10*number + int(r-'0')
	}
	return number <= re.NumSubexp()
}

// rewritten applies the rules in order. Of those that changed the text, it
// returns the last.
func rewritten(rules []Rewrite, text string) (result string, last *Rewrite) {
	for i := range rules {
		if r := &rules[i]; r.match != nil {
			if changed := r.match.ReplaceAllString(text, r.replace); changed != text {
				text, last = changed, r
			}
		}
	}
	return text, last
}
