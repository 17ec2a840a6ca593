package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

func TestBuilder_Unresolved(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ad"})
	finance := b.Group("1", "Finance", "")
	legal := b.Group("2", "Legal", "")
	ann := source.NewLogin("ann@acme.example")
	b.Add(finance, b.Person("ann", "", ann), source.Unstated, 0)
	for _, who := range []string{"CN=d", "CN=b", "CN=e", "CN=a", "CN=b", "CN=c"} {
		b.Unresolved(finance, source.Dangling, who)
	}
	b.Unresolved(finance, source.OutOfScope, "CN=f")
	b.Unresolved(finance, source.NoLogin, "CN=e")
	b.Unresolved(finance, source.Foreign, "CN=e")
	r := b.Build()
	assert.Equal(t, []source.Unresolved{
		{Kind: source.NoLogin, Count: 1, Examples: []string{"CN=e"}},
		{Kind: source.OutOfScope, Count: 1, Examples: []string{"CN=f"}},
		{Kind: source.Dangling, Count: 4, Examples: []string{"CN=a", "CN=b", "CN=c"}},
	}, r.Groups()[0].Unresolved, "each member once, under the kind that goes before")
	assert.True(t, r.Groups()[0].Complete(), "what was read and has no login was read")
	assert.Len(t, r.Groups()[0].Members, 1)
	assert.Equal(t, 1, r.Evidence()[0].Memberships)
	assert.Empty(t, r.Groups()[legal].Unresolved)

	merged := source.Merge(r, source.NewBuilder(source.Evidence{Name: "hr"}).Build())
	assert.Equal(t, r.Groups()[0].Unresolved, merged.Groups()[0].Unresolved)
}

// Those without a login are listed once, in order, unless they have left; in a merged
// roster they are who they were.
func TestBuilder_Loginless(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ad"})
	finance := b.Group("1", "Finance", "")
	ann, bob, gone := b.Person("ann", "Ann"), b.Person("bob", "Bob"), b.Person("gone", "Gone")
	for _, p := range []source.PersonIndex{bob, gone, ann, bob} {
		b.Loginless(finance, p)
	}
	b.Leaver(gone)
	r := b.Build()
	assert.Equal(t, []source.PersonIndex{ann, bob}, r.Groups()[0].Loginless)
	assert.Empty(t, r.Groups()[0].Members)
	assert.True(t, r.Groups()[0].Complete())

	first := source.NewBuilder(source.Evidence{Name: "hr"})
	first.Person("zoe", "Zoe")
	merged := source.Merge(first.Build(), r)
	var names []string
	for _, i := range merged.Groups()[0].Loginless {
		names = append(names, merged.Person(i).Name)
	}
	assert.Equal(t, []string{"Ann", "Bob"}, names)
	assert.Equal(t, []source.PersonIndex{ann, bob}, r.Groups()[0].Loginless, "what was merged is as it was")
}

// The order in which members are read does not matter.
func TestProperty_unresolvedInAnyOrder(t *testing.T) {
	t.Parallel()
	type member struct {
		kind source.UnresolvedKind
		who  string
	}
	build := func(members []member) []source.Unresolved {
		b := source.NewBuilder(source.Evidence{})
		g := b.Group("1", "A", "")
		for _, m := range members {
			b.Unresolved(g, m.kind, m.who)
		}
		return b.Build().Groups()[0].Unresolved
	}
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) member {
			return member{source.UnresolvedKind(rapid.IntRange(0, 3).Draw(t, "kind")), rapid.StringMatching(`[a-h]`).Draw(t, "who")}
		}), 0, 20).Draw(t, "members")
		first := map[string]source.UnresolvedKind{}
		for _, m := range members {
			if kind, seen := first[m.who]; !seen || m.kind < kind {
				first[m.who] = m.kind
			}
		}
		want := map[source.UnresolvedKind]int{}
		for _, kind := range first {
			want[kind]++
		}
		got := map[source.UnresolvedKind]int{}
		counts := build(members)
		for _, u := range counts {
			got[u.Kind] = u.Count
		}
		assert.Equal(t, want, got)
		assert.Equal(t, counts, build(rapid.Permutation(members).Draw(t, "order")))
	})
}

func TestUnresolvedKind_String(t *testing.T) {
	t.Parallel()
	var words []string
	for kind := source.NoLogin; kind <= source.Dangling+1; kind++ {
		words = append(words, kind.String())
	}
	assert.Equal(t, []string{"no_login", "foreign", "out_of_scope", "dangling", "unknown"}, words)
}
