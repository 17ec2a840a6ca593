package plan

import (
	"fmt"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// judge says what has become of a change of the saved plan. The zero result says
// that it is still to be made. met says which of the changes judged before are
// made, or true already.
func (r *Recheck) judge(c *Change, met map[string]bool, due map[changeKey]wish) Result {
	if pause := r.pauseOf(c); pause != nil {
		return skipped("paused until %s: %s", UntilText(pause.Until), pause.Reason)
	}
	for _, need := range c.Needs {
		if !met[need] {
			return skipped("needs %q, which is not made", r.needed[need])
		}
	}
	found := r.judgeBox(c)
	if found.Outcome == NotAttempted {
		found = r.judgeLogin(c)
	}
	if found.Outcome == NotAttempted {
		found = r.judgeStanding(c)
	}
	if found.Outcome == NotAttempted {
		found = r.judgePolicy(c)
	}
	if found.Outcome == NotAttempted && r.sourced {
		found = r.judgeSource(c, due)
	}
	return found
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
	case found && g.AllUsers:
		return skipped("it is Box's group of all users, which is never touched")
	case c.Kind == CreateGroup:
		return r.judgeCreation(c, g, found)
	case !found && c.Group.ID != 0:
		return skipped("the group is gone from Box")
	case !found:
		return Result{} // the plan creates it
	case len(c.Needs) == 0 && !c.TakesOver() && source.FoldIdentifier(g.Identifier) != source.FoldIdentifier(c.Group.Identifier):
		return skipped("the group carries %s now", identifierOf(&g))
	}
	for _, other := range r.index.byIdentifier[source.FoldIdentifier(c.Group.Identifier)] {
		if other.ID != g.ID && !r.asked(c) {
			return skipped("Box group %s carries the identifier now", other.ID)
		}
	}
	switch {
	case c.TakesOver():
		return r.judgeTakeover(c, &g)
	case c.Kind == RenameGroup:
		return judgeRenaming(c, &g)
	case c.Kind == UpdateGroup:
		return judgeSettings(c, &g)
	default:
		return judgeMembership(c, r.listed[g.ID])
	}
}

// judgeLogin asks whether the login of somebody who is to be added is still that
// user's: what was agreed to is that the person of this login comes in.
func (r *Recheck) judgeLogin(c *Change) Result {
	users := r.differ.users
	i, known := users.byKey[source.NewLogin(c.User.Login).Key()]
	switch {
	case c.Kind != Add:
		return Result{}
	case known && users.users[i].ID != c.User.ID:
		return skipped("the login is that of Box user %s now, and was that of %s", users.users[i].ID, c.User.ID)
	case !known && r.resolved:
		return skipped("Box has no user with this login now")
	default:
		return Result{}
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
	return r.judgeFormer(c)
}

func (r *Recheck) judgeTakeover(c *Change, g *target.Group) Result {
	switch {
	case source.FoldIdentifier(g.Identifier) == source.FoldIdentifier(c.Group.Identifier):
		return already("the group carries the identifier already")
	case g.Identifier != c.BeforeIdentifier:
		return skipped("the group carries %s now", identifierOf(g))
	case source.FoldName(g.Name) != source.FoldName(c.Group.Name):
		return skipped("the group is called %q now", g.Name)
	case r.nameTaken(g.Name, g.ID):
		return skipped("another Box group has its name now")
	case !r.sourced && c.Kind == AdoptGroup && c.BeforeIdentifier != "" && !r.mapped(c):
		return skipped("the group is somebody else's, groups.map_file does not name it, and the sources, which may, were not read")
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

// judgePolicy says whom nobody touches, whatever the sources say.
func (r *Recheck) judgePolicy(c *Change) Result {
	rules := r.pairOf(c).rules
	users := r.differ.users
	user := users.byID[c.User.ID]
	g := users.guards[user]
	switch {
	case g&ignored != 0:
		return skipped("members.ignore leaves them alone")
	case g&otherDomain != 0:
		return skipped("members.domains leaves them alone")
	case g&unnamed != 0 && c.Kind != Add:
		return skipped("Box shows them without a login, and nobody knows who that is")
	case !c.Takes():
		return Result{}
	case rules.additive:
		return skipped("a policy says of the group that nobody is removed or demoted")
	case g&protected == 0 && rules.protects(r.differ.loginOf(user)):
		return skipped("the group's policy protects them")
	case g&protected == 0:
		return Result{}
	case c.User.ID == r.differ.opts.Self:
		return skipped("Box is accessed as them, and they are never removed or demoted")
	default:
		return skipped("members.protect keeps them")
	}
}

// judgeSource asks whether the fresh comparison still wants the change.
func (r *Recheck) judgeSource(c *Change, due map[changeKey]wish) Result {
	want, wanted := due[keyOf(c)]
	named := c.Kind == CreateGroup || c.Kind == RenameGroup
	if wanted && c.Group.ID != 0 && want.group != c.Group.ID {
		return skipped("source %s wants that of Box group %s now", c.Group.Key.Source, want.group)
	}
	now, _ := r.find(c)
	setting, other := unwanted(c, want.settings, &now)
	if wanted && want.after == c.After && (!named || want.name == c.Group.Name) && !other {
		return Result{}
	}
	if text := r.uncompared(c); text != "" {
		return skipped("%s", text)
	}
	from := "source " + c.Group.Key.Source
	if other && (c.Kind == UpdateGroup || want.name == c.Group.Name) {
		return skipped("%s no longer asks for that %s", from, setting)
	}
	switch c.Kind {
	case Add:
		if wanted {
			return skipped("%s wants them as %s now", from, want.after)
		}
		return skipped("%s no longer lists them in the group", from)
	case SetRole:
		if _, leaves := due[changeKey{Remove, keyOf(c).identifier, c.User.ID}]; leaves {
			return skipped("%s no longer lists them in the group", from)
		}
		return skipped("%s no longer asks for the role %s", from, c.After)
	case Remove:
		if alias, ok := r.differ.same[c.User.ID]; ok {
			return skipped("%s lists them in the group as %s, an e-mail alias of theirs", from, alias)
		}
		return skipped("%s lists them in the group", from)
	case CreateGroup, RenameGroup:
		return skipped("%s no longer gives the group that name", from)
	default:
		return skipped("%s and Box no longer fit together so", from)
	}
}

// uncompared says why the fresh comparison has nothing to say about the change's
// group; it is empty where it has.
func (r *Recheck) uncompared(c *Change) string {
	identifier := source.FoldIdentifier(c.Group.Identifier)
	name := c.Group.Key.Source
	whole, configured := r.differ.sources[name]
	known := r.differ.known[identifier]
	switch {
	case r.compared[identifier]:
		return ""
	case r.refused[identifier] != "":
		return r.refused[identifier]
	case !known && r.asked(c):
		return fmt.Sprintf("it is no longer clear that --empty-orphan %s means this group", ShellQuote(c.Group.Name))
	case !configured:
		return fmt.Sprintf("source %s is no longer configured", name)
	case !known && !whole:
		return fmt.Sprintf("source %s was not read whole, and does not show the group", name)
	case !known:
		return fmt.Sprintf("source %s no longer has the group", name)
	default:
		return fmt.Sprintf("source %s has the group, and it is not compared now", name)
	}
}
