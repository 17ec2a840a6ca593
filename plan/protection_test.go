package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// A login that nobody has protects nobody: it is told, unless the run cannot know.
func TestUnusedProtection(t *testing.T) {
	t.Parallel()
	protecting := func(globs ...string) func(*plan.Options) {
		return func(o *plan.Options) { o.Protect = mustGlobs(globs...) }
	}
	told := func(globs ...string) []string {
		return texts(diff(t, roster("A: ann\n B: new"), box("A: ann, bob\n B:"), options(protecting(globs...))).Findings)
	}
	const unknown = "Box has no user with this login; wanted in \"B\""
	assert.Equal(t, []string{unknown}, told("ANN@acme.example", "bob@acme.example", "new@acme.example", "ceo@*", ""))
	assert.Equal(t, []string{unknown, "members.protect names 'the ceo@acme.example', and neither a source nor a group in Box has them: check how it is spelt"},
		told("ann@acme.example", "the ceo@acme.example"))

	narrow := diff(t, roster("A: ann\n B: bob"), box("A: ann\n B: bob"), options(protecting("x@acme.example"), narrowed("B")))
	assert.Empty(t, narrow.Findings)
	partial := diff(t, source.NewBuilder(source.Evidence{Name: "hr"}).Build(), box("A: ann"), options(protecting("x@acme.example")))
	assert.Equal(t, []string{"partial"}, findings(partial.Findings), "and no unused_protection")
}

// A group that clashes with another says all the same what is wrong with it.
func TestNameClash_partial(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	b.Partial(b.Group("1", "Finance", "f:2"), "f:3: no login")
	b.Group("2", "finance", "f:4")
	p := diff(t, b.Build(), box(""), options())
	assert.Equal(t, []string{"f:3: no login"}, texts(p.Findings))
	assert.Equal(t, []string{"name_clash Finance 0", "name_clash finance 0"}, holds(p.Holds))
}

// Whoever has groups in Box already is told how they become rollcall's.
func TestNotOurs_saysWhatTakesItOver(t *testing.T) {
	t.Parallel()
	s := box("Finance: ann")
	s.Groups[0].Identifier = ""
	p := diff(t, roster("Finance: ann"), s, options())
	assert.Len(t, p.Findings, 1)
	assert.Equal(t, "to take it over: groups.adopt: by_name in the configuration, then plan -o FILE and apply FILE", p.Findings[0].Release)
	s.Groups[0].Identifier = "scim:1"
	assert.Empty(t, diff(t, roster("Finance: ann"), s, options()).Findings[0].Release)
}
