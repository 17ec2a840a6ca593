package boxapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func TestPage_decodes_what_Box_has_sent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want boxapi.Page[boxapi.Group]
		fail string
	}{
		"usual":         {in: `{"total_count":7,"limit":2,"offset":4,"entries":[{"id":"1"}]}`, want: boxapi.Page[boxapi.Group]{TotalCount: 7, Limit: 2, Offset: 4, Entries: []boxapi.Group{{ID: 1}}}},
		"numeric_ids":   {in: `{"entries":[{"id":1}]}`, want: boxapi.Page[boxapi.Group]{Entries: []boxapi.Group{{ID: 1}}}},
		"string_counts": {in: `{"total_count":"7","limit":"2","entries":[]}`, want: boxapi.Page[boxapi.Group]{TotalCount: 7, Limit: 2, Entries: []boxapi.Group{}}},
		// box-python-sdk#75
		"entries_object":     {in: `{"total_count":3,"entries":{"10":{"id":"3"},"4":{"id":"1"},"7":{"id":2}}}`, want: boxapi.Page[boxapi.Group]{TotalCount: 3, Entries: []boxapi.Group{{ID: 1}, {ID: 2}, {ID: 3}}}},
		"empty_object":       {in: `{"entries":{}}`, want: boxapi.Page[boxapi.Group]{Entries: []boxapi.Group{}}},
		"null_marker":        {in: `{"next_marker":null,"entries":[]}`, want: boxapi.Page[boxapi.Group]{Entries: []boxapi.Group{}}},
		"negative_counts":    {in: `{"total_count":-1,"limit":-5,"entries":[]}`, want: boxapi.Page[boxapi.Group]{Entries: []boxapi.Group{}}},
		"no_entries":         {in: `{"total_count":0,"limit":100,"offset":0}`, fail: "no entries"},
		"null_entries":       {in: `{"total_count":0,"entries":null}`, fail: "no entries"},
		"entries_string":     {in: `{"entries":"none"}`, fail: "page"},
		"bad_row":            {in: `{"entries":[{"id":[]}]}`, fail: "page"},
		"bad_row_in_object":  {in: `{"entries":{"0":{"id":[]}}}`, fail: "entry 0"},
		"fractional_count":   {in: `{"total_count":1.5,"entries":[]}`, fail: "not a count"},
		"impossible_count":   {in: `{"limit":99999999999999999999,"entries":[]}`, fail: "not a count"},
		"not_an_object":      {in: `[]`, fail: "page"},
		"counts_of_two_type": {in: `{"limit":true,"entries":[]}`, fail: "page"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got boxapi.Page[boxapi.Group]
			err := json.Unmarshal([]byte(tc.in), &got)
			if tc.fail != "" {
				require.ErrorContains(t, err, tc.fail)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestPage_NextOffset(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ limit, offset, asked, want int }{
		"the_limit_of_the_answer":     {100, 200, 1000, 300},
		"absent_limit_falls_back":     {0, 200, 50, 250},
		"both_absent":                 {0, 200, 0, 1200},
		"a_larger_limit_is_not_taken": {1000, 0, 100, 100},
		"asked_for_too_much":          {0, 0, 99999, 1000},
		"an_absurd_limit":             {1 << 60, 0, 0, 1000},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := boxapi.Page[boxapi.User]{Limit: tc.limit, Offset: tc.offset}
			assert.Equal(t, tc.want, p.NextOffset(tc.asked))
		})
	}
}

func TestPage_HasMore(t *testing.T) {
	t.Parallel()
	rows := make([]boxapi.User, 10)
	assert.True(t, boxapi.Page[boxapi.User]{Limit: 10, TotalCount: 11, Entries: rows}.HasMore(10))
	assert.False(t, boxapi.Page[boxapi.User]{Limit: 10, TotalCount: 10, Entries: rows}.HasMore(10))
	assert.True(t, boxapi.Page[boxapi.User]{Limit: 10, TotalCount: 11}.HasMore(10), "empty, with more to come")
	assert.True(t, boxapi.Page[boxapi.User]{Limit: 10, TotalCount: 3, Entries: rows}.HasMore(10), "a total that cannot be right")
	assert.False(t, boxapi.Page[boxapi.User]{Limit: 10, Offset: 20, TotalCount: 3}.HasMore(10))
}

func TestClient_page_keeps_the_offset_that_was_asked_for(t *testing.T) {
	t.Parallel()
	c := client(t, newScript(t, step{status: 200, body: `{"total_count":9,"limit":100,"offset":0,"entries":[]}`}))
	page, err := c.ListGroups(t.Context(), boxapi.GroupListOptions{Offset: 500})
	require.NoError(t, err)
	assert.Equal(t, 500, page.Offset)
	assert.Equal(t, 600, page.NextOffset(1000))
}

// listing serves rows by offset, clamped to a limit of its own.
func listing(t *testing.T, clamp, total int, row func(i int) string) roundTrip {
	t.Helper()
	return func(req *http.Request) (*http.Response, error) {
		offset, err := strconv.Atoi(req.URL.Query().Get("offset"))
		assert.NoError(t, err)
		assert.Less(t, offset, boxapi.OffsetCeiling)
		var rows []string
		for i := offset; i < min(offset+clamp, total); i++ {
			if r := row(i); r != "" {
				rows = append(rows, r)
			}
		}
		return answer(200, fmt.Sprintf(`{"total_count":%d,"limit":%d,"entries":[%s]}`, total, clamp, strings.Join(rows, ","))), nil
	}
}

func collect[T any](seq iter.Seq2[T, error]) (rows []T, err error) {
	for row, e := range seq {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		rows = append(rows, row)
	}
	return rows, err
}

func TestClient_AllGroups_reads_short_and_empty_pages(t *testing.T) {
	t.Parallel()
	// Box drops invisible rows after it has cut the page (box-windows-sdk-v2#599).
	box := listing(t, 10, 95, func(i int) string {
		if i/10 == 3 || i%7 == 0 {
			return ""
		}
		return fmt.Sprintf(`{"id":"%d"}`, i+1)
	})
	c := client(t, box)
	got, err := collect(c.AllGroups(t.Context(), boxapi.GroupListOptions{}))
	require.NoError(t, err)
	var want []boxapi.Group
	for i := range 95 {
		if i/10 != 3 && i%7 != 0 {
			want = append(want, boxapi.Group{ID: boxapi.ID(i + 1)})
		}
	}
	assert.Equal(t, want, got)
	assert.EqualValues(t, 10, c.Calls())
}

func TestClient_AllGroups_yields_each_group_once(t *testing.T) {
	t.Parallel()
	box := listing(t, 4, 12, func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i/2+1) })
	got, err := collect(client(t, box).AllGroups(t.Context(), boxapi.GroupListOptions{Limit: 4}))
	require.NoError(t, err)
	assert.Len(t, got, 6)
}

func TestClient_AllGroups_survives_a_wrong_total(t *testing.T) {
	t.Parallel()
	served := listing(t, 5, 12, func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i+1) })
	box := roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := served(req)
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(map[string]any{"limit": 5, "entries": entriesOf(t, resp)})
		return answer(200, string(body)), err
	})
	got, err := collect(client(t, box).AllGroups(t.Context(), boxapi.GroupListOptions{}))
	require.NoError(t, err)
	assert.Len(t, got, 12)
}

func entriesOf(t *testing.T, resp *http.Response) json.RawMessage {
	t.Helper()
	defer resp.Body.Close()
	var page struct{ Entries json.RawMessage }
	assert.NoError(t, json.NewDecoder(resp.Body).Decode(&page))
	return page.Entries
}

func TestClient_AllMemberships_stop_at_the_ceiling(t *testing.T) {
	t.Parallel()
	row := func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i+1) }
	for _, tc := range []struct {
		total, rows int
		whole       bool
	}{{9999, 9999, true}, {10000, 10000, true}, {10001, 10000, false}, {25000, 10000, false}} {
		t.Run(strconv.Itoa(tc.total), func(t *testing.T) {
			t.Parallel()
			c := client(t, listing(t, 1000, tc.total, row))
			for _, all := range []iter.Seq2[boxapi.Membership, error]{
				c.AllGroupMemberships(t.Context(), 3, boxapi.ListOptions{}),
				c.AllUserMemberships(t.Context(), 3, boxapi.ListOptions{}),
			} {
				got, err := collect(all)
				assert.Len(t, got, tc.rows)
				assert.Equal(t, tc.whole, err == nil, "%v", err)
				assert.Equal(t, !tc.whole, errors.Is(err, boxapi.ErrOffsetCeiling))
				if !tc.whole {
					assert.ErrorContains(t, err, fmt.Sprintf("3, %d in all", tc.total))
				}
			}
		})
	}
}

func TestClient_All_stops_when_the_caller_does(t *testing.T) {
	t.Parallel()
	c := client(t, listing(t, 2, 100, func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i+1) }))
	n := 0
	for _, err := range c.AllGroups(t.Context(), boxapi.GroupListOptions{Fields: []string{"name"}}) {
		require.NoError(t, err)
		if n++; n == 3 {
			break
		}
	}
	assert.EqualValues(t, 2, c.Calls())
}

func TestClient_All_yields_an_error_once_and_last(t *testing.T) {
	t.Parallel()
	box := newScript(t,
		step{status: 200, body: `{"total_count":4,"limit":2,"entries":[{"id":"1"},{"id":"2"}]}`},
		step{status: 403, body: `{"code":"access_denied_insufficient_permissions"}`})
	var events []string
	for g, err := range client(t, box).AllGroups(t.Context(), boxapi.GroupListOptions{}) {
		events = append(events, fmt.Sprint(g.ID, boxapi.KindOf(err)))
	}
	assert.Equal(t, []string{"1 unknown", "2 unknown", "0 forbidden"}, events)
}

func TestClient_AllUsers_follows_markers(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":  `{"next_marker":"a","entries":[{"id":"1"},{"id":"2"}]}`,
		"a": `{"next_marker":"b","entries":[]}`,
		"b": `{"next_marker":"","entries":[{"id":"2"},{"id":"3"}]}`,
	}
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		q := req.URL.Query()
		assert.Equal(t, "true", q.Get("usemarker"))
		assert.False(t, q.Has("offset"))
		return answer(200, pages[q.Get("marker")]), nil
	}))
	fields := []string{"login"}
	all := c.AllUsers(t.Context(), boxapi.UserListOptions{Fields: fields, Offset: 50})
	for range 2 { // ranging again reads again
		got, err := collect(all)
		require.NoError(t, err)
		assert.Equal(t, []boxapi.User{{ID: 1}, {ID: 2}, {ID: 3}}, got)
	}
	assert.EqualValues(t, 6, c.Calls())
}

func TestClient_AllUsers_refuses_to_go_round(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]map[string]string{
		"same":  {"": "a", "a": "a"},
		"cycle": {"": "a", "a": "b", "b": "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				return answer(200, fmt.Sprintf(`{"next_marker":%q,"entries":[]}`, next[req.URL.Query().Get("marker")])), nil
			}))
			_, err := collect(c.AllUsers(t.Context(), boxapi.UserListOptions{}))
			require.ErrorContains(t, err, "does not advance")
		})
	}
}

func TestClient_AllUsers_stops_and_fails_like_the_others(t *testing.T) {
	t.Parallel()
	c := client(t, newScript(t, step{status: 200, body: `{"next_marker":"a","entries":[{"id":"1"},{"id":"2"}]}`}))
	for _, err := range c.AllUsers(t.Context(), boxapi.UserListOptions{}) {
		require.NoError(t, err)
		break
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := collect(c.AllUsers(ctx, boxapi.UserListOptions{}))
	require.ErrorContains(t, err, "enough")
}

func BenchmarkPage(b *testing.B) {
	data := []byte(`{"total_count":1000,"limit":1000,"entries":[` + strings.Repeat(membershipJSON+",", 999) + membershipJSON + `]}`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var page boxapi.Page[boxapi.Membership]
		if err := json.Unmarshal(data, &page); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`{"total_count":1,"limit":1,"offset":0,"entries":[{"id":"1"}]}`, `{"entries":{"4":{"id":1},"7":{}}}`,
		`{"total_count":"1","entries":[]}`, `{"entries":null}`, `{}`, `[]`, `{"limit":1e99,"entries":[]}`, `{"next_marker":"x","entries":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var page boxapi.Page[boxapi.Membership]
		if err := json.Unmarshal(data, &page); err != nil {
			return
		}
		if page.Entries == nil {
			t.Fatal("a page without entries was accepted")
		}
		if page.TotalCount < 0 || page.Limit < 0 {
			t.Fatalf("negative counts: %+v", page)
		}
		page.Offset = 100
		for _, asked := range []int{-1, 0, 1, boxapi.MaxLimit, 1 << 40} {
			next := page.NextOffset(asked)
			if next <= 100 || next > 100+boxapi.MaxLimit {
				t.Fatalf("next offset %d after 100", next)
			}
			if !page.HasMore(asked) && slices.ContainsFunc(page.Entries, func(boxapi.Membership) bool { return page.TotalCount < 100 }) {
				t.Fatal("finished on a page that has rows beyond its total")
			}
		}
	})
}
