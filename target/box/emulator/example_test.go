package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// A write whose answer is lost: the client sees an error, and the journal shows
// that it happened all the same.
func Example() {
	box := emulator.New(emulator.Options{})
	seed := "group,login,role\nFinance,ann@acme.example,admin\n,bob@acme.example,\n"
	if err := box.LoadSeed(strings.NewReader(seed), "box.csv"); err != nil {
		fmt.Println(err)
		return
	}
	srv := httptest.NewServer(box)
	defer srv.Close()

	box.Inject(emulator.Failure{Status: http.StatusServiceUnavailable, After: true})
	for range 2 {
		req, _ := http.NewRequest(http.MethodPost, srv.URL+"/2.0/group_memberships", //nolint:noctx // an example has no context
			strings.NewReader(`{"user":{"id":"20002"},"group":{"id":"10001"}}`))
		req.Header.Set("Authorization", "Bearer emulator-token")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	fmt.Println(box.Members("Finance"))
	for _, e := range box.Journal() {
		fmt.Println(e.Seq, e.Action, e.Group, e.Login, e.RoleAfter)
	}
	// Output:
	// 503
	// 409
	// [ann@acme.example admin bob@acme.example member]
	// 1 add_member Finance bob@acme.example member
}
