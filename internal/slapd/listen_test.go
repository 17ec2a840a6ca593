package slapd

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/loopback"
)

// TestListen looks for another port where the first was taken meanwhile.
func TestListen(t *testing.T) {
	t.Parallel()
	first, second := Start(t, Options{}), Start(t, Options{Suffix: "o=Other"})
	second.Kill()
	taken := []int{first.port, first.secure}
	second.listen(t, func(ctx context.Context) (int, error) {
		if len(taken) > 0 {
			port := taken[0]
			taken = taken[1:]
			return port, nil
		}
		return loopback.Free(ctx)
	})
	assert.Empty(t, taken)
	assert.NotEqual(t, first.URL(), second.URL())
	assert.NotEqual(t, first.SecureURL(), second.SecureURL())
	require.NoError(t, second.Admin(t).Close())
}
