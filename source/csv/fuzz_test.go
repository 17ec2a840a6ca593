package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// FuzzRead checks that no file panics, and that a file gives an error or a
// roster in which every row of the file is accounted for: as a membership, as a
// declared group, or by a group that is partial.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", "group,login\n", "group,login,role\na,ann@x,admin\na,ann@x,member\nb,,\n", "group,login\n\"a\nb\",x\n",
		"\xEF\xBB\xBFgroup,login\r\na,ann\r\n", "\xFF\xFEg\x00", "group,login\na,\"b@x\n", "group,login,role,name\na,,,Ann\na,b@x,boss,\n",
	} {
		f.Add([]byte(text))
	}
	s, err := csv.New(csv.Config{Name: "hr", Path: "groups.csv", Columns: csv.DefaultColumns()})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, file []byte) {
		roster, err := csv.ReadFrom(t.Context(), s, file)
		if (roster == nil) == (err == nil) {
			t.Fatalf("roster %v and error %v", roster, err)
		}
		if err != nil {
			return
		}
		checkWhole(t, file, roster)
	})
}

// checkWhole compares a roster with the file that it came from.
func checkWhole(t *testing.T, file []byte, roster *source.Roster) {
	t.Helper()
	memberships := 0
	for _, g := range roster.Groups() {
		for i, m := range g.Members {
			if int(m.Person) >= roster.People() || len(roster.Logins(m.Person)) != 1 || m.Role > source.Admin {
				t.Fatalf("%s has a member that cannot be: %v", g.Name, m)
			}
			if i > 0 && m.Person <= g.Members[i-1].Person {
				t.Fatalf("%s is not sorted", g.Name)
			}
		}
		memberships += len(g.Members)
	}
	if e := roster.Evidence()[0]; e.Groups != len(roster.Groups()) || e.Memberships != memberships {
		t.Fatalf("the evidence counts %d groups and %d memberships", e.Groups, e.Memberships)
	}
	for _, want := range naive(t, file) {
		i := slices.IndexFunc(roster.Groups(), func(g source.Group) bool { return g.Name == want.group })
		if i < 0 {
			t.Fatalf("the group %q is missing", want.group)
		}
		g := roster.Groups()[i]
		found := slices.ContainsFunc(g.Members, func(m source.Membership) bool {
			return roster.Logins(m.Person)[0].Key() == want.login
		})
		if want.login != "" && !found && g.Complete() {
			t.Fatalf("%q is missing in %q, which is not partial", want.login, want.group)
		}
	}
}

type row struct {
	group, login string
}

// naive reads a good file in the plainest way there is.
func naive(t *testing.T, file []byte) []row {
	t.Helper()
	records, err := stdcsv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\xEF\xBB\xBF")))).ReadAll()
	require.NoError(t, err, "encoding/csv refuses what was read")
	column := func(name string) int {
		return slices.IndexFunc(records[0], func(s string) bool {
			return strings.ToLower(strings.TrimSpace(s)) == name
		})
	}
	group, login := column("group"), column("login")
	var rows []row
	for _, r := range records[1:] {
		rows = append(rows, row{strings.TrimSpace(r[group]), source.NewLogin(r[login]).Key()})
	}
	return rows
}
