package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// lift is what releases a hold: an allowance, and whatever else is then needed.
type lift struct {
	hold  int       // its place among the plan's holds
	allow Allowance // none of a hold that ends with others
	pair  *pair     // nil of a limit on the run
}

// holdLimit adds a hold of the changes by a limit, in the pair's group or, where
// there is no pair, in the run. A limit of the value lets them through.
func (g *guarding) holdLimit(h Hold, p *pair, value Limit, changes []Change) {
	if len(changes) == 0 {
		return
	}
	a := Allowance{Rule: h.Rule, Value: value}
	if h.Rule == RuleHiddenGroups {
		a.Rule = RuleGroupCreations
	}
	if p != nil {
		a.Group = p.ref.Name
	}
	g.lifts = append(g.lifts, lift{len(g.plan.Holds), a, p})
	g.hold(h, changes)
}

// between are places in a list, the second not included.
type between struct{ from, to int }

// lifting works out what has to be typed to release holds: what a limit on a group
// holds may be too much for a limit on the run, once it is let through.
type lifting struct {
	g     *guarding
	pairs map[string]*pair // by folded identifier
	// typed is what is allowed already, but for what allows nothing.
	typed []Allowance
	// due is what has come through the limits on groups, by source.
	due map[string]tally
}

// asks is what is wanted of a group: changes of these sorts, and whether some of them
// may be renames of people.
type asks struct {
	sorts sorts
	alike bool
}

// sayReleases says of every hold that --allow releases what to type, and what
// releases all of them.
func (d *Differ) sayReleases(g *guarding) {
	g.plan.Header.AllowAll = nil
	if len(g.lifts) == 0 {
		return
	}
	l := &lifting{g: g, pairs: make(map[string]*pair, len(d.pairs)), due: map[string]tally{}}
	l.typed = slices.DeleteFunc(slices.Clone(d.opts.Allow), d.meansNothing)
	for _, p := range d.pairs {
		l.pairs[source.FoldIdentifier(p.ref.Identifier)] = p
		t := l.due[p.ref.Key.Source]
		t.add(p.due, 1)
		l.due[p.ref.Key.Source] = t
	}
	all := l.toType(g.lifts)
	for i := range g.lifts {
		own := l.toType(g.lifts[i : i+1])
		g.plan.Holds[g.lifts[i].hold].Release = d.releaseText(g, &g.lifts[i], own)
		if !slices.Equal(own, all) {
			g.plan.Header.AllowAll = texts(all)
		}
	}
}

// releaseText says what releases the hold: the flags of this run or, where a saved
// plan is applied and nothing can be allowed any more, those of a new plan.
func (d *Differ) releaseText(g *guarding, l *lift, flags []Allowance) string {
	lead := "to allow it this once"
	switch rule := g.plan.Holds[l.hold].Rule; {
	case rule == RuleOnLimit:
		lead = "what releases the other holds releases this one"
	case rule == RulePossibleRename && (l.pair.desired == nil || l.pair.actual.ID == 0):
		lead = "if it is not, allow it this once"
	case rule == RulePossibleRename:
		lead = "if they are different people, allow it this once"
	case rule == RuleReusedID:
		lead = "if it is the same, allow it this once"
	}
	if slices.ContainsFunc(flags, func(a Allowance) bool { return slices.Contains(g.opts.Allow, a) }) {
		lead += ", with what is allowed already"
	}
	if other := g.plan.Holds[l.hold].Release; other != "" {
		lead = other + "; " + lead
	}
	command := ": "
	if d.saved {
		command = ", in a new plan: plan -o FILE "
	}
	return lead + command + AllowFlags(texts(flags))
}

func texts(allowances []Allowance) []string {
	var out []string
	for _, a := range allowances {
		out = append(out, a.String())
	}
	return out
}

// AllowFlags returns what --allow takes as a shell takes it: --allow A --allow B.
func AllowFlags(allowances []string) string {
	var flags []string
	for _, a := range allowances {
		flags = append(flags, "--allow "+ShellQuote(a))
	}
	return strings.Join(flags, " ")
}

// toType returns every allowance under which the changes of these holds are made, as
// far as limits go: those that this run has already, raised where they must be, and
// those that it takes beside them. A misspelt one is not to be copied.
func (l *lifting) toType(lifts []lift) []Allowance {
	allow := slices.Clone(l.typed)
	want := map[*pair]asks{}
	for i := range lifts {
		allow = with(allow, &lifts[i])
		l.wanted(l.g.plan.Holds[lifts[i].hold].Changes, want)
	}
	due, wanted := maps.Clone(l.due), map[string]sorts{}
	for p, s := range want {
		lifted, left := l.inGroup(p, s, allow)
		for i := range lifted {
			allow = with(allow, &lifted[i])
		}
		name := p.ref.Key.Source
		t := due[name]
		t.add(p.due, -1)
		t.add(left.due, 1)
		due[name] = t
		wanted[name] |= left.want & sortsOf(left.due)
	}
	allow = l.inRun(due, wanted, allow)
	slices.SortFunc(allow, compareAllowances)
	return allow
}

// with returns the allowances with that of the lift among them, in the place of
// those that it overrides.
func with(allow []Allowance, l *lift) []Allowance {
	if l.allow.Rule == "" {
		return allow
	}
	return append(slices.DeleteFunc(slices.Clone(allow), func(a Allowance) bool {
		of := l.pair == nil && a.Group == l.allow.Group || l.pair != nil && isNamed(l.pair.called(), a.Group)
		return a.Rule == l.allow.Rule && of
	}), l.allow)
}

// compareAllowances puts those for a group first, and then those for the run in the
// order of the limits.
func compareAllowances(a, b Allowance) int {
	forRun := func(a Allowance) int {
		if a.Group == "" {
			return 1
		}
		return 0
	}
	return cmp.Or(
		forRun(a)-forRun(b), cmp.Compare(source.FoldName(a.Group), source.FoldName(b.Group)), cmp.Compare(a.Group, b.Group),
		slices.Index(limitRules(), a.Rule)-slices.Index(limitRules(), b.Rule),
	)
}

// wanted notes of which sorts the changes are in each group.
func (l *lifting) wanted(changes []Change, want map[*pair]asks) {
	var p *pair
	for i := range changes {
		c := &changes[i]
		if i == 0 || changes[i-1].Group != c.Group {
			p = l.pairs[source.FoldIdentifier(c.Group.Identifier)]
		}
		of := want[p]
		want[p] = asks{of.sorts | c.sort(), of.alike || p.mayBeSomebody(c)}
	}
}

// groupLeft is what comes through the limits on a group, and which sorts of it are
// wanted.
type groupLeft struct {
	due  []Change
	want sorts
}

// inGroup returns what more has to be allowed in the pair's group, so that its
// changes of the sorts wanted come through the limits on it, and what they need. What
// it tries knows of no logins that have become unknown: once the run does not hold
// removals for these, the group holds those that may be renames.
func (l *lifting) inGroup(p *pair, of asks, allow []Allowance) ([]lift, groupLeft) {
	holds := l.g.held[p]
	full := slices.Clone(p.due)
	for _, h := range l.g.plan.Holds[holds.from:holds.to] {
		full = append(full, h.Changes...)
	}
	var aside []Change
	if !of.alike { // who may be somebody else stays held: by the rule, or by a limit on the run
		full = slices.DeleteFunc(full, p.isSomebody)
		aside = slices.DeleteFunc(slices.Clone(p.due), func(c Change) bool { return !p.isSomebody(c) })
	}
	want := of.sorts | sortsOf(full)&makingOurs // which all that is due in the group needs
	var lifted []lift
	// Each round lifts another rule, so that there are no more of them than rules.
	for range limitRules() {
		opts, q := *l.g.opts, *p
		opts.Allow, q.due = allow, slices.Clone(full)
		try := guarding{opts: &opts, plan: &Plan{}, held: map[*pair]between{}, rows: l.g.rows}
		want |= try.replaces(&q, want)
		if holds.from < holds.to || p.mayBeRenames() {
			try.holdGroup(&q)
		}
		more := false
		for _, found := range try.lifts {
			if sortsOf(try.plan.Holds[found.hold].Changes)&want != 0 {
				found.pair, more = p, true
				allow, lifted = with(allow, &found), append(lifted, found)
			}
		}
		if !more {
			come, loss := try.refill(&q, full, want)
			if want, more = want|come, come != 0 || loss; loss {
				found := lift{allow: Allowance{Rule: RuleEmptyGroup, Group: p.ref.Name}, pair: p}
				allow, lifted = with(allow, &found), append(lifted, found)
			}
		}
		if !more {
			return lifted, groupLeft{append(q.due, aside...), want}
		}
	}
	return lifted, groupLeft{append(full, aside...), want}
}

// replaces returns the sorts of the grants without which the pair's group would lose
// its last admin to the changes wanted.
func (g *guarding) replaces(p *pair, want sorts) sorts {
	var due tally
	due.add(p.due, 1)
	left := p.admins - due.count(takingAdmins)
	switch {
	case want&takingAdmins == 0 || left > 0 || !g.keepsAdmin(p):
		return 0
	case left+due.count(promotes) > 0:
		return promotes
	default:
		return granting & sortsOf(p.due)
	}
}

// inRun returns what has to be allowed on the run, so that of what is due there the
// sorts wanted of each source come through.
func (l *lifting) inRun(due map[string]tally, want map[string]sorts, allow []Allowance) []Allowance {
	all := sorts(0)
	for _, s := range want {
		all |= s
	}
	// Lifting one limit can bring more before those after it, and no limit twice.
	for range 2 * len(limitRules()) {
		more := false
		for _, b := range l.binding(maps.Clone(due), allow) {
			concerned := all
			if b.source != "" {
				concerned = want[b.source]
			}
			if concerned&b.of != 0 || l.g.opts.Limits.BlockAll {
				allow, more = with(allow, &lift{allow: b.allow}), true
			}
		}
		if !more {
			break
		}
	}
	return allow
}

// binding is a limit on the run that holds something.
type binding struct {
	allow  Allowance // what lifts it
	of     sorts
	source string // the source that it is about, if it is about one
}

// raises reports whether the allowances have another one of a rule on the run than
// this run has.
func (g *guarding) raises(allow []Allowance, rule Rule) bool {
	then, _ := allowance(g.opts.Allow, rule, nil)
	now, _ := allowance(allow, rule, nil)
	return then != now
}

// binding returns the limits on the run that hold some of what is due, or all of it,
// in the order in which they are applied. It uses up what is due.
func (l *lifting) binding(due map[string]tally, allow []Allowance) []binding {
	var found []binding
	g := l.g
	for i := range g.lifts {
		h, a := &g.plan.Holds[g.lifts[i].hold], g.lifts[i].allow
		if h.Rule != RuleSourceShrink || slices.Contains(allow, a) {
			continue
		}
		found = append(found, binding{a, taking, h.Source})
		t := due[h.Source]
		t.take(taking)
		due[h.Source] = t
	}
	var left tally
	for _, t := range due {
		for i := range t {
			left[i] += t[i]
		}
	}
	bind := func(a Allowance, of sorts) {
		found = append(found, binding{allow: a, of: of})
	}
	if g.hidden > 0 && left.count(makingOurs) > 0 {
		if _, lifted := allowance(allow, RuleGroupCreations, nil); !lifted {
			bind(Allowance{Rule: RuleGroupCreations, Value: AtMost(left.count(makingOurs))}, makingOurs)
			left.take(makingOurs)
		}
	}
	compared, limits := g.plan.Header.Compared, &g.opts.Limits
	limit, floor := bound(allow, RuleUnknownLogins, limits.UnknownLogins, limits.FloorRun)
	if compared.NewUnknown > limit.Allowed(compared.Logins, floor) && left.count(taking) > 0 {
		bind(Allowance{Rule: RuleUnknownLogins, Value: AtMost(compared.NewUnknown)}, taking)
		left.take(taking)
	}
	for _, c := range runChecks(limits, compared, allow) {
		n := left.count(c.of)
		if n <= c.limit.Allowed(c.total, c.floor) {
			continue
		}
		concerns := c.of
		if c.rule == RuleGroupCreations && g.raises(allow, c.rule) {
			concerns = makingOurs // one allowance is for both
		}
		bind(Allowance{Rule: c.rule, Value: AtMost(n)}, concerns)
		left.take(c.of)
	}
	return found
}
