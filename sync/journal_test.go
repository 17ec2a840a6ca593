package sync_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

var errNoSpace = errors.New("journal: no space left on device")

// memoryJournal is a journal in memory that notes what it is told among the
// events of a Box as well. The hooks are for faults: they are asked before the
// nth begin or end is noted, from 1, and an error keeps it from being noted.
type memoryJournal struct {
	box     *memoryBox
	onBegin func(n int, change string) error
	onEnd   func(n int, change string) error

	mu     sync.Mutex
	begins int
	ends   int
	begun  []string
	ended  []ending
}

// ending is what a journal was told of the end of a change.
type ending struct {
	change string
	result plan.Result
	group  target.GroupID
}

var _ groupsync.Journal = (*memoryJournal)(nil)

func (j *memoryJournal) Begin(change string) error {
	j.mu.Lock()
	j.begins++
	n := j.begins
	j.mu.Unlock()
	if j.onBegin != nil {
		if err := j.onBegin(n, change); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begun = append(j.begun, change)
	j.note("begun " + change)
	return nil
}

func (j *memoryJournal) End(change string, result plan.Result, group target.GroupID) error {
	j.mu.Lock()
	j.ends++
	n := j.ends
	j.mu.Unlock()
	if j.onEnd != nil {
		if err := j.onEnd(n, change); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ended = append(j.ended, ending{change, result, group})
	j.note("ended " + change)
	return nil
}

func (j *memoryJournal) note(text string) {
	j.box.mu.Lock()
	defer j.box.mu.Unlock()
	j.box.events = append(j.box.events, event{journal: text})
}

// changeOf returns the id of the plan's change that a write makes, or "" for a
// write that is no change of the plan. It is asked when all has been written.
func (b *memoryBox) changeOf(p *plan.Plan, w write) string {
	for i := range p.Changes {
		c := &p.Changes[i]
		group := c.Group.ID
		for id, g := range b.groups {
			if group == 0 && g.Identifier == c.Group.Identifier {
				group = id
			}
		}
		kind := c.Kind
		if c.TakesOver() {
			kind = plan.AdoptGroup
		}
		same := kind == w.kind && (kind == plan.CreateGroup || group == w.group)
		switch {
		case !same:
		case kind == plan.CreateGroup && w.name == c.Group.Name,
			kind == plan.AdoptGroup && w.name == c.Group.Identifier,
			kind == plan.RenameGroup && w.name == c.Group.Name,
			kind == plan.UpdateGroup && w.name == c.Wanted()[target.Description],
			kind == plan.Remove && w.user == c.User.ID,
			(kind == plan.Add || kind == plan.SetRole) && w.user == c.User.ID && w.role == c.After:
			return c.ID
		}
	}
	return ""
}

// requireJournalled checks what a journal that never failed was told of a run:
// of every write before it began and after it had ended, once, and of nothing
// that differs from the report.
func requireJournalled(t require.TestingT, b *memoryBox, j *memoryJournal, p *plan.Plan, r *groupsync.Report) {
	place := map[string]int{} // where each thing happened, from 1
	for i, e := range b.events {
		what := e.journal
		switch {
		case what != "":
		case e.ended:
			what = "written " + b.changeOf(p, e.write)
		default:
			what = "sent " + b.changeOf(p, e.write)
		}
		require.Zero(t, place[what], "twice: %s", what)
		place[what] = i + 1
	}
	require.Zero(t, place["sent "], "something that is not in the plan was written")
	for i := range p.Changes {
		id := p.Changes[i].ID
		begun, sent, written, ended := place["begun "+id], place["sent "+id], place["written "+id], place["ended "+id]
		if sent != 0 {
			require.NotZero(t, begun, "written and not begun: %s", id)
			require.Less(t, begun, sent, id)
			require.NotZero(t, ended, "written and not ended: %s", id)
			require.Less(t, written, ended, id)
		}
		if begun != 0 {
			require.NotZero(t, ended, "begun and not ended: %s", id)
			require.Less(t, begun, ended, id)
		}
		if ended == 0 {
			require.Equal(t, plan.Result{}, r.Results[i], "reported and not ended: %s", id)
		}
	}
	for _, e := range j.ended {
		at := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.ID == e.change })
		c := &p.Changes[at]
		require.Equal(t, r.Results[at], e.result, e.change)
		if made := e.result.Outcome == plan.Applied || e.result.Outcome == plan.Already; made && c.Kind == plan.CreateGroup {
			require.Equal(t, c.Group.Identifier, b.groups[e.group].Identifier, "the group that a creation made")
		} else {
			require.Zero(t, e.group, "only a creation makes a group: %s", e.change)
		}
	}
}

// slowly makes every write take some seconds, so that they end out of order.
func slowly(_ context.Context, n int, _ write) error {
	time.Sleep(time.Duration(n%5+1) * time.Second)
	return nil
}

func TestJournal_hearsOfEveryWriteBeforeItIsSent(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 8} {
		synctest.Test(t, func(t *testing.T) {
			b, p := everything(t)
			b.onWrite = slowly
			// Begin takes its time, and nobody writes meanwhile.
			j := &memoryJournal{box: b, onBegin: func(n int, _ string) error { return slowly(t.Context(), n+2, write{}) }}
			r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: concurrency, Journal: j})
			assert.Equal(t, plan.Tally{Applied: len(p.Changes)}, requireAccounted(t, p, r))
			require.NoError(t, r.Stopped)
			requireJournalled(t, b, j, p, r)
			assert.Len(t, j.begun, len(p.Changes))
			assert.Len(t, j.ended, len(p.Changes))
			assert.Equal(t, concurrency > 1, b.peak > 1)
		})
	}
}

// Failures, refusals, and changes that need what failed: all of them are ended,
// and those that need in vain are never begun.
func TestJournal_hearsOfFailures(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	b.onWrite = func(_ context.Context, n int, w write) error {
		switch {
		case w.kind == plan.CreateGroup && w.name == "Board":
			return errors.New("409: the name is taken")
		case w.kind == plan.SetRole:
			return &target.NotSentError{Err: errors.New("max_calls")}
		case n%4 == 0:
			return errors.New("500 from Box")
		}
		return nil
	}
	j := &memoryJournal{box: b}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 8, Journal: j})
	requireAccounted(t, p, r)
	requireJournalled(t, b, j, p, r)
	assert.Len(t, j.ended, len(p.Changes))
	for i := range p.Changes {
		c := &p.Changes[i]
		vain := c.Group.Name == "Board" && c.Kind == plan.Add
		assert.Equal(t, !vain, slices.Contains(j.begun, c.ID), c.ID)
		if vain {
			assert.Equal(t, plan.Result{Detail: `needs "create_group Board", which was not made`}, r.Results[i])
		}
	}
}

// At whichever Begin the disk is full: that write is not sent, nor any later one,
// even if the journal took it again; what is under way is finished and ended.
func TestJournal_beginFails(t *testing.T) {
	t.Parallel()
	stopAtEveryWrite(t, func(t *testing.T, k, concurrency int) {
		for _, others := range []time.Duration{0, time.Second} { // how long a Begin takes that does not fail
			b, p := everything(t)
			var failed atomic.Pointer[time.Time]
			b.onWrite = func(_ context.Context, _ int, w write) error {
				if at := failed.Load(); at != nil {
					assert.False(t, time.Now().After(*at), "a write was sent later: %v", w)
				}
				return slowly(t.Context(), 1, w)
			}
			j := &memoryJournal{box: b}
			j.onBegin = func(n int, _ string) error {
				if n == k {
					failed.Store(new(time.Now()))
					return errNoSpace
				}
				time.Sleep(others)
				return nil
			}
			r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: concurrency, Journal: j, Drain: time.Hour})
			tally := requireAccounted(t, p, r)
			require.ErrorIs(t, r.Stopped, errNoSpace)
			assert.Zero(t, tally.Failed, "nothing failed in Box")
			assert.Equal(t, b.begun, tally.Applied, "what is under way is finished")
			assert.LessOrEqual(t, tally.Applied, k+concurrency-2)
			var refused []string
			for i, result := range r.Results {
				if result.Detail == "not sent: "+errNoSpace.Error() && !slices.Contains(j.begun, p.Changes[i].ID) {
					refused = append(refused, p.Changes[i].ID)
					r.Results[i] = plan.Result{} // the journal cannot hear of it
				}
			}
			assert.Len(t, refused, 1)
			requireJournalled(t, b, j, p, r)
		}
	})
}

// A signal that comes while a Begin waits for the disk comes before the write.
func TestJournal_signalDuringBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, p := everything(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1500*time.Millisecond, func() { cancel(errInterrupted) })
		j := &memoryJournal{box: b, onBegin: func(int, string) error { time.Sleep(time.Second); return nil }}
		r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Concurrency: 1, Journal: j, Drain: time.Hour})
		assert.Equal(t, plan.Tally{Applied: 1, NotAttempted: len(p.Changes) - 1}, requireAccounted(t, p, r))
		require.ErrorIs(t, r.Stopped, errInterrupted)
		assert.Equal(t, 1, b.begun)
		assert.Len(t, j.begun, 2)
		requireJournalled(t, b, j, p, r)
		assert.Contains(t, r.Results, plan.Result{Detail: "not sent: interrupted by SIGTERM"})
	})
}

// At whichever End the disk is full: the change is made and the report says so,
// and no later write is sent.
func TestJournal_endFails(t *testing.T) {
	t.Parallel()
	stopAtEveryWrite(t, func(t *testing.T, k, concurrency int) {
		b, p := everything(t)
		var failed atomic.Pointer[time.Time]
		b.onWrite = func(_ context.Context, _ int, w write) error {
			if at := failed.Load(); at != nil {
				assert.False(t, time.Now().After(*at), "a write was sent later: %v", w)
			}
			return slowly(t.Context(), 1, w)
		}
		var lost string
		j := &memoryJournal{box: b}
		j.onEnd = func(n int, change string) error {
			if n == k {
				lost = change
				failed.Store(new(time.Now()))
				return errNoSpace
			}
			return nil
		}
		// The others wait for the disk when it fails, and are told that all is well.
		j.onBegin = func(int, string) error { time.Sleep(time.Millisecond); return nil }
		r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: concurrency, Journal: j, Drain: time.Hour})
		tally := requireAccounted(t, p, r)
		require.ErrorIs(t, r.Stopped, errNoSpace)
		assert.Equal(t, plan.Result{Outcome: plan.Applied}, r.Results[find(t, p, lost)], "the change is made")
		assert.Equal(t, b.begun, tally.Applied)
		assert.Equal(t, len(p.Changes), tally.Applied+tally.NotAttempted)
		assert.LessOrEqual(t, tally.Applied, k+concurrency-1)
		for i, result := range r.Results {
			heard := slices.ContainsFunc(j.ended, func(e ending) bool { return e.change == p.Changes[i].ID })
			assert.Equal(t, result != plan.Result{} && p.Changes[i].ID != lost, heard, p.Changes[i].ID)
		}
	})
}

// An End that fails for a change which was never begun stops the run as well.
func TestJournal_endOfWhatWasNeededInVainFails(t *testing.T) {
	t.Parallel()
	b := newBox("", "ann, bob")
	p := planned(t, b, "Board: ann, bob")
	b.onWrite = func(context.Context, int, write) error { return errors.New("409") }
	j := &memoryJournal{box: b, onEnd: func(n int, _ string) error {
		if n == 2 {
			return errNoSpace
		}
		return nil
	}}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 1, Journal: j})
	assert.Equal(t, plan.Tally{Failed: 1, NotAttempted: 2}, requireAccounted(t, p, r))
	require.ErrorIs(t, r.Stopped, errNoSpace)
	var details []string
	for _, result := range r.Results {
		details = append(details, result.Detail)
	}
	assert.Equal(t, "409\nneeds \"create_group Board\", which was not made\n", strings.Join(details, "\n"))
	assert.Len(t, j.begun, 1)
}
