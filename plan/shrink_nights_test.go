package plan_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// shrinkNight is one nightly run, and what is remembered after it.
type shrinkNight struct {
	now  size
	edit []func(*plan.Options)
	held bool
	// accept says that somebody applies the plan, to its end.
	accept bool
	after  plan.SourceCounts
}

// runShrinkNights gives each plan the memory of the one before. Box never changes.
func runShrinkNights(t *testing.T, s target.Snapshot, memory *plan.Memory, nights []shrinkNight) {
	t.Helper()
	for i, n := range nights {
		before := copied(memory)
		edit := append([]func(*plan.Options){shrinkingBy(plan.Percent(5)), remembering(memory, night(i+1))}, n.edit...)
		p := diff(t, n.now.roster(), s, options(edit...))
		require.Equal(t, before, memory, "the old memory is left alone")
		_, held := goes(p)
		assert.Equal(t, n.held, len(held) > 0, "night %d: %v", i+1, held)
		memory = p.Memory
		if n.accept {
			memory.Accept(p)
		}
		assert.Equal(t, n.after, memory.Sources["hr"], "remembered after night %d", i+1)
	}
}

func TestShrink_nights(t *testing.T) {
	t.Parallel()
	all, small := size{groups: 10, memberships: 100}, size{groups: 10, memberships: 60}
	partial, cut := small, small
	partial.partial, cut.cut = true, true
	allow := []func(*plan.Options){allowing(t, "source_shrink:hr=40")}
	narrow, additive := []func(*plan.Options){allow[0], narrowed("A")}, []func(*plan.Options){allow[0], additive}
	pausing := func(glob string) []func(*plan.Options) {
		return []func(*plan.Options){allow[0], func(o *plan.Options) { o.Pauses = []plan.Pause{{Group: mustGlobs(glob)[0], Until: night(30)}} }}
	}
	full := had(10, 100)
	for name, nights := range map[string][]shrinkNight{
		"held-until-it-recovers": {
			{now: small, held: true, after: full}, {now: small, held: true, after: full}, {now: small, held: true, after: full},
			{now: all, after: full}, {now: small, held: true, after: full},
		},
		"held-until-somebody-applies-it": {
			{now: small, held: true, after: full}, {now: small, edit: allow, after: full}, {now: small, held: true, after: full},
			{now: small, edit: allow, accept: true, after: had(10, 60)}, {now: small, after: had(10, 60)},
		},
		"too-small-an-allowance-accepts-nothing": {
			{now: size{groups: 10, memberships: 59}, edit: allow, held: true, accept: true, after: full},
		},
		"applying-it-without-an-allowance-accepts-nothing": {
			{now: small, held: true, accept: true, after: full},
			{now: small, held: true, accept: true, edit: []func(*plan.Options){allowing(t, "removals=99", "source_shrink:ad=99")}, after: full},
		},
		"what-shows-a-part-accepts-nothing": {
			{now: small, edit: narrow, accept: true, after: full}, {now: small, edit: additive, accept: true, after: full},
			{now: small, edit: pausing("*"), accept: true, after: full}, {now: small, held: true, after: full},
		},
		"a-pause-of-another-group-does-not-keep-it-from-being-accepted": {
			{now: small, edit: pausing("B"), accept: true, after: had(10, 60)},
		},
		"a-slow-decline": {
			{now: size{groups: 9, memberships: 90}, after: had(9, 90)}, {now: size{groups: 8, memberships: 80}, after: had(8, 80)},
			{now: size{groups: 7, memberships: 69}, held: true, after: had(8, 80)}, {now: size{groups: 5, memberships: 70}, after: had(5, 70)},
		},
		"narrowed-runs-and-those-without-removals-count-all-the-same": {
			{now: size{groups: 9, memberships: 95}, edit: narrow[1:], after: had(9, 95)}, {now: size{groups: 9, memberships: 91}, edit: additive[1:], after: had(9, 91)},
		},
		"growth-counts-at-once-also-beyond-the-limit": {
			{now: size{groups: 12, memberships: 100}, after: had(12, 100)}, {now: size{groups: 14, memberships: 50}, held: true, after: had(14, 100)},
			{now: size{groups: 9, memberships: 120}, held: true, after: had(14, 120)},
		},
		"a-tighter-allowance-lasts-for-one-run": {
			{now: size{groups: 10, memberships: 95}, held: true, edit: []func(*plan.Options){allowing(t, "source_shrink=0")}, after: full},
			{now: size{groups: 10, memberships: 95}, after: had(10, 95)},
		},
		"groups-that-were-not-read-whole": {
			{now: size{groups: 9, memberships: 95, partial: true}, accept: true, after: had(9, 100)}, {now: partial, held: true, after: full},
			{now: partial, edit: allow, accept: true, after: had(10, 60)},
		},
		"a-list-of-groups-that-was-not-read-whole": {
			{now: size{groups: 9, memberships: 95, cut: true}, after: full}, {now: size{groups: 11, memberships: 95, cut: true}, after: had(11, 100)},
			{now: cut, held: true, after: had(11, 100)}, {now: cut, edit: allow, accept: true, after: had(10, 60)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runShrinkNights(t, zoes(10), hadBefore(10, 100), nights)
		})
	}
}

// Without figures, Box is asked, each night, until there are some. They are not begun
// with those of a source that has lost too many of its groups in Box: the next night
// would be measured against too little.
func TestShrink_firstNights(t *testing.T) {
	t.Parallel()
	small, none := size{groups: 6, memberships: 60}, plan.SourceCounts{}
	allow := []func(*plan.Options){allowing(t, "source_shrink:hr=4")}
	held := shrinkNight{now: small, held: true, after: none}
	for name, nights := range map[string][]shrinkNight{
		"fine":                        {{now: size{groups: 7, memberships: 60}, after: had(7, 60)}, {now: size{groups: 4, memberships: 55}, after: had(4, 55)}},
		"held-until-it-recovers":      {held, held, held, {now: size{groups: 10, memberships: 60}, after: had(10, 60)}, {now: small, held: true, after: had(10, 60)}},
		"held-until-somebody-applies": {held, {now: small, edit: allow, after: none}, held, {now: small, edit: allow, accept: true, after: had(6, 60)}, {now: small, after: had(6, 60)}},
		"not-for-a-part":              {{now: small, edit: append(allow, narrowed("A")), accept: true, after: none}, held},
		"not-for-too-little":          {{now: small, edit: []func(*plan.Options){allowing(t, "source_shrink=3")}, held: true, accept: true, after: none}},
		"not-read-whole": {
			{now: size{groups: 6, memberships: 60, cut: true}, after: none},
			{now: size{groups: 6, memberships: 60, cut: true}, edit: allow, accept: true, after: none},
			{now: size{groups: 9, memberships: 60, partial: true}, after: had(9, 60)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runShrinkNights(t, zoes(10), &plan.Memory{}, nights)
		})
	}
}

// What is accepted is what the plan showed, also where it is applied days later.
func TestMemory_acceptsWhatThePlanHas(t *testing.T) {
	t.Parallel()
	small := size{groups: 5, memberships: 60}
	saved := func(m *plan.Memory, edit ...func(*plan.Options)) *plan.Plan {
		edit = append(edit, shrinkingBy(plan.Percent(5)), reviewed, allowing(t, "source_shrink=50%"), remembering(m, night(1)))
		return diff(t, small.roster(), zoes(5), options(edit...))
	}
	for name, test := range map[string]struct {
		plan      *plan.Plan
		now, want map[string]plan.SourceCounts
	}{
		"as-it-was":                  {saved(hadBefore(10, 100)), hadBefore(10, 100).Sources, hadBefore(5, 60).Sources},
		"accepted-already-and-less":  {saved(hadBefore(10, 100)), hadBefore(4, 70).Sources, hadBefore(4, 60).Sources},
		"and-less-of-both":           {saved(hadBefore(10, 100)), hadBefore(4, 50).Sources, hadBefore(4, 50).Sources},
		"the-groups-have-grown":      {saved(hadBefore(10, 100)), hadBefore(11, 100).Sources, hadBefore(11, 100).Sources},
		"the-memberships-have-grown": {saved(hadBefore(10, 100)), hadBefore(10, 101).Sources, hadBefore(10, 101).Sources},
		"grown-when-it-was-made":     {saved(hadBefore(4, 100)), hadBefore(5, 100).Sources, hadBefore(5, 60).Sources},
		"made-without-a-memory":      {saved(nil), hadBefore(10, 100).Sources, hadBefore(5, 60).Sources},
		"applied-where-none-is":      {saved(hadBefore(10, 100)), nil, hadBefore(5, 60).Sources},
		"held-all-the-same":          {saved(hadBefore(10, 121)), hadBefore(10, 121).Sources, hadBefore(10, 121).Sources},
	} {
		m := &plan.Memory{Sources: maps.Clone(test.now)}
		m.Accept(test.plan)
		assert.Equal(t, test.want, m.Sources, name)
	}
}

// Each source is accepted by itself: the one that the allowance was enough for.
func TestMemory_acceptsEachSource(t *testing.T) {
	t.Parallel()
	m := hadBefore(10, 100)
	m.Sources["ad"], m.Sources["it"] = had(10, 100), had(10, 100)
	small := size{groups: 10, memberships: 60}
	r := source.Merge(small.roster(), small.of("ad"), small.of("it"))
	p := diff(t, r, box(""), options(shrinkingBy(plan.Percent(5)), remembering(m, night(1)), allowing(t, "source_shrink:hr=39", "source_shrink:ad=40")))
	assert.Equal(t, m.Sources, p.Memory.Sources)
	p.Memory.Accept(p)
	assert.Equal(t, map[string]plan.SourceCounts{"hr": had(10, 100), "ad": had(10, 60), "it": had(10, 100)}, p.Memory.Sources)
}

// A saved plan is measured against what it was made with, and a source that is read
// again also against the plan and against what is remembered now.
func TestRecheck_shrink(t *testing.T) {
	t.Parallel()
	all, fine, less := size{groups: 10, memberships: 100}, size{groups: 10, memberships: 90}, size{groups: 10, memberships: 89}
	allow := allowing(t, "source_shrink:hr=50")
	for name, test := range map[string]struct {
		made    *plan.Memory
		friday  size
		edit    func(*plan.Options) // of Friday's options
		today   *plan.Memory
		monday  size
		limit   plan.Limit // today's; the plan's is 5%
		ours    int        // groups in Box on Monday, and on Friday if no memory
		held    bool
		without bool // whether it is held where the sources are not read
	}{
		"blessed-by-the-memory-not-held-by-box": {made: hadBefore(2, 20), friday: size{groups: 2, memberships: 20}, monday: size{groups: 2, memberships: 20}, limit: plan.Percent(5), ours: 20},
		"nor-where-today-has-a-memory-too":      {made: hadBefore(2, 20), friday: size{groups: 2, memberships: 20}, today: hadBefore(2, 20), monday: size{groups: 2, memberships: 20}, limit: plan.Percent(5), ours: 20},
		"less-within-the-limit-twice":           {made: hadBefore(10, 100), friday: fine, monday: fine, limit: plan.Percent(5), ours: 10},
		"shrunk-since-beyond-what-it-was":       {made: hadBefore(10, 100), friday: fine, monday: less, limit: plan.Percent(5), ours: 10, held: true},
		"shrunk-since-the-plan-after-growth":    {made: hadBefore(10, 80), friday: all, monday: less, limit: plan.Percent(5), ours: 10, held: true},
		"shrunk-since-without-memory":           {friday: all, monday: less, limit: plan.Percent(5), ours: 10, held: true},
		"as-it-was-without-memory":              {friday: all, monday: fine, limit: plan.Percent(5), ours: 10},
		"without-memory-box-is-asked-again":     {friday: all, monday: all, limit: plan.Percent(5), ours: 14, held: true},
		"made-without-and-applied-with-memory":  {friday: fine, today: hadBefore(10, 101), monday: fine, limit: plan.Percent(5), ours: 10, held: true},
		"and-then-box-is-not-asked":             {friday: all, today: hadBefore(10, 100), monday: all, limit: plan.Percent(5), ours: 20},
		"grown-since-and-back":                  {made: hadBefore(10, 100), friday: all, today: hadBefore(10, 111), monday: all, limit: plan.Percent(5), ours: 10, held: true},
		"stricter-today":                        {made: hadBefore(10, 100), friday: fine, monday: fine, limit: plan.AtMost(9), ours: 10, held: true, without: true},
		"looser-today":                          {made: hadBefore(10, 100), friday: fine, monday: less, limit: plan.Percent(100), ours: 10, held: true},
		"allowed-in-the-plan":                   {made: hadBefore(10, 140), friday: fine, edit: allow, today: hadBefore(10, 140), monday: fine, limit: plan.AtMost(0), ours: 10},
		"and-no-more-than-that":                 {made: hadBefore(10, 140), friday: fine, edit: allow, today: hadBefore(10, 140), monday: less, limit: plan.Percent(5), ours: 10, held: true},
		"groups-gone-since":                     {made: hadBefore(10, 100), friday: all, monday: size{groups: 6, memberships: 100}, limit: plan.Percent(5), ours: 10, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edits := []func(*plan.Options){shrinkingBy(plan.Percent(5)), reviewed, remembering(test.made, night(1))}
			if test.edit != nil {
				edits = append(edits, test.edit)
			}
			saved := diff(t, test.friday.roster(), zoes(10), options(edits...))
			require.Equal(t, []string{"remove A zoe (unexplained)"}, changes(saved.Changes))
			for _, r := range []*source.Roster{test.monday.roster(), nil} {
				c := recheck(t, saved, r, zoes(test.ours), options(shrinkingBy(test.limit), remembering(test.today, night(4))))
				want := []string{}
				if r != nil && test.held || r == nil && test.without {
					want = []string{"source_shrink hr 1"}
				}
				assert.Equal(t, want, holds(c.Plan.Holds), "read: %t", r != nil)
				assert.Equal(t, len(want) > 0, c.Plan.Header.Blocked)
			}
		})
	}
}

// However large the nights are: what is held against falls by no more than the limit
// in a run, unless somebody has applied it with an allowance; nothing is taken while
// it is held; and what has grown counts.
func TestProperty_shrinkNights(t *testing.T) {
	t.Parallel()
	bound := func(then, percent, floor int) int { return max(then*percent/100, floor) }
	rapid.Check(t, func(rt *rapid.T) {
		memory := &plan.Memory{}
		s := zoes(rapid.IntRange(1, 20).Draw(rt, "ours"))
		for i := range rapid.IntRange(1, 8).Draw(rt, "nights") {
			now := size{
				groups: rapid.IntRange(1, 20).Draw(rt, "groups"), memberships: rapid.IntRange(0, 120).Draw(rt, "memberships"),
				partial: rapid.IntRange(0, 5).Draw(rt, "partial") == 0, cut: rapid.IntRange(0, 5).Draw(rt, "cut") == 0,
			}
			percent := rapid.SampledFrom([]int{0, 5, 20, 50}).Draw(rt, "percent")
			allowed := rapid.SampledFrom([]string{"", "", "source_shrink=60", "source_shrink:hr=30", "source_shrink=0", "source_shrink:ad=99"}).Draw(rt, "allowed")
			scope := rapid.SampledFrom([]func(*plan.Options){func(*plan.Options) {}, func(*plan.Options) {}, narrowed("A"), additive}).Draw(rt, "scope")
			confirm := rapid.Bool().Draw(rt, "confirm")
			o := options(shrinkingBy(plan.Percent(float64(percent))), remembering(memory, night(i+1)), scope)
			if allowed != "" {
				a, err := plan.ParseAllowance(allowed)
				require.NoError(rt, err)
				o.Allow = []plan.Allowance{a}
			}
			p, err := plan.Diff(now.roster(), s, o)
			require.NoError(rt, err)
			was, known := memory.Sources["hr"]
			memory = p.Memory
			if confirm {
				memory.Accept(p)
			}
			takes, held := goes(p)
			require.False(rt, takes && len(held) > 0, "taken while held")
			after := memory.Sources["hr"]
			if !known {
				continue
			}
			require.GreaterOrEqual(rt, after.Groups, now.groups)
			require.GreaterOrEqual(rt, after.Memberships, now.memberships)
			over := was.Groups-now.groups > bound(was.Groups, percent, 3) || was.Memberships-now.memberships > bound(was.Memberships, percent, 10)
			released := allowed == "source_shrink=60" || allowed == "source_shrink:hr=30"
			if over && !released || allowed == "source_shrink=0" && (was.Groups > now.groups || was.Memberships > now.memberships) {
				require.NotEmpty(rt, held)
			}
			if !over && allowed == "" {
				require.Empty(rt, held)
			}
			if fell := was.Groups > after.Groups || was.Memberships > after.Memberships; fell && over {
				require.True(rt, confirm && released && len(held) == 0 && len(o.Scope.Groups) == 0 && !o.Scope.SkipRemovals)
			}
		}
	})
}
