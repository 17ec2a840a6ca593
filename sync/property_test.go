package sync_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// drawWorld returns what a source wants and a Box that differs, as the texts of
// roster and newBox, and everybody that Box knows. Groups may be missing on
// either side, empty, or have another name.
func drawWorld(t *rapid.T) (wanted, have, known string) {
	users := make([]string, 8)
	for i := range users {
		users[i] = fmt.Sprintf("u%d", i)
	}
	side := func(group, renamed string, roles []string) string {
		if rapid.IntRange(0, 4).Draw(t, "missing") == 0 {
			return ""
		}
		if rapid.IntRange(0, 3).Draw(t, "renamed") == 0 {
			group += renamed
		}
		var members []string
		for _, u := range users {
			if rapid.Bool().Draw(t, "in") {
				members = append(members, u+rapid.SampledFrom(roles).Draw(t, "role"))
			}
		}
		group += rapid.SampledFrom([]string{"", " {one}", " {two}"}).Draw(t, "described")
		return group + ": " + strings.Join(members, ", ") + "\n"
	}
	var want, box strings.Builder
	for _, group := range []string{"A", "B", "C", "D"} {
		want.WriteString(side(group, " (new)", []string{"", " member", " admin"}))
		box.WriteString(side(group, " (old)", []string{"", " admin"}))
	}
	if want.Len() == 0 {
		want.WriteString("E: u0")
	}
	return want.String(), box.String(), strings.Join(users, ", ")
}

// after returns the state that the changes make of a state.
func after(state map[string]string, p *plan.Plan, results []plan.Result) map[string]string {
	state = maps.Clone(state)
	for i, r := range results {
		c := &p.Changes[i]
		who := c.Group.Identifier + "/" + c.User.Login
		switch {
		case r.Outcome != plan.Applied:
		case c.TakesOver():
			rekey(state, stateKey(c.BeforeIdentifier, c.Group.ID), c.Group.Identifier)
		case c.Kind == plan.CreateGroup, c.Kind == plan.RenameGroup:
			state[c.Group.Identifier] = c.Group.Name
			describe(state, c)
		case c.Kind == plan.UpdateGroup:
			describe(state, c)
		case c.Kind == plan.Add, c.Kind == plan.SetRole:
			state[who] = c.After.String()
		case c.Kind == plan.Remove:
			delete(state, who)
		}
	}
	return state
}

func describe(state map[string]string, c *plan.Change) {
	if about := c.Wanted()[target.Description]; about != "" {
		state[c.Group.Identifier+described] = about
	}
}

// rekey gives a group of a state, and everybody in it, another key.
func rekey(state map[string]string, before, after string) {
	for key, value := range maps.Clone(state) {
		if group, _, _ := strings.Cut(key, "/"); group == before {
			delete(state, key)
			state[after+strings.TrimPrefix(key, before)] = value
		}
	}
}

// drawTakeovers takes the identifiers from some groups of a Box that a source
// wants by their very name.
func drawTakeovers(t *rapid.T, wanted, have string) string {
	var out strings.Builder
	for _, line := range split(have, "\n") {
		name, members, _ := strings.Cut(line, ":")
		called, _ := cutAbout(name)
		byName := strings.Contains("\n"+wanted, "\n"+called+":") || strings.Contains("\n"+wanted, "\n"+called+" {")
		if byName && rapid.Bool().Draw(t, "foreign") {
			name += rapid.SampledFrom([]string{" []", " [rollcall:main:old:" + called + "]"}).Draw(t, "identifier")
		}
		out.WriteString(name + ":" + members + "\n")
	}
	return out.String()
}

// requireWanted checks, without the differ's help, that the Box holds what the
// text asks for. An unstated role or description leaves the one that was there.
func requireWanted(t *rapid.T, state map[string]string, wanted string) {
	want := map[string]string{}
	for _, line := range split(wanted, "\n") {
		group, members, _ := strings.Cut(line, ":")
		group, about := cutAbout(group)
		identifier := "rollcall:main:hr:" + groupKey(group)
		want[identifier] = group
		if about = cmp.Or(about, state[identifier+described]); about != "" {
			want[identifier+described] = about
		}
		for _, entry := range split(members, ",") {
			login, role, _ := strings.Cut(entry, " ")
			who := identifier + "/" + address(login)
			if role == "" && state[who] != "" {
				role = state[who]
			}
			want[who] = role
		}
	}
	got := maps.Clone(state)
	maps.DeleteFunc(got, func(key, _ string) bool { // orphans are left alone
		identifier, _, _ := strings.Cut(key, "/")
		return want[identifier] == ""
	})
	require.Equal(t, want, got)
}

// drawFaults makes some writes fail, and may end the context or the run at one
// of them, or before the first.
func drawFaults(t *rapid.T, b *memoryBox, writes int) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	failing := map[int]bool{}
	for n := 1; n <= writes; n++ {
		failing[n] = rapid.IntRange(0, 3).Draw(t, "fails") == 0
	}
	end := rapid.IntRange(0, 2*writes).Draw(t, "end") // often beyond the last write
	how := rapid.SampledFrom([]string{"cancel", "cancel-and-fail", "fatal"}).Draw(t, "how")
	b.onWrite = func(_ context.Context, n int, _ write) error {
		if n == end {
			switch how {
			case "cancel":
				cancel(errInterrupted)
			case "cancel-and-fail":
				cancel(errInterrupted)
				return errInterrupted
			case "fatal":
				return &target.FatalError{Err: errRights}
			}
		}
		if failing[n] {
			return errors.New("500 from Box")
		}
		return nil
	}
	if end == 0 {
		cancel(errInterrupted)
	}
	return ctx, cancel
}

// Whatever fails and whenever it is cut off: the report tells exactly what has
// happened, and the next run makes good the rest.
func TestProperty_honestReportThenTheWantedState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(have, known)
		opts := groupsync.ApplyOptions{
			Concurrency: rapid.IntRange(1, 4).Draw(t, "concurrency"),
			Order:       rapid.SampledFrom([]groupsync.Order{groupsync.AddsFirst, groupsync.RemovalsFirst}).Draw(t, "order"),
			Drain:       time.Hour,
		}
		p, err := plan.Diff(roster("hr", wanted), b.snapshot(), options())
		require.NoError(t, err)

		before := b.state()
		ctx, cancel := drawFaults(t, b, len(p.Changes))
		defer cancel(nil)
		faulty := groupsync.Apply(ctx, p, b, opts)
		requireAccounted(t, p, faulty)
		require.Equal(t, after(before, p, faulty.Results), b.state(), "the report is not what happened")
		if ctx.Err() == nil && faulty.Stopped == nil {
			for i, r := range faulty.Results {
				require.True(t, r.Outcome != plan.NotAttempted || len(p.Changes[i].Needs) > 0, "left out without a reason")
			}
		}

		b.onWrite = nil
		second := planned(t, b, wanted)
		done := groupsync.Apply(context.Background(), second, b, opts)
		require.Equal(t, plan.Tally{Applied: len(second.Changes)}, requireAccounted(t, second, done))
		require.NoError(t, done.Stopped)
		requireWanted(t, b.state(), wanted)
		third := planned(t, b, wanted)
		require.Empty(t, third.Changes)
		require.Empty(t, third.Holds)
	})
}

// Planning step by step, as [groupsync.Plan] does, decides what the differ
// decides about a snapshot.
func TestProperty_planIsTheDiffOfTheSnapshot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted, have, known := drawWorld(t)
		b := newBox(have, known)
		opts := options()
		opts.Self = b.account.User.ID
		diff, err := plan.Diff(roster("hr", wanted), b.snapshot(), opts)
		require.NoError(t, err)
		p := planned(t, b, wanted)
		require.Equal(t, diff.Changes, p.Changes)
		require.Equal(t, diff.Holds, p.Holds)
		findings := p.Findings
		if len(b.snapshot().Groups) == 0 { // a Box without groups may be one that hides them
			require.True(t, slices.ContainsFunc(findings, ofHiddenGroups))
			findings = slices.DeleteFunc(findings, ofHiddenGroups)
		}
		require.ElementsMatch(t, diff.Findings, findings)
		require.Equal(t, diff.Groups, p.Groups)
	})
}

func ofHiddenGroups(f plan.Finding) bool { return f.Kind == plan.HiddenGroups }
