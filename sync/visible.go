package sync

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// ErrNoGroups says that Box shows no group at all, although there are some.
var ErrNoGroups = errors.New("no groups are visible in Box")

// Visible fails where Box shows no group but its own of all users, and something
// says that there are others: Box announced some that it hides, or so many were
// seen before. Box answers without an error, and with nothing, where credentials
// lack a right; everything would look as if it had to be made anew.
func Visible(groups []target.Group, hidden, before int) error {
	switch {
	case slices.ContainsFunc(groups, func(g target.Group) bool { return !g.AllUsers }):
		return nil
	case hidden > 0:
		return fmt.Errorf("%w: it announces %s and shows none", ErrNoGroups, plan.Count(hidden, "group"))
	case before > 0:
		return fmt.Errorf("%w: it showed %s of ours before", ErrNoGroups, plan.Count(before, "group"))
	default:
		return nil
	}
}

// seenBefore returns how many groups the memory knows to have been ours.
func seenBefore(m *plan.Memory) int {
	if m == nil {
		return 0
	}
	return m.Owned
}
