package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Holder is who holds the lock.
type Holder struct {
	Command string    `json:"command"` // the verb, such as sync
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
}

// String returns the holder as a message names them.
func (h Holder) String() string {
	return fmt.Sprintf("%s, pid %d on %s, since %s", h.Command, h.PID, h.Host, h.Since.UTC().Format(time.RFC3339))
}

// LockedError says that another run is under way.
type LockedError struct {
	Path   string
	Holder Holder // its zero value means that the lock does not say
}

// Error names the lock and its holder.
func (e *LockedError) Error() string {
	holder := "holder unknown"
	if e.Holder != (Holder{}) {
		holder = e.Holder.String()
	}
	return fmt.Sprintf("another run holds the lock %s: %s", e.Path, holder)
}

// Lock takes the lock, or fails with a [*LockedError]; it does not wait. The
// kernel releases the lock when the process ends in whatever way. The file
// stays, and says whose it is while somebody holds it.
//
// The note of a run that was killed stays until the next one writes its own.
// Between taking the lock and writing that note lies a moment in which somebody
// who is refused is told of the dead run.
func (d *Dir) Lock(h Holder) error {
	path := filepath.Join(d.path, "lock")
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(fileMode))
	got, err := lock.TryLock()
	if err != nil {
		return fault("lock", path, err)
	}
	if !got {
		return &LockedError{Path: path, Holder: readHolder(path)}
	}
	note, err := json.Marshal(h)
	if err == nil {
		err = writeNote(path, append(note, '\n'))
	}
	if err != nil {
		return errors.Join(fault("lock", path, err), lock.Unlock())
	}
	d.lock = lock
	return nil
}

// Unlock releases the lock. Without the lock it does nothing.
func (d *Dir) Unlock() error {
	if d.lock == nil {
		return nil
	}
	// First the note: who is refused from here on is told of nobody.
	err := errors.Join(writeNote(d.lock.Path(), nil), d.lock.Unlock())
	if err != nil {
		err = fault("unlock", d.lock.Path(), err)
	}
	d.lock = nil
	return err
}

// writeNote replaces what the lock file says. The file itself must stay, since
// the lock is on it and not on its name.
func writeNote(path string, note []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(note)
	return errors.Join(err, f.Close())
}

// readHolder returns what the lock file says, or the zero value if it says
// nothing that can be understood: it may be read while it is being written.
func readHolder(path string) Holder {
	f, err := os.Open(path)
	if err != nil {
		return Holder{}
	}
	defer f.Close() //nolint:errcheck // it was only read
	note, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return Holder{}
	}
	var h Holder
	if json.Unmarshal(note, &h) != nil {
		return Holder{}
	}
	return h
}

// UnderWay returns who holds the lock, if somebody does who says so. It takes nothing
// from them; only where a dead run has left its note is the lock taken for a moment,
// to see that nobody holds it.
func (d *Dir) UnderWay() (Holder, bool) {
	path := filepath.Join(d.path, "lock")
	h := readHolder(path)
	if h == (Holder{}) {
		return h, false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	if free, err := lock.TryRLock(); err == nil && free {
		_ = lock.Unlock()
		return Holder{}, false
	}
	return h, true
}
