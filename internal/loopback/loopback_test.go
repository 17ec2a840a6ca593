package loopback

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFree finds ports that can be listened on and that are not among those
// which are given to whoever asks for any.
func TestFree(t *testing.T) {
	ports := map[int]bool{}
	for range 50 {
		port, err := Free(t.Context())
		require.NoError(t, err)
		ports[port] = true
		assert.GreaterOrEqual(t, port, first)
		assert.LessOrEqual(t, port, last)
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", Address(port))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	}
	assert.Len(t, ports, 50, "a port on which somebody listens was called free")
	for range 50 {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, listener.Close()) })
		assert.Greater(t, listener.Addr().(*net.TCPAddr).Port, last, "this machine gives ports from those that are to be free of it")
	}
}
