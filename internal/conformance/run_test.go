package conformance_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source/csv"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// wanted, against the seed of testRuns, needs every kind of change.
const wanted = `group,group_id,login,role
Finance (new),fin,ann@acme.example,member
Finance (new),fin,bob@acme.example,admin
Legal,legal,ann@acme.example,
Legal,legal,dora@acme.example,admin
Board,board,ann@acme.example,
Board,board,zoe+x@acme.example,
`

// testRuns brings a Box in step with a file, once with every call answered and
// once in a Box that breaks down all the time.
func testRuns(t *testing.T, sum *summary) {
	t.Parallel()
	for name, faults := range map[string]emulator.Faults{
		"healthy": {},
		"troubled": {
			RateLimited: 0.1, RetryAfter: time.Second,
			ErrorBefore: 0.1, ErrorAfter: 0.1, ResetBefore: 0.1, ResetAfter: 0.1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sum, emulator.Options{Faults: faults, Seed: 7},
				"Finance,rollcall:main:hr:fin,ann@acme.example,Ann,admin", "Finance,,bob@acme.example,Bob,member",
				"Finance,,carl@acme.example,Carl,member", "Legal,,carl@acme.example,,", ",,dora@acme.example,Dora,",
				",,zoe+x@acme.example,Zoe,")
			kinds := w.bringInStep()
			assert.Equal(t, map[plan.Kind]int{
				plan.AdoptGroup: 1, plan.CreateGroup: 1, plan.RenameGroup: 1, plan.Add: 4, plan.SetRole: 2, plan.Remove: 2,
			}, kinds)
			assert.Equal(t, []string{"ann@acme.example member", "bob@acme.example admin"}, w.Members("Finance (new)"))
			assert.Equal(t, []string{"ann@acme.example member", "dora@acme.example admin"}, w.Members("Legal"))
			assert.Equal(t, []string{"ann@acme.example member", "zoe+x@acme.example member"}, w.Members("Board"))
			assert.Empty(t, w.bringInStep(), "a second run has something to do")
			w.requireConforms()
		})
	}
}

// bringInStep plans and applies, and returns what kinds of changes were made.
func (w *world) bringInStep() map[plan.Kind]int {
	t := w.t
	t.Helper()
	path := filepath.Join(t.TempDir(), "groups.csv")
	require.NoError(t, os.WriteFile(path, []byte(wanted), 0o600))
	columns := csv.DefaultColumns()
	columns.SourceID = "group_id"
	hr, err := csv.New(csv.Config{Name: "hr", Path: path, Columns: columns})
	require.NoError(t, err)

	api := w.client(credentials())
	reader := box.NewReader(api, 4)
	in, err := groupsync.ReadInputs(t.Context(), []groupsync.Source{hr}, reader)
	require.NoError(t, err)
	p, err := groupsync.Plan(t.Context(), in, reader, plan.Options{
		Instance: "main", Create: true, Adopt: true, Remove: true, ManageRoles: true, Reviewed: true, Self: in.Account.User.ID,
	})
	require.NoError(t, err)
	require.Empty(t, p.Holds)
	done := groupsync.Apply(t.Context(), p, box.NewWriter(api, target.AdminPermissions{RunReports: true}),
		groupsync.ApplyOptions{Concurrency: 4})
	require.NoError(t, done.Stopped)
	kinds := map[plan.Kind]int{}
	for i, r := range done.Results {
		require.Contains(t, []plan.Outcome{plan.Applied, plan.Already}, r.Outcome, "%v: %v", p.Changes[i], r)
		kinds[p.Changes[i].Kind]++
	}
	return kinds
}
