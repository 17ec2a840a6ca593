package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// shrinking is what the figures of the sources are measured against.
type shrinking struct {
	now  []source.Evidence
	then map[string]pastCounts // by source
}

// pastCounts are the figures that a source had. Where an earlier run remembers them,
// they are what counts, and its groups in Box are not.
type pastCounts struct {
	SourceCounts
	remembered bool
}

func newShrinking(roster *source.Roster, m *Memory) shrinking {
	s := shrinking{roster.Evidence(), map[string]pastCounts{}}
	if m != nil {
		for name, counts := range m.Sources {
			s.then[name] = pastCounts{counts, true}
		}
	}
	return s
}

// learn takes in that the source has had these figures, too.
func (s *shrinking) learn(name string, counts SourceCounts, remembered bool) {
	then := s.then[name]
	s.then[name] = pastCounts{then.atLeast(counts), then.remembered || remembered}
}

// measured returns the figures of earlier runs that the sources of a new plan are
// measured against, for its header.
func (s *shrinking) measured() []RememberedSource {
	var out []RememberedSource
	for _, e := range s.now {
		if then, known := s.then[e.Name]; known {
			out = append(out, RememberedSource{e.Name, then.SourceCounts})
		}
	}
	return out
}

// shrinking returns what the sources of a saved plan are measured against: what the
// plan itself was, and where they are read again, also what the plan says of them
// and what is remembered now. Where they are not, the plan's own figures are
// measured once more, as the limit may have become stricter.
func (r *Recheck) shrinking(roster *source.Roster, m *Memory) shrinking {
	h := &r.saved.Header
	s := shrinking{h.Sources, map[string]pastCounts{}}
	if r.sourced {
		s = newShrinking(roster, m)
		for _, e := range h.Sources {
			s.learn(e.Name, countsOf(&e), false)
		}
	}
	for _, was := range h.Remembered {
		s.learn(was.Name, was.SourceCounts, true)
	}
	return s
}

func countsOf(e *source.Evidence) SourceCounts { return SourceCounts{e.Groups, e.Memberships} }

// atLeast returns the larger of each figure.
func (c SourceCounts) atLeast(other SourceCounts) SourceCounts {
	return SourceCounts{max(c.Groups, other.Groups), max(c.Memberships, other.Memberships)}
}

// shrinkFloor returns what a source may always lose under a percentage.
func (l *Limits) shrinkFloor() SourceCounts { return SourceCounts{l.FloorGroup, l.FloorRun} }

// loss is what a source has lost: against its figures of an earlier run, or where
// there are none, of its groups in Box.
type loss struct {
	source        string
	inBox         bool
	lost, of, now SourceCounts // lost is negative where it has grown
	limit         Limit
	floor         SourceCounts
}

// passes reports whether so much may be lost, of either.
func (l *loss) passes(limit Limit, floor SourceCounts) bool {
	return l.lost.Groups <= limit.Allowed(l.of.Groups, floor.Groups) &&
		l.lost.Memberships <= limit.Allowed(l.of.Memberships, floor.Memberships)
}

// within reports whether the loss is within the limit on it.
func (l *loss) within() bool { return l.passes(l.limit, l.floor) }

// newLoss returns what the source has lost of what it was.
func newLoss(e *source.Evidence, was SourceCounts, limits *Limits, allow []Allowance) loss {
	l := loss{source: e.Name, now: countsOf(e), of: was, limit: limits.SourceShrink, floor: limits.shrinkFloor()}
	if a, allowed := shrinkAllowance(allow, e.Name); allowed {
		l.limit, l.floor = a.Value, SourceCounts{}
	}
	l.lost = SourceCounts{l.of.Groups - l.now.Groups, l.of.Memberships - l.now.Memberships}
	return l
}

// lossOf returns what the source has lost, with the limit of this run on it.
func (d *Differ) lossOf(e *source.Evidence) loss {
	then, known := d.shrinking.then[e.Name]
	l := newLoss(e, then.SourceCounts, &d.opts.Limits, d.opts.Allow)
	if known && (then.remembered || !l.within()) {
		return l
	}
	l.inBox, l.lost, l.of = true, SourceCounts{Groups: d.gone[e.Name]}, SourceCounts{Groups: d.owned[e.Name]}
	return l
}

// trusts reports whether the source has lost no more than it may: otherwise it was
// probably not read whole.
func (d *Differ) trusts(name string) bool {
	for i := range d.shrinking.now {
		if e := &d.shrinking.now[i]; e.Name == name {
			l := d.lossOf(e)
			return l.within()
		}
	}
	return true
}

// holdShrunk holds what would be taken on the word of a source that has lost too
// much: it was probably not read whole. Such a source is reported even if nothing
// was due.
func (g *guarding) holdShrunk(d *Differ) {
	for i := range d.shrinking.now {
		l := d.lossOf(&d.shrinking.now[i])
		if l.within() {
			continue
		}
		g.plan.Header.Blocked = true
		// What is typed counts for groups and for memberships.
		lost := AtMost(max(l.lost.Groups, l.lost.Memberships))
		g.lifts = append(g.lifts, lift{hold: len(g.plan.Holds), allow: Allowance{Rule: RuleSourceShrink, Group: l.source, Value: lost}})
		g.plan.Holds = append(g.plan.Holds, Hold{
			Rule: RuleSourceShrink, Source: l.source,
			Changes: take(&g.pending, func(c *Change) bool { return c.Group.Key.Source == l.source && c.Takes() }),
			Reason:  l.reason(),
		})
	}
}

// reason says what is lost, and how much may be.
func (l *loss) reason() string {
	if l.inBox {
		return fmt.Sprintf("%d of the %s that source %s has in Box are missing from it (%s); %s",
			l.lost.Groups, Count(l.of.Groups, "group"), l.source, share(l.lost.Groups, l.of.Groups), l.limit.explain(l.of.Groups, l.floor.Groups))
	}
	return fmt.Sprintf("source %s had %s and %s, and has %s and %s; %s", l.source,
		Count(l.of.Groups, "group"), Count(l.of.Memberships, "membership"),
		remains(l.now.Groups, l.lost.Groups, l.of.Groups, "group"),
		remains(l.now.Memberships, l.lost.Memberships, l.of.Memberships, "membership"), l.explain())
}

// remains says what there is now: "6 groups (7/13 lost, 54%)".
func remains(now, lost, of int, noun string) string {
	text := Count(now, noun)
	if lost > 0 {
		text += fmt.Sprintf(" (%d/%d lost, %s)", lost, of, share(lost, of))
	}
	return text
}

// explain returns the limit for people, with what it comes to for both figures.
func (l *loss) explain() string {
	text := "the limit is " + l.limit.String()
	if l.limit.has&hasPercent == 0 {
		return text
	}
	var here []string
	for _, of := range []struct {
		total, floor int
		noun         string
	}{{l.of.Groups, l.floor.Groups, "group"}, {l.of.Memberships, l.floor.Memberships, "membership"}} {
		if of.total > 0 {
			here = append(here, Count(l.limit.Allowed(of.total, of.floor), of.noun))
		}
	}
	return text + ", here " + strings.Join(here, " and ")
}

// shrinkAllowance returns what was allowed a source to lose: what names it before
// what is for all, and of two that are alike the later one.
func shrinkAllowance(allowed []Allowance, name string) (Allowance, bool) {
	var found Allowance
	ok := false
	for _, a := range allowed {
		if a.Rule == RuleSourceShrink && (a.Group == name || a.Group == "" && found.Group == "") {
			found, ok = a, true
		}
	}
	return found, ok
}

// sourceCounts returns the figures of the sources. A source that was not read whole,
// or that has lost more than the configuration lets it, has no smaller ones than
// before: the next run would be measured against too little, and what is held would
// be held for one night. What --allow lets it lose counts only when it was applied;
// see [Memory.Accept].
func (d *Differ) sourceCounts(old *Memory) map[string]SourceCounts {
	counts := map[string]SourceCounts{}
	maps.Copy(counts, old.Sources)
	partial := map[string]bool{}
	for i := range d.roster.Groups() {
		if g := &d.roster.Groups()[i]; !g.Complete() {
			partial[g.Key.Source] = true
		}
	}
	limits := &d.opts.Limits
	for i := range d.shrinking.now {
		e := &d.shrinking.now[i]
		l := d.lossOf(e)
		believed := e.GroupsComplete && l.within() && l.passes(limits.SourceShrink, limits.shrinkFloor())
		was, known := old.Sources[e.Name]
		next := was.atLeast(l.now)
		if believed {
			next.Groups = l.now.Groups
		}
		if believed && !partial[e.Name] {
			next.Memberships = l.now.Memberships
		}
		if believed || known {
			counts[e.Name] = next
		}
	}
	return counts
}

// acceptShrunk makes the memory take for the figures of a source those that the plan
// has, where it was allowed to have so little. A plan in which everything is paused
// shows nothing of what is taken on the source's word, and accepts nothing. Nor is a
// source taken to be smaller that has grown since the plan was made.
func (m *Memory) acceptShrunk(p *Plan) {
	h := &p.Header
	if len(h.Paused) > 0 && len(p.Groups) == 0 {
		return
	}
	for i := range h.Sources {
		e := &h.Sources[i]
		if _, allowed := shrinkAllowance(h.Allowed, e.Name); !allowed || p.holdsShrunk(e.Name) {
			continue
		}
		now, known := m.Sources[e.Name]
		switch {
		case known && !p.predates(e.Name, now):
			now = SourceCounts{min(now.Groups, e.Groups), min(now.Memberships, e.Memberships)}
		case !known && e.GroupsComplete:
			now = countsOf(e)
		default:
			continue
		}
		if m.Sources == nil {
			m.Sources = map[string]SourceCounts{}
		}
		m.Sources[e.Name] = now
	}
}

// holdsShrunk reports whether the plan holds what would be taken on the source's word.
func (p *Plan) holdsShrunk(name string) bool {
	return slices.ContainsFunc(p.Holds, func(h Hold) bool { return h.Rule == RuleSourceShrink && h.Source == name })
}

// predates reports whether the source has grown beyond what the plan saw of it and
// was measured against.
func (p *Plan) predates(name string, now SourceCounts) bool {
	i := slices.IndexFunc(p.Header.Remembered, func(r RememberedSource) bool { return r.Name == name })
	if i < 0 {
		return false
	}
	seen := p.Header.Remembered[i].SourceCounts
	for j := range p.Header.Sources {
		if e := &p.Header.Sources[j]; e.Name == name {
			seen = seen.atLeast(countsOf(e))
		}
	}
	return now.Groups > seen.Groups || now.Memberships > seen.Memberships
}
