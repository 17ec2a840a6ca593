package ldap_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// Groups have addresses too, and a filter for people may find them. They stay groups.
func TestSlapd_groupsWithMail(t *testing.T) {
	t.Parallel()
	mailed := func(dn, mail string, members ...string) string {
		return entry(dn, append([]string{"objectClass: groupOfMembers", "objectClass: extensibleObject", "mail: " + mail}, memberLines("member", members)...)...)
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
		entry("cn=own,ou=people,BASE", append([]string{"objectClass: device", "objectClass: extensibleObject"}, memberLines("member", []string{"bob", "eve"})...)...))
	w.reads(t, w.config(ldap.RFC2307bis), []string{"all: ada bob eve"})
}
