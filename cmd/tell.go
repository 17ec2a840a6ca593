package cmd

import (
	"fmt"
	"io"
	"strconv"

	"github.com/rollcall-sync/rollcall/report"
)

// tell writes to standard error what is no log: errors, hints and what to do next.
// On a terminal its lines are as wide as that; elsewhere they are not broken. Nobody
// would learn of an error of this writer.
func (env *Env) tell(lead, format string, args ...any) {
	width := 0
	if env.StderrTerminal {
		width = env.columns(env.StderrWidth)
	}
	_ = report.Notice(env.Stderr, lead, fmt.Sprintf(format, args...), width)
}

// outWidth returns how wide standard output is if it is a terminal that says so, or
// else 0.
func (env *Env) outWidth() int {
	if !env.Terminal {
		return 0
	}
	return env.columns(env.Width)
}

// columns returns the width of a terminal: what it says itself or, where it says
// nothing (a serial line, a pseudo-terminal that nobody has told), $COLUMNS.
func (env *Env) columns(said int) int {
	if said > 0 {
		return said
	}
	text, _ := env.LookupEnv("COLUMNS")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return 0
}

// watched is a writer that remembers its first error, for whoever writes help or a
// line and has nobody to tell.
type watched struct {
	io.Writer

	err error
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}
