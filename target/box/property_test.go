package box_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// seat is one user's place in one group.
type seat struct{ group, login string }

// model is what memberships and identifiers must be, and which ids the
// memberships had.
type model struct {
	roles map[seat]target.Role
	ids   map[seat][]target.MembershipID // the last is the present one's, where there is one
	marks map[string]string              // the identifier of each group
}

// machine writes into a Box that breaks down all the time, and keeps the model
// beside it.
type machine struct {
	*world

	writer *box.Writer
	faults emulator.Faults
	model  model
}

var (
	someGroups = []string{"g0", "g1"}
	someMarks  = []string{"", ids + "1", ids + "2"}
	somePeople = []string{"p0@acme.example", "p1@acme.example", "p2@acme.example"}
)

func newMachine(t *rapid.T) *machine {
	m := &machine{world: newWorld(t), model: model{
		roles: map[seat]target.Role{}, ids: map[seat][]target.MembershipID{}, marks: map[string]string{},
	}}
	for _, g := range someGroups {
		m.mustAddGroup(g, "")
	}
	for _, p := range somePeople {
		_, err := m.AddUser(emulator.User{Login: p})
		require.NoError(t, err)
	}
	chance := rapid.SampledFrom([]float64{0, 0.2})
	m.faults = emulator.Faults{
		ErrorBefore: chance.Draw(t, "error before"), ErrorAfter: chance.Draw(t, "error after"),
		ResetBefore: chance.Draw(t, "reset before"), ResetAfter: chance.Draw(t, "reset after"),
	}
	m.SetFaults(m.faults)
	m.writer = m.world.writer(func(cfg *boxapi.Config) {
		cfg.Retry = boxapi.Retry{MaxAttempts: 6, Base: time.Millisecond, MaxWait: time.Millisecond}
	})
	return m
}

// draw chooses a place, with the id of a membership that stands or once stood.
func (m *machine) draw(t *rapid.T) (seat, target.Place, bool) {
	s := seat{rapid.SampledFrom(someGroups).Draw(t, "group"), rapid.SampledFrom(somePeople).Draw(t, "login")}
	place := m.place(s.group, s.login)
	current := false
	if known := m.model.ids[s]; len(known) > 0 {
		i := rapid.IntRange(0, len(known)-1).Draw(t, "membership")
		place.Membership, current = known[i], i == len(known)-1
	}
	return s, place, current && m.model.roles[s] != 0
}

// settle makes a write. A write that gives up, which happens when six attempts
// fail, is made again when Box has recovered, as the next run would.
func (m *machine) settle(t *rapid.T, want []target.State, effects int, write func() (target.Answer, error)) {
	before := len(m.Journal())
	got, err := write()
	gaveUp := err != nil
	if gaveUp {
		require.False(t, isFatal(err), "%v", err)
		m.SetFaults(emulator.Faults{})
		got, err = write()
		require.NoError(t, err)
		m.SetFaults(m.faults)
	}
	made := len(m.Journal()) - before
	require.Equal(t, effects, made, "effects")
	if gaveUp {
		return // the state says little: the first attempt may have done it all
	}
	require.Contains(t, want, got.State, got.Found)
	if got.State != target.Applied {
		require.Zero(t, made, "nothing is changed in passing")
		require.NotEmpty(t, got.Found)
	}
}

func (m *machine) add(t *rapid.T) {
	s, place, _ := m.draw(t)
	role := rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin}).Draw(t, "role")
	was := m.model.roles[s]
	// Where an answer was lost, what is there already may be our own doing.
	want, effects := []target.State{target.Already, target.Applied}, 0
	switch {
	case was == 0, was == target.RoleMember && role == target.RoleAdmin:
		want, effects = []target.State{target.Applied}, 1
		m.model.roles[s] = role
	case was != role:
		want = []target.State{target.Already} // never demoted
	}
	m.settle(t, want, effects, func() (target.Answer, error) { return m.writer.Add(t.Context(), place, role) })
	if was == 0 {
		journal := m.Journal()
		id := number(t, journal[len(journal)-1].MembershipID)
		m.model.ids[s] = append(m.model.ids[s], target.MembershipID(id))
	}
}

func (m *machine) setRole(t *rapid.T) {
	s, place, stands := m.draw(t)
	if place.Membership == 0 {
		t.Skip("was never in the group")
	}
	role := rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin}).Draw(t, "role")
	want, effects := []target.State{target.Skipped}, 0
	if stands {
		want = []target.State{target.Applied}
		if m.model.roles[s] != role {
			effects = 1
		}
		m.model.roles[s] = role
	}
	m.settle(t, want, effects, func() (target.Answer, error) { return m.writer.SetRole(t.Context(), place, role) })
}

func (m *machine) remove(t *rapid.T) {
	s, place, stands := m.draw(t)
	if place.Membership == 0 {
		t.Skip("was never in the group")
	}
	want, effects := []target.State{target.Already, target.Applied}, 0
	switch {
	case stands:
		want, effects = []target.State{target.Applied}, 1
		delete(m.model.roles, s)
	case m.model.roles[s] != 0:
		want = []target.State{target.Skipped} // another membership than the one meant
	}
	m.settle(t, want, effects, func() (target.Answer, error) { return m.writer.Remove(t.Context(), place) })
}

func (m *machine) takeOver(t *rapid.T) {
	name := rapid.SampledFrom(someGroups).Draw(t, "group")
	before := rapid.SampledFrom(someMarks).Draw(t, "before")
	identifier := rapid.SampledFrom(someMarks[1:]).Draw(t, "identifier")
	want, effects := target.Skipped, 0
	switch m.model.marks[name] {
	case identifier:
		want = target.Already // read before the first write, so that it cannot be our own doing
	case before:
		want, effects = target.Applied, 1
		m.model.marks[name] = identifier
	}
	m.settle(t, []target.State{want}, effects, func() (target.Answer, error) {
		return m.writer.TakeOver(t.Context(), m.group(name), before, identifier)
	})
}

func (m *machine) check(t *rapid.T) {
	for _, g := range someGroups {
		want := []string{}
		for s, role := range m.model.roles {
			if s.group == g {
				want = append(want, s.login+" "+role.String())
			}
		}
		slices.Sort(want)
		require.Equal(t, want, m.Members(g))
		shown, _ := m.Group(g)
		require.Equal(t, m.model.marks[g], shown.ExternalSyncIdentifier)
	}
	in := map[string]bool{}
	for _, e := range m.Journal() {
		place := e.GroupID + "/" + e.UserID
		switch e.Action {
		case "add_member":
			require.False(t, in[place], "added twice: %+v", e)
			in[place] = true
		case "remove_member":
			require.True(t, in[place], "removed twice: %+v", e)
			in[place] = false
		case "update_group":
			require.NotEqual(t, e.IdentifierBefore, e.IdentifierAfter, "nothing was changed: %+v", e)
		default:
			require.Equal(t, "change_member", e.Action)
			require.NotEqual(t, e.RoleBefore, e.RoleAfter, "nothing was changed: %+v", e)
		}
	}
}

// However many answers are lost, the end is what was asked for, and nothing
// takes effect twice.
func TestWriter_whatever_breaks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){"add": m.add, "setRole": m.setRole, "remove": m.remove, "takeOver": m.takeOver, "": m.check})
	})
}

// Several workers write at once, each to their own person, while Box breaks
// down; the counts of what was applied and of what took effect agree.
func TestWriter_several_workers(t *testing.T) {
	t.Parallel()
	const workers = 16
	w := newWorld(t).seed(append(crowd("", workers), "Ops,,,,")...)
	w.SetFaults(emulator.Faults{ErrorBefore: 0.1, ErrorAfter: 0.1, ResetBefore: 0.1, ResetAfter: 0.1})
	writer := w.writer(func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 40 })
	answers := make(chan target.Answer, workers)
	for i := range workers {
		place := w.place("Ops", fmt.Sprintf("p%d@acme.example", i))
		go func() {
			got, err := writer.Add(t.Context(), place, target.RoleMember)
			assert.NoError(t, err)
			answers <- got
		}()
	}
	for range workers {
		assert.Equal(t, applied(w.group("Ops")), <-answers)
	}
	assert.Len(t, w.Journal(), workers)
	assert.Len(t, w.Members("Ops"), workers)
}
