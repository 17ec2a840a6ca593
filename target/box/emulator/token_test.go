package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func TestToken_ClientCredentials(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{TokenLifetime: 90 * time.Second})

	got := f.wants(http.StatusOK, f.login(nil))
	assert.ElementsMatch(t, []string{"access_token", "expires_in", "token_type", "restricted_to"}, keys(got))
	assert.EqualValues(t, 90, got["expires_in"])
	assert.Equal(t, "bearer", got["token_type"])
	assert.Equal(t, []any{}, got["restricted_to"])

	again := f.wants(http.StatusOK, f.login(nil))
	assert.NotEqual(t, got["access_token"], again["access_token"])

	f.token = got["access_token"].(string)
	assert.Equal(t, "20000", f.wants(http.StatusOK, f.get("/2.0/users/me"))["id"])
	assert.Equal(t, "20002", f.as("20002").get("/2.0/users/me").json["id"])
}

func TestToken_OwnCredentials(t *testing.T) {
	t.Parallel()
	f := empty(t, emulator.Options{EnterpriseID: "5", ClientID: "c", ClientSecret: "s", DeveloperToken: "dev"})

	assert.Equal(t, "invalid_client", f.login(nil).json["error"])
	f.wants(http.StatusOK, f.login(url.Values{"client_id": {"c"}, "client_secret": {"s"}, "box_subject_id": {"5"}}))
	f.token = "emulator-token"
	f.wants(http.StatusUnauthorized, f.get("/2.0/users/me"))
	f.token = "dev"
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
}

func TestToken_Refused(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	_, err := f.AddUser(emulator.User{ID: "77", Login: "x@elsewhere.example", Kind: emulator.External})
	require.NoError(t, err)

	for name, c := range map[string]struct {
		change url.Values
		code   string
		text   string
	}{
		"no_grant_type":    {url.Values{"grant_type": nil}, "invalid_request", "Invalid grant_type"},
		"other_grant_type": {url.Values{"grant_type": {"password"}}, "invalid_request", "Invalid grant_type"},
		"jwt": {
			url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}},
			"invalid_request", "The grant type is unauthorized for this client_id.",
		},
		"client":          {url.Values{"client_id": {"other"}}, "invalid_client", "client credentials"},
		"secret":          {url.Values{"client_secret": {"other"}}, "invalid_client", "client credentials"},
		"subject_type":    {url.Values{"box_subject_type": {"group"}}, "invalid_grant", "Grant credentials are invalid"},
		"no_subject":      {url.Values{"box_subject_type": nil}, "invalid_grant", "Grant credentials are invalid"},
		"enterprise":      {url.Values{"box_subject_id": {"900002"}}, "invalid_grant", "Grant credentials are invalid"},
		"user":            {url.Values{"box_subject_type": {"user"}, "box_subject_id": {"1"}}, "invalid_grant", "Grant credentials"},
		"user_no_number":  {url.Values{"box_subject_type": {"user"}, "box_subject_id": {"ann"}}, "invalid_grant", "Grant credentials"},
		"external_user":   {url.Values{"box_subject_type": {"user"}, "box_subject_id": {"77"}}, "invalid_grant", "Grant credentials"},
		"service_as_user": {url.Values{"box_subject_type": {"user"}, "box_subject_id": {"20000"}}, "unauthorized_client", "Cannot obtain user token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.login(c.change)
			assert.Equal(t, http.StatusBadRequest, r.status)
			assert.ElementsMatch(t, []string{"error", "error_description"}, keys(r.json))
			assert.Equal(t, c.code, r.json["error"])
			assert.Contains(t, r.json["error_description"], c.text)
		})
	}
	t.Run("no_form", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "invalid_request", f.do(http.MethodPost, "/oauth2/token", "%zz").json["error"])
	})
}

func TestToken_IsRequired(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for name, c := range map[string]struct{ header, challenge string }{
		"none":         {"", `Bearer realm="Service"`},
		"other_scheme": {"Basic emulator-token", `Bearer realm="Service"`},
		"no_token":     {"Bearer ", `Bearer realm="Service"`},
		"wrong": {
			"Bearer nonsense",
			`Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid."`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/2.0/groups", "/2.0/users/me", "/2.0/no_such_thing"} {
				r := f.do(http.MethodGet, path, "", "Authorization", c.header)
				f.refused(r, http.StatusUnauthorized, "unauthorized", "")
				assert.Equal(t, c.challenge, r.header.Get("WWW-Authenticate"))
			}
		})
	}
	t.Run("scheme_in_any_case", func(t *testing.T) {
		t.Parallel()
		f.wants(http.StatusOK, f.do(http.MethodGet, "/2.0/users/me", "", "Authorization", "bearer emulator-token"))
	})
}

// inProcess asks without a network, as a synctest bubble needs it.
func inProcess(t *testing.T, box http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)
	return w
}

func TestToken_Expires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{})
		form := "grant_type=client_credentials&client_id=emulator&client_secret=emulator-secret" +
			"&box_subject_type=enterprise&box_subject_id=900001"
		w := inProcess(t, box, http.MethodPost, "/oauth2/token", "", form)
		_, rest, found := strings.Cut(w.Body.String(), `"access_token":"`)
		require.True(t, found, w.Body)
		token, _, _ := strings.Cut(rest, `"`)

		time.Sleep(time.Hour - time.Second)
		assert.Equal(t, http.StatusOK, inProcess(t, box, http.MethodGet, "/2.0/users/me", token, "").Code)
		time.Sleep(time.Second)
		w = inProcess(t, box, http.MethodGet, "/2.0/users/me", token, "")
		assert.Equal(t, http.StatusUnauthorized, w.Code)
		assert.Contains(t, w.Header().Get("WWW-Authenticate"), `error="expired_token"`)
		assert.Equal(t, http.StatusOK, inProcess(t, box, http.MethodGet, "/2.0/users/me", "emulator-token", "").Code)
	})
}

func TestToken_ExpireTokens(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	bob := f.as("20002")
	f.ExpireTokens()
	r := bob.get("/2.0/users/me")
	f.refused(r, http.StatusUnauthorized, "unauthorized", "")
	assert.Contains(t, r.header.Get("WWW-Authenticate"), "expired_token")
	f.wants(http.StatusOK, f.get("/2.0/users/me"))
	f.wants(http.StatusOK, f.as("20002").get("/2.0/users/me"))
}

func TestToken_OfRemovedUser(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	bob := f.as("20002")
	require.NoError(t, f.RemoveUser("bob@acme.example"))
	f.refused(bob.get("/2.0/users/me"), http.StatusUnauthorized, "unauthorized", "")
}

func TestAsUser(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	me := func(f *fixture, id string) reply { return f.do(http.MethodGet, "/2.0/users/me", "", "As-User", id) }

	assert.Equal(t, "20002", f.wants(http.StatusOK, me(f, "20002"))["id"])
	f.refused(me(f, "20000"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(me(f, "999"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(me(f.as("20001"), "20002"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
}
