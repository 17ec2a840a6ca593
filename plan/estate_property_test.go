package plan_test

import (
	"testing"

	"pgregory.net/rapid"
)

// What is planned and what is held are, together, what a plain comparison of two sets
// comes to; whatever else becomes of somebody is told, or is what a policy says.
func TestEstate_holdsAndChangesAreThePlainDiff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		l := open(t, e, p)
		for _, g := range l.groups {
			l.requirePlain(g)
		}
	})
}

// No plan exceeds a limit, by totals and floors that are counted here.
func TestEstate_limitsAreNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		open(t, e, p).requireWithin()
	})
}
