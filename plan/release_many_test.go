package plan_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// What releases a hold names a few of many, and says how many more there are.
func TestHold_releaseOfMany(t *testing.T) {
	t.Parallel()
	only := func(p *plan.Plan, rule plan.Rule) string {
		t.Helper()
		for _, h := range p.Holds {
			if h.Rule == rule {
				return h.Release
			}
		}
		require.Fail(t, "not held", "%s: %v", rule, holds(p.Holds))
		return ""
	}
	for n, who := range map[int]string{
		3: "p1@acme.example, p2@acme.example, p3@acme.example",
		4: "p1@acme.example, p2@acme.example, p3@acme.example and 1 more",
	} {
		s := box("A: " + people(n))
		for _, login := range splitPeople(n) {
			untold(login)(&s)
		}
		assert.Equal(t, "for "+who+` in group "A" of source hr (groups.csv:1), make the source and Box say the same login if one is the other, `+
			"or let the app manage these users; if they are different people, allow it this once: --allow possible_rename:A=allow",
			only(diff(t, roster("A: new"), s, options(unlimited)), plan.RulePossibleRename))
	}
	for n, more := range map[int]string{1: "", 3: "; and 2 more like that"} {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		g := b.Group("A", "A", "groups.csv:1")
		for i := range n {
			b.Partial(g, fmt.Sprintf("groups.csv:%d: no such role", i+2))
		}
		assert.Equal(t, `correct this, so that group "A" of source hr (groups.csv:1) is whole: groups.csv:2: no such role`+more,
			only(diff(t, b.Build(), box("A: ann"), options(unlimited)), plan.RulePartial))
	}
	for n, more := range map[int]string{4: "", 6: ", and 2 more"} {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		for i := range n {
			b.Group(strconv.Itoa(i+1), "A", fmt.Sprintf("groups.csv:%d", i+1))
		}
		assert.Equal(t, `give all but one of these another name, in the source or by groups.map_file: `+
			`group "A" of source hr (groups.csv:1), group "A" of source hr (groups.csv:2), group "A" of source hr (groups.csv:3), group "A" of source hr (groups.csv:4)`+more,
			only(diff(t, b.Build(), target.Snapshot{}, options(unlimited)), plan.RuleNameClash))
	}
}
