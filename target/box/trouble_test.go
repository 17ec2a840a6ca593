package box_test

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// Answers that cannot be read are lost ones, whatever their status says.
func TestWriter_survives_unreadable_answers(t *testing.T) {
	t.Parallel()
	torn := func(done bool, status int, body string) func(method string) func(http.Handler) http.Handler {
		return func(method string) func(http.Handler) http.Handler {
			var once sync.Once
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					spoil := false
					if r.Method == method && strings.HasPrefix(r.URL.Path, "/2.0/") {
						once.Do(func() { spoil = true })
					}
					if !spoil {
						next.ServeHTTP(rw, r)
						return
					}
					if done {
						next.ServeHTTP(httptest.NewRecorder(), r)
					}
					rw.Header().Set("Content-Length", strconv.Itoa(len(body)+1)) // one that never comes
					rw.WriteHeader(status)
					_, _ = io.WriteString(rw, body) // the client may be gone
				})
			}
		}
	}
	for trouble, bend := range map[string]func(string) func(http.Handler) http.Handler{
		"torn":              torn(true, http.StatusOK, `{"type":"group","id":"1`),
		"empty":             torn(true, http.StatusCreated, ""),
		"html_and_done":     torn(true, http.StatusOK, "<html>Welcome to the airport</html>"),
		"html_and_not_done": torn(false, http.StatusOK, "<html>Welcome to the airport</html>"),
		"html_502":          torn(true, http.StatusBadGateway, "<html>"),
	} {
		for name, op := range writes() {
			if op.method == http.MethodDelete && trouble == "html_and_not_done" {
				continue // of a DELETE the status is all there is
			}
			for _, lag := range []int{0, 2} {
				t.Run(name+"/"+trouble, func(t *testing.T) {
					t.Parallel()
					if name == "add_admin_over_member" && lag > 0 {
						t.Skip("it needs a list that shows the member")
					}
					w := op.world(t, bend(op.method), lagging(op.world(t).Server, lag, false))

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

// A 409 that passes by itself is no claim that the write was made.
func TestWriter_temporary_conflicts(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"operation_blocked_temporary", "name_temporarily_reserved"} {
		for name, op := range writes() {
			t.Run(name+"/"+code, func(t *testing.T) {
				t.Parallel()
				w := op.world(t)
				w.Inject(emulator.Failure{Method: op.method, Status: http.StatusConflict, Code: code, Times: attempts - 1})
				got, err := op.do(t.Context(), w, w.writer())
				require.NoError(t, err)
				assert.Equal(t, target.Applied, got.State)
				assert.Equal(t, []string{op.effect}, w.actions())

				w = op.world(t)
				w.Inject(emulator.Failure{Method: op.method, Status: http.StatusConflict, Code: code, Times: attempts})
				_, err = op.do(t.Context(), w, w.writer())
				require.ErrorContains(t, err, code)
				notFatal(t, err)
				assert.Empty(t, w.Journal())
				lines := w.lines()
				assert.True(t, strings.HasPrefix(lines[len(lines)-1], op.method), "nothing is read back: %v", lines)
			})
		}
	}
}

// A token may end in the middle of a settlement, and a policy may refuse what is
// asked again although it was done.
func TestWriter_troubles_while_settling(t *testing.T) {
	t.Parallel()
	for trouble, failure := range map[string]emulator.Failure{
		"401_to_a_look":        {Method: http.MethodGet, PathPrefix: "/2.0/", Status: http.StatusUnauthorized},
		"503_to_a_look":        {Method: http.MethodGet, Status: http.StatusServiceUnavailable},
		"429_to_a_look":        {Method: http.MethodGet, Status: http.StatusTooManyRequests},
		"reset_of_a_look":      {Method: http.MethodGet},
		"no_look_at_all":       {Method: http.MethodGet, Status: http.StatusBadGateway, Times: attempts},
		"401_to_asking_again":  {PathPrefix: "/2.0/", Status: http.StatusUnauthorized},
		"403_to_asking_again":  {Status: http.StatusForbidden, Code: "forbidden_by_policy"},
		"lost_asking_again":    {After: true, Times: attempts},
		"policy_at_first":      {Status: http.StatusForbidden, Code: "forbidden_by_policy"},
		"temporary_at_asking":  {Status: http.StatusConflict, Code: "operation_blocked_temporary", Times: attempts},
		"invalid_asking_again": {Status: http.StatusBadRequest},
	} {
		for name, op := range writes() {
			if name == "add_admin_over_member" {
				continue
			}
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := op.lagged(t, 1, true)
				if trouble == "policy_at_first" {
					w = op.world(t)
					w.Inject(emulator.Failure{Method: op.method, After: true})
				} else {
					w.Inject(emulator.Failure{Method: op.method, After: true, Times: attempts})
				}
				then := failure
				then.Method = cmp.Or(then.Method, op.method)
				w.Inject(then)

				got, err := op.do(t.Context(), w, w.writer(credentials))

				require.NoError(t, err)
				assert.Equal(t, target.Applied, got.State, got.Found)
				assert.Equal(t, []string{op.effect}, w.actions())
			})
		}
	}
}

// A write whose answer was lost, and that then was only put off, is sent again.
func TestWriter_put_off_while_in_doubt(t *testing.T) {
	t.Parallel()
	for trouble, last := range map[string]emulator.Failure{
		"429": {Status: http.StatusTooManyRequests},
		"409": {Status: http.StatusConflict, Code: "operation_blocked_temporary"},
	} {
		for name, op := range writes() {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := op.world(t)
				for i, f := range []emulator.Failure{{}, last} {
					f.Method, f.Times = op.method, max(1, i*(attempts-1))
					w.Inject(f)
				}

				got, err := op.do(t.Context(), w, w.writer())

				require.NoError(t, err)
				assert.Equal(t, target.Applied, got.State, got.Found)
				assert.Equal(t, []string{op.effect}, w.actions())
			})
		}
	}
}
