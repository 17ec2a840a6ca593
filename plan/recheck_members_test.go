package plan_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// What becomes of memberships between the plan and its application.
func TestRecheck_memberships(t *testing.T) {
	t.Parallel()
	const friday, was = "Finance: ann, bob admin, dora admin, erik member", "Finance: ann, carl, dora, erik admin"
	bob := []string{"bob"}
	runDrifts(t, map[string]drift{
		"nothing-changed": {
			roster: friday, box: was, known: bob,
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"dismissed-at-the-weekend": {
			roster: friday, box: was, known: bob, monday: "Finance: ann, dora admin, erik member",
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, source hr no longer lists them in the group",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"back-at-the-weekend": {
			roster: friday, box: was, known: bob, monday: friday + ", carl",
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, source hr lists them in the group",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"added-by-hand": {
			roster: friday, box: was, known: bob, since: joined("Finance", "bob admin"),
			want: verdict{fates: []string{
				"add Finance bob as admin: already, is in the group already, as admin",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"added-by-hand-as-member-and-planned-as-admin": {
			roster: friday, box: was, known: bob, since: joined("Finance", "bob"),
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, is in the group already, as member",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"added-by-hand-as-admin-and-planned-as-member": {
			roster: "Finance: ann, bob", box: "Finance: ann", known: bob, since: joined("Finance", "bob admin"),
			want: verdict{fates: []string{
				"add Finance bob as member: already, is in the group already, as admin",
			}},
		},
		"roles-changed-by-hand": {
			roster: friday, box: was, known: bob,
			since: edits(given("Finance", "dora", "admin"), given("Finance", "erik", "member")),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: already, is admin already",
				"set_role Finance erik admin to member: already, is member already",
				"remove Finance carl: to be made",
			}},
		},
		"roles-that-box-does-not-document": {
			roster: friday, box: was, known: bob,
			since: edits(given("Finance", "dora", "submaster"), given("Finance", "erik", "submaster"), joined("Finance", "bob submaster")),
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, is in the group already, as other",
				"set_role Finance dora member to admin: skipped, is other now, and was member when the plan was made",
				"set_role Finance erik admin to member: skipped, is other now, and was admin when the plan was made",
				"remove Finance carl: to be made",
			}},
		},
		"removed-by-hand": {
			roster: friday, box: was, known: bob, since: edits(left("Finance", "carl"), left("Finance", "dora")),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: skipped, is no longer in the group",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: already, is no longer in the group",
			}},
		},
		"removed-and-added-again": {
			roster: friday, box: was, known: bob,
			since: edits(left("Finance", "carl"), joined("Finance", "carl"), left("Finance", "dora"), joined("Finance", "dora"),
				left("Finance", "erik"), joined("Finance", "erik")),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: skipped, was removed and added again, as member",
				"set_role Finance erik admin to member: already, is member already",
				"remove Finance carl: skipped, was removed and added again, as member",
			}},
		},
		"made-admin-by-hand-and-planned-to-be-removed": {
			roster: friday, box: was, known: bob, since: given("Finance", "carl", "admin"),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, is admin now, and was member when the plan was made",
			}},
		},
		"source-asks-for-other-roles": {
			roster: friday, box: was, known: bob, monday: "Finance: ann, bob member, dora, erik admin",
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, source hr wants them as member now",
				"set_role Finance dora member to admin: skipped, source hr no longer asks for the role admin",
				"set_role Finance erik admin to member: skipped, source hr no longer asks for the role member",
				"remove Finance carl: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"those-with-a-new-role-leave": {
			roster: friday, box: was, known: bob, monday: "Finance: ann, bob admin",
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: skipped, source hr no longer lists them in the group",
				"set_role Finance erik admin to member: skipped, source hr no longer lists them in the group",
				"remove Finance carl: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"listed-twice-by-box": {
			roster: friday, box: was, known: bob,
			since: edits(joined("Finance", "carl admin"), joined("Finance", "dora admin")),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"hidden-by-box": {
			roster: friday, box: was, known: bob,
			since: edits(left("Finance", "carl"), left("Finance", "erik"), onListing("Finance", func(l *target.Listing) { l.Hidden = 2 })),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: skipped, Box does not show the membership now",
				"remove Finance carl: skipped, Box does not show the membership now",
			}},
		},
		"listing-cut-short": {
			roster: friday, box: was, known: bob,
			since: edits(left("Finance", "carl"), onListing("Finance", func(l *target.Listing) { l.Truncated = true })),
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, held by too_large: Box lists no more than 3 of the group's memberships, so those to add may be in it already",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, Box does not show the membership now",
			}, holds: []string{"too_large Finance 1"}},
		},
		"login-changed-in-box-and-in-the-source": {
			roster: "Finance: ann, bob", box: "Finance: ann, bob, carl", monday: "Finance: ann, bob, carla", since: called("carl", "carla"),
			want: verdict{fates: []string{
				"remove Finance carl: skipped, source hr lists them in the group",
			}},
			alone: &verdict{fates: []string{
				"remove Finance carl: to be made",
			}},
		},
		"login-to-add-is-somebody-else-s-now": {
			roster: "Finance: ann, bob\n Legal: ann, dora", box: "Finance: ann\n Legal: ann, carl", known: []string{"bob", "dora"},
			since: called("carl", "bob"),
			want: verdict{fates: []string{
				"add Finance bob as member: skipped, " + reassigned("carl", "bob"),
				"add Legal dora as member: to be made",
				"remove Legal carl: to be made",
			}},
			alone: &verdict{fates: []string{
				"add Finance bob as member: skipped, " + reassigned("carl", "bob"),
				"add Legal dora as member: to be made",
				"remove Legal carl: to be made",
			}},
		},
		"shown-without-a-login": {
			roster: friday, box: was, known: bob, since: edits(called("carl", ""), called("dora", "")),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: skipped, Box shows them without a login, and nobody knows who that is",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, Box shows them without a login, and nobody knows who that is",
			}},
		},
	})
}

// Whom nobody touches today, although the plan does.
func TestRecheck_people(t *testing.T) {
	t.Parallel()
	const friday, was = "Finance: ann, bob admin, dora admin, erik member", "Finance: ann admin, carl, dora, erik admin"
	bob := []string{"bob"}
	ourselves := func(who string) func(*plan.Options) {
		return func(o *plan.Options) { o.Self = userID(address(who)) }
	}
	runDrifts(t, map[string]drift{
		"ourselves-removed": {
			roster: friday, box: was, known: bob, today: ourselves("carl"),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, Box is accessed as them, and they are never removed or demoted",
			}},
		},
		"ourselves-demoted": {
			roster: friday, box: was, known: bob, today: ourselves("erik"),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: skipped, Box is accessed as them, and they are never removed or demoted",
				"remove Finance carl: to be made",
			}},
		},
		"ourselves-promoted": {
			roster: friday, box: was, known: bob, today: ourselves("dora"),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: to be made",
			}},
		},
		"ourselves-gone-already": {
			roster: friday, box: was, known: bob, today: ourselves("carl"), since: left("Finance", "carl"),
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: already, is no longer in the group",
			}},
		},
		"protected": {
			roster: friday, box: was, known: bob, today: func(o *plan.Options) { o.Protect = mustGlobs("carl@*", "dora@*", "erik@*", "bob@*") },
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: skipped, members.protect keeps them",
				"remove Finance carl: skipped, members.protect keeps them",
			}},
		},
		"protected-under-the-login-of-today": {
			roster: friday, box: was, known: bob, since: called("carl", "boss"), today: func(o *plan.Options) { o.Protect = mustGlobs("boss@*") },
			want: verdict{fates: []string{
				"add Finance bob as admin: to be made",
				"set_role Finance dora member to admin: to be made",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, members.protect keeps them",
			}},
		},
		"ignored": {
			roster: friday, box: was, known: bob, today: func(o *plan.Options) { o.Ignore = mustGlobs("carl@*", "bob@*", "dora@*") },
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, members.ignore leaves them alone",
				"set_role Finance dora member to admin: skipped, members.ignore leaves them alone",
				"set_role Finance erik admin to member: to be made",
				"remove Finance carl: skipped, members.ignore leaves them alone",
			}},
		},
		"of-another-domain": {
			roster: friday, box: was, known: bob, today: func(o *plan.Options) { o.Domains = []string{"elsewhere.example"} },
			want: verdict{fates: []string{
				"add Finance bob as admin: skipped, members.domains leaves them alone",
				"set_role Finance dora member to admin: skipped, members.domains leaves them alone",
				"set_role Finance erik admin to member: skipped, members.domains leaves them alone",
				"remove Finance carl: skipped, members.domains leaves them alone",
			}},
		},
	})
}

// reassigned is what is said of a login that was one user's and is another's.
func reassigned(now, before string) string {
	return fmt.Sprintf("the login is that of Box user %s now, and was that of %s",
		userID(now+"@acme.example"), userID(before+"@acme.example"))
}
