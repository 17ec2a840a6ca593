package emulator_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func TestTemporaryConflict(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{Faults: emulator.Faults{TemporaryConflict: 1, OnToken: true}})
	f.wants(200, f.login(nil))
	f.wants(200, f.get("/2.0/groups"))
	codes := map[string]map[string]int{}
	for method, path := range map[string]string{
		http.MethodPost: "/2.0/groups", http.MethodPut: "/2.0/groups/10001", http.MethodDelete: "/2.0/group_memberships/30001",
	} {
		codes[method] = map[string]int{}
		for range 20 {
			r := f.do(method, path, `{"name":"x"}`)
			code, _ := f.wants(http.StatusConflict, r)["code"].(string)
			f.refused(r, http.StatusConflict, code, "")
			codes[method][code]++
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		assert.InDelta(t, 10, codes[method]["name_temporarily_reserved"], 8)
		assert.Equal(t, 20, codes[method]["name_temporarily_reserved"]+codes[method]["operation_blocked_temporary"])
	}
	assert.Equal(t, map[string]int{"operation_blocked_temporary": 20}, codes[http.MethodDelete])
	assert.Empty(t, f.Journal())
	assert.Equal(t, 60, f.Stats().Faults)
}

func TestUnauthorised_EndsTheToken(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	f.wants(200, f.get("/2.0/groups"))
	f.SetFaults(emulator.Faults{Unauthorised: 1})
	f.wants(200, f.get("/2.0/groups")) // the developer token is spared

	f.SetFaults(emulator.Faults{})
	f = f.as("20001")
	other := f.as("20001")
	f.SetFaults(emulator.Faults{Unauthorised: 1})
	r := f.get("/2.0/users/me")
	f.refused(r, http.StatusUnauthorized, "unauthorized", "")
	assert.Contains(t, r.header.Get("WWW-Authenticate"), "expired_token")
	assert.Equal(t, 1, f.Stats().Faults)
	f.SetFaults(emulator.Faults{})
	assert.Equal(t, 401, f.get("/2.0/users/me").status, "it has ended")
	assert.Equal(t, 200, other.get("/2.0/users/me").status, "another has not")
	assert.Equal(t, 200, f.as("20001").get("/2.0/users/me").status)
	assert.Equal(t, 1, f.Stats().Faults)
}

func TestTokenLifetime_AtRunTime(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{TokenLifetime: time.Minute})
	for lifetime, want := range map[time.Duration]float64{0: 60, 2 * time.Second: 2} {
		f.SetFaults(emulator.Faults{TokenLifetime: lifetime})
		assert.InDelta(t, want, f.wants(200, f.login(nil))["expires_in"], 0)
	}
	synctest.Test(t, func(t *testing.T) {
		box := emulator.New(emulator.Options{Faults: emulator.Faults{TokenLifetime: 2 * time.Second}})
		form := "grant_type=client_credentials&client_id=emulator&client_secret=emulator-secret&box_subject_type=enterprise&box_subject_id=900001"
		_, rest, _ := strings.Cut(inProcess(t, box, http.MethodPost, "/oauth2/token", "", form).Body.String(), `"access_token":"`)
		token, _, _ := strings.Cut(rest, `"`)
		time.Sleep(2*time.Second - time.Nanosecond)
		assert.Equal(t, 200, inProcess(t, box, http.MethodGet, "/2.0/groups", token, "").Code)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 401, inProcess(t, box, http.MethodGet, "/2.0/groups", token, "").Code)
	})
}

func TestRetryAfterDates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Nanosecond) // so that the clock is between two seconds
		box := emulator.New(emulator.Options{Faults: emulator.Faults{RateLimited: 1, RetryAfter: 7 * time.Second, RetryAfterDates: 0.5}})
		got := map[string]int{}
		for range 40 {
			got[inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "").Header().Get("Retry-After")]++
		}
		date := "Sat, 01 Jan 2000 00:00:08 GMT"
		assert.InDelta(t, 20, got[date], 12, "rounded up: nobody comes too early")
		assert.Equal(t, 40, got[date]+got["7"])

		box.SetClockOffset(time.Hour)
		box.SetFaults(emulator.Faults{RateLimited: 1, RetryAfterDates: 1})
		w := inProcess(t, box, http.MethodGet, "/2.0/groups", "emulator-token", "")
		assert.Equal(t, "Sat, 01 Jan 2000 01:00:02 GMT", w.Header().Get("Retry-After"), "by Box's clock")
	})
}

// met tells of sixty writes, twenty kinds three times over, what each met: a
// letter for each fault, a dot for none. The memberships do not exist, so what
// was carried out makes no difference.
func met(t *testing.T, faults emulator.Faults) string {
	t.Helper()
	letters := map[int]string{0: "r", 429: "l", 500: "i", 502: "g", 503: "u", 401: "a", 409: "c", 404: "."}
	box := emulator.New(emulator.Options{Seed: 11, Faults: faults})
	var out strings.Builder
	for i := range 60 {
		out.WriteString(letters[code(t, box, http.MethodDelete, fmt.Sprintf("/2.0/group_memberships/%d", 1+i%20))])
	}
	return out.String()
}

// code is the status of an answer, 0 for a broken connection.
func code(t *testing.T, box http.Handler, method, path string) (status int) {
	t.Helper()
	defer func() {
		if broken := recover(); broken != nil {
			require.Equal(t, http.ErrAbortHandler, broken)
			status = 0
		}
	}()
	return inProcess(t, box, method, path, "emulator-token", "").Code
}

// What a seed meant when there were five faults it means for ever, whatever
// else is switched on.
func TestDraw_SeedsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	old := emulator.Faults{RateLimited: 0.1, ErrorBefore: 0.1, ErrorAfter: 0.1, ResetBefore: 0.1, ResetAfter: 0.1}
	const meant = "...rgriliru.iig..rll...r.r..l.....l..r.lg.u.r.rr.l...rl..r.."
	require.Equal(t, meant, met(t, old))
	all := old
	all.TemporaryConflict, all.LateApply, all.Unauthorised, all.RetryAfterDates = 0.5, 0.5, 0.5, 0.5
	all.Truncate, all.VisibleAfter, all.ChurnGroups = 0.5, time.Second, 1
	with := met(t, all)
	for i := range len(meant) {
		if meant[i] != '.' {
			assert.Equal(t, meant[i:i+1], with[i:i+1], "request %d", i)
		}
	}
	assert.Contains(t, with, "c")
}

func TestFaults_AsJSON(t *testing.T) {
	t.Parallel()
	var f emulator.Faults
	fill := reflect.ValueOf(&f).Elem()
	for i := range fill.NumField() {
		switch v := fill.Field(i).Addr().Interface().(type) {
		case *float64:
			*v = float64(i) / 64
		case *time.Duration:
			*v = time.Duration(i+1) * time.Millisecond
		case *int:
			*v = i + 1
		case *bool:
			*v = true
		default:
			t.Fatalf("field %s has a type that settings do not know", fill.Type().Field(i).Name)
		}
	}
	fill.Field(1).SetFloat(0.5)
	text, err := json.Marshal(f)
	require.NoError(t, err)
	var again emulator.Faults
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, f, again, "every field has a key")
	var keys map[string]any
	require.NoError(t, json.Unmarshal(text, &keys))
	assert.Len(t, keys, fill.NumField())
	assert.Equal(t, "1ms", keys["latency"])

	require.NoError(t, json.Unmarshal([]byte(`{"latency":"2s","on_token":false}`), &again))
	assert.Equal(t, 2*time.Second, again.Latency)
	assert.False(t, again.OnToken)
	assert.Equal(t, f.Truncate, again.Truncate, "what is not given stays")
}

func TestFaults_JSONIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"colour":1}`:         `there is no "colour"; there are latency, fail_429, retry_after,`,
		`{"Latency":"2s"}`:     `there is no "Latency"`,
		`{"latency":2}`:        `latency: 2 is no duration; one is written as "2s" or "150ms"`,
		`{"latency":"2"}`:      `latency: "2" is no duration`,
		`{"fail_429":"often"}`: `fail_429: json: cannot unmarshal string`,
		`[]`:                   `cannot unmarshal array`,
	} {
		require.ErrorContains(t, json.Unmarshal([]byte(text), new(emulator.Faults)), want, text)
	}
}

func TestFaults_Validate(t *testing.T) {
	t.Parallel()
	require.NoError(t, emulator.Faults{}.Validate())
	require.NoError(t, emulator.Faults{Truncate: 1, LateBy: time.Hour, HideUsers: 7}.Validate())
	for want, f := range map[string]emulator.Faults{
		"fail_429 is 2; a share goes from 0 to 1":     {RateLimited: 2},
		"truncate is -0.5; a share goes from 0 to 1":  {Truncate: -0.5},
		"late_apply is NaN; a share goes from 0 to 1": {LateApply: math.NaN()},
		"visible_after is -1s; it is 0 or more":       {VisibleAfter: -time.Second},
		"churn_members is -1; it is 0 or more":        {ChurnMembers: -1},
	} {
		require.EqualError(t, f.Validate(), want)
	}
}

func TestFailure_AsJSON(t *testing.T) {
	t.Parallel()
	f := emulator.Failure{
		Times: 2, Method: "PUT", PathPrefix: "/2.0/", Status: 503, Code: "x", RetryAfter: time.Second, After: true,
		Late: 2 * time.Second, Truncate: true, CleanEnd: true, HTML: true,
	}
	text, err := json.Marshal(f)
	require.NoError(t, err)
	var again emulator.Failure
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, f, again)
	var keys map[string]any
	require.NoError(t, json.Unmarshal(text, &keys))
	assert.Len(t, keys, reflect.TypeFor[emulator.Failure]().NumField())
	require.ErrorContains(t, json.Unmarshal([]byte(`{"path":"/"}`), &again), `there is no "path"; there are times, method, path_prefix,`)
}
