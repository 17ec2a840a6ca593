package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// asFinance gives the groups of a roster whose names match the name Finance in Box.
func asFinance(t require.TestingT, r *source.Roster, match string) *source.Roster {
	rule, err := source.NewGroupRewrite("r", match, "Finance")
	require.NoError(t, err)
	return mapped(t, r, source.Mapping{Groups: []source.Rewrite{rule}})
}

// Two groups that want one name in Box clash in a run that the command line narrows
// to one of them too: nobody is removed because only the other one has them.
func TestMatch_clashOfRenamedGroupsInANarrowedRun(t *testing.T) {
	t.Parallel()
	r := asFinance(t, roster("fin-eu: ann\n fin-us: bob"), "^fin-.*")
	for name, s := range map[string]target.Snapshot{
		"one is in Box": box("Finance [rollcall:main:hr:fin-eu]: ann, bob"), "none is": box("", "ann", "bob"),
	} {
		p := diff(t, r, s, options(unlimited, narrowed("fin-eu")))
		assert.Empty(t, p.Changes, name)
		assert.Equal(t, []string{"name_clash Finance 0"}, holds(p.Holds), name)
		assert.Equal(t, "fin-eu", p.Holds[0].Group.Key.ID, name)
		p = diff(t, r, s, options(unlimited, narrowed("fin-eu"), func(o *plan.Options) { o.Exclude = mustGlobs("fin-us") }))
		assert.Empty(t, p.Holds, "%s: the configuration leaves the other one out", name)
	}
}

// Two groups that are mapped to one Box group, likewise.
func TestMatch_clashOfMappedGroupsInANarrowedRun(t *testing.T) {
	t.Parallel()
	m := source.Mapping{Entries: []source.MapEntry{byID("A", 101), byID("B", 101)}}
	p := diff(t, mapped(t, roster("A: ann\n B: bob"), m), box("Money []: ann, bob"), options(unlimited, reviewed, narrowed("A")))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"name_clash Money 0"}, holds(p.Holds))
}

// What a narrowed run remembers of a clash is that of the groups that it looked at.
func TestMemory_clashInANarrowedRun(t *testing.T) {
	t.Parallel()
	r, s := asFinance(t, roster("fin-eu: ann\n fin-us: bob"), "^fin-.*"), box("Finance [rollcall:main:hr:fin-eu]: ann")
	first := diff(t, r, s, options(remembering(&plan.Memory{}, night(1))))
	require.Len(t, first.Memory.Holds, 2)
	second := diff(t, r, s, options(remembering(first.Memory, night(2)), narrowed("fin-eu")))
	assert.Equal(t, first.Memory.Holds, second.Memory.Holds)
}

// That empty groups may be emptied says nothing of groups that are not empty and of
// whose people Box knows nobody: the limits on removals bind there.
func TestLimits_strangersWhereEmptyGroupsMayBeEmptied(t *testing.T) {
	t.Parallel()
	const nobody, have = "A: zoe, yan", "A: p1, p2, p3, p4, p5, p6, p7, p8"
	allow := limits(func(l *plan.Limits) { l.HoldEmptyGroup = false })
	for name, test := range map[string]struct {
		roster string
		edit   []func(*plan.Options)
		holds  []string
	}{
		"by-the-configuration":         {nobody, []func(*plan.Options){allow}, []string{"removals_per_group A 8"}},
		"by-a-policy":                  {nobody, []func(*plan.Options){policies(policy("A", emptyGroup(false)))}, []string{"removals_per_group A 8"}},
		"by-the-command-line-for-all":  {nobody, []func(*plan.Options){allowing(t, "empty_group=allow")}, []string{"removals_per_group A 8"}},
		"by-the-command-line-for-it":   {nobody, []func(*plan.Options){allowing(t, "empty_group:A=allow")}, nil},
		"for-it-with-its-own-limit":    {nobody, []func(*plan.Options){allowing(t, "empty_group:A=allow", "removals_per_group:A=7")}, []string{"removals_per_group A 8"}},
		"an-empty-group-by-the-policy": {"A:", []func(*plan.Options){policies(policy("A", emptyGroup(false)))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster(test.roster), box(have), options(test.edit...))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			if test.holds == nil {
				assert.Len(t, p.Changes, 8)
			}
		})
	}
}

// Pauses and policies mean a group by the name that it had in its source when the
// plan was made, also where the sources are not read again.
func TestRecheck_byTheNameInTheSource(t *testing.T) {
	t.Parallel()
	renames := func(text string) *source.Roster { return asFinance(t, roster(text), "^fin$") }
	binds := func(text string) *source.Roster {
		return mapped(t, roster(text), source.Mapping{Entries: []source.MapEntry{byID("fin", 101)}})
	}
	half := policies(policy("fin", removals(plan.Percent(50))), policy("*", removals(plan.AtMost(9))))
	for name, test := range map[string]struct {
		named       func(string) *source.Roster
		then, today func(*plan.Options)
		since       func(*target.Snapshot)
		fate        string
	}{
		"a-pause":                         {renames, unlimited, pausing("fin"), nil, "skipped, paused until 2026-01-09T02:00:00Z: audit"},
		"a-pause-of-one-mapped-by-its-id": {binds, unlimited, pausing("fin"), nil, "skipped, paused until 2026-01-09T02:00:00Z: audit"},
		"a-limit-of-today": {
			renames, unlimited, policies(policy("fin", removals(plan.AtMost(0)))), nil,
			"skipped, held by removals_per_group: 1 removal against 2 current memberships (50%); the limit is 0",
		},
		"a-limit-of-then-and-a-member-less": {
			renames, half, unlimited, left("Finance", "ann"),
			"skipped, held by removals_per_group: 1 removal against 1 current membership (100%); the limit is 50%, here 0",
		},
		"a-limit-of-then-and-another-name-in-box-since": {
			binds, half, unlimited, edits(left("Finance", "ann"), renamed("Finance", "Cash")),
			"skipped, held by removals_per_group: 1 removal against 1 current membership (100%); the limit is 50%, here 0",
		},
		"nothing": {renames, half, unlimited, nil, "to be made"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := test.named("fin: ann"), box("Finance [rollcall:main:hr:fin]: ann, bob")
			without := func(o *plan.Options) { o.Reviewed, o.Limits = true, plan.Limits{} }
			saved := diff(t, r, s, options(without, test.then))
			if test.since != nil {
				test.since(&s)
			}
			for how, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
				c := recheck(t, saved, r, s, options(without, test.today))
				assert.Equal(t, []string{"remove Finance bob: " + test.fate}, fates(saved, c), how)
			}
		})
	}
}

// What a policy let a plan do because of the group's name in its source, apply does.
func TestRecheck_emptiedByTheNameInTheSource(t *testing.T) {
	t.Parallel()
	r, s := asFinance(t, roster("fin:"), "^fin$"), box("Finance [rollcall:main:hr:fin]: "+people(8))
	o := options(reviewed, policies(policy("fin", emptyGroup(false))))
	saved := diff(t, r, s, o)
	require.Len(t, saved.Changes, 8)
	assert.Equal(t, []plan.GroupSummary{{Group: saved.Changes[0].Group, NameInSource: "fin", Current: 8}}, saved.Groups)
	assert.Empty(t, diff(t, roster("A: ann"), box("A:"), options()).Groups[0].NameInSource, "it is the same")
	for how, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		assert.Len(t, recheck(t, saved, r, s, o).Plan.Changes, 8, how)
	}
}

// A plan that leaves somebody in a group does not empty it because those who are to
// come cannot be added any more.
func TestRecheck_nobodyIsLeft(t *testing.T) {
	t.Parallel()
	const reason = "held by empty_group: those whom the plan adds to the group cannot be added now, and nobody would be left; Box has 2 members in it"
	for name, test := range map[string]struct {
		roster, box string
		known       []string
		since       func(*target.Snapshot)
		edit        []func(*plan.Options)
		unknown     bool // by now Box knows none of those to add
		removed     string
	}{
		"who-comes-is-unknown":   {roster: "A: zoe", box: "A: p1, p2", known: []string{"zoe"}, unknown: true, removed: "skipped, " + reason},
		"who-comes-is-known":     {roster: "A: zoe", box: "A: p1, p2", known: []string{"zoe"}, removed: "to be made"},
		"who-comes-is-there":     {roster: "A: zoe", box: "A: p1, p2", known: []string{"zoe"}, since: joined("A", "zoe"), removed: "to be made"},
		"somebody-else-is-there": {roster: "A: zoe", box: "A: p1, p2", known: []string{"zoe"}, unknown: true, since: joined("A", "carl"), removed: "to be made"},
		"it-may-be-emptied":      {roster: "A: zoe", box: "A: p1, p2", known: []string{"zoe"}, unknown: true, edit: []func(*plan.Options){allowing(t, "empty_group:A=allow")}, removed: "to be made"},
		"empty-groups-may-be-emptied": {
			roster: "A: zoe, p3", box: "A: p1, p2, p3", known: []string{"zoe"}, since: left("A", "p3"), unknown: true,
			edit: []func(*plan.Options){limits(func(l *plan.Limits) {
				l.HoldEmptyGroup, l.FloorGroup, l.RemovalsPerGroup = false, 0, plan.Percent(70)
			})},
			removed: "skipped, held by removals_per_group: 2 removals against 2 current memberships (100%); the limit is 70%, here 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, o := roster(test.roster), box(test.box, test.known...), options(append(test.edit, reviewed)...)
			saved := diff(t, r, s, o)
			if test.since != nil {
				test.since(&s)
			}
			for how, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
				re := plan.NewRecheck(saved, r, s.Groups, o)
				re.Listed(s.Listings[0])
				if test.unknown {
					re.Resolve(nil)
				}
				c, err := re.Finish()
				require.NoError(t, err)
				requireAccounted(t, saved, c)
				assert.Subset(t, fates(saved, c), []string{"remove A p1: " + test.removed, "remove A p2: " + test.removed}, how)
			}
		})
	}
}
