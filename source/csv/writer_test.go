package csv_test

import (
	"bytes"
	"cmp"
	stdcsv "encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

func TestWriter(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	for _, row := range []csv.Row{
		{Group: "Finance", Login: "ann@x", Role: source.Admin, Name: `Ann "A" Lee, Dr.`, SourceID: "D-1"},
		{Group: "Finance", Login: "Bob@X", Role: source.Member, SourceID: "D-1", Description: `Money, and "what for"`},
		{Group: "=x", Login: `"a;b@,"@x`, Name: "=HYPERLINK(1)"},
		{Group: `"a, b"`, Login: "+1@x"},
		{Group: "Interns", SourceID: "+1"},
		{Group: "@x", Description: "=1"},
	} {
		require.NoError(t, w.Write(row))
	}
	require.NoError(t, w.WriteMissing("Finance", "D-1", "2 memberships that Box did not show"))
	require.NoError(t, w.WriteMissing("-", "", "somebody"))
	require.NoError(t, w.Flush())
	assert.Equal(t, `group,login,role,name,source_id,description
Finance,ann@x,admin,"Ann ""A"" Lee, Dr.",D-1,
Finance,Bob@X,member,,D-1,"Money, and ""what for"""
=x,"""a;b@,""@x",,=HYPERLINK(1),,
"""a, b""",+1@x,,,,
Interns,,,,+1,
@x,,,,,=1
Finance,,,2 memberships that Box did not show,D-1,
-,,,somebody,,
`, file.String())

	roster, err := open(t, write(t, file.String()), func(c *csv.Config) { c.Columns = csv.WrittenColumns() }).Read(t.Context())
	require.NoError(t, err)
	for _, g := range roster.Groups() {
		assert.Equal(t, g.Name != "Finance" && g.Name != "-", g.Complete(), "%s: %v", g.Name, g.Partial)
	}
}

func TestWriter_empty(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	require.NoError(t, w.Flush())
	require.NoError(t, w.Flush())
	assert.Equal(t, "group,login,role,name,source_id,description\n", file.String())
}

func TestWriter_refuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4097)
	for want, row := range map[string]csv.Row{
		"a row without a group": {Login: "ann@x"},
		`the group name " a" has blanks around it, without which it would be read`:                            {Group: " a"},
		`the group name "\u00a0a" has blanks around it, without which it would be read`:                       {Group: "\u00a0a"},
		"the group name \"Gescha\u0308ft\" is not in Unicode's composed form, in which it would be read":      {Group: "Gescha\u0308ft"},
		"the group name is 4097 bytes long, and 4096 is the most":                                             {Group: long},
		`the group name "a\xff" is not UTF-8`:                                                                 {Group: "a\xff"},
		`the group name "a\nb" has the invisible character U+000A in it; take it out, or write a plain space`: {Group: "a\nb"},
		`the source_id "a " has blanks around it, without which it would be read`:                             {Group: "a", SourceID: "a "},
		`the source_id "a\x00" has the invisible character U+0000 in it; take it out, or write a plain space`: {Group: "a", SourceID: "a\x00"},
		"somebody without a login":                                                                {Group: "a", Name: "Ann"},
		`the login "ann" is no e-mail address`:                                                    {Group: "a", Login: "ann"},
		`the login "ann@x\t" has blanks around it, without which it would be read`:                {Group: "a", Login: "ann@x\t"},
		"the login \"jo\u0308rg@x\" is not in Unicode's composed form, in which it would be read": {Group: "a", Login: "jo\u0308rg@x"},
		`the login "a@x;b@x" is not one e-mail address alone; write a row for each login`:         {Group: "a", Login: "a@x;b@x"},
		"7 is no role": {Group: "a", Login: "ann@x", Role: 7},
		`the name "A\tB" has a control character in it`:                                                       {Group: "a", Login: "ann@x", Name: "A\tB"},
		`the name " A" has blanks around it, without which it would be read`:                                  {Group: "a", Login: "ann@x", Name: " A"},
		`the name "A\xff" is not UTF-8`:                                                                       {Group: "a", Login: "ann@x", Name: "A\xff"},
		`the description "a " has blanks around it, without which it would be read`:                           {Group: "a", Description: "a "},
		"the description \"e\u0301\" is not in Unicode's composed form, in which it would be read":            {Group: "a", Description: "e\u0301"},
		`the description "a\nb" has a line break or a tab in it, in the place of which a blank would be read`: {Group: "a", Description: "a\nb"},
		`the description has the control character U+001B in it; take it out`:                                 {Group: "a", Description: "a\x1b[2J"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			w := csv.NewWriter(&file)
			assert.EqualError(t, w.Write(row), want)
			require.NoError(t, w.Flush())
			assert.Equal(t, "group,login,role,name,source_id,description\n", file.String(), "something was written")
		})
	}
}

func TestWriter_refusesSomebodyWithoutALogin(t *testing.T) {
	t.Parallel()
	row := csv.Row{Group: "a", Role: source.Member}
	assert.EqualError(t, row.Check(), "somebody without a login")
	w := csv.NewWriter(new(bytes.Buffer))
	assert.EqualError(t, w.WriteMissing("a", "", ""), "nobody can be told who is missing")
	assert.EqualError(t, w.WriteMissing("a", "", "x\n"), "nobody can be told who is missing\n"+`the name "x\n" has a control character in it`)
	assert.EqualError(t, w.WriteMissing("", "", "x"), "a row without a group")
}

// What contradicts an earlier row is refused with the line of that row in the
// file.
func TestWriter_refusesContradictions(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	require.NoError(t, w.Write(csv.Row{Group: "a", Login: "ann@x"}))
	require.NoError(t, w.Write(csv.Row{Group: "b", Login: "ann@x", SourceID: "1"}))
	require.Error(t, w.Write(csv.Row{Group: "b", Login: "bob@x", SourceID: "2"}))
	require.NoError(t, w.Write(csv.Row{Group: "c", Login: "ann@x", SourceID: "3"}))
	for want, row := range map[string]csv.Row{
		`the group "b" has no source_id here and "1" in line 3; give it on every row of the group, or on none`:                         {Group: "b"},
		`the source_id "3" of the group "d" is that of the group "c" in line 4; a source_id belongs to one group`:                      {Group: "d", SourceID: "3"},
		`the source_id "A" is the name of the group in line 2, which has no source_id and is known by its name; give that one its own`: {Group: "e", SourceID: "A"},
	} {
		assert.EqualError(t, w.Write(row), want)
		assert.EqualError(t, w.WriteMissing(row.Group, row.SourceID, "somebody"), want)
	}
	require.NoError(t, w.Flush())
	assert.Equal(t, 4, strings.Count(file.String(), "\n"))
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriter_fullDisk(t *testing.T) {
	t.Parallel()
	w := csv.NewWriter(fullDisk{})
	require.NoError(t, w.Write(csv.Row{Group: "a"}))
	assert.EqualError(t, w.Flush(), "no space left on device")
	var err error
	for range 1000 {
		if err = w.Write(csv.Row{Group: "a", Login: "ann@x"}); err != nil {
			break
		}
	}
	assert.EqualError(t, err, "no space left on device", "a buffer that is full")
}

// texts are what is likely to be misread.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"=x", `"a, b"`, "Ünïcode", "+1", "@x", "-", `a"b`, `""`, `\.`, "#x", "🙂", "👩‍👩‍👧", "営業\u3000部", " a", "a ", "a\tb", "a\nb", "a\r\nb", "a\rb",
			"\ufeffa", "e\u0301", "\u00e9", "", "group", "login", "a;b", "a|b", "'a", "\xff", "a", "A", "\u200b", "\u0130",
		}),
		rapid.String(),
		rapid.StringMatching(`[a-c]`),
	)
}

func logins() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,2}@[xX]`),
		rapid.SampledFrom([]string{"", "+1@x", "=x@x", `"a;b@,"@x`, "o'x@x", "jörg@bücher", "ann", "a b@x", " a@x", "a@x;b@x", "e\u0301@x"}),
		rapid.Map(rapid.String(), func(s string) string { return s + "@x" }),
	)
}

func rows() *rapid.Generator[csv.Row] {
	return rapid.Custom(func(t *rapid.T) csv.Row {
		return csv.Row{
			Group: texts().Draw(t, "group"), Login: logins().Draw(t, "login"), Name: texts().Draw(t, "name"),
			Role: source.Role(rapid.IntRange(0, 2).Draw(t, "role")), SourceID: texts().Draw(t, "source_id"),
			Description: texts().Draw(t, "description"),
		}
	})
}

// What is written reads back equal: groups with their ids, people, names, roles.
func TestWriter_readsBack(t *testing.T) {
	t.Parallel()
	s := open(t, "groups.csv", func(c *csv.Config) { c.Columns, c.FailOnBadRow = csv.WrittenColumns(), true })
	rapid.Check(t, func(t *rapid.T) {
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		type member struct {
			login string
			role  source.Role
		}
		ids, want, names := map[string]string{}, map[string]map[string]member{}, map[string]string{}
		about := map[string]string{}
		for _, row := range rapid.SliceOf(rows()).Draw(t, "rows") {
			key := source.NewLogin(row.Login).Key()
			if want[row.Group][key] != (member{}) { // twice in one group
				continue
			}
			if name, known := names[key]; known {
				row.Name = name
			}
			if w.Write(row) != nil {
				continue
			}
			if want[row.Group] == nil {
				want[row.Group] = map[string]member{}
			}
			about[row.Group] = cmp.Or(about[row.Group], row.Description)
			ids[row.Group] = row.Group
			if row.SourceID != "" {
				ids[row.Group] = row.SourceID
			}
			if row.Login != "" {
				want[row.Group][key], names[key] = member{key, row.Role}, row.Name
			}
		}
		require.NoError(t, w.Flush())
		roster, err := csv.ReadFrom(t.Context(), s, file.Bytes())
		require.NoError(t, err, file.String())
		require.Len(t, roster.Groups(), len(want))
		for _, g := range roster.Groups() {
			require.Empty(t, g.Partial)
			require.Equal(t, ids[g.Name], g.Key.ID, file.String())
			require.Equal(t, about[g.Name], g.Description, file.String())
			got := map[string]member{}
			for _, m := range g.Members {
				p := roster.Person(m.Person)
				got[p.Key] = member{p.Key, m.Role}
				require.Equal(t, names[p.Key], p.Name, file.String())
			}
			require.Equal(t, want[g.Name], got, file.String())
		}
		if text := file.String(); strings.Contains(text, "\r") || !strings.HasSuffix(text, "\n") {
			t.Fatalf("lines that do not end in a line feed: %q", text)
		}
	})
}

// A row is refused exactly if the reader would refuse it or make something else
// of it, but for names with control characters.
func TestRow_Check_isExact(t *testing.T) {
	t.Parallel()
	s := open(t, "groups.csv", func(c *csv.Config) { c.Columns, c.FailOnBadRow = csv.WrittenColumns(), true })
	rapid.Check(t, func(t *rapid.T) {
		row := rows().Draw(t, "row")
		if strings.ContainsFunc(row.Name, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			require.Error(t, row.Check())
			return
		}
		require.Equal(t, survives(t, s, row), row.Check() == nil, "%q: %v", row, row.Check())
	})
}

// survives writes the row as any program would, and reports whether it comes
// back as it was.
func survives(t *rapid.T, s *csv.Source, row csv.Row) bool {
	var file bytes.Buffer
	role := ""
	if row.Role != source.Unstated {
		role = row.Role.String()
	}
	require.NoError(t, stdcsv.NewWriter(&file).WriteAll([][]string{
		{"group", "login", "role", "name", "source_id", "description"},
		{row.Group, row.Login, role, row.Name, row.SourceID, row.Description},
	}))
	roster, err := csv.ReadFrom(t.Context(), s, file.Bytes())
	if err != nil || len(roster.Groups()) != 1 {
		return false
	}
	back := csv.Row{Group: roster.Groups()[0].Name, Description: roster.Groups()[0].Description}
	if id := roster.Groups()[0].Key.ID; id != back.Group || row.SourceID != "" {
		back.SourceID = id
	}
	for _, m := range roster.Groups()[0].Members {
		p := roster.Person(m.Person)
		back.Login, back.Name, back.Role = p.Logins[0].String(), p.Name, m.Role
	}
	return back == row
}
