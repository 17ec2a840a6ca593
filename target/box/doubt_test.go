package box_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// lagging has the first n answers to requests for lists come from a Box that
// knows nothing of the writes; with single, those for single objects too.
func lagging(old http.Handler, n int, single bool) func(http.Handler) http.Handler {
	var left atomic.Int64
	left.Store(int64(n))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			list := strings.HasSuffix(r.URL.Path, "/memberships") || r.URL.Path == "/2.0/groups"
			if r.Method == http.MethodGet && (list || single) && left.Add(-1) >= 0 {
				then := r.Clone(r.Context())
				then.Header.Set("Authorization", "Bearer emulator-token") // it granted no other
				old.ServeHTTP(rw, then)
				return
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// lagged is the Box of the write whose lists lag, n answers long. A takeover
// reads before it writes, which is not the lag that is meant.
func (op write) lagged(t testingT, n int, single bool) *world {
	t.Helper()
	if single && strings.HasPrefix(op.effect, "update_group Dev") {
		n++
	}
	return op.world(t, lagging(op.world(t).Server, n, single))
}

// However long Box takes to show what it did, within the patience of the
// writer: the write is made once and counted so.
func TestWriter_survives_lag(t *testing.T) {
	t.Parallel()
	for name, op := range writes() {
		if name == "add_admin_over_member" {
			continue // it needs a list that shows the member
		}
		for trouble, failures := range map[string][]emulator.Failure{
			"exhausted_after":     {{Status: 503, After: true, Times: attempts}},
			"exhausted_resets":    {{After: true, Times: attempts}},
			"exhausted_but_first": {{After: true}, {Status: 500, Times: attempts - 1}},
			"lost_once":           {{After: true}},
			"html":                {{Status: 502, After: true}},
			"again_and_again":     {{Status: 500, After: true, Times: 2*attempts - 1}},
		} {
			for _, lag := range []int{1, 2, looks - 1} {
				for _, single := range []bool{false, true} {
					t.Run(name+"/"+trouble, func(t *testing.T) {
						t.Parallel()
						w := op.lagged(t, lag, single)
						for _, f := range failures {
							f.Method = op.method
							w.Inject(f)
						}

						got, err := op.do(t.Context(), w, w.writer())

						require.NoError(t, err)
						assert.Equal(t, target.Applied, got.State, got.Found)
						assert.Empty(t, got.Found)
						assert.Equal(t, []string{op.effect}, w.actions())
						assert.Equal(t, op.members, w.Members("Ops"))
					})
				}
			}
		}
	}
}

// What Box did before us is told from what we did, also where it shows it late.
func TestWriter_finds_late_what_was_there_before(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]target.State{
		"create_group": target.Already, "create_group_beside_namesake": target.Already, "add_member": target.Already,
		"add_admin": target.Already, "remove": target.Already, "promote": target.Applied, "demote": target.Applied,
		"rename_group": target.Applied, // Box's PUT does not tell
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := writes()[name]
			w := op.lagged(t, looks-1, false)
			_, err := op.do(t.Context(), w, w.writer())
			require.NoError(t, err)

			got, err := op.do(t.Context(), w, w.writer())

			require.NoError(t, err)
			assert.Equal(t, state, got.State)
			assert.Equal(t, state == target.Already, got.Found != "")
			assert.Equal(t, []string{op.effect}, w.actions())
		})
	}
}

// late answers 503 to each write of the method, and carries the first one out
// when a request comes for which now says so; from then on it lets writes pass.
func late(method string, now func(r *http.Request, sent int) bool) func(http.Handler) http.Handler {
	var (
		mu    sync.Mutex
		sent  int
		first *http.Request
		body  []byte
		done  bool
	)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			write := r.Method == method && strings.HasPrefix(r.URL.Path, "/2.0/")
			if write && first == nil {
				body, _ = io.ReadAll(r.Body) // the test's own client does not break off
				first = r.Clone(context.Background())
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			if first != nil && !done && now(r, sent) {
				first.Body = io.NopCloser(bytes.NewReader(body))
				next.ServeHTTP(httptest.NewRecorder(), first)
				done = true
			}
			if write {
				sent++
			}
			if write && !done {
				http.Error(rw, "<html>busy</html>", http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// Box may carry out a write after its 503, when we have looked already: just
// before we ask again, or when we have asked in vain.
func TestWriter_survives_a_late_effect(t *testing.T) {
	t.Parallel()
	whens := map[string]func(r *http.Request, sent int) bool{
		"before_asking_again": func(r *http.Request, sent int) bool { return r.Method != http.MethodGet && sent == attempts },
		"while_asking_again":  func(r *http.Request, sent int) bool { return r.Method != http.MethodGet && sent == attempts+1 },
		"after_asking_again":  func(r *http.Request, sent int) bool { return r.Method == http.MethodGet && sent == 2*attempts },
	}
	for name, op := range writes() {
		for when, now := range whens {
			for _, lag := range []int{0, 1, looks - 1} {
				t.Run(name+"/"+when, func(t *testing.T) {
					t.Parallel()
					if name == "add_admin_over_member" && lag > 0 {
						t.Skip("it needs a list that shows the member")
					}
					w := op.world(t, late(op.method, now), lagging(op.world(t).Server, lag, false))

					got, err := op.do(t.Context(), w, w.writer())

					require.NoError(t, err)
					assert.Equal(t, target.Applied, got.State, got.Found)
					assert.Equal(t, []string{op.effect}, w.actions())
					assert.Equal(t, op.members, w.Members("Ops"))
				})
			}
		}
	}
}

// in is a Box in memory, for bubbles.
type in struct{ http.Handler }

func (h in) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// Who ends a run does not wait for a Box that shows things late, and is told
// that nobody knows.
func TestWriter_cancelled_between_looks(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for name, op := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := op.world(t)
			w.Inject(emulator.Failure{Method: op.method, Status: http.StatusServiceUnavailable})
			wrote := false
			hour := func(cfg *boxapi.Config) {
				cfg.Retry = boxapi.Retry{MaxAttempts: 1, Base: time.Hour, MaxWait: time.Hour}
				cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					resp, err := http.DefaultTransport.RoundTrip(r)
					if err == nil && r.Method == http.MethodGet && wrote {
						resp.Body = closing{resp.Body, func() { cancel(signal) }}
					}
					wrote = wrote || r.Method == op.method
					return resp, err
				})
			}

			_, err := op.do(ctx, w, w.writer(hour))

			require.ErrorIs(t, err, signal)
			require.ErrorContains(t, err, "503")
			require.ErrorContains(t, err, "may have taken effect")
			assert.False(t, notSent(err))
			notFatal(t, err)
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The waits grow from the client's first back-off, up to its longest wait.
func TestWriter_waits_between_looks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		longest time.Duration
		want    []int // seconds
	}{
		"as_configured_by_nobody": {0, []int{0, 1, 3, 7, 15, 31}},
		"bounded":                 {3 * time.Second, []int{0, 1, 3, 6, 9, 12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := emulator.New(emulator.Options{})
				group, err := b.AddGroup("Ops", "")
				require.NoError(t, err)
				user, err := b.AddUser(emulator.User{Login: ann})
				require.NoError(t, err)
				var at []int
				began := time.Now()
				noted := before("GET /users/", func(*http.Request) { at = append(at, int(time.Since(began).Seconds())) })
				box409 := refusing("POST /group_memberships", http.StatusConflict, "conflict")
				api, err := boxapi.New(boxapi.Config{
					Auth: boxapi.DeveloperToken("emulator-token"), Transport: in{noted(box409(b))}, Retry: boxapi.Retry{MaxWait: tc.longest},
				})
				require.NoError(t, err)
				place := target.Place{Group: target.GroupID(number(t, group)), User: target.UserID(number(t, user))}

				_, err = box.NewWriter(api, target.AdminPermissions{}).Add(t.Context(), place, target.RoleMember)

				require.EqualError(t, err, "the user is not to be seen in the group: POST /group_memberships: 409 conflict: no")
				assert.Equal(t, tc.want, at)
			})
		})
	}
}

// Credentials that were refused are not tried over and over.
func TestWriter_looks_once_where_rights_are_missing(t *testing.T) {
	t.Parallel()
	w := small(t)
	w.Inject(emulator.Failure{Method: http.MethodPost, Status: http.StatusServiceUnavailable})
	w.Inject(emulator.Failure{Method: http.MethodPost, Status: http.StatusForbidden})

	_, err := w.writer().Add(t.Context(), w.place("Ops", bob), target.RoleMember)

	require.True(t, isFatal(err), "%v", err)
	assert.Len(t, w.lines(), 2+1)
}

// A list that moves while it is read is looked at again.
func TestWriter_a_look_at_a_moving_list(t *testing.T) {
	t.Parallel()
	var moves atomic.Int64
	w := small(t, onJSON("GET /users/", func(_ *http.Request, body map[string]any) {
		if n := moves.Add(1); n <= 6 { // two calls of each of three readings
			body["total_count"] = 1500 + n
		}
	}))
	w.Inject(emulator.Failure{Method: http.MethodPost, After: true, Times: attempts})

	got, err := w.writer().Add(t.Context(), w.place("Ops", bob), target.RoleMember)

	require.NoError(t, err)
	assert.Equal(t, applied(w.group("Ops")), got)
}

// The membership itself tells what a list does not yet, whatever role it shows.
func TestWriter_asks_the_membership_that_is_gone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do   func(context.Context, *box.Writer, target.Place) (target.Answer, error)
		want target.Answer
		verb string
	}{
		"remove": {func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
			return w.Remove(ctx, p)
		}, target.Answer{State: target.Already, Found: "is no longer in the group"}, "DELETE"},
		"promote": {func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
			return w.SetRole(ctx, p, target.RoleAdmin)
		}, target.Answer{State: target.Skipped, Found: "is no longer in the group"}, "PUT"},
		"demote": {func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
			return w.SetRole(ctx, p, target.RoleMember)
		}, target.Answer{State: target.Skipped, Found: "is no longer in the group"}, "PUT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(t, lagging(small(t).Server, 100, false))
			place := w.place("Ops", ann)
			place.Membership = 30001
			require.NoError(t, w.RemoveMember("Ops", ann))

			got, err := tc.do(t.Context(), w.writer(), place)

			require.NoError(t, err)
			tc.want.Group = place.Group
			assert.Equal(t, tc.want, got)
			assert.Equal(t, []string{
				tc.verb + " /group_memberships/30001", "GET /users/" + place.User.String() + "/memberships", "GET /group_memberships/30001",
			}, w.lines())
		})
	}
	t.Run("and_is_not", func(t *testing.T) {
		t.Parallel()
		w := small(t, refusing("PUT /group_memberships/", http.StatusNotFound, "not_found"))
		place := w.place("Ops", ann)
		place.Membership = 30001

		_, err := w.writer().SetRole(t.Context(), place, target.RoleAdmin) // which ann is

		require.ErrorContains(t, err, "is in the group, as admin: PUT /group_memberships/30001: 404")
		assert.Len(t, w.lines(), 1+2*looks)
	})
}
