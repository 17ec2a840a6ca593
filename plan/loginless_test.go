package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// Whose address has gone from the source, and who is still listed there, stays in Box
// as long as it is remembered who they are.
func TestDiff_loginless(t *testing.T) {
	t.Parallel()
	const noLogin, remembered = "unresolved_members A", "remembered_user ann@acme.example"
	for name, test := range map[string]struct {
		roster, box, memory string
		first               string // a source before
		edit                func(*plan.Options)
		changes, holds      []string
		finds               []string
		next                map[string]string
	}{
		"they stay, in the role that they have": {
			roster: "A: bob, ~ann\n B: bob", box: "A: bob, ann admin, carl\n B: bob, ann", memory: "ann=ann",
			changes: []string{"remove A carl (unexplained)", "remove B ann (unexplained)"},
			finds:   []string{remembered, noLogin}, next: map[string]string{"ann": "ann"},
		},
		"without a memory nobody knows who they are": {
			roster: "A: bob, ~ann", box: "A: bob, ann",
			changes: []string{"remove A ann (unexplained)"}, finds: []string{noLogin},
		},
		"they are added to no group": {
			roster: "A: bob, ~ann\n B: bob, ~ann", box: "A: bob, ann\n B: bob", memory: "ann=ann",
			finds: []string{remembered, noLogin, "unresolved_members B"}, next: map[string]string{"ann": "ann"},
		},
		"who has left has left": {
			roster: "ann (left) =\n A: bob, ~ann", box: "A: bob, ann", memory: "ann=ann",
			changes: []string{"remove A ann (left)"}, finds: []string{noLogin}, next: map[string]string{"ann": "ann"},
		},
		"an account that is somebody else's now is not theirs": {
			roster: "new = ann\n A: bob, ~ann\n B: new", box: "A: bob, ann\n B: ann", memory: "ann=ann",
			changes: []string{"remove A ann (unexplained)"}, finds: []string{noLogin}, next: map[string]string{"ann": "ann", "new": "ann"},
		},
		"of the second source too": {
			first:  "Z: bob",
			roster: "A: bob, ~ann", box: "A: bob, ann", memory: "ann=ann",
			edit:  func(o *plan.Options) { o.Limits.HoldEmptyGroup = true },
			finds: []string{remembered, noLogin}, next: map[string]string{"ann": "ann"},
			changes: []string{"create_group Z (source)", "add Z bob as member (joined)"},
		},
		"alone in a group": {
			roster: "A: ~ann", box: "A: ann, carl", memory: "ann=ann",
			edit:  func(o *plan.Options) { o.Limits.HoldEmptyGroup = true },
			holds: []string{"empty_group A 1"}, finds: []string{remembered, noLogin}, next: map[string]string{"ann": "ann"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := keyed(test.roster)
			if test.first != "" {
				r = source.Merge(keyedOf("other", test.first), r)
			}
			o := options(unlimited)
			remembering(peopleKnown(test.memory), night(1))(&o)
			if test.edit != nil {
				test.edit(&o)
			}
			p := diff(t, r, box(test.box), o)
			assert.ElementsMatch(t, test.changes, changes(p.Changes))
			assert.ElementsMatch(t, test.holds, holds(p.Holds))
			assert.ElementsMatch(t, test.finds, findings(p.Findings))
			if test.memory != "" {
				next := knownIn(p.Memory, "ann", "bob")
				delete(next, "bob")
				delete(next, "other/k-bob")
				assert.Equal(t, test.next, next)
			}
		})
	}
}

func TestDiff_loginlessSaid(t *testing.T) {
	t.Parallel()
	o := options(unlimited)
	remembering(peopleKnown("ann=ann"), night(1))(&o)
	p := diff(t, keyed("A: bob, ~ann\n B: bob, ~ann"), box("A: bob, ann\n B: bob, ann"), o)
	assert.Contains(t, saidOf(p.Findings),
		`remembered_user ann@acme.example: the source has ann without a login; earlier runs knew them as this user, who stays in "A", "B"`+
			": give them an address in the source, or take them out of its list")
}
