package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

func TestServerOf(t *testing.T) {
	t.Parallel()
	trusting := &ldapConfig{TLS: ldapTLSConfig{InsecureSkipVerify: true}}
	for want, test := range map[string]struct {
		config *ldapConfig
		survey ldap.Survey
	}{
		"does not say what it is, TLS":                                                   {&ldapConfig{}, ldap.Survey{TLS: true, Paging: true}},
		"Samba 4, calls itself dc1.x, TLS, does not say that it gives pages":             {&ldapConfig{}, ldap.Survey{Product: "Samba 4", Host: "dc1.x", TLS: true}},
		"OpenLDAP, without TLS, as allow_plaintext says":                                 {&ldapConfig{AllowPlaintext: true}, ldap.Survey{Product: "OpenLDAP", Paging: true}},
		"OpenLDAP, TLS with whoever answers, as insecure_skip_verify says":               {trusting, ldap.Survey{Product: "OpenLDAP", TLS: true, Paging: true}},
		"does not say what it is, calls itself a, TLS, does not say that it gives pages": {&ldapConfig{}, ldap.Survey{Host: "a", TLS: true}},
	} {
		assert.Equal(t, want, serverOf(test.config, &test.survey))
	}
}

// A connection on which others can say who is in which group is warned of.
func TestCheckup_trusts(t *testing.T) {
	t.Parallel()
	const (
		clear  = "warn  source ad: nothing is encrypted: whoever is between here and ldap://dc1 can read the password and say who is in which group\n      hint: write ldaps:// or set start_tls, and take allow_plaintext out\n"
		anyone = "warn  source ad: any certificate is believed: whoever is between here and ldaps://dc1 can read the password and say who is in which group\n      hint: name the certificate of the directory's authority in tls.ca_file, and take insecure_skip_verify out\n"
	)
	for _, test := range []struct {
		url       string
		tls, skip bool
		want      string
	}{
		{"ldaps://dc1", true, false, ""},
		{"ldaps://dc1", true, true, anyone},
		{"ldap://dc1", false, true, clear},
		{"ldap://127.0.0.1:3389", false, false, ""},
		{"ldap://[::1]", false, false, ""},
		{"ldap://localhost:3389", false, false, ""},
	} {
		got, k := checked(t, func(k *checkup) {
			k.trusts("source ad", &ldapConfig{TLS: ldapTLSConfig{InsecureSkipVerify: test.skip}}, &ldap.Survey{URL: test.url, TLS: test.tls})
		})
		assert.Equal(t, test.want, got, test)
		assert.Equal(t, test.want != "", k.warnings == 1, test)
	}
}

func TestRolesBy(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]adminsConfig{
		"not told, so that none is changed":                                     {DirectOnly: true},
		"admins are in the attribute owner":                                     {Attribute: "owner"},
		`admins are in the group "{name}-a", where they are members themselves`: {Group: "{name}-a", DirectOnly: true},
		`admins are accounts like "*-adm", where they are members themselves`:   {Accounts: "*-adm", DirectOnly: true},
	} {
		assert.Equal(t, want, rolesBy(&a))
	}
}

func TestLookedFor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"groups: (a=b) directly below ou=g", "of a group: id is i, name is n, description is d, member is m", "only groups that are members of cn=box",
		"people: (c=d) anywhere below ou=p", "of a person: id is I, login is L or M, name is N, account is A",
	}, lookedFor(&ldap.Survey{
		Groups: ldap.Groups{BaseDN: "ou=g", Filter: "(a=b)", Scope: wire.One, Marker: "cn=box", ID: "i", Name: "n", Description: "d", Member: "m"},
		Users:  ldap.Users{BaseDN: "ou=p", Filter: "(c=d)", Scope: wire.Sub, ID: "I", Login: []string{"L", "M"}, Name: "N", Account: "A"},
	}))
}

// Members who cannot be in Box are summed over the groups, by kind and in the order of
// the kinds, whatever kind of source they are of.
func TestCheckup_unresolved(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ad"})
	one, other := b.Group("1", "One", ""), b.Group("2", "Other", "")
	b.Unresolved(one, source.Dangling, "cn=z")
	b.Unresolved(other, source.Dangling, "cn=z")
	b.Unresolved(other, source.Dangling, "cn=y")
	b.Unresolved(other, source.Dangling, "cn=x")
	b.Unresolved(other, source.NoLogin, "cn=w")
	got, k := checked(t, func(k *checkup) { k.unresolved("source ad", b.Build()) })
	assert.Equal(t, `warn  source ad: members who cannot be in Box:
      no_login: 1 in 1 group, such as cn=w
      dangling: 4 in 2 groups, such as cn=x and cn=y
      hint: where they are more than limits.unresolved_members allows, nobody is removed from the group
`, got)
	assert.Equal(t, 1, k.warnings)
	got, _ = checked(t, func(k *checkup) { k.unresolved("source ad", rosterOf("ad", true, "One")) })
	assert.Empty(t, got)
}

// The password is read anew each time, and who else can read its file is told once.
func TestSecretsOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := parseConfig("c.yaml", []byte(strings.Replace(directoryConfig, "{env: P}", "{file: password}", 1)))
	require.NoError(t, err)
	c.dir = dir
	var log bytes.Buffer
	ready, password := secretsOf(&Env{Stderr: &log}, c, 0)
	for _, text := range []string{canary, canary + "2"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte(text), 0o600))
		require.NoError(t, os.Chmod(filepath.Join(dir, "password"), 0o604))
		require.NoError(t, ready())
		got, err := password()
		require.NoError(t, err)
		assert.Equal(t, text, got)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "everybody on this machine"), log.String())
	assert.NotContains(t, log.String(), canary)

	c.Sources[0].LDAP.Bind.Method = "anonymous"
	ready, password = secretsOf(&Env{Stderr: &log}, c, 0)
	require.NoError(t, ready())
	assert.Nil(t, password, "nobody asks for one")
}

func TestLDAPConfig_chosen(t *testing.T) {
	t.Parallel()
	of := func(more string) ldap.Config {
		c, err := parseConfig("c.yaml", []byte(strings.Replace(directoryConfig, "      groups:", "      "+more+"\n      groups:", 1)))
		require.NoError(t, err)
		return c.Sources[0].LDAP.chosen()
	}
	c := of("nested: true")
	assert.Equal(t, []bool{true, true, false, true}, []bool{c.Nested, c.Primary, c.People.DisabledStay, c.Admins.DirectOnly})
	c = of("nested: false")
	assert.Equal(t, []bool{false, true}, []bool{c.Nested, c.Primary})
	c = of("primary_groups: false")
	assert.Equal(t, []bool{true, false}, []bool{c.Nested, c.Primary})
	assert.True(t, of("people: {disabled: member}").People.DisabledStay)
	assert.Equal(t, []source.UnresolvedKind{source.Dangling, source.NoLogin}, of("people: {tolerate: [dangling, no_login]}").People.Tolerate)
	assert.True(t, of(`admins: {accounts: "*-adm"}`).Admins.Accounts.Match("ann-adm"))
}
