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

func credentials(cfg *boxapi.Config) {
	cfg.Auth = boxapi.ClientCredentials{ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), SubjectID: "900001"}
}

// After some errors no other write can succeed; the rest concern one change.
func TestWriter_tells_what_is_fatal(t *testing.T) {
	t.Parallel()
	lost := emulator.Failure{Status: 503}
	for trouble, tc := range map[string]struct {
		failures []emulator.Failure // of the method that writes
		reading  []emulator.Failure // of what is read back
		change   func(*boxapi.Config)
		fatal    bool
	}{
		"rights_missing":               {failures: []emulator.Failure{{Status: 403}}, fatal: true},
		"rights_lost_after_a_503":      {failures: []emulator.Failure{lost, {Status: 403}}, fatal: true},
		"rights_lost_and_read_fails":   {failures: []emulator.Failure{lost, {Status: 403}}, reading: []emulator.Failure{{Status: 500, Times: attempts}}, fatal: true},
		"developer_token_refused":      {failures: []emulator.Failure{{Status: 401}}, fatal: true},
		"token_refused_after_a_503":    {failures: []emulator.Failure{lost, {Status: 401}}, fatal: true},
		"token_refused_twice":          {failures: []emulator.Failure{{Status: 401, Times: 2}}, change: credentials, fatal: true},
		"invalid":                      {failures: []emulator.Failure{{Status: 400}}},
		"server_errors":                {failures: []emulator.Failure{{Status: 500, Times: 2 * attempts}}},
		"rights_lost_while_in_doubt":   {failures: []emulator.Failure{{Status: 500, Times: attempts}, {Status: 403}}, fatal: true},
		"policy_after_doubt":           {failures: []emulator.Failure{{Status: 500, Times: attempts}, {Status: 403, Code: "forbidden_by_policy"}}},
		"token_refused_while_in_doubt": {failures: []emulator.Failure{{Times: attempts}, {Status: 401, Times: 2}}, change: credentials, fatal: true},
		"rights_missing_to_read_back":  {failures: []emulator.Failure{{Status: 503, Times: attempts}}, reading: []emulator.Failure{{Status: 403}}, fatal: true},
		"token_refused_reading_back":   {failures: []emulator.Failure{{Times: attempts}}, reading: []emulator.Failure{{Status: 401}}, fatal: true},
	} {
		for name, op := range writes() {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := op.unreadable(t, tc.reading...)
				for _, f := range tc.failures {
					f.Method, f.PathPrefix = op.method, "/2.0/"
					w.Inject(f)
				}
				writer := w.writer()
				if tc.change != nil {
					writer = w.writer(tc.change)
				}

				got, err := op.do(t.Context(), w, writer)

				require.Error(t, err)
				assert.Zero(t, got)
				assert.Equal(t, tc.fatal, isFatal(err), "%v", err)
				assert.NotContains(t, err.Error(), "\n")
				assert.Empty(t, w.Journal())
			})
		}
	}
}

// A token that expired is renewed, and nobody notices.
func TestWriter_token_renewed(t *testing.T) {
	t.Parallel()
	for name, op := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := op.world(t)
			w.Inject(emulator.Failure{Method: op.method, PathPrefix: "/2.0/", Status: 401})

			got, err := op.do(t.Context(), w, w.writer(credentials))

			require.NoError(t, err)
			assert.Equal(t, target.Applied, got.State)
			assert.Equal(t, []string{op.effect}, w.actions())
		})
	}
}

// An information barrier concerns one person in one group.
func TestWriter_policy_is_not_fatal(t *testing.T) {
	t.Parallel()
	w := small(t, refusing("POST /group_memberships", http.StatusForbidden, "forbidden_by_policy"))

	_, err := w.writer().Add(t.Context(), w.place("Ops", bob), target.RoleMember)

	require.ErrorContains(t, err, "POST /group_memberships: 403 forbidden_by_policy")
	notFatal(t, err)
	assert.Equal(t, boxapi.Policy, boxapi.KindOf(err))
}

// Who does not exist cannot be added; that is nobody else's trouble.
func TestWriter_Add_of_nobody(t *testing.T) {
	t.Parallel()
	w := small(t)
	for name, place := range map[string]target.Place{
		"no_such_user":  {Group: w.group("Ops"), User: 29999},
		"no_such_group": {Group: 19999, User: w.user(bob)},
		"no_user":       {Group: w.group("Ops")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.writer().Add(t.Context(), place, target.RoleMember)
			require.Error(t, err)
			notFatal(t, err)
			assert.False(t, notSent(err), "it is wrong, not late: %v", err)
			assert.Empty(t, w.Journal())
		})
	}
}

func TestWriter_max_calls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cap    int64
		adds   int // that succeed before
		inject []emulator.Failure
		unsent bool
	}{
		"before_the_write":        {cap: 1, adds: 1, unsent: true},
		"before_reading_back":     {cap: 2, adds: 1},
		"between_two_attempts":    {cap: 2, adds: 1, inject: []emulator.Failure{{Status: 503}}},
		"lost_and_no_call_to_ask": {cap: 1, inject: []emulator.Failure{{After: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(t)
			writer := w.writer(func(cfg *boxapi.Config) { cfg.MaxCalls = tc.cap })
			for range tc.adds {
				_, err := writer.Add(t.Context(), w.place("Ops", bob), target.RoleMember)
				require.NoError(t, err)
			}
			for _, f := range tc.inject {
				w.Inject(f)
			}

			_, err := writer.Add(t.Context(), w.place("Ops", bob), target.RoleMember)

			require.ErrorIs(t, err, boxapi.ErrMaxCalls)
			assert.True(t, isFatal(err), "%v", err)
			assert.Equal(t, tc.unsent, notSent(err), "%v", err)
			assert.EqualValues(t, tc.cap, writer.Calls())
			assert.Len(t, w.lines(), int(tc.cap))
		})
	}
}

// A run that ends is not a Box that refuses.
func TestWriter_cancelled(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, op := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := op.world(t, before(op.method+" /", func(r *http.Request) {
				cancel(signal)
				<-r.Context().Done()
			}))

			_, err := op.do(ctx, w, w.writer())

			require.ErrorIs(t, err, signal)
			notFatal(t, err)
		})
	}
}
