package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// govern asks the admin endpoint, without any token.
func govern(t *testing.T, box http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/_emulator/"+path, strings.NewReader(body))
	r.Host = "127.0.0.1:8787"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	}
	return w
}

func governed(t *testing.T) *emulator.Server {
	t.Helper()
	box := emulator.New(emulator.Options{Admin: true})
	require.NoError(t, box.LoadSeed(strings.NewReader(acme), "acme.csv"))
	return box
}

func TestAdmin_IsOffUnlessAsked(t *testing.T) {
	t.Parallel()
	box := emulator.New(emulator.Options{})
	w := govern(t, box, http.MethodPut, "faults", `{"fail_429":1}`)
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Contains(t, w.Body.String(), `"type":"error"`, "Box's own answer")
	assert.Equal(t, emulator.Faults{}, box.Faults())
}

func TestAdmin_Faults(t *testing.T) {
	t.Parallel()
	box := governed(t)
	w := govern(t, box, http.MethodPut, "faults", `{"fail_before":1,"latency":"0s"}`)
	require.Equal(t, 200, w.Code, w.Body)
	assert.Equal(t, emulator.Faults{ErrorBefore: 1}, box.Faults())
	assert.Contains(t, w.Body.String(), "\t\"fail_before\": 1,\n")
	assert.GreaterOrEqual(t, inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Code, 500)

	require.Equal(t, 200, govern(t, box, http.MethodPatch, "faults", `{"token_lifetime":"2s"}`).Code)
	assert.Equal(t, emulator.Faults{ErrorBefore: 1, TokenLifetime: 2e9}, box.Faults(), "PATCH leaves what it does not name")
	require.Equal(t, 200, govern(t, box, http.MethodPut, "faults", `{"hide_groups":1}`).Code)
	assert.Equal(t, emulator.Faults{HideGroups: 1}, box.Faults(), "PUT replaces")
	w = govern(t, box, http.MethodGet, "faults", "")
	assert.Equal(t, 200, w.Code)
	assert.Contains(t, w.Body.String(), `"hide_groups": 1`)
	assert.Equal(t, 1, box.Stats().Requests, "only what Box is asked counts")

	for body, want := range map[string]string{
		``:                        "there is no body; a JSON object is wanted",
		`{"fail_429":2}`:          "fail_429 is 2; a share goes from 0 to 1",
		`{"hide_groups":1,"x":1}`: `there is no \"x\"; there are latency,`,
		`{"fail_429":0.5} {}`:     "there is something behind the object",
		`{"fail_429":0.5`:         "unexpected EOF",
	} {
		for _, method := range []string{http.MethodPut, http.MethodPatch} {
			w := govern(t, box, method, "faults", body)
			assert.Equal(t, http.StatusBadRequest, w.Code, body)
			assert.Contains(t, w.Body.String(), `"error": "`, body)
			assert.Contains(t, w.Body.String(), want, body)
		}
	}
	w = govern(t, box, http.MethodPut, "faults", strings.Repeat(" ", 2<<20))
	assert.Contains(t, w.Body.String(), "read the body: ")
	assert.Equal(t, emulator.Faults{HideGroups: 1}, box.Faults(), "what is refused changes nothing")
}

func TestAdmin_Failures(t *testing.T) {
	t.Parallel()
	box := governed(t)
	assert.JSONEq(t, "[]", govern(t, box, http.MethodGet, "failures", "").Body.String())
	w := govern(t, box, http.MethodPost, "failures", `{"method":"GET","status":418,"times":2}`)
	require.Equal(t, 200, w.Code, w.Body)
	assert.Contains(t, w.Body.String(), `"times": 2`)
	ask := func() int { return inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Code }
	assert.Equal(t, 418, ask())
	assert.Contains(t, govern(t, box, http.MethodGet, "failures", "").Body.String(), `"times": 1`)
	assert.Equal(t, 204, govern(t, box, http.MethodDelete, "failures", "").Code)
	assert.Equal(t, 200, ask())
	for body, want := range map[string]string{
		`{"status":99}`:          "status is 99; it goes from 200 to 599, and 0 breaks the connection",
		`{"status":600}`:         "status is 600",
		`{"times":-1}`:           "times, retry_after and late are 0 or more",
		`{"late":"-1s"}`:         "times, retry_after and late are 0 or more",
		`{"retry_after":"-1s"}`:  "times, retry_after and late are 0 or more",
		`{"pathprefix":"/2.0/"}`: `there is no \"pathprefix\"`,
	} {
		w := govern(t, box, http.MethodPost, "failures", body)
		assert.Equal(t, 400, w.Code, body)
		assert.Contains(t, w.Body.String(), want)
	}
	assert.Equal(t, 200, ask())
}

func TestAdmin_StatsJournalTokensSettle(t *testing.T) {
	t.Parallel()
	box := governed(t)
	assert.JSONEq(t, "[]", govern(t, box, http.MethodGet, "journal", "").Body.String())
	require.Equal(t, 201, inProcess(t, box, http.MethodPost, "/2.0/group_memberships", "emulator-token", addCid).Code)
	assert.JSONEq(t, `[{"seq":1,"action":"add_member","group_id":"10001","group":"Finance","user_id":"20003",
		"login":"cid@acme.example","membership_id":"30003","role_after":"member"}]`,
		govern(t, box, http.MethodGet, "journal", "").Body.String())
	assert.JSONEq(t, `{"requests":1,"calls":1,"writes":1,"tokens":0,"rate_limited":0,"faults":0,"unknown_routes":0,
		"statuses":{"201":1},"write_statuses":{"201":1}}`, govern(t, box, http.MethodGet, "stats", "").Body.String())
	assert.Equal(t, 204, govern(t, box, http.MethodDelete, "stats", "").Code)
	assert.Zero(t, box.Stats().Requests)
	assert.Empty(t, box.Journal())

	box.Inject(emulator.Failure{Status: 503, Late: 3600e9})
	require.Equal(t, 503, inProcess(t, box, http.MethodDelete, "/2.0/group_memberships/30001", "emulator-token", "").Code)
	assert.Equal(t, 204, govern(t, box, http.MethodPost, "settle", "").Code)
	assert.Len(t, box.Journal(), 1)

	f := seeded(t, emulator.Options{Admin: true}).as("20001")
	f.wants(200, f.get("/2.0/users/me"))
	r := f.do(http.MethodPost, "/_emulator/tokens/expire", "")
	assert.Equal(t, 204, r.status, "over the network, too, without regard to the token")
	assert.Equal(t, 401, f.get("/2.0/users/me").status)
}

func TestAdmin_Refuses(t *testing.T) {
	t.Parallel()
	box := governed(t)
	w := govern(t, box, http.MethodGet, "fault", "")
	assert.Equal(t, 404, w.Code)
	assert.Contains(t, w.Body.String(), `there is no \"fault\" here; there are app, failures, faults, journal, settle, stats, tokens/expire`)
	w = govern(t, box, http.MethodPost, "faults", "{}")
	assert.Equal(t, 405, w.Code)
	assert.Equal(t, "GET, PATCH, PUT", w.Header().Get("Allow"))
	assert.Contains(t, w.Body.String(), "POST is not possible; there are GET, PATCH, PUT")
	w = govern(t, box, http.MethodPut, "faults", `{"fail_429":1}`, "Origin", "http://127.0.0.1:8787")
	assert.Equal(t, 403, w.Code)
	assert.Contains(t, w.Body.String(), "this is for programs on this machine")
	assert.Equal(t, emulator.Faults{}, box.Faults())

	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.2:80": 200, "localhost:8787": 200, "LocalHost": 200, "[::1]:8787": 200, "[::1]": 200,
		"emulator.example": 403, "localhost.example:80": 403, "10.0.0.1": 403, "": 403, "127.0.0.1.nip.example": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_emulator/stats", nil)
		r.Host = host
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
	}
	assert.Zero(t, box.Stats().Requests)
}

func TestAdmin_App(t *testing.T) {
	t.Parallel()
	box := governed(t)
	w := govern(t, box, http.MethodPatch, "app", `{"scopes":["manage_managed_users"],"as_user":false}`)
	require.Equal(t, 200, w.Code, w.Body)
	want := emulator.New(emulator.Options{}).App()
	want.Scopes, want.AsUser = []string{emulator.ScopeUsers}, false
	assert.Equal(t, want, box.App(), "PATCH leaves what it does not name")
	assert.Equal(t, 403, inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Code)
	w = govern(t, box, http.MethodPatch, "app", `{"access_level":"none"}`)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), `access level \"none\" is neither enterprise nor app`)
	assert.Equal(t, want, box.App())
}
