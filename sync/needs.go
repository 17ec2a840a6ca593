package sync

import (
	"slices"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// waits returns what says of a change that it waits for an add or a grant: it takes
// somebody whom somebody else is to replace first. Such changes come last, in either
// order.
func waits(p *plan.Plan) func(c *plan.Change) bool {
	arrivals := map[string]bool{}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Kind == plan.Add || c.Grants() {
			arrivals[c.ID] = true
		}
	}
	return func(c *plan.Change) bool {
		return c.Takes() && slices.ContainsFunc(c.Needs, func(id string) bool { return arrivals[id] })
	}
}

// note keeps of a change that did not fail what others that need it must know. A
// grant to somebody who has another role now has made no admin.
func (e *executor) note(c *plan.Change, answer target.Answer, result plan.Result) {
	makesGroup := c.Kind == plan.CreateGroup || c.TakesOver()
	switch {
	case e.needed[c.ID] == "":
	case result.Outcome == plan.Skipped:
		e.vain[c.ID] = "was skipped"
	case c.Grants() && answer.OtherRole:
		e.vain[c.ID] = "made nobody group admin"
	case !makesGroup:
		e.met[c.ID] = 0
	case answer.Group != 0:
		e.met[c.ID] = answer.Group
	}
}
