package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// golden compares what was written with testdata/name.txt, and rewrites that
// file where UPDATE is set.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func planText(t testing.TB, p *plan.Plan, opts report.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.Plan(&out, p, opts))
	return out.Bytes()
}

func appliedText(t testing.TB, p *plan.Plan, results []plan.Result, stopped error, opts report.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.Applied(&out, p, results, 23, stopped, opts))
	return out.Bytes()
}

// group returns a group of source hr; without an id it is to be created.
func group(id target.GroupID, name string) plan.GroupRef {
	key := source.GroupKey{Source: "hr", ID: name}
	return plan.GroupRef{Key: key, Identifier: key.Identifier("main"), ID: id, Name: name}
}

func person(login string) target.User {
	return target.User{ID: target.UserID(1000 + len(login)), Login: login}
}

func add(g plan.GroupRef, login string, role target.Role, cause plan.Cause) plan.Change {
	return plan.Change{Kind: plan.Add, Group: g, User: person(login), After: role, Cause: cause}
}

func remove(g plan.GroupRef, login string, role target.Role, cause plan.Cause) plan.Change {
	return plan.Change{Kind: plan.Remove, Group: g, User: person(login), Before: role, Cause: cause}
}

func setRole(g plan.GroupRef, login string, before, after target.Role) plan.Change {
	return plan.Change{Kind: plan.SetRole, Group: g, User: person(login), Before: before, After: after, Cause: plan.RoleChanged}
}

func create(g plan.GroupRef) plan.Change {
	return plan.Change{Kind: plan.CreateGroup, Group: g, Cause: plan.Wanted}
}

func described(g plan.GroupRef, about string) plan.Change {
	c := create(g)
	c.Settings = []plan.SettingChange{{Setting: target.Description, After: about}}
	return c
}

func rename(g plan.GroupRef, from string) plan.Change {
	return plan.Change{Kind: plan.RenameGroup, Group: g, BeforeName: from, Cause: plan.Wanted}
}

func update(g plan.GroupRef, settings ...plan.SettingChange) plan.Change {
	return plan.Change{Kind: plan.UpdateGroup, Group: g, Settings: settings, Cause: plan.Wanted}
}

// longText is as long as Box takes a description to be.
func longText(word string) string { return strings.Repeat(word+" ", 64)[:255] }

// everything is a plan with everything that a plan can have.
func everything() *plan.Plan {
	finance, legal, board := group(101, "Finance"), group(102, "Legal and Compliance"), group(0, "Board")
	old, sales := group(103, "Trade Fair 2024"), group(104, "Sales")
	p := &plan.Plan{
		Header: plan.Header{
			Instance: "main", EnterpriseID: "900001", Enterprise: "Acme", Account: "AutomationUser_900000_x@boxdevedition.com",
			Sources: []source.Evidence{
				{Name: "hr", Kind: "csv", Origin: "/srv/rollcall/groups.csv", Digest: "sha256:0f343b0931126a20f133d67c2b018a3b",
					Groups: 6, Memberships: 157, GroupsComplete: true, Notes: []string{"duplicate memberships folded: 3"}},
				{Name: "ad", Kind: "ldap", Origin: "ldaps://dc1.acme.example", Groups: 1, Memberships: 1},
			},
			Remembered: []plan.RememberedSource{
				{Name: "hr", SourceCounts: plan.SourceCounts{Groups: 7, Memberships: 160}},
				{Name: "ad", SourceCounts: plan.SourceCounts{Groups: 5, Memberships: 1}},
			},
			Limits: plan.Limits{SourceShrink: plan.AtMost(3)},
			Allowed: []plan.Allowance{
				{Rule: plan.RuleRemovals, Value: plan.AtMost(137)},
				{Rule: plan.RuleRemovalsPerGroup, Group: "Finance", Value: plan.AtMost(40)},
				{Rule: plan.RuleEmptyGroup, Group: "Legal and Compliance"},
			},
			Paused: []plan.Paused{
				{Group: "Interns*", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "the audit, which looks at every one of these groups", Groups: 3},
				{Group: "Legla", Until: time.Date(2026, 12, 31, 17, 0, 0, 0, time.UTC), Reason: "merger"},
			},
			Kept:    plan.Kept{Protected: 2, Additive: 1, Roles: 1, Ignored: 4, Domains: 5},
			Blocked: true,
			Calls:   plan.Calls{Made: 31, RatePerMinute: 900, Lookup: "looked for 12 logins in the list of all users"},
		},
		Groups: []plan.GroupSummary{
			{Group: board},
			{Group: finance, Current: 11},
			{Group: group(105, "Interns"), Current: 1},
			{Group: legal, Current: 3},
			{Group: group(106, "Research"), Current: 8},
			{Group: sales, Current: 12},
		},
		Changes: []plan.Change{
			described(board, "Decides"),
			add(board, "ann@acme.example", target.RoleAdmin, plan.Joined),
			add(board, "bob@acme.example", target.RoleMember, plan.Moved),
			rename(finance, "Finance (old)"),
			update(finance,
				plan.SettingChange{Setting: target.Description, Before: longText("old"), After: longText("new")},
				plan.SettingChange{Setting: target.Provenance, After: "HR"},
				plan.SettingChange{Setting: target.Invitability, Before: "all_managed_users", After: "admins_only"}),
			add(finance, "carl@acme.example", target.RoleMember, plan.Joined),
			setRole(finance, "dora@acme.example", target.RoleMember, target.RoleAdmin),
			setRole(finance, "emil@acme.example", target.RoleAdmin, target.RoleMember),
			remove(finance, "bob@acme.example", target.RoleMember, plan.Moved),
			remove(finance, "fay.with-a-rather-long-name@subsidiary.acme.example", target.RoleAdmin, plan.Unexplained),
			remove(legal, "gus@acme.example", target.RoleMember, plan.Unexplained),
			remove(old, "hal@acme.example", target.RoleMember, plan.Asked),
		},
	}
	p.Holds, p.Findings = holds(sales), findings()
	return p
}

func holds(sales plan.GroupRef) []plan.Hold {
	var leavers, creations []plan.Change
	for i := range 9 {
		leavers = append(leavers, remove(sales, fmt.Sprintf("seller%d@acme.example", i), target.RoleMember, plan.Unexplained))
	}
	leavers[2].Before = target.RoleAdmin
	for i := range 6 {
		g := group(0, fmt.Sprintf("Team %d", i))
		creations = append(creations, create(g), add(g, "ann@acme.example", target.RoleAdmin, plan.Joined))
	}
	age := func(news plan.News, nights, from int) plan.Age {
		return plan.Age{News: news, Since: time.Date(2026, 11, 23-nights, 2, 0, 0, 0, time.UTC), Nights: nights, From: from}
	}
	return []plan.Hold{
		{Age: age(plan.New, 0, 0), Rule: plan.RuleGroupCreations, Changes: creations, Reason: "6 group creations; the limit is 5",
			Release: "to allow it this once: --allow group_creations=6"},
		{Age: age(plan.Open, 0, 0), Rule: plan.RuleGroupRenames, Changes: []plan.Change{
			rename(group(107, "Support"), "Help Desk"),
			update(group(107, "Support"),
				plan.SettingChange{Setting: target.Description, Before: "Helps", After: longText("helps")},
				plan.SettingChange{Setting: target.Viewability, Before: longText("none"), After: "admins_only"}),
		},
			Reason: "1 group rename; the limit is 0", Release: "to allow it this once: --allow group_renames=1"},
		{Age: age(plan.Open, 3, 0), Rule: plan.RuleSourceShrink, Source: "ad", Reason: "4 of the 5 groups that source ad has in Box are missing from it (80%); the limit is 5%, here 3",
			Release: "to allow it this once: --allow source_shrink=4"},
		{Age: age(plan.Open, 22, 0), Rule: plan.RuleDuplicateIdentifier, Group: group(0, "Marketing"),
			Reason:       "2 Box groups carry the identifier rollcall:main:hr:Marketing (ids 201, 202)",
			Release:      "clear external_sync_identifier on all but one of them",
			Acknowledged: plan.Acknowledged{Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "the agency clears it in spring"}},
		{Age: age(plan.Grown, 1, 4), Rule: plan.RuleRemovalsPerGroup, Group: sales, Changes: leavers,
			Reason:  "9 removals against 12 current memberships (75%); the limit is 50%, here 6",
			Release: "to allow it this once: --allow removals_per_group:Sales=9"},
	}
}

func findings() []plan.Finding {
	return []plan.Finding{
		{Kind: plan.Orphan, Group: group(108, "Project Aurora"),
			Text:    "source hr no longer has this group; it and its 5 members are left alone",
			Release: "to remove its members: --empty-orphan 'Project Aurora, the group with the very long name that nobody wraps'"},
		{Kind: plan.UnknownLogin, Login: source.NewLogin("Zoe@acme.example"),
			Text: `Box has no user with this login; wanted in "Finance", "Legal and Compliance", "Research"`},
		{Kind: plan.UnusedAllowance, Text: "--allow adds_per_group:Finanze=9 names a group that this run does not concern"},
	}
}

// brokenPipe fails after some bytes.
type brokenPipe struct{ room int }

var errBroken = errors.New("broken pipe")

func (b *brokenPipe) Write(p []byte) (int, error) {
	if len(p) > b.room {
		return b.room, errBroken
	}
	b.room -= len(p)
	return len(p), nil
}
