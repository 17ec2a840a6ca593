package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// needGrants has the grant of a new admin made before a group's last admins go: what
// takes one of them, where only admins that the plan makes would be left, needs such
// a grant. One is enough, and it is the first that is shown: two runs of the same plan
// wait for the same one. A grant can be refused and a run can die between the two;
// either way the group keeps the admin that it has.
func (g *guarding) needGrants(pairs []*pair) {
	counts := g.adminChanges()
	replaced := map[string]bool{} // by folded identifier: groups that lose all admins they have
	for _, p := range pairs {
		identifier := source.FoldIdentifier(p.ref.Identifier)
		if n := counts[identifier]; n != nil && n.taken > 0 && p.admins <= n.taken && g.keepsAdmin(p) {
			replaced[identifier] = true
		}
	}
	if len(replaced) == 0 {
		return
	}
	grants := map[string]*Change{} // the first of each of these groups
	for i := range g.pending {
		c := &g.pending[i]
		identifier := source.FoldIdentifier(c.Group.Identifier)
		if first := grants[identifier]; replaced[identifier] && c.Grants() && (first == nil || compareChanges(*c, *first) < 0) {
			grants[identifier] = c
		}
	}
	for i := range g.pending {
		c := &g.pending[i]
		if grant := grants[source.FoldIdentifier(c.Group.Identifier)]; grant != nil && takesAdmin(c) {
			c.Needs = append(slices.Clone(c.Needs), grant.ID)
		}
	}
}

// freed returns the saved change without the grants that it needs in its own group:
// who replaces whom is decided anew, of what is left of the plan and of who is admin
// now.
func (r *Recheck) freed(c Change) Change {
	c.Needs = slices.DeleteFunc(slices.Clone(c.Needs), func(id string) bool {
		i, ok := r.grants[id]
		return ok && r.saved.Changes[i].Group == c.Group
	})
	return c
}

// grantsOf returns the places of the plan's grants, by their ids.
func grantsOf(p *Plan) map[string]int {
	grants := map[string]int{}
	for i := range p.Changes {
		if p.Changes[i].Grants() {
			grants[p.Changes[i].ID] = i
		}
	}
	return grants
}
