package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Only the groups that the plan touches are listed: those that it is about and,
// with the sources, those that carry their identifiers and orphans that one of them
// may be.
func TestRecheck_ToList(t *testing.T) {
	t.Parallel()
	r := roster("A: ann, bob\n B: ann\n New: ann\n Taken: ann, bob")
	saved := diff(t, r, box("A: ann\n B: ann\n Taken []: bob\n Gone: zoe\n Empty: zoe", "bob"), options(adopting, unlimited, emptying("Empty")))
	require.Equal(t, []string{
		"add A bob as member (joined)", "remove Empty zoe (asked)", "create_group New (source)", "add New ann as member (joined)",
		"adopt_group Taken (source)", "add Taken ann as member (joined)",
	}, changes(saved.Changes))

	s := box("A: ann\n B: ann\n Taken []: bob\n Gone: zoe\n Empty: zoe")
	assert.Equal(t, []target.GroupID{101, 103, 104, 105}, plan.NewRecheck(saved, r, s.Groups, options(unlimited)).ToList())
	assert.Equal(t, []target.GroupID{101, 103, 105}, plan.NewRecheck(saved, nil, s.Groups, options(unlimited)).ToList(), "without the sources")

	made(600, "New", "rollcall:main:hr:New", "")(&s)
	s.Groups = slices.Delete(s.Groups, 0, 1)
	made(601, "A", "rollcall:main:hr:A", "")(&s)
	assert.Equal(t, []target.GroupID{103, 105, 600, 601}, plan.NewRecheck(saved, r, s.Groups, options(unlimited)).ToList(), "A is another group")
	assert.Equal(t, []target.GroupID{103, 105, 600}, plan.NewRecheck(saved, nil, s.Groups, options(unlimited)).ToList())
}

// An orphan that only a group may be which the plan does not touch is not listed: one
// that the run does not concern is none of its groups.
func TestRecheck_ToList_orphanOfAnotherGroup(t *testing.T) {
	t.Parallel()
	s := box("A1: ann\n Gone: zoe", "bob")
	saved := diff(t, roster("A1: ann, bob"), s, options(unlimited, narrowed("A*")))
	require.Equal(t, []string{"add A1 bob as member (joined)"}, changes(saved.Changes))
	monday := roster("A1: ann, bob\n A2: ann")
	assert.Equal(t, []target.GroupID{101}, plan.NewRecheck(saved, monday, s.Groups, options(unlimited)).ToList())
}

func TestRecheck_Finish_refusesWithoutAllListings(t *testing.T) {
	t.Parallel()
	text := "A: ann, bob\n B: ann, bob\n C: ann, bob\n D: ann, bob\n E: ann, bob\n F: ann, bob\n G: ann, bob\n H: ann, bob"
	r, s := roster(text), box(strings.ReplaceAll(text, ", bob", ""), "bob")
	saved := diff(t, r, s, options(reviewed))
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		re := plan.NewRecheck(saved, r, s.Groups, options())
		re.Listed(s.Listings[1])
		_, err := re.Finish()
		require.EqualError(t, err, "the memberships of group 101 were not read", name)
	}
}

// A listing that nobody asked for says nothing, and neither does a second one.
func TestRecheck_Listed_onceEach(t *testing.T) {
	t.Parallel()
	r, s := roster("A: ann, dora\n B: ann"), box("A: ann, bob\n B: zoe", "ann", "dora")
	saved := diff(t, r, s, options(reviewed, narrowed("A")))
	s.Listings[1].Users[0].Login = address("dora")
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		re := plan.NewRecheck(saved, r, s.Groups, options())
		re.Listed(s.Listings[1])
		re.Listed(s.Listings[0])
		re.Listed(target.Listing{Group: 101})
		c, err := re.Finish()
		require.NoError(t, err)
		assert.Equal(t, []string{"add A dora as member: to be made", "remove A bob: to be made"}, fates(saved, c), name)
	}
}

// Of several groups in the way, the same one is named whatever the order in which
// Box lists them.
func TestRecheck_namesTheFirstGroupInTheWay(t *testing.T) {
	t.Parallel()
	r, s := roster("A: ann\n New: ann"), box("A: ann, bob")
	saved := diff(t, r, s, options(reviewed))
	for i := range target.GroupID(8) {
		made(507-i, "New", "rollcall:main:hr:A", "")(&s)
	}
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		assert.Equal(t, []string{
			"remove A bob: skipped, Box group 500 carries the identifier now",
			"create_group New: skipped, Box group 500 has that name now",
			`add New ann as member: skipped, needs "create_group New", which is not made`,
		}, fates(saved, recheck(t, saved, r, s, options())), name)
	}
}

// A member who is listed twice is one member.
func TestRecheck_countsMembersOnce(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p1, p2, p3, p4"), box("A: p1, p2", "p3", "p4")
	o := options(reviewed, func(o *plan.Options) { o.Limits = plan.Limits{AddsPerGroup: plan.Percent(100)} })
	saved := diff(t, r, s, o)
	edits(left("A", "p2"), joined("A", "p1"))(&s)
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		c := recheck(t, saved, r, s, o)
		require.Equal(t, []string{"adds_per_group A 2"}, holds(c.Plan.Holds), name)
		assert.Equal(t, "2 adds against 1 current membership (200%); the limit is 100%, here 1", c.Plan.Holds[0].Reason, name)
	}
}

// Hidden members count for a plan without sources too: the group is not empty.
func TestRecheck_countsHiddenMembers(t *testing.T) {
	t.Parallel()
	r, s := roster("A: "+people(9)), box("A:", splitPeople(9)...)
	saved := diff(t, r, s, options(reviewed))
	s.Listings[0].Hidden = 4
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		c := recheck(t, saved, r, s, options())
		assert.Equal(t, []string{"adds_per_group A 9"}, holds(c.Plan.Holds), name)
	}
}

// A plan that says nothing of the groups it compared leaves none of them empty with
// leave: the limit on a group's removals binds.
func TestRecheck_planWithoutSummaries(t *testing.T) {
	t.Parallel()
	s := box("A: p1, p2")
	saved := diff(t, roster("A:"), s, options(reviewed, unlimited))
	saved.Groups = nil
	c := recheck(t, saved, nil, s, options(unlimited, limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(1) })))
	assert.Equal(t, []string{"removals_per_group A 2"}, holds(c.Plan.Holds))
}

// What is left of a plan keeps its ids and order. Where the group that it creates
// exists by now, its adds go there and need nothing more.
func TestRecheck_left(t *testing.T) {
	t.Parallel()
	r := roster("New: ann, bob\n Other: ann")
	saved := diff(t, r, box("", "ann", "bob"), options(reviewed))
	s := box("")
	made(500, "New", "rollcall:main:hr:New", "ann")(&s)
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		c := recheck(t, saved, r, s, options())
		bob, creation, ann := saved.Changes[2], saved.Changes[3], saved.Changes[4]
		bob.Group.ID, bob.Needs = 500, []string{}
		assert.Equal(t, []plan.Change{bob, creation, ann}, c.Plan.Changes, name)
		assert.Equal(t, []string{creation.ID}, ann.Needs)
		assert.Equal(t, []string{"create_group/rollcall:main:hr:New"}, saved.Changes[2].Needs, "the saved plan is left alone")

		c.Take([]plan.Result{{Outcome: plan.Applied}, {Outcome: plan.Failed, Detail: "no"}, {Outcome: plan.NotAttempted}})
		assert.Equal(t, []plan.Outcome{plan.Already, plan.Already, plan.Applied, plan.Failed, plan.NotAttempted}, outcomesOf(c.Results), name)
	}
}

func outcomesOf(results []plan.Result) []plan.Outcome {
	var out []plan.Outcome
	for _, r := range results {
		out = append(out, r.Outcome)
	}
	return out
}

// What a change needs is judged before it, wherever it stands; what is not in the
// plan is not made.
func TestRecheck_needs(t *testing.T) {
	t.Parallel()
	r := roster("New: ann, bob")
	saved := diff(t, r, box("", "ann", "bob"), options(reviewed))
	slices.Reverse(saved.Changes)
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		s := box("")
		re := plan.NewRecheck(saved, r, nil, options())
		c, err := re.Finish()
		require.NoError(t, err)
		assert.Equal(t, []string{"add New bob as member: to be made", "add New ann as member: to be made", "create_group New: to be made"}, fates(saved, c), name)
		assert.Equal(t, []string{"create_group New (source)", "add New ann as member (joined)", "add New bob as member (joined)"}, changes(c.Plan.Changes))
		c.Take([]plan.Result{{Outcome: plan.Applied}, {Outcome: plan.Failed}, {Outcome: plan.Applied}})
		assert.Equal(t, []plan.Outcome{plan.Applied, plan.Failed, plan.Applied}, outcomesOf(c.Results))

		made(500, "NEW", "", "")(&s)
		c = recheck(t, saved, r, s, options())
		assert.Equal(t, []string{
			`add New bob as member: skipped, needs "create_group New", which is not made`,
			`add New ann as member: skipped, needs "create_group New", which is not made`,
			"create_group New: skipped, Box group 500 has that name now",
		}, fates(saved, c), name)

		alone := *saved
		alone.Changes = saved.Changes[:1]
		c = recheck(t, &alone, r, box(""), options())
		assert.Equal(t, []string{`add New bob as member: skipped, needs "create_group/rollcall:main:hr:New", which is not made`}, fates(&alone, c), name)
	}
}

// Two people of the source who are one Box user by now: what is due for them is
// held, as in a plan.
func TestRecheck_loginNowTwoPeople(t *testing.T) {
	t.Parallel()
	build := func(dora ...source.Role) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "ldap", GroupsComplete: true})
		g := b.Group("A", "A", "")
		login := source.NewLogin("bob@acme.example")
		b.Add(g, b.Person("guid-1", "", login), source.Member, 0)
		for _, role := range dora {
			b.Add(g, b.Person("guid-2", "", login), role, 0)
		}
		return b.Build()
	}
	for _, text := range []string{"A:", "A: bob admin"} {
		s := box(text, "bob")
		saved := diff(t, build(), s, options(reviewed, unlimited))
		require.Len(t, saved.Changes, 1)
		c := recheck(t, saved, build(source.Admin), s, options(unlimited))
		assert.Empty(t, c.Plan.Changes)
		assert.Equal(t, []string{"shared_login A 1"}, holds(c.Plan.Holds))
	}
}

// A source whose groups have keys of their own gives one another name.
func TestRecheck_renamedInTheSource(t *testing.T) {
	t.Parallel()
	build := func(name string) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "ldap", GroupsComplete: true})
		ann := source.NewLogin(address("ann"))
		b.Add(b.Group("F1", name, ""), b.Person("guid-1", "", ann), source.Unstated, 0)
		return b.Build()
	}
	for text, want := range map[string][]string{
		"": {
			"create_group Finance: skipped, source hr no longer gives the group that name",
			`add Finance ann as member: skipped, needs "create_group Finance", which is not made`,
		},
		"Cash [rollcall:main:hr:F1]:": {
			"rename_group Finance from Cash: skipped, source hr no longer gives the group that name",
			"add Finance ann as member: to be made",
		},
		"Finance []:": {
			"adopt_group Finance: skipped, source hr and Box no longer fit together so",
			`add Finance ann as member: skipped, needs "adopt_group Finance", which is not made`,
		},
		"Finance [rollcall:main:old:F1]:": {
			"rekey_group Finance: skipped, source hr and Box no longer fit together so",
			`add Finance ann as member: skipped, needs "rekey_group Finance", which is not made`,
		},
	} {
		s := box(text, "ann")
		saved := diff(t, build("Finance"), s, options(adopting))
		c := recheck(t, saved, build("Money"), s, options(adopting))
		assert.Equal(t, want, fates(saved, c), text)
	}
}

// What a source that was not read whole, or is no longer there, says of a group.
func TestRecheck_sourceThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob\n Gone: carl")
	saved := diff(t, roster("A: ann"), s, options(reviewed, emptying("Gone")))
	require.Len(t, saved.Changes, 2)
	for name, test := range map[string]struct {
		evidence source.Evidence
		want     []string
	}{
		"not-whole": {source.Evidence{Name: "hr"}, []string{
			"remove A bob: skipped, source hr was not read whole, and does not show the group",
			"remove Gone carl: skipped, it is no longer clear that --empty-orphan Gone means this group",
		}},
		"another": {source.Evidence{Name: "other", GroupsComplete: true}, []string{
			"remove A bob: skipped, source hr is no longer configured",
			"remove Gone carl: skipped, it is no longer clear that --empty-orphan Gone means this group",
		}},
	} {
		c := recheck(t, saved, source.NewBuilder(test.evidence).Build(), s, options())
		assert.Equal(t, test.want, fates(saved, c), name)
	}
}

// removal_grace has run out when a plan says so, whatever is remembered.
func TestRecheck_removalGraceIsThePlan_s(t *testing.T) {
	t.Parallel()
	r, s := roster("A: ann"), box("A: ann, bob")
	saved := diff(t, r, s, options(reviewed))
	o := options(remembering(&plan.Memory{}, night(1)), func(o *plan.Options) { o.RemovalGrace = 7 * day })
	c := recheck(t, saved, r, s, o)
	assert.Equal(t, []string{"remove A bob: to be made"}, fates(saved, c))
	assert.Nil(t, c.Plan.Memory)
}

// Applied twice, a plan finds everything done, or still as it was found.
func TestRecheck_twice(t *testing.T) {
	t.Parallel()
	r := roster("A: ann, bob admin, dora admin\n New: ann, bob\n Taken: ann\n Right: ann")
	text := "A: ann, carl, dora\n TAKEN []: bob, ann\n Gone: zoe\n Wrong [rollcall:main:hr:Right]: ann\n Old [rollcall:main:old:x]: ann"
	s := box(text, "bob")
	saved := diff(t, r, s, options(adopting, unlimited, emptying("Gone")))
	require.Len(t, saved.Changes, 11)
	edits(left("A", "carl"), joined("A", "carl"))(&s)
	for name, r := range map[string]*source.Roster{"with the sources": r, "without": nil} {
		s := s
		c := recheck(t, saved, r, s, options(adopting, unlimited))
		require.Len(t, c.Plan.Changes, 10)
		s = applied(t, s, c.Plan.Changes)
		c = recheck(t, saved, r, s, options(adopting, unlimited))
		assert.Empty(t, c.Plan.Changes, name)
		assert.Empty(t, c.Plan.Holds, name)
		assert.Equal(t, plan.Tally{Already: 10, Skipped: 1}, plan.TallyOf(c.Results), name)
	}
}
