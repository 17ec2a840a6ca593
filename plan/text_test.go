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

func texts(fs []plan.Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Text)
	}
	return out
}

// Whose group it is that has the wanted name.
func TestFinding_notOursSaysWhose(t *testing.T) {
	t.Parallel()
	for identifier, want := range map[string]string{
		"":                           `Box group "Finance" (id 101) carries no identifier, so it may be managed by hand; it is left alone`,
		"okta:7":                     `Box group "Finance" (id 101) carries the identifier "okta:7"; it is left alone`,
		"rollcall:other:hr:Finance":  `Box group "Finance" (id 101) belongs to another instance of rollcall: it carries the identifier "rollcall:other:hr:Finance"; it is left alone`,
		"rollcall:main:hr:Accounts":  `Box group "Finance" (id 101) belongs to group "Accounts" of source "hr"; it is left alone`,
		"rollcall:main:hr:a:b":       `Box group "Finance" (id 101) belongs to group "a:b" of source "hr"; it is left alone`,
		"rollcall:main:hr":           `Box group "Finance" (id 101) carries the identifier "rollcall:main:hr"; it is left alone`,
		"rollcall:main:hr:\x1b[2JHR": `Box group "Finance" (id 101) belongs to group "\x1b[2JHR" of source "hr"; it is left alone`,
	} {
		// What a source that was not read whole does not name may still be there.
		b := source.NewBuilder(source.Evidence{Name: "hr"})
		b.Group("Finance", "Finance", "")
		p := diff(t, b.Build(), box("Finance ["+identifier+"]: bob"), options())
		assert.Contains(t, texts(p.Findings), want)
	}
	// The one that it belongs to is renamed in the same plan.
	p := diff(t, roster("Accounts: bob\n Finance: bob"), box("Finance [rollcall:main:hr:Accounts]: bob"), options())
	assert.Equal(t, []string{`Box group "Finance" (id 101) belongs to group "Accounts" of source "hr"`}, texts(p.Findings))
	assert.Equal(t, []string{"rename_group Accounts from Finance (source)"}, changes(p.Changes))
	s := box("Finance []: bob")
	s.Groups[0].AllUsers = true
	p = diff(t, roster("Finance: ann"), s, options())
	assert.Equal(t, []string{`Box group "Finance" (id 101) is Box's group of all users; it is left alone`}, texts(p.Findings))
	s = box("Everybody [rollcall:main:hr:Finance]: bob")
	s.Groups[0].AllUsers = true
	p = diff(t, roster("Finance: ann"), s, options())
	assert.Equal(t, []string{`Box group "Everybody" (id 101) is Box's group of all users; it is left alone`}, texts(p.Findings))
}

func TestHold_nameClashNamesTheOther(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Finance: ann\n FINANCE: bob"), box("", "ann", "bob"), options())
	require.Len(t, p.Holds, 2)
	assert.Equal(t, `the same name is wanted for "Finance" (groups.csv:1); this one is from groups.csv:2`, p.Holds[0].Reason)
	assert.Equal(t, `the same name is wanted for "FINANCE" (groups.csv:2); this one is from groups.csv:1`, p.Holds[1].Reason)
	// A row of the map would mean both.
	assert.Equal(t, `give all but one of these another name, in the source: group "FINANCE" of source hr (groups.csv:2), group "Finance" of source hr (groups.csv:1)`, p.Holds[0].Release)
}

// Two spellings of one name are not compared with the Box group that either
// might be: nothing is due, nothing is lost, and nothing is shown as in step.
func TestHold_nameClashIsNotCompared(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Finance: ann, bob\n finance: carl"), box("Finance: ann, dora", "bob", "carl"), options())
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"name_clash Finance 0", "name_clash finance 0"}, holds(p.Holds))
	assert.Empty(t, p.Groups)
	assert.Empty(t, p.Findings)
	assert.Equal(t, 2, p.Counts().Held)
}

func TestHold_duplicateIdentifierNamesTheGroups(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Finance: ann"), box("Finance: bob\n Copy [rollcall:main:hr:Finance]: carl"), options())
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "2 Box groups carry the identifier rollcall:main:hr:Finance (ids 101, 102)", p.Holds[0].Reason)
	assert.Equal(t, 1, p.Holds[0].Size(), "what cannot be known counts as one")
}

// A source that lost its groups holds what is taken on its word, and nothing
// of another source.
func TestHold_sourceShrinkConcernsThatSource(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ldap", GroupsComplete: true})
	ann := source.NewLogin("ann@acme.example")
	b.Add(b.Group("L", "L", ""), b.Person(ann.Key(), "", ann), source.Unstated, 0)
	r := source.Merge(roster("A: ann, new"), b.Build())
	s := box("A: ann, x\n B: ann\n C: ann\n D: ann\n E: ann\n L [rollcall:main:ldap:L]: ann, y", "new")
	p := diff(t, r, s, options())
	assert.Equal(t, []string{"add A new as member (joined)", "remove L y (unexplained)"}, changes(p.Changes))
	require.Equal(t, []string{"source_shrink hr 1"}, holds(p.Holds))
	assert.Equal(t, "4 of the 5 groups that source hr has in Box are missing from it (80%); the limit is 5%, here 3 (so many always pass)", p.Holds[0].Reason)
	assert.Equal(t, "to allow it this once: --allow source_shrink:hr=4", p.Holds[0].Release)
	for _, f := range p.Findings {
		assert.Empty(t, f.Release, "nobody is told to empty an orphan now")
	}

	p = diff(t, r, s, options(allowing(t, "source_shrink=4")))
	assert.Empty(t, p.Holds)
	assert.Equal(t, "to remove its members: --empty-orphan B", p.Findings[0].Release)
	p = diff(t, r, s, options(allowing(t, "source_shrink=3")))
	assert.Len(t, p.Holds, 1)
}

// A source whose list of groups was not read whole has no orphans.
func TestDiff_noOrphansFromAnIncompleteListOfGroups(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr"})
	b.Group("A", "A", "")
	p := diff(t, b.Build(), box("A:\n B: ann\n C: ann\n D: ann\n E: ann"), options())
	assert.Equal(t, []string{
		`partial : the list of groups of source "hr" was not read whole, and Box has 4 groups that it does not list: "B", "C", "D" and 1 more; ` +
			"it is not known who is to be in them, and leavers stay",
	}, saidOf(p.Findings))
	assert.Empty(t, p.Holds)
}

// A group of which somebody corrected the case is the same group.
func TestDiff_groupWhoseCaseChanged(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("finance: ann, bob"), box("Finance: ann, carl", "bob"), options())
	assert.Equal(t, []string{
		"rename_group finance from Finance (source)", "add finance bob as member (joined)", "remove finance carl (unexplained)",
	}, changes(p.Changes))
	assert.Empty(t, p.Findings)
	assert.Equal(t, "rollcall:main:hr:Finance", p.Groups[0].Group.Identifier, "the group keeps its identifier")

	p = diff(t, roster("finance: ann"), box("Finance: ann\n Other [rollcall:main:hr:FINANCE]: ann"), options())
	assert.Equal(t, []string{"duplicate_identifier finance 0"}, holds(p.Holds))
	p = diff(t, roster("finance: ann"), box("Finance [rollcall:MAIN:hr:Finance]: ann"), options())
	assert.Equal(t, []string{"not_ours finance"}, findings(p.Findings), "an instance is spelt exactly")
}

// A group whose key changed while its name stayed has not gone, also if another
// group of that name keeps it from being taken over: nobody is told to empty it,
// and it is not emptied.
func TestDiff_orphanOfAWantedName(t *testing.T) {
	t.Parallel()
	r, s := roster("Finance: ann, bob"), box("Finance [rollcall:main:hr:Old]: ann, carl\n FINANCE [okta:1]: ann", "bob")
	for _, o := range []plan.Options{
		options(),
		options(func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Finance"} }),
		options(func(o *plan.Options) {
			o.Scope.EmptyOrphans, o.Scope.Groups = []string{"Finance"}, mustGlobs("x*", "Finance")
		}),
	} {
		p := diff(t, r, s, o)
		assert.Empty(t, p.Changes)
		for _, f := range p.Findings {
			assert.Empty(t, f.Release)
		}
		assert.Contains(t, texts(p.Findings), `the group carries the identifier "rollcall:main:hr:Old", which source hr no longer has, `+
			`although a source has a group of that name; it and its 2 members are left alone`)
	}
}

func TestDiff_emptyOrphanMustNameOne(t *testing.T) {
	t.Parallel()
	r, s := roster("A: ann"), box("A: ann\n Old: bob\n OLD: carl\n Gone: dora\n Hand []: ann")
	emptying := func(names ...string) *plan.Plan {
		return diff(t, r, s, options(func(o *plan.Options) { o.Scope.EmptyOrphans = names }))
	}
	p := emptying("Old")
	assert.Empty(t, p.Changes)
	assert.Contains(t, texts(p.Findings), "--empty-orphan Old could mean 2 groups (ids 102, 103), so none is emptied; rename one of them in Box")
	two := diff(t, roster("A: ann\n Old: ann"), box("A: ann\n Old [rollcall:main:hr:1]: bob\n OLD [rollcall:main:hr:2]: carl"),
		options(func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Old"} }))
	assert.Contains(t, texts(two.Findings), "--empty-orphan Old could mean 2 groups (ids 102, 103), so none is emptied; rename one of them in Box")
	for _, off := range []func(*plan.Options){additive, func(o *plan.Options) { o.Remove = false }} {
		p := diff(t, r, s, options(off, func(o *plan.Options) { o.Scope.EmptyOrphans = []string{"Nobody"} }))
		assert.Contains(t, texts(p.Findings), "--empty-orphan Nobody: removals are off, so it is not emptied")
	}
	var releases []string
	for _, f := range p.Findings {
		releases = append(releases, f.Release)
	}
	const rename = "to remove its members: rename it in Box, where another orphan has its name, and then --empty-orphan with the new one"
	assert.Equal(t, []string{"to remove its members: --empty-orphan Gone", rename, rename, ""}, releases)
	for _, name := range []string{"Gnoe", "Hand"} {
		p = emptying(name)
		assert.Empty(t, p.Changes)
		assert.Contains(t, texts(p.Findings), "--empty-orphan "+name+" names no group that is ours and gone from its source")
	}
	p = emptying("A")
	assert.Empty(t, p.Changes)
	assert.Contains(t, texts(p.Findings), "--empty-orphan A: a source has a group of that name, so it is not emptied")
	p = emptying("gone")
	assert.Equal(t, []string{"remove Gone dora (asked)"}, changes(p.Changes))
}

// Who asks for a group that this run leaves alone is told what leaves it alone.
func TestDiff_emptyOrphanOfAnotherRun(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "part", Kind: "ldap"})
	g := b.Group("Other", "Other", "")
	b.Add(g, b.Person("zoe", "", source.NewLogin("zoe@acme.example")), source.Unstated, 0)
	part := b.Build()
	s := box("A: ann\n Old: bob\n Lent [rollcall:main:it:Lent]: bob\n Theirs [rollcall:test:hr:Theirs]: bob\n Broken [rollcall:main:part:Broken]: bob")
	for name, test := range map[string]struct {
		edit func(*plan.Options)
		want string
	}{
		"Old":       {func(o *plan.Options) { o.Exclude = mustGlobs("O*") }, "--empty-orphan Old: groups.exclude leaves it alone, so it is not emptied"},
		"OLD":       {narrowed("A"), "--empty-orphan OLD: --group leaves it out of this run, so it is not emptied"},
		"Lent":      {unlimited, `--empty-orphan Lent: it is of source "it", which is not configured, so it is not emptied`},
		"Broken":    {unlimited, `--empty-orphan Broken: it is of source "part", which was not read whole, so it is not emptied`},
		"Theirs":    {unlimited, "--empty-orphan Theirs names no group that is ours and gone from its source"},
		"elsewhere": {narrowed("A"), "--empty-orphan elsewhere names no group that is ours and gone from its source"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := diff(t, source.Merge(roster("A: ann"), part), s, options(test.edit, emptying(name), func(o *plan.Options) { o.Create = false }))
			assert.Empty(t, p.Changes)
			assert.Contains(t, texts(p.Findings), test.want)
		})
	}
}

// Somebody whom Box shows without a login cannot be matched with any policy, so
// they are left alone.
func TestDiff_memberWithoutALoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := box("A: ann, bob, carl")
	for i := range s.Listings[0].Users[1:] {
		s.Listings[0].Users[i+1].Login = ""
	}
	p := diff(t, roster("A: ann"), s, options())
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"unnamed_member A", "unnamed_member A"}, findings(p.Findings))
}

func TestDiff_emptyOrphanIsNotKeptAlive(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: ann"), box("A: ann\n Gone:"), options())
	require.Len(t, p.Findings, 1)
	assert.Equal(t, "nobody is in it, so it can be deleted in Box", p.Findings[0].Release)
	p = diff(t, roster("A: ann"), box("A: ann\n B: b\n C: c\n D: d\n Gone:"), options())
	for _, f := range p.Findings {
		assert.Empty(t, f.Release, "not on the word of a source that lost its groups")
	}
	for _, hide := range []func(*target.Listing){
		func(l *target.Listing) { l.Hidden = 7 },
		func(l *target.Listing) { l.Truncated = true },
	} {
		s := box("A: ann\n Gone:")
		hide(&s.Listings[1])
		for _, f := range diff(t, roster("A: ann"), s, options()).Findings {
			assert.Empty(t, f.Release, "somebody unseen may be in it")
		}
	}

	s := box("A: ann\n Gone: bob")
	s.Listings[1].Hidden = 1
	releases := map[plan.FindingKind]string{}
	for _, f := range diff(t, roster("A: ann"), s, options()).Findings {
		releases[f.Kind] = f.Release
	}
	assert.Equal(t, map[plan.FindingKind]string{plan.HiddenMembers: "", plan.Orphan: "to remove its members: --empty-orphan Gone"}, releases, "somebody is in it")

	p = diff(t, roster("A: ann"), box("A: ann\n Gone: bob"), options(func(o *plan.Options) { o.Scope.EmptyOrphans, o.Remove = []string{"Gone"}, false }))
	assert.Empty(t, p.Changes)
	assert.Contains(t, texts(p.Findings), "--empty-orphan Gone: removals are off, so it is not emptied")
	assert.Equal(t, []string{"orphan Gone", "unused_orphan"}, findings(p.Findings))
}

// Emptying that was allowed is not held for losing everybody as well.
func TestAllowance_emptyGroupAlone(t *testing.T) {
	t.Parallel()
	r, s := roster("A:\n B: ann"), box("A: "+people(9)+"\n B: ann")
	p := diff(t, r, s, options(allowing(t, "empty_group:A=allow")))
	assert.Empty(t, p.Holds)
	assert.Len(t, p.Changes, 9)
	p = diff(t, r, s, options(allowing(t, "empty_group:B=allow")))
	assert.Equal(t, []string{"empty_group A 9"}, holds(p.Holds))
}

func TestHold_reasonWithAndWithoutATotal(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: ann, bob"), box("", "ann", "bob"), options(func(o *plan.Options) { o.Limits = plan.Limits{Adds: plan.AtMost(1)} }))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "2 adds; the limit is 1", p.Holds[0].Reason)
	p = diff(t, roster("A: p1"), box("A: "+people(40)), options(func(o *plan.Options) { o.Limits = plan.Limits{Removals: plan.AtMost(3)} }))
	assert.Equal(t, "39 removals against 40 current memberships (98%); the limit is 3", p.Holds[0].Reason)
	p = diff(t, roster("A: p2, p3, p4, p5, p6, p7, p8, p9, p10"), box("A: "+people(10)), options(func(o *plan.Options) { o.Limits = plan.Limits{Removals: plan.Percent(2.5)} }))
	assert.Equal(t, "1 removal against 10 current memberships (10%); the limit is 2.5%, here 0", p.Holds[0].Reason)
	p = diff(t, roster("A: p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12"), box("A: "+people(12)), options(func(o *plan.Options) { o.Limits = plan.Limits{Removals: plan.AtMost(0)} }))
	assert.Equal(t, "1 removal against 12 current memberships (8.3%); the limit is 0", p.Holds[0].Reason)
}

func TestHold_countsGroupsAgainstGroups(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A: p1\n B:\n C:"), box("A: p1\n Other []: p1"), options(func(o *plan.Options) { o.Limits = plan.Limits{GroupCreations: plan.AtMost(1)} }))
	require.Len(t, p.Holds, 1)
	assert.Equal(t, "2 group creations against 1 group in Box (200%); the limit is 1", p.Holds[0].Reason)
}

func TestPlan_Counts(t *testing.T) {
	t.Parallel()
	r := roster("A: p1 admin, new1, new2, new3\n B: p1\n New: p1\n Empty:\n FOO: p1\n foo: p2")
	s := box("A: p1, p2\n X [rollcall:main:hr:B]: p1\n Empty: p1, p2, p3\n Orphan: p9", "new1", "new2", "new3")
	p := diff(t, r, s, options())
	assert.Equal(t, plan.Counts{Add: 4, Change: 3, Remove: 1, Held: 5, Findings: 1}, p.Counts())
	assert.Equal(t, 8, p.CallsToApply())
	assert.Equal(t, plan.Counts{Held: 1}, (&plan.Plan{Holds: []plan.Hold{{}}}).Counts())
}

func TestTallyOf(t *testing.T) {
	t.Parallel()
	var results []plan.Result
	for outcome, n := range map[plan.Outcome]int{plan.Applied: 5, plan.Already: 4, plan.Skipped: 3, plan.Failed: 2, plan.NotAttempted: 1} {
		for range n {
			results = append(results, plan.Result{Outcome: outcome})
		}
	}
	tally := plan.TallyOf(results)
	assert.Equal(t, plan.Tally{Applied: 5, Already: 4, Skipped: 3, Failed: 2, NotAttempted: 1}, tally)
	assert.Equal(t, len(results), tally.Total())
}

// A grace is spelt as the configuration spells it.
func TestHold_graceIsSpelt(t *testing.T) {
	t.Parallel()
	for grace, want := range map[time.Duration]string{
		48 * time.Hour: "2d", 36 * time.Hour: "36h", 90 * time.Minute: "90m", 90 * time.Second: "1m30s",
	} {
		p := diff(t, roster("Finance: ann"), box("Finance: ann, bob"), options(func(o *plan.Options) {
			o.RemovalGrace, o.Memory, o.Now = grace, &plan.Memory{}, time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
		}))
		require.Len(t, p.Holds, 1)
		assert.Equal(t, "1 person is missing from the source for less than "+want, p.Holds[0].Reason)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	words := []string{}
	for k := plan.Kind(0); k <= plan.Remove; k++ {
		words = append(words, k.String())
	}
	assert.Equal(t, []string{"unknown", "create_group", "adopt_group", "rekey_group", "rename_group", "update_group", "add", "set_role", "remove"}, words)
	words = nil
	for c := plan.Cause(0); c <= plan.Wanted; c++ {
		words = append(words, c.String())
	}
	assert.Equal(t, []string{"unknown", "joined", "moved", "unexplained", "role", "asked", "source"}, words)
	words = nil
	for o := plan.Outcome(0); o <= plan.Failed; o++ {
		words = append(words, o.String())
	}
	assert.Equal(t, []string{"not_attempted", "applied", "already", "skipped", "failed"}, words)
	assert.Equal(t, []string{"0 calls", "1 call", "2 calls", "1 entry", "3 entries", "2 groups in Box"}, []string{
		plan.Count(0, "call"), plan.Count(1, "call"), plan.Count(2, "call"), plan.Count(1, "entry"), plan.Count(3, "entry"), plan.Count(2, "group in Box"),
	})
	assert.Equal(t, "none", plan.Limit{}.String())
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":              `''`,
		"Finance":       "Finance",
		"azAZ09._-/:=":  "azAZ09._-/:=",
		"All Staff":     "'All Staff'",
		"it's":          `'it'\''s'`,
		"$(rm -rf)":     "'$(rm -rf)'",
		"Ünïcode":       "'Ünïcode'",
		"a\nb":          "'a\nb'",
		"=x":            "=x",
		"[a":            "'[a'",
		"{z}":           "'{z}'",
		"`id`":          "'`id`'",
		"people@a.b,+%": "people@a.b,+%",
	} {
		assert.Equal(t, want, plan.ShellQuote(text))
	}
}

// Somebody whom a listing shows without a login is completed by a later one.
func TestDiff_userShownWithoutALoginFirst(t *testing.T) {
	t.Parallel()
	s := box("A: ann\n B: ann, bob")
	s.Listings[0].Users[0].Login = ""
	p := diff(t, roster("A: ann\n B: ann"), s, options())
	assert.Equal(t, []string{"remove B bob (unexplained)"}, changes(p.Changes))

	s = box("A: ann\n B: ann, bob")
	s.Listings[1].Users[0] = target.User{ID: s.Listings[1].Users[0].ID}
	p = diff(t, roster("A: ann\n B: ann"), s, options())
	assert.Equal(t, []string{"remove B bob (unexplained)"}, changes(p.Changes), "what is known is not forgotten")

	for _, login := range []string{"", address("ann.new")} {
		s = box("A: ann\n B: ann, bob")
		s.Listings[1].Users[0].Login = login
		p = diff(t, roster("A: ann\n B: bob"), s, options())
		assert.Equal(t, []string{"remove B ann (unexplained)"}, changes(p.Changes), "the first login stands")
		assert.Empty(t, p.Findings)
	}
}

func TestDiff_keptByDomainAndAdditive(t *testing.T) {
	t.Parallel()
	r := roster("A: ann member, x@partner.example")
	s := box("A: ann admin, bob, y@partner.example, z@partner.example")
	p := diff(t, r, s, options(func(o *plan.Options) { o.Domains, o.Remove = []string{"acme.example"}, false }))
	assert.Empty(t, p.Changes)
	assert.Equal(t, plan.Kept{Additive: 2, Domains: 3}, p.Header.Kept)
}
