package wire

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
)

// tap takes the entries out of what a server sends before the library reads the rest:
// requests, results, references and whatever else is not plainly an entry. The library
// spends most of the time of a large read, and five sixths of the memory, on making
// trees of packets of which nothing is wanted but texts.
type tap struct {
	net.Conn

	reader  *bufio.Reader
	message []byte // the last message
	rest    []byte // what of it the library has not read yet
	raw     bool   // something came that is no message: all is the library's from then on

	mu      sync.Mutex // the library reads in a goroutine of its own
	entries []*Entry
}

// How much is read at once, and how long a message may be that is looked into.
const (
	tapBuffer  = 64 << 10
	maxMessage = 64 << 20
)

func newTap(network net.Conn) *tap {
	return &tap{Conn: network, reader: bufio.NewReaderSize(network, tapBuffer)}
}

// Read gives the library what it is to read.
func (t *tap) Read(to []byte) (int, error) {
	for len(t.rest) == 0 && !t.raw {
		if err := t.next(); err != nil {
			return 0, err
		}
		if e, ok := entryOf(t.rest); ok {
			t.rest = nil
			t.mu.Lock()
			t.entries = append(t.entries, e)
			t.mu.Unlock()
		}
	}
	if len(t.rest) == 0 {
		return t.reader.Read(to)
	}
	n := copy(to, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// taken returns the entries that have come since it was asked before.
func (t *tap) taken() []*Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	entries := t.entries
	t.entries = nil
	return entries
}

// next reads the next message, or finds out that there is none.
func (t *tap) next() error {
	for need := 2; ; {
		header, err := t.reader.Peek(need)
		if err != nil {
			return unended(err, len(header))
		}
		head, body, ok := lengthOf(header)
		switch {
		case head < 0 || body > maxMessage || header[0] != tagSequence:
			t.raw = true
			return nil
		case !ok:
			need = head
			continue
		}
		if cap(t.message) < head+body {
			t.message = make([]byte, head+body)
		}
		t.message = t.message[:head+body]
		n, err := io.ReadFull(t.reader, t.message)
		if err != nil {
			return unended(err, n)
		}
		t.rest = t.message
		return nil
	}
}

// unended is the end of a connection in the middle of a message, which is no end that
// anybody has meant.
func unended(err error, have int) error {
	if errors.Is(err, io.EOF) && have > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
