package csv

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// maxListed is how many columns of a header an error lists.
const maxListed = 30

// header reads the header row and finds the columns in it.
func (r *reader) header() error {
	r.limit.nextRecord()
	names, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return r.whole(fmt.Errorf("the file is empty; it must begin with a header row with the columns %q and %q",
			r.config.Columns.Group, r.config.Columns.Login))
	}
	if err != nil {
		if err := r.readFault(err); err != nil {
			return err
		}
		return r.problems.err()
	}
	r.endLine, _ = r.csv.FieldPos(len(names) - 1)
	for i, name := range names {
		fault := textFault(name)
		if fault == nil && strings.ContainsFunc(name, unicode.IsControl) {
			fault = r.controlFault(name)
		}
		if fault != nil {
			r.problem(i, fault)
		}
	}
	if err := r.problems.err(); err != nil {
		return err
	}
	for i, column := range r.config.Columns.list() {
		at, fault := r.find(names, column)
		if fault != nil {
			r.problem(max(at, 0), fault)
		}
		r.at[i] = at
	}
	return r.problems.err()
}

// controlFault says what a control character in a column name comes from.
func (r *reader) controlFault(name string) error {
	if strings.ContainsRune(name, '\t') && r.config.Delimiter != '\t' {
		return fmt.Errorf("a column name with a tab in it; if the fields are separated by tabs, set sources.%s.csv.delimiter to tab", r.config.Name)
	}
	return errors.New("a column name with a control character; is the file damaged, or are its lines ended by bare carriage returns?")
}

// find returns where a column is, or -1 where there is none and none is needed.
// A fault comes with the field that it is about.
func (r *reader) find(names []string, wanted column) (int, error) {
	folded := foldHeader(wanted.name)
	if folded == "" {
		return -1, nil
	}
	at := -1
	for i, name := range names {
		switch {
		case foldHeader(name) != folded:
		case at >= 0:
			return i, fmt.Errorf("the column %q is there twice; rename one of them", wanted.name)
		default:
			at = i
		}
	}
	if at < 0 && wanted.required {
		return at, fmt.Errorf("no column %q; the columns are %s; %s", wanted.name, list(names), r.advice(names, wanted))
	}
	return at, nil
}

func (r *reader) advice(names []string, wanted column) string {
	for _, other := range []rune{';', '\t', '|', ','} {
		if len(names) == 1 && other != r.config.Delimiter && strings.ContainsRune(names[0], other) {
			return fmt.Sprintf("the fields seem to be separated by %q: set sources.%s.csv.delimiter", other, r.config.Name)
		}
	}
	return fmt.Sprintf("check that the first row is the header, and sources.%s.csv.columns.%s", r.config.Name, wanted.key)
}

func list(names []string) string {
	var quoted []string
	for _, name := range names[:min(len(names), maxListed)] {
		quoted = append(quoted, fmt.Sprintf("%q", strings.TrimSpace(name)))
	}
	if more := len(names) - len(quoted); more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}
