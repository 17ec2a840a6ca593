package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// namesake is somebody wanted in a group who may be a member that is to be removed.
type namesake struct {
	login source.Login // of whom is wanted
	why   string       // they may be the member
}

// mostNamesakes is how many pairs a hold names; the others are counted.
const mostNamesakes = 5

// namesakesIn returns the leavers of the group who may be somebody wanted in it,
// with that one: of several the one that looks most like them. It reads what
// [Differ.leavers] are before it is decided who stays under an alias.
func (d *Differ) namesakesIn(p *pair) map[target.UserID]namesake {
	if len(p.gone) == 0 {
		return nil
	}
	looks := d.looks(p)
	if looks == nil {
		return nil
	}
	found := map[target.UserID]namesake{}
	for _, id := range d.leavers(p) {
		if n, ok := looks.of(d.user(id)); ok {
			found[id] = n
		}
	}
	return found
}

// looks finds people who are wanted in one group by what a member of it may share
// with them. Of several who share it, the first login in order stands for them.
type looks struct {
	byName  map[string]source.Login // folded display name
	byLocal map[string]source.Login // local part of any of their logins
}

// looks returns what the people wanted in the group look like who may be members
// of it under another login, or nil where there are none.
func (d *Differ) looks(p *pair) *looks {
	var l *looks
	for _, want := range p.add {
		if !d.mayBeMember(p, want.Person) {
			continue
		}
		if l == nil {
			l = &looks{map[string]source.Login{}, map[string]source.Login{}}
		}
		logins := d.roster.Logins(want.Person)
		if name := foldPerson(d.roster.Person(want.Person).Name); name != "" {
			keepFirst(l.byName, name, logins[0])
		}
		for _, login := range logins {
			if local := login.Local(); local != "" {
				keepFirst(l.byLocal, local, login)
			}
		}
	}
	return l
}

// keepFirst keeps the login that comes first, whatever the order of the source.
func keepFirst(of map[string]source.Login, key string, login source.Login) {
	if have, ok := of[key]; !ok || login.Key() < have.Key() {
		of[key] = login
	}
}

// of returns who of them the user may be.
func (l *looks) of(u target.User) (namesake, bool) {
	if login, ok := l.byName[foldPerson(u.Name)]; ok {
		return namesake{login, "both " + strconv.Quote(strings.Join(strings.Fields(u.Name), " "))}, true
	}
	if login, ok := l.byLocal[source.NewLogin(u.Login).Local()]; ok {
		return namesake{login, "same local part"}, true
	}
	return namesake{}, false
}

// mayBeMember reports whether somebody who is wanted and not in the group may be in
// it as a user whom nothing ties to them: Box knows none of their logins, and no
// confirmed alias says which member they are. An alias that is not confirmed, which
// its user may have made up, clears nobody else, and neither does a memory of who
// they were. Of whom a policy leaves alone, Box is not asked what it knows.
func (d *Differ) mayBeMember(p *pair, person source.PersonIndex) bool {
	logins := d.roster.Logins(person)
	if len(logins) == 0 {
		return false
	}
	if a, _ := d.aliasIn(p, person); a.user != 0 && a.confirmed {
		return false
	}
	if d.guardsOfPerson(person)&(ignored|otherDomain) != 0 {
		return true
	}
	return !slices.ContainsFunc(logins, func(login source.Login) bool { return d.users.byKey[login.Key()] != 0 })
}

// foldPerson returns the form of a display name under which two names are one to a
// person: case does not count, nor does how much space there is.
func foldPerson(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// allowsRename reports whether what may be a rename is taken for none in the group.
func (g *guarding) allowsRename(p *pair) bool {
	return lifts(g.opts.Allow, RulePossibleRename, p.called(), true, nil)
}

// mayBeRenames reports whether one of those who would go may be somebody wanted.
func (p *pair) mayBeRenames() bool { return len(p.namesakes)+len(p.untold) > 0 }

// holdNamesakes holds the removals of members who may be somebody that is wanted in
// the group: who looks like one, and whose aliases Box does not tell. Where so many
// logins are unknown that the whole run holds all removals, it leaves them to that:
// one hold says more than one in each group.
func (g *guarding) holdNamesakes(p *pair) {
	if !p.mayBeRenames() || g.tooManyUnknown() || g.allowsRename(p) {
		return
	}
	taken := take(&p.due, p.mayBeSomebody)
	var reasons []string
	if text := p.namesakesText(taken); text != "" {
		reasons = append(reasons, text)
	}
	untold := slices.ContainsFunc(taken, func(c Change) bool { return p.untold[c.User.ID] })
	if untold {
		reasons = append(reasons, "somebody is wanted under a login that Box does not know, and Box does not tell the e-mail aliases of who would go: one may be the other")
	}
	g.holdLimit(Hold{
		Rule: RulePossibleRename, Group: p.ref,
		Reason:  strings.Join(reasons, "; "),
		Release: p.releaseNamesakes(taken, untold),
	}, p, Limit{}, taken)
}

// mayBeSomebody reports whether the change removes a member who may be somebody that
// is wanted in the group.
func (p *pair) mayBeSomebody(c *Change) bool {
	_, alike := p.namesakes[c.User.ID]
	return c.Kind == Remove && c.Cause != Left && (alike || p.untold[c.User.ID])
}

func (p *pair) isSomebody(c Change) bool { return p.mayBeSomebody(&c) }

// namesakesText says who of those to be removed may be whom.
func (p *pair) namesakesText(taken []Change) string {
	var users []target.User
	for i := range taken {
		if _, alike := p.namesakes[taken[i].User.ID]; alike {
			users = append(users, taken[i].User)
		}
	}
	slices.SortFunc(users, func(a, b target.User) int {
		return cmp.Or(cmp.Compare(source.NewLogin(a.Login).Key(), source.NewLogin(b.Login).Key()), cmp.Compare(a.ID, b.ID))
	})
	var texts []string
	for _, u := range users[:min(len(users), mostNamesakes)] {
		n := p.namesakes[u.ID]
		texts = append(texts, fmt.Sprintf("%s as %s (%s)", u.Login, n.login, n.why))
	}
	if more := len(users) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	if len(texts) == 0 {
		return ""
	}
	return "who would go may be wanted here under another login: " + strings.Join(texts, ", ")
}
