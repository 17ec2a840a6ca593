package sync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

func TestPlan_readsTheSourcesBeforeBox(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann", "bob")
	src := reading(func(context.Context) (*source.Roster, error) {
		assert.Zero(t, b.Calls(), "Box was asked before the source was read")
		return roster("hr", "Finance: ann, bob"), nil
	})
	_, err := makePlan(t.Context(), []groupsync.Source{src}, b, options())
	require.NoError(t, err)
	assert.Equal(t, []string{"Account", "Groups", "Members", "Users"}, b.reads)
}

func TestPlan_hiddenGroupsAreAFinding(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann", "")
	for hidden, want := range map[int][]string{
		0: nil,
		1: {"Box announced 1 group more than it showed; one that looks missing may be among them"},
		7: {"Box announced 7 groups more than it showed; one that looks missing may be among them"},
	} {
		b.hiddenGroups = hidden
		p, err := makePlan(t.Context(), []groupsync.Source{saying("hr", "Finance: ann")}, b, options())
		require.NoError(t, err)
		var texts []string
		for _, f := range p.Findings {
			assert.Equal(t, plan.HiddenGroups, f.Kind)
			texts = append(texts, f.Text)
		}
		assert.Equal(t, want, texts)
	}
}

func TestPlan_sourceThatFails(t *testing.T) {
	t.Parallel()
	misspelt := &source.PositionError{Position: source.Position{File: "groups.csv", Line: 7, Column: 3}, Err: errors.New("unknown role")}
	for name, test := range map[string]struct {
		err     error
		message string
	}{
		"fault-in-the-input":   {fmt.Errorf("source hr: %w", misspelt), "source hr: groups.csv:7:3: unknown role"},
		"incomplete":           {fmt.Errorf("source hr: %w", source.ErrIncomplete), "source hr: the source is incomplete"},
		"several-input-faults": {errors.Join(misspelt, errors.New("and more")), "groups.csv:7:3: unknown role\nand more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox("Finance: ann", "")
			failing := reading(func(context.Context) (*source.Roster, error) { return nil, test.err })
			p, err := makePlan(t.Context(), []groupsync.Source{saying("ad", "Legal: ann"), failing}, b, options())
			require.Nil(t, p)
			require.ErrorIs(t, err, test.err)
			assert.EqualError(t, err, test.message)
			position, positioned := errors.AsType[*source.PositionError](err)
			assert.Equal(t, errors.Is(test.err, misspelt), positioned)
			if positioned {
				assert.Equal(t, 7, position.Position.Line)
			}
			assert.Equal(t, name == "incomplete", errors.Is(err, source.ErrIncomplete))
			assert.Zero(t, b.Calls(), "Box was asked although a source had failed")
		})
	}
}

// The first source waits for the second: they are read at once, and joined in
// the order given all the same.
func TestPlan_severalSources(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	hr := reading(func(ctx context.Context) (*source.Roster, error) {
		select {
		case <-second:
			return roster("hr", "Finance: ann, bob"), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	ad := reading(func(context.Context) (*source.Roster, error) {
		defer close(second)
		return roster("ad", "Legal: bob, carl"), nil
	})
	b := newBox("Finance: ann", "bob, carl")
	p, err := makePlan(t.Context(), []groupsync.Source{hr, ad}, b, options())
	require.NoError(t, err)
	var names, ids []string
	for _, e := range p.Header.Sources {
		names = append(names, e.Name)
	}
	for _, c := range p.Changes {
		ids = append(ids, c.Kind.String()+" "+c.Group.Key.Source+" "+c.User.Login)
	}
	assert.Equal(t, []string{"hr", "ad"}, names)
	assert.Equal(t, []string{
		"add hr bob@acme.example", "create_group ad ", "add ad bob@acme.example", "add ad carl@acme.example",
	}, ids)
}

// The first source fails when the second has: both are told, in the order given.
func TestPlan_everyFailureOfASourceIsTold(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	slow := reading(func(context.Context) (*source.Roster, error) {
		<-second
		return nil, errors.New("hr: no such file")
	})
	quick := reading(func(context.Context) (*source.Roster, error) {
		defer close(second)
		return nil, errors.New("ad: no such host")
	})
	_, err := makePlan(t.Context(), []groupsync.Source{slow, saying("ok", "Finance: ann"), quick}, newBox("", ""), options())
	require.EqualError(t, err, "hr: no such file\nad: no such host")
}

func TestPlan_nothingChosen(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann", "")
	opts := options()
	only, err := source.ParsePattern("Finanze")
	require.NoError(t, err)
	opts.Scope.Groups = []source.Pattern{only}
	_, err = makePlan(t.Context(), []groupsync.Source{saying("hr", "Finance: ann\nLegal: ann")}, b, opts)
	require.ErrorIs(t, err, groupsync.ErrNothingChosen)
	require.EqualError(t, err, "no group of the sources is chosen: the sources have 2 groups, "+
		"and none is meant by --group Finanze and left by groups.include and groups.exclude")
	assert.NotContains(t, b.reads, "Members", "memberships were listed for nothing")
}

func TestPlan_neverRemovesOrDemotesItself(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann, bob, rollcall\nLegal: ann, rollcall admin", "")
	p := planned(t, b, "Finance: ann\nLegal: ann, rollcall member")
	require.Len(t, p.Changes, 1)
	assert.Equal(t, "bob@acme.example", p.Changes[0].User.Login)
	assert.Equal(t, 2, p.Header.Kept.Protected)
}

func TestPlan_header(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann", "bob, carl")
	b.calls = 3 // what the client did before: tokens
	p := planned(t, b, "Finance: ann, Carl@acme.example, bob, zoe")
	assert.Equal(t, []string{"bob@acme.example", "Carl@acme.example", "zoe@acme.example"}, b.lookups[0],
		"sorted without regard to case, and only those that no listing showed")
	assert.Equal(t, plan.Calls{Made: 7, Lookup: "asked for 3"}, p.Header.Calls)
	assert.Equal(t, "900001", p.Header.EnterpriseID)
	assert.Equal(t, "Acme", p.Header.Enterprise)
	assert.Equal(t, self, p.Header.Account)
	assert.Equal(t, "main", p.Header.Instance)
}

func TestPlan_readerThatFails(t *testing.T) {
	t.Parallel()
	methods := []string{"Account", "Groups", "Members", "Users"}
	for i, method := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			broken := errors.New("503 from Box")
			b := newBox("Finance: ann", "bob")
			b.onRead = func(_ context.Context, asked string) error {
				if asked == method {
					return broken
				}
				return nil
			}
			p, err := makePlan(t.Context(), []groupsync.Source{saying("hr", "Finance: ann, bob")}, b, options())
			require.Nil(t, p)
			require.ErrorIs(t, err, broken)
			assert.Equal(t, methods[:i+1], b.reads, "reading went on after the error")
		})
	}
}

// A reader that leaves a group out, without saying so, must not make its people
// look missing.
func TestPlan_groupThatWasNotListed(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann\nLegal: ann", "")
	b.unlisted = map[target.GroupID]bool{b.snapshot().Groups[1].ID: true}
	p, err := makePlan(t.Context(), []groupsync.Source{saying("hr", "Finance: ann\nLegal: ann")}, b, options())
	require.Nil(t, p)
	require.ErrorContains(t, err, "the memberships of 1 group")
}

var errInterrupted = errors.New("interrupted by SIGTERM")

// Whoever notices that the context is done, and whatever it makes of that, the
// error says why the run ended and not just "context canceled".
func TestPlan_cancelled(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"Source", "Account", "Groups", "Members", "Users"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			b := newBox("Finance: ann", "bob")
			notice := func(ctx context.Context, here string) error {
				if here == where {
					cancel(errInterrupted)
				}
				return ctx.Err()
			}
			b.onRead = notice
			src := reading(func(ctx context.Context) (*source.Roster, error) {
				return roster("hr", "Finance: ann, bob"), notice(ctx, "Source")
			})
			p, err := makePlan(ctx, []groupsync.Source{src}, b, options())
			require.Nil(t, p)
			require.ErrorIs(t, err, errInterrupted)
			require.ErrorIs(t, err, context.Canceled)
			assert.EqualError(t, err, "interrupted by SIGTERM: context canceled")
		})
	}
}

func TestPlan_cancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	b := newBox("Finance: ann", "")
	src := reading(func(ctx context.Context) (*source.Roster, error) { return nil, context.Cause(ctx) })
	_, err := makePlan(ctx, []groupsync.Source{src}, b, options())
	require.ErrorIs(t, err, errInterrupted)
	require.EqualError(t, err, "interrupted by SIGTERM", "the cause is said once")
	assert.Zero(t, b.Calls())
}
