package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// diffTest is a world, and what a plan for it says.
type diffTest struct {
	roster  string
	box     target.Snapshot
	edit    func(*plan.Options)
	changes []string
	holds   []string
	finds   []string
}

// run makes the plan, under the options and the test's own edit of them.
func (test diffTest) run(t *testing.T, o plan.Options) {
	t.Parallel()
	if test.edit != nil {
		test.edit(&o)
	}
	p := diff(t, roster(test.roster), test.box, o)
	assert.Equal(t, orEmpty(test.changes), changes(p.Changes), "changes")
	assert.Equal(t, orEmpty(test.holds), holds(p.Holds), "holds")
	assert.Equal(t, orEmpty(test.finds), findings(p.Findings), "findings")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]diffTest{
		"in-step": {
			roster: "Finance: ann, bob admin",
			box:    box("Finance: bob admin, ann"),
		},
		"joined": {
			roster:  "Finance: ann, bob",
			box:     box("Finance: ann", "bob"),
			changes: []string{"add Finance bob as member (joined)"},
		},
		"joined-as-admin": {
			roster:  "Finance: ann, bob admin",
			box:     box("Finance: ann", "bob"),
			changes: []string{"add Finance bob as admin (joined)"},
		},
		"unexplained": {
			roster:  "Finance: ann",
			box:     box("Finance: ann, bob"),
			changes: []string{"remove Finance bob (unexplained)"},
		},
		"moved": {
			roster:  "Finance: ann\n Legal: bob, carl",
			box:     box("Finance: ann, bob\n Legal: carl"),
			changes: []string{"remove Finance bob (moved)", "add Legal bob as member (moved)"},
		},
		"promoted-and-demoted": {
			roster:  "Finance: ann admin, bob member",
			box:     box("Finance: ann, bob admin"),
			changes: []string{"set_role Finance ann member to admin (role)", "set_role Finance bob admin to member (role)"},
		},
		"unstated-role-changes-nobody": {
			roster: "Finance: ann, bob",
			box:    box("Finance: ann admin, bob"),
		},
		"login-in-another-case": {
			roster: "Finance: Ann@ACME.example",
			box:    box("Finance: ann@acme.EXAMPLE"),
		},
		"undocumented-role-is-left-alone": {
			roster: "Finance: ann admin",
			box:    box("Finance: ann submaster"),
			finds:  []string{"unknown_role Finance"},
		},
		"group-created-with-its-people": {
			roster: "Finance: ann\n New: ann, bob admin",
			box:    box("Finance: ann", "bob"),
			changes: []string{
				"create_group New (source)", "add New ann as member (joined)", "add New bob as admin (joined)",
			},
		},
		"group-not-created": {
			roster: "New: ann",
			box:    box("", "ann"),
			edit:   func(o *plan.Options) { o.Create = false },
			finds:  []string{"not_created New"},
		},
		"group-renamed-back": {
			roster:  "Finance: ann",
			box:     box("Money [rollcall:main:hr:Finance]: ann"),
			changes: []string{"rename_group Finance from Money (source)"},
		},
		"rename-to-a-name-that-is-taken": {
			roster: "Finance: ann",
			box:    box("Money [rollcall:main:hr:Finance]: ann\n finance []: bob"),
			holds:  []string{"name_taken Finance 1"},
		},
		"rename-of-case-alone": {
			roster:  "Finance: ann",
			box:     box("finance [rollcall:main:hr:Finance]: ann"),
			changes: []string{"rename_group Finance from finance (source)"},
		},
		"name-without-identifier-is-never-taken-over": {
			roster: "Finance: ann",
			box:    box("finance []: bob"),
			finds:  []string{"not_ours Finance"},
		},
		"name-with-a-foreign-identifier": {
			roster: "Finance: ann",
			box:    box("Finance [okta:12]: bob"),
			finds:  []string{"not_ours Finance"},
		},
		"name-of-another-instance": {
			roster: "Finance: ann",
			box:    box("Finance [rollcall:test:hr:Finance]: bob"),
			finds:  []string{"not_ours Finance"},
		},
		"two-groups-with-one-identifier": {
			roster: "Finance: ann",
			box:    box("Finance: bob\n Copy [rollcall:main:hr:Finance]: carl"),
			holds:  []string{"duplicate_identifier Finance 0"},
		},
		"names-that-clash": {
			roster: "Finance: ann\n FINANCE: bob\n Legal: bob",
			box:    box("Legal: ", "ann", "bob"),
			changes: []string{
				"add Legal bob as member (joined)",
			},
			holds: []string{"name_clash FINANCE 0", "name_clash Finance 0"},
		},
		"unknown-login": {
			roster: "Finance: ann, zoe\n Legal: zoe, ann",
			box:    box("Finance: ann\n Legal: ann"),
			finds:  []string{"unknown_login zoe@acme.example"},
		},
		"orphan-is-left-alone": {
			roster: "Finance: ann",
			box:    box("Finance: ann\n Legal: bob, carl"),
			finds:  []string{"orphan Legal"},
		},
		"orphan-emptied-when-asked": {
			roster:  "Finance: ann",
			box:     box("Finance: ann\n Legal: bob, carl"),
			edit:    func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"legal"} },
			changes: []string{"remove Legal bob (asked)", "remove Legal carl (asked)"},
		},
		"groups-of-a-removed-source-are-told-together": {
			roster: "Finance: ann",
			box:    box("Finance: ann\n Legal [rollcall:main:old:Legal]: bob"), finds: []string{"orphan"},
		},
		"excluded-group-is-no-orphan": {
			roster: "Finance: ann\n Legal: ann",
			box:    box("Finance: ann\n Legal: bob"),
			edit:   func(o *plan.Options) { o.Exclude = mustGlobs("leg*") },
		},
		"only-narrows-and-makes-no-orphan": {
			roster:  "Finance: ann\n Legal: ann",
			box:     box("Finance: bob\n Legal: bob\n Gone: carl", "ann"),
			edit:    func(o *plan.Options) { o.Scope.Groups = mustGlobs("Legal") },
			changes: []string{"add Legal ann as member (joined)", "remove Legal bob (unexplained)"},
		},
		"partial-group-removes-and-demotes-nobody": {
			roster:  "Finance (partial): ann member, carl",
			box:     box("Finance: ann admin, bob", "carl"),
			changes: []string{"add Finance carl as member (joined)"},
			holds:   []string{"partial Finance 2"},
			finds:   []string{"partial Finance"},
		},
		"additive": {
			roster:  "Finance: ann member, carl",
			box:     box("Finance: ann admin, bob", "carl"),
			edit:    func(o *plan.Options) { o.Remove = false },
			changes: []string{"add Finance carl as member (joined)"},
		},
		"roles-not-managed": {
			roster:  "Finance: ann admin, bob admin",
			box:     box("Finance: ann", "bob"),
			edit:    func(o *plan.Options) { o.ManageRoles = false },
			changes: []string{"add Finance bob as member (joined)"},
		},
		"protected": {
			roster:  "Finance: ann member",
			box:     box("Finance: ann admin, bob, carl"),
			edit:    func(o *plan.Options) { o.Protect = mustGlobs("ann@*", "BOB@acme.example") },
			changes: []string{"remove Finance carl (unexplained)"},
		},
		"ignored": {
			roster:  "Finance: ann admin, dora, erik",
			box:     box("Finance: ann, bob", "dora", "erik"),
			edit:    func(o *plan.Options) { o.Ignore = mustGlobs("ann@*", "bob@*", "dora@*") },
			changes: []string{"add Finance erik as member (joined)"},
		},
		"other-domains-are-out-of-scope": {
			roster: "Finance: ann, x@partner.example, y@partner.example",
			box:    box("Finance: ann, z@partner.example", "x@partner.example"),
			edit:   func(o *plan.Options) { o.Domains = []string{"acme.example"} },
		},
		"ourselves": {
			roster: "Finance: ann",
			box:    box("Finance: ann, robot admin"),
			edit:   func(o *plan.Options) { o.Self = userID("robot@acme.example") },
		},
	} {
		t.Run(name, func(t *testing.T) { test.run(t, options()) })
	}
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func mustGlobs(texts ...string) []source.Pattern {
	var out []source.Pattern
	for _, text := range texts {
		p, err := source.ParsePattern(text)
		if err != nil {
			panic(err)
		}
		out = append(out, p)
	}
	return out
}

// Somebody moves only if both halves are in the plan. What was asked for stays so.
func TestDiff_movesOnlyIfBothHalvesAreMade(t *testing.T) {
	t.Parallel()
	r := roster("A: p2\n B: " + people(9))
	s := box("A: p1, p2\n B: p2, p3", splitPeople(9)...)
	p := diff(t, r, s, options())
	assert.Equal(t, []string{"remove A p1 (unexplained)"}, changes(p.Changes))
	assert.Equal(t, []string{"adds_per_group B 7"}, holds(p.Holds))
	assert.Equal(t, plan.Joined, p.Holds[0].Changes[0].Cause)

	p = diff(t, roster("A: ann"), box("A:\n Gone: ann"), options(func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Gone"} }))
	assert.Equal(t, []string{"add A ann as member (moved)", "remove Gone ann (asked)"}, changes(p.Changes))
}

// Two people of the source who turn out to be one member only when their logins
// are looked up are held as well: the second must not be granted anything.
func TestDiff_twoPeopleOneMemberShownWithoutALogin(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g, login := b.Group("A", "A", ""), source.NewLogin("ann@acme.example")
	b.Add(g, b.Person("guid-1", "", login), source.Unstated, 0)
	b.Add(g, b.Person("guid-2", "", login), source.Admin, 0)
	s := box("A: ann", "ann")
	s.Listings[0].Users[0].Login = ""
	s.Users[0].Login = "ann@acme.example"
	d := plan.Match(b.Build(), s.Groups, options())
	d.Listed(s.Listings[0])
	d.Resolve(s.Users)
	p, err := d.Finish()
	require.NoError(t, err)
	assert.Empty(t, changes(p.Changes))
	assert.Equal(t, []string{"shared_login A"}, findings(p.Findings))
}

func TestDiff_kept(t *testing.T) {
	t.Parallel()
	r := roster("Finance: ann member, bob admin, dora")
	s := box("Finance: ann admin, bob, carl, erik", "dora")
	o := options(func(o *plan.Options) { o.Protect, o.Ignore = mustGlobs("ann@*", "carl@*"), mustGlobs("dora@*") })
	o.ManageRoles = true
	p := diff(t, r, s, o)
	assert.Equal(t, plan.Kept{Protected: 2, Ignored: 1}, p.Header.Kept)

	o.ManageRoles, o.Remove, o.Protect = false, false, nil
	p = diff(t, r, s, o)
	assert.Equal(t, plan.Kept{Roles: 2, Additive: 2, Ignored: 1}, p.Header.Kept)
}

func TestDiff_allUsersGroupIsNeverTouched(t *testing.T) {
	t.Parallel()
	s := box("Everybody: ann, bob")
	s.Groups[0].AllUsers = true
	p := diff(t, roster("Everybody: ann"), s, options(unlimited))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"not_ours Everybody"}, findings(p.Findings))
}

func TestDiff_groupThatBoxCannotListWhole(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann, bob", "carl")
	s.Listings[0].Truncated = true
	p := diff(t, roster("Finance: ann, carl"), s, options())
	assert.Equal(t, []string{"remove Finance bob (unexplained)"}, changes(p.Changes), "those seen may go")
	assert.Equal(t, []string{"too_large Finance 1"}, holds(p.Holds), "those not seen may be in it already")
}

func TestDiff_hiddenMembersAreAFinding(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann")
	s.Listings[0].Hidden = 3
	p := diff(t, roster("Finance: ann"), s, options())
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"hidden_members Finance"}, findings(p.Findings))
	assert.Contains(t, p.Findings[0].Text, "3 more memberships")
}

// A person may be known to the source by several logins; any of them matches.
func TestDiff_severalLogins(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g := b.Group("Finance", "Finance", "")
	ann := b.Person("guid-1", "Ann", source.NewLogin("ann.new@acme.example"), source.NewLogin("ann@acme.example"))
	b.Add(g, ann, source.Admin, 0)
	r := b.Build()

	t.Run("member-under-the-second", func(t *testing.T) {
		t.Parallel()
		p := diff(t, r, box("Finance: ann", "ann.new"), options())
		assert.Equal(t, []string{"set_role Finance ann member to admin (role)"}, changes(p.Changes))
	})
	t.Run("added-under-the-first-that-exists", func(t *testing.T) {
		t.Parallel()
		p := diff(t, r, box("Finance:", "ann", "ann.new"), options())
		assert.Equal(t, []string{"add Finance ann.new as admin (joined)"}, changes(p.Changes))
	})
	t.Run("unknown-under-both-asks-for-both", func(t *testing.T) {
		t.Parallel()
		s := box("Finance:")
		d := plan.Match(r, s.Groups, options())
		for _, l := range s.Listings {
			d.Listed(l)
		}
		var asked []string
		for _, login := range d.Unresolved() {
			asked = append(asked, login.String())
		}
		assert.Equal(t, []string{"ann.new@acme.example", "ann@acme.example"}, asked)
	})
}

// Two people of a source who turn out to be one Box user: nobody decides whether
// that is right, nor which of their roles is.
func TestDiff_twoPeopleOneUser(t *testing.T) {
	t.Parallel()
	build := func(one, two source.Role) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		g := b.Group("Finance", "Finance", "")
		login := source.NewLogin("ann@acme.example")
		b.Add(g, b.Person("guid-1", "", login), one, 0)
		b.Add(g, b.Person("guid-2", "", login), two, 0)
		return b.Build()
	}
	for name, s := range map[string]target.Snapshot{"there": box("Finance: ann"), "not-there": box("Finance:", "ann")} {
		p := diff(t, build(source.Admin, source.Member), s, options())
		assert.Empty(t, p.Changes, name)
		assert.Equal(t, []string{"shared_login Finance 1"}, holds(p.Holds), name)
		assert.Equal(t, []string{"shared_login Finance"}, findings(p.Findings), name)
	}
	p := diff(t, build(source.Unstated, source.Unstated), box("Finance: ann admin"), options())
	assert.Empty(t, p.Holds, "nothing is due")
	assert.Equal(t, []string{"shared_login Finance"}, findings(p.Findings))

	// One of them has been found in another group before.
	p = diff(t, keyed("one = ann\n two = ann\n A: one\n B: one, two"), box("A: ann\n B: ann"), options())
	assert.Empty(t, p.Changes)
	assert.Empty(t, p.Holds)
	assert.Equal(t, []string{"shared_login B"}, findings(p.Findings))
}

func TestDiffer_Finish_refusesWithoutAllListings(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann\n Legal: bob")
	s.Listings = s.Listings[:1]
	_, err := plan.Diff(roster("Finance: ann\n Legal: bob"), s, options())
	require.EqualError(t, err, "the memberships of 1 groups were not read, among them group 102")
}

func TestDiffer_Listed_userListedTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann, bob")
	again := s.Listings[0].Memberships[1]
	again.ID = 77
	s.Listings[0].Memberships = append(s.Listings[0].Memberships, again)
	p := diff(t, roster("Finance: ann, bob"), s, options())
	assert.Empty(t, p.Changes)
	assert.Equal(t, 2, p.Groups[0].Current)

	p = diff(t, roster("Finance: ann"), s, options())
	assert.Equal(t, []string{"remove Finance bob (unexplained)"}, changes(p.Changes))
}

func TestChange_idsAreStableAndNeedsPointAtTheCreation(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("New: ann\n Old: bob"), box("Old: carl", "ann", "bob"), options(unlimited))
	ids := map[string][]string{}
	for _, c := range p.Changes {
		ids[c.ID] = c.Needs
	}
	ann, bob, carl := userID(address("ann")).String(), userID(address("bob")).String(), userID(address("carl")).String()
	assert.Equal(t, map[string][]string{
		"create_group/rollcall:main:hr:New": nil,
		"add/rollcall:main:hr:New/" + ann:   {"create_group/rollcall:main:hr:New"},
		"add/101/" + bob:                    nil,
		"remove/101/" + carl:                nil,
	}, ids)
}
