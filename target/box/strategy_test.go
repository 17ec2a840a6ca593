package box_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// knowing returns a reader that has seen how many users there are.
func knowing(t *testing.T, w *world) *box.Reader {
	t.Helper()
	reader := box.NewReader(w.client(), 4)
	require.NoError(t, account(t, reader))
	w.requests()
	return reader
}

func loginsOf(users []target.User) []string {
	var out []string
	for _, u := range users {
		out = append(out, u.Login)
	}
	slices.Sort(out)
	return out
}

// cost counts the searches and the pages of the listing, and checks that
// nothing else was asked.
func cost(t *testing.T, w *world) (searches, pages int) {
	t.Helper()
	for _, r := range w.requests() {
		assert.Equal(t, "GET /users", r.line)
		assert.Equal(t, "name,login,status,role,is_platform_access_only,enterprise", r.query.Get("fields"))
		if r.query.Get("usemarker") == "true" {
			assert.Equal(t, "managed", r.query.Get("user_type"))
			assert.Empty(t, r.query.Get("filter_term"))
			pages++
		} else {
			assert.Equal(t, "all", r.query.Get("user_type"), "an external user is found at no extra cost")
			assert.NotEmpty(t, r.query.Get("filter_term"))
			searches++
		}
	}
	return searches, pages
}

func TestReader_Users_takes_the_cheaper_way(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		users, logins   int
		searches, pages int
		how             string
	}{
		"nobody_is_wanted":     {1500, 0, 0, 0, ""},
		"one":                  {10, 1, 1, 0, "searched for 1 login one by one"},
		"two_of_one_page":      {10, 2, 0, 1, "looked for 2 logins in the list of all users"},
		"one_full_page":        {1000, 2, 0, 1, "looked for 2 logins in the list of all users"},
		"as_dear_as_the_pages": {1001, 2, 2, 0, "searched for 2 logins one by one"},
		"more_than_the_pages":  {1001, 3, 0, 2, "looked for 3 logins in the list of all users"},
		"three_pages":          {2500, 3, 3, 0, "searched for 3 logins one by one"},
		"many":                 {2500, 200, 0, 3, "looked for 200 logins in the list of all users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).seed(crowd("", tc.users)...)
			reader := knowing(t, w)
			var wanted []string
			for i := range tc.logins {
				wanted = append(wanted, fmt.Sprintf("p%d@acme.example", i))
			}

			got, how, err := reader.Users(t.Context(), wanted, nil)

			require.NoError(t, err)
			assert.Equal(t, tc.how, how)
			slices.Sort(wanted)
			assert.Equal(t, wanted, loginsOf(got))
			searches, pages := cost(t, w)
			assert.Equal(t, tc.searches, searches, "searches")
			assert.Equal(t, tc.pages, pages, "pages")
		})
	}
}

// managed is how Box tells of most people.
var managed = target.Standing{Status: target.Active, Role: target.EnterpriseUser}

// Without a total the listing is the safe guess.
func TestReader_Users_before_Account(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed(",,ann@acme.example,Ann,")

	got, _, err := box.NewReader(w.client(), 1).Users(t.Context(), []string{"ann@acme.example"}, nil)

	require.NoError(t, err)
	assert.Equal(t, []target.User{{ID: w.user("ann@acme.example"), Login: "ann@acme.example", Name: "Ann", Standing: managed}}, got)
	searches, pages := cost(t, w)
	assert.Equal(t, [2]int{0, 1}, [2]int{searches, pages})
}

// likenesses are people whom a search by prefix confuses. Both ways of looking
// must tell them apart.
func likenesses(t *testing.T, w *world) {
	t.Helper()
	for _, u := range []emulator.User{
		{Login: "ann@acme.example.au", Name: "Ann of Australia"},
		{Login: "eve@acme.example", Name: "ann@acme.example"}, // a name like somebody's login
		{Login: "ann@acme.example", Name: "Ann"},
		{Login: "Bob@Acme.example", Name: "Bob"},
		{Login: "cid+box@acme.example", Name: "Cid"},
		{Login: "cidbox@acme.example", Name: "Cid Box"},
		{Login: "robot@boxdevedition.com", Name: "Robot", Kind: emulator.App},
		{Login: "fay@other.example", Name: "Fay", Kind: emulator.External},
	} {
		_, err := w.AddUser(u)
		require.NoError(t, err)
	}
}

func TestReader_Users_tells_likenesses_apart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wanted []string
		want   []string
	}{
		"prefix_of_another":         {[]string{"ann@acme.example"}, []string{"ann@acme.example"}},
		"longer_than_another":       {[]string{"ann@acme.example.au"}, []string{"ann@acme.example.au"}},
		"prefix_of_nobody's":        {[]string{"ann@acme"}, nil},
		"name_like_a_login":         {[]string{"eve@acme.example"}, []string{"eve@acme.example"}},
		"a_name_is_no_login":        {[]string{"Ann of Australia"}, nil},
		"other_case_wanted":         {[]string{"ANN@acme.Example"}, []string{"ann@acme.example"}},
		"other_case_in_Box":         {[]string{"bob@acme.example"}, []string{"Bob@Acme.example"}},
		"plus_sign":                 {[]string{"cid+box@acme.example"}, []string{"cid+box@acme.example"}},
		"no_plus_sign":              {[]string{"cidbox@acme.example"}, []string{"cidbox@acme.example"}},
		"space_for_plus":            {[]string{"cid box@acme.example"}, nil},
		"app_user":                  {[]string{"robot@boxdevedition.com"}, []string{"robot@boxdevedition.com"}},
		"external":                  {[]string{"fay@other.example"}, nil},
		"unknown":                   {[]string{"nobody@acme.example"}, nil},
		"some_unknown":              {[]string{"x@y", "ann@acme.example", "z@y"}, []string{"ann@acme.example"}},
		"wanted_twice":              {[]string{"ann@acme.example", "Ann@acme.example"}, []string{"ann@acme.example"}},
		"both_of_two_that_resemble": {[]string{"ann@acme.example", "ann@acme.example.au"}, []string{"ann@acme.example", "ann@acme.example.au"}},
	} {
		for _, way := range []string{"searching", "listing"} {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, onJSON("GET /users", func(r *http.Request, body map[string]any) {
					if r.URL.Query().Get("limit") == "1" { // as Account asks
						body["total_count"] = 5000
					}
				}))
				likenesses(t, w)
				reader := box.NewReader(w.client(), 4)
				if way == "searching" {
					reader = knowing(t, w)
				}

				got, _, err := reader.Users(t.Context(), tc.wanted, nil)

				require.NoError(t, err)
				want := tc.want
				if name == "external" && way == "searching" {
					want = tc.wanted // the list of managed users does not have them
				}
				assert.Equal(t, want, loginsOf(got))
				for _, u := range got {
					assert.Equal(t, w.user(u.Login), u.ID)
				}
				searches, pages := cost(t, w)
				if way == "searching" {
					distinct := slices.CompactFunc(slices.Clone(tc.wanted), strings.EqualFold)
					assert.Equal(t, [2]int{len(distinct), 0}, [2]int{searches, pages})
				} else {
					assert.Equal(t, [2]int{0, 1}, [2]int{searches, pages})
				}
			})
		}
	}
}

// A prefix with more than a page of people behind it hides nobody.
func TestReader_Users_search_has_pages(t *testing.T) {
	t.Parallel()
	const people = 1700
	w := newWorld(t).seed(crowd("", people)...)
	for i := range people {
		_, err := w.AddUser(emulator.User{Login: fmt.Sprintf("ann@acme.example.x%d", i)})
		require.NoError(t, err)
	}
	_, err := w.AddUser(emulator.User{Login: "ann@acme.example", Name: "Ann"})
	require.NoError(t, err)
	reader := knowing(t, w)

	got, _, err := reader.Users(t.Context(), []string{"ann@acme.example"}, nil)

	require.NoError(t, err)
	assert.Equal(t, []string{"ann@acme.example"}, loginsOf(got))
	assert.Equal(t, []int{0, 1000}, w.offsets())
}

// An error of one search is the error of them all; nobody is quietly unknown.
func TestReader_Users_fails_whole(t *testing.T) {
	t.Parallel()
	for _, logins := range []int{2, 5} { // by searching, by listing
		t.Run(fmt.Sprintf("%d_logins", logins), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).seed(crowd("", 1500)...)
			reader := knowing(t, w)
			w.Inject(emulator.Failure{PathPrefix: "/2.0/users", Status: http.StatusForbidden})
			var wanted []string
			for i := range logins {
				wanted = append(wanted, fmt.Sprintf("p%d@acme.example", i))
			}

			got, how, err := reader.Users(t.Context(), wanted, nil)

			require.ErrorContains(t, err, "looking up users in Box: GET /users: 403 ")
			assert.Empty(t, cmp.Or(how, strings.Join(loginsOf(got), ",")))
		})
	}
}

// A whole reading of a small world, call by call.
func TestReader_calls_of_a_small_world(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed("Ops,,ann@acme.example,Ann,admin", "Dev,,bob@acme.example,Bob,", ",,cid@acme.example,Cid,")
	reader := box.NewReader(w.client(), 1)

	require.NoError(t, account(t, reader))
	groups, _, err := reader.Groups(t.Context())
	require.NoError(t, err)
	var ids []target.GroupID
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	require.NoError(t, reader.Members(t.Context(), ids, func(target.Listing) error { return nil }))
	_, _, err = reader.Users(t.Context(), []string{"cid@acme.example"}, nil)
	require.NoError(t, err)

	assert.Equal(t, []string{
		"GET /users/me", "GET /users", "GET /groups",
		"GET /groups/" + ids[0].String() + "/memberships", "GET /groups/" + ids[1].String() + "/memberships", "GET /users",
	}, w.lines())
	assert.EqualValues(t, 6, reader.Calls())
}
