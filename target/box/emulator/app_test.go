package emulator_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// configure changes the app.
func (f *fixture) configure(change func(*emulator.AppConfig)) {
	f.t.Helper()
	a := f.App()
	change(&a)
	require.NoError(f.t, f.SetApp(a))
}

func TestApp_Default(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{})
	want := emulator.AppConfig{
		Authorised: true, AccessLevel: "enterprise", UserTokens: true, AsUser: true,
		Scopes: []string{"manage_groups", "manage_managed_users", "manage_enterprise_properties"},
	}
	got := f.App()
	assert.Equal(t, want, got)
	got.Scopes[0] = "x"
	assert.Equal(t, want, f.App(), "the answer is a copy")

	require.ErrorContains(t, f.SetApp(emulator.AppConfig{}), `access level "" is neither enterprise nor app`)
	require.ErrorContains(t, f.SetApp(emulator.AppConfig{AccessLevel: "app", Scopes: []string{"x"}}), `unknown scope "x"`)
	assert.Equal(t, want, f.App())
	mine := []string{"manage_groups"}
	require.NoError(t, f.SetApp(emulator.AppConfig{AccessLevel: "app", Scopes: mine}))
	mine[0] = "x"
	assert.Equal(t, []string{"manage_groups"}, f.App().Scopes)
}

func TestApp_NotAuthorised(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	bob := f.as("20002")
	f.configure(func(a *emulator.AppConfig) { a.Authorised = false })
	f.denied(f.login(nil), "unauthorized_client", "This app is not authorized by the enterprise")
	f.denied(f.login(url.Values{"box_subject_type": {"user"}, "box_subject_id": {"20001"}}),
		"unauthorized_client", "This app is not authorized by the enterprise")
	f.denied(f.assert(sign(t, keyPair(), head(), claims()), nil),
		"unauthorized_client", "This app is not authorized by the enterprise admin")
	f.wants(http.StatusOK, bob.get("/2.0/users/me"))
	f.configure(func(a *emulator.AppConfig) { a.Authorised = true })
	f.wants(http.StatusOK, f.login(nil))
}

func TestApp_UserTokens(t *testing.T) {
	t.Parallel()
	f := jwtApp(t)
	f.configure(func(a *emulator.AppConfig) { a.UserTokens = false })
	const off = "Cannot obtain user token based on the enterprise configuration for your app"
	f.denied(f.login(url.Values{"box_subject_type": {"user"}, "box_subject_id": {"20001"}}), "unauthorized_client", off)
	f.denied(f.assert(sign(t, keyPair(), head(), claims().change(part{"sub": "20001", "box_sub_type": "user"})), nil),
		"unauthorized_client", off)
	f.wants(http.StatusOK, f.login(nil))
	f.wants(http.StatusOK, f.assert(sign(t, keyPair(), head(), claims()), nil))
}

func TestApp_Scopes(t *testing.T) {
	t.Parallel()
	all := []struct{ scope, method, path, body string }{
		{"", "GET", "/2.0/users/me", ""},
		{"", "GET", "/2.0/events?stream_type=all", ""},
		{"manage_groups", "GET", "/2.0/groups", ""},
		{"manage_groups", "POST", "/2.0/groups", `{"name":"x"}`},
		{"manage_groups", "GET", "/2.0/groups/10001", ""},
		{"manage_groups", "PUT", "/2.0/groups/10001", `{}`},
		{"manage_groups", "GET", "/2.0/groups/10001/memberships", ""},
		{"manage_groups", "GET", "/2.0/groups/10001/collaborations", ""},
		{"manage_groups", "POST", "/2.0/group_memberships", addCid},
		{"manage_groups", "GET", "/2.0/group_memberships/30001", ""},
		{"manage_groups", "PUT", "/2.0/group_memberships/30001", `{}`},
		{"manage_groups", "DELETE", "/2.0/group_memberships/30001", ""},
		{"manage_groups", "GET", "/2.0/users/20001/memberships", ""},
		{"manage_groups", "DELETE", "/2.0/groups/10001", ""},
		{"manage_managed_users", "GET", "/2.0/users", ""},
		{"manage_managed_users", "POST", "/2.0/users", `{"name":"x","login":"x@acme.example"}`},
		{"manage_managed_users", "GET", "/2.0/users/20001", ""},
		{"manage_managed_users", "GET", "/2.0/users/20001/email_aliases", ""},
		{"manage_managed_users", "PUT", "/2.0/users/20001", `{}`},
		{"manage_managed_users", "DELETE", "/2.0/users/20001", ""},
		{"manage_enterprise_properties", "GET", "/2.0/events?stream_type=admin_logs", ""},
		{"manage_enterprise_properties", "GET", "/2.0/events?stream_type=admin_logs_streaming", ""},
	}
	for _, lacking := range []string{"manage_groups", "manage_managed_users", "manage_enterprise_properties"} {
		t.Run(lacking, func(t *testing.T) {
			t.Parallel()
			f := seeded(t, emulator.Options{})
			f.configure(func(a *emulator.AppConfig) {
				var scopes []string
				for _, s := range a.Scopes {
					if s != lacking {
						scopes = append(scopes, s)
					}
				}
				a.Scopes = scopes
			})
			for _, c := range all {
				r := f.do(c.method, c.path, c.body)
				if c.scope != lacking {
					assert.Less(t, r.status, 300, "%s %s: %s", c.method, c.path, r.text)
					continue
				}
				assert.Equal(t, http.StatusForbidden, r.status, "%s %s", c.method, c.path)
				assert.Empty(t, r.text, "%s %s", c.method, c.path)
				assert.Equal(t, `Bearer realm="Service", error="insufficient_scope", `+
					`error_description="The request requires higher privileges than provided by the access token."`,
					r.header.Get("WWW-Authenticate"), "%s %s", c.method, c.path)
			}
		})
	}
}

func TestApp_AsUser(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	me := func(id string) reply { return f.do(http.MethodGet, "/2.0/users/me", "", "As-User", id) }
	assert.Equal(t, "20001", f.wants(http.StatusOK, me("20001"))["id"])
	for _, bad := range []string{"ann@acme.example", "20000", "1", "-20001", "20001x"} {
		f.refused(me(bad), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	}
	f.configure(func(a *emulator.AppConfig) { a.AsUser = false })
	f.refused(me("20001"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
}

// TestApp_AccessOnly: an app without enterprise access sees its own groups and
// app users, and of everything else not even that it is there.
func TestApp_AccessOnly(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	f.AddPublicKey("key1", &keyPair().PublicKey)
	own := f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/groups", `{"name":"Own"}`))["id"].(string)
	_, err := f.AddMember("Own", "ann@acme.example", "member")
	require.NoError(t, err)
	f.configure(func(a *emulator.AppConfig) { a.AccessLevel = emulator.AccessApp })

	groups := f.wants(http.StatusOK, f.get("/2.0/groups"))
	assert.Equal(t, []any{own}, column(t, groups, "id"))
	assert.EqualValues(t, 1, groups["total_count"])
	assert.Equal(t, []any{"20004"}, column(t, f.get("/2.0/users").json, "id"))
	assert.Equal(t, []any{"20004"}, column(t, f.get("/2.0/users?usemarker=true").json, "id"))
	assert.Equal(t, []any{"20000", "20004"}, column(t, f.get("/2.0/users?user_type=all").json, "id"))
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
	f.wants(http.StatusOK, f.get("/2.0/groups/"+own))
	f.wants(http.StatusOK, f.get("/2.0/users/20004"))
	assert.Equal(t, []any{"20001"}, userIDs(t, f.get("/2.0/groups/"+own+"/memberships").json))

	f.refused(f.get("/2.0/groups/10001"), http.StatusNotFound, "not_found", "group")
	f.refused(f.get("/2.0/groups/10001/memberships"), http.StatusNotFound, "not_found", "group")
	f.refused(f.get("/2.0/group_memberships/30001"), http.StatusNotFound, "not_found", "group_membership")
	f.refused(f.get("/2.0/users/20001"), http.StatusNotFound, "not_found", "user")
	f.refused(f.get("/2.0/users/20001/memberships"), http.StatusNotFound, "not_found", "user")
	f.refused(f.add(`{"user":{"id":"20004"},"group":{"id":"10001"}}`), http.StatusNotFound, "not_found", "group")
	f.refused(f.add(`{"user":{"id":"20001"},"group":{"id":"`+own+`"}}`), http.StatusNotFound, "not_found", "user")
	f.refused(f.do(http.MethodPost, "/2.0/groups", `{"name":"Finance"}`), http.StatusConflict, "conflict", "group_tag_name")
	f.refused(f.do(http.MethodPost, "/2.0/users", `{"name":"x","login":"x@acme.example"}`),
		http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(f.do(http.MethodGet, "/2.0/users/me", "", "As-User", "20001"),
		http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20004"},"group":{"id":"`+own+`"}}`))
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20000"},"group":{"id":"`+own+`"}}`))
	f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/users", `{"name":"y","is_platform_access_only":true}`))
	f.wants(http.StatusOK, f.do(http.MethodGet, "/2.0/users/me", "", "As-User", "20004"))
	_, err = f.AddMember("Finance", "AppUser_1@boxdevedition.com", "member")
	require.NoError(t, err)
	assert.Len(t, rows(t, f.get("/2.0/users/20004/memberships").json), 1, "in Own; that of Finance is hidden")

	user := url.Values{"box_subject_type": {"user"}, "box_subject_id": {"20001"}}
	f.denied(f.login(user), "invalid_grant", "Grant credentials are invalid")
	f.denied(f.assert(sign(t, keyPair(), head(), claims().change(part{"sub": "20001", "box_sub_type": "user"})), nil),
		"unauthorized_client", "Cannot obtain user token based on the enterprise configuration for your app")
	f.as("20004")
}

func userIDs(t *testing.T, memberships map[string]any) []any {
	t.Helper()
	out := []any{}
	for _, u := range column(t, memberships, "user") {
		out = append(out, u.(map[string]any)["id"])
	}
	return out
}

func TestApp_SilentEmptiness(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.configure(func(a *emulator.AppConfig) { a.SeesNoGroups = true })
	assert.Equal(t, map[string]any{"total_count": 0.0, "limit": 100.0, "offset": 0.0, "entries": []any{}},
		f.wants(http.StatusOK, f.get("/2.0/groups")))
	f.refused(f.get("/2.0/groups/10001"), http.StatusNotFound, "not_found", "group")
	assert.Len(t, rows(t, f.wants(http.StatusOK, f.get("/2.0/users"))), 3)

	f.configure(func(a *emulator.AppConfig) { a.SeesNoGroups, a.SeesNoUsers = false, true })
	assert.Len(t, rows(t, f.wants(http.StatusOK, f.get("/2.0/groups"))), 2)
	assert.Equal(t, map[string]any{"total_count": 0.0, "limit": 100.0, "offset": 0.0, "entries": []any{}},
		f.wants(http.StatusOK, f.get("/2.0/users?user_type=managed")))
	assert.Equal(t, map[string]any{"limit": 100.0, "next_marker": nil, "entries": []any{}},
		f.wants(http.StatusOK, f.get("/2.0/users?usemarker=true")))
	f.refused(f.get("/2.0/users/20001"), http.StatusNotFound, "not_found", "user")
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
}
