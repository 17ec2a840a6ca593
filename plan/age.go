package plan

import (
	"maps"
	"time"
)

// News says whether a hold is one that nobody has been told of.
type News uint8

// What a hold can be.
const (
	Unremembered News = iota // nothing is remembered from run to run
	New                      // no earlier run held it
	Grown                    // an earlier run held it, and it holds much more now
	Open                     // an earlier run held it
)

// String returns the word of plans and reports.
func (n News) String() string {
	switch n {
	case New:
		return "new"
	case Grown:
		return "grown"
	case Open:
		return "open"
	default:
		return "not_remembered"
	}
}

// Age is what earlier runs know of a hold. Its zero value is that of a plan
// of an installation that remembers nothing.
type Age struct {
	News News
	// Since is when the hold was first held, in UTC and in whole seconds: of one that
	// is new, the time of this run.
	Since time.Time
	// Nights are the days in UTC that have begun between then and this run.
	Nights int
	// From is how many changes one that has grown counted for when it was last told
	// of as news; 0 for any other.
	From int
}

// age returns what the memory knows of the hold with the id, which now counts
// for so many changes. What counts is rule and group: other people under the same
// rule are the same hold, until they are many more.
func (m *Memory) age(id string, size, floor int, now time.Time) Age {
	if m == nil {
		return Age{}
	}
	first, known := m.Holds[id]
	if !known {
		return Age{News: New, Since: wholeSeconds(now)}
	}
	s := Age{News: Open, Since: wholeSeconds(first)}
	const day = 24 * time.Hour
	s.Nights = max(0, int(now.UTC().Truncate(day).Sub(s.Since.Truncate(day))/day))
	if from, counted := m.HoldSizes[id]; counted && size >= 2*from && size-from > floor {
		s.News, s.From = Grown, from
	}
	return s
}

func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// ages returns what the memory knows of each of the plan's holds, in their
// order. Several holds with one id grow together.
func (p *Plan) ages(m *Memory, now time.Time) []Age {
	sizes := p.holdSizes()
	out := make([]Age, len(p.Holds))
	for i := range p.Holds {
		h := &p.Holds[i]
		floor := p.Header.Limits.FloorRun
		if h.Group != (GroupRef{}) {
			floor = p.Header.Limits.FloorGroup
		}
		out[i] = m.age(h.ID(), sizes[h.ID()], floor, now)
	}
	return out
}

// holdSizes returns how many changes the plan's holds count for, by their ids.
func (p *Plan) holdSizes() map[string]int {
	sizes := make(map[string]int, len(p.Holds))
	for i := range p.Holds {
		sizes[p.Holds[i].ID()] += p.Holds[i].Size()
	}
	return sizes
}

// dateHolds says of every hold what the memory knows of it.
func (d *Differ) dateHolds(p *Plan) {
	for i, s := range p.ages(d.opts.Memory, d.opts.Now) {
		p.Holds[i].Age = s
	}
}

// rememberSizes keeps what the next run measures the growth of holds by: the size
// with which one was last news, or a smaller one that it has had since. A run that
// looks at less than all that the rule counts makes no size smaller.
func (d *Differ) rememberSizes(p *Plan, next, old *Memory) {
	next.HoldSizes = maps.Clone(old.HoldSizes)
	maps.DeleteFunc(next.HoldSizes, func(id string, _ int) bool { _, held := next.Holds[id]; return !held })
	if next.HoldSizes == nil {
		next.HoldSizes = map[string]int{}
	}
	seen, sizes := d.seen(), p.holdSizes()
	for i := range p.Holds {
		h := &p.Holds[i]
		id := h.ID()
		before, counted := next.HoldSizes[id]
		if !counted || h.News != Open || d.sawHold(id, seen) {
			next.HoldSizes[id] = sizes[id]
			if counted && h.News == Open {
				next.HoldSizes[id] = min(before, sizes[id])
			}
		}
	}
}
