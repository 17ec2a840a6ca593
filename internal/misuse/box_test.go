package misuse_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// box is a case's Box: an emulator behind a server that counts for itself, reads
// along for secrets, and shows who asks.
//
//	box is WHAT…             of the app: unauthorised, no-groups-scope, no-users-scope, app-access-only, no-user-tokens,
//	                         no-as-user, no-groups-seen, no-users-seen
//	box clock OFFSET         its clock is so far ahead
//	box enterprise ID        another enterprise, with the same groups
//	box empty                it has nobody and nothing
//	box answers METHOD PREFIX STATUS   every such request with the status
//	box key FILE             write an app's settings with a key that this Box knows
//	box sealed-key FILE      likewise, and the key is encrypted: its passphrase is throwaway
//	box speaks WHAT          something else than Box: html, silence, hangup, tls
//	box down                 nobody listens there
type box struct {
	w      *world
	server *httptest.Server
	talk   func(http.ResponseWriter, *http.Request) bool // instead of Box

	started chan struct{} // closed when the run is known

	mu     sync.Mutex
	box    *emulator.Server
	look   func()
	writes []string
	asked  int
	states string // where states are saved
	before string // the state before the judged run
}

func newBox(w *world) *box {
	w.Helper()
	b := &box{w: w, started: make(chan struct{}), states: w.TempDir()}
	b.fill("900001")
	b.serve(httptest.NewServer)
	return b
}

func (b *box) emulated(enterprise string) *emulator.Server {
	return emulator.New(emulator.Options{EnterpriseID: enterprise, ClientSecret: ccgSecret, DeveloperToken: tokenSecret})
}

func (b *box) fill(enterprise string) {
	b.box = b.emulated(enterprise)
	seed, err := os.ReadFile("testdata/box.csv")
	require.NoError(b.w, err)
	require.NoError(b.w, b.box.LoadSeed(bytes.NewReader(seed), "box.csv"))
}

func (b *box) serve(start func(http.Handler) *httptest.Server) {
	b.server = start(b)
	b.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.w.Cleanup(b.server.Close)
}

func (b *box) url() string  { return b.server.URL }
func (b *box) host() string { return b.server.Listener.Addr().String() }

// hold lets no request through until the returned function is called. From then
// on, each has the command lines looked at first, while the run waits.
func (b *box) hold() func(look func()) {
	started := make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started = started
	return func(look func()) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.look = look
		close(started)
	}
}

// ServeHTTP counts a request, whatever becomes of it.
func (b *box) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	started := b.started
	b.mu.Unlock()
	<-started
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the run has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.mu.Lock()
	look, emulated := b.look, b.box
	b.asked++
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodConnect}, r.Method) && r.URL.Path != "/oauth2/token" {
		b.writes = append(b.writes, r.Method+" "+r.URL.Path)
	}
	b.mu.Unlock()
	look()
	if form, err := url.ParseQuery(string(body)); err == nil {
		b.w.secrets.add("an assertion", form.Get("assertion"))
	}
	if b.talk != nil && b.talk(rw, r) {
		return
	}
	answer := httptest.NewRecorder()
	emulated.ServeHTTP(answer, r)
	var token struct {
		Text string `json:"access_token"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &token) == nil {
		b.w.secrets.add("an access token", token.Text)
	}
	maps.Copy(rw.Header(), answer.Header())
	rw.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(rw) // the run may be gone
}

// remember begins to count.
func (b *box) remember() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writes, b.asked, b.before = nil, 0, b.state()
	b.box.ResetStats()
}

// state tells all that is in Box.
func (b *box) state() string {
	path := filepath.Join(b.states, "state.json")
	require.NoError(b.w, b.box.SaveState(path))
	text, err := os.ReadFile(path)
	require.NoError(b.w, err)
	return string(text)
}

// problems says what the run did to Box. It did nothing.
func (b *box) problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	if len(b.writes) > 0 {
		out = append(out, fmt.Sprintf("Box was sent write requests: %q", b.writes))
	}
	if n := b.box.Stats().Writes; n != len(b.writes) && b.talk == nil {
		out = append(out, fmt.Sprintf("the emulator counted %d write requests, and we %d", n, len(b.writes)))
	}
	if journal := b.box.Journal(); len(journal) > 0 {
		out = append(out, fmt.Sprintf("in Box there took effect: %+v", journal))
	}
	if b.state() != b.before {
		out = append(out, "Box is another than before")
	}
	return out
}

// step makes this Box another.
func (b *box) step(step []string) {
	w := b.w
	w.Helper()
	switch step[0] {
	case "is":
		require.NoError(w, b.box.SetApp(b.app(step[1:])))
	case "clock":
		offset, err := time.ParseDuration(strings.TrimPrefix(step[1], "+"))
		require.NoError(w, err)
		b.box.SetClockOffset(offset)
	case "enterprise":
		b.fill(step[1])
	case "empty":
		b.box = b.emulated("900001")
	case "answers":
		b.box.Inject(emulator.Failure{Method: step[1], PathPrefix: step[2], Status: w.number(step[3]), Times: 1000})
	case "key":
		settings, err := b.box.NewAppSettings()
		require.NoError(w, err)
		w.put(step[1], settings)
		w.keep(settings)
	case "sealed-key":
		w.put(step[1], b.sealedKey())
	case "speaks":
		b.speak(step[1])
	case "down":
		b.server.Close()
	default:
		w.Fatalf("box has no step %q", step[0])
	}
}

// sealedKey returns the settings of an app as Box's console gives them.
func (b *box) sealedKey() []byte {
	const keys = "../../target/box/boxapi/testdata/throwaway-keys/"
	open, err := os.ReadFile(keys + "pkcs8.pem")
	require.NoError(b.w, err)
	key, err := boxapi.ParsePrivateKey(open, "")
	require.NoError(b.w, err)
	b.box.AddPublicKey("kid1", &key.PublicKey)
	sealed, err := os.ReadFile(keys + "pbes2-aes-256-cbc-SHA256.pem")
	require.NoError(b.w, err)
	settings, err := json.Marshal(map[string]any{
		"boxAppSettings": map[string]any{
			"clientID": "emulator", "clientSecret": ccgSecret,
			"appAuth": map[string]any{"publicKeyID": "kid1", "privateKey": string(sealed), "passphrase": "throwaway"},
		},
		"enterpriseID": "900001",
	})
	require.NoError(b.w, err)
	b.w.keep(settings)
	return settings
}

// keep notes the secrets of an app's settings: each line of its key is one.
func (w *world) keep(settings []byte) {
	var file struct {
		App struct {
			Auth struct{ PrivateKey, Passphrase string } `json:"appAuth"`
		} `json:"boxAppSettings"`
	}
	require.NoError(w, json.Unmarshal(settings, &file))
	w.secrets.add("the passphrase", file.App.Auth.Passphrase)
	i := 0
	for line := range strings.Lines(file.App.Auth.PrivateKey) {
		if i++; !strings.HasPrefix(line, "-----") {
			w.secrets.add(fmt.Sprint("line ", i, " of the private key"), strings.TrimSpace(line))
		}
	}
}

// speak has something else than Box answer.
func (b *box) speak(what string) {
	switch what {
	case "html":
		b.talk = func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(rw, "<html><title>Sign in</title></html>")
			return true
		}
	case "silence":
		b.talk = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	case "hangup":
		b.talk = func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
	case "tls":
		old := b.url()
		b.server.Close()
		b.serve(httptest.NewTLSServer)
		b.w.step([]string{"replace", "rollcall.yaml", old, b.url()})
	default:
		b.w.Fatalf("box does not speak %q", what)
	}
}

// app is an app with something wrong about it.
func (b *box) app(wrong []string) emulator.AppConfig {
	app := b.box.App()
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
			b.w.Fatalf("an app cannot be %q", what)
		}
	}
	return app
}
