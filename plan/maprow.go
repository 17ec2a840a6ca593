package plan

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// mapRows writes rows for groups.map_file, each of which means one source group and no
// other. The zero value takes every name for that of one group.
type mapRows struct {
	// meant counts the source groups that go by a folded name, or id, chosen or not:
	// the file speaks of all of them.
	meant map[string]int
	// sourced says that the file has the column source, so that no row goes without.
	sourced bool
}

// mapRows returns what writes the rows of this run.
func (d *Differ) mapRows() mapRows {
	if d.rows.meant == nil {
		d.rows.meant = map[string]int{}
		d.rows.sourced = slices.ContainsFunc(d.opts.Mapped, func(e source.MapEntry) bool { return e.Source != "" })
		for i := range d.roster.Groups() {
			g := &d.roster.Groups()[i]
			for _, name := range distinct(g.Key.ID, append(groupNames(g), d.nameOf(g)), nil) {
				d.rows.meant[source.FoldName(name)]++
			}
		}
	}
	return d.rows
}

// means reports whether the name is that of one source group, and no other goes by it.
func (r mapRows) means(name string) bool { return r.meant[source.FoldName(name)] < 2 }

// of returns the row that says of the group which Box group it is. Where another group
// goes by its name too, it stands there by its id and with its source.
func (r mapRows) of(g *source.Group, is string) string {
	name, remark := g.NameInSource(), ""
	if !r.means(name) {
		name = g.Key.ID
		if !r.sourced {
			remark = " (the third column is source)"
		}
	} else if !r.sourced {
		return field(name) + "," + is
	}
	return field(name) + "," + is + "," + g.Key.Source + remark
}

// field writes a name as a field of a CSV.
func field(name string) string {
	if strings.ContainsAny(name, ",\"\r\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
