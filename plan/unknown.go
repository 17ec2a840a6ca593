package plan

import (
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// unknownLogins returns the folded logins of this run that Box does not know, in no
// particular order.
func (d *Differ) unknownLogins() []string {
	var out []string
	for key := range d.notes {
		if key.kind == UnknownLogin {
			out = append(out, key.login)
		}
	}
	return out
}

// countLogins returns how many people are wanted in the groups compared, each
// once, and of whom no policy says to leave them alone. Where there are several
// sources, those with one login are one.
func (d *Differ) countLogins() int {
	several := len(d.roster.Evidence()) > 1
	guarded := len(d.opts.Ignore)+len(d.opts.Domains) > 0
	seen, logins, n := make([]bool, d.roster.People()), map[string]bool{}, 0
	for _, p := range d.pairs {
		if p.desired == nil {
			continue
		}
		for _, m := range p.desired.Members {
			if seen[m.Person] {
				continue
			}
			seen[m.Person] = true
			all := d.roster.Logins(m.Person)
			if len(all) == 0 || guarded && d.guardsOfPerson(m.Person)&(ignored|otherDomain) != 0 {
				continue
			}
			if several {
				logins[all[0].Key()] = true
			} else {
				n++
			}
		}
	}
	return n + len(logins)
}

// comparesLogins reports whether there is a last run whose unknown logins those of
// this run can be compared with.
func (o *Options) comparesLogins() bool { return o.Memory != nil && o.Memory.UnknownCounted }

// newlyUnknown counts the unknown logins that were not so at the last run. What a
// narrowed run does not look at, it does not compare.
func (d *Differ) newlyUnknown() int {
	if !d.opts.comparesLogins() {
		return 0
	}
	n := 0
	for _, login := range d.unknownLogins() {
		if _, before := slices.BinarySearch(d.opts.Memory.Unknown, login); !before {
			n++
		}
	}
	return n
}

// unknownLimit returns the limit on logins that become unknown, and its floor, under
// what was allowed for this run.
func (o *Options) unknownLimit() (Limit, int) {
	return bound(o.Allow, RuleUnknownLogins, o.Limits.UnknownLogins, o.Limits.FloorRun)
}

// holdUnknown holds what would be taken by a run in which so many logins have
// become unknown that the people have probably got others: those who seem to leave
// are then those who seem to be unknown.
func (g *guarding) holdUnknown() {
	if !g.tooManyUnknown() {
		return
	}
	compared := &g.plan.Header.Compared
	limit, floor := g.opts.unknownLimit()
	taken := take(&g.pending, (*Change).Takes)
	if len(taken) == 0 {
		return
	}
	g.plan.Header.Blocked = true
	g.holdLimit(Hold{
		Rule: RuleUnknownLogins,
		Reason: fmt.Sprintf("%s, and those to remove may be the same people; %s",
			rise(compared), limit.explain(compared.Logins, floor)),
	}, nil, AtMost(compared.NewUnknown), taken)
}

// tooManyUnknown reports whether the whole run holds removals for the logins that
// have become unknown.
func (g *guarding) tooManyUnknown() bool {
	compared := &g.plan.Header.Compared
	limit, floor := g.opts.unknownLimit()
	return compared.NewUnknown > limit.Allowed(compared.Logins, floor)
}

// rise says how many logins have become unknown.
func rise(c *Compared) string {
	return fmt.Sprintf("Box does not know %d of the %s wanted (%s) that were not unknown at the last run",
		c.NewUnknown, Count(c.Logins, "login"), share(c.NewUnknown, c.Logins))
}

// findUnknown tells of so many unknown logins that removals would be held, or would
// be if there were a last run, where none is held for it.
func (d *Differ) findUnknown(p *Plan) {
	c := &p.Header.Compared
	limit, floor := d.opts.unknownLimit()
	most, unknown, text := limit.Allowed(c.Logins, floor), len(d.unknownLogins()), ""
	switch {
	case slices.ContainsFunc(p.Holds, func(h Hold) bool { return h.Rule == RuleUnknownLogins }):
	case c.NewUnknown > most:
		text = rise(c) + "; removals would be held, and none is left to hold"
	case !d.opts.comparesLogins() && unknown > most:
		text = fmt.Sprintf("Box does not know %d of the %s wanted (%s); nothing is held for it, because no last run is remembered to compare with",
			unknown, Count(c.Logins, "login"), share(unknown, c.Logins))
	}
	if text != "" {
		p.Findings = append(p.Findings, Finding{Kind: UnknownLogins, Text: text})
	}
}

// rememberUnknown keeps which logins are unknown, for the next run to compare with.
// Those of a run in which too many became so are not kept: the next one finds as
// many again, until the cause ends or somebody allows it. What a narrowed run did not
// look at stays unknown, as far as Box showed nobody for it.
func (d *Differ) rememberUnknown(next *Memory, p *Plan) {
	c, limits := &p.Header.Compared, &d.opts.Limits
	limit, floor := d.opts.unknownLimit()
	most := min(limit.Allowed(c.Logins, floor), limits.UnknownLogins.Allowed(c.Logins, limits.FloorRun))
	if len(d.opts.Scope.Groups) == 0 {
		next.Unknown = d.unseenUnknown()
	} else {
		next.Unknown = slices.DeleteFunc(slices.Clone(d.opts.Memory.Unknown), func(login string) bool { return d.users.byKey[login] != 0 })
	}
	for _, login := range d.unknownLogins() {
		_, before := slices.BinarySearch(d.opts.Memory.Unknown, login)
		if before || c.NewUnknown <= most {
			next.Unknown = append(next.Unknown, login)
		}
	}
	slices.Sort(next.Unknown)
	next.Unknown = slices.Compact(next.Unknown)
	next.UnknownCounted = d.opts.Memory.UnknownCounted || len(d.opts.Scope.Groups) == 0 && len(d.pausing.groups) == 0
}

// unseenUnknown returns the logins that were unknown at the last run and that the
// sources still have, as far as Box showed nobody for them. Some may be in groups
// that are not compared this time; when they are again, they have not become
// unknown.
func (d *Differ) unseenUnknown() []string {
	if len(d.opts.Memory.Unknown) == 0 {
		return nil
	}
	var out []string
	for i := range d.roster.People() {
		logins := d.roster.Logins(source.PersonIndex(i))
		if len(logins) == 0 || d.users.byKey[logins[0].Key()] != 0 {
			continue
		}
		if _, before := slices.BinarySearch(d.opts.Memory.Unknown, logins[0].Key()); before {
			out = append(out, logins[0].Key())
		}
	}
	return out
}

// Accept makes the memory take for known to be unknown, and for the size of a source,
// what the plan allowed to be: somebody has applied it with that allowance, and the
// next run need not ask again. A plan that was only made accepts nothing, nor does one
// that the command line narrowed, which shows a part of what would be taken; and an
// allowance of less than there was releases nothing.
func (m *Memory) Accept(p *Plan) {
	if !p.Agrees() {
		return
	}
	m.acceptShrunk(p)
	c := &p.Header.Compared
	if a, allowed := allowance(p.Header.Allowed, RuleUnknownLogins, nil); !allowed || c.NewUnknown > a.Value.Allowed(c.Logins, 0) {
		return
	}
	for i := range p.Findings {
		if f := &p.Findings[i]; f.Kind == UnknownLogin {
			m.Unknown = append(m.Unknown, f.Login.Key())
		}
	}
	slices.Sort(m.Unknown)
	m.Unknown = slices.Compact(m.Unknown)
}
