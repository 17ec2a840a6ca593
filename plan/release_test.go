package plan_test

import (
	"fmt"
	"maps"
	"regexp"
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

// releaseWorld is all that a plan is made of.
type releaseWorld struct {
	roster *source.Roster
	box    target.Snapshot
	hidden int // groups that Box announces and does not show
	opts   []func(*plan.Options)
}

func (w *releaseWorld) plan(t *testing.T) *plan.Plan {
	t.Helper()
	o := options(w.opts...)
	if w.hidden == 0 {
		return diff(t, w.roster, w.box, o)
	}
	d := plan.Match(w.roster, w.box.Groups, o)
	d.HiddenGroups(w.hidden)
	d.Resolve(w.box.Users)
	for _, l := range w.box.Listings {
		d.Listed(l)
	}
	p, err := d.Finish()
	require.NoError(t, err)
	return p
}

// release is a world in which a rule holds something, and what its hold says to do.
type release struct {
	rule  plan.Rule
	world func(t *testing.T) *releaseWorld
	// text is the whole of what the hold says.
	text string
	// ways do each of the things that the text names, of which any is to be enough:
	// one for every "or". There are none where there is nothing but flags to type.
	ways map[string]func(*releaseWorld)
	// made is how many of the changes that were held are then made; the others are no
	// longer due. Where none is known before, anything that is made will do.
	made int
}

// worldOf builds a world without limits but those that edit sets.
func worldOf(wanted, have string, edit ...func(*plan.Options)) func(*testing.T) *releaseWorld {
	return func(*testing.T) *releaseWorld {
		return &releaseWorld{roster: roster(wanted), box: box(have, "ann", "bob"), opts: append([]func(*plan.Options){unlimited}, edit...)}
	}
}

func (f releaseEdit) of(world func(*testing.T) *releaseWorld) func(*testing.T) *releaseWorld {
	return func(t *testing.T) *releaseWorld {
		t.Helper()
		w := world(t)
		f(t, w)
		return w
	}
}

type releaseEdit func(*testing.T, *releaseWorld)

func wants(text string) func(*releaseWorld) {
	return func(w *releaseWorld) { w.roster = roster(text) }
}

// alsoInAD adds source ad, which has one group of the name.
func alsoInAD(name string) func(*releaseWorld) {
	return func(w *releaseWorld) {
		ad := source.NewBuilder(source.Evidence{Name: "ad", GroupsComplete: true})
		ad.Group(name, name, "ad.csv:2")
		w.roster = source.Merge(w.roster, ad.Build())
	}
}

func (w *releaseWorld) with(edit ...func(*plan.Options)) { w.opts = append(w.opts, edit...) }

func none(n *plan.Limit) { *n = plan.AtMost(0) }

// flagReleases has the limits, which flags release.
func flagReleases() []release {
	unknown := remembering(&plan.Memory{UnknownCounted: true}, night(2))
	return []release{
		{
			rule: plan.RuleRemovals, made: 1, text: "to allow it this once: --allow removals=1",
			world: worldOf("A: ann", "A: ann, bob", limits(func(l *plan.Limits) { none(&l.Removals) })),
		},
		{
			rule: plan.RuleRemovalsPerGroup, made: 1, text: "to allow it this once: --allow 'removals_per_group:A b=1'",
			world: worldOf("A b: ann", "A b: ann, bob", limits(func(l *plan.Limits) { none(&l.RemovalsPerGroup) })),
		},
		{
			rule: plan.RuleAdds, made: 1, text: "to allow it this once: --allow adds=1",
			world: worldOf("A: ann, bob", "A: ann", limits(func(l *plan.Limits) { none(&l.Adds) })),
		},
		{
			rule: plan.RuleAddsPerGroup, made: 1, text: "to allow it this once: --allow adds_per_group:A=1",
			world: worldOf("A: ann, bob", "A: ann", limits(func(l *plan.Limits) { none(&l.AddsPerGroup) })),
		},
		{
			rule: plan.RuleDemotions, made: 1, text: "to allow it this once: --allow demotions=1",
			world: worldOf("A: ann member", "A: ann admin", limits(func(l *plan.Limits) { none(&l.Demotions) })),
		},
		{
			rule: plan.RuleAdminGrants, made: 1, text: "to allow it this once: --allow admin_grants=1",
			world: worldOf("A: ann admin", "A: ann", limits(func(l *plan.Limits) { none(&l.AdminGrants) })),
		},
		{
			rule: plan.RuleGroupCreations, made: 2, text: "to allow it this once: --allow group_creations=1",
			world: worldOf("A: ann\n New: ann", "A: ann", limits(func(l *plan.Limits) { none(&l.GroupCreations) })),
		},
		{
			rule: plan.RuleGroupRenames, made: 1, text: "to allow it this once: --allow group_renames=1",
			world: worldOf("A: ann", "Old [rollcall:main:hr:A]: ann", limits(func(l *plan.Limits) { none(&l.GroupRenames) })),
		},
		{
			rule: plan.RuleEmptyGroup, made: 1, text: "to allow it this once: --allow empty_group:A=allow",
			world: worldOf("A:\n B: ann", "A: bob\n B: ann", limits(func(l *plan.Limits) { l.HoldEmptyGroup = true })),
		},
		{
			rule: plan.RuleSourceShrink, made: 1, text: "to allow it this once: --allow source_shrink:hr=1",
			world: worldOf("A: ann", "A: ann, bob\n B: ann", limits(func(l *plan.Limits) { none(&l.SourceShrink) })),
		},
		{
			rule: plan.RuleLastAdmin, made: 1, text: "to allow it this once: --allow last_admin:A=allow",
			world: worldOf("A: bob", "A: ann admin, bob", keeping),
		},
		{
			rule: plan.RuleUnknownLogins, made: 1, text: "to allow it this once: --allow unknown_logins=1",
			world: worldOf("A: ann, nobody", "A: ann, bob", unknown, limits(func(l *plan.Limits) { none(&l.UnknownLogins) })),
		},
		{
			rule: plan.RuleUnresolvedMembers, made: 1, text: "to allow it this once: --allow unresolved_members:A=2",
			world: releaseEdit(func(_ *testing.T, w *releaseWorld) { w.roster = directory(3, 2) }).of(
				worldOf("", "A: p1, p2, p3, bob\n B: ann", limits(func(l *plan.Limits) { none(&l.UnresolvedMembers) }))),
		},
		{
			rule: plan.RuleOnLimit, made: 1, text: "what releases the other holds releases this one: --allow removals=1 --allow adds=1",
			// That B is not emptied blocks nothing, so that its flag is not among those.
			world: worldOf("A: ann admin, bob\n B:", "A: ann, carl\n B: ann", limits(func(l *plan.Limits) {
				l.Adds, l.Removals, l.BlockAll, l.HoldEmptyGroup = plan.AtMost(0), plan.AtMost(0), true, true
			})),
		},
	}
}

// wayReleases has the rules that are no limits.
func wayReleases() []release {
	asFinanceBy := func(match string) func(*releaseWorld) {
		return func(w *releaseWorld) { w.roster = asFinance(panicking{}, roster("fin-eu: ann\n fin-us: bob"), match) }
	}
	mapping := func(e ...source.MapEntry) func(*releaseWorld) {
		return func(w *releaseWorld) { w.roster = mapped(panicking{}, roster("A: ann"), source.Mapping{Entries: e}) }
	}
	both := func(e ...source.MapEntry) func(*releaseWorld) {
		return func(w *releaseWorld) {
			w.roster = mapped(panicking{}, roster("A: ann\n B: ann"), source.Mapping{Entries: e})
		}
	}
	since := func(edit func(*target.Snapshot)) func(*releaseWorld) { return func(w *releaseWorld) { edit(&w.box) } }
	inWorld := func(world func(*testing.T) *releaseWorld, edits ...func(*releaseWorld)) func(*testing.T) *releaseWorld {
		return releaseEdit(func(_ *testing.T, w *releaseWorld) {
			for _, edit := range edits {
				edit(w)
			}
		}).of(world)
	}
	cut := func(at bool) func(*target.Snapshot) {
		return onListing("A", func(l *target.Listing) { l.Truncated = at })
	}
	apply := map[string]func(*releaseWorld){"apply": func(w *releaseWorld) { w.with(reviewed) }}
	had := func(id target.GroupID) func(*plan.Options) {
		return remembering(hadGroups(map[string]target.GroupID{"a": id}), night(2))
	}
	exclude := func(w *releaseWorld) { w.with(func(o *plan.Options) { o.Exclude = mustGlobs("A") }) }
	const byReview = "save a plan, review it and apply it: plan -o FILE, then apply FILE"
	const sayIt = `at map.csv:2, give the id of the Box group that is group "A" of source hr (groups.csv:1)`
	toRight := map[string]func(*releaseWorld){"its-id": mapping(byID("A", 101))}
	return []release{
		{
			rule: plan.RulePartial, made: 1, world: worldOf("A (partial): ann", "A: ann, bob"),
			text: `correct this, so that group "A" of source hr (groups.csv:1) is whole: groups.csv:9: no such role`,
			ways: map[string]func(*releaseWorld){"correct": wants("A: ann")},
		},
		{
			rule: plan.RuleNameClash, world: inWorld(worldOf("", "Finance [rollcall:main:hr:fin-eu]: ann, carl"), asFinanceBy("^fin-.*")),
			text: `give all but one of these another name, in the source or by groups.map_file: group "fin-eu" of source hr (groups.csv:1), group "fin-us" of source hr (groups.csv:2)`,
			ways: map[string]func(*releaseWorld){
				"another-name": asFinanceBy("^fin-eu$"),
				"the-map": func(w *releaseWorld) {
					w.roster = mapped(panicking{}, w.roster, source.Mapping{Entries: []source.MapEntry{byName("fin-us", "Finance US")}})
				},
			},
		},
		{
			rule: plan.RuleNameClash, world: inWorld(worldOf("A: ann", "A: ann, bob"), alsoInAD("A")),
			text: `give all but one of these another name, in the source or by groups.map_file, or drop them from their source: group "A" of source hr (groups.csv:1), group "A" of source ad (ad.csv:2)`,
			ways: map[string]func(*releaseWorld){"drop-it": wants("A: ann"), "another-name": func(w *releaseWorld) { wants("A: ann")(w); alsoInAD("B")(w) }},
		},
		{
			rule: plan.RuleNameTaken, made: 1, world: worldOf("A: ann", "Old [rollcall:main:hr:A]: ann\n A []: bob"),
			text: `rename the other Box group that is called "A", or give group "A" of source hr (groups.csv:1) another name`,
			ways: map[string]func(*releaseWorld){
				"in-box":        since(renamed("A", "Other")),
				"in-the-source": func(w *releaseWorld) { w.roster = asFinance(panicking{}, w.roster, "^A$") },
			},
		},
		{
			rule: plan.RuleDuplicateIdentifier, world: worldOf("A: ann", "A: ann, bob\n Copy [rollcall:main:hr:A]: carl"),
			text: `in Box, clear external_sync_identifier "rollcall:main:hr:A" of all but one of the groups with the ids 101, 102`,
			ways: map[string]func(*releaseWorld){"clear": since(marked("Copy", ""))},
		},
		{
			rule: plan.RuleTooLarge, world: inWorld(worldOf("A: ann, bob, p1, p2", "A: ann, p1, p2"), since(cut(true))),
			text: `split group "A" of source hr (groups.csv:1) until its group in Box has no more members than Box lists, which is 3`,
			made: 1,
			ways: map[string]func(*releaseWorld){"split": func(w *releaseWorld) {
				w.roster = roster("A: ann, bob\n Rest: p1, p2")
				cut(false)(&w.box)
			}},
		},
		{
			rule: plan.RuleSharedLogin, made: 1, world: releaseEdit(func(_ *testing.T, w *releaseWorld) {
				w.roster = twoPeople("ann", "ann")
			}).of(worldOf("", "A:")),
			text: `in group "A" of source hr (hr.csv:2), keep one of the people who are ann@acme.example, or give the others the login of another user`,
			ways: map[string]func(*releaseWorld){
				"keep-one": func(w *releaseWorld) { w.roster = roster("A: ann") },
				"another":  func(w *releaseWorld) { w.roster = twoPeople("ann", "bob") },
			},
		},
		{
			rule: plan.RuleSharedLogin, world: releaseEdit(func(_ *testing.T, w *releaseWorld) {
				w.roster = keyed(married + "eve = ann\n A: ann\n B: eve")
				w.with(remembering(peopleKnown("ann=ann"), night(2)))
			}).of(worldOf("", "A: ann\n B:")),
			text: `see the finding shared_login; for group "A" of source hr, give the one whose account ann@acme.example is that login in the source, and the other a login of their own`,
			ways: map[string]func(*releaseWorld){
				"ann-has-it": func(w *releaseWorld) {
					w.roster = keyed("ann = ann\n eve = eve\n A: ann\n B: eve")
				},
			},
		},
		{
			rule: plan.RulePossibleRename, world: inWorld(worldOf("A: new, ann", "A: old, ann"), since(untold("old"))),
			text: `for old@acme.example in group "A" of source hr (groups.csv:1), make the source and Box say the same login if one is the other, or let the app manage these users; if they are different people, allow it this once: --allow possible_rename:A=allow`,
			ways: map[string]func(*releaseWorld){
				"the-source-says-it": wants("A: old, ann"),
				"box-says-it":        since(called("old", "new@acme.example")),
				"box-tells-it":       since(func(s *target.Snapshot) { s.Aliases = nil; aliased("old", "new", true)(s) }),
			},
		},
		{
			rule: plan.RulePossibleRename, made: 1, world: inWorld(worldOf("A: new, ann", "A: old, ann"), since(untold("old"))),
			text: `for old@acme.example in group "A" of source hr (groups.csv:1), make the source and Box say the same login if one is the other, or let the app manage these users; if they are different people, allow it this once: --allow possible_rename:A=allow`,
			ways: map[string]func(*releaseWorld){"box-tells-that-it-is-nobody": since(func(s *target.Snapshot) { s.Aliases = nil })},
		},
		{
			rule: plan.RulePossibleRename, world: worldOf("A: old@new.example, ann", "A: old, ann"),
			text: `for old@acme.example in group "A" of source hr (groups.csv:1), make the source and Box say the same login if one is the other; if they are different people, allow it this once: --allow possible_rename:A=allow`,
			ways: map[string]func(*releaseWorld){
				"the-source-says-it": wants("A: old, ann"),
				"box-says-it":        since(called("old", "old@new.example")),
			},
		},
		{
			rule: plan.RulePossibleRename, world: worldOf("New: ann, bob", "Old: ann, bob"),
			text: "if it is, put the row New,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; if it is not, allow it this once: --allow possible_rename:New=allow",
			ways: map[string]func(*releaseWorld){"map-it": func(w *releaseWorld) {
				mapping(byID("New", 101))(w)
				w.with(reviewed)
			}},
		},
		{
			rule: plan.RulePossibleRename, made: 2, text: "if it is not, allow it this once: --allow possible_rename:Old=allow",
			world: worldOf("Rest: eve\n New: ann, bob", "Old: ann, bob\n Rest: eve", emptying("Old"), excluding("New")),
		},
		{
			rule: plan.RuleReusedID, made: 3, text: `if it is another group, give group "Fire" of source hr (groups.csv:1) an id that no group had before; if it is the same, allow it this once: --allow reused_id:Fire=allow`,
			world: releaseEdit(func(_ *testing.T, w *releaseWorld) { w.roster = idRoster("D1 Fire: bob") }).of(worldOf("", "Legal [rollcall:main:hr:D1]: ann")),
		},
		{
			rule: plan.RuleReusedID, text: `if it is another group, give group "Fire" of source hr (groups.csv:1) an id that no group had before; if it is the same, allow it this once: --allow reused_id:Fire=allow`,
			world: releaseEdit(func(_ *testing.T, w *releaseWorld) { w.roster = idRoster("D1 Fire: ann2") }).of(worldOf("", "Legal [rollcall:main:hr:D1]: ann")),
			ways:  map[string]func(*releaseWorld){"another-id": func(w *releaseWorld) { w.roster = idRoster("D9 Fire: bob") }},
		},
		{
			rule: plan.RuleMappedGroup, world: inWorld(worldOf("", "A: ann, bob"), mapping(byID("A", 999))), text: sayIt, ways: toRight,
		},
		{
			rule: plan.RuleMappedGroup, world: inWorld(worldOf("", "A: ann, bob\n Other []: ann"), mapping(byID("A", 102))), text: sayIt, ways: toRight,
		},
		{
			rule: plan.RuleMappedGroup, text: sayIt, ways: map[string]func(*releaseWorld){"its-id": both(byID("A", 101))},
			world: inWorld(worldOf("", "X []: ann, bob\n Law [rollcall:main:hr:B]: ann", reviewed), both(byID("A", 102))),
		},
		{
			rule: plan.RuleMappedGroup, text: strings.Replace(sayIt, "csv:2", "csv:3", 1), ways: toRight,
			world: inWorld(worldOf("", "Money []: ann, bob\n Money []: ann", reviewed), mapping(byName("A", "Money"))),
		},
		{
			rule: plan.RuleHiddenGroups, made: 2, world: releaseEdit(func(_ *testing.T, w *releaseWorld) { w.hidden = 1 }).of(worldOf("A: ann\n New: ann", "A: ann")),
			text: "let the app see all groups of the enterprise; to allow it this once: --allow group_creations=1",
			ways: map[string]func(*releaseWorld){"see-all": func(w *releaseWorld) { w.hidden = 0 }},
		},
		{
			rule: plan.RuleLostGroup, world: worldOf("A: ann", "Old []: ann, bob", had(101)),
			text: "to manage it again, put the row A,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; to let it go, add 'A' to groups.exclude",
			ways: map[string]func(*releaseWorld){
				"map-it":  func(w *releaseWorld) { mapping(byID("A", 101))(w); w.with(reviewed) },
				"exclude": exclude,
			},
		},
		{
			rule: plan.RuleLostGroup, world: worldOf("A: ann", "A []: ann, bob", had(99)),
			text: "to manage that one, put the row A,101 into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; to let it go, add 'A' to groups.exclude",
			ways: map[string]func(*releaseWorld){
				"map-it":  func(w *releaseWorld) { mapping(byID("A", 101))(w); w.with(reviewed) },
				"exclude": exclude,
			},
		},
		{
			rule: plan.RuleLostGroup, world: worldOf("A: ann\n B: ann", "B: ann, bob", had(101)),
			text: "to give the group another one in Box, put the row A,NAME, with that one's name, into groups.map_file (its first line is group,box_group), then plan -o FILE and apply FILE; to let it go, add 'A' to groups.exclude",
			ways: map[string]func(*releaseWorld){
				"map-it":  func(w *releaseWorld) { both(byName("A", "Another"))(w); w.with(reviewed) },
				"exclude": exclude,
			},
		},
		{
			rule: plan.RuleTakeover, made: 2, world: worldOf("A: ann", "A []: ann, bob", func(o *plan.Options) { o.Adopt = true }), text: byReview, ways: apply,
		},
		{
			rule: plan.RuleReview, made: 1, world: worldOf("A: ann", "A: ann, bob", policies(policy("A", review(true)))),
			text: byReview, ways: apply,
		},
		{
			rule: plan.RuleReview, made: 1, world: worldOf("A: ann", "A: ann, bob", requiring), text: byReview,
			ways: map[string]func(*releaseWorld){
				"apply": apply["apply"],
				"the-next-sync": func(w *releaseWorld) {
					m := &plan.Memory{}
					m.Agree(fingerprint("a", "b", "c"))
					w.with(remembering(m, night(3)))
				},
			},
		},
		{
			rule: plan.RuleRemovalGrace, made: 1, text: `nothing to do: runs after 2026-01-04T02:00:00Z remove from "A" who is still missing by then`,
			world: worldOf("A: ann", "A: ann, bob", remembering(&plan.Memory{}, night(2)), func(o *plan.Options) { o.RemovalGrace = 2 * day }),
			ways: map[string]func(*releaseWorld){"wait": func(w *releaseWorld) {
				m := &plan.Memory{Absences: map[string]time.Time{"remove/101/" + userID(address("bob")).String(): night(2)}}
				w.with(remembering(m, night(4)))
			}},
		},
	}
}

// twoPeople is a roster in which two people, of the logins given, are in group A.
func twoPeople(logins ...string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	g := b.Group("A", "A", "hr.csv:2")
	for i, login := range logins {
		b.Add(g, b.Person("guid-"+string(rune('1'+i)), "", source.NewLogin(address(login))), source.Unstated, 0)
	}
	return b.Build()
}

// panicking fails where there is no test to fail.
type panicking struct{}

func (panicking) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panicking) FailNow()                          {}

// flagsIn finds the flags in a text as a shell would take them from there.
func flagsIn(text string) []string {
	var out []string
	for _, found := range regexp.MustCompile(`--allow ('[^']*'|[^ ']+)`).FindAllStringSubmatch(text, -1) {
		out = append(out, strings.Trim(found[1], "'"))
	}
	return out
}

// Every rule has a hold here, the hold says exactly this, and each thing that it says
// to do ends it: the changes are made, or no longer due. A new rule comes with its
// own.
func TestRelease(t *testing.T) {
	t.Parallel()
	left := plan.Rules()
	for i, r := range slices.Concat(flagReleases(), wayReleases()) {
		left = slices.DeleteFunc(left, func(rule plan.Rule) bool { return rule == r.rule })
		t.Run(fmt.Sprintf("%d_%s", i, r.rule), func(t *testing.T) {
			t.Parallel()
			p := r.world(t).plan(t)
			at := slices.IndexFunc(p.Holds, func(h plan.Hold) bool { return h.Rule == r.rule })
			require.GreaterOrEqual(t, at, 0, "no such hold: %v", holds(p.Holds))
			held := &p.Holds[at]
			assert.Equal(t, r.text, held.Release)
			ways := maps.Clone(r.ways)
			if flags := flagsIn(held.Release); len(flags) > 0 {
				if ways == nil {
					ways = map[string]func(*releaseWorld){}
				}
				ways["flags"] = func(w *releaseWorld) { w.with(allowing(t, flags...)) }
			}
			require.NotEmpty(t, ways, "what it says to do, nobody has done")
			for name, way := range ways {
				w := r.world(t)
				way(w)
				requireReleased(t, name, held, w.plan(t), r.made)
			}
		})
	}
	assert.Empty(t, left, "rules without a release: what ends their holds, nobody has tried")
}

// requireReleased fails if the plan still holds what was held, or does not make it
// where it is still due.
func requireReleased(t *testing.T, way string, held *plan.Hold, p *plan.Plan, made int) {
	t.Helper()
	require.NotContains(t, rulesOf(p.Holds), held.Rule, way)
	planned, stillHeld := changeIDs(p.Changes), []string{}
	for i := range p.Holds {
		stillHeld = append(stillHeld, changeIDs(p.Holds[i].Changes)...)
	}
	n := 0
	for _, id := range changeIDs(held.Changes) {
		require.NotContains(t, stillHeld, id, "%s: something else holds it: %v", way, holds(p.Holds))
		n += count(slices.Contains(planned, id))
	}
	if made > 0 {
		require.Equal(t, made, n, "%s: %v", way, changes(p.Changes))
	}
}

func rulesOf(hs []plan.Hold) []plan.Rule {
	var out []plan.Rule
	for _, h := range hs {
		out = append(out, h.Rule)
	}
	return out
}
