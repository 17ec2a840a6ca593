package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Plan writes a plan as text. The last line is [PlanLine].
func Plan(w io.Writer, p *plan.Plan, opts Options) error {
	out := newPrinter(w, opts)
	out.paused(p.Header.Paused, "run")
	out.notices(&p.Header)
	out.header(&p.Header)
	out.groups(p)
	out.holds(p.Holds)
	out.allowAll(p.Header.AllowAll, false)
	out.findings(p.Findings)
	out.kept(p.Header.Kept)
	out.removals(p)
	out.headroom(p.Headroom())
	if len(p.Changes) > 0 {
		out.line("Digest: %s", p.Digest())
	}
	out.line("%s", PlanLine(p))
	return out.w.Flush()
}

func (p *printer) header(h *plan.Header) {
	where := "enterprise " + clean(h.EnterpriseID)
	if h.Enterprise != "" {
		where = fmt.Sprintf("%s (%s)", clean(h.Enterprise), where)
	}
	p.wrapped(0, fmt.Sprintf("Box: %s as %s, instance %s", where, clean(h.Account), clean(h.Instance)))
	for _, s := range h.Sources {
		p.source(&s)
	}
	for _, a := range h.Allowed {
		p.wrapped(0, "Allowed this once: "+clean(a.String()))
	}
	if h.Calls.Lookup != "" {
		p.wrapped(0, "Users: "+clean(h.Calls.Lookup))
	}
	p.line("")
}

// paused says what is left alone. It comes first: whoever looks for a group in
// vain below finds it here. of is what has the groups that are counted.
func (p *printer) paused(pauses []plan.Paused, of string) {
	for _, pause := range pauses {
		groups := "no group of this " + of
		if pause.Groups > 0 {
			groups = plan.Count(pause.Groups, "group")
		}
		p.wrapped(0, fmt.Sprintf("%s: %s (%s): %s", p.paint(yellow, "Paused until "+plan.UntilText(pause.Until)),
			clean(pause.Group), groups, clean(pause.Reason)+setBy(pause.Set)))
	}
	if len(pauses) > 0 {
		p.line("")
	}
}

func (p *printer) source(s *source.Evidence) {
	parts := []string{s.Origin, plan.Count(s.Groups, "group"), plan.Count(s.Memberships, "membership")}
	if !s.GroupsComplete {
		parts = append(parts, "list of groups not read whole")
	}
	parts = append(parts, s.Notes...)
	if p.opts.Verbose && s.Digest != "" {
		parts = append(parts, s.Digest)
	}
	p.wrapped(0, clean(fmt.Sprintf("Source %s: %s", s.Name, strings.Join(parts, ", "))))
}

// groups writes the changes, group by group, and counts the groups without.
func (p *printer) groups(pl *plan.Plan) {
	members := memberCounts(pl)
	const indent = 2
	rows := make([][]row, len(pl.Changes))
	for i := range pl.Changes {
		rows[i] = p.rowsOf(&pl.Changes[i], true, indent)
	}
	widths := p.columns(indent, slices.Concat(rows...))
	for i := range pl.Changes {
		group := pl.Changes[i].Group
		if i == 0 || pl.Changes[i-1].Group != group {
			count, compared := members[group.ID]
			if !compared {
				count = "orphan, to be emptied"
			}
			p.wrapped(0, fmt.Sprintf("%s (%s)", p.paint(bold, clean(group.Name)), count))
		}
		for _, r := range rows[i] {
			p.row(indent, r, widths)
		}
	}
	if len(rows) > 0 {
		p.line("")
	}
	p.unchanged(pl)
}

// memberCounts says how many members each group has and, where that changes, how
// many it is to have.
func memberCounts(pl *plan.Plan) map[target.GroupID]string {
	change := map[target.GroupID]int{}
	for i := range pl.Changes {
		switch pl.Changes[i].Kind {
		case plan.Add:
			change[pl.Changes[i].Group.ID]++
		case plan.Remove:
			change[pl.Changes[i].Group.ID]--
		default:
		}
	}
	members := map[target.GroupID]string{}
	for _, g := range pl.Groups {
		id := g.Group.ID
		members[id] = plan.Count(g.Current, "member")
		if change[id] != 0 {
			members[id] = fmt.Sprintf("%d → %s", g.Current, plan.Count(g.Current+change[id], "member"))
		}
	}
	members[0] = "new"
	return members
}

// unchanged counts or names the groups with neither changes nor holds: a group
// that is held is not in step.
func (p *printer) unchanged(pl *plan.Plan) {
	touched := map[plan.GroupRef]bool{}
	for i := range pl.Changes {
		touched[pl.Changes[i].Group] = true
	}
	for i := range pl.Holds {
		touched[pl.Holds[i].Group] = true
		for j := range pl.Holds[i].Changes {
			touched[pl.Holds[i].Changes[j].Group] = true
		}
	}
	rest := 0
	for _, g := range pl.Groups {
		if touched[g.Group] {
			continue
		}
		rest++
		if p.opts.Verbose {
			p.wrapped(0, fmt.Sprintf("%s (%s): no changes", clean(g.Group.Name), plan.Count(g.Current, "member")))
		}
	}
	if rest > 0 && !p.opts.Verbose {
		p.wrapped(0, plan.Count(rest, "group")+" without changes")
	}
	if rest > 0 {
		p.line("")
	}
}

func (p *printer) holds(holds []plan.Hold) {
	if len(holds) == 0 {
		return
	}
	p.wrapped(0, p.paint(bold, "Held")+": due, and not made"+agesOf(holds))
	for _, h := range byNews(holds) {
		title := string(h.Rule)
		switch {
		case h.Group.Identifier != "":
			title += ", " + clean(h.Group.Name)
		case h.Source != "":
			title += ", source " + clean(h.Source)
		}
		p.wrapped(2, p.paint(yellow, title)+ageOf(h)+": "+clean(h.Reason)+acknowledged(h))
		p.line("    %s", clean(h.Release)) // never wrapped: it is there to be copied
		p.heldChanges(h)
	}
	p.line("")
}

// acknowledged says that somebody expects the hold, and until when.
func acknowledged(h *plan.Hold) string {
	if h.Acknowledged == (plan.Acknowledged{}) {
		return ""
	}
	return fmt.Sprintf(" (acknowledged until %s: %s)", plan.UntilText(h.Acknowledged.Until), clean(h.Acknowledged.Reason))
}

func (p *printer) heldChanges(h *plan.Hold) {
	const indent = 6
	shown := h.Changes
	if !p.opts.Verbose {
		shown = shown[:min(len(shown), fewShown)]
	}
	var rows []row
	for i := range shown {
		rows = append(rows, p.rowsOf(&shown[i], h.Group.Identifier != "", indent)...)
	}
	widths := p.columns(indent, rows)
	for _, r := range rows {
		p.row(indent, r, widths)
	}
	if rest := len(h.Changes) - len(shown); rest > 0 {
		p.wrapped(indent, fmt.Sprintf("and %d more (--verbose shows them)", rest))
	}
}

func (p *printer) findings(findings []plan.Finding) {
	if len(findings) == 0 {
		return
	}
	p.line("%s", p.paint(bold, "Findings"))
	shown := map[plan.FindingKind]int{}
	for i, f := range findings {
		if shown[f.Kind]++; shown[f.Kind] > manyShown && !p.opts.Verbose {
			if i+1 == len(findings) || findings[i+1].Kind != f.Kind {
				p.wrapped(2, fmt.Sprintf("and %d more %s (--verbose shows them)", shown[f.Kind]-manyShown, f.Kind))
			}
			continue
		}
		title := string(f.Kind)
		switch {
		case !f.Login.IsZero():
			title += ", " + clean(f.Login.String())
		case f.Group.Identifier != "":
			title += ", " + clean(f.Group.Name)
		}
		p.wrapped(2, p.paint(yellow, title)+": "+clean(f.Text))
		if f.Release != "" {
			p.line("    %s", clean(f.Release))
		}
	}
	p.line("")
}

// kept says what was left out of the plan on purpose.
func (p *printer) kept(k plan.Kept) {
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{
		{k.Protected, fmt.Sprintf("%d protected", k.Protected)},
		{k.Additive, fmt.Sprintf("%d neither removed nor demoted (removals are off)", k.Additive)},
		{k.Roles, plan.Count(k.Roles, "role change") + " (role changes are off)"},
		{k.Ignored, fmt.Sprintf("%d ignored", k.Ignored)},
		{k.Domains, fmt.Sprintf("%d in other domains", k.Domains)},
	} {
		if part.n > 0 {
			parts = append(parts, part.text)
		}
	}
	if len(parts) > 0 {
		p.wrapped(0, "Left alone on purpose: "+strings.Join(parts, ", "))
		p.line("")
	}
}

// Applied writes what became of a plan's changes: those that were not simply
// applied, or all of them with Verbose. The last line is [AppliedLine]. stopped
// says why the run ended early, or is nil.
func Applied(w io.Writer, pl *plan.Plan, results []plan.Result, calls int64, stopped error, opts Options) error {
	why := ""
	if stopped != nil {
		why = stopped.Error()
	}
	return applied(w, pl, results, calls, why, opts)
}

func applied(w io.Writer, pl *plan.Plan, results []plan.Result, calls int64, stopped string, opts Options) error {
	p := newPrinter(w, opts)
	listed, unsaid := false, 0
	for i, r := range results {
		if r.Outcome == plan.Applied && !opts.Verbose {
			continue
		}
		listed = true
		// After a stop, hundreds of changes have nothing to say for themselves
		// and would push what went wrong off the screen.
		if r == (plan.Result{}) && !opts.Verbose {
			if unsaid++; unsaid > fewShown {
				continue
			}
		}
		p.result(&pl.Changes[i], r)
	}
	if rest := unsaid - fewShown; rest > 0 {
		p.wrapped(0, fmt.Sprintf("and %d more not attempted (--verbose shows them)", rest))
	}
	if stopped != "" && plan.TallyOf(results).NotAttempted > 0 {
		p.wrapped(0, p.paint(red, "Stopped early")+": "+clean(stopped))
		listed = true
	}
	if listed {
		p.line("")
	}
	p.line("%s", AppliedLine(results, calls))
	return p.w.Flush()
}

// result writes what became of one change.
func (p *printer) result(c *plan.Change, r plan.Result) {
	color := yellow
	switch r.Outcome {
	case plan.Applied, plan.Already:
		color = green
	case plan.Failed:
		color = red
	default:
	}
	line := p.paint(color, r.Outcome.String()) + ": " + clean(c.Words())
	if r.Detail != "" {
		line += ": " + clean(r.Detail)
	}
	p.wrapped(0, line)
}
