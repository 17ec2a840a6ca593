package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// recalledIn returns the member that somebody is remembered as and who looks like a
// leaver in the group, or zero.
func (d *Differ) recalledIn(p *pair, person source.PersonIndex) userIndex {
	u := d.recalledUser(person)
	if _, leaves := p.leaving(d.users.users[u].ID); u == 0 || !leaves {
		return 0
	}
	return u
}

// besideLogin returns the member that somebody is under another account than the
// one of their login, which is u, or else u. One account is enough, so that u is
// not added beside it; its role is for whoever sets the accounts right.
func (d *Differ) besideLogin(p *pair, want *source.Membership, u userIndex) userIndex {
	other := d.recalledIn(p, want.Person)
	if other == 0 {
		return u
	}
	want.Role = source.Unstated
	d.noteTwo(p, want.Person, other)
	return other
}

// underMemory returns the member that somebody is remembered as none of whose logins
// is a managed user's, or zero. Whom members.protect or the group's policy names by
// a login of theirs is not demoted.
func (d *Differ) underMemory(p *pair, want *source.Membership) userIndex {
	u := d.recalledIn(p, want.Person)
	if u == 0 {
		return 0
	}
	have, _ := p.leaving(d.users.users[u].ID)
	if have.Role == target.RoleAdmin && want.Role == source.Member && d.guardsOfPersonIn(p, want.Person)&protected != 0 {
		want.Role = source.Unstated
		d.kept.Protected++
	}
	d.noteRemembered(p, want.Person, u)
	return u
}

// addedByMemory returns the user to add for somebody of whose logins Box knows none,
// or zero. That is a grant on the word of a memory, so nothing may speak against it:
// nobody, of whatever source, has that user's login now, and no external user has
// one of the person's.
func (d *Differ) addedByMemory(p *pair, person source.PersonIndex) userIndex {
	u := d.recalledUser(person)
	if u == 0 || len(d.roster.Logins(person)) == 0 || len(d.accounts.named[u]) > 0 || d.externalOf(person) != 0 ||
		d.users.standings[u].External || d.users.guards[u]&unnamed != 0 || d.kept.leaveAlone(d.users.guards[u]) {
		return 0
	}
	d.noteRemembered(p, person, u)
	return u
}

// keepAccounts keeps the other accounts of people who are wanted in the group:
// nobody tells from a list of people which of their accounts is the right one. It
// keeps those, too, whom the source lists without a login and who are remembered.
func (d *Differ) keepAccounts(p *pair) {
	aliases := d.aliasesWanted(p)
	p.gone = slices.DeleteFunc(p.gone, func(m target.Membership) bool {
		u := d.users.byID[m.User]
		people := slices.DeleteFunc(slices.Clone(d.accounts.recalled[u]), func(i source.PersonIndex) bool { return d.recalledUser(i) != u })
		loginless := slices.DeleteFunc(slices.Clone(people), func(i source.PersonIndex) bool { return !p.listsWithoutLogin(i) })
		people = slices.DeleteFunc(slices.Concat(d.accounts.named[u], people, aliases[u]), func(i source.PersonIndex) bool { return !p.wants(i) })
		for _, person := range people {
			d.noteTwo(p, person, u)
		}
		for _, person := range loginless {
			d.noteLoginless(p, person, u)
		}
		return len(people)+len(loginless) > 0
	})
}

// listsWithoutLogin reports whether the source has the person in the group, without a
// login.
func (p *pair) listsWithoutLogin(person source.PersonIndex) bool {
	_, found := slices.BinarySearch(p.desired.Loginless, person)
	return found
}

// aliasesWanted returns the users under whose e-mail aliases somebody unknown is
// wanted in the group.
func (d *Differ) aliasesWanted(p *pair) map[userIndex][]source.PersonIndex {
	if len(d.aliases) == 0 || len(p.gone) == 0 {
		return nil
	}
	wanted := map[userIndex][]source.PersonIndex{}
	for _, person := range d.unknown(p) {
		for _, login := range d.roster.Logins(person) {
			if a, known := d.aliases[login.Key()]; known {
				wanted[a.user] = append(wanted[a.user], person)
			}
		}
	}
	return wanted
}

// wants reports whether the source has the person in the group.
func (p *pair) wants(person source.PersonIndex) bool {
	_, found := slices.BinarySearchFunc(p.desired.Members, person, func(m source.Membership, person source.PersonIndex) int {
		return int(m.Person) - int(person)
	})
	return found
}

// holdDisputed holds what is due for a user who may be either of two people, one of
// whom is wanted in the group.
func (d *Differ) holdDisputed(p *pair) {
	for u, people := range d.accounts.disputed {
		user := d.users.users[u]
		if !slices.ContainsFunc(p.due, func(c Change) bool { return c.User.ID == user.ID }) || !slices.ContainsFunc(people, p.wants) {
			continue
		}
		if p.shared == nil {
			p.shared = map[target.UserID]bool{}
		}
		p.shared[user.ID], p.disputed = true, true
		var who []string
		for _, person := range people {
			who = append(who, d.called(person))
		}
		d.note(SharedLogin, d.loginOf(u), p,
			"may be either of two people of the source: "+strings.Join(who, " and ")+", one of whom earlier runs knew as this user; held in ",
			": give the one whose account it is that login in the source, or their login to the account in Box, and the other an account of their own")
	}
}

// called returns what a person is called in findings.
func (d *Differ) called(person source.PersonIndex) string {
	if logins := d.roster.Logins(person); len(logins) > 0 {
		return logins[0].String()
	}
	who := d.roster.Person(person)
	if who.Name != "" {
		return who.Name
	}
	return who.Key
}

// noteTwo tells that a person has two accounts, of which one, not the one of their
// first login, is in the group.
func (d *Differ) noteTwo(p *pair, person source.PersonIndex, u userIndex) {
	if d.rememberedUser(person) == u {
		d.second[person] = true
	}
	d.note(TwoAccounts, d.loginOf(u), p,
		"an account of somebody who is also "+d.otherAccount(person, u)+" in Box; one of them is enough for ",
		", so this one is not removed, nor the other one added beside it: keep one, and take the other out of its groups, or out of Box")
}

// otherAccount returns the login of an account of the person other than u.
func (d *Differ) otherAccount(person source.PersonIndex, u userIndex) string {
	for _, login := range d.roster.Logins(person) {
		if other := d.users.byKey[login.Key()]; other != 0 && other != u {
			return d.users.users[other].Login
		}
	}
	if other := d.rememberedUser(person); other != 0 && other != u {
		return d.users.users[other].Login
	}
	return d.called(person)
}

// noteRemembered tells that somebody is meant by what earlier runs found out.
func (d *Differ) noteRemembered(p *pair, person source.PersonIndex, u userIndex) {
	login := d.loginOf(u)
	if logins := d.roster.Logins(person); len(logins) > 0 {
		login = logins[0]
	}
	d.note(RememberedUser, login, p,
		"Box has no user with this login; earlier runs knew them as "+d.users.users[u].Login+", who is taken for them in ",
		": make the source or Box say the same login")
}

// noteLoginless tells that somebody without a login is meant by what earlier runs
// found out.
func (d *Differ) noteLoginless(p *pair, person source.PersonIndex, u userIndex) {
	d.note(RememberedUser, d.loginOf(u), p,
		"the source has "+d.called(person)+" without a login; earlier runs knew them as this user, who stays in ",
		": give them an address in the source, or take them out of its list")
}

// Remembered returns the users of whom only the memory says that somebody wanted
// is one of them, in ascending order: nobody has their logins, and no listing has
// shown the user. It is asked after [Differ.Aliased], and [Differ.Resolve] takes
// the answer. Of whom nothing comes back, Box has nothing any more, and the memory
// forgets them.
func (d *Differ) Remembered() []target.UserID {
	ask := map[target.UserID]bool{}
	if len(d.remembered) == 0 {
		return nil
	}
	for _, p := range d.pairs {
		for _, want := range d.wantedMissing(p) {
			id := d.rememberedID(want.Person)
			if id == 0 || d.users.byID[id] != 0 || d.userOf(want.Person) != 0 || d.externalOf(want.Person) != 0 ||
				d.guardsOfPerson(want.Person)&(ignored|otherDomain) != 0 {
				continue
			}
			ask[id] = true
		}
	}
	maps.Copy(d.asked, ask)
	return slices.Sorted(maps.Keys(ask))
}
