package slapd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where Debian and those who follow it put what slapd loads.
const (
	schemas = "/etc/ldap/schema"
	modules = "/usr/lib/ldap"
)

// schema is what OpenLDAP's own schemas lack: two attributes of other servers,
// one class that lets a person have them, and a group that may be empty. Attributes
// such as memberOf and pwdAccountLockedTime come with their modules.
const schema = `attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.8.3.1 NAME 'ipaUniqueID'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.3.901 NAME 'testAccount' SUP top AUXILIARY
  MAY ( nsAccountLock $ ipaUniqueID $ uid $ mail ) )
objectclass ( 1.3.6.1.4.1.4203.666.3.902 NAME 'groupOfMembers' SUP top STRUCTURAL
  MUST cn MAY ( member $ owner $ description $ ou ) )
`

// configure writes the configuration, and the schema that it includes.
func (s *Server) configure(t testing.TB, o Options) {
	t.Helper()
	require.NoError(t, os.Mkdir(s.path("db"), 0o700))
	s.write(t, "test.schema", schema)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, name := range []string{"core", "cosine", "nis", "inetorgperson", "dyngroup"} {
		line("include %s", filepath.Join(schemas, name+".schema"))
	}
	line("include %s", s.path("test.schema"))
	line("modulepath %s", modules)
	for _, name := range []string{"back_mdb", "memberof", "ppolicy"} {
		line("moduleload %s", name)
	}
	line("pidfile %s", s.path("pid"))
	line("TLSCACertificateFile %s", s.CAFile())
	line("TLSCertificateFile %s", o.CertFile)
	line("TLSCertificateKeyFile %s", o.KeyFile)
	line("TLSVerifyClient try")
	line("localSSF 256") // the test's own socket is as good as TLS
	if o.RequireTLS {
		line("security simple_bind=128")
	}
	for _, rule := range o.AuthzRegexp {
		line("authz-regexp %s", rule)
	}
	for _, extra := range o.Global {
		line("%s", extra)
	}
	s.database(line, o)
	s.write(t, "slapd.conf", b.String())
}

// database adds the lines of the database.
func (s *Server) database(line func(format string, args ...any), o Options) {
	line("database mdb")
	line("suffix %q", s.Suffix)
	line("directory %s", s.path("db"))
	line("maxsize %d", 8<<30) // of a file that takes what is in it
	line("dbnosync")          // it survives what kills slapd, and need not survive more
	line("rootdn %q", s.AdminDN)
	line("rootpw %s", s.AdminPassword)
	line("index objectClass,uid,cn,mail,member,uniqueMember,memberUid,memberOf,entryUUID eq")
	line("limits * %s", o.Limits)
	for _, rule := range o.Access {
		line("access %s", rule)
	}
	line("access to attrs=userPassword by anonymous auth by * none")
	if o.Anonymous {
		line("access to * by * read")
	} else {
		line("access to * by users read by anonymous auth")
	}
	for _, extra := range o.Database {
		line("%s", extra)
	}
	if o.MemberOf {
		line("overlay memberof")
		line("memberof-refint TRUE")
	}
}

// top is the entry of the suffix and the reader below it.
func (s *Server) top(t testing.TB) string {
	t.Helper()
	first, _, _ := strings.Cut(s.Suffix, ",")
	attribute, value, _ := strings.Cut(first, "=")
	classes, known := map[string]string{
		"dc": "objectClass: dcObject\nobjectClass: organization\no: Example",
		"o":  "objectClass: organization",
		"ou": "objectClass: organizationalUnit",
	}[strings.ToLower(attribute)]
	require.True(t, known, "the suffix %q does not begin with dc, o or ou", s.Suffix)
	return fmt.Sprintf("dn: %s\n%s\n%s: %s\n\n", s.Suffix, classes, attribute, value) +
		fmt.Sprintf("dn: %s\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: %s\n", s.ReaderDN, s.ReaderPassword)
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(t testing.TB, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.path(name), []byte(text), 0o600))
}
