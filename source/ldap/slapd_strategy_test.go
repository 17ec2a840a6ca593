package ldap_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// looksUp reads a tree as if it were a large one, of which groups name few people.
func (w tree) looksUp(t *testing.T, c ldap.Config, large, few int) *source.Roster {
	t.Helper()
	s, err := ldap.New(c)
	require.NoError(t, err)
	s.LookUp(large, few)
	r, err := s.Read(t.Context())
	require.NoError(t, err)
	return r
}

// People of a large directory are looked up where groups name few of them, and the
// roster is the same.
func TestSlapd_lookedUp(t *testing.T) {
	t.Parallel()
	ldif := append(crowd(30, 3)[:33], group("few", "u29", "u28", "u02", "gone", "uid=u05,ou=elsewhere,BASE"),
		ou("ou=elsewhere,BASE"), at("uid=u05,ou=elsewhere,BASE", "mail: x@example.org"),
		person("left1", forGood), person("left2", "nsAccountLock: TRUE"), person("left3", "objectClass: shadowAccount", "shadowExpire: 20000"),
		person("left4", "employeeType: left"), person("locked", "pwdAccountLockedTime: 20261124115500Z"), person("later", "objectClass: shadowAccount", "shadowExpire: 30000"),
		person("bot", "employeeType: bot"), required("last", "bot", "u27"),
	)
	w := plant(t, ldif...)
	p := w.stand(t, ldapproxy.Options{})
	c := w.config(ldap.RFC2307bis)
	c.URLs, c.PageSize, c.MinGroups = []string{p.SecureURL()}, 4, 1
	c.People.LeaverFilter, c.People.NotPeopleFilter = "(employeeType=left)", "(employeeType=bot)"
	read := w.roster(t, c)
	assert.Equal(t, []string{"people read: 37"}, w.notes(read, "people read", "people:"))
	for _, want := range []struct {
		large, few int
		note       string
	}{
		{4, 1000, "people: the first 4 of a large directory were read, and the others whom groups name were looked up"},
		{5, 1000, "people: the first 8 of a large directory were read, and the others whom groups name were looked up"},
		{8, 6, "people: the first 8 of a large directory were read, and the others whom groups name were looked up"},
		{8, 5, "people read: 37"}, // u27, u28, u29, bot, gone and u05 elsewhere
		{1000, 1000, "people read: 37"},
		{36, 1000, "people: the first 36 of a large directory were read, and the others whom groups name were looked up"},
		{37, 1000, "people read: 37"},
	} {
		looked := w.looksUp(t, c, want.large, want.few)
		assert.Equal(t, []string{want.note}, w.notes(looked, "people read", "people:"), "%+v", want)
		assert.Equal(t, read.Groups(), looked.Groups(), "%+v", want)
		assert.Equal(t, w.said(read), w.said(looked), "%+v", want)
		assert.Equal(t, read.People(), looked.People(), "%+v", want)
	}

	// Nobody who is looked up is one of the first, or asked for twice.
	p.Forget()
	w.looksUp(t, c, 4, 1000)
	names := map[string]int{}
	for _, s := range p.Seen().Searches {
		if s.Page > 1 {
			continue
		}
		for name := range strings.SplitSeq(s.Filter, "(uid=") {
			names[strings.SplitN(name, ")", 2)[0]]++
		}
	}
	assert.Equal(t, 1, names["u29"], "%v", names)
	assert.Zero(t, names["u00"])
}

// A name that is missing is not taken for a hidden group where people are, also where
// they were not read.
func TestSlapd_lookedUpBesideGroups(t *testing.T) {
	t.Parallel()
	w := plant(t,
		person("ada"), person("bob"), ou("ou=mixed,ou=people,BASE"), ou("ou=staff,ou=people,BASE"),
		at("uid=cy,ou=mixed,ou=people,BASE", "mail: cy@example.org"), at("uid=dee,ou=mixed,ou=people,BASE", "mail: dee@example.org"),
		groupAt("cn=m,ou=mixed,ou=people,BASE", "uid=gone,ou=mixed,ou=people,BASE", "bob"),
		groupAt("cn=s,ou=staff,ou=people,BASE", "uid=gone,ou=staff,ou=people,BASE", "bob"),
	)
	c := w.config(ldap.RFC2307bis)
	c.Groups.BaseDN, c.PageSize = c.Users.BaseDN, 1
	want := []string{"m: bob | dangling 1: uid=gone,ou=mixed", "s: bob | partial: member uid=gone,ou=staff: it is where groups are, and cannot be read"}
	for _, large := range []int{1, 2, 1000} {
		assert.Equal(t, want, w.said(w.looksUp(t, c, large, 1000)), "%d", large)
	}
}
