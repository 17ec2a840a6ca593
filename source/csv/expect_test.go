package csv_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// A file whose rows are wrong is not one that was cut off: it says what is wrong
// with them, and another read would say the same.
func TestRead_expect_leftOut(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login,role\nSales,ann@x,Leiter\nLegal,bob@x,member\nLegal,cyd@x,Leiter\n")
	_, err := open(t, path, func(c *csv.Config) { c.MinMemberships = 2 }).Read(t.Context())
	require.EqualError(t, err, `read source "hr": without the rows that are wrong, `+path+` has 2 groups and 1 membership, and at least 0 and 2 are expected: 2 problems:
`+path+`:2:13: unknown role "Leiter"; roles are member, admin, or nothing; columns.role: "" leaves roles out
`+path+`:4:13: unknown role "Leiter"; roles are member, admin, or nothing; columns.role: "" leaves roles out`)
	assert.NotErrorIs(t, err, source.ErrIncomplete)
	_, positioned := errors.AsType[*source.PositionError](err)
	assert.True(t, positioned)
}
