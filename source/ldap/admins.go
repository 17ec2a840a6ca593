package ldap

import (
	"slices"

	"github.com/rollcall-sync/rollcall/source"
)

// member is somebody's place in a group.
type member struct {
	person int32
	role   source.Role
}

// roles works out who is what in a group.
type roles struct {
	*reading
	*expander

	adminsKnown  bool
	companionsOf map[int]bool // the groups that say who is admin of another
}

func newRoles(r *reading, groups []int) *roles {
	m := &roles{reading: r, expander: newExpander(r), adminsKnown: r.adminsAreKnown(groups), companionsOf: map[int]bool{}}
	for _, companion := range r.companions {
		m.companionsOf[companion] = true
	}
	return m
}

// adminsAreKnown reports whether the attribute that names admins can be relied on. No
// group that has it looks the same as an account that may not read it, and would make
// a member of every admin.
func (r *reading) adminsAreKnown(groups []int) bool {
	return r.config.Admins.Attribute == "" || slices.ContainsFunc(groups, func(i int) bool {
		return len(r.graph.groups[i].admins) > 0
	})
}

// of returns who is in a group, and as what.
func (m *roles) of(index int) (crowd, []member) {
	a := &m.reading.config.Admins
	c := m.expand(index, m.reading.config.Nested)
	switch {
	case !a.stated() || !m.adminsKnown:
		return c, all(c, source.Unstated)
	case a.Accounts != nil:
		return c, m.byAccount(&c)
	case a.Attribute != "" && m.graph().groups[index].adminsCut:
		m.reading.counts.noAdmins++
		return c, all(c, source.Unstated)
	case a.Attribute != "":
		return m.with(c, m.named(index))
	}
	companion, found := m.reading.companions[index]
	if !found {
		if !m.companionsOf[index] {
			m.reading.counts.noAdmins++
		}
		return c, all(c, source.Unstated)
	}
	admins := m.expand(companion, !a.DirectOnly)
	if len(admins.partial) > 0 {
		m.reading.counts.noAdmins++
		return c, all(c, source.Unstated)
	}
	return m.with(c, admins)
}

func all(c crowd, role source.Role) []member {
	members := make([]member, 0, len(c.direct)+len(c.nested))
	for _, i := range slices.Concat(c.direct, c.nested) {
		members = append(members, member{i, role})
	}
	return members
}

// with returns a group with its admins, who are in it whether or not it lists them.
func (m *roles) with(c, admins crowd) (crowd, []member) {
	members := all(admins, source.Admin)
	are := map[int32]bool{}
	for _, a := range members {
		are[a.person] = true
	}
	for _, other := range all(c, source.Member) {
		if !are[other.person] {
			members = append(members, other)
		}
	}
	c.loose = append(c.loose, admins.loose...)
	c.loginless = append(c.loginless, admins.loginless...)
	c.partial = append(c.partial, admins.partial...)
	return c, members
}

// named returns whom a group's own attribute names as its admins. Where a group is
// named, whoever is in it is one, unless only those who are named themselves count.
func (m *roles) named(index int) crowd {
	g := group{ref: m.graph().groups[index].ref, members: m.graph().groups[index].admins}
	m.expander.at++
	var c crowd
	todo := m.visit(&g, &c, &c.direct, "")
	for len(todo) > 0 && !m.reading.config.Admins.DirectOnly {
		next := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], m.visit(&m.graph().groups[next], &c, &c.nested, "")...)
	}
	return c
}

func (m *roles) graph() *graph { return m.reading.graph }

// byAccount returns a group in which the accounts of a pattern are admins where it
// lists them itself, and nothing where they are in a member group. Of somebody who
// shows no account nobody knows: one that the account that asks may not read would
// make a member of every admin.
func (m *roles) byAccount(c *crowd) []member {
	a := &m.reading.config.Admins
	role := func(i int32) source.Role {
		switch account := m.graph().people[i].account; {
		case account == "":
			return source.Unstated
		case a.Accounts.Match(account):
			return source.Admin
		default:
			return source.Member
		}
	}
	var members []member
	for _, i := range c.direct {
		members = append(members, member{i, role(i)})
	}
	for _, i := range c.nested {
		if as := role(i); as != source.Admin || !a.DirectOnly {
			members = append(members, member{i, as})
			continue
		}
		m.reading.counts.elevated++
	}
	return members
}
