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

// agency is a random company whose people have keys of their own, several logins,
// or none, and perhaps more accounts than one. The id of a user is 1 + the place of
// the login, which nobody but that user has.
type agency struct {
	keys    []string // in the order in which the source has them
	sources map[string]string
	logins  map[string][]string
	left    map[string]bool
	wanted  map[string]map[string]source.Role // by group and key
	have    map[string]map[target.UserID]target.Role
	users   []int          // places of the logins that Box knows
	aliases []target.Alias // of users
	partial map[string]bool
	memory  map[string]target.UserID
}

func place(i int) string { return fmt.Sprintf("l%d@acme.example", i) }

const places = 6

var agencyGroups = map[string]string{"A": "hr", "B": "hr", "C": "ad"}

func drawAgency(t *rapid.T) agency {
	c := agency{
		sources: map[string]string{}, logins: map[string][]string{}, left: map[string]bool{}, partial: map[string]bool{},
		wanted: map[string]map[string]source.Role{}, have: map[string]map[target.UserID]target.Role{}, memory: map[string]target.UserID{},
	}
	for i := range places {
		if rapid.IntRange(0, 3).Draw(t, "in Box") > 0 {
			c.users = append(c.users, i)
		} else if len(c.users) > 0 && rapid.Bool().Draw(t, "is an alias") {
			c.aliases = append(c.aliases, target.Alias{User: target.UserID(oneOf(t, "alias of", c.users) + 1), Email: place(i), Confirmed: true})
		}
	}
	for i := range 5 {
		key := fmt.Sprintf("k%d", i)
		c.keys = append(c.keys, key)
		c.sources[key] = oneOf(t, "source", []string{"hr", "hr", "ad"})
		c.left[key] = rapid.IntRange(0, 4).Draw(t, "has left") == 0
		for range rapid.IntRange(0, 2).Draw(t, "logins") {
			if login := place(rapid.IntRange(0, places-1).Draw(t, "login")); !slices.Contains(c.logins[key], login) {
				c.logins[key] = append(c.logins[key], login)
			}
		}
		if rapid.Bool().Draw(t, "remembered") {
			c.memory[c.sources[key]+"/"+key] = target.UserID(rapid.IntRange(1, places).Draw(t, "as"))
		}
	}
	for _, g := range slices.Sorted(maps.Keys(agencyGroups)) {
		c.wanted[g], c.partial[g] = map[string]source.Role{}, rapid.IntRange(0, 5).Draw(t, "partial") == 0
		for _, key := range c.keys {
			if c.sources[key] == agencyGroups[g] && rapid.Bool().Draw(t, "wanted") {
				c.wanted[g][key] = oneOf(t, "wanted as", weekRoles)
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "group in Box") > 0 {
			c.have[g] = map[target.UserID]target.Role{}
			for _, u := range c.users {
				if rapid.Bool().Draw(t, "member") {
					c.have[g][target.UserID(u+1)] = oneOf(t, "as", []target.Role{target.RoleMember, target.RoleAdmin})
				}
			}
		}
	}
	return c
}

func (c agency) roster() *source.Roster {
	var all []*source.Roster
	for _, name := range []string{"hr", "ad"} {
		b := source.NewBuilder(source.Evidence{Name: name, GroupsComplete: true})
		for _, key := range c.keys {
			if c.sources[key] != name {
				continue
			}
			var logins []source.Login
			for _, login := range c.logins[key] {
				logins = append(logins, source.NewLogin(login))
			}
			p := b.Person(key, "", logins...)
			if c.left[key] {
				b.Leaver(p)
			}
			for g, of := range agencyGroups {
				if of != name {
					continue
				}
				if i := b.Group(g, g, ""); c.wants(g, key) {
					b.Add(i, p, c.wanted[g][key], 0)
				}
			}
		}
		for g, of := range agencyGroups {
			if of == name && c.partial[g] {
				b.Partial(b.Group(g, g, ""), "unreadable")
			} else if of == name {
				b.Group(g, g, "")
			}
		}
		all = append(all, b.Build())
	}
	return source.Merge(all...)
}

// wants reports whether the source lists the person in the group, who may have left.
func (c agency) wants(group, key string) bool {
	_, wanted := c.wanted[group][key]
	return wanted
}

func (c agency) snapshot() target.Snapshot {
	s := target.Snapshot{Aliases: c.aliases}
	for i, g := range slices.Sorted(maps.Keys(c.have)) {
		id := target.GroupID(100 + i)
		s.Groups = append(s.Groups, target.Group{ID: id, Name: g, Identifier: "rollcall:main:" + agencyGroups[g] + ":" + g})
		l := target.Listing{Group: id}
		for _, u := range slices.Sorted(maps.Keys(c.have[g])) {
			l.Users = append(l.Users, target.User{ID: u, Login: place(int(u) - 1)})
			l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(100*id) + target.MembershipID(u), User: u, Role: c.have[g][u]})
		}
		s.Listings = append(s.Listings, l)
	}
	for _, u := range c.users {
		s.Users = append(s.Users, target.User{ID: target.UserID(u + 1), Login: place(u)})
	}
	return s
}

// apply makes the changes. The users of a group that is created come with it.
func (c agency) apply(changes []plan.Change) {
	for _, change := range changes {
		switch g := change.Group.Name; change.Kind {
		case plan.CreateGroup:
			c.have[g] = map[target.UserID]target.Role{}
		case plan.Add, plan.SetRole:
			c.have[g][change.User.ID] = change.After
		case plan.Remove:
			delete(c.have[g], change.User.ID)
		default:
		}
	}
}

func (c agency) plan(t *rapid.T, people map[string]target.UserID) *plan.Plan {
	p, _ := planAsking(t, c.roster(), c.snapshot(), options(unlimited, remembering(&plan.Memory{People: people}, night(1))))
	return p
}

// active reports whether somebody who has not left, and of whom more may be asked,
// has the login.
func (c agency) active(login string, more func(key string) bool) bool {
	return slices.ContainsFunc(c.keys, func(key string) bool {
		return !c.left[key] && slices.Contains(c.logins[key], login) && more(key)
	})
}

func removedIn(p *plan.Plan) map[string]bool {
	ids := map[string]bool{}
	for _, c := range p.Changes {
		if c.Kind == plan.Remove {
			ids[c.ID] = true
		}
	}
	return ids
}

// However wrong the memory is: it makes no removal that logins alone would not, it
// grants nothing against a current login, who has left is nobody else, nobody who
// is wanted by a current login goes, and the next plan is empty.
func TestProperty_rememberedPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawAgency(t)
		remembering, alone := c.plan(t, c.memory), c.plan(t, nil)
		for id := range removedIn(remembering) {
			require.True(t, removedIn(alone)[id], "%s only with the memory", id)
		}
		for _, p := range []*plan.Plan{remembering, alone} {
			for i := range p.Changes {
				c.requireSensible(t, &p.Changes[i])
			}
			added := map[string]bool{}
			for _, change := range p.Changes {
				if change.Kind == plan.Add || change.Kind == plan.Remove {
					at := change.Group.Name + "/" + change.User.ID.String()
					require.False(t, added[at], "%s is added or removed twice", at)
					added[at] = true
				}
			}
		}

		left, _ := asking(t, remembering, c.roster(), c.snapshot(), options(unlimited, func(o *plan.Options) { o.Memory = &plan.Memory{People: c.memory} }))
		// Where memory and an alias say two things of somebody, or two people may be one user
		// by their aliases, apply, which reads the aliases of those alone whom the plan
		// changes, leaves the role to the next plan.
		disputed, aliases := false, 0
		for _, f := range remembering.Findings {
			disputed = disputed || f.Kind == plan.SharedLogin
			if f.Kind == plan.EmailAlias {
				aliases++
			}
		}
		disputed = disputed || aliases > 1
		judged := func(cs []plan.Change) []plan.Change {
			return slices.DeleteFunc(append([]plan.Change{}, cs...), func(c plan.Change) bool { return disputed && c.Kind == plan.SetRole })
		}
		require.Equal(t, judged(remembering.Changes), judged(left.Plan.Changes), "a saved plan is judged in the same way")

		c.apply(remembering.Changes)
		// Whose account it is may be another question once the rest is made: aliases are read
		// of those alone who look like leavers, and once nobody does, memory has the word.
		if slices.ContainsFunc(remembering.Findings, func(f plan.Finding) bool {
			return f.Kind == plan.SharedLogin || f.Kind == plan.EmailAlias && len(c.memory) > 0
		}) {
			return
		}
		require.Empty(t, changes(c.plan(t, remembering.Memory.People).Changes))
	})
}

func (c agency) requireSensible(t *rapid.T, change *plan.Change) {
	group, login := change.Group.Name, place(int(change.User.ID)-1)
	if change.User.ID == 0 {
		return
	}
	switch change.Kind {
	case plan.Remove:
		require.False(t, c.active(login, func(key string) bool { return c.wants(group, key) }), "%s is wanted by login", change.ID)
		if change.Cause == plan.Left {
			require.False(t, c.active(login, func(string) bool { return true }), "%s has not left", change.ID)
		}
	case plan.Add:
		if c.active(login, func(key string) bool { return c.wants(group, key) }) {
			return
		}
		require.False(t, c.active(login, func(string) bool { return true }), "%s is somebody else", change.ID)
		require.True(t, slices.ContainsFunc(c.keys, func(key string) bool {
			known := slices.ContainsFunc(c.logins[key], func(login string) bool {
				return slices.ContainsFunc(c.users, func(u int) bool { return place(u) == login })
			})
			return c.wants(group, key) && !c.left[key] && !known && len(c.logins[key]) > 0 && c.memory[c.sources[key]+"/"+key] == change.User.ID
		}), "%s is nobody who is wanted", change.ID)
	default:
	}
}

func notShared(hs []plan.Hold) []plan.Hold {
	return slices.DeleteFunc(slices.Clone(hs), func(h plan.Hold) bool { return h.Rule == plan.RuleSharedLogin })
}

// The order in which sources list people and Box lists groups is of no matter, but
// for what is held of a user who is two people: the role of the first counts.
func TestProperty_rememberedPeopleInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawAgency(t)
		one := c.plan(t, c.memory)
		c.keys = rapid.Permutation(c.keys).Draw(t, "keys")
		s := c.snapshot()
		s.Listings = rapid.Permutation(s.Listings).Draw(t, "listings")
		other, _ := planAsking(t, c.roster(), s, options(unlimited, remembering(&plan.Memory{People: c.memory}, night(1))))
		require.Equal(t, one.Changes, other.Changes)
		require.Equal(t, holds(notShared(one.Holds)), holds(notShared(other.Holds)))
		shared := func(f plan.Finding) bool { return f.Kind == plan.SharedLogin }
		require.Equal(t, findings(slices.DeleteFunc(one.Findings, shared)), findings(slices.DeleteFunc(other.Findings, shared)))
		require.Equal(t, one.Memory.People, other.Memory.People)
	})
}
