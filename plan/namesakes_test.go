package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// staff builds a roster as [roster] does, of people such as "k7 Jane Miller jane
// j.miller@old.example": a key that is stable, a name of any words that begin with
// a capital, and logins, with an @ or without a capital.
func staff(text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "ldap", GroupsComplete: true})
	for _, line := range lines(text) {
		name, members, _ := strings.Cut(line, ":")
		name, partial := strings.CutSuffix(name, " (partial)")
		g := b.Group("id-"+name, name, "cn="+name)
		if partial {
			b.Partial(g, "a range is missing")
		}
		for _, entry := range entries(members) {
			words := strings.Fields(entry)
			var called []string
			var logins []source.Login
			for _, word := range words[1:] {
				if !strings.Contains(word, "@") && strings.ToLower(word[:1]) != word[:1] {
					called = append(called, word)
					continue
				}
				logins = append(logins, source.NewLogin(address(word)))
			}
			b.Add(g, b.Person(words[0], strings.Join(called, "  "), logins...), source.Unstated, 0)
		}
	}
	return b.Build()
}

// inBox is box of the groups of staff.
func inBox(text string, known ...string) target.Snapshot {
	s := box(text, known...)
	for i := range s.Groups {
		s.Groups[i].Identifier = "rollcall:main:hr:id-" + s.Groups[i].Name
	}
	return s
}

// naming gives somebody a display name in Box, wherever a listing shows them.
func naming(who, name string) func(*target.Snapshot) {
	return func(s *target.Snapshot) {
		for _, l := range s.Listings {
			for i := range l.Users {
				if l.Users[i].ID == userID(address(who)) {
					l.Users[i].Name = name
				}
			}
		}
	}
}

// known is a memory of who somebody of the source was in Box.
func known(key, who string) func(*plan.Options) {
	return remembering(&plan.Memory{People: map[string]target.UserID{"hr/" + key: userID(address(who))}}, night(9))
}

func TestNamesakes(t *testing.T) {
	t.Parallel()
	const removed = "remove A old (unexplained)"
	for name, test := range map[string]struct {
		roster, box string
		known       []string // logins that Box knows besides
		since       func(*target.Snapshot)
		edit        func(*plan.Options)
		changes     []string
		holds       []string
		reason      string // of the last hold
	}{
		"the same local part": {
			roster: "A: k Ann OLD@new.example", box: "A: old", holds: []string{"possible_rename A 1"},
			reason: "who would go may be wanted here under another login: old@acme.example as OLD@new.example (same local part)",
		},
		"that of any of their logins": {
			roster: "A: k first@new.example old@new.example", box: "A: old", holds: []string{"possible_rename A 1"},
			reason: "who would go may be wanted here under another login: old@acme.example as old@new.example (same local part)",
		},
		"a local part that many have": {
			roster: "A: k info@new.example", box: "A: info, old", holds: []string{"possible_rename A 1"}, changes: []string{removed},
		},
		"the same display name": {
			roster: "A: k Ann ÉLAN new", box: "A: old", since: naming("old", " ann  élan "), holds: []string{"possible_rename A 1"},
			reason: `who would go may be wanted here under another login: old@acme.example as new@acme.example (both "ann élan")`,
		},
		"no name is nobody's name": {
			roster: "A: k new", box: "A: old", since: naming("old", ""), changes: []string{removed},
		},
		"a part of the name is another name": {
			roster: "A: k Jane Smith jane.smith", box: "A: jane.miller", since: naming("jane.miller", "Jane Miller"),
			changes: []string{"remove A jane.miller (unexplained)"},
		},
		"a marriage that is remembered": {
			roster: "A: k Jane Smith jane.smith", box: "A: jane.miller", since: naming("jane.miller", "Jane Miller"), edit: known("k", "jane.miller"),
		},
		"and clears nobody else": {
			roster: "A: k Jane Smith jane.smith", box: "A: jane.miller, old", since: naming("old", "Jane Smith"), edit: known("k", "jane.miller"),
			holds: []string{"possible_rename A 1"},
		},
		"somebody else is remembered": {
			roster: "A: k Jane Smith jane.smith", box: "A: old", edit: known("k2", "old"), changes: []string{removed},
		},
		"an empty local part is nobody's": {
			roster: "A: k @new.example", box: "A: old", since: called("old", "@acme.example"), changes: []string{"remove A  (unexplained)"},
		},
		"what is remembered is not held but known, and the name is held": {
			roster: "A: k Z z, k2 Ann a, k3 old@new.example", box: "A: old, mid", since: edits(naming("old", "Ann"), naming("mid", "Ann")), edit: known("k", "mid"),
			holds:  []string{"possible_rename A 1"},
			reason: `who would go may be wanted here under another login: old@acme.example as a@acme.example (both "Ann")`,
		},
		"one who may be any of several": {
			roster: "A: k Ann new", box: "A: old, older, mid", since: edits(naming("old", "Ann"), naming("older", "ANN")),
			changes: []string{"remove A mid (unexplained)"}, holds: []string{"possible_rename A 2"},
			reason: `who would go may be wanted here under another login: old@acme.example as new@acme.example (both "Ann"), older@acme.example as new@acme.example (both "ANN")`,
		},
		"several who may be one": {
			roster: "A: k2 old@b.example, k1 old@a.example", box: "A: old", holds: []string{"possible_rename A 1"},
			reason: "who would go may be wanted here under another login: old@acme.example as old@a.example (same local part)",
		},
		"more than are named": {
			roster: "A: a p1@x.example, b p2@x.example, c p3@x.example, d p4@x.example, e p5@x.example, f p6@x.example, g p7@x.example", box: "A: p1, p2, p3, p4, p5, p6, p7",
			holds: []string{"possible_rename A 7"},
			reason: "who would go may be wanted here under another login: p1@acme.example as p1@x.example (same local part), p2@acme.example as p2@x.example (same local part), " +
				"p3@acme.example as p3@x.example (same local part), p4@acme.example as p4@x.example (same local part), p5@acme.example as p5@x.example (same local part), and 2 more",
		},
		"in the order of their logins": {
			roster: "A: b p2@x.example, a p1@x.example", box: "A: p2, p1", holds: []string{"possible_rename A 2"},
			reason: "who would go may be wanted here under another login: p1@acme.example as p1@x.example (same local part), p2@acme.example as p2@x.example (same local part)",
		},
		"whom Box knows is somebody else": {
			roster: "A: k old@new.example", box: "A: old", known: []string{"old@new.example"},
			changes: []string{"add A old@new.example as member (joined)", removed},
		},
		"so is whom it knows under another login of theirs": {
			roster: "A: k zoe old@new.example", box: "A: old", known: []string{"zoe"}, changes: []string{"add A zoe as member (joined)", removed},
		},
		"so is an external user": {
			roster: "A: k old@new.example", box: "A: old", since: showing("old@new.example", target.Standing{External: true}), changes: []string{removed},
		},
		"wanted in another group only": {
			roster: "A: k zoe\n B: k2 old@new.example", box: "A: old, zoe\n B: bob", changes: []string{removed, "remove B bob (unexplained)"},
		},
		"an alias says who they are": {
			roster: "A: k old@new.example", box: "A: old, mid", since: aliased("mid", "old@new.example", true), changes: []string{removed},
		},
		"one that is not confirmed clears nobody else": {
			roster: "A: k old@new.example", box: "A: old, mid", since: aliased("mid", "old@new.example", false), holds: []string{"possible_rename A 1"},
		},
		"whom a policy leaves alone is wanted too": {
			roster: "A: k old@new.example", box: "A: old", edit: func(o *plan.Options) { o.Ignore = mustGlobs("*@new.example") }, holds: []string{"possible_rename A 1"},
		},
		"and Box is not asked what it knows of them": {
			roster: "A: k old@new.example", box: "A: old\n B: old@new.example", known: []string{"old@new.example"},
			edit:  func(o *plan.Options) { o.Domains = []string{"acme.example"} },
			holds: []string{"possible_rename A 1"},
		},
		"whom nobody removes needs no hold": {
			roster: "A: k old@new.example, k2 mid@new.example", box: "A: old, mid", edit: func(o *plan.Options) { o.Ignore, o.Protect = mustGlobs("old@acme*"), mustGlobs("mid@acme*") },
		},
		"nobody goes from a partial group": {
			roster: "A (partial): k old@new.example", box: "A: old", holds: []string{"partial A 1"},
		},
		"nobody goes without removals": {
			roster: "A: k old@new.example", box: "A: old", edit: additive,
		},
		"allowed in the group": {
			roster: "A: k old@new.example\n B: k2 bob@new.example", box: "A: old\n B: bob", edit: allowing(t, "possible_rename:a=allow"),
			changes: []string{removed}, holds: []string{"possible_rename B 1"},
		},
		"allowed everywhere": {
			roster: "A: k old@new.example\n B: k2 bob@new.example", box: "A: old\n B: bob", edit: allowing(t, "possible_rename=allow"),
			changes: []string{removed, "remove B bob (unexplained)"},
		},
		"one hold says all that speaks against them": {
			roster: "A: k old@new.example", box: "A: old, mid, zoe", since: untold("mid"), changes: []string{"remove A zoe (unexplained)"}, holds: []string{"possible_rename A 2"},
			reason: "who would go may be wanted here under another login: old@acme.example as old@new.example (same local part); " +
				"somebody is wanted under a login that Box does not know, and Box does not tell the e-mail aliases of who would go: one may be the other",
		},
		"many unknown logins hold the whole run": {
			roster: "A: k old@new.example", box: "A: old, mid", holds: []string{"unknown_logins 2"}, edit: func(o *plan.Options) {
				o.Limits.UnknownLogins, o.Memory = plan.AtMost(0), counted()
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inBox(test.box, test.known...)
			if test.since != nil {
				test.since(&s)
			}
			edit := func(*plan.Options) {}
			if test.edit != nil {
				edit = test.edit
			}
			p := diff(t, staff(test.roster), s, options(unlimited, edit))
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			if test.reason != "" {
				require.NotEmpty(t, p.Holds)
				last := p.Holds[len(p.Holds)-1]
				assert.Equal(t, test.reason, last.Reason)
				assert.Contains(t, last.Release, `in group "A" of source hr`)
				assert.Contains(t, last.Release, "make the source and Box say the same login if one is the other")
				assert.True(t, strings.HasSuffix(last.Release, "; if they are different people, allow it this once: --allow possible_rename:A=allow"), last.Release)
				assert.False(t, p.Header.Blocked)
			}
		})
	}
}

// Whom the source knows to have left is nobody else.
func TestNamesakes_left(t *testing.T) {
	t.Parallel()
	p := diff(t, keyed("old (left) = old\n new = old@new.example\n A: new"), box("A: old, old@x.example"), options(unlimited))
	assert.Equal(t, []string{"remove A old (left)"}, changes(p.Changes))
	assert.Equal(t, []string{"possible_rename A 1"}, holds(p.Holds))
}

// What is held does not use up what the run is allowed, and is no limit itself.
func TestNamesakes_useUpNoLimit(t *testing.T) {
	t.Parallel()
	p := diff(t, staff("A: k old@new.example\n B: k2 zoe"), inBox("A: old, mid\n B: zoe, bob"), options(unlimited, limits(func(l *plan.Limits) {
		l.Removals, l.RemovalsPerGroup = plan.AtMost(2), plan.AtMost(1)
	})))
	assert.Equal(t, []string{"remove A mid (unexplained)", "remove B bob (unexplained)"}, changes(p.Changes))
	assert.Equal(t, []string{"possible_rename A 1"}, holds(p.Holds))
}

// What is blocked together with look-alikes is released with what holds those now; a
// rule that would hold them then is no matter of it.
func TestNamesakes_blockOthers(t *testing.T) {
	t.Parallel()
	p := diff(t, staff("A: k old@new.example, k2 zoe"), inBox("A: old", "zoe"), options(func(o *plan.Options) {
		o.Limits, o.Memory = plan.Limits{UnknownLogins: plan.AtMost(0), BlockAll: true}, counted()
	}))
	require.Equal(t, []string{"on_limit 1", "unknown_logins 1"}, holds(p.Holds))
	assert.Equal(t, "what releases the other holds releases this one: --allow unknown_logins=1", p.Holds[0].Release)
	assert.Equal(t, "to allow it this once: --allow possible_rename:A=allow --allow unknown_logins=1", p.Holds[1].Release)
}

// The unknown login is told of all the same.
func TestNamesakes_findings(t *testing.T) {
	t.Parallel()
	p := diff(t, staff("A: k old@new.example"), inBox("A: old"), options(unlimited))
	assert.Equal(t, []string{"unknown_login old@new.example"}, findings(p.Findings))
}

// Who is held is missing under the login that Box has: the time that
// members.removal_grace asks for runs.
func TestNamesakes_grace(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{}
	for i, want := range []struct {
		edit           func(*plan.Options)
		holds, changes []string
	}{
		{func(*plan.Options) {}, []string{"possible_rename A 1"}, nil},
		{allowing(t, "possible_rename=allow"), []string{"removal_grace A 1"}, nil},
		{func(*plan.Options) {}, []string{"possible_rename A 1"}, nil},
		{allowing(t, "possible_rename=allow"), nil, []string{"remove A old (unexplained)"}},
	} {
		p := diff(t, staff("A: k old@new.example"), inBox("A: old"), options(unlimited, want.edit, remembering(memory, night(i+1)), func(o *plan.Options) {
			o.RemovalGrace = 3 * day
		}))
		assert.Equal(t, orEmpty(want.holds), holds(p.Holds), "night %d", i+1)
		assert.Equal(t, orEmpty(want.changes), changes(p.Changes), "night %d", i+1)
		memory = p.Memory
	}
}

// A plan is made on Friday, and who looks like a leaver turns up by Monday.
func TestRecheck_namesakes(t *testing.T) {
	t.Parallel()
	const held = "remove A old: skipped, held by possible_rename: who would go may be wanted here under another login: "
	for name, test := range map[string]struct {
		friday string // the roster
		edit   func(*plan.Options)
		monday string
		since  func(*target.Snapshot)
		today  func(*plan.Options)
		fates  []string
	}{
		"wanted since under a login that looks like theirs": {
			friday: "A: k zoe", monday: "A: k zoe, k2 old@new.example",
			fates: []string{held + "old@acme.example as old@new.example (same local part)"},
		},
		"under their name": {
			friday: "A: k zoe", monday: "A: k zoe, k2 Ann new", since: naming("old", "Ann"),
			fates: []string{held + `old@acme.example as new@acme.example (both "Ann")`},
		},
		"and is remembered as them": {
			friday: "A: k zoe", monday: "A: k zoe, k2 new", today: known("k2", "old"),
			fates: []string{"remove A old: skipped, source hr lists them in the group"},
		},
		"and is nobody who looks like them": {
			friday: "A: k zoe", monday: "A: k zoe, k2 new@new.example", fates: []string{"remove A old: to be made"},
		},
		"and Box knows them": {
			friday: "A: k zoe", monday: "A: k zoe, k2 old@new.example", since: showing("old@new.example", target.Standing{}),
			fates: []string{"remove A old: to be made"},
		},
		"a plan that was made with the allowance": {
			friday: "A: k zoe, k2 old@new.example", edit: allowing(t, "possible_rename:A=allow"), monday: "A: k zoe, k2 old@new.example",
			fates: []string{"remove A old: to be made"},
		},
		"today's allowance is of no use": {
			friday: "A: k zoe", monday: "A: k zoe, k2 old@new.example", today: allowing(t, "possible_rename=allow"),
			fates: []string{held + "old@acme.example as old@new.example (same local part)"},
		},
		"an alias told who they are, of somebody of whom the plan says nothing": {
			friday: "A: k zoe, k2 old@new.example", monday: "A: k zoe, k2 old@new.example", since: aliased("mid", "old@new.example", true),
			fates: []string{"remove A old: to be made"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inBox("A: zoe, old, mid", "zoe")
			friday := []func(*plan.Options){unlimited, func(o *plan.Options) { o.Protect = mustGlobs("mid@acme.example") }}
			if test.edit != nil {
				friday = append(friday, test.edit)
			}
			was := s
			if strings.HasPrefix(name, "an alias") {
				test.since(&was)
				friday[1] = func(*plan.Options) {}
			}
			saved := diff(t, staff(test.friday), was, options(friday...))
			require.Equal(t, []string{"remove A old (unexplained)"}, changes(saved.Changes))
			if test.since != nil {
				test.since(&s)
			}
			if test.today != nil {
				friday = append(friday, test.today)
			}
			c := recheckAsking(t, saved, staff(test.monday), s, options(friday...))
			assert.Equal(t, test.fates, fates(saved, c))
		})
	}
}

// recheckAsking asks for aliases as often as there is somebody to ask for.
func recheckAsking(t *testing.T, saved *plan.Plan, r *source.Roster, s target.Snapshot, o plan.Options) *plan.Confirmed {
	t.Helper()
	re := plan.NewRecheck(saved, r, s.Groups, o)
	for _, l := range s.Listings {
		re.Listed(l)
	}
	re.Resolve(s.Users)
	asked := map[target.UserID]bool{}
	for {
		var told []target.Alias
		n := len(asked)
		for _, id := range re.Doubtful() {
			if asked[id] {
				continue
			}
			asked[id] = true
			for _, a := range s.Aliases {
				if a.User == id {
					told = append(told, a)
				}
			}
		}
		re.Aliased(told)
		if len(asked) == n {
			break
		}
	}
	c, err := re.Finish()
	require.NoError(t, err)
	requireAccounted(t, saved, c)
	return c
}
