package emulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const lagging = 2 * time.Second

// listing is one page as a list call shows it.
type listing struct {
	Total   int `json:"total_count"`
	Entries []struct {
		ID, Name, Login, Role string
		Description           string
		Identifier            string `json:"external_sync_identifier"`
		User, Group           struct{ ID, Name, Login string }
	}
}

// late is a Box whose lists lag, in a bubble with a clock of its own.
type late struct {
	*emulator.Server

	t interface {
		require.TestingT
		Helper()
	}
}

func (l late) ask(status int, method, path, body string) string {
	l.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body)) //nolint:noctx // the bubble outlives it
	r.Header.Set("Authorization", "Bearer emulator-token")
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	require.Equal(l.t, status, w.Code, "%s %s %s: %s", method, path, body, w.Body)
	return w.Body.String()
}

func (l late) list(path string) listing {
	l.t.Helper()
	var out listing
	require.NoError(l.t, json.Unmarshal([]byte(l.ask(http.StatusOK, http.MethodGet, path, "")), &out))
	return out
}

// members is "login role" of each row, after a look at the total.
func (l late) members(path string) []string {
	l.t.Helper()
	page := l.list(path + "/memberships?limit=1000")
	require.Equal(l.t, len(page.Entries), page.Total)
	out := []string{}
	for _, e := range page.Entries {
		out = append(out, e.User.Login+" "+e.Role)
	}
	return out
}

// names are those of groups, or the logins of users.
func (l late) names(path string) []string {
	l.t.Helper()
	out := []string{}
	for _, e := range l.list(path).Entries {
		if e.Login != "" {
			e.Name = e.Login
		}
		out = append(out, e.ID+" "+e.Name)
	}
	return out
}

// lags runs a test on the acme Box whose lists are late.
func lags(t *testing.T, test func(*testing.T, late)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box, err := load(acme)
		require.NoError(t, err)
		box.SetFaults(emulator.Faults{VisibleAfter: lagging})
		test(t, late{Server: box, t: t})
	})
}

func TestVisibleAfter_Memberships(t *testing.T) {
	lags(t, func(t *testing.T, l late) {
		const finance, cid = "/2.0/groups/10001", "/2.0/users/20003"
		before := []string{"ann@acme.example admin", "bob@acme.example member"}

		l.ask(http.StatusCreated, http.MethodPost, "/2.0/group_memberships", addCid)
		l.ask(http.StatusOK, http.MethodPut, "/2.0/group_memberships/30002", `{"role":"admin"}`)
		l.ask(http.StatusConflict, http.MethodPost, "/2.0/group_memberships", addCid)
		l.ask(http.StatusOK, http.MethodGet, "/2.0/group_memberships/30003", "")
		assert.Equal(t, before, l.members(finance), "added is hidden, changed is as it was")
		assert.Empty(t, l.members(cid))

		time.Sleep(lagging / 2)
		l.ask(http.StatusNoContent, http.MethodDelete, "/2.0/group_memberships/30001", "")
		l.ask(http.StatusNotFound, http.MethodGet, "/2.0/group_memberships/30001", "")
		time.Sleep(lagging/2 - time.Nanosecond)
		assert.Equal(t, before, l.members(finance))
		time.Sleep(time.Nanosecond)
		assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example admin", "cid@acme.example member"}, l.members(finance),
			"the first two are seen to the nanosecond, the removal is not")
		assert.Equal(t, []string{"cid@acme.example member"}, l.members(cid))
		time.Sleep(lagging / 2)
		assert.Equal(t, []string{"bob@acme.example admin", "cid@acme.example member"}, l.members(finance))
		assert.Equal(t, l.Members("Finance"), l.members(finance))

		require.NoError(t, l.SetEnterpriseRole("bob@acme.example", "coadmin"), "who is group admin no longer")
		assert.Equal(t, []string{"bob@acme.example admin", "cid@acme.example member"}, l.members(finance))
		time.Sleep(lagging)
		assert.Equal(t, []string{"bob@acme.example member", "cid@acme.example member"}, l.members(finance))
	})
}

func TestVisibleAfter_Groups(t *testing.T) {
	lags(t, func(t *testing.T, l late) {
		const all = "/2.0/groups?fields=name,description"
		before := []string{"10001 Finance", "10002 Empty"}
		l.ask(http.StatusCreated, http.MethodPost, "/2.0/groups", `{"name":"New","description":"d"}`)
		l.ask(http.StatusOK, http.MethodPut, "/2.0/groups/10001", `{"name":"Money"}`)
		l.ask(http.StatusNoContent, http.MethodDelete, "/2.0/groups/10002", "")
		l.ask(http.StatusConflict, http.MethodPost, "/2.0/groups", `{"name":"Money"}`)
		l.ask(http.StatusOK, http.MethodGet, "/2.0/groups/10003", "")

		assert.Equal(t, before, l.names(all))
		assert.Equal(t, 2, l.list(all).Total)
		assert.Equal(t, []string{"10001 Finance"}, l.names("/2.0/groups?filter_term=fin"), "a search lags, too")
		assert.Empty(t, l.names("/2.0/groups?filter_term=New"))
		assert.Empty(t, l.members("/2.0/groups/10003"), "a new group has no members and is no error")
		assert.Empty(t, l.members("/2.0/groups/10002"), "a deleted one has those that it had")
		l.ask(http.StatusNotFound, http.MethodGet, "/2.0/groups/10004/memberships", "")

		time.Sleep(lagging)
		assert.Equal(t, []string{"10001 Money", "10003 New"}, l.names(all))
		assert.Contains(t, l.ask(http.StatusOK, http.MethodGet, all, ""), `"description":"d"`)
		l.ask(http.StatusNotFound, http.MethodGet, "/2.0/groups/10002/memberships", "")
		assert.Equal(t, "Money", l.list("/2.0/groups/10001/memberships").Entries[0].Group.Name)
	})
}

func TestVisibleAfter_Users(t *testing.T) {
	lags(t, func(t *testing.T, l late) {
		id, err := l.AddUser(emulator.User{Login: "dee@acme.example"})
		require.NoError(t, err)
		require.NoError(t, l.SetLogin("bob@acme.example", "rob@acme.example"))
		require.NoError(t, l.RemoveUser("ann@acme.example"))
		l.ask(http.StatusOK, http.MethodGet, "/2.0/users/"+id, "")
		l.ask(http.StatusNotFound, http.MethodGet, "/2.0/users/20001", "")

		before := []string{"20001 ann@acme.example", "20002 bob@acme.example", "20003 cid@acme.example"}
		assert.Equal(t, before, l.names("/2.0/users"))
		assert.Equal(t, before, l.names("/2.0/users?usemarker=true"))
		assert.Empty(t, l.names("/2.0/users?filter_term=rob@acme.example"))
		assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member"}, l.members("/2.0/groups/10001"))
		assert.Equal(t, []string{"ann@acme.example admin"}, l.members("/2.0/users/20001"))
		assert.Empty(t, l.members("/2.0/users/"+id))

		time.Sleep(lagging)
		after := []string{"20002 rob@acme.example", "20003 cid@acme.example", "20004 dee@acme.example"}
		assert.Equal(t, after, l.names("/2.0/users"))
		assert.Equal(t, after, l.names("/2.0/users?usemarker=true"))
		assert.Equal(t, []string{"rob@acme.example member"}, l.members("/2.0/groups/10001"))
		l.ask(http.StatusNotFound, http.MethodGet, "/2.0/users/20001/memberships", "")
	})
}

// Who may look at a list is decided by what is true now or by what is seen.
func TestVisibleAfter_ForMembers(t *testing.T) {
	lags(t, func(t *testing.T, l late) {
		ask := func(path string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer emulator-token")
			r.Header.Set("As-User", "20002")
			w := httptest.NewRecorder()
			l.ServeHTTP(w, r)
			return w.Code
		}
		assert.Equal(t, 200, ask("/2.0/groups/10001/memberships"))
		assert.Equal(t, 404, ask("/2.0/groups/10002/memberships"))
		assert.Equal(t, 200, ask("/2.0/users/20002/memberships"))
		assert.Equal(t, 404, ask("/2.0/users/20001/memberships"))
		require.NoError(t, l.RemoveMember("Finance", "bob@acme.example"))
		assert.Equal(t, 200, ask("/2.0/groups/10001/memberships"))
		time.Sleep(lagging)
		assert.Equal(t, 404, ask("/2.0/groups/10001/memberships"))
	})
}

func TestVisibleAfter_SwitchedAtRunTime(t *testing.T) {
	lags(t, func(t *testing.T, l late) {
		add := func(name string) { l.ask(http.StatusCreated, http.MethodPost, "/2.0/groups", `{"name":"`+name+`"}`) }
		total := func() int { return l.list("/2.0/groups").Total }
		add("A")
		assert.Equal(t, 2, total())
		l.SetFaults(emulator.Faults{})
		assert.Equal(t, 3, total(), "off: the truth")
		add("B")
		l.SetFaults(emulator.Faults{VisibleAfter: time.Hour})
		assert.Equal(t, 4, total(), "what was there is seen")
		add("C")
		time.Sleep(time.Minute)
		assert.Equal(t, 4, total())
		l.SetFaults(emulator.Faults{VisibleAfter: time.Minute})
		assert.Equal(t, 5, total(), "shorter: seen at once")
		add("D")
		time.Sleep(time.Minute)
		l.SetFaults(emulator.Faults{VisibleAfter: time.Hour})
		assert.Equal(t, 6, total(), "longer: what could be seen stays in sight")

		path, _ := save(t, l.Server)
		add("E")
		require.NoError(t, l.LoadState(path))
		assert.Equal(t, 6, total(), "what is loaded is seen at once")
		add("F")
		assert.Equal(t, 6, total())
		time.Sleep(time.Hour)
		assert.Equal(t, 7, total())
	})
}

// From the start, too, and over a seed.
func TestVisibleAfter_AsOption(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{Faults: emulator.Faults{VisibleAfter: lagging}})
		require.NoError(t, box.LoadSeed(strings.NewReader(acme), "acme.csv"))
		l := late{Server: box, t: t}
		require.NoError(t, l.RemoveMember("Finance", "bob@acme.example"))
		assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member"}, l.members("/2.0/groups/10001"))
		time.Sleep(lagging)
		assert.Equal(t, []string{"ann@acme.example admin"}, l.members("/2.0/groups/10001"))
	})
}

// moment is what lists show of a Box: groups as "id name identifier description",
// users as "id login", members of each group as "login role".
type moment struct {
	at            time.Time
	groups, users []string
	members       map[string][]string
}

func (l late) truth() moment {
	m := moment{at: time.Now(), groups: []string{}, users: []string{}, members: map[string][]string{}}
	for _, g := range l.Groups() {
		m.groups = append(m.groups, strings.Join([]string{g.ID, g.Name, g.ExternalSyncIdentifier, g.Description}, " "))
		m.members[g.ID] = l.Members(g.Name)
	}
	for _, u := range l.Users() {
		if u.Kind != emulator.Service {
			m.users = append(m.users, u.ID+" "+u.Login)
		}
	}
	return m
}

func (l late) seen(groupIDs []string) moment {
	m := moment{groups: []string{}, users: l.names("/2.0/users"), members: map[string][]string{}}
	for _, g := range l.list("/2.0/groups?fields=name,external_sync_identifier,description").Entries {
		m.groups = append(m.groups, strings.Join([]string{g.ID, g.Name, g.Identifier, g.Description}, " "))
	}
	for _, id := range groupIDs {
		members := l.members("/2.0/groups/" + id)
		slices.Sort(members)
		m.members[id] = members
	}
	return m
}

// Whatever happens, and by whatever way: a list shows what was true so long
// ago.
func TestVisibleAfter_IsThePast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		untimed := struct{ testing.TB }{t} // in a bubble there is no Deadline to ask for
		rapid.Check(untimed, func(t *rapid.T) {
			box, err := load(acme)
			require.NoError(t, err)
			box.SetFaults(emulator.Faults{VisibleAfter: lagging})
			l := late{Server: box, t: t}
			past := []moment{l.truth()}
			for n := range rapid.IntRange(1, 25).Draw(t, "steps") {
				l.somethingHappens(t, n)
				past = append(past, l.truth())
				time.Sleep(time.Duration(rapid.IntRange(0, int(lagging)).Draw(t, "pause")))

				then := past[0]
				for _, m := range past {
					if !m.at.After(time.Now().Add(-lagging)) {
						then = m
					}
				}
				got := l.seen(slices.Sorted(maps.Keys(then.members)))
				then.at = time.Time{}
				require.Equal(t, then, got)
			}
		})
	})
}

// somethingHappens changes something at random, or tries.
func (l late) somethingHappens(t *rapid.T, n int) {
	var groups, logins []string
	for _, g := range l.Groups() {
		groups = append(groups, g.Name)
	}
	for _, u := range l.Users() {
		logins = append(logins, u.Login)
	}
	login := rapid.SampledFrom(logins).Draw(t, "login")
	group := "New"
	if len(groups) > 0 {
		group = rapid.SampledFrom(groups).Draw(t, "group")
	}
	fresh := fmt.Sprintf("x%d", n)
	g, _ := l.Group(group)
	if members := l.Members(group); len(members) > 0 && rapid.Bool().Draw(t, "of_the_group") {
		login, _, _ = strings.Cut(rapid.SampledFrom(members).Draw(t, "member"), " ")
	}
	role := rapid.SampledFrom([]string{"member", "admin"}).Draw(t, "role")
	membership := "/2.0/group_memberships/" + rapid.SampledFrom([]string{"30001", "30002", "30003", "30004"}).Draw(t, "id")
	user := rapid.SampledFrom([]string{"20001", "20002", "20003", "20004"}).Draw(t, "user")
	switch rapid.IntRange(0, 18).Draw(t, "what") {
	case 0:
		l.send(http.MethodPost, "/2.0/groups", `{"name":"`+fresh+`","description":"`+role+`"}`)
	case 1:
		l.send(http.MethodPut, "/2.0/groups/"+g.ID, `{"name":"`+fresh+`","description":"`+fresh+`"}`)
	case 2:
		l.send(http.MethodDelete, "/2.0/groups/"+g.ID, "")
	case 3:
		l.send(http.MethodPut, membership, `{"role":"`+role+`"}`)
	case 4:
		l.send(http.MethodDelete, membership, "")
	case 5:
		_, _ = l.AddUser(emulator.User{Login: fresh + "@acme.example"})
	case 6:
		_ = l.SetLogin(login, fresh+"@acme.example")
	case 7:
		_ = l.RemoveUser(login)
	case 8:
		_, _ = l.AddMember(group, login, role)
	case 9:
		_ = l.SetRole(group, login, role)
	case 10:
		_ = l.RemoveMember(group, login)
	case 11:
		_ = l.RenameGroup(group, fresh)
	case 12:
		_, _ = l.AddGroup(fresh, fresh)
	case 13:
		_ = l.RemoveGroup(group)
	case 14:
		_ = l.SetEnterpriseRole(login, rapid.SampledFrom([]string{"user", "coadmin"}).Draw(t, "enterprise_role"))
	case 15:
		l.send(http.MethodPost, "/2.0/users", `{"name":"`+fresh+`","login":"`+fresh+`@acme.example"}`)
	case 16:
		l.send(http.MethodPut, "/2.0/users/"+user, `{"login":"`+fresh+`@acme.example"}`)
	case 17:
		l.send(http.MethodDelete, "/2.0/users/"+user, "")
	case 18:
		_, _ = l.AddGroup("Finance", "")
		_ = l.SetIdentifier(group, fresh)
		_ = l.RenameGroup("Finance", "Empty")
	}
}

func (l late) send(method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body)) //nolint:noctx // the bubble outlives it
	r.Header.Set("Authorization", "Bearer emulator-token")
	l.ServeHTTP(httptest.NewRecorder(), r)
}
