package conformance_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const (
	jsonBody  = "application/json"
	formBody  = "application/x-www-form-urlencoded"
	developer = "emulator-token" // which the emulator accepts for ever
)

// testErrors makes the emulator refuse, each time with a request that the
// description allows, and looks at its refusal.
func testErrors(t *testing.T, sum *summary) {
	t.Parallel()
	const grant = "grant_type=client_credentials&client_id=emulator&"
	const right = grant + "client_secret=emulator-secret&box_subject_type=enterprise&box_subject_id=900001"
	for name, c := range map[string]struct {
		prepare func(*testing.T, *world)
		method  string
		target  string
		token   string // the developer's if empty; "none" sends none
		body    string
		status  int
		says    string // a part of the answer
	}{
		"bad_limit":          {target: "/2.0/groups?limit=0", status: 400, says: `"invalid_limit"`},
		"bad_offset":         {target: "/2.0/groups?offset=-1", status: 400, says: `"invalid_offset"`},
		"offset_too_far":     {target: "/2.0/groups/10001/memberships?offset=10000", status: 400, says: `"bad_request"`},
		"bad_marker":         {target: "/2.0/users?usemarker=true&marker=x", status: 400, says: `"marker"`},
		"no_name":            {method: "POST", target: "/2.0/groups", body: `{"name":""}`, status: 400, says: `"missing_parameter"`},
		"external_user":      {method: "POST", target: "/2.0/group_memberships", body: membership("20004"), status: 400, says: "Only managed users"},
		"no_token":           {target: "/2.0/users/me", token: "none", status: 401, says: `"unauthorized"`},
		"wrong_token":        {target: "/2.0/users/me", token: "wrong", status: 401, says: `"unauthorized"`},
		"wrong_token_write":  {method: "DELETE", target: "/2.0/group_memberships/30001", token: "wrong", status: 401, says: `"unauthorized"`},
		"all_users_group":    {prepare: everybody, method: "PUT", target: "/2.0/groups/10003", body: `{}`, status: 403, says: "insufficient_permissions"},
		"no_group":           {target: "/2.0/groups/1", status: 404, says: `"not_found"`},
		"no_group_members":   {target: "/2.0/groups/1/memberships", status: 404, says: `"not_found"`},
		"no_group_write":     {method: "DELETE", target: "/2.0/groups/1", status: 404, says: `"not_found"`},
		"no_membership":      {target: "/2.0/group_memberships/1", status: 404, says: `"not_found"`},
		"membership_gone":    {method: "DELETE", target: "/2.0/group_memberships/1", status: 404, says: `"not_found"`},
		"no_user":            {target: "/2.0/users/1", status: 404, says: `"not_found"`},
		"unknown_user_added": {method: "POST", target: "/2.0/group_memberships", body: membership("1"), status: 404, says: `"not_found"`},
		"name_taken":         {method: "POST", target: "/2.0/groups", body: `{"name":"Legal"}`, status: 409, says: `"group_tag_name"`},
		"name_taken_by_put":  {method: "PUT", target: "/2.0/groups/10001", body: `{"name":"Legal"}`, status: 409, says: `"group_tag_name"`},
		"already_member":     {method: "POST", target: "/2.0/group_memberships", body: membership("20001"), status: 409, says: `"conflict"`},
		"policy": {
			prepare: inject(403, "forbidden_by_policy"), method: "POST", target: "/2.0/group_memberships", body: membership("20003"),
			status: 403, says: `"forbidden_by_policy"`,
		},
		"reserved":   {prepare: inject(409, "name_temporarily_reserved"), method: "POST", target: "/2.0/groups", body: `{"name":"x"}`, status: 409, says: `"name_temporarily_reserved"`},
		"blocked":    {prepare: inject(409, "operation_blocked_temporary"), method: "PUT", target: "/2.0/groups/10001", body: `{}`, status: 409, says: "operation_blocked"},
		"rate_limit": {prepare: inject(429, ""), target: "/2.0/groups", status: 429, says: `"rate_limit_exceeded"`},
		"internal":   {prepare: inject(500, ""), target: "/2.0/groups", status: 500, says: `"internal_server_error"`},
		"proxy":      {prepare: inject(502, ""), target: "/2.0/groups", status: 502, says: "<html>"},
		"no_scope":   {prepare: withoutScope(emulator.ScopeGroups), target: "/2.0/groups", status: 403},
		"page":       {prepare: page(0), target: "/2.0/groups", status: 200, says: "<html>"},
		"cut":        {prepare: cutShort(true), target: "/2.0/groups", status: 200, says: `{"total_count"`},
		"cut_off":    {prepare: cutShort(false), target: "/2.0/groups", says: "EOF"},
		"reset":      {prepare: inject(0, ""), target: "/2.0/groups", says: "EOF"},
		"down":       {prepare: inject(503, ""), target: "/2.0/groups", status: 503, says: `"unavailable"`},

		"token_wrong_secret": {method: "POST", target: "/oauth2/token", body: grant + "client_secret=x", status: 400, says: `"invalid_client"`},
		"token_wrong_enterprise": {
			method: "POST", target: "/oauth2/token", body: grant + "client_secret=emulator-secret&box_subject_type=enterprise&box_subject_id=1",
			status: 400, says: `"invalid_grant"`,
		},
		"token_limited": {prepare: injectToken(429), method: "POST", target: "/oauth2/token", body: right, status: 429, says: "rate_limit"},
		"token_down":    {prepare: injectToken(503), method: "POST", target: "/oauth2/token", body: right, status: 503, says: "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := someBox(t, sum, emulator.Options{})
			if c.prepare != nil {
				c.prepare(t, w)
			}
			method, token, kind := http.MethodGet, developer, ""
			if c.method != "" {
				method = c.method
			}
			if c.token != "" {
				token = c.token
			}
			if c.body != "" {
				kind = jsonBody
			}
			if c.target == "/oauth2/token" {
				kind, token = formBody, "none"
			}
			if token == "none" {
				token = ""
			}
			status, body := w.send(method, c.target, token, kind, c.body)
			assert.Equal(t, c.status, status, body)
			assert.Contains(t, body, c.says)
			w.requireConforms()
		})
	}
}

func membership(user string) string {
	return `{"user":{"id":"` + user + `"},"group":{"id":"10001"},"role":"member"}`
}

func everybody(t *testing.T, w *world) {
	_, err := w.AddAllUsersGroup("Everybody")
	require.NoError(t, err)
}

func inject(status int, code string) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.Inject(emulator.Failure{Status: status, Code: code}) }
}

func injectToken(status int) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) {
		w.Inject(emulator.Failure{Status: status, PathPrefix: "/oauth2/token"})
	}
}
