package boxapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// pretendEach is a Box with one answer for each call, such as "GET /groups/1".
// It prints what it is sent.
func pretendEach(answers map[string]string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.Path[len("/2.0"):]
		if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
			fmt.Println(call, string(body))
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
		}
		fmt.Fprint(w, answers[call])
	}))
}

// connect makes the client of an example.
func connect(box *httptest.Server) *boxapi.Client {
	client, err := boxapi.New(boxapi.Config{BaseURL: box.URL, Auth: boxapi.DeveloperToken("token")})
	if err != nil {
		panic(err)
	}
	return client
}

// All memberships of a group, page by page.
func ExampleClient_AllGroupMemberships() {
	box := pretendEach(map[string]string{"GET /groups/11/memberships": `{"total_count":2,"limit":1000,"entries":[
		{"id":"101","role":"admin","user":{"id":"44","login":"ann@example.com"}},
		{"id":"102","role":"member","user":{"id":"45","login":"ben@example.com"}}]}`})
	defer box.Close()

	members := map[boxapi.ID]boxapi.Membership{}
	for m, err := range connect(box).AllGroupMemberships(context.Background(), 11, boxapi.ListOptions{}) {
		if err != nil {
			fmt.Println("not the whole list:", err) // remove nobody on the strength of it
			return
		}
		members[m.User.ID] = m
	}
	fmt.Println(len(members), members[44].Role, members[45].User.Login)
	// Output: 2 admin ben@example.com
}

// What a group admin may do besides stays as it is. A new admin may be given
// everything.
func ExamplePermissionSetting() {
	box := pretendEach(map[string]string{"PUT /group_memberships/101": `{"id":"101","role":"admin"}`})
	defer box.Close()

	_, err := connect(box).UpdateMembership(context.Background(), 101, boxapi.MembershipRequest{Role: boxapi.RoleAdmin})
	fmt.Println(err)
	// Output:
	// PUT /group_memberships/101 {"role":"admin"}
	// <nil>
}

// A group admin who may do nothing besides.
func ExamplePermissionSetting_none() {
	box := pretendEach(map[string]string{"PUT /group_memberships/101": `{"id":"101","role":"admin"}`})
	defer box.Close()

	_, err := connect(box).UpdateMembership(context.Background(), 101, boxapi.MembershipRequest{
		Role:        boxapi.RoleAdmin,
		Permissions: boxapi.PermissionsNone,
	})
	fmt.Println(err)
	// Output:
	// PUT /group_memberships/101 {"role":"admin","configurable_permissions":null}
	// <nil>
}

// A group admin who may run reports and nothing else. Box switches on what is
// left out, so that all four are sent.
func ExamplePermissionSetting_exact() {
	box := pretendEach(map[string]string{"PUT /group_memberships/101": `{"id":"101","role":"admin",
		"configurable_permissions":{"can_run_reports":true,"can_instant_login":false,"can_create_accounts":false,"can_edit_accounts":false}}`})
	defer box.Close()

	m, err := connect(box).UpdateMembership(context.Background(), 101, boxapi.MembershipRequest{
		Permissions: boxapi.ExactPermissions(boxapi.Permissions{CanRunReports: true}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.ConfigurablePermissions.CanRunReports, m.ConfigurablePermissions.CanEditAccounts)
	// Output:
	// PUT /group_memberships/101 {"configurable_permissions":{"can_run_reports":true,"can_instant_login":false,"can_create_accounts":false,"can_edit_accounts":false}}
	// true false
}

// Two fields of a group; the others stay as they are.
func ExampleClient_UpdateGroup() {
	box := pretendEach(map[string]string{"PUT /groups/11": `{"id":"11","name":"Operations","description":"From HR"}`})
	defer box.Close()

	group, err := connect(box).UpdateGroup(context.Background(), 11,
		boxapi.GroupRequest{Name: new("Operations"), Description: new("From HR")},
		"name", "description") // what the answer is to have
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(group.Name)
	// Output:
	// PUT /groups/11 {"name":"Operations","description":"From HR"}
	// Operations
}

// Look at what goes with a group before it is deleted: there is no undo.
func ExampleClient_DeleteGroup() {
	box := pretendEach(map[string]string{"GET /groups/11/collaborations": `{"total_count":1,"limit":1000,"entries":[
		{"id":"501","role":"editor","status":"accepted","item":{"type":"folder","id":"7","name":"Plans"}}]}`})
	defer box.Close()

	client, ctx := connect(box), context.Background()
	for c, err := range client.AllGroupCollaborations(ctx, 11, boxapi.ListOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if c.Item != nil {
			fmt.Println("members would lose", c.Item.Type, c.Item.Name)
			return
		}
	}
	fmt.Println(client.DeleteGroup(ctx, 11))
	// Output: members would lose folder Plans
}

// All managed users, without those that apps made.
func ExampleClient_AllUsers() {
	box := pretendEach(map[string]string{"GET /users": `{"next_marker":"","entries":[
		{"id":"44","login":"ann@example.com","status":"active","role":"coadmin"},
		{"id":"46","login":"AppUser_1@boxdevedition.com","status":"active","role":"user","is_platform_access_only":true}]}`})
	defer box.Close()

	opts := boxapi.UserListOptions{
		UserType: boxapi.ManagedUsers,
		Fields:   []string{"name", "login", "status", "role", "is_platform_access_only"},
	}
	for user, err := range connect(box).AllUsers(context.Background(), opts) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if !user.IsPlatformAccessOnly {
			fmt.Println(user.Login, user.Status, user.Role == boxapi.EnterpriseCoAdmin)
		}
	}
	// Output: ann@example.com active true
}

// The login is never among the aliases.
func ExampleClient_ListEmailAliases() {
	box := pretendEach(map[string]string{"GET /users/44/email_aliases": `{"total_count":1,"entries":[
		{"type":"email_alias","id":"9","email":"ann.old@example.com","is_confirmed":true}]}`})
	defer box.Close()

	aliases, err := connect(box).ListEmailAliases(context.Background(), 44)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, alias := range aliases {
		fmt.Println(alias.Email, alias.IsConfirmed)
	}
	// Output: ann.old@example.com true
}

// A loop that learns which groups to read again, and remembers how far it came.
func ExampleEventStream() {
	box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("stream_position") {
		case "1152922976252290800": // events come twice at times
			event := `{"event_id":"e1","event_type":"GROUP_ADD_USER","source":{"type":"user","id":"44","login":"ann@example.com"},
				"additional_details":{"group_id":"11","group_name":"Ops"}}`
			fmt.Fprint(w, `{"next_stream_position":1152922976252290886,"entries":[`+event+`,`+event+`]}`)
		default:
			fmt.Fprint(w, `{"next_stream_position":1152922976252290886,"entries":[]}`)
		}
	}))
	defer box.Close()

	stored := "1152922976252290800" // at the very first time boxapi.StreamNow, and then read everything once
	stream := connect(box).AllEvents(boxapi.EventListOptions{
		StreamType:     boxapi.AdminLogsStreaming,
		StreamPosition: stored,
		EventTypes:     []string{boxapi.EventGroupAddUser, boxapi.EventGroupRemoveUser, boxapi.EventGroupEdited},
	})
	for range 2 { // in earnest: until the context ends, with a wait between
		for event, err := range stream.Read(context.Background()) {
			if err != nil {
				fmt.Println(err) // read everything once; events may have been missed
				break
			}
			id, name := event.Group()
			_, login := event.User()
			fmt.Println(event.EventType, login, "read again:", id, name)
		}
		stored = stream.Position()
	}
	fmt.Println("stored:", stored)
	// Output:
	// GROUP_ADD_USER ann@example.com read again: 11 Ops
	// stored: 1152922976252290886
}

// One call as another user, and without the mail that Box would send.
func ExampleWithHeaders() {
	box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("as user:", r.Header.Get("As-User"), "notifications:", r.Header.Get("Box-Notifications"))
		fmt.Fprint(w, `{"id":"44"}`)
	}))
	defer box.Close()

	client, ctx := connect(box), context.Background()
	_, err := client.Me(boxapi.WithHeaders(ctx, http.Header{"As-User": {"44"}, "Box-Notifications": {"off"}}))
	fmt.Println(err)
	_, err = client.Me(boxapi.WithHeaders(ctx, http.Header{"As-User": {"ann@example.com"}}))
	fmt.Println(boxapi.KindOf(err), err)
	// Output:
	// as user: 44 notifications: off
	// <nil>
	// invalid GET /users/me: WithHeaders: As-User: want one numeric user id
}

// Kind says what an error means. Uncertain says whether to look before
// anything is concluded from it.
func ExampleError() {
	box := pretend(503, `{"code":"unavailable","message":"Try again later"}`)
	defer box.Close()
	client, err := boxapi.New(boxapi.Config{
		BaseURL: box.URL, Auth: boxapi.DeveloperToken("token"),
		Retry: boxapi.Retry{MaxAttempts: 2, Base: time.Millisecond},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.CreateMembership(context.Background(), boxapi.MembershipRequest{User: 44, Group: 11})
	if e, ok := errors.AsType[*boxapi.Error](err); ok {
		switch e.Kind() {
		case boxapi.Conflict:
			fmt.Println("is a member already, perhaps by an earlier attempt:", e.Uncertain)
		case boxapi.Unauthorized, boxapi.Forbidden:
			fmt.Println("no other call will succeed either")
		case boxapi.Stopped:
			fmt.Println("we gave up; sent at all:", e.Attempts > 0)
		default:
			fmt.Println("list the group before trying again:", e.Uncertain)
		}
	}
	fmt.Println(err)
	// Output:
	// list the group before trying again: true
	// POST /group_memberships: 503 unavailable: Try again later (after 2 attempts, may have taken effect)
}

// A proxy of one's own. Without Transport, HTTPS_PROXY and NO_PROXY decide. A
// certificate authority belongs into the transport's TLSClientConfig likewise.
func ExampleConfig_transport() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the proxy is asked for", r.URL.Path)
		fmt.Fprint(w, `{"id":"44"}`)
	}))
	defer proxy.Close()

	address, err := url.Parse(proxy.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := boxapi.New(boxapi.Config{
		BaseURL:   "http://localhost:8787", // leave out for Box itself
		Auth:      boxapi.DeveloperToken("token"),
		Transport: &http.Transport{Proxy: http.ProxyURL(address), MaxIdleConnsPerHost: 16},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	me, err := client.Me(context.Background())
	fmt.Println(me.ID, err)
	// Output:
	// the proxy is asked for /2.0/users/me
	// 44 <nil>
}
