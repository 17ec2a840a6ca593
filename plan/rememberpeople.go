package plan

import (
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// knownPeople returns which Box users the people of the sources are, as far as
// this run or an earlier one found out; those who have left too, as long as the
// source has them. Whose key is the login itself, as in a CSV, is not remembered.
// Whom this run does not see is not forgotten as long as Box shows them in a group and
// nobody else is that user, or the source was not read whole: a filter that is too
// narrow for one night, or for one plan, would make strangers of people.
func (d *Differ) knownPeople(old *Memory) map[string]target.UserID {
	known, people := map[string]target.UserID{}, source.PersonIndex(d.roster.People())
	seen, taken := map[string]bool{}, map[target.UserID]bool{}
	for from := source.PersonIndex(0); from < people; {
		to, name := from+1, d.roster.Source(from)
		for to < people && d.roster.Source(to) == name {
			to++
		}
		var owners []uint8
		for i := from; i < to; i++ {
			key := name + "/" + d.roster.Person(i).Key
			if _, remembered := old.People[key]; remembered {
				seen[key] = true
			}
			if !d.keyed(i) {
				continue
			}
			if owners == nil {
				owners = d.owners(from, to)
			}
			if id := d.knownAs(i, old.People[key], owners); id != 0 {
				known[key], taken[id] = id, true
			}
		}
		from = to
	}
	unread := d.unreadSources()
	for key, id := range old.People {
		name, _, _ := strings.Cut(key, "/")
		_, still := known[key]
		if !still && (unread[name] && !d.asked[id] || !seen[key] && !taken[id] && d.users.byID[id] != 0) {
			known[key] = id
		}
	}
	return known
}

// owners counts, for each user, the people from one index to another who have that
// user's login and have not left; two stands for more.
func (d *Differ) owners(from, to source.PersonIndex) []uint8 {
	owners := make([]uint8, len(d.users.users))
	for i := from; i < to; i++ {
		if u := d.userOf(i); u != 0 && !d.roster.HasLeft(i) && owners[u] < 2 {
			owners[u]++
		}
	}
	return owners
}

// knownAs returns the user whom the next run is to take the person for, or zero.
// The user of a current login goes before the one that is remembered, unless that
// one is in a group for them: forgotten, it would be removed tomorrow. Of several
// people with one login, nobody becomes that user who was not before.
func (d *Differ) knownAs(i source.PersonIndex, old target.UserID, owners []uint8) target.UserID {
	u := d.userOf(i)
	id := d.users.users[u].ID
	others := owners[u] > 1 || d.roster.HasLeft(i) && owners[u] > 0
	switch {
	case u == 0 && d.asked[old] && d.users.byID[old] == 0:
		return 0
	case u == 0:
		return old
	case old != 0 && old != id && (d.second[i] || !d.wholeRun()):
		return old
	case others && old != id:
		return 0
	default:
		return id
	}
}

// wholeRun reports whether the run looks at every group of the configuration, as far as
// Box has it.
func (d *Differ) wholeRun() bool {
	return len(d.opts.Scope.Groups) == 0 && len(d.pausing.groups) == 0 && len(d.former) == 0
}

// unreadSources returns the sources that were not read whole.
func (d *Differ) unreadSources() map[string]bool {
	unread := map[string]bool{}
	for _, e := range d.roster.Evidence() {
		if !e.GroupsComplete {
			unread[e.Name] = true
		}
	}
	for i := range d.roster.Groups() {
		if g := &d.roster.Groups()[i]; !g.Complete() {
			unread[g.Key.Source] = true
		}
	}
	return unread
}
