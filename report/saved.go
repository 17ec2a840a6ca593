package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// Saved writes a saved plan as text: when it was made and until when it may be
// applied, what [Plan] writes and, where there is a run, what [Applied] writes of
// it.
func Saved(w io.Writer, p *plan.Plan, done *Run, now time.Time, opts Options) error {
	out := newPrinter(w, opts)
	if done != nil {
		out.run(p, done)
	} else {
		out.age(&p.Header, now)
	}
	if err := out.w.Flush(); err != nil {
		return err
	}
	if err := Plan(w, p, opts); err != nil || done == nil {
		return err
	}
	out.line("")
	if err := out.w.Flush(); err != nil {
		return err
	}
	return applied(w, p, done.Results, done.Calls, done.Stopped, opts)
}

// age says when a plan was made, and whether it is still good.
func (p *printer) age(h *plan.Header, now time.Time) {
	text := fmt.Sprintf("Plan of %s, good until %s", clock(h.Created), clock(h.Expires))
	if !now.Before(h.Expires) {
		text += p.paint(red, ": it has expired")
	}
	p.wrapped(0, text)
	p.signOff(h)
}

// signOff says what whoever applied the plan said of it.
func (p *printer) signOff(h *plan.Header) {
	var parts []string
	if h.ChangeRef != "" {
		parts = append(parts, "change "+clean(h.ChangeRef))
	}
	if h.ApprovedBy != "" {
		parts = append(parts, "approved by "+clean(h.ApprovedBy))
	}
	if len(parts) > 0 {
		p.wrapped(0, "Signed off: "+strings.Join(parts, ", "))
	}
}

func (p *printer) run(pl *plan.Plan, done *Run) {
	text := fmt.Sprintf("Run %s, started %s", clean(done.ID), clock(done.Started))
	if !done.Ended.IsZero() {
		text += ", ended " + clock(done.Ended)
	}
	p.wrapped(0, text)
	p.wrapped(0, fmt.Sprintf("Plan of %s", clock(pl.Header.Created)))
	p.signOff(&pl.Header)
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// allHeld says of a plan that has only holds why nothing is made.
func (p *printer) allHeld(saved *plan.Plan) {
	held := saved.Counts().Held
	if held == 0 || len(saved.Changes) > 0 {
		return
	}
	p.wrapped(0, fmt.Sprintf("The plan makes nothing, and holds %s: rollcall show tells why. To let something through, make a new plan in which nothing holds it.",
		plan.Count(held, "change")))
	p.line("")
}

// Applying writes what precedes the results of a saved plan: the plan, what the
// sources and Box say now, and what a limit or a rule holds now. sources are
// empty where they were not read.
func Applying(w io.Writer, saved *plan.Plan, sources []source.Evidence, left *plan.Confirmed, opts Options) error {
	out := newPrinter(w, opts)
	h := saved.Header
	out.paused(left.Plan.Header.Paused, "plan")
	h.Notices = left.Plan.Header.Notices
	out.notices(&h)
	out.wrapped(0, fmt.Sprintf("Plan of %s: %s, %d left to make", clock(h.Created),
		plan.Count(len(saved.Changes), "change"), len(left.Plan.Changes)))
	out.line("Digest: %s", saved.Digest())
	out.signOff(&h)
	h.Sources, h.Calls.Lookup = sources, ""
	if len(sources) == 0 {
		out.wrapped(0, "Sources: not read (--without-source)")
	}
	out.header(&h)
	out.allHeld(saved)
	out.holds(left.Plan.Holds)
	out.allowAll(left.Plan.Header.AllowAll, true)
	if len(left.Plan.Holds) > 0 {
		out.wrapped(0, "What is held stays held in this plan. To let it through, make a new plan in which nothing holds it.")
		out.line("")
	}
	return out.w.Flush()
}
