package csv_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

func withDescriptions(c *csv.Config) { c.Columns.Description = "about" }

// about renders a roster as group=description: people.
func about(r *source.Roster) []string {
	return saidWith(r, func(g source.Group, line string) string {
		name, rest, _ := strings.Cut(line, ":")
		return name + "=" + g.Description + ":" + rest
	})
}

func TestRead_description(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       []string
	}{
		{"once_or_on_every_row", "group,login,about\na,ann@x,Money\na,bob@x,\nb,ann@x,\nb,bob@x,Law\nc,ann@x,Trade\nc,bob@x,Trade\n", withDescriptions,
			[]string{"a=Money: ann@x/unstated bob@x/unstated", "b=Law: ann@x/unstated bob@x/unstated", "c=Trade: ann@x/unstated bob@x/unstated"}},
		{"none", "group,login,about\na,ann@x,\na,bob@x, \n", withDescriptions, []string{"a=: ann@x/unstated bob@x/unstated"}},
		{"declared", "group,login,about\na,,Money\nb,,\na,ann@x,\n", withDescriptions, []string{"a=Money: ann@x/unstated", "b=:"}},
		{"one_line_and_composed", "about,group,login\n\" Gescha\u0308ft\n\n\tvon 9 bis 5 \",a,ann@x\nGesch\u00e4ft von 9 bis 5,a,bob@x\n", withDescriptions,
			[]string{"a=Gesch\u00e4ft von 9 bis 5: ann@x/unstated bob@x/unstated"}},
		{"nobody_configured_the_column", "group,login,about\na,ann@x,Money\na,bob@x,Law\nb,,Trade\n", nil, []string{
			"a=: ann@x/unstated bob@x/unstated", "b=:",
			"groups.csv:4:3: somebody without a login; a row that declares a group has nothing else in it"}},
		{"contradiction", "group,login,about\na,ann@x,Money\na,bob@x,Law\na,eve@x,Money\na,,Trade\n", withDescriptions, []string{
			"a=: ann@x/unstated bob@x/unstated eve@x/unstated",
			"groups.csv:3: the group has another description than in line 2"}},
		{"control_character", "group,login,about\na,ann@x,Money\na,bob@x,a\x1b[2J\n", withDescriptions, []string{
			"a=Money: ann@x/unstated",
			"groups.csv:3:9: the description has the control character U+001B in it; take it out"}},
		{"in_a_last_line_that_may_be_cut_off", "group,login,about\na,ann@x,\nb,,Law\na,bob@x,Money and mo", withDescriptions, []string{
			"a=: ann@x/unstated bob@x/unstated",
			"groups.csv:4: the last line has no line end, so the file may be cut off; end it with one", "b=Law:"}},
		{"said_before_a_last_line_that_may_be_cut_off", "group,login,about\na,ann@x,Money and more\na,bob@x,Money and mo", withDescriptions, []string{
			"a=Money and more: ann@x/unstated bob@x/unstated",
			"groups.csv:3: the last line has no line end, so the file may be cut off; end it with one"}},
		{"of_somebody_without_a_login", "group,login,role,about\na,,admin,Money\n", withDescriptions, []string{"a=Money:",
			"groups.csv:2:3: somebody without a login; a row that declares a group has nothing else in it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, readAs(t, tt.file, tt.set, about))
		})
	}
}

func TestRead_description_failOnBadRow(t *testing.T) {
	t.Parallel()
	for rows, want := range map[string]string{
		"a,ann@x,Money\na,bob@x,Law\n": "groups.csv:3: the group has another description than in line 2",
		"a,ann@x,\x1b\n":               "groups.csv:2:9: the description has the control character U+001B in it; take it out",
	} {
		path := write(t, "group,login,about\n"+rows)
		_, err := open(t, path, func(c *csv.Config) { c.Columns.Description, c.FailOnBadRow = "about", true }).Read(t.Context())
		require.Error(t, err)
		assert.Equal(t, `read source "hr": `+want, strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), ""))
	}
}

func TestRead_description_columnMissing(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\na,ann@x\n")
	_, err := open(t, path, withDescriptions).Read(t.Context())
	assert.EqualError(t, err, `read source "hr": `+path+`:1:1: no column "about"; the columns are "group", "login"; `+
		"check that the first row is the header, and sources.hr.csv.columns.description")
}

func TestWriter_refusesASecondDescription(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	require.NoError(t, w.Write(csv.Row{Group: "a", Login: "ann@x"}))
	require.NoError(t, w.Write(csv.Row{Group: "a", Login: "bob@x", Description: "Money"}))
	require.NoError(t, w.Write(csv.Row{Group: "b", Login: "bob@x", Description: "Law"}))
	assert.EqualError(t, w.Write(csv.Row{Group: "a", Login: "eve@x", Description: "Law"}), `the group "a" has another description than before`)
	require.NoError(t, w.Write(csv.Row{Group: "a", Login: "fay@x", Description: "Money"}))
	require.NoError(t, w.Flush())
	assert.Equal(t, "group,login,role,name,source_id,description\na,ann@x,,,,\na,bob@x,,,,Money\nb,bob@x,,,,Law\na,fay@x,,,,Money\n", file.String())
}
