package box

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// looks is how often a write in doubt is looked at before it counts as failed.
// Between two looks the writer waits: for as long as the client's first
// back-off at first, then for twice as long each time, 31 s in all where
// nothing else is configured.
const looks = 6

// change is one write, and how to find out what became of it.
type change struct {
	// send makes the write. Without an error its answer is the outcome.
	send func(context.Context) (target.Answer, error)
	// look reads once what became of the write that failed with err. It returns
	// an error if nothing could be read.
	look func(ctx context.Context, err error) (sight, error)
	// claim is the refusal by which Box says that there is nothing left to do:
	// 409 to an addition, 404 to a removal. Zero means that there is none.
	claim boxapi.Kind
}

// sight is what one look at Box came to.
type sight struct {
	decided bool // it settles the write, as answer or err
	answer  target.Answer
	err     error
	shows   string // what Box shows, where that does not decide
	// hidden says that, if Box claims that there is nothing left to do, it hides
	// what is there: the credentials do not see all, and no plan made with them
	// is right.
	hidden bool
}

func decided(answer target.Answer) sight { return sight{decided: true, answer: answer} }

func refused(err error) sight { return sight{decided: true, err: failed(err)} }

func open(format string, args ...any) sight { return sight{shows: fmt.Sprintf(format, args...)} }

// make makes a change, and settles it where the answer leaves doubt.
//
// What Box shows may lag behind what it has done. So what it shows settles a
// write only where it shows the effect, or explains why there is none. Where it
// shows neither, it is looked at again, after waits that grow. That is so where
// Box claims that there is nothing left to do (409, 404), and where it refused
// the write after an attempt whose answer was lost.
//
// Where nothing but lost answers came, the write is sent once more, after the
// first wait. A list that does not show it yet is no proof, and Box may carry
// out a write after its 503, when nobody looks any more; but what it answers to
// the same write is certain. That does no harm: Box refuses a second membership
// of the same user and a second group of the same name, it deletes by an id that
// it never gives again, and a PUT says what is to be.
//
// In all this takes at most two writes and [looks] looks; one look where the
// credentials were refused, and no more where two looks could not be made. What is still open
// then is an error that says what Box claims and what it shows. ctx ends it at
// once, also while it waits, with an error that says that nobody knows.
func (w *Writer) make(ctx context.Context, c change) (target.Answer, error) {
	answer, err := c.send(ctx)
	switch {
	case err == nil:
		return answer, nil
	case !c.claimed(err) && !uncertain(err):
		return target.Answer{}, failed(err)
	default:
		return w.settle(ctx, c, err)
	}
}

func (w *Writer) settle(ctx context.Context, c change, err error) (target.Answer, error) {
	blind := false
	for n := 0; ; n++ {
		seen, readErr := c.look(ctx, err)
		switch {
		case readErr != nil && (blind || n == looks-1 || !passing(readErr)):
			return target.Answer{}, unsettled(err, readErr)
		case readErr != nil: // once that is bad luck
			blind = true
		case seen.decided:
			return seen.answer, seen.err
		case n == looks-1 || endsAll(err):
			return target.Answer{}, c.unseen(seen, failed(doing(err, "%s", seen.shows)))
		}
		if cause := sleep(ctx, w.wait(n)); cause != nil {
			return target.Answer{}, unsettled(err, cause)
		}
		if n > 0 || final(err) {
			continue
		}
		answer, again := c.send(ctx)
		if again == nil {
			return answer, nil
		}
		err = &repeatedError{last: again, first: err}
	}
}

// wait returns how long to wait after look n, from 0.
func (w *Writer) wait(n int) time.Duration {
	retry := w.api.Retry()
	return min(retry.Base<<n, retry.MaxWait)
}

// claimed reports whether Box answered that there is nothing left to do.
func (c change) claimed(err error) bool {
	return c.claim != 0 && boxapi.KindOf(err) == c.claim
}

// unseen makes an error fatal if it means that Box hides things.
func (c change) unseen(seen sight, err error) error {
	if seen.hidden && c.claimed(err) {
		return &target.FatalError{Err: err}
	}
	return err
}

// passing reports whether what kept Box from being read may be over soon.
func passing(err error) bool {
	switch boxapi.KindOf(err) {
	case boxapi.Server, boxapi.Network, boxapi.RateLimited:
		return true
	default:
		return errors.Is(err, ErrMoving)
	}
}

// final reports whether Box's last answer was a refusal, so that asking once
// more would bring the same.
func final(err error) bool {
	switch boxapi.KindOf(err) {
	case 0, boxapi.Server, boxapi.Network, boxapi.RateLimited, boxapi.TemporaryConflict:
		return false
	default:
		return true
	}
}

// errNotShown says that Box accepted a write and answered as if it had not.
var errNotShown = errors.New("accepted, and the answer does not show it")

// uncertain reports whether an attempt may have taken effect although its
// answer was lost, or does not show it.
func uncertain(err error) bool {
	if _, repeated := errors.AsType[*repeatedError](err); repeated || errors.Is(err, errNotShown) {
		return true
	}
	e, ok := errors.AsType[*boxapi.Error](err)
	return ok && e.Uncertain
}

// repeatedError is that of a write that was sent again because nobody could
// tell what became of it. Its kind is that of the last answer.
type repeatedError struct{ last, first error }

// Error describes both.
func (e *repeatedError) Error() string { return e.last.Error() + "; before that " + e.first.Error() }

// Unwrap returns both, the last one first.
func (e *repeatedError) Unwrap() []error { return []error{e.last, e.first} }

// failed returns the error of a write that came to nothing, with what the
// caller must know of it.
func failed(err error) error {
	if e, ok := errors.AsType[*boxapi.Error](err); ok && e.Kind() == boxapi.Stopped && e.Attempts == 0 {
		err = &target.NotSentError{Err: err}
	}
	return hopeless(err)
}

// tried takes back that nothing was sent, for the second of two writes that
// make one change.
func tried(err error) error {
	if unsent, ok := errors.AsType[*target.NotSentError](err); ok {
		return hopeless(unsent.Err)
	}
	return err
}

// unsettled is the error of a write in doubt that could not be read back.
func unsettled(err, readErr error) error {
	both := fmt.Errorf("%w; reading back: %w", err, readErr)
	if endsAll(err) || endsAll(readErr) {
		return &target.FatalError{Err: both}
	}
	return both
}

// settled answers for a write that failed and whose aim turned out to be
// reached: by an earlier attempt of ours, where one may have taken effect, or
// else before us.
func settled(err error, group target.GroupID, found string) target.Answer {
	if uncertain(err) {
		return target.Answer{State: target.Applied, Group: group}
	}
	return target.Answer{State: target.Already, Group: group, Found: found}
}

// sleep waits for d. It returns context.Cause as soon as ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
