package sync

import (
	"context"
	"slices"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Settled is what became of a change that a run had begun when it died.
type Settled struct {
	Result plan.Result
	Group  target.GroupID // that a creation made
}

// Settle finds out by reading which of the plan's changes at the places given,
// begun by a run that died, were made. A change that Box shows as made counts as
// applied: that somebody else made the same one meanwhile cannot be told.
// Nothing is written.
func Settle(ctx context.Context, p *plan.Plan, places []int, reader Reader) ([]Settled, error) {
	if len(places) == 0 {
		return nil, nil
	}
	// No limits: they are about what may still be done, and nothing will be.
	begun := &plan.Plan{}
	ids := map[string]bool{}
	for _, i := range places {
		ids[p.Changes[i].ID] = true
	}
	for _, i := range places {
		c := p.Changes[i]
		// What else it needed was made, or it would not have been begun.
		c.Needs = slices.DeleteFunc(slices.Clone(c.Needs), func(id string) bool { return !ids[id] })
		begun.Changes = append(begun.Changes, c)
	}
	settled, err := settle(ctx, begun, reader)
	return settled, withCause(ctx, err)
}

func settle(ctx context.Context, begun *plan.Plan, reader Reader) ([]Settled, error) {
	groups, hidden, err := reader.Groups(ctx)
	if err != nil {
		return nil, err
	}
	if err := Visible(groups, hidden, 0); err != nil {
		return nil, err
	}
	r := plan.NewRecheck(begun, nil, groups, plan.Options{})
	if err := listed(ctx, reader, r); err != nil {
		return nil, err
	}
	found, err := r.Finish()
	if err != nil {
		return nil, err
	}
	created := map[string]target.GroupID{}
	for _, g := range groups {
		created[source.FoldIdentifier(g.Identifier)] = g.ID
	}
	settled := make([]Settled, len(begun.Changes))
	for i, result := range found.Results {
		switch c := &begun.Changes[i]; {
		case result.Outcome == plan.Already && c.Kind == plan.CreateGroup:
			settled[i].Group = created[source.FoldIdentifier(c.Group.Identifier)]
			fallthrough
		case result.Outcome == plan.Already:
			settled[i].Result = plan.Result{Outcome: plan.Applied, Detail: "the run died over it; Box shows that it was made"}
		case result.Outcome == plan.Skipped:
			settled[i].Result.Detail = "the run died over it; now: " + result.Detail
		default:
			// Box may hide it.
			settled[i].Result.Detail = "the run died over it; Box does not show that it was made"
		}
	}
	return settled, nil
}
