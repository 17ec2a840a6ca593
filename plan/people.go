package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// alias is whose an e-mail alias is.
type alias struct {
	user      userIndex
	confirmed bool
}

// Unranked returns the users whose role in the enterprise is to be asked for
// before the plan can be finished, in ascending order: those who are to be made
// group admins, and of whom Box has not said whether it makes one of them. Their
// answers go to [Differ.Resolve]. Of whom nothing comes back, the grant is
// planned. It is asked after the listings, and once more after [Differ.Aliased].
func (d *Differ) Unranked() []target.UserID {
	if !d.opts.ManageRoles {
		return nil
	}
	ask := map[target.UserID]bool{}
	for _, p := range d.pairs {
		for _, c := range p.role {
			if c.want == source.Admin {
				d.askRank(ask, d.users.byID[c.membership.User])
			}
		}
		d.askWanted(ask, p)
	}
	return slices.Sorted(maps.Keys(ask))
}

// askWanted asks for those who are wanted as admins and do not look like members,
// unless they turn out to be admins already.
func (d *Differ) askWanted(ask map[target.UserID]bool, p *pair) {
	for _, want := range d.wantedMissing(p) {
		if want.Role != source.Admin || d.guardsOfPerson(want.Person)&(ignored|otherDomain) != 0 {
			continue
		}
		u := d.userOf(want.Person)
		if u == 0 {
			u = d.rememberedUser(want.Person)
		}
		if u == 0 {
			if a, _ := d.aliasIn(p, want.Person); a.confirmed {
				u = a.user
			}
		}
		if have, stays := p.leaving(d.users.users[u].ID); !stays || have.Role == target.RoleMember {
			d.askRank(ask, u)
		}
	}
}

func (d *Differ) askRank(ask map[target.UserID]bool, u userIndex) {
	if u != 0 && d.users.standings[u].Role == 0 && d.users.guards[u]&(ignored|otherDomain) == 0 {
		ask[d.users.users[u].ID] = true
	}
}

// leaving returns the user's membership if they are among those whom the source does
// not list under the login that Box shows. It is asked for everybody wanted, also where
// a whole group has other logins.
func (p *pair) leaving(user target.UserID) (target.Membership, bool) {
	// Nobody is among them twice, so that an index of another size is out of date.
	if len(p.goneAt) != len(p.gone) {
		p.goneAt = make(map[target.UserID]int, len(p.gone))
		for i, m := range p.gone {
			p.goneAt[m.User] = i
		}
	}
	i, leaves := p.goneAt[user]
	if !leaves {
		return target.Membership{}, false
	}
	return p.gone[i], true
}

// Doubtful returns the members whose e-mail aliases are to be read before the
// plan can be finished, in ascending order: those who look like leavers in a group
// in which somebody is wanted whom Box does not know. One may be the other. It is
// asked after [Differ.Resolve], and [Differ.Aliased] takes the answer.
func (d *Differ) Doubtful() []target.UserID {
	ask := map[target.UserID]bool{}
	for _, p := range d.pairs {
		if leavers := d.leavers(p); len(leavers) > 0 && len(d.unknown(p)) > 0 {
			for _, u := range leavers {
				ask[u] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ask))
}

// leavers returns the members of the group whose removal is due, as far as can be
// said before it is known who else is wanted under another login.
func (d *Differ) leavers(p *pair) []target.UserID {
	if p.desired == nil || !p.desired.Complete() || !d.removesFrom(p) {
		return nil
	}
	return d.strangers(p)
}

// strangers returns the members of the group whom the source does not list, as far
// as can be said so, and whom no policy leaves alone.
func (d *Differ) strangers(p *pair) []target.UserID {
	if len(p.gone) == 0 {
		return nil
	}
	stays := map[target.UserID]bool{}
	for _, want := range p.add {
		u := d.userOf(want.Person)
		if u == 0 {
			u = d.rememberedUser(want.Person)
		}
		stays[d.users.users[u].ID] = true
	}
	var out []target.UserID
	for _, m := range p.gone {
		if g := d.guardsIn(p, d.users.byID[m.User]); g == 0 && !stays[m.User] {
			out = append(out, m.User)
		}
	}
	return out
}

// unknown returns the people wanted in the group who are no managed user, and of
// whom Box does not know a login: it may be an alias. Whom a policy leaves alone is
// among them: they are not added, and they are not to be removed either.
func (d *Differ) unknown(p *pair) []source.PersonIndex {
	var out []source.PersonIndex
	for _, want := range p.add {
		nobodys := slices.ContainsFunc(d.roster.Logins(want.Person), func(login source.Login) bool { return d.users.byKey[login.Key()] == 0 })
		if nobodys && d.userOf(want.Person) == 0 {
			out = append(out, want.Person)
		}
	}
	return out
}

// externalOf returns the user of the person's first login that Box knows as an
// external user's, or zero.
func (d *Differ) externalOf(person source.PersonIndex) userIndex {
	for _, login := range d.roster.Logins(person) {
		if u := d.users.byKey[login.Key()]; d.users.standings[u].External {
			return u
		}
	}
	return 0
}

// Aliased takes the e-mail aliases of the users of [Differ.Doubtful], in any
// order. Of two users with one alias, which Box does not have, the one with the
// lower id counts.
func (d *Differ) Aliased(aliases []target.Alias) {
	for _, a := range aliases {
		if a.Untold {
			d.untold[a.User] = true
			continue
		}
		login, u := source.NewLogin(a.Email), d.users.byID[a.User]
		if known, taken := d.aliases[login.Key()]; u == 0 || taken && d.users.users[known.user].ID <= a.User {
			continue
		}
		d.aliases[login.Key()] = alias{u, a.Confirmed}
	}
}

// untoldIn returns the leavers of the group whose aliases Box does not tell, while
// somebody unknown is wanted who is none of its other leavers: each may be that one.
func (d *Differ) untoldIn(p *pair) map[target.UserID]bool {
	if len(d.untold) == 0 || !slices.ContainsFunc(d.unknown(p), func(person source.PersonIndex) bool {
		a, _ := d.aliasIn(p, person)
		return a.user == 0
	}) {
		return nil
	}
	found := map[target.UserID]bool{}
	for _, m := range p.gone {
		if d.untold[m.User] {
			found[m.User] = true
		}
	}
	return found
}

// aliasIn returns which of those who look like leavers in the group the person is,
// and by which login.
func (d *Differ) aliasIn(p *pair, person source.PersonIndex) (alias, source.Login) {
	for _, login := range d.roster.Logins(person) {
		a, known := d.aliases[login.Key()]
		if !known {
			continue
		}
		if _, leaves := p.leaving(d.users.users[a.user].ID); leaves {
			return a, login
		}
	}
	return alias{}, source.Login{}
}

// userToCompare returns the user that somebody wanted is in the group, or is to be,
// or zero when there is nothing to do but to tell. Whom a policy leaves alone is
// not added; the member that they are under an alias stays, in the same role.
func (d *Differ) userToCompare(p *pair, want *source.Membership) userIndex {
	if u := d.memberSince(p, want.Person); u != 0 {
		return u
	}
	alone, u := d.kept.leaveAlone(d.guardsOfPerson(want.Person)), d.userOf(want.Person)
	switch {
	case alone && u != 0:
		return 0
	case u != 0:
		return d.besideLogin(p, want, u)
	case alone:
		want.Role = source.Unstated
	}
	if u = d.underMemory(p, want); u != 0 {
		return u
	}
	if u = d.underAlias(p, want); u != 0 || alone {
		return u
	}
	if u = d.addedByMemory(p, want.Person); u == 0 {
		d.noteNobody(p, want.Person)
	}
	return u
}

// memberSince returns the member whose login is one of the person's, or zero: Box told
// that login only after the group was compared.
func (d *Differ) memberSince(p *pair, person source.PersonIndex) userIndex {
	for _, login := range d.roster.Logins(person) {
		u := d.users.byKey[login.Key()]
		if _, leaves := p.leaving(d.users.users[u].ID); leaves {
			return u
		}
	}
	return 0
}

// underAlias returns the member that somebody is under an e-mail alias none of
// whose logins is a managed user's, or zero. An alias keeps somebody in a group and brings nobody
// into one; one that is not confirmed, which its user may have made up, changes no
// role either. Whom members.protect or the group's policy names by an alias is not demoted.
func (d *Differ) underAlias(p *pair, want *source.Membership) userIndex {
	a, login := d.aliasIn(p, want.Person)
	if a.user == 0 {
		return 0
	}
	user := d.users.users[a.user]
	kind, after := "an e-mail alias of ", ": make the source or Box say the same"
	if !a.confirmed {
		kind, want.Role = "an unconfirmed e-mail alias of ", source.Unstated
	}
	if have, _ := p.leaving(user.ID); have.Role == target.RoleAdmin && want.Role == source.Member && d.guardsOfPersonIn(p, want.Person)&protected != 0 {
		want.Role = source.Unstated
		d.kept.Protected++
	}
	d.same[user.ID] = login
	d.note(EmailAlias, login, p, kind+user.Login+" in Box, who stays in ", after)
	return a.user
}

// noteNobody tells of somebody who is no user that could be in a group, if they
// have a login.
func (d *Differ) noteNobody(p *pair, person source.PersonIndex) {
	logins := d.roster.Logins(person)
	if len(logins) == 0 {
		return
	}
	if u := d.externalOf(person); u != 0 {
		d.note(ExternalUser, d.loginOf(u), p,
			"Box knows this login as an external user's, and only managed users can be in a group; wanted in ",
			": take them out of the source, or make them a managed user in Box")
		return
	}
	d.note(UnknownLogin, logins[0], p, "Box has no user with this login; wanted in ", "")
}

// roleToAdd returns the role with which a user is added, and tells what whoever
// reads the plan must know of them.
func (d *Differ) roleToAdd(p *pair, u userIndex, want source.Role) target.Role {
	if d.users.standings[u].Status == target.Inactive {
		d.note(InactiveUser, d.loginOf(u), p, "inactive in Box, and cannot log in; to be added to ", "")
	}
	if role := targetRole(want); !d.opts.ManageRoles || role == target.RoleAdmin && d.noGroupAdmin(p, u) {
		return target.RoleMember
	}
	return targetRole(want)
}

// noGroupAdmin reports whether Box makes no group admin of the user, and tells:
// a grant that is planned all the same would be planned every night.
func (d *Differ) noGroupAdmin(p *pair, u userIndex) bool {
	role := d.users.standings[u].Role
	if role.Administers() {
		d.note(CoAdmin, d.loginOf(u), p, role.String()+" of the enterprise, of whom Box makes no group admin; wanted as admin in ",
			", and a member there instead: make the role member in the source, or end the role in the enterprise")
	}
	return role.Administers()
}

// noteApp tells that somebody who is to be removed is no person.
func (d *Differ) noteApp(p *pair, u userIndex) {
	if d.users.standings[u].App {
		d.note(AppUser, d.loginOf(u), p, "the account of an app, not a person's; to be removed from ",
			": put it under members.protect if it is to stay")
	}
}

func (d *Differ) loginOf(u userIndex) source.Login { return source.NewLogin(d.users.users[u].Login) }

// noteKey is what findings about people are gathered by: one for each person.
type noteKey struct {
	kind  FindingKind
	login string // folded
}

// note is a finding in the making.
type note struct {
	login         source.Login
	before, after string // what is said before and after the names of the groups
	groups        []string
}

// note gathers the groups of which the same is to be said of one person. Where several
// people are told of by one login, the words that come first stand for all, whatever the
// order of the source.
func (d *Differ) note(kind FindingKind, login source.Login, p *pair, before, after string) {
	key := noteKey{kind, login.Key()}
	if d.notes[key] == nil {
		d.notes[key] = &note{login: login, before: before, after: after}
	}
	if n := d.notes[key]; before < n.before {
		n.before, n.after = before, after
	}
	d.notes[key].groups = append(d.notes[key].groups, p.ref.Name)
}

// noted returns the findings about people, in no particular order.
func (d *Differ) noted() []Finding {
	var out []Finding
	for key, n := range d.notes {
		slices.Sort(n.groups)
		n.groups = slices.Compact(n.groups) // two people may have one login
		for i := range n.groups {
			n.groups[i] = strconv.Quote(n.groups[i])
		}
		out = append(out, Finding{Kind: key.kind, Login: n.login, Text: n.before + strings.Join(n.groups, ", ") + n.after})
	}
	return out
}
