package state_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/state"
)

// text writes a text in two parts.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s[:len(s)/2])
		if err == nil {
			_, err = io.WriteString(w, s[len(s)/2:])
		}
		return err
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	for _, want := range []string{"first", "second and longer", ""} {
		require.NoError(t, state.WriteFile(path, text(want)))
		assert.Equal(t, want, readFile(t, path))
		assert.Equal(t, []string{"report.html"}, names(t, dir))
	}
	// Who made it readable for others did so for what was in it then.
	require.NoError(t, os.Chmod(path, 0o644))
	require.NoError(t, state.WriteFile(path, text("third")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}

// Whatever fails, the old file stays and nothing is left beside it.
func TestWriteFile_Fails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.jsonl")
	require.NoError(t, state.WriteFile(path, text("old")))
	err := state.WriteFile(path, func(w io.Writer) error {
		fmt.Fprint(w, "half of the ne")
		return errors.New("the printer is on fire")
	})
	assert.EqualError(t, err, "write "+path+": the printer is on fire")
	assert.Equal(t, "old", readFile(t, path))
	assert.Equal(t, []string{"plan.jsonl"}, names(t, dir))

	taken := filepath.Join(dir, "taken")
	err = state.WriteFile(taken, func(io.Writer) error { return os.Mkdir(taken, 0o700) })
	require.ErrorContains(t, err, "write "+taken+": ")
	assert.Equal(t, []string{"plan.jsonl", "taken"}, names(t, dir))
	require.NoError(t, os.Remove(taken))

	missing := filepath.Join(dir, "no", "plan.jsonl")
	assert.EqualError(t, state.WriteFile(missing, text("new")), "write "+missing+": no such file or directory")
	below := filepath.Join(path, "plan.jsonl")
	assert.EqualError(t, state.WriteFile(below, text("new")),
		"write "+below+": not a directory: a file stands where a directory is needed; move it away")
	assert.EqualError(t, state.WriteFile(dir, text("new")),
		"write "+dir+": is a directory: a directory stands where a file is needed; move it away")
	assert.Equal(t, []string{"plan.jsonl"}, names(t, dir))
}

// While a file is written, its readers see the old one.
func TestWriteFile_WholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.jsonl")
	writes := 0
	write := func(w io.Writer) error {
		// More than any buffer holds.
		for range 100 {
			_, err := w.Write(make([]byte, 1<<12))
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			assert.ErrorIs(t, err, os.ErrNotExist)
			writes++
		}
		return nil
	}
	require.NoError(t, state.WriteFile(path, write))
	assert.Equal(t, 100, writes)
	assert.Len(t, readFile(t, path), 100<<12)
}

func TestWriteFile_Link(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "www"), 0o700))
	target, link := filepath.Join(dir, "www", "report.html"), filepath.Join(dir, "report.html")
	require.NoError(t, os.Symlink(filepath.Join("www", "report.html"), link))

	assert.EqualError(t, state.WriteFile(link, text("new")),
		"write "+link+": it is a symbolic link to nowhere; remove it, or make what it points to")

	writeFile(t, target, "old")
	require.NoError(t, state.WriteFile(link, text("new")))
	assert.Equal(t, "new", readFile(t, target))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type(), "the link itself was replaced")
	assert.Equal(t, []string{"report.html"}, names(t, filepath.Join(dir, "www")))
}
