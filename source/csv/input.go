package csv

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/rollcall-sync/rollcall/source"
)

// input is one file or standard input on its way from bytes to text:
// what it holds is unpacked, decoded and bounded.
type input struct {
	name        string // for people
	maxUnpacked int64
	sum         hash.Hash // of the bytes as they are on the disk
	size        int64     // how many were read so far
	// unread is why they could not be read, and broken why there is no text after
	// what was read; both are met wherever somebody goes on reading.
	unread, broken error

	text  *bufio.Reader
	limit *recordLimit
	end   byte // the last one of the text that was read so far
}

// newInput begins to read. An error is a [*source.PositionError] if the file
// is no text that this package reads.
func newInput(name string, raw io.Reader, maxUnpacked int64) (*input, error) {
	in := &input{name: name, maxUnpacked: maxUnpacked, sum: sha256.New()}
	plain, err := in.unpack(bufio.NewReaderSize(&rawBytes{in, raw}, bufferSize))
	if err != nil {
		return nil, in.named(err)
	}
	if err := recognise(plain); err != nil {
		return nil, in.whole(err)
	}
	text, err := in.decode(plain)
	if err != nil {
		return nil, err
	}
	in.limit = &recordLimit{in: &textBytes{in, text}}
	in.limit.nextRecord()
	in.text = bufio.NewReaderSize(in.limit, bufferSize)
	return in, nil
}

// head returns the beginning of the text, without reading it. An error is met
// again, and reported, by the first real read.
func (in *input) head() []byte {
	head, _ := in.text.Peek(bufferSize)
	return head
}

// drain reads what a reader left who has found a fault, and returns why the file
// cannot be read, if that comes out: it is the cause of the fault then.
func (in *input) drain() error {
	_, _ = io.Copy(io.Discard, in.limit.in) // an error is in in.broken
	return in.cause()
}

// cause is why the file cannot be read, as against what is wrong in its text.
func (in *input) cause() error {
	if _, ok := errors.AsType[*source.PositionError](in.broken); ok {
		return nil
	}
	return in.broken
}

func (in *input) digest() string { return hex.EncodeToString(in.sum.Sum(nil)) }

// whole is a fault of the file as a whole.
func (in *input) whole(fault error) error { return in.at(0, fault) }

func (in *input) at(line int, fault error) error {
	return &source.PositionError{Position: source.Position{File: in.name, Line: line}, Err: fault}
}

// named says which file an error is about, unless the error says so itself.
func (in *input) named(err error) error {
	if _, ok := errors.AsType[*source.PositionError](err); ok || in.unread != nil {
		return err
	}
	return fmt.Errorf("%s: %w", in.name, err)
}

// rawBytes are the bytes as they are on the disk.
type rawBytes struct {
	in  *input
	raw io.Reader
}

func (r *rawBytes) Read(p []byte) (int, error) {
	if r.in.unread != nil {
		return 0, r.in.unread
	}
	n, err := r.raw.Read(p)
	r.in.size += int64(n)
	_, _ = r.in.sum.Write(p[:n]) // a hash never fails
	if err != nil && !errors.Is(err, io.EOF) {
		r.in.unread = err
	}
	return n, err
}

// textBytes are the bytes of the text, in UTF-8 if all is well.
type textBytes struct {
	in   *input
	text io.Reader
}

func (t *textBytes) Read(p []byte) (int, error) {
	if t.in.broken != nil {
		return 0, t.in.broken
	}
	n, err := t.text.Read(p)
	if n > 0 {
		t.in.end = p[n-1]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.in.broken = t.in.named(err)
		err = t.in.broken
	}
	return n, err
}

// carriageReturnsOnly reports whether the lines of a text end as they did on a
// Mac before 2001: with what is no line end to anybody else.
func carriageReturnsOnly(head []byte) bool {
	return bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0
}
