package ldap_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestSamba_names finds members under names that servers spell in more than one way.
func TestSamba_names(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	odd := []string{
		`Müller\, José`, `a\+b`, `c\"d\\e`, `\#hash`, `李 部門 🙂`, `x\=y\;z \<w\>`, `two  spaces`, `(round) *star* \\`, `e\C3\A9`, `Straße`,
	}
	b64 := func(attribute, value string) string { return adEncoded(attribute, value) + "\n" }
	var ldif, members strings.Builder
	for i, name := range odd {
		dn := "CN=" + name + "," + u.ou
		fmt.Fprintf(&ldif, "%sobjectClass: user\nsAMAccountName: odd%d-{x}\nuserAccountControl: 544\nmail: odd%d@example.com\n\n", b64("dn", dn), i, i)
		members.WriteString(b64("member", dn))
	}
	sub := "CN=sub \\, group," + u.ou
	fmt.Fprintf(&ldif, "%sobjectClass: group\nsAMAccountName: sub-{x}\ndisplayName: Sub\n%s\n", b64("dn", sub), members.String())
	fmt.Fprintf(&ldif, "%sobjectClass: group\nsAMAccountName: all-{x}\ndisplayName: All\n%s%s\n", b64("dn", "CN=all,"+u.ou), b64("member", sub), members.String())
	u.change(t, ldif.String())
	everybody := "odd0, odd1, odd2, odd3, odd4, odd5, odd6, odd7, odd8, odd9"
	byDisplayName := func(c *ldap.Config) { c.Groups.Name = "displayName" }
	assert.Equal(t, []string{"All: " + everybody, "Sub: " + everybody}, u.said(u.read(t, byDisplayName)))

	roster := u.read(t, func(c *ldap.Config) {
		byDisplayName(c)
		c.Groups.Filter, c.Users.Filter = "(cn=all)", "(mail=odd3@example.com)"
	})
	require.Len(t, roster.Groups(), 1)
	require.Len(t, roster.Groups()[0].Unresolved, 1, "every name is looked up, and found: %v", u.said(roster))
	assert.Equal(t, "out_of_scope", roster.Groups()[0].Unresolved[0].Kind.String())
	assert.Equal(t, len(odd)-1, roster.Groups()[0].Unresolved[0].Count)
	assert.Empty(t, roster.Groups()[0].Partial)
}

// TestSamba_conflicts leaves out what replication has made of two groups of one name.
// A person who has such a name is a person.
func TestSamba_conflicts(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	conflict := func(name string) string {
		return base64.StdEncoding.EncodeToString([]byte("CN=" + name + `\0ACNF:01234567-89ab-cdef-0123-456789abcdef,` + u.ou))
	}
	u.change(t, adEntries(
		adPerson("ann"),
		"dn:: "+conflict("bob")+"\nobjectClass: user\nsAMAccountName: bob-{x}\nuserAccountControl: 544\nmail: bob@example.com\n",
		adGroup("Staff", "member: CN=ann,{ou}", "member:: "+conflict("bob")),
		"dn:: "+conflict("Staff")+"\nobjectClass: group\nsAMAccountName: staff2-{x}\nmember: CN=ann,{ou}\n",
	))
	assert.Equal(t, []string{"Staff: ann, bob", "the list of groups is not complete"}, u.said(u.read(t, nil)))
}
