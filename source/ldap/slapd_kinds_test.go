package ldap_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// Groups have addresses too, and a filter for people may find them. They stay groups.
func TestSlapd_groupsWithMail(t *testing.T) {
	t.Parallel()
	mailed := func(dn, mail string, members ...string) string {
		return entry(dn, append([]string{"objectClass: groupOfMembers", "objectClass: extensibleObject", "mail: " + mail}, memberLines(members)...)...)
	}
	w := grow(t, slapd.Options{}, person("ada"), person("bob"), person("eve"), ou("ou=lists,ou=people,BASE"),
		mailed("cn=staff,ou=lists,ou=people,BASE", "staff@example.org", "bob", "eve"),
		mailed("cn=all,ou=groups,BASE", "all@example.org", "ada", "cn=staff,ou=lists,ou=people,BASE"),
	)
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Users.BaseDN, c.Users.Filter = w.base, "(mail=*)" })
	want := []string{"all: ada bob eve"}
	w.reads(t, c, want)
	c.People.LeaverFilter = "(mail=nobody@example.org)"
	w.reads(t, c, want)
}

// What lists members is a group, whatever its class, and not one person without a login.
func TestSlapd_groupsOfAnyClass(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), person("bob"), person("eve"), group("all", "ada", "cn=own,ou=people,BASE"),
		entry("cn=own,ou=people,BASE", append([]string{"objectClass: device", "objectClass: extensibleObject"}, memberLines([]string{"bob", "eve"})...)...))
	w.reads(t, w.config(ldap.RFC2307bis), []string{"all: ada bob eve"})
}

// A name that is spelt as only a server can read it is asked for, and may be a group.
// An empty one is nobody at all.
func TestSlapd_namesOnlyServersRead(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), person("bob"), person("eve"),
		entry("cn=all,ou=groups,BASE", "objectClass: groupOfMembers", "objectClass: extensibleObject",
			`labeledURI: cn="Own, Very",ou=people,BASE`, "labeledURI: uid=ada,ou=people,BASE"),
		entry(`cn=Own\, Very,ou=people,BASE`, "objectClass: groupOfMembers", "objectClass: extensibleObject", "cn: Own, Very",
			"labeledURI: uid=bob,ou=people,BASE", "labeledURI: uid=eve,ou=people,BASE", "labeledURI: no name"),
		entry("cn=empty,ou=groups,BASE", "objectClass: groupOfNames", "member:"),
		entry("cn=ada,ou=groups,BASE", "objectClass: groupOfNames", "member:", "member: uid=ada,ou=people,BASE"),
	)
	listed := func(c *ldap.Config) { c.Groups.Member, c.Groups.Filter = "labeledURI", "(cn=all)" }
	c, want := w.config(ldap.RFC2307bis, listed), []string{"all: ada bob eve | dangling 1: no name"}
	w.reads(t, c, want)
	c.PageSize = 1
	assert.Equal(t, want, w.said(w.looksUp(t, c, 1, 9)))
	w.reads(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Groups.Filter = "(objectClass=groupOfNames)" }), []string{"ada: ada", "empty:"})
}

// Two groups whose names are one here, and two to the server, are two groups, and
// which of them another one lists nobody can tell.
func TestSlapd_groupsOfOneName(t *testing.T) {
	t.Parallel()
	uri := func(value string, members ...string) string {
		return entry("labeledURI="+value+",ou=groups,BASE", append([]string{
			"objectClass: groupOfMembers", "objectClass: extensibleObject", "cn: " + value + value,
		}, memberLines(members)...)...)
	}
	w := plant(t, person("ada"), person("bob"), person("eve"), uri("x", "ada"), uri("X", "bob"),
		group("all", "eve", "labeledURI=x,ou=groups,BASE", "labeledURI=X,ou=groups,BASE"))
	w.reads(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Admins.Group = "{name}-admins" }), []string{
		"all: eve | partial: member labeledURI=X: several entries go by that name", "XX: bob", "xx: ada",
	})
}

// Somebody whom the search for people has missed, as they came there while it went on,
// is found as a member.
func TestSlapd_cameMidway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		scope wire.Scope
		where string
		group string
		by    ldap.Preset
		want  string
	}{
		{"by name", wire.Sub, "people", group("a", "ada", "eve"), ldap.RFC2307bis, "a: ada eve"},
		{"by account", wire.Sub, "people", posix("a", 1, "ada", "EVE"), ldap.RFC2307, "a: ada eve"},
		{"below the place", wire.One, "sub,ou=people", group("a", "ada", "uid=eve,ou=sub,ou=people,BASE"), ldap.RFC2307bis, "a: ada | out_of_scope 1: uid=eve,ou=sub"},
		{"an account below the place", wire.One, "sub,ou=people", posix("a", 1, "ada", "eve"), ldap.RFC2307, "a: ada | out_of_scope 1: eve"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := plant(t, person("ada", "employeeType: here"), person("bob"), ou("ou=sub,ou=people,BASE"),
				at("uid=eve,ou="+c.where+",BASE", "uid: eve", "mail: eve@example.org"), c.group)
			p := w.stand(t, ldapproxy.Options{})
			config := w.config(c.by, func(config *ldap.Config) {
				config.URLs, config.Users.Filter, config.Users.Scope = []string{p.SecureURL()}, "(employeeType=here)", c.scope
			})
			var once sync.Once
			p.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: func(s ldapproxy.Search) bool {
				if strings.Contains(strings.ToLower(s.Filter), "uid=eve") {
					once.Do(func() {
						w.change(t, "dn: uid=eve,ou="+c.where+",BASE\nchangetype: modify\nadd: employeeType\nemployeeType: here\n")
					})
				}
				return false
			}})
			assert.Equal(t, []string{c.want}, w.said(w.roster(t, config)))
		})
	}
}
