package plan

import (
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
