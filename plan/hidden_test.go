package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// hiding compares with a Box that announces n groups more than it shows.
func hiding(t *testing.T, n int, s target.Snapshot, o plan.Options) *plan.Plan {
	t.Helper()
	d := plan.Match(roster("A: ann\n B: cid\n C: ann"), s.Groups, o)
	d.HiddenGroups(n)
	d.Resolve(s.Users)
	for _, l := range s.Listings {
		d.Listed(l)
	}
	p, err := d.Finish()
	require.NoError(t, err)
	return p
}

// A group that Box hides is not created once more beside it.
func TestHiddenGroups_noCreation(t *testing.T) {
	t.Parallel()
	s := box("A: bob", "ann", "cid")
	created := []string{"create_group B (source)", "add B cid as member (joined)", "create_group C (source)", "add C ann as member (joined)"}

	p := hiding(t, 0, s, options())
	assert.Subset(t, changes(p.Changes), created)
	assert.Empty(t, p.Findings)
	assert.False(t, p.Header.Blocked)

	p = hiding(t, 2, s, options())
	assert.Equal(t, []string{"add A ann as member (joined)", "remove A bob (unexplained)"}, changes(p.Changes), "the rest goes on")
	assert.Equal(t, []string{"hidden_groups 4"}, holds(p.Holds))
	assert.ElementsMatch(t, created, changes(p.Holds[0].Changes))
	assert.Equal(t, "Box announced 2 groups more than it showed, and those to create or take over may be among them; the app may lack the right to see all groups", p.Holds[0].Reason)
	assert.Equal(t, "let the app see all groups of the enterprise; to allow it this once: --allow group_creations=2", p.Holds[0].Release)
	assert.Equal(t, []string{"hidden_groups"}, findings(p.Findings))
	assert.True(t, p.Header.Blocked)

	p = hiding(t, 2, s, options(allowing(t, "group_creations=2")))
	assert.Subset(t, changes(p.Changes), created)
	assert.Empty(t, p.Holds)

	p = hiding(t, 2, box("A: ann\n B: cid\n C: ann"), options())
	assert.Empty(t, p.Holds, "nothing is to be created")
	assert.False(t, p.Header.Blocked)
}

// Groups that Box hides are no concern of a run that creates none, and of one that
// does, one allowance is for all that it creates and takes over.
func TestHiddenGroups_whatIsToBeTyped(t *testing.T) {
	t.Parallel()
	releases := func(s target.Snapshot, edit ...func(*plan.Options)) map[plan.Rule]string {
		out := map[plan.Rule]string{}
		for _, h := range hiding(t, 2, s, options(edit...)).Holds {
			out[h.Rule] = h.Release
		}
		return out
	}
	const seeAll = "let the app see all groups of the enterprise; to allow it this once: "
	none := limits(func(l *plan.Limits) { *l = plan.Limits{GroupCreations: plan.AtMost(0), Adds: plan.AtMost(0)} })
	assert.Equal(t, map[plan.Rule]string{
		plan.RuleHiddenGroups: seeAll + "--allow group_creations=2",
		plan.RuleAdds:         "to allow it this once: --allow adds=2 --allow group_creations=2",
	}, releases(box("A: ann\n B []:", "cid"), adopting, none))
	blocked := limits(func(l *plan.Limits) { *l = plan.Limits{Removals: plan.AtMost(0), BlockAll: true} })
	assert.Equal(t, map[plan.Rule]string{plan.RuleRemovals: "to allow it this once: --allow removals=1"},
		releases(box("A: ann, bob\n B: cid\n C: ann"), blocked))
}

// What is hidden when a saved plan is applied counts as well, unless the plan was
// allowed to create groups.
func TestRecheck_hiddenGroups(t *testing.T) {
	t.Parallel()
	s := box("A: bob", "ann", "cid")
	for name, test := range map[string]struct {
		edit   []func(*plan.Options)
		hidden int
		left   int
	}{
		"shown":   {nil, 0, 6},
		"hidden":  {nil, 1, 2},
		"allowed": {[]func(*plan.Options){allowing(t, "group_creations=2")}, 1, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			saved := hiding(t, 0, s, options(test.edit...))
			r := plan.NewRecheck(saved, roster("A: ann\n B: cid\n C: ann"), s.Groups, options())
			r.HiddenGroups(test.hidden)
			for _, l := range s.Listings {
				r.Listed(l)
			}
			confirmed, err := r.Finish()
			require.NoError(t, err)
			assert.Len(t, confirmed.Plan.Changes, test.left)
		})
	}
}

// A group that carries no identifier is not given that of one that Box may hide
// under another name.
func TestHiddenGroups_noTakeover(t *testing.T) {
	t.Parallel()
	for kind, s := range map[string]target.Snapshot{
		"adopt_group": box("A: ann\n B []: cid\n C: ann"), "rekey_group": box("A: ann\n B [rollcall:main:gone:B]: cid\n C: ann"),
	} {
		p := hiding(t, 0, s, options(adopting, unlimited))
		require.Equal(t, []string{kind + " B (source)"}, changes(p.Changes))

		p = hiding(t, 1, s, options(adopting, unlimited))
		assert.Empty(t, p.Changes)
		assert.Equal(t, []string{"hidden_groups 1"}, holds(p.Holds))

		p = hiding(t, 1, s, options(adopting, unlimited, allowing(t, "group_creations=1")))
		assert.Equal(t, []string{kind + " B (source)"}, changes(p.Changes))
	}
}
