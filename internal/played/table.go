package played

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// Theme is a file of a table.
type Theme struct {
	Name  string // the file's, without its ending
	Cases []*Case

	path, comment string
}

// Case is one case of a table, as its sections give it.
type Case struct {
	Name  string
	Where string // file of the table and name, for messages

	// Steps is the content of the first section.
	Steps string
	// Files are the sections that follow, in order.
	Files []txtar.File
	// Wanted are the sections with expectations, in order.
	Wanted []txtar.File
}

// Updating says whether expectations are to be written, by the variable UPDATE.
func Updating() bool { return os.Getenv("UPDATE") != "" }

// ReadTable reads the themes in a directory. A section belongs to the case before
// the first slash of its name; head is what the first of each is called, and
// wanted says which hold expectations.
func ReadTable(t testing.TB, dir, head string, wanted func(section string) bool) []*Theme {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	require.NoError(t, err)
	var themes []*Theme
	seen := map[string]string{}
	for _, path := range paths {
		th := readTheme(t, path, head, wanted)
		for _, c := range th.Cases {
			require.Empty(t, seen[c.Name], "two cases are called %s", c.Name)
			seen[c.Name] = path
		}
		themes = append(themes, th)
	}
	return themes
}

func readTheme(t testing.TB, path, head string, wanted func(string) bool) *Theme {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	require.NoError(t, err)
	th := &Theme{Name: strings.TrimSuffix(filepath.Base(path), ".txtar"), path: path, comment: string(archive.Comment)}
	var c *Case
	for _, f := range archive.Files {
		name, section, ok := strings.Cut(f.Name, "/")
		require.True(t, ok, "%s: section %q has no slash", path, f.Name)
		if c == nil || c.Name != name {
			require.Equal(t, head, section, "%s: %s has no steps in front", path, f.Name)
			c = &Case{Name: name, Where: th.Name + ".txtar, " + name, Steps: string(f.Data)}
			th.Cases = append(th.Cases, c)
			continue
		}
		f.Name = section
		if wanted(section) {
			c.Wanted = append(c.Wanted, f)
		} else {
			c.Files = append(c.Files, f)
		}
	}
	return th
}

// Want returns the content of a section with expectations; without the section
// it is empty, and false.
func (c *Case) Want(section string) (string, bool) {
	for _, f := range c.Wanted {
		if f.Name == section {
			return string(f.Data), true
		}
	}
	return "", false
}

// Save writes the file anew, with what the cases hold now. Expectations that are
// empty have no section.
func (th *Theme) Save(t testing.TB, head string) {
	t.Helper()
	archive := &txtar.Archive{Comment: []byte(th.comment)}
	for _, c := range th.Cases {
		add := func(f txtar.File) {
			archive.Files = append(archive.Files, txtar.File{Name: c.Name + "/" + f.Name, Data: f.Data})
		}
		add(txtar.File{Name: head, Data: []byte(c.Steps)})
		for _, f := range c.Files {
			add(f)
		}
		for _, f := range c.Wanted {
			if len(f.Data) > 0 {
				add(f)
			}
		}
	}
	require.NoError(t, os.WriteFile(th.path, txtar.Format(archive), 0o644))
}

// Words splits a step: at blanks, but for '…', which holds a word as it is, and
// "…", which is a Go string.
func Words(t testing.TB, line string) []string {
	t.Helper()
	var out []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		switch line[0] {
		case '\'':
			word, rest, ok := strings.Cut(line[1:], "'")
			require.True(t, ok, "a ' is not closed: %s", line)
			out, line = append(out, word), rest
		case '"':
			quoted, err := strconv.QuotedPrefix(line)
			require.NoError(t, err, line)
			word, err := strconv.Unquote(quoted)
			require.NoError(t, err, line)
			out, line = append(out, word), line[len(quoted):]
		default:
			word, rest, _ := strings.Cut(line, " ")
			out, line = append(out, word), rest
		}
	}
	return out
}
