package stories_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

// later lets time pass. The program's clock is the machine's, so what is dated is
// moved back instead: every time that is written in the configuration or in what
// is remembered between runs, and when files were modified. A saved plan stays as
// it is: nobody may alter it.
func (w *world) later(by time.Duration) {
	w.Helper()
	require.NoError(w, filepath.WalkDir(w.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if slices.Contains([]string{"rollcall.yaml", "memory.json", "pauses.json"}, d.Name()) {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			moved := movedBack(string(text), by)
			require.True(w, filepath.Ext(path) != ".json" || json.Valid([]byte(moved)))
			if err := os.WriteFile(path, []byte(moved), info.Mode()); err != nil {
				return err
			}
		}
		then := info.ModTime().Add(-by)
		return os.Chtimes(path, then, then)
	}))
}

// movedBack moves all times in a text.
func movedBack(text string, by time.Duration) string {
	times := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	return times.ReplaceAllStringFunc(text, func(word string) string {
		then, err := time.Parse(time.RFC3339Nano, word)
		if err != nil {
			return word
		}
		return then.Add(-by).Format(time.RFC3339Nano)
	})
}

// modified is when a file was modified.
func (w *world) modified(name string) time.Time {
	w.Helper()
	info, err := os.Stat(w.Path(name))
	require.NoError(w, err)
	return info.ModTime()
}
