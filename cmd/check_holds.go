package cmd

import (
	"strconv"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
)

// pauses tells what a run would leave alone, and warns of entries whose time has
// passed: they do nothing, and whoever reads the file may think that they do.
func (k *checkup) pauses(c *config, now time.Time) {
	const remove = "remove it from the configuration"
	for _, p := range c.pauses() {
		switch until := plan.UntilText(p.Until); {
		case p.Until.After(now):
			k.fine("paused until "+until, "%s: %s", p.Group, p.Reason)
		default:
			k.warn("pause", remove, "%s was paused until %s (%s), and is no more", strconv.Quote(p.Group.String()), until, p.Reason)
		}
	}
	for _, a := range c.acknowledged() {
		if !a.Until.After(now) {
			k.warn("holds.acknowledge", remove, "holds by %s were acknowledged until %s (%s), and are no more",
				a.Rule, plan.UntilText(a.Until), a.Reason)
		}
	}
}

// pausesSet tells what rollcall pause has set. What is over goes on its own.
func (k *checkup) pausesSet(dir *state.Dir) {
	set, err := dir.Pauses()
	if err != nil {
		k.fail("pauses", err, "")
	}
	for _, p := range set {
		if p.Until.After(k.now) {
			k.fine("paused until "+plan.UntilText(p.Until), "%s: %s (rollcall pause, %s)", p.Group, p.Reason, p.Set.Format(time.RFC3339))
		}
	}
}
