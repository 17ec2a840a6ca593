//go:build unix

package cmd

import (
	"os"
	"syscall"
)

// deadlyWrites are the signals that a write can bring about, and that would end
// the process in the middle of a run: nobody reads the pipe any more, or the file
// may not grow. Ignored, they are errors of the write.
func deadlyWrites() []os.Signal { return []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ} }
