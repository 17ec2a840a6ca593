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

// header reads the header row and finds the columns in it. Faults are collected;
// an error is that the file could not be read.
func (r *reader) header() error {
	if ready, err := r.separate(); !ready || err != nil {
		return err
	}
	names, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		r.problems.add(r.in.whole(fmt.Errorf("the file is empty; it must begin with a header row with the columns %q and %q",
			r.config.Columns.Group, r.config.Columns.Login)))
		return nil
	}
	if err != nil {
		return r.readFault(err)
	}
	r.endLine, _ = r.csv.FieldPos(len(names) - 1)
	before := r.problems.total
	for i, name := range names {
		fault := textFault(name)
		if fault == nil && strings.ContainsFunc(name, unicode.IsControl) {
			fault = r.controlFault()
		}
		if fault != nil {
			r.problem(i, fault)
		}
	}
	if r.problems.total > before {
		return nil
	}
	for i, column := range r.config.Columns.list() {
		at, fault := r.find(names, column)
		if fault != nil {
			r.problem(max(at, 0), fault)
			if at < 0 && r.fitting() != "" { // what is wrong with one column is with all
				return nil
			}
		}
		r.at[i] = at
	}
	return nil
}

// separate finds out what separates the fields, and reads the line that announces
// it, if there is one. It reports whether there is a header row to read.
func (r *reader) separate() (ready bool, err error) {
	head := r.in.head()
	if carriageReturnsOnly(head) {
		r.problems.add(r.in.at(1, fmt.Errorf("the lines end in bare carriage returns, as on an old Mac; %s, or convert it with tr '\\r' '\\n'", saveAsUTF8)))
		return false, nil
	}
	says, length := announced(head)
	r.attempts = r.config.try(head[length:])
	r.csv.Comma = r.config.Delimiter
	if r.csv.Comma == 0 {
		if r.csv.Comma = says; says == 0 {
			if r.csv.Comma, err = r.config.choose(r.attempts); err != nil {
				r.problems.add(r.in.at(1, err))
				return false, nil
			}
		}
		if r.csv.Comma != ',' {
			r.note("fields separated by " + quoted(r.csv.Comma))
		}
	}
	if length > 0 {
		if _, err := r.csv.Read(); err != nil {
			return false, r.readFault(err)
		}
		r.csv.FieldsPerRecord = 0 // as many as the header has
	}
	return true, nil
}

// controlFault says what a control character in a column name comes from.
func (r *reader) controlFault() error {
	if fitting := r.fitting(); fitting != "" {
		return errors.New("a column name with a control character; " + fitting)
	}
	return errors.New("a column name with a control character; is the file damaged?")
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
	if fitting := r.fitting(); fitting != "" {
		return fitting
	}
	for _, other := range separators() {
		if len(names) == 1 && r.config.Delimiter != 0 && other != r.config.Delimiter && strings.ContainsRune(names[0], other) {
			return fmt.Sprintf("the fields seem to be separated by %s: set sources.%s.csv.delimiter", quoted(other), r.config.Name)
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
