package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// A marker group says which groups count: those that it lists itself.
func TestSlapd_marker(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada"), person("bob"), ou("ou=other,BASE"),
		group("a", "ada"), group("b", "bob", "cn=c,ou=groups,BASE"), group("c", "ada"), group("d", "ada"),
		groupAt("cn=o,ou=other,BASE", "ada"),
		groupAt("cn=marked,ou=other,BASE", "CN=A,OU=groups,BASE", "cn=b,ou=groups,BASE", "cn=gone,ou=groups,BASE", "cn=o,ou=other,BASE", "ada"),
		groupAt("cn=none,ou=other,BASE"),
	)
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Groups.Marker = "cn=marked,ou=other," + w.base })
	r := w.roster(t, c)
	assert.Equal(t, []string{"a: ada", "b: ada bob"}, w.said(r))
	assert.Equal(t, []string{`members of the marker group that the search for groups does not find: 3, such as "cn=gone"`}, w.notes(r, "members of the marker"))
	assert.Equal(t, []string{"the list of groups is not whole: cn=gone, which the marker group lists: it is where groups are, and cannot be read"}, w.notes(r, "the list"))
	assert.False(t, r.Evidence()[0].GroupsComplete)
	w.change(t, "dn: cn=marked,ou=other,BASE\nchangetype: modify\ndelete: member\nmember: cn=gone,ou=groups,BASE\n")
	r = w.roster(t, c)
	assert.Equal(t, []string{"a: ada", "b: ada bob"}, w.said(r))
	assert.Equal(t, []string{`members of the marker group that the search for groups does not find: 2, such as "cn=o,ou=other"`}, w.notes(r, "members of the marker", "the list"))
	assert.True(t, r.Evidence()[0].GroupsComplete)

	c.Groups.Marker = "cn=none,ou=other," + w.base
	assert.Empty(t, w.said(w.roster(t, c)))
	c.MinGroups, c.MinMemberships = 1, 1
	assert.EqualError(t, w.fails(t, c), `read source "ldap": the source is incomplete: URL gives 0 groups and 0 memberships, and expect of the source ldap asks for 1 and 1 at the least: `+
		`look at groups.filter, groups.name and groups.marker, and at what the account that asks may see`)
	c.Groups.Marker = "cn=nobody,ou=other," + w.base
	err := w.fails(t, c)
	assert.ErrorIs(t, err, source.ErrIncomplete)
	assert.EqualError(t, err, `read source "ldap": the source is incomplete: the marker group cn=nobody,ou=other is not there, or the account that asks may not see it; see groups.marker`)
}

// The marker group's list is whole, or nothing is.
func TestSlapd_markerHidden(t *testing.T) {
	t.Parallel()
	ldif := []string{person("ada"), group("a", "ada"), required("m", "cn=a,ou=groups,BASE")}
	for want, rule := range map[string]string{
		`read source "ldap": the source is incomplete: the marker group cn=m: it shows no member, and a groupOfNames always has one: the account that asks may not read it`: `to dn.base="cn=m,ou=groups,BASE" attrs=member by * none`,
		`read source "ldap": the source is incomplete: the marker group cn=m is not there, or the account that asks may not see it; see groups.marker`:                      `to dn.base="cn=m,ou=groups,BASE" by * none`,
	} {
		w := grow(t, slapd.Options{Access: []string{rule}}, ldif...)
		c := w.config(ldap.RFC2307bis)
		c.Groups.Marker = "cn=m,ou=groups," + w.base
		err := w.fails(t, c)
		assert.EqualError(t, err, want)
		assert.ErrorIs(t, err, source.ErrIncomplete)
	}
}

// Groups of one place only, and of what is below it.
func TestSlapd_scope(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada"), ou("ou=deep,ou=groups,BASE"), ou("ou=deep,ou=people,BASE"), at("uid=bob,ou=deep,ou=people,BASE", "mail: bob@example.org"),
		group("a", "ada", "uid=bob,ou=deep,ou=people,BASE"), groupAt("cn=b,ou=deep,ou=groups,BASE", "ada"),
	)
	c := w.config(ldap.RFC2307bis)
	assert.Equal(t, []string{"a: ada bob", "b: ada"}, w.said(w.roster(t, c)))
	c.Groups.Scope = wire.One
	assert.Equal(t, []string{"a: ada bob"}, w.said(w.roster(t, c)))
	c.Users.Scope = wire.One
	assert.Equal(t, []string{"a: ada | out_of_scope 1: uid=bob,ou=deep"}, w.said(w.roster(t, c)))
	c.Groups.Filter = "(&(objectClass=groupOfMembers)(cn=b))"
	c.Groups.Scope = wire.Sub
	assert.Equal(t, []string{"b: ada"}, w.said(w.roster(t, c)))
}

// Empty is a result of which somebody has to have said that it may be.
func TestSlapd_empty(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), group("a", "ada"), group("b"))
	for want, change := range map[string]func(*ldap.Config){
		`read source "ldap": the source is incomplete: no group is found below ou=groups for (objectClas=groupOfMembers); look at groups.base_dn and groups.filter, and at what the account that asks may see`: func(c *ldap.Config) { c.Groups.Filter = "(objectClas=groupOfMembers)" },
		`read source "ldap": the source is incomplete: no person is found below ou=people for (objectClas=person); look at users.base_dn and users.filter, and at what the account that asks may see`:          func(c *ldap.Config) { c.Users.Filter = "(objectClas=person)" },
		`read source "ldap": the source is incomplete: no person is found below ou=groups for (objectClass=inetOrgPerson); look at users.base_dn and users.filter, and at what the account that asks may see`:  func(c *ldap.Config) { c.Users.BaseDN = c.Groups.BaseDN },
		`read source "ldap": URL: search ou=gruops for (cn=*): result 32 (no such object)`:                                                                                                                     func(c *ldap.Config) { c.Groups.BaseDN, c.Groups.Filter = "ou=gruops,"+w.base, "(cn=*)" },
		`read source "ldap": URL: search ou=poeple for (cn=*): result 32 (no such object)`:                                                                                                                     func(c *ldap.Config) { c.Users.BaseDN, c.Users.Filter = "ou=poeple,"+w.base, "(cn=*)" },
		`read source "ldap": the source is incomplete: none of 1 people has the attribute entryUIDD; look at users.id`:                                                                                         func(c *ldap.Config) { c.Users.ID = "entryUIDD" },
		`read source "ldap": the source is incomplete: none of 2 groups has the attribute entryUIDD; look at groups.id`:                                                                                        func(c *ldap.Config) { c.Groups.ID = "entryUIDD" },
		`read source "ldap": the source is incomplete: URL gives 2 groups and 0 memberships, and expect of the source ldap asks for 1 and 1 at the least: no group lists anybody in membrs; look at groups.member, and at what the account that asks may read`: func(c *ldap.Config) {
			c.Groups.Member = "membrs"
		},
		`read source "ldap": the source is incomplete: URL gives 2 groups and 1 memberships, and expect of the source ldap asks for 3 and 1 at the least: look at what the account that asks may see`: func(c *ldap.Config) { c.MinGroups = 3 },
		`read source "ldap": the source is incomplete: URL gives 2 groups and 1 memberships, and expect of the source ldap asks for 1 and 2 at the least: look at what the account that asks may see`: func(c *ldap.Config) { c.MinMemberships = 2 },
	} {
		c := w.config(ldap.RFC2307bis)
		c.MinGroups, c.MinMemberships = 1, 1
		change(&c)
		err := w.fails(t, c)
		assert.EqualError(t, err, want)
	}
	c := w.config(ldap.RFC2307bis)
	c.Groups.Filter = "(cn=nothing)"
	assert.Empty(t, w.said(w.roster(t, c)), "nothing is expected, and nothing is there")
}

// Less than is expected is told with what most of those who are missing have in common.
func TestSlapd_tooFew(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), person("bob"), bare("cyd"), ou("ou=old,ou=people,BASE"), at("uid=eve,ou=old,ou=people,BASE", "mail: eve@example.org"),
		group("a", "ada", "bob", "cyd", "uid=eve,ou=old,ou=people,BASE"))
	const begin = `read source "ldap": the source is incomplete: URL gives 1 groups and `
	for want, change := range map[string]func(*ldap.Config){
		begin + `0 memberships, and expect of the source ldap asks for 1 and 9 at the least: 4 of the members listed have nothing in title, ou that is a login; ` +
			`look at users.login, and at what the account that asks may read`: func(c *ldap.Config) { c.Users.Login = []string{"title", "ou"} },
		begin + `0 memberships, and expect of the source ldap asks for 1 and 9 at the least: 4 of 4 people have left; ` +
			`look at people.leavers and people.disabled`: func(c *ldap.Config) { c.People.LeaverFilter = "(cn=*)" },
		begin + `1 memberships, and expect of the source ldap asks for 1 and 9 at the least: 2 of the members listed are nobody whom the search for people finds; ` +
			`look at users.base_dn and users.filter`: func(c *ldap.Config) { c.Users.Filter = "(uid=ada)" },
	} {
		c := w.config(ldap.RFC2307bis)
		c.MinGroups, c.MinMemberships = 1, 9
		change(&c)
		assert.EqualError(t, w.fails(t, c), want)
	}
}
