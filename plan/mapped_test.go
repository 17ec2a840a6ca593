package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// mappedTest is a world in which somebody says which Box groups are meant. Groups
// of Box have ids from 101, in their order.
type mappedTest struct {
	diffTest

	entries []source.MapEntry
	reasons []string // of the holds
}

// byID and byName are the entries of a map.
func byID(group string, id uint64) source.MapEntry {
	return source.MapEntry{Group: group, BoxID: id, Origin: "map.csv:2"}
}

func byName(group, name string) source.MapEntry {
	return source.MapEntry{Group: group, Name: name, Origin: "map.csv:3"}
}

// mapped maps a roster.
func mapped(t require.TestingT, r *source.Roster, m source.Mapping) *source.Roster {
	r, err := m.Apply(r)
	require.NoError(t, err)
	return r
}

func TestMatch_mapped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]mappedTest{
		"by-id-without-an-identifier": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money []: bob", "ann"), edit: reviewed, changes: []string{"adopt_group Money (source)", "add Money ann as member (joined)", "remove Money bob (unexplained)"}},
		},
		"by-id-with-somebody-else's": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [okta:7]: ann"), edit: reviewed, changes: []string{"adopt_group Money (source)"}},
		},
		"by-id-of-another-instance": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [rollcall:test:hr:Finance]: ann"), edit: reviewed, changes: []string{"adopt_group Money (source)"}},
		},
		"by-id-of-a-source-that-is-gone": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [rollcall:main:old:F]: ann"), edit: reviewed, changes: []string{"rekey_group Money (source)"}},
		},
		"by-id-and-nobody-reviews": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [okta:7]: ann"), holds: []string{"takeover Money 1"}},
			reasons:  []string{`Box group "Money" (id 101) carries the identifier "okta:7", which is somebody else's; map.csv:2 names the group, and only a saved plan takes it over`},
		},
		"by-id-ours-already-keeps-its-name": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [rollcall:main:hr:finance]: ann\n Finance []: bob")},
		},
		"by-id-and-not-in-box": {
			entries:  []source.MapEntry{byID("Finance", 999)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance []: ann"), edit: adopting, holds: []string{"mapped_group Finance 0"}},
			reasons:  []string{"map.csv:2 says that this is Box group 999, which Box does not show"},
		},
		"by-id-and-not-in-box-though-it-is-ours": {
			entries:  []source.MapEntry{byID("Finance", 999)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance: bob", "ann"), edit: reviewed, holds: []string{"mapped_group Finance 0"}},
			reasons:  []string{"map.csv:2 says that this is Box group 999, which Box does not show"},
		},
		"by-id-and-another-is-ours": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [okta:7]: ann\n Finance: bob"), edit: reviewed, holds: []string{"mapped_group Money 0"}},
			reasons:  []string{`map.csv:2 says that this is Box group "Money" (id 101), and Box group "Finance" (id 102) carries its identifier`},
		},
		"by-id-of-another-group's": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann\n Legal: ann", box: box("Law [rollcall:main:hr:Legal]: ann"), edit: reviewed, changes: []string{"rename_group Legal from Law (source)"}, holds: []string{"mapped_group Law 0"}},
			reasons:  []string{`map.csv:2 says that this is Box group "Law" (id 101), which belongs to group "Legal" of source "hr"`},
		},
		"by-id-of-another-group's-of-that-name": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann\n Legal: ann", box: box("Legal: ann"), edit: reviewed, holds: []string{"name_clash Legal 0", "name_clash Legal 0"}},
			reasons: []string{
				`the same name is wanted for "Legal" (groups.csv:2); this one is from groups.csv:1`,
				`the same name is wanted for "Finance" (groups.csv:1, Box group 101 by map.csv:2); this one is from groups.csv:2`,
			},
		},
		"by-id-of-what-may-be-there": {
			entries:  []source.MapEntry{byID("Finance", 101)},
			diffTest: diffTest{roster: "Finance: ann", box: box("Legal [rollcall:main:part:Legal]: ann"), edit: reviewed, holds: []string{"mapped_group Legal 0"}, finds: []string{"partial"}},
			reasons:  []string{`map.csv:2 says that this is Box group "Legal" (id 101), which belongs to group "Legal" of source "part"`},
		},
		"two-by-one-id": {
			entries:  []source.MapEntry{byID("Finance", 101), byID("Legal", 101)},
			diffTest: diffTest{roster: "Finance: ann\n Legal: ann", box: box("Money []: ann"), edit: reviewed, holds: []string{"name_clash Money 0", "name_clash Money 0"}},
		},
		"by-id-and-by-name": {
			entries:  []source.MapEntry{byID("Finance", 101), byName("Legal", "money")},
			diffTest: diffTest{roster: "Finance: ann\n Legal: ann", box: box("Money []: ann"), edit: reviewed, holds: []string{"name_clash Money 0", "name_clash money 0"}},
		},
		"by-name-somebody-else's": {
			entries:  []source.MapEntry{byName("Finance", "money")},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money [okta:7]: ann"), edit: reviewed, changes: []string{"adopt_group money (source)", "rename_group money from Money (source)"}},
		},
		"by-name-without-an-identifier": {
			entries:  []source.MapEntry{byName("Finance", "Finance")},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance []: ann"), edit: reviewed, changes: []string{"adopt_group Finance (source)"}},
		},
		"by-name-not-in-box": {
			entries:  []source.MapEntry{byName("Finance", "Money")},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance []:", "ann"), edit: adopting, changes: []string{"create_group Money (source)", "add Money ann as member (joined)"}},
		},
		"by-name-ours-already": {
			entries:  []source.MapEntry{byName("Finance", "Money")},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance: ann"), changes: []string{"rename_group Money from Finance (source)"}},
		},
		"by-name-of-several": {
			entries:  []source.MapEntry{byName("Finance", "Money")},
			diffTest: diffTest{roster: "Finance: ann", box: box("Money []: ann\n money [okta:7]: ann"), edit: reviewed, holds: []string{"mapped_group Money 0"}},
			reasons:  []string{`map.csv:3 names the Box group "Money", and 2 have that name (ids 101, 102)`},
		},
		"by-name-of-another-group's": {
			entries:  []source.MapEntry{byName("Finance", "Law")},
			diffTest: diffTest{roster: "Finance: ann\n Legal: ann", box: box("Law [rollcall:main:hr:Legal]: ann"), edit: reviewed, changes: []string{"rename_group Legal from Law (source)"}, holds: []string{"mapped_group Law 0"}},
			reasons:  []string{`map.csv:3 says that this is Box group "Law" (id 101), which belongs to group "Legal" of source "hr"`},
		},
		"what-is-mapped-is-in-no-source": {
			entries:  []source.MapEntry{byID("Nobody", 101), {Source: "hr", Group: "None", BoxID: 101, Origin: "map.csv:4"}},
			diffTest: diffTest{roster: "Finance: ann", box: box("Finance: ann"), finds: []string{"unused_mapping", "unused_mapping"}},
		},
	} {
		t.Run(name, func(t *testing.T) { test.run(t) })
	}
}

func (test mappedTest) run(t *testing.T) {
	t.Parallel()
	o := options(unlimited)
	if test.edit != nil {
		test.edit(&o)
	}
	o.Mapped = test.entries
	// A source that was not read whole says nothing of what it lacks.
	part := source.NewBuilder(source.Evidence{Name: "part"}).Build()
	r := source.Merge(mapped(t, roster(test.roster), source.Mapping{Entries: test.entries}), part)
	p := diff(t, r, test.box, o)
	assert.Equal(t, orEmpty(test.changes), changes(p.Changes), "changes")
	assert.Equal(t, orEmpty(test.holds), holds(p.Holds), "holds")
	assert.Equal(t, orEmpty(test.finds), findings(p.Findings), "findings")
	for i, reason := range test.reasons {
		assert.Equal(t, reason, p.Holds[i].Reason)
	}
}

// Box's group of all users is nobody's, whoever maps it.
func TestMatch_mappedToAllUsers(t *testing.T) {
	t.Parallel()
	for _, e := range []source.MapEntry{byID("Finance", 101), byName("Finance", "All")} {
		s := box("All []: ann")
		s.Groups[0].AllUsers = true
		p := diff(t, mapped(t, roster("Finance: bob"), source.Mapping{Entries: []source.MapEntry{e}}), s, options(adopting))
		assert.Empty(t, p.Changes)
		assert.Empty(t, p.Holds)
		assert.Equal(t, []string{"not_ours All"}, findings(p.Findings))
	}
}

// What is to be carried, and what is carried, is in the plan.
func TestMatch_mappedTakeover(t *testing.T) {
	t.Parallel()
	p := diff(t, mapped(t, roster("Finance: ann"), source.Mapping{Entries: []source.MapEntry{byID("Finance", 101)}}),
		box("Money [okta:7]: bob", "ann"), options(unlimited, reviewed))
	require.Len(t, p.Changes, 3)
	assert.Equal(t, "okta:7", p.Changes[0].BeforeIdentifier)
	assert.Equal(t, "rollcall:main:hr:Finance", p.Changes[0].Group.Identifier)
	assert.Equal(t, []string{p.Changes[0].ID}, p.Changes[1].Needs)
	assert.Equal(t, 4, p.CallsToApply())
}

func TestUnusedMapping_text(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A:"), box("A:"), options(func(o *plan.Options) {
		o.Mapped = []source.MapEntry{byID("No\"body", 101), {Source: "hr", Group: "None", Origin: "map.csv:4"}, byID("a", 1)}
	}))
	require.Len(t, p.Findings, 2)
	assert.Equal(t, `map.csv:2: the group "No\"body" is mapped, and no source has it`, p.Findings[0].Text)
	assert.Equal(t, `map.csv:4: the group "None" is mapped, and source hr does not have it`, p.Findings[1].Text)
}

// A pattern means a group by its name in the source, by the one that it is to have
// in Box, and where it is a Box group by its id, by the one that it has there.
func TestInScope_eitherName(t *testing.T) {
	t.Parallel()
	cut, err := source.NewGroupRewrite("r", "^BOX-", "")
	require.NoError(t, err)
	r := mapped(t, roster("BOX-A: ann\n BOX-B: ann\n BOX-C: ann\n D: ann"),
		source.Mapping{Groups: []source.Rewrite{cut}, Entries: []source.MapEntry{byID("BOX-C", 101)}})
	for _, tt := range []struct {
		edit func(*plan.Options)
		want []string
	}{
		{func(o *plan.Options) { o.Include = mustGlobs("BOX-*") }, []string{"A", "B", "Cash"}},
		{func(o *plan.Options) { o.Include = mustGlobs("A", "cash") }, []string{"A", "Cash"}},
		{func(o *plan.Options) { o.Exclude = mustGlobs("BOX-A", "B") }, []string{"Cash", "D"}},
		{func(o *plan.Options) { o.Exclude = mustGlobs("Cash") }, []string{"A", "B", "D"}},
		{func(o *plan.Options) { o.Scope.Groups = mustGlobs("BOX-B", "d") }, []string{"B", "D"}},
		{func(o *plan.Options) { o.Scope.Groups = mustGlobs("Cash", "A") }, []string{"A", "Cash"}},
		{func(o *plan.Options) { o.Exclude = mustGlobs("") }, []string{"A", "B", "Cash", "D"}},
	} {
		p := diff(t, r, box("Cash []: ann"), options(unlimited, reviewed, tt.edit))
		var names []string
		for _, g := range p.Groups {
			names = append(names, g.Group.Name)
		}
		assert.Equal(t, tt.want, names)
	}
}

// What an orphan was called in the source nobody can tell: groups.include, which
// may mean that name, leaves none out.
func TestInScope_orphans(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		edit func(*plan.Options)
		want []string
	}{
		{func(o *plan.Options) { o.Include = mustGlobs("BOX-*") }, []string{"orphan Gone"}},
		{func(o *plan.Options) { o.Exclude = mustGlobs("g*") }, []string{}},
		{func(o *plan.Options) { o.Scope.Groups = mustGlobs("BOX-A") }, []string{}},
		{func(o *plan.Options) { o.Scope.Groups = mustGlobs("gone") }, []string{"orphan Gone"}},
	} {
		p := diff(t, roster("BOX-A: ann"), box("BOX-A: ann\n Gone: bob"), options(tt.edit))
		assert.Equal(t, tt.want, findings(p.Findings))
	}
}

// A group that a source group is mapped to has not gone, although its name is not
// that of the source group.
func TestOrphan_wantedByID(t *testing.T) {
	t.Parallel()
	m := source.Mapping{Entries: []source.MapEntry{byID("Finance", 101)}}
	s := box("Cash [rollcall:main:hr:Old]: ann\n Finance: bob")
	p := diff(t, mapped(t, roster("Finance: ann"), m), s, options(unlimited, func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Cash"} }))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"mapped_group Cash 0"}, holds(p.Holds))
	assert.Equal(t, []string{"orphan Cash", "unused_orphan"}, findings(p.Findings))
}

// A Box group that a paused source group is mapped to has not gone either, although
// another one is called nearly the same.
func TestPause_mappedByID(t *testing.T) {
	t.Parallel()
	m := source.Mapping{Entries: []source.MapEntry{byID("Finance", 101)}}
	s := box("Cash [rollcall:main:hr:Old]: ann\n CASH [okta:1]: bob\n Sales: ann")
	p := diff(t, mapped(t, roster("Finance: ann\n Sales: ann"), m), s, options(unlimited, pausing("Finance"), limits(func(l *plan.Limits) {
		l.SourceShrink = plan.AtMost(0)
	})))
	assert.Empty(t, p.Holds)
	assert.Empty(t, p.Findings)
}

// Two people whose logins become one are one user, and named once where that one is
// unknown.
func TestDiff_twoLoginsBecomeOne(t *testing.T) {
	t.Parallel()
	rule, err := source.NewLoginRewrite("r", "@old.example$", "@acme.example")
	require.NoError(t, err)
	m := source.Mapping{Logins: []source.Rewrite{rule}}
	p := diff(t, mapped(t, roster("A: zoe, zoe@old.example, ann, ann@old.example admin"), m), box("A: ann, bob"), options(unlimited))
	assert.Equal(t, []string{"remove A bob (unexplained)"}, changes(p.Changes))
	assert.Equal(t, []string{"shared_login A", "unknown_login zoe@acme.example"}, findings(p.Findings))
	assert.Equal(t, `Box has no user with this login; wanted in "A"`, p.Findings[1].Text)

	p = diff(t, mapped(t, roster("A: ann, ann@old.example admin"), m), box("A:", "ann"), options(unlimited))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"shared_login A 1"}, holds(p.Holds))
}

// Rules of names never change who is in which group.
func TestProperty_renamingChangesNoMembership(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.SampledFrom([]string{"BOX-A: ann, bob\n BOX-B: carl", "BOX-A: ann\n BOX-B: ann, dora\n C: bob", "C: ann\n BOX-B:"}).Draw(t, "roster")
		have := rapid.SampledFrom([]string{"BOX-A: ann, eve\n BOX-B: dora", "BOX-A: bob\n C: carl admin\n BOX-B:", ""}).Draw(t, "box")
		match := rapid.SampledFrom([]string{"^BOX-", "A", "$", "(.)$", "[BC]"}).Draw(t, "match")
		rule, err := source.NewGroupRewrite("r", match, rapid.SampledFrom([]string{"<$0>", "$0 x", "Team $0"}).Draw(t, "replace"))
		require.NoError(t, err)
		s := box(have, "ann", "bob", "carl", "dora")
		plain := membershipChanges(t, roster(wanted), s)
		renamed := membershipChanges(t, mapped(t, roster(wanted), source.Mapping{Groups: []source.Rewrite{rule}}), s)
		for key, n := range plain {
			if key.Kind != plan.RenameGroup {
				require.Equal(t, n, renamed[key], "%v", key)
			}
		}
		for key := range renamed {
			if key.Kind != plan.RenameGroup {
				require.Contains(t, plain, key)
			}
		}
	})
}

// membershipKey is a change, whatever its group is called.
type membershipKey struct {
	Kind             plan.Kind
	Identifier, User string
}

func membershipChanges(t require.TestingT, r *source.Roster, s target.Snapshot) map[membershipKey]int {
	p, err := plan.Diff(r, s, options(unlimited))
	require.NoError(t, err)
	found := map[membershipKey]int{}
	for _, c := range p.Changes {
		found[membershipKey{c.Kind, c.Group.Identifier, c.User.Login}]++
	}
	return found
}
