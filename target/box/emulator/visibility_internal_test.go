package emulator

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Nobody lists anything, and still no more is kept than the delay asks for.
func TestVisibleAfter_KeepsLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := New(Options{Faults: Faults{VisibleAfter: time.Second}})
		for i := range 300 {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/2.0/groups",
				strings.NewReader(`{"name":"g`+strconv.Itoa(i)+`"}`))
			r.Header.Set("Authorization", "Bearer emulator-token")
			box.ServeHTTP(httptest.NewRecorder(), r)
			time.Sleep(100 * time.Millisecond)
		}
		require.Len(t, box.Groups(), 300)
		require.LessOrEqual(t, len(box.lag.waiting), 2*10, "a creation is told twice, and ten fit into a second")
		require.Greater(t, len(box.lag.seen.groups), 280)

		box.SetFaults(Faults{})
		require.Nil(t, box.lag)
		require.Nil(t, box.box.follower, "or everything would be kept")
	})
}
