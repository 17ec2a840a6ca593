package cmd

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// exporting returns a run of instance main with the sources hr and ad.
func exporting() *run {
	c := defaultConfig()
	c.Sources = []sourceConfig{{Name: "hr"}, {Name: "ad"}}
	return &run{config: c, policies: plan.Options{Instance: "main"}}
}

// What a member lacks for a file is told, and does not make the group look
// smaller than it is.
func TestExport_membersThatAFileCannotSay(t *testing.T) {
	t.Parallel()
	finance := target.Group{ID: 1, Name: "Finance", Identifier: "rollcall:main:hr:D-1"}
	x, err := chooseExport([]target.Group{finance, {ID: 2, Name: "Fin\u200bance"}, {ID: 3, Name: "Odd id", Identifier: "rollcall:main:hr: D-3"}}, 2, exporting())
	require.NoError(t, err)
	require.Equal(t, []target.GroupID{1}, x.toList())
	require.NoError(t, x.listed(target.Listing{
		Group: 1, Hidden: 3,
		Memberships: []target.Membership{
			{ID: 1, User: 11, Role: target.RoleOther}, {ID: 2, User: 12, Role: target.RoleAdmin}, {ID: 3, User: 13, Role: target.RoleMember},
			{ID: 4, User: 14, Role: target.RoleMember}, {ID: 5, User: 15, Role: target.RoleMember},
		},
		Users: []target.User{
			{ID: 11, Login: "Zoe@x", Name: "Zoe"}, {ID: 12, Login: "ann@x", Name: " Ann  Lee "}, {ID: 13, Login: "bob@x", Name: "Bob\tLee"},
			{ID: 14, Name: "Nobody"}, {ID: 15, Login: "a b@x"},
		},
	}))
	require.NoError(t, x.complete())
	var file bytes.Buffer
	require.NoError(t, x.write(&file))
	assert.Equal(t, `group,login,role,name,source_id,description
Finance,ann@x,admin,Ann  Lee,D-1,
Finance,bob@x,member,,D-1,
Finance,Zoe@x,,Zoe,D-1,
Finance,,,"user 14, whose login """" no file can hold",D-1,
Finance,,,"user 15, whose login ""a b@x"" no file can hold",D-1,
Finance,,,3 memberships that Box did not show,D-1,
`, file.String())
	assert.Equal(t, []string{
		`Not in the file: Box announced 2 groups more than it showed.`,
		`Left out: Box group "Fin\u200bance" (id 2): the group name "Fin\u200bance" has the invisible character U+200B in it; take it out, or write a plain space.`,
		`Left out: Box group "Odd id" (id 3): the source_id " D-3" has blanks around it, without which it would be read.`,
		`Without a role in the file: 1 member in Box group "Finance" (id 1), whose role Box does not document.`,
		`Without a name in the file: 1 member in Box group "Finance" (id 1), whose name no file can hold.`,
		`Not in the file: user 14, whose login "" no file can hold, in Box group "Finance" (id 1).`,
		`Not in the file: user 15, whose login "a b@x" no file can hold, in Box group "Finance" (id 1).`,
		`Not in the file: 3 memberships that Box did not show, in Box group "Finance" (id 1).`,
	}, x.notes)
	assert.Equal(t, 1, x.written.groups)
	assert.Equal(t, 3, x.written.memberships)
}

func TestExport_groupThatWasNotListed(t *testing.T) {
	t.Parallel()
	x, err := chooseExport([]target.Group{{ID: 1, Name: "Finance"}}, 0, exporting())
	require.NoError(t, err)
	require.EqualError(t, x.complete(), `the memberships of Box group "Finance" (id 1) were not read`)
}

func TestExport_noGroupsAtAll(t *testing.T) {
	t.Parallel()
	x, err := chooseExport(nil, 0, exporting())
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, x.write(&file))
	assert.Equal(t, "group,login,role,name,source_id,description\n", file.String())
}

// A description stands on one row of its group, whoever is in it.
func TestExport_descriptions(t *testing.T) {
	t.Parallel()
	var groups []target.Group
	for i, about := range []string{"Money", "nobody", "all hidden", "two\nlines", ""} {
		g := target.Group{ID: target.GroupID(i + 1), Name: fmt.Sprintf("G%d", i+1), Told: true}
		g.Settings[target.Description] = about
		groups = append(groups, g)
	}
	x, err := chooseExport(groups, 0, exporting())
	require.NoError(t, err)
	users := []target.User{{ID: 11, Login: "ann@x"}, {ID: 12, Login: "bob@x"}}
	members := []target.Membership{{ID: 1, User: 11, Role: target.RoleMember}, {ID: 2, User: 12, Role: target.RoleAdmin}}
	for _, l := range []target.Listing{
		{Group: 1, Memberships: members, Users: users}, {Group: 2}, {Group: 3, Hidden: 2}, {Group: 4, Memberships: members[:1], Users: users}, {Group: 5, Hidden: 1},
	} {
		require.NoError(t, x.listed(l))
	}
	var file bytes.Buffer
	require.NoError(t, x.write(&file))
	assert.Equal(t, `group,login,role,name,source_id,description
G1,ann@x,member,,,Money
G1,bob@x,admin,,,
G2,,,,,nobody
G3,,,,,all hidden
G3,,,2 memberships that Box did not show,,
G4,ann@x,member,,,
G5,,,1 membership that Box did not show,,
`, file.String())
	assert.Equal(t, []string{
		"Not in the file: 2 memberships that Box did not show, in Box group \"G3\" (id 3).",
		"Without a description in the file: Box group \"G4\" (id 4), whose description no file can hold as it is.",
		"Not in the file: 1 membership that Box did not show, in Box group \"G5\" (id 5).",
	}, x.notes)
}

// exportWorld is a random Box, in which names, ids and logins get into each
// other's way.
func exportWorld(t *rapid.T) target.Snapshot {
	names := []string{"Finance", "finance", "FINANCE", "D-1", "d-1", "=x", `"a, b"`, "Ünïcode", "ünïcode", " x", "x", "e\u0301", "\u00e9", "+1", "a\nb", "All"}
	ids := []string{"", "", "rollcall:main:hr:%s", "rollcall:main:hr:%s", "rollcall:main:ad:%s", "rollcall:test:hr:%s", "okta:%s"}
	logins := []string{"ann@x", "Bob@X", "+1@x", "=x@x", "o'x@x", "", "a b@x", "e\u0301@x"}
	var w target.Snapshot
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 8, rapid.ID).Draw(t, "names")
	for i, name := range chosen {
		g := target.Group{ID: target.GroupID(i + 1), Name: name}
		if id := rapid.SampledFrom(ids).Draw(t, "identifier"); id != "" {
			g.Identifier = fmt.Sprintf(id, rapid.SampledFrom(append(names[:9:9], name)).Draw(t, "id"))
		}
		g.AllUsers, g.Told = name == "All", true
		g.Settings[target.Description] = rapid.SampledFrom([]string{"", "Money", " padded", "a\nb", "e\u0301", "=1", `"a, b"`, "a\x1b"}).Draw(t, "description")
		w.Groups = append(w.Groups, g)
		l := target.Listing{Group: g.ID, Hidden: rapid.IntRange(0, 1).Draw(t, "hidden")}
		for u := range logins {
			if rapid.Bool().Draw(t, "in") {
				role := target.Role(rapid.IntRange(1, 3).Draw(t, "role"))
				l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(100*i + u + 1), User: target.UserID(u + 1), Role: role})
				l.Users = append(l.Users, target.User{ID: target.UserID(u + 1), Login: logins[u], Name: rapid.SampledFrom([]string{"", "Ann", " =1\t"}).Draw(t, "name")})
			}
		}
		w.Listings = append(w.Listings, l)
	}
	return w
}

// Whatever Box holds and whatever is chosen of it, the export is a source, and
// the plan from it changes nothing: not a name, not a role, not a member.
func TestExport_planFromItIsEmpty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "members.csv")
	s, err := csv.New(csv.Config{Name: "hr", Path: path, Columns: csv.WrittenColumns()})
	require.NoError(t, err)
	only, err := source.ParsePattern("*[fx1]*")
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		w, r := exportWorld(t), exporting()
		r.policies.Create, r.policies.Remove, r.policies.ManageRoles, r.policies.Reviewed = true, true, true, true
		if rapid.Bool().Draw(t, "narrowed") {
			r.policies.Exclude = []source.Pattern{only}
		}
		x, err := chooseExport(slices.Clone(w.Groups), 0, r)
		if err != nil {
			return
		}
		for _, l := range w.Listings {
			require.NoError(t, x.listed(l))
		}
		require.NoError(t, state.WriteFile(path, x.write))
		roster, err := s.Read(t.Context())
		require.NoError(t, err)
		require.Len(t, roster.Groups(), x.written.groups)
		require.Equal(t, x.written.memberships, roster.Evidence()[0].Memberships)

		p, err := plan.Diff(roster, w, r.policies)
		require.NoError(t, err)
		for _, c := range p.Changes {
			require.Equal(t, plan.RekeyGroup, c.Kind, "a group of ours whose source is gone gets the key that it now has")
		}
		for _, h := range p.Holds {
			require.Contains(t, []plan.Rule{plan.RulePartial, plan.RuleNameClash}, h.Rule, h.Reason)
			for _, c := range h.Changes {
				require.Equal(t, plan.Remove, c.Kind, "%v", c)
			}
		}
	})
}
