package boxapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// What net/http sends again by itself has reached Box, and is counted.
func TestClient_counts_what_the_transport_sends_again(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(rw, groupJSON) // the client may be gone
	}))
	defer srv.Close()
	c := client(t, &http.Transport{}, func(cfg *boxapi.Config) {
		cfg.BaseURL = srv.URL
		cfg.Retry.MaxAttempts = 1
	})

	for range 2 { // the second on the connection of the first
		_, err := c.GetGroup(t.Context(), 11)
		require.NoError(t, err)
	}

	assert.EqualValues(t, 3, requests.Load())
	assert.EqualValues(t, 3, c.Calls())
}
