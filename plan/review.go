package plan

import "strings"

// releaseByReview is what ends a hold that waits for a person.
const releaseByReview = "save a plan, review it and apply it: plan -o FILE, then apply FILE"

// unreviewed says why a person has to apply a plan first; it is empty where none
// has to.
func (o *Options) unreviewed() string {
	if !o.RequireReview {
		return ""
	}
	if o.Memory == nil || len(o.Memory.Agreed) == 0 {
		return "first contact: nobody has applied a reviewed plan here yet, and run.require_review asks for one"
	}
	changed := o.Memory.Agreed.Changed(o.Fingerprint)
	if len(changed) == 0 {
		return ""
	}
	return "what the configuration says under " + strings.Join(changed, " and ") +
		" has changed since somebody applied a reviewed plan, and run.require_review asks for another"
}

// holdUnreviewed holds all that is left to do, where nobody sees the plan and
// somebody should.
func (g *guarding) holdUnreviewed() {
	if reason := g.opts.unreviewed(); reason != "" && !g.opts.Reviewed {
		g.hold(Hold{Rule: RuleReview, Reason: reason, Release: releaseByReview}, take(&g.pending, every))
	}
}
