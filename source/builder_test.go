package source_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

// said renders a roster through logins, which is all that means anything: one
// line for each group, with its people in order.
func said(r *source.Roster) []string {
	var lines []string
	for _, g := range r.Groups() {
		var members []string
		for _, m := range g.Members {
			members = append(members, fmt.Sprintf("%s/%s", r.Logins(m.Person)[0].Key(), m.Role))
		}
		slices.Sort(members)
		lines = append(lines, g.Key.Source+" "+g.Name+": "+strings.Join(members, " "))
	}
	return lines
}

func TestBuilder_Build_empty(t *testing.T) {
	t.Parallel()
	r := source.NewBuilder(source.Evidence{Name: "hr"}).Build()
	assert.Empty(t, r.Groups())
	assert.Zero(t, r.People())
	assert.Equal(t, []source.Evidence{{Name: "hr"}}, r.Evidence())
}

func TestBuilder_Group(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr"})
	first := b.Group("1", "b", "f:1")
	assert.Equal(t, first, b.Group("1", "renamed", "f:9"), "one id is one group")
	b.Group("3", "A", "f:3")
	b.Group("2", "a", "f:2")
	b.Partial(first, "why")
	var got []string
	for _, g := range b.Build().Groups() {
		got = append(got, fmt.Sprintf("%s %s %s %v", g.Key.ID, g.Name, g.Origin, g.Complete()))
	}
	assert.Equal(t, []string{"3 A f:3 true", "2 a f:2 true", "1 b f:1 false"}, got, "by name, then id")
}

func TestBuilder_Person(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{})
	ann := b.Person("1", "", source.NewLogin("Ann@x"), source.NewLogin("ann@y"))
	bob := b.Person("2", "Bob")
	assert.Equal(t, ann, b.Person("1", "Ann", source.NewLogin("other@x")), "one key is one person")
	assert.Equal(t, ann, b.Person("1", "Anna"))
	r := b.Build()
	assert.Equal(t, source.Person{
		Key: "1", Name: "Ann", Logins: []source.Login{source.NewLogin("Ann@x"), source.NewLogin("ann@y")},
	}, r.Person(ann))
	assert.Empty(t, r.Person(bob).Logins)
}

func TestBuilder_Build_folds(t *testing.T) {
	t.Parallel()
	type row struct {
		role source.Role
		line int
	}
	for _, tt := range []struct {
		name    string
		rows    []row
		role    source.Role
		partial []string
	}{
		{"once", []row{{source.Admin, 2}}, source.Admin, nil},
		{"same_twice", []row{{source.Admin, 2}, {source.Admin, 3}}, source.Admin, nil},
		{"stated_later", []row{{source.Unstated, 2}, {source.Admin, 3}}, source.Admin, nil},
		{"stated_earlier", []row{{source.Member, 2}, {source.Unstated, 3}}, source.Member, nil},
		{"contradiction", []row{{source.Admin, 9}, {source.Member, 4}}, source.Unstated,
			[]string{"f.csv:9: ann@x is listed with another role than in line 4"}},
		{"contradiction_after_unstated", []row{{source.Unstated, 2}, {source.Member, 4}, {source.Admin, 9}}, source.Unstated,
			[]string{"f.csv:9: ann@x is listed with another role than in line 4"}},
		{"said_once_for_many_rows", []row{{source.Member, 2}, {source.Admin, 3}, {source.Member, 4}, {source.Admin, 5}}, source.Unstated,
			[]string{"f.csv:3: ann@x is listed with another role than in line 2"}},
		{"no_lines", []row{{source.Member, 0}, {source.Admin, 0}}, source.Unstated,
			[]string{"ann@x is listed with two different roles"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := source.NewBuilder(source.Evidence{Origin: "f.csv"})
			g := b.Group("g", "g", "")
			p := b.Person("ann@x", "", source.NewLogin("ann@x"))
			for _, r := range tt.rows {
				b.Add(g, p, r.role, r.line)
			}
			r := b.Build()
			group := r.Groups()[0]
			assert.Equal(t, []source.Membership{{Person: p, Role: tt.role}}, group.Members)
			assert.Equal(t, tt.partial, group.Partial)
			var faults []string
			for _, fault := range b.Contradictions() {
				_, positioned := errors.AsType[*source.PositionError](fault)
				assert.Equal(t, tt.rows[0].line > 0, positioned, "%v", fault)
				faults = append(faults, fault.Error())
			}
			assert.Equal(t, tt.partial, faults)
			assert.Equal(t, 1, r.Evidence()[0].Memberships)
		})
	}
}

func TestBuilder_Build_evidence(t *testing.T) {
	t.Parallel()
	notes := make([]string, 1, 4)
	notes[0] = "a note"
	b := source.NewBuilder(source.Evidence{Name: "hr", Notes: notes, GroupsComplete: true})
	p := b.Person("p", "")
	for _, id := range []string{"x", "y", "x"} {
		b.Add(b.Group(id, id, ""), p, source.Member, 0)
	}
	b.SetDigest("sha256:1")
	b.Note("another")
	assert.Equal(t, []source.Evidence{{
		Name: "hr", Digest: "sha256:1", Groups: 2, Memberships: 2, GroupsComplete: true,
		Notes: []string{"a note", "another", "duplicate memberships folded: 1"},
	}}, b.Build().Evidence())
	assert.Empty(t, notes[:2][1], "the caller's notes are left alone")
}

// TestBuilder_anyOrder checks that what a roster says does not depend on the
// order in which a reader comes upon it.
func TestBuilder_anyOrder(t *testing.T) {
	t.Parallel()
	type fact struct {
		Group, Person, Line int
		Role                source.Role
	}
	build := func(facts []fact) *source.Roster {
		b := source.NewBuilder(source.Evidence{Name: "s", Origin: "f"})
		for _, f := range facts {
			group, login := fmt.Sprintf("g%d", f.Group), fmt.Sprintf("p%d@x", f.Person)
			b.Add(b.Group(group, group, ""), b.Person(login, "", source.NewLogin(login)), f.Role, f.Line)
		}
		return b.Build()
	}
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) fact {
			return fact{
				Group:  rapid.IntRange(0, 3).Draw(t, "group"),
				Person: rapid.IntRange(0, 5).Draw(t, "person"),
				Line:   rapid.IntRange(0, 3).Draw(t, "line"),
				Role:   source.Role(rapid.IntRange(0, 2).Draw(t, "role")),
			}
		}), 0, 30).Draw(t, "facts")
		one, other := build(facts), build(rapid.Permutation(facts).Draw(t, "shuffled"))
		if a, b := said(one), said(other); !slices.Equal(a, b) {
			t.Fatalf("one order says\n%q\nand another\n%q", a, b)
		}
		for i, g := range one.Groups() {
			if g.Complete() != other.Groups()[i].Complete() {
				t.Fatalf("%s is complete in one order only", g.Name)
			}
		}
		if a, b := one.Evidence()[0], other.Evidence()[0]; a.Memberships != b.Memberships || !slices.Equal(a.Notes, b.Notes) {
			t.Fatalf("the evidence differs: %v, %v", a, b)
		}
	})
}
