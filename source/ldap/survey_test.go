package ldap_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// survey surveys a tree that can be read.
func (w tree) survey(t *testing.T, c ldap.Config) (*source.Roster, *ldap.Survey) {
	t.Helper()
	s, err := ldap.New(c)
	require.NoError(t, err)
	roster, survey, err := s.Survey(t.Context())
	require.NoError(t, err)
	return roster, survey
}

// A survey says what was looked for where, and what of it a reviewer should know; the
// roster is that of a read.
func TestSurvey(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range ldap.LargeGroup + 1 {
		many = append(many, fmt.Sprintf("uid=m%d,ou=people,BASE", i))
	}
	w := plant(
		t, person("ada"), person("bob", "nsAccountLock: TRUE"), at("uid=zoe,ou=people,BASE", "mail: zoe@example.org"), at("uid=far,BASE", "mail: far@example.org"),
		required("eng", "ada", "bob", "uid=far,BASE"), required("big", append(many, "uid=ada,ou=people,BASE")...), required("large", many...), required("just", many[1:]...),
	)
	c := w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Groups.Marker = "cn=all,ou=groups," + w.base })
	w.change(t, required("all", "cn=eng,ou=groups,BASE", "cn=big,ou=groups,BASE", "cn=large,ou=groups,BASE", "cn=just,ou=groups,BASE"))

	roster, survey := w.survey(t, c)

	assert.Equal(t, w.said(w.roster(t, c)), w.said(roster))
	assert.Equal(t, &ldap.Survey{
		URL: w.SecureURL(), Product: "OpenLDAP", TLS: true, Paging: true,
		Groups: ldap.Groups{
			BaseDN: "ou=groups," + w.base, Scope: wire.Sub, Filter: c.Groups.Filter, Marker: "cn=all,ou=groups," + w.base,
			ID: "entryUUID", Name: "cn", Description: "description", Member: "member",
		},
		Users: ldap.Users{
			BaseDN: "ou=people," + w.base, Scope: wire.Sub, Filter: "(objectClass=inetOrgPerson)",
			ID: "entryUUID", Login: []string{"mail"}, Name: "displayName", Account: "uid",
		},
		People: 3, Lookups: ldap.LargeGroup + 2, Leavers: 1, Large: 2, Largest: "big", LargestSize: ldap.LargeGroup + 2,
		Searched: []string{"groups below ou=groups," + w.base + " for " + c.Groups.Filter},
	}, survey)
}

// What users.filter hides are the people of the preset who are closed now, where that
// means that they have left.
func TestSurvey_hidden(t *testing.T) {
	t.Parallel()
	w := plant(
		t, person("ada", "employeeType: active"), person("eve", "nsAccountLock: TRUE"), person("dan", "objectClass: shadowAccount", "shadowExpire: 20000"),
		person("fay", "objectClass: shadowAccount", "shadowExpire: 99999"), person("gus", "nsAccountLock: FALSE"),
		person("ivy", "nsAccountLock: TRUE", "employeeType: active"), at("uid=far,BASE", "nsAccountLock: TRUE"),
		entry("ou=locked,ou=people,BASE", "objectClass: organizationalUnit", "objectClass: testAccount", "ou: locked", "nsAccountLock: TRUE"),
		group("eng", "ada"),
	)
	const active = "(employeeType=active)"
	for name, test := range map[string]struct {
		change  func(*ldap.Config)
		n       int
		example string
	}{
		"by the preset's filter":     {func(*ldap.Config) {}, 0, ""},
		"by another":                 {func(c *ldap.Config) { c.Users.Filter = active }, 2, "uid=dan,ou=people," + w.base},
		"where they stay":            {func(c *ldap.Config) { c.Users.Filter, c.People.DisabledStay = active, true }, 0, ""},
		"by one that finds them":     {func(c *ldap.Config) { c.Users.Filter = "(uid=*)" }, 0, ""},
		"on several pages":           {func(c *ldap.Config) { c.Users.Filter, c.PageSize = active, 1 }, 2, "uid=dan,ou=people," + w.base},
		"among those directly below": {func(c *ldap.Config) { c.Users.Filter, c.Users.Scope = active, wire.One }, 2, "uid=dan,ou=people," + w.base},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, survey := w.survey(t, w.config(ldap.RFC2307bis, test.change))
			assert.Equal(t, test.n, survey.Hidden)
			assert.Equal(t, test.example, survey.HiddenExample)
		})
	}
}

// A survey is no less strict than a read, and what it looks for beside one is read
// whole as well.
func TestSurvey_fails(t *testing.T) {
	t.Parallel()
	w := grow(t, slapd.Options{Limits: "size=1"}, person("ada", "employeeType: active"), person("eve", "nsAccountLock: TRUE"), person("dan", "nsAccountLock: TRUE"), group("eng", "ada"))
	for filter, want := range map[string]string{
		"(objectClass=inetOrgPerson)": `read source "ldap": URL: search ou=people for (objectClass=inetOrgPerson): result 4 (size limit exceeded)`,
		"(employeeType=none)":         `read source "ldap": the source is incomplete: no person is found below ou=people for (employeeType=none); look at users.base_dn and users.filter, and at what the account that asks may see`,
		"(employeeType=active)": `read source "ldap": look for accounts that users.filter hides: URL: search ou=people for ` +
			`(&(objectClass=inetOrgPerson)(|(userAccountControl:1.2.840.113556.1.4.803:=2)(&(accountExpires>=1)(!(accountExpires=9223372036854775807)))(pwdAccountLockedTime=*)(nsAccountLock=TRUE)(&(shadowExpire=*)(!(shadowExpire=-1))))(!(employeeType=active))): result 4 (size limit exceeded)`,
	} {
		s, err := ldap.New(w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Users.Filter = filter }))
		require.NoError(t, err)
		roster, survey, err := s.Survey(t.Context())
		require.Error(t, err)
		assert.Equal(t, want, w.short(err.Error()))
		assert.Nil(t, roster)
		assert.Nil(t, survey)
	}
	s, err := ldap.New(w.config(ldap.RFC2307bis, func(c *ldap.Config) { c.Users.Filter, c.MinGroups = "(employeeType=active)", 2 }))
	require.NoError(t, err)
	_, _, err = s.Survey(t.Context())
	require.ErrorContains(t, err, `read source "ldap": the source is incomplete: `)
}
