package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
)

// removals says why people are removed, where some have left: many of those would
// hide a few whom nothing explains.
func (p *printer) removals(pl *plan.Plan) {
	counts := pl.Removals()
	if !slices.ContainsFunc(counts, func(c plan.CauseCount) bool { return c.Cause == plan.Left }) {
		return
	}
	var parts []string
	for _, c := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", c.Count, c.Cause))
	}
	p.wrapped(0, "To remove: "+strings.Join(parts, ", "))
}
