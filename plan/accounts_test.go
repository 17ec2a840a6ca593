package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// married is somebody who has another login in the source than in Box.
const married = "ann = ann.new\n "

func TestDiff_rememberedPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box    string
		known          []string // to Box, besides
		memory         string
		other          string // the roster of a second source
		edit           func(*plan.Options)
		since          func(*target.Snapshot)
		changes, holds []string
		finds          []string
		next           map[string]string // what is remembered of those who are not just known by login
		kept           int               // demotions of whom members.protect names
	}{
		"a marriage: the member stays, and comes into other groups": {
			roster: married + "A: ann\n B: ann, bob\n C: ann", box: "A: ann\n B: bob", memory: "ann=ann",
			changes: []string{"add B ann as member (joined)", "create_group C (source)", "add C ann as member (joined)"},
			finds:   []string{"remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"of whom no listing shows the account": {
			roster: married + "A: bob, ann admin", box: "A: bob", known: []string{"ann"}, memory: "ann=ann",
			changes: []string{"add A ann as admin (joined)"},
			finds:   []string{"remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"the role is compared": {
			roster: married + "A: ann member\n B: ann admin", box: "A: ann admin\n B: ann", memory: "ann=ann",
			changes: []string{"set_role A ann admin to member (role)", "set_role B ann member to admin (role)"},
			finds:   []string{"remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"but for somebody who is protected under the new login": {
			roster: married + "A: ann member\n B: ann member\n C: ann", box: "A: ann admin\n B: ann\n C: ann admin", memory: "ann=ann",
			edit:  func(o *plan.Options) { o.Protect = mustGlobs("ann.new@*") },
			finds: []string{"remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"}, kept: 1,
		},
		"somebody to be left alone under the new login is neither added nor removed nor changed": {
			roster: married + "A: ann member\n B: ann", box: "A: ann admin\n B: bob", memory: "ann=ann",
			edit:    func(o *plan.Options) { o.Ignore = mustGlobs("ann.new@*") },
			changes: []string{"remove B bob (unexplained)"},
			finds:   []string{"remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"so is one whose account is to be left alone": {
			roster: married + "A: ann member\n B: ann", box: "A: ann admin\n B:", memory: "ann=ann",
			edit:  func(o *plan.Options) { o.Ignore = mustGlobs("ann@*") },
			finds: []string{"remembered_user ann.new@acme.example", "unknown_login ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"without a memory the member is missing": {
			roster: married + "A: ann", box: "A: ann",
			changes: []string{"remove A ann (unexplained)"}, finds: []string{"unknown_login ann.new@acme.example"},
		},
		"a login goes before the memory, which is corrected": {
			roster: married + "A: ann\n B: ann", box: "A: ann.new\n B: bob", known: []string{"ann"}, memory: "ann=ann",
			changes: []string{"add B ann.new as member (joined)", "remove B bob (unexplained)"}, next: map[string]string{"ann": "ann.new"},
		},
		"an account that Box no longer has": {
			roster: married + "A: ann", box: "A: bob", memory: "ann=ann",
			changes: []string{"remove A bob (unexplained)"}, finds: []string{"unknown_login ann.new@acme.example"}, next: map[string]string{},
		},
		"a person without any login stays, and comes nowhere": {
			roster: "ann = \n A: ann\n B: ann", box: "A: ann\n B: bob", memory: "ann=ann",
			changes: []string{"remove B bob (unexplained)"},
			finds:   []string{"remembered_user ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"an external user has the new login": {
			roster: married + "A: ann\n B: ann", box: "A: ann\n B: bob", memory: "ann=ann", since: showing("ann.new", target.Standing{External: true}),
			changes: []string{"remove B bob (unexplained)"},
			finds:   []string{"external_user ann.new@acme.example", "remembered_user ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"an account that is external by now": {
			roster: married + "A: ann", box: "A:", memory: "ann=ann", since: showing("ann", target.Standing{External: true}),
			finds: []string{"unknown_login ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},

		"a second account by the new login, the first in the group": {
			roster: married + "A: ann admin\n B: ann", box: "A: ann\n B: bob, ann", known: []string{"ann.new"}, memory: "ann=ann",
			changes: []string{"remove B bob (unexplained)"},
			finds:   []string{"two_accounts ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"and both in it": {
			roster: married + "A: ann admin", box: "A: ann, ann.new", memory: "ann=ann",
			changes: []string{"set_role A ann.new member to admin (role)"},
			finds:   []string{"two_accounts ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"and both in it, which Box first shows without the login": {
			roster: married + "A: ann admin\n B: ann", box: "A: ann, ann.new\n B: ann.new", memory: "ann=ann",
			since:   func(s *target.Snapshot) { s.Listings[0].Users[1].Login = "" },
			changes: []string{"set_role A ann.new member to admin (role)"},
			finds:   []string{"two_accounts ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"and one in each": {
			roster: married + "A: ann\n B: ann", box: "A: ann\n B: ann.new", memory: "ann=ann",
			finds: []string{"two_accounts ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"where the person is not wanted, neither stays": {
			roster: married + "A: ann\n B: bob", box: "A: ann, ann.new\n B: ann, ann.new, bob", memory: "ann=ann",
			changes: []string{"remove B ann (unexplained)", "remove B ann.new (unexplained)"},
			finds:   []string{"two_accounts ann@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"two accounts by two logins, of which the second was found before the first": {
			roster: "ann = ann, ann.upn\n A: ann\n B: ann admin", box: "A: ann.upn\n B: ann, ann.upn",
			changes: []string{"set_role B ann member to admin (role)"},
			finds:   []string{"two_accounts ann.upn@acme.example"},
		},
		"two accounts by two logins": {
			roster: "ann = ann, ann.upn\n A: ann\n B: ann\n C: ann\n D: bob", box: "A: ann, ann.upn\n B: ann.upn\n C: bob\n D: ann.upn, bob",
			changes: []string{"add C ann as member (joined)", "remove C bob (unexplained)", "remove D ann.upn (unexplained)"},
			finds:   []string{"two_accounts ann.upn@acme.example"},
		},
		"an account by memory and another one by an alias": {
			roster: married + "A: ann", box: "A: ann, mid", memory: "ann=ann", since: aliased("mid", "ann.new", true),
			finds: []string{"remembered_user ann.new@acme.example", "two_accounts mid@acme.example"}, next: map[string]string{"ann": "ann"},
		},
		"the alias in the group goes before a memory of somebody who is not": {
			roster: married + "A: ann", box: "A: mid", known: []string{"ann"}, memory: "ann=ann", since: aliased("mid", "ann.new", true),
			finds: []string{"email_alias ann.new@acme.example"}, next: map[string]string{"ann": "ann"},
		},

		"a login used again, the first person gone": {
			roster: "new = ann\n A: new", box: "A: bob", known: []string{"ann"}, memory: "ann=ann",
			changes: []string{"add A ann as member (joined)", "remove A bob (unexplained)"}, next: map[string]string{"new": "ann"},
		},
		"a login used again, the first person with another account": {
			roster: married + "new = ann\n A: ann\n B: new", box: "A: ann\n B:", known: []string{"ann.new"}, memory: "ann=ann",
			changes: []string{"add A ann.new as member (joined)", "remove A ann (moved)", "add B ann as member (moved)"},
			next:    map[string]string{"ann": "ann.new", "new": "ann"},
		},
		"a login used again, the first person without another account": {
			roster: married + "new = ann\n A: ann\n B: new\n C: bob", box: "A: ann\n B:\n C: ann, bob", memory: "ann=ann",
			changes: []string{"remove C ann (unexplained)"}, holds: []string{"shared_login A 1", "shared_login B 1"},
			finds: []string{"shared_login ann@acme.example", "unknown_login ann.new@acme.example"}, next: map[string]string{"ann": "ann", "new": "ann"},
		},
		"a login used again, the first person to be left alone": {
			roster: married + "new = ann\n A: ann\n B: new", box: "A:\n B:", known: []string{"ann"}, memory: "ann=ann",
			edit:    func(o *plan.Options) { o.Ignore = mustGlobs("ann.new@*") },
			changes: []string{"add B ann as member (joined)"}, next: map[string]string{"ann": "ann", "new": "ann"},
		},
		"an account that Box shows without a login": {
			roster: married + "A: ann\n Z: zoe", box: "A:\n Z: ann, zoe", memory: "ann=ann", since: called("ann", ""),
			finds: []string{"unknown_login ann.new@acme.example", "unnamed_member Z"},
			next:  map[string]string{"ann": "ann", "zoe": userID(address("zoe")).String()},
		},
		"in one group": {
			roster: married + "new = ann\n A: ann, new admin", box: "A: ann", memory: "ann=ann", holds: []string{"shared_login A 1"},
			finds: []string{"shared_login ann@acme.example", "unknown_login ann.new@acme.example"}, next: map[string]string{"ann": "ann", "new": "ann"},
		},
		"two people are remembered as one user": {
			roster: married + "eve = eve.new\n A: ann\n B: eve", box: "A: ann\n B:", memory: "ann=ann, eve=ann",
			holds: []string{"shared_login A 1"},
			finds: []string{"shared_login ann@acme.example", "unknown_login ann.new@acme.example", "unknown_login eve.new@acme.example"},
			next:  map[string]string{"ann": "ann", "eve": "ann"},
		},
		"two people with one login: nobody new is remembered": {
			roster: "ann = ann\n eve = ann\n A: ann\n B: eve", box: "A: ann\n B: ann", memory: "ann=ann",
			next: map[string]string{"ann": "ann"},
		},
		"another source still has the old login": {
			roster: married + "A: ann\n B: ann", other: "x = ann", box: "A: ann\n B: bob", memory: "ann=ann",
			changes: []string{"remove B bob (unexplained)"},
			finds:   []string{"remembered_user ann.new@acme.example", "unknown_login ann.new@acme.example"}, next: map[string]string{"ann": "ann", "other/k-x": "ann"},
		},
		"two people change their logins with each other": {
			roster: "ann = bob\n bob = ann\n A: ann\n B: bob", box: "A: ann\n B: bob", memory: "ann=ann, bob=bob",
			changes: []string{"add A bob as member (moved)", "remove A ann (moved)", "add B ann as member (moved)", "remove B bob (moved)"},
			next:    map[string]string{"ann": "bob", "bob": "ann"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := keyed(test.roster), box(test.box, test.known...)
			if test.other != "" {
				r = source.Merge(r, keyedOf("other", test.other))
			}
			if test.since != nil {
				test.since(&s)
			}
			o := options(unlimited)
			if test.memory != "" {
				remembering(peopleKnown(test.memory), night(1))(&o)
			}
			if test.edit != nil {
				test.edit(&o)
			}
			p, _ := planAsking(t, r, s, o)
			assert.ElementsMatch(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.Equal(t, orEmpty(test.finds), findings(p.Findings))
			assert.Equal(t, test.kept, p.Header.Kept.Protected)
			if test.memory != "" {
				next := knownIn(p.Memory, "ann", "ann.new", "bob")
				if test.next["bob"] == "" {
					delete(next, "bob")
				}
				assert.Equal(t, test.next, next)
			}
		})
	}
}

// What the findings and the hold say, whole.
func TestDiff_rememberedPeopleInWords(t *testing.T) {
	t.Parallel()
	say := func(text, inBox, memory string, users ...string) *plan.Plan {
		return diff(t, keyed(text), box(inBox, users...), options(unlimited, remembering(peopleKnown(memory), night(1))))
	}
	assert.Equal(t, []string{
		`remembered_user ann.new@acme.example: Box has no user with this login; earlier runs knew them as ann@acme.example, who is taken for them in "A", "B": make the source or Box say the same login`,
	}, saidOf(say(married+"A: ann\n B: ann", "A: ann\n B:", "ann=ann").Findings))
	assert.Equal(t, []string{
		`two_accounts ann@acme.example: an account of somebody who is also ann.new@acme.example in Box; one of them is enough for "A", "B", so this one is not removed, nor the other one added beside it: keep one, and take the other out of its groups, or out of Box`,
	}, saidOf(say(married+"A: ann\n B: ann", "A: ann\n B: ann, ann.new", "ann=ann", "ann.new").Findings))
	assert.Contains(t, saidOf(say("ann = \n new = ann\n A: ann\n B: new", "A: ann\n B:", "ann=ann").Findings),
		`shared_login ann@acme.example: may be either of two people of the source: ann and ann@acme.example, one of whom earlier runs knew as this user; held in "A", "B": give the one whose account it is that login in the source, or their login to the account in Box, and the other an account of their own`)
	assert.Contains(t, saidOf(say(married+"eve = eve.new\n A: ann\n B: eve", "A:\n B: ann", "ann=ann, eve=ann").Findings),
		`shared_login ann@acme.example: may be either of two people of the source: ann.new@acme.example and eve.new@acme.example, one of whom earlier runs knew as this user; held in "B": give the one whose account it is that login in the source, or their login to the account in Box, and the other an account of their own`)
	p := say(married+"eve = ann\n A: ann\n B: eve", "A: ann\n B:", "ann=ann")
	assert.Contains(t, saidOf(p.Findings),
		`shared_login ann@acme.example: may be either of two people of the source: ann.new@acme.example and ann@acme.example, one of whom earlier runs knew as this user; held in "A", "B": give the one whose account it is that login in the source, or their login to the account in Box, and the other an account of their own`)
	require.Len(t, p.Holds, 2)
	assert.Equal(t, `see the finding shared_login; for group "A" of source hr, give the one whose account ann@acme.example is that login in the source, and the other a login of their own`, p.Holds[0].Release)
}

// Of somebody with two accounts, the finding names the other one: by a login of theirs
// that Box knows, or as they are remembered, or else as the source has them.
func TestDiff_theOtherAccount(t *testing.T) {
	t.Parallel()
	for other, test := range map[string]struct {
		person, box, memory, of string
		since                   func(*target.Snapshot)
	}{
		"ann.upn": {"ann = ann.gone, ann.upn", "A: ann, ann.upn", "ann=ann", "ann", func(*target.Snapshot) {}},
		"ann":     {"ann = ann.new", "A: ann, mid", "ann=ann", "mid", aliased("mid", "ann.new", true)},
		"ann.new": {"ann = ann.new, ann.old", "A: mid, older", "", "older", edits(aliased("mid", "ann.new", true), aliased("older", "ann.old", true))},
	} {
		s := box(test.box)
		test.since(&s)
		p := diff(t, keyed(test.person+"\n A: ann"), s, options(unlimited, remembering(peopleKnown(test.memory), night(1))))
		assert.Empty(t, p.Changes)
		assert.Contains(t, saidOf(p.Findings), "two_accounts "+address(test.of)+": an account of somebody who is also "+address(other)+
			` in Box; one of them is enough for "A", so this one is not removed, nor the other one added beside it: keep one, and take the other out of its groups, or out of Box`)
	}
}

// The key of somebody in a CSV is a login, whatever rules make of it: nobody is
// remembered by it, and what an earlier version remembered so is forgotten unread.
func TestPeople_aRewrittenLoginIsNoKey(t *testing.T) {
	t.Parallel()
	rewritten := func(to string) *source.Roster {
		rule, err := source.NewLoginRewrite("members.rewrite[0]", "@sub.example$", to)
		require.NoError(t, err)
		return mapped(t, roster("A: bob@sub.example, ann\n B: bob@sub.example"), source.Mapping{Logins: []source.Rewrite{rule}})
	}
	s := box("A: ann, bob\n B: ann")
	wrong := diff(t, rewritten("@acme.example"), s, options(unlimited, remembering(&plan.Memory{}, night(1))))
	require.Equal(t, []string{"add B bob as member (joined)", "remove B ann (unexplained)"}, changes(wrong.Changes))
	assert.Empty(t, wrong.Memory.People)

	// The rule was wrong: it made somebody else of him.
	old := &plan.Memory{People: map[string]target.UserID{"hr/bob@sub.example": userID("bob@acme.example")}}
	right := diff(t, rewritten("@right.example"), s, options(unlimited, remembering(old, night(2)), allowing(t, "possible_rename=allow")))
	assert.Equal(t, []string{"remove A bob (unexplained)", "remove B ann (unexplained)"}, changes(right.Changes))
	assert.Equal(t, []string{"unknown_login bob@right.example"}, findings(right.Findings))
	assert.Empty(t, right.Memory.People)
}
