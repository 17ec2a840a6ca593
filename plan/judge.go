package plan

import (
	"fmt"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// judge says what has become of a change of the saved plan. The zero result says
// that it is still to be made. met says of the changes judged before whether
// those that need them may be made.
func (r *Recheck) judge(c *Change, met map[string]bool, due map[changeKey]Change) Result {
	for _, need := range c.Needs {
		if ok, judged := met[need]; judged && !ok {
			return skipped("needs %s, which is not made", need)
		}
	}
	if found := r.judgeBox(c); found.Outcome != NotAttempted || !r.sourced {
		return found
	}
	return r.judgeSource(c, due)
}

func skipped(format string, args ...any) Result {
	return Result{Outcome: Skipped, Detail: fmt.Sprintf(format, args...)}
}

func already(format string, args ...any) Result {
	return Result{Outcome: Already, Detail: fmt.Sprintf(format, args...)}
}

// judgeBox compares what the change rests on with what Box says now.
func (r *Recheck) judgeBox(c *Change) Result {
	g, found := r.find(c)
	switch {
	case c.Kind == CreateGroup:
		return r.judgeCreation(c, g, found)
	case !found && c.Group.ID != 0:
		return skipped("the group is gone from Box")
	case !found:
		return Result{} // the plan creates it
	case c.TakesOver():
		return judgeTakeover(c, &g)
	case len(c.Needs) == 0 && source.FoldIdentifier(g.Identifier) != source.FoldIdentifier(c.Group.Identifier):
		return skipped("the group carries %s now", identifierOf(&g))
	case c.Kind == RenameGroup:
		return judgeRenaming(c, &g)
	default:
		return judgeMembership(c, r.listed[g.ID])
	}
}

func identifierOf(g *target.Group) string {
	if g.Identifier == "" {
		return "no identifier"
	}
	return "the identifier " + strconv.Quote(g.Identifier)
}

func (r *Recheck) judgeCreation(c *Change, g target.Group, found bool) Result {
	if found {
		return already("the group exists already, with the name %q", g.Name)
	}
	if same := r.index.byIdentifier[source.FoldIdentifier(c.Group.Identifier)]; len(same) > 0 {
		return skipped("%d Box groups carry its identifier now", len(same))
	}
	if taken := r.index.byName[source.FoldName(c.Group.Name)]; len(taken) > 0 {
		return skipped("Box group %s has that name now", taken[0].ID)
	}
	return Result{}
}

func judgeTakeover(c *Change, g *target.Group) Result {
	switch {
	case source.FoldIdentifier(g.Identifier) == source.FoldIdentifier(c.Group.Identifier):
		return already("the group carries the identifier already")
	case g.Identifier != c.BeforeIdentifier:
		return skipped("the group carries %s now", identifierOf(g))
	case source.FoldName(g.Name) != source.FoldName(c.Group.Name):
		return skipped("the group is called %q now", g.Name)
	default:
		return Result{}
	}
}

func judgeRenaming(c *Change, g *target.Group) Result {
	switch g.Name {
	case c.Group.Name:
		return already("the group has that name already")
	case c.BeforeName:
		return Result{}
	default:
		return skipped("the group is called %q now", g.Name)
	}
}

// judgeMembership judges an add, a change of role or a removal. Whoever Box does
// not show may be in the group all the same, where it hides some.
func judgeMembership(c *Change, now *listingNow) Result {
	m, shown := now.members[c.User.ID]
	switch {
	case !shown && c.Kind == Add:
		return Result{}
	case !shown && (now.hidden > 0 || now.limited):
		return skipped("Box does not show the membership now")
	case !shown && c.Kind == Remove:
		return already("is no longer in the group")
	case !shown:
		return skipped("is no longer in the group")
	case c.Kind == Add && (m.Role == c.After || c.After == target.RoleMember):
		return already("is in the group already, as %s", m.Role)
	case c.Kind == Add:
		return skipped("is in the group already, as %s", m.Role)
	case c.Kind == SetRole && m.Role == c.After:
		return already("is %s already", m.Role)
	case m.ID != c.Membership:
		return skipped("was removed and added again, as %s", m.Role)
	case m.Role != c.Before:
		return skipped("is %s now, and was %s when the plan was made", m.Role, c.Before)
	default:
		return Result{}
	}
}

// judgeSource asks whether the fresh comparison still wants the change.
func (r *Recheck) judgeSource(c *Change, due map[changeKey]Change) Result {
	want, wanted := due[keyOf(c)]
	named := c.Kind == CreateGroup || c.Kind == RenameGroup
	if wanted && want.After == c.After && (!named || want.Group.Name == c.Group.Name) {
		return Result{}
	}
	for i := range r.differ.holds {
		if h := &r.differ.holds[i]; h.Group.Key == c.Group.Key {
			return skipped("held by %s: %s", h.Rule, h.Reason)
		}
	}
	hr := "source " + c.Group.Key.Source
	if !r.differ.known[source.FoldIdentifier(c.Group.Identifier)] {
		return skipped("%s no longer has the group", hr)
	}
	switch c.Kind {
	case Add:
		if wanted {
			return skipped("%s wants them as %s now", hr, want.After)
		}
		return skipped("%s no longer lists them in the group", hr)
	case SetRole:
		if _, leaves := due[changeKey{Remove, keyOf(c).identifier, c.User.ID}]; leaves {
			return skipped("%s no longer lists them in the group", hr)
		}
		return skipped("%s no longer asks for the role %s", hr, c.After)
	case Remove:
		return skipped("%s lists them in the group", hr)
	case CreateGroup, RenameGroup:
		return skipped("%s no longer gives the group that name", hr)
	default:
		return skipped("%s and Box no longer fit together so", hr)
	}
}
