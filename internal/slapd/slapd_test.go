package slapd_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

const people = `dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: testAccount
uid: ada
cn: Ada
sn: Lovelace
mail: ada@example.org
userPassword: ada-secret
nsAccountLock: TRUE
ipaUniqueID: 6d0b1a3e
pwdAccountLockedTime: 000001010000Z
`

const groups = `dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: cn=empty,ou=groups,dc=example,dc=org
objectClass: groupOfMembers
cn: empty
`

// TestStart reads as the reader what was loaded, from two servers at once.
func TestStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "groups.ldif")
	require.NoError(t, os.WriteFile(file, []byte(groups), 0o600))
	first := slapd.Start(t, slapd.Options{LDIF: people, LDIFFile: file})
	second := slapd.Start(t, slapd.Options{Suffix: "o=Other"})
	assert.NotEqual(t, first.Address(), second.Address())

	c := dial(t, first.URL(), nil)
	require.NoError(t, c.Bind(first.ReaderDN, first.ReaderPassword))
	assert.Equal(t, []string{
		"cn=empty,ou=groups,dc=example,dc=org",
		"cn=reader,dc=example,dc=org",
		"dc=example,dc=org",
		"ou=groups,dc=example,dc=org",
		"ou=people,dc=example,dc=org",
		"uid=ada,ou=people,dc=example,dc=org",
	}, dns(t, c, "dc=example,dc=org", ldap.ScopeWholeSubtree))
	ada := entry(t, c, "uid=ada,ou=people,dc=example,dc=org", "*", "pwdAccountLockedTime")
	assert.Equal(t, "TRUE", ada.GetEqualFoldAttributeValue("nsAccountLock"))
	assert.Equal(t, "6d0b1a3e", ada.GetEqualFoldAttributeValue("ipaUniqueID"))
	assert.Equal(t, "000001010000Z", ada.GetEqualFoldAttributeValue("pwdAccountLockedTime"))
	assert.Empty(t, ada.GetEqualFoldAttributeValues("userPassword"), "the reader sees a password")

	c = dial(t, second.URL(), nil)
	require.NoError(t, c.Bind(second.ReaderDN, second.ReaderPassword))
	assert.Equal(t, []string{"cn=reader,o=Other", "o=Other"}, dns(t, c, "o=Other", ldap.ScopeWholeSubtree))
}

// TestAnonymous sees nothing before a bind, unless it was asked for.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	closed := slapd.Start(t, slapd.Options{LDIF: people})
	_, err := search(dial(t, closed.URL(), nil), closed.Suffix, 0)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights), "%v", err)

	open := slapd.Start(t, slapd.Options{LDIF: people, Anonymous: true})
	assert.Len(t, dns(t, dial(t, open.URL(), nil), open.Suffix, ldap.ScopeWholeSubtree), 4)
}

// TestLimits is what OpenLDAP makes of a size limit: a page does not lift it.
func TestLimits(t *testing.T) {
	t.Parallel()
	const all = 2_500 + 3 // the top, the reader and the organizational unit
	for _, c := range []struct {
		limits string
		want   string // unpaged, pages of 100, pages of 1000: result after entries
	}{
		{"", "0 after 2503, 0 after 2503, 0 after 2503"},
		{"size=500", "4 after 500, 4 after 500, 4 after 500"},
		{"size.soft=500 size.hard=unlimited", "4 after 500, 0 after 2503, 0 after 2503"},
		{"size.soft=500 size.hard=1000", "4 after 500, 4 after 1000, 4 after 1000"},
		{"size.soft=500 size.hard=unlimited size.prtotal=2000", "4 after 500, 4 after 2000, 4 after 2000"},
		{"size.soft=500 size.hard=unlimited size.prtotal=disabled", "4 after 500, 11 after 0, 11 after 0"},
		{"size=unlimited size.pr=100", "0 after 2503, 0 after 2503, 11 after 0"},
	} {
		t.Run(c.limits, func(t *testing.T) {
			t.Parallel()
			s := slapd.Start(t, slapd.Options{LDIF: crowd(2_500), Limits: c.limits})
			reader := dial(t, s.URL(), nil)
			require.NoError(t, reader.Bind(s.ReaderDN, s.ReaderPassword))
			var got []string
			for _, size := range []uint32{0, 100, 1000} {
				n, err := search(reader, s.Suffix, size)
				code := uint16(0)
				if err != nil {
					code = err.(*ldap.Error).ResultCode //nolint:errorlint // any other is a failure of the test
				}
				got = append(got, fmt.Sprintf("%d after %d", code, n))
			}
			assert.Equal(t, c.want, strings.Join(got, ", "))
			n, err := search(s.Admin(t), s.Suffix, 0)
			require.NoError(t, err, "the administrator is limited")
			assert.Equal(t, all, n)
		})
	}
}

// TestTLS meets the server's certificates, and what is refused without TLS.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, other := authority.New(t), authority.New(t)
	for name, c := range map[string]struct {
		leaf *authority.Leaf
		by   *authority.Authority
		want string
	}{
		"usual":             {},
		"wrong name":        {leaf: &authority.Leaf{Names: []string{"elsewhere.test"}}, by: ours, want: "doesn't contain any IP SANs"},
		"expired":           {leaf: &authority.Leaf{IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(-time.Minute)}, by: ours, want: "expired"},
		"unknown authority": {leaf: &authority.Leaf{IPs: []net.IP{net.IPv4(127, 0, 0, 1)}}, by: other, want: "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := slapd.Options{LDIF: people, Authority: ours, RequireTLS: true}
			if c.leaf != nil {
				o.CertFile, o.KeyFile = c.by.Issue(t, *c.leaf)
			}
			s := slapd.Start(t, o)
			plain := dial(t, s.URL(), nil)
			err := plain.Bind(s.ReaderDN, s.ReaderPassword)
			assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultConfidentialityRequired), "%v", err)

			config := trusting(t, s)
			config.ServerName = "127.0.0.1"
			upgraded := dial(t, s.URL(), nil)
			secure, err := ldap.DialURL(s.SecureURL(), ldap.DialWithTLSConfig(config))
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				require.ErrorContains(t, upgraded.StartTLS(config), c.want)
				return
			}
			require.NoError(t, err)
			require.NoError(t, upgraded.StartTLS(config))
			for _, conn := range []*ldap.Conn{secure, upgraded} {
				require.NoError(t, conn.Bind(s.ReaderDN, s.ReaderPassword))
				require.NoError(t, conn.Close())
			}
		})
	}
}

// TestExternal binds by a certificate, as the entry that a rule makes of it.
func TestExternal(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	s := slapd.Start(t, slapd.Options{
		LDIF: people, Authority: ours,
		AuthzRegexp: []string{"^cn=sync,o=example$ uid=ada,ou=people,dc=example,dc=org"},
	})
	for name, c := range map[string]struct {
		leaf authority.Leaf
		want string
	}{
		"sync":    {authority.Leaf{CommonName: "sync", Organization: "Example"}, "dn:uid=ada,ou=people,dc=example,dc=org"},
		"another": {authority.Leaf{CommonName: "another"}, "dn:cn=another"},
	} {
		own, err := tls.LoadX509KeyPair(ours.Issue(t, c.leaf))
		require.NoError(t, err)
		config := trusting(t, s)
		config.Certificates = []tls.Certificate{own}
		conn := dial(t, s.SecureURL(), config)
		require.NoError(t, conn.ExternalBind(), name)
		who, err := conn.WhoAmI(nil)
		require.NoError(t, err)
		assert.Equal(t, c.want, who.AuthzID, name)
	}
}

// TestAccess hides an attribute, and an organizational unit.
func TestAccess(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{
		LDIF: people + "\n" + groups,
		Access: []string{
			"to attrs=mail by * none",
			`to dn.subtree="ou=groups,dc=example,dc=org" by * none`,
		},
	})
	reader := dial(t, s.URL(), nil)
	require.NoError(t, reader.Bind(s.ReaderDN, s.ReaderPassword))
	assert.Empty(t, entry(t, reader, "uid=ada,ou=people,dc=example,dc=org", "mail").Attributes)
	assert.Len(t, dns(t, reader, s.Suffix, ldap.ScopeWholeSubtree), 4)
	_, err := search(reader, "ou=groups,dc=example,dc=org", 0)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	assert.Equal(t, []string{"ada@example.org"}, entry(t, s.Admin(t), "uid=ada,ou=people,dc=example,dc=org", "mail").GetAttributeValues("mail"))
}

// TestLines adds to the configuration, before the database and in it.
func TestLines(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{Global: []string{"disallow bind_anon"}, Database: []string{"readonly on"}})
	err := dial(t, s.URL(), nil).UnauthenticatedBind("")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInappropriateAuthentication), "%v", err)
	err = s.Admin(t).Del(ldap.NewDelRequest(s.ReaderDN, nil))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform), "%v", err)
}

// TestChange writes, kills the server, and finds what was written.
func TestChange(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{LDIF: people + "\n" + groups, MemberOf: true})
	s.Change(t, `dn: cn=staff,ou=groups,dc=example,dc=org
changetype: add
objectClass: groupOfNames
cn: staff
member: uid=ada,ou=people,dc=example,dc=org

dn: cn=empty,ou=groups,dc=example,dc=org
changetype: modify
add: description
description: nobody

dn: uid=ada,ou=people,dc=example,dc=org
changetype: modrdn
newrdn: uid=lovelace
deleteoldrdn: 1

dn: ou=more,dc=example,dc=org
objectClass: organizationalUnit
ou: more
`)
	before := s.URL()
	open := s.Admin(t)
	s.Kill()
	_, err := search(open, s.Suffix, 0)
	require.Error(t, err)
	_, err = ldap.DialURL(s.URL())
	require.Error(t, err, "somebody listens where a killed server did")

	s.Restart(t)
	assert.Equal(t, before, s.URL())
	admin := s.Admin(t)
	assert.Equal(t, []string{"uid=lovelace,ou=people,dc=example,dc=org"}, entry(t, admin, "cn=staff,ou=groups,dc=example,dc=org", "member").GetAttributeValues("member"))
	assert.Equal(t, []string{"cn=staff,ou=groups,dc=example,dc=org"}, entry(t, admin, "uid=lovelace,ou=people,dc=example,dc=org", "memberOf").GetAttributeValues("memberOf"))
	assert.Len(t, dns(t, admin, "ou=more,dc=example,dc=org", ldap.ScopeBaseObject), 1)
}

// crowd is an organizational unit with n people.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n")
	for i := range n {
		fmt.Fprintf(&b, "\ndn: uid=u%d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: u%d\ncn: u\nsn: u\n", i, i)
	}
	return b.String()
}

func dial(t *testing.T, url string, config *tls.Config) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(url, ldap.DialWithTLSConfig(config))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may have been closed
	return conn
}

func trusting(t *testing.T, s *slapd.Server) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(s.CAFile())
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return &tls.Config{RootCAs: roots}
}

// search returns how many entries there are below a base, and how it ended. A
// page size of 0 asks for no pages.
func search(c *ldap.Conn, base string, size uint32) (int, error) {
	request := ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil)
	find := c.Search
	if size > 0 {
		find = func(r *ldap.SearchRequest) (*ldap.SearchResult, error) { return c.SearchWithPaging(r, size) }
	}
	found, err := find(request)
	if found == nil {
		return 0, err
	}
	return len(found.Entries), err
}

func dns(t *testing.T, c *ldap.Conn, base string, scope int) []string {
	t.Helper()
	found, err := c.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil))
	require.NoError(t, err)
	names := make([]string, 0, len(found.Entries))
	for _, e := range found.Entries {
		names = append(names, e.DN)
	}
	slices.Sort(names)
	return names
}

func entry(t *testing.T, c *ldap.Conn, dn string, attributes ...string) *ldap.Entry {
	t.Helper()
	found, err := c.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attributes, nil))
	require.NoError(t, err)
	require.Len(t, found.Entries, 1)
	return found.Entries[0]
}
