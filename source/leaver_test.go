package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

func TestBuilder_Leaver(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ad"})
	finance := b.Group("1", "Finance", "")
	before := b.Person("before", "", source.NewLogin("before@x"))
	after := b.Person("after", "", source.NewLogin("after@x"))
	ann := b.Person("ann", "", source.NewLogin("ann@x"))
	b.Add(finance, before, source.Admin, 0)
	b.Add(finance, before, source.Member, 0)
	b.Add(finance, ann, source.Unstated, 0)
	b.Leaver(before)
	b.Leaver(after)
	b.Leaver(after)
	b.Add(finance, after, source.Unstated, 0)
	b.Leaver(b.Person("unlisted", ""))
	r := b.Build()
	assert.Equal(t, []source.Membership{{Person: ann}}, r.Groups()[0].Members)
	assert.True(t, r.Groups()[0].Complete(), "whoever has left contradicts nobody")
	assert.Empty(t, b.Contradictions())
	assert.Equal(t, 1, r.Evidence()[0].Memberships)
	assert.Equal(t, []string{"people who have left: 3, rows that still list them: 3"}, r.Evidence()[0].Notes)
	assert.Equal(t, 3, r.Leavers())
	assert.Equal(t, source.Person{Key: "before", Logins: []source.Login{source.NewLogin("before@x")}}, r.Person(before), "who they are stays known")

	b = source.NewBuilder(source.Evidence{Name: "ad"})
	b.Leaver(b.Person("gone", ""))
	assert.Equal(t, []string{"people who have left: 1"}, b.Build().Evidence()[0].Notes)
}

// Who has left, and of which source everybody is, outlasts mapping and merging.
func TestRoster_HasLeft(t *testing.T) {
	t.Parallel()
	build := func(name string, people int) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: name})
		for i := range people {
			key := name + string(rune('a'+i%26)) + string(rune('a'+i/26))
			p := b.Person(key, "", source.NewLogin(key+"@old"))
			if i%3 == 0 {
				b.Leaver(p)
			}
		}
		return b.Build()
	}
	rule, err := source.NewLoginRewrite("r", "@old$", "@new")
	require.NoError(t, err)
	mapped, err := source.Mapping{Logins: []source.Rewrite{rule}}.Apply(build("ad", 100))
	require.NoError(t, err)
	r := source.Merge(build("hr", 70), build("none", 0), mapped, build("csv", 1))
	require.Equal(t, 171, r.People())
	assert.Equal(t, 24+34+1, r.Leavers())
	for i := range source.PersonIndex(171) {
		want, at := "hr", i
		switch {
		case i == 170:
			want, at = "csv", 0
		case i >= 70:
			want, at = "ad", i-70
		}
		assert.Equal(t, want, r.Source(i))
		assert.Equal(t, at%3 == 0, r.HasLeft(i), "%d", i)
	}
	assert.Empty(t, r.Source(171))
	assert.False(t, r.HasLeft(100_000))
	assert.Equal(t, "@new", r.Logins(70)[0].Key()[len("adaa"):])
}

// In whatever order a source says it, whoever has left is in no group.
func TestProperty_leaversInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type fact struct{ person, group int } // group 0: has left
		facts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact {
			return fact{rapid.IntRange(0, 130).Draw(t, "person"), rapid.IntRange(0, 3).Draw(t, "group")}
		}), 0, 40).Draw(t, "facts")
		build := func(facts []fact) *source.Roster {
			b := source.NewBuilder(source.Evidence{})
			for i := range 131 {
				b.Person(string(rune('0'+i)), "")
			}
			for _, f := range facts {
				if f.group == 0 {
					b.Leaver(source.PersonIndex(f.person))
				} else {
					b.Add(b.Group(string(rune('a'+f.group)), string(rune('a'+f.group)), ""), source.PersonIndex(f.person), source.Unstated, 0)
				}
			}
			return b.Build()
		}
		r := build(facts)
		left := map[source.PersonIndex]bool{}
		for _, f := range facts {
			left[source.PersonIndex(f.person)] = left[source.PersonIndex(f.person)] || f.group == 0
		}
		for _, g := range r.Groups() {
			for _, m := range g.Members {
				require.False(t, left[m.Person])
			}
		}
		for i := range source.PersonIndex(131) {
			require.Equal(t, left[i], r.HasLeft(i))
		}
		again := build(rapid.Permutation(facts).Draw(t, "order"))
		require.Equal(t, r.Groups(), again.Groups())
		require.Equal(t, r.Leavers(), again.Leavers())
	})
}
