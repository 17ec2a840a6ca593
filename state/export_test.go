package state

import (
	"bytes"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// File is what a journal needs of a file.
type File = file

// NewTestRun returns a run of the plan whose journal is f.
func NewTestRun(path string, f File, p *plan.Plan) (*Run, error) {
	l, err := newLedger(p.Changes)
	return &Run{id: "test", path: path, journal: newJournal(path, f), ledger: l}, err
}

// StartLine returns the first line of the journal of a run.
func StartLine(id string, info Info, p *plan.Plan) []byte {
	var b bytes.Buffer
	if err := writeEntry(&b, &wireEntry{Start: newStart(id, info, p)}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Replay reads a journal that is in memory.
func Replay(p *plan.Plan, journal []byte) (*Record, error) {
	l, err := newLedger(p.Changes)
	if err != nil {
		return nil, err
	}
	r := &Record{Plan: p, Results: make([]plan.Result, len(p.Changes)), Created: map[string]target.GroupID{}, ledger: l}
	return r, r.replay("journal.jsonl", bytes.NewReader(journal))
}

// Hint returns what to do about an error.
func Hint(err error) string { return hint(err) }
