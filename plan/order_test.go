package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
)

// What is said of groups and accounts does not depend on the order in which they come.
func TestDiff_saysTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	s := box("A: ann\n B: ann", "ann")
	for i := range s.Groups {
		s.Groups[i].Identifier = "rollcall:main:hr:A"
	}
	one := diff(t, roster("A: ann"), s, options())
	slices.Reverse(s.Groups)
	assert.Equal(t, one, diff(t, roster("A: ann"), s, options()))
	assert.Contains(t, one.Holds[0].Reason, "(ids 101, 102)")

	// ann and bob have each an account of their own, and both that of eve.
	both := func(keys ...string) []string {
		b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
		g := b.Group("A", "A", "")
		for _, key := range keys {
			p := b.Person(key, "", source.NewLogin(address(key)), source.NewLogin(address("eve")))
			b.Add(g, p, source.Unstated, 0)
		}
		var texts []string
		for _, f := range diff(t, b.Build(), box("A: ann, bob, eve"), options()).Findings {
			texts = append(texts, f.Text)
		}
		return texts
	}
	said := both("ann", "bob")
	assert.Len(t, said, 1)
	assert.Contains(t, said[0], "who is also ann@acme.example in Box")
	assert.Equal(t, said, both("bob", "ann"))
}

// The groups of a plan come in the order of the names that they have in Box, whatever
// their source calls them.
func TestDiff_groupsInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	r := mapped(t, roster("A: ann\n B: ann\n C: ann"), source.Mapping{Entries: []source.MapEntry{byID("A", 101)}})
	var names []string
	for _, g := range diff(t, r, box("Zed [rollcall:main:hr:A]: ann\n B: ann\n C: ann"), options()).Groups {
		names = append(names, g.Group.Name)
	}
	assert.Equal(t, []string{"B", "C", "Zed"}, names)
}
