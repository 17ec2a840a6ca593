package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// separators are what is tried where nobody says what separates the fields.
func separators() []rune { return []rune{',', ';', '\t', '|'} }

// attempt is the header row as it is with one delimiter.
type attempt struct {
	delimiter rune
	names     []string // nil: it is no row at all
	found     int      // how many of the required columns are in it
	fits      bool     // all are
}

// try reads the header row with every delimiter there is.
func (c Config) try(head []byte) []attempt {
	var all []attempt
	for _, delimiter := range separators() {
		in := stdcsv.NewReader(bytes.NewReader(head))
		in.Comma = delimiter
		names, err := in.Read()
		if err != nil {
			names = nil
		}
		a := attempt{delimiter: delimiter, names: names, fits: true}
		for _, column := range c.Columns.list() {
			has := slices.ContainsFunc(names, func(name string) bool { return foldHeader(name) == foldHeader(column.name) })
			switch {
			case !column.required:
			case has:
				a.found++
			default:
				a.fits = false
			}
		}
		all = append(all, a)
	}
	return all
}

// choose returns the delimiter with which the required columns are there. Where
// there is none such it returns the one that comes nearest, so that messages tell
// what was found with it; reading the header fails then. A fault is that nobody
// can tell which one is meant.
func (c Config) choose(attempts []attempt) (rune, error) {
	best := attempts[:0:0]
	for _, a := range attempts {
		switch {
		case len(best) == 0 || a.better(best[0]):
			best = []attempt{a}
		case !best[0].better(a):
			best = append(best, a)
		}
	}
	if len(best) == 1 {
		return best[0].delimiter, nil
	}
	if len(best[0].names) <= 1 {
		return ',', nil
	}
	var ways []string
	for _, a := range best {
		ways = append(ways, fmt.Sprintf("with %s the columns are %s", quoted(a.delimiter), list(a.names)))
	}
	return 0, fmt.Errorf("what separates the fields cannot be told from the header row: %s; set sources.%s.csv.delimiter",
		strings.Join(ways, "; "), c.Name)
}

// better reports whether an attempt is nearer to a header row than another.
func (a attempt) better(b attempt) bool {
	switch {
	case a.found != b.found:
		return a.found > b.found
	default:
		return len(a.names) > 1 && len(b.names) <= 1
	}
}

// fitting names the delimiter that the file has in truth, or returns "".
func (r *reader) fitting() string {
	for _, a := range r.attempts {
		if a.fits && a.delimiter != r.csv.Comma && r.config.Delimiter == 0 { // the first line has said otherwise
			return fmt.Sprintf("the fields are separated by %s, and the first line says sep=%c: correct that line, or set sources.%s.csv.delimiter to %s",
				quoted(a.delimiter), r.csv.Comma, r.config.Name, quoted(a.delimiter))
		}
		if a.fits && a.delimiter != r.csv.Comma {
			return fmt.Sprintf("the fields are separated by %s: set sources.%s.csv.delimiter to %s, or to auto",
				quoted(a.delimiter), r.config.Name, quoted(a.delimiter))
		}
	}
	return ""
}

// quoted is a delimiter as the configuration spells it.
func quoted(delimiter rune) string {
	if delimiter == '\t' {
		return "tab"
	}
	return `"` + string(delimiter) + `"`
}

// announced returns the delimiter that the first line announces, as Excel
// understands it ("sep=;"), and the length of that line. It returns 0 and 0 where
// the first line is another one.
func announced(head []byte) (delimiter rune, length int) {
	const prefix = "sep="
	line, _, ended := bytes.Cut(head, []byte("\n"))
	text := string(bytes.TrimSuffix(line, []byte("\r")))
	if !ended || len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return 0, 0
	}
	delimiter, size := utf8.DecodeRuneInString(text[len(prefix):])
	if size == 0 || size != len(text)-len(prefix) || !validDelimiter(delimiter) {
		return 0, 0
	}
	return delimiter, len(line) + 1
}
