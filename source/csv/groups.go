package csv

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// fileGroup is what the rows of a file say of one group.
type fileGroup struct {
	name string
	// sourceID is what the column source_id has on every row of the group; ""
	// is none, and then the group is known by its name.
	sourceID string
	at       source.Position // the first row's line
	// description is what a [Writer] wrote of the group.
	description string
	index       source.GroupIndex
}

// id is the stable part of the group's key.
func (g *fileGroup) id() string {
	if g.sourceID == "" {
		return g.name
	}
	return g.sourceID
}

// groupTable holds the rows of a file to one rule: a group has one id, and an
// id has one group. Ids are folded, as they are in identifiers.
type groupTable struct {
	byName map[string]*fileGroup
	byID   map[string]*fileGroup
}

func newGroupTable() groupTable {
	return groupTable{byName: map[string]*fileGroup{}, byID: map[string]*fileGroup{}}
}

// find returns the group of the name, new if this is its first row. A fault is
// about the source_id: which group the row means, nobody can know.
func (t groupTable) find(name, sourceID string, at source.Position) (found *fileGroup, isNew bool, fault error) {
	if g, ok := t.byName[name]; ok {
		if g.sourceID != sourceID {
			return nil, false, g.disagrees(sourceID, at)
		}
		return g, false, nil
	}
	g := &fileGroup{name: strings.Clone(name), sourceID: strings.Clone(sourceID), at: at}
	folded := source.FoldName(g.id())
	other, taken := t.byID[folded]
	switch {
	case !taken:
		t.byID[folded] = g
	case sourceID != "" || other.sourceID != "":
		return nil, false, g.sharesID(other)
	}
	// Names that differ in case alone are no fault of the file: whether they are
	// two groups or one is for the plan to say.
	t.byName[g.name] = g
	return g, true, nil
}

// disagrees says that a later row of the group has another source_id.
func (g *fileGroup) disagrees(sourceID string, here source.Position) error {
	switch "" {
	case sourceID:
		return fmt.Errorf("the group %q has no source_id here and %q in %s; give it on every row of the group, or on none",
			g.name, g.sourceID, g.at.From(here))
	case g.sourceID:
		return fmt.Errorf("the group %q has the source_id %q here and none in %s; give it on every row of the group, or on none",
			g.name, sourceID, g.at.From(here))
	default:
		return fmt.Errorf("the group %q has the source_id %q here and %q in %s; a group has only one",
			g.name, sourceID, g.sourceID, g.at.From(here))
	}
}

// sharesID says that an earlier group has the same id.
func (g *fileGroup) sharesID(other *fileGroup) error {
	switch "" {
	case other.sourceID:
		return fmt.Errorf("the source_id %q is the name of the group in %s, which has no source_id and is known by its name; give that one its own",
			g.sourceID, other.at.From(g.at))
	case g.sourceID:
		return fmt.Errorf("the group %q has no source_id and is known by its name, which is the source_id of the group %q in %s; give it one of its own",
			g.name, other.name, other.at.From(g.at))
	default:
		return fmt.Errorf("the source_id %q of the group %q is that of the group %q in %s; a source_id belongs to one group",
			g.sourceID, g.name, other.name, other.at.From(g.at))
	}
}
