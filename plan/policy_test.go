package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// policies sets the policies of the options.
func policies(all ...plan.Policy) func(*plan.Options) {
	return func(o *plan.Options) { o.Policies = all }
}

func glob(text string) plan.Policy { return plan.Policy{Match: mustGlobs(text)[0]} }

// The builders of a policy: each says one thing more.
type said func(*plan.Policy)

func policy(match string, says ...said) plan.Policy {
	p := glob(match)
	for _, say := range says {
		say(&p)
	}
	return p
}

func remove(on bool) said { return func(p *plan.Policy) { p.Remove = new(on) } }
func review(on bool) said { return func(p *plan.Policy) { p.RequireReview = new(on) } }
func protect(globs ...string) said {
	return func(p *plan.Policy) { p.Protect = append([]source.Pattern{}, mustGlobs(globs...)...) }
}

func limiting(set func(*plan.GroupLimits)) said { return func(p *plan.Policy) { set(&p.Limits) } }

func removals(l plan.Limit) said {
	return limiting(func(g *plan.GroupLimits) { g.RemovalsPerGroup = new(l) })
}

func adds(l plan.Limit) said {
	return limiting(func(g *plan.GroupLimits) { g.AddsPerGroup = new(l) })
}

func emptyGroup(holds bool) said {
	return limiting(func(g *plan.GroupLimits) { g.HoldEmptyGroup = new(holds) })
}

func lastAdmin(holds bool) said {
	return limiting(func(g *plan.GroupLimits) { g.HoldLastAdmin = new(holds) })
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	const wanted, have = "Fin A: ann\n Fin B: ann\n Legal: ann", "Fin A: ann, bob\n Fin B: ann, bob, carl admin\n Legal: ann, bob"
	type test struct {
		roster, box string
		known       []string
		edit        func(*plan.Options)
		more        []func(*plan.Options)
		changes     []string
		holds       []string
		kept        plan.Kept
		finds       []string
	}
	off := func(o *plan.Options) { o.Remove = false }
	for name, test := range map[string]test{
		"remove-off-for-some": {
			roster: wanted, box: have, edit: policies(policy("fin*", remove(false))),
			changes: []string{"remove Legal bob (unexplained)"}, kept: plan.Kept{Additive: 3},
		},
		"remove-on-for-some": {
			roster: wanted, box: have, edit: policies(policy("Fin B", remove(true))), more: []func(*plan.Options){off},
			changes: []string{"remove Fin B bob (unexplained)", "remove Fin B carl (unexplained)"}, kept: plan.Kept{Additive: 2},
		},
		"remove-on-is-nothing-against---skip-removals": {
			roster: wanted, box: have, edit: policies(policy("Fin B", remove(true))), more: []func(*plan.Options){additive},
			kept: plan.Kept{Additive: 4},
		},
		"remove-off-keeps-roles-too": {
			roster: "Fin A: ann member, bob admin\n Legal: ann member", box: "Fin A: ann admin, bob\n Legal: ann admin", edit: policies(policy("F*", remove(false))),
			changes: []string{"set_role Fin A bob member to admin (role)", "set_role Legal ann admin to member (role)"}, kept: plan.Kept{Additive: 1},
		},
		"the-first-that-says-it": {
			roster: wanted, box: have, edit: policies(policy("Fin A", protect("nobody")), policy("Fin*", remove(false)), policy("*", remove(true))),
			changes: []string{"remove Legal bob (unexplained)"}, kept: plan.Kept{Additive: 3},
		},
		"each-key-by-itself": {
			roster: wanted, box: have, edit: policies(policy("Fin A", removals(plan.AtMost(0))), policy("Fin*", protect("carl@*"), removals(plan.AtMost(9))), policy("*", protect("*"))),
			changes: []string{"remove Fin B bob (unexplained)"}, holds: []string{"removals_per_group Fin A 1"}, kept: plan.Kept{Protected: 2},
		},
		"protect-beside-members": {
			roster: wanted, box: have, edit: policies(policy("Fin B", protect("bob@*"))),
			more:    []func(*plan.Options){func(o *plan.Options) { o.Protect = mustGlobs("carl@*") }},
			changes: []string{"remove Fin A bob (unexplained)", "remove Legal bob (unexplained)"}, kept: plan.Kept{Protected: 2},
		},
		"protect-of-none-ends-it": {
			roster: wanted, box: have, edit: policies(policy("Fin A", protect()), policy("*", protect("*"))),
			changes: []string{"remove Fin A bob (unexplained)"}, kept: plan.Kept{Protected: 3},
		},
		"protected-from-demotion": {
			roster: "Fin A: ann member\n Legal: ann member", box: "Fin A: ann admin\n Legal: ann admin", edit: policies(policy("Fin*", protect("ann@*"))),
			changes: []string{"set_role Legal ann admin to member (role)"}, kept: plan.Kept{Protected: 1},
		},
		"a-limit-that-is-looser": {
			roster: wanted, box: have, edit: policies(policy("Fin B", removals(plan.Limit{}))),
			more:    []func(*plan.Options){limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(0) })},
			changes: []string{"remove Fin B bob (unexplained)", "remove Fin B carl (unexplained)"},
			holds:   []string{"removals_per_group Fin A 1", "removals_per_group Legal 1"},
		},
		"adds": {
			roster: "Fin A: ann, bob\n Legal: ann, bob", box: "Fin A: ann\n Legal: ann", known: []string{"bob"}, edit: policies(policy("Fin*", adds(plan.AtMost(0)))),
			changes: []string{"add Legal bob as member (joined)"}, holds: []string{"adds_per_group Fin A 1"},
		},
		"empty-groups": {
			roster: "Fin A:\n Legal:\n Z: ann", box: "Fin A: bob\n Legal: bob\n Z: ann", edit: policies(policy("Fin*", emptyGroup(true))),
			changes: []string{"remove Legal bob (unexplained)"}, holds: []string{"empty_group Fin A 1"},
		},
		"an-allowance-for-the-group-beats-it": {
			roster: wanted, box: have, edit: policies(policy("*", removals(plan.AtMost(0)))), more: []func(*plan.Options){allowing(t, "removals_per_group:Fin B=2")},
			changes: []string{"remove Fin B bob (unexplained)", "remove Fin B carl (unexplained)"}, holds: []string{"removals_per_group Fin A 1", "removals_per_group Legal 1"},
		},
		"one-for-all-does-not": {
			roster: wanted, box: have, edit: policies(policy("Fin*", removals(plan.AtMost(0)))), more: []func(*plan.Options){allowing(t, "removals_per_group=9")},
			changes: []string{"remove Legal bob (unexplained)"}, holds: []string{"removals_per_group Fin A 1", "removals_per_group Fin B 2"},
		},
		"but-may-be-tighter": {
			roster: wanted, box: have, edit: policies(policy("Fin*", removals(plan.AtMost(9)))), more: []func(*plan.Options){allowing(t, "removals_per_group=1")},
			changes: []string{"remove Fin A bob (unexplained)", "remove Legal bob (unexplained)"}, holds: []string{"removals_per_group Fin B 2"},
		},
		"empty-groups-are-allowed-by-name-alone": {
			roster: "Fin A:\n Fin B:\n Z: ann", box: "Fin A: bob\n Fin B: bob\n Z: ann", edit: policies(policy("Fin*", emptyGroup(true))),
			more:    []func(*plan.Options){allowing(t, "empty_group=allow", "empty_group:Fin B=allow")},
			changes: []string{"remove Fin B bob (unexplained)"}, holds: []string{"empty_group Fin A 1"},
		},
		"review-holds-everything-in-the-group": {
			roster: "Fin A: ann, dora\n New: ann\n Legal: ann", box: "Fin A: ann, bob\n Legal: ann, bob", known: []string{"dora"},
			edit:    policies(policy("Fin*", review(true)), policy("New", review(true)), policy("*", review(false))),
			changes: []string{"remove Legal bob (unexplained)"}, holds: []string{"review Fin A 2", "review New 2"},
		},
		"a-person-may-make-it": {
			roster: "Fin A: ann, dora", box: "Fin A: ann, bob", known: []string{"dora"}, edit: policies(policy("Fin*", review(true))), more: []func(*plan.Options){reviewed},
			changes: []string{"add Fin A dora as member (joined)", "remove Fin A bob (unexplained)"},
		},
		"review-of-an-orphan-that-is-emptied": {
			roster: "Legal: ann", box: "Fin A: ann\n Legal: ann", edit: policies(policy("Fin*", review(true))), more: []func(*plan.Options){emptying("Fin A")},
			holds: []string{"review Fin A 1"},
		},
		"an-orphan-that-nobody-is-removed-from": {
			roster: "Legal: ann", box: "Fin A: ann\n Legal: ann", edit: policies(policy("Fin*", remove(false))), more: []func(*plan.Options){emptying("Fin A")},
			finds: []string{"orphan Fin A", "unused_orphan"},
		},
		"an-orphan-that-somebody-is-removed-from-all-the-same": {
			roster: "Legal: ann", box: "Fin A: ann\n Legal: ann", edit: policies(policy("Fin*", remove(true))), more: []func(*plan.Options){off, emptying("Fin A")},
			changes: []string{"remove Fin A ann (asked)"},
		},
		"a-policy-that-means-nothing": {
			roster: "Fin A: ann", box: "Fin A: ann\n Old: ann", edit: policies(glob("Finanse"), glob("old"), glob("Fin ?"), glob("Legal")),
			finds: []string{"orphan Old", "unused_policy", "unused_policy"},
		},
		"which-a-narrowed-run-cannot-tell": {
			roster: "Fin A: ann\n Legal: ann", box: "Fin A: ann\n Legal: ann", edit: policies(glob("Finanse")), more: []func(*plan.Options){narrowed("Legal")},
		},
		"a-group-that-is-left-out-is-one": {
			roster: "Fin A: ann\n Legal: ann", box: "Fin A: ann\n Legal: ann", edit: policies(glob("Fin*")),
			more: []func(*plan.Options){func(o *plan.Options) { o.Exclude = mustGlobs("Fin*") }},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(append([]func(*plan.Options){unlimited, test.edit}, test.more...)...)
			p := diff(t, roster(test.roster), box(test.box, test.known...), o)
			assert.Equal(t, orEmpty(test.changes), changes(p.Changes))
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
			assert.Equal(t, test.kept, p.Header.Kept)
			assert.Equal(t, orEmpty(test.finds), findings(p.Findings))
		})
	}
}

func TestPolicies_texts(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Fin A: ann"), box("Fin A: ann, bob"), options(policies(policy("Fin*", review(true)), glob("Finan's"))))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "a policy says require_review of this group, and only a saved plan changes it", p.Holds[0].Reason)
	assert.Equal(t, "save a plan, review it and apply it: plan -o FILE, then apply FILE", p.Holds[0].Release)
	assert.Equal(t, `the policy for 'Finan'\''s' means no group: check how it is spelt`, p.Findings[0].Text)
	assert.Empty(t, p.Header.GroupLimits)

	p = diff(t, roster("Fin A: ann"), box("Fin A: ann, bob"), options(policies(policy("Fin*", removals(plan.AtMost(0)), remove(true)), policy("*", remove(true)))))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "1 removal against 2 current memberships (50%); the limit is 0", p.Holds[0].Reason)
	assert.Equal(t, "to allow it this once: --allow 'removals_per_group:Fin A=1'", p.Holds[0].Release)
	assert.Equal(t, []plan.PolicyLimits{{Match: mustGlobs("Fin*")[0], GroupLimits: plan.GroupLimits{RemovalsPerGroup: new(plan.AtMost(0))}}}, p.Header.GroupLimits)
}

// Where an allowance for all groups lets through as many as the policy does, it is the
// policy that binds.
func TestPolicies_asMuchAsIsAllowed(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Fin A: ann, bob"), box("Fin A: ann, bob, carl, dora"),
		options(unlimited, policies(policy("Fin*", removals(plan.Percent(25)))), allowing(t, "removals_per_group=1")))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "2 removals against 4 current memberships (50%); the limit is 25%, here 1", p.Holds[0].Reason)
}

// A source that was not read whole may have the group that a policy means.
func TestPolicies_unusedNeedsAWholeSource(t *testing.T) {
	t.Parallel()
	r := source.NewBuilder(source.Evidence{Name: "hr"}).Build()
	p := diff(t, r, box("Legal: ann"), options(policies(glob("Fin*"))))
	assert.Equal(t, []string{"partial"}, findings(p.Findings), "and no unused_policy")
}

// Somebody whom the group's policy protects is not asked for e-mail aliases.
func TestPolicies_protectedAreNoLeavers(t *testing.T) {
	t.Parallel()
	s := box("A: old\n B: old")
	d := plan.Match(roster("A: new\n B: new"), s.Groups, options(policies(policy("A", protect("old@*")), policy("B", remove(false)))))
	for _, l := range s.Listings {
		d.Listed(l)
	}
	d.Resolve(nil)
	assert.Empty(t, d.Doubtful())
	p, err := d.Finish()
	require.NoError(t, err)
	assert.Empty(t, p.Changes)
}

// Whom the group's policy names by an alias is not demoted, and counted where they
// would be.
func TestPolicies_protectedByAnAlias(t *testing.T) {
	t.Parallel()
	s := box("A: old admin\n B: old admin\n C: old admin\n D: old\n E: old admin")
	aliased("old", "new", true)(&s)
	p := diff(t, roster("A: new member\n B: new member\n C: new member\n D: new member\n E: new"), s,
		options(unlimited, policies(policy("[ADE]", protect("new@*")), policy("C", protect("vip@*")))))
	assert.Equal(t, []string{"set_role B old admin to member (role)", "set_role C old admin to member (role)"}, changes(p.Changes))
	assert.Equal(t, 1, p.Header.Kept.Protected)
}

// A hold for review stays known while somebody looks at a plan that does not have it.
func TestMemory_review(t *testing.T) {
	t.Parallel()
	due := run{roster: "A: ann", box: "A: ann, bob"}
	sync := policies(policy("A", review(true)))
	of := func(edit func(*plan.Options), isNew int, held []string) run {
		due.edit, due.isNew, due.holds, due.absences = edit, isNew, held, []string{"remove/101/bob 1"}
		return due
	}
	held := []string{"review/A 1"}
	runNights(t, []run{
		of(sync, 1, held),
		of(func(o *plan.Options) { sync(o); reviewed(o) }, 0, held),
		of(sync, 0, held),
		of(unlimited, 0, nil),
		of(func(o *plan.Options) { sync(o); reviewed(o) }, 0, nil),
	})
	done := run{roster: "A: ann", box: "A: ann", edit: func(o *plan.Options) { sync(o); reviewed(o) }}
	runNights(t, []run{of(sync, 1, held), done})
}

// What the policies say is looked at again when a plan is applied, and of limits
// the stricter ones bind: the plan's and today's, each of the group.
func TestRecheck_policies(t *testing.T) {
	t.Parallel()
	const wanted, have = "A: ann\n B: ann", "A: ann, bob\n B: ann, bob"
	both := []string{"remove A bob: to be made", "remove B bob: to be made"}
	set := func(all ...plan.Policy) func(*plan.Options) {
		return func(o *plan.Options) { unlimited(o); o.Policies = all }
	}
	none := func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(0) }
	held := func(limit string) string {
		return "remove A bob: skipped, held by removals_per_group: 1 removal against 2 current memberships (50%); the limit is " + limit
	}
	runDrifts(t, map[string]drift{
		"protected-now": {
			roster: wanted, box: have, edit: unlimited, today: set(policy("A", protect("bob@*"))),
			want: verdict{fates: []string{"remove A bob: skipped, the group's policy protects them", both[1]}},
		},
		"nobody-removed-now": {
			roster: wanted, box: have, edit: unlimited, today: set(policy("A", remove(false))),
			want: verdict{fates: []string{"remove A bob: skipped, a policy says of the group that nobody is removed or demoted", both[1]}},
		},
		"a-limit-of-today": {
			roster: wanted, box: have, edit: unlimited, today: set(policy("A", removals(plan.AtMost(0)))),
			want: verdict{fates: []string{held("0"), both[1]}, holds: []string{"removals_per_group A 1"}},
		},
		"a-limit-of-the-plan": {
			roster: wanted, box: have, edit: set(policy("A", removals(plan.Percent(50)))), today: set(), since: left("A", "ann"),
			want: verdict{fates: []string{
				"remove A bob: skipped, held by removals_per_group: 1 removal against 1 current membership (100%); the limit is 50%, here 0", both[1],
			}, holds: []string{"removals_per_group A 1"}},
		},
		"a-limit-of-the-plan-against-its-allowance-for-all": {
			roster: wanted, box: have, today: set(), since: left("A", "ann"), edit: func(o *plan.Options) {
				set(policy("A", removals(plan.Percent(50))))(o)
				allowing(t, "removals_per_group=9")(o)
			},
			want: verdict{fates: []string{
				"remove A bob: skipped, held by removals_per_group: 1 removal against 1 current membership (100%); the limit is 50%, here 0", both[1],
			}, holds: []string{"removals_per_group A 1"}},
		},
		"looser-in-both": {
			roster: wanted, box: have, edit: func(o *plan.Options) { set(policy("*", removals(plan.AtMost(2))))(o); none(&o.Limits) },
			today: func(o *plan.Options) {
				set(policy("A", removals(plan.AtMost(3))), policy("B", removals(plan.AtMost(1))))(o)
				none(&o.Limits)
			},
			want: verdict{fates: both},
		},
		"looser-in-the-plan-alone": {
			roster: wanted, box: have, edit: func(o *plan.Options) { set(policy("*", removals(plan.AtMost(2))))(o); none(&o.Limits) },
			today: func(o *plan.Options) { set(policy("B", removals(plan.AtMost(1))))(o); none(&o.Limits) },
			want:  verdict{fates: []string{held("0"), both[1]}, holds: []string{"removals_per_group A 1"}},
		},
		"allowed-in-the-plan-by-name": {
			roster: wanted, box: have, edit: func(o *plan.Options) {
				set(policy("A", removals(plan.AtMost(0))))(o)
				allowing(t, "removals_per_group:A=1")(o)
			},
			want: verdict{fates: both},
		},
		"review-is-done": {
			roster: wanted, box: have, edit: set(policy("*", review(true))),
			want: verdict{fates: both},
		},
		"emptying-that-the-plan-s-policy-allowed": {
			roster: "A:\n B: ann", box: "A: ann\n B: ann", edit: func(o *plan.Options) {
				set(policy("A", emptyGroup(false)))(o)
				o.Limits.HoldEmptyGroup = true
			},
			want: verdict{fates: []string{"remove A ann: to be made"}},
		},
		"emptying-that-today-s-policy-holds": {
			roster: "A:\n B: ann", box: "A: ann\n B: ann", edit: unlimited, today: set(policy("A", emptyGroup(true))),
			want:  verdict{fates: []string{"remove A ann: skipped, held by empty_group: the source has the group empty; Box has 1 member in it"}, holds: []string{"empty_group A 1"}},
			alone: &verdict{fates: []string{"remove A ann: skipped, held by empty_group: the plan leaves nobody in the group; Box has 1 member in it"}, holds: []string{"empty_group A 1"}},
		},
	})
}

// Whatever the policies: who is protected in a group is not taken from it, where
// nobody is removed nothing is taken, and where a person is to look nothing is done.
func TestProperty_policiesOnGroups(t *testing.T) {
	t.Parallel()
	maybe := func(t *rapid.T, label string) *bool {
		return rapid.SampledFrom([]*bool{nil, new(false), new(true)}).Draw(t, label)
	}
	rapid.Check(t, func(t *rapid.T) {
		globally := rapid.Bool().Draw(t, "remove")
		var all []plan.Policy
		for range rapid.IntRange(0, 4).Draw(t, "policies") {
			p := glob(rapid.SampledFrom([]string{"A", "B", "[A-C]", "*", "x"}).Draw(t, "match"))
			p.Remove, p.RequireReview = maybe(t, "remove"), maybe(t, "review")
			if rapid.Bool().Draw(t, "protects") {
				protect(rapid.SliceOfN(rapid.SampledFrom([]string{"u0@*", "u1@*", "u[2-5]@*"}), 0, 2).Draw(t, "protect")...)(&p)
			}
			all = append(all, p)
		}
		w, p := drawPlan(t, func(o *plan.Options) { o.Limits, o.Remove, o.Policies = plan.Limits{}, globally, all })
		first := func(group string, says func(plan.Policy) bool) plan.Policy {
			for _, p := range all {
				if p.Match.Match(group) && says(p) {
					return p
				}
			}
			return plan.Policy{Remove: &globally, RequireReview: new(false)}
		}
		for i := range p.Changes {
			c := &p.Changes[i]
			group := c.Group.Name
			require.False(t, *first(group, func(p plan.Policy) bool { return p.RequireReview != nil }).RequireReview, c.ID)
			if !c.Takes() {
				continue
			}
			require.True(t, *first(group, func(p plan.Policy) bool { return p.Remove != nil }).Remove, c.ID)
			for _, glob := range first(group, func(p plan.Policy) bool { return p.Protect != nil }).Protect {
				require.False(t, glob.Match(c.User.Login), c.ID)
			}
		}
		free, err := plan.Diff(w.roster(straight), w.snapshot(straight), options(unlimited))
		require.NoError(t, err)
		require.Len(t, allIDs(free), len(allIDs(p))+p.Header.Kept.Protected+p.Header.Kept.Additive, "what is not planned is counted")
	})
}
