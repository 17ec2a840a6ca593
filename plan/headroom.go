package plan

import (
	"cmp"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// Room is how much of one limit a plan takes.
type Room struct {
	Rule  Rule
	Group GroupRef // zero of a limit on the run, or on a source
	// Source is the source that RuleSourceShrink is about.
	Source string
	What   string // the noun for what is counted, such as "removal"
	// Due is how much of it there was for the limit to judge, with what the limit
	// held, and Total what a percentage is taken of. What a narrower rule held before
	// does not count.
	Due, Total int
	Among      string // the noun for the total
	// Allowed is how much the limit lets through, which means nothing where Unlimited.
	Allowed   int
	Unlimited bool
	// Bound says that the limit held what it judged.
	Bound bool
}

// Headroom is how near a plan came to its limits.
type Headroom struct {
	Run []Room // one for each limit on the run that counts something, in their order
	// Sources has two for each source of which an earlier run is remembered, for the
	// groups that it has lost and for the memberships.
	Sources []Room
	// Groups has the limits on single groups that there was something for and that
	// bind, the one that is used up most first.
	Groups []Room
}

// Headroom works out how near the plan came to its limits, from what the plan says of
// itself: it works for one that was read back. It does not say how many members of a
// source group have no login, nor what Box has of a source: so there is nothing of
// unresolved_members, and of source_shrink only what is remembered. Where limits let a
// group be emptied, those on its removals do not speak.
func (p *Plan) Headroom() Headroom {
	h := &p.Header
	checks := runChecks(&h.Limits, h.Compared, h.Allowed)
	rooms := make([]Room, len(checks))
	for i := range checks {
		rooms[i] = checks[i].room()
	}
	p.judgedInRun(checks, rooms)
	limit, floor := bound(h.Allowed, RuleUnknownLogins, h.Limits.UnknownLogins, h.Limits.FloorRun)
	unknown := check{RuleUnknownLogins, limit, floor, 0, "newly unknown login", h.Compared.Logins, "login"}.room()
	unknown.Due = h.Compared.NewUnknown
	unknown.Bound = slices.ContainsFunc(p.Holds, func(h Hold) bool { return h.Rule == RuleUnknownLogins })
	return Headroom{Run: append(rooms, unknown), Sources: p.roomInSources(), Groups: p.roomInGroups()}
}

// room returns the room that the check leaves before anything is counted.
func (c check) room() Room {
	r := Room{Rule: c.rule, What: c.what, Total: c.total, Among: c.among, Allowed: c.limit.Allowed(c.total, c.floor)}
	if r.Allowed == noBound {
		r.Allowed, r.Unlimited = 0, true
	}
	return r
}

// judgedInRun counts what each check judged: what is planned, what it held, and what
// it let through to a later one that held it.
func (p *Plan) judgedInRun(checks []check, rooms []Room) {
	count := func(c *Change, heldBy Rule) {
		for i := range checks {
			if !checks[i].of.has(c) {
				continue
			}
			rooms[i].Due++
			if checks[i].rule == heldBy {
				rooms[i].Bound = true
				return
			}
		}
	}
	for i := range p.Changes {
		count(&p.Changes[i], "")
	}
	for i := range p.Holds {
		h := &p.Holds[i]
		for j := range h.Changes {
			if c := &h.Changes[j]; h.Group == (GroupRef{}) && !heldBefore(h.Rule, c) {
				count(c, h.Rule)
			}
		}
	}
}

// heldBefore reports whether the rule holds such a change before the limits on the
// run that count something come to it.
func heldBefore(r Rule, c *Change) bool {
	switch r {
	case RuleSourceShrink, RuleUnknownLogins:
		return c.Takes()
	case RuleHiddenGroups:
		return makingOurs.has(c)
	default:
		return false
	}
}

// roomInGroups returns the room in the groups compared that something is due in.
func (p *Plan) roomInGroups() []Room {
	due, held := p.judgedInGroups()
	before := p.namesBefore()
	taken := map[string]bool{}
	for i := range p.Groups {
		taken[source.FoldName(p.Groups[i].Group.Name)] = true
	}
	said := &Options{Limits: p.Header.Limits, Allow: p.Header.Allowed}
	for _, l := range p.Header.GroupLimits {
		said.Policies = append(said.Policies, Policy{Match: l.Match, Limits: l.GroupLimits})
	}
	var rooms []Room
	for i := range p.Groups {
		g := &p.Groups[i]
		t, some := due[g.Group]
		if !some || g.Current == 0 {
			continue
		}
		rules := said.rulesFor(named(g.Group.Name, g.NameInSource))
		names := distinct(g.Group.Name, []string{g.NameInSource, before[source.FoldIdentifier(g.Group.Identifier)]}, taken)
		for _, c := range groupChecks(said, rules, names, g.Current, g.Current) {
			r := c.room()
			r.Group, r.Due, r.Bound = g.Group, t.count(c.of), held[heldIn{c.rule, g.Group}]
			// That on removals is not asked about a group that is emptied, nor was any that
			// was passed and held nothing.
			emptied := c.of == taking && t.count(removesMember|removesAdmin) == g.Current && t.count(adding) == 0
			if r.Due > 0 && !r.Unlimited && (r.Bound || !emptied && r.Due <= r.Allowed) {
				rooms = append(rooms, r)
			}
		}
	}
	slices.SortStableFunc(rooms, compareRooms)
	return rooms
}

// heldIn is a rule that holds something in a group.
type heldIn struct {
	rule  Rule
	group GroupRef
}

// judgedInGroups counts what the limits on each group judged, and says which of them
// held it.
func (p *Plan) judgedInGroups() (map[GroupRef]*tally, map[heldIn]bool) {
	due, held := map[GroupRef]*tally{}, map[heldIn]bool{}
	count := func(changes []Change) {
		for i := range changes {
			group := changes[i].Group
			if due[group] == nil {
				due[group] = &tally{}
			}
			due[group].add(changes[i:i+1], 1)
		}
	}
	count(p.Changes)
	for i := range p.Holds {
		h := &p.Holds[i]
		own := h.Rule == RuleRemovalsPerGroup || h.Rule == RuleAddsPerGroup
		if own {
			held[heldIn{h.Rule, h.Group}] = true
		}
		if own || h.Group == (GroupRef{}) {
			count(h.Changes)
		}
	}
	return due, held
}

// compareRooms puts first what held something, then what is used up most.
func compareRooms(a, b Room) int {
	return cmp.Or(cmp.Compare(b.used(), a.used()), cmp.Compare(b.Due, a.Due), compareGroups(a.Group, b.Group), cmp.Compare(a.Rule, b.Rule))
}

// used returns what share of the room is taken: more than 1 where the limit held.
func (r *Room) used() float64 {
	if r.Bound {
		return 2
	}
	return float64(r.Due) / float64(max(1, r.Allowed))
}
