package source

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mapping says what groups and people of a source are called in Box. The zero
// value leaves everything as the source has it.
type Mapping struct {
	// Groups rewrite the names of groups, and Logins every login, each in order.
	Groups, Logins []Rewrite
	// Entries say of single groups which Box group they are.
	Entries []MapEntry
}

// MapEntry says which Box group a source group is.
type MapEntry struct {
	Source string // the source's name; "" is any
	Group  string // the group's id or its name in the source; case does not count
	BoxID  uint64 // that very Box group, or 0
	Name   string // the Box group of that name, where BoxID is 0
	Origin string // where it is said: file:line
}

// BoxGroup says which Box group a source group is. Its zero value says nothing:
// then that follows from identifiers, and from names.
type BoxGroup struct {
	// ID is the id of that very Box group, whose name stays as it is in Box.
	ID uint64
	// Named says that it is the Box group of the group's name, whatever identifier
	// that one carries.
	Named bool
	// Origin is where it is said: file:line.
	Origin string
}

// IsZero reports whether nothing is said.
func (b BoxGroup) IsZero() bool { return b.ID == 0 && !b.Named }

// mostFaults is how many faults of one kind are told; the others are counted.
const mostFaults = 20

// Apply returns the roster with the names and logins that it is to have in Box.
// It is for a roster of one source, as it was read, and leaves that one as it is.
//
// Keys stay what the source says: who or what a person or group is does not change
// with the rules. Two people whose logins become one stay two people, whom the
// differ finds to be one user. Somebody whose login becomes none is left out, as a
// bad row is: their groups count as not read whole. A group's name that cannot be
// one, and a group of which two things are said, are errors.
func (m Mapping) Apply(r *Roster) (*Roster, error) {
	if len(m.Groups)+len(m.Logins)+len(m.Entries) == 0 {
		return r, nil
	}
	out := &Roster{evidence: slices.Clone(r.evidence), groups: slices.Clone(r.groups), people: r.people, ends: r.ends}
	if err := m.nameGroups(out); err != nil {
		return nil, err
	}
	m.rewriteLogins(out)
	return out, nil
}

// Unused returns the entries that mean no group of the roster.
func (m Mapping) Unused(r *Roster) []MapEntry {
	names := map[entryKey]bool{}
	for i := range r.groups {
		g := &r.groups[i]
		for _, from := range []string{g.Key.Source, ""} {
			names[entryKey{from, FoldName(g.Key.ID)}] = true
			names[entryKey{from, FoldName(g.NameInSource())}] = true
		}
	}
	var unused []MapEntry
	for _, e := range m.Entries {
		if !names[e.key()] {
			unused = append(unused, e)
		}
	}
	return unused
}

// entryKey is what an entry is found by: a source, and a folded name or id.
type entryKey struct{ source, group string }

func (e *MapEntry) key() entryKey { return entryKey{e.Source, FoldName(e.Group)} }

func (e *MapEntry) box() BoxGroup {
	return BoxGroup{ID: e.BoxID, Named: e.BoxID == 0, Origin: e.Origin}
}

// entryIndex finds the entries of groups.
type entryIndex struct {
	byKey map[entryKey][]*MapEntry
	// ids has the groups that an entry means by their id. It means no other of the
	// source then, whatever its name.
	ids map[entryKey]bool
}

func (m Mapping) index(groups []Group) entryIndex {
	index := entryIndex{map[entryKey][]*MapEntry{}, map[entryKey]bool{}}
	for i := range m.Entries {
		key := m.Entries[i].key()
		index.byKey[key] = append(index.byKey[key], &m.Entries[i])
	}
	for i := range groups {
		index.ids[entryKey{groups[i].Key.Source, FoldName(groups[i].Key.ID)}] = true
	}
	return index
}

// of returns the entries that mean the group.
func (x entryIndex) of(g *Group) []*MapEntry {
	id, name := FoldName(g.Key.ID), FoldName(g.Name)
	found := x.said(g.Key.Source, id)
	if name != id && !x.ids[entryKey{g.Key.Source, name}] {
		found = append(found, x.said(g.Key.Source, name)...)
	}
	return found
}

func (x entryIndex) said(source, group string) []*MapEntry {
	return slices.Concat(x.byKey[entryKey{source, group}], x.byKey[entryKey{"", group}])
}

// nameGroups gives every group its name in Box, and puts them in order again.
func (m Mapping) nameGroups(r *Roster) error {
	index := m.index(r.groups)
	var faults []error
	for i := range r.groups {
		if err := m.nameGroup(&r.groups[i], index.of(&r.groups[i])); err != nil {
			faults = append(faults, err)
		}
	}
	if err := firstOf(faults); err != nil {
		return err
	}
	r.noteNames()
	slices.SortStableFunc(r.groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(FoldName(a.Name), FoldName(b.Name)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key.ID, b.Key.ID))
	})
	return nil
}

func (m Mapping) nameGroup(g *Group, entries []*MapEntry) error {
	if len(entries) > 0 {
		if err := g.bind(entries); err != nil {
			return err
		}
	}
	switch {
	case g.Box.ID != 0:
		return nil
	case g.Box.Named:
		g.rename(entries[0].Name)
		return nil
	}
	name, rule := rewritten(m.Groups, g.Name)
	if rule == nil {
		return nil
	}
	name = strings.TrimSpace(name)
	err := CheckName("name", name)
	if name == "" {
		err = errors.New("a group needs a name")
	}
	if err != nil {
		return fmt.Errorf("%s makes %q of the group %q (%s): %w", rule.rule, name, g.Name, g.Origin, err)
	}
	g.rename(name)
	return nil
}

// bind takes in what the entries say of the group, which is to be one thing.
func (g *Group) bind(entries []*MapEntry) error {
	var said []BoxGroup
	if !g.Box.IsZero() && (len(entries) > 1 || g.Box.ID != entries[0].BoxID) {
		said = append(said, g.Box)
	}
	for _, e := range entries {
		said = append(said, e.box())
	}
	if len(said) > 1 {
		return fmt.Errorf("the group %q (%s) is mapped in %s and in %s; say once which Box group it is",
			g.Name, g.Origin, said[0].Origin, said[1].Origin)
	}
	g.Box = said[0]
	return nil
}

// rename gives the group another name than it has in the source.
func (g *Group) rename(name string) {
	if name != g.Name {
		g.SourceName, g.Name = g.Name, name
	}
}

// NameInSource returns the name that the source gives the group.
func (g *Group) NameInSource() string {
	if g.SourceName != "" {
		return g.SourceName
	}
	return g.Name
}

// noteNames notes how many groups have another name than in the source.
func (r *Roster) noteNames() {
	var example *Group
	renamed := 0
	for i := range r.groups {
		if g := &r.groups[i]; g.SourceName != "" {
			renamed++
			if example == nil {
				example = g
			}
		}
	}
	if example != nil {
		r.note(fmt.Sprintf("groups with another name in Box: %d, such as %s for %s",
			renamed, strconv.Quote(example.Name), strconv.Quote(example.SourceName)))
	}
}

// note adds a note to the evidence of the roster's one source.
func (r *Roster) note(text string) {
	e := &r.evidence[0]
	e.Notes = append(slices.Clip(e.Notes), text)
}

// firstOf joins the first of many faults, and counts them all.
func firstOf(faults []error) error {
	switch n := len(faults); {
	case n < 2:
		return errors.Join(faults...)
	case n > mostFaults:
		return fmt.Errorf("%d problems, of which the first %d are:\n%w", n, mostFaults, errors.Join(faults[:mostFaults]...))
	default:
		return fmt.Errorf("%d problems:\n%w", n, errors.Join(faults...))
	}
}
