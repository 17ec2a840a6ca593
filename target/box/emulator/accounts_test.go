package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func (f *fixture) post(path, body string) reply { return f.do(http.MethodPost, path, body) }

func (f *fixture) put(path, body string) reply { return f.do(http.MethodPut, path, body) }

const userFields = "?fields=name,login,status,role,is_platform_access_only"

func TestAccounts_Create(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusCreated, f.post("/2.0/users"+userFields,
		`{"name":"Dan Dean","login":"Dan@acme.example","role":"coadmin","status":"inactive","language":"de"}`))
	assert.Equal(t, map[string]any{
		"type": "user", "id": "20004", "name": "Dan Dean", "login": "Dan@acme.example", "role": "coadmin",
		"status": "inactive", "is_platform_access_only": false,
	}, got)
	got = f.wants(http.StatusCreated, f.post("/2.0/users"+userFields, `{"name":"Robot","login":"ignored@acme.example","is_platform_access_only":true}`))
	assert.Equal(t, map[string]any{
		"type": "user", "id": "20005", "name": "Robot", "login": "AppUser_900000_20005@boxdevedition.com", "role": "user",
		"status": "active", "is_platform_access_only": true,
	}, got)
	assert.Contains(t, f.wants(http.StatusCreated, f.post("/2.0/users", `{"name":"x","login":"x@acme.example"}`)), "max_upload_size")
	assert.Equal(t, []emulator.Effect{
		{Seq: 1, Action: "create_user", UserID: "20004", Login: "Dan@acme.example"},
		{Seq: 2, Action: "create_user", UserID: "20005", Login: "AppUser_900000_20005@boxdevedition.com"},
		{Seq: 3, Action: "create_user", UserID: "20006", Login: "x@acme.example"},
	}, f.Journal())
	assert.True(t, f.Changed())
}

func TestAccounts_CreateRefused(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.AddAlias("ann@acme.example", "archer@acme.example"))
	for name, c := range map[string]struct {
		body, code, parameter string
		status                int
	}{
		"login_taken":  {`{"name":"x","login":"ANN@acme.example"}`, "user_login_already_used", "", http.StatusConflict},
		"alias_taken":  {`{"name":"x","login":"Archer@acme.example"}`, "user_login_already_used", "", http.StatusConflict},
		"no_name":      {`{"login":"x@acme.example"}`, "bad_request", "name", http.StatusBadRequest},
		"no_login":     {`{"name":"x"}`, "bad_request", "login", http.StatusBadRequest},
		"login_format": {`{"name":"x","login":"x"}`, "bad_request", "login", http.StatusBadRequest},
		"long_name":    {`{"name":"` + strings.Repeat("ä", 51) + `","login":"x@acme.example"}`, "bad_request", "name", http.StatusBadRequest},
		"role":         {`{"name":"x","login":"x@acme.example","role":"admin"}`, "bad_request", "role", http.StatusBadRequest},
		"status":       {`{"name":"x","login":"x@acme.example","status":"asleep"}`, "bad_request", "status", http.StatusBadRequest},
		"no_json":      {`{`, "bad_request", "body", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.refused(f.post("/2.0/users", c.body), c.status, c.code, c.parameter)
		})
	}
	f.refused(f.as("20002").post("/2.0/users", `{"name":"x","login":"x@acme.example"}`),
		http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.wants(http.StatusCreated, f.post("/2.0/users", `{"name":"`+strings.Repeat("ä", 50)+`","login":"long@acme.example"}`))
	assert.Len(t, f.Journal(), 1)
}

func TestAccounts_Update(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.wants(http.StatusOK, f.put("/2.0/users/20001", `{}`))
	f.wants(http.StatusOK, f.put("/2.0/users/20001", `{"name":"Ann Archer","login":"ann@acme.example","status":"active","role":"user"}`))
	assert.Empty(t, f.Journal(), "nothing was changed")
	assert.False(t, f.Changed())

	got := f.wants(http.StatusOK, f.put("/2.0/users/20001"+userFields, `{"name":"Ann Baker","login":"baker@acme.example","status":"cannot_delete_edit"}`))
	assert.Equal(t, map[string]any{
		"type": "user", "id": "20001", "name": "Ann Baker", "login": "baker@acme.example", "role": "user",
		"status": "cannot_delete_edit", "is_platform_access_only": false,
	}, got)
	assert.Equal(t, []any{"ann@acme.example"}, column(t, f.get("/2.0/users/20001/email_aliases").json, "email"), "the old login")
	assert.Equal(t, []any{"20001"}, column(t, f.get("/2.0/users?filter_term=ann+b").json, "id"), "found by the new name")
	assert.Equal(t, []any{"20001"}, column(t, f.get("/2.0/users?filter_term=BAKER%40").json, "id"))

	f.wants(http.StatusOK, f.put("/2.0/users/20001", `{"login":"Ann@acme.example"}`))
	assert.Equal(t, []any{"baker@acme.example"}, column(t, f.get("/2.0/users/20001/email_aliases").json, "email"), "an alias becomes the login")
	f.refused(f.put("/2.0/users/20001", `{"login":"ANN@acme.example"}`), http.StatusConflict, "user_login_already_used", "")
	f.refused(f.put("/2.0/users/20002", `{"login":"BAKER@acme.example"}`), http.StatusConflict, "user_login_already_used", "")
	f.refused(f.put("/2.0/users/20002", `{"login":"cid@acme.example"}`), http.StatusConflict, "user_login_already_used", "")
	f.refused(f.put("/2.0/users/20002", `{"status":"x"}`), http.StatusBadRequest, "bad_request", "status")
	assert.Equal(t, []emulator.Effect{
		{Seq: 1, Action: "update_user", UserID: "20001", Login: "baker@acme.example"},
		{Seq: 2, Action: "update_user", UserID: "20001", Login: "Ann@acme.example"},
	}, f.Journal())
}

// TestAccounts_PromotionEndsGroupAdmin: a co-admin of the enterprise cannot be
// admin of a group.
func TestAccounts_PromotionEndsGroupAdmin(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.wants(http.StatusOK, f.put("/2.0/users/20001", `{"role":"coadmin"}`))
	assert.Equal(t, []string{"ann@acme.example member", "bob@acme.example member"}, f.Members("Finance"))
	require.NoError(t, f.SetRole("Finance", "bob@acme.example", "admin"))
	require.NoError(t, f.SetEnterpriseRole("bob@acme.example", "admin"))
	assert.Equal(t, []string{"ann@acme.example member", "bob@acme.example member"}, f.Members("Finance"))
}

func TestAccounts_Delete(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.AddAlias("ann@acme.example", "archer@acme.example"))
	r := f.do(http.MethodDelete, "/2.0/users/20001?force=true&notify=false", "")
	f.wants(http.StatusNoContent, r)
	assert.Empty(t, r.text)
	assert.Equal(t, []string{"bob@acme.example member"}, f.Members("Finance"))
	f.refused(f.do(http.MethodDelete, "/2.0/users/20001", ""), http.StatusNotFound, "not_found", "user")
	assert.Equal(t, []emulator.Effect{{Seq: 1, Action: "delete_user", UserID: "20001", Login: "ann@acme.example"}}, f.Journal())
	for _, free := range []string{"ann@acme.example", "archer@acme.example"} {
		f.wants(http.StatusCreated, f.post("/2.0/users", `{"name":"x","login":"`+free+`"}`))
	}
}

func TestAccounts_Protected(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	require.NoError(t, f.SetEnterpriseRole("cid@acme.example", "admin"))
	for _, id := range []string{"20000", "20003", "20005"} {
		f.refused(f.put("/2.0/users/"+id, `{}`), http.StatusForbidden, "access_denied_insufficient_permissions", "")
		f.refused(f.do(http.MethodDelete, "/2.0/users/"+id, ""), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	}
	bob := f.as("20002")
	f.refused(bob.put("/2.0/users/20002", `{}`), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(bob.put("/2.0/users/20001", `{}`), http.StatusNotFound, "not_found", "user")
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/users/20006", ""))
}

func TestAliases(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	id, err := f.AddUser(emulator.User{Login: "dan@acme.example", Aliases: []string{"d@acme.example", "dd@acme.example"}})
	require.NoError(t, err)
	require.NoError(t, f.AddAlias("dan@acme.example", "ddd@acme.example"))
	require.NoError(t, f.RemoveAlias("dan@acme.example", "DD@acme.example"))
	assert.Equal(t, map[string]any{"total_count": 2.0, "entries": []any{
		map[string]any{"type": "email_alias", "id": "40001", "email": "d@acme.example", "is_confirmed": true},
		map[string]any{"type": "email_alias", "id": "40003", "email": "ddd@acme.example", "is_confirmed": true},
	}}, f.wants(http.StatusOK, f.get("/2.0/users/"+id+"/email_aliases")))
	assert.Equal(t, []string{"d@acme.example", "ddd@acme.example"}, f.Users()[4].Aliases)
	assert.Empty(t, column(t, f.get("/2.0/users?filter_term=ddd").json, "id"), "lists do not search aliases")
	f.refused(f.as("20001").get("/2.0/users/"+id+"/email_aliases"), http.StatusNotFound, "not_found", "user")

	require.NoError(t, f.SetLogin("dan@acme.example", "ddd@acme.example"))
	assert.Equal(t, []any{"d@acme.example", "dan@acme.example"}, column(t, f.get("/2.0/users/"+id+"/email_aliases").json, "email"))
	require.NoError(t, f.SetLogin("ddd@acme.example", "DDD@acme.example"))
	assert.Equal(t, []string{"d@acme.example", "dan@acme.example"}, f.Users()[4].Aliases, "another spelling is no alias")
	require.NoError(t, f.RemoveUser("ddd@acme.example"))
	require.NoError(t, f.AddAlias("ann@acme.example", "d@acme.example"), "free again")
	require.NoError(t, f.AddAlias("ann@acme.example", "dd@acme.example"), "free since it was removed")

	for want, err := range map[string]error{
		`"BOB@acme.example" is taken`: f.AddAlias("ann@acme.example", "BOB@acme.example"),
		`"D@acme.example" is taken`:   f.AddAlias("bob@acme.example", "D@acme.example"),
		`"" is no e-mail`:             f.AddAlias("ann@acme.example", ""),
		`"x@acme.example" is no`:      f.RemoveAlias("ann@acme.example", "x@acme.example"),
		`"ann@acme.example" is no`:    f.RemoveAlias("ann@acme.example", "ann@acme.example"),
		"no such user":                f.AddAlias("x", "y"),
		"it is empty, or somebody":    f.SetLogin("bob@acme.example", "d@acme.example"),
		`login "d@acme.example" of`:   second(f.AddUser(emulator.User{Login: "d@acme.example"})),
		`"ann@acme.example", is emp`:  second(f.AddUser(emulator.User{Login: "e@acme.example", Aliases: []string{"ann@acme.example"}})),
		`"E@acme.example", is empty`:  second(f.AddUser(emulator.User{Login: "e@acme.example", Aliases: []string{"E@acme.example"}})),
	} {
		require.ErrorContains(t, err, want)
	}
}

func second(_ string, err error) error { return err }

func TestPeople(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for _, status := range []string{"inactive", "cannot_delete_edit", "cannot_delete_edit_upload", "active"} {
		require.NoError(t, f.SetStatus("ANN@acme.example", status))
		assert.Equal(t, status, f.get("/2.0/users/20001").json["status"])
	}
	require.NoError(t, f.SetEnterpriseRole("bob@acme.example", "coadmin"))
	assert.Equal(t, "coadmin", f.get("/2.0/users/20002?fields=role").json["role"])
	require.ErrorContains(t, f.SetStatus("ann@acme.example", "x"), `status "x" is unknown`)
	require.ErrorContains(t, f.SetEnterpriseRole("ann@acme.example", "x"), `enterprise role "x" is unknown`)
	require.ErrorContains(t, f.SetStatus("AutomationUser_900000_emulator@boxdevedition.com", "inactive"), "the service account")
	_, err := f.AddUser(emulator.User{Login: "x@acme.example", Status: "x"})
	require.ErrorContains(t, err, `user 20004 has the unknown status "x"`)
	assert.Empty(t, f.Journal())
	assert.True(t, f.Changed())
}

func TestPeople_Barrier(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.SetBarrier("cid@acme.example", "Finance"))
	f.refused(f.add(addCid), http.StatusForbidden, "forbidden_by_policy", "")
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20003"},"group":{"id":"10002"}}`))
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20001"},"group":{"id":"10002"}}`))
	require.NoError(t, f.RemoveBarrier("cid@acme.example", "Finance"))
	f.wants(http.StatusCreated, f.add(addCid))
	require.Error(t, f.SetBarrier("x", "Finance"))
	require.Error(t, f.RemoveBarrier("cid@acme.example", "x"))
}

func TestCollaborations(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	assert.Equal(t, map[string]any{"total_count": 0.0, "limit": 100.0, "offset": 0.0, "entries": []any{}},
		f.wants(http.StatusOK, f.get("/2.0/groups/10001/collaborations")))
	id, err := f.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)
	assert.Equal(t, "50001", id)
	_, err = f.AddCollaboration("Finance", "Taxes", "viewer uploader")
	require.NoError(t, err)
	got := f.wants(http.StatusOK, f.get("/2.0/groups/10001/collaborations?limit=1"))
	assert.EqualValues(t, 2, got["total_count"])
	first := rows(t, got)[0]
	assert.Len(t, rows(t, got), 1)
	assert.Regexp(t, numericOffset, first["created_at"])
	delete(first, "created_at")
	delete(first, "modified_at")
	assert.Equal(t, map[string]any{
		"type": "collaboration", "id": "50001", "role": "editor", "status": "accepted",
		"item":          map[string]any{"type": "folder", "id": "950001", "name": "Budget"},
		"accessible_by": map[string]any{"type": "group", "id": "10001", "name": "Finance", "group_type": "managed_group"},
	}, first)
	f.refused(f.as("20001").get("/2.0/groups/10001/collaborations"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(f.get("/2.0/groups/1/collaborations"), http.StatusNotFound, "not_found", "group")
	f.refused(f.get("/2.0/groups/10001/collaborations?limit=x"), http.StatusBadRequest, "invalid_limit", "limit")
	_, err = f.AddCollaboration("Finance", "x", "king")
	require.ErrorContains(t, err, `role "king"`)
	_, err = f.AddCollaboration("x", "x", "editor")
	require.ErrorContains(t, err, `no group "x"`)
}
