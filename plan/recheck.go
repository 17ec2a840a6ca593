package plan

import (
	"cmp"
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
	today  *Options // with the limits of today alone
	differ *Differ
	// sourced says that the sources were read. Without them, only what Box says
	// can speak against a change.
	sourced  bool
	resolved bool // the logins of those who are to be added were looked up
	byID     map[target.GroupID]target.Group
	index    groupIndex
	listed   map[target.GroupID]*listingNow
	toList   map[target.GroupID]bool
	concerns map[target.GroupID]map[target.UserID]bool // the memberships that the plan is about
	left     map[GroupRef]int                          // as [Plan.leaves] says
	inSource map[GroupRef]string                       // of the plan's groups with another name in their source, that one
	pairs    map[string]*pair                          // by folded identifier
	formerly map[string]string                         // by folded identifier: the name before, of those that the plan renames
	// compared has the folded identifiers of the groups that the fresh comparison
	// has something to say about, and refused says why it has not.
	compared map[string]bool
	refused  map[string]string
	arrivals map[string]int    // places of the plan's adds and grants, by id
	needed   map[string]string // as [Plan.Needed] says
	paused   map[string]*Pause // by folded identifier: the groups that are left alone now
}

// listingNow is what one listing says of the memberships that the plan is about.
type listingNow struct {
	members map[target.UserID]target.Membership
	current int
	admins  int
	hidden  int
	limited bool
}

// NewRecheck compares the saved plan with the roster, and with Box's groups. A
// nil roster stands for sources that were not read. Scope and allowances are the
// plan's own, and of its limits and those of opts the stricter ones bind.
func NewRecheck(saved *Plan, roster *source.Roster, groups []target.Group, opts Options) *Recheck {
	opts.Scope, opts.Allow, opts.Reviewed = saved.Header.Scope, saved.Header.Allowed, true
	today := opts
	opts.Limits = opts.Limits.Stricter(saved.Header.Limits)
	memory := opts.Memory
	// Whoever was missing for long enough when the plan was made still is, or the
	// removal is no longer due.
	opts.RemovalGrace, opts.Memory = 0, nil
	groups = slices.SortedFunc(slices.Values(groups), func(a, b target.Group) int { return cmp.Compare(a.ID, b.ID) })
	r := &Recheck{
		saved: saved, today: &today, sourced: roster != nil, index: newGroupIndex(groups), left: saved.leaves(),
		byID: map[target.GroupID]target.Group{}, listed: map[target.GroupID]*listingNow{},
		toList: map[target.GroupID]bool{}, concerns: map[target.GroupID]map[target.UserID]bool{},
		compared: map[string]bool{}, refused: map[string]string{}, paused: map[string]*Pause{}, inSource: map[GroupRef]string{},
		arrivals: arrivalsOf(saved), needed: saved.Needed(),
	}
	r.formerly = saved.namesBefore()
	for _, g := range saved.Groups {
		r.inSource[g.Group] = g.NameInSource
	}
	for _, g := range groups {
		r.byID[g.ID] = g
	}
	if roster == nil {
		roster = &source.Roster{}
	}
	r.differ = Match(roster, groups, opts)
	r.differ.saved = true
	if memory != nil {
		r.differ.remembered = memory.People
	}
	r.differ.shrinking = r.shrinking(roster, memory)
	r.findPaused()
	touched := map[string]bool{}
	for i := range saved.Changes {
		c := &saved.Changes[i]
		touched[source.FoldIdentifier(c.Group.Identifier)] = true
		g, ok := r.find(c)
		if !ok || r.pauseOf(c) != nil {
			continue
		}
		r.toList[g.ID] = true
		if r.concerns[g.ID] == nil {
			r.concerns[g.ID] = map[target.UserID]bool{}
		}
		r.concerns[g.ID][c.User.ID] = true
	}
	r.narrow(touched)
	return r
}

// narrow leaves of the fresh comparison the groups that the plan touches. They
// are looked for by identifier: the plan may be about to create them.
func (r *Recheck) narrow(touched map[string]bool) {
	d := r.differ
	d.pairs = slices.DeleteFunc(d.pairs, func(p *pair) bool {
		if identifier := source.FoldIdentifier(p.ref.Identifier); touched[identifier] {
			r.compared[identifier] = r.compared[identifier] || p.desired != nil
			return false
		}
		delete(d.listed, p.actual.ID)
		return true
	})
	r.narrowOrphans(touched)
	for id := range d.listed {
		r.toList[id] = true
	}
	for i := range d.holds {
		r.refused[source.FoldIdentifier(d.holds[i].Group.Identifier)] = d.holds[i].refusal()
	}
	for _, f := range d.findings {
		if f.Kind == NotOurs || f.Kind == NotCreated {
			r.refused[source.FoldIdentifier(f.Group.Identifier)] = f.Text
		}
	}
}

// HiddenGroups notes that Box announced n groups more than it showed: none is
// created then.
func (r *Recheck) HiddenGroups(n int) { r.differ.hidden = n }

// Unresolved returns the logins of people who are to be added and whom no listing
// has shown under them, sorted, each once: a login may be another user's by now. So
// it does those of people who may be somebody that the plan removes.
func (r *Recheck) Unresolved() []source.Login {
	missing := r.unknownLogins()
	maps.Copy(missing, r.otherLogins())
	for i := range r.saved.Changes {
		login := source.NewLogin(r.saved.Changes[i].User.Login)
		_, known := r.differ.users.byKey[login.Key()]
		if r.saved.Changes[i].Kind == Add && !known && r.pauseOf(&r.saved.Changes[i]) == nil {
			missing[login.Key()] = login
		}
	}
	return sortedLogins(missing)
}

// Resolve takes the users that Box has now for the logins of [Recheck.Unresolved].
// One that is not among them is nobody's any more. Without it the users are taken
// to be those of the plan.
func (r *Recheck) Resolve(users []target.User) {
	r.resolved = true
	r.differ.Resolve(users)
}

// learnUsers makes the users of the plan known where nobody looked them up again.
// What Box says now goes first: a login that has changed since is theirs no longer,
// and may be somebody else's.
func (r *Recheck) learnUsers() {
	users := r.differ.users
	for i := range r.saved.Changes {
		u := r.saved.Changes[i].User
		_, shown := users.byID[u.ID]
		_, taken := users.byKey[source.NewLogin(u.Login).Key()]
		if u.ID != 0 && !shown && !taken && !r.resolved {
			users.add(u)
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
	for _, u := range l.Users {
		r.differ.users.add(u)
	}
	now := &listingNow{members: map[target.UserID]target.Membership{}, hidden: l.Hidden, limited: l.Truncated}
	seen := make(map[target.UserID]bool, len(l.Memberships))
	for _, m := range l.Memberships {
		if !seen[m.User] && r.concerns[l.Group][m.User] {
			now.members[m.User] = m
		}
		if !seen[m.User] && m.Role == target.RoleAdmin {
			now.admins++
		}
		seen[m.User] = true
	}
	now.current = len(seen)
	r.listed[l.Group] = now
	r.differ.Listed(l)
}

// Confirmed is what is left of a saved plan.
type Confirmed struct {
	// Plan holds the changes that are still to be made, with the ids that they have
	// in the saved plan and with those of their needs that are not met yet, and what
	// limits and rules hold of it now.
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

// Blocked reports whether a limit holds everything that was left of the plan.
func (c *Confirmed) Blocked() bool {
	return slices.ContainsFunc(c.Plan.Holds, func(h Hold) bool { return h.Rule == RuleOnLimit })
}

// Finish decides about every change of the saved plan. It fails if a listing is
// missing: nothing may be done to a group that was not read.
func (r *Recheck) Finish() (*Confirmed, error) {
	for _, id := range r.ToList() {
		if r.listed[id] == nil {
			return nil, fmt.Errorf("the memberships of group %s were not read", id)
		}
	}
	r.learnUsers()
	r.differ.findRenamed()
	due := r.due()
	results := make([]Result, len(r.saved.Changes))
	met := map[string]bool{} // changes that others may build on
	place := map[string]int{}
	r.pairs = r.pairsByIdentifier()
	for _, i := range r.neededFirst() {
		c := r.freed(r.saved.Changes[i])
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
		p := r.pairOf(&c)
		p.due = append(p.due, c)
	}
	r.findDeserted()
	fresh := r.guarded()
	out := &Confirmed{Plan: fresh, Results: results}
	for i := range fresh.Changes {
		out.places = append(out.places, place[fresh.Changes[i].ID])
	}
	for i := range fresh.Holds {
		h := &fresh.Holds[i]
		for j := range h.Changes {
			results[place[h.Changes[j].ID]] = skipped("%s", h.refusal())
		}
	}
	return out, nil
}

// neededFirst returns the places of the saved changes in the order in which they
// are judged: what others need comes before them, wherever it stands in the file.
func (r *Recheck) neededFirst() []int {
	order := make([]int, len(r.saved.Changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(r.saved.Changes[a].Needs), len(r.saved.Changes[b].Needs))
	})
	return order
}

// guarded applies every rule and limit to what is left of the plan. A limit that
// holds nothing of it is of no concern here.
func (r *Recheck) guarded() *Plan {
	fresh := &Plan{Header: r.saved.Header}
	fresh.Header.Blocked, fresh.Header.Paused = false, r.differ.pausing.told()
	fresh.Header.Notices = r.differ.notices(r.today.Memory)
	r.differ.nameGroups(r.untouched())
	r.differ.guard(fresh)
	slices.SortFunc(fresh.Changes, compareChanges)
	everything := (&Confirmed{Plan: fresh}).Blocked()
	fresh.Holds = slices.DeleteFunc(fresh.Holds, func(h Hold) bool { return len(h.Changes) == 0 && !everything })
	fresh.Header.Blocked = slices.ContainsFunc(fresh.Holds, func(h Hold) bool { return h.Group == GroupRef{} })
	for i := range fresh.Holds {
		slices.SortFunc(fresh.Holds[i].Changes, compareChanges)
	}
	slices.SortFunc(fresh.Holds, compareHolds)
	return fresh
}
