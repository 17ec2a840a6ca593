package plan

import (
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// keep copies from the old memory what a narrowed run did not look at, and what
// is paused.
func (d *Differ) keep(next, old *Memory) {
	if d.opts.Reviewed {
		d.keepReviewed(next, old)
	}
	scope := &d.opts.Scope
	if len(scope.Groups) == 0 && !scope.SkipRemovals && len(d.pausing.groups) == 0 && len(d.opts.Allow) == 0 {
		return
	}
	seen := d.seen()
	for id, since := range old.Holds {
		if !d.sawHold(id, seen) {
			next.Holds[id] = since
		}
	}
	d.keepAbsences(next, old)
}

// keepReviewed keeps the holds that this run does not have because a person sees
// its plan: the next one that nobody sees has them again, and they are not new.
func (d *Differ) keepReviewed(next, old *Memory) {
	review := Hold{Rule: RuleReview}
	if since, ok := old.Holds[review.ID()]; ok && d.opts.unreviewed() != "" {
		next.Holds[review.ID()] = since
	}
	for _, p := range d.pairs {
		for rule, again := range map[Rule]bool{RuleTakeover: p.takeover != 0, RuleReview: p.reviewed} {
			h := Hold{Rule: rule, Group: p.ref}
			if since, ok := old.Holds[h.ID()]; ok && again {
				next.Holds[h.ID()] = since
			}
		}
	}
}

// seen returns the folded identifiers of the groups that the run looked at.
func (d *Differ) seen() map[string]bool {
	seen := map[string]bool{}
	for _, g := range d.chosen {
		seen[source.FoldIdentifier(g.Key.Identifier(d.opts.Instance))] = true
	}
	for _, p := range d.pairs {
		seen[source.FoldIdentifier(p.ref.Identifier)] = true
	}
	for identifier := range d.pausing.names {
		delete(seen, identifier)
	}
	return seen
}

// sawHold reports whether this run would have found the hold with the id again:
// it looked at all that the rule counts.
func (d *Differ) sawHold(id string, seen map[string]bool) bool {
	rule, about, _ := strings.Cut(id, "/")
	scope := &d.opts.Scope
	switch {
	case d.opts.lifts(Rule(rule)):
		return false // whether or not that is applied: without it the next run may have the hold again
	case Rule(rule) == RuleSourceShrink:
		return true // however narrow the run is, the groups of a source are counted
	case id == string(RuleReview):
		return d.opts.unreviewed() == "" // as long as it is due, it is the same hold
	case scope.SkipRemovals && Rule(rule).onRemovals():
		return false
	case len(scope.Groups) > 0:
		return seen[source.FoldIdentifier(about)]
	case about == "":
		return len(d.pausing.groups) == 0 // what is paused counts for the limits on a run
	default:
		_, paused := d.pausing.names[source.FoldIdentifier(about)]
		return !paused
	}
}

// lifts reports whether the command line lifts the rule, in whatever group.
func (o *Options) lifts(rule Rule) bool {
	if rule == RuleHiddenGroups {
		rule = RuleGroupCreations
	}
	return slices.ContainsFunc(o.Allow, func(a Allowance) bool { return a.Rule == rule || rule == RuleOnLimit })
}

// onRemovals reports whether the rule holds nothing, or less, where removals and
// demotions are left out.
func (r Rule) onRemovals() bool {
	switch r {
	case RuleRemovals, RuleRemovalsPerGroup, RuleDemotions, RuleEmptyGroup, RulePartial, RuleRemovalGrace, RulePossibleRename,
		RuleLastAdmin, RuleUnknownLogins, RuleUnresolvedMembers, RuleReview, RuleOnLimit:
		return true
	default:
		return false
	}
}

// keepAbsences keeps those from groups that the run did not look at, or that are
// paused, and, where it left removals out, those of the people who are still
// missing.
func (d *Differ) keepAbsences(next, old *Memory) {
	looked := map[string]bool{}  // groups, as the ids of absences begin
	missing := map[string]bool{} // ids of absences
	for _, p := range d.pairs {
		looked[newChange(Change{Kind: Remove, Group: p.ref}).ID] = true
		for _, m := range p.gone {
			missing[newChange(Change{Kind: Remove, Group: p.ref, User: target.User{ID: m.User}}).ID] = true
		}
	}
	paused := map[string]bool{}
	for _, g := range d.pausing.groups {
		paused[newChange(Change{Kind: Remove, Group: g}).ID] = true
	}
	for id, since := range old.Absences {
		group, _, _ := cutLast(id, "/")
		unseen := paused[group] || len(d.opts.Scope.Groups) > 0 && !looked[group]
		if unseen || d.opts.Scope.SkipRemovals && missing[id] {
			next.Absences[id] = since
		}
	}
}
