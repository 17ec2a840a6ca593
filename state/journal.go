package state

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

// file is what a journal needs of an *os.File.
type file interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

var errClosed = errors.New("it is closed")

// journal appends lines to a file. Any number of goroutines may use it.
//
// The first error is the last word: a line that may be torn must stay the last
// one, and after a sync that failed nobody knows what is on the disk. From then
// on nothing is written.
type journal struct {
	path string
	file file

	mu      sync.Mutex
	turned  *sync.Cond // a sync has ended
	syncing bool
	written int64 // lines written
	synced  int64 // of them on the disk
	err     error
}

func newJournal(path string, f file) *journal {
	j := &journal{path: path, file: f}
	j.turned = sync.NewCond(&j.mu)
	return j
}

// append writes the line that next returns, and does not wait for the disk. It
// returns the line's number, for commit. Lines stand in the order in which next
// was called; it is not called once the journal has failed.
func (j *journal) append(next func() (*wireEntry, error)) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return 0, j.err
	}
	e, err := next()
	var line bytes.Buffer
	if err == nil {
		err = writeEntry(&line, e)
	}
	if err != nil {
		return 0, fmt.Errorf("journal %s: %w", j.path, err)
	}
	if _, err := j.file.Write(line.Bytes()); err != nil {
		return 0, j.fail(err)
	}
	j.written++
	return j.written, nil
}

// commit waits until the line with the number is on the disk. One caller syncs
// at a time; whoever comes meanwhile waits, and one of them syncs for all.
func (j *journal) commit(line int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.synced < line {
		switch {
		case j.err != nil:
			return j.err
		case j.syncing:
			j.turned.Wait()
		default:
			j.sync()
		}
	}
	return nil
}

// sync makes what is written so far last. It is called with the mutex held, and
// lets go of it while the disk works, so that others can append.
func (j *journal) sync() {
	upTo := j.written
	j.syncing = true
	j.mu.Unlock()
	err := j.file.Sync()
	j.mu.Lock()
	j.syncing = false
	if err != nil {
		// The error is kept, and whoever waits finds it.
		_ = j.fail(err)
	} else {
		j.synced = upTo
	}
	j.turned.Broadcast()
}

// fail keeps the first error, and returns it.
func (j *journal) fail(err error) error {
	if j.err == nil {
		j.err = fault("write to the journal", j.path, err)
	}
	return j.err
}

// close lets a sync that is under way end, and closes the file. What is written
// and not committed may last or not. A second close does nothing.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.syncing {
		j.turned.Wait()
	}
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	if j.err == nil {
		j.err = fault("write to the journal", j.path, errClosed)
	}
	if err != nil {
		return fault("close the journal", j.path, err)
	}
	return nil
}
