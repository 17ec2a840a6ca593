package plan_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// knowing acknowledges holds until the ninth night; no glob means any.
func knowing(rule plan.Rule, globs ...string) func(*plan.Options) {
	return func(o *plan.Options) {
		a := plan.Acknowledgement{Rule: rule, Until: night(9), Reason: "known"}
		if len(globs) > 0 {
			a.Group = mustGlobs(globs...)[0]
		}
		o.Acknowledged = append(o.Acknowledged, a)
	}
}

func TestAcknowledgement(t *testing.T) {
	t.Parallel()
	// A and B are empty in the source, and one group too many is to be created.
	r, s := roster("A:\n B:\n C:"), box("A: ann\n B: bob")
	limited := func(o *plan.Options) { o.Limits.GroupCreations = plan.AtMost(0) }
	for name, test := range map[string]struct {
		edit  []func(*plan.Options)
		known []string // holds that are acknowledged
	}{
		"none":                   {},
		"of_a_group":             {edit: []func(*plan.Options){knowing(plan.RuleEmptyGroup, "a")}, known: []string{"empty_group A 1"}},
		"of_all_groups":          {edit: []func(*plan.Options){knowing(plan.RuleEmptyGroup, "*")}, known: []string{"empty_group A 1", "empty_group B 1"}},
		"of_the_rule":            {edit: []func(*plan.Options){knowing(plan.RuleEmptyGroup)}, known: []string{"empty_group A 1", "empty_group B 1"}},
		"of_the_run":             {edit: []func(*plan.Options){knowing(plan.RuleGroupCreations)}, known: []string{"group_creations 1"}},
		"a_group_is_not_the_run": {edit: []func(*plan.Options){knowing(plan.RuleGroupCreations, "*")}},
		"another_rule":           {edit: []func(*plan.Options){knowing(plan.RulePartial)}},
		"nearly_over":            {edit: []func(*plan.Options){knowing(plan.RuleEmptyGroup, "A"), at(night(9).Add(-1))}, known: []string{"empty_group A 1"}},
		"over":                   {edit: []func(*plan.Options){knowing(plan.RuleEmptyGroup), at(night(9))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, r, s, options(append(test.edit, limited)...))
			assert.Equal(t, []string{"group_creations 1", "empty_group A 1", "empty_group B 1"}, holds(p.Holds), "what is known is held all the same")
			assert.True(t, p.Header.Blocked, "a limit on the run is told of all the same")
			var known []string
			for i, h := range p.Holds {
				if h.Acknowledged != (plan.Acknowledged{}) {
					assert.Equal(t, plan.Acknowledged{Until: night(9), Reason: "known"}, h.Acknowledged)
					known = append(known, holds(p.Holds[i:i+1])...)
				}
			}
			assert.Equal(t, test.known, known)
			assert.Equal(t, 3-len(known), p.NewHolds(nil))
			assert.Equal(t, 3-len(known), p.NewHolds(&plan.Memory{}))
			assert.Equal(t, plan.Counts{Held: 3}, p.Counts())
		})
	}
}

// Of several the one that lasts longest is told.
func TestAcknowledgement_longest(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{8, 9, 7}, {7, 8, 9}, {9, 8, 7}} {
		p := diff(t, roster("A:"), box("A: ann"), options(at(night(1)), func(o *plan.Options) {
			for _, n := range order {
				o.Acknowledged = append(o.Acknowledged, plan.Acknowledgement{Rule: plan.RuleEmptyGroup, Until: night(n).In(time.FixedZone("", 3600)), Reason: night(n).Format("2")})
			}
		}))
		require.Len(t, p.Holds, 1)
		assert.Equal(t, plan.Acknowledged{Until: night(9), Reason: "9"}, p.Holds[0].Acknowledged)
	}
}

// What is acknowledged is remembered like any hold: when the acknowledgement is over,
// the hold was there before.
func TestAcknowledgement_memory(t *testing.T) {
	t.Parallel()
	emptyA := run{roster: "A:", box: "A: bob", holds: []string{"empty_group/A 1"}, absences: []string{"remove/101/bob 1"}}
	known := emptyA
	known.edit = knowing(plan.RuleEmptyGroup)
	runNights(t, []run{known, known, emptyA})
}

// apply knows of holds too.
func TestAcknowledgement_recheck(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob, carl, dora")
	saved := diff(t, roster("A: ann"), s, options(unlimited))
	today := options(knowing(plan.RuleRemovalsPerGroup), func(o *plan.Options) { o.Limits.RemovalsPerGroup = plan.AtMost(1) })
	c := recheck(t, saved, roster("A: ann"), s, today)
	require.Equal(t, []string{"removals_per_group A 3"}, holds(c.Plan.Holds))
	assert.Equal(t, plan.Acknowledged{Until: night(9), Reason: "known"}, c.Plan.Holds[0].Acknowledged)
	assert.Zero(t, c.Plan.NewHolds(nil))
}

// A time that the file would read back as another is not written.
func TestWrite_acknowledgedTimes(t *testing.T) {
	t.Parallel()
	for until, want := range map[time.Time]string{
		night(9):                                     "",
		night(9).Add(time.Millisecond):               "acknowledged_until: 2026-01-09 02:00:00.001 +0000 UTC is not a time in UTC and in whole seconds",
		night(9).In(time.FixedZone("CET", 3600)):     `acknowledged_until: "2026-01-09T03:00:00+01:00" is not a time in UTC and in whole seconds, such as 2026-11-23T04:00:00Z`,
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC): `acknowledged_until: "10000-01-01T00:00:00Z" is not a time in UTC and in whole seconds, such as 2026-11-23T04:00:00Z`,
	} {
		p := goldenPlan()
		p.Holds[0].Acknowledged.Until = until
		err := plan.Write(&bytes.Buffer{}, p)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		assert.EqualError(t, err, want)
	}
	p := goldenPlan()
	p.Header.Paused[0].Until = night(9).Add(time.Millisecond)
	assert.EqualError(t, plan.Write(&bytes.Buffer{}, p), "paused: 2026-01-09 02:00:00.001 +0000 UTC is not a time in UTC and in whole seconds")
}

// A group that is not compared is meant by the name that its source gives it as well.
func TestAcknowledgement_byTheNameInTheSource(t *testing.T) {
	t.Parallel()
	r := asFinance(t, roster("fin-eu: ann\n fin-us: bob"), "^fin-..$")
	p := diff(t, r, box(""), options(at(night(1)), knowing(plan.RuleNameClash, "FIN-EU")))
	known := map[string]bool{}
	for _, h := range p.Holds {
		assert.Equal(t, plan.RuleNameClash, h.Rule)
		known[h.Group.Key.ID] = h.Acknowledged != plan.Acknowledged{}
	}
	assert.Equal(t, map[string]bool{"fin-eu": true, "fin-us": false}, known)
}
