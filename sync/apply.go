package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// Writer makes changes in Box. Every method may be repeated; see the methods of
// box.Writer for the contract.
type Writer interface {
	CreateGroup(ctx context.Context, name, identifier string) (target.Answer, error)
	RenameGroup(ctx context.Context, group target.GroupID, name string) (target.Answer, error)
	Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error)
	SetRole(ctx context.Context, place target.Place, role target.Role) (target.Answer, error)
	Remove(ctx context.Context, place target.Place) (target.Answer, error)
	Calls() int64
}

// Order is the order of the phases.
type Order uint8

// The orders. Either way groups come first, and each phase ends before the
// next begins.
const (
	AddsFirst     Order = iota // add, change roles, remove: nobody who moves is without access
	RemovalsFirst              // remove, add, change roles: leavers go before joiners come
)

// ApplyOptions say how a plan is applied.
type ApplyOptions struct {
	Concurrency int // writes under way at a time; less than 1 means 1
	Order       Order
	// Drain is how long writes under way may take once ctx is done.
	Drain time.Duration
	// Log hears of every change that is made or fails; nil hears nothing.
	Log *slog.Logger
}

// Report says what became of every change of a plan.
type Report struct {
	Results []plan.Result // one for each change, in the plan's order
	Calls   int64
	// Stopped says why the run ended before its end, or is nil.
	Stopped error
}

// ErrTooManyFailures stops a run in which so many changes fail that something
// must be wrong with the whole.
var ErrTooManyFailures = errors.New("too many changes failed")

// The run stops after so many failures in a row, or when more than a tenth of
// at least so many changes have failed.
const (
	failuresInRow   = 50
	failuresOutOf   = 100
	failuresPercent = 10
)

// Apply makes the changes of the plan and accounts for every one. It never
// returns an error: what happened is in the report, whose outcomes always sum
// to the plan's changes. When ctx is done nothing new is started, what is under
// way may finish within Drain, and the rest is not attempted. Applying the same
// plan again does no harm.
func Apply(ctx context.Context, p *plan.Plan, w Writer, opts ApplyOptions) *Report {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	before := w.Calls()
	starting, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	writing, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)
	defer context.AfterFunc(starting, func() {
		time.AfterFunc(opts.Drain, func() { abandon(context.Cause(starting)) })
	})()
	e := &executor{writer: w, log: opts.Log, writing: writing, stop: stop, created: map[string]target.GroupID{}}
	results := make([]plan.Result, len(p.Changes))
	for _, phase := range phases(p, opts.Order) {
		var g errgroup.Group
		g.SetLimit(max(1, opts.Concurrency))
		for _, i := range phase {
			if starting.Err() != nil {
				break
			}
			g.Go(func() error {
				if starting.Err() == nil {
					results[i] = e.apply(&p.Changes[i])
				}
				return nil
			})
		}
		// Workers report through results and never return an error.
		_ = g.Wait()
	}
	return &Report{Results: results, Calls: w.Calls() - before, Stopped: context.Cause(starting)}
}

// phases returns the places of the changes to make in each phase.
func phases(p *plan.Plan, order Order) [][]int {
	groups, adds, roles, removals := []int{}, []int{}, []int{}, []int{}
	for i := range p.Changes {
		switch p.Changes[i].Kind {
		case plan.Add:
			adds = append(adds, i)
		case plan.SetRole:
			roles = append(roles, i)
		case plan.Remove:
			removals = append(removals, i)
		default:
			groups = append(groups, i)
		}
	}
	if order == RemovalsFirst {
		return [][]int{groups, removals, adds, roles}
	}
	return [][]int{groups, adds, roles, removals}
}

// executor makes single changes and watches how it goes.
type executor struct {
	writer  Writer
	log     *slog.Logger
	writing context.Context // ends when the drain does
	stop    context.CancelCauseFunc

	mu      sync.Mutex
	created map[string]target.GroupID // by the id of the change that created it
	done    int
	failed  int
	inARow  int
}

// apply makes one change and says what became of it.
func (e *executor) apply(c *plan.Change) plan.Result {
	place := target.Place{Group: c.Group.ID, User: c.User.ID, Membership: c.Membership}
	for _, need := range c.Needs {
		e.mu.Lock()
		id, ok := e.created[need]
		e.mu.Unlock()
		if !ok {
			return plan.Result{Detail: "needs " + need + ", which was not made"}
		}
		place.Group = id
	}
	answer, err := e.write(c, place)
	if fatal, ok := errors.AsType[*target.FatalError](err); ok {
		e.stop(fatal)
	}
	result := resultOf(answer, err)
	e.count(c, answer, result)
	log := e.log.With("change", c.ID, "outcome", result.Outcome.String())
	if result.Outcome == plan.Failed {
		log.Warn("change failed", "err", result.Detail)
	} else {
		log.Debug("change settled", "found", result.Detail)
	}
	return result
}

func (e *executor) write(c *plan.Change, place target.Place) (target.Answer, error) {
	switch c.Kind {
	case plan.CreateGroup:
		return e.writer.CreateGroup(e.writing, c.Group.Name, c.Group.Identifier)
	case plan.RenameGroup:
		return e.writer.RenameGroup(e.writing, place.Group, c.Group.Name)
	case plan.Add:
		return e.writer.Add(e.writing, place, c.After)
	case plan.SetRole:
		return e.writer.SetRole(e.writing, place, c.After)
	case plan.Remove:
		return e.writer.Remove(e.writing, place)
	default:
		return target.Answer{}, fmt.Errorf("this version cannot make a change of kind %s", c.Kind)
	}
}

func resultOf(answer target.Answer, err error) plan.Result {
	if _, unsent := errors.AsType[*target.NotSentError](err); unsent {
		return plan.Result{Detail: err.Error()}
	}
	if err != nil {
		return plan.Result{Outcome: plan.Failed, Detail: err.Error()}
	}
	switch answer.State {
	case target.Applied:
		return plan.Result{Outcome: plan.Applied}
	case target.Already:
		return plan.Result{Outcome: plan.Already, Detail: answer.Found}
	default:
		return plan.Result{Outcome: plan.Skipped, Detail: answer.Found}
	}
}

// count notes groups that exist now, and stops the run when too much fails.
func (e *executor) count(c *plan.Change, answer target.Answer, result plan.Result) {
	if result.Outcome == plan.NotAttempted {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	if result.Outcome != plan.Failed {
		e.inARow = 0
		if c.Kind == plan.CreateGroup && answer.Group != 0 {
			e.created[c.ID] = answer.Group
		}
		return
	}
	e.failed++
	e.inARow++
	if e.inARow >= failuresInRow || e.done >= failuresOutOf && e.failed*100 > e.done*failuresPercent {
		e.stop(fmt.Errorf("%w: %d of the %d tried so far", ErrTooManyFailures, e.failed, e.done))
	}
}
