package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// inBoxAs gives the groups of a roster whose names match another name in Box.
func inBoxAs(t require.TestingT, r *source.Roster, match, name string) *source.Roster {
	rule, err := source.NewGroupRewrite("r", match, name)
	require.NoError(t, err)
	return mapped(t, r, source.Mapping{Groups: []source.Rewrite{rule}})
}

// Two groups that want one name in Box clash in a run that the command line narrows
// to one of them too: nobody is removed because only the other one has them.
func TestMatch_clashOfRenamedGroupsInANarrowedRun(t *testing.T) {
	t.Parallel()
	r := inBoxAs(t, roster("fin-eu: ann\n fin-us: bob"), "^fin-.*", "Finance")
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
	r, s := inBoxAs(t, roster("fin-eu: ann\n fin-us: bob"), "^fin-.*", "Finance"), box("Finance [rollcall:main:hr:fin-eu]: ann")
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
