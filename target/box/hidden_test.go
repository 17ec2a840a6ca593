package box_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// hidingAnn keeps ann's rows of the lists that begin so back; the total still
// counts them.
func hidingAnn(line string) func(http.Handler) http.Handler {
	return onJSON(line, func(_ *http.Request, body map[string]any) {
		rows := []any{}
		for _, row := range entries(body) {
			if row["user"].(map[string]any)["login"] != ann {
				rows = append(rows, row)
			}
		}
		body["entries"] = rows
	})
}

// nameless shows the rows of a list without saying what their other end is.
func nameless(line, end string) func(http.Handler) http.Handler {
	return onJSON(line, func(_ *http.Request, body map[string]any) {
		for _, row := range entries(body) {
			row[end] = nil
		}
	})
}

// announcing has the lists that begin so say that they are so long.
func announcing(line string, n int) func(http.Handler) http.Handler {
	return onJSON(line, func(_ *http.Request, body map[string]any) { body["total_count"] = n })
}

const (
	usersLists  = "GET /users/"
	groupsLists = "GET /groups/"
)

// sight is what a reading back comes to.
type sight int

const (
	unknown sight = iota
	inside
	gone
)

// Where the user's own memberships leave it open, the group's decide.
func TestWriter_does_not_read_hidden_as_gone(t *testing.T) {
	t.Parallel()
	invisible := refusing(usersLists, http.StatusNotFound, "not_found")
	for name, tc := range map[string]struct {
		login string // ann is in the group, bob is not
		bends []func(http.Handler) http.Handler
		calls int // to read back
		want  sight
	}{
		"shown":                {ann, nil, 1, inside},
		"not_there":            {bob, nil, 1, gone},
		"row_hidden":           {ann, bends(hidingAnn(usersLists)), 2, inside},
		"other_row_hidden":     {bob, bends(announcing(usersLists, 1)), 2, gone},
		"row_without_group":    {ann, bends(nameless(usersLists, "group")), 2, inside},
		"row_denied_by_total":  {ann, bends(nameless(usersLists, "group"), announcing(usersLists, 0)), 3, inside},
		"user_invisible":       {ann, bends(invisible), 2, inside},
		"user_gone":            {bob, bends(invisible), 2, gone},
		"both_hide":            {ann, bends(hidingAnn(usersLists), hidingAnn(groupsLists)), 2, unknown},
		"group_hides_somebody": {bob, bends(announcing(usersLists, 1), announcing(groupsLists, 2)), 2, unknown},
		"group_shows_and_hides": {
			ann, bends(hidingAnn(usersLists), announcing(groupsLists, 7)), 2, inside,
		},
		"group_names_nobody":  {ann, bends(invisible, nameless(groupsLists, "user")), 2, unknown},
		"group_too_long":      {bob, bends(invisible, announcing(groupsLists, 10001)), 11, unknown},
		"group_invisible_too": {ann, bends(invisible, refusing(groupsLists, http.StatusNotFound, "not_found")), 2, unknown},
		"group_unreadable":    {ann, bends(invisible, refusing(groupsLists, http.StatusBadRequest, "bad_request")), 2, unknown},
	} {
		for verb, op := range readBacks() {
			t.Run(verb+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := small(t, append(tc.bends, refusing("POST /group_memberships", http.StatusConflict, "conflict"))...)
				place := w.place("Ops", tc.login)
				place.Membership = 39999 // which Box does not know

				got, err := op.do(t.Context(), w.writer(), place)

				calls := tc.calls
				if verb == "add" && tc.want == gone { // which contradicts Box's 409
					calls *= looks
				}
				assert.Len(t, w.lines(), 1+calls)
				want, settled := op.want[tc.want]
				if settled {
					require.NoError(t, err)
					want.Group = place.Group
					assert.Equal(t, want, got)
					return
				}
				require.Error(t, err)
				notFatal(t, err)
				maybe := "reading back: user " + place.User.String() + " may be in group " + place.Group.String() + " or not"
				assert.Equal(t, tc.want == unknown, strings.Contains(err.Error(), maybe), "%v", err)
			})
		}
	}
}

// Nobody knows what is beyond the last page, also where the total denies that
// there is anything.
func TestWriter_does_not_guess_beyond_the_brink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, refusing(usersLists, http.StatusNotFound, "not_found"), announcing(groupsLists, 1))
	w.seed(append(crowd("Ops", boxapi.OffsetCeiling), ",,"+bob+",Bob,")...)
	place := w.place("Ops", bob)
	place.Membership = 99999

	_, err := w.writer().Remove(t.Context(), place)

	require.ErrorContains(t, err, "may be in group "+place.Group.String()+" or not")
}

func bends(b ...func(http.Handler) http.Handler) []func(http.Handler) http.Handler { return b }

// readBack is a write that is read back, and its answers; none is an error.
type readBack struct {
	do   func(context.Context, *box.Writer, target.Place) (target.Answer, error)
	want map[sight]target.Answer
}

func readBacks() map[string]readBack {
	back := target.Answer{State: target.Skipped, Found: "was removed and added again, as admin"}
	left := "is no longer in the group"
	return map[string]readBack{
		"remove": {
			func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
				return w.Remove(ctx, p)
			},
			map[sight]target.Answer{inside: back, gone: {State: target.Already, Found: left}},
		},
		"set_role": {
			func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
				return w.SetRole(ctx, p, target.RoleMember)
			},
			map[sight]target.Answer{inside: back, gone: {State: target.Skipped, Found: left}},
		},
		"add": {
			func(ctx context.Context, w *box.Writer, p target.Place) (target.Answer, error) {
				return w.Add(ctx, p, target.RoleAdmin)
			},
			map[sight]target.Answer{inside: {State: target.Already, Found: "is in the group already, as admin"}},
		},
	}
}
