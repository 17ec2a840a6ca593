//go:build !unix

package cmd

import (
	"os"
	"syscall"
)

// deadlyWrites are the signals that a write can bring about, and that would end
// the process in the middle of a run.
func deadlyWrites() []os.Signal { return []os.Signal{syscall.SIGPIPE} }
