package boxapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func TestWithHeaders_are_sent_with_every_attempt_of_that_call(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 503}, step{status: 200, body: userJSON}, step{status: 200, body: userJSON})
	c := client(t, box, func(cfg *boxapi.Config) {
		cfg.AsUser, cfg.Headers = "99", http.Header{"box-version": {"2024.0"}, "X-Kept": {"config"}}
	})
	ctx := boxapi.WithHeaders(t.Context(), http.Header{"as-user": {"44"}, "Box-Version": {"2025.0"}, "X-Twice": {"a", "b"}})
	_, err := c.Me(ctx)
	require.NoError(t, err)
	_, err = c.Me(t.Context())
	require.NoError(t, err)
	for _, req := range box.seen[:2] {
		assert.Equal(t, []string{"44"}, req.Header.Values("As-User"))
		assert.Equal(t, []string{"2025.0"}, req.Header.Values("Box-Version"))
		assert.Equal(t, []string{"a", "b"}, req.Header.Values("X-Twice"))
		assert.Equal(t, []string{"config"}, req.Header.Values("X-Kept"))
		assert.Equal(t, "Bearer dev-token", req.Header.Get("Authorization"))
	}
	last := box.seen[2].Header
	assert.Equal(t, "99", last.Get("As-User"))
	assert.Equal(t, "2024.0", last.Get("Box-Version"))
	assert.NotContains(t, last, "X-Twice")
}

func TestWithHeaders_leave_out_and_nest(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 200, body: userJSON}, step{status: 200, body: userJSON})
	c := client(t, box, func(cfg *boxapi.Config) { cfg.AsUser = "99" })
	headers := http.Header{"As-User": {}, "X-Outer": {"1"}, "X-Both": {"outer"}}
	outer := boxapi.WithHeaders(t.Context(), headers)
	headers.Set("X-Outer", "changed")
	headers["X-Both"][0] = "changed"
	inner := boxapi.WithHeaders(outer, http.Header{"x-both": {"inner"}})
	for _, ctx := range []context.Context{outer, inner} {
		_, err := c.Me(ctx)
		require.NoError(t, err)
	}
	assert.Empty(t, box.seen[0].Header.Values("As-User"), "the call goes out as the token's own user")
	assert.Equal(t, "outer", box.seen[0].Header.Get("X-Both"))
	assert.Equal(t, "1", box.seen[1].Header.Get("X-Outer"))
	assert.Equal(t, "inner", box.seen[1].Header.Get("X-Both"))
}

func TestWithHeaders_are_not_sent_with_token_requests(t *testing.T) {
	t.Parallel()
	tokens := 0
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(req.URL.Path, "/token") {
			assert.Equal(t, "44", req.Header.Get("As-User"))
			return answer(200, userJSON), nil
		}
		tokens++
		assert.NotContains(t, req.Header, "As-User")
		assert.NotContains(t, req.Header, "X-Mine")
		return answer(200, `{"access_token":"t","expires_in":3600}`), nil
	}), ccg)
	_, err := c.Me(boxapi.WithHeaders(t.Context(), http.Header{"As-User": {"44"}, "X-Mine": {"1"}}))
	require.NoError(t, err)
	assert.Equal(t, 1, tokens)
}

func TestWithHeaders_refuses_what_cannot_be_sent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		headers http.Header
		want    string
	}{
		"authorization":    {http.Header{"authorization": {"Bearer canary"}}, "the client sets Authorization itself"},
		"content_type":     {http.Header{"Content-Type": {"canary"}}, "the client sets Content-Type itself"},
		"host":             {http.Header{"host": {"canary"}}, "the client sets Host itself"},
		"accept_encoding":  {http.Header{"Accept-Encoding": {"canary"}}, "the client sets Accept-Encoding itself"},
		"line_break":       {http.Header{"X-A": {"ok"}, "X-B": {"ok", "canary\r\nX-C: 1"}}, "the value of X-B holds a control character"},
		"delete_character": {http.Header{"X-B": {"canary\x7f"}}, "the value of X-B holds a control character"},
		"empty_name":       {http.Header{"": {"canary"}}, `not the name of a header: ""`},
		"blank_in_name":    {http.Header{"X B": {"canary"}}, `not the name of a header: "X B"`},
		"break_in_name":    {http.Header{"X\nB": {"canary"}}, `not the name of a header: "X B"`},
		"letter_in_name":   {http.Header{"Ä": {"canary"}}, `not the name of a header: "Ä"`},
		"as_user_login":    {http.Header{"As-User": {"canary@example.com"}}, "As-User: want one numeric user id"},
		"as_user_empty":    {http.Header{"As-User": {""}}, "As-User: want one numeric user id"},
		"as_user_zero":     {http.Header{"As-User": {"0"}}, "As-User: want one numeric user id"},
		"as_users":         {http.Header{"As-User": {"1", "2"}}, "As-User: want one numeric user id"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, newScript(t))
			ctx := boxapi.WithHeaders(t.Context(), tc.headers)
			for method, call := range byMethod() {
				err := call(ctx, c)
				require.ErrorContains(t, err, ": WithHeaders: "+tc.want, method)
				e := asError(t, err)
				assert.Equal(t, boxapi.Invalid, e.Kind())
				assert.Zero(t, e.Attempts)
				assert.False(t, e.Uncertain)
				assert.NotContains(t, err.Error(), "canary")
			}
			assert.Zero(t, c.Calls())
		})
	}
}
