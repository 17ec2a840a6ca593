package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

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
		"group,login,x\na,,1\nb,,\n", "group,login,x\nb,,\n,,,,\n  \n", "group,login\na,\"a@x;b@x\"\na\u200b,c@x", "group,login\na,\"\"\"a@b\"\"@x\"\r",
		"group,login,id\na,b@x,1\nb,,2\nc,b@x,\na,c@x, 1\n", "id,group,login\n1,a,b@x\nA,b,b@x\n", "group,login,id\na,b@x,1\na,c@x,\nb,,a\n",
	} {
		f.Add([]byte(text))
	}
	sources := map[string]*csv.Source{"": open(f, "groups.csv", nil), "id": open(f, "groups.csv", withIDs)}
	f.Fuzz(func(t *testing.T, file []byte) {
		for id, s := range sources {
			roster, err := csv.ReadFrom(t.Context(), s, file)
			if (roster == nil) == (err == nil) {
				t.Fatalf("roster %v and error %v", roster, err)
			}
			if err == nil {
				checkWhole(t, file, id, roster)
			}
		}
	})
}

// checkWhole compares a roster with the file that it came from, whose column of
// ids is called id.
func checkWhole(t *testing.T, file []byte, id string, roster *source.Roster) {
	t.Helper()
	checkIDs(t, roster)
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
	for _, want := range naive(t, file, id) {
		i := slices.IndexFunc(roster.Groups(), func(g source.Group) bool { return g.Name == want.group })
		if i < 0 {
			t.Fatalf("the group %q is missing", want.group)
		}
		g := roster.Groups()[i]
		if g.Key.ID != want.id {
			t.Fatalf("the group %q has the id %q, and a row of it says %q", want.group, g.Key.ID, want.id)
		}
		found := slices.ContainsFunc(g.Members, func(m source.Membership) bool {
			return roster.Logins(m.Person)[0].Key() == want.login
		})
		if want.login != "" && !found && g.Complete() {
			t.Fatalf("%q is missing in %q, which is not partial", want.login, want.group)
		}
		if want.login == "" && want.more && g.Complete() {
			t.Fatalf("somebody without a login is in %q, which is not partial", want.group)
		}
	}
}

// checkIDs checks that no two groups would be one in Box, unless both are known
// by their names, which differ in case alone: the plan tells those apart.
func checkIDs(t *testing.T, roster *source.Roster) {
	t.Helper()
	seen := map[string]source.Group{}
	for _, g := range roster.Groups() {
		folded := source.FoldName(g.Key.ID)
		if other, taken := seen[folded]; taken && (g.Key.ID != g.Name || other.Key.ID != other.Name) {
			t.Fatalf("%q and %q have the id %q", g.Name, other.Name, g.Key.ID)
		}
		seen[folded] = g
	}
}

type row struct {
	group, id, login string
	more             bool // than these
}

// naive reads a good file in the plainest way there is, without blank rows.
func naive(t *testing.T, file []byte, idColumn string) []row {
	t.Helper()
	in := stdcsv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\xEF\xBB\xBF"))))
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	require.NoError(t, err, "encoding/csv refuses what was read")
	column := func(name string) int {
		return slices.IndexFunc(records[0], func(s string) bool {
			return strings.ToLower(strings.TrimSpace(s)) == name
		})
	}
	group, login := column("group"), column("login")
	var rows []row
	for _, r := range records[1:] {
		if strings.TrimSpace(strings.Join(r, "")) == "" {
			continue
		}
		require.Len(t, r, len(records[0]), "a row of another length was read")
		found := row{group: norm.NFC.String(strings.TrimSpace(r[group])), login: source.NewLogin(norm.NFC.String(r[login])).Key()}
		found.id = found.group
		if idColumn != "" {
			if i := column(idColumn); strings.TrimSpace(r[i]) != "" {
				found.id = norm.NFC.String(strings.TrimSpace(r[i]))
			}
			r[column(idColumn)] = ""
		}
		r[group], r[login] = "", ""
		found.more = strings.TrimSpace(strings.Join(r, "")) != ""
		rows = append(rows, found)
	}
	return rows
}
