package state_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/state"
)

func holder() state.Holder {
	return state.Holder{
		Command: "sync", PID: 4711, Host: "host-a",
		Since: time.Date(2026, 11, 23, 11, 0, 0, 0, time.FixedZone("", 3600)),
	}
}

// again opens the same state once more.
func again(t *testing.T, d *state.Dir) *state.Dir {
	t.Helper()
	other, err := state.Open(filepath.Dir(d.Path()), "main", "900001")
	require.NoError(t, err)
	return other
}

func TestDir_Lock(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	other := again(t, d)
	path := filepath.Join(d.Path(), "lock")
	require.NoError(t, d.Unlock(), "nothing to unlock")

	require.NoError(t, d.Lock(holder()))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	for name, dir := range map[string]*state.Dir{"other": other, "same": d} {
		err := dir.Lock(state.Holder{Command: "plan", PID: 2, Host: "host-b"})
		var locked *state.LockedError
		require.ErrorAs(t, err, &locked, name)
		assert.Equal(t, path, locked.Path)
		assert.True(t, holder().Since.Equal(locked.Holder.Since))
		assert.EqualError(t, err, "another run holds the lock "+path+": sync, pid 4711 on host-a, since 2026-11-23T10:00:00Z")
	}
	require.NoError(t, other.Unlock(), "it does not hold the lock")
	require.Error(t, other.Lock(holder()), "somebody else's Unlock released the lock")

	require.NoError(t, d.Unlock())
	assert.Empty(t, readFile(t, path), "a free lock names nobody")
	require.NoError(t, other.Lock(holder()))
	require.NoError(t, d.Unlock(), "nothing to unlock any more")
	require.ErrorContains(t, d.Lock(holder()), "sync, pid 4711", "a second Unlock took somebody else's note")
	require.NoError(t, other.Unlock())
	require.NoError(t, d.Lock(holder()))
	require.NoError(t, d.Unlock())
}

// Who reads the lock while its holder writes it may find anything.
func TestDir_Lock_HolderUnknown(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	other := again(t, d)
	path := filepath.Join(d.Path(), "lock")
	require.NoError(t, d.Lock(holder()))
	note := readFile(t, path)
	for _, torn := range []string{"", "\n", note[:1], note[:len(note)/2], note[:len(note)-2], note + note, "[]", "\x00\x00"} {
		writeFile(t, path, torn)
		assert.EqualError(t, other.Lock(holder()), "another run holds the lock "+path+": holder unknown", "%q", torn)
	}
	require.NoError(t, d.Unlock())
}

// What a dead run left in the file is replaced, however long it was.
func TestDir_Lock_StaleNote(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	long := holder()
	long.Host = "a-very-long-name-of-a-machine.example.com"
	require.NoError(t, d.Lock(long))
	path := filepath.Join(d.Path(), "lock")
	note := readFile(t, path)
	require.NoError(t, d.Unlock())
	writeFile(t, path, note)
	require.NoError(t, d.Lock(holder()))
	assert.EqualError(t, again(t, d).Lock(holder()),
		"another run holds the lock "+path+": sync, pid 4711 on host-a, since 2026-11-23T10:00:00Z")
	require.NoError(t, d.Unlock())
}

func TestDir_Lock_Fails(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	path := filepath.Join(d.Path(), "lock")
	require.NoError(t, os.Mkdir(path, 0o700))
	assert.EqualError(t, d.Lock(holder()), "lock "+path+": is a directory: a directory stands where a file is needed; move it away")
	require.NoError(t, os.Remove(path))
	require.NoError(t, d.Lock(holder()))
	require.NoError(t, d.Unlock())
}
