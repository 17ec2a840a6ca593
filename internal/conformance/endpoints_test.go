package conformance_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// testEndpoints asks the emulator for what the client does not, or not in every
// way, and holds its answers against the description.
func testEndpoints(t *testing.T, sum *summary) {
	t.Parallel()
	w := someBox(t, sum, emulator.Options{})
	require.NoError(t, w.AddAlias("ann@acme.example", "ann.old@acme.example"))
	_, err := w.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)

	for _, c := range []struct {
		method, target, body string
		status               int
		says                 string
	}{
		{"GET", "/2.0/users/20001/email_aliases", "", 200, `"ann.old@acme.example"`},
		{"GET", "/2.0/groups/10001/collaborations?limit=1&offset=0", "", 200, `"Budget"`},
		{"POST", "/2.0/users?fields=name,login,role,status", `{"name":"New","login":"new@acme.example","role":"coadmin"}`, 201, `"coadmin"`},
		{"POST", "/2.0/users", `{"name":"App","is_platform_access_only":true}`, 201, `"AppUser_`},
		{"POST", "/2.0/users", `{"name":"Again","login":"ann@acme.example"}`, 409, `"user_login_already_used"`},
		{"PUT", "/2.0/users/20003", `{"status":"inactive","name":"Zoe Z."}`, 200, `"inactive"`},
		{"PUT", "/2.0/users/20003", `{"login":"zoe.z@acme.example"}`, 200, `"zoe.z@acme.example"`},
		{"PUT", "/2.0/group_memberships/30001", `{"configurable_permissions":null}`, 200, `"role":"admin"`},
		{"PUT", "/2.0/group_memberships/30001", `{"role":"member"}`, 200, `"role":"member"`},
		{"POST", "/2.0/groups", `{"name":"Short-lived"}`, 201, `"Short-lived"`},
		{"PUT", "/2.0/groups/10003", `{"name":"Shorter"}`, 200, `"Shorter"`},
		{"POST", "/2.0/group_memberships", `{"user":{"id":"20003"},"group":{"id":"10003"},"role":"admin"}`, 201, `"admin"`},
		{"DELETE", "/2.0/group_memberships/30004", "", 204, ""},
		{"DELETE", "/2.0/groups/10003", "", 204, ""},
		{"DELETE", "/2.0/users/20003?force=true&notify=false", "", 204, ""},
		{"GET", "/2.0/events?stream_type=admin_logs&limit=500&stream_position=0", "", 200, `"GROUP_EDITED"`},
		{"GET", "/2.0/events?stream_type=admin_logs&event_type=GROUP_ADD_USER,GROUP_REMOVE_USER", "", 200, `"GROUP_REMOVE_USER"`},
		{"GET", "/2.0/events?stream_type=admin_logs_streaming", "", 200, `"GROUP_ADMIN_DELETED"`},
		{"GET", "/2.0/events?stream_type=admin_logs_streaming&stream_position=now", "", 200, `"chunk_size":0`},
		{"GET", "/2.0/events?stream_type=admin_logs&created_after=2000-01-01T00:00:00-08:00&created_before=2001-01-01T00:00:00Z", "", 200, `"chunk_size":0`},
		{"GET", "/2.0/events", "", 200, `"chunk_size":0`},
	} {
		kind := ""
		if c.body != "" {
			kind = jsonBody
		}
		status, body := w.send(c.method, c.target, developer, kind, c.body)
		assert.Equal(t, c.status, status, "%s %s: %s", c.method, c.target, body)
		assert.Contains(t, body, c.says, "%s %s", c.method, c.target)
	}
	w.requireConforms()
}

// withoutScope takes one right away from the app.
func withoutScope(scope string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		app := w.App()
		app.Scopes = slices.DeleteFunc(app.Scopes, func(s string) bool { return s == scope })
		require.NoError(t, w.SetApp(app))
	}
}

// page makes a proxy answer, and cutShort the network lose the end.
func page(status int) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.Inject(emulator.Failure{HTML: true, Status: status}) }
}

func cutShort(clean bool) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.Inject(emulator.Failure{Truncate: true, CleanEnd: clean}) }
}
