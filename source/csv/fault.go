package csv

import (
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
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

const saveAsUTF8 = `save it as "CSV UTF-8"`

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
	line, column := r.csv.FieldPos(field)
	return &source.PositionError{
		Position: source.Position{File: r.config.Path, Line: line, Column: column}, Err: fault,
	}
}

// whole is a fault of the file as a whole.
func (r *reader) whole(fault error) error {
	return &source.PositionError{Position: source.Position{File: r.config.Path}, Err: fault}
}

// readFault takes in an error after which nothing more can be read. It returns
// the error if the file itself could not be read, and records it as a problem
// if what is in the file is at fault.
func (r *reader) readFault(err error) error {
	if errors.Is(err, errRecordTooLong) {
		r.problems.add(&source.PositionError{
			Position: source.Position{File: r.config.Path, Line: r.endLine},
			Err:      fmt.Errorf("%w begins after this line; is a quote not closed?", err),
		})
		return nil
	}
	parse, ok := errors.AsType[*stdcsv.ParseError](err)
	if !ok {
		return fmt.Errorf("%w; check sources.%s.csv.path", err, r.config.Name)
	}
	text := "a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice"
	if errors.Is(err, stdcsv.ErrBareQuote) {
		text = "a quote inside a field that does not begin with one; quote the whole field and write the inner quote twice"
	}
	if r.builder == nil {
		text += fmt.Sprintf("; or are the fields not separated by %q? if so, set sources.%s.csv.delimiter", r.config.Delimiter, r.config.Name)
	}
	if parse.StartLine != parse.Line {
		text += fmt.Sprintf(" (the row begins in line %d)", parse.StartLine)
	}
	r.problems.add(&source.PositionError{
		Position: source.Position{File: r.config.Path, Line: parse.Line, Column: parse.Column},
		Err:      errors.New(text + "; what follows was not read"),
	})
	return nil
}

// textFault says why a field cannot be text of such a file.
func textFault(field string) error {
	switch {
	case len(field) > maxField:
		return fmt.Errorf("a field of %d bytes, and %d is the most; is a quote not closed?", len(field), maxField)
	case strings.IndexByte(field, 0) >= 0:
		return fmt.Errorf("a NUL byte: the file is damaged, or it is UTF-16; %s", saveAsUTF8)
	case !utf8.ValidString(field):
		return fmt.Errorf("bytes that are not UTF-8; %s", saveAsUTF8)
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
