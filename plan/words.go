package plan

import (
	"strconv"
	"strings"
	"time"
)

// Count returns "1 member", "2 members", "3 entries", "2 groups in Box".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + Plural(noun)
}

// Plural returns "members", "entries", "groups in Box".
func Plural(noun string) string {
	if head, rest, ok := strings.Cut(noun, " in "); ok {
		return Plural(head) + " in " + rest
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return stem + "ies"
	}
	return noun + "s"
}

// are returns "1 person is", "2 people are".
func are(n int) string {
	if n == 1 {
		return "1 person is"
	}
	return strconv.Itoa(n) + " people are"
}

// span returns a duration as the configuration may spell it: 2d, 36h, 90m, 1m30s.
func span(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d%unit.length == 0 {
			return strconv.Itoa(int(d/unit.length)) + unit.name
		}
	}
	return d.String()
}

// ShellQuote returns s so that a POSIX shell reads it as one word.
func ShellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
