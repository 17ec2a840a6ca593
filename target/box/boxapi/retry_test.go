package boxapi_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// failing calls whatever endpoint and returns its error only.
type failing func(context.Context, *boxapi.Client) error

func byMethod() map[string]failing {
	return map[string]failing{
		"GET": func(ctx context.Context, c *boxapi.Client) error { _, err := c.GetGroup(ctx, 1); return err },
		"POST": func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.CreateMembership(ctx, boxapi.MembershipRequest{User: 1, Group: 2})
			return err
		},
		"PUT": func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.UpdateGroup(ctx, 1, boxapi.GroupRequest{})
			return err
		},
		"DELETE": func(ctx context.Context, c *boxapi.Client) error { return c.DeleteMembership(ctx, 1) },
	}
}

func TestRetry_matrix(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	tests := map[string]struct {
		fault     step
		retried   bool
		uncertain bool // on writes
		kind      boxapi.Kind
	}{
		"400":              {step{status: 400}, false, false, boxapi.Invalid},
		"403":              {step{status: 403}, false, false, boxapi.Forbidden},
		"404":              {step{status: 404}, false, false, boxapi.NotFound},
		"408":              {step{status: 408}, false, false, boxapi.Invalid},
		"409":              {step{status: 409, body: `{"code":"conflict"}`}, false, false, boxapi.Conflict},
		"409_reserved":     {step{status: 409, body: `{"code":"name_temporarily_reserved"}`}, true, false, boxapi.TemporaryConflict},
		"409_blocked":      {step{status: 409, body: `{"code":"operation_blocked_temporary"}`}, true, false, boxapi.TemporaryConflict},
		"429":              {step{status: 429}, true, false, boxapi.RateLimited},
		"500":              {step{status: 500}, true, true, boxapi.Server},
		"502_html":         {step{status: 502, body: "<html>"}, true, true, boxapi.Server},
		"503":              {step{status: 503, header: []string{"Retry-After", "1"}}, true, true, boxapi.Server},
		"reset":            {step{err: errReset}, true, true, boxapi.Network},
		"refused":          {step{err: dial}, true, false, boxapi.Network},
		"proxy_refused":    {step{err: &net.OpError{Op: "proxyconnect", Err: dial}}, true, false, boxapi.Network},
		"proxy_no_tls":     {step{err: &net.OpError{Op: "proxyconnect", Err: errReset}}, true, false, boxapi.Network},
		"reset_by_peer":    {step{err: &net.OpError{Op: "read", Err: errReset}}, true, true, boxapi.Network},
		"untrusted_server": {step{err: untrusted}, false, false, boxapi.Network},
	}
	for name, tc := range tests {
		for method, call := range byMethod() {
			t.Run(method+"_"+name, func(t *testing.T) {
				t.Parallel()
				attempts := 1
				if tc.retried {
					attempts = 3
				}
				box := newScript(t, slices.Repeat([]step{tc.fault}, attempts)...)
				c := client(t, box, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 3 })
				e := asError(t, call(t.Context(), c))
				assert.Equal(t, tc.kind, e.Kind())
				assert.Equal(t, attempts, e.Attempts)
				assert.EqualValues(t, attempts, c.Calls())
				assert.Equal(t, tc.uncertain && method != "GET", e.Uncertain)
			})
		}
	}
}

func TestRetry_sends_the_same_body_again(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 503}, step{err: errReset}, step{status: 201, body: membershipJSON})
	_, err := client(t, box).CreateMembership(t.Context(), boxapi.MembershipRequest{User: 44, Group: 11})
	require.NoError(t, err)
	for _, req := range box.seen {
		assert.JSONEq(t, `{"user":{"id":"44"},"group":{"id":"11"}}`, bodyOf(t, req))
	}
}

func TestError_Uncertain_survives_later_answers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first     step
		uncertain bool
	}{
		"after_a_503":       {step{status: 503}, true},
		"after_a_reset":     {step{err: errReset}, true},
		"after_a_429":       {step{status: 429}, false},
		"after_a_reserved":  {step{status: 409, body: `{"code":"name_temporarily_reserved"}`}, false},
		"after_a_dial_fail": {step{err: &net.OpError{Op: "dial", Err: errReset}}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, newScript(t, tc.first, step{status: 409, body: `{"code":"conflict"}`}, tc.first, step{status: 404}))
			_, err := c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 1, Group: 2})
			e := asError(t, err)
			assert.Equal(t, boxapi.Conflict, e.Kind())
			assert.Equal(t, tc.uncertain, e.Uncertain)
			assert.Equal(t, 2, e.Attempts)

			e = asError(t, c.DeleteMembership(t.Context(), 1))
			assert.Equal(t, boxapi.NotFound, e.Kind())
			assert.Equal(t, tc.uncertain, e.Uncertain)
			assert.Equal(t, 2, e.Attempts)
		})
	}
}

func TestClient_torn_answers(t *testing.T) {
	t.Parallel()
	torn := step{status: 200, body: groupJSON[:20], torn: true}
	t.Run("a_read_is_repeated", func(t *testing.T) {
		t.Parallel()
		got, err := client(t, newScript(t, torn, step{status: 200, body: groupJSON})).GetGroup(t.Context(), 11)
		require.NoError(t, err)
		assert.Equal(t, wantGroup(), got)
	})
	t.Run("a_write_happened", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, newScript(t, torn)).UpdateGroup(t.Context(), 11, boxapi.GroupRequest{})
		e := asError(t, err)
		assert.True(t, e.Uncertain)
		assert.Equal(t, 200, e.Status)
		assert.Equal(t, boxapi.Network, e.Kind())
	})
	t.Run("a_deletion_needs_no_body", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, client(t, newScript(t, step{status: 204, torn: true})).DeleteMembership(t.Context(), 11))
	})
	t.Run("an_endless_answer_is_cut_off", func(t *testing.T) {
		t.Parallel()
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			resp := answer(200, "")
			resp.Body = endless{}
			return resp, nil
		}), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 1 })
		_, err := c.GetGroup(t.Context(), 1)
		require.ErrorContains(t, err, "more than 67108864 bytes")
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
func (endless) Close() error               { return nil }

func TestClient_MaxCalls(t *testing.T) {
	t.Parallel()
	t.Run("retries_count", func(t *testing.T) {
		t.Parallel()
		c := client(t, newScript(t, step{status: 503}, step{status: 503}), func(cfg *boxapi.Config) { cfg.MaxCalls = 2 })
		err := c.DeleteMembership(t.Context(), 1)
		e := asError(t, err)
		require.ErrorIs(t, err, boxapi.ErrMaxCalls)
		assert.Equal(t, boxapi.Stopped, e.Kind())
		assert.True(t, e.Uncertain, "the attempts before may have taken effect")
		assert.Equal(t, 2, e.Attempts)
		assert.EqualValues(t, 2, c.Calls())
	})
	t.Run("token_requests_count", func(t *testing.T) {
		t.Parallel()
		c := client(t, newScript(t, tokenStep("tok")), ccg, func(cfg *boxapi.Config) { cfg.MaxCalls = 1 })
		_, err := c.Me(t.Context())
		require.ErrorIs(t, err, boxapi.ErrMaxCalls)
		assert.EqualValues(t, 1, c.Calls())
	})
}

func TestClient_done_context_sends_nothing(t *testing.T) {
	t.Parallel()
	cause := errors.New("operator left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for method, call := range byMethod() {
		for _, auth := range []func(*boxapi.Config){ccg, func(*boxapi.Config) {}} {
			c := client(t, newScript(t), auth)
			err := call(ctx, c)
			require.ErrorIs(t, err, cause, method)
			assert.Equal(t, boxapi.Stopped, boxapi.KindOf(err))
			assert.Zero(t, c.Calls())
			assert.False(t, asError(t, err).Uncertain)
		}
	}
}

func TestClient_cancelled_in_flight(t *testing.T) {
	t.Parallel()
	cause := errors.New("operator left")
	for method, call := range byMethod() {
		ctx, cancel := context.WithCancelCause(t.Context())
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel(cause)
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		err := call(ctx, c)
		require.ErrorIs(t, err, cause)
		e := asError(t, err)
		assert.Equal(t, boxapi.Stopped, e.Kind())
		assert.Equal(t, 1, e.Attempts)
		assert.Equal(t, method != "GET", e.Uncertain, method)
	}
}

// A real server: what an in-memory transport cannot show.
func TestClient_over_the_wire(t *testing.T) {
	t.Parallel()
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/2.0/groups/1":
			http.Redirect(w, r, "/2.0/groups/2", http.StatusFound)
		case "/2.0/group_memberships/5":
			if tries++; tries > 1 {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			panic(http.ErrAbortHandler) // the reply is lost
		default:
			<-r.Context().Done() // no answer, ever
		}
	}))
	defer server.Close()
	c := client(t, nil, func(cfg *boxapi.Config) { cfg.BaseURL = server.URL })
	hasty := client(t, nil, func(cfg *boxapi.Config) { cfg.BaseURL, cfg.Timeout = server.URL, 20*time.Millisecond })

	_, err := c.GetGroup(t.Context(), 1)
	assert.Equal(t, 302, asError(t, err).Status)
	e := asError(t, c.DeleteMembership(t.Context(), 5))
	assert.Equal(t, boxapi.NotFound, e.Kind())
	assert.True(t, e.Uncertain)
	_, err = hasty.GetUser(t.Context(), 9)
	assert.Equal(t, boxapi.Network, boxapi.KindOf(err))
	require.ErrorContains(t, err, "no answer within 20ms")
	require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's context has no deadline")
}

func TestClient_logs_attempts_and_retries(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	box := newScript(t, step{status: 503}, step{status: 429}, step{status: 200, body: pageJSON(userJSON)})
	c := client(t, box, func(cfg *boxapi.Config) { cfg.Logger = logTo(&logs) })
	_, err := c.ListUsers(t.Context(), boxapi.UserListOptions{FilterTerm: "ann@example.com"})
	require.NoError(t, err)
	text := logs.String()
	assert.Equal(t, 3, strings.Count(text, `"msg":"box: attempt"`))
	assert.Equal(t, 1, strings.Count(text, `"level":"WARN","msg":"box: retry"`))
	assert.Equal(t, 1, strings.Count(text, `"level":"WARN","msg":"box: rate limited, all calls pause"`))
	assert.NotContains(t, text, "ann@example.com", "queries hold personal data")
	assert.NotContains(t, text, "dev-token")
}
