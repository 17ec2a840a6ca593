package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
)

// ages writes what is known of the plan's holds: "removals A: open, since night 1,
// 3 nights, from 2".
func ages(p *plan.Plan) []string {
	out := []string{}
	for i := range p.Holds {
		h := &p.Holds[i]
		title := strings.TrimSpace(string(h.Rule) + " " + h.Group.Name + h.Source)
		out = append(out, fmt.Sprintf("%s: %s, since night %d, %d, from %d", title, h.News, h.Since.Day(), h.Nights, h.From))
	}
	return out
}

// shrunk has the group A lose so many of its ten members, and holds every removal
// from a group.
func shrunk(n int) dated {
	return dated{roster: "A: " + people(10-n) + ", zoe", box: "A: " + people(10) + ", zoe", edit: perGroup}
}

func perGroup(o *plan.Options) {
	o.Limits = plan.Limits{RemovalsPerGroup: plan.AtMost(0), FloorGroup: 3}
}

// inRun holds the same removals by the limit on the run.
func inRun(o *plan.Options) {
	o.Limits = plan.Limits{Removals: plan.AtMost(0), FloorRun: 2, FloorGroup: 3}
}

func blocking(o *plan.Options) { o.Limits.BlockAll = true }

// dated is one run with what the holds are then to be known as.
type dated struct {
	roster, box string
	edit        func(*plan.Options)
	ages        []string
	news        int
}

func (d dated) known(news int, ages ...string) dated {
	d.news, d.ages = news, ages
	return d
}

func (d dated) under(edit ...func(*plan.Options)) dated {
	first := d.edit
	d.edit = func(o *plan.Options) {
		first(o)
		for _, f := range edit {
			f(o)
		}
	}
	return d
}

func TestAge_nights(t *testing.T) {
	t.Parallel()
	const isNew, grown, open = "removals_per_group A: new, since night %d, 0, from 0", "removals_per_group A: grown, since night 1, %d, from %d",
		"removals_per_group A: open, since night 1, %d, from 0"
	newOn := func(n int) string { return fmt.Sprintf(isNew, n) }
	openFor := func(n int) string { return fmt.Sprintf(open, n) }
	grownFor := func(n, from int) string { return fmt.Sprintf(grown, n, from) }
	other := dated{roster: "A: p3, p4, zoe", box: "A: p1, p2, p3, p4, zoe", edit: perGroup}
	others := dated{roster: "A: p1, p2, zoe", box: "A: p1, p2, p3, p4, zoe", edit: perGroup}
	both := dated{roster: "A: p1, zoe\n B: zoe", box: "A: p1, p2, p3\n B: zoe", edit: inRun}.under(blocking)
	for name, nights := range map[string][]dated{
		"it-lasts":            {shrunk(2).known(1, newOn(1)), shrunk(2).known(0, openFor(1)), shrunk(2).known(0, openFor(2))},
		"it-ends-and-returns": {shrunk(2).known(1, newOn(1)), shrunk(0).known(0), shrunk(2).known(1, newOn(3))},
		"twice-as-many-and-more-than-the-floor-more": {
			shrunk(4).known(1, newOn(1)), shrunk(8).known(1, grownFor(1, 4)), shrunk(8).known(0, openFor(2)),
		},
		"twice-as-many-of-a-few": {shrunk(3).known(1, newOn(1)), shrunk(6).known(0, openFor(1)), shrunk(7).known(1, grownFor(2, 3))},
		"many-more-of-many":      {shrunk(5).known(1, newOn(1)), shrunk(9).known(0, openFor(1))},
		"little-by-little": {
			shrunk(2).known(1, newOn(1)), shrunk(3).known(0, openFor(1)), shrunk(4).known(0, openFor(2)), shrunk(5).known(0, openFor(3)),
			shrunk(6).known(1, grownFor(4, 2)), shrunk(7).known(0, openFor(5)),
		},
		"smaller-for-a-while": {shrunk(8).known(1, newOn(1)), shrunk(2).known(0, openFor(1)), shrunk(8).known(1, grownFor(2, 2))},
		"other-people":        {other.known(1, newOn(1)), others.known(0, openFor(1))},
		"a-look-at-what-would-come-of-it-ends-nothing": {
			shrunk(2).known(1, newOn(1)),
			shrunk(2).under(allowing(t, "removals_per_group:A=2")).known(0),
			shrunk(2).known(0, openFor(2)),
			shrunk(2).under(inRun).known(1, "removals: new, since night 4, 0, from 0"),
			shrunk(2).under(inRun, allowing(t, "adds=2")).known(0, "removals: open, since night 4, 1, from 0"),
			shrunk(0).under(inRun, allowing(t, "adds=2")).known(0),
			shrunk(2).under(inRun).known(1, "removals: new, since night 7, 0, from 0"),
		},
		"block-goes-with-what-it-comes-of": {
			both.known(2, "on_limit: new, since night 1, 0, from 0", "removals: new, since night 1, 0, from 0"),
			both.under(allowing(t, "removals=2")).known(0),
			both.known(0, "on_limit: open, since night 1, 2, from 0", "removals: open, since night 1, 2, from 0"),
		},
		"an-acknowledgement-keeps-silent-and-the-plan-does-not": {
			shrunk(2).known(1, newOn(1)),
			shrunk(8).under(knowing(plan.RuleRemovalsPerGroup, "A")).known(0, grownFor(1, 2)),
			shrunk(8).known(0, openFor(2)),
		},
		"--group-makes-nothing-smaller": {
			shrunk(4).under(inRun).known(1, "removals: new, since night 1, 0, from 0"),
			shrunk(2).under(inRun, narrowed("A")).known(0, "removals: open, since night 1, 1, from 0"),
			shrunk(7).under(inRun).known(0, "removals: open, since night 1, 2, from 0"),
			shrunk(8).under(inRun, narrowed("A")).known(1, "removals: grown, since night 1, 3, from 4"),
			shrunk(9).under(inRun).known(0, "removals: open, since night 1, 4, from 0"),
		},
		"what-a-run-does-not-look-at-keeps-its-size": {
			shrunk(4).known(1, newOn(1)),
			shrunk(8).under(additive).known(0),
			shrunk(8).known(1, grownFor(2, 4)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := &plan.Memory{}
			for i, n := range nights {
				before := copied(memory)
				p := diff(t, roster(n.roster), box(n.box), options(n.edit, remembering(memory, night(i+1))))
				assert.Equal(t, before, memory, "the old memory is left alone")
				assert.Equal(t, orEmpty(n.ages), ages(p), "night %d", i+1)
				assert.Equal(t, n.news, p.NewHolds(memory), "night %d", i+1)
				memory = p.Memory
			}
		})
	}
}

// What --allow lifts of one rule under the name of another is kept as well.
func TestAge_hiddenGroups(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{}
	for n, want := range [][]string{{"hidden_groups: new, since night 1, 0, from 0"}, {}, {"hidden_groups: open, since night 1, 2, from 0"}} {
		w := &releaseWorld{roster: roster("A: ann\n New: ann"), box: box("A: ann"), hidden: 1}
		w.with(unlimited, remembering(memory, night(n+1)))
		if n == 1 {
			w.with(allowing(t, "group_creations=1"))
		}
		p := w.plan(t)
		assert.Equal(t, want, ages(p))
		memory = p.Memory
	}
}

// Days, not hours: whoever reads the report in the morning counts the nights.
func TestAge_days(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 1, 30, 23, 59, 59, 7, time.UTC)
	for name, test := range map[string]struct {
		now    time.Time
		nights int
	}{
		"a-moment-later-on-the-next-day": {first.Add(time.Second), 1},
		"the-same-moment":                {first, 0},
		"the-next-evening":               {first.Add(24*time.Hour - time.Second), 1},
		"a-month-on":                     {time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 30},
		"elsewhere-it-is-tomorrow":       {first.In(time.FixedZone("", 3600)), 0},
		"a-clock-that-was-put-back":      {first.Add(-48 * time.Hour), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &plan.Memory{Holds: map[string]time.Time{"empty_group/rollcall:main:hr:A": first.In(time.FixedZone("", -3600))}}
			p := diff(t, roster("A:\n B: ann"), box("A: bob\n B: ann"), options(remembering(m, test.now)))
			require.Equal(t, []string{"empty_group A 1"}, holds(p.Holds))
			assert.Equal(t, plan.Age{News: plan.Open, Since: time.Date(2026, 1, 30, 23, 59, 59, 0, time.UTC), Nights: test.nights}, p.Holds[0].Age)
			assert.Equal(t, m.Holds["empty_group/rollcall:main:hr:A"], p.Memory.Holds["empty_group/rollcall:main:hr:A"])
		})
	}
}

// Where nothing is remembered nobody says that a hold is new, and all are news.
func TestAge_nothingRemembered(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A:\n B: ann"), box("A: bob\n B: ann"), options(func(o *plan.Options) { o.Now = night(2) }))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, plan.Age{}, p.Holds[0].Age)
	assert.Equal(t, 1, p.NewHolds(nil))
}

// A memory of before sizes were kept grows nothing, and learns them.
func TestAge_memoryWithoutSizes(t *testing.T) {
	t.Parallel()
	run := shrunk(8)
	m := &plan.Memory{Holds: map[string]time.Time{"removals_per_group/rollcall:main:hr:A": night(1)}}
	p := diff(t, roster(run.roster), box(run.box), options(run.edit, remembering(m, night(2))))
	assert.Equal(t, []string{"removals_per_group A: open, since night 1, 1, from 0"}, ages(p))
	assert.Equal(t, map[string]int{"removals_per_group/rollcall:main:hr:A": 8}, p.Memory.HoldSizes)
}

// Two holds of one rule on the run are one: they stand, and grow, together.
func TestAge_holdsWithOneID(t *testing.T) {
	t.Parallel()
	m := &plan.Memory{Holds: map[string]time.Time{"group_creations": night(1)}, HoldSizes: map[string]int{"group_creations": 1}}
	tight := func(o *plan.Options) { o.Limits = plan.Limits{GroupCreations: plan.AtMost(0)} }
	p := diff(t, roster("A: ann\n B: ann"), box("B []: ann", "ann"), options(tight, reviewed, adopting, remembering(m, night(2))))
	require.Equal(t, []string{"group_creations 2", "group_creations 1"}, holds(p.Holds))
	assert.Equal(t, []string{"group_creations: grown, since night 1, 1, from 1", "group_creations: grown, since night 1, 1, from 1"}, ages(p))
	assert.Equal(t, map[string]int{"group_creations": 3}, p.Memory.HoldSizes)
}

// Whatever happens: what is remembered of holds is remembered with a size, a hold
// is new exactly if its id was not remembered, and told of as grown only once.
func TestProperty_ages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLimits(t)
		memory := &plan.Memory{}
		for n := range 4 {
			_, p := drawPlan(t, func(o *plan.Options) { o.Limits, o.Memory, o.Now = l, memory, night(n+1) })
			for i := range p.Holds {
				h := &p.Holds[i]
				first, known := memory.Holds[h.ID()]
				require.Equal(t, !known, h.News == plan.New)
				require.True(t, known && h.Since.Equal(first) || !known && h.Since.Equal(night(n+1)))
				require.Equal(t, n+1-h.Since.Day(), h.Nights)
				require.Equal(t, h.News == plan.Grown, h.From > 0)
			}
			for id, size := range p.Memory.HoldSizes {
				require.Positive(t, size)
				require.Contains(t, p.Memory.Holds, id)
			}
			require.Len(t, p.Memory.HoldSizes, len(p.Memory.Holds))
			require.Zero(t, p.NewHolds(p.Memory))
			memory = p.Memory
		}
	})
}
