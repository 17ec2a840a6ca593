package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// acme is what most tests start from: ann 20001, bob 20002, cid 20003;
// Finance 10001 (ann admin 30001, bob member 30002), Empty 10002.
const acme = `group,external_sync_identifier,login,name,role
Finance,corp:1,ann@acme.example,Ann Archer,admin
Finance,,bob@acme.example,Bob Baker,member
,,cid@acme.example,Cid Cook,
Empty,,,,
`

// fixture is a Box behind a real server, and a client's token.
type fixture struct {
	*emulator.Server

	t     *testing.T
	url   string
	token string
}

type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func empty(t *testing.T, o emulator.Options) *fixture {
	t.Helper()
	box := emulator.New(o)
	srv := httptest.NewServer(box)
	t.Cleanup(srv.Close)
	return &fixture{Server: box, t: t, url: srv.URL, token: "emulator-token"}
}

func seeded(t *testing.T, o emulator.Options) *fixture {
	t.Helper()
	f := empty(t, o)
	require.NoError(t, f.LoadSeed(strings.NewReader(acme), "acme.csv"))
	return f
}

// try sends one request and hands over what breaks on the way.
func (f *fixture) try(method, path, body string, headers ...string) (reply, error) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	if f.token != "" {
		req.Header.Set("Authorization", "Bearer "+f.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(b)}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		d := json.NewDecoder(bytes.NewReader(b))
		require.NoError(f.t, d.Decode(&r.json), "%s %s: %s", method, path, b)
	}
	return r, nil
}

func (f *fixture) do(method, path, body string, headers ...string) reply {
	f.t.Helper()
	r, err := f.try(method, path, body, headers...)
	require.NoError(f.t, err)
	return r
}

func (f *fixture) get(path string) reply {
	f.t.Helper()
	return f.do(http.MethodGet, path, "")
}

// wants checks the status and hands the body on.
func (f *fixture) wants(status int, r reply) map[string]any {
	f.t.Helper()
	require.Equal(f.t, status, r.status, r.text)
	return r.json
}

// refused checks everything that an error of Box has, and which parameter it
// names (none if empty).
func (f *fixture) refused(r reply, status int, code, parameter string) {
	f.t.Helper()
	require.Equal(f.t, status, r.status, r.text)
	assert.Equal(f.t, "error", r.json["type"])
	assert.EqualValues(f.t, status, r.json["status"])
	assert.Equal(f.t, code, r.json["code"])
	assert.NotEmpty(f.t, r.json["message"])
	assert.NotEmpty(f.t, r.json["help_url"])
	assert.NotEmpty(f.t, r.json["request_id"])
	assert.NotEmpty(f.t, r.header.Get("Box-Request-Id"))
	assert.NotEqual(f.t, r.json["request_id"], r.header.Get("Box-Request-Id"))
	if parameter == "" {
		assert.NotContains(f.t, r.json, "context_info")
		return
	}
	info, isObject := r.json["context_info"].(map[string]any)
	require.True(f.t, isObject, r.text)
	details, isList := info["errors"].([]any)
	require.True(f.t, isList && len(details) == 1, r.text)
	detail := details[0].(map[string]any)
	assert.Equal(f.t, parameter, detail["name"])
	assert.Contains(f.t, []any{"invalid_parameter", "missing_parameter"}, detail["reason"])
	assert.NotEmpty(f.t, detail["message"])
}

// as logs in as a user of the enterprise.
func (f *fixture) as(userID string) *fixture {
	f.t.Helper()
	r := f.login(url.Values{"box_subject_type": {"user"}, "box_subject_id": {userID}})
	other := *f
	other.token, _ = f.wants(http.StatusOK, r)["access_token"].(string)
	return &other
}

// login asks for a token; changes replace or, when nil, drop the usual values.
func (f *fixture) login(changes url.Values) reply {
	f.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"emulator"}, "client_secret": {"emulator-secret"},
		"box_subject_type": {"enterprise"}, "box_subject_id": {"900001"},
	}
	maps.Copy(form, changes)
	return f.do(http.MethodPost, "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func keys(o map[string]any) []string {
	var out []string
	for k := range o {
		out = append(out, k)
	}
	return out
}

func rows(t *testing.T, collection map[string]any) []map[string]any {
	t.Helper()
	list, isList := collection["entries"].([]any)
	require.True(t, isList, "entries is no list: %v", collection["entries"])
	out := make([]map[string]any, len(list))
	for i, e := range list {
		out[i], _ = e.(map[string]any)
	}
	return out
}

// column is one value of every row.
func column(t *testing.T, collection map[string]any, key string) []any {
	t.Helper()
	out := []any{}
	for _, e := range rows(t, collection) {
		out = append(out, e[key])
	}
	return out
}
