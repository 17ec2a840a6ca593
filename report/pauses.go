package report

import (
	"fmt"
	"io"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
)

// Pause is a pause beside any run: one in force, or one that is over.
type Pause struct {
	Group  string // the pattern
	Until  time.Time
	Reason string
	Where  string    // where it stands, if it was not set by rollcall pause
	Set    time.Time // when it was, if it was
	Over   bool
}

// Pauses writes what is paused, and what was so lately.
func Pauses(w io.Writer, pauses []Pause, opts Options) error {
	p := newPrinter(w, opts)
	for _, pause := range pauses {
		head := p.paint(yellow, "Paused until "+plan.UntilText(pause.Until))
		if pause.Over {
			head = "Was paused until " + plan.UntilText(pause.Until)
		}
		from := setBy(pause.Set)
		if pause.Where != "" {
			from = " (" + clean(pause.Where) + ")"
		}
		p.wrapped(0, fmt.Sprintf("%s: %s: %s", head, clean(pause.Group), clean(pause.Reason)+from))
	}
	return p.w.Flush()
}

// setBy says of a pause that it does not stand in the configuration: whoever looks
// there to end it looks in vain.
func setBy(set time.Time) string {
	if set.IsZero() {
		return ""
	}
	return " (rollcall pause, " + clock(set) + ")"
}
