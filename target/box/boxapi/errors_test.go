package boxapi_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func TestError_decodes_bodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step step
		want boxapi.Error // as far as it is filled
		kind boxapi.Kind
		text string
	}{
		// box-windows-sdk-v2#571: the body for a group name that is taken.
		"group_name_taken": {
			step: step{status: 409, header: []string{"box-request-id", "hdr"}, body: `{"type":"error","status":409,"code":"conflict",
				"context_info":{"errors":[{"reason":"invalid_parameter","name":"group_tag_name","message":"Name taken"}]},
				"message":"Resource with the same name already exists","request_id":"abc"}`},
			want: boxapi.Error{
				Code: "conflict", Message: "Resource with the same name already exists", RequestID: "abc", BoxRequestID: "hdr",
				Reasons: []boxapi.Reason{{Reason: "invalid_parameter", Name: "group_tag_name", Message: "Name taken"}},
			},
			kind: boxapi.Conflict,
			text: "GET /groups/1: 409 conflict: Resource with the same name already exists; group_tag_name: Name taken (request abc)",
		},
		"policy":          {step: step{status: 403, body: `{"code":"forbidden_by_policy"}`}, want: boxapi.Error{Code: "forbidden_by_policy"}, kind: boxapi.Policy, text: "GET /groups/1: 403 forbidden_by_policy"},
		"forbidden":       {step: step{status: 403, body: `{"code":"insufficient_scope"}`}, want: boxapi.Error{Code: "insufficient_scope"}, kind: boxapi.Forbidden, text: "GET /groups/1: 403 insufficient_scope"},
		"terms":           {step: step{status: 400, body: `{"code":"terms_of_service_required"}`}, want: boxapi.Error{Code: "terms_of_service_required"}, kind: boxapi.Forbidden, text: "GET /groups/1: 400 terms_of_service_required"},
		"password":        {step: step{status: 400, body: `{"code":"password_reset_required"}`}, want: boxapi.Error{Code: "password_reset_required"}, kind: boxapi.Forbidden, text: "GET /groups/1: 400 password_reset_required"},
		"empty":           {step: step{status: 404}, kind: boxapi.NotFound, text: "GET /groups/1: 404 Not Found"},
		"only_header":     {step: step{status: 404, header: []string{"Box-Request-Id", "h1"}}, want: boxapi.Error{BoxRequestID: "h1"}, kind: boxapi.NotFound, text: "GET /groups/1: 404 Not Found (request h1)"},
		"html":            {step: step{status: 400, body: "<html>secret page</html>", header: []string{"Content-Type", "text/html; charset=x"}}, want: boxapi.Error{Message: "the answer is not Box's: text/html of 24 bytes; a proxy or a login page may stand between here and Box"}, kind: boxapi.Invalid, text: "GET /groups/1: 400 Bad Request: the answer is not Box's: text/html of 24 bytes; a proxy or a login page may stand between here and Box"},
		"array":           {step: step{status: 400, body: `[1]`}, want: boxapi.Error{Message: "the answer is not Box's: something of 3 bytes"}, kind: boxapi.Invalid, text: "GET /groups/1: 400 Bad Request: the answer is not Box's: something of 3 bytes"},
		"torn":            {step: step{status: 409, body: `{"code":"conf`, torn: true}, want: boxapi.Error{Message: "the answer is not Box's: something of 13 bytes"}, kind: boxapi.Conflict, text: "GET /groups/1: 409 Conflict: the answer is not Box's: something of 13 bytes"},
		"status_string":   {step: step{status: 400, body: `{"status":"400","code":"bad_request","message":null}`}, want: boxapi.Error{Code: "bad_request"}, kind: boxapi.Invalid, text: "GET /groups/1: 400 bad_request"},
		"odd_types":       {step: step{status: 400, body: `{"code":7,"message":{"a":1},"context_info":"gone","request_id":true}`}, want: boxapi.Error{Code: "7", RequestID: "true"}, kind: boxapi.Invalid, text: "GET /groups/1: 400 7 (request true)"},
		"context_object":  {step: step{status: 400, body: `{"context_info":{"conflicts":{"id":"1"},"errors":{"reason":"x"}}}`}, kind: boxapi.Invalid, text: "GET /groups/1: 400 Bad Request"},
		"context_null":    {step: step{status: 400, body: `{"context_info":null}`}, kind: boxapi.Invalid, text: "GET /groups/1: 400 Bad Request"},
		"redirect":        {step: step{status: 302, header: []string{"Location", "https://elsewhere"}}, want: boxapi.Error{Message: "redirects are not followed"}, kind: boxapi.Invalid, text: "GET /groups/1: 302 Found: redirects are not followed"},
		"unknown_status":  {step: step{status: 499}, kind: boxapi.Invalid, text: "GET /groups/1: 499 unknown status"},
		"control_letters": {step: step{status: 400, body: `{"message":"a\u001b[31m\nb\u202ec"}`}, want: boxapi.Error{Message: "a [31m b c"}, kind: boxapi.Invalid, text: "GET /groups/1: 400 Bad Request: a [31m b c"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, newScript(t, tc.step)).GetGroup(t.Context(), 1)
			e := asError(t, err)
			assert.Equal(t, tc.kind, e.Kind())
			assert.Equal(t, tc.kind, boxapi.KindOf(fmt.Errorf("wrapped: %w", err)))
			assert.Equal(t, tc.text, err.Error())
			tc.want.Method, tc.want.Path, tc.want.Status, tc.want.Attempts = "GET", "/groups/1", tc.step.status, 1
			assert.Equal(t, tc.want, *e)
		})
	}
}

func TestError_401_says_what_is_wrong_with_the_token(t *testing.T) {
	t.Parallel()
	box := newScript(t, step{status: 401, header: []string{"WWW-Authenticate", `Bearer realm="Service", error="invalid_token", error_description="expired"`}})
	_, err := client(t, box).Me(t.Context())
	e := asError(t, err)
	assert.Equal(t, boxapi.Unauthorized, e.Kind())
	assert.Equal(t, "invalid_token", e.Code)
	require.ErrorIs(t, err, boxapi.ErrTokenNotRenewable)
	assert.Contains(t, err.Error(), "developer console")
}

func TestError_Error_tells_of_earlier_attempts(t *testing.T) {
	t.Parallel()
	e := &boxapi.Error{Method: "POST", Path: "/groups", Status: 409, Code: "conflict", Attempts: 2, Uncertain: true}
	assert.Equal(t, "POST /groups: 409 conflict (after 2 attempts, may have taken effect)", e.Error())
}

func TestError_bounds_what_it_keeps(t *testing.T) {
	t.Parallel()
	reasons := strings.Repeat(`{"reason":"r"},`, 99) + `{"reason":"r"}`
	body := `{"message":"` + strings.Repeat("ä", 4000) + `","context_info":{"errors":[` + reasons + `]}}`
	_, err := client(t, newScript(t, step{status: 400, body: body}, step{status: 400, body: strings.Repeat(" ", 1<<20) + body})).GetUser(t.Context(), 1)
	e := asError(t, err)
	assert.Equal(t, strings.Repeat("ä", 500)+"…", e.Message)
	assert.Len(t, e.Reasons, 20)
}

func TestKindOf_other_errors(t *testing.T) {
	t.Parallel()
	assert.Zero(t, boxapi.KindOf(nil))
	assert.Zero(t, boxapi.KindOf(errors.New("x")))
	for k := boxapi.NotFound; k <= boxapi.Stopped; k++ {
		assert.NotEqual(t, "unknown", k.String())
	}
	assert.Equal(t, "unknown", boxapi.Kind(0).String())
}
