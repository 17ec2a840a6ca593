package csv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// readMap reads a map file with the text, which is called map.csv in what comes
// back.
func readMap(t testing.TB, text string) ([]source.MapEntry, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	entries, err := csv.ReadMap(path)
	for i := range entries {
		entries[i].Origin = strings.TrimPrefix(entries[i].Origin, filepath.Dir(path)+"/")
	}
	if err != nil {
		assert.Nil(t, entries)
		return nil, strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
	}
	return entries, ""
}

func TestReadMap(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		want []source.MapEntry
	}{
		"by_id_and_by_name": {"group,box_group\nFinance,5501\nBOX-Legal,Legal Team\n", []source.MapEntry{
			{Group: "Finance", BoxID: 5501, Origin: "map.csv:2"}, {Group: "BOX-Legal", Name: "Legal Team", Origin: "map.csv:3"}}},
		"columns_in_any_order_and_trimmed": {"\xEF\xBB\xBF Box_Group ,SOURCE,Group\r\n 7 , hr , a b \r\n,,\r\n", []source.MapEntry{{Source: "hr", Group: "a b", BoxID: 7, Origin: "map.csv:2"}}},
		"a_source_for_some": {"source,group,box_group\nhr,A,7\n,B,b\nad,A,8\n", []source.MapEntry{
			{Source: "hr", Group: "A", BoxID: 7, Origin: "map.csv:2"}, {Group: "B", Name: "b", Origin: "map.csv:3"},
			{Source: "ad", Group: "A", BoxID: 8, Origin: "map.csv:4"}}},
		"blank_rows_and_no_last_line_end": {"group,box_group\n,\n\n , \nA,7", []source.MapEntry{{Group: "A", BoxID: 7, Origin: "map.csv:5"}}},
		"composed_and_quoted":             {"group,box_group\n\"A, B\",\"Gescha\u0308ft\"\n", []source.MapEntry{{Group: "A, B", Name: "Gesch\u00e4ft", Origin: "map.csv:2"}}},
		"nothing":                         {"group,box_group\n", nil},
		"names_that_are_no_ids":           {"group,box_group\nA,7a\nB,-7\nC,7 8\nD,1e\n", []source.MapEntry{{Group: "A", Name: "7a", Origin: "map.csv:2"}, {Group: "B", Name: "-7", Origin: "map.csv:3"}, {Group: "C", Name: "7 8", Origin: "map.csv:4"}, {Group: "D", Name: "1e", Origin: "map.csv:5"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, fault := readMap(t, tt.file)
			assert.Empty(t, fault)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestReadMap_refuses(t *testing.T) {
	t.Parallel()
	many := "group,box_group\n" + strings.Repeat(",7\n", 21)
	for name, tt := range map[string]struct{ file, want string }{
		"empty":            {"", `map.csv: the file is empty; it must begin with a header row with the columns "group" and "box_group"`},
		"no_box_group":     {"group\nA\n", `map.csv:1:1: no column "box_group"; the first row is the header, such as group,box_group`},
		"no_group":         {"source,box_group\nA,7\n", `map.csv:1:1: no column "group"; the first row is the header, such as group,box_group`},
		"another_column":   {"group,box_group,sauce\nA,7,hr\n", `map.csv:1:17: the column "sauce" is none of a map file, which has group, box_group and source, with commas between them`},
		"a_column_twice":   {"group,box_group,Group\nA,7,hr\n", `map.csv:1:17: the column "group" is there twice; take one of them out`},
		"lost_character":   {"group,box_group\nGesch\ufffdft,7\n", `map.csv:2:1: "Gesch�ft" has the character U+FFFD, which a program writes in the place of one that it cannot read: a conversion before this one lost it; export the file anew, as UTF-8`},
		"no_utf8":          {"group,box_group\nGesch\xe4ft,7\n", `map.csv:2:1: the byte 0xE4 is not UTF-8; the file is probably Windows-1252, in which this is "Geschäft": save it as "CSV UTF-8", or convert it with iconv -f WINDOWS-1252 -t UTF-8`},
		"no_utf8_header":   {"gr\xe4p,box_group\nA,7\n", `map.csv:1:1: the byte 0xE4 is not UTF-8; the file is probably Windows-1252, in which this is "gräp": save it as "CSV UTF-8", or convert it with iconv -f WINDOWS-1252 -t UTF-8`},
		"quote_inside":     {"group,box_group\nA \"a\",7\nB,8\n", "map.csv:2:3: a quoted field is not closed, or a quote stands inside a field; quote the whole field and write the inner quote twice; what follows was not read"},
		"one_long_row":     {"group,box_group\n\"" + strings.Repeat("x", 2<<20), "map.csv:1: a row of more than 1024 KiB begins after this line; is a quote not closed?"},
		"fields":           {"group,box_group\nA\n", "map.csv:2:1: the row has 1 field and the header has 2; is a field with a comma in it not quoted?"},
		"no_group_in_row":  {"group,box_group\n ,7\n", "map.csv:2:1: a row without a group; complete it or delete it"},
		"no_box_in_row":    {"group,box_group\nA, \n", "map.csv:2:3: a row without a Box group; give its id or its name, or delete the row"},
		"unseen_in_group":  {"group,box_group\nA\u200b,7\n", `map.csv:2:1: the group "A\u200b" has the invisible character U+200B in it; take it out, or write a plain space`},
		"unseen_in_name":   {"group,box_group\nA,B\u00a0C\n", `map.csv:2:3: the name "B\u00a0C" has the invisible character U+00A0 in it; take it out, or write a plain space`},
		"nought":           {"group,box_group\nA,0\n", `map.csv:2:3: "0" is no id of a Box group, which is a number`},
		"rounded":          {"group,box_group\nA,\"5,5e11\"\n", `map.csv:2:3: "5,5e11" is an id that a spreadsheet has rounded; format its column as text, and enter the ids anew`},
		"a_group_twice":    {"group,box_group\nA,7\na ,8\n", `map.csv:3:1: the group "a" is in line 2 already; it is one Box group`},
		"an_id_twice":      {"group,box_group\nA,7\nB,7\n", `map.csv:3:3: the Box group is that of "A" in line 2 already; a Box group is one group`},
		"a_name_twice":     {"group,box_group\nA,c\nB,C\n", `map.csv:3:3: the Box group is that of "A" in line 2 already; a Box group is one group`},
		"for_two_sources":  {"group,box_group,source\nA,7,hr\nA,7,ad\n", `map.csv:3:3: the Box group is that of "A" in line 2 already; a Box group is one group`},
		"more_than_20":     {many, "21 problems, of which the first 20 are:\n" + manyLines(2, 21)},
		"faults_and_quote": {"group,box_group\n,7\nA,\"b\"c\n", "2 problems:\nmap.csv:2:1: a row without a group; complete it or delete it\nmap.csv:3:5: a quoted field is not closed, or a quote stands inside a field; quote the whole field and write the inner quote twice; what follows was not read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, fault := readMap(t, tt.file)
			assert.Equal(t, tt.want, fault)
		})
	}
	_, err := csv.ReadMap(filepath.Join(t.TempDir(), "none.csv"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = csv.ReadMap(t.TempDir())
	require.Error(t, err)
}

func manyLines(from, to int) string {
	var lines []string
	for i := from; i <= to; i++ {
		lines = append(lines, fmt.Sprintf("map.csv:%d:1: a row without a group; complete it or delete it", i))
	}
	return strings.Join(lines, "\n")
}
