package box_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// Box takes the request to make a co-admin a group admin, and keeps them a
// member. That is no work done, or every night would report it anew.
func TestWriter_coadminIsNoGroupAdmin(t *testing.T) {
	t.Parallel()
	w := small(t)
	id, err := w.AddUser(emulator.User{Login: "co@acme.example", Role: "coadmin"})
	require.NoError(t, err)
	user, err := strconv.ParseUint(id, 10, 64)
	require.NoError(t, err)
	place := target.Place{Group: w.group("Ops"), User: target.UserID(user)}

	got, err := w.writer().Add(t.Context(), place, target.RoleAdmin)
	require.NoError(t, err)
	const kept = "Box gives the role member instead: admins and co-admins of the enterprise cannot be group admins"
	assert.Equal(t, target.Answer{State: target.Applied, Group: place.Group, Found: kept, OtherRole: true}, got, "they are in the group now")

	membership, err := strconv.ParseUint(w.Journal()[0].MembershipID, 10, 64)
	require.NoError(t, err)
	place.Membership = target.MembershipID(membership)
	got, err = w.writer().SetRole(t.Context(), place, target.RoleAdmin)
	require.NoError(t, err)
	assert.Equal(t, target.Answer{State: target.Skipped, Group: place.Group, Found: kept}, got)
	assert.Len(t, w.Journal(), 1)
}
