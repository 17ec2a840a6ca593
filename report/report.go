// Package report renders a plan, what became of it, and what a check found, for
// people to read.
//
// The text form is meant for a terminal 80 wide and for pipes alike: the last
// line is stable, so that scripts may read it, and everything before it is for
// people. Names that come from a directory are cleaned of control characters
// first, so that no group can repaint a reviewer's screen.
package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/rollcall-sync/rollcall/plan"
)

// Options say how text is laid out.
type Options struct {
	Color   bool
	Width   int  // columns; 0 means 80, and 20 is the least
	Verbose bool // everything, where the default is the first few of many
}

// fewShown is how many of many are listed without Verbose: the changes of one
// hold, and those that were not attempted after a stop.
const fewShown = 5

// manyShown is how many findings of one kind are listed without Verbose.
const manyShown = 20

// The colours of the terminal form (ECMA-48 SGR).
const (
	green  = "32"
	yellow = "33"
	red    = "31"
	bold   = "1"
)

// leastWidth is the narrowest that text is laid out for: on a terminal that says it
// is narrower, every line would be a word.
const leastWidth = 20

// printer writes text and remembers the first error.
type printer struct {
	w    *bufio.Writer
	opts Options
}

func newPrinter(w io.Writer, opts Options) *printer {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	opts.Width = max(opts.Width, leastWidth)
	return &printer{w: bufio.NewWriter(w), opts: opts}
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

func (p *printer) paint(color, s string) string {
	if !p.opts.Color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// hang is how much further the second and later lines of a paragraph start.
const hang = 2

// wrapped writes s in lines that fit, at an indent, each but the first hanging.
func (p *printer) wrapped(indent int, s string) {
	p.wrappedAfter(strings.Repeat(" ", indent), indent+hang, s)
}

// wrappedAfter writes s in lines that fit: the first stands after the lead, the
// others at the margin. A word that is longer than the line stays whole: half a
// login is none. Blanks within s stay as they are, because a name may have two.
func (p *printer) wrappedAfter(lead string, margin int, s string) {
	var row strings.Builder
	row.WriteString(lead)
	used, start := columnsOf(lead), true
	for word := range strings.SplitSeq(s, " ") {
		width := columnsOf(word)
		if !start && used+1+width > p.opts.Width {
			p.line("%s", strings.TrimRight(row.String(), " "))
			row.Reset()
			row.WriteString(strings.Repeat(" ", margin))
			used, start = margin, true
		}
		if !start {
			row.WriteByte(' ')
			used++
		}
		row.WriteString(word)
		used, start = used+width, false
	}
	p.line("%s", strings.TrimRight(row.String(), " "))
}

// sgr is what paint writes round a text.
var sgr = regexp.MustCompile(`\x1b\[[0-9]*m`)

// columnsOf returns how many columns of a terminal s takes. Characters that are
// wide only in East Asian locales count as narrow everywhere: the same plan is
// to give the same bytes wherever it is shown.
func columnsOf(s string) int {
	locale := runewidth.Condition{StrictEmojiNeutral: true}
	return locale.StringWidth(sgr.ReplaceAllLiteralString(s, ""))
}

// pad fills s with blanks up to a number of columns.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}

// clean replaces what could move the cursor, break the line, turn the direction
// of writing or hide: everything that comes from outside passes through it. The
// joiners that emoji and some scripts are written with stay.
func clean(s string) string {
	const joiner, nonJoiner = '\u200d', '\u200c'
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != joiner && r != nonJoiner {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// PlanLine returns the last line of a plan.
func PlanLine(p *plan.Plan) string {
	c := p.Counts()
	return fmt.Sprintf("Plan: %d to add, %d to change, %d to remove (%d held, %s). %s made, %d to apply%s.",
		c.Add, c.Change, c.Remove, c.Held, plan.Count(c.Findings, "finding"),
		plan.Count(int(p.Header.Calls.Made), "call"), p.CallsToApply(), duration(p))
}

// duration says how long applying takes at the rate that is configured.
func duration(p *plan.Plan) string {
	rate := p.Header.Calls.RatePerMinute
	if rate <= 0 {
		return ""
	}
	seconds := (p.CallsToApply()*60 + rate - 1) / rate
	if seconds < 120 {
		return fmt.Sprintf(" (~%d s at %d/min)", seconds, rate)
	}
	return fmt.Sprintf(" (~%d min at %d/min)", (seconds+59)/60, rate)
}

// AppliedLine returns the last line of a run.
func AppliedLine(results []plan.Result, calls int64) string {
	t := plan.TallyOf(results)
	return fmt.Sprintf("Applied: %d of %d (%d already, %d skipped, %d failed, %d not attempted). %s.",
		t.Applied, t.Total(), t.Already, t.Skipped, t.Failed, t.NotAttempted, plan.Count(int(calls), "call"))
}
