package plan

import (
	"time"

	"github.com/rollcall-sync/rollcall/source"
)

// Acknowledgement says that somebody knows of a hold and expects it for a while:
// it is no news then.
type Acknowledgement struct {
	// Group chooses the groups whose holds are meant, by the name that a plan gives
	// them. Its zero value means every hold of the rule, also one on the whole run
	// or on a source.
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

// acknowledges reports whether the hold is meant.
func (a *Acknowledgement) acknowledges(h *Hold) bool {
	if a.Rule != h.Rule {
		return false
	}
	return a.Group.String() == "" || h.Group != (GroupRef{}) && a.Group.Match(h.Group.Name)
}

// acknowledge marks the holds that are expected. Of several acknowledgements the
// one that ends last counts.
func (o *Options) acknowledge(holds []Hold) {
	for i := range holds {
		h := &holds[i]
		for j := range o.Acknowledged {
			a := &o.Acknowledged[j]
			if a.Until.After(o.Now) && a.Until.After(h.Acknowledged.Until) && a.acknowledges(h) {
				h.Acknowledged = Acknowledged{Until: a.Until.UTC().Truncate(time.Second), Reason: a.Reason}
			}
		}
	}
}
