package box_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// manyGroups makes groups with one member each and returns their ids.
func manyGroups(w *world, n int) []target.GroupID {
	w.t.Helper()
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("g%d,,p%d@acme.example,Person %d,member", i, i, i)
	}
	w.seed(rows...)
	ids := make([]target.GroupID, n)
	for i := range ids {
		ids[i] = w.group(fmt.Sprintf("g%d", i))
	}
	return ids
}

func TestReader_Members_roles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /groups/", func(_ *http.Request, body map[string]any) {
		for _, row := range entries(body) {
			if row["user"].(map[string]any)["login"] == "cid@acme.example" {
				row["role"] = "submaster" // box-java-sdk#1171
			}
		}
	})).seed("Ops,,Ann@acme.example,Ann Archer,admin", "Ops,,bob@acme.example,Bob,member", "Ops,,cid@acme.example,Cid,member")

	got := list(t, box.NewReader(w.client(), 1), w.group("Ops"))

	ann, bob, cid := w.user("Ann@acme.example"), w.user("bob@acme.example"), w.user("cid@acme.example")
	assert.Equal(t, target.Listing{
		Group: w.group("Ops"),
		Memberships: []target.Membership{
			{ID: 30001, User: ann, Role: target.RoleAdmin},
			{ID: 30002, User: bob, Role: target.RoleMember},
			{ID: 30003, User: cid, Role: target.RoleOther},
		},
		Users: []target.User{
			{ID: ann, Login: "Ann@acme.example", Name: "Ann Archer"},
			{ID: bob, Login: "bob@acme.example", Name: "Bob"},
			{ID: cid, Login: "cid@acme.example", Name: "Cid"},
		},
	}, got)
}

// Box may say that somebody is in the group and not who. Nobody is user 0.
func TestReader_Members_without_a_user(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]any{
		"null":       nil,
		"without_id": map[string]any{"type": "user", "login": "cid@acme.example"},
		"null_id":    map[string]any{"type": "user", "id": nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, onJSON("GET /groups/", func(_ *http.Request, body map[string]any) {
				for _, row := range entries(body) {
					if row["user"].(map[string]any)["login"] == "cid@acme.example" {
						row["user"] = user
					}
				}
				body["total_count"] = 4 // one more is not shown at all
			})).seed("Ops,,ann@acme.example,Ann,admin", "Ops,,cid@acme.example,Cid,", "Ops,,bob@acme.example,Bob,")

			got := list(t, box.NewReader(w.client(), 1), w.group("Ops"))

			ann, bob := w.user("ann@acme.example"), w.user("bob@acme.example")
			assert.Equal(t, target.Listing{
				Group: w.group("Ops"),
				Memberships: []target.Membership{
					{ID: 30001, User: ann, Role: target.RoleAdmin},
					{ID: 30003, User: bob, Role: target.RoleMember},
				},
				Users: []target.User{
					{ID: ann, Login: "ann@acme.example", Name: "Ann"},
					{ID: bob, Login: "bob@acme.example", Name: "Bob"},
				},
				Hidden: 2,
			}, got)
		})
	}
}

// Each group comes once, one at a time: neither seen nor inside is guarded, so
// the race detector notices two calls at once, too.
func TestReader_Members_gives_each_group_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	groups := manyGroups(w, 100)
	reader := box.NewReader(w.client(), 8)
	seen, inside := map[target.GroupID]int{}, false

	err := reader.Members(t.Context(), groups, func(l target.Listing) error {
		assert.False(t, inside, "two calls at once")
		inside = true
		seen[l.Group]++
		assert.Len(t, l.Memberships, 1)
		inside = false
		return nil
	})

	require.NoError(t, err)
	for _, id := range groups {
		assert.Equal(t, 1, seen[id], "group %s", id)
	}
	assert.Len(t, seen, len(groups))
	assert.EqualValues(t, len(groups), reader.Calls(), "one call for each group")
}

func TestReader_Members_of_no_group(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, box.NewReader(w.client(), 1).Members(t.Context(), nil, nil))
	assert.Empty(t, w.lines())
}

// gate holds requests back until so many are there together, and notes the most
// that ever were.
type gate struct {
	mu            sync.Mutex
	inside, most  int
	want          int
	open          chan struct{}
	failedToMatch atomic.Bool // nobody waits any longer
}

func newGate(want int) *gate { return &gate{want: want, open: make(chan struct{})} }

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.inside++
		g.most = max(g.most, g.inside)
		if g.inside == g.want {
			close(g.open)
			g.want = -1
		}
		g.mu.Unlock()
		if !g.failedToMatch.Load() {
			select {
			case <-g.open:
			case <-time.After(5 * time.Second):
				g.failedToMatch.Store(true)
			}
		}
		next.ServeHTTP(rw, r)
		g.mu.Lock()
		g.inside--
		g.mu.Unlock()
	})
}

// Groups and the pages of one group share the reader's slots.
func TestReader_Members_keeps_to_its_concurrency(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{-1, 0, 1, 3, 8} {
		t.Run(fmt.Sprintf("%d_slots", concurrency), func(t *testing.T) {
			t.Parallel()
			want := max(1, concurrency)
			g := newGate(want)
			w := newWorld(t, g.wrap)
			w.seed(append(crowd("big", 4500), crowd("small", 30)...)...)
			small := w.group("small")
			groups := []target.GroupID{w.group("big"), small, small, small, w.group("big"), small, small, small}

			require.NoError(t, box.NewReader(w.client(), concurrency).Members(t.Context(), groups, func(target.Listing) error { return nil }))

			assert.False(t, g.failedToMatch.Load(), "never %d requests at once", want)
			assert.Equal(t, want, g.most)
		})
	}
}

// Several listings are ready when the first is refused; none is given after it.
func TestReader_Members_stops_when_told(t *testing.T) {
	t.Parallel()
	const concurrency = 8
	g := newGate(concurrency) // answers the first requests together
	w := newWorld(t, g.wrap)
	groups := manyGroups(w, 50)
	enough := errors.New("enough")
	calls := 0

	err := box.NewReader(w.client(), concurrency).Members(t.Context(), groups, func(target.Listing) error {
		calls++
		if calls == 1 {
			assert.Eventually(t, func() bool {
				g.mu.Lock()
				defer g.mu.Unlock()
				return g.inside == 0
			}, 5*time.Second, time.Millisecond)
		}
		return enough
	})

	require.ErrorIs(t, err, enough)
	assert.Equal(t, 1, calls)
	assert.Less(t, len(w.lines()), len(groups), "it goes on reading")
}

func TestReader_Members_stops_when_Box_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	groups := manyGroups(w, 20)
	bad := groups[7]
	w.Inject(emulator.Failure{PathPrefix: "/2.0/groups/" + bad.String() + "/", Status: http.StatusInternalServerError, Times: attempts})
	var given []target.GroupID

	err := box.NewReader(w.client(), 1).Members(t.Context(), groups, func(l target.Listing) error {
		given = append(given, l.Group)
		return nil
	})

	require.ErrorContains(t, err, "listing the members of Box group "+bad.String()+": GET /groups/"+bad.String()+"/memberships: 500 ")
	assert.Equal(t, groups[:7], given)
}

// A group that vanished since it was listed is an error, not an empty one.
func TestReader_Members_of_a_group_that_is_gone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	groups := manyGroups(w, 1)
	require.NoError(t, w.RemoveGroup("g0"))

	err := box.NewReader(w.client(), 1).Members(t.Context(), groups, func(target.Listing) error {
		t.Error("nothing is known about it")
		return nil
	})

	assert.Equal(t, boxapi.NotFound, boxapi.KindOf(err))
}

// Whenever it is cancelled, the cause comes back unless every group was given.
func TestReader_Members_cancelled(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	for after := range 13 {
		t.Run(fmt.Sprintf("after_%d", after), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			groups := manyGroups(w, 12)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			given := 0
			if after == 0 {
				cancel(signal)
			}

			err := box.NewReader(w.client(), 3).Members(ctx, groups, func(target.Listing) error {
				if given++; given == after {
					cancel(signal)
				}
				return nil
			})

			require.ErrorIs(t, err, signal)
			if after == 0 {
				assert.Zero(t, given)
				assert.Empty(t, w.lines(), "nothing is sent")
			}
		})
	}
}

// A request that hangs is given up at once.
func TestReader_Members_cancelled_under_way(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	w := newWorld(t, before("GET /groups/", func(r *http.Request) {
		cancel(signal)
		<-r.Context().Done()
	}))
	groups := manyGroups(w, 5)

	err := box.NewReader(w.client(), 2).Members(ctx, groups, func(target.Listing) error {
		t.Error("nothing was read")
		return nil
	})

	require.ErrorIs(t, err, signal)
}

// The other readings tell the cause as well, and send nothing.
func TestReader_cancelled(t *testing.T) {
	t.Parallel()
	signal := errors.New("a signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(signal)
	w := newWorld(t).seed(",,ann@acme.example,Ann,")
	reader := box.NewReader(w.client(), 2)

	_, err := reader.Account(ctx)
	require.ErrorIs(t, err, signal)
	_, _, err = reader.Groups(ctx)
	require.ErrorIs(t, err, signal)
	_, _, err = reader.Users(ctx, []string{"ann@acme.example"}, nil)
	require.ErrorIs(t, err, signal)
	assert.Empty(t, w.lines())
}
