package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// keeping lets everything through but the loss of the last admin.
func keeping(o *plan.Options) { o.Limits = plan.Limits{HoldLastAdmin: true} }

func TestLastAdmin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box string
		known       []string
		edit        []func(*plan.Options)
		since       func(*target.Snapshot)
		changes     []string
		holds       []string
		reason      string
	}{
		"removed": {
			roster: "A: bob", box: "A: bob, ann admin, carl", changes: []string{"remove A carl (unexplained)"}, holds: []string{"last_admin A 1"},
			reason: "the group has 1 group admin, and none would be left",
		},
		"demoted": {
			roster: "A: bob, ann member", box: "A: bob, ann admin", holds: []string{"last_admin A 1"},
		},
		"both-admins-one-way-and-the-other": {
			roster: "A: bob, ann member", box: "A: bob, ann admin, carl admin, dora", changes: []string{"remove A dora (unexplained)"}, holds: []string{"last_admin A 2"},
			reason: "the group has 2 group admins, and none would be left",
		},
		"one-of-two": {
			roster: "A: bob, ann", box: "A: bob, ann admin, carl admin", changes: []string{"remove A carl (unexplained)"},
		},
		"no-admin-now": {
			roster: "A: bob", box: "A: bob, ann", changes: []string{"remove A ann (unexplained)"},
		},
		"another-role-is-no-admin": {
			roster: "A: bob", box: "A: bob, ann owner", changes: []string{"remove A ann (unexplained)"},
		},
		"added-as-admin": {
			roster: "A: bob, zoe admin", box: "A: bob, ann admin", known: []string{"zoe"},
			changes: []string{"add A zoe as admin (joined)", "remove A ann (unexplained)"},
		},
		"made-admin": {
			roster: "A: bob admin, ann member", box: "A: bob, ann admin",
			changes: []string{"set_role A ann admin to member (role)", "set_role A bob member to admin (role)"},
		},
		"a-co-admin-replaces-nobody": {
			roster: "A: bob admin, ann member", box: "A: bob, ann admin", since: coAdmin("bob"), holds: []string{"last_admin A 1"},
		},
		"nobody-replaces-where-roles-are-left-alone": {
			roster: "A: bob, zoe admin", box: "A: bob, ann admin", known: []string{"zoe"}, edit: []func(*plan.Options){func(o *plan.Options) { o.ManageRoles = false }},
			changes: []string{"add A zoe as member (joined)"}, holds: []string{"last_admin A 1"},
		},
		"a-grant-that-the-run-s-limit-holds": {
			roster: "A: bob admin, ann member\n B: ann, zoe admin", box: "A: bob, ann admin, carl\n B: ann admin, carl", known: []string{"zoe"},
			edit:    []func(*plan.Options){limits(func(l *plan.Limits) { l.AdminGrants = plan.AtMost(1) })},
			changes: []string{"remove A carl (unexplained)", "remove B carl (unexplained)"}, holds: []string{"admin_grants 2", "last_admin A 1"},
		},
		"a-grant-that-the-group-s-limit-holds": {
			roster: "A: bob, zoe admin", box: "A: bob, ann admin", known: []string{"zoe"}, edit: []func(*plan.Options){limits(func(l *plan.Limits) { l.AddsPerGroup = plan.AtMost(0) })},
			holds: []string{"adds_per_group A 1", "last_admin A 1"},
		},
		"a-removal-that-something-else-holds": {
			roster: "A: bob", box: "A: bob, ann admin, carl admin", edit: []func(*plan.Options){
				limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(0) }),
			},
			holds: []string{"last_admin A 2"},
		},
		"it-uses-up-no-other-limit": {
			roster: "A: bob", box: "A: bob, ann admin, carl", edit: []func(*plan.Options){limits(func(l *plan.Limits) { l.RemovalsPerGroup, l.Removals = plan.AtMost(1), plan.AtMost(1) })},
			changes: []string{"remove A carl (unexplained)"}, holds: []string{"last_admin A 1"},
		},
		"protected-admins-stay": {
			roster: "A: bob", box: "A: bob, ann admin, carl admin", edit: []func(*plan.Options){func(o *plan.Options) { o.Protect = mustGlobs("carl@*") }},
			changes: []string{"remove A ann (unexplained)"},
		},
		"allowed-in-the-group": {
			roster: "A: bob\n B: bob", box: "A: bob, ann admin\n B: bob, ann admin", edit: []func(*plan.Options){allowing(t, "last_admin:a=allow")},
			changes: []string{"remove A ann (unexplained)"}, holds: []string{"last_admin B 1"},
		},
		"allowed-everywhere": {
			roster: "A: bob\n B: bob", box: "A: bob, ann admin\n B: bob, ann admin", edit: []func(*plan.Options){allowing(t, "last_admin=allow")},
			changes: []string{"remove A ann (unexplained)", "remove B ann (unexplained)"},
		},
		"allowed-by-configuration": {
			roster: "A: bob", box: "A: bob, ann admin", edit: []func(*plan.Options){unlimited}, changes: []string{"remove A ann (unexplained)"},
		},
		"allowed-by-a-policy": {
			roster: "A: bob\n B: bob", box: "A: bob, ann admin\n B: bob, ann admin", edit: []func(*plan.Options){policies(policy("A", lastAdmin(false)))},
			changes: []string{"remove A ann (unexplained)"}, holds: []string{"last_admin B 1"},
		},
		"held-by-a-policy-against-an-allowance-for-all": {
			roster: "A: bob\n B: bob", box: "A: bob, ann admin\n B: bob, ann admin",
			edit:    []func(*plan.Options){unlimited, policies(policy("A", lastAdmin(true))), allowing(t, "last_admin=allow")},
			changes: []string{"remove B ann (unexplained)"}, holds: []string{"last_admin A 1"},
		},
		"a-group-that-is-emptied": {
			roster: "A:\n B: ann", box: "A: ann admin, bob\n B: ann", changes: []string{"remove A ann (unexplained)", "remove A bob (unexplained)"},
		},
		"a-group-whose-emptying-is-held": {
			roster: "A:\n B: ann", box: "A: ann admin, bob\n B: ann", edit: []func(*plan.Options){limits(func(l *plan.Limits) { l.HoldEmptyGroup = true })},
			holds: []string{"empty_group A 2"},
		},
		"a-group-of-people-whom-nobody-knows-is-not-empty": {
			roster: "A: zoe\n B: ann", box: "A: ann admin, bob\n B: ann", changes: []string{"remove A bob (unexplained)"}, holds: []string{"last_admin A 1"},
		},
		"an-orphan-that-somebody-asked-to-empty": {
			roster: "B: ann", box: "A: ann admin\n B: ann", edit: []func(*plan.Options){emptying("A")}, changes: []string{"remove A ann (asked)"},
		},
		"an-admin-without-a-login-stays": {
			roster: "A: bob", box: "A: bob, ann admin, carl admin", since: called("carl", ""), changes: []string{"remove A ann (unexplained)"},
		},
		"an-admin-listed-twice-is-one": {
			roster: "A: bob", box: "A: bob, ann admin, ann admin", holds: []string{"last_admin A 1"},
		},
		"a-partial-group-is-held-as-such": {
			roster: "A (partial): bob", box: "A: bob, ann admin", holds: []string{"partial A 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box, test.known...)
			if test.since != nil {
				test.since(&s)
			}
			p := diff(t, roster(test.roster), s, options(append([]func(*plan.Options){keeping}, test.edit...)...))
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			for _, h := range p.Holds {
				if h.Rule == plan.RuleLastAdmin && test.reason != "" {
					assert.Equal(t, test.reason, h.Reason)
					assert.Equal(t, "to allow it this once: --allow last_admin:A=allow", h.Release)
				}
			}
		})
	}
}

// Whoever was to replace the admin when the plan was made may not do so today.
func TestRecheck_lastAdmin(t *testing.T) {
	t.Parallel()
	const wanted, have = "A: ann member, bob admin, carl", "A: ann admin, bob, carl"
	const held = "set_role A ann admin to member: skipped, held by last_admin: the group has 1 group admin, and none would be left"
	demoted, granted := "set_role A ann admin to member: to be made", "set_role A bob member to admin: to be made"
	runDrifts(t, map[string]drift{
		"as-planned": {
			roster: wanted, box: have, edit: keeping, want: verdict{fates: []string{demoted, granted}},
		},
		"made-already": {
			roster: wanted, box: have, edit: keeping, since: given("A", "bob", "admin"),
			want: verdict{fates: []string{demoted, "set_role A bob member to admin: already, is admin already"}},
		},
		"the-new-admin-has-gone": {
			roster: wanted, box: have, edit: keeping, since: left("A", "bob"),
			want: verdict{fates: []string{held, "set_role A bob member to admin: skipped, is no longer in the group"}, holds: []string{"last_admin A 1"}},
		},
		"another-admin-was-made-by-hand": {
			roster: wanted, box: have, edit: keeping, since: edits(left("A", "bob"), given("A", "carl", "admin")),
			want: verdict{fates: []string{demoted, "set_role A bob member to admin: skipped, is no longer in the group"}},
		},
		"allowed-in-the-plan": {
			roster: "A: bob", box: "A: ann admin, bob", edit: func(o *plan.Options) { keeping(o); allowing(t, "last_admin:A=allow")(o) },
			want: verdict{fates: []string{"remove A ann: to be made"}},
		},
		"held-today": {
			roster: "A: bob", box: "A: ann admin, bob", edit: unlimited, today: keeping,
			want: verdict{fates: []string{"remove A ann: skipped, held by last_admin: the group has 1 group admin, and none would be left"}, holds: []string{"last_admin A 1"}},
		},
		"an-admin-listed-twice-is-one": {
			roster: "A: bob", box: "A: ann admin, ann admin, bob", edit: unlimited, today: keeping,
			want: verdict{fates: []string{"remove A ann: skipped, held by last_admin: the group has 1 group admin, and none would be left"}, holds: []string{"last_admin A 1"}},
		},
		"held-in-the-plan-and-not-today": {
			roster: "A: bob", box: "A: ann admin, dora admin, bob", edit: func(o *plan.Options) { keeping(o); o.Protect = mustGlobs("dora@*") },
			today: unlimited, since: left("A", "dora"),
			want: verdict{fates: []string{"remove A ann: skipped, held by last_admin: the group has 1 group admin, and none would be left"}, holds: []string{"last_admin A 1"}},
		},
		"a-group-that-is-emptied": {
			roster: "A:\n B: ann", box: "A: ann admin\n B: ann", edit: keeping, want: verdict{fates: []string{"remove A ann: to be made"}},
		},
		"an-orphan-that-is-emptied": {
			roster: "B: ann", box: "A: ann admin\n B: ann", edit: func(o *plan.Options) { keeping(o); emptying("A")(o) },
			want: verdict{fates: []string{"remove A ann: to be made"}},
		},
	})
}

// No plan leaves a group that has an admin without one, but one that the source has
// empty; whatever limits hold of the grants, and in whatever order it is made.
func TestProperty_lastAdmin(t *testing.T) {
	t.Parallel()
	admins := func(members map[string]target.Role) int {
		n := 0
		for _, role := range members {
			n += count(role == target.RoleAdmin)
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		l := drawLimits(t)
		l.HoldLastAdmin = true
		w, p := drawPlan(t, func(o *plan.Options) { o.Limits = l })
		// Whichever changes are refused, or not come to: what needs them is not made.
		made, refused := []plan.Change{}, map[string]bool{}
		for i := range p.Changes {
			refused[p.Changes[i].ID] = rapid.IntRange(0, 3).Draw(t, "refused") == 0
		}
		for i := range p.Changes {
			c := &p.Changes[i]
			if !refused[c.ID] && !slices.ContainsFunc(c.Needs, func(id string) bool { return refused[id] }) {
				made = append(made, *c)
			}
		}
		after := w.apply(made)
		for g, members := range w.have {
			if admins(members) > 0 && len(w.wanted[g]) > 0 {
				require.Positive(t, admins(after.have[g]), "%s has no admin left", g)
			}
		}
		// Nothing but the removals and demotions of admins is held for it.
		for i := range p.Holds {
			for j := range p.Holds[i].Changes {
				c := &p.Holds[i].Changes[j]
				require.True(t, p.Holds[i].Rule != plan.RuleLastAdmin || c.Takes() && c.Before == target.RoleAdmin, c.ID)
			}
		}
	})
}

// A group that is created, or taken over, has no last admin to lose.
func TestLastAdmin_takeover(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: bob"), box("A []: bob, ann admin"), options(keeping, adopting))
	assert.Equal(t, []string{"adopt_group A (source)"}, changes(p.Changes))
	assert.Equal(t, []string{"last_admin A 1"}, holds(p.Holds), "what is due in a group that is taken over is held like any")

	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	b.Group("New", "New", "")
	assert.Empty(t, diff(t, b.Build(), box(""), options(keeping)).Holds)
}
