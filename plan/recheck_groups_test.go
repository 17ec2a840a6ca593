package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// What becomes of the groups themselves.
func TestRecheck_groups(t *testing.T) {
	t.Parallel()
	const id = "rollcall:main:hr:Finance"
	bob := []string{"bob"}
	runDrifts(t, map[string]drift{
		"renamed-in-box": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: renamed("Finance", "Money"),
			want: verdict{fates: []string{
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"renamed-back-by-hand": {
			roster: "Finance: ann, bob", box: "Money [" + id + "]: ann", known: bob, since: renamed("Money", "Finance"),
			want: verdict{fates: []string{
				"rename_group Finance from Money: already, the group has that name already",
				"add Finance bob as member: to be made",
			}},
		},
		"renamed-to-a-third-name": {
			roster: "Finance: ann, bob", box: "Money [" + id + "]: ann", known: bob, since: renamed("Money", "Cash"),
			want: verdict{fates: []string{
				`rename_group Finance from Money: skipped, the group is called "Cash" now`,
				"add Finance bob as member: to be made",
			}},
		},
		"new-name-is-taken": {
			roster: "Finance: ann, bob", box: "Money [" + id + "]: ann", known: bob, since: made(500, "FINANCE", "", "zoe"),
			want: verdict{fates: []string{
				`rename_group Finance from Money: skipped, held by name_taken: "Money" cannot be renamed to "Finance": another Box group has that name`,
				"add Finance bob as member: to be made",
			}, holds: []string{"name_taken Finance 1"}},
		},
		"new-name-of-case-alone": {
			roster: "Finance: ann, bob", box: "FINANCE: ann", known: bob,
			want: verdict{fates: []string{
				"rename_group Finance from FINANCE: to be made",
				"add Finance bob as member: to be made",
			}},
		},
		"gone": {
			roster: "Finance: ann, bob", box: "Money [" + id + "]: ann, carl", known: bob, since: gone("Money"),
			want: verdict{fates: []string{
				"rename_group Finance from Money: skipped, the group is gone from Box",
				"add Finance bob as member: skipped, the group is gone from Box",
				"remove Finance carl: skipped, the group is gone from Box",
			}},
		},
		"deleted-and-created-again": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: edits(gone("Finance"), made(500, "Finance", id, "ann, carl")),
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, the group is gone from Box",
				"remove Finance carl: skipped, the group is gone from Box",
			}},
		},
		"identifier-cleared": {
			roster: "Finance: ann, bob", box: "Money [" + id + "]: ann, carl", known: bob, since: marked("Money", ""),
			want: verdict{fates: []string{
				"rename_group Finance from Money: skipped, the group carries no identifier now",
				"add Finance bob as member: skipped, the group carries no identifier now",
				"remove Finance carl: skipped, the group carries no identifier now",
			}},
		},
		"identifier-changed": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: marked("Finance", "okta:7"),
			want: verdict{fates: []string{
				`add Finance bob as member: skipped, the group carries the identifier "okta:7" now`,
				`remove Finance carl: skipped, the group carries the identifier "okta:7" now`,
			}},
		},
		"identifier-in-another-case": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: marked("Finance", "rollcall:main:hr:FINANCE"),
			want: verdict{fates: []string{
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"identifier-moved-to-another-group": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: edits(marked("Finance", ""), made(500, "Other", id, "carl")),
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, the group carries no identifier now",
				"remove Finance carl: skipped, the group carries no identifier now",
			}},
		},
		"identifier-carried-by-two": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: made(500, "Copy", id, "zoe"),
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, Box group 500 carries the identifier now",
				"remove Finance carl: skipped, Box group 500 carries the identifier now",
			}},
		},
		"group-of-all-users": {
			roster: "Finance: ann, bob", box: "Finance: ann, carl", known: bob, since: onGroup("Finance", func(g *target.Group) { g.AllUsers = true }),
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, it is Box's group of all users, which is never touched",
				"remove Finance carl: skipped, it is Box's group of all users, which is never touched",
			}},
		},
		"creation": {
			roster: "Finance: ann, bob admin", box: "", known: []string{"ann", "bob"},
			want: verdict{fates: []string{
				"create_group Finance: to be made",
				"add Finance ann as member: to be made",
				"add Finance bob as admin: to be made",
			}},
		},
		"created-by-hand": {
			roster: "Finance: ann, bob admin", box: "", known: []string{"ann", "bob"}, since: made(500, "Finance", id, "ann"),
			want: verdict{fates: []string{
				`create_group Finance: already, the group exists already, with the name "Finance"`,
				"add Finance ann as member: already, is in the group already, as member",
				"add Finance bob as admin: to be made",
			}},
		},
		"created-under-another-name": {
			roster: "Finance: ann, bob", box: "", known: []string{"ann", "bob"}, since: made(500, "Money", id, "carl"),
			want: verdict{fates: []string{
				`create_group Finance: already, the group exists already, with the name "Money"`,
				"add Finance ann as member: to be made",
				"add Finance bob as member: to be made",
			}},
		},
		"created-with-the-identifier-in-another-case": {
			roster: "Finance: ann", box: "", known: []string{"ann"}, since: made(500, "Finance", "rollcall:main:hr:finance", ""),
			want: verdict{fates: []string{
				`create_group Finance: already, the group exists already, with the name "Finance"`,
				"add Finance ann as member: to be made",
			}},
		},
		"created-twice": {
			roster: "Finance: ann", box: "", known: []string{"ann"}, since: edits(made(500, "Finance", id, ""), made(501, "Copy", id, "")),
			want: verdict{fates: []string{
				"create_group Finance: skipped, 2 Box groups carry its identifier now",
				`add Finance ann as member: skipped, needs "create_group Finance", which is not made`,
			}},
		},
		"created-as-the-group-of-all-users": {
			roster: "Finance: ann", box: "", known: []string{"ann"},
			since: edits(made(500, "Finance", id, ""), onGroup("Finance", func(g *target.Group) { g.AllUsers = true })),
			want: verdict{fates: []string{
				"create_group Finance: skipped, it is Box's group of all users, which is never touched",
				`add Finance ann as member: skipped, needs "create_group Finance", which is not made`,
			}},
		},
		"name-of-the-new-group-is-taken": {
			roster: "Finance: ann", box: "", known: []string{"ann"}, since: made(500, "finance", "", "zoe"),
			want: verdict{fates: []string{
				"create_group Finance: skipped, Box group 500 has that name now",
				`add Finance ann as member: skipped, needs "create_group Finance", which is not made`,
			}},
		},
		"name-of-the-new-group-is-taken-and-could-be-taken-over": {
			roster: "Finance: ann", box: "", known: []string{"ann"}, since: made(500, "finance", "", "zoe"),
			edit: adopting,
			want: verdict{fates: []string{
				"create_group Finance: skipped, Box group 500 has that name now",
				`add Finance ann as member: skipped, needs "create_group Finance", which is not made`,
			}},
		},
	})
}

// What becomes of groups that the plan takes over.
func TestRecheck_takeovers(t *testing.T) {
	t.Parallel()
	const id, before = "rollcall:main:hr:Finance", "rollcall:main:old:F1"
	bob := []string{"bob"}
	runDrifts(t, map[string]drift{
		"adoption": {
			roster: "Finance: ann, bob", box: "FINANCE []: ann, carl", known: bob, edit: adopting,
			want: verdict{fates: []string{
				"adopt_group Finance: to be made",
				"rename_group Finance from FINANCE: to be made",
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"adopted-already": {
			roster: "Finance: ann, bob", box: "FINANCE []: ann, carl", known: bob, edit: adopting, since: marked("FINANCE", id),
			want: verdict{fates: []string{
				"adopt_group Finance: already, the group carries the identifier already",
				"rename_group Finance from FINANCE: to be made",
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"adopted-by-somebody-else": {
			roster: "Finance: ann, bob", box: "Finance []: ann, carl", known: bob, edit: adopting, since: marked("Finance", "okta:7"),
			want: verdict{fates: []string{
				`adopt_group Finance: skipped, the group carries the identifier "okta:7" now`,
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"to-adopt-and-renamed": {
			roster: "Finance: ann, bob", box: "FINANCE []: ann, carl", known: bob, edit: adopting, since: renamed("FINANCE", "Money"),
			want: verdict{fates: []string{
				`adopt_group Finance: skipped, the group is called "Money" now`,
				`rename_group Finance from FINANCE: skipped, needs "adopt_group Finance", which is not made`,
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"to-adopt-and-renamed-in-case-alone": {
			roster: "Finance: ann", box: "FINANCE []: ann", edit: adopting, since: renamed("FINANCE", "finance"),
			want: verdict{fates: []string{
				"adopt_group Finance: to be made",
				`rename_group Finance from FINANCE: skipped, the group is called "finance" now`,
			}},
		},
		"to-adopt-and-gone": {
			roster: "Finance: ann, bob", box: "Finance []: ann, carl", known: bob, edit: adopting, since: gone("Finance"),
			want: verdict{fates: []string{
				"adopt_group Finance: skipped, the group is gone from Box",
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"to-adopt-and-another-group-is-it-now": {
			roster: "Finance: ann, bob", box: "Finance []: ann, carl", known: bob, edit: adopting, since: made(500, "Other", id, "zoe"),
			want: verdict{fates: []string{
				"adopt_group Finance: skipped, Box group 500 carries the identifier now",
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"to-adopt-and-another-group-has-the-name-too": {
			roster: "Finance: ann, bob", box: "Finance []: ann, carl", known: bob, edit: adopting, since: made(500, "FINANCE", "", "zoe"),
			want: verdict{fates: []string{
				"adopt_group Finance: skipped, another Box group has its name now",
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"to-adopt-and-the-group-of-all-users": {
			roster: "Finance: ann, bob", box: "Finance []: ann, carl", known: bob, edit: adopting,
			since: onGroup("Finance", func(g *target.Group) { g.AllUsers = true }),
			want: verdict{fates: []string{
				"adopt_group Finance: skipped, it is Box's group of all users, which is never touched",
				`add Finance bob as member: skipped, needs "adopt_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "adopt_group Finance", which is not made`,
			}},
		},
		"adoption-of-more-than-today-s-limit": {
			roster: "Finance: ann, bob", box: "Finance []: ann", known: bob, edit: adopting,
			today: limits(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(0) }),
			want: verdict{fates: []string{
				"adopt_group Finance: skipped, held by group_creations: 1 group takeover against 1 group in Box (100%); the limit is 0",
				"add Finance bob as member: skipped, held by group_creations: 1 group takeover against 1 group in Box (100%); the limit is 0",
			}, holds: []string{"group_creations 2"}},
		},
		"rekeying": {
			roster: "Finance: ann, bob", box: "Finance [" + before + "]: ann, carl", known: bob,
			want: verdict{fates: []string{
				"rekey_group Finance: to be made",
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"rekeyed-already": {
			roster: "Finance: ann, bob", box: "Finance [" + before + "]: ann, carl", known: bob, since: marked("Finance", id),
			want: verdict{fates: []string{
				"rekey_group Finance: already, the group carries the identifier already",
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"to-rekey-and-under-a-third-key": {
			roster: "Finance: ann, bob", box: "Finance [" + before + "]: ann, carl", known: bob, since: marked("Finance", "rollcall:main:old:F2"),
			want: verdict{fates: []string{
				`rekey_group Finance: skipped, the group carries the identifier "rollcall:main:old:F2" now`,
				`add Finance bob as member: skipped, needs "rekey_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "rekey_group Finance", which is not made`,
			}},
		},
		"to-rekey-and-the-key-is-back": {
			roster: "Finance: ann, bob", box: "Finance [rollcall:main:hr:Money]: ann, carl", known: bob, monday: "Finance: ann, bob\n Money: ann",
			want: verdict{fates: []string{
				`rekey_group Finance: skipped, Box group "Finance" (id 101) belongs to group "Money" of source "hr"`,
				`add Finance bob as member: skipped, needs "rekey_group Finance", which is not made`,
				`remove Finance carl: skipped, needs "rekey_group Finance", which is not made`,
			}},
			alone: &verdict{fates: []string{
				"rekey_group Finance: to be made",
				"add Finance bob as member: to be made",
				"remove Finance carl: to be made",
			}},
		},
	})
}

// A source group that got another name may find another Box group under it: that
// one is not the group that somebody agreed to take over.
func TestRecheck_takeoverOfAnotherGroup(t *testing.T) {
	t.Parallel()
	named := func(name string) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "ldap", GroupsComplete: true})
		b.Group("7", name, "")
		return b.Build()
	}
	saved := diff(t, named("Finance"), box("Finance []:"), options(adopting))
	require.Equal(t, []string{"adopt_group Finance (source)"}, changes(saved.Changes))
	c := recheck(t, saved, named("Money"), box("Finance []:\n Money []:"), options(adopting))
	assert.Empty(t, c.Plan.Changes)
	assert.Equal(t, []plan.Result{{Outcome: plan.Skipped, Detail: "source hr wants that of Box group 102 now"}}, c.Results)
}
