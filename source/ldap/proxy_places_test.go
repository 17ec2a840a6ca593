package ldap_test

import (
	"slices"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// The limits under which faults are met, so low that a small world has several pages
// and ranges of everything.
const (
	fewEntries = 6
	fewValues  = 7
)

// faultWorld has something for every question that a read asks.
func faultWorld(b *ldifText) {
	for _, unit := range []string{"People", "Left", "Out", "Groups", "Subs"} {
		b.unit(unit)
	}
	write := func(names []string, kind string) {
		for _, name := range names {
			own, unit, _ := strings.Cut(name, ",OU=")
			b.person(own, unit, kind)
		}
	}
	people, gone, robots := numbered("p", "People", 17), numbered("gone", "People", 7), numbered("robot", "People", 7)
	moved, away, tools := numbered("moved", "Left", 7), numbered("away", "Out", 2), numbered("tool", "Out", 2)
	write(people, "")
	write(gone, "left")
	write(robots, "robot")
	write(moved, "")
	write(away, "left")
	write(tools, "robot")

	var chosen []string
	group := func(name string, members ...string) {
		b.group(name, "Groups", "", members...)
		b.group(name+" admins", "Groups", "side", members[:min(len(members), 9)]...)
		chosen = append(chosen, name+",OU=Groups")
	}
	subs := numbered("sub", "Subs", 7)
	for i, sub := range subs {
		members := []string{people[i]}
		if i == 0 {
			members = people[:9]
		}
		own, unit, _ := strings.Cut(sub, ",OU=")
		b.group(own, unit, "side", members...)
	}
	group("Big", people[:17]...)
	for i, name := range numbered("G", "", 7) {
		own, _, _ := strings.Cut(name, ",")
		group(own, people[i], gone[i], robots[i], moved[i], subs[i])
	}
	group("Far", slices.Concat(people[:1], away, tools)...)
	b.group("Box", "Groups", "side", slices.Concat(chosen, people[:8])...) // people there are nothing to it
}

// faultConfig asks every question there is.
func (d *directory) faultConfig(url string) ldap.Config {
	c := d.config(url)
	c.Groups.Marker = "CN=Box,OU=Groups," + d.base
	c.People.LeaverFilter = "(employeeType=left)"
	c.People.LeaverOU = "OU=Left," + d.base
	c.People.NotPeopleFilter = "(employeeType=robot)"
	c.Admins.Group = "{name} admins"
	return c
}

// place is a question that a read asks.
type place struct {
	when  func(ldapproxy.Search) bool
	on    ldapproxy.Operation
	paged bool // it has several pages
	many  bool // something in its answer has more values than come at once
	// beside is a fault without which it is not asked.
	beside *ldapproxy.Fault
	empty  bool // its answer may have no entry
}

// places are all questions of a read of the world.
func (d *directory) places() map[string]place {
	c := d.faultConfig("")
	is := func(filter string) func(ldapproxy.Search) bool {
		return func(s ldapproxy.Search) bool {
			return s.Scope != goldap.ScopeBaseObject && s.Filter == filter && s.Base != c.People.LeaverOU
		}
	}
	starts := func(scope int, prefix string) func(ldapproxy.Search) bool {
		return func(s ldapproxy.Search) bool { return s.Scope == scope && strings.HasPrefix(s.Filter, prefix) }
	}
	ranged := func(s ldapproxy.Search) bool {
		return slices.ContainsFunc(s.Attributes, func(a string) bool { return strings.Contains(a, ";range=") })
	}
	marker := func(s ldapproxy.Search) bool { return strings.EqualFold(s.Base, c.Groups.Marker) }
	byName := func(s ldapproxy.Search) bool {
		return s.Scope == goldap.ScopeBaseObject && s.Base != "" && !ranged(s) && !marker(s) && slices.Contains(s.Attributes, "mail")
	}
	below := starts(goldap.ScopeSingleLevel, "(|(&(cn=")
	return map[string]place{
		"the bind":              {on: ldapproxy.OnBind},
		"the root":              {when: func(s ldapproxy.Search) bool { return s.Base == "" }},
		"the marker":            {when: func(s ldapproxy.Search) bool { return marker(s) && !ranged(s) }, many: true},
		"a range of the marker": {when: func(s ldapproxy.Search) bool { return marker(s) && ranged(s) }, many: true},
		"groups":                {when: is(c.Groups.Filter), paged: true, many: true},
		"people":                {when: is(c.Users.Filter), paged: true},
		"a range of a group": {when: func(s ldapproxy.Search) bool {
			return strings.HasPrefix(strings.ToLower(s.Base), "cn=big,") && ranged(s)
		}, many: true},
		"those who have left":     {when: is(c.People.LeaverFilter), paged: true},
		"those who moved":         {when: func(s ldapproxy.Search) bool { return s.Base == c.People.LeaverOU }, paged: true},
		"those who are no people": {when: is(c.People.NotPeopleFilter), paged: true},
		"companions":              {when: starts(goldap.ScopeWholeSubtree, "(|(cn="), paged: true, many: true},
		"members below one place": {when: below, paged: true, many: true},
		"a member by name":        {when: byName, many: true, beside: &ldapproxy.Fault{Kind: ldapproxy.Result, Code: goldap.LDAPResultNoSuchObject, When: below}},
		"whether somebody is that": {when: func(s ldapproxy.Search) bool {
			return slices.Equal(s.Attributes, []string{"1.1"}) && s.Scope == goldap.ScopeBaseObject
		}, empty: true},
	}
}
