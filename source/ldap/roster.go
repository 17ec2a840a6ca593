package ldap

import (
	"cmp"

	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// tooFew says what is missing if groups or people were searched for in the wrong
// place: a directory calls it a success to find nobody.
func (r *reading) tooFew() error {
	c := r.config
	members := false
	for i := range r.graph.groups {
		members = members || r.graph.groups[i].chosen && len(r.graph.groups[i].members) > 0
	}
	switch {
	case len(r.graph.groups) == 0 && c.MinGroups > 0:
		return fmt.Errorf("%w: no group is found below %s for %s; look at groups.base_dn and groups.filter, and at what the account that asks may see",
			source.ErrIncomplete, c.Groups.BaseDN, c.Groups.Filter)
	case members && len(r.graph.people) == 0:
		return fmt.Errorf("%w: no person is found below %s for %s; look at users.base_dn and users.filter, and at what the account that asks may see",
			source.ErrIncomplete, c.Users.BaseDN, c.Users.Filter)
	case len(r.graph.people) > 0 && !slices.ContainsFunc(r.graph.people, func(p person) bool { return p.id != "" }):
		return fmt.Errorf("%w: none of %d people has the attribute %s; look at users.id", source.ErrIncomplete, len(r.graph.people), c.Users.ID)
	case len(r.graph.groups) > 0 && !slices.ContainsFunc(r.graph.groups, func(g group) bool { return g.id != "" }):
		return fmt.Errorf("%w: none of %d groups has the attribute %s; look at groups.id", source.ErrIncomplete, len(r.graph.groups), c.Groups.ID)
	}
	return nil
}

// roster makes a roster of what was read.
func (r *reading) roster() (*source.Roster, error) {
	groups, err := r.chosen()
	if err != nil {
		return nil, err
	}
	b := source.NewBuilder(source.Evidence{
		Name: r.config.Name, Kind: "ldap", Origin: r.server.origin(), GroupsComplete: len(r.partial) == 0,
	})
	m := newRoles(r, groups)
	members := make([][]member, len(groups))
	crowds := make([]crowd, len(groups))
	for i, index := range groups {
		crowds[i], members[i] = m.of(index)
		crowds[i].partial = someTexts(crowds[i].partial)
	}
	people, err := r.addPeople(b, crowds, members)
	if err != nil {
		return nil, err
	}
	for i, index := range groups {
		g := &r.graph.groups[index]
		at := b.Group(g.id, g.name, g.dn)
		r.describe(b, at, g)
		for _, m := range members[i] {
			b.Add(at, people[m.person], m.role, 0)
		}
		for _, l := range crowds[i].loose {
			if slices.Contains(r.config.People.Tolerate, l.kind) {
				r.counts.tolerated++
				continue
			}
			b.Unresolved(at, l.kind, l.name)
		}
		for _, person := range crowds[i].loginless {
			b.Loginless(at, people[person])
		}
		for _, reason := range crowds[i].partial {
			b.Partial(at, reason)
		}
		r.counts.group(&crowds[i], g)
	}
	for _, note := range r.notes(groups) {
		b.Note(note)
	}
	return r.enough(b.Build())
}

// enough refuses a roster with less in it than is expected.
func (r *reading) enough(roster *source.Roster) (*source.Roster, error) {
	e, c := roster.Evidence()[0], r.config
	if e.Groups >= c.MinGroups && e.Memberships >= c.MinMemberships {
		return roster, nil
	}
	return nil, fmt.Errorf("%w: %s gives %d groups and %d memberships, and expect of the source %s asks for %d and %d at the least: %s",
		source.ErrIncomplete, e.Origin, e.Groups, e.Memberships, c.Name, c.MinGroups, c.MinMemberships, r.missing(roster))
}

// missing says where those may be who are missing.
func (r *reading) missing(roster *source.Roster) string {
	c, listed, left := r.config, 0, 0
	for i := range r.graph.groups {
		if r.graph.groups[i].chosen {
			listed += len(r.graph.groups[i].members)
		}
	}
	for i := range r.graph.people {
		if r.graph.people[i].left {
			left++
		}
	}
	unresolved := map[source.UnresolvedKind]int{}
	for _, g := range roster.Groups() {
		for _, u := range g.Unresolved {
			unresolved[u.Kind] += u.Count
		}
	}
	none, scope := unresolved[source.NoLogin], unresolved[source.OutOfScope]+unresolved[source.Dangling]
	switch {
	case len(roster.Groups()) == 0:
		return "look at groups.filter, groups.name and groups.marker, and at what the account that asks may see"
	case listed == 0:
		return fmt.Sprintf("no group lists anybody in %s; look at groups.member, and at what the account that asks may read", c.Groups.Member)
	case none > 0 && none >= max(left, scope):
		return fmt.Sprintf("%d of the members listed have nothing in %s that is a login; look at users.login, and at what the account that asks may read",
			none, strings.Join(c.Users.Login, ", "))
	case left > 0 && left >= scope:
		return fmt.Sprintf("%d of %d people have left; look at people.leavers and people.disabled", left, len(r.graph.people))
	case scope > 0:
		return fmt.Sprintf("%d of the members listed are nobody whom the search for people finds; look at users.base_dn and users.filter", scope)
	default:
		return "look at what the account that asks may see"
	}
}

// chosen returns the groups that the roster is to have, sorted by what they are known
// by. Those that cannot be in it make the list of groups partial.
func (r *reading) chosen() ([]int, error) {
	var groups []int
	byID := map[string]int{}
	for i := range r.graph.groups {
		g := &r.graph.groups[i]
		if !g.chosen {
			continue
		}
		if why := r.unusable(g); why != "" {
			r.partial = append(r.partial, fmt.Sprintf("group %s was left out: %s", g.dn, why))
			continue
		}
		if other, twice := byID[g.id]; twice {
			return nil, fmt.Errorf("%s and %s have one %s, %s; groups.id must name an attribute that tells groups apart; if it does, an entry got another name while it was read, and trying again helps",
				min(r.graph.groups[other].dn, g.dn), max(r.graph.groups[other].dn, g.dn), r.config.Groups.ID, strconv.Quote(g.id))
		}
		byID[g.id] = i
		groups = append(groups, i)
	}
	slices.SortFunc(groups, func(a, b int) int { return cmp.Compare(r.graph.groups[a].id, r.graph.groups[b].id) })
	r.partial = append(r.partial, r.hiddenMarked()...)
	slices.Sort(r.partial)
	return groups, nil
}

// unusable says why a group cannot be in a roster.
func (r *reading) unusable(g *group) string {
	switch {
	case r.isConflict(g.dn):
		return "it is a copy that replication has made of another group"
	case g.id == "":
		return "it has no " + r.config.Groups.ID + " that the account may read"
	case g.name == "":
		return "it has no " + r.config.Groups.Name
	}
	if err := source.CheckName("name", g.name); err != nil {
		return err.Error()
	}
	return ""
}

// describe notes a group's description. One that is none says nothing.
func (r *reading) describe(b *source.Builder, at source.GroupIndex, g *group) {
	text, err := source.NewDescription(g.description)
	if err != nil {
		r.counts.descriptions.add(g.dn)
		return
	}
	b.Describe(at, text, 0)
}

// addPeople makes the members and those who have left known, in the order of what they
// are known by, so that equal directories give equal rosters.
func (r *reading) addPeople(b *source.Builder, crowds []crowd, members [][]member) (map[int32]source.PersonIndex, error) {
	wanted := map[int32]bool{}
	for n, of := range members {
		for _, m := range of {
			wanted[m.person] = true
		}
		for _, i := range crowds[n].loginless {
			wanted[i] = true
		}
	}
	for i := range r.graph.people {
		if p := &r.graph.people[i]; p.left && p.id != "" {
			wanted[int32(i)] = true
		}
	}
	all := make([]int32, 0, len(wanted))
	for i := range wanted {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(r.graph.people[a].id, r.graph.people[b].id), cmp.Compare(r.graph.people[a].dn, r.graph.people[b].dn))
	})
	places := make(map[int32]source.PersonIndex, len(all))
	for n, i := range all {
		p := &r.graph.people[i]
		if n > 0 && r.graph.people[all[n-1]].id == p.id {
			return nil, fmt.Errorf("%s and %s have one %s, %s; users.id must name an attribute that tells people apart; if it does, an entry got another name while it was read, and trying again helps",
				r.graph.people[all[n-1]].dn, p.dn, r.config.Users.ID, strconv.Quote(p.id))
		}
		places[i] = b.Person(p.id, p.name, p.logins...)
		if p.left {
			b.Leaver(places[i])
		}
	}
	return places, nil
}

// mostReasons is how many reasons are kept why a group is not whole. A hidden place can
// be one for each of its people, in each group above.
const mostReasons = 10

// someTexts returns the first texts by spelling, each once, and how many more there are.
func someTexts(texts []string) []string {
	texts = distinctTexts(texts)
	if more := len(texts) - mostReasons; more > 0 {
		return append(texts[:mostReasons:mostReasons], fmt.Sprintf("and %d more such reasons", more))
	}
	return texts
}

func distinctTexts(texts []string) []string {
	sorted := slices.Clone(texts)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
