package sync_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

var errKilled = errors.New("killed")

// killer ends a process: from then on its journal is told nothing, and of the
// writes under way some reach Box and some do not.
type killer struct {
	atWrite, atBegin int          // which of them it dies over
	reaches          map[int]bool // by write
	fails            map[int]bool // by write, and for another reason

	mu   sync.Mutex
	dead bool
}

// dies reports whether the process is dead, after this blow.
func (k *killer) dies(blow bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = k.dead || blow
	return k.dead
}

func (k *killer) onWrite(_ context.Context, n int, _ write) error {
	if k.dies(n == k.atWrite) && !k.reaches[n] {
		return errKilled
	}
	if k.fails[n] {
		return errors.New("500 from Box")
	}
	return nil
}

// drawKiller draws a death somewhere in a run of so many changes, or after it.
func drawKiller(t *rapid.T, b *memoryBox, changes int) *memoryJournal {
	k := &killer{reaches: map[int]bool{}, fails: map[int]bool{}}
	at := rapid.IntRange(1, changes+2).Draw(t, "dies over")
	if rapid.Bool().Draw(t, "a write") {
		k.atWrite = at
	} else {
		k.atBegin = at
	}
	for n := 1; n <= changes; n++ {
		k.reaches[n] = rapid.Bool().Draw(t, "reaches")
		k.fails[n] = rapid.IntRange(0, 9).Draw(t, "fails") == 0
	}
	noted := rapid.Bool().Draw(t, "the last begin is on the disk")
	j := &memoryJournal{box: b}
	j.onBegin = func(n int, change string) error {
		dead := k.dies(false)
		if !k.dies(n == k.atBegin) {
			return nil
		}
		if !dead && noted {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.begun = append(j.begun, change)
		}
		return errKilled
	}
	j.onEnd = func(int, string) error {
		if k.dies(false) {
			return errKilled
		}
		return nil
	}
	b.onWrite = k.onWrite
	return j
}

// inEffect reports whether Box shows what the change was to bring about.
func (b *memoryBox) inEffect(c *plan.Change) bool {
	for id, g := range b.groups {
		if id != c.Group.ID && (c.Group.ID != 0 || g.Identifier != c.Group.Identifier) {
			continue
		}
		m, in := b.members[id][c.User.ID]
		switch c.Kind {
		case plan.CreateGroup:
			return true
		case plan.AdoptGroup, plan.RekeyGroup:
			return g.Identifier == c.Group.Identifier
		case plan.RenameGroup:
			return g.Name == c.Group.Name
		case plan.UpdateGroup:
			return g.Settings[target.Description] == c.Wanted()[target.Description]
		case plan.Remove:
			return !in
		default:
			return in && m.Role == c.After
		}
	}
	return false
}

// Wherever a run dies: what its journal says, with what Settle finds for the
// rest, is what has happened, and the next run makes good what is missing.
func TestProperty_killedAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(drawTakeovers(t, wanted, have), known)
		p := reviewed(t, b, wanted)
		before := b.state()
		j := drawKiller(t, b, len(p.Changes))
		groupsync.Apply(context.Background(), p, b, groupsync.ApplyOptions{
			Concurrency: rapid.IntRange(1, 8).Draw(t, "concurrency"),
			Order:       rapid.SampledFrom([]groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst}).Draw(t, "order"),
			Drain:       time.Hour, Journal: j,
		})

		// An end is on the disk only once a later begin is.
		lost := rapid.IntRange(0, 3).Draw(t, "lost ends")
		j.ended = j.ended[:max(len(j.ended)-lost, endsBeforeTheLastBegin(b))]
		results, pending := j.replay(p)
		events, reads := len(b.events), len(b.reads)
		settled, err := groupsync.Settle(context.Background(), p, pending, b)
		require.NoError(t, err)
		require.Len(t, settled, len(pending))
		require.Len(t, b.events, events, "something was written")
		require.NotContains(t, b.reads[reads:], "Users")
		for i, place := range pending {
			c := &p.Changes[place]
			results[place] = settled[i].Result
			require.Equal(t, b.inEffect(c), settled[i].Result.Outcome == plan.Applied, c.ID)
			made := c.Kind == plan.CreateGroup && b.inEffect(c)
			require.Equal(t, made, settled[i].Group != 0, c.ID)
			if made {
				require.Equal(t, c.Group.Identifier, b.groups[settled[i].Group].Identifier)
			}
		}
		requireAccounted(t, p, &groupsync.Report{Results: results})
		for i := range p.Changes {
			require.Equal(t, b.inEffect(&p.Changes[i]), results[i].Outcome == plan.Applied, p.Changes[i].ID)
		}
		require.Equal(t, after(before, p, results), b.state())

		b.onWrite = nil
		next := reviewed(t, b, wanted)
		done := groupsync.Apply(context.Background(), next, b, groupsync.ApplyOptions{})
		require.Equal(t, plan.Tally{Applied: len(next.Changes)}, requireAccounted(t, next, done))
		requireWanted(t, b.state(), wanted)
	})
}

// endsBeforeTheLastBegin counts the ends that a later begin has brought to the disk.
func endsBeforeTheLastBegin(b *memoryBox) int {
	ends, last := 0, 0
	for _, e := range b.events {
		switch {
		case len(e.journal) == 0:
		case e.journal[:len("ended")] == "ended":
			ends++
		default:
			last = ends
		}
	}
	return last
}

// replay returns what a journal says of a run: the outcomes, and the places of
// the changes that were begun and not ended.
func (j *memoryJournal) replay(p *plan.Plan) (results []plan.Result, pending []int) {
	results = make([]plan.Result, len(p.Changes))
	for i := range p.Changes {
		id := p.Changes[i].ID
		at := slices.IndexFunc(j.ended, func(e ending) bool { return e.change == id })
		switch {
		case at >= 0:
			results[i] = j.ended[at].result
		case slices.Contains(j.begun, id):
			pending = append(pending, i)
		}
	}
	return results, pending
}
