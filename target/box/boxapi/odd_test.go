package boxapi_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// One odd field costs that field; an id that cannot be read costs the answer.
func TestClient_odd_fields(t *testing.T) {
	t.Parallel()
	usable := boxapi.Membership{
		ID: 1, Role: "member", User: boxapi.UserMini{ID: 44, Name: "T", Login: "t@example.com"}, Group: boxapi.GroupMini{ID: 11},
	}
	change := func(f func(*boxapi.Membership)) boxapi.Membership {
		m := usable
		f(&m)
		return m
	}
	tests := map[string]struct {
		row  string
		want boxapi.Membership
		fail string
	}{
		"usual":           {row: `{"id":"1","role":"member","user":{"id":"44","name":"T","login":"t@example.com"},"group":{"id":"11"}}`, want: usable},
		"numeric_name":    {row: `{"id":1,"role":"member","user":{"id":44,"name":5,"login":"t@example.com"},"group":{"id":11}}`, want: change(func(m *boxapi.Membership) { m.User.Name = "5" })},
		"long_number":     {row: `{"id":"1","role":"member","user":{"id":"44","name":12345678901234567890.10,"login":"t@example.com"},"group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.User.Name = "12345678901234567890.10" })},
		"null_login":      {row: `{"id":"1","role":"member","user":{"id":"44","name":"T","login":null},"group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.User.Login = "" })},
		"list_for_login":  {row: `{"id":"1","role":"member","user":{"login":["x"],"id":"44","name":"T"},"group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.User.Login = "" })},
		"true_for_role":   {row: `{"role":true,"id":"1","user":{"id":"44","name":"T","login":"t@example.com"},"group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.Role = "" })},
		"null_user":       {row: `{"id":"1","role":"member","user":null,"group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.User = boxapi.UserMini{} })},
		"text_for_user":   {row: `{"id":"1","role":"member","user":"T","group":{"id":"11"}}`, want: change(func(m *boxapi.Membership) { m.User = boxapi.UserMini{} })},
		"no_id":           {row: `{"role":"member","user":{"id":"44"}}`, fail: "entry 1: no id"},
		"null_id":         {row: `{"id":null}`, fail: "entry 1: no id"},
		"id_no_number":    {row: `{"id":"x1"}`, fail: `entry 1: not a Box id: "x1"`},
		"id_fraction":     {row: `{"id":1.5}`, fail: `entry 1: not a Box id: "1.5"`},
		"user_id_no_id":   {row: `{"id":"1","user":{"id":{}}}`, fail: `entry 1: not a Box id: "{}"`},
		"odd_and_no_id":   {row: `{"role":7,"user":{"name":[]}}`, fail: "entry 1: no id"},
		"odd_then_bad_id": {row: `{"role":7,"id":"x"}`, fail: `entry 1: not a Box id: "x"`},
		"null":            {row: `null`, fail: "entry 1: no id"},
		"a_text":          {row: `"7"`, fail: "entry 1: no id"},
		"a_list":          {row: `[{"id":"1"}]`, fail: "entry 1: no id"},
	}
	const other = `{"id":"2","role":"admin","user":{"id":"45"},"group":{"id":"11"}}`
	wantOther := boxapi.Membership{ID: 2, Role: "admin", User: boxapi.UserMini{ID: 45}, Group: boxapi.GroupMini{ID: 11}}
	for name, tc := range tests {
		for shape, entries := range map[string]string{
			"array":  `[` + other + `,` + tc.row + `]`,
			"object": `{"0":` + other + `,"1":` + tc.row + `}`, // box-python-sdk#75
		} {
			t.Run(name+"_in_"+shape, func(t *testing.T) {
				t.Parallel()
				c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
					return answer(200, `{"total_count":2,"limit":1000,"entries":`+entries+`}`), nil
				}))
				page, err := c.ListGroupMemberships(t.Context(), 11, boxapi.ListOptions{})
				if tc.fail != "" {
					require.ErrorContains(t, err, tc.fail)
					assert.Equal(t, boxapi.Network, boxapi.KindOf(err))
					assert.Empty(t, page.Entries)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []boxapi.Membership{wantOther, tc.want}, page.Entries)
			})
		}
	}
}

func TestClient_odd_objects(t *testing.T) {
	t.Parallel()
	t.Run("a_group", func(t *testing.T) {
		t.Parallel()
		body := `{"id":"11","name":5,"description":{"a":1},"permissions":{"can_invite_as_collaborator":true},"created_at":1e3}`
		got, err := client(t, newScript(t, step{status: 200, body: body})).GetGroup(t.Context(), 11)
		require.NoError(t, err)
		assert.Equal(t, boxapi.Group{
			ID: 11, Name: "5", Permissions: &boxapi.GroupPermissions{CanInviteAsCollaborator: true}, CreatedAt: "1e3",
		}, got)
	})
	t.Run("a_write_with_an_odd_field_is_done", func(t *testing.T) {
		t.Parallel()
		box := newScript(t, step{status: 201, body: `{"id":"12345","role":null,"user":{"id":44,"login":7},"configurable_permissions":null}`})
		got, err := client(t, box).CreateMembership(t.Context(), boxapi.MembershipRequest{User: 44, Group: 11})
		require.NoError(t, err)
		assert.Equal(t, boxapi.Membership{ID: 12345, User: boxapi.UserMini{ID: 44, Login: "7"}}, got)
	})
	t.Run("an_unreadable_id", func(t *testing.T) {
		t.Parallel()
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, `{"name":5,"id":"x"}`), nil }))
		_, err := c.GetGroup(t.Context(), 11)
		require.ErrorContains(t, err, `the answer is not as Box documents it: not a Box id: "x"`)
	})
}

func TestPage_refuses_the_same_key_twice(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"total_count":1,"entries":[{"id":"1"}],"entries":[]}`,
		`{"total_count":1,"entries":[],"Entries":[{"id":"1"}]}`,
		`{"total_count":1,"entries":[],"entr\u0069es":null}`,
		`{"total_count":5000,"total_count":1,"entries":[{"id":"1"}]}`,
		`{"limit":1,"limit":1,"entries":[]}`,
		`{"total_count":2,"entries":{"0":{"id":"1"},"0":{"id":"2"}}}`,
	} {
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, body), nil }))
		_, err := c.ListGroups(t.Context(), boxapi.GroupListOptions{})
		require.ErrorContains(t, err, "the same key twice", body)
	}
	c := client(t, newScript(t, step{status: 200, body: `{"total_count":1,"entries":[{"id":"7","name":"entries"}]}`}))
	page, err := c.ListGroups(t.Context(), boxapi.GroupListOptions{})
	require.NoError(t, err)
	assert.Equal(t, []boxapi.Group{{ID: 7, Name: "entries"}}, page.Entries)
}

func TestPage_marker_is_text_or_nothing(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{`"m"`: "m", `5`: "5", `null`: "", `""`: ""} {
		c := client(t, newScript(t, step{status: 200, body: `{"next_marker":` + body + `,"entries":[]}`}))
		page, err := c.ListUsersByMarker(t.Context(), boxapi.UserListOptions{}, "")
		require.NoError(t, err)
		assert.Equal(t, want, page.NextMarker)
	}
	for _, body := range []string{`{}`, `[1]`} {
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return answer(200, `{"next_marker":`+body+`,"entries":[]}`), nil
		}))
		_, err := c.ListUsersByMarker(t.Context(), boxapi.UserListOptions{}, "")
		require.ErrorContains(t, err, "not a marker")
	}
}

// What a captive portal, a filtering proxy or a torn connection makes of a call.
func TestClient_answers_that_are_not_Boxs(t *testing.T) {
	t.Parallel()
	html := step{status: 200, body: " \n<!DOCTYPE html><html>Please log in</html>", header: []string{"Content-Type", "text/html; charset=utf-8"}}
	const stranger = "; a proxy or a login page may stand between here and Box"
	tests := map[string]struct {
		answer step
		says   string
		delete bool // a DELETE does not take it for a success either
	}{
		"login_page":      {html, "200 OK: the answer is not Box's: text/html of 43 bytes" + stranger, true},
		"page_of_no_type": {step{status: 202, body: "\ufeff \n<html>"}, "202 Accepted: the answer is not Box's: something of 11 bytes" + stranger, true},
		"page_of_text":    {step{status: 200, body: "log in", header: []string{"Content-Type", "TEXT/HTML"}}, "200 OK: the answer is not Box's: TEXT/HTML of 6 bytes" + stranger, true},
		"plain_text":      {step{status: 200, body: "OK", header: []string{"Content-Type", "text/plain"}}, "200 OK: the answer is not Box's: text/plain of 2 bytes", false},
		"cut_short":       {step{status: 200, body: `{"id":"1","na`, header: []string{"Content-Type", "application/json"}}, "200 OK: the answer is not Box's: application/json of 13 bytes", false},
		"torn":            {step{status: 200, body: `{"id":"1","na`, torn: true}, "200 OK: the answer broke off after 13 bytes", false},
		"torn_otherwise":  {step{status: 200, body: `{"id":"1","na`, torn: true, tear: errors.New("reset by peer")}, "200 OK: the answer broke off after 13 bytes: reset by peer", false},
		"later":           {step{status: 202, header: []string{"Retry-After", "1"}}, "202 Accepted: the answer is empty", false},
		"empty":           {step{status: 200, body: " \n"}, "200 OK: the answer is empty", false},
		"nothing":         {step{status: 204}, "204 No Content: the answer is empty", false},
		"nothing_of_html": {step{status: 204, header: []string{"Content-Type", "text/html"}}, "204 No Content: the answer is empty", false},
		"other_json":      {step{status: 200, body: `{"status":"ok"}`}, "200 OK: the answer is not as Box documents it: no id", false},
		"a_list":          {step{status: 200, body: `[]`}, "200 OK: the answer is not as Box documents it: no id", false},
	}
	for name, tc := range tests {
		for method, call := range byMethod() {
			t.Run(name+"_"+method, func(t *testing.T) {
				t.Parallel()
				attempts := 1
				if method == http.MethodGet {
					attempts = 3
				}
				steps := make([]step, attempts)
				for i := range steps {
					steps[i] = tc.answer
				}
				var logs bytes.Buffer
				c := client(t, newScript(t, steps...), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts, cfg.Logger = 3, logTo(&logs) })
				err := call(t.Context(), c)
				assert.EqualValues(t, attempts, c.Calls(), "a write that may have happened is not repeated blindly")
				if method == http.MethodDelete && !tc.delete {
					require.NoError(t, err)
					return
				}
				e := asError(t, err)
				assert.Equal(t, boxapi.Network, e.Kind())
				assert.Equal(t, method != http.MethodGet, e.Uncertain)
				note := " (may have taken effect)"
				if method == http.MethodGet {
					note = " (after 3 attempts)"
				}
				assert.Equal(t, e.Method+" "+e.Path+": "+tc.says+note, err.Error())
				assert.NotContains(t, err.Error()+logs.String(), "log in")
			})
		}
	}
}

// An answer that quotes a secret where an id belongs.
func TestError_of_an_odd_answer_holds_no_secret(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"id":"canary-token"}`, `{"entries":{"canary-token":{"id":"x"}}}`, `{"entries":[],"total_count":"canary-token"}`,
		`{"entries":[{"id":"canary-token"}]}`, `{"entries":[],"next_marker":["canary-token"]}`,
	} {
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return answer(200, body, "Content-Type", "canary-token"), nil
		}), func(cfg *boxapi.Config) { cfg.Auth = boxapi.DeveloperToken("canary-token") })
		_, err := c.GetUser(t.Context(), 1)
		require.Error(t, err, body)
		assert.NotContains(t, err.Error(), "canary", body)
		_, err = c.ListUsersByMarker(t.Context(), boxapi.UserListOptions{}, "")
		require.Error(t, err, body)
		assert.NotContains(t, err.Error(), "canary", body)
	}
	c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
		return answer(200, "x", "Content-Type", "canary-token"), nil
	}), func(cfg *boxapi.Config) { cfg.Auth = boxapi.DeveloperToken("canary-token") })
	_, err := c.GetUser(t.Context(), 1)
	require.ErrorContains(t, err, "not Box's: [redacted] of 1 bytes")
}

func TestError_text_is_bounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 600)
	reason := `{"reason":"r","name":"` + long + `","message":"` + long + `"},`
	body := `{"code":"` + long + `","message":"` + long + `","request_id":"` + long + `","context_info":{"errors":[` + strings.Repeat(reason, 20) + `{}]}}`
	_, err := client(t, newScript(t, step{status: 400, body: body})).GetUser(t.Context(), 1)
	require.Error(t, err)
	part := strings.Repeat("ä", 500) + "…"
	details := ": " + part + "; " + part + ": " + part + "; " + part + ": " + part
	want := "GET /users/1: 400 " + part + string([]rune(details)[:2000]) + "… (request " + part + ")"
	assert.Equal(t, want, err.Error())
	e := &boxapi.Error{Method: "GET", Path: "/x", Err: errTwoLines{}}
	assert.Equal(t, "GET /x: one two", e.Error())
}

type errTwoLines struct{}

func (errTwoLines) Error() string { return "one\ntwo" }
