package plan_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// drawHad draws which Box groups the source groups were: mostly those that carry their
// identifiers, some that do not, and some that are gone.
func (e *estate) drawHad(t *rapid.T) map[string]target.GroupID {
	had := map[string]target.GroupID{}
	for i, identifier := range []string{"rollcall:main:hr:a", "rollcall:main:hr:b", "rollcall:main:hr:c", "rollcall:main:ad:g1", "rollcall:main:ad:e", "rollcall:main:hr:x"} {
		switch rapid.IntRange(0, 5).Draw(t, "was") {
		case 0, 1:
		case 2:
			had[identifier] = target.GroupID(rapid.IntRange(98, 109).Draw(t, "was group"))
		default:
			had[identifier] = target.GroupID(101 + i)
		}
	}
	return had
}

// former returns the Box group that the memory has for the identifier, if Box has it, and
// it carries the identifier no more.
func (e *estate) former(identifier string) *estateGroup {
	if e.opts.Memory == nil {
		return nil
	}
	identifier = source.FoldIdentifier(identifier)
	g := e.group(e.opts.Memory.Groups[identifier])
	if g == nil || source.FoldIdentifier(g.Identifier) == identifier {
		return nil
	}
	return g
}

// requireNotAnew requires of changes that none makes a group of which Box has the one that
// it was, unless the map says by a name that there is to be another one.
func (e *estate) requireNotAnew(t require.TestingT, cs []plan.Change) {
	for _, c := range cs {
		if c.Kind != plan.CreateGroup {
			continue
		}
		named := slices.ContainsFunc(e.mapping.Entries, func(m source.MapEntry) bool {
			return m.BoxID == 0 && source.FoldName(m.Name) == source.FoldName(c.Group.Name)
		})
		require.True(t, named || e.former(c.Group.Identifier) == nil, "%s: it was Box group %v", c.ID, e.former(c.Group.Identifier))
	}
}

// No group is made anew whose Box group is there and only not ours any more; neither by
// what a plan does nor by what it holds, nor by what is left of one that was made when
// nothing was remembered. What is held as lost is not compared.
func TestEstate_whatWasOursIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		e.requireNotAnew(t, open(t, e, p).all())
		compared := map[source.GroupKey]bool{}
		for _, s := range p.Groups {
			compared[s.Group.Key] = true
		}
		for _, h := range p.Holds {
			if h.Rule == plan.RuleLostGroup {
				require.Empty(t, h.Changes)
				require.False(t, compared[h.Group.Key], "%s", h.Reason)
				require.Contains(t, e.opts.Memory.Groups, source.FoldIdentifier(h.Group.Identifier))
			}
		}
		memory := e.opts.Memory
		e.opts.Memory, e.opts.Reviewed, e.opts.RequireReview = nil, true, false
		saved := e.planned(t)
		e.opts.Memory = memory
		e.requireNotAnew(t, e.rechecked(t, saved, rapid.Bool().Draw(t, "sourced")).Plan.Changes)
	})
}

// What the next run is told of a group is the Box group that this one compared as its
// own, or else what was known before.
func TestEstate_whichGroupsAreRemembered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, p := drawPlanned(t)
		if p.Memory == nil {
			return
		}
		ours := map[string]target.GroupID{}
		for _, s := range p.Groups {
			identifier := source.FoldIdentifier(s.Group.Identifier)
			if g := e.group(s.Group.ID); g != nil && source.FoldIdentifier(g.Identifier) == identifier {
				ours[identifier] = g.ID
				require.Equal(t, g.ID, p.Memory.Groups[identifier])
			}
		}
		for identifier, id := range p.Memory.Groups {
			if _, compared := ours[identifier]; !compared {
				require.Equal(t, e.opts.Memory.Groups[identifier], id)
			}
		}
		for _, s := range e.sides {
			for _, g := range s.groups {
				identifier := source.FoldIdentifier("rollcall:main:" + s.name + ":" + g.id)
				if _, known := e.opts.Memory.Groups[identifier]; known {
					require.Contains(t, p.Memory.Groups, identifier, "the source has it")
				}
			}
		}
	})
}
