package source

import (
	"cmp"
	"slices"
	"strings"
)

// UnresolvedKind is why a member that a source has read has no login: who it is in
// Box nobody can know.
type UnresolvedKind uint8

// The kinds, in the order of their precedence: a member that is several of them
// counts as the first.
const (
	NoLogin    UnresolvedKind = iota // a person without any login
	Foreign                          // somebody of another directory
	OutOfScope                       // somebody whom the search for users does not find
	Dangling                         // nobody: an entry that is not there
)

// String returns the kind's word, as the configuration and plans have it.
func (k UnresolvedKind) String() string {
	switch k {
	case NoLogin:
		return "no_login"
	case Foreign:
		return "foreign"
	case OutOfScope:
		return "out_of_scope"
	case Dangling:
		return "dangling"
	default:
		return "unknown"
	}
}

// Unresolved counts the members of a group that are of one kind.
type Unresolved struct {
	Kind  UnresolvedKind
	Count int
	// Examples are how a person finds some of them: the first in the order of their
	// names.
	Examples []string
}

// unresolvedExamples is how many members of a kind a group names.
const unresolvedExamples = 3

// unresolved is a member in the making.
type unresolved struct {
	kind UnresolvedKind
	who  string
}

// Unresolved notes a member of a group that was read and has no login. who is how
// a person finds it in the source, such as a DN; the same one twice counts once.
// The group is no less complete for it: what it means that it lacks somebody is
// for the plan to say.
func (b *Builder) Unresolved(g GroupIndex, kind UnresolvedKind, who string) {
	gb := b.groups[g]
	gb.unresolved = append(gb.unresolved, unresolved{kind, strings.Clone(who)})
}

// Loginless notes a person without a login as a member of a group, besides what
// [Builder.Unresolved] counts: if it is remembered who they are in Box, they stay there.
// Saying it again changes nothing, and of somebody who has left it says nothing.
func (b *Builder) Loginless(g GroupIndex, p PersonIndex) {
	gb := b.groups[g]
	gb.group.Loginless = append(gb.group.Loginless, p)
}

// sortedLoginless returns those who have not left, in order and each once.
func sortedLoginless(people []PersonIndex, left personSet) []PersonIndex {
	slices.Sort(people)
	return slices.DeleteFunc(slices.Compact(people), left.has)
}

// countUnresolved returns how many members there are of each kind, in the order of
// the kinds.
func countUnresolved(members []unresolved) []Unresolved {
	slices.SortFunc(members, func(a, b unresolved) int {
		return cmp.Or(strings.Compare(a.who, b.who), cmp.Compare(a.kind, b.kind))
	})
	members = slices.CompactFunc(members, func(a, b unresolved) bool { return a.who == b.who })
	slices.SortStableFunc(members, func(a, b unresolved) int { return cmp.Compare(a.kind, b.kind) })
	var counts []Unresolved
	for _, m := range members {
		if len(counts) == 0 || counts[len(counts)-1].Kind != m.kind {
			counts = append(counts, Unresolved{Kind: m.kind})
		}
		last := &counts[len(counts)-1]
		last.Count++
		if len(last.Examples) < unresolvedExamples {
			last.Examples = append(last.Examples, m.who)
		}
	}
	return counts
}
