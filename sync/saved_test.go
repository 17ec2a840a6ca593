package sync_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// applySaved rechecks a saved plan and applies what is left of it.
func applySaved(t *rapid.T, p *plan.Plan, b *memoryBox, text string) []plan.Result {
	left := recheck(t, p, b, text)
	done := groupsync.Apply(context.Background(), left.Plan, b, groupsync.ApplyOptions{
		Concurrency: rapid.IntRange(1, 4).Draw(t, "concurrency"),
		Order:       rapid.SampledFrom([]groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst}).Draw(t, "order"),
		Drain:       time.Hour,
	})
	require.NoError(t, done.Stopped)
	left.Take(done.Results)
	requireAccounted(t, p, &groupsync.Report{Results: left.Results})
	return left.Results
}

// requireHarmless fails unless everything was true before us or is not wanted.
func requireHarmless(t *rapid.T, p *plan.Plan, results []plan.Result) {
	for i, r := range results {
		require.Contains(t, []plan.Outcome{plan.Already, plan.Skipped}, r.Outcome, "%s: %s", p.Changes[i].ID, r.Detail)
	}
}

// A plan that was saved, read and applied to what it was made from does all that
// it says, with the sources and without. Again, it does nothing.
func TestProperty_savedPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(drawTakeovers(t, wanted, have), known)
		made := reviewed(t, b, wanted)
		p := saved(t, made)
		require.Empty(t, p.Holds)
		text := rapid.SampledFrom([]string{"", wanted}).Draw(t, "sources")
		for i, r := range applySaved(t, p, b, text) {
			require.Equal(t, plan.Result{Outcome: plan.Applied}, r, p.Changes[i].ID)
		}
		requireWanted(t, b.state(), wanted)

		before := b.snapshot()
		requireHarmless(t, p, applySaved(t, p, b, text))
		require.Equal(t, before, b.snapshot(), "a second apply changed something")
		again := groupsync.Apply(context.Background(), p, b, groupsync.ApplyOptions{})
		requireHarmless(t, p, again.Results)
		require.Equal(t, before, b.snapshot(), "a second apply, without looking, changed something")
		require.Empty(t, reviewed(t, b, wanted).Changes)
	})
}

// meddle has other people change groups and memberships, and returns the places
// that they put somebody into, with what they made of it.
func meddle(t *rapid.T, b *memoryBox) map[target.Place]target.Role {
	theirs := map[target.Place]target.Role{}
	for range rapid.IntRange(1, 6).Draw(t, "edits") {
		groups := slices.Sorted(maps.Keys(b.groups))
		what := rapid.SampledFrom([]string{"add", "readd", "role", "leave", "rename", "describe", "mark", "delete", "create"}).Draw(t, "edit")
		if len(groups) == 0 || what == "delete" && len(groups) == 1 { // a Box without groups is an error
			what = "create"
		}
		if what == "create" {
			name := rapid.SampledFrom([]string{"A", "B", "C (new)", "D"}).Draw(t, "name")
			b.addGroup(name, rapid.SampledFrom([]string{"", "rollcall:main:hr:" + groupKey(name), "okta:1"}).Draw(t, "identifier"))
			continue
		}
		g := b.groups[rapid.SampledFrom(groups).Draw(t, "group")]
		user := b.user(rapid.SampledFrom([]string{"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7"}).Draw(t, "user")).ID
		role := rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin}).Draw(t, "role")
		switch what {
		case "readd":
			delete(b.members[g.ID], user)
			b.addMember(g.ID, user, role)
		case "add", "role":
			b.addMember(g.ID, user, role)
		case "leave":
			delete(b.members[g.ID], user)
		case "rename":
			g.Name += " by hand"
			b.groups[g.ID] = g
		case "describe":
			b.describe(g.ID, rapid.SampledFrom([]string{"one", "two", "by hand"}).Draw(t, "description"))
		case "mark":
			g.Identifier = rapid.SampledFrom([]string{"", "okta:2", "rollcall:main:hr:a"}).Draw(t, "identifier")
			b.groups[g.ID] = g
		case "delete":
			delete(b.groups, g.ID)
			delete(b.members, g.ID)
		}
		place := target.Place{Group: g.ID, User: user}
		if what == "readd" || what == "add" || what == "role" {
			theirs[place] = role
		}
	}
	return theirs
}

// Whatever other people did since a plan was made, and whatever the sources say
// now: nothing is done that is not in the plan, nothing that a fresh plan would
// not do, and all of the rest.
func TestProperty_savedPlanAndOtherPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(drawTakeovers(t, wanted, have), known)
		p := saved(t, reviewed(t, b, wanted))
		theirs := meddle(t, b)
		now := wanted
		if rapid.Bool().Draw(t, "the sources moved on") {
			now, _, _ = drawWorld(t)
		}
		fresh := map[string]plan.Change{}
		for _, c := range reviewed(t, b, now).Changes {
			fresh[c.ID] = c
		}
		before, unambiguous := b.state(), oneOfEach(b)
		events := len(b.events)
		results := applySaved(t, p, b, now)
		byID := outcomes(p, results)
		requireOnlyPlanned(t, p, b, b.events[events:], results)
		if unambiguous && oneOfEach(b) {
			require.Equal(t, after(before, p, results), b.state(), "the report is not what happened")
		}
		for i, r := range results {
			c := &p.Changes[i]
			f, due := fresh[c.ID]
			for _, need := range f.Needs { // the plan may be about a group that is no longer ours
				_, planned := byID[need]
				due = due && planned
			}
			same := due && f.Before == c.Before && f.After == c.After && f.Membership == c.Membership &&
				f.BeforeName == c.BeforeName && f.BeforeIdentifier == c.BeforeIdentifier && f.Group.Identifier == c.Group.Identifier &&
				!slices.ContainsFunc(c.Settings, func(s plan.SettingChange) bool { return !slices.Contains(f.Settings, s) }) &&
				(f.Group.Name == c.Group.Name || c.Kind == plan.UpdateGroup || c.User.ID != 0)
			inVain := slices.ContainsFunc(c.Needs, func(id string) bool { return byID[id].Outcome == plan.Skipped })
			switch {
			case inVain:
				require.Equal(t, plan.Skipped, r.Outcome, c.ID)
			case same:
				require.Equal(t, plan.Applied, r.Outcome, "%s is due, and was left: %s", c.ID, r.Detail)
			case due || c.Group.ID != 0:
				require.NotEqual(t, plan.Applied, r.Outcome, "%s was made, and is not due", c.ID)
			}
		}
		for place := range theirs {
			wantedToo := slices.ContainsFunc(slices.Collect(maps.Values(fresh)), func(c plan.Change) bool {
				return c.User.ID == place.User && c.Group.ID == place.Group
			})
			m, in := b.members[place.Group][place.User]
			if !wantedToo && in {
				require.Equal(t, theirs[place], m.Role)
			}
		}
	})
}

// Without the sources, only what Box says speaks against a change, and it does:
// what other people made of a membership since stays.
func TestProperty_savedPlanWithoutSourcesAndOtherPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(drawTakeovers(t, wanted, have), known)
		p := saved(t, reviewed(t, b, wanted))
		old := memberships(b)
		meddle(t, b)
		edited := memberships(b)
		before, unambiguous := b.state(), oneOfEach(b)
		events := len(b.events)
		results := applySaved(t, p, b, "")
		requireOnlyPlanned(t, p, b, b.events[events:], results)
		if unambiguous && oneOfEach(b) {
			require.Equal(t, after(before, p, results), b.state(), "the report is not what happened")
		}
		left := memberships(b)
		for place, m := range edited {
			if was, there := old[place]; !there || was != m {
				require.Equal(t, m, left[place], "what somebody made of a membership was undone")
			}
		}
	})
}

// oneOfEach reports whether no two groups carry one identifier.
func oneOfEach(b *memoryBox) bool {
	seen := map[string]bool{}
	for _, g := range b.groups {
		if g.Identifier != "" && seen[g.Identifier] {
			return false
		}
		seen[g.Identifier] = true
	}
	return true
}

// memberships are all memberships by their place.
func memberships(b *memoryBox) map[target.Place]target.Membership {
	all := map[target.Place]target.Membership{}
	for group, members := range b.members {
		for user, m := range members {
			all[target.Place{Group: group, User: user}] = m
		}
	}
	return all
}

// requireOnlyPlanned checks that the writes are changes of the plan, each at most
// once, and that whatever counts as tried is one of them.
func requireOnlyPlanned(t *rapid.T, p *plan.Plan, b *memoryBox, events []event, results []plan.Result) {
	sent := map[string]bool{}
	for _, e := range events {
		if e.ended {
			continue
		}
		id := b.changeOf(p, e.write)
		require.NotEmpty(t, id, "not in the plan: %v", e.write)
		require.False(t, sent[id], "twice: %s", id)
		sent[id] = true
	}
	for id, r := range outcomes(p, results) {
		if r.Outcome == plan.Applied || r.Outcome == plan.Failed {
			require.True(t, sent[id], "%s: %s", id, r.Detail)
		}
	}
}
