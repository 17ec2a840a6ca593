package plan_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// What the sources say otherwise by the time of the application.
func TestRecheck_sources(t *testing.T) {
	t.Parallel()
	const friday, was = "Finance: ann, bob, erik member\n Legal: ann", "Finance: ann admin, carl, erik admin\n Legal: ann, zoe"
	bob := []string{"bob"}
	runDrifts(t, map[string]drift{
		"group-gone": {
			roster: friday, box: was, known: bob, monday: "Legal: ann",
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, source hr no longer has the group",
				"set_role Finance erik admin to member: skipped, source hr no longer has the group",
				"remove Finance carl: skipped, source hr no longer has the group",
				"remove Legal zoe: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"group-to-be-created-gone": {
			roster: "New: bob\n Legal: ann", box: "Legal: ann", known: bob, monday: "Legal: ann",
			want: verdict{fates: []string{
				"create_group New: skipped, source hr no longer has the group",
				`add New bob as member: skipped, needs "create_group New", which is not made`,
			}},
			alone: &verdict{fates: []string{
				"create_group New: to be made",
				"add New bob as member: to be made",
			}},
		},
		"group-partial": {
			roster: friday, box: was, known: bob, monday: "Finance (partial): ann, bob, erik member\n Legal: ann",
			want: verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: skipped, held by partial: the source did not give the group whole: groups.csv:9: no such role",
				"remove Finance carl: skipped, held by partial: the source did not give the group whole: groups.csv:9: no such role",
				"remove Legal zoe: to be made",
			}, holds: []string{"partial Finance 2"}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"group-partial-and-people-missing": {
			roster: friday, box: was, known: bob, monday: "Finance (partial): ann\n Legal: ann",
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, source hr no longer lists them in the group",
				"set_role Finance erik admin to member: skipped, source hr no longer lists them in the group",
				"remove Finance carl: skipped, held by partial: the source did not give the group whole: groups.csv:9: no such role",
				"remove Legal zoe: to be made",
			}, holds: []string{"partial Finance 1"}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"name-clash": {
			roster: friday, box: was, known: bob, monday: friday + "\n FINANCE : ann",
			want: verdict{fates: []string{
				`add Finance bob as member: skipped, held by name_clash: the same name is wanted for "FINANCE " (groups.csv:3); this one is from groups.csv:1`,
				`set_role Finance erik admin to member: skipped, held by name_clash: the same name is wanted for "FINANCE " (groups.csv:3); this one is from groups.csv:1`,
				`remove Finance carl: skipped, held by name_clash: the same name is wanted for "FINANCE " (groups.csv:3); this one is from groups.csv:1`,
				"remove Legal zoe: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"group-renamed-in-the-source": {
			roster: "New: ann", box: "Finance:", known: []string{"ann"}, monday: "Newer: ann",
			want: verdict{fates: []string{
				"create_group New: skipped, source hr no longer has the group",
				`add New ann as member: skipped, needs "create_group New", which is not made`,
			}},
			alone: &verdict{fates: []string{
				"create_group New: to be made",
				"add New ann as member: to be made",
			}},
		},
		"group-emptied": {
			roster: friday, box: was, known: bob, monday: "Finance:\n Legal: ann",
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, source hr no longer lists them in the group",
				"set_role Finance erik admin to member: skipped, source hr no longer lists them in the group",
				"remove Finance carl: skipped, held by empty_group: the source has the group empty; Box has 3 members in it",
				"remove Legal zoe: to be made",
			}, holds: []string{"empty_group Finance 1"}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"out-of-scope-now": {
			roster: friday, box: was, known: bob, today: func(o *plan.Options) { o.Exclude = mustGlobs("Fin*") },
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, source hr has the group, and it is not compared now",
				"set_role Finance erik admin to member: skipped, source hr has the group, and it is not compared now",
				"remove Finance carl: skipped, source hr has the group, and it is not compared now",
				"remove Legal zoe: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
				"remove Legal zoe: to be made",
			}},
		},
		"narrowed-as-the-plan": {
			roster: friday, box: was, known: bob, edit: func(o *plan.Options) { o.Scope.Groups = mustGlobs("Legal") },
			today: func(o *plan.Options) { o.Scope.Groups = nil },
			want: verdict{fates: []string{
				"remove Legal zoe: to be made",
			}},
		},
		"removals-left-out-of-the-plan": {
			roster: friday, box: was, known: bob, edit: func(o *plan.Options) { o.Scope.SkipRemovals = true },
			today: func(o *plan.Options) { o.Scope.SkipRemovals = false },
			want: verdict{fates: []string{
				"add Finance bob as member: to be made",
			}},
		},
		"no-longer-creates": {
			roster: "New: ann", box: "", known: []string{"ann"}, today: func(o *plan.Options) { o.Create = false },
			want: verdict{fates: []string{
				`create_group New: skipped, "New" is not in Box, and groups.create is off`,
				`add New ann as member: skipped, needs "create_group New", which is not made`,
			}},
			alone: &verdict{fates: []string{
				"create_group New: to be made",
				"add New ann as member: to be made",
			}},
		},
	})
}

// An orphan that somebody asked to empty.
func TestRecheck_orphans(t *testing.T) {
	t.Parallel()
	const friday, was = "Finance: ann", "Finance: ann\n Legal: bob, carl, dora, erik"
	asked := func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"legal"} }
	runDrifts(t, map[string]drift{
		"nothing-changed": {
			roster: friday, box: was, edit: asked,
			want: verdict{fates: []string{
				"remove Legal bob: to be made",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
		},
		"people-came-and-went": {
			roster: friday, box: was, edit: asked,
			since: edits(left("Legal", "bob"), joined("Legal", "zoe"), left("Legal", "dora"), joined("Legal", "dora")),
			want: verdict{fates: []string{
				"remove Legal bob: already, is no longer in the group",
				"remove Legal carl: to be made",
				"remove Legal dora: skipped, was removed and added again, as member",
				"remove Legal erik: to be made",
			}},
		},
		"back-in-the-source": {
			roster: friday, box: was, edit: asked, monday: friday + "\n Legal: bob",
			want: verdict{fates: []string{
				"remove Legal bob: skipped, source hr lists them in the group",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
			alone: &verdict{fates: []string{
				"remove Legal bob: to be made",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
		},
		"renamed-in-box": {
			roster: friday, box: was, edit: asked, since: renamed("Legal", "Law"),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal carl: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal dora: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal erik: skipped, it is no longer clear that --empty-orphan Legal means this group",
			}},
			alone: &verdict{fates: []string{
				"remove Legal bob: to be made",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
		},
		"another-orphan-of-the-name": {
			roster: friday, box: was, edit: asked, since: made(500, "LEGAL", "rollcall:main:hr:Law", "zoe"),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal carl: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal dora: skipped, it is no longer clear that --empty-orphan Legal means this group",
				"remove Legal erik: skipped, it is no longer clear that --empty-orphan Legal means this group",
			}},
			alone: &verdict{fates: []string{
				"remove Legal bob: to be made",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
		},
		"gone": {
			roster: friday, box: was, edit: asked, since: gone("Legal"),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, the group is gone from Box",
				"remove Legal carl: skipped, the group is gone from Box",
				"remove Legal dora: skipped, the group is gone from Box",
				"remove Legal erik: skipped, the group is gone from Box",
			}},
		},
		"identifier-cleared": {
			roster: friday, box: was, edit: asked, since: marked("Legal", ""),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, the group carries no identifier now",
				"remove Legal carl: skipped, the group carries no identifier now",
				"remove Legal dora: skipped, the group carries no identifier now",
				"remove Legal erik: skipped, the group carries no identifier now",
			}},
		},
		"hidden-and-cut-short": {
			roster: friday, box: was, edit: asked,
			since: edits(left("Legal", "bob"), onListing("Legal", func(l *target.Listing) { l.Hidden, l.Truncated = 1, true })),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, Box does not show the membership now",
				"remove Legal carl: to be made",
				"remove Legal dora: to be made",
				"remove Legal erik: to be made",
			}},
		},
		"more-removals-than-today-s-limit-on-the-run": {
			roster: friday, box: was, edit: asked, today: limits(func(l *plan.Limits) { l.Removals = plan.AtMost(3) }),
			want: verdict{fates: []string{
				"remove Legal bob: skipped, held by removals: 4 removals against 5 current memberships (80%); the limit is [5%, 3], here 3",
				"remove Legal carl: skipped, held by removals: 4 removals against 5 current memberships (80%); the limit is [5%, 3], here 3",
				"remove Legal dora: skipped, held by removals: 4 removals against 5 current memberships (80%); the limit is [5%, 3], here 3",
				"remove Legal erik: skipped, held by removals: 4 removals against 5 current memberships (80%); the limit is [5%, 3], here 3",
			}, holds: []string{"removals 4"}},
		},
		"held-with-others": {
			roster: "Mail: ann", box: "Mail: ann, bob\n Legal: carl", edit: asked, today: limits(func(l *plan.Limits) { l.Removals = plan.AtMost(1) }),
			want: verdict{fates: []string{
				"remove Legal carl: skipped, held by removals: 2 removals against 3 current memberships (67%); the limit is [5%, 1], here 1",
				"remove Mail bob: skipped, held by removals: 2 removals against 3 current memberships (67%); the limit is [5%, 1], here 1",
			}, holds: []string{"removals 2"}},
		},
		"a-source-group-of-the-name-is-no-orphan": {
			roster: friday + "\n Legal: bob", box: was, edit: asked, today: limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(2) }),
			want: verdict{fates: []string{
				"remove Legal carl: skipped, held by removals_per_group: 3 removals against 4 current memberships (75%); the limit is [50%, 2], here 2",
				"remove Legal dora: skipped, held by removals_per_group: 3 removals against 4 current memberships (75%); the limit is [50%, 2], here 2",
				"remove Legal erik: skipped, held by removals_per_group: 3 removals against 4 current memberships (75%); the limit is [50%, 2], here 2",
			}, holds: []string{"removals_per_group Legal 3"}},
		},
	})
}
