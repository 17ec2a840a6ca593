package misuse_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// bin is where the binary is built. Others than the owner may run it.
var bin string

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "rollcall-misuse-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(bin) //nolint:errcheck // the system clears what is left
	m.Run()
}

// build builds the program as `make build` does.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(bin, "rollcall")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "../../cmd/rollcall")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, os.Chmod(bin, 0o755)
})

// built returns the path of the program.
func built(t *testing.T) string {
	t.Helper()
	path, err := build()
	require.NoError(t, err)
	return path
}

// nobody is the user whose the runs are, for whom permissions count.
const nobody = 65532

// unprivileged says how a run becomes nobody's: nil where we are an ordinary user
// ourselves. It says false where permissions cannot be made to count.
var unprivileged = sync.OnceValues(func() (*syscall.Credential, bool) {
	if os.Getuid() != 0 {
		return nil, runtime.GOOS != "windows"
	}
	who := &syscall.Credential{Uid: nobody, Gid: nobody}
	path, err := build()
	if err != nil {
		return nil, false
	}
	probe := exec.Command(path, "version")
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if probe.Run() != nil {
		return nil, false
	}
	return who, true
})
