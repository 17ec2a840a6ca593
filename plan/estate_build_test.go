package plan_test

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// roster returns what the sources say.
func (e *estate) roster(t require.TestingT) *source.Roster {
	var all []*source.Roster
	for _, s := range e.sides {
		b := source.NewBuilder(source.Evidence{Name: s.name, Kind: "csv", Origin: s.name + ".csv", GroupsComplete: s.complete})
		for _, p := range s.people {
			var logins []source.Login
			for _, login := range p.logins {
				logins = append(logins, source.NewLogin(login))
			}
			if i := b.Person(p.key, p.name, logins...); p.left {
				b.Leaver(i)
			}
		}
		for _, g := range s.groups {
			i := b.Group(g.id, g.name, s.name+".csv:1")
			if g.partial {
				b.Partial(i, "unreadable")
			}
			if g.description != "" {
				b.Describe(i, g.description, 0)
			}
			for n := range g.unresolved {
				b.Unresolved(i, source.Dangling, fmt.Sprintf("cn=%d", n))
			}
			for _, p := range s.people {
				if role, in := g.members[p.key]; in {
					b.Add(i, b.Person(p.key, ""), role, 0)
				}
			}
		}
		all = append(all, mapped(t, b.Build(), e.mapping))
	}
	return source.Merge(all...)
}

// listing returns what Box shows of the group's members.
func (e *estate) listing(g *estateGroup) target.Listing {
	l := target.Listing{Group: g.ID, Memberships: slices.Clone(g.members), Hidden: g.unlisted, Truncated: g.truncated}
	for _, m := range g.members {
		u := e.user(m.User)
		shown := target.User{ID: u.ID, Login: u.Login, Name: u.Name}
		if g.nameless {
			shown = target.User{ID: u.ID}
		}
		l.Users = append(l.Users, shown)
	}
	return l
}

func (e *estate) user(id target.UserID) target.User {
	return e.users[slices.IndexFunc(e.users, func(u target.User) bool { return u.ID == id })]
}

func (e *estate) boxGroups() []target.Group {
	var all []target.Group
	for _, g := range e.groups {
		all = append(all, g.Group)
	}
	return all
}

// group returns the Box group with the id, or nil.
func (e *estate) group(id target.GroupID) *estateGroup {
	for i := range e.groups {
		if e.groups[i].ID == id {
			return &e.groups[i]
		}
	}
	return nil
}

// asker is what a differ and a recheck ask.
type asker interface {
	ToList() []target.GroupID
	Listed(target.Listing)
	Unresolved() []source.Login
	Unranked() []target.UserID
	Doubtful() []target.UserID
	Aliased([]target.Alias)
	Remembered() []target.UserID
	Resolve([]target.User)
	HiddenGroups(int)
}

// answer tells the asker what it asks, and nothing else.
func (e *estate) answer(a asker) {
	a.HiddenGroups(e.hidden)
	toList := a.ToList()
	for i := range e.groups {
		if slices.Contains(toList, e.groups[i].ID) {
			a.Listed(e.listing(&e.groups[i]))
		}
	}
	logins := map[string]bool{}
	for _, login := range a.Unresolved() {
		logins[login.Key()] = true
	}
	tell := func(ids []target.UserID) {
		var users []target.User
		for _, u := range e.users {
			if slices.Contains(ids, u.ID) || logins[u.Login] {
				users = append(users, u)
			}
		}
		a.Resolve(users)
	}
	tell(a.Unranked())
	doubted := a.Doubtful()
	a.Aliased(slices.DeleteFunc(slices.Clone(e.alias), func(alias target.Alias) bool { return !slices.Contains(doubted, alias.User) }))
	tell(slices.Concat(a.Unranked(), a.Remembered()))
}

// planned returns the plan of the world.
func (e *estate) planned(t require.TestingT) *plan.Plan {
	d := plan.Match(e.roster(t), e.boxGroups(), e.opts)
	e.answer(d)
	p, err := d.Finish()
	require.NoError(t, err)
	return p
}

// rechecked returns what the world leaves of a saved plan.
func (e *estate) rechecked(t require.TestingT, saved *plan.Plan, sourced bool) *plan.Confirmed {
	var roster *source.Roster
	if sourced {
		roster = e.roster(t)
	}
	r := plan.NewRecheck(saved, roster, e.boxGroups(), e.opts)
	e.answer(r)
	c, err := r.Finish()
	require.NoError(t, err)
	requireAccounted(t, saved, c)
	return c
}

// drawPlanned draws a world and makes its plan.
func drawPlanned(t *rapid.T) (*estate, *plan.Plan) {
	return drawEstate(t).logged(t)
}

// drawNamed draws a world in which Box shows the logins of all members whom it shows.
func drawNamed(t *rapid.T) (*estate, *plan.Plan) {
	e := drawEstate(t)
	for i := range e.groups {
		e.groups[i].nameless = false
	}
	return e.logged(t)
}

// logged makes the plan of the world, and writes both for a property that fails.
func (e *estate) logged(t *rapid.T) (*estate, *plan.Plan) {
	t.Logf("%s", e)
	p := e.planned(t)
	t.Logf("changes %q\nholds %q\nfindings %q", changes(p.Changes), holds(p.Holds), findings(p.Findings))
	return e, p
}

// after returns the world once the changes are made, each of which must be possible.
func (e *estate) after(t require.TestingT, cs []plan.Change) *estate {
	e = e.clone()
	for i := range cs {
		e.make(t, &cs[i], target.GroupID(900+i))
	}
	return e
}

func (e *estate) make(t require.TestingT, c *plan.Change, fresh target.GroupID) {
	if c.Kind == plan.CreateGroup {
		g := estateGroup{Group: target.Group{ID: fresh, Name: c.Group.Name, Identifier: c.Group.Identifier, Told: true}}
		for _, s := range c.Settings {
			g.Settings[s.Setting] = s.After
		}
		e.groups = append(e.groups, g)
		return
	}
	at := slices.IndexFunc(e.groups, func(g estateGroup) bool {
		return g.ID == c.Group.ID || c.Group.ID == 0 && g.Identifier == c.Group.Identifier
	})
	require.GreaterOrEqual(t, at, 0, c.ID)
	g := &e.groups[at]
	in := slices.IndexFunc(g.members, func(m target.Membership) bool { return m.User == c.User.ID })
	switch c.Kind {
	case plan.AdoptGroup, plan.RekeyGroup:
		require.Equal(t, c.BeforeIdentifier, g.Identifier, c.ID)
		g.Identifier = c.Group.Identifier
	case plan.RenameGroup:
		require.Equal(t, c.BeforeName, g.Name, c.ID)
		g.Name = c.Group.Name
	case plan.UpdateGroup:
		for _, s := range c.Settings {
			g.Settings[s.Setting] = s.After
		}
	case plan.Add:
		require.Negative(t, in, "%s is a member already", c.ID)
		require.False(t, e.user(c.User.ID).Standing.External, "%s is an external user", c.ID)
		g.members = append(g.members, target.Membership{ID: target.MembershipID(1000*uint64(g.ID) + uint64(c.User.ID)), User: c.User.ID, Role: c.After})
	default:
		require.GreaterOrEqual(t, in, 0, "%s is not there", c.ID)
		require.Equal(t, g.members[in], target.Membership{ID: c.Membership, User: c.User.ID, Role: c.Before}, c.ID)
		if g.members[in].Role = c.After; c.Kind == plan.Remove {
			g.members = slices.Delete(g.members, in, in+1)
		}
	}
}
