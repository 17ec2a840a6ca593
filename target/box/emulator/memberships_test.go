package emulator_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func (f *fixture) add(body string) reply {
	f.t.Helper()
	return f.do(http.MethodPost, "/2.0/group_memberships", body)
}

func TestMemberships_ListEntryIsMini(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	ann := map[string]any{
		"type": "group_membership", "id": "30001", "role": "admin",
		"user":  map[string]any{"type": "user", "id": "20001", "name": "Ann Archer", "login": "ann@acme.example"},
		"group": map[string]any{"type": "group", "id": "10001", "name": "Finance", "group_type": "managed_group"},
	}
	for _, path := range []string{
		"/2.0/groups/10001/memberships?limit=1",
		"/2.0/users/20001/memberships?limit=1",
		"/2.0/groups/10001/memberships?limit=1&fields=configurable_permissions,created_at",
	} {
		got := f.wants(http.StatusOK, f.get(path))
		assert.Equal(t, []map[string]any{ann}, rows(t, got), path)
		assert.ElementsMatch(t, []string{"total_count", "limit", "offset", "entries"}, keys(got), path)
	}
	assert.EqualValues(t, 2, f.get("/2.0/groups/10001/memberships").json["total_count"])
	assert.Equal(t, []any{}, f.get("/2.0/groups/10002/memberships").json["entries"])
}

func TestMemberships_Create(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusCreated, f.add(`{"user":{"id":"20003"},"group":{"id":"10001"}}`))
	assert.ElementsMatch(t, []string{
		"type", "id", "user", "group", "role", "created_at", "modified_at", "configurable_permissions",
	}, keys(got))
	assert.Equal(t, "30003", got["id"])
	assert.Equal(t, "member", got["role"], "member is the default")
	assert.Nil(t, got["configurable_permissions"])
	assert.Regexp(t, numericOffset, got["modified_at"])
	assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member", "cid@acme.example member"}, f.Members("Finance"))
	assert.Equal(t, []emulator.Effect{{
		Seq: 1, Action: "add_member", GroupID: "10001", Group: "Finance", UserID: "20003", Login: "cid@acme.example",
		MembershipID: "30003", RoleAfter: "member",
	}}, f.Journal())

	r := f.do(http.MethodPost, "/2.0/group_memberships?fields=role", `{"user":{"id":"20003"},"group":{"id":"10002"},"role":null}`)
	assert.Equal(t, map[string]any{"type": "group_membership", "id": "30004", "role": "member"}, f.wants(http.StatusCreated, r))
}

func TestMemberships_ServiceAccountCanBeAdmin(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusCreated, f.add(`{"user":{"id":"20000"},"group":{"id":"10001"},"role":"admin"}`))
	assert.Equal(t, "admin", got["role"])
}

func TestMemberships_CoAdminStaysMember(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"coadmin", "admin"} {
		f := seeded(t, emulator.Options{})
		id, err := f.AddUser(emulator.User{Login: "boss@acme.example", Role: role})
		require.NoError(t, err)

		got := f.wants(http.StatusCreated, f.add(fmt.Sprintf(`{"user":{"id":%q},"group":{"id":"10001"},"role":"admin"}`, id)))
		assert.Equal(t, "member", got["role"])
		f.ResetStats()
		r := f.do(http.MethodPut, fmt.Sprintf("/2.0/group_memberships/%s", got["id"]), `{"role":"admin"}`)
		assert.Equal(t, "member", f.wants(http.StatusOK, r)["role"], "it never converges")
		assert.Empty(t, f.Journal())
	}
}

func TestMemberships_Refused(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	_, err := f.AddUser(emulator.User{ID: "40000", Login: "x@elsewhere.example", Kind: emulator.External})
	require.NoError(t, err)
	const in = `"user":{"id":"20003"},"group":{"id":"10001"}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code, parameter    string
	}{
		"already_in":         {"POST", "", `{"user":{"id":"20002"},"group":{"id":"10001"}}`, 409, "conflict", "user"},
		"already_other_role": {"POST", "", `{"user":{"id":"20002"},"group":{"id":"10001"},"role":"admin"}`, 409, "conflict", "user"},
		"unknown_user":       {"POST", "", `{"user":{"id":"1"},"group":{"id":"10001"}}`, 404, "not_found", "user"},
		"unknown_group":      {"POST", "", `{"user":{"id":"20003"},"group":{"id":"1"}}`, 404, "not_found", "group"},
		"external_user":      {"POST", "", `{"user":{"id":"40000"},"group":{"id":"10001"}}`, 400, "bad_request", "user"},
		"no_user":            {"POST", "", `{"group":{"id":"10001"}}`, 400, "bad_request", "user.id"},
		"no_group":           {"POST", "", `{"user":{"id":"20003"}}`, 400, "bad_request", "group.id"},
		"id_is_a_number":     {"POST", "", `{"user":{"id":20003},"group":{"id":"10001"}}`, 400, "bad_request", "body"},
		"broken":             {"POST", "", `{"user"`, 400, "bad_request", "body"},
		"role":               {"POST", "", `{` + in + `,"role":"owner"}`, 400, "bad_request", "role"},
		"role_in_capitals":   {"POST", "", `{` + in + `,"role":"Admin"}`, 400, "bad_request", "role"},
		"permissions_type":   {"POST", "", `{` + in + `,"configurable_permissions":true}`, 400, "bad_request", "configurable_permissions"},
		"permissions_value":  {"POST", "", `{` + in + `,"configurable_permissions":{"can_run_reports":"no"}}`, 400, "bad_request", "configurable_permissions"},
		"permissions_key":    {"POST", "", `{` + in + `,"configurable_permissions":{"can_fly":true}}`, 400, "bad_request", "configurable_permissions"},
		"put_unknown":        {"PUT", "/1", `{"role":"admin"}`, 404, "not_found", "group_membership"},
		"put_role":           {"PUT", "/30001", `{"role":"owner"}`, 400, "bad_request", "role"},
		"put_broken":         {"PUT", "/30001", `{`, 400, "bad_request", "body"},
		"put_permissions":    {"PUT", "/30001", `{"configurable_permissions":[]}`, 400, "bad_request", "configurable_permissions"},
		"get_unknown":        {"GET", "/1", ``, 404, "not_found", "group_membership"},
		"get_no_number":      {"GET", "/x", ``, 404, "not_found", "group_membership"},
		"delete_unknown":     {"DELETE", "/1", ``, 404, "not_found", "group_membership"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.refused(f.do(c.method, "/2.0/group_memberships"+c.path, c.body), c.status, c.code, c.parameter)
			assert.Empty(t, f.Journal())
			assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member"}, f.Members("Finance"))
		})
	}
}

func permissions(reports, login, create, edit bool) map[string]any {
	return map[string]any{
		"can_run_reports": reports, "can_instant_login": login, "can_create_accounts": create, "can_edit_accounts": edit,
	}
}

func TestMemberships_PermissionsOnCreate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rest string
		want any
	}{
		"absent_is_everything":   {`"role":"admin"`, permissions(true, true, true, true)},
		"null_is_nothing":        {`"role":"admin","configurable_permissions":null`, permissions(false, false, false, false)},
		"empty_is_everything":    {`"role":"admin","configurable_permissions":{}`, permissions(true, true, true, true)},
		"missing_keys_are_on":    {`"role":"admin","configurable_permissions":{"can_create_accounts":false}`, permissions(true, true, false, true)},
		"all_four_are_exact":     {`"role":"admin","configurable_permissions":{"can_run_reports":true,"can_instant_login":false,"can_create_accounts":false,"can_edit_accounts":false}`, permissions(true, false, false, false)},
		"no_effect_for_a_member": {`"role":"member","configurable_permissions":{"can_run_reports":true}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := seeded(t, emulator.Options{})
			got := f.wants(http.StatusCreated, f.add(`{"user":{"id":"20003"},"group":{"id":"10001"},`+c.rest+`}`))
			assert.Equal(t, c.want, got["configurable_permissions"])
			again := f.wants(http.StatusOK, f.get("/2.0/group_memberships/30003"))
			assert.Equal(t, got, again)
		})
	}
}

func TestMemberships_UpdateInSteps(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for i, step := range []struct {
		body    string
		role    string
		want    any
		effects int
	}{
		{`{}`, "member", nil, 0},
		{`{"role":"member"}`, "member", nil, 0},
		{`{"configurable_permissions":{"can_run_reports":false}}`, "member", nil, 0},
		{`{"role":"admin"}`, "admin", permissions(true, true, true, true), 1},
		{`{"role":"admin"}`, "admin", permissions(true, true, true, true), 1},
		{`{"configurable_permissions":{"can_edit_accounts":false}}`, "admin", permissions(true, true, true, false), 2},
		{`{"role":"admin"}`, "admin", permissions(true, true, true, false), 2},
		{`{"configurable_permissions":{"can_run_reports":false}}`, "admin", permissions(false, true, true, true), 3},
		{`{"configurable_permissions":null}`, "admin", permissions(false, false, false, false), 4},
		{`{"role":"member"}`, "member", nil, 5},
		{`{"role":"admin","configurable_permissions":null}`, "admin", permissions(false, false, false, false), 6},
	} {
		got := f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/group_memberships/30002", step.body))
		assert.Equal(t, step.role, got["role"], "step %d", i)
		assert.Equal(t, step.want, got["configurable_permissions"], "step %d", i)
		assert.Len(t, f.Journal(), step.effects, "step %d", i)
	}
	first := f.Journal()[0]
	assert.Equal(t, emulator.Effect{
		Seq: 1, Action: "change_member", GroupID: "10001", Group: "Finance", UserID: "20002", Login: "bob@acme.example",
		MembershipID: "30002", RoleBefore: "member", RoleAfter: "admin",
	}, first)
}

func TestMemberships_Delete(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	r := f.do(http.MethodDelete, "/2.0/group_memberships/30001", "")
	assert.Equal(t, http.StatusNoContent, r.status)
	assert.Empty(t, r.text)
	assert.Equal(t, []string{"bob@acme.example member"}, f.Members("Finance"))
	assert.Equal(t, []emulator.Effect{{
		Seq: 1, Action: "remove_member", GroupID: "10001", Group: "Finance", UserID: "20001", Login: "ann@acme.example",
		MembershipID: "30001", RoleBefore: "admin",
	}}, f.Journal())

	f.refused(f.do(http.MethodDelete, "/2.0/group_memberships/30001", ""), http.StatusNotFound, "not_found", "group_membership")
	f.refused(f.get("/2.0/group_memberships/30001"), http.StatusNotFound, "not_found", "group_membership")
	assert.Len(t, f.Journal(), 1)
	back := f.wants(http.StatusCreated, f.add(`{"user":{"id":"20001"},"group":{"id":"10001"}}`))
	assert.Equal(t, "30003", back["id"], "ids are not used again")
}

func TestMemberships_GroupAdminManagesOwnGroupOnly(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	ann, bob, cid := f.as("20001"), f.as("20002"), f.as("20003")

	f.wants(http.StatusCreated, ann.add(`{"user":{"id":"20003"},"group":{"id":"10001"}}`))
	f.wants(http.StatusOK, ann.do(http.MethodPut, "/2.0/group_memberships/30003", `{"role":"admin"}`))
	f.wants(http.StatusNoContent, ann.do(http.MethodDelete, "/2.0/group_memberships/30003", ""))
	f.refused(ann.add(`{"user":{"id":"20003"},"group":{"id":"10002"}}`), http.StatusNotFound, "not_found", "group")
	f.refused(bob.add(`{"user":{"id":"20003"},"group":{"id":"10001"}}`), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(bob.get("/2.0/group_memberships/30001"), http.StatusNotFound, "not_found", "group_membership")
	f.refused(bob.do(http.MethodDelete, "/2.0/group_memberships/30001", ""), http.StatusNotFound, "not_found", "group_membership")
	f.refused(cid.get("/2.0/users/20001/memberships"), http.StatusNotFound, "not_found", "user")
	f.wants(http.StatusOK, cid.get("/2.0/users/20003/memberships"))
	assert.Len(t, f.Journal(), 3)
}
