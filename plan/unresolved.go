package plan

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// unresolved returns how many members of the source group have no login, of how
// many that were read.
func unresolved(g *source.Group) (n, total int) {
	for _, u := range g.Unresolved {
		n += u.Count
	}
	return n, n + len(g.Members)
}

// findUnresolved tells of the group's members without a login, by kind and with
// examples.
func (d *Differ) findUnresolved(p *pair) {
	n, total := unresolved(p.desired)
	if n == 0 {
		return
	}
	var kinds []string
	for _, u := range p.desired.Unresolved {
		text := fmt.Sprintf("%d %s (%s", u.Count, u.Kind, strings.Join(u.Examples, ", "))
		if more := u.Count - len(u.Examples); more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
		kinds = append(kinds, text+")")
	}
	d.finding(UnresolvedMembers, p.ref, "%d of the %s that the source has are nobody who could be in Box: %s",
		n, Count(total, "member"), strings.Join(kinds, ", "))
}

// holdUnresolved holds what would be taken from a group of which the source shows
// too many members without a login: those who seem to have left may be among them.
func (g *guarding) holdUnresolved(p *pair) {
	if p.desired == nil {
		return
	}
	n, total := unresolved(p.desired)
	limit, floor := g.opts.boundIn(p.called(), RuleUnresolvedMembers, p.rules.limits.UnresolvedMembers, p.rules.said.UnresolvedMembers, total)
	if n <= limit.Allowed(total, floor) {
		return
	}
	p.doubtful = true
	g.holdLimit(Hold{
		Rule: RuleUnresolvedMembers, Group: p.ref,
		Reason: fmt.Sprintf("%d of the %s that the source has are without a login (%s), and those to remove may be among them; %s",
			n, Count(total, "member"), share(n, total), limit.explain(total, floor)),
	}, p, AtMost(n), take(&p.due, (*Change).Takes))
}
