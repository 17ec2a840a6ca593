package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// A directory in which nothing is remarkable is read with few words.
func TestSlapd_plain(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"), person("bob"), group("eng", "ada", "bob"), required("ops", "ada"), group("none"))
	c := w.config(ldap.RFC2307bis)
	c.Groups.Filter = "(cn=*)"
	r := w.roster(t, c)
	assert.Equal(t, []string{"eng: ada bob", "none:", "ops: ada"}, w.said(r))
	assert.Equal(t, []string{"groups below ou=groups for (cn=*)", "people read: 2"}, w.notes(r))
	e := r.Evidence()[0]
	e.Notes = nil
	assert.Equal(t, source.Evidence{Name: "ldap", Kind: "ldap", Origin: w.SecureURL(), Groups: 3, Memberships: 3, GroupsComplete: true}, e)
}
