package stories_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// TestControls_directory shows that a fault of a directory is told apart from none,
// and that it is over when it is mended.
func TestControls_directory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built.Program(t))
	w.tell(&played.Case{Steps: "given sync --confirm"}, "ldap")
	for _, fault := range []string{"people drop page=3", "people drop page=99", "groups lose-paging at=LDAP_SECOND", "ranges short at=LDAP_LIMITED"} {
		w.step(played.Words(t, "source breaks "+fault))
	}
	assert.Len(t, w.source.unmet(), 4)
	assert.Equal(t, 6, w.run([]string{"plan"}).Exit)
	unmet := []string{"groups lose-paging at=LDAP_SECOND", "people drop page=99", "ranges short at=LDAP_LIMITED"}
	assert.Equal(t, unmet, w.source.unmet())
	for _, p := range w.source.(*directory).proxies {
		p.Mend()
	}
	assert.Equal(t, 0, w.run([]string{"plan"}).Exit)
	assert.Equal(t, unmet, w.source.unmet())
}

// TestControls_kinds shows that a story which goes otherwise with another kind of
// source is noticed.
func TestControls_kinds(t *testing.T) {
	t.Parallel()
	ran := func(exit int, writes, stdout, box string) *told {
		return &told{[]judged{{"tonight", played.Outcome{Exit: exit, Stdout: stdout}, writes}}, box}
	}
	first := ran(0, "none\n", "6 groups", "Sales: 12\n")
	assert.Empty(t, ran(0, "none\n", "another source", "Sales: 12\n").deviations(first))
	for what, other := range map[string]*told{
		"tonight.exit is":   ran(7, "none\n", "6 groups", "Sales: 12\n"),
		"tonight.writes is": ran(0, "1 request\n", "6 groups", "Sales: 12\n"),
		"box is":            ran(0, "none\n", "6 groups", "Sales: 11\n"),
	} {
		problems := other.deviations(first)
		assert.Len(t, problems, 1)
		assert.Contains(t, problems[0], what)
	}
}
