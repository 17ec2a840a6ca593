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

// world is a random small company: what the source wants, what Box has.
type world struct {
	groups  []string
	wanted  map[string]map[string]source.Role // group → login → role; nil: not in the source
	partial map[string]bool
	have    map[string]map[string]target.Role // nil: not in Box
	users   []string
}

func drawWorld(t *rapid.T) world {
	w := world{
		groups: []string{"A", "B", "C", "D", "E"},
		wanted: map[string]map[string]source.Role{}, partial: map[string]bool{},
		have: map[string]map[string]target.Role{},
	}
	for i := range 12 {
		w.users = append(w.users, fmt.Sprintf("u%d@acme.example", i))
	}
	for _, g := range w.groups {
		if rapid.IntRange(0, 5).Draw(t, "in-source") > 0 {
			w.wanted[g] = map[string]source.Role{}
			w.partial[g] = rapid.IntRange(0, 4).Draw(t, "partial") == 0
		}
		if rapid.IntRange(0, 5).Draw(t, "in-box") > 0 {
			w.have[g] = map[string]target.Role{}
		}
		for _, u := range w.users {
			if w.wanted[g] != nil && rapid.Bool().Draw(t, "wanted") {
				w.wanted[g][u] = rapid.SampledFrom([]source.Role{source.Unstated, source.Member, source.Admin}).Draw(t, "role")
			}
			if w.have[g] != nil && rapid.Bool().Draw(t, "there") {
				w.have[g][u] = rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin}).Draw(t, "has")
			}
		}
	}
	return w
}

func (w world) roster(order func([]string) []string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	for _, g := range order(w.groups) {
		if w.wanted[g] == nil {
			continue
		}
		i := b.Group(g, g, "")
		if w.partial[g] {
			b.Partial(i, "unreadable")
		}
		for _, u := range order(w.users) {
			if role, ok := w.wanted[g][u]; ok {
				l := source.NewLogin(u)
				b.Add(i, b.Person(l.Key(), "", l), role, 0)
			}
		}
	}
	return b.Build()
}

func (w world) snapshot(order func([]string) []string) target.Snapshot {
	var s target.Snapshot
	for _, g := range order(w.groups) {
		if w.have[g] == nil {
			continue
		}
		id := target.GroupID(slices.Index(w.groups, g) + 1)
		s.Groups = append(s.Groups, target.Group{ID: id, Name: g, Identifier: "rollcall:main:hr:" + g})
		l := target.Listing{Group: id}
		for _, u := range order(w.users) {
			if role, ok := w.have[g][u]; ok {
				l.Memberships = append(l.Memberships, target.Membership{
					ID:   target.MembershipID(int(id)*100 + slices.Index(w.users, u)),
					User: target.UserID(slices.Index(w.users, u) + 1), Role: role,
				})
			}
		}
		s.Listings = append(s.Listings, l)
	}
	for _, u := range order(w.users) {
		s.Users = append(s.Users, target.User{ID: target.UserID(slices.Index(w.users, u) + 1), Login: u})
	}
	return s
}

func straight(s []string) []string { return s }

// apply returns the world after the changes.
func (w world) apply(changes []plan.Change) world {
	after := world{groups: w.groups, users: w.users, wanted: w.wanted, partial: w.partial, have: map[string]map[string]target.Role{}}
	for g, members := range w.have {
		after.have[g] = maps.Clone(members)
	}
	for _, c := range changes {
		switch c.Kind {
		case plan.CreateGroup:
			after.have[c.Group.Name] = map[string]target.Role{}
		case plan.Add, plan.SetRole:
			after.have[c.Group.Name][c.User.Login] = c.After
		case plan.Remove:
			delete(after.have[c.Group.Name], c.User.Login)
		default:
		}
	}
	return after
}

func drawPlan(t *rapid.T, edit func(*plan.Options)) (world, *plan.Plan) {
	w := drawWorld(t)
	p, err := plan.Diff(w.roster(straight), w.snapshot(straight), options(edit))
	require.NoError(t, err)
	return w, p
}

// Without holds, applying the plan gives what the source wants, and the next
// plan is empty.
func TestProperty_applyingThePlanGivesTheWantedState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sure := func(o *plan.Options) {
			o.Limits, o.Allow = plan.Limits{}, []plan.Allowance{{Rule: plan.RulePossibleRename}}
		}
		w, p := drawPlan(t, sure)
		after := w.apply(p.Changes)
		for g, wanted := range w.wanted {
			for u, role := range wanted {
				has, ok := after.have[g][u]
				require.True(t, ok, "%s is in %s", u, g)
				before, was := w.have[g][u]
				switch {
				case role == source.Admin:
					require.Equal(t, target.RoleAdmin, has)
				case role == source.Unstated && was:
					require.Equal(t, before, has, "an unstated role changes nothing")
				case role == source.Member && was && w.partial[g]:
					require.Equal(t, before, has, "nobody is demoted in a partial group")
				default:
					require.Equal(t, target.RoleMember, has)
				}
			}
			for u := range after.have[g] {
				_, ok := wanted[u]
				require.True(t, ok || w.partial[g], "%s is in %s and not wanted", u, g)
			}
		}
		again, err := plan.Diff(after.roster(straight), after.snapshot(straight), options(unlimited))
		require.NoError(t, err)
		require.Empty(t, changes(again.Changes))
	})
}

// Whatever the limits: nothing is taken from a partial group or on an orphan,
// nobody is both added to and removed from a group, and no limit is exceeded.
func TestProperty_safety(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := drawLimits(t)
		w, p := drawPlan(t, func(o *plan.Options) { o.Limits = limits })
		touched := map[string]plan.Kind{}
		for _, c := range p.Changes {
			key := c.Group.Name + "/" + c.User.Login
			require.NotContains(t, touched, key, "two changes to one membership")
			touched[key] = c.Kind
			require.NotNil(t, w.wanted[c.Group.Name], "an orphan is touched")
			if c.Takes() {
				require.False(t, w.partial[c.Group.Name], "taken from a partial group: %s", c.ID)
				require.Contains(t, w.have[c.Group.Name], c.User.Login, "taken from somebody who is not there")
			}
			for _, need := range c.Needs {
				require.True(t, slices.ContainsFunc(p.Changes, func(o plan.Change) bool { return o.ID == need }))
			}
		}
		requireWithin(t, w, p, limits)
	})
}

func drawLimits(t *rapid.T) plan.Limits {
	draw := func() plan.Limit {
		l := plan.Limit{}
		if rapid.Bool().Draw(t, "count") {
			l = l.And(plan.AtMost(rapid.IntRange(0, 20).Draw(t, "n")))
		}
		if rapid.Bool().Draw(t, "percent") {
			l = l.And(plan.Percent(float64(rapid.IntRange(0, 120).Draw(t, "p"))))
		}
		return l
	}
	return plan.Limits{
		Removals: draw(), RemovalsPerGroup: draw(), Adds: draw(), AddsPerGroup: draw(), Demotions: draw(),
		AdminGrants: draw(), GroupCreations: draw(), SourceShrink: draw(),
		FloorRun: rapid.IntRange(0, 10).Draw(t, "floor"), FloorGroup: rapid.IntRange(0, 3).Draw(t, "group-floor"),
		HoldEmptyGroup: rapid.Bool().Draw(t, "empty"), BlockAll: rapid.Bool().Draw(t, "block"),
	}
}

func requireWithin(t *rapid.T, w world, p *plan.Plan, l plan.Limits) {
	total := 0
	for g := range w.wanted {
		total += len(w.have[g])
	}
	var takes, demotes, adds, grants, creates int
	taken, added := map[string]int{}, map[string]int{}
	for i := range p.Changes {
		c := &p.Changes[i]
		takes += count(c.Takes())
		demotes += count(c.Demotes())
		adds += count(c.Kind == plan.Add)
		grants += count(c.Grants())
		creates += count(c.Kind == plan.CreateGroup)
		taken[c.Group.Name] += count(c.Takes())
		added[c.Group.Name] += count(c.Kind == plan.Add)
	}
	require.LessOrEqual(t, takes, l.Removals.Allowed(total, l.FloorRun))
	require.LessOrEqual(t, demotes, l.Demotions.Allowed(total, l.FloorRun))
	require.LessOrEqual(t, adds, l.Adds.Allowed(total, l.FloorRun))
	require.LessOrEqual(t, grants, l.AdminGrants.Allowed(total, l.FloorRun))
	require.LessOrEqual(t, creates, l.GroupCreations.Allowed(total, l.FloorRun))
	for g, wanted := range w.wanted {
		current := len(w.have[g])
		switch {
		case len(wanted) > 0:
			require.LessOrEqual(t, taken[g], l.RemovalsPerGroup.Allowed(current, l.FloorGroup))
		case l.HoldEmptyGroup:
			require.Zero(t, taken[g], "an empty group")
		}
		if current > 0 {
			require.LessOrEqual(t, added[g], l.AddsPerGroup.Allowed(current, l.FloorGroup))
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// What is held and what is planned is, together, what is due without limits.
func TestProperty_holdsAndChangesAreWhatIsDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := drawLimits(t)
		w, limited := drawPlan(t, func(o *plan.Options) { o.Limits = limits })
		free, err := plan.Diff(w.roster(straight), w.snapshot(straight), options(unlimited))
		require.NoError(t, err)
		require.Equal(t, allIDs(free), allIDs(limited))
	})
}

func allIDs(p *plan.Plan) []string {
	var ids []string
	for _, c := range p.Changes {
		ids = append(ids, c.ID)
	}
	for _, h := range p.Holds {
		for _, c := range h.Changes {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// The order in which groups, people and memberships come does not matter.
func TestProperty_orderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := drawLimits(t)
		w := drawWorld(t)
		shuffled := func(s []string) []string { return rapid.Permutation(s).Draw(t, "order") }
		opts := options(func(o *plan.Options) { o.Limits = limits })
		one, err := plan.Diff(w.roster(straight), w.snapshot(straight), opts)
		require.NoError(t, err)
		other, err := plan.Diff(w.roster(shuffled), w.snapshot(shuffled), opts)
		require.NoError(t, err)
		require.Equal(t, one, other)
	})
}

// Protected people, and ourselves, are never removed or demoted; ignored ones
// are not touched at all.
func TestProperty_policiesOnPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, p := drawPlan(t, func(o *plan.Options) {
			o.Limits = plan.Limits{}
			o.Protect, o.Ignore, o.Self = mustGlobs("u0@*", "u1@*"), mustGlobs("u2@*"), 4
		})
		for _, c := range p.Changes {
			switch c.User.ID {
			case 1, 2, 4:
				require.False(t, c.Takes(), "%s", c.ID)
			case 3:
				t.Fatalf("an ignored person is touched: %s", c.ID)
			}
		}
	})
}
