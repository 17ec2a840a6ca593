// Package csv reads a roster from one CSV file, and writes such files: one row
// for each membership.
//
//	group,login,role,name,source_id
//	Finance,amina.diallo@acme.example,admin,Amina Diallo,D-100
//	Finance,jon.berg@acme.example,member,Jon Berg,D-100
//	Interns 2026,,,,D-117
//
// The file is UTF-8, with or without a byte order mark, and begins with a
// header row. Columns are found by their names, in any order, without regard to
// case; columns that nobody configured are ignored, since files from HR have
// them. A row with a group and nothing else, but for the group's source_id and
// description, declares the group, so that an empty one can be said; a row with
// nothing at all says nothing. A person's key is the folded login.
//
// # What a group is known by
//
// A group's id is its name. With a column of ids ([Columns.SourceID]) it is what
// that column says, so that a group can have another name tomorrow and still be
// the same. A group has its source_id on every row, or on none: on a row without
// one, or with another, nobody can tell whether it was forgotten or another
// group is meant. For the same reason no two groups have one id, be it a
// source_id or the name of a group that has none; case does not count, as it
// does not in identifiers.
//
// # What a group is described by
//
// With a column of descriptions ([Columns.Description]) a group has the one that
// any of its rows gives; one row is enough. It is one line of text in Unicode's
// composed form: blanks around it go, and a line break or a tab becomes a blank.
// A group without one is not described, which leaves Box's description as it is.
// So does a group whose rows give two different ones; they contradict each other
// as two roles of one person do, and mark the group partial.
//
// # Which Box group it is
//
// With a column of ids of Box groups ([Columns.BoxID]) a group is the Box group
// with the id that any of its rows gives; one row is enough. Two different ids, an
// id that is no number, and one id for two groups are faults of structure.
//
// # Two kinds of fault
//
// A fault of structure (quoting, the number of fields, the encoding, a row
// without a group, a group's name or source_id with an invisible character,
// source_ids that contradict each other) means that the file is not what it
// seems to be. The read fails, with the places of the first of them and how many
// there are.
//
// A fault of one row (a login that is missing or cannot be one, an unknown
// role, a control character in a description) leaves the rest of the file credible. The row is left out and its group
// is marked partial, so that nobody is removed from it; [Config.FailOnBadRow]
// makes such a fault fail the read as well.
//
// A last line without a line end may be a copy that broke off. The group of its
// row is marked partial, a description in that row does not count, and nothing
// else is doubted: some programs end their files so.
//
// A read gives a whole roster or an error, never both and never neither.
package csv

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/rollcall-sync/rollcall/source"
)

// Source is a CSV file as a source of a roster. It keeps nothing between
// reads, and may be used by several goroutines.
type Source struct {
	config Config
}

// Read reads the file once, from its beginning to its end. A fault in the file
// is a [*source.PositionError], or several joined. A file with less in it than
// the configuration expects is [source.ErrIncomplete]. After ctx is cancelled
// the error is its cause.
func (s *Source) Read(ctx context.Context) (*source.Roster, error) {
	roster, err := s.readFile(ctx)
	if err != nil {
		return nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	return roster, nil
}

func (s *Source) readFile(ctx context.Context) (*source.Roster, error) {
	file, err := os.Open(s.config.Path)
	if err != nil {
		return nil, s.unreadable(err)
	}
	defer func() { _ = file.Close() }() // closing what was only read loses nothing
	return s.read(ctx, file)
}

// read is Read for what is open already.
func (s *Source) read(ctx context.Context, file io.Reader) (*source.Roster, error) {
	sum, end := sha256.New(), lastByte(0)
	in, limit, err := textOf(s.config.Path, io.TeeReader(file, io.MultiWriter(sum, &end)))
	if err != nil {
		return nil, err
	}
	r := newReader(s.config, in, limit)
	if err := r.header(); err != nil {
		return nil, err
	}
	if err := r.rows(ctx); err != nil {
		return nil, err
	}
	r.builder.SetDigest("sha256:" + hex.EncodeToString(sum.Sum(nil)))
	if end != '\n' {
		r.mayBeCut()
	}
	return r.roster()
}

// lastByte is a writer that remembers the last byte written to it.
type lastByte byte

func (b *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		*b = lastByte(p[len(p)-1])
	}
	return len(p), nil
}

// textOf returns the text of a file, behind its byte order mark, and what limits
// how much of it is read for one row.
func textOf(path string, file io.Reader) (*bufio.Reader, *recordLimit, error) {
	limit := &recordLimit{in: file}
	limit.nextRecord()
	in := bufio.NewReaderSize(limit, bufferSize)
	return in, limit, skipMark(path, in)
}

// skipMark skips a UTF-8 byte order mark, and refuses one of UTF-16.
func skipMark(path string, in *bufio.Reader) error {
	// An error here is met again, and reported, by the first real read.
	mark, _ := in.Peek(3)
	switch {
	case len(mark) == 3 && string(mark) == "\xEF\xBB\xBF":
		_, err := in.Discard(3)
		return err
	case len(mark) >= 2 && (string(mark[:2]) == "\xFF\xFE" || string(mark[:2]) == "\xFE\xFF"):
		return &source.PositionError{
			Position: source.Position{File: path},
			Err:      fmt.Errorf("the file is UTF-16, which is not supported yet; %s", saveAsUTF8),
		}
	default:
		return nil
	}
}

func (s *Source) unreadable(err error) error {
	return fmt.Errorf("%w; check sources.%s.csv.path", err, s.config.Name)
}
