package source

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName says why a group should not have such a name or id, which what says.
// With a character that nobody sees it would be a second group that looks like
// the first, and people would move out of the one that is meant. The ideographic
// space and the joiners stay: Japanese, Persian and many other names are written
// with them. How long a name may be is for Box to say, which states no limit for
// names or for identifiers, into which ids go.
func CheckName(what, text string) error {
	i := strings.IndexFunc(text, func(r rune) bool { return unseen(r) && !strings.ContainsRune("\u3000\u200c\u200d", r) })
	if i < 0 {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return fmt.Errorf("the %s %q has the invisible character %U in it; take it out, or write a plain space", what, text, r)
}

// ErrNotAlone says that there is more than one e-mail address in a text, or an
// address and something else.
var ErrNotAlone = errors.New("not one e-mail address alone")

// CheckLogin says why nobody can have such a login. Invisible characters come
// with text that was copied from a web page, and several logins in one field
// from somebody who wanted to save rows; such a login would be unknown in Box,
// and its owner would look like somebody who has left.
func CheckLogin(login string) error {
	quoted, rest := cutQuoted(login)
	local, domain, _ := strings.Cut(rest, "@")
	switch {
	case quoted+local == "" || domain == "":
		return fmt.Errorf("the login %q is no e-mail address", login)
	case strings.ContainsRune(domain, '@') || strings.ContainsAny(rest, ";,<>"):
		return fmt.Errorf("the login %q is %w", login, ErrNotAlone)
	case strings.ContainsFunc(login, unseen) || strings.ContainsRune(login, ' '):
		return fmt.Errorf("the login %q has a space or an invisible character in it", login)
	default:
		return nil
	}
}

// cutQuoted cuts off a quoted local part, in which characters that mean
// something elsewhere mean nothing: "a@b" of "a@b"@example.com.
func cutQuoted(login string) (quoted, rest string) {
	if !strings.HasPrefix(login, `"`) {
		return "", login
	}
	for i := 1; i < len(login); i++ {
		switch login[i] {
		case '\\':
			i++
		case '"':
			if strings.HasPrefix(login[i+1:], "@") {
				return login[:i+1], login[i+1:]
			}
			return "", login
		}
	}
	return "", login
}

// unseen reports whether a character is invisible or looks like a plain space
// and is none. Some count as letters, such as the Hangul filler, and one as a
// symbol: a pattern of Braille without a dot.
func unseen(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == '\u2800'
}
