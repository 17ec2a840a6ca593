package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// withSourceIDs gives the groups of a roster a key other than their name, as a CSV with a
// column source_id does.
func withSourceIDs(text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", GroupsComplete: true})
	for _, line := range lines(text) {
		name, members, _ := strings.Cut(line, ":")
		g := b.Group("4711-"+name, name, "")
		for _, entry := range entries(members) {
			l := source.NewLogin(address(entry))
			b.Add(g, b.Person(l.Key(), "", l), source.Unstated, 0)
		}
	}
	return b.Build()
}

// from returns people pN to pM, as a list for roster and box.
func from(n, m int) string {
	var logins []string
	for i := n; i <= m; i++ {
		logins = append(logins, fmt.Sprintf("p%d", i))
	}
	return strings.Join(logins, ", ")
}

func TestRenamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster  func(string) *source.Roster
		source  string
		box     string
		known   []string
		since   func(*target.Snapshot)
		edit    func(*plan.Options)
		created []string // groups
		holds   []string
	}{
		"everybody":                           {source: "New: " + from(1, 10), box: "Old: " + from(1, 10), holds: []string{"possible_rename New 11"}},
		"four in five of ten":                 {source: "New: " + from(1, 8), box: "Old: " + from(1, 10), holds: []string{"possible_rename New 9"}},
		"fewer of ten":                        {source: "New: " + from(1, 7), box: "Old: " + from(1, 10), created: []string{"New"}},
		"four in five of the new one":         {source: "New: " + from(1, 10), box: "Old: " + from(1, 8), known: entries(from(9, 10)), holds: []string{"possible_rename New 11"}},
		"fewer of the new one":                {source: "New: " + from(1, 10), box: "Old: " + from(1, 7), known: entries(from(8, 10)), created: []string{"New"}},
		"whom Box does not know do not count": {source: "New: " + from(1, 10), box: "Old: " + from(1, 7), holds: []string{"possible_rename New 8"}},
		"nor does one of them": {
			source: "New: " + from(1, 5) + ", zoe", box: "Old: " + from(1, 4), known: []string{"p5"}, holds: []string{"possible_rename New 6"},
		},
		"two people who are one user count once": {
			roster: keyed, source: "x = p1\n y = p1\n New: x, y, p2, p3, p6", box: "Old: " + from(1, 4), known: []string{"p6"},
			created: []string{"New"}, holds: []string{"shared_login New 1"},
		},
		"whom a policy leaves alone counts where the old one has them": {
			source: "New: " + from(1, 4), box: "Old: " + from(1, 4), edit: func(o *plan.Options) { o.Ignore = mustGlobs("p4@*") },
			holds: []string{"possible_rename New 4"},
		},
		"and not where it has not": {
			source: "New: " + from(1, 6) + "\n Rest: p6", box: "Old: " + from(1, 4) + "\n Rest: p6", known: []string{"p5"},
			edit: func(o *plan.Options) { o.Ignore = mustGlobs("p6@*") }, holds: []string{"possible_rename New 6"},
		},
		"two are enough": {source: "New: p1, p2", box: "Old: p1, p2", holds: []string{"possible_rename New 3"}},
		"one is not":     {source: "New: p1", box: "Old: p1", created: []string{"New"}},
		"nobody is not":  {source: "New:", box: "Old:", created: []string{"New"}},
		"one of a group that was not read whole": {
			source: "New (partial): p1", box: "Old: " + from(1, 9), holds: []string{"possible_rename New 2"},
		},
		"of a group that was not read whole, those who were read count": {
			source: "New (partial): " + from(1, 5), box: "Old: " + from(2, 9), known: []string{"p1"}, holds: []string{"possible_rename New 6"},
		},
		"nobody of a group that was not read whole": {
			source: "New (partial): zoe", box: "Old: p1, p2", known: []string{"zoe"}, created: []string{"New"},
		},
		"a group of which nobody was read": {source: "New (partial):", box: "Old: p1, p2", created: []string{"New"}},
		"ids on either side":               {roster: withSourceIDs, source: "New: p1, p2", box: "Old [rollcall:main:hr:4711-Old]: p1, p2", created: []string{"New"}},
		"the list gets ids":                {roster: withSourceIDs, source: "New: p1, p2", box: "Old: p1, p2", holds: []string{"possible_rename New 3"}},
		"it gets them, and Box has a name of its own": {
			roster: withSourceIDs, source: "New: p1, p2", box: "Old (Box) [rollcall:main:hr:new]: p1, p2", holds: []string{"possible_rename New 3"},
		},
		"another one's name as a key": {
			roster: withSourceIDs, source: "New: p1, p2", box: "Old [rollcall:main:hr:Older]: p1, p2", created: []string{"New"},
		},
		"a name in another case": {
			roster: func(text string) *source.Roster {
				b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
				g := b.Group("NEW ", "New", "")
				for _, entry := range entries(text) {
					l := source.NewLogin(address(entry))
					b.Add(g, b.Person(l.Key(), "", l), source.Unstated, 0)
				}
				return b.Build()
			},
			source: "p1, p2", box: "Old: p1, p2", holds: []string{"possible_rename New 3"},
		},
		"another name in Box by a rule": {
			roster: func(text string) *source.Roster {
				rule, err := source.NewGroupRewrite("r", "^", "BOX-")
				require.NoError(t, err)
				return mapped(t, roster(text), source.Mapping{Groups: []source.Rewrite{rule}})
			},
			source: "New: p1, p2", box: "Old: p1, p2", holds: []string{"possible_rename BOX-New 3"},
		},
		"one of several": {
			source: "New: " + from(1, 4), box: "Old: " + from(1, 4) + "\n Older: " + from(1, 5), holds: []string{"possible_rename New 5"},
		},
		"several that may be one": {
			source: "New: " + from(1, 4) + "\n Newer: " + from(1, 5), box: "Old: " + from(1, 4), known: []string{"p5"},
			holds: []string{"possible_rename New 5", "possible_rename Newer 6"},
		},
		"another is left out":                   {source: "New: p1, p2\n Out: p5", box: "Old: p1, p2", edit: excluding("Out"), holds: []string{"possible_rename New 3"}},
		"no orphan":                             {source: "New: p1, p2\n Old: p1, p2", box: "Old: p1, p2", created: []string{"New"}},
		"an orphan of another source":           {source: "New: p1, p2", box: "Old [rollcall:main:ad:Old]: p1, p2", created: []string{"New"}},
		"an orphan of another instance":         {source: "New: p1, p2", box: "Old [rollcall:test:hr:Old]: p1, p2", created: []string{"New"}},
		"a group of somebody else":              {source: "New: p1, p2", box: "Old []: p1, p2", created: []string{"New"}},
		"an orphan that is excluded":            {source: "New: p1, p2", box: "Old: p1, p2", edit: excluding("Old"), created: []string{"New"}},
		"an orphan outside a narrow run":        {source: "New: p1, p2", box: "Old: p1, p2", edit: narrowed("New"), holds: []string{"possible_rename New 3"}},
		"an orphan that is paused":              {source: "New: p1, p2", box: "Old: p1, p2", edit: both(at(night(1)), pausing("Old")), holds: []string{"possible_rename New 3"}},
		"a creation that is paused":             {source: "New: p1, p2", box: "Old: p1, p2", edit: both(at(night(1)), pausing("New"))},
		"no creation":                           {source: "New: p1, p2", box: "Old: p1, p2", edit: func(o *plan.Options) { o.Create = false }},
		"a takeover is none":                    {source: "New: p1, p2", box: "Old: p1, p2\n New []: p1", edit: adopting},
		"allowed for the group":                 {source: "New: p1, p2\n Newer: p1, p2", box: "Old: p1, p2", edit: allowing(t, "possible_rename:NEW=allow"), created: []string{"New"}, holds: []string{"possible_rename Newer 3"}},
		"allowed everywhere":                    {source: "New: p1, p2\n Newer: p1, p2", box: "Old: p1, p2", edit: allowing(t, "possible_rename=allow"), created: []string{"New", "Newer"}},
		"it uses up no limit":                   {source: "New: p1, p2\n Other: p9", box: "Old: p1, p2\n Rest: p9", edit: limits(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(1) }), created: []string{"Other"}, holds: []string{"possible_rename New 3"}},
		"asked to empty it, it waits too":       {source: "New: p1, p2", box: "Old: p1, p2", edit: emptying("Old"), holds: []string{"possible_rename New 3", "possible_rename Old 2"}},
		"allowed to empty it":                   {source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), allowing(t, "possible_rename:Old=allow")), holds: []string{"possible_rename New 3"}},
		"and both, where it is another":         {source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), allowing(t, "possible_rename:New=allow")), created: []string{"New"}},
		"asked to empty it, nothing is created": {source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), func(o *plan.Options) { o.Create = false }), holds: []string{"possible_rename Old 2"}},
		"asked to empty it, and it alone":       {source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), narrowed("Old")), holds: []string{"possible_rename Old 2"}},
		"asked to empty it, the name is taken":  {source: "New: p1, p2", box: "Old: p1, p2\n New []: p1", edit: emptying("Old"), holds: []string{"possible_rename Old 2"}},
		"asked to empty it, the new one is taken over": {
			source: "New: p1, p2", box: "Old: p1, p2\n New []: p1", edit: both(adopting, emptying("Old")), holds: []string{"possible_rename Old 2"},
		},
		"asked to empty it, the new one is excluded": {
			source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), excluding("New")), holds: []string{"possible_rename Old 2"},
		},
		"asked to empty it, the new one is paused": {
			source: "New: p1, p2", box: "Old: p1, p2", edit: both(at(night(1)), both(pausing("New"), emptying("Old"))), holds: []string{"possible_rename Old 2"},
		},
		"asked to empty it alone, two names clash": {
			source: "New: p1, p2\n NEW: p1, p2", box: "Old: p1, p2", edit: emptying("Old"), holds: []string{"name_clash NEW 0", "name_clash New 0", "possible_rename Old 2"},
		},
		"asked to empty it alone, allowed": {
			source: "New: p1, p2", box: "Old: p1, p2", edit: both(both(emptying("Old"), narrowed("Old")), allowing(t, "possible_rename:Old=allow")),
		},
		"asked to empty it alone, it is another": {
			source: "New: p1, p2", box: "Old: p1, p2", edit: both(both(emptying("Old"), narrowed("Old")), allowing(t, "possible_rename:New=allow")),
		},
		"asked to empty it alone, the other is there":  {source: "New: p1, p2", box: "Old: p1, p2\n New: p1", edit: both(emptying("Old"), narrowed("Old"))},
		"asked to empty it alone, the other has a key": {roster: withSourceIDs, source: "New: p1, p2", box: "Old [rollcall:main:hr:4711-Old]: p1, p2", edit: both(emptying("Old"), narrowed("Old"))},
		"asked to empty it alone, the other is said to be another Box group": {
			roster: func(text string) *source.Roster {
				return mapped(t, roster(text), source.Mapping{Entries: []source.MapEntry{{Group: "New", BoxID: 102, Origin: "map.csv:2"}}})
			},
			source: "New: p1, p2", box: "Old: p1, p2\n Else []: p1", edit: both(emptying("Old"), narrowed("Old")),
		},
		"asked to empty it alone, others are elsewhere": {source: "New: p1, p3", box: "Old: p1, p2\n Third: p3", edit: both(emptying("Old"), narrowed("Old", "Third"))},
		"an orphan whose name the source has": {
			source: "New: p1, p2\n Team: p3\n team: p3", box: "Team [rollcall:main:hr:Old]: p1, p2", known: []string{"p3"},
			created: []string{"New"}, holds: []string{"name_clash Team 0", "name_clash team 0"},
		},
		"so it does if the run leaves the other out": {source: "New: p1, p2\n Rest:", box: "Old: p1, p2\n Rest:", edit: both(emptying("Old"), narrowed("Old", "Rest")), holds: []string{"possible_rename Old 2"}},
		"or alone": {source: "New: p1, p2", box: "Old: p1, p2", edit: both(emptying("Old"), at(night(1)), pausing("New")), holds: []string{"possible_rename Old 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.roster == nil {
				test.roster = roster
			}
			s := box(test.box, test.known...)
			edit := func(*plan.Options) {}
			if test.edit != nil {
				edit = test.edit
			}
			p := diff(t, test.roster(test.source), s, options(unlimited, edit))
			var created []string
			for _, c := range p.Changes {
				if c.Kind == plan.CreateGroup {
					created = append(created, c.Group.Name)
				}
				assert.NotEqual(t, plan.Unexplained, c.Cause, c.ID)
			}
			assert.Equal(t, test.created, created)
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.False(t, p.Header.Blocked)
		})
	}
}

func excluding(globs ...string) func(*plan.Options) {
	return func(o *plan.Options) { o.Exclude = mustGlobs(globs...) }
}

func both(fs ...func(*plan.Options)) func(*plan.Options) {
	return func(o *plan.Options) {
		for _, f := range fs {
			f(o)
		}
	}
}

// One of a group that was not read whole is one, and not some.
func TestRenamed_saysOfOne(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("New (partial): p1"), box("Old: p1, p2, p3"), options(unlimited))
	require.Equal(t, []string{"possible_rename New 2"}, holds(p.Holds))
	assert.Equal(t, `it may be a group that source hr had under another name: 1 of the 3 members of "Old" (id 101) in Box is wanted in this one`, p.Holds[0].Reason)
	assert.Contains(t, saidOf(p.Findings), `orphan Old: source hr no longer has this group; it and its 3 members are left alone; it may be a group that source hr has under another name (possible_rename): 1 of its 3 members is wanted in "New"`)
}

// What a hold and an orphan say: both sides name each other, whatever the order.
func TestRenamed_says(t *testing.T) {
	t.Parallel()
	r := roster(`New, "X": p1, p2, p3` + "\n Newer: " + from(1, 4))
	s := box("Old: "+from(1, 3)+"\n Older: "+from(1, 4)+"\n Other: p1", "p4")
	for range 2 {
		p := diff(t, r, s, options(unlimited))
		slices.Reverse(s.Groups)
		slices.Reverse(s.Listings)
		texts := []string{}
		for _, h := range p.Holds {
			texts = append(texts, h.ID()+": "+h.Reason+": "+h.Release)
		}
		assert.Equal(t, []string{
			`possible_rename/rollcall:main:hr:New, "X": it may be a group that source hr had under another name: 3 of the 3 members of "Old" (id 101) in Box are wanted in this one: ` +
				`if it is, put the row "New, ""X""",101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; if it is not, allow it this once: --allow 'possible_rename:New, "X"=allow'`,
			`possible_rename/rollcall:main:hr:Newer: it may be a group that source hr had under another name: 4 of the 4 members of "Older" (id 102) in Box are wanted in this one: ` +
				`if it is, put the row Newer,102 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; if it is not, allow it this once: --allow possible_rename:Newer=allow`,
		}, texts)
		assert.Equal(t, []string{
			`orphan Old: source hr no longer has this group; it and its 3 members are left alone; it may be a group that source hr has under another name (possible_rename): 3 of its 3 members are wanted in "New, \"X\""`,
			`orphan Older: source hr no longer has this group; it and its 4 members are left alone; it may be a group that source hr has under another name (possible_rename): 4 of its 4 members are wanted in "Newer"`,
			`orphan Other: source hr no longer has this group; it and its 1 member are left aloneto remove its members: --empty-orphan Other`,
		}, saidOf(p.Findings))
	}
}

// Of several orphans each is named, in the order of their ids, and those of another
// source are not meant.
func TestRenamed_several(t *testing.T) {
	t.Parallel()
	other := source.NewBuilder(source.Evidence{Name: "ad", GroupsComplete: true})
	r := source.Merge(roster("New: p1, p2"), other.Build())
	s := box("Else [rollcall:main:ad:Else]: p1, p2\n Old: p1, p2\n Older: p1, p2")
	for range 2 {
		p := diff(t, r, s, options(unlimited))
		slices.Reverse(s.Groups)
		require.Equal(t, []string{"possible_rename New 3"}, holds(p.Holds))
		assert.Equal(t, `it may be a group that source hr had under another name: 2 of the 2 members of "Old" (id 102) in Box are wanted in this one, `+
			`2 of the 2 members of "Older" (id 103) in Box are wanted in this one`, p.Holds[0].Reason)
		assert.Contains(t, p.Holds[0].Release, "put the row New,ID into groups.map_file")
		assert.Contains(t, saidOf(p.Findings), "orphan Else: source ad no longer has this group; it and its 2 members are left aloneto remove its members: --empty-orphan Else")
	}
}

func TestRecheck_renamed(t *testing.T) {
	t.Parallel()
	const held = "held by possible_rename: it may be a group that source hr had under another name: 2 of the 2 members of \"Old\" (id 101) in Box are wanted in this one"
	held4 := strings.ReplaceAll(held, "2 of the 2", "4 of the 4")
	for name, test := range map[string]drift{
		"the old one has gone since": {
			roster: "Old: p1, p2\n New: p1, p2", box: "Old: p1, p2", monday: "New: p1, p2",
			want: verdict{
				[]string{"create_group New: skipped, " + held, "add New p1 as member: skipped, " + held, "add New p2 as member: skipped, " + held},
				[]string{"possible_rename New 3"},
			},
			alone: &verdict{[]string{"create_group New: to be made", "add New p1 as member: to be made", "add New p2 as member: to be made"}, nil},
		},
		"allowed when the plan was made": {
			roster: "Old: p1, p2\n New: p1, p2", box: "Old: p1, p2", monday: "New: p1, p2", edit: allowing(t, "possible_rename:New=allow"),
			want: verdict{[]string{"create_group New: to be made", "add New p1 as member: to be made", "add New p2 as member: to be made"}, nil},
		},
		"more of its people are in the old one now": {
			roster: "New: p1, p2, p3, p4", box: "Old: p1, p2, p3", known: []string{"p4"},
			since: joined("Old", "p4"),
			want: verdict{
				[]string{"create_group New: skipped, " + held4, "add New p1 as member: skipped, " + held4, "add New p2 as member: skipped, " + held4,
					"add New p3 as member: skipped, " + held4, "add New p4 as member: skipped, " + held4}, []string{"possible_rename New 5"},
			},
			alone: &verdict{[]string{"create_group New: to be made", "add New p1 as member: to be made", "add New p2 as member: to be made",
				"add New p3 as member: to be made", "add New p4 as member: to be made"}, nil},
		},
		"whom the plan holds is known to Box": {
			roster: "New: p1, p2, p3, p4", box: "Old: p1, p2", known: []string{"p3", "p4"},
			edit: both(unlimited, limits(func(l *plan.Limits) { l.Adds = plan.AtMost(0) })),
			want: verdict{[]string{"create_group New: to be made"}, nil},
		},
		"unless they have another login there now": {
			roster: "New: p1, p2, p3, p4\n Rest: p5", box: "Old: p1, p2\n Rest: p5, p6", known: []string{"p3", "p4"},
			edit: both(unlimited, limits(func(l *plan.Limits) { l.Adds = plan.AtMost(0) })),
			since: edits(joined("Rest", "p3"), joined("Rest", "p4"), func(s *target.Snapshot) {
				s.Users = nil
				for i := range s.Listings[1].Users {
					s.Listings[1].Users[i].Login = "x" + s.Listings[1].Users[i].Login
				}
			}),
			want: verdict{
				[]string{"create_group New: skipped, " + held, "remove Rest p6: to be made"}, []string{"possible_rename New 1"},
			},
			alone: &verdict{[]string{"create_group New: to be made", "remove Rest p6: to be made"}, nil},
		},
		"whom a policy leaves alone counts in the old one only": {
			roster: "New: p1, p2, p3, p4\n Rest: p3", box: "Old: p1, p2\n Rest: p3, p4",
			edit: both(unlimited, func(o *plan.Options) { o.Ignore, o.Scope.SkipRemovals = mustGlobs("p3@*"), true }),
			want: verdict{[]string{"create_group New: to be made", "add New p1 as member: to be made", "add New p2 as member: to be made", "add New p4 as member: to be made"}, nil},
		},
		"and outside the run's scope": {
			roster: "New: p1, p2, p3, p4", box: "Old: p1, p2", known: []string{"p3", "p4"},
			edit: both(unlimited, narrowed("New"), limits(func(l *plan.Limits) { l.Adds = plan.AtMost(0) })),
			want: verdict{[]string{"create_group New: to be made"}, nil},
		},
		"another one has gone": {
			roster: "Old: p1, p2\n New: p3, p4", box: "Old: p1, p2", known: []string{"p3", "p4"}, monday: "New: p3, p4",
			want: verdict{[]string{"create_group New: to be made", "add New p3 as member: to be made", "add New p4 as member: to be made"}, nil},
		},
		"it was made since": {
			roster: "Old: p1, p2\n New: p1, p2", box: "Old: p1, p2", monday: "New: p1, p2", since: made(600, "New", "rollcall:main:hr:New", ""),
			want: verdict{[]string{`create_group New: already, the group exists already, with the name "New"`, "add New p1 as member: to be made", "add New p2 as member: to be made"}, nil},
		},
		"asked to empty what may be an excluded group that came up since": {
			roster: "Rest: p9", box: "Old: p1, p2\n Rest: p9", edit: both(both(unlimited, reviewed), both(emptying("Old"), excluding("New"))), monday: "Rest: p9\n New: p1, p2",
			want: verdict{
				[]string{
					`remove Old p1: skipped, held by possible_rename: it may be a group that source hr has under another name: 2 of its 2 members are wanted in "New"`,
					`remove Old p2: skipped, held by possible_rename: it may be a group that source hr has under another name: 2 of its 2 members are wanted in "New"`,
				}, []string{"possible_rename Old 2"},
			},
			alone: &verdict{[]string{"remove Old p1: to be made", "remove Old p2: to be made"}, nil},
		},
		"asked to empty what an excluded group is not alike, of whom others are elsewhere": {
			roster: "Rest: p3, p4\n New: " + from(1, 4), box: "Old: p1, p2\n Rest: p3, p4", edit: both(both(unlimited, reviewed), both(emptying("Old"), excluding("New"))),
			want: verdict{[]string{"remove Old p1: to be made", "remove Old p2: to be made"}, nil},
		},
		"asked to empty what may be a group that came up since": {
			roster: "Rest: p9", box: "Old: p1, p2\n Rest: p9", edit: both(unlimited, reviewed, emptying("Old")), monday: "Rest: p9\n New: p1, p2",
			want: verdict{
				[]string{
					`remove Old p1: skipped, held by possible_rename: it may be a group that source hr has under another name: 2 of its 2 members are wanted in "New"`,
					`remove Old p2: skipped, held by possible_rename: it may be a group that source hr has under another name: 2 of its 2 members are wanted in "New"`,
				}, []string{"possible_rename Old 2"},
			},
			alone: &verdict{[]string{"remove Old p1: to be made", "remove Old p2: to be made"}, nil},
		},
	} {
		runDrifts(t, map[string]drift{name: test})
	}
}

// A saved plan reads the orphans that may be what it creates, and no others.
func TestRecheck_renamedToList(t *testing.T) {
	t.Parallel()
	s := box("Old: p1, p2\n Seen: p1, p2, p3\n A: p9\n Else [rollcall:main:ad:Else]: p1, p2", "p10")
	saved := diff(t, roster("Old: p1, p2\n New: p1, p2\n A: p9, p10"), s, options(unlimited))
	for monday, want := range map[string][]target.GroupID{
		"Old: p1, p2\n New: p1, p2\n A: p9, p10": {102, 103},
		"New: p1, p2\n A: p9, p10":               {101, 102, 103},
		"A: p9, p10":                             {103},
		"A: p9, p10\n Newer: p1, p2":             {103},
	} {
		assert.Equal(t, want, plan.NewRecheck(saved, roster(monday), s.Groups, options(unlimited)).ToList(), monday)
	}
	allowed := diff(t, roster("Old: p1, p2\n New: p1, p2\n A: p9, p10"), s, options(unlimited, allowing(t, "possible_rename:New=allow")))
	assert.Equal(t, []target.GroupID{103}, plan.NewRecheck(allowed, roster("New: p1, p2\n A: p9, p10"), s.Groups, options(unlimited)).ToList())
	require.Len(t, saved.Changes, 4)
}
