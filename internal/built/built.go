// Package built is for tests that run the program as a user does: as a process,
// built as make build builds it, once for all tests of a package.
package built

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root     = "../.." // as seen from a package of internal
	variable = "ROLLCALL_TEST_BUILT"
)

// Main builds the program and runs the tests, for a package's TestMain.
func Main(m *testing.M) {
	dir, err := os.MkdirTemp("", "rollcall-built-")
	if err != nil {
		panic(err)
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			panic(err)
		}
	}()
	path := filepath.Join(dir, "rollcall")
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", path, "./cmd/rollcall")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build the program: %v\n%s", err, out))
	}
	// Others than the owner may run it.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // it holds nothing but the program
		panic(err)
	}
	if err := os.Setenv(variable, path); err != nil {
		panic(err)
	}
	m.Run()
}

// Program returns the path of the program, and lets go test see of what it was
// built: a test's result is cached until a file changes that the test has looked
// at, and go test does not know what [Main] runs.
func Program(t testing.TB) string {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".tools"):
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			seen++
			_, err = os.Stat(path)
		}
		return err
	})
	if path := os.Getenv(variable); err == nil && path != "" && seen > 100 {
		return path
	}
	t.Fatalf("the program was not built by TestMain, or its %d sources are elsewhere: %v", seen, err)
	return ""
}
