package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Made is what one run made in Box. The last such run is remembered until another
// one makes something, and the earlier ones for two weeks beside it.
type Made struct {
	Run string    // its id
	At  time.Time // when it began, in UTC
	// Groups are what it made of groups, by their folded identifiers.
	Groups map[string]MadeGroup
}

// MadeGroup is what one run made of one group.
type MadeGroup struct {
	// Facts are what was so when the run had ended, by what it is: "user/7" is
	// "admin", "name" is "Finance".
	Facts map[string]string
	// Again says of the facts that an earlier run had made too how often that was.
	Again map[string]int
}

// MaxMade bounds how many facts are remembered: 100,000, of the newest runs. A group
// of which not all would fit is left out whole: half of it would tell half a story.
const MaxMade = 100_000

// madeFor is how long a run's changes are remembered beside those of later ones: what
// undoes them may come by once a week only.
const madeFor = 14 * 24 * time.Hour

// fact is something that is so in Box once a change is made.
type fact struct{ what, is string }

// facts returns what is so once the change is made. Two changes of different kinds
// may make the same so: whoever was added as an admin may have been demoted since.
func (c *Change) facts() []fact {
	switch c.Kind {
	case CreateGroup:
		return append([]fact{{"group", "ours"}, {"name", c.Group.Name}}, c.settingFacts()...)
	case AdoptGroup, RekeyGroup:
		return []fact{{"group", "ours"}}
	case RenameGroup:
		return []fact{{"name", c.Group.Name}}
	case UpdateGroup:
		return c.settingFacts()
	case Remove:
		return []fact{{userFact(c.User.ID), "none"}}
	default:
		return []fact{{userFact(c.User.ID), c.After.String()}}
	}
}

func userFact(id target.UserID) string { return "user/" + id.String() }

func (c *Change) settingFacts() []fact {
	facts := make([]fact, len(c.Settings))
	for i, s := range c.Settings {
		facts[i] = fact{s.Setting.String(), s.After}
	}
	return facts
}

// RememberMade notes what the run with the id, which began at the time given, made of
// the plan. Of what was true already it is not known who made it, so that nothing is
// remembered of that. A run that made nothing makes nothing forgotten, and one that is
// noted twice counts once.
func (m *Memory) RememberMade(run string, at time.Time, p *Plan, results []Result) {
	now := Made{Run: run, At: at.UTC().Truncate(time.Second), Groups: map[string]MadeGroup{}}
	before := m.madeOf()
	settled := map[string]map[string]bool{} // groups, and what of them is known since
	for i := range p.Changes {
		c, outcome := &p.Changes[i], results[i].Outcome
		if outcome != Applied && outcome != Already {
			continue
		}
		identifier := source.FoldIdentifier(c.Group.Identifier)
		if settled[identifier] == nil {
			settled[identifier] = map[string]bool{}
		}
		for _, f := range c.facts() {
			settled[identifier][f.what] = true
			if outcome == Applied {
				now.add(identifier, f, timesMade(before[identifier], identifier, f, run))
			}
		}
	}
	m.supersede(settled)
	if len(now.Groups) == 0 {
		return
	}
	m.Made = slices.DeleteFunc(m.Made, func(old Made) bool { return !old.At.After(now.At.Add(-madeFor)) })
	m.Made = append(m.Made, now)
	slices.SortStableFunc(m.Made, func(a, b Made) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Run, a.Run)) })
	m.boundMade()
}

func (r *Made) add(identifier string, f fact, again int) {
	g, known := r.Groups[identifier]
	if !known {
		g.Facts = map[string]string{}
	}
	g.Facts[f.what] = f.is
	if again > 0 {
		if g.Again == nil {
			g.Again = map[string]int{}
		}
		g.Again[f.what] = again
	}
	r.Groups[identifier] = g
}

// madeOf returns the runs that made something of each group.
func (m *Memory) madeOf() map[string][]*Made {
	of := map[string][]*Made{}
	for i := range m.Made {
		for identifier := range m.Made[i].Groups {
			of[identifier] = append(of[identifier], &m.Made[i])
		}
	}
	return of
}

// madeBy returns the one of the runs that made the fact of the group, or nil.
func madeBy(runs []*Made, identifier string, f fact) *Made {
	for _, r := range runs {
		if is, known := r.Groups[identifier].Facts[f.what]; known && is == f.is {
			return r
		}
	}
	return nil
}

// timesMade counts how often the fact was made before the run with the id.
func timesMade(runs []*Made, identifier string, f fact, id string) int {
	last := madeBy(runs, identifier, f)
	switch {
	case last == nil:
		return 0
	case last.Run == id:
		return last.Groups[identifier].Again[f.what]
	default:
		return last.Groups[identifier].Again[f.what] + 1
	}
}

// supersede forgets what earlier runs made of what is known since.
func (m *Memory) supersede(settled map[string]map[string]bool) {
	var left []Made
	for _, r := range m.Made {
		groups := maps.Clone(r.Groups)
		for identifier, whats := range settled {
			g, known := groups[identifier]
			if !known {
				continue
			}
			g.Facts, g.Again = maps.Clone(g.Facts), maps.Clone(g.Again)
			for what := range whats {
				delete(g.Facts, what)
				delete(g.Again, what)
			}
			if groups[identifier] = g; len(g.Facts) == 0 {
				delete(groups, identifier)
			}
		}
		if r.Groups = groups; len(groups) > 0 {
			left = append(left, r)
		}
	}
	m.Made = left
}

// boundMade leaves the newest facts, MaxMade at most.
func (m *Memory) boundMade() {
	room := MaxMade
	for _, r := range m.Made {
		for _, identifier := range slices.Sorted(maps.Keys(r.Groups)) {
			if n := len(r.Groups[identifier].Facts); n <= room {
				room -= n
			} else {
				delete(r.Groups, identifier)
			}
		}
	}
	m.Made = slices.DeleteFunc(m.Made, func(r Made) bool { return len(r.Groups) == 0 })
}
