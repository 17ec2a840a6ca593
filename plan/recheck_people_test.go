package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// asking rechecks a plan as sync.Recheck does: the snapshot's users and aliases
// are the answers to what is asked, and nothing else is told.
func asking(t require.TestingT, saved *plan.Plan, r *source.Roster, s target.Snapshot, o plan.Options) (*plan.Confirmed, questions) {
	re := plan.NewRecheck(saved, r, s.Groups, o)
	require.Empty(t, re.Doubtful(), "nobody looks like a leaver before the listings")
	for _, l := range s.Listings {
		re.Listed(l)
	}
	var q questions
	wanted := map[string]bool{}
	for _, login := range re.Unresolved() {
		wanted[login.Key()] = true
		q.logins = append(q.logins, login.String())
	}
	answer := func(ids []target.UserID) {
		re.Resolve(slices.DeleteFunc(slices.Clone(s.Users), func(u target.User) bool {
			return !slices.Contains(ids, u.ID) && !wanted[source.NewLogin(u.Login).Key()]
		}))
	}
	q.ranked = re.Unranked()
	answer(q.ranked)
	q.doubted = re.Doubtful()
	re.Aliased(slices.DeleteFunc(slices.Clone(s.Aliases), func(a target.Alias) bool { return !slices.Contains(q.doubted, a.User) }))
	q.rankedAfter = re.Unranked()
	answer(q.rankedAfter)
	c, err := re.Finish()
	require.NoError(t, err)
	requireAccounted(t, saved, c)
	return c, q
}

func TestRecheck_accounts(t *testing.T) {
	t.Parallel()
	active := target.Standing{Role: target.EnterpriseUser}
	type side struct {
		fates           []string
		logins          []string
		ranked, doubted []target.UserID
		after           []target.UserID
	}
	for name, test := range map[string]struct {
		roster, box string
		friday      func(*target.Snapshot) // what Box tells when the plan is made
		monday      string                 // the roster then; empty: as on Friday
		since       func(*target.Snapshot) // and what Box says then
		want        side
		alone       *side // without the sources; nil: the same
	}{
		"somebody was made a co-admin": {
			roster: "A: ann admin, bob admin", box: "A: bob", friday: edits(showing("ann", active), showing("bob", active)),
			since: edits(coAdmin("ann"), showing("bob", target.Standing{Role: target.EnterpriseAdmin})),
			want: side{
				fates: []string{
					"add A ann as admin: skipped, is a co-admin of the enterprise, of whom Box makes no group admin",
					"set_role A bob member to admin: skipped, is the main admin of the enterprise, of whom Box makes no group admin",
				},
				logins: []string{"ann@acme.example"}, ranked: idsOf("bob"),
			},
		},
		"nothing has changed for whoever was one, or was none": {
			roster: "A: ann admin, bob admin, carl admin", box: "A: bob\n B: ann", friday: edits(coAdmin("ann"), showing("bob", active), showing("carl", active)),
			since: edits(coAdmin("ann"), showing("bob", active), showing("carl", active)),
			want: side{
				fates:  []string{"add A ann as member: to be made", "add A carl as admin: to be made", "set_role A bob member to admin: to be made"},
				logins: []string{"ann@acme.example", "carl@acme.example"}, ranked: idsOf("bob"),
			},
		},
		"a co-admin whom a listing shows is asked for, to judge as on Friday": {
			roster: "A: ann admin, bob\n B: ann admin", box: "A: bob\n B: ann, gone", friday: coAdmin("ann"), since: coAdmin("ann"),
			want: side{
				fates:  []string{"add A ann as member: to be made", "remove B gone: to be made"},
				ranked: idsOf("ann"),
			},
			alone: &side{fates: []string{"add A ann as member: to be made", "remove B gone: to be made"}},
		},
		"a co-admin is one no longer": {
			roster: "A: ann admin", box: "A:", friday: coAdmin("ann"), since: showing("ann", active),
			want:  side{fates: []string{"add A ann as member: skipped, source hr wants them as admin now"}, logins: []string{"ann@acme.example"}},
			alone: &side{fates: []string{"add A ann as member: to be made"}, logins: []string{"ann@acme.example"}},
		},
		"nobody is asked for what is done, or cannot be": {
			roster: "A: ann admin, bob admin\n B: ann admin", box: "A: bob, ann\n B: ann", friday: showing("ann", active),
			since: edits(given("A", "bob", "admin"), left("A", "ann"), gone("B")),
			want: side{fates: []string{
				"set_role A ann member to admin: skipped, is no longer in the group",
				"set_role A bob member to admin: already, is admin already",
				"set_role B ann member to admin: skipped, the group is gone from Box",
			}},
		},
		"nor about whom the plan only removes, though they are to be admin elsewhere by now": {
			roster: "A: ann, dora\n B: ann", box: "A: ann\n B: ann, bob", friday: showing("dora", active), monday: "A: ann, dora, bob admin\n B: ann", since: showing("dora", active),
			want: side{fates: []string{"add A dora as member: to be made", "remove B bob: to be made"}, logins: []string{"dora@acme.example"}},
		},
		"an account is external now": {
			roster: "A: ann", box: "A:", friday: showing("ann", active), since: showing("ann", target.Standing{External: true}),
			want: side{
				fates:  []string{"add A ann as member: skipped, is an external user now, and only managed users can be in a group"},
				logins: []string{"ann@acme.example"},
			},
		},
		"a leaver has the newcomer's address now": {
			roster: "A: new, ann", box: "A: old, ann, other", friday: edits(), since: aliased("old", "new", true),
			want: side{
				fates: []string{
					"remove A old: skipped, source hr lists them in the group as new@acme.example, an e-mail alias of theirs",
					"remove A other: to be made",
				},
				logins: []string{"new@acme.example"}, doubted: idsOf("old", "other"),
			},
			alone: &side{fates: []string{"remove A old: to be made", "remove A other: to be made"}},
		},
		"even if it is not confirmed": {
			roster: "A: new admin", box: "A: old", friday: edits(), since: aliased("old", "new", false),
			want: side{
				fates:  []string{"remove A old: skipped, source hr lists them in the group as new@acme.example, an e-mail alias of theirs"},
				logins: []string{"new@acme.example"}, doubted: idsOf("old"),
			},
			alone: &side{fates: []string{"remove A old: to be made"}},
		},
		"the newcomer has an account now": {
			roster: "A: new", box: "A: old", friday: edits(), since: edits(showing("new", active), aliased("old", "new", true)),
			want:  side{fates: []string{"remove A old: to be made"}, logins: []string{"new@acme.example"}},
			alone: &side{fates: []string{"remove A old: to be made"}},
		},
		"somebody is unknown where nobody is to go, or has gone": {
			roster: "A: new\n B: x\n C: ann", box: "A: old\n B:\n C: leaver, ann", friday: edits(), since: edits(left("A", "old"), aliased("leaver", "x", true)),
			want: side{fates: []string{"remove A old: already, is no longer in the group", "remove C leaver: to be made"}},
		},
		"nobody is asked who goes by no plan": {
			roster: "A: new", box: "A: old", friday: edits(), since: edits(joined("A", "since"), aliased("old", "older", true)),
			want:  side{fates: []string{"remove A old: to be made"}, logins: []string{"new@acme.example"}, doubted: idsOf("old")},
			alone: &side{fates: []string{"remove A old: to be made"}},
		},
		"the plan changes the role of one who stays under an alias": {
			roster: "A: new admin", box: "A: old", friday: edits(aliased("old", "new", true), showing("old", active)), since: edits(aliased("old", "new", true), coAdmin("old")),
			want: side{
				fates:  []string{"set_role A old member to admin: skipped, is a co-admin of the enterprise, of whom Box makes no group admin"},
				logins: []string{"new@acme.example"}, ranked: idsOf("old"), doubted: idsOf("old"),
			},
			alone: &side{
				fates:  []string{"set_role A old member to admin: skipped, is a co-admin of the enterprise, of whom Box makes no group admin"},
				ranked: idsOf("old"),
			},
		},
		"and it is changed": {
			roster: "A: new admin\n B: new member", box: "A: old\n B: old admin", friday: edits(aliased("old", "new", true), showing("old", active)), since: edits(aliased("old", "new", true), showing("old", active)),
			want: side{
				fates:  []string{"set_role A old member to admin: to be made", "set_role B old admin to member: to be made"},
				logins: []string{"new@acme.example"}, ranked: idsOf("old"), doubted: idsOf("old"),
			},
			alone: &side{
				fates:  []string{"set_role A old member to admin: to be made", "set_role B old admin to member: to be made"},
				ranked: idsOf("old"),
			},
		},
		"nobody is asked for the sake of a group that is not whole": {
			roster: "A: new", box: "A: old", friday: edits(), monday: "A (partial): new", since: aliased("old", "new", true),
			want:  side{fates: []string{"remove A old: skipped, held by partial: the source did not give the group whole: groups.csv:9: no such role"}},
			alone: &side{fates: []string{"remove A old: to be made"}},
		},
		"unless the alias has gone": {
			roster: "A: new admin", box: "A: old", friday: edits(aliased("old", "new", true), showing("old", active)), since: showing("old", active),
			want: side{
				fates:  []string{"set_role A old member to admin: skipped, source hr no longer lists them in the group"},
				logins: []string{"new@acme.example"}, ranked: idsOf("old"), doubted: idsOf("old"),
			},
			alone: &side{fates: []string{"set_role A old member to admin: to be made"}, ranked: idsOf("old")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			friday, monday := box(test.box), box(test.box)
			test.friday(&friday)
			test.since(&monday)
			text := test.roster
			if test.monday != "" {
				text = test.monday
			}
			saved := diff(t, roster(test.roster), friday, options(unlimited, reviewed))
			alone := test.alone
			if alone == nil {
				alone = &test.want
			}
			for r, want := range map[*source.Roster]side{roster(text): test.want, nil: *alone} {
				c, q := asking(t, saved, r, monday, options(unlimited, reviewed))
				assert.Equal(t, want.fates, fates(saved, c), "with sources: %t", r != nil)
				assert.Equal(t, want.logins, q.logins, "with sources: %t", r != nil)
				assert.ElementsMatch(t, want.ranked, q.ranked, "roles, with sources: %t", r != nil)
				assert.ElementsMatch(t, want.doubted, q.doubted, "aliases, with sources: %t", r != nil)
				assert.ElementsMatch(t, want.after, slices.DeleteFunc(q.rankedAfter, func(u target.UserID) bool {
					return slices.Contains(q.ranked, u)
				}), "roles, after the aliases")
			}
		})
	}
}

// A policy that leaves the newcomer alone leaves alone the member who has the
// address by now, and looks up no login for it.
func TestRecheck_aliasOfWhoeverIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := options(unlimited, reviewed, func(o *plan.Options) { o.Ignore = mustGlobs("new@*") })
	friday, monday := box("A: old, ann"), box("A: old, ann")
	r := roster("A: new, ann")
	saved := diff(t, r, friday, o)
	aliased("old", "new", true)(&monday)
	c, q := asking(t, saved, r, monday, o)
	assert.Equal(t, []string{"remove A old: skipped, source hr lists them in the group as new@acme.example, an e-mail alias of theirs"}, fates(saved, c))
	assert.Empty(t, q.logins)
	assert.Equal(t, idsOf("old"), q.doubted)
}

// Nobody is asked about for the sake of what is paused: a group that Box has, and one
// that is to be created.
func TestRecheck_asksNothingOfWhatIsPaused(t *testing.T) {
	t.Parallel()
	r, s := roster("A: bob admin\n B: bob, ann\n New: bob admin"), box("A: bob\n B: bob", "ann")
	showing("bob", target.Standing{Role: target.EnterpriseUser})(&s)
	saved := diff(t, r, s, options(unlimited, reviewed))
	require.Len(t, saved.Changes, 4)
	for i := range s.Listings {
		s.Listings[i].Users[0].Standing = target.Standing{}
	}
	for _, again := range []*source.Roster{r, nil} {
		_, q := asking(t, saved, again, s, options(unlimited, reviewed))
		assert.Equal(t, idsOf("bob"), q.ranked)
		_, q = asking(t, saved, again, s, options(unlimited, reviewed, pausing("A", "New"), at(night(1))))
		assert.Empty(t, q.ranked)
	}
}

// Of somebody with several logins, none is looked up where the plan adds none of them.
func TestRecheck_severalLoginsOfSomebodyElse(t *testing.T) {
	t.Parallel()
	r, s := keyed("ann = ann, ann.upn\n A: ann, bob"), box("A:", "bob")
	saved := diff(t, r, s, options(unlimited, reviewed))
	require.Equal(t, []string{"add A bob as member (joined)"}, changes(saved.Changes))
	_, q := asking(t, saved, r, s, options(unlimited, reviewed))
	assert.Equal(t, []string{"bob@acme.example"}, q.logins)
}
