package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const numericOffset = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-07:00$`

func TestGroups_List(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})

	got := f.wants(http.StatusOK, f.get("/2.0/groups"))
	assert.Equal(t, map[string]any{
		"total_count": 2.0, "limit": 100.0, "offset": 0.0,
		"entries": []any{
			map[string]any{"type": "group", "id": "10001", "name": "Finance", "group_type": "managed_group"},
			map[string]any{"type": "group", "id": "10002", "name": "Empty", "group_type": "managed_group"},
		},
	}, got)
}

func TestGroups_Fields(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for name, c := range map[string]struct {
		path string
		want []string
	}{
		"mini_in_lists":     {"/2.0/groups?limit=1", []string{"type", "id", "name", "group_type"}},
		"standard_alone":    {"/2.0/groups/10001", []string{"type", "id", "name", "group_type", "created_at", "modified_at"}},
		"only_what_is_said": {"/2.0/groups?limit=1&fields=description", []string{"type", "id", "description"}},
		"several":           {"/2.0/groups/10001?fields=name,%20provenance", []string{"type", "id", "name", "provenance"}},
		"unknown_ignored":   {"/2.0/groups/10001?fields=nonsense,name", []string{"type", "id", "name"}},
		"empty_is_absent":   {"/2.0/groups?limit=1&fields=", []string{"type", "id", "name", "group_type"}},
		"all": {
			"/2.0/groups/10001?fields=name,group_type,created_at,modified_at,provenance,external_sync_identifier," +
				"description,invitability_level,member_viewability_level,permissions",
			[]string{
				"type", "id", "name", "group_type", "created_at", "modified_at", "provenance", "external_sync_identifier",
				"description", "invitability_level", "member_viewability_level", "permissions",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.wants(http.StatusOK, f.get(c.path))
			if _, isList := got["entries"]; isList {
				got = rows(t, got)[0]
			}
			assert.ElementsMatch(t, c.want, keys(got))
		})
	}
}

func TestGroups_Values(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusOK, f.get("/2.0/groups/10001?fields=external_sync_identifier,provenance,description,created_at,permissions"))
	assert.Equal(t, "corp:1", got["external_sync_identifier"])
	assert.Contains(t, got, "provenance")
	assert.Nil(t, got["provenance"])
	assert.Nil(t, got["description"])
	assert.Regexp(t, numericOffset, got["created_at"])
	assert.Equal(t, map[string]any{"can_invite_as_collaborator": true}, got["permissions"])
}

func TestGroups_FilterTermIsPrefix(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{})
	for _, name := range []string{"Eng", "Engineering", "Sales Eng", "eng-ops"} {
		_, err := f.AddGroup(name, "")
		require.NoError(t, err)
	}
	for term, want := range map[string][]any{
		"Eng":   {"Eng", "Engineering", "eng-ops"},
		"ENGI":  {"Engineering"},
		"Sales": {"Sales Eng"},
		"ring":  {},
	} {
		got := f.wants(http.StatusOK, f.get("/2.0/groups?filter_term="+term))
		assert.Equal(t, want, column(t, got, "name"), term)
		assert.EqualValues(t, len(want), got["total_count"], term)
	}
}

func TestGroups_Create(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})

	r := f.do(http.MethodPost, "/2.0/groups", `{"name":"Legal","provenance":"rollcall","external_sync_identifier":"corp:9",
		"description":"the lawyers","invitability_level":"admins_only","member_viewability_level":"all_managed_users","unknown":1}`)
	got := f.wants(http.StatusCreated, r)
	assert.ElementsMatch(t, []string{"type", "id", "name", "group_type", "created_at", "modified_at"}, keys(got))
	assert.Equal(t, "10003", got["id"])

	legal, found := f.Group("Legal")
	require.True(t, found)
	assert.Equal(t, emulator.GroupView{
		ID: "10003", Name: "Legal", Type: "managed_group", ExternalSyncIdentifier: "corp:9", Provenance: "rollcall",
		Description: "the lawyers", InvitabilityLevel: "admins_only", MemberViewabilityLevel: "all_managed_users",
	}, legal)
	assert.Equal(t, []emulator.Effect{{
		Seq: 1, Action: "create_group", GroupID: "10003", Group: "Legal", IdentifierAfter: "corp:9",
	}}, f.Journal())

	r = f.do(http.MethodPost, "/2.0/groups?fields=description", `{"name":"Ops"}`)
	assert.ElementsMatch(t, []string{"type", "id", "description"}, keys(f.wants(http.StatusCreated, r)))
}

func TestGroups_WritesRefused(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	long := strings.Repeat("ä", 256)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code, parameter    string
	}{
		"create_taken":        {"POST", "", `{"name":"Finance"}`, 409, "conflict", "group_tag_name"},
		"create_nameless":     {"POST", "", `{"description":"x"}`, 400, "bad_request", "name"},
		"create_null_name":    {"POST", "", `{"name":null}`, 400, "bad_request", "name"},
		"create_no_body":      {"POST", "", ``, 400, "bad_request", "body"},
		"create_broken":       {"POST", "", `{"name":`, 400, "bad_request", "body"},
		"create_trailing":     {"POST", "", `{"name":"a"} {}`, 400, "bad_request", "body"},
		"create_array":        {"POST", "", `[]`, 400, "bad_request", "body"},
		"create_wrong_type":   {"POST", "", `{"name":7}`, 400, "bad_request", "body"},
		"create_bad_level":    {"POST", "", `{"name":"a","invitability_level":"none"}`, 400, "bad_request", "invitability_level"},
		"create_bad_viewing":  {"POST", "", `{"name":"a","member_viewability_level":"x"}`, 400, "bad_request", "member_viewability_level"},
		"create_long_text":    {"POST", "", `{"name":"a","description":"` + long + `"}`, 400, "bad_request", "description"},
		"create_long_origin":  {"POST", "", `{"name":"a","provenance":"` + long + `"}`, 400, "bad_request", "provenance"},
		"update_taken":        {"PUT", "/10001", `{"name":"Empty"}`, 409, "conflict", "group_tag_name"},
		"update_empty_name":   {"PUT", "/10001", `{"name":""}`, 400, "bad_request", "name"},
		"update_broken":       {"PUT", "/10001", `{`, 400, "bad_request", "body"},
		"update_unknown":      {"PUT", "/1", `{}`, 404, "not_found", "group"},
		"update_no_number":    {"PUT", "/x", `{}`, 404, "not_found", "group"},
		"delete_unknown":      {"DELETE", "/1", ``, 404, "not_found", "group"},
		"get_unknown":         {"GET", "/1", ``, 404, "not_found", "group"},
		"memberships_unknown": {"GET", "/1/memberships", ``, 404, "not_found", "group"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.refused(f.do(c.method, "/2.0/groups"+c.path, c.body), c.status, c.code, c.parameter)
			assert.Empty(t, f.Journal())
			assert.False(t, f.Changed())
			assert.Len(t, f.Groups(), 2)
		})
	}
}

func TestGroups_TextLimitCountsCharacters(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{})
	body := `{"name":"a","description":"` + strings.Repeat("ä", 255) + `"}`
	f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/groups", body))
}

func TestGroups_TooLargeBody(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{})
	r := f.do(http.MethodPost, "/2.0/groups", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`)
	f.refused(r, http.StatusRequestEntityTooLarge, "request_entity_too_large", "")
}

func TestGroups_Update(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	put := func(body string) { f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10001", body)) }
	view := func() emulator.GroupView {
		g, _ := f.Group("Money")
		return g
	}

	put(`{"name":"Money","provenance":"p","description":"d","invitability_level":"admins_only"}`)
	assert.Equal(t, emulator.GroupView{
		ID: "10001", Name: "Money", Type: "managed_group", ExternalSyncIdentifier: "corp:1", Provenance: "p",
		Description: "d", InvitabilityLevel: "admins_only", MemberViewabilityLevel: "admins_and_members", Members: 2,
	}, view(), "what was not given stays")

	put(`{"provenance":"","description":null,"external_sync_identifier":"","invitability_level":null}`)
	assert.Equal(t, "p", view().Provenance, "provenance cannot be cleared")
	assert.Empty(t, view().Description)
	assert.Empty(t, view().ExternalSyncIdentifier)
	assert.Equal(t, "admins_only", view().InvitabilityLevel)

	assert.Len(t, f.Journal(), 2)
	put(`{"name":"Money"}`)
	put(`{}`)
	assert.Len(t, f.Journal(), 2, "what changes nothing is no effect")

	f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/groups", `{"name":"Finance"}`))
	f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10002", `{"name":"EMPTY"}`))
}

// The journal tells a takeover from a renaming, and PUT with `fields` shows what
// it did. Box is not known to refuse an identifier that another group has.
func TestGroups_UpdateIdentifier(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	put := func(body string) map[string]any {
		return f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10002?fields=external_sync_identifier", body))
	}
	shown := func(identifier any) map[string]any {
		return map[string]any{"type": "group", "id": "10002", "external_sync_identifier": identifier}
	}

	assert.Equal(t, shown("corp:1"), put(`{"external_sync_identifier":"corp:1"}`), "group 10001 has it too")
	assert.Equal(t, shown("corp:1"), put(`{"external_sync_identifier":"corp:1"}`))
	assert.Equal(t, shown("corp:1"), put(`{"name":"Nobody"}`))
	assert.Equal(t, shown("corp:2"), put(`{"name":"Empty","external_sync_identifier":"corp:2"}`))
	assert.Equal(t, shown(nil), put(`{"external_sync_identifier":null}`))

	effect := func(seq int, name, before, after string) emulator.Effect {
		return emulator.Effect{
			Seq: seq, Action: "update_group", GroupID: "10002", Group: name, IdentifierBefore: before, IdentifierAfter: after,
		}
	}
	assert.Equal(t, []emulator.Effect{
		effect(1, "Empty", "", "corp:1"), effect(2, "Nobody", "", ""), effect(3, "Empty", "corp:1", "corp:2"), effect(4, "Empty", "corp:2", ""),
	}, f.Journal())
}

func TestGroups_Delete(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	r := f.do(http.MethodDelete, "/2.0/groups/10001", "")
	assert.Equal(t, http.StatusNoContent, r.status)
	assert.Empty(t, r.text)
	assert.Nil(t, f.Members("Finance"))
	assert.Equal(t, []emulator.Effect{{Seq: 1, Action: "delete_group", GroupID: "10001", Group: "Finance"}}, f.Journal())

	f.refused(f.do(http.MethodDelete, "/2.0/groups/10001", ""), http.StatusNotFound, "not_found", "group")
	f.refused(f.get("/2.0/group_memberships/30001"), http.StatusNotFound, "not_found", "group_membership")
	assert.EqualValues(t, 0, f.get("/2.0/users/20001/memberships").json["total_count"])
	again := f.wants(http.StatusCreated, f.do(http.MethodPost, "/2.0/groups", `{"name":"Finance"}`))
	assert.Equal(t, "10003", again["id"], "ids are not used again")
}

func TestGroups_AllUsersGroupIsNobodysToChange(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	id, err := f.AddAllUsersGroup("All Users")
	require.NoError(t, err)
	m, err := f.AddMember("All Users", "ann@acme.example", "member")
	require.NoError(t, err)

	assert.Equal(t, "all_users_group", f.get("/2.0/groups/" + id).json["group_type"])
	f.wants(http.StatusOK, f.get("/2.0/group_memberships/"+m))
	for name, r := range map[string]reply{
		"put":           f.do(http.MethodPut, "/2.0/groups/"+id, `{"name":"x"}`),
		"delete":        f.do(http.MethodDelete, "/2.0/groups/"+id, ""),
		"add":           f.do(http.MethodPost, "/2.0/group_memberships", fmt.Sprintf(`{"user":{"id":"20002"},"group":{"id":%q}}`, id)),
		"change_member": f.do(http.MethodPut, "/2.0/group_memberships/"+m, `{"role":"admin"}`),
		"remove_member": f.do(http.MethodDelete, "/2.0/group_memberships/"+m, ""),
	} {
		t.Run(name, func(*testing.T) {
			f.refused(r, http.StatusForbidden, "access_denied_insufficient_permissions", "")
		})
	}
	assert.Empty(t, f.Journal())
}

func TestGroups_WithoutRights(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	bob := f.as("20002")

	list := f.wants(http.StatusOK, bob.get("/2.0/groups"))
	assert.Equal(t, map[string]any{"total_count": 0.0, "limit": 100.0, "offset": 0.0, "entries": []any{}}, list,
		"an empty list and no error")
	f.wants(http.StatusOK, bob.get("/2.0/groups/10001"))
	f.wants(http.StatusOK, bob.get("/2.0/groups/10001/memberships"))
	f.refused(bob.get("/2.0/groups/10002"), http.StatusNotFound, "not_found", "group")
	const denied = "access_denied_insufficient_permissions"
	f.refused(bob.do(http.MethodPost, "/2.0/groups", `{"name":"x"}`), http.StatusForbidden, denied, "")
	f.refused(bob.do(http.MethodPut, "/2.0/groups/10001", `{"name":"x"}`), http.StatusForbidden, denied, "")
	f.refused(bob.do(http.MethodDelete, "/2.0/groups/10001", ""), http.StatusForbidden, denied, "")
	assert.Empty(t, f.Journal())
}
