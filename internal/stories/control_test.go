package stories_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// controlled is a story of one run, with a write that Box refuses.
const controlled = `promise: every change is accounted for
given sync --confirm
source add Sales noor@acme.example
source remove Sales bob@acme.example
source add Board zoe@acme.example
box fails 'POST /group_memberships' 403 code=forbidden_by_policy times=1
config 'target: {box: {base_url: "${BOX}", auth: {token: {env: TOKEN}}, rate: {requests_per_minute: 0, concurrency: 1}}}'
env TOKEN=emulator-token
run tonight sync --confirm
exit 3
`

// TestControls shows that what differs is noticed.
func TestControls(t *testing.T) {
	t.Parallel()
	binary := built.Program(t)
	w := newWorld(t, binary)
	got := w.tell(&played.Case{Steps: controlled}, "csv")
	require.Len(t, got.runs, 1)
	fresh := func() *played.Case {
		c := &played.Case{Steps: controlled}
		got.expect(c)
		return c
	}
	require.Empty(t, got.problems(fresh()))
	writes := strings.Split(strings.TrimSuffix(got.runs[0].writes, "\n"), "\n")
	require.Equal(t, []string{
		"add noor@acme.example to Sales as member", "answered 403: POST /group_memberships", "remove bob@acme.example from Sales (member)", "3 requests",
	}, writes)

	for name, c := range map[string]struct {
		change func(*played.Case)
		want   string
	}{
		"a_write_is_missing":          {edit("tonight.writes", writes[2]+"\n", ""), "tonight.writes is"},
		"a_write_is_too_much":         {edit("tonight.writes", "3 requests", "remove cem@acme.example from Sales (member)\n3 requests"), "tonight.writes is"},
		"a_refused_write_is_too_much": {edit("tonight.writes", "answered 403: POST /group_memberships\n", ""), "tonight.writes is"},
		"requests_are_too_many":       {edit("tonight.writes", "3 requests", "2 requests"), "tonight.writes is"},
		"writes_are_not_said":         {drop("tonight.writes"), "tonight.writes is"},
		"the_output_differs":          {edit("tonight.stdout", "noor@", "nour@"), "tonight.stdout is"},
		"the_message_differs":         {add("tonight.stderr", "rollcall: no\n"), "tonight.stderr is"},
		"box_differs":                 {edit("box", "-bob", ""), "box is"},
		"box_is_not_said":             {drop("box"), "box is"},
		"the_exit_code_differs":       {steps("exit 3", "exit 0"), "tonight ended with exit code 3 and not"},
		"no_exit_code":                {steps("exit 3\n", ""), "tonight ended with exit code 3 and not"},
		"a_section_of_no_run":         {add("tonihgt.stderr", "rollcall: no\n"), "no run has a section tonihgt.stderr"},
		"no_reason":                   {steps("promise: every change is accounted for\n", ""), "the story does not say which incident or promise"},
		"no_such_promise":             {steps("promise: every", "promise: some"), `there is no promise "some change is accounted for"`},
		"no_such_incident":            {steps("promise: every change is accounted for", "incident: long ago"), "an incident is owner/repository#number, and not long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := fresh()
			c.change(wrong)
			problems := got.problems(wrong)
			assert.True(t, slices.ContainsFunc(problems, func(p string) bool { return strings.HasPrefix(p, c.want) }), "%q is not in %q", c.want, problems)
		})
	}
}

func edit(section, from, to string) func(*played.Case) {
	return func(c *played.Case) {
		for i, f := range c.Wanted {
			if f.Name == section && strings.Contains(string(f.Data), from) {
				c.Wanted[i].Data = []byte(strings.ReplaceAll(string(f.Data), from, to))
				return
			}
		}
		panic(section + " has no " + from)
	}
}

func drop(section string) func(*played.Case) {
	return func(c *played.Case) {
		c.Wanted = slices.DeleteFunc(slices.Clone(c.Wanted), func(f txtar.File) bool { return f.Name == section })
	}
}

func add(section, text string) func(*played.Case) {
	return func(c *played.Case) {
		c.Wanted = append(c.Wanted, txtar.File{Name: section, Data: []byte(text)})
	}
}

func steps(from, to string) func(*played.Case) {
	return func(c *played.Case) { c.Steps = strings.ReplaceAll(c.Steps, from, to) }
}

// TestControls_nights shows what moves when time passes, and what does not.
func TestControls_nights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built.Program(t))
	w.tell(&played.Case{Steps: "given plan -o plan.jsonl"}, "csv")
	path, modified := "state/main-900001/memory.json", w.modified("groups.csv")
	memory, plan := w.Read(path), w.Read("plan.jsonl")
	w.later(48 * time.Hour)
	assert.Equal(t, movedBack(memory, 48*time.Hour), w.Read(path))
	assert.NotEqual(t, memory, w.Read(path))
	assert.Equal(t, plan, w.Read("plan.jsonl"))
	assert.Equal(t, modified.Add(-48*time.Hour), w.modified("groups.csv"))
	assert.Equal(t, "at 2026-02-27T10:00:00+01:00.", movedBack("at 2026-03-01T10:00:00+01:00.", 48*time.Hour))
}

// TestControls_trouble shows that trouble is told apart from none, and met trouble
// from trouble that is none.
func TestControls_trouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, built.Program(t))
	w.tell(&played.Case{Steps: "given sync --confirm"}, "csv")
	for _, step := range []string{
		"box fails 'GET /groups/{Sales}/memberships' 503 times=1",
		"box fails 'GET /groups/{Sales}/memberships' 503 page=2",
		"box fails 'GET /groups/{Board}/memberships' 503 after=1 times=1",
		"box fails 'GET /users/{ann@acme.example}/email_aliases' hangup",
	} {
		w.step(played.Words(t, step))
	}
	assert.Len(t, w.box.unmet(), 4)
	w.run([]string{"plan"})
	assert.Equal(t, []string{
		"GET /groups/{Sales}/memberships 503 page=2", "GET /groups/{Board}/memberships 503 after=1 times=1",
		"GET /users/{ann@acme.example}/email_aliases hangup",
	}, w.box.unmet())
	w.step([]string{"box", "pages", "5"})
	w.run([]string{"plan"})
	assert.Equal(t, []string{"GET /users/{ann@acme.example}/email_aliases hangup"}, w.box.unmet())
}
