package stories_test

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

// table is the source that is a CSV file, groups.csv, with the columns group,
// login, role and name. Steps on files change it as well.
type table struct{ w *world }

func newTable(w *world) source { return table{w} }

func (table) names() [][2]string        { return nil }
func (table) seed(csv []byte) []byte    { return csv }
func (table) steady(text string) string { return text }
func (table) unmet() []string           { return nil }

const (
	groupColumn = iota
	loginColumn
	roleColumn
	nameColumn
)

// change edits the rows of the file.
func (s table) change(step []string) {
	s.w.Helper()
	rows, err := csv.NewReader(strings.NewReader(s.w.Read("groups.csv"))).ReadAll()
	require.NoError(s.w, err)
	header, rows := rows[0], rows[1:]
	before := len(rows)
	names := map[string]string{}
	for _, r := range rows {
		names[r[loginColumn]] = r[nameColumn]
	}
	without := func(drop func(r []string) bool) []([]string) {
		kept := slices.DeleteFunc(slices.Clone(rows), drop)
		require.Less(s.w, len(kept), before, "%q changes nothing", step)
		return kept
	}
	args := step[1:]
	switch step[0] {
	case "add":
		logins, role := args[1:], "member"
		if last := logins[len(logins)-1]; last == "admin" || last == "member" {
			logins, role = logins[:len(logins)-1], last
		}
		for _, login := range logins {
			rows = append(rows, []string{args[0], login, role, names[login]})
		}
	case "remove":
		for _, login := range args[1:] {
			rows = without(func(r []string) bool { return r[groupColumn] == args[0] && r[loginColumn] == login })
			before = len(rows)
		}
	case "leave":
		for _, login := range args {
			rows = without(func(r []string) bool { return r[loginColumn] == login })
			before = len(rows)
		}
	case "role":
		s.replace(rows, step, func(r []string) bool { return r[groupColumn] == args[0] && r[loginColumn] == args[1] }, roleColumn, args[2])
	case "login":
		s.replace(rows, step, func(r []string) bool { return r[loginColumn] == args[0] }, loginColumn, args[1])
	case "empty":
		rows = append(without(func(r []string) bool { return r[groupColumn] == args[0] }), []string{args[0], "", "", ""})
	case "drop":
		rows = without(func(r []string) bool { return r[groupColumn] == args[0] })
	case "rename":
		s.replace(rows, step, func(r []string) bool { return r[groupColumn] == args[0] }, groupColumn, args[1])
	case "copy":
		rows = copied(rows, args[0], args[1])
		require.Greater(s.w, len(rows), before, "%q changes nothing", step)
	default:
		s.w.Fatalf("a source has no change %q", step[0])
	}
	var out strings.Builder
	writer := csv.NewWriter(&out)
	require.NoError(s.w, writer.WriteAll(append([][]string{header}, rows...)))
	s.w.Put("groups.csv", []byte(out.String()))
}

// replace sets a column of the rows that are meant.
func (s table) replace(rows [][]string, step []string, meant func([]string) bool, column int, value string) {
	s.w.Helper()
	n := 0
	for _, r := range rows {
		if meant(r) {
			r[column] = value
			n++
		}
	}
	require.Positive(s.w, n, "%q changes nothing", step)
}

// copied adds the people of one group to another that they are not in.
func copied(rows [][]string, from, to string) [][]string {
	there := map[string]bool{}
	for _, r := range rows {
		there[r[loginColumn]] = there[r[loginColumn]] || r[groupColumn] == to
	}
	for _, r := range rows {
		if r[groupColumn] == from && !there[r[loginColumn]] {
			rows = append(rows, []string{to, r[loginColumn], "member", r[nameColumn]})
		}
	}
	return rows
}
