package box_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// Whoever else wrote while our answers were lost is named, and not overwritten.
func TestWriter_TakeOver_lost_and_changed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ others, want string }{
		"by_another_tool": {"okta:7", `the group carries the identifier "okta:7" now: PUT /groups/10002: 503`},
		"cleared":         {"", "the group carries no identifier now: PUT /groups/10002: 503"},
		"not_at_all":      {ids + "1", `the group carries the identifier "rollcall:main:corp:1" now: PUT /groups/10002: 503`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			w = devWorld(t, ids+"1", before("PUT ", func(*http.Request) { assert.NoError(t, w.SetIdentifier("Dev", tc.others)) }))
			w.Inject(emulator.Failure{Method: http.MethodPut, Status: 503, Times: 2 * attempts})

			got, err := w.writer().TakeOver(t.Context(), dev, ids+"1", ids+"2")

			require.ErrorContains(t, err, tc.want)
			notFatal(t, err)
			assert.Zero(t, got)
			assert.Equal(t, tc.others, w.identifierOf("Dev"))
		})
	}
}

// Whoever wrote while our answers were lost is not overwritten by asking again.
func TestWriter_TakeOver_asks_again_for_nobody_elses(t *testing.T) {
	t.Parallel()
	var w *world
	w = devWorld(t, ids+"1", before("PUT ", func(*http.Request) { assert.NoError(t, w.SetIdentifier("Dev", "okta:7")) }))
	w.Inject(emulator.Failure{Method: http.MethodPut, Status: 503, Times: attempts})

	_, err := w.writer().TakeOver(t.Context(), dev, ids+"1", ids+"2")

	require.ErrorContains(t, err, `the group carries the identifier "okta:7" now: PUT /groups/10002: 503`)
	assert.Equal(t, "okta:7", w.identifierOf("Dev"))
	assert.Empty(t, w.Journal())
}

// Should Box keep identifiers apart, the group that has ours is named.
func TestWriter_TakeOver_conflict(t *testing.T) {
	t.Parallel()
	conflict := emulator.Failure{Method: http.MethodPut, Status: 409}
	const (
		plain  = "PUT /groups/10002: 409 conflict"
		nobody = "no group that carries the identifier is to be seen: " + plain
	)
	for name, tc := range map[string]struct {
		others   map[string]string  // further groups and their identifiers
		meantime string             // the identifier that Dev gets before the PUT
		failures []emulator.Failure // of the PUT
		want     target.Answer
		err      string // how it begins
	}{
		"with_another_group": {
			others: map[string]string{"Money": ids + "2"}, failures: []emulator.Failure{conflict},
			err: `group 10003 has the name "Money" and carries the identifier "rollcall:main:corp:2": ` + plain,
		},
		"with_another_group_after_a_503": {
			others: map[string]string{"Money": ids + "2"}, failures: []emulator.Failure{{Method: http.MethodPut, Status: 503}, conflict},
			err: `group 10003 has the name "Money" and carries the identifier "rollcall:main:corp:2": ` + plain,
		},
		"with_nobody": {
			others: map[string]string{" ": "okta:7"}, failures: []emulator.Failure{conflict}, err: nobody,
		},
		"with_none_at_all": {failures: []emulator.Failure{conflict}, err: nobody},
		"somebody_did_it": {
			meantime: ids + "2", failures: []emulator.Failure{conflict},
			want: target.Answer{State: target.Already, Group: dev, Found: "the group carries the identifier already"},
		},
		"we_did_it": {
			failures: []emulator.Failure{{Method: http.MethodPut, Status: 503, After: true}, conflict}, want: applied(dev),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			w = devWorld(t, "", before("PUT ", func(*http.Request) {
				if tc.meantime != "" {
					assert.NoError(t, w.SetIdentifier("Dev", tc.meantime))
				}
			}))
			for other, identifier := range tc.others {
				w.mustAddGroup(other, identifier)
			}
			for _, f := range tc.failures {
				w.Inject(f)
			}

			got, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

			if tc.err == "" {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.True(t, strings.HasPrefix(err.Error(), tc.err), "%v", err)
				notFatal(t, err)
			}
			assert.Equal(t, tc.want, got)
			lines := w.lines()
			assert.Equal(t, "GET /groups", lines[len(lines)-1])
		})
	}
}

// Who has the identifier cannot always be told.
func TestWriter_TakeOver_conflict_and_no_list(t *testing.T) {
	t.Parallel()
	for status, fatal := range map[int]bool{500: false, 403: true} {
		var w *world
		w = devWorld(t, "", before("PUT ", func(*http.Request) {
			w.Inject(emulator.Failure{Method: http.MethodGet, Status: status, Times: 2 * attempts})
		}))
		w.Inject(emulator.Failure{Method: http.MethodPut, Status: 409})

		got, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

		require.ErrorContains(t, err, "PUT /groups/10002: 409 conflict")
		require.ErrorContains(t, err, fmt.Sprintf("; reading back: GET /groups: %d", status))
		assert.Equal(t, fatal, isFatal(err), "%v", err)
		assert.Zero(t, got)
	}
}

// answering has requests that begin so answered with this object, and does
// nothing.
func answering(line, object string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/2.0"), line) {
				next.ServeHTTP(rw, r)
				return
			}
			_, _ = rw.Write([]byte(object)) // the client may be gone
		})
	}
}

// An answer that says yes and shows something else is doubtful, too: a group
// that did not become ours must not be written to any further.
func TestWriter_TakeOver_doubtful_success(t *testing.T) {
	t.Parallel()
	shows := func(identifier any) func(http.Handler) http.Handler {
		return onJSON("PUT /groups/", func(_ *http.Request, body map[string]any) { body["external_sync_identifier"] = identifier })
	}
	const (
		doubt = "the identifier was accepted, and the answer does not show it"
		get   = "GET " + devPath
		put   = "PUT " + devPath
	)
	for name, tc := range map[string]struct {
		bend  func(http.Handler) http.Handler
		err   string
		lines []string
	}{
		"done_and_not_shown":   {bend: shows(nil), lines: []string{get, put, get}},
		"done_and_shown_wrong": {bend: shows("okta:7"), lines: []string{get, put, get}},
		"not_done": {
			answering("PUT /groups/", `{"type":"group","id":"10002"}`),
			"the group carries no identifier now: " + doubt + "; before that " + doubt,
			[]string{get, put, get, put, get, get, get, get, get},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := devWorld(t, "", tc.bend)

			got, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

			if tc.err != "" {
				require.EqualError(t, err, tc.err)
				assert.Zero(t, got)
			} else {
				require.NoError(t, err)
				assert.Equal(t, applied(dev), got)
			}
			assert.Equal(t, tc.lines, w.lines())
		})
	}
	for status, fatal := range map[int]bool{500: false, 403: true} {
		t.Run(fmt.Sprintf("and_reading_back_says_%d", status), func(t *testing.T) {
			t.Parallel()
			var w *world
			w = devWorld(t, "", shows(nil), before("PUT ", func(*http.Request) {
				w.Inject(emulator.Failure{Method: http.MethodGet, Status: status, Times: 2 * attempts})
			}))

			_, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

			require.ErrorContains(t, err, fmt.Sprintf("%s; reading back: GET /groups/10002: %d", doubt, status))
			assert.Equal(t, fatal, isFatal(err), "%v", err)
			assert.False(t, notSent(err))
		})
	}
}
