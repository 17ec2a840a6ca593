package box_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// numbered returns n names of a format.
func numbered(format string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

// called is a Box with groups of these names, in this order.
func called(t testingT, names []string, bends ...func(http.Handler) http.Handler) *world {
	t.Helper()
	w := newWorld(t, bends...)
	for _, name := range names {
		w.mustAddGroup(name, "")
	}
	return w
}

func groupNames(groups []target.Group) []string {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	slices.Sort(names)
	return names
}

func joined(lists ...[]string) []string { return slices.Concat(lists...) }

func TestReader_Groups_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		names []string
		calls int
	}{
		"one_more":         {numbered("g%05d", 10001), 24},
		"several_thousand": {joined(numbered("Team %05d", 8000), numbered("Ops %d", 9000), numbered("x%d", 8000)), 61},
		// Were Box to list by name, most first letters would come after what it lists.
		"sorted":  {joined(numbered("Alpha %d", 10000), numbered("Lima %d", 600), numbered("pHA %d", 600)), 16},
		"in_case": {joined(numbered("dept-%05d", 6000), numbered("DEPT-%05d", 6000)), 25},
		"whole_name": {
			joined(numbered("a%d", 10000), numbered("team-%05d", 2000), []string{"Team", "team-"}, numbered("team-x%05d", 9000)),
			74,
		},
		"wide": {
			joined([]string{"Für Ärzte 🦊 ß"}, numbered("日本%05d", 6000), numbered("日本 Ω%05d", 6000), []string{"ÄRZTE", "🦊", "🦊 fox", "ßa", "Ω"}),
			42,
		},
		"from_a_keyboard": {joined(numbered("g%05d", 10000), []string{"~", "#1", `a "b" & c?+%=`}), 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := called(t, tc.names)

			got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

			require.NoError(t, err)
			assert.Zero(t, hidden)
			slices.Sort(tc.names)
			require.Equal(t, tc.names, groupNames(got))
			assert.Len(t, w.lines(), tc.calls)
		})
	}
}

// What cannot be shown is counted and told.
func TestReader_Groups_missing_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		names   []string
		bend    func(http.Handler) http.Handler
		missing int
		calls   int
	}{
		"never_seen_characters": {
			joined(numbered("g%05d", 10000), []string{"日本", "本"}), nil, 2, 80,
		},
		"never_seen_further_on": {
			joined(numbered("g%05d", 12000), []string{"gЖ"}), nil, 1, 91,
		},
		"whole_name_beyond_the_list": {
			joined(numbered("a%d", 10000), numbered("team%05d", 10500), []string{"team"}), nil, 1, 158,
		},
		"not_in_the_index_yet": {
			numbered("g%05d", 10010), searching(func(_ *http.Request, body map[string]any) {
				dropping(body, func(name string) bool { return name == "g10009" })
				if n, _ := body["total_count"].(float64); n > 0 {
					body["total_count"] = n - 1
				}
			}), 1, 92,
		},
		"filter_ignored": {numbered("g%05d", 10010), func(next http.Handler) http.Handler {
			return before("GET /groups", func(r *http.Request) {
				q := r.URL.Query()
				q.Del("filter_term")
				r.URL.RawQuery = q.Encode()
			})(next)
		}, 10, 101},
		"far_more_than_there_are": {[]string{"Ops"}, onJSON("GET /groups", func(r *http.Request, body map[string]any) {
			if !r.URL.Query().Has("filter_term") {
				body["total_count"] = 1 << 40
			}
		}), 1<<40 - 1, 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bend := tc.bend
			if bend == nil {
				bend = func(next http.Handler) http.Handler { return next }
			}
			w := called(t, tc.names, bend)
			total := max(len(tc.names), tc.missing+1)
			if total < 10000 {
				total = tc.missing + 1
			}

			got, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

			require.ErrorIs(t, err, box.ErrTooManyGroups)
			assert.EqualError(t, err, fmt.Sprintf("too many groups to list: Box has %d groups, lists no more than 10000, "+
				"and does not show %d by the beginnings of their names; groups made a minute ago may be among them: try again", total, tc.missing))
			assert.Empty(t, got)
			assert.Len(t, w.lines(), tc.calls)
		})
	}
}

// Rows that are hidden in one list and shown in another, and beginnings that
// overlap, are not taken for the groups that are missing.
func TestReader_Groups_counts_nobody_twice(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(term string, body map[string]any){
		"hidden_and_shown": func(term string, body map[string]any) {
			if term == "g" {
				dropping(body, func(name string) bool { return name == "g00001" })
			}
		},
		"accents_ignored": func(term string, body map[string]any) {
			if term == "e" || term == "é" {
				body["total_count"] = 2
				body["entries"] = []any{
					map[string]any{"type": "group", "id": "90001", "name": "e1"}, map[string]any{"type": "group", "id": "90002", "name": "é1"},
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := joined([]string{"Café"}, numbered("h%05d", 9000), numbered("g%05d", 2000), []string{"e1", "é1", "Ж"})
			w := called(t, names, searching(func(r *http.Request, body map[string]any) {
				change(strings.ToLower(r.URL.Query().Get("filter_term")), body)
			}))

			_, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

			require.ErrorIs(t, err, box.ErrTooManyGroups)
		})
	}
}

// A Box in which every beginning fits too many groups is not asked for ever.
func TestReader_Groups_asks_so_often_and_no_more(t *testing.T) {
	t.Parallel()
	const total = 10500
	w := newWorld(t, onJSON("GET /groups", func(r *http.Request, body map[string]any) {
		body["total_count"] = total
		body["entries"] = []any{map[string]any{"type": "group", "id": "10001", "name": r.URL.Query().Get("filter_term") + "a"}}
	}))

	_, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.ErrorIs(t, err, box.ErrTooManyGroups)
	assert.LessOrEqual(t, len(w.lines()), total/10+11)
}

// searching changes what comes back from searches for groups.
func searching(change func(r *http.Request, body map[string]any)) func(http.Handler) http.Handler {
	return onJSON("GET /groups", func(r *http.Request, body map[string]any) {
		if r.URL.Query().Has("filter_term") {
			change(r, body)
		}
	})
}

// dropping takes rows out of a list, and leaves the total as it is.
func dropping(body map[string]any, hide func(name string) bool) {
	shown := []any{}
	for _, row := range entries(body) {
		if name, _ := row["name"].(string); !hide(name) {
			shown = append(shown, row)
		}
	}
	body["entries"] = shown
}

// Groups that the credentials may not see are counted as hidden, and are not
// why the rest would be missing.
func TestReader_Groups_hidden_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	names := joined(numbered("g%05d", 9000), numbered("h%05d", 3000))
	t.Run("rows", func(t *testing.T) {
		t.Parallel()
		w := called(t, names, onJSON("GET /groups", func(_ *http.Request, body map[string]any) {
			dropping(body, func(name string) bool { return strings.HasSuffix(name, "77") })
		}))

		got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

		require.NoError(t, err)
		assert.Equal(t, 90+30, hidden)
		assert.Len(t, got, 12000-90-30)
	})
	t.Run("ends_of_pages", func(t *testing.T) {
		t.Parallel()
		w := called(t, names)
		w.SetFaults(emulator.Faults{HideGroups: 3})

		got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

		require.NoError(t, err)
		assert.Equal(t, 12000, len(got)+hidden)
		assert.GreaterOrEqual(t, len(got), 12000-3*10-3*3-3)
	})
}

// What was counted while groups came and went is counted again.
func TestReader_Groups_moving_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	for name, times := range map[string]int64{"once": 1, "for_ever": 1 << 40} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				w     *world
				added atomic.Int64
			)
			w = called(t, numbered("g%05d", 10100), before("GET /groups", func(r *http.Request) {
				if r.URL.Query().Get("filter_term") == "g0" && added.Load() < times {
					w.mustAddGroup(fmt.Sprintf("late %d", added.Add(1)), "")
				}
			}))

			got, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

			if times > 1 {
				require.ErrorIs(t, err, box.ErrMoving)
				assert.Empty(t, got)
				return
			}
			require.NoError(t, err)
			assert.Len(t, got, 10101)
			assert.Contains(t, groupNames(got), "late 1")
		})
	}
}

// Whichever call fails, there is no list.
func TestReader_Groups_unreadable_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	names := joined(numbered("a%05d", 10000), numbered("team-%05d", 2000), []string{"team"}, numbered("team-x%05d", 9000))
	var totals atomic.Int64
	for name, fails := range map[string]func(term, offset string) bool{
		"a_beginning": func(term, _ string) bool { return term == "t" },
		"a_page":      func(term, offset string) bool { return term == "team-x" && offset == "1000" },
		"the_rest":    func(term, offset string) bool { return term == "team" && offset == "2000" },
		"the_total": func(term, offset string) bool {
			if term == "" && offset == "0" {
				totals.Add(1)
			}
			return totals.Load() > 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := called(t, names, func(next http.Handler) http.Handler {
				refuse := refusing("GET /groups", http.StatusBadRequest, "bad_request")(next)
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					q := r.URL.Query()
					if fails(q.Get("filter_term"), q.Get("offset")) {
						refuse.ServeHTTP(rw, r)
						return
					}
					next.ServeHTTP(rw, r)
				})
			})

			got, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

			require.ErrorContains(t, err, "listing groups in Box: GET /groups: 400 bad_request")
			assert.Empty(t, got)
		})
	}
}

// A group beyond what Box lists is found again by its name.
func TestWriter_CreateGroup_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	w := called(t, numbered("g%05d", 10100))
	writer := w.writer()
	first, err := writer.CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})
	require.NoError(t, err)
	w.requests()

	got, err := writer.CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: first.Group, Found: "it exists already"}, got)
	assert.Len(t, w.lines(), 1+10+1)

	_, err = writer.CreateGroup(t.Context(), "g10050", ids+"3", target.Settings{})
	require.ErrorContains(t, err, "group "+w.group("g10050").String()+` has the name "g10050" and the identifier ""`)

	w.Inject(emulator.Failure{Method: http.MethodPut, Status: 409})
	_, err = writer.TakeOver(t.Context(), w.group("g00001"), "", ids+"4")
	require.ErrorContains(t, err, "reading back: groups, 10101 in all: the list goes on beyond offset 10000")
}
