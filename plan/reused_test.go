package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// idRoster builds a roster of groups that have an id beside their name: "D1 Legal: p1,
// p2". "(left)" behind somebody says that they have left, and "(partial)" behind a name
// that the group was not read whole.
func idRoster(text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", GroupsComplete: true})
	for _, line := range lines(text) {
		group, members, _ := strings.Cut(line, ":")
		id, name, _ := strings.Cut(group, " ")
		name, partial := strings.CutSuffix(name, " (partial)")
		g := b.Group(id, name, "groups.csv:1")
		if partial {
			b.Partial(g, "unreadable")
		}
		for _, entry := range entries(members) {
			who, left := strings.CutSuffix(entry, " (left)")
			l := source.NewLogin(address(who))
			person := b.Person(l.Key(), "", l)
			if left {
				b.Leaver(person)
				continue
			}
			b.Add(g, person, source.Unstated, 0)
		}
	}
	return b.Build()
}

// Another name and other people under an id that a group had: nothing is made of it.
func TestReused(t *testing.T) {
	t.Parallel()
	const legal = "Legal [rollcall:main:hr:D1]: "
	byName := func(t *testing.T, text string, entry source.MapEntry) *source.Roster {
		t.Helper()
		return mapped(t, idRoster(text), source.Mapping{Entries: []source.MapEntry{entry}})
	}
	for name, test := range map[string]struct {
		roster  *source.Roster
		source  string
		box     string
		hidden  int // memberships of the first group
		edit    func(*plan.Options)
		changes []string
		holds   []string
	}{
		"nobody-stays":                {source: "D1 Fire: p3, p4", box: legal + "p1, p2", holds: []string{"reused_id Fire 5"}},
		"nobody-is-wanted":            {source: "D1 Fire:", box: legal + "p1", holds: []string{"reused_id Fire 2"}},
		"nobody-is-known":             {source: "D1 Fire: x, y", box: legal + "p1, p2", holds: []string{"reused_id Fire 3"}},
		"one-in-five-stays":           {source: "D1 Fire: p1", box: legal + from(1, 5), holds: []string{"reused_id Fire 5"}},
		"more-stay":                   {source: "D1 Fire: p1", box: legal + from(1, 4), changes: []string{"rename_group", "remove p2", "remove p3", "remove p4"}},
		"who-is-hidden-does-not-stay": {source: "D1 Fire: p1", box: legal + "p1", hidden: 4, holds: []string{"reused_id Fire 1"}},
		"unless-they-are-few":         {source: "D1 Fire: p1", box: legal + "p1", hidden: 3, changes: []string{"rename_group"}},
		"all-are-hidden":              {source: "D1 Fire: p3", box: legal, hidden: 1, holds: []string{"reused_id Fire 2"}},
		"nobody-was-there":            {source: "D1 Fire: p3", box: legal, changes: []string{"rename_group", "add p3"}},
		"the-same-name":               {source: "D1 Legal: p3", box: legal + "p1", changes: []string{"add p3", "remove p1"}},
		"in-another-case":             {source: "D1 LEGAL: p3", box: legal + "p1", changes: []string{"rename_group", "add p3", "remove p1"}},
		"known-by-its-name":           {source: "Fire Fire: p3", box: "Legal [rollcall:main:hr:Fire]: p1", changes: []string{"rename_group", "add p3", "remove p1"}},
		"another-id":                  {source: "D2 Fire: p3", box: legal + "p1", changes: []string{"create_group", "add p3"}},
		"allowed":                     {source: "D1 Fire: p3", box: legal + "p1", edit: allowing(t, "reused_id:Fire=allow"), changes: []string{"rename_group", "add p3", "remove p1"}},
		"by-its-old-name":             {source: "D1 Fire: p3", box: legal + "p1", edit: allowing(t, "reused_id:legal=allow"), changes: []string{"rename_group", "add p3", "remove p1"}},
		"allowed-everywhere":          {source: "D1 Fire: p3", box: legal + "p1", edit: allowing(t, "reused_id=allow"), changes: []string{"rename_group", "add p3", "remove p1"}},
		"another-is-allowed":          {source: "D1 Fire: p3", box: legal + "p1", edit: allowing(t, "reused_id:Other=allow"), holds: []string{"reused_id Fire 3"}},
		"leavers-go":                  {source: "D1 Fire: p3, p1 (left)", box: legal + "p1, p2", changes: []string{"remove p1"}, holds: []string{"reused_id Fire 3"}},
		"none-are-removed":            {source: "D1 Fire: p3", box: legal + "p1", edit: func(o *plan.Options) { o.Remove = false }, holds: []string{"reused_id Fire 2"}},
		"somebody-saw-it":             {source: "D1 Fire: p3", box: legal + "p1", edit: reviewed, holds: []string{"reused_id Fire 3"}},
		"not-read-whole":              {source: "D1 Fire (partial): p3", box: legal + "p1", holds: []string{"reused_id Fire 3"}},
		"the-map-names-it": {
			roster: byName(t, "D1 Fire: p3", source.MapEntry{Group: "Fire", Name: "Brigade", Origin: "map.csv:2"}), box: legal + "p1",
			changes: []string{"rename_group", "add p3", "remove p1"},
		},
		"the-map-names-another": {
			roster: byName(t, "D1 Fire: p3\nD2 Law: p2", source.MapEntry{Group: "Law", Name: "Justice", Origin: "map.csv:2"}), box: legal + "p1\n Justice [rollcall:main:hr:D2]: p2",
			holds: []string{"reused_id Fire 3"},
		},
		"it-uses-up-no-limit": {
			source: "D1 Fire: p3\nD2 Law: p2", box: legal + "p1\n Right [rollcall:main:hr:D2]: p2", edit: limits(func(l *plan.Limits) { l.GroupRenames = plan.AtMost(1) }),
			changes: []string{"rename_group"}, holds: []string{"reused_id Fire 3"},
		},
		"once-it-was-taken-over": {
			source: "D9 Legal: p3", box: legal + "p1", edit: reviewed,
			changes: []string{"rekey_group", "add p3", "remove p1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, edit := test.roster, func(*plan.Options) {}
			if r == nil {
				r = idRoster(test.source)
			}
			if test.edit != nil {
				edit = test.edit
			}
			s := box(test.box, splitPeople(5)...)
			s.Listings[0].Hidden = test.hidden
			p := diff(t, r, s, options(unlimited, edit))
			made := []string{}
			for _, c := range p.Changes {
				made = append(made, strings.TrimSpace(c.Kind.String()+" "+strings.TrimSuffix(c.User.Login, "@acme.example")))
			}
			assert.Equal(t, orEmpty(test.changes), made)
			assert.Equal(t, orEmpty(test.holds), holds(p.Holds))
		})
	}
}

// What the hold says, and that a saved plan which somebody allowed is applied.
func TestReused_says(t *testing.T) {
	t.Parallel()
	s := box("Legal [rollcall:main:hr:D1]: "+from(1, 5), "p9")
	for wanted, reason := range map[string]string{
		"p9":     `its id is that of "Legal" (id 101) in Box, which has another name and other people: of 5 members it keeps none`,
		"p9, p2": `its id is that of "Legal" (id 101) in Box, which has another name and other people: of 5 members it keeps 1`,
	} {
		r := idRoster("D1 Fire: " + wanted)
		p := diff(t, r, s, options(unlimited))
		require.Len(t, p.Holds, 1)
		assert.Equal(t, reason, p.Holds[0].Reason)
		assert.Equal(t, `if it is another group, give group "Fire" of source hr (groups.csv:1) an id that no group had before; if it is the same, allow it this once: --allow reused_id:Fire=allow`, p.Holds[0].Release)

		o := options(unlimited, allowing(t, "reused_id:Fire=allow"))
		saved := diff(t, r, s, o)
		require.Empty(t, saved.Holds)
		for _, again := range []*source.Roster{r, nil} {
			c := recheck(t, saved, again, s, options(unlimited))
			assert.Empty(t, c.Plan.Holds)
			assert.Equal(t, changes(saved.Changes), changes(c.Plan.Changes))
		}
	}
}
