package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// A saved plan makes no group anew whose Box group is there, and ours no more.
func TestRecheck_lostGroup(t *testing.T) {
	t.Parallel()
	remembered := func(id target.GroupID) func(*plan.Options) {
		return func(o *plan.Options) { o.Memory = hadGroups(map[string]target.GroupID{"finance": id}) }
	}
	const needs = "add Finance ann as member: skipped, needs \"create_group Finance\", which is not made"
	toBeMade := verdict{fates: []string{"create_group Finance: to be made", "add Finance ann as member: to be made"}}
	runDrifts(t, map[string]drift{
		"cleared-and-renamed": {
			roster: "Finance: ann", box: "Other:", known: []string{"ann"}, since: made(500, "Old", "", "zoe"), today: remembered(500),
			want: verdict{fates: []string{`create_group Finance: skipped, Box group "Old" (id 500) was this group's, and carries no identifier now`, needs}},
		},
		"another-tool-s-now": {
			roster: "Finance: ann", box: "Other:", known: []string{"ann"}, since: made(500, "Old", "okta:1", "zoe"), today: remembered(500),
			want: verdict{fates: []string{`create_group Finance: skipped, Box group "Old" (id 500) was this group's, and carries the identifier "okta:1" now`, needs}},
		},
		"gone": {
			roster: "Finance: ann", box: "Other:", known: []string{"ann"}, since: made(501, "Old", "", "zoe"), today: remembered(500),
			want: toBeMade,
		},
		"nothing-is-remembered": {
			roster: "Finance: ann", box: "Other:", known: []string{"ann"}, since: made(500, "Old", "", "zoe"),
			want: toBeMade,
		},
		"ours": {
			roster: "Finance: ann", box: "Other:", known: []string{"ann"}, since: made(500, "Old", "rollcall:main:hr:Finance", "zoe"), today: remembered(500),
			want: verdict{fates: []string{`create_group Finance: already, the group exists already, with the name "Old"`, "add Finance ann as member: to be made"}},
		},
		"cleared-after-the-plan": {
			roster: "Finance: ann", box: "Finance: bob", known: []string{"ann"}, since: marked("Finance", ""), today: remembered(101),
			want: verdict{fates: []string{
				"add Finance ann as member: skipped, the group carries no identifier now",
				"remove Finance bob: skipped, the group carries no identifier now",
			}},
		},
	})
}

// Where the map says that the group is to have another one in Box, a saved plan makes
// it, with the sources and without.
func TestRecheck_lostGroupThatTheMapGivesAnother(t *testing.T) {
	t.Parallel()
	const made = "create_group Funds: to be made"
	const was = `create_group Funds: skipped, Box group "Old" (id 101) was this group's, and carries no identifier now`
	for name, test := range map[string]struct {
		entries     []source.MapEntry
		want, alone string
	}{
		"by-name":              {[]source.MapEntry{byName("Finance", "Funds")}, made, made},
		"by-a-name-of-another": {[]source.MapEntry{byName("Finance", "funds")}, "create_group Funds: skipped, source hr no longer gives the group that name", made},
		"no-more":              {nil, was, was},
		"another-group":        {[]source.MapEntry{byName("Legal", "Law")}, was, was},
		"by-id":                {[]source.MapEntry{byID("Finance", 101)}, was, was},
	} {
		s := box("Old []: bob", "ann")
		o := options(unlimited, reviewed, hadFinance)
		o.Mapped = []source.MapEntry{byName("Finance", "Funds")}
		saved := diff(t, mapped(t, roster("Finance: ann"), source.Mapping{Entries: o.Mapped}), s, o)
		require.Equal(t, []string{"create_group Funds (source)", "add Funds ann as member (joined)"}, changes(saved.Changes))
		o.Mapped = test.entries
		now := mapped(t, roster("Finance: ann\n Legal:"), source.Mapping{Entries: test.entries})
		assert.Equal(t, test.want, fates(saved, recheck(t, saved, now, s, o))[0], name)
		assert.Equal(t, test.alone, fates(saved, recheck(t, saved, nil, s, o))[0], "%s, without the sources", name)
	}
}
