package csv_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// said renders a roster as group: login/role …, with what makes it partial.
func said(r *source.Roster) []string {
	var lines []string
	for _, g := range r.Groups() {
		line := []string{g.Name + ":"}
		for _, m := range g.Members {
			line = append(line, fmt.Sprintf("%s/%s", r.Logins(m.Person)[0], m.Role))
		}
		lines = append(lines, strings.Join(line, " "))
		lines = append(lines, g.Partial...)
	}
	return lines
}

func TestRead_good(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       []string
	}{
		{"plain", "group,login,role\nFinance,ann@x,admin\nFinance,bob@x,member\n", nil,
			[]string{"Finance: ann@x/admin bob@x/member"}},
		{"byte_order_mark_and_crlf", "\xEF\xBB\xBFgroup,login,role\r\nFinance,ann@x,\r\n", nil,
			[]string{"Finance: ann@x/unstated"}},
		{"no_newline_at_the_end", "group,login\nFinance,ann@x", nil, []string{"Finance: ann@x/unstated",
			"groups.csv:2: the last line has no line end, so the file may be cut off; end it with one"}},
		{"any_order_and_case_and_extra_columns", "Cost Centre, LOGIN ,x,Group\n1,ann@x,y,Finance\n", nil,
			[]string{"Finance: ann@x/unstated"}},
		{"header_in_quotes_and_spaces_and_another_case", "\" Group \";\"LOGIN\"; Role \r\nFinance;ann@x;admin\r\n",
			func(c *csv.Config) { c.Delimiter = ';' }, []string{"Finance: ann@x/admin"}},
		{"extra_columns_may_repeat", "group,login,x,x\nFinance,ann@x,1,2\n", nil, []string{"Finance: ann@x/unstated"}},
		{"quoted_header_after_mark", "\xEF\xBB\xBF\"group\",\"login\"\nFinance,ann@x\n", nil, []string{"Finance: ann@x/unstated"}},
		{"empty_lines", "\ngroup,login\n\nFinance,ann@x\n\n", nil, []string{"Finance: ann@x/unstated"}},
		{"blank_rows", "group,login\n,\nFinance,ann@x\n \t,\"\"\n  \n,,,\r\n,\n", nil, []string{"Finance: ann@x/unstated"}},
		{"blank_rows_with_semicolons", "group;login;x\r\nFinance;ann@x;1\r\n;;\r\n;;;;\r\n",
			func(c *csv.Config) { c.Delimiter = ';' }, []string{"Finance: ann@x/unstated"}},
		{"empty_group", "group,login,role\nInterns,,\nFinance,ann@x,\n", nil, []string{"Finance: ann@x/unstated", "Interns:"}},
		{"composed_and_decomposed_are_one", "group,login\nGescha\u0308ft,jo\u0308rg@x\nGesch\u00e4ft,j\u00f6rg@x\n", nil,
			[]string{"Gesch\u00e4ft: j\u00f6rg@x/unstated"}},
		{"names_of_other_scripts", "group,login\n営業\u3000部,ann@x\nمی\u200cخواهم,bob@x\n", nil,
			[]string{"می\u200cخواهم: bob@x/unstated", "営業\u3000部: ann@x/unstated"}},
		{"declared_and_filled", "group,login\nFinance,\nFinance,ann@x\n", nil, []string{"Finance: ann@x/unstated"}},
		{"trimmed", "group,login,role\n Finance ,\tann@x , Admin \nFinance,bob@x,\n", nil,
			[]string{"Finance: ann@x/admin bob@x/unstated"}},
		{"case_of_names_counts", "group,login\nfinance,ann@x\nFinance,ann@x\n", nil,
			[]string{"Finance: ann@x/unstated", "finance: ann@x/unstated"}},
		{"one_person_in_two_spellings", "group,login\nFinance,Ann@X\nFinance,ann@x\nLegal,ANN@X\n", nil,
			[]string{"Finance: Ann@X/unstated", "Legal: Ann@X/unstated"}},
		{"default_role", "group,login,role\na,ann@x,\na,bob@x,admin\na,eve@x,unstated\n",
			func(c *csv.Config) { c.DefaultRole = source.Member },
			[]string{"a: ann@x/member bob@x/admin eve@x/unstated"}},
		{"default_role_without_column", "group,login\na,ann@x\n",
			func(c *csv.Config) { c.DefaultRole = source.Member }, []string{"a: ann@x/member"}},
		{"role_column_not_wanted", "group,login,role\na,ann@x,chief\n",
			func(c *csv.Config) { c.Columns.Role = "" }, []string{"a: ann@x/unstated"}},
		{"own_columns", "team;mail;rank\na;ann@x;admin\n", func(c *csv.Config) {
			c.Delimiter = ';'
			c.Columns = csv.Columns{Group: "Team", Login: "Mail", Role: "Rank", RoleRequired: true}
		}, []string{"a: ann@x/admin"}},
		{"duplicates", "group,login,role\na,ann@x,\na,ann@x,admin\na,ann@x,admin\n", nil, []string{"a: ann@x/admin"}},
		{"contradiction", "group,login,role\na,ann@x,admin\na,ann@x,member\n", nil,
			[]string{"a: ann@x/unstated", "groups.csv:3: ann@x is listed with another role than in line 2"}},
		{"bad_rows", "role,group,login\n,a,ann@x\n,a,ann\n,b,ann lee@x\nboss,b,bob@x\n,c,ann@x\n,a,@x\n", nil, []string{
			"a: ann@x/unstated",
			`groups.csv:3:4: the login "ann" is no e-mail address`,
			`groups.csv:7:4: the login "@x" is no e-mail address`,
			"b:",
			`groups.csv:4:4: the login "ann lee@x" has a space or an invisible character in it`,
			`groups.csv:5:1: unknown role "boss"; roles are member, admin, or nothing; columns.role: "" leaves roles out`,
			"c: ann@x/unstated",
		}},
		{"invisible_character", "group,login\na,ann\u200b@x\na,bob@x\a\n", nil, []string{
			"a:",
			`groups.csv:2:3: the login "ann\u200b@x" has a space or an invisible character in it`,
			`groups.csv:3:3: the login "bob@x\a" has a space or an invisible character in it`,
		}},
		{"somebody_without_a_login", "group,login,role\na,,admin\na,ann@x,\n", nil, []string{
			"a: ann@x/unstated",
			"groups.csv:2:3: somebody without a login; a row that declares a group has nothing else in it",
		}},
		{"only_a_name_in_a_column_that_nobody_configured", "group,login,role,full_name\nFinance,,,P Nineteen\nLegal, ,,\t\n", nil, []string{
			"Finance:",
			"groups.csv:2:9: somebody without a login; a row that declares a group has nothing else in it",
			"Legal:",
		}},
		{"only_a_number_before_the_group", "number,group,login\n19,Finance,\n,Legal,\n", nil, []string{
			"Finance:",
			"groups.csv:2:12: somebody without a login; a row that declares a group has nothing else in it",
			"Legal:",
		}},
		{"several_logins_in_a_field", "group;login\na;<a@x>\na;a@x, b@x\na;a@@x\na;\"a@x;b@x\"\na;a@x,b\na;\"\"\"A, B\"\" <a@x>\"\na;\"\"\"a\"\"b@x@y\"\na;\"\"\"a@b@x\"\n",
			func(c *csv.Config) { c.Delimiter = ';' }, []string{
				"a:",
				`groups.csv:2:3: the login "<a@x>" is not one e-mail address alone; write a row for each login`,
				`groups.csv:3:3: the login "a@x, b@x" is not one e-mail address alone; write a row for each login`,
				`groups.csv:4:3: the login "a@@x" is not one e-mail address alone; write a row for each login`,
				`groups.csv:5:3: the login "a@x;b@x" is not one e-mail address alone; write a row for each login`,
				`groups.csv:6:3: the login "a@x,b" is not one e-mail address alone; write a row for each login`,
				`groups.csv:7:3: the login "\"A, B\" <a@x>" is not one e-mail address alone; write a row for each login`,
				`groups.csv:8:3: the login "\"a\"b@x@y" is not one e-mail address alone; write a row for each login`,
				`groups.csv:9:3: the login "\"a@b@x" is not one e-mail address alone; write a row for each login`,
			}},
		{"quoted_local_part", "group,login\na,\"\"\"a;b@,<\\\"\"@>\"\"@x\"\n", nil, []string{`a: "a;b@,<\"@>"@x/unstated`}},
		{"space_around_a_name", "group,login\n\u00a0Finance\u2003,ann@x\nFinance,bob@x\n", nil,
			[]string{"Finance: ann@x/unstated bob@x/unstated"}},
		{"nothing_but_a_header", "group,login\n", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, readAs(t, tt.file, tt.set, said))
		})
	}
}

func TestRead_bad(t *testing.T) {
	t.Parallel()
	const (
		quote     = "; what follows was not read"
		delimiter = `; the fields are separated by ";": set sources.hr.csv.delimiter to ";", or to auto`
	)
	comma := func(c *csv.Config) { c.Delimiter = ',' }
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       string
	}{
		{"empty", "", nil,
			`groups.csv: the file is empty; it must begin with a header row with the columns "group" and "login"`},
		{"only_a_mark", "\xEF\xBB\xBF", nil,
			`groups.csv: the file is empty; it must begin with a header row with the columns "group" and "login"`},
		{"nul", "group,login\na,ann@x\nb\x00,ann@x\n", nil,
			`groups.csv:3:1: a NUL character: the file is damaged; export it anew, or save it as "CSV UTF-8"`},
		{"no_header", "Finance,ann@x\n", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "Finance", "ann@x"; check that the first row is the header, and sources.hr.csv.columns.group` + "\n" +
			`groups.csv:1:1: no column "login"; the columns are "Finance", "ann@x"; check that the first row is the header, and sources.hr.csv.columns.login`},
		{"no_login_column", "group,mail\na,ann@x\n", nil,
			`groups.csv:1:1: no column "login"; the columns are "group", "mail"; check that the first row is the header, and sources.hr.csv.columns.login`},
		{"other_delimiter", "group;login\na;ann@x\n", func(c *csv.Config) { c.Delimiter, c.Columns.Login = ',', "group;login" },
			`groups.csv:1:1: no column "group"; the columns are "group;login"; the fields seem to be separated by ";": set sources.hr.csv.delimiter`},
		{"delimiter_that_would_fit", "group;login\na;ann@x\n", comma,
			`groups.csv:1:1: no column "group"; the columns are "group;login"; the fields are separated by ";": set sources.hr.csv.delimiter to ";", or to auto`},
		{"other_delimiter_and_columns", "team;mail\na;ann@x\n", func(c *csv.Config) { c.Delimiter, c.Columns.Login = ',', "team;mail" },
			`groups.csv:1:1: no column "group"; the columns are "team;mail"; the fields seem to be separated by ";": set sources.hr.csv.delimiter`},
		{"tabs", "group\tlogin\na\tann@x\n", comma,
			`groups.csv:1:1: a column name with a control character; the fields are separated by tab: set sources.hr.csv.delimiter to tab, or to auto`},
		{"control_character_in_a_column_name", "group,login,\x1b\na,ann@x,\n", nil,
			`groups.csv:1:13: a column name with a control character; is the file damaged?`},
		{"role_column_missing", "group,login\na,ann@x\n",
			func(c *csv.Config) { c.Columns.Role, c.Columns.RoleRequired = "rank", true },
			`groups.csv:1:1: no column "rank"; the columns are "group", "login"; check that the first row is the header, and sources.hr.csv.columns.role`},
		{"name_column_missing", "group,login\na,ann@x\n", func(c *csv.Config) { c.Columns.Name = "name" },
			`groups.csv:1:1: no column "name"; the columns are "group", "login"; check that the first row is the header, and sources.hr.csv.columns.name`},
		{"column_twice", "group,login, Login\na,ann@x,\n", nil,
			`groups.csv:1:13: the column "login" is there twice; rename one of them`},
		{"carriage_returns_only", "group,login,x\ra,ann@x,1\r", nil,
			`groups.csv:1: the lines end in bare carriage returns, as on an old Mac; save it as "CSV UTF-8", or convert it with tr '\r' '\n'`},
		{"field_count", "group,login\na,ann@x,x\na\nb,bob@x\n", nil, "2 problems:\n" +
			"groups.csv:2:1: the row has 3 fields and the header has 2; is a field with a ',' in it not quoted?\n" +
			"groups.csv:3:1: the row has 1 of the header's 2 fields; if it is the last row, the file may be cut off"},
		{"no_group", "group,login,x\n ,ann@x,\n,,1\n", nil, "2 problems:\n" +
			"groups.csv:2:1: a row without a group; complete it or delete it\n" +
			"groups.csv:3:1: a row without a group; complete it or delete it"},
		{"line_break_in_a_name", "group,login\n\"Fin\nance\",ann@x\n", nil,
			`groups.csv:2:1: the group name "Fin\nance" has the invisible character U+000A in it; take it out, or write a plain space`},
		{"invisible_in_a_name", "group,login\nFin\u200bance,a@x\nFi\u00a0nance,a@x\nFinance\ufeff,a@x\n\u200b,\n", nil, "4 problems:\n" +
			`groups.csv:2:1: the group name "Fin\u200bance" has the invisible character U+200B in it; take it out, or write a plain space` + "\n" +
			`groups.csv:3:1: the group name "Fi\u00a0nance" has the invisible character U+00A0 in it; take it out, or write a plain space` + "\n" +
			`groups.csv:4:1: the group name "Finance\ufeff" has the invisible character U+FEFF in it; take it out, or write a plain space` + "\n" +
			`groups.csv:5:1: the group name "\u200b" has the invisible character U+200B in it; take it out, or write a plain space`},
		{"bare_quote", "group,login\na,ann@x\nb \"c\",ann@x\nd\n", nil,
			"groups.csv:3:3: a quote inside a field that does not begin with one; quote the whole field and write the inner quote twice" + quote},
		{"text_after_a_quote", "group,login\n\"a\"b,ann@x\n", nil,
			"groups.csv:2:3: a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice" + quote},
		{"quote_never_closed", "group,login\na,ann@x\n\"b,ann@x\nc,ann@x\n", nil,
			"groups.csv:4:9: a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice (the row begins in line 3)" + quote},
		{"quote_in_the_header", "group,login\"\na,ann@x\n", nil,
			"groups.csv:1:12: a quote inside a field that does not begin with one; quote the whole field and write the inner quote twice" + quote},
		{"other_delimiter_and_quotes", "\"group\";\"login\"\na;ann@x\n", comma,
			"groups.csv:1:7: a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice" + delimiter + quote},
		{"problems_before_the_quote_count", "group,login\n,ann@x\nb\"\n", nil, "2 problems:\n" +
			"groups.csv:2:1: a row without a group; complete it or delete it\n" +
			"groups.csv:3:2: a quote inside a field that does not begin with one; quote the whole field and write the inner quote twice" + quote},
		{"long_field", "group,login,x\na,ann@x," + strings.Repeat("x", 4097) + "\n", nil,
			"groups.csv:2:9: a field of 4097 bytes, and 4096 is the most; is a quote not closed?"},
		{"long_row", "group,login\na,ann@x\n\"" + strings.Repeat("a,ann@x\n", 1<<18), nil,
			"groups.csv:2: a row of more than 1024 KiB begins after this line; is a quote not closed?"},
		{"many", "group,login\n" + strings.Repeat(",ann@x\n", 57), nil, "57 problems, of which the first 20 are:" + func() string {
			var lines strings.Builder
			for line := range 20 {
				fmt.Fprintf(&lines, "\ngroups.csv:%d:1: a row without a group; complete it or delete it", line+2)
			}
			return lines.String()
		}()},
		{"bad_rows_fail", "group,login,role\na,ann,\na,bob@x,boss\na,,admin\n",
			func(c *csv.Config) { c.FailOnBadRow = true }, "3 problems:\n" +
				`groups.csv:2:3: the login "ann" is no e-mail address` + "\n" +
				`groups.csv:3:9: unknown role "boss"; roles are member, admin, or nothing; columns.role: "" leaves roles out` + "\n" +
				"groups.csv:4:3: somebody without a login; a row that declares a group has nothing else in it"},
		{"contradiction_fails", "group,login,role\na,ann@x,admin\na,ann@x,member\n",
			func(c *csv.Config) { c.FailOnBadRow = true },
			"groups.csv:3: ann@x is listed with another role than in line 2"},
		{"contradictions_fail", "group,login,role\nb,ann@x,admin\na,ann@x,admin\na,ann@x,member\nb,ann@x,member\n",
			func(c *csv.Config) { c.FailOnBadRow = true }, "2 problems:\n" +
				"groups.csv:4: ann@x is listed with another role than in line 3\n" +
				"groups.csv:5: ann@x is listed with another role than in line 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, tt.file)
			roster, err := open(t, path, tt.set).Read(t.Context())
			assert.Nil(t, roster)
			require.Error(t, err)
			got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), "")
			assert.Equal(t, `read source "hr": `+tt.want, got)
			var at *source.PositionError
			assert.ErrorAs(t, err, &at)
		})
	}
}

func TestRead_unreadable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.csv")
	_, err := open(t, path, nil).Read(t.Context())
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, plain := os.Open(path)
	assert.EqualError(t, err, fmt.Sprintf(`read source "hr": %v; check sources.hr.csv.path`, plain))

	_, err = open(t, filepath.Dir(path), nil).Read(t.Context())
	assert.ErrorContains(t, err, "; check sources.hr.csv.path", "a directory")
}

func TestRead_cancelled(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\n"+strings.Repeat("a,ann@x\n", 20_000))
	ctx := &cancelledLater{Context: t.Context(), after: 3}
	roster, err := open(t, path, nil).Read(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, roster)
}

// cancelledLater is a context that is cancelled while somebody is at work.
type cancelledLater struct {
	context.Context
	after int
}

func (c *cancelledLater) Err() error {
	if c.after--; c.after < 0 {
		return context.Canceled
	}
	return nil
}

func TestRead_tooLittle(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\na,ann@x\na,ann@x\nb,\n")
	for name, set := range map[string]func(*csv.Config){
		"groups":      func(c *csv.Config) { c.MinGroups = 3 },
		"memberships": func(c *csv.Config) { c.MinMemberships = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want csv.Config
			set(&want)
			roster, err := open(t, path, set).Read(t.Context())
			assert.Nil(t, roster)
			require.ErrorIs(t, err, source.ErrIncomplete)
			assert.EqualError(t, err, fmt.Sprintf(`read source "hr": the source is incomplete: %s has 2 groups and 1 membership, `+
				`and at least %d and %d are expected; check that the export is whole, or lower sources.hr.expect`,
				path, want.MinGroups, want.MinMemberships))
		})
	}
	_, err := open(t, path, func(c *csv.Config) { c.MinGroups, c.MinMemberships = 2, 1 }).Read(t.Context())
	assert.NoError(t, err)
}

func TestRead_evidence(t *testing.T) {
	t.Parallel()
	text := "\xEF\xBB\xBFgroup,login,who\na,ann@x,\na,ann@x,Ann\nb,ann@x,Anna\n"
	path := write(t, text)
	roster, err := open(t, path, func(c *csv.Config) { c.Columns.Name = "who" }).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []source.Evidence{{
		Name: "hr", Kind: "csv", Origin: path, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))),
		Notes:  []string{`no column "role": every role is unstated`, "duplicate memberships folded: 1"},
		Groups: 2, Memberships: 2, GroupsComplete: true,
	}}, roster.Evidence())
	assert.Equal(t, source.Person{Key: "ann@x", Name: "Ann", Logins: []source.Login{source.NewLogin("ann@x")}}, roster.Person(0))
	b := roster.Groups()[1]
	assert.Equal(t, source.GroupKey{Source: "hr", ID: "b"}, b.Key)
	assert.Equal(t, path+":4", b.Origin)
}

// TestRead_lineEnd checks that a reviewer is told of a file that may have been
// cut off, and that nobody is removed from the group in which it ends. Exports of
// Google Sheets end so too, hence it is no fault.
func TestRead_lineEnd(t *testing.T) {
	t.Parallel()
	note := []string{"the last line has no line end"}
	for name, tt := range map[string]struct {
		file string
		want []string
	}{
		"line_feed":       {"group,login,role\nb,bob@x,\na,ann@x,\n", nil},
		"crlf":            {"group,login,role\r\na,ann@x,\r\n", nil},
		"empty_lines":     {"group,login,role\na,ann@x,\n\n", nil},
		"none":            {"group,login,role\nb,bob@x,\na,ann@x,", note},
		"carriage_return": {"group,login,role\r\na,ann@x,\r", note},
		"quote":           {"group,login,role\na,ann@x,\"\n\"", note},
		"only_a_header":   {"group,login,role", note},
		"large": {"group,login,role\n" + strings.Repeat("a,ann@x,\n", 20_000) + "a,ann@x,",
			append(note[:1:1], "duplicate memberships folded: 20000")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roster, err := open(t, write(t, tt.file), nil).Read(t.Context())
			require.NoError(t, err)
			assert.Equal(t, tt.want, roster.Evidence()[0].Notes)
			for _, g := range roster.Groups() {
				assert.Equal(t, tt.want == nil || g.Name != "a", g.Complete(), "%s: %v", g.Name, g.Partial)
			}
		})
	}
}

func TestRead_lineEnd_saysWhere(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"group,login\nb,bob@x\na,ann@x\na,ann@":      "groups.csv:4: ",
		"group,login\nb,bob@x\na,ann@x\n,":           "groups.csv:4: ",
		"group,login\nb,bob@x\na,\"ann@x\"":          "groups.csv:3: ",
		"group,login\nb,bob@x\na,ann@x\na,ann@x\na,": "groups.csv:5: ",
	} {
		roster, err := open(t, write(t, file), nil).Read(t.Context())
		require.NoError(t, err)
		partial := roster.Groups()[0].Partial
		require.NotEmpty(t, partial, file)
		assert.Contains(t, partial[len(partial)-1], want+"the last line has no line end, so the file may be cut off; end it with one")
		assert.True(t, roster.Groups()[1].Complete())
	}
}

func TestRead_manyBadRowsOfOneGroup(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\n"+strings.Repeat("a,ann\n", 1000)+"b,bob\n")
	roster, err := open(t, path, nil).Read(t.Context())
	require.NoError(t, err)
	a, b := roster.Groups()[0], roster.Groups()[1]
	assert.Len(t, a.Partial, 21)
	assert.Equal(t, path+": faults in 980 more rows of the group", a.Partial[20])
	assert.Len(t, b.Partial, 1)
}

func TestNew(t *testing.T) {
	t.Parallel()
	_, err := csv.New(csv.Config{})
	assert.EqualError(t, err, `configure source "": `+strings.Join([]string{
		`sources..name is ""; give it a name without a colon`,
		`sources..csv.path is empty; name the file to read`,
		`sources..csv.columns.group is empty; name the column`,
		`sources..csv.columns.login is empty; name the column`,
	}, "\n"))

	_, err = csv.New(csv.Config{
		Name: "a:b", Path: "f", Delimiter: '"', DefaultRole: 9, MinGroups: -1, MinMemberships: -2,
		Columns: csv.Columns{Group: "x", Login: " X", RoleRequired: true, Name: "x "},
	})
	assert.EqualError(t, err, `configure source "a:b": `+strings.Join([]string{
		`sources.a:b.name is "a:b"; give it a name without a colon`,
		`sources.a:b.csv.delimiter is '"', which cannot separate fields; use a comma, a semicolon, a tab or |`,
		`sources.a:b.csv.default_role is no role; use unstated, member or admin`,
		`sources.a:b.expect.min_groups is -1; use 0 or more`,
		`sources.a:b.expect.min_memberships is -2; use 0 or more`,
		`sources.a:b.csv.columns.login is " X", and so is group; one column cannot be both`,
		`sources.a:b.csv.columns.role is empty; name the column`,
		`sources.a:b.csv.columns.name is "x ", and so is group; one column cannot be both`,
	}, "\n"))
}
