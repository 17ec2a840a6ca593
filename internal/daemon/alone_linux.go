package daemon

import (
	"os/exec"
	"syscall"
)

// alone puts a server into a group of its own, so that what it starts can be
// killed with it, and has the system kill it where a test is killed that cannot
// clean up any more.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill kills a server and its group. Both may have gone.
func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the group may be empty
}
