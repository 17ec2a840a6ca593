package state

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/plan"
)

// ledger knows what a journal may say next: [Run] asks it before it writes, and
// [ReadRun] while it reads, so that whatever is written can be read.
//
// Each process that works on a run, the one that started it and those that
// settle it, begins a change at most once and ends it at most once. A later
// process may do so again, and its word counts: it has looked later. A change
// that is decided without a write is ended without having been begun.
type ledger struct {
	places  map[string]int // of the plan's changes, by id
	pending []bool         // begun, and not ended since
	begun   []bool         // by this process
	ended   []bool         // by this process
}

func newLedger(changes []plan.Change) (*ledger, error) {
	n := len(changes)
	l := &ledger{places: make(map[string]int, n), pending: make([]bool, n), begun: make([]bool, n), ended: make([]bool, n)}
	for i := range changes {
		l.places[changes[i].ID] = i
	}
	if len(l.places) != n {
		return nil, fmt.Errorf("the plan's %d changes have %d ids: a journal cannot tell them apart", n, len(l.places))
	}
	return l, nil
}

func (l *ledger) begin(change string) error {
	i, ok := l.places[change]
	switch {
	case !ok:
		return fmt.Errorf("the plan has no change %q", change)
	case l.begun[i]:
		return fmt.Errorf("the change %q is begun a second time", change)
	case l.ended[i]:
		return fmt.Errorf("the change %q is begun after its end", change)
	}
	l.begun[i], l.pending[i] = true, true
	return nil
}

func (l *ledger) end(change string) error {
	i, ok := l.places[change]
	switch {
	case !ok:
		return fmt.Errorf("the plan has no change %q", change)
	case l.ended[i]:
		return fmt.Errorf("the change %q is ended a second time", change)
	}
	l.ended[i], l.pending[i] = true, false
	return nil
}

// resume hands over to the next process.
func (l *ledger) resume() {
	clear(l.begun)
	clear(l.ended)
}
