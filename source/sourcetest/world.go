package sourcetest

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// World is what a directory or a file is to say. A test of a kind of source
// puts it into whatever that kind reads.
type World struct {
	Name   string // names the subtests
	Groups []Group
	// Left are people who are known to have left; see [RunLeavers].
	Left []Leaver
}

// Leaver is somebody whose account is disabled or has expired. The groups of which
// the source still lists them do not have them as a member.
type Leaver struct {
	Login  string // "": the source has none any more
	Name   string // says who is meant where there is no login; each leaver's own
	Listed []string
}

// Group is a group of a world. No two of a world have the same name once
// surrounding space is gone.
type Group struct {
	Name    string // as it is to be written down; sources trim it
	Members []Member
	// Description is to be written down once or more; "" is not written down.
	Description string
}

// Member says that somebody is in a group. The same member may be listed more
// than once; a kind of source that cannot say a thing twice says it once. In
// one world a login always comes with the same name and spelling.
type Member struct {
	Login string
	Name  string
	// Role is the same kind of fact throughout a world: stated for everybody,
	// or for nobody, since a source either knows of roles or does not.
	Role source.Role
}

// Worlds returns the worlds that [Run] shows to a source.
func Worlds() []World {
	return []World{
		{Name: "empty"},
		{Name: "stated", Groups: groups(source.Member, source.Admin)},
		{Name: "unstated", Groups: groups(source.Unstated, source.Unstated)},
		{Name: "described", Groups: describedGroups()},
	}
}

// LeaverWorlds returns the worlds that [RunLeavers] shows to a source.
func LeaverWorlds() []World {
	return []World{
		{Name: "nobody left", Groups: groups(source.Unstated, source.Unstated)},
		{Name: "some left", Groups: groups(source.Unstated, source.Unstated), Left: []Leaver{
			{Login: "Gone@Example.COM", Name: "Gone, but Listed", Listed: []string{"Finance", "one", "empty"}},
			{Login: "moved@example.com", Name: "Moved Away"},
			{Name: "No Mail", Listed: []string{"Finance"}},
			{Name: "No Mail and Moved"},
		}},
	}
}

func describedGroups() []Group {
	all := groups(source.Member, source.Admin)
	for i, text := range []string{
		"Money, and what it is for", "nobody yet", "", `the "list", said; twice`, "=1+1", "Ünïcode 部門 🙂", strings.Repeat("long ", 60) + "end",
	} {
		all[i].Description = text
	}
	return all
}

func groups(member, admin source.Role) []Group {
	amina := func(role source.Role) Member {
		return Member{Login: "amina.diallo@example.com", Name: "Amina Diallo", Role: role}
	}
	siobhan := Member{Login: "Siobhan.O'Connor@Example.COM", Name: "Siobhán O’Connor", Role: member}
	jiri := Member{Login: "jiri+box@example.com", Name: `Jiří "George" Novák, Dr.`, Role: member}
	umlaut := Member{Login: "jörg@bücher.example", Name: "Jörg 李", Role: admin}
	return []Group{
		{Name: "Finance", Members: []Member{siobhan, amina(admin), jiri}},
		{Name: "empty"},
		{Name: "one", Members: []Member{amina(member)}},
		{Name: "listed twice", Members: []Member{jiri, umlaut, jiri, umlaut}},
		{Name: "=x", Members: []Member{jiri}},
		{Name: `"a, b"`, Members: []Member{umlaut}},
		{Name: "a;b:c\\d|e", Members: []Member{amina(member), siobhan}},
		{Name: "Ünïcode 部門 🙂", Members: []Member{siobhan, umlaut}},
		{Name: "  spaced out ", Members: []Member{amina(admin)}},
		{Name: "(brackets) *and* #hash", Members: []Member{siobhan}},
		{Name: strings.Repeat("long ", 40) + "end", Members: []Member{siobhan}},
		{Name: "0042", Members: []Member{amina(member)}},
	}
}

// descriptions are the descriptions of a world, by group name.
func (w World) descriptions() map[string]string {
	texts := map[string]string{}
	for _, g := range w.Groups {
		texts[strings.TrimSpace(g.Name)] = g.Description
	}
	return texts
}

// said is a world, or a roster, in the form in which the two are compared:
// group name to its people.
type said map[string][]membership

type membership struct {
	Login string // as spelt
	Name  string
	Role  source.Role
}

func (w World) said() said {
	s := said{}
	for _, g := range w.Groups {
		members := []membership{}
		for _, m := range g.Members {
			members = append(members, membership(m))
		}
		sortMembers(members)
		s[strings.TrimSpace(g.Name)] = slices.Compact(members)
	}
	return s
}

func (w World) counts() (groups, memberships, people int) {
	logins := map[string]bool{}
	for _, members := range w.said() {
		groups++
		memberships += len(members)
		for _, m := range members {
			logins[m.Login] = true
		}
	}
	return groups, memberships, len(logins)
}

func sortMembers(members []membership) {
	slices.SortFunc(members, func(x, y membership) int { return strings.Compare(x.Login, y.Login) })
}
