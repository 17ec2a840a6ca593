package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// The exit codes. What each means stands in exitTable.
const (
	exitDone        = 0
	exitInput       = 1
	exitPending     = 2
	exitFailures    = 3
	exitBlocked     = 4
	exitPlan        = 5
	exitUnreadable  = 6
	exitHeld        = 7
	exitUsage       = 64
	exitInterrupted = 130 // 128 and the number of SIGINT
	exitTerminated  = 143 // 128 and the number of SIGTERM
)

// exitMeaning is a row of the table of exit codes.
type exitMeaning struct {
	codes   []int
	meaning string
}

// exitTable says what the exit codes mean. The help of the commands is made of
// it, and a test compares the README with it.
func exitTable() []exitMeaning {
	return []exitMeaning{
		{[]int{exitDone}, "done, or nothing to do"},
		{[]int{exitInput}, "configuration or input is wrong; nothing was written; trying again will not help"},
		{[]int{exitPending}, "changes are pending (with --detailed-exitcode only)"},
		{[]int{exitFailures}, "some changes failed, or were not attempted"},
		{[]int{exitBlocked}, "a limit blocked a whole kind of change, or everything; or max_calls does not pay for the plan"},
		{[]int{exitPlan}, "the plan is altered, expired, for another enterprise or another scope, or a digest did not match; nothing was written"},
		{[]int{exitUnreadable}, "source or Box could not be read; nothing was written; trying again may help"},
		{[]int{exitHeld}, "done, but some changes are newly held"},
		{[]int{exitUsage}, "usage"},
		{[]int{exitInterrupted, exitTerminated}, "interrupted by SIGINT, SIGTERM; what was under way had run.drain to end, and the rest is reported as not attempted"},
	}
}

// exitOrder lists the codes that several reasons can compete for; the first wins.
// A wrong command line (64) ends the program before there is another reason.
func exitOrder() []int {
	return []int{
		exitInterrupted, exitTerminated, exitPlan, exitInput, exitUnreadable, exitFailures, exitBlocked, exitHeld, exitPending,
	}
}

// exitHelpAt is the table for the help of a command. With codes it shows the rows of
// these; without any, all.
func exitHelpAt(width int, codes ...int) string {
	const column = 12
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, row := range exitTable() {
		if len(codes) > 0 && !slices.ContainsFunc(row.codes, func(c int) bool { return slices.Contains(codes, c) }) {
			continue
		}
		define(&b, "  "+row.label(), column, row.meaning, width)
	}
	return strings.TrimRight(b.String(), "\n")
}

// wrap breaks text between its words into lines of at most width characters; a
// word that is longer stays whole.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+len(" ")+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// label names the codes of a row, as in "130, 143".
func (m exitMeaning) label() string {
	words := make([]string, len(m.codes))
	for i, code := range m.codes {
		words[i] = strconv.Itoa(code)
	}
	return strings.Join(words, ", ")
}

// exitRule says which code wins, for people.
func exitRule() string {
	words := []string{fmt.Sprintf("%d/%d", exitInterrupted, exitTerminated)}
	for _, code := range exitOrder()[2:] {
		words = append(words, strconv.Itoa(code))
	}
	return "Where several apply, the first of " + strings.Join(words, ", ") + " wins."
}

// worst returns the code that wins.
func worst(codes ...int) int {
	order := exitOrder()
	rank := func(code int) int {
		if i := slices.Index(order, code); i >= 0 {
			return i
		}
		return len(order)
	}
	return slices.MinFunc(codes, func(a, b int) int { return rank(a) - rank(b) })
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

const hintNoGroups = "the app needs App + Enterprise Access and the scope Manage groups, and to be authorised again after a change; " +
	"if the groups were deleted on purpose, make a new plan (with run.state_dir, after memory.json below it was removed)"

// hintOf says what to do next, where the error itself does not.
func hintOf(err error) string {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.hint
	}
	if errors.Is(err, boxapi.ErrMaxCalls) {
		return hintMaxCalls
	}
	if errors.Is(err, groupsync.ErrNoGroups) {
		return hintNoGroups
	}
	if _, ok := errors.AsType[*wire.Error](err); ok {
		return directoryHint(err)
	}
	return boxHint(err)
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
