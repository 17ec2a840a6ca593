package ldap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestSamba_people is what becomes of each kind of thing that a group may list.
func TestSamba_people(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.change(t, adEntries(
		adPerson("ann"),
		adPerson("bob", "userPrincipalName: bob@corp.example.com"),
		adAccount("upn", 544, "userPrincipalName: upn@example.com"),
		adAccount("proxy", 544, "proxyAddresses: smtp:b-alias@example.com", "proxyAddresses: x500:/o=x",
			"proxyAddresses: SMTP:z-main@example.com", "proxyAddresses: smtp:a-alias@example.com"),
		adAccount("mute", 544),
		adAccount("off", 546, "mail: off@example.com"),
		adPerson("past", "accountExpires: 132000000000000000"),
		adPerson("soon", "accountExpires: 140000000000000000"),
		adPerson("zero", "accountExpires: 0"),
		adPerson("never", "accountExpires: 9223372036854775807"),
		"dn: CN=card,{ou}\nobjectClass: contact\nmail: card@example.com\n",
		"dn: CN=box,{ou}\nobjectClass: computer\nsAMAccountName: box-{x}$\nuserAccountControl: 4128\nmail: box@example.com\n",
		"dn: CN=svc,{ou}\nobjectClass: msDS-GroupManagedServiceAccount\nsAMAccountName: svc-{x}$\nuserAccountControl: 4128\nmsDS-ManagedPasswordInterval: 30\nmail: svc@example.com\n",
		"dn: OU=out,{ou}\nobjectClass: organizationalUnit\n",
		adPerson("far,OU=out"), adAccount("gone,OU=out", 546, "mail: gone@example.com"),
		adTeam("All", "ann", "bob", "upn", "proxy", "mute", "off", "past", "soon", "zero", "never", "card", "box", "svc", "far,OU=out", "gone,OU=out"),
		"dn: CN=Foreign,{ou}\nobjectClass: group\nsAMAccountName: foreign-{x}\nmember: CN=ann,{ou}\nmember: <SID=S-1-5-21-7-8-9-1105>\n",
	))
	base := func(c *ldap.Config) {
		c.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) } // before the expiry of soon, in 2044
		c.Users.Scope = 1
	}
	foreign := "Foreign: ann; foreign 1 CN=S-1-5-21-7-8-9-1105,CN=ForeignSecurityPrincipals," + samba.Base
	for name, c := range map[string]struct {
		edit func(*ldap.Config)
		want []string
	}{
		"by preset": {func(*ldap.Config) {}, []string{
			"All: ann, bob, never, soon, upn, z-main, zero; no_login 1 CN=mute; out_of_scope 1 CN=far,OU=out", foreign,
			"left: gone, gone", "left: off, off", "left: past, past",
		}},
		"by userPrincipalName": {func(c *ldap.Config) { c.Users.Login = []string{"userPrincipalName"} }, []string{
			"All: bob@corp.example.com, upn; no_login 7 CN=ann CN=far,OU=out CN=mute", "Foreign:; no_login 1 CN=ann; foreign 1 CN=S-1-5-21-7-8-9-1105,CN=ForeignSecurityPrincipals," + samba.Base,
			"left: gone,", "left: off,", "left: past,",
		}},
		"the disabled stay": {func(c *ldap.Config) { c.People.DisabledStay = true }, []string{
			"All: ann, bob, never, off, past, soon, upn, z-main, zero; no_login 1 CN=mute; out_of_scope 2 CN=far,OU=out CN=gone,OU=out", foreign,
		}},
		"a unit of those who have left": {func(c *ldap.Config) { c.People.LeaverOU = "OU=out," + u.ou }, []string{
			"All: ann, bob, never, soon, upn, z-main, zero; no_login 1 CN=mute", foreign,
			"left: far, far", "left: gone, gone", "left: off, off", "left: past, past",
		}},
		"a filter of those who have left": {func(c *ldap.Config) { c.Users.Scope, c.People.LeaverFilter = 2, "(|(cn=far)(cn=mute))" }, []string{
			"All: ann, bob, never, soon, upn, z-main, zero", foreign,
			"left: far, far", "left: gone, gone", "left: mute,", "left: off, off", "left: past, past",
		}},
		"not people": {func(c *ldap.Config) {
			c.People.NotPeople = []string{"cn=ANN, " + u.ou}
			c.People.NotPeopleFilter = "(|(cn=mute)(cn=far)(cn=off))"
		}, []string{
			"All: bob, never, soon, upn, z-main, zero", strings.Replace(foreign, " ann", "", 1),
			"left: gone, gone", "left: off, off", "left: past, past",
		}},
		"tolerated": {func(c *ldap.Config) {
			c.People.Tolerate = []source.UnresolvedKind{source.NoLogin, source.Foreign, source.OutOfScope}
		}, []string{
			"All: ann, bob, never, soon, upn, z-main, zero", "Foreign: ann", "left: gone, gone", "left: off, off", "left: past, past",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, u.said(u.read(t, func(config *ldap.Config) { base(config); c.edit(config) })))
		})
	}
	t.Run("all addresses", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, []string{"z-main", "a-alias", "b-alias"}, u.logins(u.read(t, base), "z-main@example.com"))
		assert.Equal(t, []string{"bob", "bob@corp.example.com"}, u.logins(u.read(t, base), "bob@example.com"))
	})
}
