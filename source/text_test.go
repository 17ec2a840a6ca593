package source_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
)

// What nobody sees makes another group of the same look, or a login that nobody has.
func TestCheckName_unseen(t *testing.T) {
	t.Parallel()
	for _, r := range "\u00a0\u00ad\u034f\u115f\u17b4\u200b\u202e\u2060\u2800\u3164\ufeff\uffa0\U000e0041" {
		text := "I" + string(r) + "T"
		assert.EqualError(t, source.CheckName("name", text),
			fmt.Sprintf("the name %q has the invisible character %U in it; take it out, or write a plain space", text, r))
		login := text + "@acme.example"
		assert.EqualError(t, source.CheckLogin(login), fmt.Sprintf("the login %q has a space or an invisible character in it", login))
	}
	for _, name := range []string{"I T", "営業\u3000部", "می\u200cخواهم", "❤\ufe0f Team", "👩\u200d💻", "한국", "e\u0301"} {
		assert.NoError(t, source.CheckName("name", name), "%q", name)
	}
}
