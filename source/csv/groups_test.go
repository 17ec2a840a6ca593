package csv_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
	"github.com/rollcall-sync/rollcall/target"
)

func withIDs(c *csv.Config) { c.Columns.SourceID = "id" }

// keyed renders a roster as id=name: people, with what makes a group partial.
func keyed(r *source.Roster) []string {
	return saidWith(r, func(g source.Group, line string) string { return g.Key.ID + "=" + line })
}

// saidWith is said, with another line for each group.
func saidWith(r *source.Roster, line func(g source.Group, line string) string) []string {
	lines := said(r)
	i := 0
	for _, g := range r.Groups() {
		lines[i] = line(g, lines[i])
		i += 1 + len(g.Partial)
	}
	return lines
}

func TestRead_sourceID(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       []string
	}{
		{"ids", "group,login,id\nFinance,ann@x,D-1\nLegal,ann@x,D-2\nFinance,bob@x,D-1\n", withIDs,
			[]string{"D-1=Finance: ann@x/unstated bob@x/unstated", "D-2=Legal: ann@x/unstated"}},
		{"before_the_group_and_trimmed_and_composed", "id,group,login\n Gescha\u0308ft\u00a0, a ,ann@x\nGesch\u00e4ft,a,bob@x\n", withIDs,
			[]string{"Gesch\u00e4ft=a: ann@x/unstated bob@x/unstated"}},
		{"some_have_none", "group,login,id\nFinance,ann@x,D-1\nLegal,ann@x,\nLegal,bob@x, \n", withIDs,
			[]string{"D-1=Finance: ann@x/unstated", "Legal=Legal: ann@x/unstated bob@x/unstated"}},
		{"the_group's_own_name", "group,login,id\nFinance,ann@x,Finance\n", withIDs, []string{"Finance=Finance: ann@x/unstated"}},
		{"names_of_one_fold", "group,login,id\nfinance,ann@x,1\nFinance,ann@x,2\nfinance x,ann@x,\nFinance X,ann@x,\n", withIDs,
			[]string{"2=Finance: ann@x/unstated", "1=finance: ann@x/unstated", "Finance X=Finance X: ann@x/unstated", "finance x=finance x: ann@x/unstated"}},
		{"colons_and_quotes", "group,login,id\na,ann@x,\"a:b,\"\"c\"\"\"\n", withIDs, []string{`a:b,"c"=a: ann@x/unstated`}},
		{"declared", "group,login,role,id\nFinance,,,D-1\nLegal,,,\n", withIDs, []string{"D-1=Finance:", "Legal=Legal:"}},
		{"declared_and_filled", "group,login,id\nFinance,,D-1\nFinance,ann@x,D-1\n", withIDs, []string{"D-1=Finance: ann@x/unstated"}},
		{"somebody_without_a_login", "group,login,role,id\nFinance,,admin,D-1\n", withIDs, []string{"D-1=Finance:",
			"groups.csv:2:9: somebody without a login; a row that declares a group has nothing else in it"}},
		{"nobody_configured_the_column", "group,login,id\nFinance,ann@x,D-1\nFinance,bob@x,D-2\nLegal,,D-1\n", nil, []string{
			"Finance=Finance: ann@x/unstated bob@x/unstated", "Legal=Legal:",
			"groups.csv:4:7: somebody without a login; a row that declares a group has nothing else in it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, readAs(t, tt.file, tt.set, keyed))
		})
	}
}

// Which group a row means must never be guessed: somebody would be removed from
// one group, and another would be created or renamed.
func TestRead_sourceID_contradictions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, rows, want string }{
		{"two_ids", "Finance,ann@x,a\nLegal,ann@x,b\nFinance,bob@x,c\n",
			`groups.csv:4:15: the group "Finance" has the source_id "c" here and "a" in line 2; a group has only one`},
		{"ids_in_two_cases", "Finance,ann@x,a\nFinance,bob@x,A\n",
			`groups.csv:3:15: the group "Finance" has the source_id "A" here and "a" in line 2; a group has only one`},
		{"id_forgotten", "Finance,ann@x,a\n Finance,bob@x,\n",
			`groups.csv:3:16: the group "Finance" has no source_id here and "a" in line 2; give it on every row of the group, or on none`},
		{"id_late", "Finance,,\nFinance,bob@x,a\n",
			`groups.csv:3:15: the group "Finance" has the source_id "a" here and none in line 2; give it on every row of the group, or on none`},
		{"two_names", "Finance,ann@x,a\nLegal,ann@x,a\n",
			`groups.csv:3:13: the source_id "a" of the group "Legal" is that of the group "Finance" in line 2; a source_id belongs to one group`},
		{"two_names_and_cases", "Finance,ann@x,a\nfinance,ann@x,A\n",
			`groups.csv:3:15: the source_id "A" of the group "finance" is that of the group "Finance" in line 2; a source_id belongs to one group`},
		{"name_of_another", "Finance,ann@x,\nLegal,ann@x,FINANCE\n",
			`groups.csv:3:13: the source_id "FINANCE" is the name of the group in line 2, which has no source_id and is known by its name; give that one its own`},
		{"id_of_another", "Legal,ann@x,finance\nFinance,ann@x,\n",
			`groups.csv:3:15: the group "Finance" has no source_id and is known by its name, which is the source_id of the group "Legal" in line 2; give it one of its own`},
		{"invisible", "Finance,ann@x,a\u200b\n",
			`groups.csv:2:15: the source_id "a\u200b" has the invisible character U+200B in it; take it out, or write a plain space`},
		{"line_break", "Finance,ann@x,\"a\nb\"\n",
			`groups.csv:2:15: the source_id "a\nb" has the invisible character U+000A in it; take it out, or write a plain space`},
		{"no_group", ",ann@x,a\n", "groups.csv:2:1: a row without a group; complete it or delete it"},
		{"all_are_told", "Finance,ann@x,a\nFinance,bob@x,b\nFinance,eve@x,\n", "2 problems:\n" +
			`groups.csv:3:15: the group "Finance" has the source_id "b" here and "a" in line 2; a group has only one` + "\n" +
			`groups.csv:4:15: the group "Finance" has no source_id here and "a" in line 2; give it on every row of the group, or on none`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "group,login,id\n"+tt.rows)
			roster, err := open(t, path, withIDs).Read(t.Context())
			assert.Nil(t, roster)
			require.Error(t, err)
			got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), "")
			assert.Equal(t, `read source "hr": `+tt.want, got)
		})
	}
}

func TestRead_sourceID_columnMissing(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\na,ann@x\n")
	_, err := open(t, path, withIDs).Read(t.Context())
	assert.EqualError(t, err, `read source "hr": `+path+`:1:1: no column "id"; the columns are "group", "login"; `+
		"check that the first row is the header, and sources.hr.csv.columns.source_id")

	_, err = csv.New(csv.Config{Name: "hr", Path: path, Columns: csv.Columns{Group: "group", Login: "login", SourceID: "Group"}})
	assert.EqualError(t, err, `configure source "hr": sources.hr.csv.columns.source_id is "Group", and so is group; one column cannot be both`)
}

// With a source_id, a group that gets another name is renamed. Without one the
// file has lost a group and has another one.
func TestRead_sourceID_renamesAGroup(t *testing.T) {
	t.Parallel()
	ann := target.User{ID: 1, Login: "ann@x"}
	world := target.Snapshot{
		Groups: []target.Group{{ID: 7, Name: "Finance", Identifier: "rollcall:main:hr:D-1"}},
		Listings: []target.Listing{{Group: 7, Users: []target.User{ann}, Memberships: []target.Membership{
			{ID: 9, User: ann.ID, Role: target.RoleMember},
		}}},
		Users: []target.User{ann},
	}
	roster, err := open(t, write(t, "group,login,id\nMoney,ann@x,D-1\n"), withIDs).Read(t.Context())
	require.NoError(t, err)
	p, err := plan.Diff(roster, world, plan.Options{
		Instance: "main", Create: true, Remove: true, ManageRoles: true, Limits: plan.DefaultLimits(),
	})
	require.NoError(t, err)
	require.Len(t, p.Changes, 1, "%v", p.Changes)
	change := p.Changes[0]
	assert.Equal(t, plan.RenameGroup, change.Kind)
	assert.Equal(t, "Finance", change.BeforeName)
	assert.Equal(t, "Money", change.Group.Name)
	assert.Empty(t, p.Holds)
	assert.Empty(t, p.Findings)
}
