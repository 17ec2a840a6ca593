package box_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// manyUsers makes Account believe in an enterprise of so many pages that asking
// one by one is cheaper.
func manyUsers(r *http.Request, body map[string]any) {
	if r.URL.Query().Get("limit") == "1" {
		body["total_count"] = 5000
	}
}

// What Box tells of an account comes out the same whichever way it was asked.
func TestReader_Users_standing(t *testing.T) {
	t.Parallel()
	active := target.Standing{Status: target.Active, Role: target.EnterpriseUser}
	with := func(edit func(*target.Standing)) target.Standing {
		s := active
		edit(&s)
		return s
	}
	for name, tc := range map[string]struct {
		user emulator.User
		want target.Standing
	}{
		"user":          {emulator.User{}, active},
		"co-admin":      {emulator.User{Role: "coadmin"}, with(func(s *target.Standing) { s.Role = target.EnterpriseCoAdmin })},
		"main_admin":    {emulator.User{Role: "admin"}, with(func(s *target.Standing) { s.Role = target.EnterpriseAdmin })},
		"inactive":      {emulator.User{Status: "inactive"}, with(func(s *target.Standing) { s.Status = target.Inactive })},
		"restricted":    {emulator.User{Status: "cannot_delete_edit"}, active},
		"no_upload":     {emulator.User{Status: "cannot_delete_edit_upload"}, active},
		"app_user":      {emulator.User{Kind: emulator.App}, with(func(s *target.Standing) { s.App = true })},
		"app_by_login":  {emulator.User{Login: "AppUser_1_x@BoxDevEdition.com"}, with(func(s *target.Standing) { s.App = true })},
		"not_the_app's": {emulator.User{Login: "x@notboxdevedition.com"}, active},
	} {
		for _, way := range []string{"searching", "listing", "asking", "listing_ids"} {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, onJSON("GET /users", manyUsers))
				user := tc.user
				if user.Login == "" {
					user.Login = "ann@acme.example"
				}
				_, err := w.AddUser(user)
				require.NoError(t, err)
				_, err = w.AddUser(emulator.User{Login: "other@acme.example", Role: "coadmin", Status: "inactive"})
				require.NoError(t, err)
				reader := box.NewReader(w.client(), 2)
				if way == "searching" || way == "asking" {
					reader = knowing(t, w)
				}
				logins, ids := []string{user.Login}, []target.UserID(nil)
				if way == "asking" || way == "listing_ids" {
					logins, ids = nil, []target.UserID{w.user(user.Login)}
				}

				got, _, err := reader.Users(t.Context(), logins, ids)

				require.NoError(t, err)
				assert.Equal(t, []target.User{{ID: w.user(user.Login), Login: user.Login, Name: user.Name, Standing: tc.want}}, got)
			})
		}
	}
}

// Words that Box does not document tell nothing.
func TestReader_Users_unheardOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /users", func(_ *http.Request, body map[string]any) {
		for _, u := range body["entries"].([]any) {
			u.(map[string]any)["status"], u.(map[string]any)["role"] = "asleep", "owner"
		}
	})).seed(",,ann@acme.example,Ann,")
	got, _, err := box.NewReader(w.client(), 1).Users(t.Context(), []string{"ann@acme.example"}, nil)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Zero(t, got[0].Standing)
}

// A user is external whose enterprise is another, or of whom Box may not even say
// whether the account is active. One that merely came without an enterprise is
// not: nobody is kept out of their groups by an answer that lacks a field.
func TestReader_Users_external(t *testing.T) {
	t.Parallel()
	enterprise := func(id string) any { return map[string]any{"type": "enterprise", "id": id, "name": "X"} }
	for name, tc := range map[string]struct {
		fields map[string]any
		want   bool
	}{
		"nothing_is_told":         {map[string]any{"enterprise": nil, "status": nil, "role": nil}, true},
		"of_another":              {map[string]any{"enterprise": enterprise("7")}, true},
		"of_another_and_no_more":  {map[string]any{"enterprise": enterprise("7"), "status": nil, "role": nil}, true},
		"ours":                    {map[string]any{"enterprise": enterprise("900001")}, false},
		"ours_and_no_more":        {map[string]any{"enterprise": enterprise("900001"), "status": nil, "role": nil}, false},
		"without_enterprise":      {map[string]any{"enterprise": nil}, false},
		"with_a_status_only":      {map[string]any{"enterprise": nil, "role": nil}, false},
		"with_a_role_and_no_more": {map[string]any{"enterprise": nil, "status": nil}, false},
	} {
		for _, by := range []string{"login", "id"} {
			t.Run(name+"/by_"+by, func(t *testing.T) {
				t.Parallel()
				bend := func(u any) { maps.Copy(u.(map[string]any), tc.fields) }
				w := newWorld(t, onJSON("GET /users", func(r *http.Request, body map[string]any) {
					manyUsers(r, body)
					switch entries, list := body["entries"].([]any); {
					case r.URL.Path == "/2.0/users/me":
					case !list:
						bend(body)
					case len(entries) > 0:
						bend(entries[0])
					}
				})).seed(",,ann@acme.example,Ann,")
				reader, logins, ids := knowing(t, w), []string{"ann@acme.example"}, []target.UserID(nil)
				if by == "id" {
					logins, ids = nil, []target.UserID{w.user("ann@acme.example")}
				}
				got, _, err := reader.Users(t.Context(), logins, ids)
				require.NoError(t, err)
				require.Len(t, got, 1)
				assert.Equal(t, tc.want, got[0].Standing.External)
			})
		}
	}
}

// Without an enterprise of our own nobody is of another.
func TestReader_Users_withoutOurEnterprise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onJSON("GET /users", manyUsers), onJSON("GET /users/me", func(_ *http.Request, body map[string]any) {
		body["enterprise"] = nil
	})).seed(",,ann@acme.example,Ann,")
	got, _, err := knowing(t, w).Users(t.Context(), []string{"ann@acme.example"}, nil)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.False(t, got[0].Standing.External)
}

// Logins and roles are asked for together, and the cheaper way is that of both.
func TestReader_Users_roles_count(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		users, logins, ids     int
		searches, gets, listed int
		how                    string
	}{
		"one_id":            {10, 0, 1, 0, 1, 0, "asked for the enterprise role of 1 user one by one"},
		"two_ids":           {1500, 0, 2, 0, 2, 0, "asked for the enterprise roles of 2 users one by one"},
		"two_ids_of_a_page": {10, 0, 2, 0, 0, 1, "looked for the enterprise roles of 2 users in the list of all users"},
		"one_of_each":       {1500, 1, 1, 1, 1, 0, "searched for 1 login and asked for the enterprise role of 1 user one by one"},
		"one_too_many":      {1500, 1, 2, 0, 0, 2, "looked for 1 login and the enterprise roles of 2 users in the list of all users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).seed(crowd("", tc.users)...)
			reader := knowing(t, w)
			var logins, want []string
			var ids []target.UserID
			for i := range tc.logins {
				logins = append(logins, fmt.Sprintf("p%d@acme.example", i))
			}
			for i := range tc.ids {
				login := fmt.Sprintf("p%d@acme.example", 5+i)
				ids, want = append(ids, w.user(login)), append(want, login)
			}

			got, how, err := reader.Users(t.Context(), logins, ids)

			require.NoError(t, err)
			assert.Equal(t, tc.how, how)
			assert.Equal(t, append(append([]string{}, logins...), want...), loginsOf(got))
			searches, gets, pages := 0, 0, 0
			for _, r := range w.requests() {
				switch {
				case r.line != "GET /users":
					gets++
					assert.Equal(t, "name,login,status,role,is_platform_access_only,enterprise", r.query.Get("fields"))
				case r.query.Get("usemarker") == "true":
					pages++
				default:
					searches++
				}
			}
			assert.Equal(t, [3]int{tc.searches, tc.gets, tc.listed}, [3]int{searches, gets, pages})
		})
	}
}

// Somebody who has gone since the listing is no error: the write will tell.
func TestReader_Users_goneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(crowd("", 1500)...)
	reader := knowing(t, w)
	ids := []target.UserID{w.user("p1@acme.example"), w.user("p2@acme.example")}
	require.NoError(t, w.RemoveUser("p1@acme.example"))
	got, _, err := reader.Users(t.Context(), nil, ids)
	require.NoError(t, err)
	assert.Equal(t, []string{"p2@acme.example"}, loginsOf(got))
}

func TestReader_Users_askingFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(crowd("", 1500)...)
	reader := knowing(t, w)
	id := w.user("p1@acme.example")
	w.Inject(emulator.Failure{PathPrefix: "/2.0/users/" + id.String(), Status: http.StatusForbidden})
	got, how, err := reader.Users(t.Context(), []string{"p0@acme.example"}, []target.UserID{id})
	require.ErrorContains(t, err, "looking up users in Box: GET /users/"+id.String()+": 403 ")
	assert.Empty(t, got)
	assert.Empty(t, how)
}

// Listings tell an app's account by its login, without a call.
func TestReader_Members_tellsApps(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed("Ops,,AppUser_7_x@boxdevedition.com,Robot,", "Ops,,ann@acme.example,Ann,")
	var got []target.User
	require.NoError(t, box.NewReader(w.client(), 1).Members(t.Context(), []target.GroupID{w.group("Ops")}, func(l target.Listing) error {
		got = l.Users
		return nil
	}))
	assert.Equal(t, []target.User{
		{ID: w.user("AppUser_7_x@boxdevedition.com"), Login: "AppUser_7_x@boxdevedition.com", Name: "Robot", Standing: target.Standing{App: true}},
		{ID: w.user("ann@acme.example"), Login: "ann@acme.example", Name: "Ann"},
	}, got)
}

func emailAliases(byID map[string][]any) func(http.Handler) http.Handler {
	return onJSON("GET /users/", func(r *http.Request, body map[string]any) {
		if id, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2.0/users/"), "/email_aliases"); ok {
			body["entries"] = byID[id]
			if byID[id] == nil {
				body["entries"] = []any{}
			}
		}
	})
}

func emailAlias(email string, confirmed bool) any {
	return map[string]any{"type": "email_alias", "id": "1", "email": email, "is_confirmed": confirmed}
}

// One call for each user, in the order of the users whatever the order of the
// answers.
func TestReader_Aliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emailAliases(map[string][]any{
		"20001": {emailAlias("Ann.Old@acme.example", true), emailAlias("a@acme.example", false)},
		"20003": {emailAlias("cid.old@acme.example", true)},
	})).seed(crowd("", 4)...)

	got, how, err := box.NewReader(w.client(), 3).Aliases(t.Context(), []target.UserID{20001, 20002, 20003, 20004})

	require.NoError(t, err)
	assert.Equal(t, "asked 4 members for their e-mail aliases", how)
	assert.Equal(t, []target.Alias{
		{User: 20001, Email: "Ann.Old@acme.example", Confirmed: true},
		{User: 20001, Email: "a@acme.example"},
		{User: 20003, Email: "cid.old@acme.example", Confirmed: true},
	}, got)
	assert.ElementsMatch(t, []string{
		"GET /users/20001/email_aliases", "GET /users/20002/email_aliases",
		"GET /users/20003/email_aliases", "GET /users/20004/email_aliases",
	}, w.lines())
}

func TestReader_Aliases_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(crowd("", 3)...)
	w.Inject(emulator.Failure{Times: attempts, PathPrefix: "/2.0/users/20002/email_aliases", Status: http.StatusInternalServerError})
	got, how, err := box.NewReader(w.client(), 1).Aliases(t.Context(), []target.UserID{20001, 20002})
	require.ErrorContains(t, err, "reading e-mail aliases in Box: GET /users/20002/email_aliases: 500 ")
	assert.Empty(t, got)
	assert.Empty(t, how)
}

// Box lists members whom the credentials may not see or manage otherwise. That
// they have no aliases is not what the answer says: whoever has the wanted address
// would go.
func TestReader_Aliases_untold(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(crowd("", 3)...)
	require.NoError(t, w.RemoveUser("p1@acme.example"))
	w.Inject(emulator.Failure{PathPrefix: "/2.0/users/20003/email_aliases", Status: http.StatusForbidden})
	got, how, err := box.NewReader(w.client(), 1).Aliases(t.Context(), []target.UserID{20001, 20002, 20003})
	require.NoError(t, err)
	assert.Equal(t, "asked 3 members for their e-mail aliases", how)
	assert.Equal(t, []target.Alias{{User: 20002, Untold: true}, {User: 20003, Untold: true}}, got)
}

// A proxy that answers 404 in Box's place does not say that a user is gone and
// has no aliases: somebody who is in a group by one would be removed.
func TestReader_Aliases_does_not_believe_a_proxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, err := w.AddUser(emulator.User{Login: "ann@acme.example", Name: "Ann", Aliases: []string{"a.smith@acme.example"}})
	require.NoError(t, err)
	ann, err := strconv.ParseUint(id, 10, 64)
	require.NoError(t, err)
	reader := box.NewReader(w.client(), 1)

	w.Inject(emulator.Failure{Times: attempts, Method: "GET", Status: 404, HTML: true})
	_, _, err = reader.Aliases(t.Context(), []target.UserID{target.UserID(ann)})
	assert.Equal(t, boxapi.Network, boxapi.KindOf(err))

	w.Inject(emulator.Failure{Method: "GET", Status: 404, HTML: true})
	aliases, _, err := reader.Aliases(t.Context(), []target.UserID{target.UserID(ann)})
	require.NoError(t, err)
	assert.Len(t, aliases, 1)
}
