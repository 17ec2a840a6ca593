package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Finish makes the plan of what the differ was told. It fails if a listing is
// missing: nothing may be decided about a group that was not read.
func (d *Differ) Finish() (*Plan, error) {
	if err := d.unlisted(); err != nil {
		return nil, err
	}
	d.weighAccounts()
	d.findRenamed()
	for _, p := range d.pairs {
		d.decide(p)
	}
	d.nameGroups(map[string]bool{})
	d.findUnusedAllowances()
	d.findUnusedPolicies()
	d.findUnusedProtection()
	d.findings = append(d.findings, d.noted()...)
	plan := &Plan{
		Header: Header{
			Instance:    d.opts.Instance,
			Fingerprint: d.opts.Fingerprint,
			Scope:       d.opts.Scope,
			Sources:     d.roster.Evidence(),
			Remembered:  d.shrinking.measured(),
			Compared:    d.compared(),
			Paused:      d.pausing.told(),
			Notices:     d.notices(d.opts.Memory),
			Limits:      d.opts.Limits,
			GroupLimits: limitsOf(d.opts.Policies),
			Allowed:     d.opts.Allow,
		},
		Findings: d.findings,
		Holds:    d.holds,
	}
	d.guard(plan)
	d.findUnknown(plan)
	d.findUndone(plan)
	plan.nameMoves()
	d.dateHolds(plan)
	plan.Memory = d.remember(plan)
	plan.Header.Kept = d.kept
	for _, p := range d.pairs {
		if p.desired != nil {
			plan.Groups = append(plan.Groups, p.summary())
		}
	}
	slices.SortFunc(plan.Groups, func(a, b GroupSummary) int { return compareGroups(a.Group, b.Group) })
	slices.SortFunc(plan.Changes, compareChanges)
	for i := range plan.Holds {
		slices.SortFunc(plan.Holds[i].Changes, compareChanges)
	}
	slices.SortFunc(plan.Holds, compareHolds)
	slices.SortFunc(plan.Findings, compareFindings)
	return plan, nil
}

// compared counts what the limits on the whole run are measured against.
func (d *Differ) compared() Compared {
	c := Compared{Logins: d.countLogins(), NewUnknown: d.newlyUnknown()}
	for _, p := range d.pairs {
		if p.desired == nil && !p.empty {
			continue
		}
		c.Memberships += p.current
		if p.actual.ID != 0 {
			c.Groups++
		}
	}
	return c
}

// summary returns what was compared for the pair's group.
func (p *pair) summary() GroupSummary {
	s := GroupSummary{Group: p.ref, Current: p.current}
	if name := p.desired.NameInSource(); name != p.ref.Name {
		s.NameInSource = name
	}
	return s
}

// plan notes a change that is due in the pair's group.
func (p *pair) plan(c Change) {
	c.Group, c.Needs = p.ref, p.needs
	p.due = append(p.due, newChange(c))
}

// planFirst notes a change that every other change of the group needs.
func (p *pair) planFirst(c Change) {
	p.plan(c)
	p.needs = []string{p.due[len(p.due)-1].ID}
}

// findPartial says why the source did not give the pair's group whole, if it did not.
func (d *Differ) findPartial(p *pair) {
	if !p.desired.Complete() {
		d.finding(PartialGroup, p.ref, "%s", strings.Join(p.desired.Partial, "; "))
	}
}

func (d *Differ) finding(kind FindingKind, ref GroupRef, format string, args ...any) {
	d.findings = append(d.findings, Finding{Kind: kind, Group: ref, Text: fmt.Sprintf(format, args...)})
}

// decide turns what differs in one group into changes and findings.
func (d *Differ) decide(p *pair) {
	if p.desired == nil {
		d.decideOrphan(p)
		return
	}
	d.findPartial(p)
	d.findUnresolved(p)
	d.findDescriptionTooLong(p)
	switch {
	case p.actual.ID == 0:
		p.planFirst(Change{Kind: CreateGroup, Cause: Wanted, Settings: d.settingsDue(p)})
	case p.takeover != 0:
		p.planFirst(Change{Kind: p.takeover, BeforeIdentifier: p.actual.Identifier, Cause: Wanted})
	}
	if p.renames() {
		p.plan(Change{Kind: RenameGroup, BeforeName: p.actual.Name, Cause: Wanted})
	}
	if due := d.settingsDue(p); p.actual.ID != 0 && len(due) > 0 {
		p.plan(Change{Kind: UpdateGroup, Settings: due, Cause: Wanted})
	}
	p.untold, p.namesakes = d.untoldIn(p), d.namesakesIn(p)
	d.decideAdds(p)
	d.keepAccounts(p)
	p.strangers = len(p.gone) == p.current && !slices.ContainsFunc(p.due, func(c Change) bool { return c.Kind == Add })
	for _, c := range p.role {
		d.decideRole(p, c)
	}
	for _, m := range p.gone {
		d.decideRemove(p, m, d.causeOf(m.User))
	}
	d.holdDisputed(p)
	p.reused = p.mayBeReused()
}

// decideAdds plans the adds. Somebody who turns out to be among those whose
// removal was due is a member already, under another of their logins.
func (d *Differ) decideAdds(p *pair) {
	missing := d.wantedMissing(p)
	if len(missing) == 0 {
		return
	}
	seen := map[target.UserID]bool{}
	leaving := make(map[target.UserID]target.Membership, len(p.gone))
	for _, m := range p.gone {
		leaving[m.User] = m
	}
	for _, want := range missing {
		i := d.userToCompare(p, &want)
		if i == 0 {
			continue
		}
		user := d.users.users[i]
		if seen[user.ID] {
			d.share(p, user)
			continue
		}
		seen[user.ID] = true
		if have, ok := leaving[user.ID]; ok {
			delete(leaving, user.ID)
			d.compareRole(p, have, want.Role)
			continue
		}
		p.plan(Change{Kind: Add, User: user, After: d.roleToAdd(p, i, want.Role), Cause: Joined})
	}
	p.gone = slices.DeleteFunc(p.gone, func(m target.Membership) bool {
		_, still := leaving[m.User]
		return !still
	})
}

// guardsOfPerson applies the policies on people to all logins of a person.
func (d *Differ) guardsOfPerson(person source.PersonIndex) guard {
	var g guard
	for _, login := range d.roster.Logins(person) {
		g |= d.opts.guardsOf(login)
	}
	return g
}

func (d *Differ) decideRole(p *pair, c roleChange) {
	after := targetRole(c.want)
	demotes := c.membership.Role == target.RoleAdmin
	g := d.guardsIn(p, d.users.byID[c.membership.User])
	switch {
	case d.kept.leaveAlone(g):
	case !d.opts.ManageRoles:
		d.kept.Roles++
	case demotes && g&protected != 0:
		d.kept.Protected++
	case demotes && !d.removesFrom(p):
		d.kept.Additive++
	case after == target.RoleAdmin && d.noGroupAdmin(p, d.users.byID[c.membership.User]):
	default:
		p.plan(Change{
			Kind: SetRole, User: d.user(c.membership.User), Membership: c.membership.ID,
			Before: c.membership.Role, After: after, Cause: RoleChanged,
		})
	}
}

func (d *Differ) decideRemove(p *pair, m target.Membership, cause Cause) {
	g := d.guardsIn(p, d.users.byID[m.User])
	switch {
	case g&unnamed != 0:
		d.finding(UnnamedMember, p.ref, "Box shows the member with user id %s without a login; nobody knows who that is, and they are left alone", m.User)
	case d.kept.leaveAlone(g):
	case g&protected != 0:
		d.kept.Protected++
	case !d.removesFrom(p):
		d.kept.Additive++
	default:
		d.noteApp(p, d.users.byID[m.User])
		p.plan(Change{
			Kind: Remove, User: d.user(m.User), Membership: m.ID, Before: m.Role, Cause: cause,
		})
	}
}

func (d *Differ) decideOrphan(p *pair) {
	if p.empty {
		for _, m := range p.gone {
			d.decideRemove(p, m, Asked)
		}
		return
	}
	finding := Finding{
		Kind: Orphan, Group: p.ref,
		Text: fmt.Sprintf("source %s no longer has this group; it and its %s are left alone",
			p.ref.Key.Source, Count(p.current, "member")),
	}
	// Nobody is told how to empty or delete groups on the word of a source that
	// has probably not been read whole.
	name := p.ref.Key.Source
	trusted := d.trusts(name)
	switch {
	case len(p.twins) > 0:
		finding.Text += "; " + p.maybeText(" ("+string(RulePossibleRename)+")")
	case d.wantedByName(p):
		finding.Text = fmt.Sprintf("the group carries the identifier %s, which source %s no longer has, although a source has a group of that name; it and its %s are left alone",
			strconv.Quote(p.ref.Identifier), name, Count(p.current, "member"))
	case trusted && p.current+p.hidden == 0 && !p.limited:
		finding.Release = "nobody is in it, so it can be deleted in Box"
	case trusted && p.current > 0:
		finding.Release = "to remove its members: " + d.toEmpty(p)
	}
	d.findings = append(d.findings, finding)
}

// toEmpty says how the members of an orphan are removed: by its name, which must be
// that of one orphan alone.
func (d *Differ) toEmpty(p *pair) string {
	if d.namedSo[source.FoldName(p.ref.Name)] > 1 {
		return "rename it in Box, where another orphan has its name, and then --empty-orphan with the new one"
	}
	return "--empty-orphan " + ShellQuote(p.ref.Name)
}

func (d *Differ) user(id target.UserID) target.User { return d.users.users[d.users.byID[id]] }

// nameMoves marks the adds and removals of people who leave one group and enter
// another. Only what the plan does counts: somebody whose way into the other
// group is held does not move.
func (p *Plan) nameMoves() {
	const entering, leaving = 1, 2
	ways := map[target.UserID]uint8{}
	for i := range p.Changes {
		switch p.Changes[i].Kind {
		case Add:
			ways[p.Changes[i].User.ID] |= entering
		case Remove:
			ways[p.Changes[i].User.ID] |= leaving
		default:
		}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if (c.Cause == Joined || c.Cause == Unexplained) && ways[c.User.ID] == entering|leaving {
			c.Cause = Moved
		}
	}
}
