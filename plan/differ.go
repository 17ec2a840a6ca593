package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Differ compares one group at a time and remembers only what differs. It is
// made by [Match], and is not safe for use by several goroutines.
type Differ struct {
	roster   *source.Roster
	opts     Options
	common   *groupRules // what holds in groups of which no policy speaks
	pairs    []*pair
	orphans  []*pair // those of the configuration, paused and out of scope too
	created  []*pair // to be created, and maybe an orphan under another name
	unmade   []*pair // not in Box, and not to be created in this run; maybe an orphan as well
	listed   map[target.GroupID]*pair
	sources  map[string]bool            // by name: whether its list of groups was read whole
	known    map[string]bool            // folded identifiers of all source groups
	claimed  map[target.GroupID]bool    // groups that are taken over
	names    map[string]bool            // folded names of all source groups
	chosen   []*source.Group            // those that the run concerns
	wanting  map[string][]*source.Group // folded names wanted by groups that the configuration chooses
	alike    map[string][]*source.Group // folded identifiers of those groups
	boxNames map[*source.Group]string   // of those that are a Box group by its id
	owned    map[string]int             // per source: its groups in Box
	gone     map[string]int             // per source: those that it no longer has
	ours     int                        // groups in Box, whatever their source
	foreign  map[string]int             // groups of the wanted names that other instances manage
	users    *userTable
	person   []userIndex                    // the user of each person's first login, as far as known
	mark     []int32                        // per user: 1 + place in the listing at hand; negative once matched
	places   []userIndex                    // the user of each place in the listing at hand
	untold   map[target.UserID]bool         // those whose aliases Box does not tell
	aliases  map[string]alias               // folded e-mail aliases of those who look like leavers
	same     map[target.UserID]source.Login // by which of them somebody is wanted
	notes    map[noteKey]*note
	accounts accounts
	// remembered is who people turned out to be in earlier runs, and asked whom of
	// these Box was asked about. second are people who are in a group by a user whom
	// they are only remembered as, though they have another account.
	remembered map[string]target.UserID
	asked      map[target.UserID]bool
	second     map[source.PersonIndex]bool
	pausing    pausing
	shrinking  shrinking
	heldAs     map[string]target.UserID // folded logins of people whose adds a saved plan holds
	hidden     int                      // groups that Box announced and did not show
	saved      bool                     // what is due is what is left of a saved plan
	namedSo    map[string]int           // folded names of orphans: how many have it
	spared     map[string]string        // folded names of groups without a source group that are no orphans of this run, and why
	strays     map[string][]string      // names of groups that no source that was read whole lists, by their source
	kept       Kept
	rows       mapRows
	former     map[string]bool // Box groups that were those of source groups and are ours no more, as the ids of absences begin
	holds      []Hold
	findings   []Finding
}

func newDiffer(roster *source.Roster, opts Options) *Differ {
	d := &Differ{
		roster:  roster,
		opts:    opts,
		listed:  map[target.GroupID]*pair{},
		sources: map[string]bool{},
		known:   map[string]bool{},
		claimed: map[target.GroupID]bool{},
		names:   map[string]bool{},
		wanting: map[string][]*source.Group{},
		alike:   map[string][]*source.Group{},

		boxNames: map[*source.Group]string{},

		owned:   map[string]int{},
		gone:    map[string]int{},
		person:  make([]userIndex, roster.People()),
		aliases: map[string]alias{},
		untold:  map[target.UserID]bool{},
		same:    map[target.UserID]source.Login{},
		notes:   map[noteKey]*note{},
		asked:   map[target.UserID]bool{},
		second:  map[source.PersonIndex]bool{},
		pausing: newPausing(&opts),
		foreign: map[string]int{},
		spared:  map[string]string{},
		strays:  map[string][]string{},
		namedSo: map[string]int{},
		former:  map[string]bool{},

		shrinking: newShrinking(roster, opts.Memory),
	}
	if opts.Memory != nil {
		d.remembered = opts.Memory.People
	}
	d.users = newUserTable(&d.opts)
	return d
}

// Groups returns how many groups the run concerns: those of the sources, and
// orphans that are to be emptied.
func (d *Differ) Groups() int {
	n := len(d.chosen)
	for _, p := range d.pairs {
		if p.empty {
			n++
		}
	}
	return n
}

// ToList returns the Box groups whose memberships the comparison needs, in
// ascending order of id.
func (d *Differ) ToList() []target.GroupID { return slices.Sorted(maps.Keys(d.listed)) }

// HiddenGroups notes that Box announced n groups more than it showed. A group
// that looks missing may then be there, so that none is created.
func (d *Differ) HiddenGroups(n int) {
	if n > 0 {
		d.hidden = n
		d.finding(HiddenGroups, GroupRef{}, "Box announced %s more than it showed; one that looks missing may be among them",
			Count(n, "group"))
	}
}

// NoGroups notes that Box showed no group at all. That is so of a new Box, and
// of one whose groups the credentials may not see: Box gives no error then.
func (d *Differ) NoGroups() {
	d.finding(HiddenGroups, GroupRef{},
		"Box shows no group at all; if it has any, the app lacks App + Enterprise Access or the scope Manage groups, and what is created here may be there already")
}

// Listed takes the memberships of one of the groups of [Differ.ToList], in any
// order; a listing of another group is ignored. A group whose listing is not
// given by the time of [Differ.Finish] makes that fail.
func (d *Differ) Listed(l target.Listing) {
	p := d.listed[l.Group]
	if p == nil {
		return
	}
	delete(d.listed, l.Group)
	for _, u := range l.Users {
		d.users.add(u)
	}
	d.markMembers(p, l.Memberships)
	if l.Hidden > 0 {
		d.finding(HiddenMembers, p.ref, "Box announced %d more memberships than it showed; nobody hidden is removed", l.Hidden)
	}
	p.limited, p.hidden = l.Truncated, l.Hidden
	if p.desired != nil {
		for _, m := range p.desired.Members {
			d.compare(p, m, l.Memberships)
		}
	}
	for i, u := range d.places {
		if d.mark[u] == int32(i+1) {
			p.gone = append(p.gone, l.Memberships[i])
		}
		d.mark[u] = 0
	}
}

// markMembers notes each member's place in the listing. Of a user who is
// listed twice, the first place counts.
func (d *Differ) markMembers(p *pair, memberships []target.Membership) {
	d.places = d.places[:0]
	for _, m := range memberships {
		u, known := d.users.byID[m.User]
		if !known {
			u = d.users.add(target.User{ID: m.User})
		}
		d.places = append(d.places, u)
	}
	d.mark = append(d.mark, make([]int32, len(d.users.users)-len(d.mark))...)
	for i, m := range memberships {
		if u := d.places[i]; d.mark[u] == 0 {
			if m.Role == target.RoleAdmin {
				p.admins++
			}
			p.current++
			d.mark[u] = int32(i + 1)
		}
	}
}

// compare looks for one wanted membership among those that are marked.
func (d *Differ) compare(p *pair, want source.Membership, members []target.Membership) {
	u := d.memberOf(want.Person)
	if u == 0 {
		p.add = append(p.add, want)
		return
	}
	if d.mark[u] < 0 {
		d.share(p, d.users.users[u])
		return
	}
	have := members[d.mark[u]-1]
	d.mark[u] = -1
	d.compareRole(p, have, want.Role)
}

// compareRole notes a role that the source states otherwise. A role that Box
// does not document is never changed.
func (d *Differ) compareRole(p *pair, have target.Membership, want source.Role) {
	switch {
	case want == source.Unstated || have.Role == targetRole(want):
	case have.Role == target.RoleOther:
		d.finding(UnknownRole, p.ref, "%s has a role that Box does not document; it is left alone", d.user(have.User).Login)
	default:
		p.role = append(p.role, roleChange{have, want})
	}
}

// share notes that two people of the source are one user: what is due for that
// user in the group is held.
func (d *Differ) share(p *pair, u target.User) {
	if p.shared == nil {
		p.shared = map[target.UserID]bool{}
	}
	p.shared[u.ID] = true
	d.finding(SharedLogin, p.ref, "%s is wanted twice, as two people of the source", u.Login)
}

func targetRole(r source.Role) target.Role {
	if r == source.Admin {
		return target.RoleAdmin
	}
	return target.RoleMember
}

// memberOf returns the user that the person is among the marked ones, or zero: of
// several, the one of the first login.
func (d *Differ) memberOf(person source.PersonIndex) userIndex {
	logins := d.roster.Logins(person)
	if u := d.person[person]; u != 0 {
		if d.mark[u] != 0 {
			return u
		}
		if len(logins) == 1 {
			return 0
		}
	}
	for i, login := range logins {
		if u, ok := d.users.byKey[login.Key()]; ok {
			if i == 0 {
				d.person[person] = u
			}
			if d.mark[u] != 0 {
				return u
			}
		}
	}
	return 0
}

// Unresolved returns the logins that are to be looked up in Box before the
// plan can be finished: those of people who are wanted where they are not, up to
// the first that a listing has shown: of several accounts, that of the first login
// is added. They are sorted and each appears once.
func (d *Differ) Unresolved() []source.Login {
	missing := map[string]source.Login{}
	for _, p := range d.pairs {
		for _, m := range d.wantedMissing(p) {
			if d.guardsOfPerson(m.Person)&(ignored|otherDomain) != 0 {
				continue
			}
			u := d.userOf(m.Person)
			for _, login := range d.roster.Logins(m.Person) {
				if u != 0 && d.users.byKey[login.Key()] == u {
					break
				}
				missing[login.Key()] = login
			}
		}
	}
	return sortedLogins(missing)
}

func sortedLogins(byKey map[string]source.Login) []source.Login {
	return slices.SortedFunc(maps.Values(byKey), func(a, b source.Login) int {
		return strings.Compare(a.Key(), b.Key())
	})
}

// wantedMissing returns the people of the pair who are not in the Box group;
// for a group that is not in Box that is everybody.
func (d *Differ) wantedMissing(p *pair) []source.Membership {
	if p.desired != nil && p.actual.ID == 0 {
		return p.desired.Members
	}
	return p.add
}

// userOf returns the user of the person's first login that Box knows as a
// managed user's, or zero.
func (d *Differ) userOf(person source.PersonIndex) userIndex {
	for _, login := range d.roster.Logins(person) {
		if u, ok := d.users.byKey[login.Key()]; ok && !d.users.standings[u].External {
			return u
		}
	}
	return 0
}

// Resolve makes users known that were looked up, or asked for by
// [Differ.Unranked]. Users that were not asked for
// do no harm.
func (d *Differ) Resolve(users []target.User) {
	for _, u := range users {
		d.users.add(u)
	}
}

// Diff makes a plan from a snapshot: [Match] and the differ's steps in one go.
// A group that the snapshot does not list, though the comparison needs it,
// makes it fail.
func Diff(roster *source.Roster, snapshot target.Snapshot, opts Options) (*Plan, error) {
	d := Match(roster, snapshot.Groups, opts)
	d.Resolve(snapshot.Users)
	for _, l := range snapshot.Listings {
		d.Listed(l)
	}
	doubtful := d.Doubtful()
	d.Aliased(slices.DeleteFunc(slices.Clone(snapshot.Aliases), func(a target.Alias) bool { return !slices.Contains(doubtful, a.User) }))
	return d.Finish()
}

// unlisted is the error of a comparison that lacks listings.
func (d *Differ) unlisted() error {
	if len(d.listed) == 0 {
		return nil
	}
	return fmt.Errorf("the memberships of %d groups were not read, among them group %s", len(d.listed), d.ToList()[0])
}
