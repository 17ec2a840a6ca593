// Package samba is for tests that need Active Directory: a Samba domain
// controller, on an address of this machine that nobody else has, until the test
// ends. It takes seconds to start, so that tests share one (see daemon.Shared),
// and each has an organizational unit of its own there.
//
// It has the schema and the rules of Active Directory, and none of its limits:
// for these there is package ldapproxy.
package samba

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/needs"
)

const how = `"make deps" installs it where there is apt-get`

// Who the server is.
const (
	Domain = "example.test"
	Base   = "DC=example,DC=test"
	Name   = "dc1.example.test" // is in the certificate beside the address
)

// A Server is a running domain controller.
type Server struct {
	ReaderDN, ReaderPassword string // an ordinary user
	ReaderName               string // its userPrincipalName
	AdminDN, AdminPassword   string // the administrator of the domain
	Authority                *authority.Authority

	dir, host         string
	certFile, keyFile string
	process           *daemon.Process
}

// Start provisions a domain and runs its controller until the test ends. Where
// the programs are missing, or the right to use the ports of a domain
// controller, the test is skipped, or fails, as package needs says.
func Start(t testing.TB) *Server {
	t.Helper()
	program := daemon.Program(t, "samba", how)
	tool := daemon.Program(t, "samba-tool", how)
	if os.Geteuid() != 0 {
		needs.Missing(t, "a domain controller takes root: its ports are below 1024")
	}
	s := &Server{
		ReaderDN: "CN=reader,CN=Users," + Base, ReaderPassword: password(), ReaderName: "reader@" + Domain,
		AdminDN: "CN=Administrator,CN=Users," + Base, AdminPassword: password(),
		Authority: authority.New(t), dir: daemon.Dir(t, "samba"), host: address(t),
	}
	s.certFile, s.keyFile = s.Authority.Issue(t, authority.Leaf{CommonName: Name, Names: []string{Name}, IPs: []net.IP{net.ParseIP(s.host)}})
	s.provision(t, tool)
	s.process = daemon.Start(t, s.dir, program, "-s", s.path("smb.conf"), "-M", "single", "-F", "--no-process-group", "--debug-stdout", "-d", "1")
	require.NoError(t, s.process.Answers(func() error {
		conn, err := s.bound()
		if err != nil {
			return err
		}
		return conn.Close()
	}))
	s.addReader(t)
	return s
}

// password is one that the rules of a domain accept.
func password() string { return "Aa1-" + rand.Text() }

// bound connects the administrator.
func (s *Server) bound() (*ldap.Conn, error) {
	conn, err := ldap.DialURL(s.URL())
	if err != nil {
		return nil, err
	}
	if err := conn.Bind(s.AdminDN, s.AdminPassword); err != nil {
		_ = conn.Close() // it is of no use
		return nil, err
	}
	return conn, nil
}

func (s *Server) addReader(t testing.TB) {
	t.Helper()
	request := ldap.NewAddRequest(s.ReaderDN, nil)
	request.Attribute("objectClass", []string{"user"})
	request.Attribute("sAMAccountName", []string{"reader"})
	request.Attribute("userPrincipalName", []string{s.ReaderName})
	request.Attribute("userAccountControl", []string{"512"})
	request.Attribute("unicodePwd", []string{quoted(s.ReaderPassword)})
	require.NoError(t, s.Admin(t).Add(request))
}

// quoted is a password as Active Directory takes it: in quotes, in UTF-16.
func quoted(password string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(`"` + password + `"`)) {
		b.WriteByte(byte(unit & 0xff))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

// Address is the host and port where the server speaks LDAP, and StartTLS.
func (s *Server) Address() string { return net.JoinHostPort(s.host, "389") }

// URL is the server's ldap://, which has StartTLS too.
func (s *Server) URL() string { return "ldap://" + s.host }

// SecureURL is the server's ldaps://.
func (s *Server) SecureURL() string { return "ldaps://" + s.host }

// CatalogURL is the ldap:// of the global catalog.
func (s *Server) CatalogURL() string { return "ldap://" + net.JoinHostPort(s.host, "3268") }

// CAFile is the certificate of who signed the server's.
func (s *Server) CAFile() string { return s.Authority.CAFile() }

// Admin is a connection of the administrator. It is closed when the test ends.
func (s *Server) Admin(t testing.TB) *ldap.Conn {
	t.Helper()
	conn, err := s.bound()
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may have been closed
	return conn
}

// Change makes changes in the form of LDIF, "changetype" included; without it an
// entry is added. It takes two seconds for a thousand entries.
func (s *Server) Change(t testing.TB, ldif string) {
	t.Helper()
	program := needs.Program(t, "ldapmodify", how)
	daemon.Run(t, strings.NewReader(ldif), []string{"LDAPNOINIT=1"}, program, "-a", "-x", "-H", s.URL(), "-D", s.AdminDN, "-w", s.AdminPassword)
}

// OU makes an organizational unit for a test, and returns its DN. It is removed
// with all that is in it when the test ends, which takes twice as long as it took
// to fill. The names of accounts are those of the domain: of tests beside each
// other, no two can have one of the same name.
func (s *Server) OU(t testing.TB) string {
	t.Helper()
	dn := fmt.Sprintf("OU=test-%s,%s", rand.Text()[:8], Base)
	request := ldap.NewAddRequest(dn, nil)
	request.Attribute("objectClass", []string{"organizationalUnit"})
	admin := s.Admin(t)
	require.NoError(t, admin.Add(request))
	t.Cleanup(func() {
		all := []ldap.Control{ldap.NewControlSubtreeDelete()}
		require.NoError(t, admin.Del(ldap.NewDelRequest(dn, all)))
	})
	return dn
}

func (s *Server) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}
