package boxapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// pretend is a Box with one answer, so that the examples run.
func pretend(status int, body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
}

func Example() {
	box := pretend(200, `{"total_count":2,"limit":1000,"entries":[{"id":"11","name":"Ops"},{"id":"12","name":"Finance"}]}`)
	defer box.Close()

	client, err := boxapi.New(boxapi.Config{
		BaseURL:           box.URL, // leave out for Box itself
		Auth:              boxapi.DeveloperToken("token"),
		RequestsPerMinute: 900,
		Burst:             10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for group, err := range client.AllGroups(context.Background(), boxapi.GroupListOptions{Fields: []string{"name"}}) {
		if err != nil {
			fmt.Println(err) // what came before is not the whole
			return
		}
		fmt.Println(group.ID, group.Name)
	}
	fmt.Println(client.Calls(), "call")
	// Output:
	// 11 Ops
	// 12 Finance
	// 1 call
}

// A user who is in the group already is no failure, but it may be our own
// doing: Uncertain then says to look before counting.
func ExampleClient_CreateMembership() {
	box := pretend(409, `{"code":"conflict","message":"User is already in the group","request_id":"abc"}`)
	defer box.Close()
	client, err := boxapi.New(boxapi.Config{BaseURL: box.URL, Auth: boxapi.DeveloperToken("token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.CreateMembership(context.Background(), boxapi.MembershipRequest{
		User: 44, Group: 11, Role: boxapi.RoleAdmin,
		Permissions: boxapi.ExactPermissions(boxapi.Permissions{CanRunReports: true}),
	})
	fmt.Println(boxapi.KindOf(err))
	fmt.Println(err)
	// Output:
	// conflict
	// POST /group_memberships: 409 conflict: User is already in the group (request abc)
}

// Deleting what is gone is what was wanted.
func ExampleKindOf() {
	box := pretend(404, `{"code":"not_found","message":"Not Found"}`)
	defer box.Close()
	client, err := boxapi.New(boxapi.Config{BaseURL: box.URL, Auth: boxapi.DeveloperToken("token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	switch err := client.DeleteMembership(context.Background(), 12345); boxapi.KindOf(err) {
	case boxapi.NotFound:
		fmt.Println("already gone")
	default:
		fmt.Println(err)
	}
	// Output: already gone
}

// Pages can be read one at a time, for example to fetch several at once after
// the first has told the total.
func ExamplePage_NextOffset() {
	page := boxapi.Page[boxapi.Membership]{TotalCount: 2500, Limit: 1000, Offset: 0}
	for page.HasMore(boxapi.MaxLimit) {
		page.Offset = page.NextOffset(boxapi.MaxLimit)
		fmt.Println("next: offset", page.Offset)
	}
	// Output:
	// next: offset 1000
	// next: offset 2000
}
