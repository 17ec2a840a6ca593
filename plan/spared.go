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

// noteStray notes a group of ours whose source is not configured, or was not read
// whole and does not list it, and that no other source takes over.
func (d *Differ) noteStray(g *target.Group, of string) {
	if !d.known[source.FoldIdentifier(g.Identifier)] && !d.claimed[g.ID] && !source.MatchAny(d.opts.Exclude, g.Name) {
		d.strays[of] = append(d.strays[of], strconv.Quote(g.Name))
	}
}

// findStrays says which groups nobody keeps up to date, as their source was taken out
// of the configuration, or its list of groups was not read whole: leavers stay in them.
// A run that the command line narrowed is not about them.
func (d *Differ) findStrays() {
	if len(d.opts.Scope.Groups) > 0 {
		return
	}
	for _, e := range d.roster.Evidence() {
		if !e.GroupsComplete {
			d.findUnlisted(e.Name)
		}
	}
	for _, of := range slices.Sorted(maps.Keys(d.strays)) {
		names := d.strays[of]
		if _, configured := d.sources[of]; configured {
			continue
		}
		left, groups := "it is left alone, and leavers stay in it", "the group"
		if len(names) > 1 {
			left, groups = "they are left alone, and leavers stay in them", "its groups"
		}
		d.finding(Orphan, GroupRef{}, "Box has %s of source %s, which is not configured: %s; %s", Count(len(names), "group"), strconv.Quote(of), someOf(names), left)
		d.findings[len(d.findings)-1].Release = "configure the source again, or hand " + groups + " over to another source with groups.map_file; if another installation keeps " + groups + " up to date, there is nothing to do"
	}
}

// findUnlisted says which groups the list of a source may lack that was not read whole.
func (d *Differ) findUnlisted(name string) {
	names := d.strays[name]
	if len(names) == 0 {
		return
	}
	text := "it is not known who is to be in it"
	if len(names) > 1 {
		text = "it is not known who is to be in them"
	}
	d.finding(PartialGroup, GroupRef{}, "the list of groups of source %s was not read whole, and Box has %s that it does not list: %s; %s, and leavers stay",
		strconv.Quote(name), Count(len(names), "group"), someOf(names), text)
}
