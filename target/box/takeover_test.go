package box_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const (
	dev     target.GroupID = 10002 // of devWorld
	devPath                = "/groups/10002"
)

// devWorld is the small Box with a second group, Dev, that carries the identifier.
func devWorld(t testingT, identifier string, bends ...func(http.Handler) http.Handler) *world {
	t.Helper()
	w := small(t, bends...).mustAddGroup("Dev", identifier)
	require.Equal(t, dev, w.group("Dev"))
	return w
}

func (w *world) identifierOf(name string) string {
	w.t.Helper()
	g, ok := w.Group(name)
	require.True(w.t, ok, "no group %s", name)
	return g.ExternalSyncIdentifier
}

func skippedDev(found string) target.Answer {
	return target.Answer{State: target.Skipped, Group: dev, Found: found}
}

func TestWriter_TakeOver(t *testing.T) {
	t.Parallel()
	for kind, carried := range map[string]string{"adopt": "", "rekey": "rollcall:main:old:Developers & <Testers>"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := devWorld(t, carried)
			writer := w.writer()

			got, err := writer.TakeOver(t.Context(), dev, carried, ids+"2")
			require.NoError(t, err)
			assert.Equal(t, applied(dev), got)
			sent := w.requests()
			require.Len(t, sent, 2)
			assert.Equal(t, "GET "+devPath, sent[0].line)
			assert.Equal(t, "PUT "+devPath, sent[1].line)
			assert.JSONEq(t, `{"external_sync_identifier":"`+ids+`2"}`, sent[1].body, "nothing else is touched")

			got, err = writer.TakeOver(t.Context(), dev, carried, ids+"2")
			require.NoError(t, err)
			assert.Equal(t, target.Answer{State: target.Already, Group: dev, Found: "the group carries the identifier already"}, got)
			assert.Equal(t, []string{"GET " + devPath}, w.lines())
			assert.Equal(t, []string{"update_group Dev " + ids + "2"}, w.actions())
			assert.EqualValues(t, 3, writer.Calls())
		})
	}
}

// What is not as it was when the plan was made is left as it is.
func TestWriter_TakeOver_leaves_alone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ carried, before, found string }{
		"of_another_tool":        {"okta:7", "", `the group carries the identifier "okta:7" now`},
		"of_another_key":         {ids + "3", ids + "1", `the group carries the identifier "rollcall:main:corp:3" now`},
		"of_another_instance":    {"rollcall:test:corp:2", ids + "1", `the group carries the identifier "rollcall:test:corp:2" now`},
		"cleared":                {"", ids + "1", "the group carries no identifier now"},
		"before_in_another_case": {ids + "DEVELOPERS", ids + "developers", `the group carries the identifier "rollcall:main:corp:DEVELOPERS" now`},
		"before_with_a_blank":    {ids + "1 ", ids + "1", `the group carries the identifier "rollcall:main:corp:1 " now`},
		"wanted_in_another_case": {ids + "DEV", "", `the group carries the identifier "rollcall:main:corp:DEV" now`},
		"begins_as_wanted":       {ids + "dev2", "", `the group carries the identifier "rollcall:main:corp:dev2" now`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := devWorld(t, tc.carried)

			got, err := w.writer().TakeOver(t.Context(), dev, tc.before, ids+"dev")

			require.NoError(t, err)
			assert.Equal(t, skippedDev(tc.found), got)
			assert.Equal(t, []string{"GET " + devPath}, w.lines())
			assert.Equal(t, tc.carried, w.identifierOf("Dev"))
		})
	}
}

// The group of all users is recognised, not tried: Box would answer 403, which
// ends the run.
func TestWriter_TakeOver_never_of_all_users(t *testing.T) {
	t.Parallel()
	for _, carried := range []string{"", ids + "2", "okta:7"} {
		w := small(t)
		_, err := w.AddAllUsersGroup("Everybody")
		require.NoError(t, err)
		require.NoError(t, w.SetIdentifier("Everybody", carried))

		got, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

		require.NoError(t, err)
		assert.Equal(t, skippedDev("it is Box's group of all users, which is never touched"), got)
		assert.Equal(t, []string{"GET " + devPath}, w.lines())
	}
}

// A group that is gone is skipped, whenever it went.
func TestWriter_TakeOver_gone(t *testing.T) {
	t.Parallel()
	const get, put = "GET " + devPath, "PUT " + devPath
	for name, tc := range map[string]struct {
		goes  string // before which call
		lost  int    // answers to the PUT
		lines []string
	}{
		"before_reading":      {goes: get, lines: []string{get}},
		"before_writing":      {goes: put, lines: []string{get, put}},
		"between_attempts":    {goes: put, lost: 1, lines: []string{get, put, put}},
		"before_reading_back": {goes: put, lost: attempts, lines: []string{get, put, put, put, get}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			w = devWorld(t, "", before(tc.goes, func(*http.Request) { _ = w.RemoveGroup("Dev") })) // the first time, at the latest
			if tc.lost > 0 {
				w.Inject(emulator.Failure{Method: http.MethodPut, Times: tc.lost})
			}

			got, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

			require.NoError(t, err)
			assert.Equal(t, skippedDev("the group is gone"), got)
			assert.Equal(t, tc.lines, w.lines())
		})
	}
}

// What fails before the write leaves nothing in doubt, and nothing written.
func TestWriter_TakeOver_cannot_read(t *testing.T) {
	t.Parallel()
	for trouble, tc := range map[string]struct {
		failure emulator.Failure
		change  func(*boxapi.Config)
		fatal   bool
	}{
		"server_errors":         {failure: emulator.Failure{Status: 500, Times: attempts}},
		"resets":                {failure: emulator.Failure{Times: attempts}},
		"rate_limited":          {failure: emulator.Failure{Status: 429, Times: attempts}},
		"invalid":               {failure: emulator.Failure{Status: 400}},
		"policy":                {failure: emulator.Failure{Status: 403, Code: "forbidden_by_policy"}},
		"rights_missing":        {failure: emulator.Failure{Status: 403}, fatal: true},
		"developer_token":       {failure: emulator.Failure{Status: 401}, fatal: true},
		"token_refused_twice":   {failure: emulator.Failure{Status: 401, Times: 2}, change: credentials, fatal: true},
		"cap_between_two_tries": {failure: emulator.Failure{Status: 503}, change: func(cfg *boxapi.Config) { cfg.MaxCalls = 1 }, fatal: true},
	} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			w := devWorld(t, "")
			tc.failure.Method = http.MethodGet
			w.Inject(tc.failure)
			writer := w.writer()
			if tc.change != nil {
				writer = w.writer(tc.change)
			}

			got, err := writer.TakeOver(t.Context(), dev, "", ids+"2")

			require.ErrorContains(t, err, "GET "+devPath)
			assert.Equal(t, tc.fatal, isFatal(err), "%v", err)
			assert.False(t, notSent(err), "%v", err)
			assert.Zero(t, got)
			for _, line := range w.lines() {
				assert.NotContains(t, line, "PUT")
			}
		})
	}
}

// Trouble that passes while reading is nobody's business.
func TestWriter_TakeOver_reads_at_last(t *testing.T) {
	t.Parallel()
	for trouble, failure := range map[string]emulator.Failure{"503": {Status: 503}, "429": {Status: 429}, "reset": {}, "401": {Status: 401}} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			w := devWorld(t, "")
			failure.Method = http.MethodGet
			w.Inject(failure)

			got, err := w.writer(credentials).TakeOver(t.Context(), dev, "", ids+"2")

			require.NoError(t, err)
			assert.Equal(t, applied(dev), got)
			assert.Equal(t, []string{"update_group Dev " + ids + "2"}, w.actions())
		})
	}
}

// A policy concerns this group; a right that is missing concerns them all.
func TestWriter_TakeOver_policy_is_not_fatal(t *testing.T) {
	t.Parallel()
	w := devWorld(t, "", refusing("PUT /groups/", http.StatusForbidden, "forbidden_by_policy"))

	_, err := w.writer().TakeOver(t.Context(), dev, "", ids+"2")

	require.ErrorContains(t, err, "PUT /groups/10002: 403 forbidden_by_policy")
	notFatal(t, err)
	assert.Equal(t, []string{"GET " + devPath, "PUT " + devPath}, w.lines())
}

// Once the group was read, the change was tried, even if the write was not sent.
func TestWriter_TakeOver_read_and_not_written(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, tc := range map[string]struct {
		cap  int64
		want error
	}{
		"cancelled":   {want: signal},
		"cap_reached": {cap: 1, want: boxapi.ErrMaxCalls},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := devWorld(t, "")
			writer := w.writer(func(cfg *boxapi.Config) {
				cfg.MaxCalls = tc.cap
				if tc.cap == 0 {
					cfg.Transport = readAndHangUp(func() { cancel(signal) })
				}
			})

			got, err := writer.TakeOver(ctx, dev, "", ids+"2")

			require.ErrorIs(t, err, tc.want)
			assert.False(t, notSent(err), "%v", err)
			assert.Equal(t, tc.cap > 0, isFatal(err), "%v", err)
			assert.Zero(t, got)
			assert.Equal(t, []string{"GET " + devPath}, w.lines())
			assert.Empty(t, w.Journal())
		})
	}
}

// Cancelled while it reads, it never writes; cancelled while it looks for who
// has the identifier, it was refused and is not in doubt.
func TestWriter_TakeOver_cancelled_while_reading(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, tc := range map[string]struct {
		line  string
		lines []string
	}{
		"at_first":         {"GET /groups/", []string{"GET " + devPath}},
		"after_a_conflict": {"GET /groups", []string{"GET " + devPath, "PUT " + devPath, "GET /groups"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := devWorld(t, "", before(tc.line, func(r *http.Request) {
				if tc.line == "GET /groups/" || r.URL.Path == "/2.0/groups" {
					cancel(signal)
					<-r.Context().Done()
				}
			}))
			w.Inject(emulator.Failure{Method: http.MethodPut, Status: 409})

			got, err := w.writer().TakeOver(ctx, dev, "", ids+"2")

			require.ErrorIs(t, err, signal)
			assert.False(t, notSent(err), "%v", err)
			notFatal(t, err)
			assert.Zero(t, got)
			assert.Equal(t, tc.lines, w.lines())
		})
	}
}
