package cmd

import (
	"bytes"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// syntaxFault is a class of the YAML library's errors, in our words.
type syntaxFault struct {
	says string         // what the library says
	line *regexp.Regexp // what the line looks like; nil: any
	text string         // what that means
}

// syntaxFaults are tried in this order.
func syntaxFaults() []syntaxFault {
	const tab = "a tab is used for indentation: use blanks"
	const star = `a text that begins with * or & needs quotes, as in "*"`
	tabbed := regexp.MustCompile(`^ *\t`)
	return []syntaxFault{
		{"tab character", nil, tab},
		{"cannot start any token", tabbed, tab},
		{"cannot start any token", nil, "a text that begins with @, % or ` needs quotes"},
		{"alphabetic or numeric", nil, star},
		{"unknown anchor", nil, `an alias (*) whose anchor (&) is not above it; a text that begins with * needs quotes, as in "*"`},
		{"unexpected end of stream", nil, "a quote is opened and not closed"},
		{"could not find expected ':'", nil, "a key has no colon, or a text goes on in the next line; write key: value"},
		{"mapping values", nil, `the line is indented too far, or a text with ": " in it has no quotes`},
		{"expected ',' or ']'", nil, "a list that is opened with [ is not closed, or a comma is missing in it"},
		{"expected ',' or '}'", nil, "a section that is opened with { is not closed, or a comma is missing in it"},
		{"unknown escape", nil, `a backslash in double quotes means something else: use single quotes, as in 'C:\data'`},
		{"expected node content", nil, "something is missing here, or a bracket is too many"},
		{"expected key", nil, "the line is indented otherwise than the lines above, or something follows a closing quote or bracket"},
		{"expected '-'", nil, "a list and keys are mixed: begin every entry of the list with - and indent what belongs to it"},
		{"comment or line break", nil, "after | or > the text begins on the next line"},
		{"sequence entries", nil, "an entry of a list stands on the line of its key: put it on the next line"},
		{"control characters", nil, "a control character; if the file is UTF-16, save it as UTF-8"},
		{"UTF-8", nil, "a character that is not UTF-8: save the file as UTF-8"},
		{"UTF-16", nil, "the file is not whole UTF-16: save it as UTF-8"},
		{"document start", nil, "something follows what is closed already, such as a bracket too many"},
		{"incompatible YAML", nil, "a %YAML line is not read here: leave it out"},
	}
}

// libraryPlace is where the library begins to say what is wrong. It counts lines
// from 0 or from 1, and often names the line where a section began.
var libraryPlace = regexp.MustCompile(`^yaml: (line \d+: )?`)

// syntaxProblem says in plain words, and as near to the place as can be, why a text
// is no YAML. It shows nothing of the text, which may hold a secret.
func syntaxProblem(name string, text []byte, err error, parse func([]byte) error) error {
	message := libraryPlace.ReplaceAllString(err.Error(), "")
	lines := bytes.SplitAfter(text, []byte("\n"))
	// The line is the one that makes the text above it wrong.
	ends := make([]int, 0, len(lines))
	for at := 0; len(lines) > len(ends); {
		at += len(lines[len(ends)])
		ends = append(ends, at)
	}
	i := sort.Search(len(lines)-1, func(i int) bool {
		err := parse(text[:ends[i]])
		return err != nil && libraryPlace.ReplaceAllString(err.Error(), "") == message
	})
	for i > 0 && len(bytes.TrimSpace(lines[i])) == 0 {
		i--
	}
	return &problem{name, i + 1, "this is not YAML: " + inPlainWords(message, lines[:i+1])}
}

// joinedKey is a line that YAML takes for a text, as no blank follows the colon.
var joinedKey = regexp.MustCompile(`^\s*(- )?[A-Za-z_]+:[^\s/]`)

// inPlainWords says what the library's message means for the last of the lines.
func inPlainWords(message string, lines [][]byte) string {
	last := lines[len(lines)-1]
	if strings.Contains(message, "expected ':'") || strings.Contains(message, "mapping values") {
		if slices.ContainsFunc(lines[max(0, len(lines)-2):], joinedKey.Match) {
			return "a blank is missing after a colon, here or in the line above: write key: value"
		}
	}
	for _, f := range syntaxFaults() {
		if strings.Contains(message, f.says) && (f.line == nil || f.line.Match(last)) {
			return f.text
		}
	}
	return message
}
