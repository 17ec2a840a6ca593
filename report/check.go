package report

import (
	"io"
	"strings"
)

// Verdict is what a check of one thing came to.
type Verdict uint8

// The verdicts.
const (
	Fine    Verdict = iota + 1
	Warning         // it works, and somebody should look at it
	Failure
)

// Check is one thing that was checked, and what was found.
type Check struct {
	Verdict Verdict
	Subject string // what was looked at, such as "source hr"
	Found   string // further lines are set below the first
	Next    string // what to do about it, where Found does not say
}

// Checked writes what one check found: its verdict, in a column of its own, and
// the rest beside it.
func Checked(w io.Writer, c Check, opts Options) error {
	const margin = len("FAIL  ")
	p := newPrinter(w, opts)
	word, color := "FAIL", red
	switch c.Verdict {
	case Fine:
		word, color = "ok", green
	case Warning:
		word, color = "warn", yellow
	case Failure:
	}
	lead := pad(p.paint(color, word), margin)
	for line := range strings.SplitSeq(c.Subject+": "+c.Found, "\n") {
		p.wrappedAfter(lead, margin, clean(line))
		lead = strings.Repeat(" ", margin)
	}
	if c.Next != "" {
		p.wrappedAfter(lead, margin, "hint: "+clean(c.Next))
	}
	return p.w.Flush()
}
