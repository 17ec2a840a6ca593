package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Whose login it is when somebody is to be added is looked up again, of those
// whom no listing shows: a login can be given away, and be nobody's.
func TestRecheck_looksLoginsUp(t *testing.T) {
	t.Parallel()
	r, s := roster("Finance: ann, bob, carl, dora\n Legal: ann"), box("Finance: ann\n Legal: ann, emil", "bob", "carl", "dora")
	saved := diff(t, r, s, options(unlimited, reviewed))
	require.Len(t, saved.Changes, 4)
	for name, rosterNow := range map[string]*source.Roster{"with-sources": r, "without": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			re := plan.NewRecheck(saved, rosterNow, s.Groups, options(unlimited))
			for _, l := range s.Listings {
				re.Listed(l)
			}
			assert.Equal(t, []source.Login{
				source.NewLogin("bob@acme.example"), source.NewLogin("carl@acme.example"), source.NewLogin("dora@acme.example"),
			}, re.Unresolved(), "emil is to be removed, and is known by his membership")
			re.Resolve([]target.User{{ID: userID("bob@acme.example"), Login: "Bob@acme.example"}, {ID: 7, Login: "carl@acme.example"}})
			c, err := re.Finish()
			require.NoError(t, err)
			assert.Equal(t, []string{"add Finance bob as member (joined)", "remove Legal emil (unexplained)"}, changes(c.Plan.Changes))
			assert.Equal(t, plan.Result{
				Outcome: plan.Skipped,
				Detail:  "the login is that of Box user 7 now, and was that of " + userID("carl@acme.example").String(),
			}, c.Results[1])
			assert.Equal(t, plan.Result{Outcome: plan.Skipped, Detail: "Box has no user with this login now"}, c.Results[2])
		})
	}
}

// A takeover that is held every night stays known when a person has looked at the
// plan, in which nothing holds it.
func TestMemory_takeoversStayKnown(t *testing.T) {
	t.Parallel()
	r, s := roster("Finance: ann"), box("Finance []: ann")
	night := func(m *plan.Memory, edits ...func(*plan.Options)) *plan.Plan {
		o := options(append(edits, func(o *plan.Options) {
			o.Adopt, o.Memory, o.Now = true, m, time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
		})...)
		return diff(t, r, s, o)
	}
	first := night(&plan.Memory{})
	assert.Equal(t, []string{"takeover Finance 1"}, holds(first.Holds))
	assert.Equal(t, 1, first.NewHolds(&plan.Memory{}))
	seen := night(first.Memory, reviewed)
	assert.Empty(t, seen.Holds)
	again := night(seen.Memory)
	assert.Equal(t, []string{"takeover Finance 1"}, holds(again.Holds))
	assert.Zero(t, again.NewHolds(seen.Memory))

	// A group that is ours by now has no such hold to be known.
	s = box("Finance: ann")
	assert.Empty(t, night(first.Memory, reviewed).Memory.Holds)
}

func TestFingerprint_namesWhatChanged(t *testing.T) {
	t.Parallel()
	one := plan.Fingerprint{{Name: "groups", Digest: "a"}, {Name: "members", Digest: "b"}}
	assert.Empty(t, one.Changed(one))
	assert.Equal(t, []string{"members"}, one.Changed(plan.Fingerprint{{Name: "groups", Digest: "a"}, {Name: "members", Digest: "c"}}))
	assert.Equal(t, []string{"groups", "members", "sources"}, one.Changed(plan.Fingerprint{{Name: "sources", Digest: "a"}}))
}
