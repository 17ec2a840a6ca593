package plan

import (
	"maps"
	"slices"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// spare notes why a group of ours that no source names is none that --empty-orphan
// could mean in this run. It is told where somebody asks for it.
func (d *Differ) spare(g *target.Group, why string) {
	d.spared[source.FoldName(g.Name)] = why
}

// absent says why a source that is not there, or not whole, makes no orphans.
func (d *Differ) absent(name string) string {
	if _, configured := d.sources[name]; configured {
		return "it is of source " + strconv.Quote(name) + ", which was not read whole"
	}
	return "it is of source " + strconv.Quote(name) + ", which is not configured"
}

// leftOut says why the run is not about an orphan of the name.
func (d *Differ) leftOut(name string) string {
	if source.MatchAny(d.opts.Exclude, name) {
		return "groups.exclude leaves it alone"
	}
	return "--group leaves it out of this run"
}

// noteStray notes a group of ours whose source is not configured, and that no other
// source takes over.
func (d *Differ) noteStray(g *target.Group, of string) {
	if _, configured := d.sources[of]; !configured && !d.claimed[g.ID] && !source.MatchAny(d.opts.Exclude, g.Name) {
		d.strays[of] = append(d.strays[of], strconv.Quote(g.Name))
	}
}

// findStrays says which groups nobody keeps up to date, as their source was taken out
// of the configuration: leavers stay in them. A run that the command line narrowed is
// not about them.
func (d *Differ) findStrays() {
	if len(d.opts.Scope.Groups) > 0 {
		return
	}
	for _, of := range slices.Sorted(maps.Keys(d.strays)) {
		names := d.strays[of]
		left, groups := "it is left alone, and leavers stay in it", "the group"
		if len(names) > 1 {
			left, groups = "they are left alone, and leavers stay in them", "its groups"
		}
		d.finding(Orphan, GroupRef{}, "Box has %s of source %s, which is not configured: %s; %s", Count(len(names), "group"), strconv.Quote(of), someOf(names), left)
		d.findings[len(d.findings)-1].Release = "configure the source again, or hand " + groups + " over to another source with groups.map_file; if another installation keeps " + groups + " up to date, there is nothing to do"
	}
}
