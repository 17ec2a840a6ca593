package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
	"github.com/rollcall-sync/rollcall/target"
)

// export is what Box says, on its way into a file.
type export struct {
	groups   []exportGroup // sorted by name
	listings map[target.GroupID]target.Listing
	// notes say what is not in the file, or not as Box has it.
	notes   []string
	written struct{ groups, memberships int }
}

type exportGroup struct {
	target.Group

	sourceID string
}

func (x *export) note(format string, args ...any) {
	x.notes = append(x.notes, fmt.Sprintf(format, args...))
}

// leaveOut notes that a group is not in the file.
func (x *export) leaveOut(g target.Group, format string, args ...any) {
	x.note("Left out: Box group %s: %s.", told(g), fmt.Sprintf(format, args...))
}

func told(g target.Group) string { return fmt.Sprintf("%q (id %s)", g.Name, g.ID) }

// chooseExport chooses the groups that are exported, by their names in Box.
func chooseExport(groups []target.Group, hidden int, r *run) (*export, error) {
	x := &export{listings: map[target.GroupID]target.Listing{}}
	owners := newExportOwners(groups, r.config)
	slices.SortFunc(groups, func(a, b target.Group) int {
		return cmp.Or(cmp.Compare(source.FoldName(a.Name), source.FoldName(b.Name)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	if hidden > 0 {
		x.note("Not in the file: Box announced %s more than it showed.", plan.Count(hidden, "group"))
	}
	o, chosen := &r.policies, 0
	for _, g := range groups {
		if len(o.Include) > 0 && !source.MatchAny(o.Include, g.Name) || source.MatchAny(o.Exclude, g.Name) ||
			len(o.Scope.Groups) > 0 && !source.MatchAny(o.Scope.Groups, g.Name) {
			continue
		}
		chosen++
		sourceID := owners.sourceID(g)
		if why := owners.whyNot(g, sourceID); why != nil {
			x.leaveOut(g, "%v", why)
			continue
		}
		x.groups = append(x.groups, exportGroup{g, sourceID})
	}
	if chosen == 0 && len(groups) > 0 {
		return nil, fmt.Errorf("no group in Box is chosen: Box has %s; see --group, and groups.include and groups.exclude",
			plan.Count(len(groups), "group"))
	}
	return x, nil
}

// exportOwners knows which ids the groups in Box have, chosen or not: a group
// without one must not be given the id of another by its name.
type exportOwners struct {
	instance string
	sources  map[string]bool
	byID     map[string][]target.Group // by folded id
}

func newExportOwners(groups []target.Group, c *config) *exportOwners {
	o := &exportOwners{instance: c.Instance, sources: map[string]bool{}, byID: map[string][]target.Group{}}
	for _, s := range c.Sources {
		o.sources[s.Name] = true
	}
	for _, g := range groups {
		if id := o.sourceID(g); id != "" {
			o.byID[source.FoldName(id)] = append(o.byID[source.FoldName(id)], g)
		}
	}
	return o
}

// sourceID returns the id of a group that this instance and one of its sources
// have marked, or "".
func (o *exportOwners) sourceID(g target.Group) string {
	instance, key, ok := source.ParseIdentifier(g.Identifier)
	if !ok || instance != o.instance || !o.sources[key.Source] {
		return ""
	}
	return key.ID
}

// whyNot says why the file cannot hold a group.
func (o *exportOwners) whyNot(g target.Group, sourceID string) error {
	if g.AllUsers {
		return errors.New("it is Box's group of all users, which is never touched")
	}
	if sourceID == "" {
		if owners := o.byID[source.FoldName(g.Name)]; len(owners) > 0 {
			return fmt.Errorf("it has no source_id, and by its name it would be taken for %s", toldAll(owners))
		}
	} else if owners := o.byID[source.FoldName(sourceID)]; len(owners) > 1 {
		return fmt.Errorf("the source_id %q is that of %s", sourceID, toldAll(owners))
	}
	return csv.Row{Group: g.Name, SourceID: sourceID}.Check()
}

func toldAll(groups []target.Group) string {
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = told(g)
	}
	return strings.Join(texts, " and ")
}

func (x *export) toList() []target.GroupID {
	ids := make([]target.GroupID, len(x.groups))
	for i, g := range x.groups {
		ids[i] = g.ID
	}
	return ids
}

func (x *export) listed(l target.Listing) error {
	x.listings[l.Group] = l
	return nil
}

// complete fails unless every group was listed to its end.
func (x *export) complete() error {
	var truncated []target.Group
	for _, g := range x.groups {
		l, ok := x.listings[g.ID]
		if !ok {
			return fmt.Errorf("the memberships of Box group %s were not read", told(g.Group))
		}
		if l.Truncated {
			truncated = append(truncated, g.Group)
		}
	}
	if len(truncated) == 0 {
		return nil
	}
	return fmt.Errorf("more memberships than Box can list, in %s: nothing was exported, as a part of a group looks like the whole; "+
		"leave such groups out, with --group or groups.exclude", toldAll(truncated))
}

// write writes the file. An error is one of writing.
func (x *export) write(out io.Writer) error {
	w := csv.NewWriter(out)
	for _, g := range x.groups {
		if err := x.writeGroup(w, g); err != nil {
			return err
		}
		x.written.groups++
	}
	return w.Flush()
}

func (x *export) writeGroup(w *csv.Writer, g exportGroup) error {
	l := x.listings[g.ID]
	members, others := x.members(g, l)
	about := x.description(g)
	for i, row := range members {
		if i == 0 {
			row.Description = about
		}
		if err := w.Write(row); err != nil {
			return err
		}
		x.written.memberships++
	}
	if len(members) == 0 && (about != "" || len(others) == 0) {
		if err := w.Write(csv.Row{Group: g.Name, SourceID: g.sourceID, Description: about}); err != nil {
			return err
		}
	}
	for _, who := range others {
		x.note("Not in the file: %s, in Box group %s.", who, told(g.Group))
		if err := w.WriteMissing(g.Name, g.sourceID, who); err != nil {
			return err
		}
	}
	return nil
}

// description returns the group's description, or "" where no file can hold it:
// read back, that leaves Box's as it is.
func (x *export) description(g exportGroup) string {
	about := g.Settings[target.Description]
	if err := (csv.Row{Group: g.Name, Description: about}).Check(); err != nil {
		x.note("Without a description in the file: Box group %s, whose description no file can hold as it is.", told(g.Group))
		return ""
	}
	return about
}

// members returns the rows of a group, sorted by login, and who is in the group
// and has none.
func (x *export) members(g exportGroup, l target.Listing) (rows []csv.Row, others []string) {
	users := make(map[target.UserID]target.User, len(l.Users))
	for _, u := range l.Users {
		users[u.ID] = u
	}
	nameless, roleless := 0, 0
	for _, m := range l.Memberships {
		u := users[m.User]
		row := csv.Row{Group: g.Name, Login: u.Login, Role: sourceRole(m.Role), SourceID: g.sourceID}
		if err := row.Check(); u.Login == "" || err != nil {
			others = append(others, fmt.Sprintf("user %s, whose login %.100q no file can hold", m.User, u.Login))
			continue
		}
		if row.Role == source.Unstated {
			roleless++
		}
		if row.Name = strings.TrimSpace(u.Name); row.Check() != nil {
			row.Name = ""
			nameless++
		}
		rows = append(rows, row)
	}
	if roleless > 0 {
		x.note("Without a role in the file: %s in Box group %s, whose role Box does not document.", plan.Count(roleless, "member"), told(g.Group))
	}
	if nameless > 0 {
		x.note("Without a name in the file: %s in Box group %s, whose name no file can hold.", plan.Count(nameless, "member"), told(g.Group))
	}
	slices.SortFunc(rows, func(a, b csv.Row) int {
		return cmp.Or(cmp.Compare(source.NewLogin(a.Login).Key(), source.NewLogin(b.Login).Key()), cmp.Compare(a.Login, b.Login), cmp.Compare(a.Role, b.Role))
	})
	slices.Sort(others)
	if l.Hidden > 0 {
		others = append(others, plan.Count(l.Hidden, "membership")+" that Box did not show")
	}
	return rows, others
}

// sourceRole returns the word that a source has for a role, or none.
func sourceRole(r target.Role) source.Role {
	switch r {
	case target.RoleMember:
		return source.Member
	case target.RoleAdmin:
		return source.Admin
	default:
		return source.Unstated
	}
}
