package csv_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

func withBoxIDs(c *csv.Config) { c.Columns.BoxID = "box" }

// bound renders a roster with the Box group of each group.
func bound(r *source.Roster) []string {
	return saidWith(r, func(g source.Group, line string) string { return fmt.Sprint(g.Box.ID, " by ", g.Box.Origin, " ", line) })
}

func TestRead_boxID(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"one_row_is_enough", "group,login,box\nFinance,ann@x,\nFinance,bob@x, 5501 \nLegal,ann@x,\n",
			[]string{"5501 by groups.csv:3 Finance: ann@x/unstated bob@x/unstated", "0 by  Legal: ann@x/unstated"}},
		{"on_every_row", "group,login,box\nFinance,ann@x,5501\nFinance,bob@x,5501\nLegal,ann@x,5502\n",
			[]string{"5501 by groups.csv:2 Finance: ann@x/unstated bob@x/unstated", "5502 by groups.csv:4 Legal: ann@x/unstated"}},
		{"where_the_group_is_declared", "group,box,login\nFinance,18446744073709551615,\n", []string{"18446744073709551615 by groups.csv:2 Finance:"}},
		{"on_a_row_that_is_left_out", "group,login,box\nFinance,nobody,7\n",
			[]string{"7 by groups.csv:2 Finance:", `groups.csv:2:9: the login "nobody" is no e-mail address`}},
		{"cut_off_and_said_before", "group,login,box\nFinance,ann@x,7\nFinance,bob@x,7", []string{"7 by groups.csv:2 Finance: ann@x/unstated bob@x/unstated",
			"groups.csv:3: the last line has no line end, so the file may be cut off; end it with one"}},
		{"cut_off_behind_it", "group,box,login\nFinance,7,ann@x", []string{"7 by groups.csv:2 Finance: ann@x/unstated",
			"groups.csv:2: the last line has no line end, so the file may be cut off; end it with one"}},
		{"cut_off_without_one", "group,login,box\nFinance,ann@x,7\nLegal,ann@x,", []string{"7 by groups.csv:2 Finance: ann@x/unstated", "0 by  Legal: ann@x/unstated",
			"groups.csv:3: the last line has no line end, so the file may be cut off; end it with one"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, readAs(t, tt.file, withBoxIDs, bound))
		})
	}
	assert.Equal(t, []string{"0 by  Finance: ann@x/unstated"}, readAs(t, "group,login,box\nFinance,ann@x,D-7\n", nil, bound), "nobody configured the column")
}

// Which Box group is meant must never be guessed.
func TestRead_boxID_refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"two_of_one_group", "group,login,box\nFinance,ann@x,7\nFinance,bob@x,8\n",
			"groups.csv:3:15: the group has the box_id 8 here and 7 in line 2; a group has only one"},
		{"one_of_two_groups", "group,login,box\nFinance,ann@x,7\nLegal,ann@x,7\n",
			"groups.csv:3:13: the box_id 7 is that of another group in line 2; a Box group is one group"},
		{"a_name", "group,login,box\nFinance,ann@x,Money\n", `groups.csv:2:15: "Money" is no id of a Box group, which is a number`},
		{"negative", "group,login,box\nFinance,ann@x,-7\n", `groups.csv:2:15: "-7" is no id of a Box group, which is a number`},
		{"signed", "group,login,box\nFinance,ann@x,+7\n", `groups.csv:2:15: "+7" is no id of a Box group, which is a number`},
		{"nought", "group,login,box\nFinance,ann@x,0\n", `groups.csv:2:15: "0" is no id of a Box group, which is a number`},
		{"padded", "group,login,box\nFinance,ann@x,007\n", `groups.csv:2:15: "007" is no id of a Box group, which is a number`},
		{"too_long", "group,login,box\nFinance,ann@x,18446744073709551616\n", `groups.csv:2:15: "18446744073709551616" is no id of a Box group, which is a number`},
		{"rounded", "group;login;box\nFinance;ann@x;1,23E+11\n", `groups.csv:2:15: "1,23E+11" is an id that a spreadsheet has rounded; format its column as text, and enter the ids anew`},
		{"cut_off", "group,login,box\nFinance,ann@x,7\nLegal,ann@x,55",
			"groups.csv:3:13: the last line has no line end, so that its box_id may be cut off, and would be another group's; end it with one"},
		{"no_such_column", "group,login\nFinance,ann@x\n", `groups.csv:1:1: no column "box"; the columns are "group", "login"; check that the first row is the header, and sources.hr.csv.columns.box_id`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			set := withBoxIDs
			if tt.name == "rounded" {
				set = func(c *csv.Config) { withBoxIDs(c); c.Delimiter = ';' }
			}
			path := write(t, tt.file)
			_, err := open(t, path, set).Read(t.Context())
			require.Error(t, err)
			assert.Equal(t, `read source "hr": `+tt.want, strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", ""))
		})
	}
}

func TestRead_boxIDsInSeveralFiles(t *testing.T) {
	t.Parallel()
	read := func(files map[string]string) ([]string, error) {
		dir := lay(t, files)
		roster, err := open(t, "*.csv", inDir(dir, withBoxIDs)).Read(t.Context())
		if err != nil {
			return nil, errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
		}
		return said(roster), nil
	}
	got, err := read(map[string]string{"a.csv": "group,login,box\na,ann@x,7\n", "b.csv": "box,group,login"})
	require.NoError(t, err, "what stands in a whole file is not cut off by the next")
	assert.Equal(t, []string{"a: ann@x/unstated"}, got)

	_, err = read(map[string]string{
		"a.csv": "group,login,box\na,ann@x,7\nb,ann@x,8", "b.csv": "group,login,box\na,ann@x,9\nc,ann@x,7\n",
	})
	assert.EqualError(t, err, `read source "hr": 3 problems:
a.csv:3:9: the last line has no line end, so that its box_id may be cut off, and would be another group's; end it with one
b.csv:2:9: the group has the box_id 9 here and 7 in a.csv:2; a group has only one
b.csv:3:9: the box_id 7 is that of another group in a.csv:2; a Box group is one group`)
}
