package report

import (
	"io"
	"strings"
)

// Notice writes what the program has to say beside its output, such as an error
// or a hint, after a lead. Lines of the text stay lines. With a width over 0 one
// that is longer is broken between its words, but for one that is indented: it is
// there to be copied. What could repaint a screen is replaced at any width, since
// names of files and messages of servers come from outside too.
func Notice(w io.Writer, lead, text string, width int) error {
	p := newPrinter(w, Options{Width: width})
	for line := range strings.SplitSeq(text, "\n") {
		switch line = clean(line); {
		case width <= 0 || strings.HasPrefix(line, " "):
			p.line("%s%s", lead, line)
		default:
			p.wrappedAfter(lead, hang, line)
		}
		lead = ""
	}
	return p.w.Flush()
}
