package plan_test

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// hadGroups is a memory of the Box groups that groups of source hr were, by their
// folded names.
func hadGroups(ids map[string]target.GroupID) *plan.Memory {
	m := &plan.Memory{Groups: map[string]target.GroupID{}}
	for name, id := range ids {
		m.Groups["rollcall:main:hr:"+name] = id
	}
	return m
}

// hadFinance remembers that Finance was Box group 101.
func hadFinance(o *plan.Options) {
	o.Memory, o.Now = hadGroups(map[string]target.GroupID{"finance": 101}), night(2)
}

// holdTexts returns what the plan's holds say of why, and of what to do.
func holdTexts(p *plan.Plan) []string {
	var out []string
	for _, h := range p.Holds {
		out = append(out, h.Reason, h.Release)
	}
	return out
}

// A group whose Box group is ours no more is held, and neither filled nor made again.
func TestLost(t *testing.T) {
	t.Parallel()
	allow := func(f func(*plan.Options)) func(*plan.Options) {
		return func(o *plan.Options) { hadFinance(o); f(o) }
	}
	const exclude = "; to let it go, add 'Finance' to groups.exclude"
	const again = "to manage it again, put the row Finance,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE" + exclude
	held := []string{"lost_group Finance 0"}
	for name, test := range map[string]struct {
		diffTest

		said []string
	}{
		"cleared": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance []: bob", "ann"), holds: held},
			said:     []string{`Box group "Finance" (id 101) was this group's, and carries no identifier now`, again},
		},
		"cleared-and-renamed": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), holds: held},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries no identifier now`, again},
		},
		"cleared-and-renamed-and-the-name-is-taken": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob\n Finance []: ann"), holds: held},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries no identifier now`, again},
		},
		"cleared-where-the-source-has-it-in-another-case": {
			diffTest: diffTest{roster: "FINANCE: ann", box: box("Old []: bob", "ann"), holds: []string{"lost_group FINANCE 0"}},
			said: []string{
				`Box group "Old" (id 101) was this group's, and carries no identifier now`,
				"to manage it again, put the row FINANCE,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; to let it go, add 'FINANCE' to groups.exclude",
			},
		},
		"another-tool-s": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance [okta:1]: bob", "ann"), holds: held},
			said:     []string{`Box group "Finance" (id 101) was this group's, and carries the identifier "okta:1" now`, again},
		},
		"another-instance-s": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance [rollcall:test:hr:Finance]: bob", "ann"), holds: held},
			said:     []string{`Box group "Finance" (id 101) was this group's, and carries the identifier "rollcall:test:hr:Finance" now`, again},
		},
		"another-group-s": {
			diffTest: diffTest{
				roster: "Finance: ann\n Legal: ann", box: box("Finance [rollcall:main:hr:Legal]: ann"), holds: held,
				changes: []string{"rename_group Legal from Finance (source)"},
			},
			said: []string{
				`Box group "Finance" (id 101) was this group's, and carries the identifier "rollcall:main:hr:Legal" now`,
				"to give the group another one in Box, put the row Finance,NAME, with that one's name, into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE" + exclude,
			},
		},
		"of-a-source-that-is-gone": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old [rollcall:main:old:F]: ann"), holds: held, finds: []string{"orphan"}},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries the identifier "rollcall:main:old:F" now`, again},
		},
		"not-read-whole-is-not-compared-either": {
			diffTest: diffTest{roster: "Finance (partial): ann", box: box("Old []: bob", "ann"), holds: held, finds: []string{"partial Finance"}},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries no identifier now`, again},
		},
		"not-to-be-created": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), holds: held, edit: func(o *plan.Options) { o.Create = false }},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries no identifier now`, again},
		},
		"gone": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Sales []:\n Other []: bob", "ann"), edit: func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) },
				changes: []string{"create_group Finance (source)", "add Finance ann as member (joined)"},
			},
		},
		"gone-and-made-again-by-hand": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Finance []: bob", "ann"), holds: held,
				edit: func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) },
			},
			said: []string{
				`Box no longer shows group 99, which was this group's, and Box group "Finance" (id 101) carries no identifier`,
				"to manage that one, put the row Finance,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE" + exclude,
			},
		},
		"gone-and-made-again-by-another-tool": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Finance [okta:1]: bob", "ann"), holds: held,
				edit: func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) },
			},
			said: []string{
				`Box no longer shows group 99, which was this group's, and Box group "Finance" (id 101) carries the identifier "okta:1"`,
				"to manage that one, put the row Finance,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE" + exclude,
			},
		},
		"gone-and-another-of-ours-has-the-name": {
			diffTest: diffTest{
				roster: "Finance: ann\n Legal: ann", box: box("Finance [rollcall:main:hr:Legal]: ann"),
				edit:    func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) },
				changes: []string{"rename_group Legal from Finance (source)"}, finds: []string{"not_ours Finance"},
			},
		},
		"gone-and-another-instance-has-the-name": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Finance [rollcall:test:hr:Finance]: bob", "ann"), holds: held,
				edit: func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) },
			},
			said: []string{
				`Box no longer shows group 99, which was this group's, and Box group "Finance" (id 101) carries the identifier "rollcall:test:hr:Finance"`,
				"to manage that one, put the row Finance,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE" + exclude,
			},
		},
		"adopted-by-name": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance []: bob", "ann"), holds: []string{"takeover Finance 3"}, edit: func(o *plan.Options) { o.Adopt = true }},
			said: []string{
				`Box group "Finance" (id 101) carries no identifier, and only a saved plan takes it over`,
				"save a plan, review it and apply it: plan -o FILE, then apply FILE",
			},
		},
		"renamed-where-others-are-adopted-by-name": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), holds: held, edit: func(o *plan.Options) { o.Adopt, o.Reviewed = true, true }},
			said:     []string{`Box group "Old" (id 101) was this group's, and carries no identifier now`, again},
		},
		"carried-by-another": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Old []: bob\n Finance: bob", "ann"),
				changes: []string{"add Finance ann as member (joined)", "remove Finance bob (unexplained)"},
			},
		},
		"carried-by-another-where-the-former-is-paused": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Old []: bob\n Finance: bob", "ann"), edit: pausing("Old"),
				changes: []string{"add Finance ann as member (joined)", "remove Finance bob (unexplained)"},
			},
		},
		"excluded": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), edit: func(o *plan.Options) { o.Exclude = mustGlobs("Finance") }},
		},
		"out-of-scope": {
			diffTest: diffTest{roster: "Finance: ann\n Legal:", box: box("Old []: bob\n Legal:", "ann"), edit: narrowed("Legal")},
		},
		"paused": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), edit: pausing("Finance")},
		},
		"paused-by-the-name-in-Box": {
			diffTest: diffTest{roster: "Finance: ann", box: box("Old []: bob", "ann"), edit: pausing("Old")},
		},
		"nothing-is-remembered": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Old []: bob", "ann"), edit: func(o *plan.Options) { o.Memory = nil },
				changes: []string{"create_group Finance (source)", "add Finance ann as member (joined)"},
			},
		},
		"nothing-is-remembered-of-the-group": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Finance []: bob", "ann"), finds: []string{"not_ours Finance"},
				edit: func(o *plan.Options) { o.Memory = &plan.Memory{} },
			},
		},
		"of-another-instance-is-nothing-remembered": {
			diffTest: diffTest{
				roster: "Finance: ann", box: box("Finance [rollcall:main:hr:Finance]: bob", "ann"), finds: []string{"not_ours Finance"},
				edit: func(o *plan.Options) { o.Instance = "other" },
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			edit := test.edit
			test.edit = allow(func(o *plan.Options) {
				if edit != nil {
					edit(o)
				}
			})
			test.run(t, options(unlimited))
			o := options(unlimited)
			test.edit(&o)
			assert.Equal(t, test.said, holdTexts(diff(t, roster(test.roster), test.box, o)))
		})
	}
}

// Box's group of all users is nobody's to make ours again.
func TestLost_allUsersHaveTheName(t *testing.T) {
	t.Parallel()
	s := box("Finance []: ann")
	s.Groups[0].AllUsers = true
	p := diff(t, roster("Finance: ann"), s, options(func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": 99}) }))
	assert.Empty(t, p.Holds)
	assert.Equal(t, []string{"not_ours Finance"}, findings(p.Findings))
}

// The row that a hold shows, and the pattern, mean the group and no other, whatever
// it is called.
func TestLost_whatIsOfferedMeansTheGroup(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Finance", `Sales, "EU"`, "Team [A-C]*?", `It's \ here`, "100", "a: #b"} {
		s := box("Old []: bob", "ann")
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		login := source.NewLogin(address("ann"))
		b.Add(b.Group(name, name, "groups.csv:1"), b.Person(login.Key(), "", login), source.Unstated, 1)
		r, m := b.Build(), hadGroups(map[string]target.GroupID{source.FoldName(name): 101})
		p := diff(t, r, s, options(unlimited, remembering(m, night(2))))
		require.Len(t, p.Holds, 1, name)
		offered := regexp.MustCompile(`^to manage it again, put the row (.*) into groups\.map_file \(its first line is group,box_group\), then plan -o FILE and apply FILE; to let it go, add '(.*)' to groups\.exclude$`).
			FindStringSubmatch(p.Holds[0].Release)
		require.Len(t, offered, 3, p.Holds[0].Release)

		row, err := csv.NewReader(strings.NewReader(offered[1])).Read()
		require.NoError(t, err, name)
		require.Equal(t, []string{name, "101"}, row)
		mapping := source.Mapping{Entries: []source.MapEntry{byID(row[0], 101)}}
		p = diff(t, mapped(t, r, mapping), s, options(unlimited, reviewed, remembering(m, night(2))))
		assert.Equal(t, []string{"adopt_group Old (source)", "add Old ann as member (joined)", "remove Old bob (unexplained)"}, changes(p.Changes))
		assert.Empty(t, p.Holds, name)

		pattern, err := source.ParsePattern(strings.ReplaceAll(offered[2], "''", "'"))
		require.NoError(t, err, name)
		assert.True(t, pattern.Match(name), name)
		assert.False(t, pattern.Match("Team B"), name)
	}
}

// What somebody says of a group in the map is what is done, whatever is remembered.
func TestLost_mapped(t *testing.T) {
	t.Parallel()
	s := box("Old []: bob\n Money []:", "ann")
	for name, test := range map[string]struct {
		entry source.MapEntry
		want  []string
	}{
		"as-it-was": {byID("Finance", 101), []string{"adopt_group Old (source)", "add Old ann as member (joined)", "remove Old bob (unexplained)"}},
		"another":   {byID("Finance", 102), []string{"adopt_group Money (source)", "add Money ann as member (joined)"}},
		"by-name":   {byName("Finance", "Money"), []string{"adopt_group Money (source)", "add Money ann as member (joined)"}},
		"a-new-one": {byName("Finance", "Funds"), []string{"create_group Funds (source)", "add Funds ann as member (joined)"}},
	} {
		r := mapped(t, roster("Finance: ann"), source.Mapping{Entries: []source.MapEntry{test.entry}})
		p := diff(t, r, s, options(unlimited, reviewed, hadFinance))
		assert.Equal(t, test.want, changes(p.Changes), name)
		assert.Empty(t, p.Holds, name)
	}
}

// The hold is news once, ages, is acknowledged by the name of its group, and ends when
// the group is ours again.
func TestLost_nights(t *testing.T) {
	t.Parallel()
	fine := run{roster: "A: ann\n B: bob", box: "A: ann\n B: bob"}
	lost := run{roster: "A: ann\n B: bob", box: "Old []: ann\n B: bob", holds: []string{"lost_group/A 2"}}
	of := func(r run, edit func(*plan.Options), isNew int) run {
		r.edit, r.isNew = edit, isNew
		return r
	}
	acknowledged := func(o *plan.Options) {
		o.Acknowledged = []plan.Acknowledgement{{Group: mustGlobs("A")[0], Rule: plan.RuleLostGroup, Until: night(20), Reason: "known"}}
	}
	for name, runs := range map[string][]run{
		"known":            {fine, of(lost, nil, 1), lost, lost},
		"acknowledged":     {fine, of(lost, acknowledged, 0), of(lost, acknowledged, 0)},
		"narrowed":         {fine, of(lost, nil, 1), of(lost, narrowed("B"), 0), lost},
		"without-removals": {fine, of(lost, nil, 1), of(lost, additive, 0), lost},
		"ours-again":       {fine, of(lost, nil, 1), fine},
		"paused":           {fine, of(lost, nil, 1), of(lost, pausing("A"), 0), lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runNights(t, runs)
		})
	}
}

// Who was missing before the group was lost is not missing anew when it is ours again.
func TestLost_absencesAreKept(t *testing.T) {
	t.Parallel()
	grace := func(o *plan.Options) { o.RemovalGrace = 9 * day }
	missing := []string{"remove/101/bob 1"}
	due := run{roster: "A: ann", box: "A: ann, bob", edit: grace, isNew: 1, holds: []string{"removal_grace/A 1"}, absences: missing}
	lost := run{roster: "A: ann", box: "Old []: ann, bob", edit: grace, isNew: 1, holds: []string{"lost_group/A 2"}, absences: missing}
	still, away := lost, lost
	still.isNew = 0
	away.isNew, away.edit = 0, func(o *plan.Options) { grace(o); pausing("A")(o) }
	back := due
	back.holds = []string{"removal_grace/A 5"}
	runNights(t, []run{due, lost, still, away, back})
	gone := lost
	gone.box, gone.holds, gone.absences = "B []: ann\n A []: bob", []string{"lost_group/A 2"}, missing
	runNights(t, []run{due, gone})
	gone.box, gone.holds, gone.absences, gone.isNew = "", nil, nil, 0
	runNights(t, []run{due, gone})
}

// The users whom people of a directory are known as stay known while a group of theirs
// is lost: forgotten, one of two accounts of theirs would go when it is ours again.
func TestLost_peopleAreKept(t *testing.T) {
	t.Parallel()
	r := keyed("ann = new\n A: ann")
	m := hadGroups(map[string]target.GroupID{"a": 101})
	m.People = map[string]target.UserID{"hr/k-ann": userID(address("old"))}
	for have, want := range map[string]string{"Old []: old": "old", "Other []: old\n A: new": "new"} {
		p := diff(t, r, box(have, "new"), options(remembering(m, night(2))))
		assert.Equal(t, map[string]target.UserID{"hr/k-ann": userID(address(want))}, p.Memory.People, have)
	}
}

// What is remembered is which Box group each source group was when it was last
// compared as its own.
func TestMemory_groups(t *testing.T) {
	t.Parallel()
	two := map[string]target.GroupID{"a": 101, "b": 102}
	const both = "A:\n B:"
	for name, test := range map[string]struct {
		had         map[string]target.GroupID
		roster, box string
		edit        func(*plan.Options)
		want        map[string]target.GroupID
	}{
		"compared":                     {nil, both, both, nil, two},
		"in-another-case":              {nil, "a:\n b:", both, nil, two},
		"made-anew":                    {map[string]target.GroupID{"a": 99}, both, both, nil, two},
		"to-be-created":                {nil, both, "A:", nil, map[string]target.GroupID{"a": 101}},
		"to-be-created-again":          {map[string]target.GroupID{"b": 99}, both, "A:", nil, map[string]target.GroupID{"a": 101, "b": 99}},
		"to-be-taken-over":             {nil, both, "A:\n B []:", adopting, map[string]target.GroupID{"a": 101}},
		"to-be-taken-over-and-another": {map[string]target.GroupID{"b": 99}, both, "A:\n B []:", adopting, map[string]target.GroupID{"a": 101, "b": 99}},
		"lost":                         {two, both, "A:\n Old []:", nil, two},
		"not-ours":                     {nil, both, "A:\n B []:", nil, map[string]target.GroupID{"a": 101}},
		"excluded":                     {two, both, both, func(o *plan.Options) { o.Exclude = mustGlobs("B") }, two},
		"excluded-from-the-start":      {nil, both, both, func(o *plan.Options) { o.Exclude = mustGlobs("B") }, map[string]target.GroupID{"a": 101}},
		"paused":                       {two, both, both, pausing("B"), two},
		"narrowed":                     {two, both, both, narrowed("A"), two},
		"narrowed-and-gone":            {two, "A:", both, narrowed("A"), two},
		"without-removals-and-gone":    {two, "A:", both, additive, map[string]target.GroupID{"a": 101}},
		"gone-from-the-source":         {two, "A:", both, nil, map[string]target.GroupID{"a": 101}},
		"gone-from-one-that-shrank": {
			two, "A:", both, func(o *plan.Options) { o.Limits.SourceShrink = plan.AtMost(0); o.Limits.FloorRun = 0 }, two,
		},
		"of-another-instance": {two, both, "X []:", func(o *plan.Options) { o.Instance, o.Create = "other", false }, map[string]target.GroupID{}},
	} {
		before := hadGroups(test.had)
		p := diff(t, roster(test.roster), box(test.box), options(unlimited, remembering(before, night(2)), func(o *plan.Options) {
			if test.edit != nil {
				test.edit(o)
			}
		}))
		assert.Equal(t, hadGroups(test.want).Groups, p.Memory.Groups, name)
		assert.Equal(t, hadGroups(test.had), before, "%s: the old memory is left alone", name)
	}
}

// Of a source that was not read whole no group is forgotten, and of one that is no
// longer configured every one is.
func TestMemory_groupsOfOtherSources(t *testing.T) {
	t.Parallel()
	m := &plan.Memory{Groups: map[string]target.GroupID{"rollcall:main:hr:a": 101, "rollcall:main:old:a": 102, "rollcall:main:ad:a": 103}}
	ad := source.NewBuilder(source.Evidence{Name: "ad"}).Build()
	p := diff(t, source.Merge(roster("B:"), ad), box("B:"), options(unlimited, remembering(m, time.Time{})))
	assert.Equal(t, map[string]target.GroupID{"rollcall:main:hr:b": 101, "rollcall:main:ad:a": 103}, p.Memory.Groups)
}
