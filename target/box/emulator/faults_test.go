package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const addCid = `{"user":{"id":"20003"},"group":{"id":"10001"}}`

func TestFaults_BeforeAndAfterAWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults   emulator.Faults
		happened bool
		reset    bool
		status   []int
	}{
		"rate_limited": {faults: emulator.Faults{RateLimited: 1}, status: []int{429}},
		"error_before": {faults: emulator.Faults{ErrorBefore: 1}, status: []int{500, 502, 503}},
		"error_after":  {faults: emulator.Faults{ErrorAfter: 1}, status: []int{500, 502, 503}, happened: true},
		"reset_before": {faults: emulator.Faults{ResetBefore: 1}, reset: true},
		"reset_after":  {faults: emulator.Faults{ResetAfter: 1}, reset: true, happened: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := seeded(t, emulator.Options{Faults: c.faults})
			r, err := f.try(http.MethodPost, "/2.0/group_memberships", addCid)
			if c.reset {
				require.Error(t, err, "got %d", r.status)
				assert.Equal(t, 1, f.Stats().WriteStatuses[0])
			} else {
				require.NoError(t, err)
				assert.Contains(t, c.status, r.status)
			}
			assert.Equal(t, c.happened, len(f.Journal()) == 1)
			assert.Equal(t, c.happened, len(f.Members("Finance")) == 3)
			assert.Equal(t, 1, f.Stats().Faults)

			f.SetFaults(emulator.Faults{})
			if c.happened {
				f.refused(f.add(addCid), http.StatusConflict, "conflict", "user")
			} else {
				f.wants(http.StatusCreated, f.add(addCid))
			}
		})
	}
}

func TestFaults_DeleteWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.Inject(emulator.Failure{Method: http.MethodDelete, After: true})
	_, err := f.try(http.MethodDelete, "/2.0/group_memberships/30001", "")
	require.Error(t, err)
	f.refused(f.do(http.MethodDelete, "/2.0/group_memberships/30001", ""), http.StatusNotFound, "not_found", "group_membership")
	assert.Equal(t, []string{"bob@acme.example member"}, f.Members("Finance"))
}

func TestFaults_RetryAfter(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for wait, want := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", 7 * time.Second: "7",
	} {
		f.SetFaults(emulator.Faults{RateLimited: 1, RetryAfter: wait})
		r := f.get("/2.0/groups")
		f.refused(r, http.StatusTooManyRequests, "rate_limit_exceeded", "")
		assert.Equal(t, want, r.header.Get("Retry-After"), wait)
	}
}

func TestFaults_TokenEndpointIsSparedUnlessAsked(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{Faults: emulator.Faults{ErrorBefore: 1}})
	assert.Equal(t, http.StatusOK, f.login(nil).status)
	assert.GreaterOrEqual(t, f.get("/2.0/groups").status, 500)
	f.SetFaults(emulator.Faults{ErrorBefore: 1, OnToken: true})
	assert.GreaterOrEqual(t, f.login(nil).status, 500)
	f.SetFaults(emulator.Faults{ErrorBefore: 1})
	f.FailNext(1, 500)
	assert.Equal(t, http.StatusOK, f.login(nil).status, "FailNext spares it, too")
}

// pattern is what a series of requests meets.
func pattern(f *fixture, paths []string) map[string][]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string][]int{}
	for _, p := range paths {
		wg.Go(func() {
			var got []int
			for range 8 {
				got = append(got, f.get(p).status)
			}
			mu.Lock()
			defer mu.Unlock()
			out[p] = got
		})
	}
	wg.Wait()
	return out
}

func TestFaults_AreDeterministicWhateverTheOrder(t *testing.T) {
	t.Parallel()
	var paths []string
	for i := range 20 {
		paths = append(paths, fmt.Sprintf("/2.0/groups?limit=%d", i+1))
	}
	faults := emulator.Faults{RateLimited: 0.2, ErrorBefore: 0.2, ErrorAfter: 0.2}
	first := pattern(seeded(t, emulator.Options{Seed: 1, Faults: faults}), paths)
	assert.Equal(t, first, pattern(seeded(t, emulator.Options{Seed: 1, Faults: faults}), paths))
	assert.NotEqual(t, first, pattern(seeded(t, emulator.Options{Seed: 2, Faults: faults}), paths))

	counts := map[int]int{}
	for _, statuses := range first {
		for _, s := range statuses {
			counts[s]++
		}
	}
	// Of 160 requests 51 % should pass, 20 % be limited and 29 % fail.
	assert.InDelta(t, 82, counts[200], 30)
	assert.InDelta(t, 32, counts[429], 20)
	for _, s := range []int{500, 502, 503} {
		assert.Positive(t, counts[s], "status %d", s)
	}
}

func TestFaults_ARepeatDrawsAnew(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{Seed: 3, Faults: emulator.Faults{ErrorBefore: 0.5}})
	for i := range 10 {
		tries := 0
		for f.get(fmt.Sprintf("/2.0/groups?limit=%d", i+1)).status != http.StatusOK {
			tries++
			require.Less(t, tries, 40, "a request that failed once fails for ever")
		}
	}
	assert.Positive(t, f.Stats().Faults)
}

func TestFaults_Inject(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.FailNext(2, http.StatusServiceUnavailable)
	f.refused(f.get("/2.0/groups"), http.StatusServiceUnavailable, "unavailable", "")
	f.refused(f.get("/2.0/groups"), http.StatusServiceUnavailable, "unavailable", "")
	f.wants(http.StatusOK, f.get("/2.0/groups"))

	f.Inject(emulator.Failure{Method: http.MethodPut, Status: 500})
	f.Inject(emulator.Failure{PathPrefix: "/2.0/users/", Status: 403})
	f.Inject(emulator.Failure{PathPrefix: "/oauth2/", Status: 503, RetryAfter: 3 * time.Second})
	f.wants(http.StatusOK, f.get("/2.0/groups"))
	f.wants(http.StatusOK, f.get("/2.0/users"))
	f.refused(f.get("/2.0/users/me"), http.StatusForbidden, "access_denied_insufficient_permissions", "")
	f.refused(f.do(http.MethodPut, "/2.0/groups/10001", `{"name":"x"}`), http.StatusInternalServerError, "internal_server_error", "")
	r := f.login(nil)
	assert.Equal(t, http.StatusServiceUnavailable, r.status)
	assert.Equal(t, "3", r.header.Get("Retry-After"))
	assert.Empty(t, f.Journal())
	f.wants(http.StatusOK, f.do(http.MethodPut, "/2.0/groups/10001", `{"name":"x"}`))
	assert.Equal(t, 5, f.Stats().Faults)
}

func TestFaults_InjectedBodies(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.FailNext(1, http.StatusUnauthorized)
	r := f.get("/2.0/groups")
	f.refused(r, http.StatusUnauthorized, "unauthorized", "")
	assert.Contains(t, r.header.Get("WWW-Authenticate"), "invalid_token")

	f.FailNext(1, http.StatusBadGateway)
	r = f.get("/2.0/groups")
	assert.Equal(t, http.StatusBadGateway, r.status)
	assert.Equal(t, "text/html", r.header.Get("Content-Type"))
	assert.Contains(t, r.text, "<html>")

	f.FailNext(1, http.StatusGatewayTimeout)
	f.refused(f.get("/2.0/groups"), http.StatusGatewayTimeout, "gateway_timeout", "")

	f.Inject(emulator.Failure{Status: http.StatusTooManyRequests, RetryAfter: 9 * time.Second})
	assert.Equal(t, "9", f.get("/2.0/groups").header.Get("Retry-After"))

	f.Inject(emulator.Failure{Status: 500, After: true, Times: 2})
	assert.Equal(t, 500, f.add(addCid).status)
	assert.Equal(t, 500, f.add(addCid).status)
	f.refused(f.add(addCid), http.StatusConflict, "conflict", "user")
	assert.Len(t, f.Journal(), 1)
}

func TestFaults_InjectedCodes(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{
		"forbidden_by_policy":         http.StatusForbidden,
		"name_temporarily_reserved":   http.StatusConflict,
		"operation_blocked_temporary": http.StatusConflict,
		"upstream_gone":               http.StatusBadGateway,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			f := seeded(t, emulator.Options{})
			f.Inject(emulator.Failure{Method: http.MethodPost, Status: status, Code: code, Times: 2})
			f.refused(f.add(addCid), status, code, "")
			f.refused(f.add(addCid), status, code, "")
			assert.Empty(t, f.Journal())
			f.wants(http.StatusCreated, f.add(addCid))
		})
	}

	f := seeded(t, emulator.Options{})
	f.Inject(emulator.Failure{Status: http.StatusTooManyRequests, Code: "busy", RetryAfter: 9 * time.Second})
	r := f.get("/2.0/groups")
	f.refused(r, http.StatusTooManyRequests, "busy", "")
	assert.Equal(t, "9", r.header.Get("Retry-After"))
}

func TestFaults_Latency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{Faults: emulator.Faults{Latency: 250 * time.Millisecond}})
		start := time.Now()
		assert.Equal(t, http.StatusOK, inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Code)
		assert.Equal(t, 250*time.Millisecond, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/2.0/groups", strings.NewReader(`{"name":"x"}`))
		r.Header.Set("Authorization", "Bearer emulator-token")
		start = time.Now()
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { box.ServeHTTP(httptest.NewRecorder(), r) })
		assert.Equal(t, 100*time.Millisecond, time.Since(start), "a client that has gone is not waited for")
		assert.Empty(t, box.Groups())
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{RequestsPerMinute: 30, Burst: 3})
		id, err := box.AddUser(emulator.User{Login: "ann@acme.example", Role: "admin"})
		require.NoError(t, err)
		form := "grant_type=client_credentials&client_id=emulator&client_secret=emulator-secret&box_subject_type=user&box_subject_id=" + id
		w := inProcess(t, box, http.MethodPost, "/oauth2/token", "", form)
		_, rest, _ := strings.Cut(w.Body.String(), `"access_token":"`)
		ann, _, _ := strings.Cut(rest, `"`)
		ask := func(token string) *httptest.ResponseRecorder {
			return inProcess(t, box, http.MethodPost, "/2.0/groups", token, `{}`)
		}

		for range 3 {
			assert.Equal(t, http.StatusBadRequest, ask("emulator-token").Code)
		}
		w = ask("emulator-token")
		assert.Equal(t, http.StatusTooManyRequests, w.Code)
		assert.Equal(t, "2", w.Header().Get("Retry-After"))
		assert.Contains(t, w.Body.String(), `"code":"rate_limit_exceeded"`)
		assert.Equal(t, http.StatusBadRequest, ask(ann).Code, "another user has another bucket")
		assert.Equal(t, http.StatusUnauthorized, ask("nonsense").Code, "nobody pays for a wrong token")

		time.Sleep(1500 * time.Millisecond)
		w = ask("emulator-token")
		assert.Equal(t, http.StatusTooManyRequests, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"), "at least one second")
		time.Sleep(501 * time.Millisecond)
		assert.Equal(t, http.StatusBadRequest, ask("emulator-token").Code)
		assert.Equal(t, http.StatusTooManyRequests, ask("emulator-token").Code)

		time.Sleep(time.Hour)
		for range 3 {
			assert.Equal(t, http.StatusBadRequest, ask("emulator-token").Code)
		}
		assert.Equal(t, http.StatusTooManyRequests, ask("emulator-token").Code, "the bucket holds its burst, not more")
		assert.Equal(t, 4, box.Stats().RateLimited)
		assert.Zero(t, box.Stats().Faults, "a limit that was earned is no fault")
	})
}

func TestRateLimit_DefaultBurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{RequestsPerMinute: 600})
		for i := range 12 {
			want := http.StatusOK
			if i >= 10 {
				want = http.StatusTooManyRequests
			}
			assert.Equal(t, want, inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Code, i)
		}
	})
}
