package cmd

import (
	"context"
	"errors"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// The exit codes, as exitHelp and the README list them.
const (
	exitDone       = 0  // done, or nothing to do
	exitInput      = 1  // configuration or input is wrong
	exitPending    = 2  // changes are pending, with --detailed-exitcode
	exitFailures   = 3  // some changes failed, or were not attempted
	exitBlocked    = 4  // a limit blocked a whole kind of change, or everything
	exitUnreadable = 6  // source or Box could not be read
	exitHeld       = 7  // done, but there are holds
	exitUsage      = 64 // the command line is wrong
)

// exitHelp is the table for the help of the commands that read and write.
const exitHelp = `Exit codes:
  0    done, or nothing to do
  1    configuration or input is wrong; nothing was written
  2    changes are pending (with --detailed-exitcode only)
  3    some changes failed, or were not attempted
  4    a limit blocked a whole kind of change, or everything; or max_calls does
       not pay for the plan
  6    source or Box could not be read; nothing was written
  7    done, but some changes are held
  64   usage
  130  interrupted by SIGINT, 143 by SIGTERM`

// precedence ranks a code; the lowest rank wins.
func precedence(code int) int {
	order := []int{130, 143, exitInput, exitUnreadable, exitFailures, exitBlocked, exitHeld, exitPending}
	if i := slices.Index(order, code); i >= 0 {
		return i
	}
	return len(order)
}

// worst returns the code that wins.
func worst(codes ...int) int {
	return slices.MinFunc(codes, func(a, b int) int { return precedence(a) - precedence(b) })
}

// exitError carries an exit code, and what to type next.
type exitError struct {
	code int
	err  error // nil: the code says it all, and the output is complete
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// codeOf returns the exit code of an error: the one place that maps classes of
// error to codes. What is no failure to read, and says nothing else, is wrong
// input.
func codeOf(err error) int {
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*source.PositionError](err); ok {
		return exitInput
	}
	if errors.Is(err, groupsync.ErrNothingChosen) {
		return exitInput
	}
	if errors.Is(err, boxapi.ErrMaxCalls) {
		return exitBlocked
	}
	if _, ok := errors.AsType[*readError](err); ok {
		return exitUnreadable
	}
	return exitInput
}

// readError is an error of reading the sources or Box.
type readError struct {
	error
}

func (e *readError) Unwrap() error { return e.error }

const hintMaxCalls = "raise target.box.max_calls, or narrow the run with --group"

// hintOf says what to do next, where the error itself does not.
func hintOf(err error) string {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.hint
	}
	if errors.Is(err, boxapi.ErrMaxCalls) {
		return hintMaxCalls
	}
	switch boxapi.KindOf(err) {
	case boxapi.Unauthorized:
		return "check target.box.auth, and that the app is authorised in Box's Admin Console"
	case boxapi.Forbidden:
		return "the app needs App + Enterprise Access and the scopes Manage users and Manage groups, and to be authorised again after a change"
	case boxapi.Network:
		return "check target.box.base_url, and that this machine can reach it"
	default:
		return ""
	}
}

// exitWith returns the error that makes the program end with the code, which
// is none for 0.
func exitWith(code int) error {
	if code == exitDone {
		return nil
	}
	return &exitError{code: code}
}

// interruptCode returns the code of a run that a signal stopped, or 0.
func interruptCode(ctx context.Context) int {
	if e, ok := errors.AsType[signalError](context.Cause(ctx)); ok {
		return e.exitCode()
	}
	return exitDone
}
