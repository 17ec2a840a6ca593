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
	CreateGroup(ctx context.Context, name, identifier string, settings target.Settings) (target.Answer, error)
	TakeOver(ctx context.Context, group target.GroupID, before, identifier string) (target.Answer, error)
	RenameGroup(ctx context.Context, group target.GroupID, name string) (target.Answer, error)
	UpdateGroup(ctx context.Context, group target.GroupID, settings target.Settings) (target.Answer, error)
	Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error)
	SetRole(ctx context.Context, place target.Place, role target.Role) (target.Answer, error)
	Remove(ctx context.Context, place target.Place) (target.Answer, error)
	Calls() int64
}

// Journal keeps what a run is about to do and what came of it, so that a run that
// dies can be accounted for. Its methods may be called by several goroutines.
type Journal interface {
	// Begin notes that a change is about to be written. The write is sent only
	// after it has returned, and never if it fails.
	Begin(change string) error
	// End notes what became of a change; group is the one that a creation made.
	End(change string, result plan.Result, group target.GroupID) error
}

// Order is the order of the phases.
type Order uint8

// The orders. Either way groups come first, and each phase ends before the
// next begins.
const (
	AddsFirst     Order = iota // add, change roles, remove: nobody who moves is without access
	RemovalsFirst              // remove, add, change roles: leavers go before joiners come, but for the last of a group
)

// ApplyOptions say how a plan is applied.
type ApplyOptions struct {
	Concurrency int // writes under way at a time; less than 1 means 1
	Order       Order
	// Drain is how long writes under way may take once ctx is done.
	Drain time.Duration
	// Journal hears of every write before it is sent, and of its outcome; nil
	// keeps none. When it fails, the run stops before the next write.
	Journal Journal
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
		// In words: what kind of error ended another write says nothing of this one.
		time.AfterFunc(opts.Drain, func() { abandon(errors.New(context.Cause(starting).Error())) })
	})()
	e := &executor{
		writer: w, journal: opts.Journal, log: opts.Log, starting: starting, writing: writing, stop: stop,
		needed: p.Needed(), met: map[string]target.GroupID{}, vain: map[string]string{},
	}
	if e.journal == nil {
		e.journal = noJournal{}
	}
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

// noJournal is the journal of a run that keeps none.
type noJournal struct{}

func (noJournal) Begin(string) error                            { return nil }
func (noJournal) End(string, plan.Result, target.GroupID) error { return nil }

// phases returns the places of the changes to make in each phase. Groups are made
// ours before anything else happens to them, and of two writes to one group the
// second waits for the first. The last members and the last admins of a group go after
// whoever replaces them has come.
func phases(p *plan.Plan, order Order) [][]int {
	groups, renames, updates, adds, roles, removals, last := []int{}, []int{}, []int{}, []int{}, []int{}, []int{}, []int{}
	waits := waits(p)
	for i := range p.Changes {
		if waits(&p.Changes[i]) {
			last = append(last, i)
			continue
		}
		switch p.Changes[i].Kind {
		case plan.RenameGroup:
			renames = append(renames, i)
		case plan.UpdateGroup:
			updates = append(updates, i)
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
		return [][]int{groups, renames, updates, removals, adds, roles, last}
	}
	return [][]int{groups, renames, updates, adds, roles, removals, last}
}

// executor makes single changes and watches how it goes.
type executor struct {
	writer   Writer
	journal  Journal
	log      *slog.Logger
	starting context.Context // ends when nothing new may start
	writing  context.Context // ends when the drain does
	stop     context.CancelCauseFunc

	mu     sync.Mutex
	needed map[string]string         // the changes that others need, by id, in words
	met    map[string]target.GroupID // those that are made, with the group that one made
	vain   map[string]string         // those that came to nothing, without failing, and how
	done   int
	failed int
	inARow int
}

// apply makes one change and says what became of it.
func (e *executor) apply(c *plan.Change) plan.Result {
	place := target.Place{Group: c.Group.ID, User: c.User.ID, Membership: c.Membership}
	for _, need := range c.Needs {
		group, unmet := e.need(need)
		if unmet != nil {
			return e.end(c, *unmet, 0)
		}
		if group != 0 {
			place.Group = group
		}
	}
	if err := e.journal.Begin(c.ID); err != nil {
		e.stop(err)
		return plan.Result{Detail: "not sent: " + err.Error()}
	}
	// The disk may have taken its time, and another worker's note may have failed.
	if cause := context.Cause(e.starting); cause != nil {
		return e.end(c, plan.Result{Detail: "not sent: " + cause.Error()}, 0)
	}
	answer, err := e.write(c, place)
	if fatal, ok := errors.AsType[*target.FatalError](err); ok {
		e.stop(fatal)
	}
	result := resultOf(answer, err)
	e.count(c, answer, result)
	return e.end(c, result, answer.Group)
}

// need returns the group that a change which must be made first has made, if it made
// one, or what becomes of a change that needs it in vain.
func (e *executor) need(id string) (group target.GroupID, unmet *plan.Result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if group, ok := e.met[id]; ok {
		return group, nil
	}
	if how := e.vain[id]; how != "" {
		return 0, &plan.Result{Outcome: plan.Skipped, Detail: fmt.Sprintf("needs %q, which %s", e.needed[id], how)}
	}
	return 0, &plan.Result{Detail: fmt.Sprintf("needs %q, which was not made", e.needed[id])}
}

// end notes what became of a change. A journal that fails now has the change made
// and not ended: the run stops, and the report tells.
func (e *executor) end(c *plan.Change, result plan.Result, group target.GroupID) plan.Result {
	if c.Kind != plan.CreateGroup {
		group = 0
	}
	if err := e.journal.End(c.ID, result, group); err != nil {
		e.stop(err)
	}
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
		return e.writer.CreateGroup(e.writing, c.Group.Name, c.Group.Identifier, c.Wanted())
	case plan.AdoptGroup, plan.RekeyGroup:
		return e.writer.TakeOver(e.writing, place.Group, c.BeforeIdentifier, c.Group.Identifier)
	case plan.RenameGroup:
		return e.writer.RenameGroup(e.writing, place.Group, c.Group.Name)
	case plan.UpdateGroup:
		return e.writer.UpdateGroup(e.writing, place.Group, c.Wanted())
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

// count notes groups that are ours now, and stops the run when too much fails.
func (e *executor) count(c *plan.Change, answer target.Answer, result plan.Result) {
	if result.Outcome == plan.NotAttempted {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	if result.Outcome != plan.Failed {
		e.inARow = 0
		e.note(c, answer, result)
		return
	}
	e.failed++
	e.inARow++
	if e.inARow >= failuresInRow || e.done >= failuresOutOf && e.failed*100 > e.done*failuresPercent {
		e.stop(fmt.Errorf("%w: %d of the %d tried so far", ErrTooManyFailures, e.failed, e.done))
	}
}
