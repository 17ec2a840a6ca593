package box_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// list lists one group.
func list(t *testing.T, reader *box.Reader, group target.GroupID) target.Listing {
	t.Helper()
	var got []target.Listing
	require.NoError(t, reader.Members(t.Context(), []target.GroupID{group}, func(l target.Listing) error {
		got = append(got, l)
		return nil
	}))
	require.Len(t, got, 1)
	return got[0]
}

// logins maps the logins of a listing to roles; each membership id once.
func logins(t *testing.T, l target.Listing) map[string]target.Role {
	t.Helper()
	names, ids, out := map[target.UserID]string{}, map[target.MembershipID]bool{}, map[string]target.Role{}
	for _, u := range l.Users {
		names[u.ID] = u.Login
	}
	for _, m := range l.Memberships {
		assert.False(t, ids[m.ID], "membership %s is there twice", m.ID)
		ids[m.ID] = true
		out[names[m.User]] = m.Role
	}
	return out
}

func TestReader_Members_on_several_pages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		people, hide int
		clamp        int // the most rows that Box puts on a page
		offsets      []int
		hidden       int
	}{
		"whole":          {2500, 0, 1000, []int{0, 1000, 2000}, 0},
		"full_pages":     {2000, 0, 1000, []int{0, 1000}, 0},
		"short_pages":    {2500, 7, 1000, []int{0, 1000, 2000}, 21},
		"empty_pages":    {2500, 600, 1000, []int{0, 1000, 2000}, 600 + 600 + 500},
		"one_page":       {1000, 3, 1000, []int{0}, 3},
		"small_pages":    {1000, 0, 300, []int{0, 300, 600, 900}, 0},
		"short_small":    {1000, 5, 300, []int{0, 300, 600, 900}, 20},
		"small_and_many": {2500, 0, 500, []int{0, 500, 1000, 1500, 2000}, 0},
		"nobody":         {0, 9, 1000, []int{0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, before("GET /groups/", func(r *http.Request) {
				q := r.URL.Query()
				q.Set("limit", strconv.Itoa(tc.clamp))
				r.URL.RawQuery = q.Encode()
			})).seed(append(crowd("Ops", tc.people), "Ops,,,,")...)
			w.SetFaults(emulator.Faults{HideMembers: tc.hide})

			got := list(t, box.NewReader(w.client(), 4), w.group("Ops"))

			assert.Equal(t, w.group("Ops"), got.Group)
			assert.Equal(t, tc.offsets, w.offsets())
			assert.Len(t, logins(t, got), tc.people-tc.hidden)
			assert.Equal(t, tc.hidden, got.Hidden)
			assert.False(t, got.Truncated)
		})
	}
}

// Ten thousand can be listed and one more cannot: the rest may be in the group.
func TestReader_Members_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		people    int
		truncated bool
	}{
		"exactly":  {10000, false},
		"one_more": {10001, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).seed(crowd("Ops", tc.people)...)

			got := list(t, box.NewReader(w.client(), 4), w.group("Ops"))

			assert.Equal(t, tc.truncated, got.Truncated)
			assert.Len(t, logins(t, got), 10000)
			assert.Zero(t, got.Hidden, "rows beyond the ceiling are not hidden ones")
			assert.Equal(t, []int{0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000}, w.offsets())
		})
	}
}

// Somebody leaves between two pages: the rows behind move up, and one of them
// is on neither page. The total tells.
func TestReader_Members_total_moves_once(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(w *world) error
		offsets []int
	}{
		"shrinks": {func(w *world) error { return w.RemoveMember("Ops", "p3@acme.example") }, []int{0, 0, 1000, 1000}},
		"grows": {func(w *world) error {
			_, err := w.AddMember("Ops", "new@acme.example", "member")
			return err
		}, []int{0, 0, 1000, 1000}},
		"grows_by_a_page": {func(w *world) error { // which is read the second time only
			for i := range 600 {
				if _, err := w.AddUser(emulator.User{Login: fmt.Sprintf("n%d@acme.example", i)}); err != nil {
					return err
				}
				if _, err := w.AddMember("Ops", fmt.Sprintf("n%d@acme.example", i), "member"); err != nil {
					return err
				}
			}
			return nil
		}, []int{0, 0, 1000, 1000, 2000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			var moved atomic.Bool
			w = newWorld(t, before("GET /groups/", func(r *http.Request) {
				if r.URL.Query().Get("offset") == "1000" && moved.CompareAndSwap(false, true) {
					assert.NoError(t, tc.change(w))
				}
			}))
			w.seed(append(crowd("Ops", 1500), ",,new@acme.example,New,")...)

			got := list(t, box.NewReader(w.client(), 4), w.group("Ops"))

			assert.Equal(t, tc.offsets, w.offsets())
			assert.Zero(t, got.Hidden)
			want := map[string]target.Role{}
			for _, u := range w.Members("Ops") {
				want[u[:len(u)-len(" member")]] = target.RoleMember
			}
			assert.Equal(t, want, logins(t, got))
		})
	}
}

func TestReader_Members_total_never_stands_still(t *testing.T) {
	t.Parallel()
	var w *world
	var n atomic.Int32
	w = newWorld(t, before("GET /groups/", func(r *http.Request) {
		if r.URL.Query().Get("offset") == "1000" {
			assert.NoError(t, w.RemoveMember("Ops", fmt.Sprintf("p%d@acme.example", n.Add(1))))
		}
	}))
	w.seed(crowd("Ops", 1500)...)

	err := box.NewReader(w.client(), 4).Members(t.Context(), []target.GroupID{w.group("Ops")}, func(target.Listing) error {
		t.Error("a list that was never whole is not given")
		return nil
	})

	require.ErrorIs(t, err, box.ErrMoving)
	require.ErrorContains(t, err, "listing the members of Box group "+w.group("Ops").String()+": the list kept changing")
	assert.Equal(t, []int{0, 0, 0, 1000, 1000, 1000}, w.offsets(), "it gives up after three readings")
}

func TestReader_Groups_total_never_stands_still(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	w := newWorld(t, onJSON("GET /groups", func(_ *http.Request, body map[string]any) {
		body["total_count"] = 1500 + n.Add(1)
	}))

	_, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.ErrorIs(t, err, box.ErrMoving)
	assert.ErrorContains(t, err, "listing groups in Box: ")
}

// Totals smaller than what is on the pages have been seen (box-python-sdk#75).
// Rows that the total denies are still read.
func TestReader_Members_total_is_wrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ people, total int }{
		"none":         {1500, 0},
		"too_small":    {2500, 1200},
		"exact_pages":  {2000, 3},
		"one_page":     {10, 9},
		"to_the_brink": {10000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, onJSON("GET /groups/", func(_ *http.Request, body map[string]any) {
				body["total_count"] = tc.total
			})).seed(crowd("Ops", tc.people)...)

			got := list(t, box.NewReader(w.client(), 4), w.group("Ops"))

			assert.Len(t, logins(t, got), tc.people)
			assert.Zero(t, got.Hidden)
			assert.Equal(t, tc.people == 10000, got.Truncated, "nobody knows what is beyond the brink")
		})
	}
}

// A page that Box cuts smaller than the first leaves a gap before the next.
func TestReader_Members_page_cut_smaller(t *testing.T) {
	t.Parallel()
	var cuts atomic.Int32
	cuts.Store(1)
	cut := before("GET /groups/", func(r *http.Request) {
		if q := r.URL.Query(); q.Get("offset") == "1000" && cuts.Add(-1) >= 0 {
			q.Set("limit", "500")
			r.URL.RawQuery = q.Encode()
		}
	})
	w := newWorld(t, cut).seed(crowd("Ops", 2500)...)
	reader := box.NewReader(w.client(), 4)

	assert.Len(t, logins(t, list(t, reader, w.group("Ops"))), 2500)

	cuts.Store(attempts)
	err := reader.Members(t.Context(), []target.GroupID{w.group("Ops")}, func(target.Listing) error { return nil })
	require.ErrorIs(t, err, box.ErrMoving)
}

// Whichever page cannot be read, there is no list.
func TestReader_Members_page_fails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		denied bool // the total denies that there are more pages
		offset string
	}{
		"first":             {false, "0"},
		"later":             {false, "1000"},
		"last":              {false, "2000"},
		"denied_by_total":   {true, "1000"},
		"denied_and_behind": {true, "2000"},
		"second_reading":    {false, "second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			var firsts atomic.Int32
			total := onJSON("GET /groups/", func(_ *http.Request, body map[string]any) {
				if tc.denied {
					body["total_count"] = 7
				}
			})
			w = newWorld(t, total, before("GET /groups/", func(r *http.Request) {
				offset := r.URL.Query().Get("offset")
				switch {
				case tc.offset == "second" && offset == "1000":
					assert.NoError(t, w.RemoveMember("Ops", "p1@acme.example"))
				case tc.offset == "second" && offset == "0" && firsts.Add(1) == 2, tc.offset == offset:
					panic(http.ErrAbortHandler)
				}
			}))
			w.seed(crowd("Ops", 2500)...)
			api := w.client(func(cfg *boxapi.Config) {
				cfg.Retry.MaxAttempts = 1
				cfg.Transport = &http.Transport{DisableKeepAlives: true}
			})

			err := box.NewReader(api, 4).Members(t.Context(), []target.GroupID{w.group("Ops")}, func(target.Listing) error {
				t.Error("half a list is given")
				return nil
			})

			require.ErrorContains(t, err, "listing the members of Box group")
			assert.Equal(t, boxapi.Network, boxapi.KindOf(err))
		})
	}
}

// A row that slipped onto the next page as well is one membership.
func TestReader_Members_row_on_two_pages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, before("GET /groups/", func(r *http.Request) {
		if q := r.URL.Query(); q.Get("offset") == "1000" {
			q.Set("offset", "997")
			r.URL.RawQuery = q.Encode()
		}
	})).seed(crowd("Ops", 1500)...)

	got := list(t, box.NewReader(w.client(), 4), w.group("Ops"))

	assert.Len(t, got.Memberships, 1500)
	assert.Len(t, logins(t, got), 1500)
	assert.Zero(t, got.Hidden)
}
