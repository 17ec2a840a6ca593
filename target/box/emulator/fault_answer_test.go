package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// received is what came over the wire, and how it ended.
type received struct {
	status   int
	length   int64 // as announced
	mimeType string
	body     string
	err      error
}

func (f *fixture) receive(method, path, body string) received {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	req.Header.Set("Authorization", "Bearer "+f.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return received{resp.StatusCode, resp.ContentLength, resp.Header.Get("Content-Type"), string(b), err}
}

// isCut checks that something is missing and nothing is invented; whole is what
// the answer would have been. It returns whether the end looked clean.
func isCut(t *testing.T, whole string, got received) bool {
	t.Helper()
	require.NotEmpty(t, got.body)
	require.Less(t, len(got.body), len(whole))
	require.True(t, strings.HasPrefix(whole, got.body), "%q is no beginning of %q", got.body, whole)
	require.False(t, json.Valid([]byte(got.body)))
	require.Equal(t, "application/json", got.mimeType)
	if got.err == nil {
		require.EqualValues(t, len(got.body), got.length)
		return true
	}
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	require.EqualValues(t, len(whole), got.length)
	return false
}

func TestTruncate_Share(t *testing.T) {
	t.Parallel()
	ends := func(seed int64) string {
		f := seeded(t, emulator.Options{Seed: seed})
		whole := f.get("/2.0/groups").text
		f.ResetStats()
		f.SetFaults(emulator.Faults{Truncate: 0.5})
		var out strings.Builder
		for range 60 {
			got := f.receive(http.MethodGet, "/2.0/groups", "")
			require.Equal(t, http.StatusOK, got.status)
			switch {
			case got.body == whole:
				require.NoError(t, got.err)
				out.WriteString("whole ")
			case isCut(t, whole, got):
				out.WriteString("clean" + strconv.Itoa(len(got.body)) + " ")
			default:
				out.WriteString("reset" + strconv.Itoa(len(got.body)) + " ")
			}
		}
		assert.Equal(t, 60-strings.Count(out.String(), "whole"), f.Stats().Faults)
		assert.Equal(t, map[int]int{200: 60}, f.Stats().Statuses)
		return out.String()
	}
	one := ends(1)
	assert.InDelta(t, 30, strings.Count(one, "whole"), 15)
	assert.InDelta(t, 15, strings.Count(one, "clean"), 12)
	assert.InDelta(t, 15, strings.Count(one, "reset"), 12)
	assert.Equal(t, one, ends(1))
	assert.NotEqual(t, one, ends(2))
}

func TestTruncate_WritesAreCarriedOutAndRefusalsAreCutToo(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{Faults: emulator.Faults{Truncate: 1}})
	got := f.receive(http.MethodPost, "/2.0/group_memberships", addCid)
	assert.Equal(t, http.StatusCreated, got.status)
	assert.False(t, json.Valid([]byte(got.body)))
	assert.Len(t, f.Members("Finance"), 3)

	got = f.receive(http.MethodPost, "/2.0/group_memberships", addCid)
	assert.Equal(t, http.StatusConflict, got.status)
	assert.False(t, json.Valid([]byte(got.body)))

	got = f.receive(http.MethodDelete, "/2.0/group_memberships/30001", "")
	assert.Equal(t, received{status: http.StatusNoContent}, got, "there is nothing to cut")
	assert.Len(t, f.Journal(), 2)
	assert.Equal(t, 2, f.Stats().Faults)
}

// A share that is new leaves alone what a seed has meant so far.
func TestTruncate_ChangesNoOtherFault(t *testing.T) {
	t.Parallel()
	statuses := func(faults emulator.Faults) string {
		f := seeded(t, emulator.Options{Seed: 7, Faults: faults})
		var out []string
		for i := range 60 {
			got := f.receive(http.MethodGet, fmt.Sprintf("/2.0/groups?limit=%d", 1+i%20), "")
			out = append(out, strconv.Itoa(got.status))
		}
		return strings.Join(out, " ")
	}
	few := emulator.Faults{RateLimited: 0.1, ErrorBefore: 0.1, ErrorAfter: 0.1}
	many := few
	many.Truncate = 0.9
	assert.Equal(t, statuses(few), statuses(many))
}

func TestInject_Truncate(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	whole := f.get("/2.0/groups/10001").text
	for _, clean := range []bool{false, true} {
		f.Inject(emulator.Failure{Truncate: true, CleanEnd: clean})
		got := f.receive(http.MethodGet, "/2.0/groups/10001", "")
		assert.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, clean, isCut(t, whole, got))
		assert.InDelta(t, len(whole)/2, len(got.body), 1, "in the middle")
	}
	assert.Equal(t, whole, f.get("/2.0/groups/10001").text)

	f.Inject(emulator.Failure{Method: http.MethodPost, Truncate: true})
	got := f.receive(http.MethodPost, "/2.0/group_memberships", addCid)
	assert.Equal(t, http.StatusCreated, got.status)
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	assert.Len(t, f.Journal(), 1, "carried out")

	f.Inject(emulator.Failure{Method: http.MethodDelete, Truncate: true, CleanEnd: true, Status: http.StatusInternalServerError})
	got = f.receive(http.MethodDelete, "/2.0/group_memberships/30003", "")
	assert.Equal(t, http.StatusInternalServerError, got.status)
	assert.NoError(t, got.err)
	assert.False(t, json.Valid([]byte(got.body)))
	assert.Len(t, f.Journal(), 1, "not carried out")

	f.Inject(emulator.Failure{Method: http.MethodDelete, Truncate: true, Status: 500, After: true})
	got = f.receive(http.MethodDelete, "/2.0/group_memberships/30003", "")
	assert.Equal(t, http.StatusInternalServerError, got.status)
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	assert.Len(t, f.Journal(), 2, "carried out")
	assert.Equal(t, 5, f.Stats().Faults)
}

func TestInject_HTML(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for status, want := range map[int]int{0: 200, 200: 200, 404: 404, 503: 503} {
		f.Inject(emulator.Failure{HTML: true, Status: status})
		got := f.receive(http.MethodPost, "/2.0/group_memberships", addCid)
		assert.Equal(t, want, got.status)
		assert.Equal(t, "text/html", got.mimeType)
		assert.Equal(t, fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\n", want, http.StatusText(want)), got.body)
	}
	assert.Empty(t, f.Journal())
	f.Inject(emulator.Failure{HTML: true, After: true})
	assert.Equal(t, http.StatusOK, f.receive(http.MethodPost, "/2.0/group_memberships", addCid).status)
	assert.Len(t, f.Journal(), 1)
	f.Inject(emulator.Failure{HTML: true, Truncate: true, CleanEnd: true})
	assert.Equal(t, "<html><body><h1>200 O", f.receive(http.MethodGet, "/2.0/groups", "").body)
	assert.Equal(t, 6, f.Stats().Faults)
}
