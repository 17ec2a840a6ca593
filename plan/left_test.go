package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

func TestDiff_leavers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		roster, box, memory string
		other               string // of a second source
		edit                func(*plan.Options)
		since               func(*target.Snapshot)
		changes, holds      []string
		finds               []string
	}{
		"by login, whether or not a group lists them": {
			roster: "bob (left) = bob\n carl (left) = carl\n A: ann, bob", box: "A: ann, bob, carl, dora",
			changes: []string{"remove A bob (left)", "remove A carl (left)", "remove A dora (unexplained)"},
		},
		"by any of their logins": {
			roster: "bob (left) = robert, bob\n A: ann", box: "A: ann, bob, robert",
			changes: []string{"remove A bob (left)", "remove A robert (left)"},
		},
		"by what is remembered, disabled, moved and without mail": {
			roster: "bob (left) = \n A: ann", box: "A: ann, bob", memory: "bob=bob",
			changes: []string{"remove A bob (left)"},
		},
		"without mail and memory they are missing": {
			roster: "bob (left) = \n A: ann", box: "A: ann, bob",
			changes: []string{"remove A bob (unexplained)"},
		},
		"a person who has not left has the login": {
			roster: "old (left) = bob\n new = bob\n A: ann", box: "A: ann, bob", memory: "old=bob",
			changes: []string{"remove A bob (unexplained)"},
		},
		"and is wanted": {
			roster: "old (left) = bob\n new = bob\n A: ann, new, old", box: "A: ann, bob", memory: "old=bob",
		},
		"a person of another source who has not left has the login": {
			roster: "old (left) = bob\n A: ann", other: "new = bob\n B: ann", box: "A: ann, bob", memory: "old=bob",
			changes: []string{"add B ann as member (joined)", "remove A bob (unexplained)"},
		},
		"a person who has not left is remembered as the user": {
			roster: "old (left) = bob\n new = bob.new\n A: ann", box: "A: ann, bob", memory: "new=bob",
			changes: []string{"remove A bob (unexplained)"},
		},
		"another source's group": {
			roster: "bob (left) = bob\n A: ann", other: "B: ann", box: "A: ann\n B [rollcall:main:other:B]: ann, bob",
			changes: []string{"remove B bob (left)"},
		},
		"no grace holds them": {
			roster: "bob (left) = bob\n A: ann", box: "A: ann, bob, carl",
			edit:    func(o *plan.Options) { o.RemovalGrace, o.Memory, o.Now = 7*day, peopleKnown(""), night(1) },
			changes: []string{"remove A bob (left)"}, holds: []string{"removal_grace A 1"},
		},
		"nor what may be a rename": {
			roster: "bob (left) = bob\n A: ann, zoe", box: "A: ann, bob, carl",
			since:   edits(untold("bob"), untold("carl")),
			changes: []string{"remove A bob (left)"}, holds: []string{"possible_rename A 1"}, finds: []string{"unknown_login zoe@acme.example"},
		},
		"but whoever is wanted under their alias has not left": {
			roster: "bob (left) = bob\n A: ann, zoe", box: "A: ann, bob", since: aliased("bob", "zoe", true),
			finds: []string{"email_alias zoe@acme.example"},
		},
		"a group that was not read whole": {
			roster: "bob (left) = bob\n A (partial): ann", box: "A: ann, bob",
			holds: []string{"partial A 1"}, finds: []string{"partial A"},
		},
		"a group in which nobody else is": {
			roster: "bob (left) = bob\n A: bob", box: "A: bob",
			edit:  func(o *plan.Options) { o.Limits.HoldEmptyGroup = true },
			holds: []string{"empty_group A 1"},
		},
		"the last admin": {
			roster: "bob (left) = bob\n A: ann, bob", box: "A: ann, bob admin",
			edit:  func(o *plan.Options) { o.Limits.HoldLastAdmin = true },
			holds: []string{"last_admin A 1"},
		},
		"a protected one": {
			roster: "bob (left) = bob\n A: ann", box: "A: ann, bob",
			edit: func(o *plan.Options) { o.Protect = mustGlobs("bob@*") },
		},
		"the limits": {
			roster: "bob (left) = bob\n A: ann", box: "A: ann, bob, carl",
			edit:  func(o *plan.Options) { o.Limits.Removals = plan.AtMost(1) },
			holds: []string{"removals 2"},
		},
		"nobody who moves is overwritten, and nobody who has left moves": {
			roster: "bob (left) = bob\n carl = carl\n A: ann\n B: carl, bob", box: "A: ann, bob, carl\n B:",
			changes: []string{"remove A bob (left)", "remove A carl (moved)", "add B carl as member (moved)"},
		},
		"an orphan that is emptied": {
			roster: "bob (left) = bob\n A: ann", box: "A: ann\n B: bob",
			edit: emptying("B"), changes: []string{"remove B bob (asked)"},
		},
		"a removal that is off": {
			roster: "bob (left) = bob\n A: ann", box: "A: ann, bob", edit: additive,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := keyed(test.roster), box(test.box, "ann")
			if test.other != "" {
				r = source.Merge(r, keyedOf("other", test.other))
				for i := range s.Groups {
					if s.Groups[i].Name == "B" {
						s.Groups[i].Identifier = "rollcall:main:other:B"
					}
				}
				if len(s.Groups) == 1 {
					made(109, "B", "rollcall:main:other:B", "")(&s)
				}
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
			p := diff(t, r, s, o)
			assert.ElementsMatch(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.Equal(t, orEmpty(test.finds), findings(p.Findings))
		})
	}
}

// Who has left counts for the limits, and the reason says so.
func TestDiff_leaversInALimit(t *testing.T) {
	t.Parallel()
	p := diff(t, keyed("bob (left) = bob\n A: ann"), box("A: ann, bob, carl"), options(unlimited, func(o *plan.Options) { o.Limits.Removals = plan.AtMost(1) }))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "2 removals (1 of people who have left) against 3 current memberships (67%); the limit is 1", p.Holds[0].Reason)
}

func TestPlan_Removals(t *testing.T) {
	t.Parallel()
	p := diff(t, keyed("bob (left) = bob\n eve (left) = eve\n carl = carl\n A: ann\n B: carl"),
		box("A: ann, bob, carl, dora, eve\n B: \n C: ann"), options(unlimited, emptying("C")))
	assert.Equal(t, []plan.CauseCount{{Cause: plan.Unexplained, Count: 1}, {Cause: plan.Moved, Count: 1}, {Cause: plan.Left, Count: 2}, {Cause: plan.Asked, Count: 1}}, p.Removals())
	assert.Empty(t, diff(t, roster("A: ann"), box("A: ann"), options()).Removals())
}

// Somebody who has left is known as long as the source has them, also when their
// logins are cleared before the removal is made.
func TestMemory_leavers(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob, carl")
	additiveNight := func(m *plan.Memory, text string) *plan.Plan {
		return diff(t, keyed(text), s, options(unlimited, remembering(m, night(1)), additive))
	}
	p := additiveNight(peopleKnown("gone=7"), "bob (left) = bob\n old (left) = carl\n new = carl\n A: ann, new")
	assert.Equal(t, map[string]string{"ann": "ann", "bob": "bob", "new": "carl"}, knownIn(p.Memory, "ann", "bob", "carl"), "an account has one owner, who has not left")
	p = additiveNight(p.Memory, "bob (left) = \n new = carl\n A: ann, new")
	assert.Equal(t, map[string]string{"ann": "ann", "bob": "bob", "new": "carl"}, knownIn(p.Memory, "ann", "bob", "carl"))
	p = diff(t, keyed("bob (left) =\n A: ann, carl"), s, options(unlimited, remembering(p.Memory, night(2))))
	assert.Equal(t, []string{"remove A bob (left)"}, changes(p.Changes))
}

// A leaver who is back when the plan is applied stays.
func TestRecheck_leaverWhoIsBack(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob, carl")
	saved := diff(t, keyed("bob (left) = bob\n carl (left) = carl\n A: ann, bob"), s, options(unlimited, reviewed))
	c := recheck(t, saved, keyed("bob = bob\n carl (left) = carl\n A: ann, bob"), s, options(unlimited, func(o *plan.Options) { o.RemovalGrace = 7 * day }))
	assert.Equal(t, []string{"remove A bob: skipped, source hr lists them in the group", "remove A carl: to be made"}, fates(saved, c))
}
