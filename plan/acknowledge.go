package plan

import (
	"time"

	"github.com/rollcall-sync/rollcall/source"
)

// Acknowledgement says that somebody knows of a hold and expects it for a while:
// it is no news then.
type Acknowledgement struct {
	// Group chooses the groups whose holds are meant, by the name that a plan gives
	// them, by the one in the source, or by the one that they have in Box: any will
	// do. Its zero value means every hold of the rule, also one on the whole run or
	// on a source.
	Group  source.Pattern
	Rule   Rule
	Until  time.Time // the first moment at which it is over
	Reason string
}

// Acknowledged is until when a hold is expected, and why. The zero value is that
// of a hold which nobody expects.
type Acknowledged struct {
	Until  time.Time
	Reason string
}

// acknowledges reports whether the hold is meant. names are those of its group,
// beside the one that it has in the plan.
func (a *Acknowledgement) acknowledges(h *Hold, names []string) bool {
	if a.Rule != h.Rule {
		return false
	}
	return a.Group.String() == "" || h.Group != (GroupRef{}) && (a.Group.Match(h.Group.Name) || means(a.Group, names))
}

// acknowledge marks the holds that are expected. Of several acknowledgements the
// one that ends last counts.
func (d *Differ) acknowledge(holds []Hold) {
	o := &d.opts
	names := d.calledBy()
	for i := range holds {
		h := &holds[i]
		for j := range o.Acknowledged {
			a := &o.Acknowledged[j]
			if a.Until.After(o.Now) && a.Until.After(h.Acknowledged.Until) && a.acknowledges(h, names[h.Group.Key]) {
				h.Acknowledged = Acknowledged{Until: a.Until.UTC().Truncate(time.Second), Reason: a.Reason}
			}
		}
	}
}
