package sync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

var errRights = errors.New("403: the app may not manage groups")

func TestApply_cancelledBefore(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	before := b.state()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Concurrency: 4, Drain: time.Hour})
	assert.Equal(t, plan.Tally{NotAttempted: len(p.Changes)}, requireAccounted(t, p, r))
	require.ErrorIs(t, r.Stopped, errInterrupted)
	assert.Zero(t, r.Calls)
	assert.Equal(t, before, b.state())
}

// stopAtEveryWrite tries check with every write of a plan of everything, one
// and several at a time. Writes take a second of the bubble's clock, and the
// k-th none: so whatever it sets off has happened before another one ends, and
// how many writes can have begun is certain.
func stopAtEveryWrite(t *testing.T, check func(t *testing.T, k, concurrency int)) {
	t.Helper()
	_, whole := everything(t)
	for k := 1; k <= len(whole.Changes); k++ {
		for _, concurrency := range []int{1, 4} {
			t.Run(fmt.Sprintf("write-%d-of-%d-at-a-time", k, concurrency), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { check(t, k, concurrency) })
			})
		}
	}
}

// At whichever write the signal comes: what is under way is finished, nothing
// new is started, and everything is accounted for.
func TestApply_cancelledAtEveryWrite(t *testing.T) {
	t.Parallel()
	stopAtEveryWrite(t, func(t *testing.T, k, concurrency int) {
		b, p := everything(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		b.onWrite = func(_ context.Context, n int, _ write) error {
			if n == k {
				cancel(errInterrupted)
				return nil
			}
			time.Sleep(time.Second)
			return nil
		}
		r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Concurrency: concurrency, Drain: time.Hour})
		tally := requireAccounted(t, p, r)
		require.ErrorIs(t, r.Stopped, errInterrupted)
		assert.GreaterOrEqual(t, tally.Applied, k)
		assert.LessOrEqual(t, tally.Applied, k+concurrency-1, "something new was started")
		assert.Equal(t, plan.Tally{Applied: tally.Applied, NotAttempted: len(p.Changes) - tally.Applied}, tally)
		assert.EqualValues(t, tally.Applied, r.Calls)
	})
}

func TestApply_fatalAtEveryWrite(t *testing.T) {
	t.Parallel()
	stopAtEveryWrite(t, func(t *testing.T, k, concurrency int) {
		b, p := everything(t)
		b.onWrite = func(_ context.Context, n int, _ write) error {
			if n == k {
				return fmt.Errorf("POST /groups: %w", &target.FatalError{Err: errRights})
			}
			time.Sleep(time.Second)
			return nil
		}
		r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: concurrency, Drain: time.Hour})
		tally := requireAccounted(t, p, r)
		require.ErrorIs(t, r.Stopped, errRights)
		_, fatal := errors.AsType[*target.FatalError](r.Stopped)
		assert.True(t, fatal)
		assert.Equal(t, 1, tally.Failed)
		assert.GreaterOrEqual(t, tally.Applied, k-1)
		assert.LessOrEqual(t, tally.Applied, k+concurrency-2, "something new was started")
		assert.Equal(t, len(p.Changes)-tally.Applied-1, tally.NotAttempted)
	})
}

// The first reason to stop is the one that is reported.
func TestApply_firstReasonToStopWins(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	b.onWrite = func(context.Context, int, write) error {
		cancel(errInterrupted)
		return &target.FatalError{Err: errRights}
	}
	r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Drain: time.Hour})
	require.ErrorIs(t, r.Stopped, errInterrupted)
	require.NotErrorIs(t, r.Stopped, errRights)
}

func TestApply_tooManyFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes   int
		fails     func(n int) bool
		attempted int
		failed    int
	}{
		"fifty-in-a-row":              {60, func(int) bool { return true }, 50, 50},
		"forty-nine-in-a-row":         {49, func(int) bool { return true }, 0, 49},
		"fifty-in-a-row-later":        {99, func(n int) bool { return n > 30 }, 80, 50},
		"a-success-between":           {99, func(n int) bool { return n != 50 }, 0, 98},
		"one-of-five":                 {5, func(n int) bool { return n == 3 }, 0, 1},
		"a-tenth-is-not-too-many":     {200, func(n int) bool { return n%10 == 0 }, 0, 20},
		"more-than-a-tenth":           {200, func(n int) bool { return n%10 == 1 }, 101, 11},
		"a-fifth-stops-at-a-hundred":  {200, func(n int) bool { return n%5 == 0 }, 100, 20},
		"a-fifth-of-ninety-nine-goes": {99, func(n int) bool { return n%5 == 0 }, 0, 19},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox("A: ", people(test.changes))
			p := planned(t, b, "A: "+people(test.changes))
			b.onWrite = func(_ context.Context, n int, _ write) error {
				if test.fails(n) {
					return errors.New("500 from Box")
				}
				return nil
			}
			r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 1})
			tally := requireAccounted(t, p, r)
			assert.Equal(t, test.failed, tally.Failed)
			if test.attempted == 0 {
				require.NoError(t, r.Stopped)
				assert.Zero(t, tally.NotAttempted)
				return
			}
			require.ErrorIs(t, r.Stopped, groupsync.ErrTooManyFailures)
			require.EqualError(t, r.Stopped, fmt.Sprintf("too many changes failed: %d of the %d tried so far", test.failed, test.attempted))
			assert.Equal(t, test.changes-test.attempted, tally.NotAttempted)
		})
	}
}

// Changes that are not attempted, because what they need failed, are no
// failures of their own.
func TestApply_whatIsNotAttemptedDoesNotCountAsFailed(t *testing.T) {
	t.Parallel()
	b := newBox("Z: ", people(120))
	p := planned(t, b, "A: "+people(120)+"\nZ: p1")
	b.onWrite = func(_ context.Context, _ int, w write) error {
		if w.kind == plan.CreateGroup {
			return errors.New("409")
		}
		return nil
	}
	r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{})
	assert.Equal(t, plan.Tally{Applied: 1, Failed: 1, NotAttempted: 120}, requireAccounted(t, p, r))
	require.NoError(t, r.Stopped)
}

// After a signal, writes under way get Drain: one that is done in time counts,
// one that is not is cut off then, and nothing new starts.
func TestApply_drain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const drain = 30 * time.Second
		b := newBox("A: ", people(10))
		p := planned(t, b, "A: "+people(10))
		ctx, cancel := context.WithCancelCause(t.Context())
		start := time.Now()
		// By n, from 1. The fourth begins when the first has ended.
		takes := []time.Duration{0, time.Second, 34 * time.Second, time.Hour, 20 * time.Second}
		b.onWrite = func(ctx context.Context, n int, _ write) error {
			select {
			case <-time.After(takes[n]):
				return nil
			case <-ctx.Done():
				assert.Equal(t, 5*time.Second+drain, time.Since(start), "cut off when the drain is over")
				return context.Cause(ctx)
			}
		}
		time.AfterFunc(5*time.Second, func() { cancel(errInterrupted) })
		r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Concurrency: 3, Drain: drain})
		assert.Equal(t, 5*time.Second+drain, time.Since(start))
		assert.Equal(t, plan.Tally{Applied: 3, Failed: 1, NotAttempted: 6}, requireAccounted(t, p, r))
		assert.Contains(t, r.Results, plan.Result{Outcome: plan.Failed, Detail: errInterrupted.Error()})
		require.ErrorIs(t, r.Stopped, errInterrupted)
	})
}

// A fatal error gives the others Drain as well, and a drain that nobody needs
// is not waited for.
func TestApply_drainAfterFatal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox("A: ", people(10))
		p := planned(t, b, "A: "+people(10))
		start := time.Now()
		b.onWrite = func(ctx context.Context, n int, _ write) error {
			if n == 1 {
				return &target.FatalError{Err: errRights}
			}
			time.Sleep(3 * time.Second)
			return ctx.Err()
		}
		r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 2, Drain: time.Hour})
		tally := requireAccounted(t, p, r)
		assert.Equal(t, 1, tally.Failed)
		assert.LessOrEqual(t, tally.Applied, 1)
		assert.LessOrEqual(t, time.Since(start), 3*time.Second, "the drain was waited out")
	})
}

func TestApply_noDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox("A: ", people(3))
		p := planned(t, b, "A: "+people(3))
		ctx, cancel := context.WithCancelCause(t.Context())
		b.onWrite = func(ctx context.Context, _ int, _ write) error {
			cancel(errInterrupted)
			<-ctx.Done()
			return context.Cause(ctx)
		}
		start := time.Now()
		r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{})
		assert.Equal(t, plan.Tally{Failed: 1, NotAttempted: 2}, requireAccounted(t, p, r))
		assert.Zero(t, time.Since(start))
	})
}

// A bubble does not end before every goroutine in it has: this fails, as a
// deadlock, if Apply leaves one behind. The contexts stay open on purpose.
func TestApply_leavesNoGoroutine(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(cancel context.CancelCauseFunc) error{
		"to-the-end": func(context.CancelCauseFunc) error { return nil },
		"fatal":      func(context.CancelCauseFunc) error { return &target.FatalError{Err: errRights} },
		"cancelled":  func(cancel context.CancelCauseFunc) error { cancel(errInterrupted); return nil },
		"failing":    func(context.CancelCauseFunc) error { return errors.New("500") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, p := everything(t)
				ctx, cancel := context.WithCancelCause(context.WithoutCancel(t.Context()))
				b.onWrite = func(context.Context, int, write) error { return fault(cancel) }
				start := time.Now()
				r := groupsync.Apply(ctx, p, b, groupsync.ApplyOptions{Concurrency: 4, Drain: time.Hour})
				requireAccounted(t, p, r)
				synctest.Wait()
				assert.Zero(t, time.Since(start))
			})
		})
	}
}

// A write that was under way when another one reached the cap on calls is in
// doubt, although that other one was not sent.
func TestApply_abandonedByAWriteThatWasNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBox("A:", "ann, bob")
		p := planned(t, b, "A: ann, bob")
		b.onWrite = func(ctx context.Context, n int, _ write) error {
			if n == 1 {
				<-ctx.Done()
				return fmt.Errorf("POST /group_memberships, may have taken effect: %w", context.Cause(ctx))
			}
			synctest.Wait()
			return &target.FatalError{Err: &target.NotSentError{Err: errRights}}
		}
		r := groupsync.Apply(t.Context(), p, b, groupsync.ApplyOptions{Concurrency: 2, Drain: time.Second})
		assert.Equal(t, plan.Tally{Failed: 1, NotAttempted: 1}, requireAccounted(t, p, r))
		require.ErrorIs(t, r.Stopped, errRights)
	})
}
