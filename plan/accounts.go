package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// accounts says whose the users are of whom it matters: those who look like
// leavers, and those whom somebody missing is remembered as. It is worked out when
// Box has said all that it was asked.
type accounts struct {
	// named has those of the people who have the user's login, and recalled those
	// who are remembered as the user. Neither has leavers.
	named, recalled map[userIndex][]source.PersonIndex
	ofLeavers       map[userIndex]bool // by login or memory
	// disputed are users whom somebody is remembered as who has no other account,
	// while somebody else of that source has the login, or is remembered so too.
	disputed map[userIndex][]source.PersonIndex
}

// keyed reports whether the person's key says more than a login. Where it is one, as
// in a CSV, another login is another person, and rules that rewrite it say of nobody
// who they were.
func (d *Differ) keyed(i source.PersonIndex) bool {
	p := d.roster.Person(i)
	return len(p.Logins) != 1 || p.Key != p.Logins[0].Key() && source.CheckLogin(p.Key) != nil
}

// personKey is what a person is remembered by.
func (d *Differ) personKey(i source.PersonIndex) string {
	return d.roster.Source(i) + "/" + d.roster.Person(i).Key
}

// rememberedID returns the Box user that earlier runs found the person to be, or
// zero.
func (d *Differ) rememberedID(i source.PersonIndex) target.UserID {
	if len(d.remembered) == 0 || !d.keyed(i) {
		return 0
	}
	return d.remembered[d.personKey(i)]
}

// rememberedUser is rememberedID as far as Box has shown that user. Whether the
// user still is that person is another question: see recalledUser.
func (d *Differ) rememberedUser(i source.PersonIndex) userIndex {
	return d.users.byID[d.rememberedID(i)] // id zero is nobody's
}

// weighAccounts works out whose the users are. Where people are their logins, and
// nobody is known to have left, there is nothing to weigh.
func (d *Differ) weighAccounts() {
	if !d.hasIdentities() {
		return
	}
	missing := d.recalledMissing()
	concerned := map[userIndex]bool{}
	for _, u := range missing {
		concerned[u] = true
	}
	for _, p := range d.pairs {
		for _, m := range p.gone {
			if p.desired != nil {
				concerned[d.users.byID[m.User]] = true
			}
		}
	}
	if len(concerned) == 0 {
		return
	}
	d.accounts = accounts{
		named: map[userIndex][]source.PersonIndex{}, recalled: map[userIndex][]source.PersonIndex{},
		ofLeavers: map[userIndex]bool{}, disputed: map[userIndex][]source.PersonIndex{},
	}
	for i := range source.PersonIndex(d.roster.People()) {
		d.weigh(i, concerned)
	}
	for person, u := range missing {
		d.dispute(person, u, missing)
	}
}

// hasIdentities reports whether a person can be other users than the one of their
// login, or have left.
func (d *Differ) hasIdentities() bool {
	if d.roster.Leavers() > 0 || len(d.remembered) > 0 {
		return true
	}
	for i := range source.PersonIndex(d.roster.People()) {
		if len(d.roster.Logins(i)) > 1 {
			return true
		}
	}
	return false
}

// recalledMissing returns those who are wanted where they are not, and who have no
// account but the one that is remembered.
func (d *Differ) recalledMissing() map[source.PersonIndex]userIndex {
	missing := map[source.PersonIndex]userIndex{}
	if len(d.remembered) == 0 {
		return missing
	}
	for _, p := range d.pairs {
		for _, want := range d.wantedMissing(p) {
			u := d.rememberedUser(want.Person)
			if u != 0 && d.userOf(want.Person) == 0 && d.guardsOfPerson(want.Person)&(ignored|otherDomain) == 0 {
				missing[want.Person] = u
			}
		}
	}
	return missing
}

// weigh notes which of the users concerned are accounts of one person.
func (d *Differ) weigh(person source.PersonIndex, concerned map[userIndex]bool) {
	a, left := &d.accounts, d.roster.HasLeft(person)
	remembered := d.rememberedUser(person)
	for _, login := range d.roster.Logins(person) {
		u := d.users.byKey[login.Key()]
		switch {
		case !concerned[u]: // nobody is not concerned either
		case left:
			a.ofLeavers[u] = true
		case !slices.Contains(a.named[u], person):
			a.named[u] = append(a.named[u], person)
		}
	}
	switch {
	case !concerned[remembered]:
	case left:
		a.ofLeavers[remembered] = true
	default:
		a.recalled[remembered] = append(a.recalled[remembered], person)
	}
}

// dispute notes who else may be the user that somebody missing is remembered as.
func (d *Differ) dispute(person source.PersonIndex, u userIndex, missing map[source.PersonIndex]userIndex) {
	rivals := slices.Clone(d.accounts.named[u])
	for _, other := range d.accounts.recalled[u] {
		if _, claims := missing[other]; claims {
			rivals = append(rivals, other)
		}
	}
	rivals = slices.DeleteFunc(rivals, func(other source.PersonIndex) bool { return !d.rivals(person, other) })
	if len(rivals) > 0 {
		all := append(append(d.accounts.disputed[u], person), rivals...)
		slices.Sort(all)
		d.accounts.disputed[u] = slices.Compact(all) // two who are both missing are each other's rivals
	}
}

// rivals reports whether two people of one source are two people. Two sources may
// well speak of the same one.
func (d *Differ) rivals(a, b source.PersonIndex) bool {
	return a != b && d.roster.Source(a) == d.roster.Source(b)
}

// recalledUser returns the user that the person is remembered as, as long as nobody
// else of the source may be that user. A login that is somebody's now goes before a
// memory of who had it.
func (d *Differ) recalledUser(person source.PersonIndex) userIndex {
	u := d.rememberedUser(person)
	if u == 0 || slices.Contains(d.accounts.disputed[u], person) ||
		slices.ContainsFunc(d.accounts.named[u], func(other source.PersonIndex) bool { return d.rivals(person, other) }) {
		return 0
	}
	return u
}

// causeOf says why a member is removed whom nobody lists. Whoever may be somebody
// who has not left, has not.
func (d *Differ) causeOf(user target.UserID) Cause {
	u := d.users.byID[user]
	if d.accounts.ofLeavers[u] && len(d.accounts.named[u])+len(d.accounts.recalled[u]) == 0 {
		return Left
	}
	return Unexplained
}
