package dn_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, base string
		within     bool
	}{
		{"uid=a,OU=People,DC=Example", "ou=people, dc=example", true},
		{"uid=a,ou=people,dc=example", "dc=EXAMPLE", true},
		{"ou=people,dc=example", "ou=people,dc=example", true},
		{"dc=example", "ou=people,dc=example", false},
		{"ou=morepeople,dc=example", "ou=people,dc=example", false},
		{"uid=a,ou=people", "ou=people,dc=example", false},
		{"cn=a", "", true},
		{"", "", true},
		{"", "dc=example", false},
		{"cn=xdc=example", "dc=example", false},
		{`cn=x\,dc=example`, "dc=example", false},
		{`cn=x\2Cdc=example`, "dc=example", false},
		{`cn=x\\,dc=example`, "dc=example", true},
		{`cn=x\\\,dc=example`, "dc=example", false},
		{"cn=x+dc=example", "dc=example", false},
		{"uid=a,ou=b+cn=c,dc=d", "cn=c+ou=b,dc=d", true},
		{"CN=é,OU=É,DC=x", "ou=e\u0301,dc=x", true},
	} {
		assert.Equal(t, c.within, dn.Within(key(t, c.name), key(t, c.base)), "%q within %q", c.name, c.base)
	}
}

func TestParent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"uid=a,ou=b,dc=c":       "ou=b,dc=c",
		`cn=Doe\, Jane,dc=c`:    "dc=c",
		`cn=Doe\\,dc=c`:         "dc=c",
		`cn=Doe\2C\5C\, x,dc=c`: "dc=c",
		"cn=a+uid=b,dc=c":       "dc=c",
	} {
		parent, ok := dn.Parent(key(t, name))
		assert.True(t, ok, "%q", name)
		assert.Equal(t, want, parent, "%q", name)
	}
	for _, name := range []string{"", "dc=c", `cn=Doe\, Jane`, "cn=a+uid=b"} {
		parent, ok := dn.Parent(key(t, name))
		assert.False(t, ok, "%q", name)
		assert.Empty(t, parent, "%q", name)
	}
}

func TestDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		deleted, conflict bool
	}{
		{`CN=jdoe\0ADEL:` + guid + `,CN=Deleted Objects,DC=x`, true, false},
		{`CN=jdoe\0aDEL:` + guid, true, false},
		{`CN=Doe\, Jané\0ADEL:` + guid + `,DC=x`, true, false},
		{"CN=jdoe\nDEL:" + guid + ",DC=x", true, false},
		{`CN=jdoe\5C\0ADEL:` + guid + `,DC=x`, true, false},
		{`CN=jdoe\0ACNF:` + guid + `,OU=People,DC=x`, false, true},
		{`CN=jdoe\0ACNF:` + guid + `\0ADEL:` + guid + `,DC=x`, true, false},
		{`CN=jdoe,OU=Old\0ACNF:` + guid + `,DC=x`, false, false},
		{`CN=jdoe\\0ADEL:` + guid + `,DC=x`, false, false},
		{`CN=jdoe\0ADEL:` + guid[1:] + `,DC=x`, false, false},
		{`CN=jdoe\0ADEL:` + guid + `0,DC=x`, false, false},
		{`CN=jdoe\0ADEL:` + guid[:35] + `g,DC=x`, false, false},
		{`CN=jdoe\0ADEL:` + guid[:8] + "0" + guid[9:] + `,DC=x`, false, false},
		{`CN=jdoe\0ADEL:` + guid[:7] + "-" + guid[8:] + `,DC=x`, false, false},
		{"CN=jdoe DEL:" + guid + ",DC=x", false, false},
		{"CN=jdoe,DC=x", false, false},
		{"", false, false},
	} {
		assert.Equal(t, c.deleted, dn.Deleted(key(t, c.name)), "deleted: %q", c.name)
		assert.Equal(t, c.conflict, dn.Conflict(key(t, c.name)), "conflict: %q", c.name)
	}
}

// key returns the key of a name that has one.
func key(t *testing.T, name string) string {
	t.Helper()
	k, err := dn.Key(name)
	require.NoError(t, err, "%q", name)
	return k
}
