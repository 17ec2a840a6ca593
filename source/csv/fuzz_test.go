package csv_test

import (
	"bytes"
	"compress/gzip"
	stdcsv "encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
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
			checkDelimiter(t, file, id, roster)
			checkForms(t, s, file, roster)
		}
	})
}

// checkForms checks that a text says the same in UTF-16 and compressed.
func checkForms(t *testing.T, s *csv.Source, file []byte, plain *source.Roster) {
	t.Helper()
	const foreign = "\x1f\x8b PK\x03\x04 %PDF- <!DOCTYPE <html BZh91AY&SY \x28\xb5\x2f\xfd"
	for magic := range strings.SplitSeq(foreign, " ") {
		if bytes.HasPrefix(file, []byte(magic)) {
			return
		}
	}
	if !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0 {
		return
	}
	wide := []byte(encode(t, utf16Of(unicode.BigEndian, unicode.UseBOM), strings.TrimPrefix(string(file), "\xEF\xBB\xBF")))
	for name, form := range map[string][]byte{"UTF-16": wide, "gzip": []byte(zipped(t, string(file)))} {
		roster, err := csv.ReadFrom(t.Context(), s, form)
		if (roster == nil) != (plain == nil) {
			t.Fatalf("in %s: %v, and in UTF-8 %v", name, err, plain)
		}
		if plain != nil && !slices.Equal(said(plain), said(roster)) {
			t.Fatalf("in %s %q, and in UTF-8 %q", name, said(roster), said(plain))
		}
	}
}

// checkDelimiter checks that a delimiter that was found gives the roster that it
// gives where it is configured, and that nobody could have configured another.
func checkDelimiter(t *testing.T, file []byte, id string, found *source.Roster) {
	t.Helper()
	var configured []*source.Roster
	for _, delimiter := range []rune{',', ';', '\t', '|'} {
		roster, err := csv.ReadFrom(t.Context(), open(t, "groups.csv", func(c *csv.Config) {
			c.Delimiter, c.Columns.SourceID = delimiter, id
		}), file)
		if err == nil {
			configured = append(configured, roster)
		}
	}
	switch {
	case found == nil && len(configured) == 0 || bytes.HasPrefix(bytes.ToLower(text(t, file)), []byte("sep=")):
		return
	case found == nil && len(configured) == 1:
		t.Fatalf("one delimiter could be configured, and was not found")
	case found == nil:
		return
	case len(configured) != 1:
		t.Fatalf("a delimiter was found, and %d could be configured", len(configured))
	}
	if want, got := said(configured[0]), said(found); !slices.Equal(want, got) {
		t.Fatalf("with the delimiter configured %q, and with the one that was found %q", want, got)
	}
}

// text is what a good file says, in UTF-8, by way of other code than what is tested.
func text(t *testing.T, file []byte) []byte {
	t.Helper()
	if bytes.HasPrefix(file, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(file))
		require.NoError(t, err)
		file, err = io.ReadAll(z)
		require.NoError(t, err)
	}
	decoded, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), file)
	require.NoError(t, err)
	return decoded
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
	plain := text(t, file)
	in := stdcsv.NewReader(bytes.NewReader(plain))
	in.FieldsPerRecord = -1
	in.Comma = separator(plain, idColumn)
	records, err := in.ReadAll()
	require.NoError(t, err, "encoding/csv refuses what was read")
	if bytes.HasPrefix(bytes.ToLower(plain), []byte("sep=")) && len(records[0]) <= 2 && len(records) > 1 {
		records = records[1:]
	}
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

// separator finds the delimiter of a good file in the plainest way there is.
func separator(plain []byte, idColumn string) rune {
	if first, _, _ := strings.Cut(string(plain), "\n"); len(first) > 4 && strings.EqualFold(first[:4], "sep=") {
		if announced := []rune(strings.TrimSuffix(first[4:], "\r")); len(announced) == 1 {
			return announced[0]
		}
	}
	for _, delimiter := range ";\t|" {
		in := stdcsv.NewReader(bytes.NewReader(plain))
		in.Comma = delimiter
		names, err := in.Read()
		if err != nil {
			continue
		}
		for i := range names {
			names[i] = strings.ToLower(strings.TrimSpace(names[i]))
		}
		if slices.Contains(names, "group") && slices.Contains(names, "login") && (idColumn == "" || slices.Contains(names, idColumn)) {
			return delimiter
		}
	}
	return ','
}

// FuzzChecksums checks that a file of digests is refused, or lists only what
// stands in it, and that sha256sum's own lines are always understood.
func FuzzChecksums(f *testing.F) {
	digest := strings.Repeat("0a", 32)
	for _, sums := range []string{"", digest + "  a.csv\n", `\` + digest + ` *a\\b\n.csv`, digest, "\xEF\xBB\xBF" + digest + "  a\r\n#\n", digest + "  a\n" + digest + "  b/a\n"} {
		f.Add(sums, "a\n\\b.csv")
	}
	f.Fuzz(func(t *testing.T, sums, name string) {
		listed, err := csv.ParseChecksums(sums)
		for base, found := range listed {
			if err != nil || !strings.Contains(strings.ToLower(sums), found) || len(found) != 64 || strings.Contains(base, "/") && base != "/" {
				t.Fatalf("%q: %q", base, found)
			}
		}
		if err != nil || name == "" || strings.ContainsAny(name, "/\r\x00") || len(sums)+len(name) > 1<<15 {
			return
		}
		line := digest + "  " + name
		if strings.ContainsAny(name, "\\\n") {
			line = `\` + digest + "  " + strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(name)
		}
		listed, err = csv.ParseChecksums(line + "\n")
		if err != nil || listed[name] != digest {
			t.Fatalf("%q was not understood: %v, %v", line, listed, err)
		}
	})
}
