//go:build unix

package played

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user whose the runs are where the test is root's.
const nobody = 65532

// User is whose the runs are. The zero value is the user whose the test is.
type User struct{ who *syscall.Credential }

// Ordinary returns a user for whom permissions count: us, or nobody where we are
// root. It says false where there is none, and returns us all the same.
func Ordinary() (User, bool) {
	if os.Getuid() != 0 {
		return User{}, true
	}
	u := User{&syscall.Credential{Uid: nobody, Gid: nobody}}
	probe := exec.Command("true") //nolint:noctx // it ends at once
	u.take(probe)
	if probe.Run() != nil {
		return User{}, false
	}
	return u, true
}

// ID is the user's number.
func (u User) ID() int {
	if u.who == nil {
		return os.Getuid()
	}
	return int(u.who.Uid)
}

// take makes a run the user's.
func (u User) take(run *exec.Cmd) { run.SysProcAttr = &syscall.SysProcAttr{Credential: u.who} }

// own makes a file the user's.
func (u User) own(path string) error {
	if u.who == nil {
		return nil
	}
	return os.Lchown(path, int(u.who.Uid), int(u.who.Gid))
}
