package box_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const (
	ann = "ann@acme.example"
	bob = "bob@acme.example"
	ids = "rollcall:main:corp:" // what our identifiers begin with
)

// small is a Box with the group Ops: ann is its admin, bob is in no group.
func small(t testingT, bends ...func(http.Handler) http.Handler) *world {
	t.Helper()
	return newWorld(t, bends...).seed("Ops,"+ids+"1,"+ann+",Ann,admin", ",,"+bob+",Bob,")
}

func (w *world) writer(changes ...func(*boxapi.Config)) *box.Writer {
	return box.NewWriter(w.client(changes...), target.AdminPermissions{})
}

func (w *world) place(group, login string) target.Place {
	return target.Place{Group: w.group(group), User: w.user(login)}
}

// actions returns what took effect, as action and login or group, and with the
// identifier that a group was given.
func (w *world) actions() []string {
	var out []string
	for _, e := range w.Journal() {
		line := e.Action + " " + e.Group
		switch {
		case e.Login != "":
			line = e.Action + " " + e.Login + " " + e.RoleAfter
		case e.Action == "update_group" && e.IdentifierAfter != e.IdentifierBefore:
			line += " " + e.IdentifierAfter
		}
		out = append(out, line)
	}
	return out
}

func applied(group target.GroupID) target.Answer {
	return target.Answer{State: target.Applied, Group: group}
}

func TestWriter_CreateGroup(t *testing.T) {
	t.Parallel()
	w := small(t)
	writer := w.writer()

	first, err := writer.CreateGroup(t.Context(), "Dev & <Test> é", ids+"2", target.Settings{})
	require.NoError(t, err)
	assert.Equal(t, applied(w.group("Dev & <Test> é")), first)
	g, _ := w.Group("Dev & <Test> é")
	assert.Equal(t, ids+"2", g.ExternalSyncIdentifier)
	assert.Equal(t, []string{"POST /groups"}, w.lines())

	again, err := writer.CreateGroup(t.Context(), "Dev & <Test> é", ids+"2", target.Settings{})
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: first.Group, Found: "it exists already"}, again)
	assert.Equal(t, []string{"POST /groups", "GET /groups"}, w.lines())
	assert.Equal(t, []string{"create_group Dev & <Test> é"}, w.actions())
	assert.EqualValues(t, 3, writer.Calls())
}

// A group of that name that is not ours stays as it is, and is named.
func TestWriter_CreateGroup_never_adopts(t *testing.T) {
	t.Parallel()
	for name, identifier := range map[string]string{
		"without_identifier": "",
		"of_another_group":   ids + "9",
		"of_another_tool":    "okta:4711",
		"almost_ours":        ids + "22",
		"in_other_case":      "Rollcall:main:corp:2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(t).mustAddGroup("Dev", identifier).mustAddGroup("Dev Ops", ids+"2x")

			got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

			require.ErrorContains(t, err, "group "+w.group("Dev").String()+` has the name "Dev" and the identifier "`+identifier+`": POST /groups: 409`)
			notFatal(t, err)
			assert.Zero(t, got)
			g, _ := w.Group("Dev")
			assert.Equal(t, identifier, g.ExternalSyncIdentifier)
			assert.Empty(t, w.Journal())
		})
	}
}

// Several groups can bear the name in different case: ours is found among them,
// whichever comes first, and if none is ours the exact one is named.
func TestWriter_CreateGroup_among_namesakes(t *testing.T) {
	t.Parallel()
	w := small(t).mustAddGroup("DEV", "").mustAddGroup("Dev", ids+"2").mustAddGroup("dev", "other").mustAddGroup("Develop", ids+"3")

	got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("Dev"), Found: "it exists already"}, got)

	_, err = w.writer().CreateGroup(t.Context(), "dev", ids+"4", target.Settings{})
	require.ErrorContains(t, err, "group "+w.group("dev").String()+" has the name")
	assert.Empty(t, w.Journal())
}

// Box may take names for equal that the emulator does not: whatever answers 409
// and cannot be found again is an error.
func TestWriter_CreateGroup_conflict_with_nobody(t *testing.T) {
	t.Parallel()
	w := small(t, refusing("POST /groups", http.StatusConflict, "conflict")).mustAddGroup("Dev Ops", ids+"3")

	_, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

	require.ErrorContains(t, err, "POST /groups: 409 conflict")
	assert.NotContains(t, err.Error(), "has the name", "a longer name is another one")
	notFatal(t, err)
}

// A name that is taken in a Box that shows no group at all: the credentials do
// not see them, and nothing that was planned with them is right.
func TestWriter_CreateGroup_conflict_with_what_is_hidden(t *testing.T) {
	t.Parallel()
	w := small(t).mustAddGroup("Dev", ids+"2")
	app := w.App()
	app.SeesNoGroups = true
	require.NoError(t, w.SetApp(app))

	_, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

	require.ErrorContains(t, err, "Box shows no group at all: the app lacks the right to see them: POST /groups: 409 conflict")
	assert.True(t, isFatal(err))
}

// If Box takes names for equal whatever their case, ours may be spelt otherwise
// and stand behind a stranger's.
func TestWriter_CreateGroup_in_other_case(t *testing.T) {
	t.Parallel()
	w := small(t, refusing("POST /groups", http.StatusConflict, "conflict")).mustAddGroup("DEV", "okta:1").mustAddGroup("dev", ids+"2")

	got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("dev"), Found: "it exists already"}, got)

	_, err = w.writer().CreateGroup(t.Context(), "Dev", ids+"3", target.Settings{})
	require.ErrorContains(t, err, "group "+w.group("DEV").String()+` has the name "DEV" and the identifier "okta:1"`)
}

// Ours is ours by its identifier, whatever somebody named it since; it was not
// us who made it so.
func TestWriter_CreateGroup_under_another_name(t *testing.T) {
	t.Parallel()
	for trouble, bend := range map[string]func(http.Handler) http.Handler{
		"refused": refusing("POST /groups", http.StatusConflict, "conflict"),
		"lost":    refusing("POST /groups", http.StatusServiceUnavailable, "unavailable"),
	} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			w := small(t, bend).mustAddGroup("Dev", "okta:1").mustAddGroup("Developers", ids+"2")

			got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

			require.NoError(t, err)
			assert.Equal(t, target.Answer{
				State: target.Already, Group: w.group("Developers"), Found: `it exists already, with the name "Developers"`,
			}, got)
		})
	}
}

// Without an identifier the name has to do: groups that have none either are
// not all the same.
func TestWriter_CreateGroup_without_identifier(t *testing.T) {
	t.Parallel()
	w := small(t).mustAddGroup("Any", "").mustAddGroup("Dev", "")

	got, err := w.writer().CreateGroup(t.Context(), "Dev", "", target.Settings{})

	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("Dev"), Found: "it exists already"}, got)
}

// The index behind filter_term does not know yet what was made a moment ago.
func TestWriter_CreateGroup_does_not_trust_the_index(t *testing.T) {
	t.Parallel()
	w := small(t, onJSON("GET /groups", func(r *http.Request, body map[string]any) {
		if r.URL.Query().Has("filter_term") {
			body["entries"], body["total_count"] = []any{}, 0
		}
	}))
	w.Inject(emulator.Failure{Method: http.MethodPost, Status: http.StatusServiceUnavailable, After: true, Times: attempts})

	got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", target.Settings{})

	require.NoError(t, err)
	assert.Equal(t, applied(w.group("Dev")), got)
	assert.Equal(t, []string{"create_group Dev"}, w.actions())
}

// Names that end in blanks may have been trimmed by Box.
func TestWriter_CreateGroup_trims_to_compare(t *testing.T) {
	t.Parallel()
	w := small(t, refusing("POST /groups", http.StatusConflict, "conflict")).mustAddGroup("Dev", ids+"2")

	got, err := w.writer().CreateGroup(t.Context(), " Dev ", ids+"2", target.Settings{})

	require.NoError(t, err)
	assert.Equal(t, target.Already, got.State)
	assert.Equal(t, w.group("Dev"), got.Group)
}

func TestWriter_RenameGroup(t *testing.T) {
	t.Parallel()
	w := small(t).mustAddGroup("Dev", "")
	writer, ops := w.writer(), w.group("Ops")

	for range 2 { // a PUT does not tell whether it changed anything
		got, err := writer.RenameGroup(t.Context(), ops, "Operations")
		require.NoError(t, err)
		assert.Equal(t, applied(ops), got)
	}
	assert.Equal(t, []string{"update_group Operations"}, w.actions())
	g, _ := w.Group("Operations")
	assert.Equal(t, ids+"1", g.ExternalSyncIdentifier, "the identifier stays")

	_, err := writer.RenameGroup(t.Context(), ops, "Dev")
	require.ErrorContains(t, err, "409")
	notFatal(t, err)
	assert.Equal(t, ops, w.group("Operations"))

	require.NoError(t, w.RemoveGroup("Operations"))
	w.requests()
	got, err := writer.RenameGroup(t.Context(), ops, "Ops")
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Skipped, Group: ops, Found: "the group is gone"}, got)
	assert.Equal(t, []string{"PUT /groups/" + ops.String()}, w.lines())
}

func TestWriter_Add(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]target.Role{"member": target.RoleMember, "admin": target.RoleAdmin} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(t)
			writer, place := w.writer(), w.place("Ops", bob)

			got, err := writer.Add(t.Context(), place, role)
			require.NoError(t, err)
			assert.Equal(t, applied(place.Group), got)
			assert.Equal(t, []string{"POST /group_memberships"}, w.lines())

			got, err = writer.Add(t.Context(), place, role)
			require.NoError(t, err)
			assert.Equal(t, target.Answer{State: target.Already, Group: place.Group, Found: "is in the group already, as " + name}, got)
			assert.Equal(t, []string{"POST /group_memberships", "GET /users/" + place.User.String() + "/memberships"}, w.lines())

			assert.Equal(t, []string{"add_member " + bob + " " + name}, w.actions())
			assert.Equal(t, []string{ann + " admin", bob + " " + name}, w.Members("Ops"))
		})
	}
}

// Who is in the group already is promoted if that is asked, and never demoted.
func TestWriter_Add_over_another_role(t *testing.T) {
	t.Parallel()
	w := small(t)
	w.addToOps(bob, "member")
	writer := w.writer()

	got, err := writer.Add(t.Context(), w.place("Ops", bob), target.RoleAdmin)
	require.NoError(t, err)
	assert.Equal(t, applied(w.group("Ops")), got)
	assert.Equal(t, []string{
		"POST /group_memberships", "GET /users/" + w.user(bob).String() + "/memberships", "PUT /group_memberships/30002",
	}, w.lines())

	got, err = writer.Add(t.Context(), w.place("Ops", ann), target.RoleMember)
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("Ops"), Found: "is in the group already, as admin", OtherRole: true}, got)

	assert.Equal(t, []string{ann + " admin", bob + " admin"}, w.Members("Ops"))
	assert.Equal(t, []string{"change_member " + bob + " admin"}, w.actions())
}

// A role that Box does not document is shown and not touched.
func TestWriter_Add_over_an_unknown_role(t *testing.T) {
	t.Parallel()
	w := small(t, onJSON("GET /users/", func(_ *http.Request, body map[string]any) {
		for _, row := range entries(body) {
			row["role"] = "submaster"
		}
	}))

	got, err := w.writer().Add(t.Context(), w.place("Ops", ann), target.RoleAdmin)

	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("Ops"), Found: "is in the group already, as submaster", OtherRole: true}, got)
	assert.Empty(t, w.Journal())
}

// The user's membership is found on whichever page it is.
func TestWriter_Add_reads_all_of_the_users_groups(t *testing.T) {
	t.Parallel()
	var rows []string
	w := newWorld(t)
	for i := range 1100 {
		rows = append(rows, "g"+target.UserID(i).String()+",,"+ann+",,")
	}
	w.seed(rows...)

	got, err := w.writer().Add(t.Context(), w.place("g1099", ann), target.RoleMember)

	require.NoError(t, err)
	assert.Equal(t, target.Already, got.State)
}

func TestWriter_SetRole(t *testing.T) {
	t.Parallel()
	w := small(t)
	place := w.place("Ops", ann)
	place.Membership = 30001
	writer := w.writer()
	for _, role := range []target.Role{target.RoleMember, target.RoleMember, target.RoleAdmin, target.RoleAdmin} {
		got, err := writer.SetRole(t.Context(), place, role)
		require.NoError(t, err)
		assert.Equal(t, applied(place.Group), got)
		assert.Equal(t, []string{ann + " " + role.String()}, w.Members("Ops"))
	}
	assert.Equal(t, []string{"change_member " + ann + " member", "change_member " + ann + " admin"}, w.actions())
	assert.EqualValues(t, 4, writer.Calls())
}

func TestWriter_Remove(t *testing.T) {
	t.Parallel()
	w := small(t)
	place := w.place("Ops", ann)
	place.Membership = 30001
	writer := w.writer()

	got, err := writer.Remove(t.Context(), place)
	require.NoError(t, err)
	assert.Equal(t, applied(place.Group), got)
	assert.Equal(t, []string{"DELETE /group_memberships/30001"}, w.lines())

	got, err = writer.Remove(t.Context(), place)
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: place.Group, Found: "is no longer in the group"}, got)
	assert.Equal(t, []string{"DELETE /group_memberships/30001", "GET /users/" + place.User.String() + "/memberships"}, w.lines())
	assert.Equal(t, []string{"remove_member " + ann + " "}, w.actions())
	assert.Empty(t, w.Members("Ops"))
}

// An admin is given what was configured and nothing else, on every way to
// become one; Box would switch on every key that is left out.
func TestWriter_grants_exactly_the_permissions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]boxapi.Permissions{
		"none":    {},
		"reports": {CanRunReports: true},
		"login":   {CanInstantLogin: true},
		"create":  {CanCreateAccounts: true},
		"edit":    {CanEditAccounts: true},
		"all":     {CanRunReports: true, CanInstantLogin: true, CanCreateAccounts: true, CanEditAccounts: true},
	} {
		for way, grant := range map[string]func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error){
			"added": func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.Add(ctx, w.place("Ops", bob), target.RoleAdmin)
			},
			"promoted_instead": func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				w.addToOps(bob, "member")
				return writer.Add(ctx, w.place("Ops", bob), target.RoleAdmin)
			},
			"promoted": func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				place := w.place("Ops", bob)
				place.Membership = w.addToOps(bob, "member")
				return writer.SetRole(ctx, place, target.RoleAdmin)
			},
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				w := small(t)
				api := w.client()
				writer := box.NewWriter(api, target.AdminPermissions{
					RunReports: want.CanRunReports, InstantLogin: want.CanInstantLogin,
					CreateAccounts: want.CanCreateAccounts, EditAccounts: want.CanEditAccounts,
				})

				got, err := grant(t.Context(), w, writer)

				require.NoError(t, err)
				assert.Equal(t, target.Applied, got.State)
				sent := w.requests()
				var body struct {
					Permissions map[string]bool `json:"configurable_permissions"`
				}
				require.NoError(t, json.Unmarshal([]byte(sent[len(sent)-1].body), &body))
				assert.Equal(t, map[string]bool{
					"can_run_reports": want.CanRunReports, "can_instant_login": want.CanInstantLogin,
					"can_create_accounts": want.CanCreateAccounts, "can_edit_accounts": want.CanEditAccounts,
				}, body.Permissions)
				m, err := api.GetMembership(t.Context(), 30002)
				require.NoError(t, err)
				assert.Equal(t, "admin", m.Role)
				assert.Equal(t, &want, m.ConfigurablePermissions)
			})
		}
	}
}

// Of a member Box ignores permissions; nothing is said about them.
func TestWriter_says_nothing_of_members_permissions(t *testing.T) {
	t.Parallel()
	w := small(t)
	_, err := w.writer().Add(t.Context(), w.place("Ops", bob), target.RoleMember)
	require.NoError(t, err)
	place := w.place("Ops", ann)
	place.Membership = 30001
	_, err = w.writer().SetRole(t.Context(), place, target.RoleMember)
	require.NoError(t, err)
	for _, r := range w.requests() {
		assert.NotContains(t, r.body, "permissions", r.line)
	}
	m, err := w.client().GetMembership(t.Context(), 30001)
	require.NoError(t, err)
	assert.Nil(t, m.ConfigurablePermissions)
}

func (w *world) mustAddGroup(name, identifier string) *world {
	w.t.Helper()
	_, err := w.AddGroup(name, identifier)
	require.NoError(w.t, err)
	return w
}

func isFatal(err error) bool {
	_, ok := errors.AsType[*target.FatalError](err)
	return ok
}

func notFatal(t *testing.T, err error) {
	t.Helper()
	assert.False(t, isFatal(err), "it concerns this change only: %v", err)
}
