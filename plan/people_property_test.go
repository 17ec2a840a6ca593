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

// account is one of a random Box: its user, and the one alias that it may have.
type account struct {
	user      target.User
	alias     string // "": none
	confirmed bool
}

// crowd is a random company of all kinds of accounts.
type crowd struct {
	accounts []account // ids are places + 1
	groups   []string
	wanted   map[string]map[string]source.Role // by group and login, which may be an alias or nobody's
	partial  map[string]bool
	have     map[string]map[target.UserID]target.Role
}

func drawCrowd(t *rapid.T) crowd {
	c := crowd{
		groups: []string{"A", "B", "C"}, wanted: map[string]map[string]source.Role{}, partial: map[string]bool{},
		have: map[string]map[target.UserID]target.Role{},
	}
	logins := []string{"z0@acme.example", "z1@acme.example"} // which Box does not know
	for i := range 7 {
		a := account{user: target.User{ID: target.UserID(i + 1), Login: fmt.Sprintf("u%d@acme.example", i), Standing: target.Standing{
			Status: oneOf(t, "status", []target.Status{target.Active, target.Inactive}),
			Role:   oneOf(t, "role", []target.EnterpriseRole{target.EnterpriseUser, target.EnterpriseCoAdmin, target.EnterpriseAdmin}),
			App:    rapid.Bool().Draw(t, "app"),
		}}}
		logins = append(logins, a.user.Login)
		if i == 6 {
			a.user.Standing = target.Standing{External: true}
		}
		if rapid.Bool().Draw(t, "has an alias") {
			a.alias, a.confirmed = fmt.Sprintf("A%d@acme.example", i), rapid.Bool().Draw(t, "confirmed")
			logins = append(logins, fmt.Sprintf("a%d@acme.example", i))
		}
		c.accounts = append(c.accounts, a)
	}
	for _, g := range c.groups {
		c.wanted[g], c.partial[g] = map[string]source.Role{}, rapid.IntRange(0, 4).Draw(t, "partial") == 0
		for _, login := range logins {
			if rapid.IntRange(0, 2).Draw(t, "wanted") == 0 {
				c.wanted[g][login] = oneOf(t, "wanted as", weekRoles)
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "in Box") > 0 {
			c.have[g] = map[target.UserID]target.Role{}
			for _, a := range c.accounts {
				if !a.user.Standing.External && rapid.Bool().Draw(t, "member") {
					c.have[g][a.user.ID] = oneOf(t, "as", []target.Role{target.RoleMember, target.RoleAdmin})
				}
			}
		}
	}
	return c
}

func (c crowd) roster() *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	for _, name := range c.groups {
		g := b.Group(name, name, "")
		if c.partial[name] {
			b.Partial(g, "unreadable")
		}
		for _, login := range slices.Sorted(maps.Keys(c.wanted[name])) {
			l := source.NewLogin(login)
			b.Add(g, b.Person(l.Key(), "", l), c.wanted[name][login], 0)
		}
	}
	return b.Build()
}

// snapshot shows members by their login; standings and aliases are for whoever asks.
func (c crowd) snapshot() target.Snapshot {
	var s target.Snapshot
	for i, g := range c.groups {
		if c.have[g] == nil {
			continue
		}
		s.Groups = append(s.Groups, target.Group{ID: target.GroupID(i + 1), Name: g, Identifier: "rollcall:main:hr:" + g})
		l := target.Listing{Group: target.GroupID(i + 1)}
		for _, a := range c.accounts {
			if role, in := c.have[g][a.user.ID]; in {
				l.Users = append(l.Users, target.User{ID: a.user.ID, Login: a.user.Login})
				l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(100*i) + target.MembershipID(a.user.ID), User: a.user.ID, Role: role})
			}
		}
		s.Listings = append(s.Listings, l)
	}
	for _, a := range c.accounts {
		s.Users = append(s.Users, a.user)
		if a.alias != "" {
			s.Aliases = append(s.Aliases, target.Alias{User: a.user.ID, Email: a.alias, Confirmed: a.confirmed})
		}
	}
	return s
}

// apply makes the changes by Box's rules: it makes no group admin of whoever
// administers the enterprise, and no member of an external user.
func (c crowd) apply(t *rapid.T, changes []plan.Change) {
	for _, change := range changes {
		name := change.Group.Name
		switch change.Kind {
		case plan.CreateGroup:
			c.have[name] = map[target.UserID]target.Role{}
		case plan.Add, plan.SetRole:
			standing := c.accounts[change.User.ID-1].user.Standing
			require.False(t, standing.External, "%s", change.ID)
			role := change.After
			if standing.Role.Administers() {
				role = target.RoleMember
			}
			c.have[name][change.User.ID] = role
		case plan.Remove:
			delete(c.have[name], change.User.ID)
		default:
		}
	}
}

// aliasWanted reports whether the group wants the account under its alias.
func (c crowd) aliasWanted(group string, a account) bool {
	_, wanted := c.wanted[group][source.NewLogin(a.alias).Key()]
	return a.alias != "" && wanted
}

// leavers are, without the differ's help, the members whom complete groups do not
// want by login, of those groups that want a login which Box does not know.
func (c crowd) leavers() map[target.UserID]bool {
	leavers := map[target.UserID]bool{}
	for _, g := range c.groups {
		unknown := false
		for login := range c.wanted[g] {
			unknown = unknown || !slices.ContainsFunc(c.accounts, func(a account) bool { return a.user.Login == login })
		}
		for _, a := range c.accounts {
			_, wanted := c.wanted[g][a.user.Login]
			if _, in := c.have[g][a.user.ID]; in && !wanted && unknown && !c.partial[g] {
				leavers[a.user.ID] = true
			}
		}
	}
	return leavers
}

// Whatever accounts there are: nobody whose alias is wanted is removed, nobody is
// granted what Box does not grant, what is asked costs no more than it must, and
// the next plan is empty.
func TestProperty_people(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCrowd(t)
		r, s := c.roster(), c.snapshot()
		p, asked := planAsking(t, r, s, options(unlimited))

		leavers := c.leavers()
		require.Len(t, asked.doubted, len(leavers))
		for _, u := range asked.doubted {
			require.True(t, leavers[u], "%d is asked for aliases", u)
		}
		for _, u := range slices.Concat(asked.ranked, asked.rankedAfter) {
			a := c.accounts[u-1]
			require.True(t, slices.ContainsFunc(c.groups, func(g string) bool {
				return c.wanted[g][a.user.Login] == source.Admin || c.aliasWanted(g, a) && c.wanted[g][source.NewLogin(a.alias).Key()] == source.Admin
			}), "%s is asked for a role, and nobody wants them as admin", a.user.Login)
		}
		for i := range p.Changes {
			requireSensible(t, c, &p.Changes[i])
		}

		everything, err := plan.Diff(r, s, options(unlimited))
		require.NoError(t, err)
		require.Equal(t, everything.Changes, p.Changes, "to know more than was asked changes nothing")
		require.Equal(t, everything.Holds, p.Holds)

		left, _ := asking(t, p, r, s, options(unlimited))
		require.Equal(t, p.Changes, left.Plan.Changes, "a saved plan is judged in the same way")

		c.apply(t, p.Changes)
		again, _ := planAsking(t, r, c.snapshot(), options(unlimited))
		require.Empty(t, changes(again.Changes))
	})
}

func requireSensible(t *rapid.T, c crowd, change *plan.Change) {
	require.Zero(t, change.User.Standing, "a plan keeps no more of a user than it writes")
	if change.User.ID == 0 {
		return
	}
	a := c.accounts[change.User.ID-1]
	role, listed := c.wanted[change.Group.Name][a.user.Login]
	aliased := c.aliasWanted(change.Group.Name, a)
	switch {
	case change.Grants():
		require.False(t, a.user.Standing.Role.Administers(), "%s", change.ID)
		require.True(t, role == source.Admin || a.confirmed, "%s", change.ID)
	case change.Kind == plan.Add:
		require.True(t, listed, "%s is added by an alias", a.user.Login)
	case change.Kind == plan.Remove:
		require.False(t, listed || aliased, "%s is wanted", a.user.Login)
	case change.Kind == plan.SetRole:
		require.True(t, listed || aliased && a.confirmed, "%s", change.ID)
	}
}
