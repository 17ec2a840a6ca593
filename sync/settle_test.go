package sync_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

const (
	settledMade    = "the run died over it; Box shows that it was made"
	settledNotMade = "the run died over it; Box does not show that it was made"
)

// scene is a change that a run had begun when it died, and what has happened to
// the Box since.
type scene struct {
	box    *memoryBox
	plan   *plan.Plan
	change *plan.Change
}

// group returns the Box group of the change.
func (s *scene) group() target.GroupID {
	for id, g := range s.box.groups {
		if id == s.change.Group.ID || source.FoldIdentifier(g.Identifier) == source.FoldIdentifier(s.change.Group.Identifier) {
			return id
		}
	}
	return 0
}

// made makes the change, and before it those that it needs.
func (s *scene) made() {
	some := &plan.Plan{}
	for _, c := range s.plan.Changes {
		if c.ID == s.change.ID || slices.Contains(s.change.Needs, c.ID) {
			some.Changes = append(some.Changes, c)
		}
	}
	groupsync.Apply(context.Background(), some, s.box, groupsync.ApplyOptions{})
}

// needed makes only what the change needs.
func (s *scene) needed() {
	for _, c := range s.plan.Changes {
		if slices.Contains(s.change.Needs, c.ID) {
			groupsync.Apply(context.Background(), &plan.Plan{Changes: []plan.Change{c}}, s.box, groupsync.ApplyOptions{})
		}
	}
}

func (s *scene) gone() {
	id := s.group()
	delete(s.box.groups, id)
	delete(s.box.members, id)
}

func (s *scene) readded() {
	delete(s.box.members[s.group()], s.change.User.ID)
	s.box.addMember(s.group(), s.change.User.ID, target.RoleMember)
}

func (s *scene) left() { delete(s.box.members[s.group()], s.change.User.ID) }

func (s *scene) put(role target.Role) func() {
	return func() { s.box.addMember(s.group(), s.change.User.ID, role) }
}

func (s *scene) edit(edit func(*target.Group)) func() {
	return func() {
		g := s.box.groups[s.group()]
		edit(&g)
		s.box.groups[g.ID] = g
	}
}

func (s *scene) hides()   { s.box.hidden = map[target.GroupID]int{s.group(): 1} }
func (s *scene) tooLong() { s.box.truncated = map[target.GroupID]bool{s.group(): true} }

func TestSettle(t *testing.T) {
	t.Parallel()
	const (
		now      = "the run died over it; now: "
		have     = "Finance: ann admin, bob, carl\nTrade: ann\nBare []: ann\nMoved [rollcall:main:old:moved]: ann"
		want     = "Finance: ann admin, bob admin, dora\nTrade (new): ann\nBare: ann, dora\nMoved: ann, dora\nBoard: dora, ann admin"
		create   = "create_group Board"
		adopt    = "adopt_group Bare"
		rekey    = "rekey_group Moved"
		rename   = "rename_group Trade (new)"
		add      = "add Finance dora"
		addNew   = "add Board dora"
		addAdmin = "add Board ann"
		addTaken = "add Bare dora"
		role     = "set_role Finance bob"
		remove   = "remove Finance carl"
	)
	renamed := func(s *scene) func() { return s.edit(func(g *target.Group) { g.Name = "By hand" }) }
	unmarked := func(s *scene) func() { return s.edit(func(g *target.Group) { g.Identifier = "" }) }
	shouted := func(s *scene) func() {
		return s.edit(func(g *target.Group) {
			g.Identifier = "rollcall:main:hr:" + strings.ToUpper(groupKey(s.change.Group.Name))
		})
	}
	foreign := func(s *scene) func() { return s.edit(func(g *target.Group) { g.Identifier = "okta:1" }) }
	for _, test := range []struct {
		name    string
		changes []string
		since   func(s *scene) []func()
		applied bool
		detail  string
	}{
		{"not-made", []string{create, adopt, rekey, rename, add, addNew, addAdmin, role, remove},
			func(*scene) []func() { return nil }, false, settledNotMade},
		{"not-made-and-what-it-needs-is", []string{addNew, addAdmin, addTaken},
			func(s *scene) []func() { return []func(){s.needed} }, false, settledNotMade},
		{"made", []string{create, adopt, rekey, rename, add, addNew, addAdmin, addTaken, role, remove},
			func(s *scene) []func() { return []func(){s.made} }, true, settledMade},
		{"made-and-renamed-since", []string{create, adopt, rekey, add, addNew, addTaken, role, remove},
			func(s *scene) []func() { return []func(){s.made, renamed(s)} }, true, settledMade},
		{"made-and-marked-in-another-case", []string{create, adopt, rekey, rename, add, addNew, addTaken, role, remove},
			func(s *scene) []func() { return []func(){s.made, shouted(s)} }, true, settledMade},
		{"made-and-hidden-rows", []string{create, adopt, rekey, rename, add, addNew, addTaken, role},
			func(s *scene) []func() { return []func(){s.made, s.hides} }, true, settledMade},
		{"made-and-too-long-a-list", []string{create, adopt, rekey, rename, add, addNew, addTaken, role},
			func(s *scene) []func() { return []func(){s.made, s.tooLong} }, true, settledMade},
		{"created-and-gone", []string{create, addNew, addAdmin},
			func(s *scene) []func() { return []func(){s.made, s.gone} }, false, settledNotMade},
		{"gone", []string{adopt, rekey, rename, add, addTaken, role, remove},
			func(s *scene) []func() { return []func(){s.made, s.gone} }, false, now + "the group is gone from Box"},
		{"the-name-is-taken", []string{create},
			func(s *scene) []func() { return []func(){func() { s.box.addGroup("Board", "") }} },
			false, now + "Box group 30 has that name now"},
		{"another-carries-the-identifier-too", []string{create},
			func(s *scene) []func() {
				return []func(){s.made, func() { s.box.addGroup("Copy", s.change.Group.Identifier) }}
			}, false, now + "2 Box groups carry its identifier now"},
		{"taken-over-and-undone", []string{adopt},
			func(s *scene) []func() { return []func(){s.made, unmarked(s)} }, false, settledNotMade},
		{"taken-over-and-undone", []string{rekey},
			func(s *scene) []func() { return []func(){s.made, unmarked(s)} }, false, now + "the group carries no identifier now"},
		{"taken-over-by-somebody-else", []string{adopt, rekey},
			func(s *scene) []func() { return []func(){s.made, foreign(s)} },
			false, now + `the group carries the identifier "okta:1" now`},
		{"no-longer-ours", []string{rename, add, role, remove},
			func(s *scene) []func() { return []func(){foreign(s)} },
			false, now + `the group carries the identifier "okta:1" now`},
		{"renamed-otherwise", []string{rename},
			func(s *scene) []func() { return []func(){s.made, renamed(s)} }, false, now + `the group is called "By hand" now`},
		{"added-and-left", []string{add, addNew, addAdmin, addTaken},
			func(s *scene) []func() { return []func(){s.made, s.left} }, false, settledNotMade},
		{"added-and-made-admin", []string{add, addNew, addTaken},
			func(s *scene) []func() { return []func(){s.made, s.put(target.RoleAdmin)} }, true, settledMade},
		{"added-and-demoted", []string{addAdmin},
			func(s *scene) []func() { return []func(){s.made, s.put(target.RoleMember)} },
			false, now + "is in the group already, as member"},
		{"role-undone", []string{role},
			func(s *scene) []func() { return []func(){s.made, s.put(target.RoleMember)} }, false, settledNotMade},
		{"role-and-left", []string{role},
			func(s *scene) []func() { return []func(){s.made, s.left} }, false, now + "is no longer in the group"},
		{"role-and-added-again", []string{role},
			func(s *scene) []func() { return []func(){s.made, s.readded} }, false, now + "was removed and added again, as member"},
		{"removed-and-added-again", []string{remove},
			func(s *scene) []func() { return []func(){s.made, s.readded} }, false, now + "was removed and added again, as member"},
		{"made-admin-before-the-removal", []string{remove},
			func(s *scene) []func() { return []func(){s.put(target.RoleAdmin)} },
			false, now + "is admin now, and was member when the plan was made"},
		{"may-be-hidden", []string{add},
			func(s *scene) []func() { return []func(){s.hides} }, false, settledNotMade},
		{"may-be-hidden", []string{remove},
			func(s *scene) []func() { return []func(){s.made, s.hides} }, false, now + "Box does not show the membership now"},
		{"may-be-beyond-the-list", []string{remove},
			func(s *scene) []func() { return []func(){s.made, s.tooLong} }, false, now + "Box does not show the membership now"},
		{"may-be-beyond-the-list", []string{add},
			func(s *scene) []func() { return []func(){s.tooLong} },
			false, now + "held by too_large: Box lists no more than 3 of the group's memberships, so those to add may be in it already"},
	} {
		for _, name := range test.changes {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				b := newBox(have, "dora")
				b.nextID = 29 // so that the next group is known by its id
				s := &scene{box: b, plan: reviewed(t, b, want)}
				for i := range s.plan.Changes {
					c := &s.plan.Changes[i]
					text := c.Kind.String() + " " + c.Group.Name
					if c.User.ID != 0 {
						text += " " + b.users[c.User.ID].Login[:len(b.users[c.User.ID].Login)-len("@acme.example")]
					}
					if text == name {
						s.change = c
					}
				}
				require.NotNil(t, s.change, "the plan has no such change")
				for _, step := range test.since(s) {
					step()
				}
				requireSettled(t, s, test.applied, test.detail)
			})
		}
	}
}

// requireSettled settles the change, alone and among all others, by reading only.
func requireSettled(t *testing.T, s *scene, applied bool, detail string) {
	t.Helper()
	want := groupsync.Settled{Result: plan.Result{Detail: detail}}
	if applied {
		want.Result.Outcome = plan.Applied
		if s.change.Kind == plan.CreateGroup {
			want.Group = s.group()
			require.NotZero(t, want.Group)
		}
	}
	at := find(t, s.plan, s.change.ID)
	before, events, reads := s.box.state(), len(s.box.events), len(s.box.reads)
	settled, err := groupsync.Settle(t.Context(), s.plan, []int{at}, s.box)
	require.NoError(t, err)
	assert.Equal(t, []groupsync.Settled{want}, settled)
	assert.Equal(t, []string{"Groups", "Members"}, s.box.reads[reads:])
	var all []int
	for i := range s.plan.Changes {
		all = append(all, i)
	}
	settled, err = groupsync.Settle(t.Context(), s.plan, all, s.box)
	require.NoError(t, err)
	require.Len(t, settled, len(all))
	assert.Equal(t, want.Result.Outcome, settled[at].Result.Outcome)
	assert.Equal(t, want.Group, settled[at].Group)
	assert.Equal(t, before, s.box.state())
	assert.Len(t, s.box.events, events, "something was written")
}

// What limits and the plan's holds make of a change that was not made is nobody's
// business any more.
func TestSettle_limitsSayNothing(t *testing.T) {
	t.Parallel()
	b := newBox("Finance: ann, bob", "carl")
	opts := options()
	opts.Limits.HoldEmptyGroup = true
	p, err := makePlan(t.Context(), []groupsync.Source{saying("hr", "Finance: carl")}, b, opts)
	require.NoError(t, err)
	require.Len(t, p.Changes, 3)
	group := b.snapshot().Groups[0].ID
	delete(b.members[group], b.user("ann").ID) // removals first; the run died over the second
	settled, err := groupsync.Settle(t.Context(), p, []int{2}, b)
	require.NoError(t, err)
	assert.Equal(t, []groupsync.Settled{{Result: plan.Result{Detail: settledNotMade}}}, settled)

	p.Header.Limits = plan.Limits{Removals: plan.AtMost(0), BlockAll: true}
	settled, err = groupsync.Settle(t.Context(), p, []int{2}, b)
	require.NoError(t, err)
	assert.Equal(t, []groupsync.Settled{{Result: plan.Result{Detail: settledNotMade}}}, settled)
}

func TestSettle_nothing(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	reads := len(b.reads)
	settled, err := groupsync.Settle(t.Context(), p, nil, b)
	require.NoError(t, err)
	assert.Empty(t, settled)
	assert.Len(t, b.reads, reads, "Box was asked for nothing")
}

// Only the groups of what was begun are listed, and results come in the order of
// the places given.
func TestSettle_severalPlaces(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	b.listed = nil
	made, not := find(t, p, "create_group/rollcall:main:hr:club"), -1
	for i := range p.Changes {
		if p.Changes[i].Kind == plan.SetRole && p.Changes[i].Group.Name == "Finance" {
			not = i
		}
	}
	club, err := b.CreateGroup(t.Context(), "Club", "rollcall:main:hr:club", target.Settings{})
	require.NoError(t, err)
	for _, order := range [][]int{{made, not}, {not, made}} {
		b.listed = nil
		settled, err := groupsync.Settle(t.Context(), p, order, b)
		require.NoError(t, err)
		assert.Equal(t, []target.GroupID{p.Changes[not].Group.ID, club.Group}, b.listed)
		want := map[int]groupsync.Settled{
			made: {Result: plan.Result{Outcome: plan.Applied, Detail: settledMade}, Group: club.Group},
			not:  {Result: plan.Result{Detail: settledNotMade}},
		}
		assert.Equal(t, []groupsync.Settled{want[order[0]], want[order[1]]}, settled)
	}
}

func TestSettle_readerThatFails(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Groups", "Members"} {
		for _, cancelled := range []bool{false, true} {
			b, p := everything(t)
			ctx, requireFailed := b.fails(t, method, cancelled)
			settled, err := groupsync.Settle(ctx, p, []int{0, 1}, b)
			require.Nil(t, settled)
			requireFailed(err)
		}
	}
}

// A group that the reader forgot has not been looked at.
func TestSettle_groupThatWasNotListed(t *testing.T) {
	t.Parallel()
	b, p := everything(t)
	at := find(t, p, "rename_group/"+b.snapshot().Groups[2].ID.String())
	b.unlisted = map[target.GroupID]bool{p.Changes[at].Group.ID: true}
	settled, err := groupsync.Settle(t.Context(), p, []int{at}, b)
	require.Nil(t, settled)
	require.ErrorContains(t, err, "were not read")
}

// Where the name is the key, its spelling in the plan may be another one than
// that of the group in Box.
func TestSettle_creationInAnotherCase(t *testing.T) {
	t.Parallel()
	b := newBox("", "")
	id := b.addGroup("board", "rollcall:main:hr:board")
	p := &plan.Plan{Changes: []plan.Change{{
		ID: "create_group/rollcall:main:hr:Board", Kind: plan.CreateGroup,
		Group: plan.GroupRef{Identifier: "rollcall:main:hr:Board", Name: "Board"},
	}}}
	settled, err := groupsync.Settle(t.Context(), p, []int{0}, b)
	require.NoError(t, err)
	assert.Equal(t, []groupsync.Settled{{Result: plan.Result{Outcome: plan.Applied, Detail: settledMade}, Group: id}}, settled)
}
