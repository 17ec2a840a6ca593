package plan_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/plan"
)

// What ParseAllowance accepts, its String writes so that it is read back the
// same: the plan shows it, and people copy it.
func FuzzParseAllowance(f *testing.F) {
	for _, seed := range []string{
		"removals=137", "removals_per_group:Finance=40", "adds_per_group:a:b=c=50%", "empty_group:X=allow", "adds=2.5%", "=", ":=", "adds=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := plan.ParseAllowance(text)
		if err != nil {
			return
		}
		again, err := plan.ParseAllowance(a.String())
		if err != nil || again != a {
			t.Fatalf("%q is read as %q, which is read as %q (%v)", text, a, again, err)
		}
	})
}
