package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// size is how much a source says. In its first group, A, Box has zoe, whom no roster
// of a size has.
type size struct {
	groups, memberships int
	partial, cut        bool // A, and the list of groups, was not read whole
}

func (s size) of(name string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: name, GroupsComplete: !s.cut})
	for i := range s.groups {
		id := fmt.Sprintf("%c", 'A'+i)
		b.Group(id, id, "")
	}
	for i := range s.memberships {
		l := source.NewLogin(address(fmt.Sprintf("p%d", i+1)))
		b.Add(0, b.Person(l.Key(), "", l), source.Unstated, 0)
	}
	if s.partial {
		b.Partial(0, "unreadable")
	}
	return b.Build()
}

func (s size) roster() *source.Roster { return s.of("hr") }

// zoes is a Box in which zoe is in A, and ours are n groups.
func zoes(n int) target.Snapshot {
	groups := []string{"A: p1, zoe"}
	for i := 1; i < n; i++ {
		groups = append(groups, fmt.Sprintf("%c:", 'A'+i))
	}
	return box(strings.Join(groups, "\n"))
}

// shrinkingBy has no limit but that on what a source may lose, and creates nothing.
func shrinkingBy(l plan.Limit) func(*plan.Options) {
	return func(o *plan.Options) {
		o.Limits, o.Create = plan.Limits{SourceShrink: l, FloorGroup: 3, FloorRun: 10}, false
	}
}

func had(groups, memberships int) plan.SourceCounts {
	return plan.SourceCounts{Groups: groups, Memberships: memberships}
}

func hadBefore(groups, memberships int) *plan.Memory {
	return &plan.Memory{Sources: map[string]plan.SourceCounts{"hr": had(groups, memberships)}}
}

// goes reports whether the plan takes zoe out, and what holds her if it does not.
func goes(p *plan.Plan) (bool, []string) {
	takes := slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Takes() })
	return takes, holds(slices.DeleteFunc(slices.Clone(p.Holds), func(h plan.Hold) bool { return h.Rule != plan.RuleSourceShrink }))
}

// Both sides of every edge, of groups and of memberships.
func TestShrink_edges(t *testing.T) {
	t.Parallel()
	const default5 = "source_shrink hr 1"
	percent, many := plan.Percent(5), plan.AtMost(1_000_000)
	for name, test := range map[string]struct {
		then  plan.SourceCounts
		now   size
		limit plan.Limit
		allow []string
		held  bool
	}{
		"nothing-lost":                         {had(2, 20), size{groups: 2, memberships: 20}, percent, nil, false},
		"grown":                                {had(2, 20), size{groups: 3, memberships: 25}, plan.AtMost(0), nil, false},
		"floor-of-groups":                      {had(5, 20), size{groups: 2, memberships: 20}, percent, nil, false},
		"over-the-floor-of-groups":             {had(6, 20), size{groups: 2, memberships: 20}, percent, nil, true},
		"floor-of-memberships":                 {had(2, 30), size{groups: 2, memberships: 20}, percent, nil, false},
		"over-the-floor-of-memberships":        {had(2, 31), size{groups: 2, memberships: 20}, percent, nil, true},
		"share-of-memberships":                 {had(2, 400), size{groups: 2, memberships: 380}, percent, nil, false},
		"over-the-share-of-memberships":        {had(2, 400), size{groups: 2, memberships: 379}, percent, nil, true},
		"share-of-groups":                      {had(20, 9), size{groups: 16, memberships: 9}, plan.Percent(20), nil, false},
		"over-the-share-of-groups":             {had(20, 9), size{groups: 15, memberships: 9}, plan.Percent(20), nil, true},
		"groups-grow-and-memberships-go":       {had(2, 31), size{groups: 9, memberships: 20}, percent, nil, true},
		"memberships-grow-and-groups-go":       {had(6, 20), size{groups: 2, memberships: 99}, percent, nil, true},
		"a-count-has-no-floor":                 {had(2, 20), size{groups: 2, memberships: 18}, plan.AtMost(1), nil, true},
		"a-count":                              {had(3, 20), size{groups: 2, memberships: 19}, plan.AtMost(1), nil, false},
		"the-smaller-of-two":                   {had(2, 400), size{groups: 2, memberships: 385}, percent.And(plan.AtMost(14)), nil, true},
		"switched-off":                         {had(20, 400), size{groups: 1, memberships: 1}, many, nil, false},
		"of-nothing":                           {had(1, 0), size{groups: 1, memberships: 5}, percent, nil, false},
		"partial-groups-count":                 {had(2, 31), size{groups: 2, memberships: 20, partial: true}, percent, nil, true},
		"a-list-of-groups-that-is-cut-counts":  {had(6, 31), size{groups: 2, memberships: 20, cut: true}, percent, nil, true},
		"so-many-allowed":                      {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=20"}, false},
		"one-too-few-allowed":                  {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=19"}, true},
		"one-group-too-few-allowed":            {had(6, 20), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=3"}, true},
		"a-share-allowed":                      {had(4, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=50%"}, false},
		"a-share-that-is-too-small":            {had(4, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=49%"}, true},
		"tighter-and-without-floors":           {had(2, 20), size{groups: 2, memberships: 18}, percent, []string{"source_shrink=5%"}, true},
		"allowed-that-source":                  {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink:hr=20"}, false},
		"allowed-another-source":               {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink:HR=20"}, true},
		"its-own-goes-before-that-for-all":     {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink=20", "source_shrink:hr=19"}, true},
		"also-where-it-comes-first":            {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"source_shrink:hr=20", "source_shrink=1"}, false},
		"what-allows-removals-is-of-no-matter": {had(6, 40), size{groups: 2, memberships: 20}, percent, []string{"removals=99"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Box is what would hold if it were asked, and what would not.
			for _, ours := range []int{1, 26} {
				m := hadBefore(test.then.Groups, test.then.Memberships)
				p := diff(t, test.now.roster(), zoes(ours), options(shrinkingBy(test.limit), remembering(m, night(1)), allowing(t, test.allow...)))
				taken, held := goes(p)
				want := []string{}
				if test.held && !test.now.partial {
					want = []string{default5}
				} else if test.held {
					want = []string{"source_shrink hr 0"} // partial holds zoe
				}
				assert.Equal(t, want, held)
				assert.Equal(t, test.held, p.Header.Blocked)
				assert.Equal(t, !test.held, taken)
				assert.Equal(t, []plan.RememberedSource{{Name: "hr", SourceCounts: test.then}}, p.Header.Remembered)
				bound := slices.ContainsFunc(p.Headroom().Sources, func(r plan.Room) bool { return r.Bound })
				assert.Equal(t, test.held, bound, "the headroom says as much")
				if test.held {
					requireReleases(t, p.Holds, test.now, zoes(ours), shrinkingBy(test.limit), remembering(m, night(1)))
				}
			}
		})
	}
}

// requireReleases requires that what the hold says to type ends it, and that one less
// does not.
func requireReleases(t *testing.T, hs []plan.Hold, now size, s target.Snapshot, edit ...func(*plan.Options)) {
	t.Helper()
	i := slices.IndexFunc(hs, func(h plan.Hold) bool { return h.Rule == plan.RuleSourceShrink })
	require.GreaterOrEqual(t, i, 0)
	var n int
	for _, a := range typed(t, hs[i].Release) {
		if a.Rule == plan.RuleSourceShrink && a.Group == "hr" {
			_, err := fmt.Sscan(a.Value.String(), &n)
			require.NoError(t, err, hs[i].Release)
		}
	}
	require.Positive(t, n, hs[i].Release)
	for _, test := range []struct {
		n    int
		held bool
	}{{n, false}, {n - 1, true}} {
		all := append(slices.Clone(edit), allowing(t, fmt.Sprintf("source_shrink:hr=%d", test.n)))
		_, held := goes(diff(t, now.roster(), s, options(all...)))
		assert.Equal(t, test.held, len(held) > 0, "%d", test.n)
	}
}

func TestShrink_text(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		then  *plan.Memory
		now   size
		limit plan.Limit
		want  string
		allow int
	}{
		{hadBefore(13, 130), size{groups: 6, memberships: 60}, plan.Percent(5), "source hr had 13 groups and 130 memberships, and has 6 groups (7/13 lost, 54%) and 60 memberships (70/130 lost, 54%); the limit is 5%, here 3 groups and 10 memberships", 70},
		{hadBefore(6, 40), size{groups: 1, memberships: 41}, plan.Percent(5), "source hr had 6 groups and 40 memberships, and has 1 group (5/6 lost, 83%) and 41 memberships; the limit is 5%, here 3 groups and 10 memberships", 5},
		{hadBefore(2, 400), size{groups: 3, memberships: 370}, plan.AtMost(20), "source hr had 2 groups and 400 memberships, and has 3 groups and 370 memberships (30/400 lost, 7.5%); the limit is 20", 30},
		{hadBefore(3, 400), size{groups: 3, memberships: 370}, plan.AtMost(20), "source hr had 3 groups and 400 memberships, and has 3 groups and 370 memberships (30/400 lost, 7.5%); the limit is 20", 30},
		{hadBefore(6, 0), size{groups: 2, memberships: 1}, plan.Percent(5).And(plan.AtMost(9)), "source hr had 6 groups and 0 memberships, and has 2 groups (4/6 lost, 67%) and 1 membership; the limit is [5%, 9], here 3 groups", 4},
		{&plan.Memory{}, size{groups: 1, memberships: 5}, plan.Percent(5), "4 of the 5 groups that source hr has in Box are missing from it (80%); the limit is 5%, here 3 (so many always pass)", 4},
	} {
		p := diff(t, test.now.roster(), zoes(5), options(shrinkingBy(test.limit), remembering(test.then, night(1))))
		require.Equal(t, []string{"source_shrink hr 1"}, holds(p.Holds))
		assert.Equal(t, test.want, p.Holds[0].Reason)
		assert.Equal(t, fmt.Sprintf("to allow it this once: --allow source_shrink:hr=%d", test.allow), p.Holds[0].Release)
	}
}

// What is held is what that source's word would take, in all that it takes: also an
// orphan's members. Nobody is told then to empty one.
func TestShrink_holdsWhatIsTaken(t *testing.T) {
	t.Parallel()
	r := source.Merge(roster("A: ann member, new"), size{groups: 1, memberships: 1}.of("ldap"))
	s := box("A: ann admin, x\n B: bob\n A2 [rollcall:main:ldap:A]: p1, y", "new")
	m := hadBefore(2, 40)
	m.Sources["ldap"] = had(1, 1)
	s.Groups[2].Name = "L"
	only := func(o *plan.Options) {
		o.Limits = plan.Limits{SourceShrink: plan.Percent(5), FloorGroup: 3, FloorRun: 10}
	}
	for i := range r.Groups() {
		r.Groups()[i].Name = map[string]string{"hr": "A", "ldap": "L"}[r.Groups()[i].Key.Source]
	}
	p := diff(t, r, s, options(only, remembering(m, night(1)), emptying("B")))
	assert.Equal(t, []string{"add A new as member (joined)", "remove L y (unexplained)"}, changes(p.Changes))
	require.Equal(t, []string{"source_shrink hr 3"}, holds(p.Holds))
	assert.Equal(t, []string{"set_role A ann admin to member (role)", "remove A x (unexplained)", "remove B bob (asked)"}, changes(p.Holds[0].Changes))

	p = diff(t, r, s, options(only, remembering(m, night(1))))
	require.Equal(t, []string{"orphan B"}, findings(p.Findings))
	assert.Empty(t, p.Findings[0].Release)
	m.Sources["hr"] = had(9, 3)
	p = diff(t, r, s, options(only, remembering(m, night(1)), allowing(t, "source_shrink=8")))
	assert.Equal(t, "to remove its members: --empty-orphan B", p.Findings[0].Release)
}

// Such a source is reported also if nothing was due, however narrow the run is and
// whatever is paused.
func TestShrink_isReportedWhateverTheRunIsAbout(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*plan.Options){
		"nothing-due":   func(*plan.Options) {},
		"group":         narrowed("B"),
		"skip-removals": additive,
		"paused":        func(o *plan.Options) { o.Pauses = []plan.Pause{{Group: mustGlobs("*")[0], Until: night(9)}} },
		"excluded":      func(o *plan.Options) { o.Exclude = mustGlobs("*") },
	} {
		s := zoes(6)
		if name == "nothing-due" {
			s = box("A: p1")
		}
		p := diff(t, size{groups: 2, memberships: 20}.roster(), s, options(shrinkingBy(plan.Percent(5)), remembering(hadBefore(6, 31), night(1)), edit))
		assert.Equal(t, []string{"source_shrink hr 0"}, holds(p.Holds), name)
		assert.True(t, p.Header.Blocked)
		assert.Equal(t, hadBefore(6, 31).Sources, p.Memory.Sources)
		assert.Equal(t, map[string]time.Time{"source_shrink//hr": night(1)}, p.Memory.Holds)
	}
}

func TestShrink_unusedAllowance(t *testing.T) {
	t.Parallel()
	r := source.Merge(size{groups: 1, memberships: 1}.roster(), size{cut: true}.of("ad"))
	p := diff(t, r, box("A: p1"), options(allowing(t, "source_shrink:hr=1", "source_shrink:ad=2", "source_shrink=3", "source_shrink:A=5%", "source_shrink:HR=4")))
	assert.Equal(t, []string{
		"unused_allowance : --allow source_shrink:A=5% names a source that the configuration does not have; it has ad, hr",
		"unused_allowance : --allow source_shrink:HR=4 names a source that the configuration does not have; it has ad, hr",
	}, saidOf(p.Findings))
	_, err := plan.ParseAllowance("source_shrink:=4")
	require.EqualError(t, err, `"source_shrink:=4": no source after the colon`)
	_, err = plan.ParseAllowance("source_shrink:hr=allow")
	require.EqualError(t, err, `"source_shrink:hr=allow": limit "allow": want a number such as 500, or a percentage such as 5%`)
}
