package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/state"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// reportFile is a run's report in its directory.
const reportFile = "report.json"

// remember opens the state directory: it takes the lock, settles runs that died,
// and reads what is remembered. A run that writes to Box fails if another one
// holds the lock; any other goes on, and what it learns is lost.
func (r *run) remember(ctx context.Context, account target.Account) error {
	dir, err := openState(r.config, account)
	if err != nil {
		return err
	}
	err = dir.Lock(holder(r.command, r.env.now()))
	locked, busy := errors.AsType[*state.LockedError](err)
	switch {
	case busy && r.writes:
		return &exitError{code: exitUnreadable, err: fmt.Errorf("%w; nothing was written", locked), hint: "wait until it has ended, and try again"}
	case busy:
		r.env.tell("", "%v; what this run learns is not remembered", locked)
	case err != nil:
		return err
	default:
		r.state = dir
		if err := r.settle(ctx); err != nil {
			return err
		}
	}
	if r.memory, err = dir.Memory(); err != nil {
		return err
	}
	r.policies.Memory = r.memory
	r.policies.Pauses, err = r.config.pausesIn(dir)
	return err
}

// openState opens the state of this installation in the account's enterprise; one
// that has no enterprise has a state all the same.
func openState(c *config, account target.Account) (*state.Dir, error) {
	dir, err := state.Open(c.path(c.Run.StateDir), c.Instance, cmp.Or(account.EnterpriseID, "none"))
	if err != nil {
		return nil, fmt.Errorf("run.state_dir: %w", err)
	}
	return dir, nil
}

// holder says who this process is, in the lock and in journals. A machine that
// does not tell its name has none.
func holder(command string, since time.Time) state.Holder {
	host, _ := os.Hostname()
	return state.Holder{Command: command, PID: os.Getpid(), Host: host, Since: since}
}

// keepMemory keeps what the plan's reads taught, and the calls that they took.
func (r *run) keepMemory(p *plan.Plan) error {
	if r.state == nil || p.Memory == nil {
		return nil
	}
	r.counted = r.reader.Calls()
	p.Memory.AddCalls(r.counted, r.env.now())
	if err := r.state.SaveMemory(p.Memory); err != nil {
		return fmt.Errorf("keep what was read; nothing was written to Box: %w", err)
	}
	return nil
}

// settle accounts for the runs that died: it looks up what they had begun, and
// writes their reports. A run that cannot be read is told of, and left.
func (r *run) settle(ctx context.Context) error {
	dead, err := r.state.Unfinished()
	if err != nil {
		r.env.tell("", "%v", err)
	}
	for _, record := range dead {
		if err := r.settleRun(ctx, record); err != nil {
			return fmt.Errorf("settle the run %s, which died: %w", record.Path, err)
		}
	}
	return nil
}

func (r *run) settleRun(ctx context.Context, record *state.Record) error {
	settled, err := groupsync.Settle(ctx, record.Plan, record.Pending, r.reader.WithSettings())
	if err != nil {
		return &readError{err}
	}
	journal, err := r.state.Resume(record)
	if err != nil {
		return err
	}
	// How many calls it made, nobody knows; at least one for each change that it began.
	record.Calls = int64(len(record.Pending) + len(record.Results) - plan.TallyOf(record.Results).NotAttempted)
	for i, place := range record.Pending {
		record.Results[place] = settled[i].Result
		if err := journal.End(record.Plan.Changes[place].ID, settled[i].Result, settled[i].Group); err != nil {
			return errors.Join(err, journal.Close())
		}
	}
	record.Ended, record.Stopped = r.env.now(), "the run did not come to its end: it was killed, or could not keep its journal"
	// These come first: a journal that has its end is never looked at again.
	if err := writeReport(filepath.Join(record.Path, reportFile), record.Plan, reportOf(record)); err != nil {
		return errors.Join(err, journal.Close())
	}
	if err := r.rememberMade(record); err != nil {
		return errors.Join(err, journal.Close())
	}
	if err := journal.Finish(state.Finish{Ended: record.Ended, Stopped: record.Stopped, Calls: record.Calls}); err != nil {
		return err
	}
	r.env.tell("", "The run %s by %s, pid %d on %s, did not come to its end. It had applied %d of %s.\n"+
		"To see what became of it:\n  rollcall show %s",
		record.ID, record.Info.Command, record.Info.PID, record.Info.Host,
		plan.TallyOf(record.Results).Applied, plan.Count(len(record.Results), "change"), plan.ShellQuote(record.Path))
	return nil
}

// rememberMade remembers what is known of what a run made that died.
func (r *run) rememberMade(record *state.Record) error {
	memory, err := r.state.Memory()
	if err != nil {
		return err
	}
	memory.RememberMade(record.ID, record.Info.Started, record.Plan, record.Results)
	return r.state.SaveMemory(memory)
}

// reportOf returns what a run's directory says, for a report.
func reportOf(record *state.Record) *report.Run {
	return &report.Run{
		ID: record.ID, Started: record.Info.Started, Ended: record.Ended, Stopped: record.Stopped,
		Results: record.Results, Calls: record.Calls,
	}
}

func writeReport(path string, p *plan.Plan, done *report.Run) error {
	err := state.WriteFile(path, func(w io.Writer) error { return report.JSON(w, p, done) })
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// recorder keeps one run that writes to Box: its directory, journal and reports.
type recorder struct {
	run   *run
	plan  *plan.Plan
	start time.Time
	kept  *state.Run // nil: there is no state directory
	// agreed is the fingerprint under which a person has applied a plan; empty where
	// none has.
	agreed plan.Fingerprint
	// ended says that the run came to the end of all that its configuration is about.
	ended bool
}

// record begins a run that is to apply the plan.
func (r *run) record(p *plan.Plan) (*recorder, error) {
	rec := &recorder{run: r, plan: p, start: r.env.now()}
	if r.state == nil {
		return rec, nil
	}
	who := holder(r.command, rec.start)
	kept, err := r.state.NewRun(p, state.Info{
		Command: who.Command, Host: who.Host, PID: who.PID, Started: who.Since,
		ChangeRef: p.Header.ChangeRef, ApprovedBy: p.Header.ApprovedBy,
	})
	if err != nil {
		return nil, fmt.Errorf("begin the run's journal; nothing was written to Box: %w", err)
	}
	rec.kept, r.apply.Journal = kept, kept
	return rec, nil
}

// settled notes the outcomes that were clear before anything was written.
func (rec *recorder) settled(results []plan.Result) error {
	if rec.kept == nil {
		return nil
	}
	for i, result := range results {
		if result.Outcome == plan.NotAttempted {
			continue
		}
		if err := rec.kept.End(rec.plan.Changes[i].ID, result, 0); err != nil {
			return errors.Join(fmt.Errorf("keep the run's journal; nothing was written to Box: %w", err), rec.kept.Close())
		}
	}
	return nil
}

// finish writes the run's report, ends its journal and forgets old runs. What
// fails is returned together: the changes are made, and each of these is worth a
// try. The report comes first: a journal that has its end is never looked at again.
func (rec *recorder) finish(done *report.Run) error {
	if rec.kept == nil {
		return nil
	}
	done.ID = rec.kept.ID()
	return errors.Join(
		writeReport(filepath.Join(rec.kept.Path(), reportFile), rec.plan, done),
		rec.kept.Finish(state.Finish{Ended: done.Ended, Stopped: done.Stopped, Calls: done.Calls}),
		rec.run.forget(rec, done))
}

// forget removes what is older than run.keep, counts the calls of this run and the
// groups that it made ours, and remembers what it made, what the plan was allowed to
// find, if it came to its end, and what a person has agreed to.
func (r *run) forget(rec *recorder, done *report.Run) error {
	if _, err := r.state.Prune(r.env.now().Add(-r.config.Run.Keep.Duration)); err != nil {
		return err
	}
	memory, err := r.state.Memory()
	if err != nil {
		return err
	}
	memory.Owned += rec.plan.Gained(done.Results)
	if done.Stopped == "" {
		memory.Accept(rec.plan)
	}
	memory.RememberMade(done.ID, done.Started, rec.plan, done.Results)
	if rec.ended {
		memory.Fingerprint = rec.plan.Header.Fingerprint
	}
	if len(rec.agreed) > 0 {
		memory.Agree(rec.agreed)
	}
	memory.AddCalls(r.reader.Calls()-r.counted, r.env.now())
	return r.state.SaveMemory(memory)
}
