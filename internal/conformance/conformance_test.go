package conformance_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/conformance"
)

// TestConformance lets the client and whole runs work against the emulator, and
// holds both sides against Box's description. In the end every deviation that
// is allowed must have been met; the operations and statuses that were seen are
// those in testdata/seen.txt, and the shapes of the client's requests those in
// testdata/sent.txt, so that an option that is no longer tried is noticed.
func TestConformance(t *testing.T) {
	t.Parallel()
	description(t)
	sum, sent := newSummary(), newSummary()
	t.Run("all", func(t *testing.T) { // returns when the parallel tests in it are done
		t.Run("calls", func(t *testing.T) { testCalls(t, sent) })
		t.Run("runs", func(t *testing.T) { testRuns(t, sum) })
		t.Run("endpoints", func(t *testing.T) { testEndpoints(t, sum) })
		t.Run("errors", func(t *testing.T) { testErrors(t, sum) })
	})
	if t.Failed() {
		return
	}
	maps.Copy(sum.used, sent.used)
	maps.Copy(sum.seen, sent.seen)
	var names []string
	for _, d := range conformance.Deviations() {
		names = append(names, d.Name)
	}
	used := slices.Sorted(maps.Keys(sum.used))
	t.Logf("deviations that occurred:\n%s", strings.Join(used, "\n"))
	assert.ElementsMatch(t, names, used, "remove the deviations that never occur")
	golden(t, "sent.txt", strings.Join(slices.Sorted(maps.Keys(sent.sent)), "\n")+"\n")
	golden(t, "seen.txt", strings.Join(slices.Sorted(maps.Keys(sum.seen)), "\n")+"\n")
}

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}
