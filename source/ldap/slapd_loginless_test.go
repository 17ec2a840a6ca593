package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestSlapd_loginless lists those without an address by their key, in the group that
// has them and as its admins, whether or not they count as unresolved.
func TestSlapd_loginless(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), bare("bob", "displayName: Bob"), bare("boss", "displayName: Boss"), bare("gone", "nsAccountLock: TRUE"),
		group("Inner", "bob"), group("Finance", "ada", "gone", "cn=Inner,ou=groups,BASE"), group("Finance-admins", "boss"), group("Other", "ada"))
	for _, tolerate := range [][]source.UnresolvedKind{nil, {source.NoLogin}} {
		roster := w.roster(t, w.config(ldap.RFC2307bis, func(c *ldap.Config) {
			c.People.Tolerate, c.Admins = tolerate, ldap.Admins{Group: "{name}-admins", DirectOnly: true}
		}))
		got := map[string][]string{}
		for _, g := range roster.Groups() {
			for _, p := range g.Loginless {
				got[g.Name] = append(got[g.Name], roster.Person(p).Name)
				assert.NotEmpty(t, roster.Person(p).Key)
				assert.Empty(t, roster.Logins(p))
			}
		}
		assert.ElementsMatch(t, []string{"Bob", "Boss"}, got["Finance"])
		assert.Equal(t, []string{"Bob"}, got["Inner"])
		assert.Equal(t, []string{"Boss"}, got["Finance-admins"])
		assert.Empty(t, got["Other"])
	}
}
