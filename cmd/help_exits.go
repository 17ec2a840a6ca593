package cmd

import "github.com/spf13/cobra"

// commandExits lists the exit codes that each command can end with. Tests hold
// every command to it: none is missing, and none ends otherwise in a script.
func commandExits() map[string][]int {
	page := []int{exitDone, exitInput, exitUsage}
	reads := []int{exitDone, exitInput, exitBlocked, exitUnreadable, exitUsage, exitInterrupted}
	return map[string][]int{
		"rollcall":               page,
		"rollcall help":          page,
		"rollcall version":       page,
		"rollcall config":        page,
		"rollcall config schema": page,
		"rollcall completion":    page,
		"rollcall emulator":      page,
		"rollcall demo":          {exitDone, exitInput, exitUsage, exitInterrupted},
		"rollcall show":          {exitDone, exitInput, exitPlan, exitUsage},
		"rollcall check":         reads,
		"rollcall export":        reads,
		"rollcall pause":         reads,
		"rollcall plan":          {exitDone, exitInput, exitPending, exitBlocked, exitUnreadable, exitHeld, exitUsage, exitInterrupted},
		"rollcall sync": {
			exitDone, exitInput, exitPending, exitFailures, exitBlocked, exitPlan, exitUnreadable, exitHeld, exitUsage, exitInterrupted,
		},
		"rollcall apply": {
			exitDone, exitInput, exitFailures, exitBlocked, exitPlan, exitUnreadable, exitHeld, exitUsage, exitInterrupted,
		},
	}
}

// exitsOf returns the exit codes of a command, for its help.
func exitsOf(c *cobra.Command) []int { return commandExits()[c.CommandPath()] }
