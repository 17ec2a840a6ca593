package cmd

import (
	"slices"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// shownHolds is how many open holds check lists: the oldest, which nobody sees as
// news any more.
const shownHolds = 20

// open lists what the last run held and for how many nights that has been so.
// Whether it would be held today, only a plan can say.
func (k *checkup) open(memory *plan.Memory) {
	holds := memory.OpenHolds(k.now)
	for _, h := range holds[:min(len(holds), shownHolds)] {
		k.fine("held", "%s: %s", k.title(&h, memory), report.OpenSince(&h.Age))
	}
	if rest := len(holds) - shownHolds; rest > 0 {
		k.fine("held", "and %d more, none of them older", rest)
	}
}

// title says what the hold is about. A group is called as Box calls it, also if it
// carries its identifier no more, or by its identifier where Box does not have it.
func (k *checkup) title(h *plan.OpenHold, memory *plan.Memory) string {
	switch {
	case h.Source != "":
		return string(h.Rule) + ", source " + h.Source
	case h.Identifier == "":
		return string(h.Rule)
	}
	identifier := source.FoldIdentifier(h.Identifier)
	i := slices.IndexFunc(k.groups, func(g target.Group) bool { return source.FoldIdentifier(g.Identifier) == identifier })
	if former := memory.Groups[identifier]; i < 0 && former != 0 {
		i = slices.IndexFunc(k.groups, func(g target.Group) bool { return g.ID == former })
	}
	if i < 0 {
		return string(h.Rule) + ", " + h.Identifier
	}
	return string(h.Rule) + ", " + k.groups[i].Name
}
