package misuse_test

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/built"
)

func TestMain(m *testing.M) { built.Main(m) }

// nobody is the user whose the runs are, for whom permissions count.
const nobody = 65532

// unprivileged says how a run becomes nobody's: nil where we are an ordinary user
// ourselves. It says false where permissions cannot be made to count.
var unprivileged = sync.OnceValues(func() (*syscall.Credential, bool) {
	if os.Getuid() != 0 {
		return nil, runtime.GOOS != "windows"
	}
	who := &syscall.Credential{Uid: nobody, Gid: nobody}
	probe := exec.Command("true")
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if probe.Run() != nil {
		return nil, false
	}
	return who, true
})
