package ldap

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/source"
)

// crowd is who a group comes to, once its member groups are followed.
type crowd struct {
	direct []int32 // people whom the group itself lists
	nested []int32 // and those who are only in a member group
	// loose are members that are nobody who could be in Box.
	loose []loose
	// loginless are those among them who have an id.
	loginless []int32
	partial   []string
	groups    int // member groups that were followed
	left      int // member groups that were not
	none      int // members that are no people
}

type loose struct {
	kind source.UnresolvedKind
	name string
}

// expander works out crowds. It marks what it has seen with the number of the group
// at hand, so that nothing has to be cleared between groups.
type expander struct {
	r      *reading
	seen   []int32 // by ref
	people []int32 // by person
	at     int32
	byGID  map[gid][]int32 // people by primary group
	veil   veil
}

func newExpander(r *reading) *expander {
	x := &expander{r: r, seen: make([]int32, len(r.graph.nodes)), people: make([]int32, len(r.graph.people)), byGID: map[gid][]int32{}, veil: veil{reading: r}}
	for i := range r.graph.groups {
		if id := r.graph.groups[i].gid; id != 0 {
			x.byGID[id] = nil
		}
	}
	for i := range r.graph.people {
		id := r.graph.people[i].primary
		if _, known := x.byGID[id]; known {
			x.byGID[id] = append(x.byGID[id], int32(i))
		}
	}
	return x
}

// expand returns who the group comes to. A circle of groups is followed once round.
func (x *expander) expand(index int, nested bool) crowd {
	x.at++
	var c crowd
	g := &x.r.graph.groups[index]
	x.seen[g.ref] = x.at
	todo := x.visit(g, &c, &c.direct, "")
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !nested {
			c.left++
			continue
		}
		c.groups++
		member := &x.r.graph.groups[next]
		todo = append(todo, x.visit(member, &c, &c.nested, "member group "+member.dn+": ")...)
	}
	return c
}

// visit takes what one group lists, and returns the groups among it.
func (x *expander) visit(g *group, c *crowd, people *[]int32, where string) (groups []int32) {
	for _, reason := range g.partial {
		c.partial = append(c.partial, where+reason)
	}
	for _, m := range g.members {
		if x.seen[m] == x.at {
			continue
		}
		x.seen[m] = x.at
		switch n := &x.r.graph.nodes[m]; n.kind {
		case isPerson:
			x.take(n.index, c, people)
		case isGroup:
			groups = append(groups, n.index)
		case noPerson:
			c.none++
		case foreign:
			c.loose = append(c.loose, loose{source.Foreign, n.name})
		case outOfScope:
			c.loose = append(c.loose, loose{source.OutOfScope, n.name})
		case dangling:
			if why := x.veil.over(m); why != "" {
				c.partial = append(c.partial, where+"member "+n.name+": "+why)
				continue
			}
			c.loose = append(c.loose, loose{source.Dangling, n.name})
		default:
			c.partial = append(c.partial, where+"member "+n.name+": "+x.r.unread(m))
		}
	}
	for _, i := range x.byGID[g.gid] {
		x.take(i, c, people)
	}
	if places := x.r.counts.peopleElsewhere; x.r.config.byUID() && g.gid != 0 && len(places) > 0 {
		c.partial = append(c.partial, where+"people at "+places[0]+" were not read, and it may be the primary group of some")
	}
	return groups
}

// unread says why it is not known what a name is.
func (r *reading) unread(name ref) string {
	switch r.graph.nodes[name].kind {
	case elsewhere:
		return r.why[name]
	case ambiguous:
		return "several entries go by that name"
	default:
		return "nobody was asked what it is"
	}
}

// take puts a person into the crowd, once.
func (x *expander) take(i int32, c *crowd, people *[]int32) {
	if x.people[i] == x.at {
		return
	}
	x.people[i] = x.at
	switch p := &x.r.graph.people[i]; {
	case p.left:
		if p.id != "" {
			*people = append(*people, i) // for the roster to count
		}
	case p.none:
		c.none++
	case len(p.logins) == 0:
		c.loose = append(c.loose, loose{source.NoLogin, p.dn})
		if p.id != "" {
			c.loginless = append(c.loginless, i)
		}
	case p.id == "":
		c.partial = append(c.partial, fmt.Sprintf("member %s has no %s that the account may read, by which to know them again", p.dn, x.r.config.Users.ID))
	default:
		*people = append(*people, i)
	}
}
