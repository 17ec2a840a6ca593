package needs_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/needs"
)

// witness is a test that notes how it ended.
type witness struct {
	testing.TB

	ended string
}

func (w *witness) Helper() {}

func (w *witness) Skip(args ...any) { w.ended = "skipped: " + fmt.Sprint(args...) }

func (w *witness) Fatalf(format string, args ...any) {
	w.ended = "failed: " + fmt.Sprintf(format, args...)
}

func TestNeeds(t *testing.T) {
	here := t.TempDir()
	none := filepath.Join(here, "none")
	for _, c := range []struct {
		require string
		need    func(testing.TB)
		want    string
	}{
		{"", func(t testing.TB) { needs.Env(t, "NEEDS_NOT_SET", "a word") }, "skipped: NEEDS_NOT_SET is not set: it is a word"},
		{"all", func(t testing.TB) { needs.Env(t, "NEEDS_NOT_SET", "a word") }, "failed: NEEDS_NOT_SET is not set: it is a word"},
		{"all", func(t testing.TB) { needs.Env(t, "ROLLCALL_REQUIRE", "") }, ""},
		{"", func(t testing.TB) { needs.Program(t, "needs-no-such", "make it") }, "skipped: needs-no-such is not installed: make it"},
		{"all", func(t testing.TB) { needs.Program(t, "needs-no-such", "make it") }, "failed: needs-no-such is not installed: make it"},
		{"all", func(t testing.TB) { needs.Program(t, "go", "") }, ""},
		{"", func(t testing.TB) { needs.File(t, none, "make it") }, "skipped: " + none + " is not there: make it"},
		{"all", func(t testing.TB) { needs.File(t, none, "make it") }, "failed: " + none + " is not there: make it"},
		{"all", func(t testing.TB) { needs.File(t, here, "") }, ""},
	} {
		t.Setenv("ROLLCALL_REQUIRE", c.require)
		w := &witness{TB: t}
		c.need(w)
		if c.require == "all" && c.want != "" {
			c.want += " (ROLLCALL_REQUIRE is all, so this test may not be skipped)"
		}
		assert.Equal(t, c.want, w.ended)
	}
}
