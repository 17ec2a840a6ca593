package cmd

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// A group that is held because it carries its identifier no more is called by its name
// too: nobody knows it by another.
func TestWhatAnOpenHoldIsAbout(t *testing.T) {
	t.Parallel()
	const finance = "rollcall:main:hr:D104"
	named := target.Group{ID: 101, Name: "Finance", Identifier: finance}
	bare := target.Group{ID: 101, Name: "Finance"}
	other := target.Group{ID: 102, Name: "Legal", Identifier: "rollcall:main:hr:D105"}
	for name, test := range map[string]struct {
		groups []target.Group
		known  target.GroupID
		want   string
	}{
		"carries its identifier":     {[]target.Group{other, named}, 102, "lost_group, Finance"},
		"carries it no more":         {[]target.Group{other, bare}, 101, "lost_group, Finance"},
		"is not there any more":      {[]target.Group{other}, 101, "lost_group, " + finance},
		"was never compared":         {[]target.Group{other, bare}, 0, "lost_group, " + finance},
		"Box groups were not listed": {nil, 101, "lost_group, " + finance},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := &plan.Memory{Groups: map[string]target.GroupID{}}
			if test.known != 0 {
				memory.Groups["rollcall:main:hr:d104"] = test.known
			}
			k := &checkup{groups: test.groups}
			assert.Equal(t, test.want, k.title(&plan.OpenHold{Rule: plan.RuleLostGroup, Identifier: finance}, memory))
		})
	}
}
