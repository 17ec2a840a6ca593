package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

func fingerprint(of ...string) plan.Fingerprint {
	var f plan.Fingerprint
	for i, digest := range of {
		f = append(f, plan.FingerprintPart{Name: []string{"groups", "members", "sources"}[i], Digest: digest})
	}
	return f
}

// requiring asks for a review of runs under the fingerprint a b c.
func requiring(o *plan.Options) {
	o.RequireReview, o.Fingerprint, o.Now = true, fingerprint("a", "b", "c"), night(1)
}

func TestReview(t *testing.T) {
	t.Parallel()
	const first = "first contact: nobody has applied a reviewed plan here yet, and run.require_review asks for one"
	for name, test := range map[string]struct {
		edit func(*plan.Options)
		want string // the reason of the hold
	}{
		"no_memory":     {edit: func(*plan.Options) {}, want: first},
		"first_contact": {edit: func(o *plan.Options) { o.Memory = &plan.Memory{Fingerprint: o.Fingerprint} }, want: first},
		"agreed":        {edit: func(o *plan.Options) { o.Memory = &plan.Memory{Agreed: o.Fingerprint} }},
		"changed": {
			edit: func(o *plan.Options) { o.Memory = &plan.Memory{Agreed: fingerprint("a", "x", "y")} },
			want: "what the configuration says under members and sources has changed since somebody applied a reviewed plan, and run.require_review asks for another",
		},
		"reviewed":     {edit: reviewed},
		"not_required": {edit: func(o *plan.Options) { o.RequireReview = false }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster("A: ann\n New: ann"), box("A: carl", "ann"), options(unlimited, requiring, test.edit))
			assert.False(t, p.Header.Blocked, "it is no limit")
			if test.want == "" {
				assert.Len(t, p.Changes, 4)
				assert.Empty(t, p.Holds)
				return
			}
			assert.Empty(t, p.Changes)
			require.Len(t, p.Holds, 1)
			h := p.Holds[0]
			assert.Equal(t, []string{
				"add A ann as member (joined)", "remove A carl (unexplained)", "create_group New (source)", "add New ann as member (joined)",
			}, changes(h.Changes))
			assert.Equal(t, test.want, h.Reason)
			assert.Equal(t, "save a plan, review it and apply it: plan -o FILE, then apply FILE", h.Release)
			assert.Equal(t, "review", h.ID())
		})
	}
}

// What another rule holds, that rule holds; and where nothing is due, nothing waits.
func TestReview_afterTheOtherRules(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A:\n B: ann"), box("A: carl\n B:", "ann"), options(requiring))
	assert.Equal(t, []string{"review 1", "empty_group A 1"}, holds(p.Holds))
	assert.Empty(t, p.Changes)
	p = diff(t, roster("A: ann, bob"), box("A: ann, carl", "bob"), options(requiring, func(o *plan.Options) { o.Limits.Removals = plan.AtMost(0) }))
	assert.Equal(t, []string{"removals 1", "review 1"}, holds(p.Holds))
	p = diff(t, roster("A: ann"), box("A: ann"), options(requiring))
	assert.Empty(t, p.Holds)
}

// A held sync agrees to nothing: the next one is held as well. A plan agrees to
// nothing either, and forgets no hold.
func TestReview_memory(t *testing.T) {
	t.Parallel()
	due := run{roster: "A: ann admin\n B:", box: "A: ann\n B:", holds: []string{"review 1"}, edit: requiring}
	first, planned, narrow := due, due, due
	first.isNew = 1
	planned.edit = func(o *plan.Options) { requiring(o); reviewed(o) }
	narrow.edit = func(o *plan.Options) { requiring(o); narrowed("B")(o) }
	m := runNights(t, []run{first, due, planned, narrow, due})
	assert.Empty(t, m.Agreed)

	m.Agree(fingerprint("a", "b", "c"))
	assert.Equal(t, &plan.Memory{
		Updated: night(5), Agreed: fingerprint("a", "b", "c"), People: m.People, Groups: m.Groups,
		Holds: map[string]time.Time{}, Absences: m.Absences, Sources: m.Sources, Owned: 2, Unknown: m.Unknown, UnknownCounted: true,
		HoldSizes: map[string]int{},
	}, m, "the hold is forgotten, so that the next one is news")
	p := diff(t, roster("A: ann admin\n B:"), box("A: ann\n B:"), options(requiring, remembering(m, night(6))))
	assert.Len(t, p.Changes, 1)
	assert.Equal(t, m.Agreed, p.Memory.Agreed)

	changed := options(requiring, remembering(m, night(7)), func(o *plan.Options) { o.Fingerprint = fingerprint("a", "b", "x") })
	p = diff(t, roster("A: ann admin\n B:"), box("A: ann\n B:"), changed)
	assert.Equal(t, []string{"review 1"}, holds(p.Holds))
	assert.Equal(t, 1, p.NewHolds(m))
	assert.Equal(t, m.Agreed, p.Memory.Agreed, "what was agreed to stays so")
	// Back to what somebody agreed to, nothing is held, and a narrowed run sees that,
	// and so does a plan.
	for _, back := range []func(*plan.Options){narrowed("B"), reviewed} {
		again := diff(t, roster("A: ann admin\n B:"), box("A: ann\n B:"), options(requiring, remembering(p.Memory, night(8)), back))
		assert.Empty(t, again.Holds)
		assert.Empty(t, again.Memory.Holds)
	}
}

// Where nothing is due any more, the hold has ended, and the next one is news.
func TestReview_endsWhereNothingIsDue(t *testing.T) {
	t.Parallel()
	due := run{roster: "A: ann admin", box: "A: ann", holds: []string{"review 1"}, edit: requiring, isNew: 1}
	done := run{roster: "A: ann admin", box: "A: ann admin", edit: requiring}
	again := due
	again.holds = []string{"review 3"}
	runNights(t, []run{due, done, again})
}

func TestPlan_Agrees(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{}
	p.Header.Scope.EmptyOrphans = []string{"Gone"}
	assert.True(t, p.Agrees(), "a plan of nothing is one that somebody has seen")
	p.Header.Scope.SkipRemovals = true
	assert.False(t, p.Agrees())
	p.Header.Scope = plan.Scope{Groups: mustGlobs("A")}
	assert.False(t, p.Agrees())
}
