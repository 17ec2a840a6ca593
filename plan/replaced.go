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
		if n := counts[identifier]; n != nil && p.admins <= n.taken && g.keepsAdmin(p) {
			replaced[identifier] = true
		}
	}
	g.needFirst(replaced, (*Change).Grants, takesAdmin)
}

// needFirst has the changes that wait, in groups given by folded identifier, need the
// first that is shown of those that come in the same group.
func (g *guarding) needFirst(groups map[string]bool, comes, waits func(*Change) bool) {
	first := map[string]*Change{}
	for i := range g.pending {
		c := &g.pending[i]
		identifier := source.FoldIdentifier(c.Group.Identifier)
		if before := first[identifier]; groups[identifier] && comes(c) && (before == nil || compareChanges(*c, *before) < 0) {
			first[identifier] = c
		}
	}
	for i := range g.pending {
		c := &g.pending[i]
		if f := first[source.FoldIdentifier(c.Group.Identifier)]; f != nil && waits(c) && !slices.Contains(c.Needs, f.ID) {
			c.Needs = append(slices.Clone(c.Needs), f.ID)
		}
	}
}

// freed returns the saved change without the adds and grants that it needs in its own
// group: who replaces whom is decided anew, of what is left of the plan and of who is
// in the group now.
func (r *Recheck) freed(c Change) Change {
	c.Needs = slices.DeleteFunc(slices.Clone(c.Needs), func(id string) bool {
		i, ok := r.arrivals[id]
		return ok && r.saved.Changes[i].Group == c.Group
	})
	return c
}

// arrivalsOf returns the places of the plan's adds and grants, by their ids.
func arrivalsOf(p *Plan) map[string]int {
	arrivals := map[string]int{}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Kind == Add || c.Grants() {
			arrivals[c.ID] = i
		}
	}
	return arrivals
}
