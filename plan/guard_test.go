package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// Each limit on both sides of its edge. people(n) are p1 to pn.
func TestLimits(t *testing.T) {
	t.Parallel()
	exactly := func(set func(*plan.Limits)) func(*plan.Options) {
		return func(o *plan.Options) { o.Limits = plan.Limits{}; set(&o.Limits) }
	}
	for name, test := range map[string]struct {
		roster  string
		box     target.Snapshot
		edit    func(*plan.Options)
		changes int
		holds   []string
		blocked bool
	}{
		"removals-at-the-count": {
			roster: "A: p1", box: box("A: " + people(4)),
			edit:    exactly(func(l *plan.Limits) { l.Removals = plan.AtMost(3) }),
			changes: 3,
		},
		"removals-over-the-count": {
			roster: "A: p1", box: box("A: " + people(5)),
			edit:  exactly(func(l *plan.Limits) { l.Removals = plan.AtMost(3) }),
			holds: []string{"removals 4"}, blocked: true,
		},
		"removals-over-the-share": {
			roster: "A: p1, p2, p3, p4, p5, p6, p7, p8, p9", box: box("A: " + people(20)),
			edit:  exactly(func(l *plan.Limits) { l.Removals = plan.Percent(50) }),
			holds: []string{"removals 11"}, blocked: true,
		},
		"removals-at-the-share": {
			roster: "A: p1, p2, p3, p4, p5, p6, p7, p8, p9, p10", box: box("A: " + people(20)),
			edit:    exactly(func(l *plan.Limits) { l.Removals = plan.Percent(50) }),
			changes: 10,
		},
		"removals-lifted-by-the-floor": {
			roster: "A: p1", box: box("A: " + people(11)),
			edit:    exactly(func(l *plan.Limits) { l.Removals, l.FloorRun = plan.Percent(5), 10 }),
			changes: 10,
		},
		"removals-over-the-floor": {
			roster: "A: p1", box: box("A: " + people(12)),
			edit:  exactly(func(l *plan.Limits) { l.Removals, l.FloorRun = plan.Percent(5), 10 }),
			holds: []string{"removals 11"}, blocked: true,
		},
		"a-count-is-meant-as-written-whatever-the-floor": {
			roster: "A: p1", box: box("A: " + people(3)),
			edit:  exactly(func(l *plan.Limits) { l.Removals, l.FloorRun = plan.AtMost(1), 10 }),
			holds: []string{"removals 2"}, blocked: true,
		},
		"demotions-count-as-removals-and-are-held-along": {
			roster: "A: p1 member, p2 member", box: box("A: p1 admin, p2 admin, p3"),
			edit:  exactly(func(l *plan.Limits) { l.Removals = plan.AtMost(2) }),
			holds: []string{"removals 3"}, blocked: true,
		},
		"demotions-alone": {
			roster: "A: p1 member, p2 member", box: box("A: p1 admin, p2 admin, p3"),
			edit:    exactly(func(l *plan.Limits) { l.Demotions = plan.AtMost(1) }),
			changes: 1, holds: []string{"demotions 2"}, blocked: true,
		},
		"demotions-at-the-limit": {
			roster: "A: p1 member, p2 member", box: box("A: p1 admin, p2 admin"),
			edit:    exactly(func(l *plan.Limits) { l.Demotions = plan.AtMost(2) }),
			changes: 2,
		},
		"admin-grants-by-add-and-by-role": {
			roster: "A: p1 admin, p2 admin, p3", box: box("A: p1", splitPeople(3)...),
			edit:  exactly(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(1) }),
			holds: []string{"admin_grants 2"}, changes: 1, blocked: true,
		},
		"admin-grants-at-the-limit": {
			roster: "A: p1 admin, p2 admin", box: box("A: p1, p2"),
			edit:    exactly(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(2) }),
			changes: 2,
		},
		"adds-at-the-limit": {
			roster: "A: p1, p2, p3", box: box("A: p1", splitPeople(3)...),
			edit:    exactly(func(l *plan.Limits) { l.Adds = plan.AtMost(2) }),
			changes: 2,
		},
		"adds-over-the-limit": {
			roster: "A: p1, p2, p3", box: box("A: p1", splitPeople(3)...),
			edit:  exactly(func(l *plan.Limits) { l.Adds = plan.AtMost(1) }),
			holds: []string{"adds 2"}, blocked: true,
		},
		"adds-into-nothing-are-bound-by-the-count-alone": {
			roster: "A: p1, p2, p3", box: box("A:", splitPeople(3)...),
			edit:    exactly(func(l *plan.Limits) { l.Adds = plan.Percent(20).And(plan.AtMost(3)) }),
			changes: 3,
		},
		"adds-per-group-doubling": {
			roster: "A: " + people(8), box: box("A: "+people(4), splitPeople(8)...),
			edit:    exactly(func(l *plan.Limits) { l.AddsPerGroup = plan.Percent(100) }),
			changes: 4,
		},
		"adds-per-group-more-than-doubling": {
			roster: "A: " + people(9), box: box("A: "+people(4), splitPeople(9)...),
			edit:  exactly(func(l *plan.Limits) { l.AddsPerGroup = plan.Percent(100) }),
			holds: []string{"adds_per_group A 5"},
		},
		"adds-per-group-not-for-an-empty-group": {
			roster: "A: " + people(9), box: box("A:", splitPeople(9)...),
			edit:    exactly(func(l *plan.Limits) { l.AddsPerGroup = plan.AtMost(1) }),
			changes: 9,
		},
		"adds-per-group-not-for-a-new-group": {
			roster: "A: " + people(9), box: box("", splitPeople(9)...),
			edit:    exactly(func(l *plan.Limits) { l.AddsPerGroup = plan.AtMost(1) }),
			changes: 10,
		},
		"removals-per-group-at-the-share": {
			roster: "A: p1, p2", box: box("A: " + people(4)),
			edit:    exactly(func(l *plan.Limits) { l.RemovalsPerGroup = plan.Percent(50) }),
			changes: 2,
		},
		"removals-per-group-over-the-share-holds-that-group-alone": {
			roster: "A: p1\n B: p1", box: box("A: " + people(4) + "\n B: p1, p2"),
			edit:    exactly(func(l *plan.Limits) { l.RemovalsPerGroup = plan.Percent(50) }),
			changes: 1, holds: []string{"removals_per_group A 3"},
		},
		"removals-per-group-under-the-floor": {
			roster: "A: p1", box: box("A: " + people(4)),
			edit:    exactly(func(l *plan.Limits) { l.RemovalsPerGroup, l.FloorGroup = plan.Percent(50), 3 }),
			changes: 3,
		},
		"empty-group-held": {
			roster: "A:\n B: p1", box: box("A: p1, p2\n B: p1"),
			edit:  exactly(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
			holds: []string{"empty_group A 2"},
		},
		"empty-group-allowed-by-configuration": {
			roster: "A:\n B: p1", box: box("A: p1, p2\n B: p1"),
			edit:    exactly(func(l *plan.Limits) { l.RemovalsPerGroup = plan.Percent(50) }),
			changes: 2,
		},
		// A new mail domain: Box knows nobody of the source, and would keep nobody.
		"empty-group-of-strangers": {
			roster: "A: zoe, yan\n B: zoe, p1", box: box("A: p1, p2\n B: p1, p2"),
			edit:    exactly(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
			changes: 1, holds: []string{"empty_group A 2"},
		},
		"empty-group-of-strangers-and-somebody-to-add": {
			roster: "A: zoe, p3", box: box("A: p1, p2\n B: p3"),
			edit:    exactly(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
			changes: 3,
		},
		"empty-group-of-strangers-allowed": {
			roster: "A: zoe", box: box("A: p1, p2"),
			edit: func(o *plan.Options) {
				exactly(func(l *plan.Limits) { l.HoldEmptyGroup = true })(o)
				o.Allow = []plan.Allowance{{Rule: plan.RuleEmptyGroup, Group: "A"}}
			},
			changes: 2,
		},
		"empty-group-empty-already": {
			roster: "A:\n B: p1", box: box("A:\n B: p1"),
			edit: exactly(func(l *plan.Limits) { l.HoldEmptyGroup = true }),
		},
		"a-held-group-does-not-use-up-the-run": {
			roster: "A: p1\n B: p1, p2", box: box("A: " + people(9) + "\n B: " + people(4)),
			edit: exactly(func(l *plan.Limits) {
				l.RemovalsPerGroup, l.Removals = plan.Percent(50), plan.AtMost(2)
			}),
			changes: 2, holds: []string{"removals_per_group A 8"},
		},
		"held-creation-holds-its-adds": {
			roster: "A: p1\n B: p1", box: box("", splitPeople(1)...),
			edit:  exactly(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(1) }),
			holds: []string{"group_creations 4"}, blocked: true,
		},
		"creations-at-the-limit": {
			roster: "A: p1\n B: p1", box: box("", splitPeople(1)...),
			edit:    exactly(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(2) }),
			changes: 4,
		},
		"renames-are-a-share-of-the-groups": {
			roster: "A: p1\n B: p1\n C: p1\n D: p1", box: box("X [rollcall:main:hr:A]: p1\n Y [rollcall:main:hr:B]: p1\n C: p1\n D: p1\n Other []: p1"),
			edit:    exactly(func(l *plan.Limits) { l.GroupRenames = plan.Percent(50) }),
			changes: 2,
		},
		"renames-over-the-share-of-the-groups": {
			roster: "A: p1\n B: p1\n C: p1", box: box("X [rollcall:main:hr:A]: p1\n Y [rollcall:main:hr:B]: p1\n C: p1\n Other []: p1"),
			edit:  exactly(func(l *plan.Limits) { l.GroupRenames = plan.Percent(50) }),
			holds: []string{"group_renames 2"}, blocked: true,
		},
		"renames-over-the-limit": {
			roster: "A: p1\n B: p1", box: box("X [rollcall:main:hr:A]: p1\n Y [rollcall:main:hr:B]: p1"),
			edit:  exactly(func(l *plan.Limits) { l.GroupRenames = plan.AtMost(1) }),
			holds: []string{"group_renames 2"}, blocked: true,
		},
		"source-lost-too-many-groups": {
			roster: "A: p1", box: box("A: p1, p2\n B: p1\n C: p1\n D: p1\n E: p1"),
			edit:  exactly(func(l *plan.Limits) { l.SourceShrink, l.FloorGroup = plan.Percent(5), 3 }),
			holds: []string{"source_shrink hr 1"}, blocked: true,
		},
		"source-lost-as-many-groups-as-the-floor": {
			roster: "A: p1", box: box("A: p1, p2\n B: p1\n C: p1\n D: p1"),
			edit:    exactly(func(l *plan.Limits) { l.SourceShrink, l.FloorGroup = plan.Percent(5), 3 }),
			changes: 1,
		},
		"on-limit-block-holds-everything": {
			roster: "A: p1, p5\n B: p1", box: box("A: "+people(4)+"\n B: p1, p2", "p5"),
			edit: exactly(func(l *plan.Limits) {
				l.Removals, l.BlockAll = plan.AtMost(1), true
			}),
			holds: []string{"on_limit 1", "removals 4"}, blocked: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster(test.roster), test.box, options(test.edit))
			assert.Len(t, p.Changes, test.changes, "changes: %v", changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.Equal(t, test.blocked, p.Header.Blocked)
		})
	}
}

// splitPeople returns p1 to pn as users known to Box.
func splitPeople(n int) []string { return entries(people(n)) }

// What a hold tells the reader, and that what it says to type works.
func TestHold_saysWhatReleasesIt(t *testing.T) {
	t.Parallel()
	r := roster("All Hands: p1\n Empty:")
	s := box("All Hands: " + people(14) + "\n Empty: p1, p2")
	p := diff(t, r, s, options())
	require.Equal(t, []string{"removals_per_group All Hands 13", "empty_group Empty 2"}, holds(p.Holds))
	assert.Equal(t, "13 removals against 14 current memberships (93%); the limit is 50%, here 7", p.Holds[0].Reason)
	assert.Equal(t, "to allow it this once: --allow 'removals_per_group:All Hands=13' --allow removals=13", p.Holds[0].Release)
	assert.Equal(t, "the source has the group empty; Box has 2 members in it", p.Holds[1].Reason)
	assert.Equal(t, "to allow it this once: --allow empty_group:Empty=allow", p.Holds[1].Release)
	assert.Equal(t, []string{"removals_per_group:All Hands=13", "empty_group:Empty=allow", "removals=15"}, p.Header.AllowAll)

	lifting := diff(t, r, s, options(limits(func(l *plan.Limits) { l.FloorGroup = 7 })))
	assert.Equal(t, p.Holds[0].Reason, lifting.Holds[0].Reason, "a floor that lifts nothing is not told of")

	unknown := diff(t, roster("Moved: zoe, yan"), box("Moved: p1"), options())
	require.Equal(t, []string{"empty_group Moved 1"}, holds(unknown.Holds))
	assert.Equal(t, "the source has 2 logins in the group, and none of them is in it or can be added; Box has 1 member in it", unknown.Holds[0].Reason)

	p = diff(t, r, s, options(allowing(t, "removals_per_group:All Hands=13", "empty_group:Empty=allow")))
	require.Equal(t, []string{"removals 15"}, holds(p.Holds), "the limit on the run still binds")
	assert.Equal(t, "15 removals against 16 current memberships (94%); the limit is [5%, 500], here 10 (so many always pass)", p.Holds[0].Reason)
	assert.Equal(t, "to allow it this once, with what is allowed already: --allow 'removals_per_group:All Hands=13' --allow empty_group:Empty=allow --allow removals=15", p.Holds[0].Release)
	assert.Empty(t, p.Header.AllowAll, "the hold says as much")

	p = diff(t, r, s, options(allowing(t, "removals_per_group:All Hands=13", "empty_group:Empty=allow", "removals=15")))
	assert.Empty(t, p.Holds)
	assert.Len(t, p.Changes, 15)
}

// A limit that somebody gave one group binds although its emptying is allowed.
func TestAllowance_removalsOfOneGroupBindWhenEmptyingIsAllowed(t *testing.T) {
	t.Parallel()
	r, s := roster("A:\n B: p1"), box("A: "+people(7)+"\n B: p1")
	p := diff(t, r, s, options(allowing(t, "empty_group=allow", "removals_per_group:A=6")))
	assert.Equal(t, []string{"removals_per_group A 7"}, holds(p.Holds))
	p = diff(t, r, s, options(allowing(t, "empty_group=allow", "removals_per_group:A=7")))
	assert.Empty(t, p.Holds)
	p = diff(t, r, s, options(allowing(t, "empty_group=allow", "removals_per_group=1")))
	assert.Empty(t, p.Holds, "a limit for all groups is not about this one")
}

// Hidden members are members: their group is not empty, and may not be flooded.
func TestLimits_hiddenMembersCount(t *testing.T) {
	t.Parallel()
	s := box("A:", splitPeople(9)...)
	p := diff(t, roster("A: "+people(9)), s, options())
	assert.Empty(t, p.Holds)
	s.Listings[0].Hidden = 4
	p = diff(t, roster("A: "+people(9)), s, options())
	assert.Equal(t, []string{"adds_per_group A 9"}, holds(p.Holds))
	s.Listings[0].Hidden = 9
	p = diff(t, roster("A: "+people(9)), s, options())
	assert.Empty(t, p.Holds)
}

func TestAllowance_isExactAndScoped(t *testing.T) {
	t.Parallel()
	r := roster("A: p1\n B: p1")
	s := box("A: " + people(9) + "\n B: " + people(9))
	p := diff(t, r, s, options(allowing(t, "removals_per_group:a=7", "removals=100")))
	assert.Equal(t, []string{"removals_per_group A 8", "removals_per_group B 8"}, holds(p.Holds), "one too few")
	p = diff(t, r, s, options(allowing(t, "removals_per_group:a=8", "removals=100")))
	assert.Equal(t, []string{"removals_per_group B 8"}, holds(p.Holds), "the other group stays held")
	p = diff(t, r, s, options(allowing(t, "removals_per_group=8", "removals=100")))
	assert.Empty(t, p.Holds, "without a group it is for all")
	p = diff(t, r, s, options(allowing(t, "removals_per_group:Aa=8")))
	assert.Equal(t, []string{"unused_allowance"}, findings(p.Findings))
}

func allowing(t *testing.T, texts ...string) func(*plan.Options) {
	t.Helper()
	var allowed []plan.Allowance
	for _, text := range texts {
		a, err := plan.ParseAllowance(text)
		require.NoError(t, err)
		allowed = append(allowed, a)
	}
	return func(o *plan.Options) { o.Allow = allowed }
}

const allLimits = "; the limits are removals, removals_per_group, adds, adds_per_group, demotions, admin_grants, group_creations, " +
	"group_renames, empty_group, source_shrink, last_admin, unknown_logins, unresolved_members, possible_rename, reused_id"

func TestParseAllowance(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"removals=137":                  "removals=137",
		"removals_per_group:Finance=40": "removals_per_group:Finance=40",
		"adds_per_group:a:b=c=50%":      "adds_per_group:a:b=c=50%",
		"empty_group:X=allow":           "empty_group:X=allow",
		"adds=2.5%":                     "adds=2.5%",
		"possible_rename:a:b=c=allow":   "possible_rename:a:b=c=allow",
		"possible_rename=allow":         "possible_rename=allow",
	} {
		a, err := plan.ParseAllowance(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, a.String())
	}
	for text, want := range map[string]string{
		"removals":             `"removals": want LIMIT=VALUE or LIMIT:GROUP=VALUE`,
		"=3":                   `"=3": there is no limit ""` + allLimits,
		"removal=3":            `"removal=3": there is no limit "removal"` + allLimits,
		"removals:Finance=3":   `"removals:Finance=3": removals is a limit on the whole run and takes no group; the one on a group is removals_per_group`,
		"adds:Finance=3":       `"adds:Finance=3": adds is a limit on the whole run and takes no group; the one on a group is adds_per_group`,
		"demotions:Finance=3":  `"demotions:Finance=3": demotions is a limit on the whole run and takes no group`,
		"adds_per_group:=3":    `"adds_per_group:=3": no group after the colon`,
		"empty_group:X=yes":    `"empty_group:X=yes": the only value of empty_group is allow`,
		"possible_rename=1":    `"possible_rename=1": the only value of possible_rename is allow`,
		"removals=-1":          `"removals=-1": limit "-1": want a number such as 500, or a percentage such as 5%`,
		"removals=many%":       `"removals=many%": limit "many%": want a percentage such as 5%`,
		"removals_per_group=.": `"removals_per_group=.": limit ".": want a number such as 500, or a percentage such as 5%`,
	} {
		_, err := plan.ParseAllowance(text)
		require.EqualError(t, err, want)
	}
}

func TestLimit_Allowed(t *testing.T) {
	t.Parallel()
	const none = int(^uint(0) >> 1)
	for _, test := range []struct {
		limit        plan.Limit
		total, floor int
		want         int
	}{
		{plan.Limit{}, 100, 10, none},
		{plan.AtMost(7), 100, 10, 7},
		{plan.AtMost(0), 100, 10, 0},
		{plan.Percent(5), 1000, 10, 50},
		{plan.Percent(5), 100, 10, 10},
		{plan.Percent(5), 0, 10, none},
		{plan.Percent(0), 1000, 0, 0},
		{plan.Percent(5).And(plan.AtMost(500)), 100_000, 10, 500},
		{plan.Percent(5).And(plan.AtMost(500)), 2000, 10, 100},
		{plan.Percent(5).And(plan.AtMost(3)), 100, 10, 3},
		{plan.AtMost(3).And(plan.AtMost(9)).And(plan.Percent(9)).And(plan.Percent(5)), 40, 0, 2},
		{plan.Percent(1e300), 1 << 40, 0, none},
		{plan.Percent(29), 100, 0, 29},
		{plan.Percent(57), 100, 0, 57},
		{plan.Percent(58), 100, 0, 58},
	} {
		assert.Equal(t, test.want, test.limit.Allowed(test.total, test.floor), "%s of %d", test.limit, test.total)
	}
}
