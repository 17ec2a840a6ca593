package plan_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
)

// seat is a person's place in a group: ann in A.
type seat struct{ group, login string }

// seatWrite is one write that Box has seen of a seat.
type seatWrite struct {
	ours bool
	role string // "" for nobody
}

// tugWorld is a source, a Box that others change too, and all that was ever written
// to Box.
type tugWorld struct {
	source, box map[seat]string
	written     map[seat][]seatWrite
	memory      *plan.Memory
	nights      int
}

func (w *tugWorld) write(at seat, ours bool, role string) {
	w.written[at] = append(w.written[at], seatWrite{ours, role})
	if w.box[at] = role; role == "" {
		delete(w.box, at)
	}
}

func seatText(seats map[seat]string) string {
	var lines []string
	for _, group := range []string{"A", "B"} {
		var members []string
		for at, role := range seats {
			if at.group == group {
				members = append(members, strings.TrimSpace(at.login+" "+strings.TrimPrefix(role, "unstated")))
			}
		}
		slices.Sort(members)
		lines = append(lines, group+": "+strings.Join(members, ", "))
	}
	return strings.Join(lines, "\n")
}

func (w *tugWorld) plan(t *rapid.T, edit func(*plan.Options)) *plan.Plan {
	w.nights++
	o := options(unlimited, edit, remembering(w.memory, night(w.nights)))
	p, err := plan.Diff(roster(seatText(w.source)), box(seatText(w.box), "ann", "bob", "eve"), o)
	require.NoError(t, err)
	w.memory = p.Memory
	w.check(t, p)
	return p
}

func seatOf(c *plan.Change) seat {
	return seat{c.Group.Name, strings.TrimSuffix(c.User.Login, "@acme.example")}
}

// resultOf returns the role that is there once the change is made.
func resultOf(c *plan.Change) string {
	if c.Kind == plan.Remove {
		return ""
	}
	return c.After.String()
}

// check requires a finding of exactly those changes that would write again what we
// wrote last to the seat, where others wrote since.
func (w *tugWorld) check(t *rapid.T, p *plan.Plan) {
	want := map[string][]string{}
	due := slices.Clone(p.Changes)
	for _, h := range p.Holds {
		due = append(due, h.Changes...)
	}
	for i := range due {
		c := &due[i]
		log := w.written[seatOf(c)]
		last := -1
		for j := range log {
			if log[j].ours {
				last = j
			}
		}
		if last >= 0 && last+1 < len(log) && log[last].role == resultOf(c) {
			want[c.Group.Name] = append(want[c.Group.Name], c.User.Login)
		}
	}
	got := map[string][]string{}
	for _, f := range p.Findings {
		require.Equal(t, plan.Undone, f.Kind)
		require.NotContains(t, got, f.Group.Name)
		head, named, _ := strings.Cut(strings.TrimSuffix(f.Text, sayingWho), ": ")
		for _, word := range strings.FieldsFunc(named, func(r rune) bool { return r == ' ' || r == ',' }) {
			if strings.Contains(word, "@") {
				got[f.Group.Name] = append(got[f.Group.Name], word)
			}
		}
		require.True(t, strings.HasPrefix(head, plan.Count(len(got[f.Group.Name]), "change")+" that "), f.Text)
	}
	for _, all := range []map[string][]string{want, got} {
		for _, logins := range all {
			slices.Sort(logins)
		}
	}
	require.Equal(t, want, got, "source\n%s\nBox\n%s", seatText(w.source), seatText(w.box))
}

// run makes what the plan says; some of it may fail.
func (w *tugWorld) run(t *rapid.T, p *plan.Plan) {
	results := make([]plan.Result, len(p.Changes))
	for i := range p.Changes {
		results[i].Outcome = rapid.SampledFrom([]plan.Outcome{plan.Applied, plan.Applied, plan.Applied, plan.Failed, plan.NotAttempted}).Draw(t, "outcome")
		if results[i].Outcome == plan.Applied {
			w.write(seatOf(&p.Changes[i]), true, resultOf(&p.Changes[i]))
		}
	}
	w.memory.RememberMade(strconv.Itoa(w.nights), night(w.nights), p, results)
}

// Whatever the source says and whatever others do to Box, a change is told of as undone
// exactly when others have changed in Box what we last made, and it would be made so
// again.
func TestProperty_undone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &tugWorld{source: map[seat]string{}, box: map[seat]string{}, written: map[seat][]seatWrite{}, memory: &plan.Memory{}}
		seats := rapid.Custom(func(t *rapid.T) seat {
			return seat{rapid.SampledFrom([]string{"A", "B"}).Draw(t, "group"), rapid.SampledFrom([]string{"ann", "bob", "eve"}).Draw(t, "login")}
		})
		edits := map[string]func(*plan.Options){
			"whole": func(*plan.Options) {}, "only A": narrowed("A"), "no removals": additive,
			"held": func(o *plan.Options) { o.Limits.Removals, o.Limits.Adds = plan.AtMost(0), plan.AtMost(0) },
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"source", "source", "others", "others", "plan", "run", "run"}).Draw(t, "step") {
			case "source":
				at, role := seats.Draw(t, "seat"), rapid.SampledFrom([]string{"", "unstated", "member", "admin"}).Draw(t, "role")
				if w.source[at] = role; role == "" {
					delete(w.source, at)
				}
			case "others":
				at, role := seats.Draw(t, "seat"), rapid.SampledFrom([]string{"", "member", "admin"}).Draw(t, "role")
				if w.box[at] != role {
					w.write(at, false, role)
				}
			case "plan":
				if w.nights < 13 {
					w.plan(t, edits[rapid.SampledFrom(slices.Sorted(maps.Keys(edits))).Draw(t, "how")])
				}
			default:
				if w.nights < 13 {
					w.run(t, w.plan(t, edits[rapid.SampledFrom(slices.Sorted(maps.Keys(edits))).Draw(t, "how")]))
				}
			}
		}
	})
}
