package stories_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// TestControls_meanwhile shows that a run comes behind the very write of another,
// that what both write is counted together, and that one that did not come is told.
func TestControls_meanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built.Program(t))
	got := w.tell(&played.Case{Steps: `config 'run: {}'
replace rollcall.yaml "requests_per_minute: 0" "requests_per_minute: 0, concurrency: 1"
source add Board noor@acme.example
source add Sales mona@acme.example
meanwhile 2
run other plan
run tonight sync --confirm
`}, "csv")
	require.Len(t, got.runs, 2)
	assert.Equal(t, "other", got.runs[0].name)
	assert.Contains(t, got.runs[0].Stdout, "6 groups without changes", "both writes took effect before it read")
	assert.Empty(t, got.runs[0].writes)
	assert.Equal(t, "tonight", got.runs[1].name)
	assert.Contains(t, got.runs[1].Stdout, "Applied: 2 of 2 (0 already,")
	assert.Equal(t, "add mona@acme.example to Sales as member\nadd noor@acme.example to Board as member\n2 requests\n", got.runs[1].writes)
	assert.Empty(t, w.box.unmet())

	w.step([]string{"source", "remove", "Sales", "bob@acme.example"})
	w.box.meanwhile = &meanwhile{at: 2, run: func() { t.Error("there is no second write") }}
	w.run([]string{"sync", "--confirm"})
	assert.Equal(t, []string{"meanwhile"}, w.box.unmet())
}
