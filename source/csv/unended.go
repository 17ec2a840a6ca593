package csv

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// unended is a last row without a line end whose last field says which group it is
// about.
type unended struct {
	group *fileGroup
	what  string // the field
	first bool   // no row before is about the group
	at    source.Position
}

// mayBeCut takes in that the file does not end in a line end. Some programs end
// their exports so; so does a copy that broke off within a row. The row may be
// shorter than it was, and its group may have had others behind it. A description
// in it may be half a one, and does not count.
func (r *reader) mayBeCut() {
	r.says = describing{}
	r.note("the last line has no line end")
	if r.bound.last != nil {
		r.problems.add(r.bound.last)
	}
	if r.lastGroup == nil {
		return
	}
	at := source.Position{File: r.in.name, Line: r.endLine}
	r.builder.Partial(r.lastGroup.index, at.String()+": the last line has no line end, so the file may be cut off; end it with one")
	if g := r.atHand; g != nil && r.in.end != '"' { // a quote that is closed ends the field
		last := unended{group: g, first: g.at == source.Position{File: r.in.name, Line: r.line}, at: at}
		switch r.csv.FieldsPerRecord - 1 {
		case r.at[groupColumn]:
			last.what = "group name"
		case r.at[sourceIDColumn]:
			last.what = "source_id"
		default:
			return
		}
		r.unended = append(r.unended, last)
	}
}

// cutGroups fails if a file may have broken off within what says which group its
// last row is about: the person would leave the one and join the other. Where
// another row has said the same, and no other group's name goes on from there,
// nothing broke off.
func (r *reader) cutGroups() error {
	for _, last := range r.unended {
		if last.first || r.table.longer(last.group) {
			r.problems.add(&source.PositionError{Position: last.at, Err: fmt.Errorf(
				"the last line has no line end, so that its %s may be cut off, and would be another group's; end it with one", last.what)})
		}
	}
	return r.problems.err()
}

// longer reports whether another group's name begins with the group's. A group
// with a source_id is known by more than its name.
func (t groupTable) longer(g *fileGroup) bool {
	if g.sourceID != "" {
		return false
	}
	for name, other := range t.byName {
		if other != g && strings.HasPrefix(name, g.name) {
			return true
		}
	}
	return false
}
