package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// configured reports whether the configuration has the source group in its scope.
func (d *Differ) configured(g *source.Group) bool {
	return (len(d.opts.Include) == 0 || d.matchedBy(d.opts.Include, g)) && !d.matchedBy(d.opts.Exclude, g)
}

// inScope reports whether the command line leaves a configured source group in
// this run.
func (d *Differ) inScope(g *source.Group) bool {
	return len(d.opts.Scope.Groups) == 0 || d.matchedBy(d.opts.Scope.Groups, g)
}

// matchedBy reports whether one of the patterns means the source group, by its name
// in the source or by the one in Box.
func (d *Differ) matchedBy(patterns []source.Pattern, g *source.Group) bool {
	return g.MatchedBy(patterns) || source.MatchAny(patterns, d.nameOf(g))
}

// orphanInScope reports whether the run concerns an orphan of that name. What it is
// called in the source nobody can tell any more, so that groups.include, which may
// mean that name, leaves none out.
func (d *Differ) orphanInScope(name string) bool {
	return !source.MatchAny(d.opts.Exclude, name) &&
		(len(d.opts.Scope.Groups) == 0 || source.MatchAny(d.opts.Scope.Groups, name))
}

// nameOf returns the name that the source group is to have in Box. One that is a
// Box group by its id has that group's.
func (d *Differ) nameOf(g *source.Group) string {
	if name, found := d.boxNames[g]; found {
		return name
	}
	return g.Name
}

// findUnusedMapping reports entries for groups that no source has: a misspelt name
// maps nothing, and somebody should know.
func (d *Differ) findUnusedMapping() {
	for _, e := range (source.Mapping{Entries: d.opts.Mapped}).Unused(d.roster) {
		lacking := "no source has it"
		if e.Source != "" {
			lacking = "source " + e.Source + " does not have it"
		}
		d.finding(UnusedMapping, GroupRef{}, "%s: the group %s is mapped, and %s", e.Origin, strconv.Quote(e.Group), lacking)
	}
}

// matchByID pairs a source group with the Box group that it is by its id. carrying
// are the groups that carry its identifier. It reports whether they are paired.
func (d *Differ) matchByID(p *pair, carrying []target.Group, index groupIndex) bool {
	said := p.desired.Box
	found, shown := index.byID[target.GroupID(said.ID)]
	switch {
	case !shown:
		d.holdMapped(p, "%s says that this is Box group %d, which Box does not show", said.Origin, said.ID)
		return false
	case found.AllUsers:
		d.notOurs(p.ref, found)
		return false
	case len(carrying) == 1 && carrying[0].ID == found.ID:
		p.actual, p.ref.ID, p.ref.Identifier = found, found.ID, found.Identifier
		return true
	case len(carrying) == 1:
		d.holdMapped(p, "%s says that this is Box group %s (id %s), and Box group %s (id %s) carries its identifier",
			said.Origin, strconv.Quote(found.Name), found.ID, strconv.Quote(carrying[0].Name), carrying[0].ID)
		return false
	case d.takesOver(p, found):
		return true
	default:
		d.holdBelongs(p, found)
		return false
	}
}

// holdBelongs holds a source group that is mapped to the Box group of another one.
func (d *Differ) holdBelongs(p *pair, found target.Group) {
	_, key, _ := source.ParseIdentifier(found.Identifier)
	d.holdMapped(p, "%s says that this is Box group %s (id %s), which belongs to group %s of source %s",
		p.desired.Box.Origin, strconv.Quote(found.Name), found.ID, strconv.Quote(key.ID), strconv.Quote(key.Source))
}

// holdMapped holds all of a source group whose Box group is not the one that
// somebody says it is.
func (d *Differ) holdMapped(p *pair, format string, args ...any) {
	d.holds = append(d.holds, Hold{
		Rule: RuleMappedGroup, Group: p.ref, Reason: fmt.Sprintf(format, args...), Release: p.releaseMapped(),
	})
}

// mapped reports whether an entry of the map names the Box group of the change.
func (r *Recheck) mapped(c *Change) bool {
	return slices.ContainsFunc(r.differ.opts.Mapped, func(e source.MapEntry) bool {
		return target.GroupID(e.BoxID) == c.Group.ID || c.isNamedBy(e)
	})
}

// isNamedBy reports whether the entry of the map means the group of the change by its
// name.
func (c *Change) isNamedBy(e source.MapEntry) bool {
	return e.BoxID == 0 && source.FoldName(e.Name) == source.FoldName(c.Group.Name)
}
