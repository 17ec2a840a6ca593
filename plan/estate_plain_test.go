package plan_test

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// requirePlain requires that what is planned and what is held in the group are,
// together, what a plain comparison of two sets comes to: who is wanted and not there,
// who is there and not wanted, and who is there in another role than is stated.
func (l *ledger) requirePlain(g *ledgerGroup) {
	l.requirePlainGroup(g)
	if g.have != nil && g.have.nameless {
		l.requireNameless(g)
		return
	}
	seats := map[target.UserID][]source.Role{}
	missing := map[target.UserID][]source.Membership{}
	for _, m := range g.want.Members {
		if u := l.seat(g, m.Person); u != 0 {
			seats[u] = append(seats[u], m.Role)
			continue
		}
		l.requireMissing(g, m, missing)
	}
	if g.have != nil {
		for _, m := range g.have.members {
			if roles := seats[m.User]; roles != nil {
				l.requireSeat(g, m, roles)
			} else {
				l.requireStray(g, m)
			}
		}
	}
	for id, c := range g.due {
		member := g.have != nil && slices.ContainsFunc(g.have.members, func(m target.Membership) bool { return m.User == id })
		require.Equal(l.t, !member, c.Kind == plan.Add, c.ID)
		if !member {
			l.requireWanted(g, c, missing[id])
		}
	}
}

// requireNameless requires of a group whose members Box shows without their logins that
// nobody is removed who has a login of somebody wanted. Who a member is, is known only
// if that login was asked for elsewhere.
func (l *ledger) requireNameless(g *ledgerGroup) {
	for id, c := range g.due {
		require.False(l.t, c.Kind == plan.Remove && len(l.claimsOf(g, id).login) > 0, c.ID)
		require.True(l.t, !c.Takes() || l.mayTake(g, g.have, id), c.ID)
	}
}

// requirePlainGroup requires of the group itself exactly what it lacks.
func (l *ledger) requirePlainGroup(g *ledgerGroup) {
	var want, got []plan.Kind
	wanted := l.e.opts.Settings
	if n := len(g.want.Description); n <= target.MaxText {
		wanted[target.Description] = g.want.Description
	}
	var have estateGroup
	switch {
	case g.have == nil:
		want = append(want, plan.CreateGroup)
	case source.FoldIdentifier(g.have.Identifier) != source.FoldIdentifier(g.want.Key.Identifier("main")):
		want = append(want, plan.AdoptGroup)
	}
	if g.have != nil {
		have = *g.have
		if have.Name != g.want.Name && g.want.Box.ID == 0 {
			want = append(want, plan.RenameGroup)
		}
		differs := func(s target.Setting) bool { return wanted[s] != "" && wanted[s] != have.Settings[s] }
		if have.Told && (differs(target.Description) || differs(target.Provenance)) {
			want = append(want, plan.UpdateGroup)
		}
	}
	for _, c := range g.first {
		kind := c.Kind
		if kind == plan.RekeyGroup {
			kind = plan.AdoptGroup
		}
		got = append(got, kind)
	}
	slices.Sort(got)
	require.Equal(l.t, want, got, "%v", g.ref)
}

// seat returns the member of the group who has the first of the person's logins that
// one of them has, or zero.
func (l *ledger) seat(g *ledgerGroup, p source.PersonIndex) target.UserID {
	if g.have == nil {
		return 0
	}
	for _, login := range l.roster.Logins(p) {
		u := l.logged(login)
		if u != 0 && slices.ContainsFunc(g.have.members, func(m target.Membership) bool { return m.User == u }) {
			return u
		}
	}
	return 0
}

// requireSeat requires of somebody who is in the group, and wanted in these roles by
// as many people of the source, that their role becomes the stated one.
func (l *ledger) requireSeat(g *ledgerGroup, m target.Membership, roles []source.Role) {
	c, due := g.due[m.User]
	login := l.e.user(m.User).Login
	if due {
		require.Equal(l.t, plan.SetRole, c.Kind, "%s is wanted by a login of theirs", c.ID)
		require.True(l.t, slices.ContainsFunc(roles, func(r source.Role) bool { return r != source.Unstated && roleOf(r) == c.After }), "%s: no such role is stated", c.ID)
	}
	if len(roles) > 1 {
		require.True(l.t, l.told(g, login, plan.SharedLogin), "%s are two people in %s", login, g.ref.Name)
		require.True(l.t, !due || l.rules[c.ID] != "", "%s: nobody knows whose role counts", login)
		return
	}
	other := roles[0] != source.Unstated && roleOf(roles[0]) != m.Role
	administers := l.e.user(m.User).Standing.Role.Administers()
	switch {
	case !other:
		require.False(l.t, due, "%s as %s: nothing is to be changed", login, roles[0])
	case m.Role == target.RoleOther:
		require.False(l.t, due, "%s has a role that nobody knows", login)
		require.True(l.t, l.told(g, login, plan.UnknownRole), login)
	case !l.e.opts.ManageRoles || l.leftAlone(login), m.Role == target.RoleAdmin && !l.mayTake(g, g.have, m.User):
		require.False(l.t, due, "%s: the policies keep the role", login)
	case roles[0] == source.Admin && administers:
		require.False(l.t, due, "Box makes no group admin of %s", login)
		require.True(l.t, l.told(g, login, plan.CoAdmin), login)
	default:
		require.True(l.t, due, "%s is to be %s in %s", login, roles[0], g.ref.Name)
	}
}

func roleOf(r source.Role) target.Role {
	if r == source.Admin {
		return target.RoleAdmin
	}
	return target.RoleMember
}

// requireStray requires of a member whom the source does not list by the login that
// counts that they are to go, unless a policy keeps them, or they may be somebody
// wanted all the same, and that is told.
func (l *ledger) requireStray(g *ledgerGroup, m target.Membership) {
	c, due := g.due[m.User]
	login := l.e.user(m.User).Login
	claims := l.claimsOf(g, m.User)
	require.False(l.t, due && c.Kind == plan.Remove && len(claims.login) > 0, "%s is wanted in %s by a login of theirs", login, g.ref.Name)
	if due && c.Kind == plan.Remove {
		aliased := slices.ContainsFunc(claims.alias, func(p source.PersonIndex) bool { return l.managed(p) == 0 })
		require.False(l.t, aliased && g.want.Complete() && !l.disputed(m.User), "%s is wanted in %s by an alias of theirs", login, g.ref.Name)
		require.True(l.t, len(claims.memory) == 0 || l.disputed(m.User), "%s is remembered as somebody wanted in %s", login, g.ref.Name)
		require.True(l.t, l.mayTake(g, g.have, m.User), "%s is kept by a policy", c.ID)
		return
	}
	claimed := len(claims.login)+len(claims.memory)+len(claims.alias) > 0
	if due {
		require.True(l.t, claimed && c.Kind == plan.SetRole, "%s: who would that be?", c.ID)
	}
	stays := claimed && (l.told(g, login, plan.TwoAccounts, plan.RememberedUser, plan.EmailAlias) || slices.ContainsFunc(claims.memory, func(p source.PersonIndex) bool {
		// Two people with one login are told of once.
		return slices.ContainsFunc(l.roster.Logins(p), func(login source.Login) bool { return l.told(g, login.String(), plan.RememberedUser) })
	}))
	require.True(l.t, stays || !l.mayTake(g, g.have, m.User), "%s is in %s, is not wanted, and nothing is said of it", login, g.ref.Name)
}

// requireMissing requires of somebody who is wanted in the group and in it by no login
// of theirs that they are added as the user of the first login that Box can add, or
// that it is said why not. It notes who is wanted as which user.
func (l *ledger) requireMissing(g *ledgerGroup, m source.Membership, missing map[target.UserID][]source.Membership) {
	logins := l.roster.Logins(m.Person)
	var spelt []string
	for _, login := range logins {
		spelt = append(spelt, login.Key())
	}
	u, alone := l.managed(m.Person), l.leftAlone(spelt...)
	switch {
	case alone || len(logins) == 0:
	case u != 0:
		missing[u] = append(missing[u], m)
		second := l.remembered(m.Person) != 0 && l.told(g, l.e.user(l.remembered(m.Person)).Login, plan.TwoAccounts)
		require.True(l.t, g.due[u] != nil || second, "%s is to be added to %s", logins[0], g.ref.Name)
	default:
		l.requireNobody(g, m, missing)
	}
}

// requireNobody requires that somebody is told of of whose logins Box has none.
func (l *ledger) requireNobody(g *ledgerGroup, m source.Membership, missing map[target.UserID][]source.Membership) {
	logins := l.roster.Logins(m.Person)
	if id := l.remembered(m.Person); id != 0 {
		missing[id] = append(missing[id], m)
	}
	kinds := []plan.FindingKind{plan.UnknownLogin, plan.ExternalUser, plan.RememberedUser, plan.EmailAlias}
	require.True(l.t, slices.ContainsFunc(logins, func(login source.Login) bool { return l.told(g, login.String(), kinds...) }),
		"%s is wanted in %s, and nothing is said of it", logins[0], g.ref.Name)
}

// requireWanted requires of an add that somebody is wanted as that user, in that role.
func (l *ledger) requireWanted(g *ledgerGroup, c *plan.Change, as []source.Membership) {
	require.NotEmpty(l.t, as, "%s: nobody is wanted as that user", c.ID)
	require.False(l.t, l.leftAlone(c.User.Login), c.ID)
	u := l.e.user(c.User.ID)
	require.False(l.t, u.Standing.External, c.ID)
	admin := l.e.opts.ManageRoles && !u.Standing.Role.Administers()
	require.True(l.t, slices.ContainsFunc(as, func(m source.Membership) bool {
		return c.After == roleOf(m.Role) || c.After == target.RoleMember && !admin
	}), "%s as %s", c.ID, c.After)
	// Whoever is the user of another account by memory shares that one, which is told.
	require.True(l.t, len(as) == 1 || l.rules[c.ID] != "" || l.told(g, u.Login, plan.TwoAccounts) || l.told(g, "", plan.SharedLogin), "%s: two people are that user", c.ID)
	byLogin := slices.ContainsFunc(as, func(m source.Membership) bool { return l.managed(m.Person) == u.ID })
	require.True(l.t, byLogin || l.told(g, u.Login, plan.RememberedUser), "%s: only remembered, and not told", c.ID)
}
