package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const stampLayout = "20060102T150405Z"

// runID names the n-th run that started in one second.
func runID(started time.Time, n int) string {
	id := started.UTC().Format(stampLayout)
	if n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	return id
}

// parseRunID takes an id apart; ok is false for what is none.
func parseRunID(id string) (started time.Time, n int, ok bool) {
	stamp, number, several := strings.Cut(id, "-")
	started, err := time.Parse(stampLayout, stamp)
	n = 1
	if err == nil && several {
		n, err = strconv.Atoi(number)
	}
	if err != nil || runID(started, n) != id {
		return time.Time{}, 0, false
	}
	return started, n, true
}

// ids returns the ids of all runs, oldest first.
func (d *Dir) ids() ([]string, error) {
	entries, err := os.ReadDir(d.runs())
	if err != nil {
		return nil, fault("read", d.runs(), err)
	}
	var ids []string
	for _, e := range entries {
		if _, _, ok := parseRunID(e.Name()); ok && e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		at, an, _ := parseRunID(a)
		bt, bn, _ := parseRunID(b)
		return cmp.Or(at.Compare(bt), cmp.Compare(an, bn))
	})
	return ids, nil
}

// Unfinished returns the runs that are not over, oldest first: those that died,
// and those that the caller has open.
//
// Runs that cannot be read are told of by the error, each with its directory,
// and the others are returned all the same: the caller can settle those, say
// that a person must look at the rest, and go on. What such a run was doing is
// lost to us; the next plan compares Box with the source anew, so nothing
// depends on it.
func (d *Dir) Unfinished() ([]*Record, error) {
	ids, err := d.ids()
	if err != nil {
		return nil, err
	}
	var records []*Record
	var faults []error
	for _, id := range ids {
		path := filepath.Join(d.runs(), id)
		over, err := finished(path)
		if over {
			continue
		}
		var r *Record
		if err == nil {
			r, err = ReadRun(path)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("the run %s is not over and cannot be settled; look at it, then move it away: %w", path, err))
			continue
		}
		// Something may stand behind the last line of a run that is over.
		if !r.Finished {
			records = append(records, r)
		}
	}
	return records, errors.Join(faults...)
}

// finished reports whether a run is over, by the last line of its journal.
func finished(path string) (bool, error) {
	name := filepath.Join(path, journalFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fault("read", name, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	line, err := lastLine(f)
	if err != nil {
		return false, fault("read", name, err)
	}
	e, err := decodeEntry(line)
	return err == nil && e.Finish != nil, nil
}

// lastLine returns the last line of a file without its end, or nothing if it
// has no end. It reads no more than it must: a journal can be long.
func lastLine(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	for size := int64(1 << 12); ; size *= 2 {
		from := max(0, info.Size()-size)
		tail, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
		if err != nil {
			return nil, err
		}
		line, whole := bytes.CutSuffix(tail, []byte("\n"))
		if !whole {
			return nil, nil
		}
		if i := bytes.LastIndexByte(line, '\n'); i >= 0 || from == 0 {
			return line[i+1:], nil
		}
	}
}

// Resume opens the journal of a run that is not over, so that what is pending
// can be ended and the run finished. What a torn last line left is cut off. A
// run in which nothing was begun is finished the same way.
func (d *Dir) Resume(r *Record) (*Run, error) {
	name := filepath.Join(r.Path, journalFile)
	if r.Finished {
		return nil, fmt.Errorf("resume %s: the run is over", r.Path)
	}
	if err := r.cut(name); err != nil {
		return nil, fault("resume", name, err)
	}
	run, err := open(r.Path, r.ledger)
	if err != nil {
		return nil, err
	}
	if err := run.resume(r); err != nil {
		return nil, errors.Join(err, run.Close())
	}
	return run, nil
}

// cut leaves whole lines in the journal, and makes it where there is none.
func (r *Record) cut(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() != r.size:
		err = errors.New("it has changed since it was read: read it again, with the lock held")
	default:
		err = f.Truncate(r.whole)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(r.Path)
}

// resume writes the first line of those that a settlement adds.
func (r *Run) resume(rec *Record) error {
	if !rec.started {
		_, err := r.note(func() (*wireEntry, error) { return &wireEntry{Start: newStart(rec.ID, rec.Info, rec.Plan)}, nil })
		if err != nil {
			return err
		}
	}
	line, err := r.note(func() (*wireEntry, error) {
		r.ledger.resume()
		return &wireEntry{Resume: &wireResume{At: now()}}, nil
	})
	if err != nil {
		return err
	}
	return r.journal.commit(line)
}

// Prune removes the finished runs that started before the given time, and
// reports how many. A run that is not over stays, however old it is. Left-overs
// of what died while a file or a run was being made go too, once they are as
// old. What cannot be removed is told of by the error, and does not keep the
// rest.
func (d *Dir) Prune(before time.Time) (removed int, err error) {
	ids, err := d.ids()
	if err != nil {
		return 0, err
	}
	var faults []error
	for _, id := range ids {
		path := filepath.Join(d.runs(), id)
		started, _, _ := parseRunID(id)
		if !started.Before(before) {
			break
		}
		over, err := finished(path)
		if err == nil && over {
			if err = d.remove(id); err == nil {
				removed++
			}
		}
		faults = append(faults, err)
	}
	return removed, errors.Join(append(faults, sweep(d.path, before), sweep(d.runs(), before))...)
}

// remove removes a run. Its name goes first: half a run would look like one
// that died.
func (d *Dir) remove(id string) error {
	path, going := filepath.Join(d.runs(), id), filepath.Join(d.runs(), ".gone-"+id)
	if err := os.Rename(path, going); err != nil {
		return fault("remove", path, inner(err))
	}
	if err := os.RemoveAll(going); err != nil {
		return fault("remove", going, err)
	}
	return nil
}

// sweep removes what begins with a dot and is old: everything that this package
// makes has such a name until it is whole.
func sweep(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault("read", dir, err)
	}
	var faults []error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), ".") || !info.ModTime().Before(before) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if err := os.RemoveAll(path); err != nil {
			faults = append(faults, fault("remove", path, err))
		}
	}
	return errors.Join(faults...)
}
