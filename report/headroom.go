package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
)

// headroom says how near the plan came to its limits: to those that there was
// something for and, with Verbose, to all.
func (p *printer) headroom(h plan.Headroom) {
	if p.opts.Verbose {
		p.everyRoom(h)
		return
	}
	var run, groups []string
	for i := range h.Run {
		if r := &h.Run[i]; r.Due > 0 && !r.Unlimited {
			run = append(run, roomText(r))
		}
	}
	told := map[plan.Rule]bool{}
	for i := range h.Groups {
		r := &h.Groups[i]
		if told[r.Rule] {
			continue
		}
		told[r.Rule] = true
		groups = append(groups, clean(r.Group.Name)+", "+roomText(r))
	}
	var parts []string
	if len(run) > 0 {
		parts = append(parts, strings.Join(run, ", "))
	}
	parts = append(parts, losses(h.Sources)...)
	if len(groups) > 0 {
		parts = append(parts, "nearest in a group: "+strings.Join(groups, "; "))
	}
	if len(parts) > 0 {
		p.wrapped(0, "Limits: "+strings.Join(parts, "; "))
		p.line("")
	}
}

// losses says of each source that has lost something how much, of what it may.
func losses(rooms []plan.Room) []string {
	var texts []string
	last := ""
	for i := range rooms {
		r := &rooms[i]
		switch {
		case r.Due == 0 || r.Unlimited:
		case r.Source == last:
			texts[len(texts)-1] += ", " + roomText(r)
		default:
			texts, last = append(texts, sourceText(r)), r.Source
		}
	}
	return texts
}

// sourceText says how much of a limit on a source is taken: "source hr, lost groups 1
// of 3".
func sourceText(r *plan.Room) string { return "source " + clean(r.Source) + ", " + roomText(r) }

// everyRoom lists every limit on the run and on the sources, and those on groups that
// there was something for.
func (p *printer) everyRoom(h plan.Headroom) {
	p.wrapped(0, p.paint(bold, "Limits")+": due, of what is allowed")
	for i := range h.Run {
		p.wrapped(2, roomText(&h.Run[i])+among(&h.Run[i]))
	}
	for i := range h.Sources {
		p.wrapped(2, sourceText(&h.Sources[i])+among(&h.Sources[i]))
	}
	for i := range h.Groups {
		r := &h.Groups[i]
		p.wrapped(2, clean(r.Group.Name)+", "+roomText(r)+among(r))
	}
	p.line("")
}

// roomText says how much of a limit is taken: "removals 4 of 27".
func roomText(r *plan.Room) string {
	text := plan.Plural(r.What) + " " + strconv.Itoa(r.Due)
	switch {
	case r.Unlimited:
		text += " (no limit)"
	case r.Bound:
		text += fmt.Sprintf(" of %d (held)", r.Allowed)
	default:
		text += fmt.Sprintf(" of %d", r.Allowed)
	}
	return text
}

// among says what a percentage is taken of.
func among(r *plan.Room) string { return ", against " + plan.Count(r.Total, r.Among) }

// allowAll says what releases everything that limits hold. It is not for everybody
// to copy: a whole wrong file would pass with it, so that one has to ask. It is never
// wrapped. Of a saved plan it takes a new one.
func (p *printer) allowAll(allow []string, saved bool) {
	switch {
	case len(allow) == 0:
		return
	case p.opts.Verbose && saved:
		p.wrapped(0, "To allow everything that limits hold, this once, in a new plan:")
		p.line("    plan -o FILE %s", clean(plan.AllowFlags(allow)))
	case p.opts.Verbose:
		p.wrapped(0, "To allow everything that limits hold, this once:")
		p.line("    %s", clean(plan.AllowFlags(allow)))
	default:
		p.wrapped(0, "Several limits hold: --verbose shows what allows all of it at once")
	}
	p.line("")
}
