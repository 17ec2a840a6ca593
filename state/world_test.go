package state_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// started is when the runs of these tests start.
func started() time.Time { return time.Date(2026, 11, 23, 10, 36, 24, 0, time.UTC) }

func info() state.Info {
	return state.Info{Command: "sync", Host: "host-a", PID: 4711, Started: started(), ChangeRef: "CHG-1", ApprovedBy: "zoe"}
}

// newPlan returns a plan of n changes: the first creates a group, and the
// others add people to it.
func newPlan(t testing.TB, n int) *plan.Plan {
	t.Helper()
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", Origin: "groups.csv", GroupsComplete: true})
	var box target.Snapshot
	g := b.Group("New", "New", "groups.csv:2")
	for i := 1; i < n; i++ {
		l := source.NewLogin(fmt.Sprintf("p%d@acme.example", i))
		b.Add(g, b.Person(l.Key(), "", l), source.Member, i+1)
		box.Users = append(box.Users, target.User{ID: target.UserID(1000 + i), Login: l.Key()})
	}
	p, err := plan.Diff(b.Build(), box, plan.Options{Instance: "main", Create: true})
	require.NoError(t, err)
	p.Header.Tool, p.Header.EnterpriseID = "v1.2.3", "900001"
	p.Header.Created, p.Header.Expires = started(), started().Add(time.Hour)
	require.Len(t, p.Changes, n)
	return p
}

func openDir(t testing.TB) *state.Dir {
	t.Helper()
	d, err := state.Open(filepath.Join(t.TempDir(), "state"), "main", "900001")
	require.NoError(t, err)
	return d
}

func newRun(t testing.TB, d *state.Dir, p *plan.Plan) *state.Run {
	t.Helper()
	r, err := d.NewRun(p, info())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// facts are what a record says, without what it is kept for.
type facts struct {
	ID       string
	Info     state.Info
	Results  []plan.Result
	Pending  []int
	Created  map[string]target.GroupID
	Finished bool
	Finish   state.Finish
}

func factsOf(r *state.Record) facts {
	return facts{
		ID: r.ID, Info: r.Info, Results: r.Results, Pending: r.Pending, Created: r.Created,
		Finished: r.Finished, Finish: state.Finish{Ended: r.Ended, Stopped: r.Stopped, Calls: r.Calls},
	}
}

func read(t testing.TB, path string) *state.Record {
	t.Helper()
	r, err := state.ReadRun(path)
	require.NoError(t, err)
	return r
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// names returns what is in a directory.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
