package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
	"github.com/rollcall-sync/rollcall/source/sourcetest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	t.Run("written", func(t *testing.T) {
		t.Parallel()
		sourcetest.Run(t, func(t *testing.T, w sourcetest.World) sourcetest.Source {
			t.Helper()
			return open(t, write(t, written(t, w)), func(c *csv.Config) { c.Columns = csv.WrittenColumns() })
		})
	})
	for name, delimiter := range map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t'} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(t *testing.T, w sourcetest.World) sourcetest.Source {
				t.Helper()
				return open(t, write(t, render(t, w, delimiter)), func(c *csv.Config) {
					c.Delimiter = delimiter
					c.Columns.Name, c.Columns.Description = "name", "about"
				})
			})
		})
	}
}

// written writes a world with the writer, every other group with a source_id.
func written(t *testing.T, w sourcetest.World) string {
	t.Helper()
	var file bytes.Buffer
	out := csv.NewWriter(&file)
	for i, g := range w.Groups {
		row := csv.Row{Group: strings.TrimSpace(g.Name), Description: g.Description}
		if i%2 == 0 {
			row.SourceID = fmt.Sprintf("id %d", i)
		}
		if len(g.Members) == 0 {
			require.NoError(t, out.Write(row))
		}
		for _, m := range g.Members {
			row.Login, row.Role, row.Name = m.Login, m.Role, m.Name
			require.NoError(t, out.Write(row))
			row.Description = "" // once is enough
		}
	}
	require.NoError(t, out.Flush())
	return file.String()
}

// render writes a world as somebody else's program would.
func render(t *testing.T, w sourcetest.World, delimiter rune) string {
	t.Helper()
	var file bytes.Buffer
	out := stdcsv.NewWriter(&file)
	out.Comma = delimiter
	out.UseCRLF = delimiter == ';'
	rows := [][]string{{"group", "login", "role", "name", "about"}}
	for _, g := range w.Groups {
		if len(g.Members) == 0 {
			rows = append(rows, []string{g.Name, "", "", "", g.Description})
		}
		for _, m := range g.Members {
			role := ""
			if m.Role != source.Unstated {
				role = m.Role.String()
			}
			rows = append(rows, []string{g.Name, m.Login, role, m.Name, " " + g.Description})
		}
	}
	require.NoError(t, out.WriteAll(rows))
	return file.String()
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "groups.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// open returns a source named hr with the default columns, as changed by set.
func open(t testing.TB, path string, set func(*csv.Config)) *csv.Source {
	t.Helper()
	config := csv.Config{Name: "hr", Path: path, Columns: csv.DefaultColumns()}
	if set != nil {
		set(&config)
	}
	s, err := csv.New(config)
	require.NoError(t, err)
	return s
}

// readAs reads a file of the text and returns what is said of its roster, without
// the directory that the file is in.
func readAs(t *testing.T, text string, set func(*csv.Config), say func(*source.Roster) []string) []string {
	t.Helper()
	path := write(t, text)
	roster, err := open(t, path, set).Read(t.Context())
	require.NoError(t, err)
	got := say(roster)
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], filepath.Dir(path)+string(filepath.Separator), "")
	}
	return got
}
