package emulator_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func save(t *testing.T, box *emulator.Server) (string, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "emulator.json")
	require.NoError(t, box.SaveState(path))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, string(b)
}

// everything is what the API says of a Box, in full.
func everything(f *fixture) []string {
	f.t.Helper()
	const groupFields = "?fields=name,group_type,created_at,modified_at,provenance,external_sync_identifier,description," +
		"invitability_level,member_viewability_level"
	out := []string{
		f.get("/2.0/groups" + groupFields).text,
		f.get("/2.0/users?user_type=all&fields=name,login,status,role,created_at,is_platform_access_only").text,
	}
	for _, u := range f.Users() {
		out = append(out, f.get("/2.0/users/"+u.ID+"/email_aliases").text)
	}
	for _, g := range f.Groups() {
		out = append(out, f.get("/2.0/groups/"+g.ID+"/collaborations").text)
		list := f.get("/2.0/groups/" + g.ID + "/memberships")
		out = append(out, list.text)
		for _, id := range column(f.t, list.json, "id") {
			out = append(out, f.get("/2.0/group_memberships/"+id.(string)).text)
		}
	}
	return out
}

func TestState_RoundTrip(t *testing.T) {
	t.Parallel()
	f := crowd(t)
	f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10001",
		`{"provenance":"p","description":"ä \"quoted\"","invitability_level":"all_managed_users"}`))
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20003"},"group":{"id":"10002"},"role":"admin","configurable_permissions":{"can_edit_accounts":false}}`))
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20004"},"group":{"id":"10002"},"role":"admin","configurable_permissions":null}`))
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/group_memberships/30002", ""))
	_, err := f.AddAllUsersGroup("All Users")
	require.NoError(t, err)
	f.wants(http.StatusCreated, f.post("/2.0/groups", `{"name":"Made by the app"}`))
	require.NoError(t, f.AddAlias("ann@acme.example", "a@acme.example"))
	require.NoError(t, f.AddAlias("ann@acme.example", "aa@acme.example"))
	require.NoError(t, f.RemoveAlias("ann@acme.example", "a@acme.example"))
	require.NoError(t, f.SetLogin("bob@acme.example", "bobby@acme.example"))
	_, err = f.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)
	path, text := save(t, f.Server)

	g := empty(t, emulator.Options{})
	require.NoError(t, g.LoadState(path))
	assert.Empty(t, cmp.Diff(everything(f), everything(g)))
	assert.False(t, g.Changed())
	_, again := save(t, g.Server)
	assert.Empty(t, cmp.Diff(text, again), "the same state makes the same bytes")

	g.configure(func(a *emulator.AppConfig) { a.AccessLevel = emulator.AccessApp })
	assert.Equal(t, []any{"Made by the app"}, column(t, g.get("/2.0/groups").json, "name"))
}

// TestState_OfAnOlderProgram: what was added to the file since is optional.
func TestState_OfAnOlderProgram(t *testing.T) {
	t.Parallel()
	const old = `{"version":1,"enterprise_id":"900001","next":{"user":20005,"group":10002,"membership":30002},
"users":[{"id":20000,"login":"robot@boxdevedition.com","name":"r","status":"active","role":"coadmin","kind":"service",
"created_at":"2026-01-01T00:00:00Z","modified_at":"2026-01-01T00:00:00Z"},
{"id":20001,"login":"ann@acme.example","name":"Ann","status":"active","role":"user","kind":"managed",
"created_at":"2026-01-01T00:00:00Z","modified_at":"2026-01-01T00:00:00Z"}],
"groups":[{"id":10001,"name":"Finance","group_type":"managed_group","invitability_level":"admins_only",
"member_viewability_level":"admins_only","created_at":"2026-01-01T00:00:00Z","modified_at":"2026-01-01T00:00:00Z"}],
"memberships":[{"id":30001,"group":10001,"user":20001,"role":"member",
"created_at":"2026-01-01T00:00:00Z","modified_at":"2026-01-01T00:00:00Z"}]}`
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(old), 0o600))
	f := empty(t, emulator.Options{})
	require.NoError(t, f.LoadState(path))
	assert.Equal(t, []string{"ann@acme.example member"}, f.Members("Finance"))
	require.NoError(t, f.AddAlias("ann@acme.example", "a@acme.example"))
	assert.Equal(t, []any{"40001"}, column(t, f.get("/2.0/users/20001/email_aliases").json, "id"))
	id, err := f.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)
	assert.Equal(t, "50001", id)
}

func TestState_NewIDsGoOnAfterLoading(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.AddAlias("ann@acme.example", "a@acme.example"))
	require.NoError(t, f.RemoveAlias("ann@acme.example", "a@acme.example"))
	_, err := f.AddCollaboration("Empty", "Budget", "editor")
	require.NoError(t, err)
	require.NoError(t, f.RemoveGroup("Empty"))
	path, _ := save(t, f.Server)

	g := empty(t, emulator.Options{})
	require.NoError(t, g.LoadState(path))
	require.NoError(t, g.AddAlias("ann@acme.example", "a@acme.example"))
	assert.Equal(t, []any{"40002"}, column(t, g.get("/2.0/users/20001/email_aliases").json, "id"))
	id, err := g.AddCollaboration("Finance", "Budget", "editor")
	require.NoError(t, err)
	assert.Equal(t, "50002", id)
}

func TestState_LoadRefusesAliases(t *testing.T) {
	t.Parallel()
	source, err := load("login,aliases\nann@acme.example,a@acme.example\nbob@acme.example,b@acme.example\n")
	require.NoError(t, err)
	_, good := save(t, source)
	for name, c := range map[string]struct{ old, replacement, want string }{
		"twice":    {`"b@acme.example"`, `"A@acme.example"`, `alias 40002 of user 20002, "A@acme.example", is empty or there twice`},
		"a_login":  {`"b@acme.example"`, `"ann@acme.example"`, `alias 40002 of user 20002`},
		"own":      {`"b@acme.example"`, `"BOB@acme.example"`, `alias 40002 of user 20002`},
		"empty":    {`"b@acme.example"`, `""`, `alias 40002 of user 20002`},
		"id":       {`"id": 40002`, `"id": 0`, `alias 0 of user 20002`},
		"as_login": {`"bob@acme.example"`, `"a@acme.example"`, `login "a@acme.example" of user 20002 is empty or there twice`},
		"status":   {`"status": "active"`, `"status": "asleep"`, `user 20000 has the unknown status "asleep"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, good, c.old)
			path := filepath.Join(t.TempDir(), "state.json")
			require.NoError(t, os.WriteFile(path, []byte(strings.Replace(good, c.old, c.replacement, 1)), 0o600))
			require.ErrorContains(t, emulator.New(emulator.Options{}).LoadState(path), c.want)
		})
	}
}

func TestState_IDsGoOnAfterLoading(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.wants(http.StatusCreated, f.add(addCid))
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/group_memberships/30003", ""))
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/groups/10002", ""))
	path, _ := save(t, f.Server)

	g := empty(t, emulator.Options{})
	require.NoError(t, g.LoadState(path))
	assert.Equal(t, "30004", g.wants(http.StatusCreated, g.add(addCid))["id"], "the id of a deleted membership stays used")
	assert.Equal(t, "10003", g.wants(http.StatusCreated, g.do(http.MethodPost, "/2.0/groups", `{"name":"x"}`))["id"])
}

func TestState_FileIsPrivateWholeAndAlone(t *testing.T) {
	t.Parallel()
	box, err := load(acme)
	require.NoError(t, err)
	path, _ := save(t, box)
	require.NoError(t, os.Chmod(path, 0o644))
	require.NoError(t, box.SaveState(path), "an old file is replaced")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 1, "no temporary file stays")
}

func TestState_SaveFails(t *testing.T) {
	t.Parallel()
	box, err := load(acme)
	require.NoError(t, err)
	require.NoError(t, box.RenameGroup("Empty", "Other"))
	require.Error(t, box.SaveState(filepath.Join(t.TempDir(), "no", "such", "dir")))
	assert.True(t, box.Changed(), "what was not saved is still unsaved")

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "taken", "x"), nil, 0o600))
	require.Error(t, box.SaveState(filepath.Join(dir, "taken")), "a directory cannot be replaced")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1, "no temporary file stays")
}

func TestState_Changed(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	unchanged := func(r reply) {
		t.Helper()
		assert.False(t, f.Changed(), r.text)
	}
	unchanged(f.get("/2.0/groups"))
	unchanged(f.do(http.MethodPut, "/2.0/group_memberships/30001", `{"role":"admin"}`))
	unchanged(f.do(http.MethodPut, "/2.0/groups/10001", `{"name":"Finance"}`))
	unchanged(f.do(http.MethodPost, "/2.0/groups", `{"name":"Finance"}`))
	for _, write := range []func(){
		func() {
			f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/group_memberships/30001", `{"role":"member"}`))
		},
		func() { f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10001", `{"description":"d"}`)) },
		func() { f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/group_memberships/30001", "")) },
		func() { require.NoError(t, f.SetIdentifier("Finance", "x")) },
		func() { require.NoError(t, f.SetRole("Finance", "bob@acme.example", "admin")) },
	} {
		write()
		assert.True(t, f.Changed())
		save(t, f.Server)
		assert.False(t, f.Changed())
	}
}

func TestState_LoadRefuses(t *testing.T) {
	t.Parallel()
	source, err := load(acme)
	require.NoError(t, err)
	_, good := save(t, source)

	for name, c := range map[string]struct{ old, replacement, want string }{
		"version":            {`"version": 1`, `"version": 2`, "version 2 is not known; this program reads version 1"},
		"no_version":         {`"version": 1,`, ``, "version 0 is not known"},
		"unknown_field":      {`"enterprise_id"`, `"colour": "red", "enterprise_id"`, `unknown field "colour"`},
		"unknown_user_field": {`"login": "ann@`, `"shoe": 44, "login": "ann@`, `unknown field "shoe"`},
		"truncated":          {`"memberships"`, "\x00", "it is not JSON, or not of the form in which states are kept"},
		"enterprise":         {`"900001"`, `"7"`, `it belongs to enterprise "7", this is "900001"`},
		"user_id_twice":      {`"id": 20002`, `"id": 20001`, "user id 20001 is zero or there twice"},
		"login_twice":        {`"login": "bob@acme.example"`, `"login": "ANN@acme.example"`, "is empty or there twice"},
		"user_role":          {`"role": "coadmin"`, `"role": "king"`, `user 20000 has the unknown role "king"`},
		"user_kind":          {`"kind": "managed"`, `"kind": "ghost"`, `user 20001 has the unknown kind "ghost"`},
		"second_service":     {`"kind": "managed"`, `"kind": "service"`, `user 20001 cannot be of kind "service"`},
		"no_service":         {`"id": 20000`, `"id": 19999`, `user 19999 cannot be of kind "service"`},
		"group_id_twice":     {`"id": 10002`, `"id": 10001`, "group id 10001 is zero or there twice"},
		"group_name_twice":   {`"name": "Empty"`, `"name": "Finance"`, `name "Finance" of group 10002 is empty or there twice`},
		"group_type":         {`"group_type": "managed_group"`, `"group_type": "club"`, `group 10001 has the unknown type "club"`},
		"membership_twice":   {`"id": 30002`, `"id": 30001`, "membership id 30001 is zero or there twice"},
		"membership_nowhere": {`"group": 10001,`, `"group": 9,`, "membership 30001 is of group 9 and user 20001, which are not both there"},
		"member_twice":       {`"user": 20002`, `"user": 20001`, "user 20001 is in group 10001 twice"},
		"role":               {`"role": "admin"`, `"role": "owner"`, `role "owner" is neither member nor admin`},
		"permission":         {`"can_run_reports"`, `"can_fly"`, `unknown permission "can_fly"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, good, c.old)
			path := filepath.Join(t.TempDir(), "state.json")
			bad := strings.Replace(good, c.old, c.replacement, 1)
			if name == "user_id_twice" || name == "membership_twice" {
				bad = strings.Replace(good, c.old+",", c.replacement+",", 1)
			}
			require.NoError(t, os.WriteFile(path, []byte(bad), 0o600))
			box := emulator.New(emulator.Options{})
			_, err := box.AddGroup("Mine", "")
			require.NoError(t, err)

			require.ErrorContains(t, box.LoadState(path), c.want)
			assert.Len(t, box.Groups(), 1, "nothing was changed")
		})
	}
	t.Run("trailing_data", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "state.json")
		require.NoError(t, os.WriteFile(path, []byte(good+"{}"), 0o600))
		require.ErrorContains(t, emulator.New(emulator.Options{}).LoadState(path), "it is not JSON")
	})
	t.Run("not_there", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, emulator.New(emulator.Options{}).LoadState(filepath.Join(t.TempDir(), "x")), os.ErrNotExist)
	})
	t.Run("without_service_account", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "state.json")
		require.NoError(t, os.WriteFile(path, []byte(`{"version":1,"enterprise_id":"900001"}`), 0o600))
		require.ErrorContains(t, emulator.New(emulator.Options{}).LoadState(path), "user 20000 is not the service account")
	})
}
