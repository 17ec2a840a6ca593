package csv_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/csv"
)

// What is left of a group's name may be the name of another group: somebody would
// leave the one and join the other.
func TestRead_groupCutOff(t *testing.T) {
	t.Parallel()
	const name = "the last line has no line end, so that its group name may be cut off, and would be another group's; end it with one"
	const id = "the last line has no line end, so that its source_id may be cut off, and would be another group's; end it with one"
	ids := func(c *csv.Config) { c.Columns.SourceID = "id" }
	for _, tt := range []struct {
		name, file string
		set        func(*csv.Config)
		want       string // "": only its group is doubted
	}{
		{"first_row_of_it", "login,group\nann@x,Finance\nbob@x,Fin", nil, "groups.csv:3: " + name},
		{"another_begins_so", "login,group\nann@x,IT\nbob@x,IT-Support\ncid@x,IT", nil, "groups.csv:4: " + name},
		{"another_is_the_beginning", "login,group\nann@x,IT\nbob@x,IT-Support\ncid@x,IT-Support", nil, ""},
		{"said_before", "login,group\nann@x,IT\nbob@x,Legal\ncid@x,IT", nil, ""},
		{"a_row_that_is_left_out", "login,group\nann@x,IT\nnobody,I", nil, "groups.csv:3: " + name},
		{"declared", "login,group\nann@x,IT\n,I", nil, "groups.csv:3: " + name},
		{"in_closed_quotes", "login,group\nann@x,Finance\nbob@x,\"Fin\"", nil, ""},
		{"not_last", "group,login\nFinance,ann@x\nFin,bob@x", nil, ""},
		{"ended", "login,group\nann@x,Finance\nbob@x,Fin\n", nil, ""},
		{"an_empty_line_cut_off", "login,group\nann@x,Finance\nbob@x,Fin\n ", nil, ""},
		{"id_of_the_first_row", "login,group,id\nann@x,Finance,D-1\nbob@x,Legal,D-2", ids, "groups.csv:3: " + id},
		{"id_said_before", "login,group,id\nann@x,Finance,D-1\nbob@x,Finance,D-1", ids, ""},
		{"known_by_its_id", "id,login,group\nD-1,ann@x,IT\nD-2,bob@x,IT-Support\nD-1,cid@x,IT", ids, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.want == "" {
				assert.NotEmpty(t, readAs(t, tt.file, tt.set, said))
				return
			}
			assert.Equal(t, tt.want, failure(t, tt.file, tt.set))
		})
	}
}

func TestRead_groupCutOff_inSeveralFiles(t *testing.T) {
	t.Parallel()
	read := func(files map[string]string) error {
		dir := lay(t, files)
		if _, err := open(t, "*.csv", inDir(dir, nil)).Read(t.Context()); err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
		}
		return nil
	}
	require.NoError(t, read(map[string]string{"a.csv": "login,group\nann@x,IT\n", "b.csv": "login,group\nbob@x,IT"}), "another file has said the same")
	err := read(map[string]string{"a.csv": "login,group\nann@x,IT\nbob@x,IT", "b.csv": "login,group\ncid@x,IT-Support\n"})
	assert.EqualError(t, err, `read source "hr": a.csv:3: the last line has no line end, so that its group name may be cut off, and would be another group's; end it with one`)
}

// Of two files that were joined, the header of the second is no group.
func TestRead_headerAgain(t *testing.T) {
	t.Parallel()
	const again = "the header row again: were several files joined into one? keep them apart, and name them by a pattern such as *.csv"
	assert.Equal(t, "groups.csv:3:1: "+again, failure(t, "group,login\nFinance,ann@x\ngroup,login\nLegal,ann@x\n", nil))
	assert.Equal(t, "groups.csv:3:1: "+again, failure(t, "x,group,login\n1,Finance,ann@x\ny, GROUP,Login \n", nil))
	assert.Equal(t, []string{"Finance:", `groups.csv:2:9: the login "login" is no e-mail address`},
		readAs(t, "group,login\nFinance,login\n", nil, said))
	assert.Equal(t, []string{"group: ann@x/unstated"}, readAs(t, "group,login\ngroup,ann@x\n", nil, said))
}
