package plan

import "github.com/rollcall-sync/rollcall/source"

const removing = removesMember | removesAdmin

// keepsSomebody reports whether the pair's group must not lose everybody whom Box has
// in it. Of an orphan somebody has asked for that.
func (g *guarding) keepsSomebody(p *pair) bool {
	return (p.desired != nil || p.unread) && p.current > 0 && p.hidden == 0 && !p.rules.allowsEmpty(g.opts.Allow, p.called())
}

// holdEmptiedLeft looks again at the groups to which somebody was to come, once the
// limits have held what they hold: where the adds are held, they replace nobody, and
// the group keeps those whom it has.
func (g *guarding) holdEmptiedLeft(pairs []*pair) {
	awaits := map[string]bool{} // by folded identifier: groups to which an add is held
	for i := range g.plan.Holds {
		for j := range g.plan.Holds[i].Changes {
			if c := &g.plan.Holds[i].Changes[j]; c.Kind == Add {
				awaits[source.FoldIdentifier(c.Group.Identifier)] = true
			}
		}
	}
	if len(awaits) == 0 {
		return
	}
	due := map[string]*tally{}
	for i := range g.pending {
		identifier := source.FoldIdentifier(g.pending[i].Group.Identifier)
		if !awaits[identifier] {
			continue
		}
		if due[identifier] == nil {
			due[identifier] = &tally{}
		}
		due[identifier].add(g.pending[i:i+1], 1)
	}
	for _, p := range pairs {
		identifier := source.FoldIdentifier(p.ref.Identifier)
		t := due[identifier]
		if t == nil || t.count(adding) > 0 || t.count(removing) < p.current || !g.keepsSomebody(p) {
			continue
		}
		// It has no allowance of its own: what lets somebody come releases it.
		g.lifts = append(g.lifts, lift{hold: len(g.plan.Holds)})
		g.hold(Hold{
			Rule: RuleEmptyGroup, Group: p.ref,
			Reason: "those who are to come are held, and nobody would be left; Box has " + Count(p.current, "member") + " in it",
		}, take(&g.pending, func(c *Change) bool {
			return c.Takes() && source.FoldIdentifier(c.Group.Identifier) == identifier
		}))
	}
}

// refill says what more has to be let through, so that the removals wanted, which come
// through the limits on the pair's group as all that is due of it does, do not leave it
// empty: sorts of the adds that are among all of its changes, or where something else
// than a limit holds these, the loss of everybody.
func (g *guarding) refill(p *pair, all []Change, want sorts) (come sorts, loss bool) {
	var left tally
	left.add(p.due, 1)
	come = sortsOf(all) & adding
	if want&removing == 0 || come == 0 || left.count(removing) < p.current || !g.keepsSomebody(p) {
		return 0, false
	}
	through := sortsOf(p.due) & adding
	if through != 0 {
		come = through
	}
	if come&addsMember != 0 {
		come = addsMember
	}
	return come &^ want, come&^want == 0 && through == 0
}
