package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// Of what others need the words are said, and the id of what the plan does not have.
func TestPlan_Needed(t *testing.T) {
	t.Parallel()
	ref := plan.GroupRef{Name: "Board"}
	p := &plan.Plan{Changes: []plan.Change{
		{ID: "create", Kind: plan.CreateGroup, Group: ref},
		{ID: "add", Kind: plan.Add, Group: ref, User: target.User{ID: 7, Login: "ann@acme.example"}, Needs: []string{"create"}},
		{ID: "role", Kind: plan.SetRole, Group: ref, User: target.User{ID: 8, Login: "bob@acme.example"}},
		{ID: "remove", Kind: plan.Remove, Group: ref, User: target.User{ID: 9, Login: "eve@acme.example"}, Needs: []string{"add", "gone"}},
	}}
	assert.Equal(t, map[string]string{"create": "create_group Board", "add": "add ann@acme.example in Board", "gone": "gone"}, p.Needed())
}
