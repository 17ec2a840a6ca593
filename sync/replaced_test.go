package sync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// keepingAdmins has the rule on last admins, and no limits.
func keepingAdmins() plan.Options {
	o := options()
	o.Limits.HoldLastAdmin = true
	return o
}

// granting is a memoryBox that answers grants otherwise.
type granting struct {
	*memoryBox
	answer func(target.Answer, error) (target.Answer, error)
}

func (g granting) Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	if role != target.RoleAdmin {
		return g.memoryBox.Add(ctx, place, role)
	}
	return g.answer(g.memoryBox.Add(ctx, place, role))
}

// DefGuard/defguard#3184: the grant that was to replace a group's last admin was
// refused, and the admin was gone. Here whoever is admin stays until another one is.
func TestApply_lastAdminWaitsForTheGrant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(target.Answer, error) (target.Answer, error)
		want   plan.Result // of what takes ann
	}{
		"made": {
			func(a target.Answer, err error) (target.Answer, error) { return a, err }, plan.Result{Outcome: plan.Applied},
		},
		"made-already": {
			func(target.Answer, error) (target.Answer, error) {
				return target.Answer{State: target.Already, Found: "is in the group already, as admin"}, nil
			}, plan.Result{Outcome: plan.Applied},
		},
		"refused": {
			func(target.Answer, error) (target.Answer, error) { return target.Answer{}, errors.New("403") },
			plan.Result{Detail: "needs %q, which was not made"},
		},
		"never-sent": {
			func(target.Answer, error) (target.Answer, error) {
				return target.Answer{}, &target.NotSentError{Err: errors.New("the run ended")}
			}, plan.Result{Detail: "needs %q, which was not made"},
		},
		"no-longer-wanted": {
			func(target.Answer, error) (target.Answer, error) {
				return target.Answer{State: target.Skipped, Found: "gone"}, nil
			}, plan.Result{Outcome: plan.Skipped, Detail: "needs %q, which was skipped"},
		},
		"in-another-role": {
			func(a target.Answer, err error) (target.Answer, error) {
				a.Found, a.OtherRole = "Box gives the role member instead", true
				return a, err
			}, plan.Result{Outcome: plan.Skipped, Detail: "needs %q, which made nobody group admin"},
		},
	} {
		for wanted, taken := range map[string]string{"A: zoe admin, bob": "remove", "A: zoe admin, bob, ann member": "set_role"} {
			for _, order := range []groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst} {
				t.Run(fmt.Sprintf("%s_%s_%d", name, taken, order), func(t *testing.T) {
					t.Parallel()
					b := newBox("A: ann admin, bob, carl", "zoe")
					p, err := plan.Diff(roster("hr", wanted), b.snapshot(), keepingAdmins())
					require.NoError(t, err)
					require.Len(t, p.Changes, 3)
					r := groupsync.Apply(t.Context(), p, granting{b, test.answer}, groupsync.ApplyOptions{Concurrency: 4, Order: order})
					requireAccounted(t, p, r)
					i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return strings.HasPrefix(c.User.Login, "ann@") })
					require.Equal(t, taken, p.Changes[i].Kind.String())
					want := test.want
					if strings.Contains(want.Detail, "%q") {
						want.Detail = fmt.Sprintf(want.Detail, "add zoe@acme.example in A")
					}
					assert.Equal(t, want, r.Results[i])
					ann := b.members[p.Changes[i].Group.ID][b.user("ann").ID]
					assert.Equal(t, want.Outcome != plan.Applied, ann.Role == target.RoleAdmin)
					assert.NotContains(t, b.members[p.Changes[i].Group.ID], b.user("carl").ID, "who is no admin waits for nothing")
				})
			}
		}
	}
}

// The same against the emulator: what the program would do to Box.
func TestApply_lastAdminStaysWhereBoxRefusesTheGrant(t *testing.T) {
	t.Parallel()
	for _, order := range []groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst} {
		for _, method := range []string{"POST", "PUT"} { // an add as admin, a change of role
			wanted := map[string]string{"POST": "A: zoe admin, bob", "PUT": "A: bob admin"}[method]
			t.Run(fmt.Sprintf("%s_%d", method, order), func(t *testing.T) {
				t.Parallel()
				b := emulator.New(emulator.Options{})
				require.NoError(t, b.LoadSeed(strings.NewReader("group,external_sync_identifier,login,role\n,,zoe@acme.example,\n"+
					"A,rollcall:main:hr:a,ann@acme.example,admin\nA,,bob@acme.example,member\n"), "box.csv"))
				api, err := boxapi.New(boxapi.Config{
					Auth:      boxapi.ClientCredentials{ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), SubjectID: "900001"},
					Transport: wire{b},
				})
				require.NoError(t, err)
				reader, writer := box.NewReader(api, 4), box.NewWriter(api, target.AdminPermissions{})
				sources := []groupsync.Source{saying("hr", wanted)}
				p, err := makePlan(t.Context(), sources, reader, keepingAdmins())
				require.NoError(t, err)
				require.Len(t, p.Changes, 2)

				b.Inject(emulator.Failure{Method: method, PathPrefix: "/2.0/group_memberships", Status: 403, Code: "forbidden_by_policy"})
				r := groupsync.Apply(t.Context(), p, writer, groupsync.ApplyOptions{Concurrency: 4, Order: order})
				require.NoError(t, r.Stopped)
				assert.Equal(t, plan.Tally{Failed: 1, NotAttempted: 1}, requireAccounted(t, p, r))
				assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member"}, b.Members("A"))

				again, err := makePlan(t.Context(), sources, reader, keepingAdmins())
				require.NoError(t, err)
				assert.Equal(t, p.Digest(), again.Digest(), "the next run tries the same")
				r = groupsync.Apply(t.Context(), again, writer, groupsync.ApplyOptions{Concurrency: 4, Order: order})
				assert.Equal(t, plan.Tally{Applied: 2}, requireAccounted(t, again, r))
				actions := []string{}
				for _, e := range b.Journal() {
					actions = append(actions, e.Action+" "+e.Login)
				}
				require.Len(t, actions, 2)
				assert.Equal(t, "remove_member ann@acme.example", actions[1], "the grant comes first")
			})
		}
	}
}

// refusing is a memoryBox that takes nobody into a group.
type refusing struct{ *memoryBox }

func (refusing) Add(context.Context, target.Place, target.Role) (target.Answer, error) {
	return target.Answer{}, errors.New("400")
}

// Where everybody in a group is replaced and Box takes none of those who come, the
// group keeps those whom it has.
func TestApply_nobodyGoesBeforeSomebodyComes(t *testing.T) {
	t.Parallel()
	for _, order := range []groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst} {
		for name, left := range map[string]string{"taken": "A: dora, eric", "refused": "A: ann, bob"} {
			b := newBox("A: ann, bob", "dora, eric")
			o := options()
			o.Limits.HoldEmptyGroup = true
			p, err := plan.Diff(roster("hr", "A: dora, eric"), b.snapshot(), o)
			require.NoError(t, err)
			var w groupsync.Writer = b
			if name == "refused" {
				w = refusing{b}
			}
			r := groupsync.Apply(t.Context(), p, w, groupsync.ApplyOptions{Concurrency: 4, Order: order})
			requireAccounted(t, p, r)
			after, err := plan.Diff(roster("hr", left), b.snapshot(), o)
			require.NoError(t, err)
			assert.Empty(t, after.Changes, "%s, order %d", name, order)
		}
	}
}
