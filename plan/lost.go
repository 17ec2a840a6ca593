package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// former returns the Box group that earlier runs compared as its own with the source
// group of the identifier, which no Box group carries; shown says whether Box still has
// it. Where nothing is remembered its id is zero.
func (m *Memory) former(identifier string, index groupIndex) (former target.Group, shown bool) {
	if m == nil {
		return target.Group{}, false
	}
	id := m.Groups[source.FoldIdentifier(identifier)]
	former, shown = index.byID[id]
	former.ID = id
	return former, shown
}

// lost reports whether the pair's source group, which no Box group carries the
// identifier of and of which nobody says which Box group it is, had one that is ours no
// more; it is held then. taken are the Box groups of its name. Whoever left would stay in
// the former one, and nobody asked for a second one beside it. One that is gone is made
// anew, unless somebody has made one of the name.
func (d *Differ) lost(p *pair, taken []target.Group, index groupIndex) bool {
	former, shown := d.opts.Memory.former(p.ref.Identifier, index)
	if former.ID == 0 || !p.desired.Box.IsZero() {
		return false
	}
	if shown {
		d.former[newChange(Change{Kind: Remove, Group: GroupRef{ID: former.ID}}).ID] = true
		d.holdLost(p, wasOurs(&former), d.remap(p, "it again", former))
		return true
	}
	if len(taken) == 0 || slices.ContainsFunc(taken, d.isOursOrAllUsers) {
		return false
	}
	d.holdLost(p, fmt.Sprintf("Box no longer shows group %s, which was this group's, and Box group %s (id %s) carries %s",
		former.ID, strconv.Quote(taken[0].Name), taken[0].ID, identifierOf(&taken[0])), d.remap(p, "that one", taken[0]))
	return true
}

// hadAnother reports whether the pair's source group had another Box group than the one
// of its name, which Box still has. Taken over, the one found would have that one, and
// whoever is in it, forgotten: only the map says so.
func (d *Differ) hadAnother(p *pair, found target.Group, index groupIndex) bool {
	former, shown := d.opts.Memory.former(p.ref.Identifier, index)
	return shown && former.ID != found.ID && p.desired.Box.IsZero()
}

// holdLost holds all of a source group that has lost its Box group. again says what
// manages one again.
func (d *Differ) holdLost(p *pair, reason, again string) {
	d.holds = append(d.holds, Hold{Rule: RuleLostGroup, Group: p.ref, Reason: reason, Release: again + d.letGo(p)})
	d.findPartial(p)
}

// letGo says how the pair's group is left out, where there is a name that no other group
// goes by: of that one nobody would be told any more that it is left out.
func (d *Differ) letGo(p *pair) string {
	for _, name := range []string{p.desired.NameInSource(), p.ref.Name} {
		if d.mapRows().means(name) {
			return "; to let it go, add " + literal(name) + " to groups.exclude"
		}
	}
	return ""
}

// remap says how the pair's group is given a Box group by the map. What is another
// source group's now cannot be this one's too.
func (d *Differ) remap(p *pair, what string, found target.Group) string {
	_, key, _ := source.ParseIdentifier(found.Identifier)
	if isOurs(&found, d.opts.Instance) && (d.known[source.FoldIdentifier(found.Identifier)] || !d.mayBeGone(key.Source)) {
		return "to give the group another one in Box, " + d.mapRows().put(p.desired, "NAME", ", with that one's name,")
	}
	return fmt.Sprintf("to manage %s, %s", what, d.mapRows().put(p.desired, found.ID.String(), ""))
}

// literal writes the pattern that means a name and no other, as YAML.
func literal(name string) string {
	return "'" + strings.ReplaceAll(globFor(name), "'", "''") + "'"
}

func wasOurs(g *target.Group) string {
	return fmt.Sprintf("Box group %s (id %s) was this group's, and carries %s now", strconv.Quote(g.Name), g.ID, identifierOf(g))
}

func (d *Differ) isOursOrAllUsers(g target.Group) bool {
	return g.AllUsers || isOurs(&g, d.opts.Instance)
}

// judgeFormer asks of a group that the plan creates whether a Box group that was this
// group's is still there. The map alone says that there is to be another one: by a name.
func (r *Recheck) judgeFormer(c *Change) Result {
	former, shown := r.today.Memory.former(c.Group.Identifier, r.index)
	if !shown || slices.ContainsFunc(r.today.Mapped, c.isNamedBy) {
		return Result{}
	}
	return skipped("%s", wasOurs(&former))
}

// knownGroups returns the Box groups of the source groups, as far as this run or an
// earlier one compared them: those that are ours, by folded identifier. Only of groups
// that a source still has, as far as the run can tell.
func (d *Differ) knownGroups(old *Memory) map[string]target.GroupID {
	known := map[string]target.GroupID{}
	for identifier, id := range old.Groups {
		if d.known[identifier] || d.mayHave(identifier) {
			known[identifier] = id
		}
	}
	for _, p := range d.pairs {
		if p.desired != nil && p.actual.ID != 0 && p.takeover == 0 {
			known[source.FoldIdentifier(p.ref.Identifier)] = p.actual.ID
		}
	}
	return known
}

// mayHave reports whether a source may have the group of the identifier although this
// run does not see it there: a run over some groups says nothing of others, nor does a
// source that was not read whole, or that looks like that.
func (d *Differ) mayHave(identifier string) bool {
	instance, key, _ := source.ParseIdentifier(identifier)
	whole, configured := d.sources[key.Source]
	return len(d.opts.Scope.Groups) > 0 ||
		instance == d.opts.Instance && configured && (!whole || !d.trusts(key.Source))
}

// keepLost keeps the absences from groups that are held as lost: who was missing is, as
// far as anybody knows.
func (d *Differ) keepLost(next, old *Memory) {
	for id, since := range old.Absences {
		if group, _, _ := cutLast(id, "/"); d.former[group] {
			next.Absences[id] = since
		}
	}
}
