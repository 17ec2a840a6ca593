package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/target"
)

// A later answer adds to an earlier one, and what it does not tell stays.
func TestStanding_With(t *testing.T) {
	t.Parallel()
	all := target.Standing{Status: target.Inactive, Role: target.EnterpriseCoAdmin, App: true, External: true}
	assert.Equal(t, all, all.With(target.Standing{}))
	assert.Equal(t, all, target.Standing{}.With(all))
	assert.Equal(t, target.Standing{Status: target.Active, Role: target.EnterpriseUser, App: true, External: true},
		all.With(target.Standing{Status: target.Active, Role: target.EnterpriseUser}))
}

func TestEnterpriseRole(t *testing.T) {
	t.Parallel()
	for role, want := range map[target.EnterpriseRole]struct {
		administers bool
		text        string
	}{
		0:                        {false, "somebody"},
		target.EnterpriseUser:    {false, "a user"},
		target.EnterpriseCoAdmin: {true, "a co-admin"},
		target.EnterpriseAdmin:   {true, "the main admin"},
	} {
		assert.Equal(t, want.administers, role.Administers(), want.text)
		assert.Equal(t, want.text, role.String())
	}
}
