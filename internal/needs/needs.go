// Package needs is for tests that need more than Go: a description, a server, a
// program. Where it is missing the test is skipped and says what would make it
// run; with ROLLCALL_REQUIRE=all it fails instead, so that a green run in the CI
// means that all of it ran.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Env returns the value of an environment variable, and ends the test where it
// is not set. What says what the variable holds.
func Env(t testing.TB, name, what string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		Missing(t, name+" is not set: it is "+what)
	}
	return value
}

// Program returns the path of a program, and ends the test where it is not
// installed. How says how it is installed.
func Program(t testing.TB, name, how string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not installed: "+how)
	}
	return path
}

// File ends the test where there is no such file or directory. How says how it
// gets there.
func File(t testing.TB, path, how string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		Missing(t, path+" is not there: "+how)
	}
}

// Missing ends the test, because of what is missing: it is skipped, or fails
// with ROLLCALL_REQUIRE=all.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE") == "all" {
		t.Fatalf("%s (ROLLCALL_REQUIRE is all, so this test may not be skipped)", why)
		return
	}
	t.Skip(why)
}
