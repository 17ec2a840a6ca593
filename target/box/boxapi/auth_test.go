package boxapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func tokenStep(token string) step {
	return step{status: 200, body: fmt.Sprintf(`{"access_token":%q,"expires_in":3600,"token_type":"bearer","restricted_to":[]}`, token)}
}

func TestClientCredentials_request(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 502}, tokenStep("tok"), step{status: 200, body: userJSON}, step{status: 200, body: userJSON})
	c := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.AsUser, cfg.Headers = "9", http.Header{"X-Mine": {"1"}} })
	for range 2 {
		_, err := c.Me(t.Context())
		require.NoError(t, err)
	}
	assert.EqualValues(t, 4, c.Calls(), "token requests and their retries count")
	form, err := url.ParseQuery(bodyOf(t, box.seen[1]))
	require.NoError(t, err)
	assert.Equal(t, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"cid"}, "client_secret": {"canary-secret"},
		"box_subject_type": {"enterprise"}, "box_subject_id": {"77"},
	}, form)
	assert.Equal(t, "https://api.box.com/oauth2/token", box.seen[1].URL.String())
	assert.Equal(t, "application/x-www-form-urlencoded", box.seen[1].Header.Get("Content-Type"))
	for _, name := range []string{"Authorization", "As-User", "X-Mine"} {
		assert.Empty(t, box.seen[1].Header.Get(name))
	}
	assert.Equal(t, "Bearer tok", box.seen[2].Header.Get("Authorization"))
}

func TestClientCredentials_refused(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 400, body: `{"error":"invalid_grant","error_description":"Grant credentials are invalid"}`})
	_, err := client(t, box, ccg).Me(t.Context())
	assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
	assert.Equal(t, "GET /users/me: POST /oauth2/token: 400 invalid_grant: Grant credentials are invalid", err.Error())
	assert.Zero(t, asError(t, err).Attempts, "the call itself was never sent")
}

func TestClientCredentials_token_endpoint_faults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		steps []step
		kind  boxapi.Kind
	}{
		"gives_up_on_5xx":  {[]step{{status: 500}, {status: 500}}, boxapi.Server},
		"not_json":         {[]step{{status: 200, body: "<html>"}, {status: 200, body: "<html>"}}, boxapi.Network},
		"no_token":         {[]step{{status: 200, body: `{"expires_in":5}`}}, boxapi.Network},
		"reset_then_fine":  {[]step{{err: errReset}, tokenStep("tok"), {status: 200, body: userJSON}}, 0},
		"odd_json":         {[]step{{status: 200, body: `[]`}}, boxapi.Network},
		"429_then_refused": {[]step{{status: 429}, {status: 401}}, boxapi.Unauthorized},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, newScript(t, tc.steps...), ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 2 })
			_, err := c.Me(t.Context())
			assert.Equal(t, tc.kind, boxapi.KindOf(err), "%v", err)
			assert.EqualValues(t, len(tc.steps), c.Calls())
		})
	}
}

func TestClient_401_renews_once(t *testing.T) {
	t.Parallel()
	t.Run("and_repeats_the_call", func(t *testing.T) {
		t.Parallel()
		box := newScript(t, tokenStep("old"), step{status: 401}, tokenStep("new"), step{status: 201, body: membershipJSON})
		c := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 1 })
		_, err := c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 1, Group: 2})
		require.NoError(t, err)
		assert.Equal(t, "Bearer new", box.seen[3].Header.Get("Authorization"))
	})
	t.Run("and_costs_no_attempt", func(t *testing.T) {
		t.Parallel()
		box := newScript(t, tokenStep("old"), step{status: 401}, tokenStep("new"), step{status: 503}, step{status: 200, body: userJSON})
		_, err := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 2 }).Me(t.Context())
		require.NoError(t, err)
	})
	t.Run("twice_is_the_end", func(t *testing.T) {
		t.Parallel()
		box := newScript(t, tokenStep("old"), step{status: 401}, tokenStep("new"), step{status: 401})
		_, err := client(t, box, ccg).Me(t.Context())
		e := asError(t, err)
		assert.Equal(t, boxapi.Unauthorized, e.Kind())
		assert.Equal(t, 2, e.Attempts)
		require.NotErrorIs(t, err, boxapi.ErrTokenNotRenewable)
	})
}

// expiring refuses every token but the newest and counts the token requests.
type expiring struct {
	issued  atomic.Int64
	refused atomic.Int64
	delay   time.Duration
	fail    atomic.Bool
}

func (e *expiring) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/token") {
		time.Sleep(e.delay)
		n := e.issued.Add(1)
		if e.fail.Load() {
			return answer(400, `{"error":"invalid_grant"}`), nil
		}
		return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n)), nil
	}
	if req.Header.Get("Authorization") == "Bearer t1" {
		e.refused.Add(1)
		return answer(401, ""), nil
	}
	return answer(200, userJSON), nil
}

func TestClient_concurrent_401s_renew_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &expiring{delay: time.Second}
		c := client(t, box, ccg)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := c.Me(t.Context())
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 2, box.issued.Load())
		assert.Positive(t, box.refused.Load())
		assert.EqualValues(t, 2+20+box.refused.Load(), c.Calls())
	})
}

func TestClient_waiters_share_a_failed_renewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &expiring{delay: time.Second}
		box.fail.Store(true)
		c := client(t, box, ccg)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := c.Me(t.Context())
				assert.Equal(t, boxapi.Unauthorized, boxapi.KindOf(err))
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, box.issued.Load())
		_, err := c.Me(t.Context())
		require.Error(t, err)
		assert.EqualValues(t, 2, box.issued.Load(), "a later call tries again")
	})
}

func TestClient_renewal_outlives_the_caller_who_began_it(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := roundTrip(func(req *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(req.URL.Path, "/token") {
				return answer(200, userJSON), nil
			}
			select {
			case <-req.Context().Done():
				return nil, req.Context().Err()
			case <-time.After(10 * time.Second):
				return answer(200, `{"access_token":"t","expires_in":3600}`), nil
			}
		})
		c := client(t, box, ccg)
		brief, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, errors.New("too slow"))
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Me(brief)
			assert.ErrorContains(t, err, "too slow")
			assert.Equal(t, boxapi.Stopped, boxapi.KindOf(err))
		})
		synctest.Wait()
		wg.Go(func() {
			_, err := c.Me(t.Context())
			assert.NoError(t, err)
		})
		wg.Go(func() {
			waiting, stop := context.WithTimeoutCause(t.Context(), time.Second, errors.New("gave up"))
			defer stop()
			_, err := c.Me(waiting)
			assert.ErrorContains(t, err, "gave up")
		})
		wg.Wait()
	})
}

func TestClientCredentials_renew_before_expiry(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ lives, kept time.Duration }{
		"an_hour":     {time.Hour, 59 * time.Minute},
		"half_minute": {30 * time.Second, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issued := 0
				c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/token") {
						issued++
						return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d}`, issued, int(tc.lives.Seconds()))), nil
					}
					return answer(200, userJSON), nil
				}), ccg)
				use := func() {
					_, err := c.Me(t.Context())
					require.NoError(t, err)
				}
				use()
				time.Sleep(tc.kept - time.Second)
				use()
				assert.Equal(t, 1, issued)
				time.Sleep(time.Second)
				use()
				assert.Equal(t, 2, issued)
			})
		})
	}
}

func TestSecrets_stay_inside(t *testing.T) {
	t.Parallel()
	const token, secret = "canary-token", "canary-secret"
	echo := func(req *http.Request) string {
		return fmt.Sprintf(`{"code":"c %[1]s","message":"you sent %[1]s and %[2]s","request_id":"%[1]s",
			"error":"%[2]s","error_description":"%[2]s","context_info":{"errors":[{"reason":"%[1]s","name":"%[2]s","message":"%[1]s"}]}}`,
			strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), secret)
	}
	for _, auth := range []boxapi.Auth{
		boxapi.DeveloperToken(token),
		boxapi.ClientCredentials{ClientID: "cid", ClientSecret: boxapi.NewSecret(secret), SubjectID: "77"},
	} {
		for _, status := range []int{400, 401, 403, 409, 429, 500} {
			for _, tokenFails := range []bool{false, true} {
				var logs bytes.Buffer
				c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/token") && !tokenFails {
						return answer(200, `{"access_token":"canary-token","expires_in":3600}`), nil
					}
					return answer(status, echo(req), "Box-Request-Id", secret, "Www-Authenticate", `error="canary-secret"`, "Content-Type", secret), nil
				}), func(cfg *boxapi.Config) { cfg.Auth, cfg.Logger = auth, logTo(&logs) })
				_, err := c.Me(t.Context())
				require.Error(t, err)
				e := asError(t, err)
				all := err.Error() + logs.String() + fmt.Sprintf("%+v %#v %+v %#v", *e, *e, c, auth)
				assert.NotEmpty(t, logs.String())
				if strings.HasPrefix(fmt.Sprintf("%T", auth), "boxapi.dev") {
					all = strings.ReplaceAll(all, secret, "") // unknown to this client, so not its secret
				}
				assert.NotContains(t, all, "canary")
			}
		}
	}
}

func TestAuth_does_not_print_secrets(t *testing.T) {
	t.Parallel()
	for _, auth := range []boxapi.Auth{
		boxapi.DeveloperToken("canary"),
		boxapi.ClientCredentials{ClientID: "cid", ClientSecret: boxapi.NewSecret("canary"), SubjectID: "77"},
	} {
		cfg := boxapi.Config{Auth: auth}
		data, err := json.Marshal(cfg.Auth)
		require.NoError(t, err)
		var text strings.Builder
		text.Write(data)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&text, verb+verb, auth, cfg)
		}
		assert.NotContains(t, text.String(), "canary")
		assert.NotContains(t, text.String(), fmt.Sprintf("%x", "canary"))
	}
}
