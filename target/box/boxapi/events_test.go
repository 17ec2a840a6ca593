package boxapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func TestEvent_reads_what_Box_has_sent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in    string
		want  boxapi.Event
		group boxapi.ID
		name  string
		user  boxapi.ID
		login string
	}{
		"group_edited": {in: editedJSON, want: wantEdited(), group: 942617509, name: "Groupies"},
		"user_added":   {in: addedJSON, want: wantAdded(), group: 11, name: "Ops", user: 44, login: "t@example.com"},
		"group_as_item": {
			in: `{"event_id":"e","event_type":"GROUP_DELETION","source":{"type":"group","id":11,"name":"Ops"}}`,
			want: boxapi.Event{
				EventID: "e", EventType: boxapi.EventGroupDeletion,
				Source: boxapi.EventSource{Type: "group", ID: 11, Name: "Ops", Raw: []byte(`{"type":"group","id":11,"name":"Ops"}`)},
			},
			group: 11, name: "Ops",
		},
		"user_email": {
			in: `{"event_id":"e","event_type":"X","source":{"user_id":"5","user_name":"N","user_email":"n@example.com"}}`,
			want: boxapi.Event{EventID: "e", EventType: "X", Source: boxapi.EventSource{
				UserID: 5, UserName: "N", UserEmail: "n@example.com",
				Raw: []byte(`{"user_id":"5","user_name":"N","user_email":"n@example.com"}`),
			}},
			user: 5, login: "n@example.com",
		},
		// elastic/integrations#15257
		"null_source":  {in: `{"event_id":"e","event_type":"FAILED_LOGIN","source":null,"created_by":null}`, want: boxapi.Event{EventID: "e", EventType: "FAILED_LOGIN"}},
		"only_an_id":   {in: `{"event_id":"e"}`, want: boxapi.Event{EventID: "e"}},
		"only_a_type":  {in: `{"event_type":"X"}`, want: boxapi.Event{EventType: "X"}},
		"numeric_id":   {in: `{"event_id":12345678901234567890}`, want: boxapi.Event{EventID: "12345678901234567890"}},
		"source_list":  {in: `{"event_id":"e","source":[1],"additional_details":"x"}`, want: boxapi.Event{EventID: "e", Source: boxapi.EventSource{Raw: []byte(`[1]`)}, AdditionalDetails: boxapi.EventDetails{Raw: []byte(`"x"`)}}},
		"unusual_id":   {in: `{"event_id":"e","source":{"type":"device","id":"d-1"}}`, want: boxapi.Event{EventID: "e", Source: boxapi.EventSource{Type: "device", Raw: []byte(`{"type":"device","id":"d-1"}`)}}},
		"file_source":  {in: `{"event_id":"e","source":{"item_type":"file","item_id":"7"}}`, want: boxapi.Event{EventID: "e", Source: boxapi.EventSource{Raw: []byte(`{"item_type":"file","item_id":"7"}`)}}},
		"odd_fields":   {in: `{"event_id":"e","created_at":5,"created_by":{"id":{},"name":7}}`, want: boxapi.Event{EventID: "e", CreatedAt: "5", CreatedBy: boxapi.UserMini{Name: "7"}}},
		"odd_by_kinds": {in: `{"event_id":"e","created_by":[],"recorded_at":{}}`, want: boxapi.Event{EventID: "e"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got boxapi.Event
			require.NoError(t, json.Unmarshal([]byte(tc.in), &got))
			assert.Equal(t, tc.want, got)
			group, called := got.Group()
			user, login := got.User()
			assert.Equal(t, []any{tc.group, tc.name, tc.user, tc.login}, []any{group, called, user, login})
		})
	}
	for _, in := range []string{`{}`, `{"type":"event"}`, `null`, `[]`, `"x"`, `{"event_id":{},"event_type":null}`} {
		var got boxapi.Event
		require.ErrorContains(t, json.Unmarshal([]byte(in), &got), "no event_id and no event_type", in)
	}
}

func TestClient_ListEvents_position(t *testing.T) {
	t.Parallel()
	const some = `[{"event_id":"e"}]`
	tests := map[string]struct {
		stream, asked, answer string
		next, resume          string
		fail                  string
	}{
		"a_string":                  {boxapi.AdminLogs, "7", `"next_stream_position":"8","entries":` + some, "8", "8", ""},
		"a_number":                  {boxapi.AdminLogs, "7", `"next_stream_position":1152922976252290887,"entries":` + some, "1152922976252290887", "1152922976252290887", ""},
		"beyond_64_bits":            {boxapi.AdminLogs, "7", `"next_stream_position":98765432109876543210,"entries":` + some, "98765432109876543210", "98765432109876543210", ""},
		"no_digits":                 {boxapi.AdminLogsStreaming, "7", `"next_stream_position":"a.E","entries":` + some, "a.E", "a.E", ""},
		"history_without_events":    {boxapi.AdminLogs, "7", `"next_stream_position":9,"entries":[]`, "9", "7", ""},
		"history_back_to_0":         {boxapi.AdminLogs, "7", `"next_stream_position":0,"entries":[]`, "0", "7", ""},
		"events_and_0":              {boxapi.AdminLogs, "7", `"next_stream_position":"0","entries":` + some, "0", "7", ""},
		"live_without_events":       {boxapi.AdminLogsStreaming, "7", `"next_stream_position":9,"entries":[]`, "9", "9", ""},
		"live_back_to_0":            {boxapi.AdminLogsStreaming, "7", `"next_stream_position":0,"entries":[]`, "0", "7", ""},
		"none":                      {boxapi.AdminLogsStreaming, "7", `"entries":` + some, "", "7", ""},
		"null":                      {boxapi.AdminLogsStreaming, "7", `"next_stream_position":null,"entries":[]`, "", "7", ""},
		"empty":                     {boxapi.AdminLogsStreaming, "", `"next_stream_position":"","entries":[]`, "", "", ""},
		"now":                       {boxapi.AdminLogsStreaming, "now", `"next_stream_position":"9","entries":[]`, "9", "9", ""},
		"now_without_a_position":    {boxapi.AdminLogsStreaming, "now", `"next_stream_position":0,"entries":[]`, "", "", "no position"},
		"a_float_has_lost_digits":   {boxapi.AdminLogs, "7", `"next_stream_position":1.1529229762522909e+18,"entries":[]`, "", "", "not a stream position: 1.1529229762522909e+18"},
		"a_fraction":                {boxapi.AdminLogs, "7", `"next_stream_position":1.5,"entries":[]`, "", "", "not a stream position"},
		"an_object":                 {boxapi.AdminLogs, "7", `"next_stream_position":{},"entries":[]`, "", "", "not a stream position"},
		"true":                      {boxapi.AdminLogs, "7", `"next_stream_position":true,"entries":[]`, "", "", "not a stream position"},
		"no_entries":                {boxapi.AdminLogs, "7", `"next_stream_position":8`, "", "", "no entries"},
		"null_entries":              {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":null`, "", "", "no entries"},
		"text_for_entries":          {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":"x"`, "", "", "not as Box documents it"},
		"a_null_event":              {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":[null]`, "", "", "entry 0: no event_id and no event_type"},
		"no_event":                  {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":[{"event_id":"e"},{"id":"1"}]`, "", "", "entry 1: no event_id"},
		"two_positions":             {boxapi.AdminLogs, "7", `"next_stream_position":8,"next_stream_position":9,"entries":[]`, "", "", "the same key twice"},
		"entries_as_an_object_75":   {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":{"3":{"event_id":"e"}}`, "8", "8", ""},
		"entries_as_an_empty_thing": {boxapi.AdminLogs, "7", `"next_stream_position":8,"entries":{}`, "8", "7", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, `{`+tc.answer+`}`), nil }))
			page, err := c.ListEvents(t.Context(), boxapi.EventListOptions{StreamType: tc.stream, StreamPosition: tc.asked})
			if tc.fail != "" {
				require.ErrorContains(t, err, tc.fail)
				assert.Equal(t, boxapi.Network, boxapi.KindOf(err))
				assert.Equal(t, boxapi.EventPage{}, page)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []string{tc.next, tc.resume}, []string{page.NextStreamPosition, page.Resume})
			if strings.Contains(tc.answer, "event_id") {
				assert.Equal(t, []boxapi.Event{{EventID: "e"}}, page.Entries)
			} else {
				assert.Equal(t, []boxapi.Event{}, page.Entries)
			}
		})
	}
}

func TestClient_ListEvents_refuses_what_Box_would_misunderstand(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := map[string]struct {
		opts boxapi.EventListOptions
		want string
	}{
		"no_stream":    {boxapi.EventListOptions{}, "StreamType: want admin_logs or admin_logs_streaming"},
		"user_stream":  {boxapi.EventListOptions{StreamType: "all"}, "StreamType: want"},
		"now_of_logs":  {boxapi.EventListOptions{StreamType: boxapi.AdminLogs, StreamPosition: "now"}, `StreamPosition: admin_logs does not know "now"; use CreatedAfter`},
		"live_after":   {boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, CreatedAfter: now}, "CreatedAfter and CreatedBefore are for admin_logs only"},
		"live_before":  {boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, CreatedBefore: now}, "CreatedAfter and CreatedBefore are for admin_logs only"},
		"wrong_order":  {boxapi.EventListOptions{StreamType: boxapi.AdminLogs, CreatedAfter: now, CreatedBefore: now.Add(-1)}, "CreatedAfter is later than CreatedBefore"},
		"two_in_one":   {boxapi.EventListOptions{StreamType: boxapi.AdminLogs, EventTypes: []string{"A,B"}}, "EventTypes: empty, or with a comma"},
		"no_type_name": {boxapi.EventListOptions{StreamType: boxapi.AdminLogs, EventTypes: []string{"A", ""}}, "EventTypes: empty, or with a comma"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, newScript(t))
			_, err := c.ListEvents(t.Context(), tc.opts)
			require.ErrorContains(t, err, "GET /events: "+tc.want)
			assert.Equal(t, boxapi.Invalid, boxapi.KindOf(err))
			_, err = collect(c.AllEvents(tc.opts).Read(t.Context()))
			require.ErrorContains(t, err, "GET /events: "+tc.want)
			assert.Zero(t, c.Calls())
		})
	}
	for name, opts := range map[string]boxapi.EventListOptions{
		"only_after": {StreamType: boxapi.AdminLogs, CreatedAfter: now}, "only_before": {StreamType: boxapi.AdminLogs, CreatedBefore: now},
		"the_same": {StreamType: boxapi.AdminLogs, CreatedAfter: now, CreatedBefore: now},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := newScript(t, step{status: 200, body: `{"entries":[]}`})
			_, err := client(t, box).ListEvents(t.Context(), opts)
			require.NoError(t, err)
			query := box.seen[0].URL.Query()
			assert.Equal(t, opts.CreatedAfter.IsZero(), !query.Has("created_after"))
			assert.Equal(t, opts.CreatedBefore.IsZero(), !query.Has("created_before"))
		})
	}
}

// stream serves pages by position; an event "e" stands for {"event_id":"e"}.
func stream(t *testing.T, pages map[string]string) (roundTrip, *[]string) {
	t.Helper()
	var asked []string
	return func(req *http.Request) (*http.Response, error) {
		at := req.URL.Query().Get("stream_position")
		asked = append(asked, at)
		page, ok := pages[at]
		if !ok {
			t.Errorf("asked for position %q", at)
		}
		next, ids, _ := strings.Cut(page, " ")
		var rows []string
		for id := range strings.FieldsSeq(ids) {
			rows = append(rows, fmt.Sprintf(`{"event_id":%q}`, id))
		}
		return answer(200, fmt.Sprintf(`{"next_stream_position":%s,"entries":[%s]}`, next, strings.Join(rows, ","))), nil
	}, &asked
}

func TestEventStream_Read(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		live     bool
		from     string
		pages    map[string]string // by position: the next one, and events
		want     string
		asked    string
		position string
		stuck    bool
	}{
		"to_the_end":              {from: "1", pages: map[string]string{"1": "2 a b", "2": "3 c", "3": "3"}, want: "a b c", asked: "1 2 3", position: "3"},
		"history_ends_with_0":     {from: "1", pages: map[string]string{"1": "2 a", "2": "0"}, want: "a", asked: "1 2", position: "2"},
		"history_keeps_its_place": {from: "1", pages: map[string]string{"1": "2 a", "2": "9"}, want: "a", asked: "1 2", position: "2"},
		"nothing_yet":             {from: "1", pages: map[string]string{"1": "0"}, asked: "1", position: "1"},
		"nothing_at_all":          {from: "", pages: map[string]string{"": "0"}, asked: " ", position: ""},
		"live_goes_on":            {live: true, from: "1", pages: map[string]string{"1": "2 a", "2": "3"}, want: "a", asked: "1 2 3", position: "4", stuck: false},
		"live_ends_with_0":        {live: true, from: "1", pages: map[string]string{"1": "2 a", "2": "0"}, want: "a", asked: "1 2", position: "2"},
		"from_now":                {live: true, from: "now", pages: map[string]string{"now": "5", "5": "5"}, asked: "now 5", position: "5"},
		"an_empty_page_between":   {live: true, from: "1", pages: map[string]string{"1": "2", "2": "3 a", "3": "4", "4": "5 b", "5": "5"}, want: "a b", asked: "1 2 3 4 5", position: "5"},
		"live_repeats":            {live: true, from: "1", pages: map[string]string{"1": "2 a b a", "2": "3 b c", "3": "4 c", "4": "4"}, want: "a b c", asked: "1 2 3 4", position: "4"},
		"history_is_not_sifted":   {from: "1", pages: map[string]string{"1": "2 a", "2": "3 a", "3": "3"}, want: "a a", asked: "1 2 3", position: "3"},
		"stands_still":            {from: "1", pages: map[string]string{"1": "1 a b"}, want: "a b", asked: "1", position: "1", stuck: true},
		"back_to_0":               {from: "1", pages: map[string]string{"1": "2 a", "2": "0 b"}, want: "a b", asked: "1 2", position: "2", stuck: true},
		"round_and_round":         {live: true, from: "1", pages: map[string]string{"1": "2 a", "2": "1 b"}, want: "a b", asked: "1 2", position: "2", stuck: true},
		"back_without_events":     {live: true, from: "1", pages: map[string]string{"1": "2 a", "2": "1"}, want: "a", asked: "1 2", position: "2"},
	}
	tests["live_goes_on"].pages["3"] = "4"
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, asked := stream(t, tc.pages)
			opts := boxapi.EventListOptions{StreamType: boxapi.AdminLogs, StreamPosition: tc.from}
			if tc.live {
				opts.StreamType = boxapi.AdminLogsStreaming
			}
			s := client(t, box).AllEvents(opts)
			assert.Equal(t, tc.from, s.Position())
			got, err := collect(s.Read(t.Context()))
			assert.Equal(t, tc.stuck, errors.Is(err, boxapi.ErrStreamStuck), "%v", err)
			assert.Equal(t, tc.stuck, err != nil)
			assert.Equal(t, tc.want, ids(got))
			assert.Equal(t, strings.Split(strings.TrimSpace(tc.asked), " "), *asked)
			assert.Equal(t, tc.position, s.Position())
		})
	}
}

func ids(events []boxapi.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.EventID)
	}
	return strings.Join(all, " ")
}

func TestEventStream_goes_on_where_it_was(t *testing.T) {
	t.Parallel()
	pages := map[string]string{"1": "2 a", "2": "2"}
	box, asked := stream(t, pages)
	types := []string{"GROUP_EDITED"}
	s := client(t, box).AllEvents(boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, StreamPosition: "1", EventTypes: types})
	types[0] = "A,B"
	first, err := collect(s.Read(t.Context()))
	require.NoError(t, err)
	pages["2"], pages["3"] = "3 a b", "3"
	second, err := collect(s.Read(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, []string{ids(first), ids(second)}, "what one reading has had, the next one does not repeat")
	assert.Equal(t, []string{"1", "2", "2", "3"}, *asked)
}

func TestEventStream_broken_off(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{boxapi.AdminLogsStreaming: "b c d", boxapi.AdminLogs: "a b c d"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			box, _ := stream(t, map[string]string{"1": "2 a b c", "2": "3 d", "3": "3"})
			s := client(t, box).AllEvents(boxapi.EventListOptions{StreamType: kind, StreamPosition: "1"})
			for e, err := range s.Read(t.Context()) {
				require.NoError(t, err)
				if e.EventID == "b" {
					break
				}
			}
			assert.Equal(t, "1", s.Position(), "not all of that page was handled")
			rest, err := collect(s.Read(t.Context()))
			require.NoError(t, err)
			assert.Equal(t, want, ids(rest))
			assert.Equal(t, "3", s.Position())
		})
	}
}

func TestEventStream_fails_once_and_keeps_its_place(t *testing.T) {
	t.Parallel()
	box := newScript(t,
		step{status: 200, body: `{"next_stream_position":2,"entries":[{"event_id":"a"}]}`},
		step{status: 403, body: `{"code":"insufficient_scope"}`})
	s := client(t, box).AllEvents(boxapi.EventListOptions{StreamType: boxapi.AdminLogs})
	var got []string
	for e, err := range s.Read(t.Context()) {
		got = append(got, fmt.Sprint(e.EventID, " ", boxapi.KindOf(err)))
	}
	assert.Equal(t, []string{"a unknown", " forbidden"}, got)
	assert.Equal(t, "2", s.Position())

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := collect(s.Read(ctx))
	require.ErrorContains(t, err, "enough")
	assert.Equal(t, boxapi.Stopped, boxapi.KindOf(err))
	assert.Equal(t, "2", s.Position())
}

// The memory of a stream is bounded: an event comes again after 10000 others,
// and not before.
func TestEventStream_remembers_10000(t *testing.T) {
	t.Parallel()
	for others, again := range map[int]int{9999: 0, 10000: 1, 25000: 1} {
		t.Run(strconv.Itoa(others), func(t *testing.T) {
			t.Parallel()
			var many strings.Builder
			many.WriteString("3")
			for i := range others {
				fmt.Fprintf(&many, " n%d", i)
			}
			box, _ := stream(t, map[string]string{"1": "2 a", "2": many.String(), "3": "4 a", "4": "4"})
			s := client(t, box).AllEvents(boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, StreamPosition: "1"})
			got, err := collect(s.Read(t.Context()))
			require.NoError(t, err)
			assert.Len(t, got, 1+others+again)
		})
	}
}

func TestEventStream_events_without_an_id_all_come(t *testing.T) {
	t.Parallel()
	box := newScript(t,
		step{status: 200, body: `{"next_stream_position":2,"entries":[{"event_type":"X"},{"event_type":"X"}]}`},
		step{status: 200, body: `{"next_stream_position":2,"entries":[]}`})
	got, err := collect(client(t, box).AllEvents(boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming}).Read(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, []boxapi.Event{{EventType: "X"}, {EventType: "X"}}, got)
}
