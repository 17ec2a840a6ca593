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

// showing says what Box tells of somebody's account, when asked.
func showing(who string, standing target.Standing) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		s.Users = append(s.Users, target.User{ID: userID(address(who)), Login: address(who), Standing: standing})
	}
}

func coAdmin(who string) func(*target.Snapshot) {
	return showing(who, target.Standing{Role: target.EnterpriseCoAdmin})
}

// aliased gives somebody an e-mail alias.
func aliased(who, email string, confirmed bool) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		s.Aliases = append(s.Aliases, target.Alias{User: userID(address(who)), Email: address(email), Confirmed: confirmed})
	}
}

// saidOf writes findings with what they say: "co_admin ann@acme.example: …".
func saidOf(fs []plan.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, string(f.Kind)+" "+f.Group.Name+f.Login.String()+": "+f.Text+f.Release)
	}
	return out
}

func TestDiff_people(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box string
		edit        func(*plan.Options)
		since       func(*target.Snapshot)
		changes     []string
		finds       []string
	}{
		"a co-admin is added as member, and no member is made admin": {
			roster: "A: ann admin\n B: ann admin, bob\n New: ann admin\n Z: ann admin",
			box:    "A: zoe\n B: ann\n Z: ann admin",
			since:  edits(coAdmin("ann"), showing("bob", target.Standing{Role: target.EnterpriseUser})),
			changes: []string{
				"add A ann as member (joined)", "remove A zoe (unexplained)", "add B bob as member (joined)",
				"create_group New (source)", "add New ann as member (joined)",
			},
			finds: []string{`co_admin ann@acme.example: a co-admin of the enterprise, of whom Box makes no group admin; wanted as admin in "A", "B", "New", and a member there instead: make the role member in the source, or end the role in the enterprise`},
		},
		"so is the main admin": {
			roster: "A: ann admin", box: "A:",
			since:   showing("ann", target.Standing{Role: target.EnterpriseAdmin}),
			changes: []string{"add A ann as member (joined)"},
			finds:   []string{`co_admin ann@acme.example: the main admin of the enterprise, of whom Box makes no group admin; wanted as admin in "A", and a member there instead: make the role member in the source, or end the role in the enterprise`},
		},
		"everybody else is granted what is wanted": {
			roster: "A: ann admin, bob admin, carl admin", box: "A: bob, carl",
			since:   edits(showing("ann", target.Standing{Role: target.EnterpriseUser}), showing("bob", target.Standing{Role: target.EnterpriseUser})),
			changes: []string{"add A ann as admin (joined)", "set_role A bob member to admin (role)", "set_role A carl member to admin (role)"},
		},
		"a co-admin who is a group admin all the same is demoted as usual": {
			roster: "A: ann member\n B: ann", box: "A: ann admin\n B: ann admin",
			since: coAdmin("ann"), changes: []string{"set_role A ann admin to member (role)"},
		},
		"where roles are not managed nobody is wanted as admin": {
			roster: "A: ann admin\n B: ann admin", box: "A: zoe, ann\n B:",
			edit: func(o *plan.Options) { o.ManageRoles, o.Remove = false, false }, since: coAdmin("ann"),
			changes: []string{"add B ann as member (joined)"},
		},
		"an ignored co-admin is not spoken of": {
			roster: "A: ann admin\n B: ann admin", box: "A: ann\n B:",
			edit: func(o *plan.Options) { o.Ignore = mustGlobs("ann@*") }, since: coAdmin("ann"),
		},
		"an external user is never added": {
			roster: "A: eve@other.example admin, bob\n B: Eve@other.example", box: "A: bob\n B:",
			since: showing("EVE@other.example", target.Standing{External: true}),
			finds: []string{`external_user EVE@other.example: Box knows this login as an external user's, and only managed users can be in a group; wanted in "A", "B": take them out of the source, or make them a managed user in Box`},
		},
		"an external user is no unknown one, so nobody is asked for aliases": {
			roster: "A: eve@other.example", box: "A: bob",
			since:   edits(showing("eve@other.example", target.Standing{External: true}), aliased("bob", "eve@other.example", true)),
			changes: []string{"remove A bob (unexplained)"},
			finds:   []string{`external_user eve@other.example: Box knows this login as an external user's, and only managed users can be in a group; wanted in "A": take them out of the source, or make them a managed user in Box`},
		},
		"an inactive user is added": {
			roster: "A: ann admin\n B: ann\n C: ann", box: "A:\n B:\n C: ann",
			since:   showing("ann", target.Standing{Status: target.Inactive}),
			changes: []string{"add A ann as admin (joined)", "add B ann as member (joined)"},
			finds:   []string{`inactive_user ann@acme.example: inactive in Box, and cannot log in; to be added to "A", "B"`},
		},
		"an active one is added without a word": {
			roster: "A: ann", box: "A:", since: showing("ann", target.Standing{Status: target.Active}),
			changes: []string{"add A ann as member (joined)"},
		},
		"an app's account is removed, and named": {
			roster: "A: ann\n B: ann\n C: bot\n D: bot", box: "A: ann, bot\n B: ann, bot admin\n C:\n D: bot",
			since:   showing("bot", target.Standing{App: true}),
			changes: []string{"remove A bot (moved)", "remove B bot (moved)", "add C bot as member (moved)"},
			finds:   []string{`app_user bot@acme.example: the account of an app, not a person's; to be removed from "A", "B": put it under members.protect if it is to stay`},
		},
		"so it is where orphans are emptied, whose order is Box's": {
			roster: "A: ann", box: "A: ann\n Z: bot\n Y: bot", since: showing("bot", target.Standing{App: true}),
			edit:    func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Z", "Y"} },
			changes: []string{"remove Y bot (asked)", "remove Z bot (asked)"},
			finds:   []string{`app_user bot@acme.example: the account of an app, not a person's; to be removed from "Y", "Z": put it under members.protect if it is to stay`},
		},
		"a protected app's account is not spoken of": {
			roster: "A: ann", box: "A: ann, bot", since: showing("bot", target.Standing{App: true}),
			edit: func(o *plan.Options) { o.Protect = mustGlobs("bot@*") },
		},
		"we are an app ourselves, and stay": {
			roster: "A: ann\n B: me member", box: "A: ann, me\n B: me admin", since: showing("me", target.Standing{App: true}),
			edit: func(o *plan.Options) { o.Self = userID("me@acme.example") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box, "zoe")
			if test.since != nil {
				test.since(&s)
			}
			o := options(unlimited)
			if test.edit != nil {
				test.edit(&o)
			}
			p := diff(t, roster(test.roster), s, o)
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.finds), saidOf(p.Findings))
		})
	}
}

func TestDiff_aliases(t *testing.T) {
	t.Parallel()
	const kept = `: make the source or Box say the same`
	unknown := func(login, groups string) string {
		return `unknown_login ` + login + `@acme.example: Box has no user with this login; wanted in ` + groups
	}
	for name, test := range map[string]struct {
		roster, box string
		edit        func(*plan.Options)
		since       func(*target.Snapshot)
		changes     []string
		holds       []string
		finds       []string
	}{
		"the leaver is the newcomer": {
			roster: "A: new, ann\n B: new", box: "A: old, ann\n B: old, gone", since: aliased("old", "new", true),
			changes: []string{"remove B gone (unexplained)"},
			finds:   []string{`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A", "B"` + kept},
		},
		"whatever the case of the letters": {
			roster: "A: New@Acme.example", box: "A: Old", since: aliased("Old", "nEW", true),
			finds: []string{`email_alias New@Acme.example: an e-mail alias of Old@acme.example in Box, who stays in "A"` + kept},
		},
		"the role is compared as usual": {
			roster: "A: new admin\n B: new member\n C: new", box: "A: old\n B: old admin\n C: old admin", since: aliased("old", "new", true),
			changes: []string{"set_role A old member to admin (role)", "set_role B old admin to member (role)"},
			finds:   []string{`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A", "B", "C"` + kept},
		},
		"a co-admin stays a member": {
			roster: "A: new admin", box: "A: old", since: edits(aliased("old", "new", true), coAdmin("old")),
			finds: []string{
				`co_admin old@acme.example: a co-admin of the enterprise, of whom Box makes no group admin; wanted as admin in "A", and a member there instead: make the role member in the source, or end the role in the enterprise`,
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A"` + kept,
			},
		},
		"one that is not confirmed keeps people and gives no role": {
			roster: "A: new admin\n B: new member", box: "A: old\n B: old admin", since: aliased("old", "new", false),
			finds: []string{`email_alias new@acme.example: an unconfirmed e-mail alias of old@acme.example in Box, who stays in "A", "B"` + kept},
		},
		"whoever is protected under an alias is not demoted": {
			roster: "A: new member\n B: new admin\n C: other member", box: "A: old admin\n B: old\n C: older admin",
			since:   edits(aliased("old", "new", true), aliased("older", "other", true)),
			edit:    func(o *plan.Options) { o.Protect = mustGlobs("new@*") },
			changes: []string{"set_role B old member to admin (role)", "set_role C older admin to member (role)"},
			finds: []string{
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A", "B"` + kept,
				`email_alias other@acme.example: an e-mail alias of older@acme.example in Box, who stays in "C"` + kept,
			},
		},
		"an alias brings nobody into a group": {
			roster: "A: new\n B: new\n New: new", box: "A: old\n B: gone", since: aliased("old", "new", true),
			changes: []string{"remove B gone (unexplained)", "create_group New (source)"},
			finds: []string{
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A"` + kept,
				unknown("new", `"B", "New"`),
			},
		},
		"a login goes before an alias": {
			roster: "A: new, x", box: "A: old", since: edits(aliased("old", "new", true), showing("new", target.Standing{})),
			changes: []string{"add A new as member (joined)", "remove A old (unexplained)"},
			finds:   []string{unknown("x", `"A"`)},
		},
		"other aliases say nothing": {
			roster: "A: new", box: "A: old", since: aliased("old", "older", true),
			changes: []string{"remove A old (unexplained)"}, finds: []string{unknown("new", `"A"`)},
		},
		"nobody is asked about a group that is not whole": {
			roster: "A (partial): new", box: "A: old", since: aliased("old", "new", true),
			holds: []string{"partial A 1"},
			finds: []string{"partial A: groups.csv:9: no such role", unknown("new", `"A"`)},
		},
		"what another group told counts there all the same": {
			roster: "A (partial): new\n B: new", box: "A: old\n B: old", since: aliased("old", "new", true),
			finds: []string{
				"partial A: groups.csv:9: no such role",
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A", "B"` + kept,
			},
		},
		"without removals nobody is asked": {
			roster: "A: new", box: "A: old", since: aliased("old", "new", true),
			edit: func(o *plan.Options) { o.Remove = false }, finds: []string{unknown("new", `"A"`)},
		},
		"nor about those who stay anyway": {
			roster: "A: new", box: "A: old, vip, x@other.example, me",
			since: edits(aliased("old", "new", true), aliased("vip", "new", true), aliased("x@other.example", "new", true), aliased("me", "new", true)),
			edit: func(o *plan.Options) {
				o.Ignore, o.Protect, o.Domains = mustGlobs("old@*"), mustGlobs("vip@*"), []string{"acme.example"}
				o.Self = userID("me@acme.example")
			},
			finds: []string{unknown("new", `"A"`)},
		},
		"whom nobody adds stays all the same, in the role that there is": {
			roster: "A: new admin, x@other.example member", box: "A: old, older admin, gone",
			since: edits(aliased("old", "new", true), aliased("older", "x@other.example", true)),
			edit: func(o *plan.Options) {
				o.Ignore, o.Domains = mustGlobs("new@*"), []string{"acme.example"}
			},
			changes: []string{"remove A gone (unexplained)"},
			finds: []string{
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A"` + kept,
				`email_alias x@other.example: an e-mail alias of older@acme.example in Box, who stays in "A"` + kept,
			},
		},
		"two newcomers cannot be one leaver": {
			roster: "A: new, newer", box: "A: old", since: edits(aliased("old", "new", true), aliased("old", "newer", true)),
			finds: []string{
				"shared_login A: old@acme.example is wanted twice, as two people of the source",
				`email_alias new@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A"` + kept,
				`email_alias newer@acme.example: an e-mail alias of old@acme.example in Box, who stays in "A"` + kept,
			},
		},
		"one newcomer is one of two leavers at most": {
			roster: "A: new\n B: newer", box: "A: 1@x, 2@x\n B: 3@x, 4@x",
			since:   edits(aliased("2@x", "new", true), aliased("1@x", "new", true), aliased("3@x", "newer", true), aliased("4@x", "newer", true)),
			changes: []string{"remove A 2@x (unexplained)", "remove B 4@x (unexplained)"},
			finds: []string{
				`email_alias new@acme.example: an e-mail alias of 1@x in Box, who stays in "A"` + kept,
				`email_alias newer@acme.example: an e-mail alias of 3@x in Box, who stays in "B"` + kept,
			},
		},
		"an orphan that is emptied has no newcomers": {
			roster: "A: new", box: "A:\n Gone: old", since: aliased("old", "new", true),
			edit:    func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Gone"} },
			changes: []string{"remove Gone old (asked)"}, finds: []string{unknown("new", `"A"`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box)
			test.since(&s)
			o := options(unlimited)
			if test.edit != nil {
				test.edit(&o)
			}
			p := diff(t, roster(test.roster), s, o)
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.ElementsMatch(t, orEmpty(test.finds), saidOf(p.Findings))
		})
	}
}

// A person has several logins: one that Box knows as a managed user's goes before
// one that is an external user's, and any may be an alias.
func TestDiff_severalLoginsOfAPerson(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g := b.Group("A", "A", "")
	b.Add(g, b.Person("1", "Ann", source.NewLogin("ann@other.example"), source.NewLogin("ann@acme.example")), source.Unstated, 0)
	b.Add(g, b.Person("2", "Bob", source.NewLogin("bob.x@acme.example"), source.NewLogin("bob.new@acme.example")), source.Unstated, 0)
	b.Add(g, b.Person("3", "Nobody"), source.Unstated, 0)
	b.Add(g, b.Person("4", "Eve", source.NewLogin("eve@other.example"), source.NewLogin("eve.new@acme.example")), source.Unstated, 0)
	s := box("A: bob, eve.old")
	edits(
		showing("ann@other.example", target.Standing{External: true}), showing("ann", target.Standing{}), aliased("bob", "bob.new", true),
		showing("eve@other.example", target.Standing{External: true}), aliased("eve.old", "eve.new", true),
	)(&s)
	p := diff(t, b.Build(), s, options(unlimited))
	assert.Equal(t, []string{"add A ann as member (joined)"}, changes(p.Changes))
	assert.Equal(t, []string{"email_alias bob.new@acme.example", "email_alias eve.new@acme.example"}, findings(p.Findings))
}

// Aliases of whom nobody asked about do no harm, and nobody is asked for the sake
// of a person without a login, whom no alias can name.
func TestDiffer_AliasedOfOthers(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g, other := b.Group("A", "A", ""), b.Group("B", "B", "")
	b.Add(g, b.Person("1", "Ann", source.NewLogin("new@acme.example")), source.Unstated, 0)
	b.Add(other, b.Person("2", "Bob"), source.Unstated, 0)
	s := box("A: old\n B: leaver")
	d := plan.Match(b.Build(), s.Groups, options(unlimited))
	for _, l := range s.Listings {
		d.Listed(l)
	}
	assert.Equal(t, idsOf("old"), d.Doubtful())
	d.Aliased([]target.Alias{{User: 999, Email: "new@acme.example"}, {User: idsOf("old")[0], Email: "new@acme.example"}})
	p, err := d.Finish()
	require.NoError(t, err)
	assert.Equal(t, []string{"remove B leaver (unexplained)"}, changes(p.Changes))
}

// questions are what was asked about people.
type questions struct {
	logins          []string
	ranked, doubted []target.UserID
	rankedAfter     []target.UserID
	remembered      []target.UserID
}

// planAsking makes a plan as sync.Plan does: the snapshot's users and aliases are
// the answers to what is asked, and nothing else is told.
func planAsking(t require.TestingT, r *source.Roster, s target.Snapshot, o plan.Options) (*plan.Plan, questions) {
	var q questions
	d := plan.Match(r, s.Groups, o)
	for _, l := range s.Listings {
		d.Listed(l)
	}
	asked := map[string]bool{}
	for _, login := range d.Unresolved() {
		asked[login.Key()] = true
		q.logins = append(q.logins, login.String())
	}
	q.ranked = d.Unranked()
	answer := func(ids []target.UserID) {
		d.Resolve(slices.DeleteFunc(slices.Clone(s.Users), func(u target.User) bool {
			return !slices.Contains(ids, u.ID) && !asked[source.NewLogin(u.Login).Key()]
		}))
	}
	answer(q.ranked)
	q.doubted = d.Doubtful()
	d.Aliased(slices.DeleteFunc(slices.Clone(s.Aliases), func(a target.Alias) bool { return !slices.Contains(q.doubted, a.User) }))
	q.rankedAfter, q.remembered = d.Unranked(), d.Remembered()
	answer(slices.Concat(q.rankedAfter, q.remembered))
	p, err := d.Finish()
	require.NoError(t, err)
	return p, q
}

func idsOf(who ...string) []target.UserID {
	var out []target.UserID
	for _, w := range who {
		out = append(out, userID(address(w)))
	}
	return out
}

// A question costs a call, so only those are asked whose answer can change the
// plan.
func TestDiffer_questionsAboutPeople(t *testing.T) {
	t.Parallel()
	standing := target.Standing{Role: target.EnterpriseUser}
	everybody := edits(showing("a", standing), showing("b", standing), showing("c", standing), showing("new", standing))
	for name, test := range map[string]struct {
		roster, box      string
		edit             func(*plan.Options)
		since            func(*target.Snapshot)
		logins           []string
		ranked, doubted  []target.UserID
		after            []target.UserID
		changes, finding []string
	}{
		"roles of members and of those seen elsewhere": {
			roster: "A: a admin, b admin, c admin, d, e member", box: "A: a, b admin, d admin, e admin\n Z: c", since: everybody,
			ranked:  idsOf("a", "c"),
			changes: []string{"add A c as admin (joined)", "set_role A a member to admin (role)", "set_role A e admin to member (role)"},
			finding: []string{"orphan Z"},
		},
		"each once, wherever they are wanted": {
			roster: "A: a admin\n B: a admin\n C: a admin", box: "A: a\n B:", since: everybody, ranked: idsOf("a"),
			changes: []string{"set_role A a member to admin (role)", "add B a as admin (joined)", "create_group C (source)", "add C a as admin (joined)"},
		},
		"a login that is looked up comes with its role": {
			roster: "A: new admin", box: "A:", since: everybody, logins: []string{"new@acme.example"},
			changes: []string{"add A new as admin (joined)"},
		},
		"not where roles are not managed": {
			roster: "A: a admin, b admin", box: "A: a\n Z []: b", since: everybody,
			edit:    func(o *plan.Options) { o.ManageRoles = false },
			changes: []string{"add A b as member (joined)"}, logins: []string{"b@acme.example"},
		},
		"not of those who are left alone": {
			roster: "A: a admin, b admin", box: "A: a\n Z: b", since: everybody,
			edit: func(o *plan.Options) { o.Ignore = mustGlobs("a@*", "b@*") }, finding: []string{"orphan Z"},
		},
		"aliases of leavers where somebody is unknown": {
			roster: "A: x, a\n B: x, a\n C: y", box: "A: a, old, older\n B: a\n C: old, stranger\n D: leaver", since: everybody,
			logins: []string{"x@acme.example", "y@acme.example"}, doubted: idsOf("old", "older", "stranger"),
			changes: []string{"remove A old (unexplained)", "remove A older (unexplained)", "remove C old (unexplained)", "remove C stranger (unexplained)"},
			finding: []string{"orphan D", "unknown_login x@acme.example", "unknown_login y@acme.example"},
		},
		"nobody where all are known": {
			roster: "A: new, a", box: "A: a, old\n B: old", since: everybody, logins: []string{"new@acme.example"},
			changes: []string{"add A new as member (joined)", "remove A old (unexplained)"}, finding: []string{"orphan B"},
		},
		"aliases for the sake of those whom nobody adds, whose logins are not looked up": {
			roster: "A: ignored admin, x@other.example, a", box: "A: a, old", since: everybody,
			edit: func(o *plan.Options) {
				o.Ignore, o.Domains = mustGlobs("ignored@*"), []string{"acme.example"}
			},
			doubted: idsOf("old"),
			changes: []string{"remove A old (unexplained)"},
		},
		"nobody where nobody leaves": {
			roster: "A: x, a", box: "A: a\n B: old", since: everybody, logins: []string{"x@acme.example"},
			finding: []string{"orphan B", "unknown_login x@acme.example"},
		},
		"not of one whom a look-up shows to stay": {
			roster: "A: x, renamed", box: "A: a",
			since:  edits(called("a", ""), showing("a", standing), func(s *target.Snapshot) { s.Users[0].Login = "renamed@acme.example" }),
			logins: []string{"renamed@acme.example", "x@acme.example"}, finding: []string{"unknown_login x@acme.example"},
		},
		"the role of one who stays under an alias": {
			roster: "A: x admin", box: "A: old", since: edits(aliased("old", "x", true), coAdmin("old")),
			logins: []string{"x@acme.example"}, doubted: idsOf("old"), after: idsOf("old"),
			finding: []string{"co_admin old@acme.example", "email_alias x@acme.example"},
		},
		"but not of one who is admin already, or will not be": {
			roster: "A: x admin\n B: y admin", box: "A: old admin\n B: older", since: edits(aliased("old", "x", true), aliased("older", "y", false)),
			logins: []string{"x@acme.example", "y@acme.example"}, doubted: idsOf("old", "older"),
			finding: []string{"email_alias x@acme.example", "email_alias y@acme.example"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box(test.box)
			test.since(&s)
			o := options(unlimited)
			if test.edit != nil {
				test.edit(&o)
			}
			p, got := planAsking(t, roster(test.roster), s, o)
			assert.Equal(t, test.logins, got.logins, "logins")
			assert.ElementsMatch(t, test.ranked, got.ranked, "roles")
			assert.ElementsMatch(t, test.doubted, got.doubted, "aliases")
			assert.ElementsMatch(t, test.after, got.rankedAfter, "roles, after the aliases")
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.finding), findings(p.Findings))
			assert.IsIncreasing(t, append([]target.UserID{0}, got.ranked...))
			assert.IsIncreasing(t, append([]target.UserID{0}, got.doubted...))
		})
	}
}
