package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
)

func TestBuilder_File(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", Origin: "*.csv"})
	b.File("a.csv")
	g := b.Group("g", "g", "a.csv:2")
	ann, bob, eve := b.Person("ann", ""), b.Person("bob", ""), b.Person("eve", "")
	b.Add(g, ann, source.Admin, 2)
	b.Add(g, bob, source.Admin, 7)
	b.Describe(g, "one", 6)
	b.File("empty.csv")
	b.File("b.csv")
	b.Add(g, ann, source.Member, 1)
	b.Add(g, eve, source.Member, 3)
	b.Describe(g, "two", 9)
	b.File("c.csv")
	b.Add(g, bob, source.Member, 1)
	b.Add(g, eve, source.Admin, 9)
	b.Add(g, eve, source.Admin, 10)
	b.Build()
	var got []string
	for _, fault := range b.Contradictions() {
		got = append(got, fault.Error())
	}
	assert.Equal(t, []string{
		"b.csv:9: the group has another description than in a.csv:6",
		"b.csv:1: ann is listed with another role than in a.csv:2",
		"c.csv:1: bob is listed with another role than in a.csv:7",
		"c.csv:9: eve is listed with another role than in b.csv:3",
	}, got)
}

func TestBuilder_File_withoutLines(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", Origin: "*.csv"})
	b.File("a.csv")
	g, ann := b.Group("g", "g", ""), b.Person("ann", "")
	b.Add(g, ann, source.Admin, 5)
	b.File("b.csv")
	b.Add(g, ann, source.Member, 0)
	b.Build()
	assert.EqualError(t, b.Contradictions()[0], "a.csv:5: ann is listed with another role than in *.csv")
}

func TestPosition_From(t *testing.T) {
	t.Parallel()
	here := source.Position{File: "a.csv", Line: 3, Column: 9}
	for want, p := range map[string]source.Position{
		"line 2": {File: "a.csv", Line: 2}, "b.csv:2": {File: "b.csv", Line: 2}, "a.csv": {File: "a.csv"},
	} {
		assert.Equal(t, want, p.From(here))
	}
}
