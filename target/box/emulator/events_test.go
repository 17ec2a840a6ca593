package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// chunk is a page of events with its numbers as they came.
type chunk struct {
	Size     int             `json:"chunk_size"`
	Position json.RawMessage `json:"next_stream_position"`
	Entries  []struct {
		ID   string `json:"event_id"`
		Type string `json:"event_type"`
	} `json:"entries"`
}

func (c chunk) next() string { return strings.Trim(string(c.Position), `"`) }

func (c chunk) types() []string {
	out := []string{}
	for _, e := range c.Entries {
		out = append(out, e.Type)
	}
	return out
}

func decodeChunk(t *testing.T, text string) chunk {
	t.Helper()
	var c chunk
	require.NoError(t, json.Unmarshal([]byte(text), &c), text)
	require.Len(t, c.Entries, c.Size)
	return c
}

func (f *fixture) events(stream string, query ...string) chunk {
	f.t.Helper()
	q := url.Values{"stream_type": {stream}}
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	r := f.get("/2.0/events?" + q.Encode())
	f.wants(http.StatusOK, r)
	return decodeChunk(f.t, r.text)
}

const (
	history = "admin_logs"
	live    = "admin_logs_streaming"
)

// busy is a Box in which every kind of event has happened once or more.
func busy(t *testing.T) *fixture {
	t.Helper()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.SetEnterpriseRole("cid@acme.example", "coadmin"))
	f.wants(http.StatusCreated, f.post("/2.0/groups", `{"name":"New"}`))                                // 1
	f.wants(http.StatusOK, f.put("/2.0/groups/10003", `{"name":"Newer"}`))                              // 2
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20003"},"group":{"id":"10003"}}`))                // 3
	f.wants(http.StatusCreated, f.add(`{"user":{"id":"20002"},"group":{"id":"10003"},"role":"admin"}`)) // 4, 5
	f.wants(http.StatusOK, f.put("/2.0/group_memberships/30004", `{"configurable_permissions":null}`))  // 6
	f.wants(http.StatusOK, f.put("/2.0/group_memberships/30004", `{"role":"member"}`))                  // 7
	f.wants(http.StatusOK, f.put("/2.0/group_memberships/30004", `{"role":"admin"}`))                   // 8
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/group_memberships/30004", ""))          // 9
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/groups/10003", ""))                     // 10
	f.wants(http.StatusCreated, f.post("/2.0/users", `{"name":"Dan","login":"dan@acme.example"}`))      // 11
	f.wants(http.StatusOK, f.put("/2.0/users/20004", `{"name":"Dean"}`))                                // 12
	f.wants(http.StatusNoContent, f.do(http.MethodDelete, "/2.0/users/20004", "", "As-User", "20003"))  // 13
	return f
}

var allTypes = []string{
	"GROUP_CREATION", "GROUP_EDITED", "GROUP_ADD_USER", "GROUP_ADD_USER", "GROUP_ADMIN_CREATED",
	"GROUP_ADMIN_PERMISSIONS_UPDATED", "GROUP_ADMIN_DELETED", "GROUP_ADMIN_CREATED", "GROUP_REMOVE_USER", "GROUP_DELETION",
	"NEW_USER", "EDIT_USER", "DELETE_USER",
}

func TestEvents_History(t *testing.T) {
	t.Parallel()
	f := busy(t)
	got := f.events(history)
	assert.Equal(t, allTypes, got.types())
	assert.Equal(t, "0", string(f.events(history, "stream_position", got.next()).Position), "an empty page points to the beginning")

	var walked []string
	for at := "0"; ; {
		page := f.events(history, "stream_position", at, "limit", "3")
		if page.Size == 0 {
			break
		}
		assert.LessOrEqual(t, page.Size, 3)
		walked = append(walked, page.types()...)
		at = page.next()
	}
	assert.Equal(t, allTypes, walked, "in order and once")

	now, later := time.Now(), time.Now().Add(time.Hour).Format(time.RFC3339)
	earlier := now.Add(-time.Hour).Format("2006-01-02T15:04:05-07:00")
	assert.Equal(t, 13, f.events(history, "created_after", earlier, "created_before", later).Size)
	assert.Zero(t, f.events(history, "created_after", later).Size)
	assert.Zero(t, f.events(history, "created_before", earlier).Size)
}

func TestEvents_Shapes(t *testing.T) {
	t.Parallel()
	f := busy(t)
	got := rows(t, f.get("/2.0/events?stream_type=admin_logs").json)
	service := map[string]any{
		"type": "user", "id": "20000", "name": "rollcall emulator", "login": "AutomationUser_900000_emulator@boxdevedition.com",
	}
	cid := map[string]any{"type": "user", "id": "20003", "name": "Cid Cook", "login": "cid@acme.example"}
	bob := map[string]any{"type": "user", "id": "20002", "name": "Bob Baker", "login": "bob@acme.example"}
	dean := map[string]any{"type": "user", "id": "20004", "name": "Dean", "login": "dan@acme.example"}
	group := map[string]any{"group_id": "10003", "group_name": "Newer"}
	for at, want := range map[int]struct{ by, source, details any }{
		0:  {service, map[string]any{"group_id": "10003", "group_name": "New"}, nil},
		1:  {service, group, nil},
		2:  {service, cid, group},
		4:  {service, bob, group},
		8:  {service, bob, group},
		9:  {service, group, nil},
		11: {service, dean, nil},
		12: {cid, dean, nil},
	} {
		e := got[at]
		assert.Regexp(t, `^[0-9a-f]{40}$`, e["event_id"])
		assert.Regexp(t, numericOffset, e["created_at"])
		delete(e, "event_id")
		delete(e, "created_at")
		assert.Equal(t, map[string]any{
			"type": "event", "event_type": allTypes[at], "created_by": want.by, "action_by": nil, "ip_address": "Unknown IP",
			"session_id": nil, "source": want.source, "additional_details": want.details,
		}, e, at)
	}
}

func TestEvents_Live(t *testing.T) {
	t.Parallel()
	f := busy(t)
	got := f.events(live)
	assert.Equal(t, []string{
		"GROUP_CREATION", "GROUP_EDITED", "GROUP_ADD_USER", "GROUP_ADD_USER", "GROUP_ADD_USER", "GROUP_ADMIN_CREATED",
		"GROUP_ADMIN_PERMISSIONS_UPDATED", "GROUP_ADMIN_PERMISSIONS_UPDATED", "GROUP_ADMIN_DELETED", "GROUP_ADMIN_CREATED",
		"GROUP_REMOVE_USER", "GROUP_REMOVE_USER", "GROUP_DELETION", "NEW_USER", "EDIT_USER", "EDIT_USER", "DELETE_USER",
	}, got.types(), "the third, sixth, ninth and twelfth come twice")
	assert.Equal(t, got.Entries[2].ID, got.Entries[3].ID)
	assert.NotEqual(t, got.Entries[3].ID, got.Entries[4].ID)
	assert.Equal(t, f.events(history).Entries[12].ID, got.Entries[16].ID, "ids are shared by the streams")
	end := f.events(live, "stream_position", got.next())
	assert.Zero(t, end.Size)
	assert.Equal(t, got.next(), end.next(), "an empty page stays where it is")

	for _, limit := range []string{"1", "2", "3", "5", "500"} {
		seen, ids := map[string]bool{}, []string{}
		for at := "0"; ; {
			page := f.events(live, "stream_position", at, "limit", limit)
			if page.Size == 0 {
				break
			}
			n, _ := strconv.Atoi(limit)
			assert.LessOrEqual(t, page.Size, n)
			for _, e := range page.Entries {
				if !seen[e.ID] {
					ids = append(ids, e.Type)
				}
				seen[e.ID] = true
			}
			at = page.next()
		}
		assert.Equal(t, allTypes, ids, "limit %s: nothing is missed", limit)
	}
}

func TestEvents_LiveRepeatsAcrossPages(t *testing.T) {
	t.Parallel()
	f := busy(t)
	first := f.events(live, "limit", "3")
	assert.Equal(t, []string{"GROUP_CREATION", "GROUP_EDITED", "GROUP_ADD_USER"}, first.types())
	again := f.events(live, "limit", "3", "stream_position", first.next())
	assert.Equal(t, first.Entries[2].ID, again.Entries[0].ID)
	assert.Equal(t, []string{"GROUP_ADD_USER", "GROUP_ADD_USER", "GROUP_ADMIN_CREATED"}, again.types())
}

func TestEvents_Now(t *testing.T) {
	t.Parallel()
	f := busy(t)
	start := f.events(live, "stream_position", "now")
	assert.Zero(t, start.Size)
	f.wants(http.StatusCreated, f.add(addCid))
	got := f.events(live, "stream_position", start.next())
	assert.Equal(t, []string{"GROUP_ADD_USER"}, got.types())
	f.refused(f.get("/2.0/events?stream_type=admin_logs&stream_position=now"), http.StatusBadRequest, "bad_request", "stream_position")
}

// TestEvents_Positions: they are no float64, and sometimes integers, sometimes
// strings.
func TestEvents_Positions(t *testing.T) {
	t.Parallel()
	f := busy(t)
	for _, stream := range []string{history, live} {
		odd, even := f.events(stream, "limit", "1"), f.events(stream, "limit", "2")
		assert.Regexp(t, `^"\d{19}"$`, string(odd.Position))
		assert.Regexp(t, `^\d{19}$`, string(even.Position))
		a, err := strconv.ParseUint(odd.next(), 10, 64)
		require.NoError(t, err)
		b, err := strconv.ParseUint(even.next(), 10, 64)
		require.NoError(t, err)
		assert.Equal(t, a+1, b)
		assert.Equal(t, float64(a), float64(b), "as floating point they would be one")
		assert.Equal(t, allTypes[2:3], f.events(stream, "limit", "1", "stream_position", even.next()).types())
		assert.Equal(t, 1, f.events(stream, "limit", "1", "stream_position", "17").Size, "from before this Box began")
	}
}

func TestEvents_Filter(t *testing.T) {
	t.Parallel()
	f := busy(t)
	for _, stream := range []string{history, live} {
		got := f.events(stream, "event_type", "DELETE_USER, GROUP_DELETION")
		assert.Equal(t, []string{"GROUP_DELETION", "DELETE_USER"}, got.types(), stream)
		assert.Zero(t, f.events(stream, "event_type", "GROUP_ADMIN_CREATED").Size, "in no list of filters")
		assert.Zero(t, f.events(stream, "event_type", "UPLOAD").Size)
	}
	page := f.events(live, "event_type", "GROUP_CREATION,DELETE_USER", "limit", "2")
	assert.Equal(t, []string{"GROUP_CREATION"}, page.types(), "short, though more are to come")
	page = f.events(live, "event_type", "GROUP_CREATION,DELETE_USER", "limit", "2", "stream_position", page.next())
	assert.Equal(t, []string{"DELETE_USER"}, page.types())
	page = f.events(history, "event_type", "DELETE_USER", "limit", "2")
	assert.Equal(t, []string{"DELETE_USER"}, page.types())
}

func TestEvents_Refused(t *testing.T) {
	t.Parallel()
	f := busy(t)
	for query, parameter := range map[string]string{
		"stream_type=other":                                     "stream_type",
		"stream_type=admin_logs&stream_position=x":              "stream_position",
		"stream_type=admin_logs_streaming&stream_position=-1":   "stream_position",
		"stream_type=admin_logs_streaming&stream_position=1e18": "stream_position",
		"stream_type=admin_logs&created_after=yesterday":        "created_after",
		"stream_type=admin_logs&created_before=2020-01-01":      "created_before",
	} {
		f.refused(f.get("/2.0/events?"+query), http.StatusBadRequest, "bad_request", parameter)
	}
	for _, limit := range []string{"0", "-1", "x"} {
		f.refused(f.get("/2.0/events?stream_type=admin_logs&limit="+limit), http.StatusBadRequest, "invalid_limit", "limit")
	}
	for _, stream := range []string{history, live} {
		f.refused(f.as("20002").get("/2.0/events?stream_type="+stream), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	}
	for _, personal := range []string{"", "all", "changes", "sync"} {
		assert.Zero(t, f.events(personal).Size)
	}
	f.wants(http.StatusOK, f.as("20002").get("/2.0/events"))
	assert.Equal(t, 17, f.events(live, "created_before", "no date", "limit", "9999").Size, "the live stream has no dates")
}

func TestEvents_BehindTheAPIsBackThereAreNone(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	require.NoError(t, f.RemoveUser("ann@acme.example"))
	f.add(`{"user":{"id":"20002"},"group":{"id":"10001"}}`) // is in it already
	assert.Zero(t, f.events(live).Size)
	assert.Zero(t, f.events(history).Size)
}

// TestEvents_Bounds fills the log beyond what it keeps.
func TestEvents_Bounds(t *testing.T) {
	t.Parallel()
	box := emulator.New(emulator.Options{})
	group, err := box.AddGroup("G", "")
	require.NoError(t, err)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		return inProcess(t, box, method, path, "emulator-token", body)
	}
	const writes = 20_050
	for i := range writes {
		w := ask(http.MethodPut, "/2.0/groups/"+group, fmt.Sprintf(`{"description":"%d"}`, i))
		require.Equal(t, http.StatusOK, w.Code)
	}
	first := decodeChunk(t, ask(http.MethodGet, "/2.0/events?stream_type=admin_logs", "").Body.String())
	assert.Equal(t, 100, first.Size, "the default")
	total, at := 0, "0"
	for {
		page := decodeChunk(t, ask(http.MethodGet, "/2.0/events?stream_type=admin_logs&limit=1000&stream_position="+at, "").Body.String())
		if page.Size == 0 {
			break
		}
		assert.LessOrEqual(t, page.Size, 500)
		total += page.Size
		at = page.next()
	}
	assert.Equal(t, 10_000, total)
}

func TestEvents_Delay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{EventDelay: time.Minute})
		count := func(stream string) int {
			w := inProcess(t, box, http.MethodGet, "/2.0/events?stream_type="+stream, "emulator-token", "")
			return decodeChunk(t, w.Body.String()).Size
		}
		inProcess(t, box, http.MethodPost, "/2.0/groups", "emulator-token", `{"name":"x"}`)
		time.Sleep(time.Minute - time.Second)
		assert.Equal(t, 0, count(history))
		assert.Equal(t, 1, count(live))
		inProcess(t, box, http.MethodPost, "/2.0/groups", "emulator-token", `{"name":"y"}`)
		time.Sleep(time.Second)
		assert.Equal(t, 1, count(history))
		assert.Equal(t, 2, count(live))
	})
}
