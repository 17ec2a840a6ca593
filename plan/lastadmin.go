package plan

import (
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// takesAdmin reports whether the change takes a group admin from the group.
func takesAdmin(c *Change) bool { return c.Takes() && c.Before == target.RoleAdmin }

// keepsAdmin reports whether the group must not lose its last admin. Whoever lets
// it be emptied, lets its admins go.
func (g *guarding) keepsAdmin(p *pair) bool {
	if p.desired == nil && !p.unread {
		return false
	}
	allow, names := g.opts.Allow, p.called()
	return !p.rules.allowsLastAdmin(allow, names) && !(p.emptied() && p.rules.allowsEmpty(allow, names))
}

// adminChanges counts the changes that make and take group admins.
type adminChanges struct{ made, taken int }

func (n *adminChanges) count(c *Change) {
	switch {
	case takesAdmin(c):
		n.taken++
	case c.Grants():
		n.made++
	}
}

// holdLastAdmins holds what would take the last admin from the pair's group.
// Admins that the plan makes count: [guarding.needGrants] has them made before.
func (g *guarding) holdLastAdmins(p *pair, n adminChanges, changes *[]Change, match func(*Change) bool) {
	if n.taken == 0 || p.admins-n.taken+n.made > 0 || !g.keepsAdmin(p) {
		return
	}
	g.holdLimit(Hold{
		Rule: RuleLastAdmin, Group: p.ref,
		Reason: "the group has " + Count(p.admins, "group admin") + ", and none would be left",
	}, p, Limit{}, take(changes, match))
}

// holdLastAdminsOf looks at what is due in one group.
func (g *guarding) holdLastAdminsOf(p *pair) {
	var n adminChanges
	for i := range p.due {
		n.count(&p.due[i])
	}
	g.holdLastAdmins(p, n, &p.due, takesAdmin)
}

// holdLastAdminsLeft looks again at all groups once the limits on the run have held
// what they hold: admins whose grant is held replace nobody.
func (g *guarding) holdLastAdminsLeft(pairs []*pair) {
	counts := g.adminChanges()
	for _, p := range pairs {
		identifier := source.FoldIdentifier(p.ref.Identifier)
		if n := counts[identifier]; n != nil {
			g.holdLastAdmins(p, *n, &g.pending, func(c *Change) bool {
				return takesAdmin(c) && source.FoldIdentifier(c.Group.Identifier) == identifier
			})
		}
	}
}

// adminChanges counts what is pending, by folded identifier.
func (g *guarding) adminChanges() map[string]*adminChanges {
	counts := map[string]*adminChanges{}
	for i := range g.pending {
		c := &g.pending[i]
		if !takesAdmin(c) && !c.Grants() {
			continue
		}
		identifier := source.FoldIdentifier(c.Group.Identifier)
		if counts[identifier] == nil {
			counts[identifier] = &adminChanges{}
		}
		counts[identifier].count(c)
	}
	return counts
}
