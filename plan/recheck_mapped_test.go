package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// A takeover of somebody else's group is made only while somebody still names that
// very group, and it carries what it carried when the plan was made.
func TestRecheck_mapped(t *testing.T) {
	t.Parallel()
	finance := func(entries ...source.MapEntry) source.Mapping { return source.Mapping{Entries: entries} }
	for name, tt := range map[string]struct {
		today source.Mapping
		since func(*target.Snapshot)
		want  []string
		alone []string // without the sources; nil: the same
	}{
		"as-it-was": {
			today: finance(byID("Finance", 101)),
			want:  []string{"adopt_group Money: to be made", "add Money ann as member: to be made"},
		},
		"no-longer-mapped": {
			today: finance(),
			want: []string{
				"adopt_group Money: skipped, \"Finance\" is not in Box, and groups.create is off",
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
			alone: []string{
				"adopt_group Money: skipped, the group is somebody else's, groups.map_file does not name it, and the sources, which may, were not read",
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"mapped-to-another": {
			today: finance(byID("Finance", 102)),
			want: []string{
				"adopt_group Money: skipped, source hr wants that of Box group 102 now",
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
			alone: []string{
				"adopt_group Money: skipped, the group is somebody else's, groups.map_file does not name it, and the sources, which may, were not read",
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"mapped-by-its-name-instead": {
			today: finance(byName("Finance", "money")),
			want:  []string{"adopt_group Money: to be made", "add Money ann as member: to be made"},
		},
		"carries-another-identifier": {
			today: finance(byID("Finance", 101)), since: marked("Money", "okta:8"),
			want: []string{
				`adopt_group Money: skipped, the group carries the identifier "okta:8" now`,
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"carries-none": {
			today: finance(byID("Finance", 101)), since: marked("Money", ""),
			want: []string{
				`adopt_group Money: skipped, the group carries no identifier now`,
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"is-ours-already": {
			today: finance(byID("Finance", 101)), since: marked("Money", "rollcall:main:hr:Finance"),
			want: []string{"adopt_group Money: already, the group carries the identifier already", "add Money ann as member: to be made"},
		},
		"is-another-group-of-ours": {
			today: finance(byID("Finance", 101)), since: marked("Money", "rollcall:main:hr:Legal"),
			want: []string{
				`adopt_group Money: skipped, the group carries the identifier "rollcall:main:hr:Legal" now`,
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"another-one-is-ours": {
			today: finance(byID("Finance", 101)), since: marked("Cash", "rollcall:main:hr:Finance"),
			want: []string{
				"adopt_group Money: skipped, Box group 102 carries the identifier now",
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
		"renamed": {
			today: finance(byID("Finance", 101)), since: renamed("Money", "Funds"),
			want: []string{
				`adopt_group Money: skipped, the group is called "Funds" now`,
				`add Money ann as member: skipped, needs "adopt_group Money", which is not made`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			friday := func() target.Snapshot { return box("Money [okta:7]: bob\n Cash [okta:9]: bob", "ann") }
			wanted := func(m source.Mapping) *source.Roster { return mapped(t, roster("Finance: ann, bob"), m) }
			o := options(unlimited, reviewed, func(o *plan.Options) { o.Create = false })
			saved := diff(t, wanted(finance(byID("Finance", 101))), friday(), o)
			o.Mapped = tt.today.Entries
			s := friday()
			if tt.since != nil {
				tt.since(&s)
			}
			assert.Equal(t, tt.want, fates(saved, recheck(t, saved, wanted(tt.today), s, o)), "with the sources")
			alone := tt.alone
			if alone == nil {
				alone = tt.want
			}
			assert.Equal(t, alone, fates(saved, recheck(t, saved, nil, s, o)), "without the sources")
		})
	}
}
