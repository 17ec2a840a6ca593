package samba_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
)

var controller daemon.Shared[*samba.Server]

func TestMain(m *testing.M) {
	defer controller.Close()
	m.Run()
}

// TestReader logs in in every way, reads, and may not write.
func TestReader(t *testing.T) {
	t.Parallel()
	s := controller.Get(t, samba.Start)
	ou := s.OU(t)
	text, err := os.ReadFile(s.CAFile())
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	host, _, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	for _, name := range []string{host, samba.Name} {
		config := &tls.Config{RootCAs: roots, ServerName: name}
		upgraded := dial(t, s.URL(), nil)
		require.NoError(t, upgraded.StartTLS(config))
		for _, conn := range []*ldap.Conn{dial(t, s.URL(), nil), dial(t, s.SecureURL(), config), upgraded, dial(t, s.CatalogURL(), nil)} {
			for _, who := range []string{s.ReaderDN, s.ReaderName} {
				require.NoError(t, conn.Bind(who, s.ReaderPassword))
				assert.Len(t, search(t, conn, ou, "(objectClass=*)", "ou"), 1)
			}
		}
	}
	conn := dial(t, s.URL(), nil)
	require.NoError(t, conn.Bind(s.ReaderDN, s.ReaderPassword))
	err = conn.Del(ldap.NewDelRequest(ou, nil))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights), "%v", err)
	_, err = dial(t, s.URL(), nil).Search(request(ou, "(objectClass=*)", "ou"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError), "anonymous: %v", err)
}

// TestDirectory is Active Directory where it differs from other directories.
func TestDirectory(t *testing.T) {
	t.Parallel()
	s := controller.Get(t, samba.Start)
	ou := s.OU(t)
	other := s.OU(t)
	assert.NotEqual(t, ou, other)
	s.Change(t, fmt.Sprintf(`dn: CN=Ada,%[1]s
objectClass: user
sAMAccountName: ada

dn: CN=Staff,%[1]s
changetype: add
objectClass: group
sAMAccountName: staff
member: CN=Ada,%[1]s
member: <SID=S-1-5-21-1-2-3-1105>

dn: CN=Ada,%[1]s
changetype: modrdn
newrdn: CN=Lovelace
deleteoldrdn: 1
newsuperior: %[2]s
`, ou, other))
	c := dial(t, s.URL(), nil)
	require.NoError(t, c.Bind(s.ReaderDN, s.ReaderPassword))
	groups := search(t, c, ou, "(objectClass=group)", "member")
	require.Len(t, groups, 1)
	assert.ElementsMatch(t, []string{
		"CN=Lovelace," + other,
		"CN=S-1-5-21-1-2-3-1105,CN=ForeignSecurityPrincipals," + samba.Base,
	}, groups[0].GetAttributeValues("member"), "the member that has moved, and that of another domain")
	people := search(t, c, other, "(userAccountControl:1.2.840.113556.1.4.803:=2)", "objectGUID", "primaryGroupID")
	require.Len(t, people, 1, "who has no password is disabled")
	assert.Len(t, people[0].GetRawAttributeValue("objectGUID"), 16)
	assert.Equal(t, "513", people[0].GetAttributeValue("primaryGroupID"))
}

// TestProxy adds the limits that Samba lacks.
func TestProxy(t *testing.T) {
	t.Parallel()
	s := controller.Get(t, samba.Start)
	ou := s.OU(t)
	var b strings.Builder
	names := make([]string, 25)
	for i := range names {
		names[i] = fmt.Sprintf("CN=P%02d,%s", i, ou)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: contact\n\n", names[i])
	}
	fmt.Fprintf(&b, "dn: CN=Group,%s\nobjectClass: group\nsAMAccountName: proxied\nmember: %s\n", ou, strings.Join(names, "\nmember: "))
	s.Change(t, b.String())

	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxPageSize: 10, MaxValRange: 7})
	c := dial(t, p.URL(), nil)
	require.NoError(t, c.Bind(s.ReaderDN, s.ReaderPassword))
	contacts := request(ou, "(objectClass=contact)", "cn")
	found, err := c.Search(contacts)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), "%v", err)
	assert.Len(t, found.Entries, 10)
	p.Forget()
	found, err = c.SearchWithPaging(request(ou, "(objectClass=contact)", "cn"), 1000)
	require.NoError(t, err)
	assert.Len(t, found.Entries, 25)
	assert.Len(t, p.Seen().Searches, 3)

	var got []string
	for _, ask := range []string{"member", "member;range=7-*", "member;range=14-*", "member;range=21-*"} {
		for _, a := range search(t, c, "CN=Group,"+ou, "(objectClass=*)", ask)[0].Attributes {
			got = append(got, a.Values...)
		}
	}
	slices.Sort(got)
	assert.Equal(t, names, got)

	spoil := p.Break(ldapproxy.Fault{Kind: ldapproxy.SpoilCookie, Page: 2})
	_, err = c.SearchWithPaging(request(ou, "(objectClass=contact)", "cn"), 10)
	require.Error(t, err, "a page after a cookie that is not the server's")
	assert.Equal(t, 1, spoil.Met())
}

func dial(t *testing.T, url string, config *tls.Config) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(url, ldap.DialWithTLSConfig(config))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may have been closed
	return conn
}

func request(base, filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

func search(t *testing.T, c *ldap.Conn, base, filter string, attributes ...string) []*ldap.Entry {
	t.Helper()
	found, err := c.Search(request(base, filter, attributes...))
	require.NoError(t, err)
	return found.Entries
}
