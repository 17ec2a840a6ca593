package cmd

import (
	"errors"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// state looks whether the state directory can be used: written to, locked, read.
// It makes the directory if there is none.
func (k *checkup) state(c *config, account target.Account) {
	const subject = "state"
	if c.Run.StateDir == "" {
		k.fine(subject, "run.state_dir is not set: nothing is remembered from run to run")
		return
	}
	dir, err := openState(c, account)
	if err != nil {
		k.fail(subject, err, "")
		return
	}
	k.pausesSet(dir)
	err = dir.Lock(holder("check", time.Now()))
	if locked, busy := errors.AsType[*state.LockedError](err); busy {
		k.warn(subject, "", "%v", locked)
		return
	}
	if err != nil {
		k.fail(subject, err, "")
		return
	}
	dead, unreadable := dir.Unfinished()
	memory, err := dir.Memory()
	if err = errors.Join(err, dir.Unlock()); err != nil {
		k.fail(subject, err, "")
		return
	}
	if err := groupsync.Visible(k.groups, 0, memory.Owned); k.groups != nil && err != nil {
		k.fail("Box groups", &readError{err}, "")
	}
	switch {
	case unreadable != nil:
		k.warn(subject, "", "%v", unreadable)
	case len(dead) > 0:
		k.warn(subject, "the next run finds out what became of it", "%s: %s died", dir.Path(), plan.Count(len(dead), "run"))
	case memory.Updated.IsZero():
		k.empty(subject, dir.Path(), totalOf(marksOf(k.groups)[c.Instance]))
	default:
		k.fine(subject, "%s, remembers %s of %s, %s this month", dir.Path(), plan.Count(len(memory.Holds), "hold"),
			memory.Updated.Format(time.RFC3339), plan.Count(int(memory.Calls), "call"))
		k.open(memory)
	}
}

// empty says of a state directory that nothing is in it yet. Where groups in Box carry
// our identifiers, there may have been something.
func (k *checkup) empty(subject, path string, ours int) {
	if ours == 0 {
		k.fine(subject, "%s, nothing remembered yet", path)
		return
	}
	k.warn(subject, "if there were runs with run.state_dir, it was lost or is another one, and what rollcall pause had set is over; if not, all is well",
		"%s, nothing remembered yet, and Box has %s of ours", path, plan.Count(ours, "group"))
}
