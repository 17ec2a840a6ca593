package state

import (
	"bytes"

	"github.com/rollcall-sync/rollcall/plan"
)

// File is what a journal needs of a file.
type File = file

// NewTestRun returns a run of the plan whose journal is f.
func NewTestRun(path string, f File, p *plan.Plan) (*Run, error) {
	l, err := newLedger(p.Changes)
	return &Run{id: "test", path: path, journal: newJournal(path, f), ledger: l}, err
}

// ResumeTest is Dir.Resume with a file that was cut already.
func ResumeTest(path string, f File, rec *Record) (*Run, error) {
	r := &Run{id: "test", path: path, journal: newJournal(path, f), ledger: rec.ledger}
	return r, r.resume(rec)
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
	r, err := newRecord(p)
	if err != nil {
		return nil, err
	}
	return r, r.replay("journal.jsonl", bytes.NewReader(journal))
}

// Hint returns what to do about an error.
func Hint(err error) string { return hint(err) }

// Whole returns how many bytes of the journal are whole lines.
func (r *Record) Whole() int64 { return r.whole }

// DecodePauses reads a file of pauses that is in memory.
func DecodePauses(b []byte) ([]plan.Pause, error) { return decodePauses(b) }

// EncodePauses returns the file of the pauses.
func EncodePauses(all []plan.Pause) ([]byte, error) { return encodePauses(all) }
