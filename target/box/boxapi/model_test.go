package boxapi_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// The faults of the model: what a network and a server can do to one attempt.
const (
	fine         = "fine"
	lostBefore   = "reset before the effect"
	lostAfter    = "reset after the effect"
	busyBefore   = "503 before the effect"
	busyAfter    = "503 after the effect"
	limited      = "429"
	reserved     = "409 that passes"
	tornAnswer   = "success with a torn body"
	tokenExpired = "401"
)

// model is one group in Box with a membership per user, and a fault per attempt.
type model struct {
	mu      sync.Mutex
	faults  []string
	used    []string
	members map[string]string // user → role
	tokens  int
}

func (m *model) RoundTrip(req *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.HasSuffix(req.URL.Path, "/token") {
		m.tokens++
		return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, m.tokens)), nil
	}
	fault := fine
	if len(m.faults) > 0 {
		fault, m.faults = m.faults[0], m.faults[1:]
	}
	m.used = append(m.used, fault)
	switch fault {
	case lostBefore:
		return nil, errReset
	case busyBefore:
		return answer(503, `{"code":"unavailable"}`), nil
	case limited:
		return answer(429, `{"code":"rate_limit_exceeded"}`), nil
	case reserved:
		return answer(409, `{"code":"operation_blocked_temporary"}`), nil
	case tokenExpired:
		return answer(401, `{"code":"unauthorized"}`), nil
	}
	resp := m.apply(req)
	switch fault {
	case lostAfter:
		return nil, errReset
	case busyAfter:
		return answer(503, ``), nil
	case tornAnswer:
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), tornReader{}))
	}
	return resp, nil
}

// apply does what Box would do with the request.
func (m *model) apply(req *http.Request) *http.Response {
	user := "7"
	_, there := m.members[user]
	switch {
	case req.Method == http.MethodPost && there:
		return answer(409, `{"code":"conflict"}`)
	case req.Method == http.MethodPost:
		m.members[user] = "member"
		return answer(201, membershipJSON)
	case !there:
		return answer(404, `{"code":"not_found"}`)
	case req.Method == http.MethodPut:
		m.members[user] = "admin"
	case req.Method == http.MethodDelete:
		delete(m.members, user)
		return answer(204, "")
	}
	return answer(200, membershipJSON)
}

// Whatever happens on the way: a nil error means that the effect is there; an
// error that is not Uncertain means that this call changed nothing; and every
// attempt is counted.
func TestClient_never_lies_about_a_write(t *testing.T) {
	t.Parallel()
	fault := rapid.SampledFrom([]string{fine, lostBefore, lostAfter, busyBefore, busyAfter, limited, reserved, tornAnswer, tokenExpired})
	rapid.Check(t, func(rt *rapid.T) {
		members := map[string]string{}
		if rapid.Bool().Draw(rt, "there") {
			members["7"] = "member"
		}
		before := maps.Clone(members)
		box := &model{faults: rapid.SliceOfN(fault, 0, 6).Draw(rt, "faults"), members: members}
		c := client(t, box, ccg, func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 3 })

		var err error
		method := rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE"}).Draw(rt, "method")
		switch method {
		case "GET":
			_, err = c.GetMembership(t.Context(), 7)
		case "POST":
			_, err = c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 7, Group: 1})
		case "PUT":
			_, err = c.UpdateMembership(t.Context(), 7, boxapi.MembershipRequest{Role: "admin"})
		case "DELETE":
			err = c.DeleteMembership(t.Context(), 7)
		}

		if got, want := c.Calls(), int64(len(box.used)+box.tokens); got != want {
			rt.Fatalf("%d calls counted, %d made", got, want)
		}
		if err == nil {
			wanted := map[string]string{"POST": "member", "PUT": "admin", "DELETE": "", "GET": before["7"]}
			if box.members["7"] != wanted[method] {
				rt.Fatalf("%s succeeded, but the role is %q", method, box.members["7"])
			}
			return
		}
		e := asError(t, err)
		if e.Attempts != len(box.used) {
			rt.Fatalf("%d attempts told, %d made", e.Attempts, len(box.used))
		}
		if !e.Uncertain && !maps.Equal(before, box.members) {
			rt.Fatalf("%v: was %v, is %v, after %v", err, before, box.members, box.used)
		}
		if e.Uncertain && (method == "GET" || !slices.ContainsFunc(box.used, doubtful)) {
			rt.Fatalf("%v: uncertain without need after %v", err, box.used)
		}
	})
}

func doubtful(fault string) bool {
	return slices.Contains([]string{lostBefore, lostAfter, busyBefore, busyAfter, tornAnswer}, fault)
}

// Many workers against refusals of every sort: each call still ends well, and
// the counts agree. Run with -race.
func TestClient_many_workers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen, tokens := 0, 0
	box := roundTrip(func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		seen++
		if strings.HasSuffix(req.URL.Path, "/token") {
			tokens++
			return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, tokens)), nil
		}
		switch {
		case seen%97 == 0:
			return answer(429, ""), nil
		case seen%53 == 0:
			return answer(502, "<html>"), nil
		case seen%41 == 0:
			return nil, errReset
		case seen%500 > 250 && req.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", tokens):
			return answer(401, ""), nil
		}
		return answer(200, userJSON), nil
	})
	c := client(t, box, ccg)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 100 {
				_, err := c.Me(t.Context())
				assert.NoError(t, err)
				_ = c.Pacing()
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, seen, c.Calls())
	assert.Equal(t, 1, tokens)
}

func TestModel_is_a_fair_one(t *testing.T) {
	t.Parallel()
	box := &model{members: map[string]string{}}
	c := client(t, box, ccg)
	require.Error(t, c.DeleteMembership(t.Context(), 7))
	_, err := c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 7, Group: 1})
	require.NoError(t, err)
	_, err = c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 7, Group: 1})
	assert.Equal(t, boxapi.Conflict, boxapi.KindOf(err))
	_, err = c.UpdateMembership(t.Context(), 7, boxapi.MembershipRequest{Role: "admin"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"7": "admin"}, box.members)
	require.NoError(t, c.DeleteMembership(t.Context(), 7))
	assert.Empty(t, box.members)
}
