package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

const day = 24 * time.Hour

// night returns the time of the nth nightly run.
func night(n int) time.Time { return time.Date(2026, 1, n, 2, 0, 0, 0, time.UTC) }

func remembering(m *plan.Memory, now time.Time) func(*plan.Options) {
	return func(o *plan.Options) { o.Memory, o.Now = m, now }
}

// run is one nightly run.
type run struct {
	roster string
	box    string
	edit   func(*plan.Options)
	// wants are the holds and absences that are remembered after it, each with the
	// night of which it is.
	holds, absences []string
	isNew           int // how many holds are new
}

// runNights makes one plan a night, each with the memory of the one before, and
// holds every one to leave that memory alone.
func runNights(t *testing.T, runs []run) *plan.Memory {
	t.Helper()
	memory := &plan.Memory{}
	for i, r := range runs {
		edit := r.edit
		if edit == nil {
			edit = func(*plan.Options) {}
		}
		before := copied(memory)
		p := diff(t, roster(r.roster), box(r.box), options(edit, remembering(memory, night(i+1))))
		require.Equal(t, before, memory, "the old memory is left alone")
		require.NotNil(t, p.Memory)
		assert.Equal(t, orEmpty(r.holds), since(p.Memory.Holds), "holds after night %d: %v", i+1, holds(p.Holds))
		assert.Equal(t, orEmpty(r.absences), since(p.Memory.Absences), "absences after night %d", i+1)
		assert.Equal(t, r.isNew, p.NewHolds(memory), "new holds in night %d", i+1)
		assert.Zero(t, p.NewHolds(p.Memory))
		assert.Equal(t, night(i+1), p.Memory.Updated)
		memory = p.Memory
	}
	return memory
}

func copied(m *plan.Memory) *plan.Memory {
	c := *m
	c.People, c.Holds, c.Absences, c.Sources = maps.Clone(m.People), maps.Clone(m.Holds), maps.Clone(m.Absences), maps.Clone(m.Sources)
	c.Groups, c.Unknown, c.Fingerprint = maps.Clone(m.Groups), slices.Clone(m.Unknown), slices.Clone(m.Fingerprint)
	return &c
}

// since writes times as nights: "remove/101/bob 2". Known users have their names.
func since(times map[string]time.Time) []string {
	out := []string{}
	for id, at := range times {
		head, user := id[:strings.LastIndex(id, "/")+1], id[strings.LastIndex(id, "/")+1:]
		for _, login := range []string{"ann", "bob", "carl", "dora"} {
			if user == userID(address(login)).String() {
				id = head + login
			}
		}
		out = append(out, fmt.Sprintf("%s %d", strings.ReplaceAll(id, "rollcall:main:hr:", ""), at.Day()))
	}
	slices.Sort(out)
	return out
}

func narrowed(globs ...string) func(*plan.Options) {
	return func(o *plan.Options) { o.Scope.Groups = mustGlobs(globs...) }
}

func emptying(names ...string) func(*plan.Options) {
	return func(o *plan.Options) { o.Scope.EmptyOrphans = names }
}

func additive(o *plan.Options) { o.Scope.SkipRemovals = true }

func TestMemory_nights(t *testing.T) {
	t.Parallel()
	emptyA, emptyB := run{roster: "A:\n B: ann", box: "A: bob\n B: ann"}, run{roster: "A: ann\n B:", box: "A: ann\n B: bob"}
	of := func(r run, edit func(*plan.Options), isNew int, holds, absences []string) run {
		r.edit, r.isNew, r.holds, r.absences = edit, isNew, holds, absences
		return r
	}
	none := []string{}
	heldA, missingA := []string{"empty_group/A 1"}, []string{"remove/101/bob 1"}
	fine := run{roster: "A: bob\n B: ann", box: "A: bob\n B: ann"}
	tight := func(o *plan.Options) { o.Limits = plan.Limits{Removals: plan.AtMost(0), Adds: plan.AtMost(0)} }
	grown := "A: bob, zoe\n B: ann"
	for name, runs := range map[string][]run{
		"a-hold-lasts": {
			of(emptyA, nil, 1, heldA, missingA), of(emptyA, nil, 0, heldA, missingA), of(emptyA, nil, 0, heldA, missingA),
		},
		"a-hold-ends-and-comes-again-anew": {
			of(emptyA, nil, 1, heldA, missingA), of(fine, nil, 0, none, none),
			of(emptyA, nil, 1, []string{"empty_group/A 3"}, []string{"remove/101/bob 3"}),
		},
		"another-hold-is-new": {
			of(emptyA, nil, 1, heldA, missingA), of(emptyB, nil, 1, []string{"empty_group/B 2"}, []string{"remove/102/bob 2"}),
		},
		"an-absence-lasts-whatever-holds-it-and-when-nothing-does": {
			of(emptyA, nil, 1, heldA, missingA),
			of(emptyA, unlimited, 0, none, missingA),
			of(emptyA, func(o *plan.Options) { unlimited(o); o.Limits.Removals = plan.AtMost(0) }, 1, []string{"removals 3"}, missingA),
			of(emptyA, func(o *plan.Options) { unlimited(o); o.RemovalGrace = 9 * day }, 1, []string{"removal_grace/A 4"}, missingA),
		},
		"an-absence-does-not-begin-with-a-partial-read": {
			of(run{roster: "A (partial): ann", box: "A: ann, bob"}, nil, 1, []string{"partial/A 1"}, none),
			of(run{roster: "A: ann", box: "A: ann, bob"}, nil, 0, none, []string{"remove/101/bob 2"}),
			of(run{roster: "A (partial): ann", box: "A: ann, bob"}, nil, 1, []string{"partial/A 3"}, []string{"remove/101/bob 2"}),
			of(run{roster: "A: ann", box: "A: ann, bob"}, nil, 0, none, []string{"remove/101/bob 2"}),
		},
		"nor-with-a-partial-read-of-a-group-that-something-else-holds": {
			of(run{roster: "A (partial): ann", box: "A []: ann, bob"}, func(o *plan.Options) { o.Adopt = true }, 1, []string{"takeover/A 1"}, none),
		},
		"asked-orphans-have-no-absences": {
			of(run{roster: "A: ann", box: "A: ann\n B: bob"}, emptying("B"), 0, none, none),
			of(run{roster: "A: ann", box: "A: ann\n B: bob"}, func(o *plan.Options) { emptying("B")(o); o.Limits.Removals = plan.AtMost(0) }, 1, []string{"removals 2"}, none),
		},
		"a-demotion-is-no-absence": {
			of(run{roster: "A: ann member", box: "A: ann admin"}, tight, 1, []string{"removals 1"}, none),
		},
		"--group-keeps-what-it-did-not-look-at": {
			of(emptyA, nil, 1, heldA, missingA), of(fine, narrowed("B"), 0, heldA, missingA), of(emptyA, nil, 0, heldA, missingA),
		},
		"--group-sees-what-it-looks-at": {
			of(emptyA, nil, 1, heldA, missingA), of(fine, narrowed("A"), 0, none, none),
			of(emptyA, nil, 1, []string{"empty_group/A 3"}, []string{"remove/101/bob 3"}),
		},
		"--group-adds-to-what-is-kept": {
			of(emptyA, nil, 1, heldA, missingA),
			of(run{roster: "A: ann\n B:", box: "A: ann\n B: bob"}, narrowed("B"), 1, []string{"empty_group/A 1", "empty_group/B 2"}, []string{"remove/101/bob 1", "remove/102/bob 2"}),
		},
		"--group-says-nothing-of-the-run": {
			of(run{roster: "A: ann\n B: ann", box: "A: ann, bob\n B: ann"}, tight, 1, []string{"removals 1"}, missingA),
			of(run{roster: "A: ann\n B: ann", box: "A: ann, bob\n B: ann"}, func(o *plan.Options) { tight(o); narrowed("B")(o) }, 0, []string{"removals 1"}, missingA),
		},
		"--group-sees-that-a-group-has-gone": {
			of(emptyA, nil, 1, heldA, missingA), of(run{roster: "B: ann", box: "A: bob\n B: ann"}, narrowed("A"), 0, none, none),
		},
		"--group-sees-a-group-that-has-another-identifier": {
			of(emptyA, nil, 1, heldA, missingA), of(run{roster: "A:\n B: ann", box: "A [okta:1]: bob\n B: ann"}, narrowed("A"), 1, []string{"lost_group/A 2"}, missingA),
		},
		"--group-counts-the-groups-of-a-source-all-the-same": {
			of(run{roster: "B: ann", box: "A: bob\n B: ann"}, func(o *plan.Options) { o.Limits = plan.Limits{SourceShrink: plan.AtMost(0)} }, 1, []string{"source_shrink//hr 1"}, none),
			of(run{roster: "B: ann\n A: bob", box: "A: bob\n B: ann"}, func(o *plan.Options) { o.Limits = plan.Limits{SourceShrink: plan.AtMost(0)}; narrowed("B")(o) }, 0, none, none),
		},
		"--skip-removals-keeps-those-who-are-missing": {
			of(emptyA, nil, 1, heldA, missingA), of(emptyA, additive, 0, heldA, missingA), of(emptyA, nil, 0, heldA, missingA),
		},
		"--skip-removals-sees-who-is-back": {
			of(emptyA, nil, 1, heldA, missingA), of(fine, additive, 0, heldA, none),
		},
		"--skip-removals-sees-that-a-group-has-gone": {
			of(emptyA, nil, 1, heldA, missingA), of(run{roster: "B: ann", box: "Other []:\n B: ann"}, additive, 0, heldA, none),
		},
		"--skip-removals-sees-what-holds-no-removal": {
			of(run{roster: grown, box: "A: bob\n B: ann"}, nil, 0, none, none),
			of(run{roster: "A: bob, carl\n B: ann", box: "A: bob\n B: ann, carl"}, tight, 2, []string{"adds 2", "removals 2"}, []string{"remove/102/carl 2"}),
			of(fine, func(o *plan.Options) { tight(o); additive(o) }, 0, []string{"removals 2"}, none),
		},
		"--skip-removals-begins-no-absence": {
			of(emptyA, additive, 0, none, none), of(emptyA, nil, 1, []string{"empty_group/A 2"}, []string{"remove/101/bob 2"}),
		},
		"--group-and---skip-removals": {
			of(emptyA, nil, 1, heldA, missingA),
			of(fine, func(o *plan.Options) { additive(o); narrowed("B")(o) }, 0, heldA, missingA),
			of(fine, func(o *plan.Options) { additive(o); narrowed("A")(o) }, 0, heldA, none),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runNights(t, runs)
		})
	}
}

// Each rule that holds removals alone stays remembered where removals are left out.
func TestMemory_skipRemovalsByRule(t *testing.T) {
	t.Parallel()
	old := &plan.Memory{Holds: map[string]time.Time{}}
	for _, rule := range plan.Rules() {
		old.Holds[string(rule)+"/rollcall:main:hr:A"] = night(1)
	}
	p := diff(t, roster("A: ann"), box("A: ann"), options(additive, remembering(old, night(2))))
	var kept []string
	for id := range p.Memory.Holds {
		rule, _, _ := strings.Cut(id, "/")
		kept = append(kept, rule)
	}
	assert.ElementsMatch(t, []string{
		"removals", "removals_per_group", "demotions", "empty_group", "partial", "removal_grace", "possible_rename", "on_limit",
		"last_admin", "unknown_logins", "unresolved_members", "review",
	}, kept)
}

// removal_grace is over exactly at its end.
func TestMemory_removalGrace(t *testing.T) {
	t.Parallel()
	r, s := roster("A: ann, dora member"), box("A: ann, bob, carl, dora admin")
	old := &plan.Memory{Absences: map[string]time.Time{
		"remove/101/" + userID(address("bob")).String():  night(2),
		"remove/101/" + userID(address("carl")).String(): night(1),
	}}
	grace := func(o *plan.Options) { o.RemovalGrace = 7 * day }
	for name, test := range map[string]struct {
		now     time.Time
		changes []string
		held    []string
		release string
	}{
		"a-moment-before":  {night(8).Add(-1), []string{}, []string{"remove A bob (unexplained)", "remove A carl (unexplained)"}, "2026-01-08T02:00:00Z"},
		"at-the-end":       {night(8), []string{"remove A carl (unexplained)"}, []string{"remove A bob (unexplained)"}, "2026-01-09T02:00:00Z"},
		"at-both-ends":     {night(9), []string{"remove A bob (unexplained)", "remove A carl (unexplained)"}, nil, ""},
		"in-another-place": {night(8).In(time.FixedZone("", 3600)), []string{"remove A carl (unexplained)"}, []string{"remove A bob (unexplained)"}, "2026-01-09T02:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, r, s, options(grace, unlimited, remembering(old, test.now)))
			assert.Equal(t, append([]string{"set_role A dora admin to member (role)"}, test.changes...), changes(p.Changes), "a demotion does not wait")
			if test.held == nil {
				assert.Empty(t, p.Holds)
				return
			}
			require.Equal(t, []string{fmt.Sprintf("removal_grace A %d", len(test.held))}, holds(p.Holds))
			assert.Equal(t, test.held, changes(p.Holds[0].Changes))
			assert.Equal(t, "nothing to do: runs after "+test.release+` remove from "A" who is still missing by then`, p.Holds[0].Release)
		})
	}

	p := diff(t, r, s, options(grace, unlimited))
	assert.Empty(t, p.Holds, "without a memory nobody waits")
	assert.Nil(t, p.Memory)
	p = diff(t, r, s, options(unlimited, remembering(&plan.Memory{}, night(1))))
	assert.Empty(t, p.Holds, "nor without a grace period")
	p = diff(t, r, s, options(unlimited, remembering(old, night(1).Add(-day))))
	assert.Empty(t, p.Holds, "not even if a clock was wrong")
	p = diff(t, r, s, options(grace, unlimited, remembering(&plan.Memory{}, night(1).In(time.FixedZone("", 3600)))))
	require.Equal(t, []string{"removal_grace A 2"}, holds(p.Holds), "whom nobody missed before is missed since now")
	assert.Equal(t, "2 people are missing from the source for less than 7d", p.Holds[0].Reason)
	assert.Equal(t, `nothing to do: runs after 2026-01-08T02:00:00Z remove from "A" who is still missing by then`, p.Holds[0].Release)

	p = diff(t, roster("B: ann"), box("A: ann\n B: ann"), options(grace, unlimited, emptying("A"), remembering(&plan.Memory{}, night(1))))
	assert.Equal(t, []string{"remove A ann (asked)"}, changes(p.Changes), "what was asked for does not wait")
	p = diff(t, roster("A:\n B: ann"), box("A: bob\n B: ann"), options(grace, remembering(&plan.Memory{}, night(1))))
	assert.Equal(t, []string{"empty_group A 1"}, holds(p.Holds), "an empty group is held as such")
}

// Those who still wait do not use up what the group may lose.
func TestMemory_removalGraceBeforeTheGroupsLimit(t *testing.T) {
	t.Parallel()
	old := &plan.Memory{Absences: map[string]time.Time{"remove/101/" + userID(address("bob")).String(): night(1)}}
	p := diff(t, roster("A: ann"), box("A: ann, bob, carl"), options(remembering(old, night(9)), func(o *plan.Options) {
		o.Limits, o.RemovalGrace = plan.Limits{RemovalsPerGroup: plan.AtMost(1)}, 7*day
	}))
	assert.Equal(t, []string{"remove A bob (unexplained)"}, changes(p.Changes))
	assert.Equal(t, []string{"removal_grace A 1"}, holds(p.Holds))
}

func TestMemory_AddCalls(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return parsed
	}
	for name, test := range map[string]struct {
		last, now string
		want      int64
	}{
		"same-month":                        {"2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z", 107},
		"next-month":                        {"2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", 7},
		"same-month-of-another-year":        {"2025-01-15T00:00:00Z", "2026-01-15T00:00:00Z", 7},
		"next-month-there-but-not-in-utc":   {"2026-01-31T12:00:00Z", "2026-02-01T00:30:00+01:00", 107},
		"same-month-there-but-not-in-utc":   {"2026-01-31T12:00:00Z", "2026-01-31T23:30:00-02:00", 7},
		"remembered-in-another-time-zone":   {"2026-02-01T00:30:00+01:00", "2026-01-31T23:59:00Z", 107},
		"remembered-in-another-time-zone-2": {"2026-01-31T23:30:00-02:00", "2026-01-31T23:59:00Z", 7},
	} {
		m := &plan.Memory{Updated: at(test.last), Calls: 100}
		m.AddCalls(7, at(test.now))
		assert.Equal(t, test.want, m.Calls, name)
		assert.Equal(t, at(test.now).UTC(), m.Updated, name)
	}
	first := &plan.Memory{}
	first.AddCalls(3, night(1))
	first.AddCalls(4, night(2))
	assert.EqualValues(t, 7, first.Calls)

	p := diff(t, roster("A: ann"), box("A: ann"), options(remembering(&plan.Memory{Updated: night(1), Calls: 5}, night(2))))
	assert.EqualValues(t, 5, p.Memory.Calls, "a plan counts none of its own")
	p = diff(t, roster("A: ann"), box("A: ann"), options(remembering(&plan.Memory{Updated: night(1), Calls: 5}, night(40))))
	assert.Zero(t, p.Memory.Calls)
}

func TestPlan_NewHolds(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Holds: []plan.Hold{
		{Rule: plan.RuleEmptyGroup, Group: plan.GroupRef{Identifier: "rollcall:main:hr:A", Name: "A"}},
		{Rule: plan.RuleSourceShrink, Source: "hr"},
		{Rule: plan.RuleRemovals},
	}}
	ids := []string{"empty_group/rollcall:main:hr:A", "source_shrink//hr", "removals"}
	for i, id := range ids {
		assert.Equal(t, id, p.Holds[i].ID())
	}
	assert.Equal(t, 3, p.NewHolds(nil))
	assert.Equal(t, 3, p.NewHolds(&plan.Memory{}))
	m := &plan.Memory{Holds: map[string]time.Time{ids[0]: night(1), ids[2]: {}, "removals_per_group/rollcall:main:hr:A": night(1)}}
	assert.Equal(t, 1, p.NewHolds(m))
}

// Who somebody is in Box is remembered of people with a key of their own.
func TestMemory_people(t *testing.T) {
	t.Parallel()
	login := func(text string) source.Login { return source.NewLogin(address(text)) }
	build := func() *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "ad", GroupsComplete: true})
		a, other := b.Group("A", "A", ""), b.Group("B", "B", "")
		for i, p := range []source.PersonIndex{
			b.Person("guid-ann", "", login("ann.new"), login("Ann")),
			b.Person("guid-bob", "", login("bob")),
			b.Person("guid-zoe", "", login("zoe")),
			b.Person("guid-nobody", ""),
			b.Person("guid-late", "", login("late")),
			b.Person(login("carl").Key(), "", login("Carl")),
			b.Person(login("dora").Key(), "", login("dora"), login("dora2")),
		} {
			b.Add(a, p, source.Unstated, 0)
			if i < 3 {
				b.Add(other, p, source.Unstated, 0)
			}
		}
		return b.Build()
	}
	s := box("A [rollcall:main:ad:A]: ann, carl, dora", "bob", "late")
	old := &plan.Memory{People: map[string]target.UserID{"ad/guid-zoe": 7, "ad/guid-bob": 8, "ad/guid-gone": 9, "hr/guid-late": 10}}
	p := diff(t, build(), s, options(remembering(old, night(1))))
	assert.Equal(t, map[string]target.UserID{
		"ad/guid-ann": userID(address("ann")), "ad/guid-bob": userID(address("bob")), "ad/guid-late": userID(address("late")),
		"ad/guid-zoe": 7, "ad/" + address("dora"): userID(address("dora")),
	}, p.Memory.People)

	p = diff(t, build(), s, options(narrowed("B"), remembering(old, night(1))))
	assert.Equal(t, userID(address("late")), p.Memory.People["ad/guid-late"], "a narrowed run learns")
	assert.EqualValues(t, 8, p.Memory.People["ad/guid-bob"], "the other user may be in a group that was not looked at")
}

// The figures of a source are those of its last whole read; how far they may fall is
// for the tests of source_shrink.
func TestMemory_sources(t *testing.T) {
	t.Parallel()
	build := func(evidence source.Evidence, members int, partial bool) *source.Roster {
		b := source.NewBuilder(evidence)
		g := b.Group(evidence.Name, evidence.Name, "")
		for _, p := range splitPeople(members) {
			b.Add(g, b.Person(p, "", source.NewLogin(address(p))), source.Unstated, 0)
		}
		if partial {
			b.Partial(g, "unreadable")
		}
		return b.Build()
	}
	old := &plan.Memory{Sources: map[string]plan.SourceCounts{"a": {9, 90}, "b": {4, 40}, "c": {1, 2}, "d": {5, 50}, "gone": {6, 60}}}
	r := source.Merge(
		build(source.Evidence{Name: "a", GroupsComplete: true}, 3, false),
		build(source.Evidence{Name: "b"}, 3, false),
		build(source.Evidence{Name: "c", GroupsComplete: true}, 3, true),
		build(source.Evidence{Name: "d", GroupsComplete: true}, 3, true),
		build(source.Evidence{Name: "e", GroupsComplete: true}, 3, true),
	)
	p := diff(t, r, box("", splitPeople(3)...), options(remembering(old, night(1)), unlimited))
	assert.Equal(t, map[string]plan.SourceCounts{
		"a": {1, 3}, "b": {4, 40}, "c": {1, 3}, "d": {1, 50}, "e": {1, 3}, "gone": {6, 60},
	}, p.Memory.Sources)
	assert.Equal(t, plan.SourceCounts{Groups: 5, Memberships: 50}, old.Sources["d"], "the old memory is left alone")
}

func TestMemory_unknownLoginsAndFingerprint(t *testing.T) {
	t.Parallel()
	r, s := roster("A: Zoe, ann, yves\n B: zoe, bob\n C: xaver"), box("A: ann\n B:\n C:\n Gone: ann", "bob")
	old := &plan.Memory{Unknown: []string{"bob@acme.example", "gone@acme.example", "xaver@acme.example", "zoe@acme.example"}, Fingerprint: plan.Fingerprint{{Name: "a", Digest: "old"}}}
	ours := plan.Fingerprint{{Name: "a", Digest: "new"}}
	o := options(remembering(old, night(1)), func(o *plan.Options) { o.Fingerprint = ours })
	p := diff(t, r, s, o)
	assert.Equal(t, []string{"xaver@acme.example", "yves@acme.example", "zoe@acme.example"}, p.Memory.Unknown)
	assert.Equal(t, old.Fingerprint, p.Memory.Fingerprint, "a plan that was only made is no run that came to its end")
	assert.Equal(t, ours, p.Header.Fingerprint)

	additive(&o)
	assert.Equal(t, p.Memory.Unknown, diff(t, r, s, o).Memory.Unknown, "adds are looked at")
	narrowed("B")(&o)
	p = diff(t, r, s, o)
	assert.Equal(t, []string{"gone@acme.example", "xaver@acme.example", "zoe@acme.example"}, p.Memory.Unknown, "what it did not look at stays, but for whom Box knows")
	assert.Equal(t, []string{"bob@acme.example", "gone@acme.example", "xaver@acme.example", "zoe@acme.example"}, old.Unknown, "the old memory is left alone")
}
