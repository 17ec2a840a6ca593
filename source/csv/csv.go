// Package csv reads a roster from a CSV file, from several, or from standard
// input, and writes such files: one row for each membership.
//
//	group,login,role,name,source_id
//	Finance,amina.diallo@acme.example,admin,Amina Diallo,D-100
//	Finance,jon.berg@acme.example,member,Jon Berg,D-100
//	Interns 2026,,,,D-117
//
// A file begins with a header row. Columns are found by their names, in any order,
// without regard to case; columns that nobody configured are ignored, since files
// from HR have them. What separates the fields is found from the header row as
// well, unless the configuration says it. A row with a group and nothing else, but
// for the group's source_id and description, declares the group, so that an empty
// one can be said; a row with nothing at all says nothing. A person's key is the
// folded login.
//
// # From bytes to text
//
// The text is UTF-8, with or without a byte order mark, or UTF-16 with one; a
// file that is compressed with gzip is read as what is in it, whatever it is
// called. Anything else is named and refused, and so is what is cut off, damaged,
// or changes while it is read: nothing of it is ever a shorter list. The digest in
// the evidence is of the file as it is on the disk.
//
// # Several files
//
// A path can be a pattern. All files that match are one source, each with its
// own header row and delimiter, and a group may be in several of them. The digest
// is that of what sha256sum says of them, by their base names.
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
// without a group, the header row again, a group's name or source_id with an invisible character,
// source_ids that contradict each other) means that the file is not what it
// seems to be. The read fails, with the places of the first of them and how many
// there are.
//
// A fault of one row (a login that is missing or cannot be one, an unknown role,
// a control character in a description) leaves the rest of the file credible. The
// row is left out and its group is marked partial, so that nobody is removed from
// it; [Config.FailOnBadRow] makes such a fault fail the read as well.
//
// A last line without a line end may be a copy that broke off. The group of its
// row is marked partial, a description in that row does not count, and nothing
// else is doubted: some programs end their files so. Where the line ends in what
// says which group it is about, and that may be another's because of it, it is a
// fault of structure.
//
// A read gives a whole roster or an error, never both and never neither.
package csv

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/rollcall-sync/rollcall/source"
)

// Source is a CSV file, or several, as a source of a roster. It keeps nothing
// between reads but what standard input said, and may be used by several
// goroutines.
type Source struct {
	config      Config
	maxUnpacked int64 // of one file

	said sync.Mutex // about standard input, which can be read but once
	once bool
	// roster and err are what came of reading it.
	roster *source.Roster
	err    error
}

// Read reads every file once, from its beginning to its end. A fault in a file
// is a [*source.PositionError], or several joined. Files with less in them than
// the configuration expects are [source.ErrIncomplete]. After ctx is cancelled
// the error is its cause.
//
// Standard input is read by the first call; those after it return the same.
func (s *Source) Read(ctx context.Context) (*source.Roster, error) {
	read := s.readFiles
	if s.config.Path == stdin {
		read = s.readOnce
	}
	roster, err := read(ctx)
	if err != nil {
		return nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	return roster, nil
}

func (s *Source) readOnce(ctx context.Context) (*source.Roster, error) {
	s.said.Lock()
	defer s.said.Unlock()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !s.once {
		s.once = true
		s.roster, s.err = s.readStream(ctx, &abandonable{ctx: ctx, in: s.config.Stdin})
	}
	return s.roster, s.err
}

// readStream reads what is open and cannot be looked at in any other way.
func (s *Source) readStream(ctx context.Context, stream io.Reader) (*source.Roster, error) {
	r := newReader(s.config)
	in, err := newInput(s.config.origin(), stream, s.maxUnpacked)
	if err != nil {
		return nil, err
	}
	if _, err := r.file(ctx, in); err != nil {
		return nil, err
	}
	if err := cmp.Or(in.cause(), r.problems.err()); err != nil {
		return nil, err
	}
	r.builder.SetDigest("sha256:" + in.digest())
	return r.roster()
}

func (s *Source) readFiles(ctx context.Context) (*source.Roster, error) {
	paths, err := s.config.files()
	if err != nil {
		return nil, err
	}
	sums, err := s.config.readChecksums()
	if err != nil {
		return nil, err
	}
	r := newReader(s.config)
	var read []*opened
	for _, path := range paths {
		file, err := s.readFile(ctx, r, sums, path)
		if err != nil {
			return nil, err
		}
		read = append(read, file)
	}
	if err := r.problems.err(); err != nil {
		return nil, err
	}
	if len(paths) > 1 {
		if err := s.stillThere(read); err != nil {
			return nil, err
		}
		r.builder.Note(fmt.Sprintf("%d files: %s", len(paths), fileList(paths)))
	}
	r.builder.SetDigest("sha256:" + digestOf(read))
	return r.roster()
}

// readFile reads one file. What is wrong in it goes to the reader's problems, so
// that those of the next file are told as well.
func (s *Source) readFile(ctx context.Context, r *reader, sums checksums, path string) (*opened, error) {
	if err := sums.known(s.config, path); err != nil {
		return nil, err
	}
	file, err := s.config.open(path)
	if err != nil {
		return nil, err
	}
	defer file.close()
	in, err := newInput(path, &cancellable{ctx, file}, s.maxUnpacked)
	if err != nil {
		return file, r.problems.take(err)
	}
	whole, err := r.file(ctx, in)
	if err == nil && !whole {
		err = in.drain()
	}
	if err != nil {
		return nil, err
	}
	if err := file.unchanged(in.size, in.broken == nil); err != nil || in.broken != nil {
		return file, err
	}
	file.digest = in.digest()
	return file, sums.match(s.config, path, file.digest)
}

// stillThere fails if the files are others than when the first of them was read:
// a roster of both the old ones and the new ones was never true.
func (s *Source) stillThere(read []*opened) error {
	for _, file := range read {
		if err := file.inPlace(); err != nil {
			return err
		}
	}
	paths, err := s.config.files()
	if err != nil {
		return err
	}
	if !slices.EqualFunc(paths, read, func(path string, file *opened) bool { return path == file.path }) {
		return fmt.Errorf("other files match %s than when the first of them was read: run again once nobody is writing there",
			s.config.origin())
	}
	return nil
}

// digestOf returns the digest of a file, and of several that of what sha256sum
// says of them.
func digestOf(files []*opened) string {
	if len(files) == 1 {
		return files[0].digest
	}
	sum := sha256.New()
	for _, file := range files {
		fmt.Fprintf(sum, "%s  %s\n", file.digest, filepath.Base(file.path))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
