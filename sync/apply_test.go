package sync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

func TestApply_everything(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	calls := b.Calls()
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 4})
	assert.Equal(t, plan.Tally{Applied: len(p.Changes)}, requireAccounted(t, p, r))
	require.NoError(t, r.Stopped)
	assert.Equal(t, b.Calls()-calls, r.Calls, "the calls of the plan do not count again")
	assert.Equal(t, map[string]string{
		"rollcall:main:hr:finance":                       "Finance",
		"rollcall:main:hr:finance/ann@acme.example":      "member",
		"rollcall:main:hr:finance/bob@acme.example":      "admin",
		"rollcall:main:hr:finance/hugo@acme.example":     "member",
		"rollcall:main:hr:finance/ida@acme.example":      "member",
		"rollcall:main:hr:finance/rollcall@acme.example": "member",
		"rollcall:main:hr:legal":                         "Legal",
		"rollcall:main:hr:legal/ann@acme.example":        "member",
		"rollcall:main:hr:legal/hugo@acme.example":       "admin",
		"rollcall:main:hr:legal/jan@acme.example":        "member",
		"rollcall:main:hr:sales":                         "Sales (new)",
		"rollcall:main:hr:sales/emil@acme.example":       "member",
		"rollcall:main:hr:sales/fay@acme.example":        "member",
		"rollcall:main:hr:sales/kim@acme.example":        "member",
		"rollcall:main:hr:finance/{}":                    "Money",
		"rollcall:main:hr:board/{}":                      "Decides",
		"rollcall:main:hr:trade/{}":                      "Trades",
		"rollcall:main:hr:trade":                         "Trade (new)",
		"rollcall:main:hr:trade/ann@acme.example":        "member",
		"rollcall:main:hr:board":                         "Board",
		"rollcall:main:hr:board/ann@acme.example":        "admin",
		"rollcall:main:hr:board/hugo@acme.example":       "member",
		"rollcall:main:hr:club":                          "Club",
		"rollcall:main:hr:club/ida@acme.example":         "member",
		"rollcall:main:hr:club/kim@acme.example":         "member",
	}, b.state())
}

func TestApply_nothing(t *testing.T) {
	t.Parallel()
	r := groupsync.Apply(t.Context(), &plan.Plan{}, newBox("", ""), groupsync.ApplyOptions{})
	assert.Equal(t, &groupsync.Report{Results: []plan.Result{}}, r)
}

// Each phase ends before the next begins, in either order, while within a phase
// writes overlap.
func TestApply_phases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		order groupsync.Order
		rank  map[plan.Kind]int
	}{
		"adds-first": {groupsync.AddsFirst, map[plan.Kind]int{
			plan.CreateGroup: 1, plan.RenameGroup: 2, plan.UpdateGroup: 3, plan.Add: 4, plan.SetRole: 5, plan.Remove: 6,
		}},
		"removals-first": {groupsync.RemovalsFirst, map[plan.Kind]int{
			plan.CreateGroup: 1, plan.RenameGroup: 2, plan.UpdateGroup: 3, plan.Remove: 4, plan.Add: 5, plan.SetRole: 6,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, p := everything(t)
				b.onWrite = func(_ context.Context, n int, _ write) error {
					time.Sleep(time.Duration(n%5+1) * time.Second) // they end out of order
					return nil
				}
				r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 8, Order: test.order})
				assert.Equal(t, len(p.Changes), requireAccounted(t, p, r).Applied)
				assert.Greater(t, b.peak, 1, "nothing ran side by side, so this proves nothing")
				requireBarriers(t, b.events, test.rank)
			})
		})
	}
}

// requireBarriers fails if a write begins while one of an earlier phase is under
// way or still to come.
func requireBarriers(t *testing.T, events []event, rank map[plan.Kind]int) {
	t.Helper()
	for i, e := range events {
		if e.ended {
			continue
		}
		for _, later := range events[i+1:] {
			require.GreaterOrEqual(t, rank[later.kind], rank[e.kind],
				"%s of %v comes after the beginning of %s of %v", later.kind, later.write, e.kind, e.write)
		}
	}
}

func TestApply_concurrency(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ concurrency, peak int }{
		"none-means-one":         {0, 1},
		"fewer-than-none":        {-3, 1},
		"one":                    {1, 1},
		"four":                   {4, 4},
		"more-than-there-are-to": {100, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBox("A: ", people(20))
				p := planned(t, b, "A: "+people(20))
				b.onWrite = func(context.Context, int, write) error { time.Sleep(time.Second); return nil }
				start := time.Now()
				r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: test.concurrency})
				assert.Equal(t, 20, requireAccounted(t, p, r).Applied)
				assert.Equal(t, test.peak, b.peak)
				assert.Equal(t, time.Duration(20/test.peak)*time.Second, time.Since(start), "as many as may be are under way")
			})
		})
	}
}

func TestApply_needs(t *testing.T) {
	t.Parallel()
	b := newBox("", "ann, bob, carl")
	p := planned(t, b, "Board: ann, bob\nClub: carl")
	refused := errors.New("409: the name is taken")
	b.onWrite = func(_ context.Context, _ int, w write) error {
		if w.kind == plan.CreateGroup && w.name == "Board" {
			return refused
		}
		return nil
	}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 2})
	assert.Equal(t, plan.Tally{Applied: 2, Failed: 1, NotAttempted: 2}, requireAccounted(t, p, r))
	require.NoError(t, r.Stopped)

	board := find(t, p, "create_group/rollcall:main:hr:board")
	assert.Equal(t, plan.Result{Outcome: plan.Failed, Detail: refused.Error()}, r.Results[board])
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Kind == plan.Add && c.Group.Name == "Board" {
			assert.Equal(t, plan.NotAttempted, r.Results[i].Outcome)
			assert.Equal(t, `needs "create_group Board", which was not made`, r.Results[i].Detail)
		}
	}
	club := b.snapshot().Groups[0].ID
	assert.Equal(t, event{write: write{kind: plan.Add, group: club, user: b.user("carl").ID, role: target.RoleMember}, ended: true},
		b.events[len(b.events)-1], "the add goes to the group that was created")
}

// A group that somebody made with our identifier in the meantime is as good as
// one we made.
func TestApply_needsWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	b := newBox("", "ann")
	p := planned(t, b, "Board: ann")
	id := b.addGroup("Board", "rollcall:main:hr:board")
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Applied: 1, Already: 1}, requireAccounted(t, p, r))
	assert.Contains(t, b.members[id], b.user("ann").ID)
}

// answering is a writer that gives one answer to everything.
type answering struct {
	groupsync.Writer
	answer target.Answer
	err    error
}

func (a answering) Calls() int64 { return 0 }

func (a answering) CreateGroup(context.Context, string, string, target.Settings) (target.Answer, error) {
	return a.answer, a.err
}

func (a answering) Remove(context.Context, target.Place) (target.Answer, error) {
	return a.answer, a.err
}

func TestApply_outcomes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer target.Answer
		err    error
		want   plan.Result
	}{
		"applied":          {answer: target.Answer{State: target.Applied}, want: plan.Result{Outcome: plan.Applied}},
		"applied-is-terse": {answer: target.Answer{State: target.Applied, Found: "noise"}, want: plan.Result{Outcome: plan.Applied}},
		"already": {
			answer: target.Answer{State: target.Already, Found: "is no longer in the group"},
			want:   plan.Result{Outcome: plan.Already, Detail: "is no longer in the group"},
		},
		"skipped": {
			answer: target.Answer{State: target.Skipped, Found: "was added again"},
			want:   plan.Result{Outcome: plan.Skipped, Detail: "was added again"},
		},
		"failed": {err: errors.New("403 forbidden_by_policy"), want: plan.Result{Outcome: plan.Failed, Detail: "403 forbidden_by_policy"}},
		"an-answer-beside-an-error-does-not-count": {
			answer: target.Answer{State: target.Applied}, err: errors.New("lost"),
			want: plan.Result{Outcome: plan.Failed, Detail: "lost"},
		},
		"never-sent-is-not-attempted": {
			err:  fmt.Errorf("add: %w", &target.NotSentError{Err: errors.New("the run ended while it waited")}),
			want: plan.Result{Detail: "add: the run ended while it waited"},
		},
		"no-answer-is-no-success": {want: plan.Result{Outcome: plan.Skipped}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planned(t, newBox("A: ann, bob", ""), "A: ann")
			r := groupsync.Apply(t.Context(), p, answering{answer: test.answer, err: test.err}, groupsync.ApplyOptions{})
			assert.Equal(t, []plan.Result{test.want}, r.Results)
			require.NoError(t, r.Stopped)
		})
	}
}

// Writes that were never sent are no failures, and do not trip the breaker.
func TestApply_neverSentIsNoFailure(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{}
	for i := range 300 {
		p.Changes = append(p.Changes, plan.Change{ID: fmt.Sprint("remove/", i), Kind: plan.Remove})
	}
	r := groupsync.Apply(t.Context(), p, answering{err: &target.NotSentError{Err: errors.New("waiting")}}, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{NotAttempted: 300}, requireAccounted(t, p, r))
	require.NoError(t, r.Stopped)
}

// Nor do they count among those that were tried: fifty failures in a row are
// fifty, whatever was not sent between them.
func TestApply_neverSentEndsNoRow(t *testing.T) {
	t.Parallel()
	b := newBox("A: ", people(99))
	p := planned(t, b, "A: "+people(99))
	b.onWrite = func(_ context.Context, n int, _ write) error {
		if n%2 == 0 {
			return &target.NotSentError{Err: errors.New("waiting")}
		}
		return errors.New("500 from Box")
	}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Failed: 50, NotAttempted: 49}, requireAccounted(t, p, r))
	require.EqualError(t, r.Stopped, "too many changes failed: 50 of the 50 tried so far")
}

// Adds must never go to group 0, whatever a creation answered.
func TestApply_creationWithoutAGroup(t *testing.T) {
	t.Parallel()
	p := planned(t, newBox("", "ann"), "Board: ann")
	r := groupsync.Apply(t.Context(), p, answering{answer: target.Answer{State: target.Skipped, Found: "odd"}}, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Skipped: 2}, requireAccounted(t, p, r))
	assert.Equal(t, `needs "create_group Board", which was skipped`, r.Results[1].Detail)
	r = groupsync.Apply(t.Context(), p, answering{answer: target.Answer{State: target.Applied}}, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Applied: 1, NotAttempted: 1}, requireAccounted(t, p, r))
}

// A plan of a later version may hold a kind that this one does not know.
func TestApply_unknownKind(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Changes: []plan.Change{{ID: "adopt_group/7", Kind: 99}}}
	r := groupsync.Apply(t.Context(), p, newBox("", ""), groupsync.ApplyOptions{})
	assert.Equal(t, plan.Failed, r.Results[0].Outcome)
	assert.Contains(t, r.Results[0].Detail, "cannot make a change of kind")
}

// Applying the same plan again changes nothing and fails at nothing, in either
// order and even if the state was left halfway.
func TestApply_again(t *testing.T) {
	t.Parallel()
	for _, order := range []groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst} {
		b, p := everything(t)
		opts := groupsync.ApplyOptions{Concurrency: 3, Order: order}
		first := groupsync.Apply(t.Context(), p, b, opts)
		require.Equal(t, len(p.Changes), requireAccounted(t, p, first).Applied)
		after := b.state()
		for range 2 {
			again := groupsync.Apply(t.Context(), p, b, opts)
			tally := requireAccounted(t, p, again)
			assert.Equal(t, len(p.Changes), tally.Already+tally.Skipped)
			assert.Equal(t, after, b.state())
		}
	}
}

// Somebody who was removed and added again by hand is left where they are.
func TestApply_drift(t *testing.T) {
	t.Parallel()
	b := newBox("A: ann, bob, carl", "")
	p := planned(t, b, "A: ann")
	group := b.snapshot().Groups[0].ID
	delete(b.members[group], b.user("bob").ID)
	b.addMember(group, b.user("bob").ID, target.RoleMember)
	delete(b.members[group], b.user("carl").ID)
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Already: 1, Skipped: 1}, requireAccounted(t, p, r))
	assert.Contains(t, b.members[group], b.user("bob").ID)
}

// The log hears of every change, and of failures at a level that is on.
func TestApply_log(t *testing.T) {
	t.Parallel()
	b := newBox("A: ", people(3))
	p := planned(t, b, "A: "+people(3))
	b.onWrite = func(_ context.Context, n int, _ write) error {
		if n == 2 {
			return errors.New("refused")
		}
		return nil
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Log: log})
	lines := slices.Collect(bytes.Lines(out.Bytes()))
	require.Len(t, lines, 3)
	assert.Contains(t, string(lines[1]), "level=WARN")
	assert.Contains(t, string(lines[1]), "change="+p.Changes[1].ID+" outcome=failed err=refused")
	assert.Contains(t, string(lines[2]), "outcome=applied")
}
