package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func TestLoadSeed_AliasesAreAddresses(t *testing.T) {
	t.Parallel()
	for _, aliases := range []string{"x", "a@b.example;c@d.example", "a@b.example,c@d.example", "a@b@c", "@b.example", "a@"} {
		box := emulator.New(emulator.Options{})
		err := box.LoadSeed(strings.NewReader("login,aliases\nann@acme.example,\""+aliases+"\"\n"), "box.csv")
		assert.ErrorContains(t, err, "box.csv:2: alias of ann@acme.example: ", aliases)
		assert.ErrorContains(t, err, "is no e-mail address; several are separated by blanks", aliases)
	}
	box := emulator.New(emulator.Options{})
	require.NoError(t, box.LoadSeed(strings.NewReader("login,aliases\nann@acme.example,a@b.example c@d.example\n"), "box.csv"))
}
