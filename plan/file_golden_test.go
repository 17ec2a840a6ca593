package plan_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

func ref(id target.GroupID, name string) plan.GroupRef {
	key := source.GroupKey{Source: "hr", ID: name}
	return plan.GroupRef{Key: key, Identifier: key.Identifier("main"), ID: id, Name: name}
}

// withIDs gives changes their ids.
func withIDs(changes ...plan.Change) []plan.Change {
	for i := range changes {
		changes[i].ID = idOf(changes[i])
	}
	return changes
}

// goldenPlan is the plan of testdata/plan-1.jsonl: it has every kind of line and
// of change.
func goldenPlan() *plan.Plan {
	finance, legal, board, sales := ref(101, "Finance"), ref(102, "Legal"), ref(0, "Board"), ref(104, "Sales & <Marketing>")
	ann := target.User{ID: 1001, Login: "Ann@acme.example", Name: "Ann Ärmel"}
	bob := target.User{ID: 1002, Login: "bob@acme.example"}
	big := target.User{ID: 18446744073709551615, Login: "max@acme.example", Name: "Max \u202e\x1b[2J 部"}
	return &plan.Plan{
		Header: plan.Header{
			Tool: "v0.4.0", Created: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC), Expires: time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC),
			Instance: "main", EnterpriseID: "900001", Enterprise: "Acme", Account: "AutomationUser_900000_x@boxdevedition.com",
			Fingerprint: plan.Fingerprint{{Name: "groups", Digest: "sha256:01"}, {Name: "members", Digest: "sha256:02"}},
			Scope:       plan.Scope{Groups: mustGlobs("Fin*", "[!x]*"), SkipRemovals: true, EmptyOrphans: []string{"Trade Fair 2024"}},
			Sources: []source.Evidence{
				{Name: "hr", Kind: "csv", Origin: "/srv/groups.csv", Digest: "sha256:03", Notes: []string{"duplicate memberships folded: 3"}, Groups: 4, Memberships: 157, GroupsComplete: true},
				{Name: "ad", Kind: "ldap", Origin: "ldaps://dc1.acme.example"},
			},
			Remembered: []plan.RememberedSource{{Name: "hr", SourceCounts: plan.SourceCounts{Groups: 5, Memberships: 160}}},
			Compared:   plan.Compared{Groups: 3, Memberships: 26, Logins: 14, NewUnknown: 2},
			Limits:     plan.DefaultLimits(),
			GroupLimits: []plan.PolicyLimits{
				{Match: mustGlobs("Fin*")[0], GroupLimits: plan.GroupLimits{RemovalsPerGroup: new(plan.AtMost(4)), HoldLastAdmin: new(false)}},
				{Match: mustGlobs("*")[0], GroupLimits: plan.GroupLimits{AddsPerGroup: new(plan.Percent(30).And(plan.AtMost(40))), UnresolvedMembers: new(plan.Limit{}), HoldEmptyGroup: new(true)}},
			},
			Allowed: []plan.Allowance{
				{Rule: plan.RuleRemovals, Value: plan.AtMost(137)},
				{Rule: plan.RuleAddsPerGroup, Group: "a:b=c", Value: plan.Percent(2.5)},
				{Rule: plan.RuleEmptyGroup, Group: "Legal"},
				{Rule: plan.RuleSourceShrink, Group: "hr", Value: plan.AtMost(3)},
			},
			AllowAll: []string{"adds_per_group:a:b=c=2.5%", "empty_group:Legal=allow", "removals=139", "source_shrink=4"},
			Paused: []plan.Paused{
				{Group: "Trade*", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "audit \u202e\x1b[2J", Groups: 2},
			},
			Notices: []plan.Notice{
				{Kind: plan.FirstContact, Text: "nothing is remembered \u202e\x1b[2J"}, {Kind: plan.ChangedScope, Text: "under <groups> & members"},
			},
			Kept:      plan.Kept{Protected: 2, Additive: 1, Roles: 3, Ignored: 4, Domains: 5},
			Blocked:   true,
			Calls:     plan.Calls{Made: 31, RatePerMinute: 900, Lookup: "looked for 12 logins in the list of all users"},
			ChangeRef: "CHG-4711", ApprovedBy: "Dora",
		},
		Groups: []plan.GroupSummary{{Group: board}, {Group: finance, NameInSource: "fin-all", Current: 11}, {Group: legal, Current: 3}, {Group: sales, Current: 12}},
		Changes: withIDs(
			plan.Change{Kind: plan.CreateGroup, Group: board, Cause: plan.Wanted, Settings: []plan.SettingChange{{Setting: target.Description, After: "Who decides \u202e\x1b[2J"}}},
			plan.Change{Kind: plan.Add, Group: board, User: ann, After: target.RoleAdmin, Cause: plan.Joined, Needs: []string{"create_group/rollcall:main:hr:Board"}},
			plan.Change{Kind: plan.Add, Group: board, User: bob, After: target.RoleMember, Cause: plan.Moved, Needs: []string{"create_group/rollcall:main:hr:Board"}},
			plan.Change{Kind: plan.RenameGroup, Group: finance, BeforeName: "Finance (old)", Cause: plan.Wanted},
			plan.Change{Kind: plan.SetRole, Group: finance, User: ann, Membership: 5001, Before: target.RoleMember, After: target.RoleAdmin, Cause: plan.RoleChanged},
			plan.Change{Kind: plan.Remove, Group: finance, User: bob, Membership: 5002, Before: target.RoleOther, Cause: plan.Unexplained},
			plan.Change{Kind: plan.AdoptGroup, Group: legal, Cause: plan.Wanted},
			plan.Change{Kind: plan.Remove, Group: legal, User: big, Membership: 18446744073709551615, Before: target.RoleAdmin, Cause: plan.Asked, Needs: []string{"adopt_group/102"}},
			plan.Change{Kind: plan.RekeyGroup, Group: sales, BeforeIdentifier: "rollcall:main:old:Sales", Cause: plan.Wanted},
			plan.Change{Kind: plan.UpdateGroup, Group: sales, Cause: plan.Wanted, Settings: []plan.SettingChange{
				{Setting: target.Description, Before: "Sells", After: "Sells & <buys>"}, {Setting: target.Provenance, After: "HR"},
				{Setting: target.Viewability, Before: "admins_only", After: "admins_and_members"},
			}},
		),
		Holds: []plan.Hold{
			{Rule: plan.RuleNameClash, Group: ref(0, "Twice"), Reason: `the same name is wanted for "twice"`, Release: "rename one of them",
				Acknowledged: plan.Acknowledged{Until: time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC), Reason: "HR is <told> & knows"}},
			{Rule: plan.RuleRemovals, Reason: "2 removals; the limit is 1", Release: "to allow it this once: --allow removals=2",
				Age: plan.Age{News: plan.Grown, Since: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), Nights: 3, From: 1}, Changes: withIDs(
					plan.Change{Kind: plan.Remove, Group: sales, User: ann, Membership: 5003, Before: target.RoleMember, Cause: plan.Unexplained, Needs: []string{"rekey_group/104"}},
					plan.Change{Kind: plan.SetRole, Group: sales, User: bob, Membership: 5004, Before: target.RoleAdmin, After: target.RoleMember, Cause: plan.RoleChanged},
				)},
			{Rule: plan.RuleSourceShrink, Source: "ad", Reason: "4 of the 5 groups are missing", Release: "to allow it this once: --allow source_shrink=4"},
		},
		Findings: []plan.Finding{
			{Kind: plan.UnknownLogin, Login: source.NewLogin("Zoe@acme.example"), Text: `Box has no user with this login; wanted in "Finance"`},
			{Kind: plan.Orphan, Group: ref(108, "Trade Fair 2024"), Text: "source hr no longer has this group", Release: "to remove its members: --empty-orphan 'Trade Fair 2024'"},
		},
	}
}

func goldenFile(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "plan-1.jsonl"))
	require.NoError(t, err)
	return file
}

// Plans of format 1 lie in archives, and stay readable. So `make golden` leaves
// this file alone; UPDATE=plan-1 rewrites it, for as long as nobody has one.
func TestFile_golden(t *testing.T) {
	t.Parallel()
	want := goldenPlan()
	if os.Getenv("UPDATE") == "plan-1" {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "plan-1.jsonl"), written(t, want), 0o644))
	}
	file := goldenFile(t)
	got := read(t, file)
	assert.Empty(t, differences(want, got))
	assert.Equal(t, string(file), string(written(t, got)))
	assert.Equal(t, string(file), string(written(t, want)))
	assert.Equal(t, 1, bytes.Count(file, []byte(want.Digest())))
}
