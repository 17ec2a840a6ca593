package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// untold has Box keep somebody's aliases to itself.
func untold(who string) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		s.Aliases = append(s.Aliases, target.Alias{User: userID(address(who)), Untold: true})
	}
}

// Whose aliases Box does not tell may be the one who is wanted under another login.
func TestDiff_aliasesUntold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box string
		since       func(*target.Snapshot)
		changes     []string
		holds       []string
	}{
		"held where somebody is unknown, and nowhere else": {
			"A: new\n B: ann", "A: old, gone\n B: old, ann", edits(untold("old"), aliased("gone", "other", true)),
			[]string{"remove A gone (unexplained)", "remove B old (unexplained)"},
			[]string{"possible_rename A 1"},
		},
		"not held where the unknown one is somebody else": {
			"A: new", "A: old, mid", edits(untold("old"), aliased("mid", "new", true)),
			[]string{"remove A old (unexplained)"}, []string{},
		},
		"held where one of two unknown is somebody else": {
			"A: new, newer", "A: old, mid", edits(untold("old"), aliased("mid", "new", true)),
			[]string{}, []string{"possible_rename A 1"},
		},
		"told that there are none": {
			"A: new", "A: old", func(*target.Snapshot) {},
			[]string{"remove A old (unexplained)"}, []string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box)
			test.since(&s)
			p := diff(t, roster(test.roster), s, options(unlimited))
			assert.Equal(t, test.changes, changes(p.Changes))
			assert.Equal(t, test.holds, holds(p.Holds))
			for _, h := range p.Holds {
				assert.Equal(t, "somebody is wanted under a login that Box does not know, and Box does not tell the e-mail aliases of who would go: one may be the other", h.Reason)
			}
			assert.False(t, p.Header.Blocked)
		})
	}
}

func TestRecheck_aliasesUntold(t *testing.T) {
	t.Parallel()
	wanted, s := roster("A: new"), box("A: old")
	saved := diff(t, wanted, s, options(unlimited))
	require.Equal(t, []string{"remove A old (unexplained)"}, changes(saved.Changes))

	r := plan.NewRecheck(saved, wanted, s.Groups, options(unlimited))
	for _, l := range s.Listings {
		r.Listed(l)
	}
	r.Resolve(nil)
	require.Equal(t, []target.UserID{userID(address("old"))}, r.Doubtful())
	r.Aliased([]target.Alias{{User: userID(address("old")), Untold: true}})
	confirmed, err := r.Finish()
	require.NoError(t, err)
	assert.Empty(t, confirmed.Plan.Changes)
	assert.Equal(t, plan.Skipped, confirmed.Results[0].Outcome)
	assert.Contains(t, confirmed.Results[0].Detail, "held by possible_rename: ")
}

// Who is wanted was somebody else when the plan was made, of whom it says nothing.
func TestRecheck_aliasesUntoldOfSomebodyElse(t *testing.T) {
	t.Parallel()
	wanted, s := roster("A: new"), box("A: leaver, mid")
	edits(untold("leaver"), aliased("mid", "new", true))(&s)
	saved := diff(t, wanted, s, options(unlimited))
	require.Equal(t, []string{"remove A leaver (unexplained)"}, changes(saved.Changes))

	r := plan.NewRecheck(saved, wanted, s.Groups, options(unlimited))
	for _, l := range s.Listings {
		r.Listed(l)
	}
	r.Resolve(nil)
	require.Equal(t, idsOf("leaver"), r.Doubtful())
	r.Aliased(s.Aliases[:1])
	require.ElementsMatch(t, idsOf("leaver", "mid"), r.Doubtful())
	r.Aliased(s.Aliases[1:])
	confirmed, err := r.Finish()
	require.NoError(t, err)
	assert.Equal(t, changes(saved.Changes), changes(confirmed.Plan.Changes))
	assert.Empty(t, confirmed.Plan.Holds)
}
