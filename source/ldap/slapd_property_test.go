package ldap_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// The places of a generated directory. The search for people looks below the first.
const (
	inPeople = "ou=people,BASE"
	inMixed  = "ou=mixed,ou=people,BASE" // groups too
	inStaff  = "ou=staff,ou=people,BASE" // no people
	inGroups = "ou=groups,BASE"
	inOther  = "ou=other,BASE"
)

// generated is a directory, in the words of the test that it is for.
type generated struct {
	people map[string]human // by DN
	groups map[string][]string
	nested bool
}

type human struct{ mail, left, scope bool }

// anyDirectory draws a directory with everything that members can be.
func anyDirectory(t *rapid.T) generated {
	d := generated{people: map[string]human{}, groups: map[string][]string{}, nested: rapid.Bool().Draw(t, "nested")}
	var names []string
	for i := range rapid.IntRange(1, 12).Draw(t, "people") {
		place := rapid.SampledFrom([]string{inPeople, inPeople, inMixed, inOther}).Draw(t, "place")
		name := fmt.Sprintf("uid=p%d,%s", i, place)
		odds := rapid.IntRange(0, 9).Draw(t, "human")
		d.people[name] = human{mail: odds != 1 && odds != 3, left: odds == 2 || odds == 3, scope: place != inOther && odds != 4}
		names = append(names, name)
	}
	d.people["uid=always,"+inPeople] = human{mail: true, scope: true} // an empty search is another test
	for _, place := range []string{inPeople, inMixed, inStaff, inOther, inGroups} {
		names = append(names, "uid=gone,"+place)
	}
	var groups []string
	for i := range rapid.IntRange(1, 6).Draw(t, "groups") {
		class := rapid.SampledFrom([]string{"g", "g", "n"}).Draw(t, "class") // n are in no roster
		groups = append(groups, fmt.Sprintf("cn=%s%d,%s", class, i, rapid.SampledFrom([]string{inGroups, inGroups, inMixed, inStaff, inOther}).Draw(t, "place")))
	}
	names = append(names, groups...)
	for _, g := range groups {
		d.groups[g] = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 6, rapid.ID).Draw(t, "members")
	}
	return d
}

// ldif writes the directory down, in some order and spelling.
func (d generated) ldif(t *rapid.T) []string {
	var entries []string
	for _, name := range slices.Sorted(maps.Keys(d.people)) {
		h, lines := d.people[name], []string{"employeeType: staff"}
		if !h.scope {
			lines = []string{"employeeType: external"}
		}
		if h.mail {
			lines = append(lines, "mail: "+uid(name)+"@example.org")
		}
		if h.left {
			lines = append(lines, rapid.SampledFrom([]string{forGood, "nsAccountLock: TRUE", "objectClass: shadowAccount\nshadowExpire: 1"}).Draw(t, "sign"))
		}
		entries = append(entries, at(name, lines...))
	}
	for _, name := range slices.Sorted(maps.Keys(d.groups)) {
		var members []string
		for _, m := range rapid.Permutation(d.groups[name]).Draw(t, "members") {
			if rapid.Bool().Draw(t, "loud") {
				m = strings.ReplaceAll(strings.ToUpper(m), ",OU=", " , OU=")
			}
			members = append(members, m)
		}
		entries = append(entries, groupAt(name, members...))
	}
	entries = rapid.Permutation(entries).Draw(t, "order")
	return append([]string{ou(inMixed), ou(inStaff), ou(inOther)}, entries...)
}

// said is what a reader has to say of the directory, worked out by hand.
func (d generated) said() []string {
	met := map[string]bool{} // whom groups that count list, themselves or through others
	lists := map[string]map[string]bool{}
	for g := range d.groups {
		if strings.HasPrefix(g, "cn=g") {
			met[g], lists[g] = true, map[string]bool{}
			d.expand(g, lists[g])
			maps.Copy(met, lists[g])
		}
	}
	var lines, left []string
	for g, names := range lists {
		delete(names, g)
		lines = append(lines, d.line(g, names, met))
	}
	for name, h := range d.people {
		if h.left && (h.scope || met[name]) {
			left = append(left, "left "+uid(name))
		}
	}
	slices.Sort(lines)
	slices.Sort(left)
	return append(lines, left...)
}

// expand collects whom a group lists, and whom the groups list that it lists.
func (d generated) expand(group string, names map[string]bool) {
	for _, m := range d.groups[group] {
		if !names[m] {
			names[m] = true
			if d.nested {
				d.expand(m, names)
			}
		}
	}
}

// line says who is in a group that comes to these names.
func (d generated) line(group string, names, met map[string]bool) string {
	var members []string
	loose, partial := map[source.UnresolvedKind]int{}, false
	for name := range names {
		h, person := d.people[name]
		_, isGroup := d.groups[name]
		switch {
		case isGroup, person && h.left:
		case person && !h.mail:
			loose[source.NoLogin]++
		case person && !h.scope:
			loose[source.OutOfScope]++
		case person:
			members = append(members, uid(name))
		case d.mayBeGroup(name, met):
			partial = true
		default:
			loose[source.Dangling]++
		}
	}
	slices.Sort(members)
	parts := append([]string{strings.TrimPrefix(strings.SplitN(group, ",", 2)[0], "cn=") + ":"}, members...)
	for kind := source.NoLogin; kind <= source.Dangling; kind++ {
		if loose[kind] > 0 {
			parts = append(parts, fmt.Sprintf("| %s %d", kind, loose[kind]))
		}
	}
	if partial {
		parts = append(parts, "| partial")
	}
	return strings.Join(parts, " ")
}

// mayBeGroup reports whether a name that is nobody's is where a hidden group might be:
// not below the place of people, or where groups were met, and nobody is found.
func (d generated) mayBeGroup(name string, met map[string]bool) bool {
	_, place, _ := strings.Cut(name, ",")
	if place == inGroups || place == inOther {
		return true
	}
	for person, h := range d.people {
		if _, of, _ := strings.Cut(person, ","); of == place && h.scope {
			return false
		}
	}
	for g := range d.groups {
		if _, of, _ := strings.Cut(g, ","); of == place && met[g] {
			return true
		}
	}
	return false
}

// Whatever is in a directory, and in whatever way it is read, the roster is the one
// that a plain expansion gives.
func TestSlapd_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := anyDirectory(rt)
		want := d.said()
		var first *source.Roster
		w := plant(t, d.ldif(rt)...)
		type way struct{ page, large, few int }
		for _, way := range []way{
			{1000, 1000, 0}, {rapid.SampledFrom([]int{1, 2, 7}).Draw(rt, "page"), 1000, 0},
			rapid.SampledFrom([]way{{1, 1, 1000}, {3, 2, 1000}, {2, 1, 2}}).Draw(rt, "way"),
		} {
			c := w.config(ldap.RFC2307bis)
			c.Groups.BaseDN, c.Groups.Filter, c.Groups.ID = w.base, "(&(objectClass=groupOfMembers)(cn=g*))", "cn"
			c.Users.Filter, c.Users.ID = "(&(objectClass=inetOrgPerson)(employeeType=staff))", "uid"
			c.Nested, c.PageSize = d.nested, way.page
			s, err := ldap.New(c)
			require.NoError(rt, err)
			s.LookUp(way.large, way.few)
			r, err := s.Read(t.Context())
			require.NoError(rt, err)
			require.Equal(rt, want, sayings(r), "%+v\n%v", way, d)
			if first == nil {
				first = r
			}
			require.Equal(rt, first.Groups(), r.Groups(), "%+v", way)
		}
	})
}

// sayings is a roster in the words of [generated.said].
func sayings(r *source.Roster) []string {
	var lines, left []string
	for _, g := range r.Groups() {
		var members []string
		for _, m := range g.Members {
			members = append(members, r.Person(m.Person).Key)
		}
		slices.Sort(members)
		parts := append([]string{g.Name + ":"}, members...)
		for _, u := range g.Unresolved {
			parts = append(parts, fmt.Sprintf("| %s %d", u.Kind, u.Count))
		}
		if !g.Complete() {
			parts = append(parts, "| partial")
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	for i := range source.PersonIndex(r.People()) {
		if r.HasLeft(i) {
			left = append(left, "left "+r.Person(i).Key)
		}
	}
	slices.Sort(left)
	return append(lines, left...)
}

func uid(name string) string {
	first, _, _ := strings.Cut(name, ",")
	return strings.TrimPrefix(first, "uid=")
}
