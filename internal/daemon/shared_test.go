package daemon_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/daemon"
)

// TestShared starts a server for the first test only, and ends it behind the last.
func TestShared(t *testing.T) {
	t.Parallel()
	var shared daemon.Shared[string]
	var done []string
	starts, dir := 0, ""
	start := func(t testing.TB) string {
		starts++
		dir = t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
		t.Cleanup(func() {
			assert.DirExists(t, dir)
			done = append(done, "first")
		})
		t.Cleanup(func() { done = append(done, "second") })
		return "server"
	}
	t.Run("skipped", func(t *testing.T) {
		shared.Get(t, func(t testing.TB) string { t.Skip("there is none for the first"); return "" })
	})
	for range 3 {
		t.Run("test", func(t *testing.T) {
			assert.Equal(t, "server", shared.Get(t, start))
		})
		assert.DirExists(t, dir)
	}
	assert.Equal(t, 1, starts)
	assert.Empty(t, done, "the end of the first test ended the server")
	shared.Close()
	assert.Equal(t, []string{"second", "first"}, done)
	assert.NoDirExists(t, dir)
	shared.Close()
	assert.Len(t, done, 2)
}

// TestSharedBroken does not wait a second time for a server that did not start.
func TestSharedBroken(t *testing.T) {
	t.Parallel()
	var shared daemon.Shared[string]
	w := &witness{TB: t}
	fails := func(t testing.TB) string { t.Fatal("no"); return "" }
	for range 2 {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			shared.Get(w, fails)
		}()
		<-ended
	}
	assert.Equal(t, []any{"no", "the server did not start for the first test that asked for it"}, w.said)
}

// witness is a test that notes why it failed.
type witness struct {
	testing.TB

	said []any
}

func (w *witness) Fatal(args ...any) {
	w.said = append(w.said, args...)
	runtime.Goexit()
}
