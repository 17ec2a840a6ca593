package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// lookalikes is a group of users in Box, and the people whom the source has in it.
type lookalikes struct {
	users  []target.User // those who are members
	people []source.Person
	others []target.User // whom Box knows besides
}

var (
	lookNames   = []string{"", "Ann", "ann", "Bob Bee", "bob  bee", "Cem"}
	lookLocals  = []string{"a", "b", "c", "d"}
	lookDomains = []string{"old.example", "new.example"}
)

func drawLookalikes(t *rapid.T) lookalikes {
	var l lookalikes
	free := []string{}
	for _, local := range lookLocals {
		for _, domain := range lookDomains {
			free = append(free, local+"@"+domain)
		}
	}
	free = rapid.Permutation(free).Draw(t, "logins")
	for i, login := range free[:5] {
		u := target.User{ID: target.UserID(i + 1), Login: login, Name: oneOf(t, "name in Box", lookNames)}
		if rapid.Bool().Draw(t, "member") {
			l.users = append(l.users, u)
		} else {
			l.others = append(l.others, u)
		}
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "people") {
		p := source.Person{Key: fmt.Sprintf("k%d", i), Name: oneOf(t, "name", lookNames)}
		for range rapid.IntRange(1, 2).Draw(t, "so many logins") {
			if login := source.NewLogin(oneOf(t, "login", free)); !slices.Contains(p.Logins, login) {
				p.Logins = append(p.Logins, login)
			}
		}
		l.people = append(l.people, p)
	}
	return l
}

// order is that in which they were drawn.
func (l lookalikes) order() []int {
	order := make([]int, len(l.people))
	for i := range order {
		order[i] = i
	}
	return order
}

func (l lookalikes) roster(order []int) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g := b.Group("A", "A", "")
	for _, i := range order {
		p := l.people[i]
		b.Add(g, b.Person(p.Key, p.Name, p.Logins...), source.Unstated, 0)
	}
	return b.Build()
}

func (l lookalikes) snapshot() target.Snapshot {
	listing := target.Listing{Group: 1, Users: l.users}
	for _, u := range l.users {
		listing.Memberships = append(listing.Memberships, target.Membership{ID: 100 + target.MembershipID(u.ID), User: u.ID, Role: target.RoleMember})
	}
	return target.Snapshot{
		Groups:   []target.Group{{ID: 1, Name: "A", Identifier: "rollcall:main:hr:A"}},
		Listings: []target.Listing{listing}, Users: l.others,
	}
}

// alike says by brute force who of the unknown the user may be.
func (l lookalikes) alike(u target.User) bool {
	return slices.ContainsFunc(l.people, func(p source.Person) bool {
		local := func(login source.Login) string { return login.Key()[:1] }
		for _, login := range p.Logins {
			if slices.ContainsFunc(slices.Concat(l.users, l.others), func(u target.User) bool { return u.Login == login.Key() }) {
				return false
			}
		}
		name := map[string]string{"": "", "Ann": "ann", "ann": "ann", "Bob Bee": "bob bee", "bob  bee": "bob bee", "Cem": "cem"}
		return p.Name != "" && name[p.Name] == name[u.Name] ||
			slices.ContainsFunc(p.Logins, func(login source.Login) bool { return local(login) == u.Login[:1] })
	})
}

// Whoever looks like somebody unknown that the group wants is not removed without
// the allowance, whoever does not is not held by the rule, and the order of the
// source says nothing.
func TestProperty_namesakes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLookalikes(t)
		order := l.order()
		opts := options(unlimited)
		p, err := plan.Diff(l.roster(order), l.snapshot(), opts)
		require.NoError(t, err)

		for _, c := range p.Changes {
			require.False(t, c.Kind == plan.Remove && l.alike(c.User), "%s goes and may be wanted", c.User.Login)
		}
		held := 0
		for _, h := range p.Holds {
			if h.Rule != plan.RulePossibleRename {
				continue
			}
			for _, c := range h.Changes {
				held++
				require.Equal(t, plan.Remove, c.Kind)
				require.True(t, l.alike(c.User), "%s is held and looks like nobody", c.User.Login)
			}
		}

		again, err := plan.Diff(l.roster(rapid.Permutation(order).Draw(t, "order")), l.snapshot(), opts)
		require.NoError(t, err)
		require.Equal(t, p.Holds, again.Holds)
		require.Equal(t, p.Changes, again.Changes)

		opts.Allow = []plan.Allowance{{Rule: plan.RulePossibleRename}}
		free, err := plan.Diff(l.roster(order), l.snapshot(), opts)
		require.NoError(t, err)
		require.False(t, slices.ContainsFunc(free.Holds, func(h plan.Hold) bool { return h.Rule == plan.RulePossibleRename }))
		require.Len(t, free.Changes, len(p.Changes)+held, "what is held is what would be done otherwise")
	})
}

// A group that is created is no orphan under another name, by the plain count, and
// what is held for that would be done otherwise.
func TestProperty_renamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.rename(t)
		p, err := plan.Diff(w.roster(straight), w.snapshot(straight), options(unlimited))
		require.NoError(t, err)
		maybe := func(g string) bool {
			return slices.ContainsFunc(w.groups, func(o string) bool {
				if w.wanted[o] != nil || w.have[o] == nil {
					return false
				}
				common := 0
				for u := range w.have[o] {
					if _, wanted := w.wanted[g][u]; wanted {
						common++
					}
				}
				if w.partial[g] {
					return common > 0 && float64(common) >= 0.8*float64(len(w.wanted[g]))
				}
				return common > 1 && float64(common) >= 0.8*float64(max(len(w.wanted[g]), len(w.have[o])))
			})
		}
		seen := 0
		for _, c := range p.Changes {
			if c.Kind == plan.CreateGroup {
				seen++
				require.False(t, maybe(c.Group.Name), "%s is created", c.Group.Name)
			}
		}
		for _, h := range p.Holds {
			if h.Rule == plan.RulePossibleRename {
				seen++
				require.True(t, maybe(h.Group.Name), "%s is held", h.Group.Name)
				require.Len(t, h.Changes, 1+len(w.wanted[h.Group.Name]), "with everybody who is to be in it")
			}
		}
		created := 0
		for g := range w.wanted {
			if w.have[g] == nil {
				created++
			}
		}
		require.Equal(t, created, seen)

		shuffled, err := plan.Diff(w.roster(backwards), w.snapshot(backwards), options(unlimited))
		require.NoError(t, err)
		require.Equal(t, p.Holds, shuffled.Holds)
		require.Equal(t, p.Findings, shuffled.Findings)
	})
}

// rename makes some groups that are to be created much like some that have gone.
func (w world) rename(t *rapid.T) {
	for _, g := range w.groups {
		for _, o := range w.groups {
			if w.wanted[g] == nil || w.have[g] != nil || w.wanted[o] != nil || w.have[o] == nil || !rapid.Bool().Draw(t, "renamed") {
				continue
			}
			w.wanted[g] = map[string]source.Role{}
			for _, u := range w.users {
				if _, in := w.have[o][u]; in != (rapid.IntRange(0, 9).Draw(t, "otherwise") == 0) {
					w.wanted[g][u] = source.Unstated
				}
			}
		}
	}
}

func backwards(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}
