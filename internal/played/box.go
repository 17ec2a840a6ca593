package played

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// Box is an emulated Box behind a server that counts for itself what it is sent.
// It is changed before a run and not while one goes on, with Ready in between.
type Box struct {
	*emulator.Server

	// Talk answers in the place of the emulator where it says true.
	Talk func(http.ResponseWriter, *http.Request) bool
	// Asked sees each request, and its body, before it is answered.
	Asked func(r *http.Request, body []byte)
	// Answered sees what the emulator answered.
	Answered func(body []byte)

	t      testing.TB
	server *httptest.Server

	mu   sync.Mutex
	n    int
	sent []Sent
}

// Sent is a write request, whatever became of it.
type Sent struct {
	Method, Path string
	Status       int // that it was answered with, if only in part; 0: it was not
}

// NewBox serves an emulator until the test ends.
func NewBox(t testing.TB, emulated *emulator.Server) *Box {
	t.Helper()
	b := &Box{
		Server: emulated, t: t,
		Asked: func(*http.Request, []byte) {}, Answered: func([]byte) {},
	}
	b.serve(httptest.NewServer)
	return b
}

func (b *Box) serve(start func(http.Handler) *httptest.Server) {
	b.server = start(b)
	b.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.t.Cleanup(b.server.Close)
}

// URL is the address of this Box.
func (b *Box) URL() string { return b.server.URL }

// Host is its host and port.
func (b *Box) Host() string { return b.server.Listener.Addr().String() }

// Down ends the server: nobody listens there any more.
func (b *Box) Down() { b.server.Close() }

// TLS has this Box speak TLS, at another address.
func (b *Box) TLS() {
	b.Down()
	b.serve(httptest.NewTLSServer)
}

// ServeHTTP counts a request and passes it on.
func (b *Box) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the run has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &tee{ResponseWriter: rw}
	reading := []string{http.MethodGet, http.MethodHead, http.MethodConnect}
	b.mu.Lock() // whatever was changed before Ready is seen from here on
	b.n++
	at := -1
	if !slices.Contains(reading, r.Method) && r.URL.Path != "/oauth2/token" {
		at = len(b.sent)
		b.sent = append(b.sent, Sent{Method: r.Method, Path: r.URL.Path})
	}
	b.mu.Unlock()
	b.Asked(r, body)
	defer func() { // also where the emulator breaks the connection
		b.mu.Lock()
		defer b.mu.Unlock()
		if at >= 0 && at < len(b.sent) {
			b.sent[at].Status = answer.status
		}
	}()
	if b.Talk == nil || !b.Talk(answer, r) {
		b.Server.ServeHTTP(answer, r)
		b.Answered(answer.body.Bytes())
	}
}

// tee notes what goes by.
type tee struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

// Unwrap lets the connection be reached.
func (t *tee) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// WriteHeader notes the status.
func (t *tee) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

// Write notes a part of the body.
func (t *tee) Write(part []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	t.body.Write(part)
	return t.ResponseWriter.Write(part)
}

// Ready ends the changes of this Box before a run.
func (b *Box) Ready() {
	b.mu.Lock()
	defer b.mu.Unlock()
}

// Sent returns how many requests there were since Forget, and which were writes.
func (b *Box) Sent() (requests int, writes []Sent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n, slices.Clone(b.sent)
}

// Forget begins counting anew. No run may go on.
func (b *Box) Forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n, b.sent = 0, nil
	b.ResetStats()
}

// Is changes the app: unauthorised, no-groups-scope, no-users-scope,
// app-access-only, no-user-tokens, no-as-user, no-groups-seen, no-users-seen.
func (b *Box) Is(wrong ...string) {
	b.t.Helper()
	app := b.App()
	without := func(scope string) {
		app.Scopes = slices.DeleteFunc(app.Scopes, func(s string) bool { return s == scope })
	}
	for _, what := range wrong {
		switch what {
		case "unauthorised":
			app.Authorised = false
		case "no-groups-scope":
			without(emulator.ScopeGroups)
		case "no-users-scope":
			without(emulator.ScopeUsers)
		case "app-access-only":
			app.AccessLevel = emulator.AccessApp
		case "no-user-tokens":
			app.UserTokens = false
		case "no-as-user":
			app.AsUser = false
		case "no-groups-seen":
			app.SeesNoGroups = true
		case "no-users-seen":
			app.SeesNoUsers = true
		default:
			b.t.Fatalf("an app cannot be %q", what)
		}
	}
	require.NoError(b.t, b.SetApp(app))
}

// Speaks returns what answers as something else than Box: html, silence, hangup.
func Speaks(t testing.TB, what string) func(http.ResponseWriter, *http.Request) bool {
	t.Helper()
	switch what {
	case "html":
		return func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.Copy(rw, strings.NewReader("<html><title>Sign in</title></html>")) // the run may be gone
			return true
		}
	case "silence":
		return func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	case "hangup":
		return func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
	}
	t.Fatalf("Box does not speak %q", what)
	return nil
}
