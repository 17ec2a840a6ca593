// Package sourcetest is the suite that every kind of source passes.
//
// A kind of source joins with one function, which puts a [World] into what the
// kind reads (a file, a directory server) and returns a source that reads it:
//
//	func TestSuite(t *testing.T) {
//		sourcetest.Run(t, func(t *testing.T, w sourcetest.World) sourcetest.Source {
//			return …
//		})
//	}
//
// The source must read display names and descriptions, must read roles if the world has them,
// and must not ask for a least number of groups. Faults in what is read are
// different for every kind, and are for its own tests.
package sourcetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
)

// Source is what is tested.
type Source interface {
	// Read returns everything, or an error and nothing.
	Read(ctx context.Context) (*source.Roster, error)
}

// Run tests sources of one kind. open is called once or more for each world,
// and returns a source that says what the world says.
func Run(t *testing.T, open func(t *testing.T, w World) Source) {
	t.Helper()
	runWorlds(t, Worlds(), open)
}

// RunLeavers tests sources of a kind that can say who has left, besides [Run]. Whom
// a group still lists who has left is no member and no fault of the group, and
// everybody who has left is known, with or without a login, listed or not.
func RunLeavers(t *testing.T, open func(t *testing.T, w World) Source) {
	t.Helper()
	runWorlds(t, LeaverWorlds(), open)
}

func runWorlds(t *testing.T, worlds []World, open func(t *testing.T, w World) Source) {
	t.Helper()
	for _, w := range worlds {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			s := open(t, w)
			t.Run("cancelled", func(t *testing.T) { testCancelled(t, s) })
			roster, err := s.Read(t.Context())
			require.NoError(t, err)
			require.NotNil(t, roster)
			t.Run("says_what_the_world_says", func(t *testing.T) { testSaid(t, w, roster) })
			t.Run("left", func(t *testing.T) { testLeft(t, w, roster) })
			t.Run("described", func(t *testing.T) { testDescribed(t, w, roster) })
			t.Run("complete", func(t *testing.T) { testComplete(t, roster) })
			t.Run("sorted", func(t *testing.T) { testSorted(t, roster) })
			t.Run("keys", func(t *testing.T) { testKeys(t, w, roster) })
			t.Run("evidence", func(t *testing.T) { testEvidence(t, w, roster) })
			t.Run("repeatable", func(t *testing.T) { testRepeatable(t, s, open(t, w), roster) })
		})
	}
}

// testSaid checks that groups, people and roles are those of the world, and
// nothing else.
func testSaid(t *testing.T, w World, roster *source.Roster) {
	t.Helper()
	got := said{}
	for _, g := range roster.Groups() {
		members := []membership{}
		for _, m := range g.Members {
			p := roster.Person(m.Person)
			require.NotEmpty(t, p.Logins, "%s in %s has no login", p.Key, g.Name)
			members = append(members, membership{Login: p.Logins[0].String(), Name: p.Name, Role: m.Role})
		}
		sortMembers(members)
		assert.NotContains(t, got, g.Name, "a group is there twice")
		got[g.Name] = members
	}
	if diff := gocmp.Diff(w.said(), got); diff != "" {
		t.Errorf("the roster does not say what the world says (-world +roster):\n%s", diff)
	}
}

// testLeft checks that those who have left are known, and nobody else is among
// them: whoever is takes no grace with them.
func testLeft(t *testing.T, w World, roster *source.Roster) {
	t.Helper()
	want, got := []string{}, []string{}
	for _, l := range w.Left {
		want = append(want, l.Name+" "+l.Login)
	}
	for i := range source.PersonIndex(roster.People()) {
		if !roster.HasLeft(i) {
			continue
		}
		p, login := roster.Person(i), ""
		if len(p.Logins) > 0 {
			login = p.Logins[0].String()
		}
		got = append(got, p.Name+" "+login)
	}
	assert.ElementsMatch(t, want, got, "who has left")
}

// testDescribed checks that every group has the description that the world gives
// it, and no other: what a source does not say is not written to Box.
func testDescribed(t *testing.T, w World, roster *source.Roster) {
	t.Helper()
	want := w.descriptions()
	for _, g := range roster.Groups() {
		assert.Equal(t, want[g.Name], g.Description, "the description of %s", g.Name)
	}
}

// testComplete checks that what was read whole is not called partial: nobody
// would ever be removed.
func testComplete(t *testing.T, roster *source.Roster) {
	t.Helper()
	for _, g := range roster.Groups() {
		assert.True(t, g.Complete(), "%s is partial: %v", g.Name, g.Partial)
	}
	for _, e := range roster.Evidence() {
		assert.True(t, e.GroupsComplete, "the list of groups of %s is not called complete", e.Name)
	}
}

// testSorted checks the order that Roster promises, which equal bytes in equal
// plans rest on.
func testSorted(t *testing.T, roster *source.Roster) {
	t.Helper()
	assert.True(t, slices.IsSortedFunc(roster.Groups(), func(x, y source.Group) int {
		return cmp.Compare(source.FoldName(x.Name), source.FoldName(y.Name))
	}), "groups are not sorted by name")
	for _, g := range roster.Groups() {
		for i, m := range g.Members {
			if i > 0 {
				assert.Greater(t, m.Person, g.Members[i-1].Person, "members of %s: out of order or twice", g.Name)
			}
		}
	}
}

// testKeys checks that a person who is in several groups is one person, and
// that keys tell groups and people apart.
func testKeys(t *testing.T, w World, roster *source.Roster) {
	t.Helper()
	_, _, people := w.counts()
	assert.Equal(t, people+len(w.Left), roster.People(), "one person for each login, and each who has left")
	keys := map[string]bool{}
	for i := range roster.People() {
		p := roster.Person(source.PersonIndex(i))
		assert.NotEmpty(t, p.Key)
		assert.False(t, keys[p.Key], "the person key %q is there twice", p.Key)
		keys[p.Key] = true
	}
	groups := map[source.GroupKey]bool{}
	for _, g := range roster.Groups() {
		assert.Equal(t, roster.Evidence()[0].Name, g.Key.Source)
		assert.NotEmpty(t, g.Key.ID, "%s has no id", g.Name)
		assert.NotEmpty(t, g.Origin, "%s: a person cannot find where it comes from", g.Name)
		assert.False(t, groups[g.Key], "the group key %v is there twice", g.Key)
		groups[g.Key] = true
	}
}

// testEvidence checks what a plan will say of the source.
func testEvidence(t *testing.T, w World, roster *source.Roster) {
	t.Helper()
	require.Len(t, roster.Evidence(), 1)
	e := roster.Evidence()[0]
	groups, memberships, _ := w.counts()
	assert.Equal(t, groups, e.Groups, "groups")
	assert.Equal(t, memberships, e.Memberships, "memberships, duplicates folded")
	assert.NotEmpty(t, e.Name)
	assert.NotEmpty(t, e.Kind)
	assert.NotEmpty(t, e.Origin)
}

// testRepeatable checks that a second read, by the same source or by another
// of the same world, gives an equal roster. Where the two worlds stand may
// differ, and so may what names it.
func testRepeatable(t *testing.T, same, other Source, want *source.Roster) {
	t.Helper()
	again, err := same.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, again, "two reads by one source differ")
	elsewhere, err := other.Read(t.Context())
	require.NoError(t, err)
	place := cmpopts.IgnoreFields(source.Group{}, "Origin")
	if diff := gocmp.Diff(want.Groups(), elsewhere.Groups(), place, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("two sources of one world differ (-first +second):\n%s", diff)
	}
}

// testCancelled checks that a read that was called off says so and returns
// nothing: half a roster looks like half of the people having left.
func testCancelled(t *testing.T, s Source) {
	t.Helper()
	why := errors.New("the test called it off")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	roster, err := s.Read(ctx)
	assert.ErrorIs(t, err, why, "the error must wrap the cause of the cancellation")
	assert.Nil(t, roster)
}
