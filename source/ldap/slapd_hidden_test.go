package ldap_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// What the account may not see is not taken for what is not there.
func TestSlapd_hidden(t *testing.T) {
	t.Parallel()
	ldif := []string{
		person("ada"), person("bob"), ou("ou=secret,BASE"), ou("ou=sub,ou=people,BASE"),
		at("uid=eve,ou=sub,ou=people,BASE", "uid: eve", "mail: eve@example.org"),
		group("a", "ada", "bob"), required("b", "ada", "uid=eve,ou=sub,ou=people,BASE"),
		group("c", "bob", "cn=a,ou=groups,BASE", "cn=s,ou=secret,BASE"), groupAt("cn=s,ou=secret,BASE", "ada"),
		required("d", "bob", "cn=s,ou=secret,BASE"),
	}
	all := []string{"a: ada bob", "b: ada eve", "c: ada bob", "d: ada bob"}
	for _, c := range []struct {
		name   string
		access string
		config func(*ldap.Config)
		want   []string
		fails  string
	}{
		{name: "nothing", want: all},
		{
			name: "a group", access: `to dn.base="cn=a,ou=groups,BASE" by * none`,
			want: []string{"b: ada eve", "c: ada bob | partial: member cn=a: it is where groups are, and cannot be read", "d: ada bob"},
		},
		{
			name: "groups elsewhere", access: `to dn.subtree="ou=secret,BASE" by * none`,
			want: []string{
				"a: ada bob", "b: ada eve", "c: ada bob | partial: member cn=s,ou=secret: it is not below users.base_dn, and cannot be read",
				"d: bob | partial: member cn=s,ou=secret: it is not below users.base_dn, and cannot be read",
			},
		},
		{
			name: "the members of a group", access: `to dn.base="cn=b,ou=groups,BASE" attrs=member by * none`,
			want: []string{"a: ada bob", "b: | partial: it shows no member, and a groupOfNames always has one: the account that asks may not read it", "c: ada bob", "d: ada bob"},
		},
		{
			name: "the members of every group", access: `to attrs=member by * none`,
			want: []string{
				"a:", "b: | partial: it shows no member, and a groupOfNames always has one: the account that asks may not read it",
				"c:", "d: | partial: it shows no member, and a groupOfNames always has one: the account that asks may not read it",
			},
		},
		{
			name: "all groups", access: `to dn.children="ou=groups,BASE" by * none`,
			config: func(c *ldap.Config) { c.MinGroups = 1 },
			fails: `read source "ldap": the source is incomplete: no group is found below ou=groups for (cn=*); ` +
				`look at groups.base_dn and groups.filter, and at what the account that asks may see`,
		},
		{
			name: "some people", access: `to dn.children="ou=sub,ou=people,BASE" by * none`,
			want: []string{"a: ada bob", "b: ada | dangling 1: uid=eve,ou=sub", "c: ada bob", "d: ada bob"},
		},
		{
			name: "all people", access: `to dn.subtree="ou=people,BASE" by * none`,
			fails: `read source "ldap": URL: search ou=people for (objectClass=inetOrgPerson): result 32 (no such object)`,
		},
		{
			name: "all people but for the place where they are", access: `to dn.children="ou=people,BASE" by * none`,
			fails: `read source "ldap": the source is incomplete: no person is found below ou=people for (objectClass=inetOrgPerson); ` +
				`look at users.base_dn and users.filter, and at what the account that asks may see`,
		},
		{
			name: "mail", access: `to dn.base="uid=ada,ou=people,BASE" attrs=mail by * none`,
			want: []string{"a: bob | no_login 1: uid=ada", "b: eve | no_login 1: uid=ada", "c: bob | no_login 1: uid=ada", "d: bob | no_login 1: uid=ada"},
		},
		{
			name: "what somebody is known by", access: `to dn.base="uid=eve,ou=sub,ou=people,BASE" attrs=entryUUID by * none`,
			want: []string{"a: ada bob", "b: ada | partial: member uid=eve,ou=sub has no entryUUID that the account may read, by which to know them again", "c: ada bob", "d: ada bob"},
		},
		{
			name: "what people are known by", access: `to dn.subtree="ou=people,BASE" attrs=entryUUID by * none`,
			fails: `read source "ldap": the source is incomplete: none of 3 people has the attribute entryUUID; look at users.id`,
		},
		{
			name: "what groups are known by", access: `to dn.subtree="ou=groups,BASE" attrs=entryUUID by * none`,
			fails: `read source "ldap": the source is incomplete: none of 4 groups has the attribute entryUUID; look at groups.id`,
		},
		{
			name: "what a member group is known by", access: `to dn.subtree="ou=secret,BASE" attrs=entryUUID by * none`,
			want: all,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := slapd.Options{}
			if c.access != "" {
				o.Access = []string{c.access}
			}
			w := grow(t, o, ldif...)
			config := w.config(ldap.RFC2307bis)
			config.Groups.Filter = "(cn=*)"
			if c.config != nil {
				c.config(&config)
			}
			if c.fails != "" {
				assert.EqualError(t, w.fails(t, config), c.fails)
				return
			}
			w.reads(t, config, c.want)
		})
	}
}

// A group that cannot be in a roster is not one that is gone.
func TestSlapd_groupsLeftOut(t *testing.T) {
	t.Parallel()
	w := grow(t, slapd.Options{Access: []string{`to dn.base="cn=b,ou=groups,BASE" attrs=entryUUID by * none`, `to dn.base="cn=c,ou=groups,BASE" attrs=cn by * none`}},
		person("ada"), group("a", "ada"), group("b", "ada"), group("c", "ada"),
		line("dn", "cn=d\u200b,ou=groups,ou=t,dc=example,dc=org")+"\nobjectClass: groupOfMembers\n",
	)
	c := w.config(ldap.RFC2307bis)
	c.Groups.Filter = "(objectClass=groupOfMembers)"
	r := w.roster(t, c)
	assert.Equal(t, []string{"a: ada"}, w.said(r))
	assert.Equal(t, []string{
		"the list of groups is not whole: group cn=b was left out: it has no entryUUID that the account may read",
		"the list of groups is not whole: group cn=c was left out: it has no cn",
		"the list of groups is not whole: group cn=d\u200b was left out: the name \"d\\u200b\" has the invisible character U+200B in it; take it out, or write a plain space",
	}, w.notes(r, "the list of groups"))
	assert.False(t, r.Evidence()[0].GroupsComplete)
}

// Of many reasons some are told, the same ones each time.
func TestSlapd_manyReasons(t *testing.T) {
	t.Parallel()
	w := plant(t, append(crowd(2, 1), func() string {
		var lost []string
		for i := range 13 {
			lost = append(lost, fmt.Sprintf("uid=h%02d,ou=hidden,BASE", i))
		}
		return group("lacks", lost...)
	}(), group("nests", "cn=lacks,ou=groups,BASE"))...)
	r := w.roster(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Groups.Filter = "(|(cn=lacks)(cn=nests))" }))
	reasons := func(prefix string) []string {
		var all []string
		for i := range 10 {
			all = append(all, fmt.Sprintf("%smember uid=h%02d,ou=hidden: it is not below users.base_dn, and cannot be read", prefix, i))
		}
		return append(all, "and 3 more such reasons")
	}
	for i, want := range [][]string{reasons(""), reasons("member group cn=lacks: ")} {
		for n, reason := range r.Groups()[i].Partial {
			assert.Equal(t, want[n], w.short(reason))
		}
		assert.Len(t, r.Groups()[i].Partial, len(want))
	}
}

// A group that does not show its number may be the primary one of anybody.
func TestSlapd_hiddenNumber(t *testing.T) {
	t.Parallel()
	w := grow(t, slapd.Options{Access: []string{`to dn.base="cn=Staff,ou=groups,BASE" attrs=gidNumber by * none`}},
		entry("uid=ada,ou=people,BASE", "objectClass: inetOrgPerson", "objectClass: posixAccount", "uid: ada", "cn: x", "sn: x", "mail: ada@example.org",
			"uidNumber: 1", "gidNumber: 7", "homeDirectory: /"), posix("Staff", 7), posix("Others", 8, "ada"))
	config := w.config(ldap.RFC2307, func(c *ldap.Config) { c.Primary = true })
	w.reads(t, config, []string{"Others: ada", "Staff: | partial: it shows no gidNumber, by which people name it as their primary group"})
	config.Primary = false
	w.reads(t, config, []string{"Others: ada", "Staff:"})
}
