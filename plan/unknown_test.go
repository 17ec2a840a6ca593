package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// ofDomain returns p1 to pn in a mail domain, as a list for roster and box.
func ofDomain(n int, domain string) string {
	var logins []string
	for i := range n {
		logins = append(logins, fmt.Sprintf("p%d@%s", i+1, domain))
	}
	return strings.Join(logins, ", ")
}

// risingTo has no limit but that on logins that have become unknown.
func risingTo(l plan.Limit) func(*plan.Options) {
	return func(o *plan.Options) { o.Limits = plan.Limits{UnknownLogins: l} }
}

// unknownNight is one nightly run.
type unknownNight struct {
	roster string
	edit   []func(*plan.Options)
	// changes and holds are those of the plan; finds are findings other than those
	// of single logins.
	changes, holds, finds []string
	unknown               []string // remembered after it
	accept                bool     // somebody applies the plan
}

func runUnknownNights(t *testing.T, s target.Snapshot, nights []unknownNight) {
	t.Helper()
	memory := &plan.Memory{}
	for i, n := range nights {
		before := copied(memory)
		edit := append([]func(*plan.Options){risingTo(plan.Percent(20)), remembering(memory, night(i+1))}, n.edit...)
		p := diff(t, roster(n.roster), s, options(edit...))
		require.Equal(t, before, memory, "the old memory is left alone")
		finds := []string{}
		for _, f := range p.Findings {
			if f.Kind != plan.UnknownLogin {
				finds = append(finds, saidOf([]plan.Finding{f})[0])
			}
		}
		assert.Equal(t, orEmpty(n.changes), changes(p.Changes), "night %d", i+1)
		assert.Equal(t, orEmpty(n.holds), holds(p.Holds), "night %d", i+1)
		assert.Equal(t, orEmpty(n.finds), finds, "night %d", i+1)
		assert.Equal(t, len(n.holds) > 0, p.Header.Blocked, "night %d", i+1)
		memory = p.Memory
		if n.accept {
			memory.Accept(p)
		}
		var unknown []string
		for _, login := range memory.Unknown {
			unknown = append(unknown, strings.TrimSuffix(login, "@acme.example"))
		}
		assert.Equal(t, n.unknown, unknown, "remembered after night %d", i+1)
	}
}

func TestUnknown_nights(t *testing.T) {
	t.Parallel()
	s := box("A: p1, p2, p3, p4\n B: p5 admin, q1")
	const calm = "A: p1, p2, p3, p4, u1\n B: p5, q1, u2"
	// The domain of all has changed: everybody leaves, and everybody is unknown.
	moved := "A: " + ofDomain(4, "new.example") + "\n B: p5@new.example admin"
	movedLogins := []string{"p1@new.example", "p2@new.example", "p3@new.example", "p4@new.example", "p5@new.example"}
	everybody := []string{
		"remove A p1 (unexplained)", "remove A p2 (unexplained)", "remove A p3 (unexplained)", "remove A p4 (unexplained)",
		"remove B p5 (unexplained)", "remove B q1 (unexplained)",
	}
	held := []string{"unknown_logins 6"}
	base := []string{"u1", "u2"}
	for name, nights := range map[string][]unknownNight{
		"the-first-run-only-shows": {
			{roster: moved, changes: everybody, edit: []func(*plan.Options){allowing(t, "possible_rename=allow")}, unknown: movedLogins, finds: []string{
				"unknown_logins : Box does not know 5 of the 5 logins wanted (100%); nothing is held for it, because no last run is remembered to compare with",
			}},
		},
		"a-change-of-domain-is-held-until-it-ends": {
			{roster: calm, unknown: base, finds: []string{
				"unknown_logins : Box does not know 2 of the 8 logins wanted (25%); nothing is held for it, because no last run is remembered to compare with",
			}},
			{roster: moved, holds: held}, {roster: moved, holds: held}, {roster: moved, holds: held},
			// What was unknown before has gone from the source meanwhile.
			{roster: calm, finds: []string{
				"unknown_logins : Box does not know 2 of the 8 logins wanted (25%) that were not unknown at the last run; removals would be held, and none is left to hold",
			}},
		},
		"or-until-somebody-has-applied-it-with-an-allowance": {
			{roster: "A: p1, p2, p3, p4\n B: p5, q1"},
			{roster: moved, holds: held},
			{roster: moved, holds: nil, changes: everybody, edit: []func(*plan.Options){allowing(t, "unknown_logins=5", "possible_rename=allow")}},
			{roster: moved, holds: held},
			{roster: moved, holds: held, edit: []func(*plan.Options){allowing(t, "unknown_logins=4")}, accept: true},
			{roster: moved, changes: everybody, edit: []func(*plan.Options){allowing(t, "unknown_logins=5", "possible_rename=allow")}, accept: true, unknown: movedLogins},
			{roster: moved, changes: everybody, edit: []func(*plan.Options){allowing(t, "possible_rename=allow")}, unknown: movedLogins},
		},
		"an-allowance-that-is-tighter-lasts-no-longer": {
			{roster: "A: p1, p2, p3, p4\n B: p5, q1"},
			{roster: "A: p1, p2, p3, u1\n B: p5, q1", holds: []string{"unknown_logins 1"}, edit: []func(*plan.Options){allowing(t, "unknown_logins=0")}},
			{roster: "A: p1, p2, p3, u1\n B: p5, q1", changes: everybody[3:4], unknown: base[:1]},
		},
		"one-in-five-may-become-unknown-each-night": {
			{roster: "A: p1, p2, p3, p4\n B: p5, q1"},
			{roster: "A: p1, p2, p3\n B: p5, u1", changes: append(everybody[3:4:4], everybody[5]), unknown: base[:1]},
			{roster: "A: p1, p2, p3\n B: u1, u2", changes: everybody[3:], unknown: base},
			{roster: "A: p1, p2, p3\n B: u1, u3, u4", holds: []string{"unknown_logins 3"}, unknown: base[:1]},
		},
		"what-was-not-held-is-not-forgotten-either": {
			{roster: "A: p1, p2, p3, p4\n B: p5, q1"},
			{roster: moved, edit: []func(*plan.Options){additive}, finds: []string{
				"unknown_logins : Box does not know 5 of the 5 logins wanted (100%) that were not unknown at the last run; removals would be held, and none is left to hold",
			}},
			{roster: moved, holds: held},
		},
		"a-narrowed-run-compares-what-it-looks-at": {
			{roster: calm, unknown: base, finds: []string{
				"unknown_logins : Box does not know 2 of the 8 logins wanted (25%); nothing is held for it, because no last run is remembered to compare with",
			}},
			{roster: "A: p1, u1\n B: p5, q1, u2", edit: []func(*plan.Options){narrowed("A")}, changes: everybody[1:4], unknown: base},
			{roster: "A: p1, u3\n B: p5, q1, u2", edit: []func(*plan.Options){narrowed("A")}, holds: []string{"unknown_logins 3"}, unknown: base},
			{roster: calm, unknown: base},
		},
		"a-narrowed-run-is-no-last-run-for-a-whole-one": {
			{roster: calm, edit: []func(*plan.Options){narrowed("A")}, unknown: base[:1]},
			{roster: "A: p1, u1\n B: p5, q1, u2, u3", changes: everybody[1:4], unknown: []string{"u1", "u2", "u3"}, finds: []string{
				"unknown_logins : Box does not know 3 of the 6 logins wanted (50%); nothing is held for it, because no last run is remembered to compare with",
			}},
			{roster: "A: p1, u4\n B: p5, q1, u5", holds: []string{"unknown_logins 3"}},
		},
		"groups-that-are-not-compared-for-a-night": {
			{roster: calm, unknown: base, finds: []string{
				"unknown_logins : Box does not know 2 of the 8 logins wanted (25%); nothing is held for it, because no last run is remembered to compare with",
			}},
			{roster: calm, unknown: base, edit: []func(*plan.Options){func(o *plan.Options) { o.Exclude = mustGlobs("B") }}},
			{roster: "A: p1, u1\n B: p5, q1, u2", changes: everybody[1:4], unknown: base},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runUnknownNights(t, s, nights)
		})
	}
}

func counted(logins ...string) *plan.Memory {
	return &plan.Memory{Unknown: logins, UnknownCounted: true}
}

func TestUnknown_texts(t *testing.T) {
	t.Parallel()
	unknown := "u1, u2, u3, u4, u5, u6, u7, u8, u9, u10, u11"
	p := diff(t, roster("A: "+people(9)+", "+unknown), box("A: "+people(9)+", gone"), options(remembering(counted(), night(1))))
	require.Equal(t, []string{"unknown_logins 1"}, holds(p.Holds))
	assert.Equal(t, "Box does not know 11 of the 20 logins wanted (55%) that were not unknown at the last run, and those to remove may be the same people; the limit is 20%, here 10 (so many always pass)",
		p.Holds[0].Reason)
	assert.Equal(t, "to allow it this once: --allow unknown_logins=11", p.Holds[0].Release)
	assert.Equal(t, plan.Compared{Groups: 1, Memberships: 10, Logins: 20, NewUnknown: 11}, p.Header.Compared)
	assert.Equal(t, "unknown_logins", p.Holds[0].ID())
	assert.Equal(t, []string{"remove A gone (unexplained)"}, changes(p.Holds[0].Changes))

	ten := options(remembering(counted("u1@acme.example"), night(1)))
	assert.Empty(t, diff(t, roster("A: "+people(9)+", "+unknown), box("A: "+people(9)+", gone"), ten).Holds, "ten pass by default")
}

// With on_limit: block, everything is held along.
func TestUnknown_blocks(t *testing.T) {
	t.Parallel()
	o := options(remembering(counted(), night(1)), risingTo(plan.AtMost(0)), limits(func(l *plan.Limits) { l.BlockAll = true }))
	p := diff(t, roster("A: p1, p2, u1"), box("A: p1, gone", "p2"), o)
	assert.Equal(t, []string{"on_limit 1", "unknown_logins 1"}, holds(p.Holds))
	p = diff(t, roster("A: p1, p2, u1"), box("A: p1", "p2"), o)
	assert.Empty(t, p.Holds, "where nothing is taken, nothing is held")
	assert.Equal(t, []string{"add A p2 as member (joined)"}, changes(p.Changes))
	assert.False(t, p.Header.Blocked)
}

// What the share is of: people wanted in groups that are compared, each once.
func TestUnknown_whatIsCounted(t *testing.T) {
	t.Parallel()
	of := func(r *source.Roster, edit ...func(*plan.Options)) int {
		return diff(t, r, box("A: p1\n B: p1\n C: p1"), options(edit...)).Header.Compared.Logins
	}
	assert.Equal(t, 3, of(roster("A: p1, p2\n B: p1, p3\n New: p3")))
	assert.Equal(t, 2, of(roster("A: p1, p2\n B: p1, p3"), narrowed("A")))
	assert.Equal(t, 2, of(keyed("x = p1\n y = p1\n A: x, y")), "two people of one source are two")
	assert.Equal(t, 1, of(roster("A: p1, p2\n B: p1, p3@other.example"), func(o *plan.Options) {
		o.Domains, o.Ignore = []string{"acme.example"}, mustGlobs("p2@*")
	}))
	twice := func(name string) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: name, GroupsComplete: true})
		g := b.Group(name, name, "")
		b.Add(g, b.Person("1", "", source.NewLogin("Ann@acme.example"), source.NewLogin("ann2@acme.example")), source.Unstated, 0)
		b.Add(g, b.Person("2", "", source.NewLogin(name+"@acme.example")), source.Unstated, 0)
		b.Add(g, b.Person("3", ""), source.Unstated, 0)
		return b.Build()
	}
	assert.Equal(t, 2, of(twice("A")), "somebody without a login is no login")
	assert.Equal(t, 3, of(source.Merge(twice("A"), twice("B"))), "people of two sources who have one login are one")
}

// A plan whose rise was fine when it was made is measured with today's limit too,
// and what it was allowed stays so.
func TestRecheck_unknown(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p1, u1, u2"), box("A: p1, gone")
	for name, test := range map[string]struct {
		edit, today func(*plan.Options)
		held        bool
	}{
		"as-planned":          {risingTo(plan.AtMost(2)), risingTo(plan.AtMost(2)), false},
		"stricter-today":      {risingTo(plan.AtMost(2)), risingTo(plan.AtMost(1)), true},
		"looser-today":        {risingTo(plan.AtMost(2)), risingTo(plan.AtMost(9)), false},
		"allowed-in-the-plan": {func(o *plan.Options) { risingTo(plan.AtMost(1))(o); allowing(t, "unknown_logins=2")(o) }, risingTo(plan.AtMost(0)), false},
	} {
		saved := diff(t, r, s, options(reviewed, test.edit, remembering(counted(), night(1))))
		require.Equal(t, []string{"remove A gone (unexplained)"}, changes(saved.Changes), name)
		for _, roster := range []*source.Roster{r, nil} {
			c := recheck(t, saved, roster, s, options(test.today, remembering(counted(), night(2))))
			want := []string{}
			if test.held {
				want = []string{"unknown_logins 1"}
			}
			assert.Equal(t, want, holds(c.Plan.Holds), name)
			assert.Empty(t, c.Plan.Findings, name)
			assert.Equal(t, test.held, c.Plan.Header.Blocked)
		}
	}
}

func TestMemory_Accept(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: p1, u3, u1"), box("A: p1"), options(allowing(t, "unknown_logins=2")))
	m := counted("u0@acme.example", "u1@acme.example", "u2@acme.example")
	m.Accept(p)
	assert.Equal(t, counted("u0@acme.example", "u1@acme.example", "u2@acme.example", "u3@acme.example"), m)

	p = diff(t, roster("A: p1, u3, u1"), box("A: p1"), options(allowing(t, "removals=2")))
	m = counted("u0@acme.example")
	m.Accept(p)
	assert.Equal(t, counted("u0@acme.example"), m, "nobody allowed it")

	for name, edit := range map[string]func(*plan.Options){"a part": narrowed("A"), "no removals": func(o *plan.Options) { o.Scope.SkipRemovals = true }} {
		m = counted("u0@acme.example")
		m.Accept(diff(t, roster("A: p1, u3, u1"), box("A: p1, p2"), options(edit, allowing(t, "unknown_logins=2"))))
		assert.Equal(t, counted("u0@acme.example"), m, "%s is not what the next run does", name)
	}

	for _, allowed := range []string{"unknown_logins=1", "unknown_logins=50%"} {
		for name, edit := range map[string]func(*plan.Options){"held": unlimited, "none is left to hold": additive} {
			m = counted("u0@acme.example")
			p = diff(t, roster("A: p1, u3, u1"), box("A: p1, p2"), options(edit, allowing(t, allowed), remembering(m, night(1))))
			m.Accept(p)
			assert.Equal(t, counted("u0@acme.example"), m, "%s is less than there is, %s", allowed, name)
		}
	}
}

// The memory that a plan leaves is fit for the next: sorted, each login once.
func TestUnknown_memoryIsSorted(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: zoe, Bea, p1\n B: zoe, abe"), box("A: p1\n B:"), options(remembering(counted("abe@acme.example", "kim@acme.example"), night(1))))
	assert.Equal(t, []string{"abe@acme.example", "bea@acme.example", "zoe@acme.example"}, p.Memory.Unknown)
	assert.True(t, slices.IsSorted(p.Memory.Unknown))
	assert.True(t, p.Memory.UnknownCounted)
	assert.False(t, diff(t, roster("A: p1"), box("A: p1"), options(remembering(&plan.Memory{}, night(1)), narrowed("A"))).Memory.UnknownCounted)
}
