package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// rooms writes rooms short: "removals 3/10 of 14 held".
func rooms(all []plan.Room) []string {
	out := []string{}
	for i := range all {
		r := &all[i]
		text := fmt.Sprintf("%s %d/%d of %d", strings.TrimSpace(r.Group.Name+" "+plan.Plural(r.What)), r.Due, r.Allowed, r.Total)
		if r.Unlimited {
			text = fmt.Sprintf("%s %d of %d", plan.Plural(r.What), r.Due, r.Total)
		}
		if r.Bound {
			text += " held"
		}
		out = append(out, text)
	}
	return out
}

func TestHeadroom(t *testing.T) {
	t.Parallel()
	r := roster("A: p1, p2, p3, p9\n B: p1, p2 member, p3 admin, p9\n New: p1\n Renamed: p1\n Empty:")
	s := box("A: "+people(8)+"\n B: p1, p2 admin, p3\n Old [rollcall:main:hr:Renamed]: p1\n Empty: p4", "p9")
	set := func(f func(*plan.Limits)) func(*plan.Options) {
		return func(o *plan.Options) {
			o.Limits = plan.DefaultLimits()
			o.Limits.FloorGroup, o.Limits.FloorRun, o.Limits.HoldLastAdmin = 0, 0, false
			o.Limits.Adds, o.Limits.Removals, o.Limits.HoldEmptyGroup = plan.AtMost(50), plan.AtMost(50), false
			o.Limits.RemovalsPerGroup = plan.AtMost(6)
			f(&o.Limits)
		}
	}
	calm := []string{
		"removals 7/50 of 13", "demotions 1/10 of 13", "admin grants 1/25 of 13", "adds 3/50 of 13", "group creations 1/100 of 4",
		"group takeovers 0/100 of 4", "group renames 1/20 of 4", "newly unknown logins 0/0 of 4",
	}
	with := func(at int, text string) []string {
		out := append([]string{}, calm...)
		out[at] = text
		return out
	}
	near := []string{"A removals 5/6 of 8", "B adds 1/3 of 3", "B removals 1/6 of 3", "A adds 1/8 of 8"}
	for name, test := range map[string]struct {
		set         func(*plan.Limits)
		edit        func(*plan.Options)
		run, groups []string
	}{
		"nothing is held": {run: calm, groups: near},
		"a limit on the run binds": {
			set: func(l *plan.Limits) { l.Removals = plan.AtMost(6) },
			run: []string{"removals 7/6 of 13 held", "demotions 0/10 of 13", calm[2], calm[3], calm[4], calm[5], calm[6], calm[7]}, groups: near,
		},
		"demotions alone": {set: func(l *plan.Limits) { l.Demotions = plan.AtMost(0) }, run: with(1, "demotions 1/0 of 13 held"), groups: near},
		"what is held with its creation has been counted": {
			set: func(l *plan.Limits) { l.GroupCreations = plan.AtMost(0) },
			run: []string{calm[0], calm[1], calm[2], calm[3], "group creations 1/0 of 4 held", "group takeovers 0/0 of 4", calm[6], calm[7]}, groups: near,
		},
		"no limit": {set: func(l *plan.Limits) { l.Adds = plan.Limit{} }, run: with(3, "adds 3 of 13"), groups: near},
		"everything is blocked": {
			set: func(l *plan.Limits) { l.GroupRenames, l.BlockAll = plan.AtMost(0), true },
			run: with(6, "group renames 1/0 of 4 held"), groups: near,
		},
		"a group is held": {
			set: func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(4) }, run: with(0, "removals 2/50 of 13"),
			groups: []string{"A removals 5/4 of 8 held", "B adds 1/3 of 3", "B removals 1/4 of 3", "A adds 1/8 of 8"},
		},
		"a policy": {
			edit: policies(policy("A", removals(plan.AtMost(5)))), run: calm,
			groups: []string{"A removals 5/5 of 8", "B adds 1/3 of 3", "B removals 1/6 of 3", "A adds 1/8 of 8"},
		},
		"a group that is held comes before one that is at its limit": {
			edit:   policies(policy("A", removals(plan.AtMost(5))), policy("B", removals(plan.AtMost(0)))),
			run:    []string{"removals 6/50 of 13", "demotions 0/10 of 13", calm[2], calm[3], calm[4], calm[5], calm[6], calm[7]},
			groups: []string{"B removals 1/0 of 3 held", "A removals 5/5 of 8", "B adds 1/3 of 3", "A adds 1/8 of 8"},
		},
		"allowances": {
			edit: allowing(t, "removals=8", "removals_per_group:A=7", "adds_per_group=2"), run: with(0, "removals 7/8 of 13"),
			groups: []string{"A removals 5/7 of 8", "A adds 1/2 of 8", "B adds 1/2 of 3", "B removals 1/6 of 3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := func(*plan.Limits) {}
			if test.set != nil {
				f = test.set
			}
			edits := []func(*plan.Options){set(f)}
			if test.edit != nil {
				edits = append(edits, test.edit)
			}
			p := diff(t, r, s, options(edits...))
			h := p.Headroom()
			assert.Equal(t, test.run, rooms(h.Run))
			assert.Equal(t, test.groups, rooms(h.Groups))
			assert.Equal(t, h, read(t, written(t, p)).Headroom(), "the file says as much")
		})
	}
	assert.Empty(t, (&plan.Plan{}).Headroom().Groups)
	// The limit on removals is not asked where the source has the group empty, also
	// where somebody stays.
	p := diff(t, roster("A:"), box("A: p1, p2, p3"), options(unlimited, func(o *plan.Options) {
		o.Limits.RemovalsPerGroup, o.Protect = plan.AtMost(1), mustGlobs("p1@*")
	}))
	assert.Len(t, p.Changes, 2)
	assert.Empty(t, rooms(p.Headroom().Groups))
}

// A limit on removals is told of where somebody goes and nobody comes, too.
func TestHeadroom_ofRemovalsAlone(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: p1"), box("A: p1, p2, p3"), options(unlimited, limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(4) })))
	assert.Equal(t, []string{"A removals 2/4 of 3"}, rooms(p.Headroom().Groups))
}

// What is allowed by a name that is the present one of another group is not allowed
// the group that has it only in its source.
func TestHeadroom_allowedByAName(t *testing.T) {
	t.Parallel()
	r := asFinance(t, roster("Money: p1\n Legal: p1"), "^Money$")
	s := box("Finance [rollcall:main:hr:Money]: p1, p2\n Legal: p1, p2")
	one := limits(func(l *plan.Limits) { l.RemovalsPerGroup = plan.AtMost(1) })
	p := diff(t, r, s, options(unlimited, one, allowing(t, "removals_per_group:Money=2")))
	assert.Equal(t, []string{"Legal removals 1/1 of 2", "Finance removals 1/2 of 2"}, rooms(p.Headroom().Groups))

	other, err := source.NewGroupRewrite("r", "^Legal$", "Money")
	require.NoError(t, err)
	finance, err := source.NewGroupRewrite("r", "^Money$", "Finance")
	require.NoError(t, err)
	r = mapped(t, roster("Money: p1\n Legal: p1"), source.Mapping{Groups: []source.Rewrite{finance, other}})
	s.Groups[1].Name = "Money"
	p = diff(t, r, s, options(unlimited, one, allowing(t, "removals_per_group:Money=2")))
	assert.Equal(t, []string{"Finance removals 1/1 of 2", "Money removals 1/2 of 2"}, rooms(p.Headroom().Groups))
}

// Of logins that have become unknown it says how many there are, and whether removals
// are held for them.
func TestHeadroom_unknownLogins(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]string{1: "newly unknown logins 2/1 of 3 held", 2: "newly unknown logins 2/2 of 3"} {
		p := diff(t, roster("A: p1, u1, u2"), box("A: p1, p2"), options(risingTo(plan.AtMost(limit)), remembering(counted(), night(1))))
		run := rooms(p.Headroom().Run)
		assert.Equal(t, want, run[len(run)-1])
	}
}

// In every world: a limit that held says how much it judged, more than it allows; one
// that did not had no more than that. The figures are those of the holds.
func TestProperty_headroomIsWhatTheLimitsSaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawStrained(t)
		p := w.plan(t, w.opts.Allow)
		h := p.Headroom()
		require.Equal(t, h, read(t, written(t, p)).Headroom())
		found := map[string]bool{}
		for _, r := range append(append([]plan.Room{}, h.Run...), h.Groups...) {
			switch {
			case r.Rule == plan.RuleUnknownLogins && !r.Bound: // there may be nothing to hold
			case !r.Bound:
				require.True(t, r.Unlimited || r.Due <= r.Allowed, "%v", r)
			case r.Rule == plan.RuleUnknownLogins:
				require.Greater(t, r.Due, r.Allowed)
			default:
				require.Greater(t, r.Due, r.Allowed)
				found[r.Group.Identifier+plan.Count(r.Due, r.What)+" "] = true
			}
		}
		for _, hold := range p.Holds {
			switch hold.Rule {
			case plan.RuleRemovals, plan.RuleAdds, plan.RuleDemotions, plan.RuleAdminGrants, plan.RuleGroupCreations, plan.RuleGroupRenames,
				plan.RuleRemovalsPerGroup, plan.RuleAddsPerGroup:
				said, _, _ := strings.Cut(strings.Replace(hold.Reason, ";", " against", 1), "against")
				require.True(t, found[hold.Group.Identifier+said], "%q in %v", hold.Reason, found)
			default:
			}
		}
	})
}
