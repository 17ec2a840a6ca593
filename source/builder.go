package source

import (
	"cmp"
	"fmt"
	"slices"
)

// Builder collects what a reader finds and makes a [Roster] of it. Adding the
// same thing twice is harmless: duplicates are folded and counted. It is not
// safe for use by several goroutines.
type Builder struct {
	evidence       Evidence
	people         people
	index          map[string]PersonIndex
	groups         []*groupBuilder
	byID           map[string]GroupIndex
	contradictions []error
	places         places
}

// GroupIndex points at a group within one builder.
type GroupIndex int

type groupBuilder struct {
	group      Group
	described  described
	members    []located
	unresolved []unresolved
}

// located is a membership and the number of the line that says so, which only
// the builder needs: to name both lines of a contradiction.
type located struct {
	Membership
	line uint32
}

// NewBuilder returns a builder for one source. The evidence's counts are filled
// in by [Builder.Build].
func NewBuilder(evidence Evidence) *Builder {
	return &Builder{evidence: evidence, index: map[string]PersonIndex{}, byID: map[string]GroupIndex{}}
}

// Group declares a group, empty so far, and returns its index. Declaring an id
// again returns the group that is already there, with its first name and
// origin.
func (b *Builder) Group(id, name, origin string) GroupIndex {
	if i, ok := b.byID[id]; ok {
		return i
	}
	i := GroupIndex(len(b.groups))
	b.byID[id] = i
	b.groups = append(b.groups, &groupBuilder{group: Group{
		Key: GroupKey{Source: b.evidence.Name, ID: id}, Name: name, Origin: origin,
	}})
	return i
}

// Bind notes that the group is the Box group with that id. origin is where the
// source says so. Whether it says so once is for its reader to see.
func (b *Builder) Bind(g GroupIndex, id uint64, origin string) {
	b.groups[g].group.Box = BoxGroup{ID: id, Origin: origin}
}

// Person makes a person known and returns the index. A key that is known
// already keeps its logins, and gets the name only if it had none.
func (b *Builder) Person(key, name string, logins ...Login) PersonIndex {
	if i, ok := b.index[key]; ok {
		if b.people.names[i] == "" {
			b.people.names[i] = name
		}
		return i
	}
	i := b.people.add(key, name, logins)
	b.index[key] = i
	return i
}

// Add puts a person into a group. line is where the source says so, from 1, or
// 0 where there are no lines.
func (b *Builder) Add(g GroupIndex, p PersonIndex, role Role, line int) {
	gb := b.groups[g]
	gb.members = append(gb.members, located{Membership{Person: p, Role: role}, b.places.number(line)})
}

// Partial marks a group as not read whole, with a reason for people. Nobody is
// removed from or demoted in such a group.
func (b *Builder) Partial(g GroupIndex, reason string) {
	gb := b.groups[g]
	gb.group.Partial = append(gb.group.Partial, reason)
}

// SetDigest puts the digest of what was read into the evidence. A reader that
// reads and hashes in one pass knows it only at the end.
func (b *Builder) SetDigest(digest string) { b.evidence.Digest = digest }

// Note adds a note to the evidence, for what a reader knows only at the end.
func (b *Builder) Note(note string) {
	b.evidence.Notes = append(slices.Clip(b.evidence.Notes), note)
}

// Build returns the roster. Somebody who is listed twice in a group with a
// stated role and without one has the stated role; with two different ones the
// group is marked partial and the role counts as unstated. Afterwards the
// builder is good for [Builder.Contradictions] only.
func (b *Builder) Build() *Roster {
	r := &Roster{people: b.people, ends: []PersonIndex{PersonIndex(len(b.people.keys))}}
	slices.SortFunc(b.groups, func(x, y *groupBuilder) int {
		return cmp.Or(cmp.Compare(FoldName(x.group.Name), FoldName(y.group.Name)),
			cmp.Compare(x.group.Name, y.group.Name), cmp.Compare(x.group.Key.ID, y.group.Key.ID))
	})
	duplicates, ofLeavers := 0, 0
	for _, gb := range b.groups {
		gb.described.settle(b, &gb.group)
		ofLeavers += gb.leaveOutLeavers(b.people.left)
		duplicates += gb.fold(b)
		gb.group.Unresolved, gb.unresolved = countUnresolved(gb.unresolved), nil
		gb.group.Loginless = sortedLoginless(gb.group.Loginless, b.people.left)
		b.evidence.Memberships += len(gb.group.Members)
		r.groups = append(r.groups, gb.group)
	}
	b.evidence.Groups = len(r.groups)
	if duplicates > 0 {
		b.Note(fmt.Sprintf("duplicate memberships folded: %d", duplicates))
	}
	b.noteLeavers(ofLeavers)
	r.evidence = []Evidence{b.evidence}
	return r
}

// Contradictions returns the faults for which [Builder.Build] marked groups
// partial, in the order of the roster: a [*PositionError] each, but where the
// source has no lines. It is for a reader that refuses what contradicts itself.
func (b *Builder) Contradictions() []error { return b.contradictions }

// fold sorts the group's members, makes one of duplicates, and returns how
// many it folded.
func (gb *groupBuilder) fold(b *Builder) int {
	slices.SortFunc(gb.members, func(x, y located) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.line, y.line))
	})
	members := make([]Membership, 0, len(gb.members))
	folded := 0
	for i := 0; i < len(gb.members); {
		// stated is the row that stated the role; until one does, the first row.
		stated, contradiction := gb.members[i], false
		person := stated.Person
		for i++; i < len(gb.members) && gb.members[i].Person == person; i++ {
			folded++
			again := gb.members[i]
			switch {
			case again.Role == Unstated || again.Role == stated.Role:
			case stated.Role == Unstated:
				stated = again
			case !contradiction:
				contradiction = true
				fault := b.contradiction(stated, again)
				b.contradictions = append(b.contradictions, fault)
				gb.group.Partial = append(gb.group.Partial, fault.Error())
			}
		}
		if contradiction {
			stated.Role = Unstated
		}
		members = append(members, stated.Membership)
	}
	gb.group.Members, gb.members = members, nil
	return folded
}

func (b *Builder) contradiction(stated, again located) error {
	who := b.people.keys[stated.Person]
	if again.line == 0 {
		return fmt.Errorf("%s is listed with two different roles", who)
	}
	here := b.place(again.line)
	return &PositionError{
		Position: here, Err: fmt.Errorf("%s is listed with another role than in %s", who, b.place(stated.line).From(here)),
	}
}
