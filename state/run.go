package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

const (
	planFile    = "plan.jsonl"
	journalFile = "journal.jsonl"
)

// Info is what a run says of itself.
type Info struct {
	Command string // the verb, such as sync
	Host    string
	PID     int
	Started time.Time // kept in UTC
	// ChangeRef and ApprovedBy are what whoever applied the plan said of it.
	ChangeRef, ApprovedBy string
}

// Finish is how a run ended.
type Finish struct {
	Ended   time.Time // kept in UTC
	Stopped string    // why it ended before its end, or empty
	Calls   int64
}

// Run is a run whose journal is open. Its methods may be called by any number
// of goroutines.
type Run struct {
	id, path string
	journal  *journal
	// What the journal says so far; only what it calls to append looks at these.
	ledger *ledger
	over   bool // it has its last line
}

// NewRun makes the directory of a run that is to apply the plan, with the plan
// and the first line of the journal in it. When it returns all of that is on the
// disk; after an error nothing is left.
func (d *Dir) NewRun(p *plan.Plan, info Info) (*Run, error) {
	ledger, err := newLedger(p.Changes)
	if err != nil {
		return nil, err
	}
	id, making, err := d.reserve(info.Started)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(d.runs(), id)
	if err := furnish(making, path, newStart(id, info, p), p); err != nil {
		// What cannot be removed now, Prune removes.
		_ = os.RemoveAll(making)
		return nil, fmt.Errorf("make the run %s: %w", path, err)
	}
	run, err := openNew(path, ledger)
	if err != nil {
		// Nothing has begun. If it stays, the next run finds just that.
		_ = os.RemoveAll(path)
		return nil, fmt.Errorf("make the run %s: %w", path, err)
	}
	return run, nil
}

// reserve finds a free id for a run that started at the given time and makes
// the directory in which the run is put together. Two runs that start in one
// second are told apart by a number.
func (d *Dir) reserve(started time.Time) (id, making string, err error) {
	for n := 1; ; n++ {
		id := runID(started, n)
		making := filepath.Join(d.runs(), "."+id)
		err := os.Mkdir(making, dirMode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", "", fault("make the directory of a run", making, err)
		}
		switch _, err := os.Lstat(filepath.Join(d.runs(), id)); {
		case errors.Is(err, fs.ErrNotExist):
			return id, making, nil
		case err != nil:
			return "", "", fault("make the directory of a run", making, errors.Join(err, os.Remove(making)))
		}
		if err := os.Remove(making); err != nil {
			return "", "", fault("make the directory of a run", making, err)
		}
	}
}

// furnish fills the directory of a run before it gets its name, so that a run
// is there whole or not at all.
func furnish(making, path string, start *wireStart, p *plan.Plan) error {
	err := WriteFile(filepath.Join(making, planFile), func(w io.Writer) error { return plan.Write(w, p) })
	if err != nil {
		return err
	}
	err = WriteFile(filepath.Join(making, journalFile), func(w io.Writer) error { return writeEntry(w, &wireEntry{Start: start}) })
	if err != nil {
		return err
	}
	if err := os.Rename(making, path); err != nil {
		return fault("rename", making, inner(err))
	}
	return nil
}

// openNew makes the name of a run last, and opens it.
func openNew(path string, l *ledger) (*Run, error) {
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, fault("sync", filepath.Dir(path), err)
	}
	return open(path, l)
}

// open opens the journal of a run for appending.
func open(path string, l *ledger) (*Run, error) {
	name := filepath.Join(path, journalFile)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fault("open the journal", name, err)
	}
	return &Run{id: filepath.Base(path), path: path, journal: newJournal(name, f), ledger: l}, nil
}

// ID returns the run's id: when it started, such as 20261123T103624Z.
func (r *Run) ID() string { return r.id }

// Path returns the run's directory.
func (r *Run) Path() string { return r.path }

// Begin notes that a change is about to be made, and returns once the note is
// on the disk. Callers that come together share a sync. After an error nothing
// may be written to Box: every later Begin fails with the same error.
func (r *Run) Begin(change string) error {
	line, err := r.note(func() (*wireEntry, error) {
		return &wireEntry{Begin: &wireBegin{Change: change, At: now()}}, r.ledger.begin(change)
	})
	if err != nil {
		return err
	}
	return r.journal.commit(line)
}

// End notes what became of a change, and for a creation the group that came of
// it. It does not wait for the disk: the next Begin or Finish does, and a change
// whose end is lost is settled by looking. A change that was decided without a
// write need not have been begun.
func (r *Run) End(change string, result plan.Result, group target.GroupID) error {
	_, err := r.note(func() (*wireEntry, error) {
		return &wireEntry{End: &wireEnd{
			Change: change, At: now(), Outcome: result.Outcome.String(), Detail: result.Detail, Group: group,
		}}, r.ledger.end(change)
	})
	return err
}

// Finish notes that the run is over, syncs and closes the journal. If it fails,
// the run counts as unfinished, and the next one settles it.
func (r *Run) Finish(f Finish) error {
	line, err := r.note(func() (*wireEntry, error) {
		r.over = true
		return &wireEntry{Finish: &wireFinish{Ended: f.Ended.UTC(), Stopped: f.Stopped, Calls: f.Calls}}, nil
	})
	if err == nil {
		err = r.journal.commit(line)
	}
	return errors.Join(err, r.journal.close())
}

// note appends the line that next returns, unless the run is over.
func (r *Run) note(next func() (*wireEntry, error)) (line int64, err error) {
	return r.journal.append(func() (*wireEntry, error) {
		if r.over {
			return nil, errors.New("the run is over")
		}
		return next()
	})
}

// Close closes the journal of a run that is not over: a settlement that could
// not look everything up. After Finish it does nothing.
func (r *Run) Close() error { return r.journal.close() }

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
