package plan

import (
	"fmt"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
)

// mayBeReused reports whether the pair's group may be another one than Box has, to
// which the source has given its id again: it has another name, and at most 20 % of
// its members in Box are wanted in it, as far as Box shows them. A group
// that is known by its name has no id to give, and where somebody says which Box
// group it is, it is that one.
func (p *pair) mayBeReused() bool {
	if p.takeover != 0 || !p.desired.Box.IsZero() ||
		source.FoldName(p.actual.Name) == source.FoldName(p.ref.Name) ||
		isByName(p.desired) {
		return false
	}
	present := p.current + p.hidden
	return present > 0 && 5*p.staying() <= present
}

// staying counts the members whom Box shows in the pair's group and who are wanted in it.
func (p *pair) staying() int { return p.current - len(p.gone) }

// holdReused holds what is due in a group whose id may have been another group's, but
// for the removals of leavers, who are to go from either.
func (g *guarding) holdReused(p *pair) {
	if !p.reused || lifts(g.opts.Allow, RuleReusedID, p.called(), true, nil) {
		return
	}
	keeps := "none"
	if n := p.staying(); n > 0 {
		keeps = strconv.Itoa(n)
	}
	g.holdLimit(Hold{
		Rule: RuleReusedID, Group: p.ref,
		Reason: fmt.Sprintf("its id is that of %s (id %s) in Box, which has another name and other people: of %s it keeps %s",
			strconv.Quote(p.actual.Name), p.actual.ID, Count(p.current, "member"), keeps),
		Release: fmt.Sprintf("if it is another group, give %s an id that no group had before", inSource(p.desired)),
	}, p, Limit{}, take(&p.due, func(c *Change) bool { return c.Cause != Left }))
}
