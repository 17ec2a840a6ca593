package ldap_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// Equal directories give equal rosters and notes, in whatever order they were filled:
// entries and values come in no order.
func TestSlapd_order(t *testing.T) {
	t.Parallel()
	entries := []string{
		bare("ada", "mail: ada@example.org", "mail: ada@old.example"), person("bob", "nsAccountLock: perhaps"), person("cy", "nsAccountLock: who knows"),
		bare("dee", "mail: none", "uid: d2"), bare("eve", "mail: nothing"), person("fay", forGood), person("gus", forGood),
		group("a", "ada", "UID=gone,OU=people,BASE", "uid=x1,ou=people,BASE", "uid=x2,ou=people,BASE", "uid=x3,ou=people,BASE", "uid=x4,ou=people,BASE"),
		group("b", "uid=Gone,ou=People,BASE", "cn=a,ou=groups,BASE", "cn=c,ou=groups,BASE", "dee", "eve"),
		group("c", "uid=gone,ou=people,BASE", "cn=b,ou=groups,BASE", "bob", "cn=Hidden,ou=groups,BASE"),
		group("d", "cn=hidden,ou=groups,BASE", "cn=c,ou=groups,BASE", "fay") + "description: two\ndescription: one\n" + line("description", "a bell\a") + "\n",
		group("e", "cn=HIDDEN,ou=groups,BASE", "uid=out,ou=ext,BASE", "gus"), group("f", "UID=OUT,ou=ext,BASE"),
		entry("cn=g,ou=groups,BASE", "objectClass: groupOfMembers", line("description", "\a")), entry("cn=h,ou=groups,BASE", "objectClass: groupOfMembers", line("description", "\b")),
	}
	for i := range entries {
		entries[i] += fmt.Sprintf("entryUUID: 00000000-0000-0000-0000-%012d\n", i)
	}
	elsewhere := []string{ou("ou=ext,BASE"), at("uid=out,ou=ext,BASE", "mail: out@example.org")}
	backwards := slices.Clone(entries)
	slices.Reverse(backwards)
	first, second := grow(t, slapd.Options{}, append(elsewhere, entries...)...), grow(t, slapd.Options{}, append(elsewhere, backwards...)...)
	config := func(w tree) ldap.Config {
		c := w.config(ldap.RFC2307bis)
		c.PageSize = 3
		return c
	}
	want, got := first.roster(t, config(first)), second.roster(t, config(second))
	assert.Equal(t, first.said(want), second.said(got))
	assert.Equal(t, first.notes(want), second.notes(got))
	assert.Equal(t, want.Groups(), got.Groups())
	assert.Contains(t, first.notes(want), `addresses that cannot be logins: 2, such as "none"`)
	assert.Contains(t, first.said(want), "f: | out_of_scope 1: UID=OUT,ou=ext")
	for range 3 {
		require.Equal(t, want, first.roster(t, config(first)))
	}
}

// Names that a server keeps as somebody wrote them are those that it says they are.
func TestSlapd_rawNames(t *testing.T) {
	t.Parallel()
	w := grow(t, slapd.Options{},
		entry(`cn=Doe\, Jane,ou=people,BASE`, "objectClass: inetOrgPerson", "sn: x", "mail: jane@example.org"),
		person("ada"), group("a", `CN=doe\2c  JANE , OU=People,BASE`, `UID = ada;ou=people,BASE`), group("b", `cn="Doe, Jane",ou=people,BASE`, "ada"),
		group("c", `cn="No, Body",ou=people,BASE`, "ada"), at(`cn=Roe\, Ann,ou=people,BASE`, "mail: ann@example.org", "employeeType: x"), group("d", `cn="Roe, Ann",ou=people,BASE`),
		bare("zoe", "nsAccountLock: perhaps", "employeeType: x"), group("e", "zoe"),
		at(`cn=Poe\, Al,ou=people,BASE`, "mail: al@example.org"), group("f", `cn="Poe, Al",ou=people,BASE`),
	)
	c := w.config(ldap.RFC2307bis)
	c.Users.Filter, c.PageSize = "(!(employeeType=x))", 1
	want := []string{"a: ada jane", "b: ada jane", "c: ada | dangling 1: cn=\"No, Body\"", `d: | out_of_scope 1: cn="Roe, Ann"`, "e: | no_login 1: uid=zoe", "f: al"}
	notes := `accounts of which it cannot be read whether they are closed: 1, such as "nsAccountLock of uid=zoe: \"perhaps\" is neither true nor false"`
	w.reads(t, c, want, notes)
	p := w.stand(t, ldapproxy.Options{})
	c.URLs = []string{p.SecureURL()}
	assert.Equal(t, want, w.said(w.looksUp(t, c, 1, 100)))
	for _, s := range p.Seen().Searches {
		assert.False(t, s.Base == "" && s.Paged, "the root of the server has nobody below it: %v", s)
	}
}
