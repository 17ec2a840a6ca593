package box_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// write is one write of the small Box, and what it comes to.
type write struct {
	method  string // of the call that does it
	setup   func(w *world)
	do      func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error)
	effect  string   // as world.actions says it
	members []string // of Ops, afterwards
}

// world is the small Box, in the state that the write needs.
func (op write) world(t testingT, bends ...func(http.Handler) http.Handler) *world {
	t.Helper()
	w := small(t, bends...)
	if op.setup != nil {
		op.setup(w)
	}
	return w
}

// unreadable is that Box, in which reading fails so once the write has come.
func (op write) unreadable(t testingT, failures ...emulator.Failure) *world {
	t.Helper()
	var (
		w    *world
		once sync.Once
	)
	w = op.world(t, before(op.method+" /", func(*http.Request) {
		once.Do(func() {
			for _, f := range failures {
				f.Method = http.MethodGet
				w.Inject(f)
			}
		})
	}))
	return w
}

func writes() map[string]write {
	ops := func(w *world, login string, id target.MembershipID) target.Place {
		place := w.place("Ops", login)
		place.Membership = id
		return place
	}
	return map[string]write{
		"create_group": {
			method: http.MethodPost,
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.CreateGroup(ctx, "Dev", ids+"2", target.Settings{})
			},
			effect: "create_group Dev", members: []string{ann + " admin"},
		},
		// An older group whose name differs in case must not be taken for it.
		"create_group_beside_namesake": {
			method: http.MethodPost,
			setup:  func(w *world) { w.mustAddGroup("DEV", "okta:1") },
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.CreateGroup(ctx, "Dev", ids+"2", target.Settings{})
			},
			effect: "create_group Dev", members: []string{ann + " admin"},
		},
		"rename_group": {
			method: http.MethodPut,
			setup:  func(w *world) { w.mustAddGroup("Old", "") },
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.RenameGroup(ctx, 10002, "New")
			},
			effect: "update_group New", members: []string{ann + " admin"},
		},
		"update_group": {
			method: http.MethodPut,
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.UpdateGroup(ctx, 10001, target.Settings{target.Description: "Runs it"})
			},
			effect: "update_group Ops", members: []string{ann + " admin"},
		},
		"adopt_group": {
			method: http.MethodPut,
			setup:  func(w *world) { w.mustAddGroup("Dev", "") },
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.TakeOver(ctx, 10002, "", ids+"2")
			},
			effect: "update_group Dev " + ids + "2", members: []string{ann + " admin"},
		},
		"rekey_group": {
			method: http.MethodPut,
			setup:  func(w *world) { w.mustAddGroup("Dev", "rollcall:main:old:2") },
			do: func(ctx context.Context, _ *world, writer *box.Writer) (target.Answer, error) {
				return writer.TakeOver(ctx, 10002, "rollcall:main:old:2", ids+"2")
			},
			effect: "update_group Dev " + ids + "2", members: []string{ann + " admin"},
		},
		"add_member": {
			method: http.MethodPost,
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.Add(ctx, w.place("Ops", bob), target.RoleMember)
			},
			effect: "add_member " + bob + " member", members: []string{ann + " admin", bob + " member"},
		},
		"add_admin": {
			method: http.MethodPost,
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.Add(ctx, w.place("Ops", bob), target.RoleAdmin)
			},
			effect: "add_member " + bob + " admin", members: []string{ann + " admin", bob + " admin"},
		},
		"add_admin_over_member": {
			method: http.MethodPut,
			setup:  func(w *world) { w.addToOps(bob, "member") },
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.Add(ctx, w.place("Ops", bob), target.RoleAdmin)
			},
			effect: "change_member " + bob + " admin", members: []string{ann + " admin", bob + " admin"},
		},
		"promote": {
			method: http.MethodPut,
			setup:  func(w *world) { w.addToOps(bob, "member") },
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.SetRole(ctx, ops(w, bob, 30002), target.RoleAdmin)
			},
			effect: "change_member " + bob + " admin", members: []string{ann + " admin", bob + " admin"},
		},
		"demote": {
			method: http.MethodPut,
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.SetRole(ctx, ops(w, ann, 30001), target.RoleMember)
			},
			effect: "change_member " + ann + " member", members: []string{ann + " member"},
		},
		"remove": {
			method: http.MethodDelete,
			do: func(ctx context.Context, w *world, writer *box.Writer) (target.Answer, error) {
				return writer.Remove(ctx, ops(w, ann, 30001))
			},
			effect: "remove_member " + ann + " ", members: []string{},
		},
	}
}

// Whatever becomes of the answers, the write is made once and counted so.
func TestWriter_survives_trouble(t *testing.T) {
	t.Parallel()
	for trouble, failures := range map[string][]emulator.Failure{
		"503_before":          {{Status: 503}},
		"503_after":           {{Status: 503, After: true}},
		"502_after":           {{Status: 502, After: true}},
		"reset_before":        {{}},
		"reset_after":         {{After: true}},
		"both_after":          {{After: true}, {Status: 500, After: true}},
		"before_then_after":   {{Status: 500}, {After: true}},
		"exhausted_after":     {{Status: 503, After: true, Times: attempts}},
		"exhausted_resets":    {{After: true, Times: attempts}},
		"exhausted_at_last":   {{Status: 500, Times: attempts - 1}, {After: true}},
		"exhausted_but_first": {{After: true}, {Status: 500, Times: attempts - 1}},
	} {
		for name, tc := range writes() {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := tc.world(t)
				for _, f := range failures {
					f.Method = tc.method
					w.Inject(f)
				}

				got, err := tc.do(t.Context(), w, w.writer())

				require.NoError(t, err)
				assert.Equal(t, target.Applied, got.State, got.Found)
				assert.NotZero(t, got.Group)
				assert.Empty(t, got.Found)
				assert.Equal(t, []string{tc.effect}, w.actions())
				assert.Equal(t, tc.members, w.Members("Ops"))
			})
		}
	}
}

// A write that was never made is an error of that change, and only of that one.
// One that may have been made is sent once more before that.
func TestWriter_gives_up(t *testing.T) {
	t.Parallel()
	for trouble, failure := range map[string]emulator.Failure{
		"503":   {Status: 503, Times: 2 * attempts},
		"reset": {Times: 2 * attempts},
		"429":   {Status: 429, Times: attempts},
	} {
		for name, tc := range writes() {
			t.Run(name+"/"+trouble, func(t *testing.T) {
				t.Parallel()
				w := tc.world(t)
				ordered := failure
				ordered.Method = tc.method
				w.Inject(ordered)

				got, err := tc.do(t.Context(), w, w.writer())

				require.Error(t, err)
				notFatal(t, err)
				assert.Zero(t, got)
				assert.NotContains(t, err.Error(), "\n", "errors stand on one line")
				assert.Empty(t, w.Journal())
				sent := 0
				for _, line := range w.lines() {
					if strings.HasPrefix(line, tc.method) {
						sent++
					}
				}
				if name != "add_admin_over_member" { // which begins with a POST
					assert.Equal(t, failure.Times, sent, "writes")
				}
			})
		}
	}
}

// Reading back can fail as well, twice: then nobody knows, and both errors are
// told.
func TestWriter_cannot_read_back(t *testing.T) {
	t.Parallel()
	for name, tc := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tc.unreadable(t, emulator.Failure{Status: 500, Times: 2 * attempts})
			w.Inject(emulator.Failure{Method: tc.method, Status: 503, Times: 2 * attempts})

			_, err := tc.do(t.Context(), w, w.writer())

			require.ErrorContains(t, err, "503")
			require.ErrorContains(t, err, "reading back: GET ")
			notFatal(t, err)
		})
	}
}

// What Box says now forbids the write: it is not forced.
func TestWriter_skips_what_has_changed(t *testing.T) {
	t.Parallel()
	gone := func(w *world) error { return w.RemoveMember("Ops", ann) }
	elsewhere := func(w *world) error {
		_, err := w.mustAddGroup("Dev", "").AddMember("Dev", ann, "admin")
		return errors.Join(err, gone(w))
	}
	userGone := func(w *world) error { return w.RemoveUser(ann) }
	groupGone := func(w *world) error { return w.RemoveGroup("Ops") }
	back := func(role string) func(w *world) error {
		return func(w *world) error {
			w.t.Helper()
			require.NoError(w.t, w.RemoveMember("Ops", ann))
			w.addToOps(ann, role)
			return nil
		}
	}
	set := func(role target.Role) func(context.Context, *box.Writer, target.Place) (target.Answer, error) {
		return func(ctx context.Context, writer *box.Writer, place target.Place) (target.Answer, error) {
			return writer.SetRole(ctx, place, role)
		}
	}
	remove := func(ctx context.Context, writer *box.Writer, place target.Place) (target.Answer, error) {
		return writer.Remove(ctx, place)
	}
	for name, tc := range map[string]struct {
		happens func(w *world) error
		do      func(context.Context, *box.Writer, target.Place) (target.Answer, error)
		state   target.State
		found   string
	}{
		"promote/gone":             {gone, set(target.RoleAdmin), target.Skipped, "is no longer in the group"},
		"demote/gone":              {gone, set(target.RoleMember), target.Skipped, "is no longer in the group"},
		"promote/elsewhere_only":   {elsewhere, set(target.RoleAdmin), target.Skipped, "is no longer in the group"},
		"remove/elsewhere_only":    {elsewhere, remove, target.Already, "is no longer in the group"},
		"demote/user_gone":         {userGone, set(target.RoleMember), target.Skipped, "is no longer in the group"},
		"demote/group_gone":        {groupGone, set(target.RoleMember), target.Skipped, "is no longer in the group"},
		"demote/back_as_admin":     {back("admin"), set(target.RoleMember), target.Skipped, "was removed and added again, as admin"},
		"demote/back_as_member":    {back("member"), set(target.RoleMember), target.Skipped, "was removed and added again, as member"},
		"promote/back_as_member":   {back("member"), set(target.RoleAdmin), target.Skipped, "was removed and added again, as member"},
		"remove/gone":              {gone, remove, target.Already, "is no longer in the group"},
		"remove/user_gone":         {userGone, remove, target.Already, "is no longer in the group"},
		"remove/group_gone":        {groupGone, remove, target.Already, "is no longer in the group"},
		"remove/back_as_member":    {back("member"), remove, target.Skipped, "was removed and added again, as member"},
		"remove/back_as_an_admin":  {back("admin"), remove, target.Skipped, "was removed and added again, as admin"},
		"remove/back_in_two_steps": {func(w *world) error { _ = back("admin")(w); return back("member")(w) }, remove, target.Skipped, "was removed and added again, as member"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(t)
			place := w.place("Ops", ann)
			place.Membership = 30001
			require.NoError(t, tc.happens(w))
			before := w.Members("Ops")

			got, err := tc.do(t.Context(), w.writer(), place)

			require.NoError(t, err)
			assert.Equal(t, target.Answer{State: tc.state, Group: place.Group, Found: tc.found}, got)
			assert.Empty(t, w.Journal())
			assert.Equal(t, before, w.Members("Ops"))
		})
	}
}

// Whom somebody else added in the role that we did not ask for was not added by
// us, even if our first answer was lost.
func TestWriter_Add_lost_answer_and_found_as_admin(t *testing.T) {
	t.Parallel()
	w := small(t)
	w.Inject(emulator.Failure{Method: http.MethodPost})

	got, err := w.writer().Add(t.Context(), w.place("Ops", ann), target.RoleMember)

	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Already, Group: w.group("Ops"), Found: "is in the group already, as admin", OtherRole: true}, got)
}

// Membership that Box denies and shows at once stays an error.
func TestWriter_contradictions_are_errors(t *testing.T) {
	t.Parallel()
	w := small(t, refusing("PUT /group_memberships/", http.StatusNotFound, "not_found"),
		refusing("DELETE /group_memberships/", http.StatusNotFound, "not_found"),
		refusing("POST /group_memberships", http.StatusConflict, "conflict"))
	place := w.place("Ops", ann)
	place.Membership = 30001

	_, err := w.writer().SetRole(t.Context(), place, target.RoleMember)
	assert.Equal(t, boxapi.NotFound, boxapi.KindOf(err))
	_, err = w.writer().Remove(t.Context(), place)
	assert.Equal(t, boxapi.NotFound, boxapi.KindOf(err))
	_, err = w.writer().Add(t.Context(), w.place("Ops", bob), target.RoleMember)
	assert.Equal(t, boxapi.Conflict, boxapi.KindOf(err))
}

// A user with more groups than Box lists may be in the group after all.
func TestWriter_does_not_guess_beyond_the_ceiling(t *testing.T) {
	t.Parallel()
	w := small(t, onJSON("GET /users/", func(_ *http.Request, body map[string]any) { body["total_count"] = 10001 }))
	place := w.place("Ops", bob)
	place.Membership = 39999

	_, err := w.writer().Remove(t.Context(), place)

	require.ErrorContains(t, err, "reading back: user "+place.User.String()+" is in 10001 groups, and Box lists no more than 10000")
	notFatal(t, err)
}

// The group went while we asked whether it has its new name.
func TestWriter_RenameGroup_lost_answer_and_gone(t *testing.T) {
	t.Parallel()
	var w *world
	w = small(t, before("GET /groups/", func(*http.Request) { assert.NoError(t, w.RemoveGroup("New")) }))
	ops := w.group("Ops")
	w.Inject(emulator.Failure{Method: http.MethodPut, After: true, Times: attempts})

	got, err := w.writer().RenameGroup(t.Context(), ops, "New")

	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Skipped, Group: ops, Found: "the group is gone"}, got)
}
