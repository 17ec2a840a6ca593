package emulator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const delete30001 = "/2.0/group_memberships/30001"

// tardy runs a test on the acme Box in a bubble.
func tardy(t *testing.T, faults emulator.Faults, test func(*testing.T, late)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box, err := load(acme)
		require.NoError(t, err)
		box.SetFaults(faults)
		test(t, late{Server: box, t: t})
	})
}

func (l late) add(status int) {
	l.t.Helper()
	l.ask(status, http.MethodPost, "/2.0/group_memberships", addCid)
}

func TestLateApply_ComesLater(t *testing.T) {
	tardy(t, emulator.Faults{LateApply: 1, LateBy: 3 * time.Second}, func(t *testing.T, l late) {
		l.add(503)
		l.ask(503, http.MethodDelete, delete30001, "")
		l.ask(200, http.MethodGet, "/2.0/groups/10001", "")
		assert.Equal(t, 2, l.Stats().Faults)
		assert.Equal(t, 2, l.Stats().WriteStatuses[503])

		time.Sleep(3*time.Second - time.Nanosecond)
		l.ask(200, http.MethodGet, delete30001, "")
		assert.Empty(t, l.Journal())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, []string{"bob@acme.example member", "cid@acme.example member"}, l.Members("Finance"))
		assert.Equal(t, []string{"add_member", "remove_member"}, actions(l.Server), "in the order in which they came")
		l.ask(404, http.MethodGet, delete30001, "")
		assert.Equal(t, 2, l.Stats().Writes, "what is late is no request")
	})
}

func actions(box *emulator.Server) []string {
	out := []string{}
	for _, e := range box.Journal() {
		out = append(out, e.Action)
	}
	return out
}

// A request is told of what is due, not only a test that looks.
func TestLateApply_SeenByRequests(t *testing.T) {
	tardy(t, emulator.Faults{}, func(t *testing.T, l late) {
		l.Inject(emulator.Failure{Status: 503, Late: time.Second})
		l.add(503)
		time.Sleep(time.Second)
		l.ask(200, http.MethodGet, "/2.0/group_memberships/30003", "")
	})
}

func TestLateApply_DefaultDelay(t *testing.T) {
	tardy(t, emulator.Faults{LateApply: 1}, func(t *testing.T, l late) {
		l.add(503)
		time.Sleep(time.Second - time.Nanosecond)
		assert.Empty(t, l.Journal())
		time.Sleep(time.Nanosecond)
		assert.Len(t, l.Journal(), 1)
	})
}

// However often a client tries again, there is one effect.
func TestLateApply_OnceAmongEquals(t *testing.T) {
	for name, again := range map[string]func(l late){
		"twice_late": func(l late) { l.add(503) },
		"done_at_once": func(l late) {
			l.SetFaults(emulator.Faults{})
			l.add(201)
		},
		"done_otherwise": func(l late) {
			l.SetFaults(emulator.Faults{})
			l.ask(201, http.MethodPost, "/2.0/group_memberships", `{"group":{"id":"10001"},"user":{"id":"20003"}}`)
		},
		"done_and_undone": func(l late) {
			l.SetFaults(emulator.Faults{})
			l.add(201)
			require.NoError(l.t, l.RemoveMember("Finance", "cid@acme.example"))
		},
		"twice_late_and_undone_between": func(l late) {
			l.add(503)
			time.Sleep(time.Second / 2)
			require.Len(l.t, l.Members("Finance"), 3)
			require.NoError(l.t, l.RemoveMember("Finance", "cid@acme.example"))
		},
		"reached_and_refused": func(l late) {
			l.SetFaults(emulator.Faults{})
			_, err := l.AddMember("Finance", "cid@acme.example", "member")
			require.NoError(l.t, err)
			l.add(409)
			require.NoError(l.t, l.RemoveMember("Finance", "cid@acme.example"))
		},
		"refused": func(l late) {
			l.SetFaults(emulator.Faults{TemporaryConflict: 1})
			l.add(409)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tardy(t, emulator.Faults{LateApply: 1, LateBy: time.Second}, func(t *testing.T, l late) {
				l.add(503)
				time.Sleep(time.Second / 2)
				again(l)
				time.Sleep(time.Hour)
				assert.Equal(t, []string{"add_member"}, actions(l.Server))
				assert.Equal(t, !strings.Contains(name, "undone"), len(l.Members("Finance")) == 3)
			})
		})
	}
}

// What has become impossible does nothing.
func TestLateApply_TooLate(t *testing.T) {
	tardy(t, emulator.Faults{LateApply: 1}, func(t *testing.T, l late) {
		l.ask(503, http.MethodPut, "/2.0/groups/10001", `{"name":"Money"}`)
		l.add(503)
		require.NoError(t, l.RemoveGroup("Finance"))
		time.Sleep(time.Second)
		assert.Empty(t, l.Journal())

		l.ask(503, http.MethodPost, "/2.0/groups", `{"name":"New"}`)
		path, _ := save(t, l.Server)
		require.NoError(t, l.LoadState(path))
		time.Sleep(time.Hour)
		assert.Empty(t, l.Journal(), "it was another Box's")
	})
}

// Who may not write at all is told so at once, and a request that writes
// nothing is never late.
func TestLateApply_LooksAtTheTokenFirst(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{Faults: emulator.Faults{LateApply: 1, OnToken: true}})
	f.wants(200, f.login(nil))
	f.wants(200, f.get("/2.0/groups"))
	f.token = "wrong"
	f.refused(f.add(addCid), 401, "unauthorized", "")
	f.Settle()
	assert.Empty(t, f.Journal())

	f.token = "emulator-token"
	f.Inject(emulator.Failure{Method: http.MethodGet, Status: 503, Late: time.Second})
	f.refused(f.get("/2.0/groups"), 503, "unavailable", "")
	f.Inject(emulator.Failure{PathPrefix: "/oauth2/", Status: 503, Late: time.Second})
	assert.Equal(t, 503, f.login(nil).status)
}

func TestLateApply_Queue(t *testing.T) {
	tardy(t, emulator.Faults{}, func(t *testing.T, l late) {
		for i, by := range []time.Duration{3, 1, 2, 1} {
			l.Inject(emulator.Failure{Status: 503, Late: by * time.Second})
			l.ask(503, http.MethodPost, "/2.0/groups", fmt.Sprintf(`{"name":"g%d"}`, i))
		}
		time.Sleep(2 * time.Second)
		assert.Len(t, l.Journal(), 3)
		l.Settle()
		var order []string
		for _, e := range l.Journal() {
			order = append(order, e.Group)
		}
		assert.Equal(t, []string{"g1", "g3", "g2", "g0"}, order)
	})
}

func TestLateApply_IsSaved(t *testing.T) {
	tardy(t, emulator.Faults{LateApply: 1}, func(t *testing.T, l late) {
		l.add(503)
		assert.False(t, l.Changed())
		time.Sleep(time.Second)
		assert.True(t, l.Changed())
		l.ask(503, http.MethodDelete, delete30001, "")
		time.Sleep(time.Second)
		path := filepath.Join(t.TempDir(), "s.json")
		require.NoError(t, l.SaveState(path))
		again := emulator.New(emulator.Options{})
		require.NoError(t, again.LoadState(path))
		assert.Equal(t, []string{"bob@acme.example member", "cid@acme.example member"}, again.Members("Finance"))
	})
}

// What is late happened when it was due, and is seen so much later.
func TestLateApply_WithVisibleAfter(t *testing.T) {
	tardy(t, emulator.Faults{LateApply: 1, LateBy: time.Second, VisibleAfter: time.Minute}, func(t *testing.T, l late) {
		const finance = "/2.0/groups/10001"
		l.add(503)
		time.Sleep(30 * time.Second)
		assert.Len(t, l.Journal(), 1)
		time.Sleep(31*time.Second - time.Nanosecond)
		assert.Len(t, l.members(finance), 2)
		time.Sleep(time.Nanosecond)
		assert.Len(t, l.members(finance), 3)

		require.NoError(t, l.RemoveMember("Finance", "bob@acme.example"))
		time.Sleep(30 * time.Second)
		assert.Len(t, l.members(finance), 3, "what is not late happens now")
		l.ask(503, http.MethodDelete, delete30001, "")
		l.Settle()
		assert.Equal(t, []string{"cid@acme.example member"}, l.members(finance))
	})
}
