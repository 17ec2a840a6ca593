package samefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/samefile"
)

func TestAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"a", "b"} {
		require.NoError(t, os.WriteFile(at(name), nil, 0o600))
	}
	require.NoError(t, os.Symlink(at("a"), at("link")))
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{at("a"), at("a"), true},
		{at("a"), dir + "/x/../a", true},
		{at("a"), at("link"), true},
		{at("a"), at("b"), false},
		{at("a"), at("none"), false},
		{at("none"), dir + "/./none", true},
		{at("none"), at("other"), false},
		{"", "", false},
		{at("a"), "", false},
	} {
		assert.Equal(t, test.want, samefile.Are(test.a, test.b), "%s %s", test.a, test.b)
	}
}
