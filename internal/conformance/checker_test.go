package conformance_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/conformance"
)

// exchange is a request and the answer to it, all made by hand.
type exchange struct {
	method, target, body string
	status               int
	kind, answer         string
	want                 []string // empty: it conforms
}

const (
	aGroup      = `{"type":"group","id":"1","name":"x","group_type":"managed_group"}`
	aMembership = `{"type":"group_membership","id":"1","user":{"type":"user","id":"2","name":"n","login":"a@b.example"},"group":` +
		aGroup + `,"role":"member"}`
	anError = `{"type":"error","status":404,"code":"not_found","message":"m","context_info":{"errors":[{"any":"thing"}]},"help_url":"u","request_id":"r"}`
)

// TestChecker shows that what differs from the description is found, each
// difference alone, and what does not is let pass.
func TestChecker(t *testing.T) {
	t.Parallel()
	d := description(t)
	adding := func(body string, want ...string) exchange {
		return exchange{method: "POST", target: "/2.0/group_memberships", body: body, status: 201, answer: aMembership, want: want}
	}
	listing := func(query string, want ...string) exchange {
		return exchange{target: "/2.0/groups" + query, answer: `{"total_count":0,"limit":100,"offset":0,"entries":[]}`, want: want}
	}
	answering := func(status int, answer string, want ...string) exchange {
		return exchange{target: "/2.0/groups/1", status: status, answer: answer, want: want}
	}
	token := func(form string, want ...string) exchange {
		return exchange{
			method: "POST", target: "/oauth2/token", body: form, want: want,
			answer: `{"access_token":"t","expires_in":3600,"token_type":"bearer","restricted_to":[]}`,
		}
	}
	const added = "POST /group_memberships: request: "
	for name, e := range map[string]exchange{
		"right_list":            listing("?fields=name,group_type&limit=1000&offset=5&filter_term=x"),
		"made_up_parameter":     listing("?name=x", `GET /groups: request: query name: unnamed: "x"`),
		"parameter_of_another":  listing("?marker=x", `GET /groups: request: query marker: unnamed: "x"`),
		"misspelt_parameter":    listing("?filter_terms=x", `GET /groups: request: query filter_terms: unnamed: "x"`),
		"parameter_of_no_type":  listing("?limit=abc", `GET /groups: request: query limit: unreadable: parameter "limit" in query has an error: value abc: an invalid integer: invalid syntax`),
		"limit_too_great":       listing("?limit=1001", `GET /groups: request: query limit: maximum: number must be at most 1000: 1001`),
		"parameter_twice":       listing("?limit=1&limit=2", `GET /groups: request: query limit: maxItems: it is there more than once: ["1","2"]`),
		"made_up_field_name":    listing("?fields=name,members", `GET /groups: request: query fields: unnamed: "members"`),
		"enumerated_parameter":  {target: "/2.0/users?user_type=some", answer: `{"entries":[]}`, want: []string{`GET /users: request: query user_type: enum: value is not one of the allowed values ["all","managed","external"]: "some"`}},
		"boolean_parameter":     {target: "/2.0/users?usemarker=yes", answer: `{"entries":[]}`, want: []string{`GET /users: request: query usemarker: unreadable: parameter "usemarker" in query has an error: value yes: an invalid boolean: invalid syntax`}},
		"fields_where_none_are": {target: "/2.0/groups/1/memberships?fields=role", answer: `{"entries":[]}`, want: []string{`GET /groups/{group_id}/memberships: request: query fields: unnamed: "role"`}},

		"right_body":         adding(`{"user":{"id":"1"},"group":{"id":"2"},"role":"admin","configurable_permissions":{"can_run_reports":true}}`),
		"null_permissions":   adding(`{"user":{"id":"1"},"group":{"id":"2"},"configurable_permissions":null}`),
		"made_up_body_field": adding(`{"user":{"id":"1"},"group":{"id":"2"},"notify":true}`, added+`body /notify: unnamed: true`),
		"made_up_nested":     adding(`{"user":{"id":"1","login":"x"},"group":{"id":"2"}}`, added+`body /user/login: unnamed: "x"`),
		"numeric_id":         adding(`{"user":{"id":1},"group":{"id":"2"}}`, added+`body /user/id: type: value must be a string: 1`),
		"wrong_enum":         adding(`{"user":{"id":"1"},"group":{"id":"2"},"role":"owner"}`, added+`body /role: enum: value is not one of the allowed values ["member","admin"]: "owner"`),
		"missing_field":      adding(`{"user":{"id":"1"}}`, added+`body /group: required: property "group" is missing: {"user":{"id":"1"}}`),
		"missing_nested":     adding(`{"user":{},"group":{"id":"2"}}`, added+`body /user/id: required: property "id" is missing: {}`),
		"null_field":         adding(`{"user":null,"group":{"id":"2"}}`, added+`body /user: nullable: Value is not nullable: null`),
		"permission_type":    adding(`{"user":{"id":"1"},"group":{"id":"2"},"configurable_permissions":{"x":"on"}}`, added+`body /configurable_permissions/x: type: value must be a boolean: "on"`),
		"two_at_once": adding(`{"user":{"id":1},"group":{"id":"2"},"rol":"admin"}`,
			added+`body /user/id: type: value must be a string: 1`, added+`body /rol: unnamed: "admin"`),
		"no_body":   adding(``, added+`body: body: there is none, and it has required fields`),
		"no_json":   adding(`{"user"`, added+`body: unreadable: request body has an error: failed to decode request body: unexpected EOF`),
		"long_text": {method: "PUT", target: "/2.0/groups/1", body: `{"description":"` + strings.Repeat("x", 256) + `"}`, answer: aGroup, want: []string{`PUT /groups/{group_id}: request: body /description: maxLength: maximum string length is 255: "` + strings.Repeat("x", 256) + `"`}},
		"body_with_delete": {
			method: "DELETE", target: "/2.0/groups/1", body: `{}`, status: 204,
			want: []string{`DELETE /groups/{group_id}: request: body: unreadable: request body not allowed for this request`},
		},

		"right_token":         token("grant_type=client_credentials&client_id=a&client_secret=b&box_subject_type=user&box_subject_id=1"),
		"token_made_up":       token("grant_type=client_credentials&user=1", `POST /oauth2/token: request: body /user: unnamed: "1"`),
		"token_wrong_enum":    token("grant_type=password", `POST /oauth2/token: request: body /grant_type: enum: value is not one of the allowed values ["authorization_code","refresh_token","client_credentials","urn:ietf:params:oauth:grant-type:jwt-bearer","urn:ietf:params:oauth:grant-type:token-exchange"]: "password"`),
		"token_without_grant": token("client_id=a", `POST /oauth2/token: request: body /grant_type: required: property "grant_type" is missing: {"client_id":"a"}`),

		"right_answer":      answering(200, aGroup),
		"right_error":       answering(404, anError),
		"answer_type":       answering(200, `{"type":"group","id":1}`, `GET /groups/{group_id}: answer 200: body /id: type: value must be a string: 1`),
		"answer_enum":       answering(200, `{"type":"group","id":"1","group_type":"team"}`, `GET /groups/{group_id}: answer 200: body /group_type: enum: value is not one of the allowed values ["managed_group","all_users_group"]: "team"`),
		"answer_without_id": answering(200, `{"type":"group"}`, `GET /groups/{group_id}: answer 200: body /id: required: property "id" is missing: {"type":"group"}`),
		"answer_made_up":    answering(200, `{"type":"group","id":"1","members":3}`, `GET /groups/{group_id}: answer 200: body /members: unnamed: 3`),
		"answer_nested":     answering(200, `{"type":"group","id":"1","permissions":{"can_fly":true}}`, `GET /groups/{group_id}: answer 200: body /permissions/can_fly: unnamed: true`),
		"answer_date":       answering(200, `{"type":"group","id":"1","created_at":"yesterday"}`, `GET /groups/{group_id}: answer 200: body /created_at: format: `+notADate),
		"answer_null":       answering(200, `{"type":"group","id":"1","name":null}`, `GET /groups/{group_id}: answer 200: body /name: nullable: Value is not nullable: null`),
		"answer_null_elsewhere": {
			target: "/2.0/users/me", answer: `{"type":"user","id":"1","address":null}`,
			want: []string{`GET /users/me: answer 200: body /address: nullable: Value is not nullable: null`},
		},
		"null_sent":      {method: "PUT", target: "/2.0/groups/1", body: `{"description":null}`, answer: aGroup, want: []string{`PUT /groups/{group_id}: request: body /description: nullable: Value is not nullable: null`}},
		"free_form":      {target: "/2.0/events", answer: `{"entries":[{"source":{"group_id":"1","any":"thing"}}]}`},
		"one_of_several": {target: "/2.0/groups/1/collaborations", answer: `{"entries":[{"id":"1","type":"collaboration","accessible_by":{"id":"1","type":"group","group_type":"managed_group"}}]}`},
		"none_of_several": {
			target: "/2.0/groups/1/collaborations", answer: `{"entries":[{"id":"1","type":"collaboration","accessible_by":{"id":"1","type":"group","x":1}}]}`,
			want: []string{`GET /groups/{group_id}/collaborations: answer 200: body /entries/*/accessible_by/x: unnamed: 1`},
		},
		"answer_null_of_one": answering(200, `{"type":"group","id":"1","description":null}`),
		"answer_status":      answering(202, `{}`, `GET /groups/{group_id}: answer 202: status: status: not listed: 202`),
		"answer_teapot":      answering(418, `{}`, `GET /groups/{group_id}: answer 418: status: status: not listed: 418`),
		"error_other_status": answering(404, `{"type":"error","status":400}`, `GET /groups/{group_id}: answer 404: body /status: status: not the status of the answer: 400`),
		"error_code":         answering(404, `{"type":"error","status":404,"code":"gone_fishing"}`, `GET /groups/{group_id}: answer 404: body /code: enum: `+notACode+`: "gone_fishing"`),
		"error_code_of_429":  answering(404, `{"type":"error","status":404,"code":"rate_limit_exceeded"}`, `GET /groups/{group_id}: answer 404: body /code: enum: `+notACode+`: "rate_limit_exceeded"`),
		"error_made_up":      answering(404, `{"type":"error","status":404,"hint":"h"}`, `GET /groups/{group_id}: answer 404: body /hint: unnamed: "h"`),
		"answer_no_json":     answering(200, `{"type",}`, `GET /groups/{group_id}: answer 200: body: unreadable: failed to decode response body: invalid character ',' after object key`),
		"answer_cut":         answering(200, `{"type"`),
		"plain_500": {
			target: "/2.0/groups/1", status: 500, kind: "text/plain", answer: "down",
			want: []string{`GET /groups/{group_id}: answer 500: body: media type: response header Content-Type has unexpected value: "text/plain": "text/plain"`},
		},
		"html":           {target: "/2.0/groups/1", status: 502, kind: "text/html", answer: "<html>"},
		"entry_of_list":  {target: "/2.0/groups/1/memberships", answer: `{"entries":[{"id":"1","role":"owner"}]}`, want: []string{`GET /groups/{group_id}/memberships: answer 200: body /entries/*/role: enum: value is not one of the allowed values ["member","admin"]: "owner"`}},
		"entry_made_up":  {target: "/2.0/groups/1/memberships", answer: `{"entries":[{"id":"1","configurable_permissions":null},{"id":"2","configurable_permissions":null}]}`, want: []string{`GET /groups/{group_id}/memberships: answer 200: body /entries/*/configurable_permissions: unnamed: null`}},
		"entries_object": {target: "/2.0/groups/1/memberships", answer: `{"entries":{}}`, want: []string{`GET /groups/{group_id}/memberships: answer 200: body /entries: type: value must be an array: {}`}},
		"unknown_path":   {target: "/2.0/teams", answer: `{}`, want: []string{"GET /2.0/teams: request: path: unknown: no matching operation was found"}},
		"unknown_method": {method: "PATCH", target: "/2.0/groups/1", answer: `{}`, want: []string{"PATCH /2.0/groups/1: request: path: unknown: method not allowed"}},
		"another_root":   {target: "/groups", answer: `{}`, want: []string{"GET /groups: request: path: unknown: no matching operation was found"}},
		"left_out_part":  {target: "/2.0/files/1", answer: `{}`, want: []string{"GET /2.0/files/1: request: path: unknown: no matching operation was found"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker := d.Checker()
			e.pass(t, checker)
			var got []string
			for _, v := range checker.Violations() {
				got = append(got, v.String())
			}
			assert.ElementsMatch(t, e.want, got)
		})
	}
}

const (
	notADate = `string doesn't match the format "date-time" (string doesn't match pattern ` +
		`"^[0-9]{4}-(0[1-9]|10|11|12)-(0[1-9]|[12][0-9]|3[01])T([0-1][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?` +
		`(Z|(\+|-)[0-9]{2}:[0-9]{2})$"): "yesterday"`
	notACode = `value is not one of the allowed values ["created","accepted","no_content","redirect","not_modified","bad_request",` +
		`"unauthorized","forbidden","not_found","method_not_allowed","conflict","precondition_failed","too_many_requests",` +
		`"internal_server_error","unavailable","item_name_invalid","insufficient_scope"]`
)

// pass sends the request through the checker to the answer, and makes sure that
// neither is changed by it.
func (e exchange) pass(t *testing.T, checker *conformance.Checker) {
	t.Helper()
	status, kind, method := cmp.Or(e.status, http.StatusOK), cmp.Or(e.kind, jsonBody), cmp.Or(e.method, http.MethodGet)
	var received strings.Builder
	handler := checker.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.Write(&received))
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		if e.answer != "" {
			_, err := w.Write([]byte(e.answer))
			assert.NoError(t, err)
		}
	}))
	request := httptest.NewRequestWithContext(t.Context(), method, e.target, strings.NewReader(e.body))
	if e.body != "" {
		request.Header.Set("Content-Type", jsonBody)
		if strings.HasPrefix(e.target, "/oauth2/") {
			request.Header.Set("Content-Type", formBody)
		}
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	require.Equal(t, status, answer.Code)
	require.Equal(t, e.answer, answer.Body.String())
	require.Contains(t, received.String(), method+" "+e.target+" HTTP/1.1\r\n")
	require.True(t, strings.HasSuffix(received.String(), e.body))
}

// TestChecker_bodyWhereNoneBelongs needs a handler that net/http would stop.
func TestChecker_bodyWhereNoneBelongs(t *testing.T) {
	t.Parallel()
	checker := description(t).Checker()
	h := checker.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, err := w.Write([]byte("{}"))
		assert.ErrorIs(t, err, http.ErrBodyNotAllowed)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/2.0/groups/1", nil))
	assert.Equal(t, []conformance.Violation{{
		Operation: "DELETE /groups/{group_id}", Status: 204, At: "body", Rule: conformance.RuleBody,
		Why: "there is one, and none belongs there",
	}}, checker.Violations())
}

// TestChecker_brokenAnswers shows that an answer which did not arrive whole is
// known as such, and that the panic that broke it goes on.
func TestChecker_brokenAnswers(t *testing.T) {
	t.Parallel()
	d := description(t)
	for name, h := range map[string]http.HandlerFunc{
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"in_middle": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"ty`))
			panic(http.ErrAbortHandler)
		},
		"short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"ty`))
		},
		"nothing": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker := d.Checker()
			serve := func() {
				checker.Wrap(h).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2.0/groups?x=1", nil))
			}
			if name == "reset" || name == "in_middle" {
				require.PanicsWithValue(t, http.ErrAbortHandler, serve)
			} else {
				serve()
			}
			assert.Equal(t, []string{"an answer that broke off"}, checker.Used())
			found := checker.Violations()
			require.Len(t, found, 1, "the request is judged all the same")
			assert.Equal(t, "query x", found[0].At)
		})
	}
}
