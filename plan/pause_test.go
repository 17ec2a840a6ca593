package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// pausing pauses the groups from then until the ninth night.
func pausing(globs ...string) func(*plan.Options) {
	return func(o *plan.Options) {
		for _, glob := range mustGlobs(globs...) {
			o.Pauses = append(o.Pauses, plan.Pause{Group: glob, Until: night(9), Reason: "audit"})
		}
	}
}

func at(now time.Time) func(*plan.Options) { return func(o *plan.Options) { o.Now = now } }

// What is paused is not compared, and nothing of it is planned, held or found.
func TestPause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box              string
		known                    []string
		edit                     []func(*plan.Options)
		changes, holds, findings []string
		groups                   []int // left alone by each pause
	}{
		"one_of_two": {
			roster: "Finance: ann, bob\n Sales: ann", box: "Finance: carl\n Sales: carl", known: []string{"ann", "bob"},
			edit:    []func(*plan.Options){pausing("fin*")},
			changes: []string{"add Sales ann as member (joined)", "remove Sales carl (unexplained)"}, groups: []int{1},
		},
		"all": {
			roster: "Finance: ann\n Sales: ann\n New: ann", box: "Finance: carl\n Sales: carl\n Gone: dora", known: []string{"ann"},
			edit: []func(*plan.Options){pausing("*")}, groups: []int{4},
		},
		"two_pauses_of_one": {
			roster: "Finance: ann\n Sales:", box: "Finance: carl\n Sales:",
			edit: []func(*plan.Options){pausing("Fin*", "*ance", "Nobody")}, groups: []int{1, 1, 0},
		},
		"a_group_to_create": {
			roster: "Finance: ann\n Sales:", box: "Sales:", known: []string{"ann"}, edit: []func(*plan.Options){pausing("Finance")}, groups: []int{1},
		},
		"its_name_in_box": {
			roster: "Accounts: ann", box: "Finance [rollcall:main:hr:Accounts]: carl", known: []string{"ann"},
			edit: []func(*plan.Options){pausing("Finance")}, groups: []int{1},
		},
		"its_name_in_the_source": {
			roster: "Accounts: ann", box: "Finance [rollcall:main:hr:Accounts]: carl", known: []string{"ann"},
			edit: []func(*plan.Options){pausing("Accounts")}, groups: []int{1},
		},
		"a_takeover": {
			roster: "Finance: ann", box: "Finance [rollcall:main:hr:Old]: carl", known: []string{"ann"},
			edit: []func(*plan.Options){reviewed, pausing("Finance")}, groups: []int{1},
		},
		"somebody_else's": {
			roster: "Finance: ann", box: "Finance [okta:1]: carl", edit: []func(*plan.Options){pausing("Finance")}, groups: []int{1},
		},
		"one_of_two_identifiers": {
			roster: "Finance: ann", box: "Finance: carl\n Copy [rollcall:main:hr:Finance]: carl", edit: []func(*plan.Options){pausing("Copy")}, groups: []int{1},
		},
		"two_that_want_one_name": {
			roster: "Finance: ann\n FINANCE: bob", box: "Finance: carl", edit: []func(*plan.Options){pausing("Finance")}, groups: []int{2},
		},
		"a_partial_group": {
			roster: "Finance (partial): ann", box: "Finance: ann, carl", edit: []func(*plan.Options){pausing("Finance")}, groups: []int{1},
		},
		"an_orphan": {
			roster: "Sales:", box: "Sales:\n Gone: dora", edit: []func(*plan.Options){pausing("Gone")}, groups: []int{1},
		},
		"an_orphan_that_is_to_be_emptied": {
			roster: "Sales:", box: "Sales:\n Gone: dora", edit: []func(*plan.Options){pausing("Gone"), emptying("gone")}, groups: []int{1},
			findings: []string{"unused_orphan"},
		},
		"outside_the_scope": {
			roster: "Finance: ann\n Sales:", box: "Finance: carl\n Sales:\n Gone: dora", edit: []func(*plan.Options){pausing("*n*e*"), narrowed("Sales")},
			groups: []int{0},
		},
		"over": {
			roster: "Finance: ann", box: "Finance: ann, carl", edit: []func(*plan.Options){pausing("Finance"), at(night(9))},
			changes: []string{"remove Finance carl (unexplained)"},
		},
		"nearly_over": {
			roster: "Finance: ann", box: "Finance: ann, carl", edit: []func(*plan.Options){pausing("Finance"), at(night(9).Add(-1))}, groups: []int{1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster(test.roster), box(test.box, test.known...), options(append(test.edit, func(o *plan.Options) { o.Limits.Adds = plan.Limit{} })...))
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.Equal(t, orEmpty(test.findings), findings(p.Findings))
			var counts []int
			for _, paused := range p.Header.Paused {
				counts = append(counts, paused.Groups)
				assert.Equal(t, night(9), paused.Until)
				assert.Equal(t, "audit", paused.Reason)
			}
			assert.Equal(t, test.groups, counts)
		})
	}
}

// Box is not asked for the members of what is paused.
func TestPause_isNotListed(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann\n Sales: ann\n Gone: ann")
	d := plan.Match(roster("Finance: ann\n Sales: ann"), s.Groups, options(pausing("Finance", "Gone")))
	assert.Equal(t, []target.GroupID{102}, d.ToList())
	assert.Equal(t, 2, d.Groups(), "a run with nothing but paused groups is no mistake")
}

// How many groups a source has lost does not depend on what is paused: a group
// whose key changed has not gone, and an orphan has.
func TestPause_countsAsKnownToItsSource(t *testing.T) {
	t.Parallel()
	r := roster("A: ann\n B: ann\n C: ann\n D: ann\n E: ann, bob")
	moved := box("A [rollcall:main:hr:1]: ann\n B [rollcall:main:hr:2]: ann\n C [rollcall:main:hr:3]: ann\n D [rollcall:main:hr:4]: ann\n E: ann, carl", "bob")
	p := diff(t, r, moved, options(reviewed, pausing("A", "B", "C", "D")))
	assert.Equal(t, []string{"add E bob as member (joined)", "remove E carl (unexplained)"}, changes(p.Changes))
	assert.Empty(t, p.Holds)

	gone := box("V: ann\n W: ann\n X: ann\n Y: ann\n E: ann, carl", "bob")
	p = diff(t, roster("E: ann, bob"), gone, options(pausing("V", "W", "X", "Y")))
	assert.Equal(t, []string{"source_shrink hr 1"}, holds(p.Holds))
}

func TestPause_emptyOrphanSaysSo(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Sales:"), box("Sales:\n Gone: dora"), options(pausing("g*"), emptying("Gone")))
	assert.Equal(t, []string{"--empty-orphan Gone: the group is paused, so it is not emptied"}, texts(p.Findings))
}

// Paused groups do not change, whatever limits and pauses there are; what others
// get is what they would get anyway, where no limit binds; and a pause that is over
// is as good as none.
func TestProperty_pause(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := drawLimits(t)
		r, s := drawSide(t).roster(), drawBox(t)
		paused := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "B", "[CX]", "y", "*", "none"}), 1, 3).Draw(t, "paused")
		base := options(func(o *plan.Options) {
			o.Reviewed, o.Adopt = rapid.Bool().Draw(t, "reviewed"), rapid.Bool().Draw(t, "adopt")
			if rapid.Bool().Draw(t, "asked") {
				o.Scope.EmptyOrphans = []string{oneOf(t, "orphan", weekNames)}
			}
			o.Now = night(3)
		})
		free := base
		free.Limits = plan.Limits{}
		before, err := plan.Diff(r, s, free)
		require.NoError(t, err)

		pausing(paused...)(&free)
		patterns := mustGlobs(paused...)
		isPaused := func(g plan.GroupRef) bool {
			inBox := slices.IndexFunc(s.Groups, func(b target.Group) bool { return b.ID == g.ID })
			return source.MatchAny(patterns, g.Name) || inBox >= 0 && source.MatchAny(patterns, s.Groups[inBox].Name)
		}
		during, err := plan.Diff(r, s, free)
		require.NoError(t, err)
		want := slices.DeleteFunc(slices.Clone(before.Changes), func(c plan.Change) bool { return isPaused(c.Group) })
		require.Equal(t, without(want), without(during.Changes))

		limited := free
		limited.Limits = limits
		bound, err := plan.Diff(r, s, limited)
		require.NoError(t, err)
		for _, h := range bound.Holds {
			bound.Changes = append(bound.Changes, h.Changes...)
			require.False(t, h.Group != (plan.GroupRef{}) && isPaused(h.Group), "%s is held", h.Group.Name)
		}
		for _, c := range bound.Changes {
			require.False(t, isPaused(c.Group), "%s is paused", c.ID)
		}
		for _, g := range bound.Groups {
			require.False(t, isPaused(g.Group), "%s is compared", g.Group.Name)
		}

		free.Now = night(9)
		after, err := plan.Diff(r, s, free)
		require.NoError(t, err)
		require.Equal(t, before, after)
	})
}

// What is paused is skipped in a saved plan, whatever else there is to say of it, and
// the fate of nothing else depends on it where no limit binds.
func TestProperty_pauseOfASavedPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeek(t)
		w.saved.Header.Limits = plan.Limits{}
		today := w.opts
		today.Limits = plan.Limits{}
		paused := today
		pausing(rapid.SampledFrom([]string{"a", "B", "[CX]", "y", "*"}).Draw(t, "paused"))(&paused)
		for _, r := range []*source.Roster{w.monday.roster(), nil} {
			before, during := recheckIn(t, w.saved, r, w.is, today), recheckIn(t, w.saved, r, w.is, paused)
			for i := range w.saved.Changes {
				c, result := &w.saved.Changes[i], during.Results[i]
				if result.Detail == "paused until 2026-01-09T02:00:00Z: audit" {
					continue
				}
				require.False(t, paused.Pauses[0].Group.Match(c.Group.Name), "%s is %s", c.ID, result.Outcome)
				if c.Cause == plan.Asked && strings.Contains(before.Results[i].Detail, string(plan.RulePossibleRename)) {
					continue // a paused group is not looked up again: all whom it wants count (decision 0018)
				}
				require.Equal(t, before.Results[i], result, c.ID)
			}
		}
	})
}

// without takes the causes off: whether somebody moves depends on other groups.
func without(cs []plan.Change) []plan.Change {
	cs = append([]plan.Change{}, cs...)
	for i := range cs {
		cs[i].Cause = 0
	}
	return cs
}

// What is remembered of a paused group stays as it was, and so do the holds on the
// whole run, for which it counts.
func TestPause_memory(t *testing.T) {
	t.Parallel()
	emptyA := run{roster: "A:\n B: ann", box: "A: bob\n B: ann"}
	of := func(r run, edit func(*plan.Options), isNew int, holds, absences []string) run {
		r.edit, r.isNew, r.holds, r.absences = edit, isNew, holds, absences
		return r
	}
	heldA, missingA, none := []string{"empty_group/A 1"}, []string{"remove/101/bob 1"}, []string{}
	both := run{roster: "A:\n B:", box: "A: bob\n B: ann"}
	tight := func(o *plan.Options) { unlimited(o); o.Limits.Removals = plan.AtMost(1) }
	for name, runs := range map[string][]run{
		"comes_back_as_it_was": {
			of(emptyA, nil, 1, heldA, missingA), of(emptyA, pausing("A"), 0, heldA, missingA), of(emptyA, nil, 0, heldA, missingA),
		},
		"another_group_is_remembered_anew": {
			of(both, nil, 2, []string{"empty_group/A 1", "empty_group/B 1"}, []string{"remove/101/bob 1", "remove/102/ann 1"}),
			of(run{roster: "A:\n B: ann", box: "A: bob\n B: ann"}, pausing("A"), 0, heldA, missingA),
		},
		"what_began_meanwhile_is_new": {
			of(run{roster: "A: bob", box: "A: bob"}, pausing("A"), 0, none, none),
			of(run{roster: "A:", box: "A: bob"}, pausing("A"), 0, none, none),
			of(run{roster: "A:", box: "A: bob"}, nil, 1, []string{"empty_group/A 3"}, []string{"remove/101/bob 3"}),
		},
		"a_limit_on_the_run": {
			of(both, tight, 1, []string{"removals 1"}, []string{"remove/101/bob 1", "remove/102/ann 1"}),
			of(both, func(o *plan.Options) { tight(o); pausing("A")(o) }, 0, []string{"removals 1"}, []string{"remove/101/bob 1", "remove/102/ann 1"}),
			of(both, tight, 0, []string{"removals 1"}, []string{"remove/101/bob 1", "remove/102/ann 1"}),
		},
		"a_pause_of_nothing_keeps_nothing": {
			of(both, tight, 1, []string{"removals 1"}, []string{"remove/101/bob 1", "remove/102/ann 1"}),
			of(run{roster: "A: bob\n B: ann", box: "A: bob\n B: ann"}, pausing("X"), 0, none, none),
		},
		"a_pause_of_another_keeps_nothing_of_this": {
			of(emptyA, nil, 1, heldA, missingA), of(run{roster: "A: bob\n B: ann", box: "A: bob\n B: ann"}, pausing("B"), 0, none, none),
		},
		"narrowed_to_what_is_paused": {
			of(emptyA, nil, 1, heldA, missingA),
			of(emptyA, func(o *plan.Options) { narrowed("A")(o); pausing("A")(o) }, 0, heldA, missingA),
			of(emptyA, nil, 0, heldA, missingA),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runNights(t, runs)
		})
	}
}

func TestPause_keepsUnknownLogins(t *testing.T) {
	t.Parallel()
	r, s := roster("A: zoe\n B: xaver, bob"), box("A:\n B:", "bob")
	old := &plan.Memory{Unknown: []string{"bob@acme.example", "xaver@acme.example", "zoe@acme.example"}}
	p := diff(t, r, s, options(remembering(old, night(1)), pausing("A")))
	assert.Equal(t, []string{"xaver@acme.example", "zoe@acme.example"}, p.Memory.Unknown)
	p = diff(t, r, s, options(remembering(&plan.Memory{}, night(1)), pausing("A")))
	assert.Equal(t, []string{"xaver@acme.example"}, p.Memory.Unknown, "nobody looked for the other one")
}

// A saved plan honours today's pauses, not those of the day on which it was made.
func TestPause_recheck(t *testing.T) {
	t.Parallel()
	const audit = ": skipped, paused until 2026-01-09T02:00:00Z: audit"
	runDrifts(t, map[string]drift{
		"since": {
			roster: "Finance: ann\n New: ann\n Sales: ann", box: "Finance: carl\n Sales: carl", known: []string{"ann"}, edit: unlimited, today: pausing("Fin*", "New"),
			want: verdict{fates: []string{
				"add Finance ann as member" + audit, "remove Finance carl" + audit, "create_group New" + audit, "add New ann as member" + audit,
				"add Sales ann as member: to be made", "remove Sales carl: to be made",
			}},
		},
		"over": {
			roster: "Finance: ann", box: "Finance: carl\n Sales:", known: []string{"ann"}, edit: unlimited,
			today: func(o *plan.Options) { pausing("Fin*")(o); o.Now = night(9) },
			want:  verdict{fates: []string{"add Finance ann as member: to be made", "remove Finance carl: to be made"}},
		},
		"the_longest_is_named": {
			roster: "Finance: ann, carl", box: "Finance: carl", known: []string{"ann"}, edit: unlimited,
			today: func(o *plan.Options) {
				pausing("Fin*", "F*", "*")(o)
				o.Pauses[1].Until, o.Pauses[1].Reason = night(11).Truncate(day), "merger"
			},
			want: verdict{fates: []string{"add Finance ann as member: skipped, paused until 2026-01-10: merger"}},
		},
		"the_name_before": {
			roster: "Accounts: ann", box: "Finance [rollcall:main:hr:Accounts]: carl", known: []string{"ann"}, edit: unlimited,
			since: func(s *target.Snapshot) { s.Groups[0].Name = "Accounts" }, today: pausing("Finance"),
			want: verdict{fates: []string{"rename_group Accounts from Finance" + audit, "add Accounts ann as member" + audit, "remove Accounts carl" + audit}},
		},
		"the_name_in_box_now": {
			roster: "Finance: ann, carl", box: "Finance: carl", known: []string{"ann"}, edit: unlimited,
			since: func(s *target.Snapshot) { s.Groups[0].Name = "Money" }, today: pausing("Money"),
			want: verdict{fates: []string{"add Finance ann as member" + audit}},
		},
		"already_made": {
			roster: "Finance: ann, carl", box: "Finance: carl", known: []string{"ann"}, edit: unlimited,
			since: joined("Finance", "ann"), today: pausing("Finance"),
			want: verdict{fates: []string{"add Finance ann as member" + audit}},
		},
		"an_orphan": {
			roster: "Sales:", box: "Sales:\n Gone: dora", edit: func(o *plan.Options) { unlimited(o); emptying("Gone")(o) }, today: pausing("Gone"),
			want: verdict{fates: []string{"remove Gone dora" + audit}},
		},
	})
}

// The name that the source gives a group today counts, where it is read.
func TestPause_recheckBySourceName(t *testing.T) {
	t.Parallel()
	keyed := func(name string) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		l := source.NewLogin("ann@acme.example")
		b.Add(b.Group("7", name, ""), b.Person(l.Key(), "", l), source.Unstated, 0)
		return b.Build()
	}
	s := box("Finance [rollcall:main:hr:7]:", "ann")
	saved := diff(t, keyed("Finance"), s, options())
	require.Len(t, saved.Changes, 1)
	for _, r := range []*source.Roster{keyed("Money"), nil} {
		re := plan.NewRecheck(saved, r, s.Groups, options(pausing("Money")))
		for _, l := range s.Listings {
			re.Listed(l)
		}
		c, err := re.Finish()
		require.NoError(t, err)
		want := plan.NotAttempted
		if r != nil {
			want = plan.Skipped
			assert.Equal(t, 1, c.Plan.Header.Paused[0].Groups)
		}
		assert.Equal(t, want, c.Results[0].Outcome)
	}
}

// Of a saved plan, Box is asked nothing about what is paused, and the header tells
// of today's pauses.
func TestPause_recheckAsksNothing(t *testing.T) {
	t.Parallel()
	s := box("Finance: carl\n Sales: carl", "ann", "bob")
	r := roster("Finance: ann\n Sales: bob\n Other: bob")
	saved := diff(t, r, s, options(unlimited, pausing("Other")))
	require.Len(t, saved.Changes, 4)
	for _, r := range []*source.Roster{r, nil} {
		re := plan.NewRecheck(saved, r, s.Groups, options(unlimited, pausing("Fin*", "*")))
		assert.Empty(t, re.ToList())
		assert.Empty(t, re.Unresolved())
		assert.Empty(t, re.Unranked())
		assert.Empty(t, re.Doubtful())
		c, err := re.Finish()
		require.NoError(t, err)
		assert.Equal(t, []plan.Paused{
			{Group: "Fin*", Until: night(9), Reason: "audit", Groups: 1}, {Group: "*", Until: night(9), Reason: "audit", Groups: 2},
		}, c.Plan.Header.Paused)
		assert.Empty(t, c.Plan.Changes)
	}
	assert.Equal(t, "Other", saved.Header.Paused[0].Group)
	re := plan.NewRecheck(saved, r, s.Groups, options(unlimited))
	assert.Equal(t, []target.GroupID{101, 102}, re.ToList())
	for _, l := range s.Listings {
		re.Listed(l)
	}
	c, err := re.Finish()
	require.NoError(t, err)
	assert.Empty(t, c.Plan.Header.Paused, "the pause of the day on which it was made is no longer there")
	assert.Len(t, c.Plan.Changes, 4)
}

func TestUntilText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2027-01-01T00:00:00Z":      "2026-12-31",
		"2027-01-01T01:00:00+01:00": "2026-12-31",
		"2027-01-01T00:00:00+01:00": "2026-12-31T23:00:00Z",
		"2024-03-01T00:00:00Z":      "2024-02-29",
		"2026-12-31T18:00:01Z":      "2026-12-31T18:00:01Z",
		"9999-12-31T23:59:59Z":      "9999-12-31T23:59:59Z",
	} {
		at, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		assert.Equal(t, want, plan.UntilText(at), text)
	}
}
