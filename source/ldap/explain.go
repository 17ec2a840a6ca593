package ldap

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/rollcall-sync/rollcall/source"
)

// Trace reads as [Source.Read] does, and keeps what is needed to say why somebody is
// in a group. It takes the same time and more memory.
func (s *Source) Trace(ctx context.Context) (*source.Roster, source.Explainer, error) {
	r, err := s.read(ctx, &trace{})
	if err != nil {
		return nil, nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	roster, err := r.roster()
	if err != nil {
		return nil, nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	return roster, &explainer{r, roster}, nil
}

// explainer explains the roster of one read.
type explainer struct {
	*reading

	roster *source.Roster
}

// Explain implements [source.Explainer].
func (x *explainer) Explain(key source.GroupKey, login source.Login) []source.Explanation {
	at := slices.IndexFunc(x.roster.Groups(), func(g source.Group) bool { return g.Key == key })
	if at < 0 {
		return nil
	}
	said := &x.roster.Groups()[at]
	group := slices.IndexFunc(x.graph.groups, func(g group) bool { return g.chosen && g.id == key.ID })
	var all []source.Explanation
	for i := range x.graph.people {
		if slices.ContainsFunc(x.graph.people[i].logins, func(l source.Login) bool { return l.Key() == login.Key() }) {
			all = append(all, x.person(said, group, int32(i), login)) //nolint:gosec // a directory has fewer people
		}
	}
	if len(all) == 0 {
		all = []source.Explanation{{Not: x.nobody()}}
	}
	return all
}

// nobody says that nobody has a login.
func (x *explainer) nobody() string {
	text := fmt.Sprintf("nobody below %s whom %s finds has this login", x.config.Users.BaseDN, x.config.Users.Filter)
	if x.counts.lookedUp {
		text += "; of this large directory only some people were read, and those whom groups name"
	}
	return text
}

// person explains one person's place in one group.
func (x *explainer) person(said *source.Group, group int, i int32, login source.Login) source.Explanation {
	p := &x.graph.people[i]
	e := source.Explanation{Person: p.id, Name: p.name}
	steps, nested := x.path(group, i)
	if len(steps) > 0 {
		e.Chain = append([]source.Link{{Name: login.String(), By: x.attribute(i, login)}, {Name: p.dn, By: steps[0].by}}, x.links(steps)...)
	}
	for _, m := range said.Members {
		if x.roster.Person(m.Person).Key == p.id {
			e.Role = m.Role
			if m.Role != source.Unstated {
				e.RoleBy = x.roleBy(group, i)
			}
			return e
		}
	}
	e.Not = x.not(said, p, i, len(steps) > 0, nested)
	return e
}

// attribute returns the attribute that has somebody's login.
func (x *explainer) attribute(i int32, login source.Login) string {
	return x.trace.people[i].attributes[login.Key()]
}

// step is a group on the way from a person to a group, and what leads into it.
type step struct {
	group int
	by    string
}

// links are the groups of a path, each tied to the next by what leads into that.
func (x *explainer) links(steps []step) []source.Link {
	links := make([]source.Link, len(steps))
	for n, s := range steps {
		links[n].Name = x.graph.groups[s.group].dn
		if n+1 < len(steps) {
			links[n].By = steps[n+1].by
		}
	}
	return links
}

// path returns the shortest way from a person to a group, by its members or else by
// what names its admins, and whether it goes by a member group.
func (x *explainer) path(group int, i int32) (steps []step, nested bool) {
	if steps = x.membership(group, i); len(steps) > 0 {
		return steps, len(steps) > 1
	}
	if x.names(x.graph.groups[group].admins, i) {
		return []step{{group, x.config.Admins.Attribute}}, false
	}
	if companion, ok := x.companions[group]; ok {
		if steps = x.membership(companion, i); len(steps) > 0 {
			return append(steps, step{group, "admins.group"}), len(steps) > 1
		}
	}
	return nil, false
}

// membership returns the shortest way from a person to a group by members alone.
func (x *explainer) membership(group int, i int32) []step {
	into := map[int]int{group: -1} // the group that each was found in
	for todo := []int{group}; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		if by := x.listedBy(at, i); by != "" {
			return x.back(at, by, into)
		}
		for _, m := range x.graph.groups[at].members {
			n := &x.graph.nodes[m]
			if _, been := into[int(n.index)]; n.kind == isGroup && !been {
				into[int(n.index)] = at
				todo = append(todo, int(n.index))
			}
		}
	}
	return nil
}

// back returns the way from the group that has the person to the one that was asked
// for.
func (x *explainer) back(at int, by string, into map[int]int) []step {
	steps := []step{{at, by}}
	for next := into[at]; next >= 0; next = into[next] {
		steps = append(steps, step{next, x.config.Groups.Member})
	}
	return steps
}

// listedBy returns the attribute by which somebody is in a group itself, or "".
func (x *explainer) listedBy(group int, i int32) string {
	g := &x.graph.groups[group]
	switch {
	case x.names(g.members, i):
		return x.config.Groups.Member
	case g.gid != 0 && g.gid == x.graph.people[i].primary:
		return x.config.primaryAttributes()[0]
	}
	return ""
}

// names reports whether a list has somebody.
func (x *explainer) names(members []ref, i int32) bool {
	return slices.ContainsFunc(members, func(m ref) bool {
		n := &x.graph.nodes[m]
		return n.kind == isPerson && n.index == i
	})
}

// roleBy says what states the role of somebody in a group.
func (x *explainer) roleBy(group int, i int32) string {
	a := &x.config.Admins
	switch companion, found := x.companions[group]; {
	case a.Attribute != "":
		return a.Attribute + " of " + x.graph.groups[group].dn
	case found:
		return "members of " + x.graph.groups[companion].dn
	case a.Accounts != nil:
		return fmt.Sprintf("the account %s, and the pattern %s", x.graph.people[i].account, a.Accounts)
	}
	return ""
}

// not says why somebody is no member.
func (x *explainer) not(said *source.Group, p *person, i int32, listed, nested bool) string {
	switch {
	case p.left:
		return "has left: " + x.leftBy(p, i)
	case p.none:
		return "is no person, as people.not_people says"
	case p.id == "":
		return "has no " + x.config.Users.ID + " that the account may read"
	case !listed && !said.Complete():
		return "nothing that was read leads to the group, which was not read whole: " + said.Partial[0]
	case !listed:
		return "nothing leads to the group"
	case nested && !x.config.Nested:
		return "is in a member group, and nested is false"
	case nested && x.config.Admins.Accounts != nil && x.config.Admins.Accounts.Match(p.account):
		return fmt.Sprintf("is in a member group, and accounts of the pattern %s count where a group lists them itself", x.config.Admins.Accounts)
	case nested:
		return "is in a member group of the group of admins, and admins.direct_only is true"
	}
	return "cannot be told apart from somebody else by " + x.config.Users.ID + " " + strconv.Quote(p.id)
}

// leftBy says by what somebody is known to have left.
func (x *explainer) leftBy(p *person, i int32) string {
	switch closed := x.trace.people[i].closed; {
	case closed != "":
		return closed
	case x.inLeaverOU(x.graph.refOf(p.dn)):
		return "is below people.leavers.ou"
	default:
		return "people.leavers.filter finds them"
	}
}
