package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// userIndex points at a user of the table; zero is nobody.
type userIndex uint32

// guard is what the policies say of a user.
type guard uint8

const (
	protected   guard = 1 << iota // never removed or demoted
	ignored                       // neither added, changed nor removed
	otherDomain                   // likewise, because of members.domains
	unnamed                       // Box shows no login, so that no policy can speak of them
)

// userTable keeps every Box user that was seen, once, and finds them by id and
// by login.
type userTable struct {
	opts      *Options
	users     []target.User // users[0] is nobody; without what standings says
	standings []target.Standing
	guards    []guard
	byID      map[target.UserID]userIndex
	byKey     map[string]userIndex // folded login
}

func newUserTable(opts *Options) *userTable {
	return &userTable{
		opts:      opts,
		users:     make([]target.User, 1),
		standings: make([]target.Standing, 1),
		guards:    make([]guard, 1),
		byID:      map[target.UserID]userIndex{},
		byKey:     map[string]userIndex{},
	}
}

// add makes a user known. One that is known without a login gets it, and every
// answer adds to what is told of the account.
func (t *userTable) add(u target.User) userIndex {
	i, known := t.byID[u.ID]
	if known {
		t.standings[i] = t.standings[i].With(u.Standing)
	}
	if known && (u.Login == "" || t.users[i].Login != "") {
		return i
	}
	if !known {
		i = userIndex(len(t.users))
		t.byID[u.ID] = i
		t.users = append(t.users, target.User{})
		t.standings = append(t.standings, u.Standing)
		t.guards = append(t.guards, 0)
	}
	t.users[i] = target.User{ID: u.ID, Login: u.Login, Name: u.Name}
	login := source.NewLogin(u.Login)
	if !login.IsZero() {
		t.byKey[login.Key()] = i
	}
	t.guards[i] = t.opts.guardsOf(login)
	if login.IsZero() {
		t.guards[i] = unnamed
	}
	if u.ID == t.opts.Self {
		t.guards[i] |= protected
	}
	return i
}

// guardsOf applies the policies on people to a login.
func (o *Options) guardsOf(login source.Login) guard {
	var g guard
	if source.MatchAny(o.Protect, login.Key()) {
		g |= protected
	}
	if source.MatchAny(o.Ignore, login.Key()) {
		g |= ignored
	}
	if len(o.Domains) > 0 && !slices.Contains(o.Domains, login.Domain()) {
		g |= otherDomain
	}
	return g
}

// leaveAlone reports whether a user or person with these guards is left out of
// the comparison, and counts it.
func (k *Kept) leaveAlone(g guard) bool {
	switch {
	case g&ignored != 0:
		k.Ignored++
	case g&otherDomain != 0:
		k.Domains++
	default:
		return false
	}
	return true
}
