package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// sayingWho is how every finding ends.
const sayingWho = "; the report User Activity of Box's Admin Console says who"

// evening is one step of a story: what the source and Box say, and what a run makes
// of it.
type evening struct {
	roster, box string
	edit        func(*plan.Options)
	outcome     plan.Outcome // of every change; NotAttempted is a run that is dry
	undone      []string     // the findings
}

// runEvenings plays the story with one memory, and looks at its findings.
func runEvenings(t *testing.T, evenings []evening) *plan.Memory {
	t.Helper()
	memory := &plan.Memory{}
	for i, e := range evenings {
		edit := e.edit
		if edit == nil {
			edit = func(*plan.Options) {}
		}
		p := diff(t, roster(e.roster), box(e.box, "ann", "bob", "carl", "eve"), options(unlimited, edit, remembering(memory, night(i+1))))
		var got []string
		for _, f := range p.Findings {
			if f.Kind == plan.Undone {
				text, told := strings.CutSuffix(f.Text, sayingWho)
				assert.True(t, told, f.Text)
				got = append(got, f.Group.Name+": "+text)
			}
		}
		assert.Equal(t, e.undone, got, "night %d", i+1)
		memory = p.Memory
		if e.outcome != plan.NotAttempted {
			memory.RememberMade(fmt.Sprintf("run-%d", i+1), night(i+1), p, allOf(p, e.outcome))
		}
	}
	return memory
}

func allOf(p *plan.Plan, o plan.Outcome) []plan.Result {
	results := make([]plan.Result, len(p.Changes))
	for i := range results {
		results[i].Outcome = o
	}
	return results
}

func TestUndone(t *testing.T) {
	t.Parallel()
	const (
		applied = plan.Applied
		without = "F: ann"
		with    = "F: ann, bob"
	)
	again := func(made, what string) string {
		return "F: 1 change that " + made + " made is due again, so somebody or something undoes it" + what
	}
	adds := evening{roster: with, box: without, outcome: applied}
	removes := evening{roster: without, box: with, outcome: applied}
	const bobAdded, bobRemoved = ": added bob@acme.example", ": removed bob@acme.example"
	of := func(e evening, undone ...string) evening {
		e.undone = undone
		return e
	}
	dry := func(e evening) evening {
		e.outcome = plan.NotAttempted
		return e
	}
	outcome := func(e evening, o plan.Outcome) evening {
		e.outcome = o
		return e
	}
	edited := func(e evening, edit func(*plan.Options)) evening {
		e.edit = edit
		return e
	}
	since := again("the run of 2026-01-01", bobAdded)
	for name, story := range map[string][]evening{
		"an-add-is-due-again":         {adds, of(adds, since)},
		"a-removal-is-due-again":      {removes, of(removes, again("the run of 2026-01-01", bobRemoved))},
		"the-source-goes-to-and-fro":  {adds, removes, adds, removes},
		"nothing-is-due":              {adds, {roster: with, box: with, outcome: applied}},
		"a-plan-in-between-keeps-it":  {adds, dry(of(adds, since)), dry(of(adds, since)), of(adds, since)},
		"what-was-already-is-not-us":  {outcome(adds, plan.Already), adds},
		"what-was-already-ends-it":    {adds, outcome(of(adds, since), plan.Already), adds},
		"what-failed-was-not-made":    {outcome(adds, plan.Failed), adds},
		"what-was-skipped-neither":    {outcome(adds, plan.Skipped), adds},
		"what-fails-again-stays":      {adds, outcome(of(adds, since), plan.Failed), of(adds, since)},
		"a-run-that-makes-nothing":    {adds, {roster: with, box: with, outcome: applied}, of(adds, since)},
		"another-change-in-the-group": {adds, {roster: "F: bob", box: with, outcome: applied}, of(evening{roster: "F: bob", box: "F:", outcome: applied}, since)},
		"a-run-over-other-groups": {
			{roster: with + "\n G: ann", box: without + "\n G: ann", outcome: applied},
			edited(evening{roster: with + "\n G: ann, eve", box: without + "\n G: ann", outcome: applied}, narrowed("G")),
			{roster: with + "\n G: ann", box: without + "\n G: ann", outcome: applied, undone: []string{since}},
		},
		"it-is-held": {
			removes, edited(of(removes, again("the run of 2026-01-01", bobRemoved)), func(o *plan.Options) { o.Limits.Removals = plan.AtMost(0) }),
		},
		"held-too-long-and-it-is-still-there": {
			removes, edited(of(dry(removes), again("the run of 2026-01-01", bobRemoved)), func(o *plan.Options) { o.Limits.Removals = plan.AtMost(0) }),
			{roster: "F: ann, carl", box: "F: ann, bob", edit: additive, outcome: applied},
			of(removes, again("the run of 2026-01-01", bobRemoved)),
		},
		"another-role": {adds, {roster: "F: ann, bob admin", box: with, outcome: applied}},
		"the-same-role": {
			{roster: "F: ann, bob admin", box: with, outcome: applied},
			{roster: "F: ann, bob admin", box: with, outcome: applied, undone: []string{again("the run of 2026-01-01", ": made bob@acme.example a group admin")}},
		},
		"added-as-admin-and-demoted": {
			{roster: "F: ann, bob admin", box: without, outcome: applied},
			{roster: "F: ann, bob admin", box: with, outcome: applied, undone: []string{again("the run of 2026-01-01", ": made bob@acme.example a group admin")}},
		},
		"demoted-and-promoted": {
			{roster: "F: ann, bob member", box: "F: ann, bob admin", outcome: applied},
			{roster: "F: ann, bob member", box: "F: ann, bob admin", outcome: applied, undone: []string{again("the run of 2026-01-01", ": made bob@acme.example a member")}},
		},
		"every-night": {
			adds, of(adds, since), of(adds, again("the run of 2026-01-02", ", 2 times by now"+bobAdded)),
			of(adds, again("the run of 2026-01-03", ", 3 times by now"+bobAdded)),
		},
		"a-group-is-deleted-and-made-again": {
			{roster: with, box: "X [other]:", outcome: applied},
			{roster: with, box: "X [other]:", outcome: applied, undone: []string{
				"F: 3 changes that the run of 2026-01-01 made are due again, so somebody or something undoes them: created the group, added ann@acme.example, added bob@acme.example"}},
			{roster: with, box: without, outcome: applied, undone: []string{again("the run of 2026-01-02", ", 2 times by now"+bobAdded)}},
		},
		"a-group-that-is-spelt-otherwise": {
			{roster: "F: ann", box: "X [other]:", outcome: applied},
			{roster: "f: ann", box: "X [other]:", undone: []string{
				"f: 2 changes that the run of 2026-01-01 made are due again, so somebody or something undoes them: created the group, added ann@acme.example"}},
		},
		"one-more-often-than-the-other": {
			adds, of(adds, since),
			{roster: "F: ann, bob, carl", box: with, outcome: applied},
			{roster: "F: ann, bob, carl", box: without, undone: []string{
				"F: 2 changes that runs since 2026-01-02 made are due again, so somebody or something undoes them, 2 times by now: added bob@acme.example, added carl@acme.example"}},
		},
		"held-and-not-in-their-order": {
			{roster: "F: ann, bob", box: "F: ann, eve", outcome: applied},
			{roster: "F: ann, bob", box: "F: ann, eve", edit: func(o *plan.Options) { o.Limits.Adds = plan.AtMost(0) }, undone: []string{
				"F: 2 changes that the run of 2026-01-01 made are due again, so somebody or something undoes them: added bob@acme.example, removed eve@acme.example"}},
		},
		"many-and-of-two-runs": {
			adds, {roster: "F: ann, bob, carl, eve", box: "F: ann, bob, zoe", outcome: applied},
			{roster: "F: ann, bob, carl, eve", box: "F: ann, zoe", undone: []string{
				"F: 4 changes that runs since 2026-01-01 made are due again, so somebody or something undoes them: added bob@acme.example, added carl@acme.example, added eve@acme.example, and 1 more"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runEvenings(t, story)
		})
	}
}

// What is made of groups is remembered like what is made of members.
func TestUndone_groups(t *testing.T) {
	t.Parallel()
	described := func(text string) func(*plan.Options) {
		return func(o *plan.Options) { o.Settings[target.Provenance] = text }
	}
	for name, c := range map[string]struct {
		box    func(*target.Snapshot)
		before func(*plan.Options)
		after  func(*plan.Options)
		want   string
	}{
		"renamed":       {box: func(s *target.Snapshot) { s.Groups[0].Name = "Old" }, want: "renamed the group"},
		"set":           {before: described("HR"), want: "set what the group is to have"},
		"set-otherwise": {before: described("HR"), after: described("AD")},
		"taken-over": {
			box:    func(s *target.Snapshot) { s.Groups[0].Identifier = "" },
			before: func(o *plan.Options) { o.Adopt, o.Reviewed = true, true }, want: "gave the group its identifier",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := box("F: ann")
			s.Groups[0].Told = true
			if c.box != nil {
				c.box(&s)
			}
			if c.before == nil {
				c.before = func(*plan.Options) {}
			}
			if c.after == nil {
				c.after = c.before
			}
			memory := &plan.Memory{}
			p := diff(t, roster("F: ann"), s, options(c.before, remembering(memory, night(1))))
			require.Len(t, p.Changes, 1)
			memory.RememberMade("1", night(1), p, allOf(p, plan.Applied))
			p = diff(t, roster("F: ann"), s, options(c.after, remembering(memory, night(2))))
			require.Len(t, p.Changes, 1)
			if c.want == "" {
				assert.Empty(t, p.Findings)
				return
			}
			require.Len(t, p.Findings, 1)
			assert.Equal(t, "1 change that the run of 2026-01-01 made is due again, so somebody or something undoes it: "+c.want+sayingWho, p.Findings[0].Text)
		})
	}
}

// What a creation gave the group is made by it as well.
func TestUndone_creation(t *testing.T) {
	t.Parallel()
	made := func(o *plan.Options) { o.Settings[target.Provenance] = "HR" }
	memory := &plan.Memory{}
	p := diff(t, roster("F:"), box("X [other]:"), options(made, remembering(memory, night(1))))
	require.Equal(t, []string{"create_group F (source)"}, changes(p.Changes))
	memory.RememberMade("1", night(1), p, allOf(p, plan.Applied))
	s := box("F:")
	s.Groups[0].Name, s.Groups[0].Told = "Old", true
	p = diff(t, roster("F:"), s, options(made, remembering(memory, night(2))))
	require.Equal(t, []string{"rename_group F from Old (source)", "update_group F (source)"}, changes(p.Changes))
	require.Len(t, p.Findings, 1)
	assert.Contains(t, p.Findings[0].Text, ": renamed the group, set what the group is to have;")
}

func TestUndone_saysWhatToType(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{}
	for i := range 2 {
		p := diff(t, roster("It's [a] *: ann"), box("X [other]:", "ann"), options(remembering(memory, night(i+1))))
		if i == 1 {
			require.Len(t, p.Findings, 1)
			assert.Equal(t, plan.Finding{
				Kind: plan.Undone, Group: p.Changes[0].Group,
				Text:    "2 changes that the run of 2026-01-01 made are due again, so somebody or something undoes them: created the group, added ann@acme.example" + sayingWho,
				Release: `to leave the group alone until it is found who does: rollcall pause -c FILE --group 'It'\''s \[a] \*' --until TIME --reason TEXT`,
			}, p.Findings[0])
			assert.True(t, mustGlobs(`It's \[a] \*`)[0].Match("It's [a] *"))
		}
		memory.RememberMade("1", night(1), p, allOf(p, plan.Applied))
	}
}

// A group that we created and that somebody takes from us is undone too, though
// nobody deleted it.
func TestUndone_takenFromUs(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{}
	adopting := func(o *plan.Options) { o.Adopt, o.Reviewed = true, true }
	p := diff(t, roster("F:"), box("X [other]:"), options(adopting, remembering(memory, night(1))))
	require.Equal(t, []string{"create_group F (source)"}, changes(p.Changes))
	memory.RememberMade("1", night(1), p, allOf(p, plan.Applied))
	p = diff(t, roster("F:"), box("F []:"), options(adopting, remembering(memory, night(2))))
	require.Equal(t, []string{"adopt_group F (source)"}, changes(p.Changes))
	require.Len(t, p.Findings, 1)
	assert.Contains(t, p.Findings[0].Text, ": gave the group its identifier;")
}

// A user who was deleted and made again is another user.
func TestUndone_anotherUser(t *testing.T) {
	t.Parallel()
	memory := &plan.Memory{}
	r, s := roster("F: ann, bob"), box("F: ann", "bob")
	p := diff(t, r, s, options(remembering(memory, night(1))))
	memory.RememberMade("1", night(1), p, allOf(p, plan.Applied))
	s.Users[0].ID++
	assert.Empty(t, diff(t, r, s, options(remembering(memory, night(2)))).Findings)
}

func TestMemory_RememberMade(t *testing.T) {
	t.Parallel()
	adding := func(login string) *plan.Plan {
		return diff(t, roster("F: ann, "+login), box("F: ann", login), options())
	}
	note := func(m *plan.Memory, run string, at time.Time, login string) {
		p := adding(login)
		m.RememberMade(run, at, p, allOf(p, plan.Applied))
	}
	facts := func(m *plan.Memory) (out []string) {
		for _, made := range m.Made {
			for group, g := range made.Groups {
				for _, login := range []string{"bob", "carl", "eve"} {
					what := "user/" + userID(address(login)).String()
					if is := g.Facts[what]; is != "" {
						out = append(out, fmt.Sprintf("%s %s %s %s %d", made.Run, strings.TrimPrefix(group, "rollcall:main:hr:"), login, is, g.Again[what]))
					}
				}
			}
		}
		return out
	}
	m := &plan.Memory{}
	note(m, "a", night(1), "bob")
	note(m, "a", night(1), "bob")
	assert.Equal(t, []string{"a f bob member 0"}, facts(m), "a run that is noted twice")
	note(m, "b", night(10), "carl")
	assert.Equal(t, []string{"b f carl member 0", "a f bob member 0"}, facts(m))
	note(m, "c", night(14), "carl")
	note(m, "c", night(14), "carl")
	assert.Equal(t, []string{"c f carl member 1", "a f bob member 0"}, facts(m))
	p := adding("eve")
	m.RememberMade("d", night(16), p, allOf(p, plan.Failed))
	m.RememberMade("e", night(17), p, allOf(p, plan.Already))
	assert.Equal(t, []string{"c f carl member 1", "a f bob member 0"}, facts(m), "runs that made nothing forget nothing")
	note(m, "f", night(15), "eve")
	assert.Equal(t, []string{"f f eve member 0", "c f carl member 1"}, facts(m), "what is two weeks old goes with the next that is made")
	note(m, "0", night(14), "bob")
	assert.Equal(t, []string{"f f eve member 0", "c f carl member 1", "0 f bob member 0"}, facts(m), "the newest comes first")
	assert.Equal(t, night(15), m.Made[0].At)
	user := "user/" + userID(address("eve")).String()
	assert.Equal(t, map[string]plan.MadeGroup{"rollcall:main:hr:f": {Facts: map[string]string{user: "member"}}}, m.Made[0].Groups, "what was made once has no number")

	now := night(15).Add(time.Hour + time.Nanosecond).In(time.FixedZone("", 3600))
	note(m, "g", now, "eve")
	assert.Equal(t, night(15).Add(time.Hour), m.Made[0].At)
}

// A memory that is kept elsewhere is not changed, and what is superseded leaves
// nothing behind.
func TestMemory_RememberMade_leavesOthersAlone(t *testing.T) {
	t.Parallel()
	removing := &plan.Plan{}
	for _, name := range []string{"F", "G"} {
		removing.Changes = append(removing.Changes,
			plan.Change{Kind: plan.Remove, Group: ref(1, name), User: target.User{ID: 7}},
			plan.Change{Kind: plan.Remove, Group: ref(1, name), User: target.User{ID: 8}})
	}
	note := func(m *plan.Memory, run string, day, n int) {
		p := &plan.Plan{Changes: removing.Changes[:n]}
		m.RememberMade(run, night(day), p, allOf(p, plan.Applied))
	}
	m := &plan.Memory{}
	note(m, "a", 1, 4)
	note(m, "b", 2, 4)
	before, text := &plan.Memory{Made: m.Made}, fmt.Sprint(m.Made)
	note(m, "c", 3, 3)
	assert.Equal(t, text, fmt.Sprint(before.Made))
	assert.Equal(t, []plan.Made{
		{Run: "c", At: night(3), Groups: map[string]plan.MadeGroup{
			"rollcall:main:hr:f": {Facts: map[string]string{"user/7": "none", "user/8": "none"}, Again: map[string]int{"user/7": 2, "user/8": 2}},
			"rollcall:main:hr:g": {Facts: map[string]string{"user/7": "none"}, Again: map[string]int{"user/7": 2}},
		}},
		{Run: "b", At: night(2), Groups: map[string]plan.MadeGroup{
			"rollcall:main:hr:g": {Facts: map[string]string{"user/8": "none"}, Again: map[string]int{"user/8": 1}},
		}},
	}, m.Made)
}

// More than can be remembered is left out, the oldest first, and no group by half.
func TestMemory_RememberMade_bound(t *testing.T) {
	t.Parallel()
	made := func(name string, n int) *plan.Plan {
		p := &plan.Plan{}
		for i := range n {
			p.Changes = append(p.Changes, plan.Change{Kind: plan.Remove, Group: ref(1, name), User: target.User{ID: target.UserID(i + 1)}})
		}
		return p
	}
	m := &plan.Memory{}
	note := func(day int, p *plan.Plan) {
		m.RememberMade(fmt.Sprint("run-", day), night(day), p, allOf(p, plan.Applied))
	}
	sizes := func() map[string]int {
		sizes := map[string]int{}
		for _, r := range m.Made {
			for group, g := range r.Groups {
				sizes[r.Run+group] = len(g.Facts)
			}
		}
		return sizes
	}
	note(1, made("Old", 3))
	note(2, made("Middle", 5))
	big := made("Big", plan.MaxMade-5)
	note(3, big)
	assert.Equal(t, map[string]int{"run-3rollcall:main:hr:big": plan.MaxMade - 5, "run-2rollcall:main:hr:middle": 5}, sizes())
	two := made("A", plan.MaxMade)
	two.Changes = append(two.Changes, made("B", 2).Changes...)
	note(4, two)
	assert.Equal(t, map[string]int{"run-4rollcall:main:hr:a": plan.MaxMade}, sizes())
	assert.Len(t, m.Made, 1, "a run of which nothing is left")
	note(5, made("Huge", plan.MaxMade+1))
	assert.Equal(t, map[string]int{"run-4rollcall:main:hr:a": plan.MaxMade}, sizes())
	m.RememberMade("6", night(6), two, allOf(two, plan.Already))
	assert.Empty(t, m.Made, "nor one that is superseded")
}
