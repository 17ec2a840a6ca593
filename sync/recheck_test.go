package sync_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// saved is the plan as somebody else reads it from its file.
func saved(t require.TestingT, p *plan.Plan) *plan.Plan {
	var file bytes.Buffer
	require.NoError(t, plan.Write(&file, p))
	back, err := plan.Read(&file)
	require.NoError(t, err)
	return back
}

// recheck reads both sides anew; an empty text stands for sources that are not read.
func recheck(t require.TestingT, p *plan.Plan, b *memoryBox, text string) *plan.Confirmed {
	var sources []groupsync.Source
	if text != "" {
		sources = append(sources, saying("hr", text))
	}
	in, err := groupsync.ReadInputs(context.Background(), sources, b)
	require.NoError(t, err)
	left, err := groupsync.Recheck(context.Background(), p, in, b, reviewing())
	require.NoError(t, err)
	return left
}

// outcomes are the results by the change's id.
func outcomes(p *plan.Plan, results []plan.Result) map[string]plan.Result {
	all := map[string]plan.Result{}
	for i, r := range results {
		all[p.Changes[i].ID] = r
	}
	return all
}

func TestReadInputs_withoutSources(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann", "")
	in, err := groupsync.ReadInputs(t.Context(), nil, b)
	require.NoError(t, err)
	assert.Equal(t, groupsync.Inputs{Account: b.account}, in)
	assert.Equal(t, []string{"Account"}, b.reads)
	_, err = groupsync.Plan(t.Context(), in, b, options())
	require.EqualError(t, err, "make a plan: no source was read", "sources that were not read are no empty ones")
	assert.Equal(t, []string{"Account"}, b.reads)
}

func TestReadInputs_fails(t *testing.T) {
	t.Parallel()
	broken := errors.New("401")
	b := newBox("Finance: ann", "")
	b.onRead = func(context.Context, string) error { return broken }
	_, err := groupsync.ReadInputs(t.Context(), nil, b)
	require.Equal(t, broken, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	_, err = groupsync.ReadInputs(ctx, nil, b)
	require.EqualError(t, err, "interrupted by SIGTERM: 401")
	require.ErrorIs(t, err, broken)
	_, err = groupsync.ReadInputs(ctx, []groupsync.Source{reading(func(context.Context) (*source.Roster, error) {
		return nil, errors.New("no such file")
	})}, b)
	require.EqualError(t, err, "interrupted by SIGTERM: no such file")
}

// Only the groups that the plan touches are listed, whatever the sources say of
// others, and no users are read.
func TestRecheck_reads(t *testing.T) {
	t.Parallel()
	const want = "Finance: ann, dora\nBoard: ann\nLegal: ann\nMoved: ann"
	for name, text := range map[string]string{
		"with-sources":               want,
		"with-sources-that-moved-on": want + ", emil\nLegal: bob\nOther: ann",
		"without":                    "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox("Finance: ann\nLegal: ann\nOrphan: bob\nMoved [rollcall:main:old:x]: ann\nElse [okta:1]: bob", "dora, emil")
			p := saved(t, reviewed(t, b, want))
			b.reads, b.lookups, b.listed = nil, nil, nil
			recheck(t, p, b, text)
			assert.Equal(t, []string{"Account", "Groups", "Members", "Users"}, b.reads)
			assert.Equal(t, [][]string{{"dora@acme.example"}}, b.lookups, "who is to be added, and is shown nowhere")
			groups := b.snapshot().Groups
			assert.Equal(t, []target.GroupID{groups[0].ID, groups[3].ID}, b.listed, "Finance and Moved")
			assert.Empty(t, b.events)

			// Somebody has made the group that the plan creates: it is listed as well.
			board := b.addGroup("Board", "rollcall:main:hr:board")
			b.listed = nil
			left := recheck(t, p, b, text)
			assert.Equal(t, []target.GroupID{groups[0].ID, groups[3].ID, board}, b.listed)
			assert.Equal(t, plan.Already, outcomes(p, left.Results)["create_group/rollcall:main:hr:board"].Outcome)
		})
	}
}

// We are never removed or demoted, although the plan that was saved says so: the
// account may have changed since.
func TestRecheck_ourselves(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann, bob, rollcall", "")
	b.account.User = b.user("bob")
	p := saved(t, planned(t, b, "Finance: ann"))
	require.Len(t, p.Changes, 1)
	b.account.User = b.user(self)
	left := recheck(t, p, b, "Finance: ann")
	require.Len(t, left.Plan.Changes, 0)
	assert.Equal(t, plan.Skipped, left.Results[0].Outcome)
}

func TestRecheck_readerThatFails(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Groups", "Members", "Users"} {
		for _, cancelled := range []bool{false, true} {
			for _, roster := range []*source.Roster{nil, roster("hr", "Finance: ann")} {
				b, p := everything(t)
				ctx, requireFailed := b.fails(t, method, cancelled)
				left, err := groupsync.Recheck(ctx, p, groupsync.Inputs{Roster: roster, Account: b.account}, b, options())
				require.Nil(t, left)
				requireFailed(err)
			}
		}
	}
}

func TestRecheck_groupThatWasNotListed(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	b.unlisted = map[target.GroupID]bool{b.snapshot().Groups[1].ID: true}
	left, err := groupsync.Recheck(t.Context(), p, groupsync.Inputs{Account: b.account}, b, options())
	require.Nil(t, left)
	require.ErrorContains(t, err, "were not read")
}
