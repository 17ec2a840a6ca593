package misuse_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// theme is a file of the table.
type theme struct {
	path  string
	cases []*caseOf
}

// caseOf is one case, as its sections give it.
type caseOf struct {
	name     string
	sections []txtar.File // in order, without expectations; the first holds the steps

	want outcome
}

// outcome is what is compared whole.
type outcome struct {
	exit           int
	stdout, stderr string
}

// TestTable runs every case of the table.
func TestTable(t *testing.T) {
	t.Parallel()
	binary := built.Program(t)
	paths, err := filepath.Glob("testdata/table/*.txtar")
	require.NoError(t, err)
	update := os.Getenv("UPDATE") != ""
	seen := map[string]string{}
	count := 0
	for _, path := range paths {
		th := readTheme(t, path)
		count += len(th.cases)
		// Before the themes run beside each other.
		for _, c := range th.cases {
			require.Empty(t, seen[c.name], "two cases are called %s", c.name)
			seen[c.name] = path
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			if update {
				t.Cleanup(func() { th.write(t) })
			}
			for _, c := range th.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, binary)
					w.write(c.sections[1:])
					got := w.play(string(c.sections[0].Data), &c.want)
					for _, problem := range w.problems() {
						t.Error(problem)
					}
					if update {
						c.want = got
						return
					}
					assert.Equal(t, c.want.stdout, got.stdout, "stdout")
					assert.Equal(t, c.want.stderr, got.stderr, "stderr")
					assert.Equal(t, c.want.exit, got.exit, "exit code")
				})
			}
		})
	}
	assert.GreaterOrEqual(t, count, leastCases, "cases of the table")
}

// leastCases is how many bad inputs the table has at least.
const leastCases = 400

// readTheme reads a file of the table.
func readTheme(t *testing.T, path string) *theme {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	require.NoError(t, err)
	th := &theme{path: path}
	var c *caseOf
	for _, f := range archive.Files {
		name, file, ok := strings.Cut(f.Name, "/")
		require.True(t, ok, "%s: section %q has no slash", path, f.Name)
		if c == nil || c.name != name {
			require.Equal(t, "case", file, "%s: %s has no steps in front", path, f.Name)
			c = &caseOf{name: name}
			th.cases = append(th.cases, c)
		}
		switch file {
		case "stdout":
			c.want.stdout = string(f.Data)
		case "stderr":
			c.want.stderr = string(f.Data)
		default:
			c.sections = append(c.sections, txtar.File{Name: file, Data: f.Data})
		}
	}
	return th
}

// write writes the file anew, with what the cases gave.
func (th *theme) write(t *testing.T) {
	t.Helper()
	old, err := txtar.ParseFile(th.path)
	require.NoError(t, err)
	archive := &txtar.Archive{Comment: old.Comment}
	add := func(name string, data []byte) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: data})
	}
	for _, c := range th.cases {
		for i, f := range c.sections {
			if i == 0 {
				f.Data = withExit(f.Data, c.want.exit)
			}
			add(c.name+"/"+f.Name, f.Data)
		}
		if c.want.stdout != "" {
			add(c.name+"/stdout", []byte(c.want.stdout))
		}
		if c.want.stderr != "" {
			add(c.name+"/stderr", []byte(c.want.stderr))
		}
	}
	require.NoError(t, os.WriteFile(th.path, txtar.Format(archive), 0o644))
}

// withExit replaces the expected exit code in the steps of a case.
func withExit(steps []byte, exit int) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(steps)) {
		if !strings.HasPrefix(line, "exit ") {
			out.WriteString(line)
		}
	}
	fmt.Fprintf(&out, "exit %d\n", exit)
	return out.Bytes()
}

// decoded is the content of a section's file, by the words after its name.
func decoded(t testing.TB, name string, data []byte) (string, []byte) {
	t.Helper()
	words := strings.Fields(name)
	var err error
	for _, word := range words[1:] {
		switch word {
		case "quoted":
			data = unquoted(t, data)
		case "utf-16le":
			data, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "utf-16be":
			data, err = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "windows-1252":
			data, err = charmap.Windows1252.NewEncoder().Bytes(data)
		case "bom":
			data = append([]byte("\xef\xbb\xbf"), data...)
		case "gzip":
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			_, err = w.Write(data)
			require.NoError(t, err)
			err = w.Close()
			data = out.Bytes()
		case "trailed":
			data = append(data, "and more behind it"...)
		case "1000-fold":
			data = bytes.Repeat(data, 1000)
		default:
			t.Fatalf("section %q: there is no encoding %q", name, word)
		}
		require.NoError(t, err, name)
	}
	return words[0], data
}

// unquoted joins lines that are the inside of Go strings.
func unquoted(t testing.TB, data []byte) []byte {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		text, err := strconv.Unquote(`"` + strings.TrimSuffix(line, "\n") + `"`)
		require.NoError(t, err, line)
		out.WriteString(text)
	}
	return []byte(out.String())
}

// words splits a step.
func words(t testing.TB, line string) []string {
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
