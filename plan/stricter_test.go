package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
)

// each returns the limits that are numbers, each with its floor.
func each(l plan.Limits) (limits []plan.Limit, floors []int) {
	limits = []plan.Limit{
		l.Removals, l.Adds, l.Demotions, l.AdminGrants, l.GroupCreations, l.GroupRenames,
		l.UnknownLogins, l.RemovalsPerGroup, l.AddsPerGroup, l.SourceShrink, l.UnresolvedMembers,
	}
	for i := range limits {
		floor := l.FloorRun
		if i >= 7 {
			floor = l.FloorGroup
		}
		floors = append(floors, floor)
	}
	return limits, floors
}

func drawAllLimits(t *rapid.T) plan.Limits {
	l := drawLimits(t)
	more := drawLimits(t)
	l.GroupRenames, l.UnknownLogins, l.UnresolvedMembers = more.Removals, more.Adds, more.RemovalsPerGroup
	l.HoldLastAdmin = more.HoldEmptyGroup
	return l
}

// The stricter of two limits lets through what both do. Floors that go the same way
// as the shares change nothing in that; others only make it stricter.
func TestProperty_stricterIsTheSmallerOfBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawAllLimits(t), drawAllLimits(t)
		if rapid.Bool().Draw(t, "same floors") {
			b.FloorRun, b.FloorGroup = a.FloorRun, a.FloorGroup
		}
		both := a.Stricter(b)
		require.Equal(t, both, b.Stricter(a))
		require.Equal(t, a, a.Stricter(a))
		total := rapid.IntRange(0, 300).Draw(t, "total")
		ones, oneFloors := each(a)
		others, otherFloors := each(b)
		boths, bothFloors := each(both)
		for i := range boths {
			least := min(ones[i].Allowed(total, oneFloors[i]), others[i].Allowed(total, otherFloors[i]))
			allowed := boths[i].Allowed(total, bothFloors[i])
			require.LessOrEqual(t, allowed, least, "%d: %s and %s of %d", i, ones[i], others[i], total)
			if oneFloors[i] == otherFloors[i] {
				require.Equal(t, least, allowed, "%d: %s and %s of %d", i, ones[i], others[i], total)
			}
		}
		require.Equal(t, a.HoldEmptyGroup || b.HoldEmptyGroup, both.HoldEmptyGroup)
		require.Equal(t, a.HoldLastAdmin || b.HoldLastAdmin, both.HoldLastAdmin)
		require.Equal(t, a.BlockAll || b.BlockAll, both.BlockAll)
	})
}

// Where one share and its floor are both no larger than the other's, what passes is
// exactly the smaller of both.
func TestProperty_stricterIsExactWhereItCanBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(share, floor int) plan.Limits {
			l := plan.Limits{Removals: plan.Percent(float64(share)), RemovalsPerGroup: plan.Percent(float64(share)), FloorRun: floor, FloorGroup: floor}
			if rapid.Bool().Draw(t, "count") {
				l.Removals = l.Removals.And(plan.AtMost(rapid.IntRange(0, 50).Draw(t, "n")))
			}
			return l
		}
		share, floor := rapid.IntRange(0, 100).Draw(t, "share"), rapid.IntRange(0, 20).Draw(t, "floor")
		a := draw(share, floor)
		b := draw(share+rapid.IntRange(0, 50).Draw(t, "more"), floor+rapid.IntRange(0, 20).Draw(t, "higher"))
		both, total := a.Stricter(b), rapid.IntRange(0, 300).Draw(t, "total")
		require.Equal(t, min(a.Removals.Allowed(total, a.FloorRun), b.Removals.Allowed(total, b.FloorRun)), both.Removals.Allowed(total, both.FloorRun))
		require.Equal(t, min(a.RemovalsPerGroup.Allowed(total, a.FloorGroup), b.RemovalsPerGroup.Allowed(total, b.FloorGroup)), both.RemovalsPerGroup.Allowed(total, both.FloorGroup))
	})
}

// Floors beside the shares they belong to. In the last case either lets 10 pass.
func TestLimits_Stricter_floors(t *testing.T) {
	t.Parallel()
	limits := func(percent float64, floor int) plan.Limits {
		return plan.Limits{Removals: plan.Percent(percent), RemovalsPerGroup: plan.Percent(percent), FloorRun: floor, FloorGroup: floor}
	}
	for name, test := range map[string]struct {
		one, other plan.Limits
		total      int
		want       int
	}{
		"the-smaller-share":                     {limits(5, 2), limits(50, 10), 100, 5},
		"the-smaller-floor":                     {limits(5, 2), limits(50, 10), 10, 2},
		"smaller-share-and-floor-are-not-one-s": {limits(5, 10), limits(50, 0), 100, 5},
	} {
		both := test.one.Stricter(test.other)
		assert.Equal(t, test.want, both.Removals.Allowed(test.total, both.FloorRun), name)
		assert.Equal(t, test.want, both.RemovalsPerGroup.Allowed(test.total, both.FloorGroup), name)
	}
}
