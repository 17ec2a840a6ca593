package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// Groups whose source was taken out of the configuration are told, as nobody removes
// leavers from them.
func TestStrays(t *testing.T) {
	t.Parallel()
	way := func(groups string) string {
		return "configure the source again, or hand " + groups + " over to another source with groups.map_file; if another installation keeps " + groups + " up to date, there is nothing to do"
	}
	for name, test := range map[string]struct {
		source, box string
		notWhole    bool
		edit        func(*plan.Options)
		said        []string
	}{
		"one": {
			box:  "Ducks [rollcall:main:it:1]: bob",
			said: []string{`orphan : Box has 1 group of source "it", which is not configured: "Ducks"; it is left alone, and leavers stay in it` + way("the group")},
		},
		"several-of-several": {
			box: "F [rollcall:main:it:6]:\n E [rollcall:main:it:5]:\n D [rollcall:main:it:4]:\n C [rollcall:main:it:3]:\n B [rollcall:main:ad:2]:",
			said: []string{
				`orphan : Box has 1 group of source "ad", which is not configured: "B"; it is left alone, and leavers stay in it` + way("the group"),
				`orphan : Box has 4 groups of source "it", which is not configured: "C", "D", "E" and 1 more; they are left alone, and leavers stay in them` + way("its groups"),
			},
		},
		"three-are-named": {
			box:  "E [rollcall:main:it:5]:\n D [rollcall:main:it:4]:\n C [rollcall:main:it:3]:",
			said: []string{`orphan : Box has 3 groups of source "it", which is not configured: "C", "D", "E"; they are left alone, and leavers stay in them` + way("its groups")},
		},
		"of-another-instance":       {box: "Ducks [rollcall:test:it:1]: bob"},
		"of-another-tool":           {box: "Ducks [it:1]: bob"},
		"that-is-excluded":          {box: "Ducks [rollcall:main:it:1]: bob", edit: excluding("Ducks")},
		"that-another-source-takes": {source: "Ducks: bob", box: "Ducks [rollcall:main:it:1]: bob", edit: reviewed},
		"of-a-source-that-was-not-read-whole": {
			notWhole: true, box: "Ducks [rollcall:main:hr:1]: bob",
			said: []string{`partial : the list of groups of source "hr" was not read whole, and Box has 1 group that it does not list: "Ducks"; it is not known who is to be in it, and leavers stay`},
		},
		"of-a-source-that-was-not-read-whole-and-is-excluded": {notWhole: true, box: "Ducks [rollcall:main:hr:1]: bob", edit: excluding("Ducks")},
		"of-a-source-that-was-not-read-whole-and-lists-it":    {notWhole: true, source: "Ducks:", box: "Ducks:"},
		"in-a-narrow-run": {source: "A: ann", box: "A: ann\n Ducks [rollcall:main:it:1]: bob", edit: narrowed("A")},
	} {
		r, edit := roster(test.source), func(*plan.Options) {}
		if test.notWhole {
			b := source.NewBuilder(source.Evidence{Name: "hr"})
			if test.source != "" {
				b.Group("Ducks", "Ducks", "")
			}
			r = b.Build()
		}
		if test.edit != nil {
			edit = test.edit
		}
		p := diff(t, r, box(test.box), options(unlimited, edit))
		assert.Equal(t, orEmpty(test.said), orEmpty(saidOf(p.Findings)), name)
	}
}
