package box_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// attempts is how often the clients of these tests send one call at most.
const attempts = 3

// looks is how often a write in doubt is looked at.
const looks = 6

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

// request is one call that a client sent.
type request struct {
	line  string // method and path below /2.0
	query url.Values
	body  string
}

// world is an emulated Box behind a real server that notes every call.
type world struct {
	*emulator.Server

	t   testingT
	url string

	mu   sync.Mutex
	seen []request
}

func newWorld(t testingT, bends ...func(http.Handler) http.Handler) *world {
	t.Helper()
	w := &world{Server: emulator.New(emulator.Options{}), t: t}
	var handler http.Handler = w.Server
	for _, bend := range bends {
		handler = bend(handler)
	}
	srv := httptest.NewServer(w.noting(handler))
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

func (w *world) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a body that breaks off is the emulator's to refuse
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		w.seen = append(w.seen, request{
			line: r.Method + " " + strings.TrimPrefix(r.URL.Path, "/2.0"), query: r.URL.Query(), body: string(body),
		})
		w.mu.Unlock()
		next.ServeHTTP(rw, r)
	})
}

// client returns a client of this Box that hardly waits between attempts.
func (w *world) client(changes ...func(*boxapi.Config)) *boxapi.Client {
	w.t.Helper()
	cfg := boxapi.Config{
		BaseURL: w.url,
		Auth:    boxapi.DeveloperToken("emulator-token"),
		Retry:   boxapi.Retry{MaxAttempts: attempts, Base: time.Millisecond, MaxWait: 2 * time.Millisecond},
		Timeout: 10 * time.Second,
	}
	for _, change := range changes {
		change(&cfg)
	}
	api, err := boxapi.New(cfg)
	require.NoError(w.t, err)
	return api
}

// seed fills the Box from rows "group,identifier,login,name,role".
func (w *world) seed(rows ...string) *world {
	w.t.Helper()
	csv := "group,external_sync_identifier,login,name,role\n" + strings.Join(rows, "\n") + "\n"
	require.NoError(w.t, w.LoadSeed(strings.NewReader(csv), "seed.csv"))
	return w
}

// requests returns the calls so far and forgets them.
func (w *world) requests() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// lines returns method and path of the calls so far, and forgets them.
func (w *world) lines() []string {
	var lines []string
	for _, r := range w.requests() {
		lines = append(lines, r.line)
	}
	return lines
}

// offsets returns the offsets that were asked for so far, sorted, and forgets
// the calls.
func (w *world) offsets() []int {
	w.t.Helper()
	var offsets []int
	for _, r := range w.requests() {
		offset, err := strconv.Atoi(r.query.Get("offset"))
		require.NoError(w.t, err, r.line)
		offsets = append(offsets, offset)
	}
	slices.Sort(offsets)
	return offsets
}

func (w *world) group(name string) target.GroupID {
	w.t.Helper()
	g, ok := w.Group(name)
	require.True(w.t, ok, "no group %s", name)
	return target.GroupID(number(w.t, g.ID))
}

func (w *world) user(login string) target.UserID {
	w.t.Helper()
	for _, u := range w.Users() {
		if u.Login == login {
			return target.UserID(number(w.t, u.ID))
		}
	}
	require.FailNow(w.t, "no user "+login)
	return 0
}

// addToOps puts somebody into the group Ops behind the client's back.
func (w *world) addToOps(login, role string) target.MembershipID {
	w.t.Helper()
	id, err := w.AddMember("Ops", login, role)
	require.NoError(w.t, err)
	return target.MembershipID(number(w.t, id))
}

func number(t testingT, id string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(id, 10, 64)
	require.NoError(t, err)
	return n
}

// crowd returns rows that put so many people into a group.
func crowd(group string, people int) []string {
	rows := make([]string, people)
	for i := range rows {
		rows[i] = fmt.Sprintf("%s,,p%d@acme.example,Person %d,", group, i, i)
	}
	return rows
}

// onJSON changes the JSON of successful answers to requests that begin so.
func onJSON(line string, change func(r *http.Request, body map[string]any)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/2.0"), line) {
				next.ServeHTTP(rw, r)
				return
			}
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			body := rec.Body.Bytes()
			var object map[string]any
			if rec.Code < 300 && json.Unmarshal(body, &object) == nil {
				change(r, object)
				body, _ = json.Marshal(object) // it has just been read
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(rec.Code)
			_, _ = rw.Write(body) // the client may be gone
		})
	}
}

// before runs something ahead of each request that begins so.
func before(line string, do func(r *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/2.0"), line) {
				do(r)
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// refusing answers requests that begin so with an error of Box.
func refusing(line string, status int, code string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/2.0"), line) {
				next.ServeHTTP(rw, r)
				return
			}
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			_, _ = fmt.Fprintf(rw, `{"type":"error","status":%d,"code":%q,"message":"no"}`, status, code)
		})
	}
}

// entries returns the rows of a list that is being changed.
func entries(body map[string]any) []map[string]any {
	rows, _ := body["entries"].([]any)
	var out []map[string]any
	for _, row := range rows {
		if object, ok := row.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}
