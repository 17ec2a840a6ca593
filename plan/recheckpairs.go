package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// due returns what a fresh comparison wants in the groups that the plan touches,
// before any limit, and clears it from the pairs.
func (r *Recheck) due() map[changeKey]wish {
	due := map[changeKey]wish{}
	r.differ.weighAccounts()
	for _, p := range r.differ.pairs {
		r.differ.decide(p)
		for _, c := range p.due {
			due[keyOf(&c)] = wish{c.After, c.Group.Name, c.Group.ID, c.Settings}
		}
		p.due = nil
	}
	return due
}

// pairsByIdentifier returns the pair of each group that the plan touches. One
// that the sources do not have, or that were not read, gets one of its own, with
// what Box says, so that the limits find it.
func (r *Recheck) pairsByIdentifier() map[string]*pair {
	pairs, of := map[string]*pair{}, map[string]*Change{}
	for _, p := range r.differ.pairs {
		key := source.FoldIdentifier(p.ref.Identifier)
		if pairs[key] != nil { // another orphan that carries it
			key += " " + p.ref.ID.String()
		}
		pairs[key] = p
	}
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		key := pairKey(pairs, c.Group)
		of[key] = c
		if p := pairs[key]; p != nil {
			// Whom the plan does not name was not looked up now: the plan itself says
			// whether nobody is left. What it renames somebody has seen; that the source
			// gave the id to another group since, nobody has.
			p.strangers, p.reused = p.desired != nil && r.vacates(c), p.reused && r.formerly[key] == ""
			continue
		}
		if r.pauseOf(c) != nil {
			continue
		}
		p := &pair{ref: c.Group, unread: !r.sourced && !r.asked(c), vacated: r.vacates(c)}
		if g, ok := r.find(c); ok {
			p.actual, p.noRename = g, r.nameTaken(c.Group.Name, g.ID)
			now := r.listed[g.ID]
			p.current, p.admins, p.hidden, p.limited = now.current, now.admins, now.hidden, now.limited
		}
		pairs[key] = p
		r.differ.pairs = append(r.differ.pairs, p)
	}
	for key, p := range pairs {
		if of[key] == nil {
			continue // an orphan under an identifier that the plan touches in another
		}
		p.planned, p.formerly = r.inSource[of[key].Group], r.formerly[key]
		p.rules = r.today.rulesFor(p.names()).stricter(r.savedRules(of[key]))
	}
	return pairs
}

// pairOf returns the pair of the change's group.
func (r *Recheck) pairOf(c *Change) *pair { return r.pairs[pairKey(r.pairs, c.Group)] }

// pairKey returns the key of the group's pair: its folded identifier. Of orphans that
// carry one identifier, all but the first have their id in it.
func pairKey(pairs map[string]*pair, group GroupRef) string {
	key := source.FoldIdentifier(group.Identifier)
	if own := key + " " + group.ID.String(); pairs[own] != nil {
		return own
	}
	return key
}

// savedRules returns what the plan says of the limits on the change's group, by the
// names that it had when the plan was made.
func (r *Recheck) savedRules(c *Change) *groupRules {
	o := Options{Limits: r.saved.Header.Limits}
	for _, l := range r.saved.Header.GroupLimits {
		o.Policies = append(o.Policies, Policy{Match: l.Match, Limits: l.GroupLimits})
	}
	return o.rulesFor(named(c.Group.Name, r.inSource[c.Group]))
}

// asked reports whether the change is in an orphan that somebody asked to empty:
// one that the plan did not compare with a source group.
func (r *Recheck) asked(c *Change) bool {
	_, compared := r.left[c.Group]
	return !compared && slices.ContainsFunc(r.saved.Header.Scope.EmptyOrphans, func(name string) bool {
		return source.FoldName(name) == source.FoldName(c.Group.Name)
	})
}

// leaves returns how many members the plan, on its own figures, leaves in each of
// the source groups that it compared.
func (p *Plan) leaves() map[GroupRef]int {
	left := make(map[GroupRef]int, len(p.Groups))
	for _, g := range p.Groups {
		left[g.Group] = g.Current
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if _, compared := left[c.Group]; !compared {
			continue
		}
		switch c.Kind {
		case Add:
			left[c.Group]++
		case Remove:
			left[c.Group]--
		default:
		}
	}
	return left
}

// vacates reports whether the plan takes everybody out of the change's group
// because the source may have it empty. Where the plan's limits held what empty
// groups lose, and nobody allowed it, the source was not empty: those who are to
// come are held, or unknown to Box.
func (r *Recheck) vacates(c *Change) bool {
	left, compared := r.left[c.Group]
	return compared && left == 0 && r.savedRules(c).allowsEmpty(r.saved.Header.Allowed, r.called(c))
}

// findDeserted marks the groups that the plan adds somebody to, and of which what is
// left of it takes everybody: those whom it adds cannot be added any more. A plan
// that is made now would hold that.
func (r *Recheck) findDeserted() {
	for i := range r.saved.Changes {
		c := &r.saved.Changes[i]
		if c.Kind == Add && r.pauseOf(c) == nil {
			r.pairOf(c).deserted = true
		}
	}
	for _, p := range r.pairs {
		if !p.deserted {
			continue
		}
		left := p.current
		for i := range p.due {
			switch p.due[i].Kind {
			case Add:
				left++
			case Remove:
				left--
			default:
			}
		}
		p.deserted = left == 0
	}
}

// nameTaken reports whether a Box group other than the one given has the name.
func (r *Recheck) nameTaken(name string, id target.GroupID) bool {
	return slices.ContainsFunc(r.index.byName[source.FoldName(name)], func(g target.Group) bool { return g.ID != id })
}

// changeKey says which change a change is, whatever plan it is in.
type changeKey struct {
	kind       Kind
	identifier string
	user       target.UserID
}

// wish is what a fresh comparison wants of a change.
type wish struct {
	after target.Role
	name  string // of the group
	group target.GroupID
	// settings are those that are due.
	settings []SettingChange
}

func keyOf(c *Change) changeKey {
	return changeKey{c.Kind, source.FoldIdentifier(c.Group.Identifier), c.User.ID}
}
