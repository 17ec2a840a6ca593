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

// asked returns what the differ wants looked up, when it has seen all listings.
func asked(r *source.Roster, s target.Snapshot, o plan.Options) []string {
	d := plan.Match(r, s.Groups, o)
	for _, l := range s.Listings {
		d.Listed(l)
	}
	logins := []string{}
	for _, login := range d.Unresolved() {
		logins = append(logins, login.String())
	}
	return logins
}

// A look-up costs a call, so only logins that matter are asked for.
func TestDiffer_Unresolved(t *testing.T) {
	t.Parallel()
	r := roster("A: ann, bob, Zoe@acme.example, ignored, x@partner.example\n New: ann, carl, zoe")
	s := box("A: bob\n Other []: ann")
	o := options(func(o *plan.Options) {
		o.Ignore, o.Domains = mustGlobs("ignored@*"), []string{"acme.example"}
	})
	assert.Equal(t, []string{"ann@acme.example", "carl@acme.example", "Zoe@acme.example"}, asked(r, s, o))

	s = box("A: bob\n Gone: ann")
	assert.Equal(t, []string{"carl@acme.example", "Zoe@acme.example"}, asked(r, s, o), "the listing of an orphan shows users too")
	assert.Empty(t, asked(r, s, options(func(o *plan.Options) { o.Scope.Groups = mustGlobs("Nothing") })))
}

func TestDiffer_GroupsAndToList(t *testing.T) {
	t.Parallel()
	r := roster("A: ann\n a: bob\n B: ann\n C: ann\n New: ann")
	s := box("A: ann\n B: ann\n C []: bob\n Gone: ann\n Foreign [okta:1]: ann")
	d := plan.Match(r, s.Groups, options())
	assert.Equal(t, 5, d.Groups())
	assert.Equal(t, []target.GroupID{102, 104}, d.ToList(), "ours that are wanted by one, and our orphans")
	d.Listed(s.Listings[4])
	assert.Equal(t, []target.GroupID{102, 104}, d.ToList(), "a listing that was not asked for")
	d.Listed(s.Listings[1])
	assert.Equal(t, []target.GroupID{104}, d.ToList())

	emptying := options(func(o *plan.Options) { o.Scope.Groups, o.Scope.EmptyOrphans = mustGlobs("Gone"), []string{"Gone"} })
	assert.Equal(t, 1, plan.Match(r, s.Groups, emptying).Groups(), "an orphan that is to be emptied counts")
	assert.Zero(t, plan.Match(r, s.Groups, options(func(o *plan.Options) { o.Scope.Groups = mustGlobs("x") })).Groups())
}

// Somebody may be in one group under one login and in another under another:
// neither is a reason to remove or to add them.
func TestDiffer_loginsDifferFromGroupToGroup(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	ann := b.Person("guid-1", "Ann", source.NewLogin("ann@acme.example"), source.NewLogin("ann.old@acme.example"))
	for _, name := range []string{"A", "B", "C"} {
		b.Add(b.Group(name, name, ""), ann, source.Unstated, 0)
	}
	p := diff(t, b.Build(), box("A: ann\n B: ann.old\n C: ann"), options())
	assert.Empty(t, changes(p.Changes))
	assert.Empty(t, findings(p.Findings))
}

// A group that only a look-up shows to be in step: Box knows the member under
// another candidate login, which no listing has shown before.
func TestDiffer_lookedUpUserIsAMemberAlready(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	ann := b.Person("guid-1", "Ann", source.NewLogin("ann@acme.example"))
	b.Add(b.Group("A", "A", ""), ann, source.Admin, 0)
	s := target.Snapshot{
		Groups:   []target.Group{{ID: 1, Name: "A", Identifier: "rollcall:main:hr:A"}},
		Listings: []target.Listing{{Group: 1, Memberships: []target.Membership{{ID: 9, User: 5, Role: target.RoleMember}}}},
		Users:    nil,
	}
	d := plan.Match(b.Build(), s.Groups, options(unlimited))
	d.Listed(s.Listings[0]) // without the user's login
	d.Resolve([]target.User{{ID: 5, Login: "ann@acme.example"}})
	p, err := d.Finish()
	assert.NoError(t, err)
	assert.Equal(t, []string{"set_role A ann member to admin (role)"}, changes(p.Changes))
}

// A member whose login Box tells only with another group is compared as one whose
// login it told at once, whether or not people have more to them than a login.
func TestDiffer_loginToldLater(t *testing.T) {
	t.Parallel()
	external := func(s *target.Snapshot) { s.Listings[1].Users[0].Standing.External = true }
	for name, test := range map[string]struct {
		roster string
		edit   func(*plan.Options)
		since  func(*target.Snapshot)
		want   []string
	}{
		"as-listed":                {roster: "A: ann admin\n B: ann", want: []string{"set_role A ann member to admin (role)"}},
		"left-alone":               {roster: "A: ann admin\n B: ann", edit: func(o *plan.Options) { o.Ignore = mustGlobs("ann@*") }},
		"external":                 {roster: "A: ann\n B: ann", since: external},
		"by-the-second-login":      {roster: "ann = ann.new, ann\n A: ann admin\n B: ann", want: []string{"set_role A ann member to admin (role)"}},
		"the-first-one-left-alone": {roster: "ann = ann.new, ann\n A: ann\n B: ann", edit: func(o *plan.Options) { o.Ignore = mustGlobs("ann.new@*") }},
		"not-wanted":               {roster: "A: bob\n B: ann", want: []string{"add A bob as member (joined)", "remove A ann (unexplained)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, others := range []string{"", "zoe (left) = zoe\n "} {
				s := box("A: ann\n B: ann", "bob", "ann.new")
				s.Listings[0].Users = nil
				if test.since != nil {
					test.since(&s)
				}
				compare := func(order ...int) *plan.Plan {
					d := plan.Match(keyed(others+test.roster), s.Groups, options(unlimited, orElseNothing(test.edit)))
					for _, i := range order {
						d.Listed(s.Listings[i])
					}
					d.Resolve(s.Users)
					p, err := d.Finish()
					require.NoError(t, err)
					return p
				}
				atOnce := compare(1, 0)
				assert.Equal(t, orEmpty(test.want), changes(atOnce.Changes))
				assert.Equal(t, atOnce, compare(0, 1))
			}
		})
	}
}

func orElseNothing(edit func(*plan.Options)) func(*plan.Options) {
	if edit == nil {
		return func(*plan.Options) {}
	}
	return edit
}

// Members of whom Box shows nothing but the id are several people, and none of them
// is anybody that the source has.
func TestDiffer_membersWithoutUsers(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob, carl")
	s.Listings[0].Users = s.Listings[0].Users[:1]
	p := diff(t, roster("A: ann, dora"), s, options())
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{
		"unknown_login dora@acme.example: Box has no user with this login; wanted in \"A\"",
		"unnamed_member A: Box shows the member with user id " + userID("bob@acme.example").String() + " without a login; nobody knows who that is, and they are left alone",
		"unnamed_member A: Box shows the member with user id " + userID("carl@acme.example").String() + " without a login; nobody knows who that is, and they are left alone",
	}, slices.Sorted(slices.Values(saidOf(p.Findings))))
	assert.Equal(t, 3, p.Groups[0].Current)
}

// Box gives no error to an app that may see no group: whoever reads the plan is told.
func TestDiffer_NoGroups(t *testing.T) {
	t.Parallel()
	d := plan.Match(roster("A:"), nil, options())
	d.NoGroups()
	p, err := d.Finish()
	require.NoError(t, err)
	assert.Equal(t, []plan.Finding{{
		Kind: plan.HiddenGroups,
		Text: "Box shows no group at all; if it has any, the app lacks App + Enterprise Access or the scope Manage groups, and what is created here may be there already",
	}}, p.Findings)
	assert.Equal(t, []string{"create_group A (source)"}, changes(p.Changes))
}
