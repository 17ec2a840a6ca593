package slapd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/daemon"
	"github.com/rollcall-sync/rollcall/internal/loopback"
	"github.com/rollcall-sync/rollcall/internal/needs"
)

const (
	how      = `"make deps" installs it where there is apt-get`
	attempts = 5 // to find two ports that nobody else takes meanwhile
)

// A Server is a running OpenLDAP. Its addresses stay the same until the test ends.
type Server struct {
	Suffix                   string
	ReaderDN, ReaderPassword string // an account in the directory, which may read
	AdminDN, AdminPassword   string // the root of the database, whom nothing limits
	Authority                *authority.Authority

	program, dir string
	port, secure int
	process      *daemon.Process
}

// Start runs a slapd until the test ends. Where there is none, the test is
// skipped, or fails, as package needs says.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{program: daemon.Program(t, "slapd", how), dir: daemon.Dir(t, "slapd"), Authority: o.Authority}
	s.Suffix = o.Suffix
	if s.Suffix == "" {
		s.Suffix = "dc=example,dc=org"
	}
	s.ReaderDN, s.ReaderPassword = "cn=reader,"+s.Suffix, "reader-Oom9aith"
	s.AdminDN, s.AdminPassword = "cn=admin,"+s.Suffix, "admin-Uv4iecho"
	if s.Authority == nil {
		s.Authority = authority.New(t)
	}
	if o.CertFile == "" {
		o.CertFile, o.KeyFile = s.Authority.Issue(t, authority.Leaf{CommonName: "slapd", Names: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}})
	}
	if o.Limits == "" {
		o.Limits = "size=unlimited time=unlimited"
	}
	s.configure(t, o)
	s.load(t, o)
	s.listen(t, loopback.Free)
	return s
}

// load fills the database.
func (s *Server) load(t testing.TB, o Options) {
	t.Helper()
	files := []string{s.path("data.ldif")}
	s.write(t, "data.ldif", s.top(t)+"\n"+o.LDIF)
	if o.LDIFFile != "" {
		files = append(files, o.LDIFFile)
	}
	for _, file := range files {
		daemon.Run(t, nil, nil, s.program, "-T", "add", "-q", "-f", s.path("slapd.conf"), "-b", s.Suffix, "-l", file)
	}
}

// listen starts the program on ports that are free, and on others if somebody was
// faster.
func (s *Server) listen(t testing.TB, free func(context.Context) (int, error)) {
	t.Helper()
	var err error
	for range attempts {
		for _, port := range []*int{&s.port, &s.secure} {
			*port, err = free(t.Context())
			require.NoError(t, err)
		}
		if err = s.run(t); err == nil || !strings.Contains(err.Error(), "already in use") {
			break
		}
	}
	require.NoError(t, err)
}

// run starts the program, and returns when it answers on its socket, which no
// other has; by then it listens on its ports too.
func (s *Server) run(t testing.TB) error {
	t.Helper()
	urls := strings.Join([]string{s.URL() + "/", s.SecureURL() + "/", s.socket()}, " ")
	s.process = daemon.Start(t, s.dir, s.program, "-d", "none", "-f", s.path("slapd.conf"), "-h", urls)
	return s.process.Answers(func() error {
		conn, err := s.bound()
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// bound connects the administrator through the socket: that works whatever the
// server's certificate is like.
func (s *Server) bound() (*ldap.Conn, error) {
	socket, err := net.Dial("unix", s.path("ldapi")) //nolint:noctx // it is there or not, at once
	if err != nil {
		return nil, err
	}
	conn := ldap.NewConn(socket, false)
	conn.Start()
	if err := conn.Bind(s.AdminDN, s.AdminPassword); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (s *Server) socket() string { return "ldapi://" + url.QueryEscape(s.path("ldapi")) }

// Address is the host and port where the server speaks LDAP, and StartTLS.
func (s *Server) Address() string { return loopback.Address(s.port) }

// SecureAddress is the host and port where it speaks TLS.
func (s *Server) SecureAddress() string { return loopback.Address(s.secure) }

// URL is the server's ldap://, which has StartTLS too.
func (s *Server) URL() string { return "ldap://" + s.Address() }

// SecureURL is the server's ldaps://.
func (s *Server) SecureURL() string { return "ldaps://" + s.SecureAddress() }

// CAFile is the certificate of who signed the server's, if it is the usual one.
func (s *Server) CAFile() string { return s.Authority.CAFile() }

// Admin is a connection on which nothing is hidden or limited. It is closed when
// the test ends.
func (s *Server) Admin(t testing.TB) *ldap.Conn {
	t.Helper()
	conn, err := s.bound()
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may have been closed
	return conn
}

// Change makes changes in the form of LDIF, "changetype" included; without it an
// entry is added.
func (s *Server) Change(t testing.TB, ldif string) {
	t.Helper()
	program := needs.Program(t, "ldapmodify", how)
	daemon.Run(t, strings.NewReader(ldif), []string{"LDAPNOINIT=1"}, program, "-a", "-x", "-H", s.socket(), "-D", s.AdminDN, "-w", s.AdminPassword)
}

// Kill ends the server in the middle of whatever it does. What it had answered to
// stays in the database.
func (s *Server) Kill() { s.process.Kill() }

// Restart starts it again, where it was and with what it held.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	if err := os.Remove(s.path("ldapi")); err != nil {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	require.NoError(t, s.run(t), fmt.Sprintf("start slapd again at %s", s.Address()))
}
