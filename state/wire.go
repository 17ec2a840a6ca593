package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// journalFormat is the format of journal.jsonl that this package writes, and the
// only one that it reads.
const journalFormat = 1

// wireEntry is a line of a journal. Exactly one field is set.
type wireEntry struct {
	Start  *wireStart  `json:"start,omitempty"`  // the first line, and only that
	Begin  *wireBegin  `json:"begin,omitempty"`  // a change is about to be made
	End    *wireEnd    `json:"end,omitempty"`    // what became of a change
	Resume *wireResume `json:"resume,omitempty"` // another process goes on: a settlement
	Finish *wireFinish `json:"finish,omitempty"` // the last line of a run that is over
}

type wireStart struct {
	Format     int       `json:"format"`
	ID         string    `json:"id"`
	Command    string    `json:"command,omitempty"`
	Host       string    `json:"host,omitempty"`
	PID        int       `json:"pid,omitempty"`
	Started    time.Time `json:"started"`
	ChangeRef  string    `json:"change_ref,omitempty"`
	ApprovedBy string    `json:"approved_by,omitempty"`
	Digest     string    `json:"digest"`
	Changes    int       `json:"changes"`
}

type wireBegin struct {
	Change string    `json:"change"`
	At     time.Time `json:"at"`
}

type wireEnd struct {
	Change  string         `json:"change"`
	At      time.Time      `json:"at"`
	Outcome string         `json:"outcome"`
	Detail  string         `json:"detail,omitempty"`
	Group   target.GroupID `json:"group,omitempty"`
}

type wireResume struct {
	At time.Time `json:"at"`
}

type wireFinish struct {
	Ended   time.Time `json:"ended"`
	Stopped string    `json:"stopped,omitempty"`
	Calls   int64     `json:"calls"`
}

// writeEntry writes a line with its end, in one write.
func writeEntry(w io.Writer, e *wireEntry) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(e)
}

// decodeEntry decodes a line, strictly.
func decodeEntry(line []byte) (*wireEntry, error) {
	e := new(wireEntry)
	if err := decodeStrict(line, e); err != nil {
		return nil, err
	}
	set := 0
	for _, there := range []bool{e.Start != nil, e.Begin != nil, e.End != nil, e.Resume != nil, e.Finish != nil} {
		if there {
			set++
		}
	}
	if set != 1 {
		return nil, errors.New("expected one of start, begin, end, resume and finish")
	}
	return e, nil
}

func newStart(id string, info Info, p *plan.Plan) *wireStart {
	return &wireStart{
		Format: journalFormat, ID: id, Command: info.Command, Host: info.Host, PID: info.PID, Started: info.Started.UTC(),
		ChangeRef: info.ChangeRef, ApprovedBy: info.ApprovedBy, Digest: p.Digest(), Changes: len(p.Changes),
	}
}

// info checks that the journal is one that this package reads and belongs to
// the plan, and returns what it says of its run.
func (s *wireStart) info(p *plan.Plan) (Info, error) {
	switch digest := p.Digest(); {
	case s.Format != journalFormat:
		return Info{}, fmt.Errorf("the journal's format is %d and this program knows format %d", s.Format, journalFormat)
	case s.Digest != digest:
		return Info{}, fmt.Errorf("the journal belongs to the plan %s, and the one beside it is %s", s.Digest, digest)
	case s.Changes != len(p.Changes):
		return Info{}, fmt.Errorf("the journal belongs to a plan of %d changes, and the one beside it has %d", s.Changes, len(p.Changes))
	}
	return Info{
		Command: s.Command, Host: s.Host, PID: s.PID, Started: s.Started, ChangeRef: s.ChangeRef, ApprovedBy: s.ApprovedBy,
	}, nil
}

func parseOutcome(word string) (plan.Outcome, error) {
	for o := plan.NotAttempted; o <= plan.Failed; o++ {
		if o.String() == word {
			return o, nil
		}
	}
	return plan.NotAttempted, fmt.Errorf("unknown outcome %q", word)
}
