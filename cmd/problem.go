package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// problem is something that is wrong with the configuration, and where.
type problem struct {
	file string
	line int // 0: nobody can say
	text string
}

func (p *problem) Error() string {
	if p.line == 0 {
		return p.file + ": " + p.text
	}
	return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text)
}

// shownProblems is how many problems are shown; the rest is counted. One more is
// shown as well: to count it takes as much room.
const shownProblems = 20

// problemList are all problems of a configuration, sorted by line. Its text has
// the first of them and how many more there are.
type problemList []error

func (l problemList) Error() string {
	var lines []string
	for _, p := range l.shown() {
		lines = append(lines, p.Error())
	}
	if n := l.hidden(); n != "" {
		lines = append(lines, n)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns all of them.
func (l problemList) Unwrap() []error { return l }

func (l problemList) shown() problemList {
	if len(l) <= shownProblems+1 {
		return l
	}
	return l[:shownProblems]
}

// hidden counts, in words, the problems that are not shown.
func (l problemList) hidden() string {
	switch n := len(l) - len(l.shown()); {
	case n == 0:
		return ""
	case len(l) >= maxFound:
		return fmt.Sprintf("and more than %d others", n-1)
	default:
		return fmt.Sprintf("and %d more", n)
	}
}

// byLine returns the problems sorted by line; those of one line stay in the order
// in which they were found. What is wrong in another file comes last.
func byLine(found []error) problemList {
	line := func(err error) int {
		if p, ok := errors.AsType[*problem](err); ok {
			return p.line
		}
		return math.MaxInt
	}
	slices.SortStableFunc(found, func(a, b error) int { return cmp.Compare(line(a), line(b)) })
	return found
}

// unread reports whether a key was left out when the file was read, or a part of
// it, or what it is a part of. The reason has been given, so that nothing more is
// said of the key.
func (c *config) unread(key ...any) bool {
	path := dotted(key)
	return slices.ContainsFunc(c.cut, func(cut string) bool { return inside(path, cut) || inside(cut, path) })
}

// inside reports whether a dotted key is the other one or a part of it.
func inside(key, whole string) bool {
	rest, ok := strings.CutPrefix(key, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
