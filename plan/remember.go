package plan

import (
	"fmt"
	"strconv"
	"time"
)

// remember returns the memory that the next run is to have, or nil where nothing
// is remembered. What a narrowed run did not look at, or what is paused, stays as
// it was.
func (d *Differ) remember(p *Plan) *Memory {
	old := d.opts.Memory
	if old == nil {
		return nil
	}
	next := &Memory{
		Updated: old.Updated, Fingerprint: old.Fingerprint, Agreed: old.Agreed, Made: old.Made,
		People: d.knownPeople(old), Groups: d.knownGroups(old), Holds: map[string]time.Time{}, Absences: map[string]time.Time{},
		Sources: d.sourceCounts(old), Owned: d.ours, Calls: old.Calls,
	}
	next.AddCalls(0, d.opts.Now)
	d.keep(next, old)
	d.keepLost(next, old)
	whole := d.readWhole()
	for i := range p.Changes {
		next.rememberAbsence(&p.Changes[i], old, whole)
	}
	for i := range p.Holds {
		h := &p.Holds[i]
		next.Holds[h.ID()] = sinceOr(old.Holds, h.ID(), next.Updated)
		for j := range h.Changes {
			next.rememberAbsence(&h.Changes[j], old, whole)
		}
	}
	d.rememberSizes(p, next, old)
	d.rememberUnknown(next, p)
	return next
}

// readWhole returns the identifiers of the groups that the sources gave whole, and
// of which they did not leave too many people without a login.
func (d *Differ) readWhole() map[string]bool {
	whole := map[string]bool{}
	for _, p := range d.pairs {
		if p.desired != nil && p.desired.Complete() && !p.doubtful {
			whole[p.ref.Identifier] = true
		}
	}
	return whole
}

// rememberAbsence notes whom the change removes. Nobody begins to be missing from
// a list that was not read whole, nor from one that the source does not have.
func (m *Memory) rememberAbsence(c *Change, old *Memory, whole map[string]bool) {
	if c.Kind != Remove {
		return
	}
	if _, missed := old.Absences[c.ID]; missed || whole[c.Group.Identifier] {
		m.Absences[c.ID] = old.missedSince(c, m.Updated)
	}
}

func sinceOr(times map[string]time.Time, id string, now time.Time) time.Time {
	if since, ok := times[id]; ok {
		return since
	}
	return now
}

// holdYoung holds the removals of people who have not been missing for as long
// as members.removal_grace.
func (g *guarding) holdYoung(p *pair) {
	if g.opts.RemovalGrace <= 0 || g.opts.Memory == nil {
		return
	}
	var first time.Time // when the first of them may go
	young := take(&p.due, func(c *Change) bool {
		goes := g.opts.Memory.missedSince(c, g.opts.Now).Add(g.opts.RemovalGrace)
		if c.Kind != Remove || c.Cause == Left || !goes.After(g.opts.Now) {
			return false
		}
		if first.IsZero() || goes.Before(first) {
			first = goes
		}
		return true
	})
	g.hold(Hold{
		Rule: RuleRemovalGrace, Group: p.ref,
		Reason:  fmt.Sprintf("%s missing from the source for less than %s", are(len(young)), span(g.opts.RemovalGrace)),
		Release: "nothing to do: runs after " + first.UTC().Format(time.RFC3339) + " remove from " + strconv.Quote(p.ref.Name) + " who is still missing by then",
	}, young)
}
