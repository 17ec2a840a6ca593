package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
)

// roster builds a roster of groups with their logins, all of them members.
func roster(name string, groups map[string][]string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: name})
	for group, logins := range groups {
		g := b.Group(group, group, "")
		for _, login := range logins {
			b.Add(g, b.Person(login, "", source.NewLogin(login)), source.Member, 0)
		}
	}
	return b.Build()
}

func TestMerge(t *testing.T) {
	t.Parallel()
	hr := roster("hr", map[string][]string{"z": {"ann@x", "bob@x"}, "b": {"bob@x"}})
	none := roster("none", nil)
	it := roster("it", map[string][]string{"a": {"bob@x", "eve@x"}, "b": nil})
	merged := source.Merge(hr, none, it)

	assert.Equal(t, []string{
		"hr b: bob@x/member",
		"hr z: ann@x/member bob@x/member",
		"it a: bob@x/member eve@x/member",
		"it b: ",
	}, said(merged), "by source, in the order given, then by name")
	assert.Equal(t, 4, merged.People(), "bob is somebody in each source")
	assert.Equal(t, "it", merged.Evidence()[2].Name)
	assert.Len(t, merged.Evidence(), 3)
	assert.Equal(t, []string{"it a: bob@x/member eve@x/member", "it b: "}, said(it), "what was merged is left alone")

	assert.Same(t, hr, source.Merge(hr))
	assert.Empty(t, source.Merge().Groups())
	assert.Zero(t, source.Merge().People())
}

func TestFoldName(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ünï x", source.FoldName("\t ÜNÏ X "))
	assert.Equal(t, source.FoldName("Finance"), source.FoldName(" FINANCE"))
}
