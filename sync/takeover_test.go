package sync_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// takeovers is a plan that takes two groups over, and does everything else in
// them and in another, with the box that it is for.
func takeovers(t testing.TB) (*memoryBox, *plan.Plan) {
	t.Helper()
	b := newBox(`BARE []: ann admin, bob
		MOVED [rollcall:main:old:moved]: ann admin, bob
		Own: bob`, "dora")
	p := reviewed(t, b, `Bare: ann member, dora
		Moved: ann member, dora
		Own (new): dora
		Board: dora`)
	kinds := map[plan.Kind]int{}
	for _, c := range p.Changes {
		kinds[c.Kind]++
	}
	require.Equal(t, map[plan.Kind]int{
		plan.CreateGroup: 1, plan.AdoptGroup: 1, plan.RekeyGroup: 1, plan.RenameGroup: 3, plan.Add: 4, plan.SetRole: 2, plan.Remove: 3,
	}, kinds, "the plan has everything")
	return b, p
}

// Groups are made ours before anything else is done, in either order.
func TestApply_takeoversComeFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		order groupsync.Order
		rank  map[plan.Kind]int
	}{
		{groupsync.AddsFirst, map[plan.Kind]int{
			plan.CreateGroup: 1, plan.AdoptGroup: 1, plan.RenameGroup: 2, plan.Add: 3, plan.SetRole: 4, plan.Remove: 5,
		}},
		{groupsync.RemovalsFirst, map[plan.Kind]int{
			plan.CreateGroup: 1, plan.AdoptGroup: 1, plan.RenameGroup: 2, plan.Remove: 3, plan.Add: 4, plan.SetRole: 5,
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, p := takeovers(t)
			b.onWrite = slowly
			r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 8, Order: test.order})
			assert.Equal(t, plan.Tally{Applied: len(p.Changes)}, requireAccounted(t, p, r))
			assert.Equal(t, 4, b.peak, "the most that a phase has")
			requireBarriers(t, b.events, test.rank)
			assert.Equal(t, map[string]string{
				"rollcall:main:hr:bare": "Bare", "rollcall:main:hr:bare/ann@acme.example": "member", "rollcall:main:hr:bare/dora@acme.example": "member",
				"rollcall:main:hr:moved": "Moved", "rollcall:main:hr:moved/ann@acme.example": "member", "rollcall:main:hr:moved/dora@acme.example": "member",
				"rollcall:main:hr:own": "Own (new)", "rollcall:main:hr:own/dora@acme.example": "member",
				"rollcall:main:hr:board": "Board", "rollcall:main:hr:board/dora@acme.example": "member",
			}, b.state())
		})
	}
}

// A group that turns out to be somebody else's is left as it is, and nobody
// counts what was to be done there as failed.
func TestApply_takeoverThatIsNotMade(t *testing.T) {
	t.Parallel()
	refused := &target.NotSentError{Err: context.DeadlineExceeded}
	for name, test := range map[string]struct {
		since      func(b *memoryBox, id target.GroupID)
		onWrite    error
		first      plan.Result
		dependents plan.Result // but for the words of the takeover
	}{
		"carries-another-identifier": {
			since: func(b *memoryBox, id target.GroupID) {
				b.groups[id] = target.Group{ID: id, Name: b.groups[id].Name, Identifier: "okta:1"}
			},
			first:      plan.Result{Outcome: plan.Skipped, Detail: "the group carries another identifier now"},
			dependents: plan.Result{Outcome: plan.Skipped, Detail: "which was skipped"},
		},
		"gone": {
			since:      func(b *memoryBox, id target.GroupID) { delete(b.groups, id) },
			first:      plan.Result{Outcome: plan.Skipped, Detail: "the group is gone"},
			dependents: plan.Result{Outcome: plan.Skipped, Detail: "which was skipped"},
		},
		"refused": {
			onWrite:    assert.AnError,
			first:      plan.Result{Outcome: plan.Failed, Detail: assert.AnError.Error()},
			dependents: plan.Result{Detail: "which was not made"},
		},
		"not-sent": {
			onWrite:    refused,
			first:      plan.Result{Detail: refused.Error()},
			dependents: plan.Result{Detail: "which was not made"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, group := range []string{"Bare", "Moved"} {
				b, p := takeovers(t)
				var id target.GroupID
				var takeover string
				var kind plan.Kind
				for _, c := range p.Changes {
					if c.TakesOver() && c.Group.Name == group {
						id, takeover, kind = c.Group.ID, c.ID, c.Kind
					}
				}
				if test.since != nil {
					test.since(b, id)
				}
				b.onWrite = func(_ context.Context, _ int, w write) error {
					assert.True(t, w.group != id || w.kind == plan.AdoptGroup, "written to a group that is not ours: %v", w)
					if w.kind == plan.AdoptGroup && w.group == id {
						return test.onWrite
					}
					return nil
				}
				before := b.groups[id]
				j := &memoryJournal{box: b}
				r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 8, Journal: j})
				require.NoError(t, r.Stopped)
				requireAccounted(t, p, r)
				requireJournalled(t, b, j, p, r)
				want := map[string]plan.Result{}
				for _, c := range p.Changes {
					switch {
					case c.ID == takeover:
						want[c.ID] = test.first
					case c.Group.ID == id:
						want[c.ID] = plan.Result{Outcome: test.dependents.Outcome, Detail: fmt.Sprintf("needs %q, %s", kind.String()+" "+group, test.dependents.Detail)}
					default:
						want[c.ID] = plan.Result{Outcome: plan.Applied}
					}
				}
				assert.Equal(t, want, outcomes(p, r.Results))
				assert.Equal(t, before, b.groups[id])
				assert.Len(t, b.members[id], 2)
			}
		})
	}
}

// A group that somebody has made ours in the meantime is ours.
func TestApply_takenOverAlready(t *testing.T) {
	t.Parallel()
	b, p := takeovers(t)
	already := 0
	for _, c := range p.Changes {
		if c.TakesOver() {
			_, err := b.TakeOver(t.Context(), c.Group.ID, c.BeforeIdentifier, c.Group.Identifier)
			require.NoError(t, err)
			already++
		}
	}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 8})
	assert.Equal(t, plan.Tally{Applied: len(p.Changes) - already, Already: already}, requireAccounted(t, p, r))
}

// Two runs that apply one plan at the same time end where one would, and between
// them make every change once.
func TestProperty_twoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(drawTakeovers(t, wanted, have), known)
		p := reviewed(t, b, wanted)
		opts := groupsync.ApplyOptions{
			Concurrency: rapid.IntRange(1, 8).Draw(t, "concurrency"),
			Order:       rapid.SampledFrom([]groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst}).Draw(t, "order"),
		}
		other := opts
		other.Order = rapid.SampledFrom([]groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst}).Draw(t, "other order")
		ready := make(chan *groupsync.Report)
		go func() { ready <- groupsync.Apply(context.Background(), p, b, other) }()
		first := groupsync.Apply(context.Background(), p, b, opts)
		second := <-ready
		a, c := requireAccounted(t, p, first), requireAccounted(t, p, second)
		for i := range p.Changes {
			both := []plan.Outcome{first.Results[i].Outcome, second.Results[i].Outcome}
			require.ElementsMatch(t, []plan.Outcome{plan.Applied, plan.Already}, both, "%s", p.Changes[i].ID)
		}
		require.Equal(t, len(p.Changes), a.Applied+c.Applied)
		requireWanted(t, b.state(), wanted)
		require.Empty(t, reviewed(t, b, wanted).Changes)
	})
}

// A takeover that is under way when the signal comes is finished.
func TestApply_cancelledDuringTakeover(t *testing.T) {
	t.Parallel()
	b, p := takeovers(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	b.onWrite = func(_ context.Context, _ int, w write) error {
		if w.kind == plan.AdoptGroup {
			cancel(errInterrupted)
		}
		return nil
	}
	r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Drain: time.Hour})
	requireAccounted(t, p, r)
	require.ErrorIs(t, r.Stopped, errInterrupted)
	assert.Equal(t, plan.Result{Outcome: plan.Applied}, r.Results[find(t, p, b.changeOf(p, b.events[len(b.events)-1].write))])
	assert.Equal(t, plan.AdoptGroup, b.events[len(b.events)-1].kind)
}
