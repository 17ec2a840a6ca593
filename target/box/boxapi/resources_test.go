package boxapi_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

const (
	aliasJSON         = `{"type":"email_alias","id":"23432","is_confirmed":true,"email":"t.ester@example.com"}`
	collaborationJSON = `{"type":"collaboration","id":"12345678","role":"editor","status":"accepted","expires_at":null,
		"accessible_by":{"type":"group","id":"11","name":"Ops"},"item":{"type":"folder","id":"11446498","name":"Plans","etag":"1"},"app_item":null}`
	// As recorded by Box's .NET SDK (box-windows-sdk-v2, BoxEventsManagerTest).
	editedJSON = `{"source":{"group_id":"942617509","group_name":"Groupies"},"created_by":{"type":"user","id":"11111","name":"A","login":"a@example.com"},
		"action_by":null,"created_at":"2018-03-16T15:12:52-07:00","event_id":"85c57bf3-bc15-4d24-93bc-955c796217c8","event_type":"GROUP_EDITED",
		"ip_address":"Unknown IP","type":"event","session_id":null,"additional_details":null}`
	addedJSON = `{"type":"event","event_id":"b1","event_type":"GROUP_ADD_USER","created_at":"2026-01-02T03:04:05Z","recorded_at":"2026-01-02T03:04:06Z",
		"created_by":{"type":"user","id":2,"name":"","login":""},"source":{"type":"user","id":"44","name":"T","login":"t@example.com"},
		"additional_details":{"group_id":"11","group_name":"Ops"}}`
)

func wantEdited() boxapi.Event {
	return boxapi.Event{
		EventID: "85c57bf3-bc15-4d24-93bc-955c796217c8", EventType: boxapi.EventGroupEdited, CreatedAt: "2018-03-16T15:12:52-07:00",
		CreatedBy: boxapi.UserMini{ID: 11111, Type: "user", Name: "A", Login: "a@example.com"},
		Source: boxapi.EventSource{
			GroupID: 942617509, GroupName: "Groupies", Raw: []byte(`{"group_id":"942617509","group_name":"Groupies"}`),
		},
	}
}

func wantAdded() boxapi.Event {
	return boxapi.Event{
		EventID: "b1", EventType: boxapi.EventGroupAddUser, CreatedAt: "2026-01-02T03:04:05Z", RecordedAt: "2026-01-02T03:04:06Z",
		CreatedBy: boxapi.UserMini{ID: boxapi.AnonymousUser, Type: "user"},
		Source: boxapi.EventSource{
			Type: "user", ID: 44, Name: "T", Login: "t@example.com",
			Raw: []byte(`{"type":"user","id":"44","name":"T","login":"t@example.com"}`),
		},
		AdditionalDetails: boxapi.EventDetails{GroupID: 11, GroupName: "Ops", Raw: []byte(`{"group_id":"11","group_name":"Ops"}`)},
	}
}

func otherEndpoints() []endpoint {
	return []endpoint{
		{
			name:   "DeleteGroup",
			do:     func(ctx context.Context, c *boxapi.Client) (any, error) { return nil, c.DeleteGroup(ctx, 11) },
			method: "DELETE", path: "/2.0/groups/11", status: 204, answerIgnored: true,
		},
		{
			name: "ListGroupCollaborations",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListGroupCollaborations(ctx, 11, boxapi.ListOptions{Limit: 3, Offset: 6})
			},
			method: "GET", path: "/2.0/groups/11/collaborations", query: "limit=3&offset=6",
			answer: pageJSON(collaborationJSON), want: onePage(6, boxapi.Collaboration{
				ID: 12345678, Role: "editor", Status: "accepted",
				Item: &boxapi.CollaborationItem{Type: "folder", ID: 11446498, Name: "Plans"},
			}),
		},
		{
			name:   "ListEmailAliases",
			do:     func(ctx context.Context, c *boxapi.Client) (any, error) { return c.ListEmailAliases(ctx, 44) },
			method: "GET", path: "/2.0/users/44/email_aliases", answer: pageJSON(aliasJSON),
			want: []boxapi.EmailAlias{{ID: 23432, Type: "email_alias", Email: "t.ester@example.com", IsConfirmed: true}},
		},
		{
			name: "ListEvents_AdminLogs",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				zone := time.FixedZone("", 2*60*60)
				return c.ListEvents(ctx, boxapi.EventListOptions{
					StreamType: boxapi.AdminLogs, StreamPosition: "1152922976252290886", Limit: 9999,
					EventTypes:    []string{boxapi.EventGroupAddUser, boxapi.EventGroupEdited},
					CreatedAfter:  time.Date(2026, 1, 2, 3, 4, 5, 999, zone),
					CreatedBefore: time.Date(2026, 1, 2, 3, 4, 6, 1, zone),
				})
			},
			method: "GET", path: "/2.0/events",
			query: "created_after=2026-01-02T01%3A04%3A05Z&created_before=2026-01-02T01%3A04%3A07Z" +
				"&event_type=GROUP_ADD_USER%2CGROUP_EDITED&limit=500&stream_position=1152922976252290886&stream_type=admin_logs",
			answer: `{"chunk_size":2,"next_stream_position":1152922976252290887,"entries":[` + editedJSON + `,` + addedJSON + `]}`,
			want: boxapi.EventPage{
				NextStreamPosition: "1152922976252290887", Resume: "1152922976252290887",
				Entries: []boxapi.Event{wantEdited(), wantAdded()},
			},
		},
		{
			name: "ListEvents_Streaming",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListEvents(ctx, boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, StreamPosition: boxapi.StreamNow, Limit: 7})
			},
			method: "GET", path: "/2.0/events", query: "limit=7&stream_position=now&stream_type=admin_logs_streaming",
			answer: `{"chunk_size":0,"next_stream_position":"1152922976252290888","entries":[]}`,
			want: boxapi.EventPage{
				NextStreamPosition: "1152922976252290888", Resume: "1152922976252290888", Entries: []boxapi.Event{},
			},
		},
	}
}

func TestClient_ListEmailAliases_whole_or_not_at_all(t *testing.T) {
	t.Parallel()
	list := func(body string) ([]boxapi.EmailAlias, error) {
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, body), nil }))
		return c.ListEmailAliases(t.Context(), 44)
	}
	none, err := list(`{"total_count":0,"entries":[]}`)
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = list(`{"total_count":2,"entries":[` + aliasJSON + `]}`)
	require.ErrorContains(t, err, "GET /users/44/email_aliases: 200 OK: the answer is not as Box documents it: 1 of 2 aliases")
	assert.Equal(t, boxapi.Network, boxapi.KindOf(err))
	more, err := list(`{"entries":[` + aliasJSON + `]}`)
	require.NoError(t, err)
	assert.Len(t, more, 1)
}

func TestClient_AllGroupCollaborations_reads_to_the_end(t *testing.T) {
	t.Parallel()
	c := client(t, listing(t, 2, 5, func(i int) string {
		return fmt.Sprintf(`{"id":"%d","status":"pending","item":null}`, i+1)
	}))
	var seen []string
	for row, err := range c.AllGroupCollaborations(t.Context(), 11, boxapi.ListOptions{Offset: 1}) {
		require.NoError(t, err)
		assert.Nil(t, row.Item)
		seen = append(seen, row.ID.String())
	}
	assert.Equal(t, []string{"2", "3", "4", "5"}, seen)
	_, err := collect(client(t, listing(t, 1000, 10001, func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i+1) })).
		AllGroupCollaborations(t.Context(), 11, boxapi.ListOptions{}))
	require.ErrorIs(t, err, boxapi.ErrOffsetCeiling)
	require.ErrorContains(t, err, "collaborations of group 11, 10001 in all")
}

func TestClient_user_with_all_fields(t *testing.T) {
	t.Parallel()
	body := `{"type":"user","id":"44","name":"T","login":"t@example.com","status":"inactive","role":"user","created_at":"2018-01-01T00:00:00-08:00",
		"modified_at":"2019-01-01T00:00:00-08:00","is_platform_access_only":true,"external_app_user_id":"my-user","enterprise":{"type":"enterprise","id":"77","name":"Acme"},
		"notification_email":[],"space_amount":1e13,"tracking_codes":[{"name":"a"}]}`
	got, err := client(t, newScript(t, step{status: 200, body: body})).GetUser(t.Context(), 44)
	require.NoError(t, err)
	assert.Equal(t, boxapi.User{
		ID: 44, Type: "user", Name: "T", Login: "t@example.com", Status: boxapi.StatusInactive, Role: boxapi.EnterpriseUser,
		CreatedAt: "2018-01-01T00:00:00-08:00", ModifiedAt: "2019-01-01T00:00:00-08:00", IsPlatformAccessOnly: true,
		ExternalAppUserID: "my-user", Enterprise: &boxapi.Enterprise{ID: 77, Name: "Acme"},
	}, got)
}
