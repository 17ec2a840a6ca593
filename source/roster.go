package source

import (
	"slices"
	"strings"
)

// PersonIndex points at a person within one roster.
type PersonIndex uint32

// Person is somebody a source speaks of.
type Person struct {
	// Key is stable within the source: objectGUID, entryUUID, or the folded
	// login in a CSV.
	Key string
	// Logins are the candidates, the preferred one first: any match counts.
	Logins []Login
	// Name is for people to read; it may be empty.
	Name string
}

// Membership is one person's place in one source group.
type Membership struct {
	Person PersonIndex
	Role   Role
}

// Group is a source group and all that was read of its people.
type Group struct {
	Key     GroupKey
	Name    string // the name it is to have in Box
	Members []Membership
	// SourceName is its name in the source, where that is another one.
	SourceName string
	// Box says which Box group it is, where that is said.
	Box BoxGroup
	// Description is what the group is to be described by in Box; "" says that the
	// source states none, and then Box's is left as it is.
	Description string
	// Unresolved are the members that were read and have no login, by kind. They
	// are not among Members.
	Unresolved []Unresolved
	// Loginless are those of them whom the source knows by a key, though by no login,
	// in ascending order: who they are in Box may be remembered.
	Loginless []PersonIndex
	// Partial says why the group was not read whole; empty means it was.
	Partial []string
	// Origin is where a person finds the group: file:line, or a DN.
	Origin string
}

// MatchedBy reports whether one of the patterns matches the group's name, in Box
// or in the source.
func (g *Group) MatchedBy(patterns []Pattern) bool {
	return MatchAny(patterns, g.Name) || g.SourceName != "" && MatchAny(patterns, g.SourceName)
}

// Complete reports whether the group's list of people was read whole.
func (g *Group) Complete() bool { return len(g.Partial) == 0 }

// Evidence is what a plan says of a source, so that a reviewer can tell which
// state of which file or server it rests on.
type Evidence struct {
	Name   string // the source's name in the configuration
	Kind   string // csv or ldap
	Origin string // the file or the server
	Digest string // sha256:… of what was read, where that is files
	// Notes are what a reviewer should know and what changes nothing, such as
	// how many duplicate rows were folded.
	Notes       []string
	Groups      int
	Memberships int
	// GroupsComplete says that the list of groups was read whole. Only then can
	// a group that is missing from it be called gone.
	GroupsComplete bool
}

// Roster is everything that one or more sources say. It does not change once
// it is built, and may be read from several goroutines.
type Roster struct {
	evidence []Evidence
	groups   []Group
	people   people
	ends     []PersonIndex // for each source, the index behind its last person
}

// Evidence returns one entry per source, in the order of the configuration.
func (r *Roster) Evidence() []Evidence { return r.evidence }

// Groups returns the groups, ordered by source, then name, then id.
func (r *Roster) Groups() []Group { return r.groups }

// People returns how many persons there are; their indexes are 0 to People()-1.
func (r *Roster) People() int { return len(r.people.keys) }

// Person returns the person at i.
func (r *Roster) Person(i PersonIndex) Person {
	return Person{Key: r.people.keys[i], Logins: r.Logins(i), Name: r.people.names[i]}
}

// Logins returns the candidate logins of the person at i, without copying.
func (r *Roster) Logins(i PersonIndex) []Login {
	return r.people.logins[r.people.first[i]:r.people.first[i+1]]
}

// people keeps persons in columns, so that a million of them cost no more than
// their strings and a few machine words each.
type people struct {
	keys   []string
	names  []string
	logins []Login
	first  []uint32 // logins of i are logins[first[i]:first[i+1]]
	left   personSet
}

func (p *people) add(key, name string, logins []Login) PersonIndex {
	if len(p.first) == 0 {
		p.first = append(p.first, 0)
	}
	p.keys = append(p.keys, key)
	p.names = append(p.names, name)
	p.logins = append(p.logins, logins...)
	p.first = append(p.first, uint32(len(p.logins)))
	return PersonIndex(len(p.keys) - 1)
}

// Merge makes one roster of several, in the order given. Persons of different
// sources stay different persons, whatever their logins: who they are in Box
// is for the differ to find out.
func Merge(rosters ...*Roster) *Roster {
	if len(rosters) == 1 {
		return rosters[0]
	}
	merged := &Roster{}
	for _, r := range rosters {
		offset := PersonIndex(len(merged.people.keys))
		for i := range PersonIndex(r.People()) {
			again := merged.people.add(r.people.keys[i], r.people.names[i], r.Logins(i))
			if r.HasLeft(i) {
				merged.people.left.put(again)
			}
		}
		for _, end := range r.ends {
			merged.ends = append(merged.ends, end+offset)
		}
		for _, g := range r.groups {
			members := make([]Membership, len(g.Members))
			for i, m := range g.Members {
				members[i] = Membership{Person: m.Person + offset, Role: m.Role}
			}
			g.Members, g.Loginless = members, shifted(g.Loginless, offset)
			merged.groups = append(merged.groups, g)
		}
		merged.evidence = append(merged.evidence, r.evidence...)
	}
	return merged
}

func shifted(people []PersonIndex, offset PersonIndex) []PersonIndex {
	out := slices.Clone(people)
	for i := range out {
		out[i] += offset
	}
	return out
}

// FoldName returns the form of a group name under which two names are one to a
// person: surrounding space and case do not count.
func FoldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
