package box_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func TestReader_Account(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(",,ann@acme.example,Ann,", ",,bob@acme.example,Bob,")
	reader := box.NewReader(w.client(), 2)

	got, err := reader.Account(t.Context())

	require.NoError(t, err)
	var me emulator.User
	for _, u := range w.Users() {
		if u.Kind == emulator.Service {
			me = u
		}
	}
	assert.Equal(t, target.Account{
		User:         target.User{ID: target.UserID(number(t, me.ID)), Login: me.Login, Name: me.Name, Standing: target.Standing{App: true}},
		EnterpriseID: "900001", Enterprise: "Acme", ManagedUsers: 2,
	}, got)
	assert.NotEmpty(t, got.User.Login)
	assert.Equal(t, []string{"GET /users/me", "GET /users"}, w.lines())
	assert.EqualValues(t, 2, reader.Calls())
}

func TestReader_Account_without_enterprise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /users/me", func(_ *http.Request, body map[string]any) {
		body["enterprise"] = nil
	})).seed(",,ann@acme.example,Ann,")

	got, err := box.NewReader(w.client(), 1).Account(t.Context())

	require.NoError(t, err)
	assert.Empty(t, got.EnterpriseID)
	assert.NotZero(t, got.User.ID)
}

func TestReader_Account_sees_no_users(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.AddUser(emulator.User{Login: "guest@other.example", Kind: emulator.External})
	require.NoError(t, err)

	_, err = box.NewReader(w.client(), 1).Account(t.Context())

	require.ErrorIs(t, err, box.ErrNoUsers)
	var me string
	for _, u := range w.Users() {
		if u.Kind == emulator.Service {
			me = u.Login
		}
	}
	assert.EqualError(t, err, "no users are visible in Box as "+me+
		": the app needs App + Enterprise Access and the right to manage users")
}

func TestReader_says_what_was_being_done(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path string
		read func(t *testing.T, r *box.Reader) error
		want string
	}{
		"me": {"/2.0/users/me", account, "asking Box who the credentials are: GET /users/me: 403 "},
		"users": {"/2.0/users", func(t *testing.T, r *box.Reader) error {
			_, _, err := r.Users(t.Context(), []string{"ann@acme.example"}, nil)
			return err
		}, "looking up users in Box: GET /users: 403 "},
		"groups": {"/2.0/groups", func(t *testing.T, r *box.Reader) error {
			_, _, err := r.Groups(t.Context())
			return err
		}, "listing groups in Box: GET /groups: 403 "},
		"members": {"/2.0/groups", func(t *testing.T, r *box.Reader) error {
			return r.Members(t.Context(), []target.GroupID{10001}, func(target.Listing) error { return nil })
		}, "listing the members of Box group 10001: GET /groups/10001/memberships: 403 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).seed("Ops,,ann@acme.example,Ann,")
			w.Inject(emulator.Failure{PathPrefix: tc.path, Status: http.StatusForbidden})

			err := tc.read(t, box.NewReader(w.client(), 1))

			require.Error(t, err)
			assert.Equal(t, boxapi.Forbidden, boxapi.KindOf(err))
			assert.Regexp(t, "^"+tc.want, err.Error())
		})
	}
}

func account(t *testing.T, r *box.Reader) error {
	_, err := r.Account(t.Context())
	return err
}

// An ordinary user may ask who they are and not who the others are.
func TestReader_Account_without_rights(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(",,ann@acme.example,Ann,")
	api := w.client(func(cfg *boxapi.Config) { cfg.AsUser = w.user("ann@acme.example").String() })

	err := account(t, box.NewReader(api, 1))

	require.ErrorContains(t, err, "listing users in Box: GET /users: 403 access_denied_insufficient_permissions")
	assert.NotErrorIs(t, err, box.ErrNoUsers)
}

func TestReader_Groups(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed("Ops,rollcall:main:corp:1,,,", "Staff,,,,")
	_, err := w.AddAllUsersGroup("Everybody")
	require.NoError(t, err)

	got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.NoError(t, err)
	assert.Zero(t, hidden)
	assert.ElementsMatch(t, []target.Group{
		{ID: w.group("Ops"), Name: "Ops", Identifier: "rollcall:main:corp:1"},
		{ID: w.group("Staff"), Name: "Staff"},
		{ID: w.group("Everybody"), Name: "Everybody", AllUsers: true},
	}, got)
	assert.Equal(t, []string{"GET /groups"}, w.lines())
}

func TestReader_Groups_none(t *testing.T) {
	t.Parallel()
	got, _, err := box.NewReader(newWorld(t).client(), 1).Groups(t.Context())
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestReader_Groups_on_several_pages(t *testing.T) {
	t.Parallel()
	const groups = 2345
	w := newWorld(t)
	for i := range groups {
		_, err := w.AddGroup(fmt.Sprintf("g%d", i), "id"+strconv.Itoa(i))
		require.NoError(t, err)
	}

	got, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.NoError(t, err)
	require.Len(t, got, groups)
	names := map[string]string{}
	for _, g := range got {
		names[g.Name] = g.Identifier
	}
	for i := range groups {
		require.Equal(t, "id"+strconv.Itoa(i), names[fmt.Sprintf("g%d", i)])
	}
	assert.Equal(t, []int{0, 1000, 2000}, w.offsets())
}

// Rows that the credentials may not see make pages short; they end nothing.
func TestReader_Groups_on_short_pages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 2100 {
		_, err := w.AddGroup(fmt.Sprintf("g%d", i), "")
		require.NoError(t, err)
	}
	w.SetFaults(emulator.Faults{HideGroups: 99})

	got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.NoError(t, err)
	assert.Len(t, got, 2100-3*99)
	assert.Equal(t, 3*99, hidden)
}

func TestReader_Groups_total_at_the_ceiling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /groups", func(_ *http.Request, body map[string]any) {
		body["total_count"] = 10000
	})).seed("Ops,,,,")

	got, hidden, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.NoError(t, err)
	assert.Len(t, got, 1)
	assert.Equal(t, 9999, hidden)
	assert.Equal(t, []int{0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000}, w.offsets())
}

// A total that denies what is on the pages does not end the list early, and
// nobody knows what is beyond the last page that can be read.
func TestReader_Groups_to_the_brink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /groups", func(_ *http.Request, body map[string]any) { body["total_count"] = 1 }))
	for i := range boxapi.OffsetCeiling {
		w.mustAddGroup(fmt.Sprintf("g%d", i), "")
	}

	got, _, err := box.NewReader(w.client(), 4).Groups(t.Context())

	require.ErrorIs(t, err, box.ErrTooManyGroups)
	assert.Empty(t, got)
}

// A few of Box's answers print ids as numbers.
func TestReader_reads_numeric_ids(t *testing.T) {
	t.Parallel()
	numeric := func(_ *http.Request, body map[string]any) {
		for _, row := range entries(body) {
			for _, object := range []any{row, row["user"], row["group"]} {
				if object, ok := object.(map[string]any); ok {
					object["id"], _ = strconv.Atoi(object["id"].(string))
				}
			}
		}
	}
	w := newWorld(t, onJSON("GET /groups", numeric)).seed("Ops,,ann@acme.example,Ann,admin")
	reader := box.NewReader(w.client(), 1)

	groups, _, err := reader.Groups(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []target.Group{{ID: w.group("Ops"), Name: "Ops"}}, groups)

	got := list(t, reader, w.group("Ops"))
	assert.Equal(t, []target.Membership{{ID: 30001, User: w.user("ann@acme.example"), Role: target.RoleAdmin}}, got.Memberships)
}
