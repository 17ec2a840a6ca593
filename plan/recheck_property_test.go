package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// side is what a random source says: by group, the people and their roles.
type side struct {
	groups  map[string]map[string]source.Role
	partial map[string]bool
}

var (
	weekGroups = []string{"A", "B", "C", "D"}
	weekUsers  = []string{"u1", "u2", "u3", "u4", "u5"}
	weekRoles  = []source.Role{source.Unstated, source.Member, source.Admin}
	weekMarks  = []string{"", "okta:1", "rollcall:main:old:A", "rollcall:main:hr:A", "rollcall:main:hr:b", "rollcall:main:hr:C", "rollcall:main:hr:D"}
	weekNames  = []string{"A", "a", "B", "C", "D", "X", "Y"}
)

func oneOf[T any](t *rapid.T, label string, from []T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func drawSide(t *rapid.T) side {
	s := side{groups: map[string]map[string]source.Role{}, partial: map[string]bool{}}
	for _, g := range weekGroups {
		if rapid.IntRange(0, 4).Draw(t, "in source") == 0 {
			continue
		}
		s.groups[g] = map[string]source.Role{}
		s.partial[g] = rapid.IntRange(0, 5).Draw(t, "partial") == 0
		for _, u := range weekUsers {
			if rapid.Bool().Draw(t, "wanted") {
				s.groups[g][u] = oneOf(t, "role", weekRoles)
			}
		}
	}
	return s
}

func (s side) roster() *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	for _, name := range weekGroups {
		if s.groups[name] == nil {
			continue
		}
		g := b.Group(name, name, "")
		if s.partial[name] {
			b.Partial(g, "unreadable")
		}
		for _, u := range weekUsers {
			if role, ok := s.groups[name][u]; ok {
				l := source.NewLogin(address(u))
				b.Add(g, b.Person(l.Key(), "", l), role, 0)
			}
		}
	}
	return b.Build()
}

// drift changes what the source says in a few places.
func (s side) drift(t *rapid.T) side {
	after := side{groups: map[string]map[string]source.Role{}, partial: map[string]bool{}}
	for name, members := range s.groups {
		after.partial[name] = s.partial[name]
		after.groups[name] = maps.Clone(members)
	}
	for range rapid.IntRange(0, 4).Draw(t, "changes in the source") {
		g, u := oneOf(t, "source group", weekGroups), oneOf(t, "source user", weekUsers)
		switch kind := rapid.IntRange(0, 5).Draw(t, "change in the source"); {
		case kind == 0:
			delete(after.groups, g)
		case after.groups[g] == nil:
			after.groups[g] = map[string]source.Role{}
		case kind == 1:
			after.partial[g] = !after.partial[g]
		case kind < 4:
			delete(after.groups[g], u)
		default:
			after.groups[g][u] = oneOf(t, "source role", weekRoles)
		}
	}
	return after
}

// drawBox draws what Box says. Names are unique there, as people see them.
func drawBox(t *rapid.T) target.Snapshot {
	var s target.Snapshot
	for i, name := range weekNames {
		if name == "a" || rapid.IntRange(0, 3).Draw(t, "in box") == 0 {
			continue
		}
		mark := "rollcall:main:hr:" + name
		if rapid.IntRange(0, 2).Draw(t, "mark") == 0 {
			mark = oneOf(t, "other mark", weekMarks)
		}
		made(target.GroupID(100+i), name, mark, "")(&s)
		for _, u := range weekUsers[1:] {
			if rapid.Bool().Draw(t, "member") {
				joined(name, u+oneOf(t, "as", []string{"", " admin"}))(&s)
			}
		}
	}
	for _, u := range weekUsers[1:] { // u1 is unknown to Box
		s.Users = append(s.Users, target.User{ID: userID(address(u)), Login: address(u)})
	}
	return s
}

// driftBox changes what Box says in a few places.
func driftBox(t *rapid.T, was target.Snapshot) target.Snapshot {
	s := cloned(was)
	for range rapid.IntRange(0, 5).Draw(t, "changes in box") {
		if len(s.Groups) == 0 {
			break
		}
		g := &s.Groups[rapid.IntRange(0, len(s.Groups)-1).Draw(t, "box group")]
		u := oneOf(t, "box user", weekUsers[1:])
		there := memberOf(s, g.ID, u) != nil
		free := slices.DeleteFunc(slices.Clone(weekNames), func(name string) bool {
			return slices.ContainsFunc(s.Groups, func(g target.Group) bool { return source.FoldName(g.Name) == source.FoldName(name) })
		})
		switch kind := rapid.IntRange(0, 8).Draw(t, "change in box"); {
		case kind == 0:
			g.Identifier = oneOf(t, "new mark", weekMarks)
		case kind == 1 && len(free) > 0:
			g.Name = oneOf(t, "new name", free)
		case kind == 2:
			gone(g.Name)(&s)
		case kind == 3 && len(free) > 0:
			made(target.GroupID(200+len(s.Listings)), oneOf(t, "name", free), oneOf(t, "mark", weekMarks), u)(&s)
		case kind == 4 && there:
			left(g.Name, u)(&s)
			joined(g.Name, u)(&s)
		case kind == 5 && there:
			given(g.Name, u, oneOf(t, "role", []string{"member", "admin", "submaster"}))(&s)
		case kind == 6:
			onListing(g.Name, func(l *target.Listing) { l.Hidden, l.Truncated = 1, rapid.Bool().Draw(t, "truncated") })(&s)
		case there:
			left(g.Name, u)(&s)
		default:
			joined(g.Name, u)(&s)
		}
	}
	return s
}

func cloned(s target.Snapshot) target.Snapshot {
	s.Groups, s.Listings = slices.Clone(s.Groups), slices.Clone(s.Listings)
	for i := range s.Listings {
		l := &s.Listings[i]
		l.Users, l.Memberships = slices.Clone(l.Users), slices.Clone(l.Memberships)
	}
	return s
}

func memberOf(s target.Snapshot, group target.GroupID, login string) *target.Membership {
	for _, l := range s.Listings {
		for i := range l.Memberships {
			if l.Group == group && l.Memberships[i].User == userID(address(login)) {
				return &l.Memberships[i]
			}
		}
	}
	return nil
}

// applied returns the snapshot after the changes, each of which must be possible.
func applied(t require.TestingT, was target.Snapshot, cs []plan.Change) target.Snapshot {
	s := cloned(was)
	for i, c := range cs {
		if c.Kind == plan.CreateGroup {
			require.False(t, slices.ContainsFunc(s.Groups, func(g target.Group) bool { return source.FoldName(g.Name) == source.FoldName(c.Group.Name) }), c.ID)
			made(target.GroupID(9000+i), c.Group.Name, c.Group.Identifier, "")(&s)
			continue
		}
		at := slices.IndexFunc(s.Groups, func(g target.Group) bool {
			return g.ID == c.Group.ID || c.Group.ID == 0 && g.Identifier == c.Group.Identifier
		})
		require.GreaterOrEqual(t, at, 0, c.ID)
		g := &s.Groups[at]
		have := memberOf(s, g.ID, c.User.Login)
		switch c.Kind {
		case plan.AdoptGroup, plan.RekeyGroup:
			require.Equal(t, c.BeforeIdentifier, g.Identifier, c.ID)
			g.Identifier = c.Group.Identifier
		case plan.RenameGroup:
			require.Equal(t, c.BeforeName, g.Name, c.ID)
			g.Name = c.Group.Name
		case plan.Add:
			require.Nil(t, have, c.ID)
			joined(g.Name, c.User.Login+" "+c.After.String())(&s)
		default:
			require.NotNil(t, have, c.ID)
			require.Equal(t, c.Membership, have.ID, c.ID)
			require.Equal(t, c.Before, have.Role, c.ID)
			have.Role = c.After
			if c.Kind == plan.Remove {
				left(g.Name, c.User.Login)(&s)
			}
		}
	}
	return s
}

// week is a plan made on Friday, and Monday's world.
type week struct {
	friday, monday side
	was, is        target.Snapshot
	opts           plan.Options
	saved          *plan.Plan
}

func drawWeek(t *rapid.T) week {
	w := week{friday: drawSide(t), was: drawBox(t)}
	w.opts = options(reviewed, func(o *plan.Options) {
		o.Adopt = rapid.Bool().Draw(t, "adopt")
		o.Limits = drawLimits(t)
		if rapid.Bool().Draw(t, "unlimited") {
			o.Limits = plan.Limits{}
		}
		if rapid.Bool().Draw(t, "asked") {
			o.Scope.EmptyOrphans = []string{oneOf(t, "orphan", weekNames)}
		}
		if rapid.Bool().Draw(t, "allowed") {
			o.Allow = []plan.Allowance{{Rule: plan.RuleEmptyGroup, Group: oneOf(t, "allowed in", weekGroups)}}
		}
	})
	var err error
	w.saved, err = plan.Diff(w.friday.roster(), w.was, w.opts)
	require.NoError(t, err)
	w.monday, w.is = w.friday.drift(t), driftBox(t, w.was)
	return w
}

// recheckIn is recheck for a property.
func recheckIn(t *rapid.T, saved *plan.Plan, r *source.Roster, s target.Snapshot, opts plan.Options) *plan.Confirmed {
	re := plan.NewRecheck(saved, r, s.Groups, opts)
	for _, l := range s.Listings {
		re.Listed(l)
	}
	c, err := re.Finish()
	require.NoError(t, err)
	requireAccounted(t, saved, c)
	return c
}

// Where nothing has changed, everything is left to be made, with the sources and
// without.
func TestProperty_recheckOfTheSameWorld(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeek(t)
		for name, r := range map[string]*source.Roster{"with": w.friday.roster(), "without": nil} {
			c := recheckIn(t, w.saved, r, w.was, w.opts)
			require.Equal(t, orNone(w.saved.Changes), orNone(c.Plan.Changes), "%s: %v", name, fates(w.saved, c))
			require.Empty(t, c.Plan.Holds, name)
			require.False(t, c.Plan.Header.Blocked, name)
		}
	})
}

// orNone makes changes comparable: no needs are no needs, whatever holds none.
func orNone(cs []plan.Change) []plan.Change {
	cs = append([]plan.Change{}, cs...)
	for i := range cs {
		if len(cs[i].Needs) == 0 {
			cs[i].Needs = nil
		}
	}
	return cs
}

// What is left of a plan is in the plan and in a fresh one, and stays within the
// limits of both days.
func TestProperty_recheckLeavesWhatBothPlansWant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeek(t)
		today := w.opts
		today.Limits = drawLimits(t)
		c := recheckIn(t, w.saved, w.monday.roster(), w.is, today)
		free := w.opts
		// What may be a rename is wanted, too; whoever reviewed the plan has seen it.
		free.Limits, free.Allow = plan.Limits{}, []plan.Allowance{{Rule: plan.RulePossibleRename}}
		fresh, err := plan.Diff(w.monday.roster(), w.is, free)
		require.NoError(t, err)
		wanted := map[string]bool{}
		for _, change := range fresh.Changes {
			wanted[meaning(change)] = true
		}
		for _, change := range c.Plan.Changes {
			require.True(t, wanted[meaning(change)], "%s\nleft: %v\nfresh: %v", change.ID, changes(c.Plan.Changes), changes(fresh.Changes))
		}
		without := recheckIn(t, w.saved, nil, w.is, today)
		for _, left := range []*plan.Plan{c.Plan, without.Plan} {
			requireWithinRun(t, left, w.saved.Header.Limits)
			requireWithinRun(t, left, today.Limits)
		}
	})
}

func meaning(c plan.Change) string {
	return fmt.Sprint(c.Kind, " ", source.FoldIdentifier(c.Group.Identifier), " ", c.User.ID, " ", c.After)
}

func requireWithinRun(t *rapid.T, p *plan.Plan, l plan.Limits) {
	var takes, demotes, adds, grants, creates, renames int
	for i := range p.Changes {
		c := &p.Changes[i]
		takes += count(c.Takes())
		demotes += count(c.Demotes())
		adds += count(c.Kind == plan.Add)
		grants += count(c.Grants())
		creates += count(c.Kind == plan.CreateGroup)
		renames += count(c.Kind == plan.RenameGroup)
	}
	all := p.Header.Compared
	require.LessOrEqual(t, takes, l.Removals.Allowed(all.Memberships, l.FloorRun))
	require.LessOrEqual(t, demotes, l.Demotions.Allowed(all.Memberships, l.FloorRun))
	require.LessOrEqual(t, adds, l.Adds.Allowed(all.Memberships, l.FloorRun))
	require.LessOrEqual(t, grants, l.AdminGrants.Allowed(all.Memberships, l.FloorRun))
	require.LessOrEqual(t, creates, l.GroupCreations.Allowed(all.Groups, l.FloorRun))
	require.LessOrEqual(t, renames, l.GroupRenames.Allowed(all.Groups, l.FloorRun))
}

// Whoever is listed on Monday is neither removed nor demoted, and only groups of
// the plan are touched. A second application finds nothing to do but what the
// first one held.
func TestProperty_applyingWhatIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeek(t)
		for _, r := range []*source.Roster{w.monday.roster(), nil} {
			c := recheckIn(t, w.saved, r, w.is, w.opts)
			after := applied(t, w.is, c.Plan.Changes)
			if r != nil {
				requireKept(t, w, after)
			}
			requireUntouched(t, w, after)

			held := map[string]bool{}
			for _, h := range c.Plan.Holds {
				for _, change := range h.Changes {
					held[change.ID] = true
				}
			}
			again := recheckIn(t, w.saved, r, after, w.opts)
			for _, change := range again.Plan.Changes {
				require.True(t, held[change.ID], "%s is made a second time", change.ID)
			}
			hides := slices.ContainsFunc(after.Listings, func(l target.Listing) bool { return l.Hidden > 0 })
			for i, first := range c.Results {
				if first.Outcome == plan.NotAttempted && !hides {
					require.Equal(t, plan.Already, again.Results[i].Outcome, "%s: %s", w.saved.Changes[i].ID, again.Results[i].Detail)
				}
			}
		}
	})
}

// requireKept requires that whoever Monday's source lists, and Box had, is there
// still, and with the role that the source does not gainsay.
func requireKept(t *rapid.T, w week, after target.Snapshot) {
	for _, g := range w.is.Groups {
		for name, members := range w.monday.groups {
			if source.FoldIdentifier(g.Identifier) != source.FoldIdentifier("rollcall:main:hr:"+name) {
				continue
			}
			for u, role := range members {
				had, has := memberOf(w.is, g.ID, u), memberOf(after, g.ID, u)
				if had == nil {
					continue
				}
				require.NotNil(t, has, "%s is removed from %s", u, name)
				if had.Role == target.RoleAdmin && role != source.Member {
					require.Equal(t, target.RoleAdmin, has.Role, "%s is demoted in %s", u, name)
				}
			}
		}
	}
}

// requireUntouched requires that groups which the plan does not name are as they
// were.
func requireUntouched(t *rapid.T, w week, after target.Snapshot) {
	for i, g := range w.is.Groups {
		if slices.ContainsFunc(w.saved.Changes, func(c plan.Change) bool {
			return c.Group.ID == g.ID || c.Group.ID == 0 && source.FoldIdentifier(c.Group.Identifier) == source.FoldIdentifier(g.Identifier)
		}) {
			continue
		}
		require.Equal(t, g, after.Groups[i])
		for _, u := range weekUsers {
			require.Equal(t, memberOf(w.is, g.ID, u), memberOf(after, g.ID, u))
		}
	}
}

// The order in which Box lists groups and members does not matter.
func TestProperty_recheckOrderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeek(t)
		other := cloned(w.is)
		other.Groups = rapid.Permutation(other.Groups).Draw(t, "groups")
		other.Listings = rapid.Permutation(other.Listings).Draw(t, "listings")
		for _, r := range []*source.Roster{w.monday.roster(), nil} {
			one, two := recheckIn(t, w.saved, r, w.is, w.opts), recheckIn(t, w.saved, r, other, w.opts)
			require.Equal(t, one, two)
		}
	})
}
