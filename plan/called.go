package plan

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// called returns the names by which people mean the pair's group.
func (p *pair) called() []string { return p.calls }

// nameGroups notes by which names people mean each group, each once: first the one
// that the plan gives it, then those of its source, and the one that it has in Box
// until it is renamed. What is another group's name in the plan means that one; taken
// has the folded names of those groups that are not compared.
func (d *Differ) nameGroups(taken map[string]bool) {
	for _, p := range d.pairs {
		taken[source.FoldName(p.ref.Name)] = true
	}
	for _, p := range d.pairs {
		p.calls = distinct(p.ref.Name, append(p.names(), p.actual.Name, p.planned, p.formerly), taken)
	}
}

// distinct returns the name and those of the others that are not empty, not spelt
// like one before and not taken.
func distinct(name string, others []string, taken map[string]bool) []string {
	out := []string{name}
	for _, other := range others {
		if other != "" && !taken[source.FoldName(other)] && !isNamed(out, other) {
			out = append(out, other)
		}
	}
	return out
}

// called returns the names by which people mean the group of a change of a saved plan, as far as the plan
// knows its names.
func (r *Recheck) called(c *Change) []string {
	taken := map[string]bool{}
	for i := range r.saved.Groups {
		taken[source.FoldName(r.saved.Groups[i].Group.Name)] = true
	}
	return distinct(c.Group.Name, []string{r.inSource[c.Group], r.formerly[source.FoldIdentifier(c.Group.Identifier)]}, taken)
}

// untouched returns the folded names of the groups in which the saved plan changes
// nothing.
func (r *Recheck) untouched() map[string]bool {
	names := map[string]bool{}
	for i := range r.saved.Groups {
		if g := &r.saved.Groups[i].Group; r.pairs[source.FoldIdentifier(g.Identifier)] == nil {
			names[source.FoldName(g.Name)] = true
		}
	}
	return names
}

// isNamed reports whether the name is one of those given.
func isNamed(names []string, name string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return source.FoldName(other) == source.FoldName(name) })
}

// allowance returns what was allowed for the rule in a group of these names: what
// names the very group before what is for all, the earlier of its names before the
// later, and of two that are alike the later one. Without names, what was allowed for
// all.
func allowance(allowed []Allowance, rule Rule, names []string) (Allowance, bool) {
	var found Allowance
	rank := len(names) + 1
	for _, a := range allowed {
		if a.Rule != rule {
			continue
		}
		of := len(names)
		if a.Group != "" {
			of = slices.IndexFunc(names, func(name string) bool { return source.FoldName(name) == source.FoldName(a.Group) })
		}
		if of >= 0 && of <= rank {
			found, rank = a, of
		}
	}
	return found, rank <= len(names)
}

// calledBy returns the names of every group that the run concerns, by key.
func (d *Differ) calledBy() map[source.GroupKey][]string {
	names := map[source.GroupKey][]string{}
	for _, g := range d.chosen {
		names[g.Key] = append(groupNames(g), d.nameOf(g))
	}
	for _, p := range d.pairs {
		names[p.ref.Key] = append(names[p.ref.Key], p.called()...)
	}
	return names
}

// namesBefore returns the present names of the groups that the plan renames, held or
// not, by folded identifier.
func (p *Plan) namesBefore() map[string]string {
	before := map[string]string{}
	note := func(changes []Change) {
		for i := range changes {
			if c := &changes[i]; c.Kind == RenameGroup {
				before[source.FoldIdentifier(c.Group.Identifier)] = c.BeforeName
			}
		}
	}
	note(p.Changes)
	for i := range p.Holds {
		note(p.Holds[i].Changes)
	}
	return before
}
