package plan_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Where another group goes by its name too, the row means the lost one alone, and no
// pattern is offered that would leave out the other.
func TestLost_whatIsOfferedMeansNoOther(t *testing.T) {
	t.Parallel()
	const apply = " into groups.map_file (its first line is group,box_group,source), then plan -o FILE and apply FILE"
	entry := func(of, group, name string) source.MapEntry {
		return source.MapEntry{Source: of, Group: group, Name: name, Origin: "map.csv:2"}
	}
	for name, test := range map[string]struct {
		lost   string   // its source, its id and its name; "": hr Finance Finance
		others []string // likewise
		mapped []source.MapEntry
		again  source.MapEntry
		said   string
	}{
		"of-another-source": {
			others: []string{"ad Finance Finance"}, mapped: []source.MapEntry{entry("ad", "Finance", "AD Finance")},
			again: source.MapEntry{Source: "hr", Group: "Finance", BoxID: 101},
			said:  "to manage it again, put the row Finance,101,hr" + apply,
		},
		"of-another-source-by-a-row-without-one": {
			others: []string{"ad f1 Finance"}, mapped: []source.MapEntry{entry("", "f1", "AD Finance")},
			again: source.MapEntry{Source: "hr", Group: "Finance", BoxID: 101},
			said:  "to manage it again, put the row Finance,101,hr" + apply,
		},
		"another-s-id": {
			others: []string{"ad Finance Money"},
			again:  source.MapEntry{Source: "hr", Group: "Finance", BoxID: 101},
			said:   "to manage it again, put the row Finance,101,hr" + apply,
		},
		"another-s-id-in-the-source": {
			lost: "hr Finance Old", others: []string{"hr Old Legal"},
			again: source.MapEntry{Source: "hr", Group: "Finance", BoxID: 101},
			said:  "to manage it again, put the row Finance,101,hr" + apply,
		},
		"none-and-the-file-has-the-column": {
			others: []string{"ad Legal Legal"}, mapped: []source.MapEntry{entry("ad", "Legal", "AD Legal")},
			again: source.MapEntry{Source: "hr", Group: "Finance", BoxID: 101},
			said:  "to manage it again, put the row Finance,101,hr" + apply + "; to let it go, add 'Finance' to groups.exclude",
		},
	} {
		rosters := map[string]*source.Builder{}
		for _, line := range append([]string{cmp.Or(test.lost, "hr Finance Finance")}, test.others...) {
			words := strings.Fields(line)
			if rosters[words[0]] == nil {
				rosters[words[0]] = source.NewBuilder(source.Evidence{Name: words[0], GroupsComplete: true})
			}
			b, login := rosters[words[0]], source.NewLogin(address("ann"))
			b.Add(b.Group(words[1], words[2], "groups.csv:1"), b.Person(login.Key(), "", login), source.Unstated, 1)
		}
		// as maps the rosters as the run does: each with the entries for its source.
		as := func(entries []source.MapEntry) *source.Roster {
			var both []*source.Roster
			for _, of := range slices.Sorted(maps.Keys(rosters)) {
				entries := slices.DeleteFunc(slices.Clone(entries), func(e source.MapEntry) bool { return e.Source != "" && e.Source != of })
				both = append(both, mapped(t, rosters[of].Build(), source.Mapping{Entries: entries}))
			}
			return source.Merge(both...)
		}
		s, m := box("Old []: bob", "ann"), hadGroups(map[string]target.GroupID{"finance": 101})
		p := diff(t, as(test.mapped), s, options(unlimited, remembering(m, night(2)), func(o *plan.Options) { o.Mapped = test.mapped }))
		require.Len(t, p.Holds, 1, name)
		assert.Equal(t, test.said, p.Holds[0].Release, name)

		all := append(slices.Clone(test.mapped), test.again)
		p = diff(t, as(all), s, options(unlimited, reviewed, remembering(m, night(2)), func(o *plan.Options) { o.Mapped = all }))
		assert.Empty(t, p.Holds, name)
		assert.Contains(t, changes(p.Changes), "adopt_group Old (source)", name)
	}
}
