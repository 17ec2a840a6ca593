package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

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

// TestSuite_forms gives the suite the same worlds as other programs would write
// them, each with a delimiter that nobody configured.
func TestSuite_forms(t *testing.T) {
	t.Parallel()
	columns := func(c *csv.Config) { c.Columns.Name, c.Columns.Description = "name", "about" }
	for name, form := range map[string]func(t *testing.T, text string) *csv.Source{
		"gzip": func(t *testing.T, text string) *csv.Source {
			t.Helper()
			return open(t, write(t, zipped(t, text[:len(text)/2], text[len(text)/2:])), columns)
		},
		"utf16_little_endian": func(t *testing.T, text string) *csv.Source {
			t.Helper()
			return open(t, write(t, encode(t, utf16Of(unicode.LittleEndian, unicode.UseBOM), text)), columns)
		},
		"utf16_big_endian_gzip": func(t *testing.T, text string) *csv.Source {
			t.Helper()
			return open(t, write(t, zipped(t, encode(t, utf16Of(unicode.BigEndian, unicode.UseBOM), text))), columns)
		},
		"stdin": func(t *testing.T, text string) *csv.Source {
			t.Helper()
			return open(t, "-", func(c *csv.Config) {
				columns(c)
				c.Stdin = iotest.OneByteReader(strings.NewReader(text))
			})
		},
		"pattern": func(t *testing.T, text string) *csv.Source {
			t.Helper()
			return open(t, filepath.Join("export-*", "?.csv*"), inDir(lay(t, dealt(t, text)), columns))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(t *testing.T, w sourcetest.World) sourcetest.Source {
				t.Helper()
				return form(t, render(t, w, ';'))
			})
		})
	}
}

// dealt deals the rows of a file out to three, each of another form, so that groups
// are in several.
func dealt(t *testing.T, text string) map[string]string {
	t.Helper()
	in := stdcsv.NewReader(strings.NewReader(text))
	in.Comma = ';'
	rows, err := in.ReadAll()
	require.NoError(t, err)
	var files [3]bytes.Buffer
	var writers [3]*stdcsv.Writer
	for i := range files {
		writers[i] = stdcsv.NewWriter(&files[i])
		writers[i].Comma = []rune{',', '\t', '|'}[i]
		require.NoError(t, writers[i].Write(rows[0]))
	}
	for i, row := range rows[1:] {
		require.NoError(t, writers[i%len(files)].Write(row))
	}
	for _, w := range writers {
		w.Flush()
		require.NoError(t, w.Error())
	}
	return map[string]string{
		"export-1/a.csv": files[0].String(), "export-1/b.csv.gz": zipped(t, files[1].String()),
		"export-2/a.csv": encode(t, utf16Of(unicode.BigEndian, unicode.UseBOM), files[2].String()),
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
