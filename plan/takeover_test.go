package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

func reviewed(o *plan.Options) { o.Reviewed = true }
func adopting(o *plan.Options) { o.Adopt, o.Reviewed = true, true }

func TestTakeover(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]diffTest{
		"without-an-identifier": {
			roster:  "Finance: ann",
			box:     box("Finance []: bob", "ann"),
			edit:    adopting,
			changes: []string{"adopt_group Finance (source)", "add Finance ann as member (joined)", "remove Finance bob (unexplained)"},
		},
		"without-an-identifier-and-nobody-reviews": {
			roster: "Finance: ann",
			box:    box("Finance []: bob", "ann"),
			edit:   func(o *plan.Options) { o.Adopt = true },
			holds:  []string{"takeover Finance 3"},
		},
		"without-an-identifier-and-adopt-is-never": {
			roster: "Finance: ann",
			box:    box("Finance []: bob", "ann"),
			edit:   reviewed,
			finds:  []string{"not_ours Finance"},
		},
		"a-name-in-another-case-is-renamed-too": {
			roster:  "Finance: ann",
			box:     box("FINANCE []: ann"),
			edit:    adopting,
			changes: []string{"adopt_group Finance (source)", "rename_group Finance from FINANCE (source)"},
		},
		"two-groups-of-the-name": {
			roster: "Finance: ann",
			box:    box("Finance []: ann\n finance []: bob"),
			edit:   adopting,
			finds:  []string{"not_ours Finance"},
		},
		"ours-of-a-source-that-is-gone": {
			roster:  "Finance: ann",
			box:     box("Finance [rollcall:main:old:F1]: ann, bob"),
			edit:    reviewed,
			changes: []string{"rekey_group Finance (source)", "remove Finance bob (unexplained)"},
		},
		"ours-of-a-source-that-is-gone-and-nobody-reviews": {
			roster: "Finance: ann",
			box:    box("Finance [rollcall:main:old:F1]: ann"),
			holds:  []string{"takeover Finance 1"},
		},
		"ours-under-a-key-that-this-source-no-longer-has": {
			roster:  "Finance: ann",
			box:     box("Finance [rollcall:main:hr:Money]: ann"),
			edit:    reviewed,
			changes: []string{"rekey_group Finance (source)"},
		},
		"ours-under-a-key-that-the-source-still-has": {
			roster: "Finance: ann\n Money: ann",
			box:    box("Finance [rollcall:main:hr:Money]: ann"),
			edit:   reviewed,
			// Money is to have its own name back, which the other group wants.
			changes: []string{"rename_group Money from Finance (source)"},
			finds:   []string{"not_ours Finance"},
		},
		"of-another-instance": {
			roster: "Finance: ann",
			box:    box("Finance [rollcall:test:hr:Finance]: ann"),
			edit:   adopting,
			finds:  []string{"not_ours Finance"},
		},
		"with-a-foreign-identifier": {
			roster: "Finance: ann",
			box:    box("Finance [okta:12]: ann"),
			edit:   adopting,
			finds:  []string{"not_ours Finance"},
		},
		"more-than-may-be-created": {
			roster: "Finance: ann\n Legal: ann",
			box:    box("Finance []: ann\n Legal []: ann"),
			edit: func(o *plan.Options) {
				adopting(o)
				o.Limits.GroupCreations = plan.AtMost(1)
			},
			holds: []string{"group_creations 2"},
		},
	} {
		t.Run(name, func(t *testing.T) { test.run(t, options(unlimited)) })
	}
}

// What is done in a group that is not ours yet comes after the takeover, and
// goes nowhere without it.
func TestTakeover_isNeededByTheRest(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("Finance: ann"), box("FINANCE []: bob", "ann"), options(unlimited, adopting))
	require.Len(t, p.Changes, 4)
	first := p.Changes[0]
	assert.Equal(t, plan.AdoptGroup, first.Kind)
	assert.Empty(t, first.Needs)
	assert.Equal(t, "rollcall:main:hr:Finance", first.Group.Identifier, "the identifier that the group is to have")
	for _, c := range p.Changes[1:] {
		assert.Equal(t, []string{first.ID}, c.Needs, c.ID)
		assert.Equal(t, first.Group, c.Group)
	}
	p = diff(t, roster("Finance: ann"), box("FINANCE [rollcall:main:old:F1]: bob", "ann"), options(unlimited, reviewed))
	assert.Equal(t, "rollcall:main:old:F1", p.Changes[0].BeforeIdentifier)
}

// A takeover reads the group before it writes, a change to a group that is ours
// does not.
func TestTakeover_costsTwoCalls(t *testing.T) {
	t.Parallel()
	for state, test := range map[string]struct {
		roster, box string
		changes     int
		calls       int
	}{
		"adopted":            {"Finance: ann", "FINANCE []: bob", 4, 5},
		"rekeyed":            {"Finance: ann", "FINANCE [rollcall:main:old:F1]: bob", 4, 5},
		"both":               {"Finance: ann\n Legal:", "Finance []: ann\n Legal [rollcall:main:old:L1]:", 2, 4},
		"renamed":            {"Finance: ann", "FINANCE [rollcall:main:hr:Finance]: ann", 1, 1},
		"created":            {"Finance: ann", "Legal []: ann", 2, 2},
		"nothing-to-be-done": {"Finance: ann", "Finance: ann", 0, 0},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			p := diff(t, roster(test.roster), box(test.box, "ann"), options(unlimited, adopting))
			require.Len(t, p.Changes, test.changes)
			assert.Equal(t, test.calls, p.CallsToApply())
		})
	}
	held := diff(t, roster("Finance: ann"), box("Finance []: bob", "ann"), options(unlimited, func(o *plan.Options) { o.Adopt = true }))
	require.NotEmpty(t, held.Holds)
	assert.Zero(t, held.CallsToApply(), "what is held is not made")
}

// Box's group of all users is nobody's to take over.
func TestTakeover_notOfAllUsers(t *testing.T) {
	t.Parallel()
	s := box("Finance []: ann")
	s.Groups[0].AllUsers = true
	p := diff(t, roster("Finance: ann"), s, options(unlimited, adopting))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"not_ours Finance"}, findings(p.Findings))
}

// A key that is missing from a source that was not read whole may still be
// there, and a group that is taken over has not gone.
func TestTakeover_ofWhatMayBeThere(t *testing.T) {
	t.Parallel()
	s := box("Finance [rollcall:main:hr:Money]: ann")
	for whole, want := range map[bool][]string{true: {"rekey_group Finance (source)"}, false: {}} {
		b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", GroupsComplete: whole})
		ann := source.NewLogin("ann@acme.example")
		b.Add(b.Group("Finance", "Finance", ""), b.Person(ann.Key(), "", ann), source.Unstated, 0)
		p := diff(t, b.Build(), s, options(reviewed, func(o *plan.Options) { o.Limits.SourceShrink, o.Limits.FloorGroup = plan.AtMost(0), 0 }))
		assert.Equal(t, want, changes(p.Changes), whole)
		assert.Empty(t, p.Holds, "source_shrink counts no group that was found under another key")
	}
}

// What a takeover that is held says of the group: whose it is now.
func TestTakeover_saysWhoseTheGroupIs(t *testing.T) {
	t.Parallel()
	for identifier, want := range map[string]string{
		"":                      `Box group "Finance" (id 101) carries no identifier, and only a saved plan takes it over`,
		"okta:7":                `Box group "Finance" (id 101) carries the identifier "okta:7", which is somebody else's; map.csv:2 names the group, and only a saved plan takes it over`,
		"rollcall:main:old:Fin": `Box group "Finance" (id 101) carries the identifier "rollcall:main:old:Fin", which no source has any more, and only a saved plan takes it over`,
	} {
		r := mapped(t, roster("Finance: ann"), source.Mapping{Entries: []source.MapEntry{byID("Finance", 101)}})
		p := diff(t, r, box("Finance ["+identifier+"]: ann"), options())
		require.Equal(t, []string{"takeover Finance 1"}, holds(p.Holds), identifier)
		assert.Equal(t, want, p.Holds[0].Reason)
		assert.Equal(t, "save a plan, review it and apply it: plan -o FILE, then apply FILE", p.Holds[0].Release)
	}
}
