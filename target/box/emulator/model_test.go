package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// model is what the memberships must be: group id, then user id, to role.
type model map[string]map[string]string

// machine drives a Box at random and keeps a model beside it.
type machine struct {
	box     *emulator.Server
	model   model
	byID    map[string][2]string // membership id to group and user, gone ones included
	effects int
}

var (
	modelGroups = [...]string{"10001", "10002", "10003"}
	modelUsers  = [...]string{"20001", "20002", "20003", "20004", "20005"}
)

func newMachine(t require.TestingT) *machine {
	m := &machine{box: emulator.New(emulator.Options{}), model: model{}, byID: map[string][2]string{}}
	for _, id := range modelGroups {
		_, err := m.box.AddGroup("group "+id, "")
		require.NoError(t, err)
		m.model[id] = map[string]string{}
	}
	for _, id := range modelUsers {
		_, err := m.box.AddUser(emulator.User{Login: "u" + id + "@acme.example"})
		require.NoError(t, err)
	}
	return m
}

// ask sends a request whose answer may be replaced by a 500 although it is
// carried out; the second result says that it was.
func (m *machine) ask(t *rapid.T, method, path, body string) (*httptest.ResponseRecorder, bool) {
	lost := method != http.MethodGet && rapid.IntRange(0, 4).Draw(t, "lost") == 0
	if lost {
		m.box.Inject(emulator.Failure{Status: http.StatusInternalServerError, After: true})
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer emulator-token")
	w := httptest.NewRecorder()
	m.box.ServeHTTP(w, r)
	return w, lost
}

func (m *machine) expect(t *rapid.T, status int, method, path, body string) {
	w, lost := m.ask(t, method, path, body)
	if lost {
		status = http.StatusInternalServerError
	}
	require.Equal(t, status, w.Code, "%s %s %s: %s", method, path, body, w.Body)
}

func (m *machine) add(t *rapid.T) {
	g, u := rapid.SampledFrom(modelGroups[:]).Draw(t, "group"), rapid.SampledFrom(modelUsers[:]).Draw(t, "user")
	role := rapid.SampledFrom([]string{"member", "admin"}).Draw(t, "role")
	want := http.StatusCreated
	if m.model[g][u] != "" {
		want = http.StatusConflict
	} else {
		m.model[g][u] = role
		m.effects++
		m.byID[strconv.Itoa(30001+len(m.byID))] = [2]string{g, u}
	}
	m.expect(t, want, http.MethodPost, "/2.0/group_memberships",
		fmt.Sprintf(`{"user":{"id":%q},"group":{"id":%q},"role":%q}`, u, g, role))
}

// known picks a membership id that was given out, and says whether it is that
// of a membership that still stands.
func (m *machine) known(t *rapid.T) (id string, at [2]string, stands bool) {
	if len(m.byID) == 0 {
		t.Skip("nobody was added yet")
	}
	id = strconv.Itoa(30001 + rapid.IntRange(0, len(m.byID)-1).Draw(t, "membership"))
	at = m.byID[id]
	newest := ""
	for other, place := range m.byID {
		if place == at && other > newest {
			newest = other
		}
	}
	return id, at, newest == id && m.model[at[0]][at[1]] != ""
}

func (m *machine) setRole(t *rapid.T) {
	id, at, stands := m.known(t)
	role := rapid.SampledFrom([]string{"member", "admin"}).Draw(t, "role")
	want := http.StatusNotFound
	if stands {
		want = http.StatusOK
		if m.model[at[0]][at[1]] != role {
			m.effects++
		}
		m.model[at[0]][at[1]] = role
	}
	m.expect(t, want, http.MethodPut, "/2.0/group_memberships/"+id, fmt.Sprintf(`{"role":%q}`, role))
}

func (m *machine) remove(t *rapid.T) {
	id, at, stands := m.known(t)
	want := http.StatusNotFound
	if stands {
		want = http.StatusNoContent
		m.effects++
		delete(m.model[at[0]], at[1])
	}
	m.expect(t, want, http.MethodDelete, "/2.0/group_memberships/"+id, "")
}

// list reads all memberships of a group or user, in pages of two.
func (m *machine) list(t *rapid.T, path string) []string {
	var out []string
	for offset, total := 0, 1; offset < total; offset += 2 {
		w, _ := m.ask(t, http.MethodGet, fmt.Sprintf("%s/memberships?limit=2&offset=%d", path, offset), "")
		var page struct {
			Total   int `json:"total_count"`
			Entries []struct {
				User, Group struct{ ID string }
				Role        string
			}
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page), w.Body)
		total = page.Total
		for _, e := range page.Entries {
			out = append(out, e.Group.ID+" "+e.User.ID+" "+e.Role)
		}
	}
	return out
}

func (m model) rows() []string {
	var out []string
	for g, users := range m {
		for u, role := range users {
			out = append(out, g+" "+u+" "+role)
		}
	}
	slices.Sort(out)
	return out
}

// check holds after every step: both ways of listing and the replayed journal
// say what the model says.
func (m *machine) check(t *rapid.T) {
	var byGroup, byUser []string
	for _, g := range modelGroups {
		byGroup = append(byGroup, m.list(t, "/2.0/groups/"+g)...)
	}
	for _, u := range modelUsers {
		byUser = append(byUser, m.list(t, "/2.0/users/"+u)...)
	}
	slices.Sort(byGroup)
	slices.Sort(byUser)
	want := m.model.rows()
	require.Equal(t, want, byGroup)
	require.Equal(t, want, byUser)

	replayed := model{}
	for _, e := range m.box.Journal() {
		if replayed[e.GroupID] == nil {
			replayed[e.GroupID] = map[string]string{}
		}
		require.Equal(t, e.RoleBefore, replayed[e.GroupID][e.UserID], "effect %d", e.Seq)
		if e.RoleAfter == "" {
			delete(replayed[e.GroupID], e.UserID)
		} else {
			replayed[e.GroupID][e.UserID] = e.RoleAfter
		}
	}
	require.Equal(t, want, replayed.rows())
	require.Len(t, m.box.Journal(), m.effects)
}

func TestModel_RandomWritesWithLostAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){"add": m.add, "set_role": m.setRole, "remove": m.remove, "": m.check})

		path := filepath.Join(dir, "state.json")
		require.NoError(t, m.box.SaveState(path))
		loaded := emulator.New(emulator.Options{})
		require.NoError(t, loaded.LoadState(path))
		for _, g := range modelGroups {
			require.Equal(t, m.box.Members("group "+g), loaded.Members("group "+g))
		}
	})
}

// FuzzSeed: whatever the file, loading it ends in an error or in a Box that can
// be saved and loaded again.
func FuzzSeed(f *testing.F) {
	for _, s := range []string{
		acme, "", "group\n", "group,login\nG,\"a\n", "login,role\na,admin\n", "\ufeffgroup\nG\n", "group,login\r\nG,a\r\nG,A\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		box, err := load(csv)
		if err != nil {
			require.Empty(t, box.Groups())
			return
		}
		path, text := save(t, box)
		again := emulator.New(emulator.Options{})
		require.NoError(t, again.LoadState(path))
		_, second := save(t, again)
		require.Equal(t, text, second)
	})
}

// FuzzState: a file that is not sound is refused, and what is accepted is kept.
func FuzzState(f *testing.F) {
	box, err := load(acme)
	require.NoError(f, err)
	path := filepath.Join(f.TempDir(), "state.json")
	require.NoError(f, box.SaveState(path))
	good, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "state.json")
		require.NoError(t, os.WriteFile(path, b, 0o600))
		box := emulator.New(emulator.Options{})
		if box.LoadState(path) != nil {
			require.Len(t, box.Users(), 1)
			return
		}
		path, text := save(t, box)
		again := emulator.New(emulator.Options{})
		require.NoError(t, again.LoadState(path))
		_, second := save(t, again)
		require.Equal(t, text, second)
	})
}
