package cmd_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// account adds an account of a kind: "coadmin", "admin", "inactive", "app",
// "external".
func (b *boxServer) account(ts *testscript.TestScript, args []string) {
	u := emulator.User{Login: args[0], Name: args[0]}
	for _, word := range args[1:] {
		switch word {
		case "coadmin", "admin":
			u.Role = word
		case "inactive":
			u.Status = word
		default:
			u.Kind = emulator.Kind(word)
		}
	}
	_, err := b.AddUser(u)
	ts.Check(err)
}

// promote makes an account a co-admin; it loses its places in groups.
func (b *boxServer) promote(ts *testscript.TestScript, login string) {
	for _, u := range b.Users() {
		if u.Login == login {
			ts.Check(b.RemoveUser(login))
			u.Role = "coadmin"
			_, err := b.AddUser(u)
			ts.Check(err)
		}
	}
}

// emailAliases stands before an emulator and answers what e-mail aliases there are.
type emailAliases struct {
	next *emulator.Server

	mu      sync.Mutex
	byLogin map[string][]string
}

func (a *emailAliases) add(login, alias string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byLogin == nil {
		a.byLogin = map[string][]string{}
	}
	a.byLogin[login] = append(a.byLogin[login], alias)
}

// ServeHTTP lets the emulator answer all that is not about aliases.
func (a *emailAliases) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, asked := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2.0/users/"), "/email_aliases")
	answer := httptest.NewRecorder()
	if asked {
		a.next.ServeHTTP(answer, r.Clone(r.Context()))
	}
	switch {
	case !asked:
		a.next.ServeHTTP(w, r)
		return
	case answer.Code != http.StatusOK:
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return
	}
	entries := []map[string]any{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, u := range a.next.Users() {
		for _, alias := range a.byLogin[u.Login] {
			if u.ID == id {
				entries = append(entries, map[string]any{"type": "email_alias", "id": "1", "email": alias, "is_confirmed": true})
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"total_count": len(entries), "entries": entries})
}
