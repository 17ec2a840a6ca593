package misuse_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/played"
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
	*played.Box

	w       *world
	started chan struct{} // closed when the run is known

	mu     sync.Mutex
	look   func()
	states string // where states are saved
	before string // the state before the judged run
}

func newBox(w *world) *box {
	w.Helper()
	b := &box{w: w, started: make(chan struct{}), states: w.TempDir()}
	b.Box = played.NewBox(w, b.filled("900001"))
	b.Asked, b.Answered = b.asked, b.answered
	return b
}

func (b *box) emulated(enterprise string) *emulator.Server {
	return emulator.New(emulator.Options{EnterpriseID: enterprise, ClientSecret: ccgSecret, DeveloperToken: tokenSecret})
}

func (b *box) filled(enterprise string) *emulator.Server {
	emulated := b.emulated(enterprise)
	seed, err := os.ReadFile("testdata/box.csv")
	require.NoError(b.w, err)
	require.NoError(b.w, emulated.LoadSeed(bytes.NewReader(seed), "box.csv"))
	return emulated
}

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

// asked sees a request before it is answered.
func (b *box) asked(_ *http.Request, body []byte) {
	b.mu.Lock()
	started := b.started
	b.mu.Unlock()
	<-started
	b.mu.Lock()
	look := b.look
	b.mu.Unlock()
	look()
	if form, err := url.ParseQuery(string(body)); err == nil {
		b.w.secrets.add("an assertion", form.Get("assertion"))
	}
}

// answered sees an answer of the emulator.
func (b *box) answered(body []byte) {
	var token struct {
		Text string `json:"access_token"`
	}
	if json.Unmarshal(body, &token) == nil {
		b.w.secrets.add("an access token", token.Text)
	}
}

// remember begins to count.
func (b *box) remember() {
	b.before = b.state()
	b.Forget()
}

// state tells all that is in Box.
func (b *box) state() string {
	path := filepath.Join(b.states, "state.json")
	require.NoError(b.w, b.SaveState(path))
	text, err := os.ReadFile(path)
	require.NoError(b.w, err)
	return string(text)
}

// problems says what the run did to Box. It did nothing.
func (b *box) problems() []string {
	var out []string
	_, sent := b.Sent()
	if len(sent) > 0 {
		var writes []string
		for _, s := range sent {
			writes = append(writes, s.Method+" "+s.Path)
		}
		out = append(out, fmt.Sprintf("Box was sent write requests: %q", writes))
	}
	if n := b.Stats().Writes; n != len(sent) && b.Talk == nil {
		out = append(out, fmt.Sprintf("the emulator counted %d write requests, and we %d", n, len(sent)))
	}
	if journal := b.Journal(); len(journal) > 0 {
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
		b.Is(step[1:]...)
	case "clock":
		b.SetClockOffset(w.Duration(step[1]))
	case "enterprise":
		b.Server = b.filled(step[1])
	case "empty":
		b.Server = b.emulated("900001")
	case "answers":
		b.Inject(emulator.Failure{Method: step[1], PathPrefix: step[2], Status: w.Number(step[3]), Times: 1000})
	case "key":
		settings, err := b.NewAppSettings()
		require.NoError(w, err)
		w.Put(step[1], settings)
		w.keep(settings)
	case "sealed-key":
		w.Put(step[1], b.sealedKey())
	case "speaks":
		b.speak(step[1])
	case "down":
		b.Down()
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
	b.AddPublicKey("kid1", &key.PublicKey)
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
	if what != "tls" {
		b.Talk = played.Speaks(b.w, what)
		return
	}
	old := b.URL()
	b.TLS()
	b.w.step([]string{"replace", "rollcall.yaml", old, b.URL()})
}
