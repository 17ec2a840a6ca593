package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// mapRows writes rows for groups.map_file, each of which means one source group and no
// other.
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

// put says to put the row into the map that tells which Box group the group is, with a
// remark on the row, and what to do then. Where another group goes by its name too, it
// stands there by its id and with its source. Whoever has no map yet needs its first
// line.
func (r mapRows) put(g *source.Group, is, remark string) string {
	name, head := g.NameInSource(), "group,box_group"
	alone := r.means(name)
	if !alone {
		name = g.Key.ID
	}
	row := field(name) + "," + is
	if r.sourced || !alone {
		row, head = row+","+g.Key.Source, head+",source"
	}
	return fmt.Sprintf("put the row %s%s into groups.map_file (its first line is %s), then plan -o FILE and apply FILE", row, remark, head)
}

// field writes a name as a field of a CSV.
func field(name string) string {
	if strings.ContainsAny(name, ",\"\r\n") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}
