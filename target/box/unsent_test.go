package box_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func notSent(err error) bool {
	_, ok := errors.AsType[*target.NotSentError](err)
	return ok
}

// What kept a write from being sent is told apart from what refused it.
func TestWriter_tells_what_was_not_sent(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, op := range writes() {
		if name == "add_admin_over_member" {
			continue // promote has the PUT, add_admin the POST
		}
		for trouble, tc := range map[string]struct {
			change func(*boxapi.Config)
			spend  bool // the one call that is allowed
			fatal  bool
		}{
			"cancelled":            {},
			"cancelled_with_token": {change: credentials},
			"cap_reached":          {change: func(cfg *boxapi.Config) { cfg.MaxCalls = 1 }, spend: true, fatal: true},
			"no_call_for_a_token":  {change: func(cfg *boxapi.Config) { credentials(cfg); cfg.MaxCalls = 1 }, fatal: true},
			"waiting_for_the_pace": {change: func(cfg *boxapi.Config) { cfg.RequestsPerMinute = 1 }, spend: true},
		} {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := op.world(t)
				api := w.client()
				if tc.change != nil {
					api = w.client(tc.change)
				}
				if tc.spend {
					_, err := api.Me(t.Context())
					require.NoError(t, err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				switch {
				case tc.spend && !tc.fatal:
					time.AfterFunc(10*time.Millisecond, func() { cancel(signal) })
				case !tc.fatal:
					cancel(signal)
				}

				got, err := op.do(ctx, w, box.NewWriter(api, target.AdminPermissions{}))

				want := signal
				if tc.fatal {
					want = boxapi.ErrMaxCalls
				}
				require.ErrorIs(t, err, want)
				assert.True(t, notSent(err), "%v", err)
				assert.Equal(t, tc.fatal, isFatal(err), "%v", err)
				assert.Zero(t, got)
				assert.Empty(t, w.Journal())
			})
		}
	}
}

// hangUp has something happen as soon as a request of the method is answered.
type hangUp struct {
	method string
	then   func()
}

func (h hangUp) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if r.Method == h.method {
		h.then()
	}
	return resp, err
}

// What was sent is in doubt or was refused, whatever kept the next call back.
func TestWriter_tells_what_was_sent(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for trouble, failure := range map[string]emulator.Failure{
		"lost":     {After: true},
		"503":      {Status: http.StatusServiceUnavailable, After: true},
		"429":      {Status: http.StatusTooManyRequests},
		"conflict": {Status: http.StatusConflict},
		"gone":     {Status: http.StatusNotFound},
	} {
		for name, op := range writes() {
			if trouble == "gone" && op.method != http.MethodDelete || trouble == "conflict" && op.method != http.MethodPost {
				continue // that is an answer, and nothing is read back
			}
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				w := op.world(t)
				ordered := failure
				ordered.Method = op.method
				w.Inject(ordered)
				stop := hangUp{op.method, func() { cancel(signal) }}

				_, err := op.do(ctx, w, w.writer(func(cfg *boxapi.Config) { cfg.Transport = stop }))

				require.ErrorIs(t, err, signal)
				assert.False(t, notSent(err), "%v", err)
				notFatal(t, err)
			})
		}
	}
}

// A change of two writes was tried once the first of them was sent.
func TestWriter_Add_sent_and_not_promoted(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, tc := range map[string]struct {
		cap  int64
		want error
	}{
		"cancelled":   {want: signal},
		"cap_reached": {cap: 2, want: boxapi.ErrMaxCalls},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := small(t)
			w.addToOps(bob, "member")
			writer := w.writer(func(cfg *boxapi.Config) {
				cfg.MaxCalls = tc.cap
				if tc.cap == 0 {
					cfg.Transport = readAndHangUp(func() { cancel(signal) })
				}
			})

			_, err := writer.Add(ctx, w.place("Ops", bob), target.RoleAdmin)

			require.ErrorIs(t, err, tc.want)
			assert.False(t, notSent(err), "%v", err)
			assert.Equal(t, tc.cap > 0, isFatal(err), "%v", err)
			assert.Equal(t, []string{"POST /group_memberships", "GET /users/" + w.user(bob).String() + "/memberships"}, w.lines())
		})
	}
}

// readAndHangUp has something happen when the first answer to a GET was read.
type readAndHangUp func()

func (then readAndHangUp) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && r.Method == http.MethodGet {
		resp.Body = closing{resp.Body, then}
	}
	return resp, err
}

type closing struct {
	io.ReadCloser

	then func()
}

func (c closing) Close() error {
	c.then()
	return c.ReadCloser.Close()
}
