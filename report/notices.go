package report

import (
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
)

// notices writes what somebody should know before they read on: how the run stands to
// those before it, and what the command line made of its scope.
func (p *printer) notices(h *plan.Header) {
	for _, n := range h.Notices {
		p.wrapped(0, p.paint(yellow, noticeTitle(n.Kind))+": "+clean(n.Text))
	}
	scope := scopeText(&h.Scope)
	if scope != "" {
		p.wrapped(0, p.paint(yellow, "This run only")+": "+clean(scope))
	}
	if len(h.Notices) > 0 || scope != "" {
		p.line("")
	}
}

func noticeTitle(k plan.NoticeKind) string {
	if k == plan.ChangedScope {
		return "Changed since the last full run"
	}
	return "First contact"
}

// scopeText spells the flags that chose the scope.
func scopeText(s *plan.Scope) string {
	var flags []string
	for _, g := range s.Groups {
		flags = append(flags, "--group "+plan.ShellQuote(g.String()))
	}
	if s.SkipRemovals {
		flags = append(flags, "--skip-removals")
	}
	for _, name := range s.EmptyOrphans {
		flags = append(flags, "--empty-orphan "+plan.ShellQuote(name))
	}
	return strings.Join(flags, " ")
}
