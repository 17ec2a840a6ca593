package plan

import (
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// countOwned counts the groups in Box that carry an identifier of the instance.
func countOwned(groups []target.Group, instance string) int {
	n := 0
	for i := range groups {
		if isOurs(&groups[i], instance) && !groups[i].AllUsers {
			n++
		}
	}
	return n
}

// isOurs reports whether the Box group carries an identifier of the instance.
func isOurs(g *target.Group, instance string) bool {
	of, _, ours := source.ParseIdentifier(g.Identifier)
	return ours && of == instance
}

// Gained counts the groups that the plan's results have made ours: those that were
// created, and those that carried no identifier before.
func (p *Plan) Gained(results []Result) int {
	n := 0
	for i, r := range results {
		if k := p.Changes[i].Kind; r.Outcome == Applied && (k == CreateGroup || k == AdoptGroup) {
			n++
		}
	}
	return n
}
