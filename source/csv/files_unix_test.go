//go:build unix

package csv_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pipe without a writer would let a run wait for ever.
func TestRead_namedPipe(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"a.csv": "group,login\na,ann@x\n"})
	pipe := filepath.Join(dir, "b.csv")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{"b.csv", "*.csv"} {
		_, err := open(t, path, inDir(dir, nil)).Read(t.Context())
		assert.EqualError(t, err, `read source "hr": `+pipe+` is no plain file; what comes through a pipe is read with path: "-"; check sources.hr.csv.path`)
	}
}
