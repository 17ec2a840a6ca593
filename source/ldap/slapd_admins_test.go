package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// Whom the attribute names is admin of the group, whether or not it lists them.
func TestSlapd_adminsByAttribute(t *testing.T) {
	t.Parallel()
	owned := func(name, owner string, members ...string) string {
		return group(name, members...) + "owner: " + owner + "\n"
	}
	people := []string{person("ada"), person("bob"), person("cy"), person("gone", forGood), group("bosses", "bob", "cn=top,ou=groups,BASE"), group("top", "cy", "uid=ada,ou=people,BASE")}
	config := func(direct bool) func(*ldap.Config) {
		return func(c *ldap.Config) {
			c.Admins.Attribute, c.Admins.DirectOnly, c.Groups.Filter = "owner", direct, "(!(|(ou=*)(cn=bosses)(cn=top)))"
		}
	}
	run(t, []world{
		{
			name: "listed, not listed, and no admin", config: config(true),
			ldif: append(people, owned("a", "uid=ada,ou=people,BASE", "ada", "bob"), owned("b", "uid=cy,ou=people,BASE", "bob"), group("c", "ada"), owned("d", "uid=gone,ou=people,BASE", "ada")),
			want: []string{"a: ada=admin bob=member", "b: bob=member cy=admin", "c: ada=member", "d: ada=member", "left gone"},
		},
		{
			name: "a group as admin, of which nobody is directly", config: config(true),
			ldif: append(people, owned("a", "cn=bosses,ou=groups,BASE", "ada", "bob")),
			want: []string{"a: ada=member bob=member", "left gone"},
		},
		{
			name: "a group as admin", config: config(false),
			ldif: append(people, owned("a", "cn=bosses,ou=groups,BASE", "ada", "bob")),
			want: []string{"a: ada=admin bob=admin cy=admin", "left gone"},
		},
		{
			name:   "a group as admin, where members of member groups are none",
			config: func(c *ldap.Config) { config(false)(c); c.Nested = false },
			ldif:   append(people, owned("a", "cn=bosses,ou=groups,BASE", "ada", "bob")),
			want:   []string{"a: ada=admin bob=admin cy=admin", "left gone"},
		},
		{
			name: "an admin who is not there, and one who may be", config: config(true),
			ldif: append(people, owned("a", "uid=nobody,ou=people,BASE", "ada"), owned("b", "cn=nobody,ou=groups,BASE", "ada")),
			want: []string{"a: ada=member | dangling 1: uid=nobody", "b: ada=member | partial: member cn=nobody: it is where groups are, and cannot be read", "left gone"},
		},
		{
			name: "no admins at all", config: config(true),
			ldif:  append(people, group("a", "ada")),
			want:  []string{"a: ada", "left gone"},
			notes: []string{"no group shows the attribute owner, so that roles are left as they are"},
		},
	})
}

// The companion group says who is admin, whatever groups.filter finds.
func TestSlapd_adminsByGroup(t *testing.T) {
	t.Parallel()
	config := func(direct bool) func(*ldap.Config) {
		return func(c *ldap.Config) {
			c.Admins.Group, c.Admins.DirectOnly, c.Groups.Filter = "{name}-admins", direct, "(&(objectClass=groupOfMembers)(!(cn=*-admins)))"
		}
	}
	people := []string{person("ada"), person("bob"), person("cy"), person("gone", forGood)}
	missing := "groups whose list of admins is missing or not whole, so that their roles are left as they are: 1"
	run(t, []world{
		{
			name: "found, empty, missing, and hidden from nobody", config: config(true),
			ldif: append(people,
				group("A", "ada", "bob"), group("a-ADMINS", "ada", "cy", "gone"), group("b", "ada"), group("b-admins"), group("c", "ada"),
				group("d", "ada"), required("d-admins", "ada", "cn=gone,ou=groups,BASE"),
			),
			want:  []string{"A: ada=admin bob=member cy=admin", "b: ada=member", "c: ada", "d: ada", "left gone"},
			notes: []string{"groups whose list of admins is missing or not whole, so that their roles are left as they are: 2"},
		},
		{
			name: "two companions of one name", config: config(true),
			ldif:  append(people, group("a", "ada"), group("a-admins", "ada"), ou("ou=x,ou=groups,BASE"), groupAt("cn=A-admins,ou=x,ou=groups,BASE", "bob")),
			want:  []string{"a: ada", "left gone"},
			notes: []string{missing},
		},
		{
			name: "companions that count as groups", config: func(c *ldap.Config) { config(true)(c); c.Groups.Filter = "(objectClass=groupOfMembers)" },
			ldif: append(people, group("a", "ada", "bob"), group("a-admins", "ada")),
			want: []string{"a: ada=admin bob=member", "a-admins: ada", "left gone"},
		},
		{
			name: "in a member group, which does not count", config: config(true),
			ldif: append(people, group("a", "ada", "bob"), group("a-admins", "cn=x-admins,ou=groups,BASE"), group("x-admins", "ada")),
			want: []string{"a: ada=member bob=member", "left gone"},
		},
		{
			name: "in a member group", config: config(false),
			ldif: append(people, group("a", "ada", "bob"), group("a-admins", "cn=x-admins,ou=groups,BASE"), group("x-admins", "ada", "uid=out,BASE"), at("uid=out,BASE", "mail: out@example.org")),
			want: []string{"a: ada=admin bob=member | out_of_scope 1: uid=out", "left gone"},
		},
		{
			name:   "in a member group, where members of member groups are none",
			config: func(c *ldap.Config) { config(false)(c); c.Nested = false },
			ldif:   append(people, group("a", "ada", "bob"), group("a-admins", "cn=x-admins,ou=groups,BASE"), group("x-admins", "ada", "uid=out,BASE"), at("uid=out,BASE", "mail: out@example.org")),
			want:   []string{"a: ada=admin bob=member | out_of_scope 1: uid=out", "left gone"},
		},
		{
			name: "by account", preset: ldap.RFC2307,
			config: func(c *ldap.Config) { config(true)(c); c.Groups.Filter = "(&(objectClass=posixGroup)(!(cn=*-admins)))" },
			ldif:   append(people, posix("a", 1, "ada", "bob"), posix("a-admins", 2, "ADA")),
			want:   []string{"a: ada=admin bob=member", "left gone"},
		},
	})
}

// Elevated accounts are admins where they are listed, and nothing by a member group.
func TestSlapd_adminsByAccount(t *testing.T) {
	t.Parallel()
	pattern, err := source.ParsePattern("*-adm")
	require.NoError(t, err)
	ldif := []string{
		person("ada"), at("uid=Ada-ADM,ou=people,BASE", "uid: 0", "uid: Ada-ADM", "mail: Ada-ADM@example.org"), person("bob-adm"), group("a", "ada", "Ada-ADM", "cn=b,ou=groups,BASE"), group("b", "bob-adm", "ada"),
		posix("c", 1, "ada", "Ada-adm", "bob-ADM"),
	}
	run(t, []world{
		{
			name: "direct only", ldif: ldif, config: func(c *ldap.Config) { c.Admins.Accounts, c.Admins.DirectOnly = &pattern, true },
			want:  []string{"a: Ada-ADM=admin ada=member", "b: ada=member bob-adm=admin", "c:"},
			notes: []string{"members who are none, as admins.accounts means them and they are in a member group only: 1"},
		},
		{
			name: "nested", ldif: ldif, config: func(c *ldap.Config) { c.Admins.Accounts = &pattern },
			want: []string{"a: Ada-ADM=admin ada=member bob-adm=admin", "b: ada=member bob-adm=admin", "c:"},
		},
		{
			name: "by account", ldif: ldif, preset: ldap.RFC2307,
			config: func(c *ldap.Config) {
				c.Admins.Accounts, c.Groups.Filter = &pattern, "(objectClass=posixGroup)"
			},
			want: []string{"c: Ada-ADM=admin ada=member bob-adm=admin"},
		},
	})
}

// Where somebody's account may not be read, their role stays as it is.
func TestSlapd_accountsHidden(t *testing.T) {
	t.Parallel()
	pattern, err := source.ParsePattern("*-adm")
	require.NoError(t, err)
	w := grow(t, slapd.Options{Access: []string{`to dn.regex="^cn=(ada|bob),ou=people,BASE$" attrs=uid by * none`}},
		at("cn=ada,ou=people,BASE", "cn: ada", "uid: ada-adm", "mail: ada@example.org"), at("cn=bob,ou=people,BASE", "cn: bob", "uid: bob-adm", "mail: bob@example.org"),
		person("eve-adm"), person("joe"), group("a", "cn=ada,ou=people,BASE", "eve-adm", "joe", "cn=b,ou=groups,BASE"), group("b", "cn=bob,ou=people,BASE"))
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Admins.Accounts, c.Admins.DirectOnly = &pattern, true })
	w.reads(t, c, []string{"a: ada bob eve-adm=admin joe=member", "b: bob"})
}

// Where admins may not be read, roles stay as they are.
func TestSlapd_adminsHidden(t *testing.T) {
	t.Parallel()
	w := grow(t, slapd.Options{Access: []string{
		`to attrs=owner by * none`, `to dn.base="cn=b-admins,ou=groups,BASE" attrs=member by * none`, `to dn.base="cn=c-admins,ou=groups,BASE" by * none`,
	}},
		person("ada"), group("a", "ada")+"owner: uid=ada,ou=people,BASE\n", required("a-admins", "ada"), group("b", "ada"), required("b-admins", "ada"),
		group("c", "ada"), required("c-admins", "ada"))
	c := w.config(ldap.RFC2307bis)
	c.Groups.Filter, c.Admins.Attribute = "(objectClass=groupOfMembers)", "owner"
	assert.Equal(t, []string{"a: ada", "b: ada", "c: ada"}, w.said(w.roster(t, c)))
	c.Admins = ldap.Admins{Group: "{name}-admins"}
	r := w.roster(t, c)
	assert.Equal(t, []string{"a: ada=admin", "b: ada", "c: ada"}, w.said(r))
	assert.Equal(t, []string{"groups whose list of admins is missing or not whole, so that their roles are left as they are: 2"}, w.notes(r, "groups whose"))
}
