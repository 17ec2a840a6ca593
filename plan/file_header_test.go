package plan_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// What is wrong inside a list of the header, or with the age of a hold, is said, and not
// only that something is.
func TestRead_faultsInLists(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line          int
		before, after string
		want          string
	}{
		"last_admin": {headerLine, `"last_admin":"hold","on_limit"`, `"last_admin":"no","on_limit"`, `line 1: unknown limits.last_admin "no"; it can be hold, allow`},
		"double_limit_without_end": {headerLine, `"[5%, 500]"`, `"[5%, 500"`,
			`line 1: limits.removals: limit "[5%, 500": want a number such as 500, or a percentage such as 5%`},
		"double_limit_without_beginning": {headerLine, `"[5%, 500]"`, `"5%, 500]"`,
			`line 1: limits.removals: limit "5%, 500]": want a number such as 500, or a percentage such as 5%`},
		"group_limit": {headerLine, `"removals_per_group":"4"`, `"removals_per_group":"four"`,
			`line 1: group_limits: removals_per_group: limit "four": want a number such as 500, or a percentage such as 5%`},
		"group_match": {headerLine, `"match":"Fin*"`, `"match":"[Fin"`, `line 1: group_limits: pattern "[Fin": the [ has no ]; a bracket is written \[`},
		"group_hold": {headerLine, `"empty_group":"hold","last_admin":""`, `"empty_group":"hold","last_admin":"x"`,
			`line 1: group_limits: unknown last_admin "x"; it can be hold, allow`},
		"notice":     {headerLine, `"kind":"changed_scope"`, `"kind":"storm"`, `line 1: notices: unknown kind of notice "storm"; it can be first_contact, changed_scope`},
		"paused":     {headerLine, `"until":"2027-01-01T00:00:00Z"`, `"until":"2027"`, `line 1: paused: "2027"` + noTime},
		"paused_set": {headerLine, `"groups":2}`, `"groups":2,"set":"x"}`, `line 1: paused: "x"` + noTime},
		"news":       {holdLine, `"news":"grown"`, `"news":"old"`, `line 17: unknown news "old"; it can be not_remembered, new, grown, open`},
		"since":      {holdLine, `"since":"2026-11-20T02:00:00Z"`, `"since":"x"`, `line 17: since: "x"` + noTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := replaced(test.line, test.before, test.after)(strings.SplitAfter(string(goldenFile(t)), "\n")[:trailerLine])
			assert.Equal(t, test.want, readError(t, sealed(t, lines)))
		})
	}
}

// Limits of policies that would be read back as others are not written.
func TestWrite_groupLimits(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(*plan.PolicyLimits){
		`group_limits: the pattern "" would be read back as another`: func(l *plan.PolicyLimits) { l.Match = source.Pattern{} },
		`group_limits.adds_per_group: the limit "-1" would be read back as another`: func(l *plan.PolicyLimits) {
			l.AddsPerGroup = new(plan.AtMost(-1))
		},
	} {
		p := goldenPlan()
		edit(&p.Header.GroupLimits[0])
		assert.EqualError(t, plan.Write(io.Discard, p), want)
	}
}

// The headroom in a report has each room where it belongs.
func TestHeadroom_inJSON(t *testing.T) {
	t.Parallel()
	h := plan.Headroom{
		Run: []plan.Room{
			{Rule: plan.RuleRemovals, What: "removal", Due: 3, Total: 9, Among: "current membership", Allowed: 5},
			{Rule: plan.RuleAdds, What: "add", Due: 4, Total: 9, Among: "current membership", Unlimited: true},
		},
		Sources: []plan.Room{{Rule: plan.RuleSourceShrink, Source: "hr", What: "group", Due: 1, Total: 4, Among: "group of the source", Allowed: 3}},
		Groups:  []plan.Room{{Rule: plan.RuleAddsPerGroup, Group: ref(7, "A"), What: "add", Due: 2, Total: 1, Among: "current membership", Allowed: 1, Bound: true}},
	}
	got, err := h.MarshalJSON()
	assert.NoError(t, err)
	assert.JSONEq(t, `{"run": [
		{"rule": "removals", "counted": "removal", "due": 3, "allowed": 5, "unlimited": false, "total": 9, "among": "current membership", "bound": false},
		{"rule": "adds", "counted": "add", "due": 4, "allowed": 0, "unlimited": true, "total": 9, "among": "current membership", "bound": false}
	], "sources": [
		{"rule": "source_shrink", "counted": "group", "due": 1, "allowed": 3, "unlimited": false, "total": 4, "among": "group of the source", "bound": false, "source": "hr"}
	], "groups": [
		{"rule": "adds_per_group", "counted": "add", "due": 2, "allowed": 1, "unlimited": false, "total": 1, "among": "current membership", "bound": true,
			"group": {"id": "7", "name": "A", "identifier": "rollcall:main:hr:A", "source": "hr", "key": "A"}}
	]}`, string(got))
}
