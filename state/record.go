package state

import (
	"bufio"
	"bytes"
	"encoding/json"
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

// Record is what a run's directory says.
type Record struct {
	Path string // the run's directory
	ID   string
	Info Info
	Plan *plan.Plan
	// Results are the outcomes of the plan's changes, in its order. A change that
	// is not ended is not attempted; if it is in Pending, that is not known.
	Results []plan.Result
	// Pending are the places, in order, of the changes that were begun and not
	// ended since: they may have been made or not.
	Pending []int
	// Created are the groups that creations made, by the change's id.
	Created map[string]target.GroupID
	// Finished says that the run is over; Ended, Stopped and Calls say how.
	Finished bool
	Ended    time.Time
	Stopped  string
	Calls    int64

	ledger  *ledger
	started bool  // the journal has its first line
	whole   int64 // so many bytes of the journal are whole lines
	size    int64 // and so many there are
}

// ReadRun reads a run's directory.
//
// A last line without its end, or one that is no JSON, was being written when
// the run was killed or the machine went down. Nobody has relied on it, and it
// counts as not written. Any other fault of the journal is an error that names
// the line. A journal without a first line is one in which nothing was begun.
func ReadRun(dir string) (*Record, error) {
	p, err := readPlan(filepath.Join(dir, planFile))
	if err != nil {
		return nil, err
	}
	ledger, err := newLedger(p.Changes)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, planFile), err)
	}
	r := &Record{
		Path: dir, ID: filepath.Base(dir), Plan: p, Results: make([]plan.Result, len(p.Changes)),
		Created: map[string]target.GroupID{}, ledger: ledger,
	}
	// Until the journal says it.
	r.Info.Started, _, _ = parseRunID(r.ID)
	name := filepath.Join(dir, journalFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fault("read", name, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	if err := r.replay(name, f); err != nil {
		return nil, err
	}
	for i, pending := range ledger.pending {
		if pending {
			r.Pending = append(r.Pending, i)
		}
	}
	return r, nil
}

func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault("read", path, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	p, err := plan.Read(bufio.NewReader(f))
	if fe, ok := errors.AsType[*plan.FileError](err); ok && fe.Line > 0 {
		return nil, fmt.Errorf("%s:%d: %w", path, fe.Line, fe.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return p, nil
}

// replay reads the journal line by line.
func (r *Record) replay(name string, in io.Reader) error {
	b := bufio.NewReader(in)
	for number := 1; ; number++ {
		line, err := b.ReadBytes('\n')
		r.size += int64(len(line))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault("read", name, err)
		}
		if !json.Valid(line) {
			if _, err := b.Peek(1); errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("%s:%d: the line is no JSON, and more lines follow", name, number)
		}
		if err := r.take(line); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
		r.whole = r.size
	}
}

// take takes in a whole line.
func (r *Record) take(line []byte) error {
	e, err := decodeEntry(bytes.TrimSuffix(line, []byte("\n")))
	switch {
	case err != nil:
		return err
	case r.Finished:
		return errors.New("the run is over, and its journal goes on")
	case r.started == (e.Start != nil):
		return errors.New("expected the run's start in the first line, and only there")
	case e.Start != nil:
		r.started = true
		r.Info, err = e.Start.info(r.Plan)
		return err
	case e.Begin != nil:
		return r.ledger.begin(e.Begin.Change)
	case e.End != nil:
		return r.end(e.End)
	case e.Resume != nil:
		r.ledger.resume()
		return nil
	default:
		r.Finished, r.Ended, r.Stopped, r.Calls = true, e.Finish.Ended, e.Finish.Stopped, e.Finish.Calls
		return nil
	}
}

func (r *Record) end(e *wireEnd) error {
	if err := r.ledger.end(e.Change); err != nil {
		return err
	}
	outcome, err := parseOutcome(e.Outcome)
	if err != nil {
		return err
	}
	r.Results[r.ledger.places[e.Change]] = plan.Result{Outcome: outcome, Detail: e.Detail}
	if e.Group != 0 {
		r.Created[e.Change] = e.Group
	} else {
		delete(r.Created, e.Change)
	}
	return nil
}
