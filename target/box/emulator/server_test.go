package emulator_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func TestServer_UnknownRoutes(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for i, c := range []struct{ method, path string }{
		{"GET", "/2.0/folders/0"},
		{"PATCH", "/2.0/groups/10001"},
		{"POST", "/2.0/events"},
		{"GET", "/2.0/group_memberships"},
		{"GET", "/oauth2/token"},
		{"GET", "/"},
	} {
		f.refused(f.do(c.method, c.path, ""), http.StatusNotFound, "not_found", "")
		assert.Equal(t, i+1, f.Stats().UnknownRoutes, c.path)
	}
	f.refused(f.get("/2.0/groups/1"), http.StatusNotFound, "not_found", "group")
	assert.Equal(t, 6, f.Stats().UnknownRoutes, "an unknown group is no unknown route")
}

func TestServer_RequestIDs(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	first, second := f.get("/2.0/groups"), f.get("/2.0/groups/1")
	assert.NotEmpty(t, first.header.Get("Box-Request-Id"), "successes have one, too")
	assert.NotEqual(t, first.header.Get("Box-Request-Id"), second.header.Get("Box-Request-Id"))
	assert.NotEqual(t, second.json["request_id"], f.get("/2.0/groups/1").json["request_id"])
}

func TestServer_Stats(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.login(nil)
	f.get("/2.0/groups")
	f.get("/2.0/groups/1")
	f.add(addCid)
	f.add(addCid)
	f.do(http.MethodDelete, "/2.0/group_memberships/30003", "")
	f.FailNext(1, http.StatusTooManyRequests)
	f.do(http.MethodPut, "/2.0/groups/10001", `{}`)
	f.get("/elsewhere")

	want := emulator.Stats{
		Requests: 8, Calls: 6, Writes: 4, Tokens: 1, RateLimited: 1, Faults: 1, UnknownRoutes: 1,
		Statuses:      map[int]int{200: 2, 201: 1, 204: 1, 404: 2, 409: 1, 429: 1},
		WriteStatuses: map[int]int{201: 1, 204: 1, 409: 1, 429: 1},
	}
	got := f.Stats()
	assert.Equal(t, want, got)
	got.Statuses[200] = 99
	assert.Equal(t, want, f.Stats(), "the answer is a copy")

	require.Len(t, f.Journal(), 2)
	assert.Equal(t, []int{1, 2}, []int{f.Journal()[0].Seq, f.Journal()[1].Seq})
	f.Journal()[0].Seq = 99
	assert.Equal(t, 1, f.Journal()[0].Seq, "so is the journal")
	f.ResetStats()
	assert.Zero(t, f.Stats().Requests)
	assert.Empty(t, f.Stats().Statuses)
	assert.Empty(t, f.Journal())
}

func TestServer_LogsNoSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := seeded(t, emulator.Options{
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	bob := f.as("20002")
	bob.get("/2.0/users/me?filter_term=ann@acme.example")
	assert.Contains(t, log.String(), "path=/2.0/users/me")
	assert.Contains(t, log.String(), "status=200")
	for _, secret := range []string{bob.token, "emulator-secret", "emulator-token", "ann@"} {
		assert.NotContains(t, log.String(), secret)
	}
}

func TestMutators(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	dan, err := f.AddUser(emulator.User{Login: "dan@acme.example"})
	require.NoError(t, err)
	assert.Equal(t, "20004", dan)
	hr, err := f.AddGroup("HR", "corp:7")
	require.NoError(t, err)
	assert.Equal(t, "10003", hr)
	id, err := f.AddMember("HR", "DAN@acme.example", "admin")
	require.NoError(t, err)
	assert.Equal(t, permissions(true, true, true, true), f.get("/2.0/group_memberships/" + id).json["configurable_permissions"])

	require.NoError(t, f.SetRole("HR", "dan@acme.example", "member"))
	assert.Equal(t, []string{"dan@acme.example member"}, f.Members("HR"))
	require.NoError(t, f.RenameGroup("HR", "People"))
	require.NoError(t, f.SetIdentifier("People", "corp:8"))
	people, found := f.Group("People")
	assert.True(t, found)
	assert.Equal(t, "corp:8", people.ExternalSyncIdentifier)
	_, found = f.Group("HR")
	assert.False(t, found)
	require.NoError(t, f.RemoveMember("People", "dan@acme.example"))
	assert.Equal(t, []string{}, f.Members("People"))
	require.NoError(t, f.RemoveGroup("People"))
	assert.Nil(t, f.Members("People"))
	require.NoError(t, f.RemoveUser("ann@acme.example"))
	assert.Equal(t, []string{"bob@acme.example member"}, f.Members("Finance"))
	require.NoError(t, f.SetLogin("bob@acme.example", "ann@acme.example"), "a login that is free again")
	assert.Equal(t, []string{"ann@acme.example member"}, f.Members("Finance"))
	require.Error(t, f.SetLogin("bob@acme.example", "x@acme.example"), "nobody is called so now")

	assert.Empty(t, f.Journal(), "what happens behind the API's back is not journalled")
	assert.Zero(t, f.Stats().Writes)
	assert.True(t, f.Changed())
}

func TestMutators_Refuse(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"user_twice":         {second(f.AddUser(emulator.User{Login: "Ann@acme.example"})), "there twice"},
		"user_without_login": {second(f.AddUser(emulator.User{Name: "x"})), "empty or there twice"},
		"user_bad_id":        {second(f.AddUser(emulator.User{Login: "x", ID: "y"})), "invalid syntax"},
		"user_id_twice":      {second(f.AddUser(emulator.User{Login: "x", ID: "20001"})), "user id 20001 is zero or there twice"},
		"user_bad_role":      {second(f.AddUser(emulator.User{Login: "x", Role: "y"})), "unknown role"},
		"user_bad_kind":      {second(f.AddUser(emulator.User{Login: "x", Kind: "y"})), "unknown kind"},
		"user_second_robot":  {second(f.AddUser(emulator.User{Login: "x", Kind: emulator.Service})), "cannot be of kind"},
		"no_such_user":       {f.RemoveUser("x"), "no such user"},
		"service_account":    {f.RemoveUser("AutomationUser_900000_emulator@boxdevedition.com"), "the service account"},
		"login_of_nobody":    {f.SetLogin("x", "y"), "no such user"},
		"login_of_robot":     {f.SetLogin("AutomationUser_900000_emulator@boxdevedition.com", "y"), "the service account"},
		"login_taken":        {f.SetLogin("ann@acme.example", "BOB@acme.example"), "somebody else's"},
		"login_empty":        {f.SetLogin("ann@acme.example", ""), "empty"},
		"group_twice":        {second(f.AddGroup("Finance", "")), "empty or taken"},
		"group_nameless":     {second(f.AddGroup("", "")), "empty or taken"},
		"no_such_group":      {f.RemoveGroup("x"), `no group "x"`},
		"rename_to_taken":    {f.RenameGroup("Empty", "Finance"), "empty or taken"},
		"member_twice":       {second(f.AddMember("Finance", "ann@acme.example", "member")), "in it already"},
		"member_unknown":     {second(f.AddMember("Finance", "x", "member")), "no user x"},
		"member_bad_role":    {second(f.AddMember("Empty", "ann@acme.example", "x")), `role "x"`},
		"role_of_stranger":   {f.SetRole("Empty", "ann@acme.example", "admin"), "not in it"},
		"role_unknown":       {f.SetRole("Finance", "ann@acme.example", "x"), `role "x"`},
		"remove_stranger":    {f.RemoveMember("Empty", "ann@acme.example"), "not in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, c.err, c.want)
		})
	}
	assert.False(t, f.Changed())
}

// TestServer_ConcurrentUse has every kind of access at once; run it with -race.
func TestServer_ConcurrentUse(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 15
	f := large(t, workers*each, emulator.Faults{})
	group, err := f.AddGroup("Target", "")
	require.NoError(t, err)
	state := filepath.Join(t.TempDir(), "state.json")

	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				user := 20001 + w*each + i
				r := f.add(fmt.Sprintf(`{"user":{"id":"%d"},"group":{"id":%q}}`, user, group))
				id := fmt.Sprint(f.wants(http.StatusCreated, r)["id"])
				switch i % 3 {
				case 0:
					f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/group_memberships/"+id, ""))
				case 1:
					f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/group_memberships/"+id, `{"role":"admin"}`))
				}
				f.wants(http.StatusOK, f.get("/2.0/groups/"+group+"/memberships?limit=1000"))
				f.login(nil)
			}
		})
		wg.Go(func() {
			for range each {
				f.Members("Target")
				f.Groups()
				f.Users()
				f.Stats()
				f.Journal()
				f.Changed()
				f.SetFaults(emulator.Faults{HideUsers: w})
				assert.NoError(t, f.SaveState(state))
			}
		})
	}
	// Everybody wants the same name: one gets it.
	for range workers {
		wg.Go(func() { f.do(http.MethodPost, "/2.0/groups", `{"name":"Wanted"}`) })
	}
	wg.Wait()

	members := f.Members("Target")
	assert.Len(t, members, workers*each*2/3)
	admins := 0
	for _, m := range members {
		if strings.HasSuffix(m, " admin") {
			admins++
		}
	}
	assert.Equal(t, workers*each/3, admins)
	got := f.Stats()
	assert.Equal(t, workers-1, got.WriteStatuses[http.StatusConflict])
	assert.Equal(t, workers*each+1, got.WriteStatuses[http.StatusCreated])
	assert.Len(t, f.Journal(), workers*each*5/3+1)
	for i, e := range f.Journal() {
		require.Equal(t, i+1, e.Seq)
	}
}

// TestImports holds the promise of the package comment: a mistake about Box
// cannot be shared with the client if no code is.
func TestImports(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		head, _, _ := strings.Cut(string(b), "\n)")
		for line := range strings.SplitSeq(head, "\n") {
			if path, found := strings.CutPrefix(line, "\t\""); found {
				first, _, _ := strings.Cut(path, "/")
				if path = strings.TrimSuffix(path, `"`); path != "github.com/golang-jwt/jwt/v5" {
					assert.NotContains(t, first, ".", "%s imports %s: standard library and signatures only", name, path)
				}
			}
		}
	}
}
