package boxapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// A token that was good for another call may have ended: it is renewed once more,
// where one that was good for nobody ends the call.
func TestToken_that_was_good_for_others(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"good_for_others": true, "good_for_nobody": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c *boxapi.Client
			issued, asked := 0, 0
			box := roundTrip(func(req *http.Request) (*http.Response, error) {
				switch {
				case strings.HasSuffix(req.URL.Path, "/oauth2/token"):
					issued++
					return answer(200, `{"access_token":"tok-`+string(rune('a'+issued))+`","expires_in":3600,"token_type":"bearer"}`), nil
				case strings.HasSuffix(req.URL.Path, "/groups/12"):
					return answer(200, `{"type":"group","id":"12"}`), nil
				}
				if asked++; asked == 2 && good {
					_, err := c.GetGroup(req.Context(), 12) // somebody else's call, with the same token
					require.NoError(t, err)
				}
				if asked < 3 {
					return answer(401, ""), nil
				}
				return answer(200, groupJSON), nil
			})
			c = client(t, box, ccg)
			_, err := c.GetGroup(t.Context(), 11)
			if !good {
				assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
				assert.Equal(t, 2, issued)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, 3, issued)
		})
	}
}

// A token that is refused again and again, though others were good, is given up.
func TestToken_that_always_ends(t *testing.T) {
	t.Parallel()
	var c *boxapi.Client
	asked := 0
	box := roundTrip(func(req *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(req.URL.Path, "/oauth2/token"):
			return answer(200, `{"access_token":"tok-`+strings.Repeat("x", asked)+`","expires_in":3600,"token_type":"bearer"}`), nil
		case strings.HasSuffix(req.URL.Path, "/groups/12"):
			return answer(404, notFoundJSON), nil
		}
		asked++
		_, err := c.GetGroup(req.Context(), 12)
		require.Equal(t, boxapi.NotFound, boxapi.KindOf(err), "Box has taken the token")
		return answer(401, ""), nil
	})
	c = client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 4 })
	_, err := c.GetGroup(t.Context(), 11)
	assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
	assert.Equal(t, 5, asked)
}

// A page that tells no total, in the middle of a list, does not end it.
func TestAllGroups_page_without_total(t *testing.T) {
	t.Parallel()
	c := client(t, newScript(t,
		step{status: 200, body: `{"total_count":3,"limit":1,"entries":[{"id":"1"}]}`},
		step{status: 200, body: `{"limit":1,"entries":[]}`},
		step{status: 200, body: `{"total_count":3,"limit":1,"entries":[{"id":"3"}]}`},
	))
	var ids []boxapi.ID
	for g, err := range c.AllGroups(t.Context(), boxapi.GroupListOptions{Limit: 1}) {
		require.NoError(t, err)
		ids = append(ids, g.ID)
	}
	assert.Equal(t, []boxapi.ID{1, 3}, ids)
}
