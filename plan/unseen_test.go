package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whom the source does not have for one plan is remembered while they are in a group:
// the next one knows them again under another login, or as somebody who has left.
func TestMemory_unseen(t *testing.T) {
	t.Parallel()
	o := options(unlimited)
	remembering(peopleKnown("ann=ann, bob=bob, gone=gone"), night(1))(&o)
	narrow := diff(t, keyed("A: bob"), box("A: ann, bob"), o)
	assert.Equal(t, map[string]string{"ann": "ann", "bob": "bob"}, knownIn(narrow.Memory, "ann", "bob"), "whom no group shows is forgotten")

	remembering(narrow.Memory, night(2))(&o)
	married := diff(t, keyed("ann = ann.new\n A: ann, bob"), box("A: ann, bob"), o)
	assert.Empty(t, changes(married.Changes))
	assert.Equal(t, []string{"remembered_user ann.new@acme.example"}, findings(married.Findings))

	left := diff(t, keyed("ann (left) =\n A: bob"), box("A: ann, bob"), o)
	assert.Equal(t, []string{"remove A ann (left)"}, changes(left.Changes))

	// Somebody else who has the login now is that user.
	taken := diff(t, keyed("new = ann\n A: new, bob"), box("A: ann, bob"), o)
	assert.Equal(t, map[string]string{"new": "ann", "bob": "bob"}, knownIn(taken.Memory, "ann", "bob"))
}
