package boxapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// shortLived is a Box whose tokens die young. It tells a call to slow down now
// and then, and remembers what came when.
type shortLived struct {
	life    time.Duration
	latency time.Duration // of a token request
	every   int           // of so many calls one is answered 429

	mu      sync.Mutex
	tokens  map[string]time.Time // and when each ends
	calls   int
	refused int       // for a dead token
	since   time.Time // when a pause was asked for last
	until   time.Time // and its end
	early   int       // calls that came between the two; at the very first instant they were on their way
}

func (b *shortLived) RoundTrip(req *http.Request) (*http.Response, error) {
	token := strings.HasSuffix(req.URL.Path, "/token")
	if token {
		time.Sleep(b.latency)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if token {
		name := fmt.Sprintf("t%d", len(b.tokens))
		b.tokens["Bearer "+name] = now.Add(b.life)
		return answer(200, fmt.Sprintf(`{"access_token":%q,"expires_in":%d}`, name, int(b.life.Seconds()))), nil
	}
	if now.After(b.since) && now.Before(b.until) {
		b.early++
	}
	if !now.Before(b.tokens[req.Header.Get("Authorization")]) {
		b.refused++
		return answer(401, ""), nil
	}
	if b.calls++; b.calls%b.every == 0 {
		b.since, b.until = now, now.Add(30*time.Second)
		return answer(429, "", "Retry-After", "30"), nil
	}
	return answer(200, userJSON), nil
}

func TestToken_that_lives_2_seconds_survives_pauses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		latency time.Duration
		rpm     int
		auth    func(*boxapi.Config)
	}{
		"at_once":        {0, 0, ccg},
		"slow_tokens":    {3 * time.Second, 0, ccg},
		"behind_a_limit": {0, 60, ccg},
		"jwt":            {time.Second, 600, withJWT(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := &shortLived{life: 2 * time.Second, latency: tc.latency, every: 40, tokens: map[string]time.Time{}}
				c := client(t, box, realWaits, tc.auth, func(cfg *boxapi.Config) { cfg.RequestsPerMinute = tc.rpm })
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						for range 25 {
							_, err := c.Me(t.Context())
							assert.NoError(t, err)
							time.Sleep(100 * time.Millisecond)
						}
					})
				}
				wg.Wait()
				assert.Zero(t, box.refused, "no token was dead on arrival")
				assert.Zero(t, box.early, "nothing came during a pause")
				assert.Greater(t, len(box.tokens), 3)
				assert.Positive(t, c.Pacing().Pauses)
			})
		})
	}
}

// While one worker fetches a token, another is told to slow down.
func TestToken_pause_that_begins_during_a_renewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &shortLived{life: 2 * time.Second, latency: 3 * time.Second, every: 2, tokens: map[string]time.Time{}}
		slow := roundTrip(func(req *http.Request) (*http.Response, error) {
			resp, err := box.RoundTrip(req)
			if resp.StatusCode == http.StatusTooManyRequests {
				time.Sleep(2 * time.Second) // the answer is on its way while the other call asks for a token
			}
			return resp, err
		})
		c := client(t, slow, realWaits, ccg)
		me := func() {
			_, err := c.Me(t.Context())
			assert.NoError(t, err)
		}
		me() // the token is issued at 3 s, and used until 4 s
		var wg sync.WaitGroup
		wg.Go(me) // answered 429 at 5 s
		time.Sleep(1500 * time.Millisecond)
		box.mu.Lock()
		box.every = 1000
		box.mu.Unlock()
		wg.Go(me) // fetches a token from 4.5 s to 7.5 s, and must not use it then
		wg.Wait()
		assert.Zero(t, box.early)
		assert.Zero(t, box.refused)
		assert.Equal(t, 1, c.Pacing().Pauses)
	})
}

func TestClient_401_after_another_answer_renews_again(t *testing.T) {
	t.Parallel()
	expired := step{status: 401}
	for name, between := range map[string]step{
		"503": {status: 503}, "429": {status: 429}, "reset": {err: errReset}, "409": {status: 409, body: `{"code":"operation_blocked_temporary"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := newScript(t, tokenStep("tok-a"), expired, tokenStep("tok-b"), between, expired, tokenStep("tok-c"), step{status: 200, body: userJSON})
			_, err := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 2 }).Me(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "Bearer tok-c", box.seen[6].Header.Get("Authorization"))

			box = newScript(t, tokenStep("tok-a"), expired, tokenStep("tok-b"), between, expired, tokenStep("tok-c"), expired)
			_, err = client(t, box, ccg).Me(t.Context())
			assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
			assert.Equal(t, 4, asError(t, err).Attempts)
		})
	}
	t.Run("and_still_ends", func(t *testing.T) {
		t.Parallel()
		busy := step{status: 503}
		box := newScript(t, tokenStep("tok-a"), expired, tokenStep("tok-b"), busy, expired, tokenStep("tok-c"), busy, expired, tokenStep("tok-d"), busy)
		_, err := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 3 }).Me(t.Context())
		assert.Equal(t, boxapi.Server, boxapi.KindOf(err))
		assert.Empty(t, box.steps)
	})
}

// An answer to the token before the last may echo it.
func TestToken_before_the_last_is_blotted_out_too(t *testing.T) {
	t.Parallel()
	box := newScript(t, tokenStep("canary-a"), step{status: 401}, tokenStep("canary-b"), step{status: 400, body: `{"message":"canary-a, canary-b"}`})
	_, err := client(t, box, ccg).Me(t.Context())
	assert.Equal(t, "[redacted], [redacted]", asError(t, err).Message)
}
