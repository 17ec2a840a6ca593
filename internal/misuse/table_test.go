package misuse_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// TestTable runs every case of the table.
func TestTable(t *testing.T) {
	t.Parallel()
	binary := built.Program(t)
	count := 0
	for _, th := range played.ReadTable(t, "testdata/table", "case", isExpected) {
		count += len(th.Cases)
		t.Run(th.Name, func(t *testing.T) {
			t.Parallel()
			if played.Updating() {
				t.Cleanup(func() { th.Save(t, "case") })
			}
			for _, c := range th.Cases {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, binary)
					w.Write(c.Files...)
					var want played.Outcome
					want.Stdout, _ = c.Want("stdout")
					want.Stderr, _ = c.Want("stderr")
					got := w.play(c.Steps, &want)
					for _, problem := range w.problems() {
						t.Error(problem)
					}
					if played.Updating() {
						expect(c, got)
						return
					}
					assert.Equal(t, want.Stdout, got.Stdout, "stdout")
					assert.Equal(t, want.Stderr, got.Stderr, "stderr")
					assert.Equal(t, want.Exit, got.Exit, "exit code")
				})
			}
		})
	}
	assert.GreaterOrEqual(t, count, leastCases, "cases of the table")
}

// leastCases is how many bad inputs the table has at least.
const leastCases = 400

func isExpected(section string) bool { return section == "stdout" || section == "stderr" }

// expect makes what a case gave what is expected of it.
func expect(c *played.Case, got played.Outcome) {
	c.Steps = withExit(c.Steps, got.Exit)
	c.Wanted = []txtar.File{{Name: "stdout", Data: []byte(got.Stdout)}, {Name: "stderr", Data: []byte(got.Stderr)}}
}

// withExit replaces the expected exit code in the steps of a case.
func withExit(steps string, exit int) string {
	var out bytes.Buffer
	for line := range strings.Lines(steps) {
		if !strings.HasPrefix(line, "exit ") {
			out.WriteString(line)
		}
	}
	fmt.Fprintf(&out, "exit %d\n", exit)
	return out.String()
}
