package plan

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
)

// FileError is a fault in a plan file, with its line. Whoever opened the file
// puts its path in front.
type FileError struct {
	Line int // from 1
	Err  error
}

// Error returns the fault behind its line.
func (e *FileError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the fault without its line.
func (e *FileError) Unwrap() error { return e.Err }

// Read reads a plan that [Write] wrote, and nothing else: what it reads without
// an error, Write writes as the same bytes. So it refuses whatever it does not
// know, or knows in another spelling, besides a file that is cut off or altered.
// Every error is a [*FileError]. Whether the plan has expired, and whether it is
// for this installation, is for the caller to say.
func Read(r io.Reader) (*Plan, error) {
	f := &fileReader{
		in: bufio.NewReaderSize(r, 64<<10), enc: newEncoder(), sum: sha256.New(), plan: &Plan{},
	}
	for {
		f.number++
		line, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = f.take(line)
		}
		if err != nil {
			return nil, &FileError{f.number, err}
		}
	}
	if !f.closed {
		return nil, &FileError{max(1, f.number-1), f.unfinished()}
	}
	if at, err := f.plan.checkIDs(); err != nil {
		return nil, &FileError{f.lineOf(at), err}
	}
	return f.plan, nil
}

// rank says which kinds of line may follow which.
type rank uint8

const (
	atHeader rank = iota
	atGroups
	atChanges
	atHolds
	atFindings
	atTrailer
)

// fileReader reads a plan line by line.
type fileReader struct {
	in     *bufio.Reader
	long   []byte // a line that is longer than the buffer of in
	number int    // of the line at hand
	enc    *encoder
	sum    hash.Hash // of the lines before
	rank   rank
	holds  []int // the lines of the holds
	list   changeList
	closed bool // the trailer has been read
	plan   *Plan
}

// next returns the next line without its end; it is good until the next call.
func (f *fileReader) next() ([]byte, error) {
	part, err := f.in.ReadSlice('\n')
	if err == nil {
		return part[:len(part)-1], nil
	}
	f.long = append(f.long[:0], part...)
	for errors.Is(err, bufio.ErrBufferFull) && len(f.long) <= maxLine {
		part, err = f.in.ReadSlice('\n')
		f.long = append(f.long, part...)
	}
	switch {
	case len(f.long) > maxLine:
		return nil, fmt.Errorf("the line is longer than the %d bytes that a plan may have", maxLine)
	case err == nil:
		return f.long[:len(f.long)-1], nil
	case errors.Is(err, io.EOF) && len(f.long) == 0:
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, errors.New("the line has no end: the file is cut off")
	}
	return nil, fmt.Errorf("reading the plan: %w", err)
}

func (f *fileReader) unfinished() error {
	if f.number == 1 {
		return errors.New("the file is empty")
	}
	return errors.New("the file is cut off: it has no trailer")
}

// lineOf returns the line of a change: changes stand behind the header and the
// groups, and what a hold holds stands behind the hold.
func (f *fileReader) lineOf(at place) int {
	if at.hold == inChanges {
		return 2 + len(f.plan.Groups) + int(at.index)
	}
	return f.holds[at.hold] + 1 + int(at.index)
}

var errForm = errors.New("the line is not in the form that rollcall writes")

// take adds a line to the plan. The fast way is to read it loosely and to see
// whether it would be written the same; only if not is it looked at for why.
func (f *fileReader) take(line []byte) error {
	if f.closed {
		return errors.New("there is more behind the trailer, which is the last line of a plan")
	}
	var w lineWire
	if err := json.Unmarshal(line, &w); err != nil {
		return f.fault(line, errForm)
	}
	again, err := f.add(&w)
	if err != nil {
		return f.fault(line, err)
	}
	written, err := f.enc.line(&again)
	if err != nil {
		return err
	}
	if !bytes.Equal(written[:len(written)-1], line) {
		return f.fault(line, errForm)
	}
	f.sum.Write(written)
	return nil
}

// add adds what a line says to the plan and returns the line as it would be
// written.
func (f *fileReader) add(w *lineWire) (lineWire, error) {
	if err := f.step(w); err != nil {
		return lineWire{}, err
	}
	switch {
	case w.Change != nil:
		again, err := f.addChange(w.Change)
		return lineWire{Change: again}, err
	case w.Held != nil:
		again, err := f.addChange(w.Held)
		return lineWire{Held: again}, err
	}
	f.keepChanges()
	switch {
	case w.Header != nil:
		return f.addHeader(w.Header)
	case w.Group != nil:
		return f.addGroup(w.Group)
	case w.Hold != nil:
		return f.addHold(w.Hold)
	case w.Finding != nil:
		return f.addFinding(w.Finding)
	default:
		return f.addTrailer(w.Trailer)
	}
}

// step checks that a line of its kind may stand here.
func (f *fileReader) step(w *lineWire) error {
	at, n := atHeader, 0
	for _, kind := range []struct {
		rank
		there bool
	}{
		{atHeader, w.Header != nil}, {atGroups, w.Group != nil}, {atChanges, w.Change != nil},
		{atHolds, w.Hold != nil || w.Held != nil}, {atFindings, w.Finding != nil}, {atTrailer, w.Trailer != nil},
	} {
		if kind.there {
			at, n = kind.rank, n+1
		}
	}
	switch {
	case n != 1:
		return errForm
	case f.number == 1 && at != atHeader:
		return errors.New("there is no header, which is the first line of a plan")
	case f.number > 1 && at == atHeader:
		return errors.New("a second header")
	case w.Held != nil && len(f.plan.Holds) == 0:
		return errors.New("a held change without a hold above it")
	case at < f.rank:
		return errors.New("the line is out of order, which is: header, groups, changes, " +
			"holds with what they hold, findings, trailer")
	}
	f.rank = at
	return nil
}

func (f *fileReader) addHeader(w *headerWire) (lineWire, error) {
	var err error
	if f.plan.Header, err = w.header(); err != nil {
		return lineWire{}, err
	}
	again, err := f.plan.Header.wire()
	return lineWire{Header: &again}, err
}

func (f *fileReader) addGroup(w *summaryWire) (lineWire, error) {
	s, err := w.summary()
	if err != nil {
		return lineWire{}, err
	}
	f.plan.Groups = append(f.plan.Groups, s)
	again := s.wire()
	return lineWire{Group: &again}, nil
}

// addChange adds a change to those of the plan or of the last hold. Neighbours
// mostly share their group and what they need, and then they share the memory of
// it.
func (f *fileReader) addChange(w *changeWire) (*changeWire, error) {
	c, err := w.change()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if last := f.list.last(); last != nil {
		if c.Group == last.Group {
			c.Group = last.Group
		}
		if slices.Equal(c.Needs, last.Needs) {
			c.Needs = last.Needs
		}
	}
	f.list.add(c)
	again := c.wire()
	return &again, nil
}

// keepChanges puts the changes that were read where they belong: into the plan,
// or into the last hold.
func (f *fileReader) keepChanges() {
	changes := f.list.take()
	switch {
	case changes == nil:
	case len(f.plan.Holds) == 0:
		f.plan.Changes = changes
	default:
		f.plan.Holds[len(f.plan.Holds)-1].Changes = changes
	}
}

func (f *fileReader) addHold(w *holdWire) (lineWire, error) {
	h, err := w.hold()
	if err != nil {
		return lineWire{}, err
	}
	f.plan.Holds = append(f.plan.Holds, h)
	f.holds = append(f.holds, f.number)
	again := h.wire()
	return lineWire{Hold: &again}, nil
}

func (f *fileReader) addFinding(w *findingWire) (lineWire, error) {
	finding, err := w.finding()
	if err != nil {
		return lineWire{}, err
	}
	f.plan.Findings = append(f.plan.Findings, finding)
	again := finding.wire()
	return lineWire{Finding: &again}, nil
}

// addTrailer compares what the trailer says with what was read.
func (f *fileReader) addTrailer(w *trailerWire) (lineWire, error) {
	f.closed = true
	got := f.plan.trailer()
	got.Checksum = digestText(f.sum)
	counts := func(t *trailerWire) trailerWire {
		return trailerWire{Groups: t.Groups, Changes: t.Changes, Holds: t.Holds, Held: t.Held, Findings: t.Findings}
	}
	switch {
	case counts(w) != counts(&got):
		return lineWire{}, fmt.Errorf("the trailer counts %s, and the file has %s: lines are missing or were added",
			w.counts(), got.counts())
	case w.Checksum != got.Checksum:
		return lineWire{}, fmt.Errorf("the file was altered after it was written: the trailer says %q, and the lines before it give %s",
			w.Checksum, got.Checksum)
	case w.Digest != got.Digest:
		return lineWire{}, fmt.Errorf("the digest is not that of the changes: the trailer says %q, and the changes give %s",
			w.Digest, got.Digest)
	}
	return lineWire{Trailer: &got}, nil
}

func (t *trailerWire) counts() string {
	return fmt.Sprintf("%s, %s, %s, %d held, %s",
		Count(t.Groups, "group"), Count(t.Changes, "change"), Count(t.Holds, "hold"), t.Held, Count(t.Findings, "finding"))
}

// changeList collects changes in pieces. Appending them one by one would copy
// them over and over, and leave several times their size behind as garbage.
type changeList struct {
	pieces [][]Change
	n      int
}

func (l *changeList) last() *Change {
	if l.n == 0 {
		return nil
	}
	piece := l.pieces[len(l.pieces)-1]
	return &piece[len(piece)-1]
}

func (l *changeList) add(c Change) {
	const least, most = 16, 4096
	end := len(l.pieces) - 1
	if end < 0 || len(l.pieces[end]) == cap(l.pieces[end]) {
		l.pieces = append(l.pieces, make([]Change, 0, min(max(l.n, least), most)))
		end++
	}
	l.pieces[end] = append(l.pieces[end], c)
	l.n++
}

// take returns all changes in one slice and begins anew.
func (l *changeList) take() []Change {
	pieces := l.pieces
	*l = changeList{}
	return slices.Concat(pieces...)
}
