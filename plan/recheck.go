package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Recheck compares a saved plan with how things are now. What is left of it is
// the plan ∩ what a fresh comparison still wants: nothing that is not in the
// plan, and nothing that is no longer true.
//
// It is used like a [Differ]: [Recheck.ToList] says which groups to list,
// [Recheck.Listed] takes the listings, [Recheck.Finish] decides.
type Recheck struct {
	saved  *Plan
	differ *Differ
	// sourced says that the sources were read. Without them, only what Box says
	// can speak against a change.
	sourced  bool
	byID     map[target.GroupID]target.Group
	index    groupIndex
	listed   map[target.GroupID]*listingNow
	toList   map[target.GroupID]bool
	concerns map[target.GroupID]map[target.UserID]bool // the memberships that the plan is about
}

// listingNow is what one listing says of the memberships that the plan is about.
type listingNow struct {
	members map[target.UserID]target.Membership
	current int
	hidden  int
	limited bool
}

// NewRecheck compares the saved plan with the roster, and with Box's groups. A
// nil roster stands for sources that were not read. Scope and allowances are the
// plan's own, and of its limits and those of opts the stricter ones bind.
func NewRecheck(saved *Plan, roster *source.Roster, groups []target.Group, opts Options) *Recheck {
	opts.Scope, opts.Allow, opts.Reviewed = saved.Header.Scope, saved.Header.Allowed, true
	opts.Limits = opts.Limits.Stricter(saved.Header.Limits)
	// Whoever was missing for long enough when the plan was made still is, or the
	// removal is no longer due.
	opts.RemovalGrace, opts.Memory = 0, nil
	r := &Recheck{
		saved: saved, sourced: roster != nil, index: newGroupIndex(groups),
		byID: map[target.GroupID]target.Group{}, listed: map[target.GroupID]*listingNow{},
		toList: map[target.GroupID]bool{}, concerns: map[target.GroupID]map[target.UserID]bool{},
	}
	for _, g := range groups {
		r.byID[g.ID] = g
	}
	touched := map[string]bool{}
	for i := range saved.Changes {
		c := &saved.Changes[i]
		touched[source.FoldIdentifier(c.Group.Identifier)] = true
		g, ok := r.find(c)
		if !ok {
			continue
		}
		r.toList[g.ID] = true
		if r.concerns[g.ID] == nil {
			r.concerns[g.ID] = map[target.UserID]bool{}
		}
		r.concerns[g.ID][c.User.ID] = true
	}
	if roster == nil {
		roster = &source.Roster{}
	}
	r.differ = Match(roster, groups, opts)
	r.narrow(touched)
	return r
}

// narrow leaves of the fresh comparison the groups that the plan touches. They
// are looked for by identifier: the plan may be about to create them.
func (r *Recheck) narrow(touched map[string]bool) {
	d := r.differ
	d.pairs = slices.DeleteFunc(d.pairs, func(p *pair) bool {
		if touched[source.FoldIdentifier(p.ref.Identifier)] {
			return false
		}
		delete(d.listed, p.actual.ID)
		return true
	})
	for id := range d.listed {
		r.toList[id] = true
	}
	for i := range r.saved.Changes {
		if u := r.saved.Changes[i].User; u.ID != 0 {
			d.users.add(u)
		}
	}
}

// find returns the Box group of a change: the one with its id, or for a group
// that the plan creates, the one with its identifier.
func (r *Recheck) find(c *Change) (target.Group, bool) {
	if c.Group.ID != 0 {
		g, ok := r.byID[c.Group.ID]
		return g, ok
	}
	found := r.index.byIdentifier[source.FoldIdentifier(c.Group.Identifier)]
	if len(found) != 1 {
		return target.Group{}, false
	}
	return found[0], true
}

// ToList returns the Box groups whose memberships are needed, in ascending order
// of id.
func (r *Recheck) ToList() []target.GroupID { return slices.Sorted(maps.Keys(r.toList)) }

// Listed takes the memberships of one of the groups of [Recheck.ToList], in any
// order; a listing of another group is ignored.
func (r *Recheck) Listed(l target.Listing) {
	if !r.toList[l.Group] || r.listed[l.Group] != nil {
		return
	}
	now := &listingNow{members: map[target.UserID]target.Membership{}, hidden: l.Hidden, limited: l.Truncated, current: len(l.Memberships)}
	for _, m := range l.Memberships {
		if _, twice := now.members[m.User]; !twice && r.concerns[l.Group][m.User] {
			now.members[m.User] = m
		}
	}
	r.listed[l.Group] = now
	r.differ.Listed(l)
}

// Confirmed is what is left of a saved plan.
type Confirmed struct {
	// Plan holds the changes that are still to be made, with the ids and needs
	// that they have in the saved plan, and what limits and rules hold now.
	Plan *Plan
	// Results says of each change of the saved plan what became of it. Those that
	// are still to be made are not attempted yet.
	Results []Result
	places  []int // of each change of Plan in the saved plan
}

// Take puts the results of the changes of Plan where they belong among Results.
func (c *Confirmed) Take(results []Result) {
	for i, r := range results {
		c.Results[c.places[i]] = r
	}
}

// Finish decides about every change of the saved plan. It fails if a listing is
// missing: nothing may be done to a group that was not read.
func (r *Recheck) Finish() (*Confirmed, error) {
	for id := range r.toList {
		if r.listed[id] == nil {
			return nil, fmt.Errorf("the memberships of group %s were not read", id)
		}
	}
	due := r.due()
	results := make([]Result, len(r.saved.Changes))
	met := map[string]bool{} // changes that others may build on
	place := map[string]int{}
	pairs := r.pairsByIdentifier()
	for i := range r.saved.Changes {
		c := r.saved.Changes[i]
		place[c.ID] = i
		results[i] = r.judge(&c, met, due)
		met[c.ID] = results[i].Outcome != Skipped
		if results[i].Outcome != NotAttempted {
			continue
		}
		if g, ok := r.find(&c); ok {
			c.Group.ID = g.ID
		}
		c.Needs = slices.DeleteFunc(slices.Clone(c.Needs), func(id string) bool {
			return results[place[id]].Outcome == Already
		})
		p := pairs[source.FoldIdentifier(c.Group.Identifier)]
		p.due = append(p.due, c)
	}
	fresh := &Plan{Header: r.saved.Header}
	fresh.Header.Blocked = false
	r.differ.guard(fresh)
	slices.SortFunc(fresh.Changes, compareChanges)
	out := &Confirmed{Plan: fresh, Results: results}
	for i := range fresh.Changes {
		out.places = append(out.places, place[fresh.Changes[i].ID])
	}
	for i := range fresh.Holds {
		h := &fresh.Holds[i]
		for j := range h.Changes {
			results[place[h.Changes[j].ID]] = Result{Outcome: Skipped, Detail: fmt.Sprintf("held by %s: %s", h.Rule, h.Reason)}
		}
	}
	return out, nil
}

// due returns what a fresh comparison wants in the groups that the plan touches,
// before any limit, and clears it from the pairs.
func (r *Recheck) due() map[changeKey]Change {
	due := map[changeKey]Change{}
	for _, p := range r.differ.pairs {
		if r.sourced {
			r.differ.decide(p, map[string]*Finding{})
		}
		for _, c := range p.due {
			due[keyOf(&c)] = c
		}
		p.due = nil
	}
	return due
}

// pairsByIdentifier returns the pair of each group that the plan touches. One
// that the sources do not have, or that were not read, gets one of its own, with
// what Box says, so that the limits find it.
func (r *Recheck) pairsByIdentifier() map[string]*pair {
	pairs := map[string]*pair{}
	for _, p := range r.differ.pairs {
		pairs[source.FoldIdentifier(p.ref.Identifier)] = p
	}
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		key := source.FoldIdentifier(c.Group.Identifier)
		if pairs[key] != nil {
			continue
		}
		p := &pair{ref: c.Group, unread: !r.sourced && !r.asked(c)}
		if g, ok := r.find(c); ok {
			p.actual = g
			now := r.listed[g.ID]
			p.current, p.hidden, p.limited = now.current, now.hidden, now.limited
		}
		pairs[key] = p
		r.differ.pairs = append(r.differ.pairs, p)
	}
	return pairs
}

// asked reports whether the change is in an orphan that somebody asked to empty.
func (r *Recheck) asked(c *Change) bool {
	return slices.ContainsFunc(r.saved.Header.Scope.EmptyOrphans, func(name string) bool {
		return source.FoldName(name) == source.FoldName(c.Group.Name)
	})
}

// changeKey says which change a change is, whatever plan it is in.
type changeKey struct {
	kind       Kind
	identifier string
	user       target.UserID
}

func keyOf(c *Change) changeKey {
	return changeKey{c.Kind, source.FoldIdentifier(c.Group.Identifier), c.User.ID}
}
