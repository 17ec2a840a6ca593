package samba

import (
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
)

// TestFree refuses an address where somebody has one of the ports.
func TestFree(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		needs.Missing(t, "it takes root to listen there")
	}
	host := address(t)
	require.NoError(t, free(t.Context(), host))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host, "3269"))
	require.NoError(t, err)
	require.ErrorContains(t, free(t.Context(), host), "address already in use")
	require.NoError(t, listener.Close())
}
