//go:build !linux

package daemon

import "os/exec"

// alone leaves a server in the test's group.
func alone(*exec.Cmd) {}

// kill kills a server, which may have gone.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended
}
