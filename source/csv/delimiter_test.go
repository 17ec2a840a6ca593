package csv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/csv"
)

func TestRead_delimiterIsFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, note string }{
		{"comma", "group,login,role\na,ann@x,\n", ""},
		{"semicolon", "group;login;role\na;ann@x;\n", `fields separated by ";"`},
		{"tab", "group\tlogin\trole\na\tann@x\t\n", "fields separated by tab"},
		{"bar", "group|login|role\na|ann@x|\n", `fields separated by "|"`},
		{"another_in_a_column_name", "\"x,y,z\";group;login;role\n1;a;ann@x;\n", `fields separated by ";"`},
		{"another_in_quoted_rows", "group;login;role;x\na;ann@x;;\"1,2,3\"\n", `fields separated by ";"`},
		{"a_required_column_decides", "Group;x, Login ,role\n1;a,ann@x,\n", ""},
		{"announced", "sep=;\r\ngroup;login;role\r\na;ann@x;\r\n", `fields separated by ";"`},
		{"announced_tab", "SEP=\t\ngroup\tlogin\trole\na\tann@x\t\n", "fields separated by tab"},
		{"announced_unusual", "sep=^\ngroup^login^role\na^ann@x^\n", `fields separated by "^"`},
		{"announced_comma", "sep=,\ngroup,login,role\na,ann@x,\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			roster, err := open(t, write(t, tt.file), func(c *csv.Config) {
				if tt.name == "a_required_column_decides" {
					c.Columns.Group = "group;x"
				}
			}).Read(t.Context())
			require.NoError(t, err)
			require.Len(t, roster.Groups(), 1)
			assert.Equal(t, 1, roster.Evidence()[0].Memberships)
			var want []string
			if tt.note != "" {
				want = []string{tt.note}
			}
			assert.Equal(t, want, roster.Evidence()[0].Notes)
		})
	}
}

func TestRead_delimiterIsNotFound(t *testing.T) {
	t.Parallel()
	const check = "; check that the first row is the header, and sources.hr.csv.columns."
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       string
	}{
		{"nearest", "group;mail;x,y\n", nil,
			`groups.csv:1:1: no column "login"; the columns are "group", "mail", "x,y"` + check + "login"},
		{"only_one_separates", "team;mail\n", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "team", "mail"` + check + "group\n" +
			`groups.csv:1:1: no column "login"; the columns are "team", "mail"` + check + "login"},
		{"none_separates", "team\n", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "team"` + check + "group\n" +
			`groups.csv:1:1: no column "login"; the columns are "team"` + check + "login"},
		{"none_separates_what_is_there", "login\n", nil,
			`groups.csv:1:1: no column "group"; the columns are "login"` + check + "group"},
		{"several_separate", "team;mail,x\n", nil, "groups.csv:1: what separates the fields cannot be told from the header row: " +
			`with "," the columns are "team;mail", "x"; with ";" the columns are "team", "mail,x"; set sources.hr.csv.delimiter`},
		{"several_have_the_columns", "group,login,x;group;login\n", nil, "groups.csv:1: what separates the fields cannot be told from the header row: " +
			`with "," the columns are "group", "login", "x;group;login"; with ";" the columns are "group,login,x", "group", "login"; set sources.hr.csv.delimiter`},
		{"announced_and_wrong", "sep=;\ngroup,login\n", nil,
			`groups.csv:2:1: no column "group"; the columns are "group,login"; the fields are separated by ",", and the first line says sep=;: correct that line, or set sources.hr.csv.delimiter to ","`},
		{"announces_nothing", "sep=\ngroup,login\n", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "sep="` + check + "group\n" +
			`groups.csv:1:1: no column "login"; the columns are "sep="` + check + "login"},
		{"announces_more", "sep=;;\ngroup;login\n", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "sep=", "", ""` + check + "group\n" +
			`groups.csv:1:1: no column "login"; the columns are "sep=", "", ""` + check + "login"},
		{"announces_and_ends", "sep=;", nil, "2 problems:\n" +
			`groups.csv:1:1: no column "group"; the columns are "sep=", ""` + check + "group\n" +
			`groups.csv:1:1: no column "login"; the columns are "sep=", ""` + check + "login"},
		{"announced_and_configured", "sep=;\ngroup;login\na;x\n", func(c *csv.Config) { c.Delimiter, c.FailOnBadRow = ';', true },
			`groups.csv:3:3: the login "x" is no e-mail address`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, failure(t, tt.file, tt.set))
		})
	}
}
