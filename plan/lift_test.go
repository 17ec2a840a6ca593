package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

const annIsAnn = `for ann@acme.example in group "A" of source hr (groups.csv:1), make the source and Box say the same login if one is the other`

// What the holds by limits say to type, in their order, and what releases all.
func TestHold_saysAllThatIsToBeTyped(t *testing.T) {
	t.Parallel()
	type said struct {
		name        string
		roster, box string
		known       []string
		edit        []func(*plan.Options)
		releases    []string
		all         []string
	}
	set := func(f func(*plan.Limits)) func(*plan.Options) {
		return func(o *plan.Options) { o.Limits = plan.Limits{}; f(&o.Limits) }
	}
	missing := func(since time.Time) func(*plan.Options) {
		return func(o *plan.Options) {
			o.RemovalGrace = 48 * time.Hour
			remembering(&plan.Memory{Absences: map[string]time.Time{}}, since)(o)
		}
	}
	for _, test := range []said{
		{
			name:   "adds to a group, of admins",
			roster: "A: p1, p2 admin, p3", box: "A: p1", known: splitPeople(3),
			edit: []func(*plan.Options){set(func(l *plan.Limits) {
				l.AddsPerGroup, l.Adds, l.AdminGrants = plan.AtMost(1), plan.AtMost(1), plan.AtMost(0)
			})},
			releases: []string{"to allow it this once: --allow adds_per_group:A=2 --allow adds=2 --allow admin_grants=1"},
		},
		{
			name:   "removals and demotions of a group that may be emptied",
			roster: "A:\n B: p1 member, p2 admin", box: "A: p1, p2, p3\n B: p1 admin, p2 admin",
			edit: []func(*plan.Options){set(func(l *plan.Limits) {
				l.HoldEmptyGroup, l.Removals, l.Demotions = true, plan.AtMost(1), plan.AtMost(0)
			})},
			releases: []string{
				"to allow it this once: --allow empty_group:A=allow --allow removals=4",
				"to allow it this once: --allow demotions=1",
			},
			all: []string{"empty_group:A=allow", "removals=4", "demotions=1"},
		},
		{
			name:   "creations and takeovers, which one limit bounds",
			roster: "A:\n B:\n C:\n D:\n E:", box: "D []:\n E []:",
			edit: []func(*plan.Options){adopting, set(func(l *plan.Limits) { l.GroupCreations = plan.AtMost(1) })},
			releases: []string{
				"to allow it this once: --allow group_creations=3",
				"to allow it this once: --allow group_creations=3",
			},
		},
		{
			name:   "an admin who goes with the one who comes",
			roster: "A: p2 admin", box: "A: p1 admin, p2",
			edit: []func(*plan.Options){set(func(l *plan.Limits) {
				l.HoldLastAdmin, l.Removals, l.AdminGrants = true, plan.AtMost(0), plan.AtMost(0)
			})},
			releases: []string{
				"to allow it this once: --allow removals=1 --allow admin_grants=1",
				"to allow it this once: --allow admin_grants=1",
			},
			all: []string{"removals=1", "admin_grants=1"},
		},
		{
			name:   "an admin who goes, with the member who is made one and not with another who comes",
			roster: "A: p2 admin, p3 admin", box: "A: p1 admin, p2", known: splitPeople(3),
			edit: []func(*plan.Options){set(func(l *plan.Limits) {
				l.HoldLastAdmin, l.Removals, l.AdminGrants, l.Adds = true, plan.AtMost(0), plan.AtMost(0), plan.AtMost(0)
			})},
			releases: []string{
				"to allow it this once: --allow removals=1 --allow admin_grants=2",
				"to allow it this once: --allow adds=1 --allow admin_grants=2",
			},
			all: []string{"removals=1", "adds=1", "admin_grants=2"},
		},
		{
			name:   "an admin who goes, with the only one who comes",
			roster: "A: p2, p3 admin", box: "A: p1 admin, p2", known: splitPeople(3),
			edit: []func(*plan.Options){set(func(l *plan.Limits) {
				l.HoldLastAdmin, l.Removals, l.AdminGrants, l.Adds = true, plan.AtMost(0), plan.AtMost(0), plan.AtMost(0)
			})},
			releases: []string{
				"to allow it this once: --allow removals=1 --allow adds=1 --allow admin_grants=1",
				"to allow it this once: --allow adds=1 --allow admin_grants=1",
			},
			all: []string{"removals=1", "adds=1", "admin_grants=1"},
		},
		{
			name:   "adds to a group that is to be created",
			roster: "A: p1, p2", known: splitPeople(2),
			edit: []func(*plan.Options){set(func(l *plan.Limits) { l.Adds, l.GroupCreations = plan.AtMost(1), plan.AtMost(0) })},
			releases: []string{
				"to allow it this once: --allow adds=2 --allow group_creations=1",
				"to allow it this once: --allow group_creations=1",
			},
			all: []string{"adds=2", "group_creations=1"},
		},
		{
			name:   "somebody who goes, beside somebody who may only be called otherwise",
			roster: "A: ann@new.example, p2", box: "A: ann, p2, p3",
			edit: []func(*plan.Options){set(func(l *plan.Limits) { l.Removals = plan.AtMost(0) })},
			releases: []string{
				annIsAnn + "; if they are different people, allow it this once: --allow possible_rename:A=allow --allow removals=2",
				"to allow it this once: --allow removals=1",
			},
			all: []string{"possible_rename:A=allow", "removals=2"},
		},
		{
			name:   "logins that have become unknown, of whom one may be somebody who goes",
			roster: "A: p2\n B: ann@new.example, p2", box: "A: p2, p3\n B: ann, p2, p3",
			edit: []func(*plan.Options){
				set(func(l *plan.Limits) { l.UnknownLogins = plan.AtMost(0) }), remembering(counted(), night(1)),
			},
			releases: []string{"to allow it this once: --allow possible_rename:B=allow --allow unknown_logins=1"},
		},
		{
			name:   "logins that have become unknown hold nothing where nobody goes",
			roster: "A: p1, p2, new", box: "A: p1", known: splitPeople(2),
			edit: []func(*plan.Options){
				set(func(l *plan.Limits) { l.UnknownLogins, l.Adds, l.BlockAll = plan.AtMost(0), plan.AtMost(0), true }),
				remembering(counted(), night(1)),
			},
			releases: []string{"to allow it this once: --allow adds=1"},
		},
		{
			name:   "everything is blocked",
			roster: "A: p1, p2\n Renamed: p1", box: "A: p1\n Old [rollcall:main:hr:Renamed]: p1", known: splitPeople(2),
			edit: []func(*plan.Options){set(func(l *plan.Limits) { l.GroupRenames, l.BlockAll = plan.AtMost(0), true })},
			releases: []string{
				"to allow it this once: --allow group_renames=1",
				"what releases the other holds releases this one: --allow group_renames=1",
			},
		},
		{
			name:   "what was typed",
			roster: "A: p1\n B: p1", box: "A: p1, p2, p3\n B: p1, p2, p3",
			edit: []func(*plan.Options){
				set(func(l *plan.Limits) { l.RemovalsPerGroup, l.Removals = plan.AtMost(0), plan.AtMost(1) }),
				allowing(t, "removals_per_group:A=1", "removals_per_group:b=2", "removals=2"),
			},
			releases: []string{"to allow it this once, with what is allowed already: --allow removals_per_group:A=2 --allow removals_per_group:b=2 --allow removals=4"},
		},
		{
			name:   "what was misspelt",
			roster: "A: p1\n B: p1", box: "A: p1, p2, p3\n B: p1, p2, p3",
			edit: []func(*plan.Options){
				set(func(l *plan.Limits) { l.RemovalsPerGroup, l.Removals = plan.AtMost(0), plan.AtMost(1) }),
				allowing(t, "removals_per_group:C=2", "source_shrink:HR=9", "source_shrink:hr=8", "removals_per_group:B=2"),
			},
			releases: []string{
				"to allow it this once, with what is allowed already: --allow removals_per_group:A=2 --allow removals_per_group:B=2 --allow source_shrink:hr=8 --allow removals=4",
				"to allow it this once, with what is allowed already: --allow removals_per_group:B=2 --allow source_shrink:hr=8 --allow removals=2",
			},
			all: []string{"removals_per_group:A=2", "removals_per_group:B=2", "source_shrink:hr=8", "removals=4"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster(test.roster), box(test.box, test.known...), options(test.edit...))
			var releases []string
			for _, h := range p.Holds {
				releases = append(releases, h.Release)
			}
			assert.ElementsMatch(t, test.releases, releases)
			assert.Equal(t, test.all, p.Header.AllowAll)
		})
	}

	// What another rule would hold next is not for a limit on the run to count.
	s := box("A: p1, gone\n B: ann, old, older")
	o := options(set(func(l *plan.Limits) { l.UnresolvedMembers, l.Removals = plan.AtMost(0), plan.AtMost(1) }), missing(night(9)),
		func(o *plan.Options) {
			o.Memory.Absences["remove/102/"+userID(address("old")).String()] = night(1)
			o.Memory.Absences["remove/102/"+userID(address("older")).String()] = night(1)
		})
	p := diff(t, directory(1, 1), s, o)
	releases := map[plan.Rule]string{}
	for _, h := range p.Holds {
		releases[h.Rule] = h.Release
	}
	assert.Equal(t, map[plan.Rule]string{
		plan.RuleUnresolvedMembers: "to allow it this once: --allow unresolved_members:A=1",
		plan.RuleRemovals:          "to allow it this once: --allow removals=2",
	}, releases)
}

// Two sources that have lost much are released by one allowance each.
func TestHold_twoSourcesThatShrink(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ldap", GroupsComplete: true})
	ann := source.NewLogin(address("ann"))
	b.Add(b.Group("L", "L", ""), b.Person(ann.Key(), "", ann), source.Unstated, 0)
	s := box("A: ann, x\n B: ann\n L [rollcall:main:ldap:L]: ann, y\n M [rollcall:main:ldap:M]: ann")
	p := diff(t, source.Merge(roster("A: ann"), b.Build()), s, options(unlimited, limits(func(l *plan.Limits) { l.SourceShrink = plan.AtMost(0) })))
	releases := map[string]string{}
	for _, h := range p.Holds {
		releases[h.ID()] = h.Release
	}
	assert.Equal(t, map[string]string{
		"source_shrink//hr":   "to allow it this once: --allow source_shrink:hr=1",
		"source_shrink//ldap": "to allow it this once: --allow source_shrink:ldap=1",
	}, releases)
	assert.Equal(t, []string{"source_shrink:hr=1", "source_shrink:ldap=1"}, p.Header.AllowAll)
}

// What a plan said of its holds is not said of what is left of it.
func TestHold_allowAllIsOfThisPlan(t *testing.T) {
	t.Parallel()
	r, s := roster("A: p1, p9\n B: p1"), box("A: p1, p2\n B: p1, p2, p3", "p9")
	one := func(o *plan.Options) { o.Limits = plan.Limits{RemovalsPerGroup: plan.AtMost(0)} }
	saved := diff(t, r, s, options(one))
	assert.Equal(t, []string{"removals_per_group:A=1", "removals_per_group:B=2"}, saved.Header.AllowAll)
	for _, again := range []*source.Roster{r, nil} {
		c := recheck(t, saved, again, s, options(one))
		assert.Len(t, c.Plan.Changes, 1)
		assert.Empty(t, c.Plan.Header.AllowAll)
	}
}

// What one source has lost is not for the holds of another to release.
func TestHold_saysNothingOfAnotherSource(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ldap", GroupsComplete: true})
	ann := source.NewLogin(address("ann"))
	b.Add(b.Group("L", "L", ""), b.Person(ann.Key(), "", ann), source.Unstated, 0)
	r := source.Merge(roster("A: ann"), b.Build())
	s := box("A: ann, x\n B: ann\n C: ann\n L [rollcall:main:ldap:L]: ann, y, z")
	p := diff(t, r, s, options(unlimited, limits(func(l *plan.Limits) {
		l.SourceShrink, l.RemovalsPerGroup, l.Removals = plan.AtMost(1), plan.AtMost(1), plan.AtMost(0)
	})))
	releases := map[string]string{}
	for _, h := range p.Holds {
		releases[h.ID()] = h.Release
	}
	assert.Equal(t, map[string]string{
		"source_shrink//hr":                       "to allow it this once: --allow source_shrink:hr=2 --allow removals=1",
		"removals_per_group/rollcall:main:ldap:L": "to allow it this once: --allow removals_per_group:L=2 --allow removals=2",
	}, releases)
	assert.Equal(t, []string{"source_shrink:hr=2", "removals_per_group:L=2", "removals=3"}, p.Header.AllowAll)
}

// A plan that empties a group, as it was allowed to by the name in the source, does so
// without the source, too.
func TestAllowance_toEmptyByTheNameInTheSource(t *testing.T) {
	t.Parallel()
	r, s := asFinance(t, roster("fin-eu:\n B: ann"), "^fin-eu$"), box("Finance [rollcall:main:hr:fin-eu]: bob, carl\n B: ann")
	held := func(o *plan.Options) { o.Limits = plan.Limits{HoldEmptyGroup: true, RemovalsPerGroup: plan.AtMost(1)} }
	saved := diff(t, r, s, options(held, allowing(t, "empty_group:fin-eu=allow")))
	assert.Len(t, saved.Changes, 2)
	for _, again := range []*source.Roster{r, nil} {
		assert.Len(t, recheck(t, saved, again, s, options(held)).Plan.Changes, 2)
	}
}

// A plan allows what it allows by the name that the source gave the group when it was
// made, whatever it is called now.
func TestAllowance_byANameOfThen(t *testing.T) {
	t.Parallel()
	called := func(name string) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		ann := source.NewLogin(address("ann"))
		b.Add(b.Group("7", name, ""), b.Person(ann.Key(), "", ann), source.Unstated, 0)
		return asFinance(t, b.Build(), "^fin-.*$")
	}
	s := box("Finance [rollcall:main:hr:7]: ann, bob, carl")
	one := func(o *plan.Options) { o.Limits = plan.Limits{RemovalsPerGroup: plan.AtMost(1)} }
	saved := diff(t, called("fin-eu"), s, options(one, allowing(t, "removals_per_group:fin-eu=2")))
	for name, again := range map[string]*source.Roster{"as it was": called("fin-eu"), "renamed": called("fin-europe"), "not read": nil} {
		c := recheck(t, saved, again, s, options(one))
		assert.Empty(t, c.Plan.Holds, name)
		assert.Len(t, c.Plan.Changes, 2, name)
	}

	// The name that it had in Box before the plan, which a run that ended has changed.
	before, after := box("Cash [rollcall:main:hr:7]: ann, bob, carl"), s
	saved = diff(t, called("fin-eu"), before, options(one, allowing(t, "removals_per_group:Cash=2")))
	for name, again := range map[string]*source.Roster{"read": called("fin-eu"), "not read": nil} {
		c := recheck(t, saved, again, after, options(one))
		assert.Empty(t, c.Plan.Holds, name)
		assert.Len(t, c.Plan.Changes, 2, name)
	}
}
