package ldap_test

import (
	"crypto/md5"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/sourcetest"
)

// TestSlapd_suite puts the worlds of the suite into an OpenLDAP, in each of the ways
// in which groups list people there, and say who is admin.
func TestSlapd_suite(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]scribe{
		"member":       {preset: ldap.RFC2307bis, class: "groupOfNames", member: "member"},
		"uniqueMember": {preset: ldap.RFC2307bis, class: "groupOfUniqueNames", member: "uniqueMember"},
		"memberUid":    {preset: ldap.RFC2307, class: "posixGroup", member: "memberUid"},
	} {
		for _, admins := range []string{"owner", "{name}-admins"} {
			t.Run(name+" "+admins, func(t *testing.T) {
				t.Parallel()
				of.admins = admins
				sourcetest.Run(t, of.open)
			})
		}
		t.Run(name+" leavers", func(t *testing.T) {
			t.Parallel()
			sourcetest.RunLeavers(t, of.open)
		})
	}
}

// scribe writes worlds into a directory.
type scribe struct {
	preset                ldap.Preset
	class, member, admins string
}

// open is what the suite asks for.
func (s scribe) open(t *testing.T, world sourcetest.World) sourcetest.Source {
	t.Helper()
	w := plant(t)
	p := page{scribe: s, tree: w, conn: w.Admin(t), people: map[string]int{}}
	left := map[string][]string{} // those who have left, by the group that lists them
	for _, l := range world.Left {
		who := p.person(t, l.Login, l.Name, true)
		for _, listed := range l.Listed {
			left[listed] = append(left[listed], who)
		}
	}
	stated := false
	for _, g := range world.Groups {
		members, admins := left[strings.TrimSpace(g.Name)], []string(nil)
		for _, m := range g.Members {
			stated = stated || m.Role != source.Unstated
			if who := p.person(t, m.Login, m.Name, false); m.Role == source.Admin {
				admins = append(admins, who)
			} else {
				members = append(members, who)
			}
		}
		p.group(t, g, members, admins)
	}
	c := w.config(s.preset)
	c.Groups.Member, c.Users.Login = s.member, []string{"mail", "departmentNumber"}
	c.Groups.Filter = "(&" + c.Groups.Filter + "(!(cn=*-admins)))"
	switch {
	case !stated:
	case s.admins == "owner":
		c.Admins.Attribute = s.admins
	default:
		c.Admins.Group = s.admins
	}
	of, err := ldap.New(c)
	require.NoError(t, err)
	return of
}

// page is a tree that a scribe fills.
type page struct {
	scribe
	tree

	conn   *goldap.Conn
	people map[string]int
}

// person adds somebody with an odd DN, once, and returns how a group lists them.
// What is no ASCII cannot be in mail.
func (p page) person(t *testing.T, login, name string, left bool) string {
	t.Helper()
	dn := "cn=" + goldap.EscapeDN(name) + ",ou=people," + p.base
	n, known := p.people[name]
	if !known {
		n = len(p.people)
		p.people[name] = n
		attributes := map[string]string{"objectClass": "inetOrgPerson", "cn": name, "sn": "x", "displayName": name, "uid": "u" + strconv.Itoa(n)}
		switch {
		case login == "":
		case len(login) == utf8.RuneCountInString(login):
			attributes["mail"] = login
		default:
			attributes["departmentNumber"] = login
		}
		if left {
			attributes["pwdAccountLockedTime"] = "000001010000Z"
		}
		p.add(t, dn, attributes, nil)
	}
	if p.member == "memberUid" {
		return fmt.Sprintf("U%d", n)
	}
	return dn
}

// group adds a group, and the one that says who is its admin.
func (p page) group(t *testing.T, g sourcetest.Group, members, admins []string) {
	t.Helper()
	name := strings.TrimSpace(g.Name)
	lists := map[string][]string{p.member: members}
	if p.admins == "owner" {
		lists["owner"] = nil
		for _, who := range admins {
			if p.member == "memberUid" {
				who = p.dnOf(who)
			}
			lists["owner"] = append(lists["owner"], who)
		}
	} else {
		p.oneGroup(t, name+"-admins", map[string]string{"cn": name + "-admins"}, map[string][]string{p.member: admins})
	}
	attributes := map[string]string{"cn": g.Name}
	if g.Description != "" {
		attributes["description"] = g.Description
	}
	p.oneGroup(t, name, attributes, lists)
}

func (p page) oneGroup(t *testing.T, name string, attributes map[string]string, lists map[string][]string) {
	t.Helper()
	switch {
	case p.class == "posixGroup":
		attributes["gidNumber"] = "1"
		lists["objectClass"] = []string{p.class, "extensibleObject"} // for owner
	case len(lists[p.member]) == 0:
		attributes["objectClass"] = "groupOfMembers" // which may be empty
	default:
		attributes["objectClass"] = p.class
	}
	p.add(t, "cn="+goldap.EscapeDN(name)+",ou=groups,"+p.base, attributes, lists)
}

// dnOf returns the DN of an account.
func (p page) dnOf(account string) string {
	for name, n := range p.people {
		if account == fmt.Sprintf("U%d", n) {
			return "cn=" + goldap.EscapeDN(name) + ",ou=people," + p.base
		}
	}
	return ""
}

// relax lets an administrator write what servers write otherwise
// (draft-zeilenga-ldap-relax).
const relax = "1.3.6.1.4.1.4203.666.5.12"

func (p page) add(t *testing.T, dn string, attributes map[string]string, lists map[string][]string) {
	t.Helper()
	request := goldap.NewAddRequest(dn, []goldap.Control{goldap.NewControlString(relax, true, "")})
	id := md5.Sum([]byte(attributes["cn"])) // the same in two trees of one world
	request.Attribute("entryUUID", []string{fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])})
	for name, value := range attributes {
		request.Attribute(name, []string{value})
	}
	for name, values := range lists {
		if len(values) > 0 {
			slices.Sort(values)
			request.Attribute(name, slices.Compact(values))
		}
	}
	require.NoError(t, p.conn.Add(request), dn)
}
