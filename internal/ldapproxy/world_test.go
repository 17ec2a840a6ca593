package ldapproxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

const (
	members = 3_500
	crowd   = "ou=people,dc=example,dc=org"
	big     = "cn=big,dc=example,dc=org"
)

// world is a directory with 25 people and a group of 3,500, some of whom are there.
func world(t *testing.T) *slapd.Server {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalUnit\nou: people\n", crowd)
	for i := range 25 {
		fmt.Fprintf(&b, "\ndn: %s\nobjectClass: inetOrgPerson\ncn: u\nsn: u\n", person(i))
	}
	fmt.Fprintf(&b, "\ndn: %s\nobjectClass: groupOfNames\ncn: big\n", big)
	for i := range members {
		fmt.Fprintf(&b, "member: %s\n", person(i))
	}
	return slapd.Start(t, slapd.Options{LDIF: b.String()})
}

func person(i int) string { return fmt.Sprintf("uid=u%04d,%s", i, crowd) }

// reader is a connection to a proxy, bound as the reader of its server.
func reader(t *testing.T, p *ldapproxy.Proxy, s *slapd.Server) *ldap.Conn {
	t.Helper()
	conn := dial(t, p.URL(), nil)
	require.NoError(t, conn.Bind(s.ReaderDN, s.ReaderPassword))
	return conn
}

func dial(t *testing.T, url string, config *tls.Config) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(url, ldap.DialWithTLSConfig(config))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may have ended
	return conn
}

func trusting(t *testing.T, p *ldapproxy.Proxy) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(p.CAFile())
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

// read asks for the people in pages, or in none if size is 0, and says for each
// answer how many entries it had, and how it ended.
func read(c *ldap.Conn, size uint32) (answers []string, err error) {
	request := ldap.NewSearchRequest(crowd, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"cn"}, nil)
	paging := ldap.NewControlPaging(size)
	if size > 0 {
		request.Controls = []ldap.Control{paging}
	}
	for {
		found, err := c.Search(request)
		n := 0
		if found != nil {
			n = len(found.Entries)
		}
		answers = append(answers, fmt.Sprintf("%d %s", n, ending(found, err)))
		if err != nil {
			return answers, err
		}
		control, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(control.Cookie) == 0 {
			return answers, nil
		}
		paging.SetCookie(control.Cookie)
	}
}

// ending says how an answer ended, in words that are the same everywhere.
func ending(found *ldap.SearchResult, err error) string {
	var known *ldap.Error
	switch {
	case errors.As(err, &known) && known.ResultCode != ldap.ErrorNetwork:
		return ldap.LDAPResultCodeMap[known.ResultCode]
	case err != nil && strings.Contains(err.Error(), "timed out"):
		return "timed out"
	case err != nil:
		return "lost"
	}
	said := "whole"
	if control, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok && len(control.Cookie) > 0 {
		said = "more"
	} else if !ok {
		said = "no control"
	}
	return strings.Join(append([]string{said}, found.Referrals...), " ")
}

// attributes asks for attributes of the big group, and says for each that the
// entry has its name, how many values, and the first and last of them.
func attributes(t *testing.T, c *ldap.Conn, names ...string) string {
	t.Helper()
	var said []string
	for _, a := range group(t, c, names...).Attributes {
		text := fmt.Sprintf("%s: %d", a.Name, len(a.Values))
		if n := len(a.Values); n > 0 {
			first, _, _ := strings.Cut(a.Values[0], ",")
			last, _, _ := strings.Cut(a.Values[n-1], ",")
			text += fmt.Sprintf(" %s %s", first, last)
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}

func group(t *testing.T, c *ldap.Conn, names ...string) *ldap.Entry {
	t.Helper()
	found, err := c.Search(ldap.NewSearchRequest(big, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", names, nil))
	require.NoError(t, err)
	require.Len(t, found.Entries, 1)
	return found.Entries[0]
}
