package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/conformance"
	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// loaded reads each description once.
var loaded = sync.OnceValues(func() (*conformance.Description, error) {
	return conformance.Load(os.Getenv("BOX_OPENAPI"))
})

// world is an emulated Box behind a checker.
type world struct {
	*emulator.Server

	t       testing.TB
	checker *conformance.Checker
	url     string
}

// summary is what the checkers of several worlds have seen.
type summary struct {
	mu         sync.Mutex
	used, seen map[string]bool // deviations, operations with their status
	sent       map[string]bool // requests, as shape has them
}

func newSummary() *summary {
	return &summary{used: map[string]bool{}, seen: map[string]bool{}, sent: map[string]bool{}}
}

func (s *summary) add(c *conformance.Checker, calm bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range c.Used() {
		s.used[name] = true
	}
	if calm {
		for _, operation := range c.Seen() {
			s.seen[operation] = true
		}
	}
}

// note adds what a request is made of.
func (s *summary) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what breaks off is the checker's to refuse
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.sent[shape(r, body)] = true
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// shape is a request without its values, such as
// "GET /2.0/groups/ID ?fields&limit {user{id}}".
func shape(r *http.Request, body []byte) string {
	line := r.Method + " " + regexp.MustCompile("[0-9]{2,}").ReplaceAllString(r.URL.Path, "ID")
	if r.URL.RawQuery != "" {
		line += " ?" + strings.Join(slices.Sorted(maps.Keys(r.URL.Query())), "&")
	}
	if form, err := url.ParseQuery(string(body)); err == nil && r.URL.Path == "/oauth2/token" {
		return line + " " + strings.Join(slices.Sorted(maps.Keys(form)), "&")
	}
	var fields any
	if json.Unmarshal(body, &fields) != nil {
		return line
	}
	return line + " " + names(fields)
}

func names(v any) string {
	object, ok := v.(map[string]any)
	switch {
	case v == nil:
		return "=null"
	case !ok:
		return ""
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		all = append(all, name+names(object[name]))
	}
	return "{" + strings.Join(all, ",") + "}"
}

// newWorld returns a Box that is filled from rows
// "group,external_sync_identifier,login,name,role". What its checker sees is
// added to the sum at the end; where troubles come by chance, not what was seen
// of them.
func newWorld(t testing.TB, sum *summary, options emulator.Options, seed ...string) *world {
	t.Helper()
	w := &world{Server: emulator.New(options), t: t, checker: description(t).Checker()}
	if len(seed) > 0 {
		csv := "group,external_sync_identifier,login,name,role\n" + strings.Join(seed, "\n") + "\n"
		require.NoError(t, w.LoadSeed(strings.NewReader(csv), "seed.csv"))
	}
	srv := httptest.NewServer(sum.note(w.checker.Wrap(w.Server)))
	t.Cleanup(func() {
		srv.Close()
		sum.add(w.checker, options.Faults == emulator.Faults{})
	})
	w.url = srv.URL
	return w
}

// description reads BOX_OPENAPI, once.
func description(t testing.TB) *conformance.Description {
	t.Helper()
	needs.Env(t, "BOX_OPENAPI", "the path of Box's OpenAPI description of its API")
	d, err := loaded()
	require.NoError(t, err)
	return d
}

// client returns a client that hardly waits between attempts.
func (w *world) client(auth boxapi.Auth) *boxapi.Client {
	w.t.Helper()
	api, err := boxapi.New(boxapi.Config{
		BaseURL: w.url, Auth: auth,
		Retry: boxapi.Retry{MaxAttempts: 10, Base: time.Millisecond, MaxWait: 2 * time.Millisecond},
	})
	require.NoError(w.t, err)
	return api
}

// credentials are those that the emulator grants tokens for.
func credentials() boxapi.ClientCredentials {
	return boxapi.ClientCredentials{ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), SubjectID: "900001"}
}

// send makes one call by hand, and returns the status and the body: 0 and the
// error where there was no answer, or not all of it.
func (w *world) send(method, target, token, contentType, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+target, bytes.NewReader([]byte(body)))
	require.NoError(w.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(answer)
}

// requireConforms fails with every violation so far.
func (w *world) requireConforms() {
	w.t.Helper()
	for _, v := range w.checker.Violations() {
		w.t.Error(v)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}
