package plan

import (
	"maps"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Unranked returns the users whose role in the enterprise is to be asked for, in
// ascending order: those whom the plan makes group admins, and those of its users
// whom a fresh comparison would make one. Their answers go to [Recheck.Resolve].
func (r *Recheck) Unranked() []target.UserID {
	ask, touched := map[target.UserID]bool{}, map[target.UserID]bool{}
	users := r.differ.users
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		if c.Kind != Add && c.Kind != SetRole || !r.stands(c) {
			continue
		}
		touched[c.User.ID] = true
		// Whoever no listing shows is looked up by login, and the answer has the role.
		if u, shown := users.byID[c.User.ID]; c.Grants() && shown && users.standings[u].Role == 0 {
			ask[c.User.ID] = true
		}
	}
	for _, u := range r.differ.Unranked() {
		if touched[u] {
			ask[u] = true
		}
	}
	return slices.Sorted(maps.Keys(ask))
}

// stands reports whether Box, as far as it was listed, leaves the change to be
// made.
func (r *Recheck) stands(c *Change) bool {
	g, found := r.find(c)
	if r.pauseOf(c) != nil || found && r.listed[g.ID] == nil {
		return false
	}
	return r.judgeBox(c).Outcome == NotAttempted
}

// Doubtful returns the users of the plan whose e-mail aliases are to be read, as
// [Differ.Doubtful] does. Once Box does not tell those of one of them, it also
// returns the others who look like leavers there: whoever is wanted may be one of
// these, and then is not the one.
func (r *Recheck) Doubtful() []target.UserID {
	ask := map[target.UserID]bool{}
	for p, leavers := range r.leavers() {
		if len(r.differ.unknown(p)) == 0 {
			continue
		}
		if slices.ContainsFunc(leavers, func(u target.UserID) bool { return r.differ.untold[u] }) || len(r.differ.namesakesIn(p)) > 0 {
			leavers = r.differ.strangers(p)
		}
		for _, u := range leavers {
			ask[u] = true
		}
	}
	return slices.Sorted(maps.Keys(ask))
}

// Aliased takes the e-mail aliases of the users of [Recheck.Doubtful].
func (r *Recheck) Aliased(aliases []target.Alias) { r.differ.Aliased(aliases) }

// leavers returns the members of whom the plan says something and who look like
// leavers now, by group: those whom it removes, and those whose role it changes,
// whom the source may list under an alias, whether or not it gave the group whole.
// Without the sources there are none.
func (r *Recheck) leavers() map[*pair][]target.UserID {
	planned := map[target.GroupID]map[target.UserID]Kind{}
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		if c.Kind != Remove && c.Kind != SetRole {
			continue
		}
		if planned[c.Group.ID] == nil {
			planned[c.Group.ID] = map[target.UserID]Kind{}
		}
		planned[c.Group.ID][c.User.ID] = c.Kind
	}
	out := map[*pair][]target.UserID{}
	for _, p := range r.differ.pairs {
		due := len(r.differ.leavers(p)) > 0
		for _, u := range r.differ.strangers(p) {
			if kind := planned[p.actual.ID][u]; kind == SetRole || kind == Remove && due {
				out[p] = append(out[p], u)
			}
		}
	}
	return out
}

// unknownLogins returns the logins of the people wanted where somebody of the plan
// looks like a leaver, and may be them.
func (r *Recheck) unknownLogins() map[string]source.Login {
	logins := map[string]source.Login{}
	for p := range r.leavers() {
		for _, person := range r.differ.unknown(p) {
			if r.differ.guardsOfPerson(person)&(ignored|otherDomain) != 0 {
				continue // no login of theirs adds anybody
			}
			for _, login := range r.differ.roster.Logins(person) {
				logins[login.Key()] = login
			}
		}
	}
	return logins
}

// judgeStanding asks what Box tells of the account now: it makes no member of an
// external user, and no group admin of a co-admin.
func (r *Recheck) judgeStanding(c *Change) Result {
	users := r.differ.users
	standing := users.standings[users.byID[c.User.ID]]
	switch {
	case c.Kind == Add && standing.External:
		return skipped("is an external user now, and only managed users can be in a group")
	case c.Grants() && standing.Role.Administers():
		return skipped("is %s of the enterprise, of whom Box makes no group admin", standing.Role)
	default:
		return Result{}
	}
}

// otherLogins returns the logins of people who have several, of which the plan adds
// one, and of people who are remembered as a user of the plan and whom nothing has
// shown: whoever has the first of their logins that Box knows now is who they are.
func (r *Recheck) otherLogins() map[string]source.Login {
	logins, d := map[string]source.Login{}, r.differ
	planned, added := map[target.UserID]bool{}, map[string]bool{}
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		planned[c.User.ID] = true
		if c.Kind == Add {
			added[source.NewLogin(c.User.Login).Key()] = true
		}
	}
	for _, p := range d.pairs {
		for _, want := range d.wantedMissing(p) {
			id := d.rememberedID(want.Person)
			concerned := id != 0 && planned[id] && d.userOf(want.Person) == 0 || d.hasOneOf(want.Person, added)
			if !concerned || d.guardsOfPerson(want.Person)&(ignored|otherDomain) != 0 {
				continue
			}
			for _, login := range d.roster.Logins(want.Person) {
				logins[login.Key()] = login
			}
		}
	}
	return logins
}

// hasOneOf reports whether the person has several logins, and one of those given.
func (d *Differ) hasOneOf(person source.PersonIndex, folded map[string]bool) bool {
	return len(d.roster.Logins(person)) > 1 && slices.ContainsFunc(d.roster.Logins(person), func(login source.Login) bool { return folded[login.Key()] })
}

// Remembered returns nobody: a user whom the plan adds is looked up by the login
// that the plan has.
func (r *Recheck) Remembered() []target.UserID { return nil }
