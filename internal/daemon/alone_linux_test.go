package daemon_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/daemon"
)

// TestKill kills what the server has started as well, when its test ends.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := daemon.Dir(t, "test")
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	t.Run("server", func(t *testing.T) {
		daemon.Start(t, dir, "/bin/sh", "-c", "sleep 1000 < fifo & wait")
		file, err := os.OpenFile(fifo, os.O_WRONLY, 0) // as soon as the child reads
		require.NoError(t, err)
		require.NoError(t, file.Close())
	})
	assert.Eventually(t, func() bool {
		_, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return errors.Is(err, syscall.ENXIO)
	}, time.Minute, time.Millisecond, "somebody reads still")
}
