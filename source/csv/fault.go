package csv

import (
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/source"
)

const (
	// maxProblems is how many problems of a file an error lists.
	maxProblems = 20
	// maxField is the length of a field, in bytes. The longest that makes sense
	// is a fraction of it.
	maxField = 4 << 10
	// maxRecord is how much is read for one row, give or take a buffer.
	maxRecord  = 1 << 20
	bufferSize = 64 << 10
)

// errRecordTooLong is the fault of a row that does not end.
var errRecordTooLong = fmt.Errorf("a row of more than %d KiB", maxRecord>>10)

// recordLimit bounds what one row can make the reader keep: behind a quote that
// is never closed, encoding/csv would otherwise keep the rest of the file.
type recordLimit struct {
	in   io.Reader
	left int
}

func (l *recordLimit) nextRecord() { l.left = maxRecord }

func (l *recordLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := l.in.Read(p)
	l.left -= n
	return n, err
}

// problems collects faults, of which the first are kept and all are counted.
type problems struct {
	first []error
	total int
}

func (p *problems) add(err error) {
	if p.total++; p.total <= maxProblems {
		p.first = append(p.first, err)
	}
}

// take adds an error that is about what is in a file, and returns any other.
func (p *problems) take(err error) error {
	if _, ok := errors.AsType[*source.PositionError](err); !ok {
		return err // or nil
	}
	p.add(err)
	return nil
}

// err returns nil, the one problem, or a list.
func (p *problems) err() error {
	switch {
	case p.total == 0:
		return nil
	case p.total == 1:
		return p.first[0]
	case p.total > maxProblems:
		return fmt.Errorf("%d problems, of which the first %d are:\n%w", p.total, maxProblems, errors.Join(p.first...))
	default:
		return fmt.Errorf("%d problems:\n%w", p.total, errors.Join(p.first...))
	}
}

// problem records a fault of structure in a field of the current row.
func (r *reader) problem(field int, fault error) {
	r.problems.add(r.positioned(field, fault))
}

func (r *reader) positioned(field int, fault error) error {
	return &source.PositionError{Position: r.place(field), Err: fault}
}

// place is where a field of the current row begins.
func (r *reader) place(field int) source.Position {
	line, column := r.csv.FieldPos(field)
	return source.Position{File: r.in.name, Line: line, Column: column}
}

// position is where the current row begins.
func (r *reader) position() source.Position {
	line, _ := r.csv.FieldPos(0)
	return source.Position{File: r.in.name, Line: line}
}

// readFault takes in an error after which nothing more of the file can be read.
// It returns the error if the file itself could not be read, and records it as a
// problem if what is in the file is at fault.
func (r *reader) readFault(err error) error {
	// What could not be read looks like a fault in the last row that was.
	if r.in.broken != nil {
		return r.problems.take(r.in.broken)
	}
	if errors.Is(err, errRecordTooLong) {
		r.problems.add(r.in.at(r.endLine, fmt.Errorf("%w begins after this line; is a quote not closed?", err)))
		return nil
	}
	parse, ok := errors.AsType[*stdcsv.ParseError](err)
	if !ok {
		return err
	}
	text := "a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice"
	if errors.Is(err, stdcsv.ErrBareQuote) {
		text = "a quote inside a field that does not begin with one; quote the whole field and write the inner quote twice"
	}
	if fitting := r.fitting(); fitting != "" {
		text += "; " + fitting
	}
	if parse.StartLine != parse.Line {
		text += fmt.Sprintf(" (the row begins in line %d)", parse.StartLine)
	}
	r.problems.add(&source.PositionError{
		Position: source.Position{File: r.in.name, Line: parse.Line, Column: parse.Column},
		Err:      errors.New(text + "; what follows was not read"),
	})
	return nil
}

// textFault says which field of a row cannot be text of such a file, and why. A
// character that was lost counts where the field decides something or is written
// to Box. Elsewhere it may be as old as the record of the person.
func (r *reader) textFault(record []string) (field int, fault error) {
	for i, field := range record {
		if fault := textFault(field); fault != nil {
			return i, fault
		}
	}
	for column, i := range r.at {
		if i < 0 || column == nameColumn {
			continue
		}
		if fault := lossyFault(record[i]); fault != nil {
			return i, fault
		}
	}
	return 0, nil
}

// looksMisread notes a name that was UTF-8 and was read as something else before
// it came here. It can be meant, so that it is no fault.
func (r *reader) looksMisread(field int, name string) {
	before := misread(name)
	if before == "" {
		return
	}
	if r.misread++; r.misread == 1 {
		r.note(fmt.Sprintf("%s: %q looks like %q, read in the wrong code page on its way here", r.place(field), name, before))
	}
}

// textFault says why a field cannot be text of such a file.
func textFault(field string) error {
	switch {
	case len(field) > maxField:
		return fmt.Errorf("a field of %d bytes, and %d is the most; is a quote not closed?", len(field), maxField)
	case strings.IndexByte(field, 0) >= 0:
		return fmt.Errorf("a NUL character: the file is damaged; export it anew, or %s", saveAsUTF8)
	case !utf8.ValidString(field):
		return notUTF8(field)
	default:
		return nil
	}
}

// loginFault is [source.CheckLogin], with what to do in a file.
func loginFault(login string) error {
	err := source.CheckLogin(login)
	if errors.Is(err, source.ErrNotAlone) {
		return fmt.Errorf("%w; write a row for each login", err)
	}
	return err
}

// fields counts the fields of a row, in words.
func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return strconv.Itoa(n) + " fields"
}
