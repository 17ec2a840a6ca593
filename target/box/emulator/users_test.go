package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// crowd is a Box with every kind of user.
func crowd(t *testing.T) *fixture {
	t.Helper()
	f := seeded(t, emulator.Options{})
	for _, u := range []emulator.User{
		{Login: "AppUser_1@boxdevedition.com", Name: "An app", Kind: emulator.App},
		{Login: "eve@elsewhere.example", Name: "Eve", Kind: emulator.External},
		{Login: "ann+new@acme.example", Name: "Zoe", Role: "coadmin", Status: "inactive"},
	} {
		_, err := f.AddUser(u)
		require.NoError(t, err)
	}
	return f
}

func TestUsers_StandardFields(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	standard := []string{
		"type", "id", "name", "login", "created_at", "modified_at", "language", "timezone", "space_amount", "space_used",
		"max_upload_size", "status", "job_title", "phone", "address", "avatar_url", "notification_email",
	}
	one := f.wants(http.StatusOK, f.get("/2.0/users/20001"))
	assert.ElementsMatch(t, standard, keys(one))
	assert.Equal(t, "ann@acme.example", one["login"])
	assert.Equal(t, "Ann Archer", one["name"])
	assert.Equal(t, "active", one["status"])
	assert.Regexp(t, numericOffset, one["created_at"])
	assert.Equal(t, one, rows(t, f.get("/2.0/users?limit=1").json)[0])
}

func TestUsers_Fields(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	got := f.wants(http.StatusOK, f.get("/2.0/users/20006?fields=role,status,is_platform_access_only,enterprise,tracking_codes"))
	assert.Equal(t, map[string]any{
		"type": "user", "id": "20006", "role": "coadmin", "status": "inactive", "is_platform_access_only": false,
		"enterprise":     map[string]any{"type": "enterprise", "id": "900001", "name": "Acme"},
		"tracking_codes": []any{},
	}, got)
	assert.Equal(t, true, f.get("/2.0/users/20004?fields=is_platform_access_only").json["is_platform_access_only"])
}

func TestUsers_Me(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{EnterpriseID: "42", EnterpriseName: "Umbrella"})
	got := f.wants(http.StatusOK, f.get("/2.0/users/me?fields=login,enterprise,role"))
	assert.Regexp(t, `^AutomationUser_.*@boxdevedition\.com$`, got["login"])
	assert.Equal(t, map[string]any{"type": "enterprise", "id": "42", "name": "Umbrella"}, got["enterprise"])
	assert.Contains(t, got, "role")
	f.wants(http.StatusOK, f.get(fmt.Sprintf("/2.0/users/%s", got["id"])))
}

func TestUsers_ExternalShowsNulls(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	got := f.wants(http.StatusOK, f.get("/2.0/users/20005?fields=login,name,status,role,enterprise"))
	assert.Equal(t, map[string]any{
		"type": "user", "id": "20005", "login": "eve@elsewhere.example", "name": "Eve", "status": nil, "role": nil, "enterprise": nil,
	}, got)
}

func TestUsers_List(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	ann, bob, cid, app, eve, zoe := "20001", "20002", "20003", "20004", "20005", "20006"
	for name, c := range map[string]struct {
		query url.Values
		want  []any
	}{
		"default":          {nil, []any{ann, bob, cid, app, zoe}},
		"managed":          {url.Values{"user_type": {"managed"}}, []any{ann, bob, cid, app, zoe}},
		"all":              {url.Values{"user_type": {"all"}}, []any{"20000", ann, bob, cid, app, zoe}},
		"external":         {url.Values{"user_type": {"external"}}, []any{}},
		"login_prefix":     {url.Values{"filter_term": {"ANN"}}, []any{ann, zoe}},
		"name_prefix":      {url.Values{"filter_term": {"an app"}}, []any{app}},
		"plus":             {url.Values{"filter_term": {"ann+new@acme.example"}}, []any{zoe}},
		"not_inside":       {url.Values{"filter_term": {"acme"}}, []any{}},
		"not_external":     {url.Values{"filter_term": {"eve@elsewhere.example"}}, []any{}},
		"external_exact":   {url.Values{"filter_term": {"Eve@elsewhere.example"}, "user_type": {"external"}}, []any{eve}},
		"external_prefix":  {url.Values{"filter_term": {"eve@"}, "user_type": {"external"}}, []any{}},
		"all_finds_exact":  {url.Values{"filter_term": {"eve@elsewhere.example"}, "user_type": {"all"}}, []any{eve}},
		"no_service_match": {url.Values{"filter_term": {"AutomationUser"}}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.wants(http.StatusOK, f.get("/2.0/users?"+c.query.Encode()))
			assert.Equal(t, c.want, column(t, got, "id"))
			assert.EqualValues(t, len(c.want), got["total_count"])

			c.query = url.Values{"filter_term": c.query["filter_term"], "user_type": c.query["user_type"], "usemarker": {"true"}}
			assert.Equal(t, c.want, column(t, f.get("/2.0/users?"+c.query.Encode()).json, "id"), "by marker")
		})
	}
	f.refused(f.get("/2.0/users?user_type=robots"), http.StatusBadRequest, "bad_request", "user_type")
}

func TestUsers_Marker(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	var seen []any
	marker := ""
	for page := 0; ; page++ {
		require.Less(t, page, 4, "no end")
		got := f.wants(http.StatusOK, f.get("/2.0/users?usemarker=true&limit=2&fields=login&marker="+url.QueryEscape(marker)))
		assert.ElementsMatch(t, []string{"limit", "next_marker", "entries"}, keys(got), "no total_count")
		seen = append(seen, column(t, got, "id")...)
		if page == 0 {
			require.NoError(t, f.RemoveUser("bob@acme.example"), "who was passed already shifts nothing")
		}
		next, more := got["next_marker"].(string)
		if !more {
			assert.Nil(t, got["next_marker"])
			break
		}
		marker = next
	}
	assert.Equal(t, []any{"20001", "20002", "20003", "20004", "20006"}, seen)
}

func TestUsers_MarkerEndsOnAFullPage(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusOK, f.get("/2.0/users?usemarker=true&limit=3"))
	assert.Len(t, rows(t, got), 3)
	assert.Nil(t, got["next_marker"])
}

func TestUsers_MarkerRefused(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.refused(f.get("/2.0/users?usemarker=true&marker=%21"), http.StatusBadRequest, "bad_request", "marker")
	f.refused(f.get("/2.0/users?usemarker=true&marker=YWJj"), http.StatusBadRequest, "bad_request", "marker")
	f.refused(f.get("/2.0/users?usemarker=true&offset=5"), http.StatusBadRequest, "bad_request", "offset")
	f.refused(f.get("/2.0/users?usemarker=true&limit=x"), http.StatusBadRequest, "invalid_limit", "limit")
}

func TestUsers_NotFoundAndAliases(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for _, path := range []string{"/1", "/x", "/1/memberships", "/1/email_aliases"} {
		f.refused(f.get("/2.0/users"+path), http.StatusNotFound, "not_found", "user")
	}
	got := f.wants(http.StatusOK, f.get("/2.0/users/20001/email_aliases"))
	assert.Equal(t, map[string]any{"total_count": 0.0, "entries": []any{}}, got)
}

func TestUsers_WithoutRights(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	bob := f.as("20002")
	f.refused(bob.get("/2.0/users"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(bob.get("/2.0/users/20001"), http.StatusNotFound, "not_found", "user")
	f.wants(http.StatusOK, bob.get("/2.0/users/20002"))
}

// The filter finds app users by the name that their app gave them; none has one
// here, and a Box that ignored it would show everybody.
func TestUsers_external_app_user_id_finds_nobody(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	list := f.wants(http.StatusOK, f.get("/2.0/users?external_app_user_id=hr-1"))
	assert.Empty(t, rows(t, list))
	assert.EqualValues(t, 0, list["total_count"])
	assert.Empty(t, rows(t, f.wants(http.StatusOK, f.get("/2.0/users?usemarker=true&external_app_user_id=hr-1"))))
}
