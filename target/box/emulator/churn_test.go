package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// ten is a Box of ten groups and ten users, who are all in the first group.
func ten(t *testing.T, faults emulator.Faults, seed int64) *fixture {
	t.Helper()
	f := empty(t, emulator.Options{Faults: faults, Seed: seed})
	var seedFile strings.Builder
	seedFile.WriteString("group,login\n")
	for i := range 10 {
		fmt.Fprintf(&seedFile, "g0,u%d@acme.example\ng%d,\n", i, i)
	}
	require.NoError(t, f.LoadSeed(strings.NewReader(seedFile.String()), "ten.csv"))
	return f
}

// pages reads a list two rows at a time, by the rule that the offset grows by
// the limit, and returns the ids and the totals.
func (f *fixture) pages(path string) (ids, totals []string) {
	f.t.Helper()
	for offset := 0; offset < 30; offset += 2 {
		page := f.wants(200, f.get(fmt.Sprintf("%slimit=2&offset=%d", path, offset)))
		for _, id := range column(f.t, page, "id") {
			ids = append(ids, id.(string))
		}
		totals = append(totals, fmt.Sprint(page["total_count"]))
		if float64(offset+2) >= page["total_count"].(float64) {
			break
		}
	}
	return ids, totals
}

func TestChurn_ShiftsOffsets(t *testing.T) {
	t.Parallel()
	all := emulator.Faults{ChurnGroups: 1, ChurnMembers: 1, ChurnUsers: 1}
	for name, path := range map[string]string{
		"groups": "/2.0/groups?", "members": "/2.0/groups/10001/memberships?", "users": "/2.0/users?",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := ten(t, emulator.Faults{}, 1)
			quiet, totals := f.pages(path)
			require.Equal(t, []string{"10", "10", "10", "10", "10"}, totals)
			require.Len(t, quiet, 10)

			f.SetFaults(all)
			ids, totals := f.pages(path)
			assert.Equal(t, quiet[:2], ids[:2], "the first page is as it was")
			assert.Equal(t, "10", totals[0])
			assert.Equal(t, "11", totals[1], "then a row came")
			assert.Equal(t, quiet[1:3], ids[2:4], "in front of all others")
			assert.Greater(t, len(slices.Compact(slices.Sorted(slices.Values(totals)))), 1)

			missed := false
			for range 20 { // reads; rows go, too, and then one is missed
				ids, _ = f.pages(path)
				for _, id := range quiet {
					missed = missed || !slices.Contains(ids, id)
				}
			}
			assert.True(t, missed)
			assert.Empty(t, f.Journal())
			assert.Zero(t, f.Stats().Faults)
		})
	}
}

func TestChurn_TouchesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	f := ten(t, emulator.Faults{ChurnMembers: 1}, 1)
	groups, _ := f.pages("/2.0/groups?")
	users, _ := f.pages("/2.0/users?")
	before := f.Members("g0")
	for range 30 {
		f.pages("/2.0/groups/10001/memberships?")
		f.pages("/2.0/users/20001/memberships?")
	}
	own := func(row string) bool { return strings.HasPrefix(row, "churn-") }
	assert.Equal(t, before, slices.DeleteFunc(f.Members("g0"), own))
	again, _ := f.pages("/2.0/groups?")
	assert.Equal(t, groups, again, "groups are not churned")
	again, _ = f.pages("/2.0/users?")
	assert.Equal(t, users, again[:10], "those who come and go are added behind the users")
	assert.Len(t, again, 13)
	for _, g := range f.Groups()[1:] {
		assert.Zero(t, g.Members)
	}
	f.SetFaults(emulator.Faults{ChurnGroups: 1, ChurnUsers: 1})
	names := map[string]bool{}
	for range 30 {
		f.pages("/2.0/groups?")
		f.pages("/2.0/users?")
		for _, g := range f.Groups() {
			names[g.Name] = true
		}
		for _, u := range f.Users() {
			names[u.Login] = true
		}
	}
	for _, name := range []string{"Churn 1", "Churn 2", "Churn 3", "churn-user-1@acme.example", "churn-user-2@acme.example", "churn-user-3@acme.example"} {
		assert.True(t, names[name], name)
	}
	assert.Len(t, names, 10+11+3+6, "and nothing else")
	assert.Len(t, f.Groups(), 10+strings.Count(fmt.Sprint(f.Groups()), "Churn"))
}

func TestChurn_EveryNthPageThatOthersFollow(t *testing.T) {
	t.Parallel()
	f := ten(t, emulator.Faults{ChurnGroups: 3}, 1)
	for range 10 {
		f.get("/2.0/groups?limit=10") // the last page
		f.get("/2.0/groups/10001/memberships?limit=1")
		f.get("/2.0/users?limit=1")
	}
	assert.Len(t, f.Groups(), 10)
	for i := range 3 {
		assert.Len(t, f.Groups(), 10, i)
		f.get("/2.0/groups?limit=2&offset=4")
	}
	assert.Len(t, f.Groups(), 11)

	f = ten(t, emulator.Faults{ChurnUsers: 2}, 1)
	first := f.wants(200, f.get("/2.0/users?usemarker=true&limit=5"))
	f.get("/2.0/users?usemarker=true&limit=5&marker=" + first["next_marker"].(string))
	assert.Len(t, f.Users(), 11, "the last page does not count")
	f.get("/2.0/users?usemarker=true&limit=5")
	assert.Len(t, f.Users(), 12)
}

func TestChurn_IsDeterministicAndUsesNoIDTwice(t *testing.T) {
	t.Parallel()
	history := func(seed int64) []string {
		f := ten(t, emulator.Faults{ChurnMembers: 1}, seed)
		var out []string
		seen := map[string]string{}
		for range 40 {
			f.get("/2.0/groups/10002/memberships?limit=1") // another list, which has no second page
			f.get("/2.0/groups/10001/memberships?limit=1")
			out = append(out, strings.Join(f.Members("g0"), " "))
			page := f.get("/2.0/groups/10001/memberships?limit=1000&offset=0").json
			for _, row := range rows(t, page) {
				id, login := row["id"].(string), row["user"].(map[string]any)["login"].(string)
				if other, known := seen[id]; known {
					require.Equal(t, other, login, "id %s", id)
				}
				seen[id] = login
			}
		}
		return out
	}
	assert.Equal(t, history(1), history(1))
	assert.NotEqual(t, history(1), history(2))
}

// A Box that is loaded with such rows gives none of their ids out again.
func TestChurn_GoesOnInALoadedState(t *testing.T) {
	t.Parallel()
	churn := emulator.Faults{ChurnMembers: 1, ChurnGroups: 1, ChurnUsers: 1}
	f := ten(t, churn, 1)
	for n := range 10 {
		path, _ := save(t, f.Server)
		f = empty(t, emulator.Options{Faults: churn})
		require.NoError(t, f.LoadState(path), "what was saved is sound")
		for range n {
			f.get("/2.0/groups/10001/memberships?limit=1")
			f.get("/2.0/groups?limit=1")
			f.get("/2.0/users?limit=1")
		}
	}
}

// A group that is gone when the change should happen is no trouble.
func TestChurn_OfAGroupThatIsGone(t *testing.T) {
	t.Parallel()
	f := ten(t, emulator.Faults{ChurnMembers: 1, VisibleAfter: time.Hour}, 1)
	require.NoError(t, f.RemoveGroup("g0"))
	ids, _ := f.pages("/2.0/groups/10001/memberships?")
	assert.Len(t, ids, 10)
	assert.Len(t, f.Users(), 11)
}
