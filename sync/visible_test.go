package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	everybody, finance := target.Group{ID: 1, AllUsers: true}, target.Group{ID: 2}
	for name, test := range map[string]struct {
		groups         []target.Group
		hidden, before int
		want           string
	}{
		"some":                       {groups: []target.Group{everybody, finance}, hidden: 5, before: 9},
		"none-and-never-were":        {},
		"box's-own-alone":            {groups: []target.Group{everybody}},
		"announced":                  {hidden: 2, want: "no groups are visible in Box: it announces 2 groups and shows none"},
		"announced-beside-box's-own": {groups: []target.Group{everybody}, hidden: 1, want: "no groups are visible in Box: it announces 1 group and shows none"},
		"seen-before":                {before: 1, want: "no groups are visible in Box: it showed 1 group of ours before"},
		"both":                       {hidden: 1, before: 3, want: "no groups are visible in Box: it announces 1 group and shows none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := groupsync.Visible(test.groups, test.hidden, test.before)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, groupsync.ErrNoGroups)
			assert.EqualError(t, err, test.want)
		})
	}
}

// Whoever plans, applies or settles stops where Box shows no groups, before it asks
// for anything else.
func TestNoGroups_isAnError(t *testing.T) {
	t.Parallel()
	full, p := everything(t)
	require.Positive(t, p.Header.Compared.Groups)
	sources := []groupsync.Source{saying("hr", "Finance: ann")}
	remembering := func(owned int) plan.Options {
		o := options()
		o.Memory = &plan.Memory{Owned: owned}
		return o
	}
	fresh := *p
	fresh.Header.Compared.Groups = 0
	for name, test := range map[string]struct {
		hidden int
		run    func(b *memoryBox) error
		fine   bool
	}{
		"plan-hidden": {hidden: 3, run: func(b *memoryBox) error { _, err := makePlan(t.Context(), sources, b, options()); return err }},
		"plan-seen":   {run: func(b *memoryBox) error { _, err := makePlan(t.Context(), sources, b, remembering(1)); return err }},
		"plan-first":  {fine: true, run: func(b *memoryBox) error { _, err := makePlan(t.Context(), sources, b, remembering(0)); return err }},
		"plan-stateless": {fine: true, run: func(b *memoryBox) error {
			_, err := makePlan(t.Context(), sources, b, options())
			return err
		}},
		"apply": {run: func(b *memoryBox) error {
			_, err := groupsync.Recheck(t.Context(), p, groupsync.Inputs{Account: full.account}, b, options())
			return err
		}},
		"apply-seen": {run: func(b *memoryBox) error {
			_, err := groupsync.Recheck(t.Context(), &fresh, groupsync.Inputs{Account: full.account}, b, remembering(1))
			return err
		}},
		"apply-hidden": {hidden: 1, run: func(b *memoryBox) error {
			_, err := groupsync.Recheck(t.Context(), &fresh, groupsync.Inputs{Account: full.account}, b, options())
			return err
		}},
		"apply-of-a-first-contact": {fine: true, run: func(b *memoryBox) error {
			_, err := groupsync.Recheck(t.Context(), &fresh, groupsync.Inputs{Account: full.account}, b, options())
			return err
		}},
		"settle-hidden": {hidden: 1, run: func(b *memoryBox) error { _, err := groupsync.Settle(t.Context(), p, []int{0}, b); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox("", "ann")
			b.hiddenGroups = test.hidden
			err := test.run(b)
			if test.fine {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, groupsync.ErrNoGroups)
			assert.Equal(t, "Groups", b.reads[len(b.reads)-1], "nothing else was asked for")
		})
	}
}
