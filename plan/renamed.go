package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// twin is a group whose people another one has, or is to have: of a group that Box
// does not have the orphan that it may be, and the other way round.
type twin struct {
	other  *pair
	common int // people of the orphan who are wanted in the other
}

// mayBeRenamed reports whether the group, which is to be created, may be one that
// Box has. One of which somebody says this once that it is another is not.
func (d *Differ) mayBeRenamed(p *pair) bool {
	return p.desired != nil && p.actual.ID == 0 &&
		!lifts(d.opts.Allow, RulePossibleRename, p.names(), true, nil)
}

// findCreated notes the groups to be created that may be an orphan, and has those
// orphans listed.
func (d *Differ) findCreated(index groupIndex) {
	noted := map[source.GroupKey]bool{}
	for _, p := range d.pairs {
		if d.mayBeRenamed(p) {
			d.created = append(d.created, p)
			noted[p.ref.Key] = true
		}
	}
	d.listOrphans(d.created)
	d.findUnmade(noted, index)
}

// findUnmade notes the other groups that Box does not have under their key, and that
// nobody said which Box group they are: excluded, out of scope, paused, held, or
// not to be created. An orphan that may be one of them is no more to be emptied than
// one that may be a group to be created.
func (d *Differ) findUnmade(noted map[source.GroupKey]bool, index groupIndex) {
	if len(d.orphans) == 0 {
		return
	}
	for i := range d.roster.Groups() {
		g := &d.roster.Groups()[i]
		identifier := g.Key.Identifier(d.opts.Instance)
		if noted[g.Key] || !g.Box.IsZero() || len(index.byIdentifier[source.FoldIdentifier(identifier)]) > 0 {
			continue
		}
		p := &pair{ref: GroupRef{Key: g.Key, Identifier: identifier, Name: d.nameOf(g)}, desired: g}
		if d.mayBeRenamed(p) {
			d.unmade = append(d.unmade, p)
		}
	}
}

// listOrphans has the orphans listed that one of the groups to be created may be.
// Neither a run that the command line narrowed nor a pause creates what a whole
// run would hold.
func (d *Differ) listOrphans(created []*pair) {
	for _, o := range d.orphans {
		if slices.ContainsFunc(created, func(p *pair) bool { return d.mayBe(p, o) }) {
			d.listed[o.actual.ID] = o
		}
	}
}

// mayBe reports whether it is to be found out if the group to be created is the
// orphan: where a name was all that either was known by, another name makes another
// group of it, and so do the ids that a list gets.
func (d *Differ) mayBe(created, orphan *pair) bool {
	return created.ref.Key.Source == orphan.ref.Key.Source &&
		(isByName(created.desired) ||
			isNamed([]string{orphan.actual.Name, created.desired.NameInSource()}, orphan.ref.Key.ID))
}

// isByName reports whether the source knows the group by nothing but its name.
func isByName(g *source.Group) bool {
	return source.FoldName(g.Key.ID) == source.FoldName(g.NameInSource())
}

// narrowOrphans leaves of the orphans to be listed those that a group may be which
// the saved plan creates, and those that it touches. People whose adds the plan
// holds are known to Box, although nobody looks them up again.
func (r *Recheck) narrowOrphans(touched map[string]bool) {
	d := r.differ
	for _, o := range d.orphans {
		if !touched[source.FoldIdentifier(o.ref.Identifier)] {
			delete(d.listed, o.actual.ID)
		}
	}
	d.listOrphans(slices.DeleteFunc(slices.Clone(d.created), func(p *pair) bool {
		return !touched[source.FoldIdentifier(p.ref.Identifier)]
	}))
	d.heldAs = map[string]target.UserID{}
	for i := range r.saved.Holds {
		for _, c := range r.saved.Holds[i].Changes {
			if c.Kind == Add {
				d.heldAs[source.NewLogin(c.User.Login).Key()] = c.User.ID
			}
		}
	}
}

// findRenamed pairs the groups that Box does not have with the orphans that they may
// be.
func (d *Differ) findRenamed() {
	if len(d.created)+len(d.unmade) == 0 {
		return
	}
	in := map[target.UserID][]*pair{} // the orphans that a user is in
	for _, o := range d.orphans {
		for _, m := range o.gone {
			in[m.User] = append(in[m.User], o)
		}
	}
	if len(in) == 0 {
		return
	}
	for _, p := range d.created {
		wanted, common := d.countCommon(p, in)
		d.findTwins(p, wanted, common)
	}
	for _, p := range d.unmade {
		wanted, common := d.countCommon(p, in)
		if d.heldAs != nil {
			// The saved plan has seen more of Box: whom it counted and this does not
			// see again must not make the two more alike than they were.
			wanted = len(p.desired.Members)
		}
		d.findTwins(p, wanted, common)
	}
}

// findTwins pairs a group in which so many users are wanted with the orphans that it
// may be.
func (d *Differ) findTwins(p *pair, wanted int, common map[*pair]int) {
	for _, o := range d.orphans {
		if alike(common[o], wanted, len(o.gone), p.desired.Complete()) {
			p.twins = append(p.twins, twin{o, common[o]})
			o.twins = append(o.twins, twin{p, common[o]})
		}
	}
}

// countCommon returns how many users are wanted in a group that Box does not have, and
// how many of them each orphan has. Of people whom a policy leaves alone, only those
// count whom an orphan has: Box is not asked about the others. So it is of a group that
// is not to be created, where fewer are only more alike.
func (d *Differ) countCommon(p *pair, in map[target.UserID][]*pair) (wanted int, common map[*pair]int) {
	seen, common := map[target.UserID]bool{}, map[*pair]int{}
	for _, want := range p.desired.Members {
		id := d.idOf(want.Person)
		orphans := slices.DeleteFunc(slices.Clone(in[id]), func(o *pair) bool { return !d.mayBe(p, o) })
		alone := d.guardsOfPerson(want.Person)&(ignored|otherDomain) != 0
		if id == 0 || seen[id] || alone && len(orphans) == 0 {
			continue
		}
		seen[id] = true
		for _, o := range orphans {
			common[o]++
		}
	}
	return len(seen), common
}

// idOf returns the user that the person is by a login, or zero.
func (d *Differ) idOf(person source.PersonIndex) target.UserID {
	if u := d.userOf(person); u != 0 {
		return d.users.users[u].ID
	}
	for _, login := range d.roster.Logins(person) {
		if id := d.heldAs[login.Key()]; id != 0 && d.users.byID[id] == 0 {
			return id
		}
	}
	return 0
}

// alike reports whether a group of so many people whom Box knows may be an orphan of
// so many members: 80 % of the larger one are common to both, and two at least. Of a
// group that was not read whole, those count who were read: more can only be missing.
func alike(common, wanted, members int, whole bool) bool {
	if !whole {
		return common > 0 && 5*common >= 4*wanted
	}
	return common > 1 && 5*common >= 4*max(wanted, members)
}

// holdRenamed holds the creation of a group that may be an orphan, with all that is
// due in it, and what would be taken from an orphan that may be such a group.
func (g *guarding) holdRenamed(p *pair) {
	if len(p.twins) == 0 || g.allowsRename(p) {
		return
	}
	if p.desired == nil {
		g.holdLimit(Hold{
			Rule: RulePossibleRename, Group: p.ref,
			Reason: p.maybeText(""),
		}, p, Limit{}, take(&p.due, (*Change).Takes))
		return
	}
	g.holdLimit(Hold{
		Rule: RulePossibleRename, Group: p.ref,
		Reason:  fmt.Sprintf("it may be a group that source %s had under another name: %s", p.ref.Key.Source, p.twinsText()),
		Release: "if it is, " + g.rows().put(p.desired, p.twinID(), ""),
	}, p, Limit{}, take(&p.due, every))
}

// maybeText says of an orphan what it may be, with a remark.
func (p *pair) maybeText(remark string) string {
	return fmt.Sprintf("it may be a group that source %s has under another name%s: %s", p.ref.Key.Source, remark, p.twinsText())
}

// twinsText names the groups that the pair's may be, with what speaks for it.
func (p *pair) twinsText() string {
	var texts []string
	for _, t := range p.twins {
		if p.desired == nil {
			texts = append(texts, fmt.Sprintf("%d of its %s %s wanted in %s", t.common, Count(len(p.gone), "member"), areOrIs(t.common), strconv.Quote(t.other.ref.Name)))
			continue
		}
		texts = append(texts, fmt.Sprintf("%d of the %s of %s (id %s) in Box %s wanted in this one",
			t.common, Count(len(t.other.gone), "member"), strconv.Quote(t.other.ref.Name), t.other.ref.ID, areOrIs(t.common)))
	}
	return strings.Join(texts, ", ")
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// twinID returns the id of the Box group that the pair's may be, or what stands for one
// of several.
func (p *pair) twinID() string {
	if len(p.twins) == 1 {
		return p.twins[0].other.ref.ID.String()
	}
	return "ID"
}
