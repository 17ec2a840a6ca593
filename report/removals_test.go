package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/target"
)

// A few whom nothing explains are not to be lost among many who have left.
func TestPlan_removalsByCause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		causes []plan.Cause
		want   string
	}{
		"none":             {nil, ""},
		"unexplained only": {[]plan.Cause{plan.Unexplained, plan.Unexplained}, ""},
		"nobody left":      {[]plan.Cause{plan.Asked, plan.Unexplained}, ""},
		"left only":        {[]plan.Cause{plan.Left}, "To remove: 1 left"},
		"all": {
			[]plan.Cause{plan.Left, plan.Asked, plan.Left, plan.Moved, plan.Unexplained},
			"To remove: 1 unexplained, 1 moved, 2 left, 1 asked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &plan.Plan{Changes: []plan.Change{add(group(1, "A"), "ann@acme.example", target.RoleMember, plan.Moved)}}
			for i, cause := range test.causes {
				login := strings.Repeat("b", i+1) + "@acme.example"
				p.Changes = append(p.Changes, plan.Change{Kind: plan.Remove, Group: group(1, "A"), User: person(login), Before: target.RoleMember, Cause: cause})
			}
			got := ""
			for line := range strings.SplitSeq(string(planText(t, p, report.Options{Width: 100})), "\n") {
				if strings.HasPrefix(line, "To remove:") {
					got = line
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}
