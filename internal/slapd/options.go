// Package slapd is for tests that need a directory: a real OpenLDAP, on
// addresses of this machine that nobody else has, until the test ends. Many run
// beside each other.
package slapd

import "github.com/rollcall-sync/rollcall/internal/authority"

// Options say what the directory holds and how it behaves. The zero value is a
// directory with nothing but its top and the reader, who may read all of it, with
// no limits, and a good certificate.
type Options struct {
	// Suffix is the top of the directory; dc=example,dc=org if empty. It begins
	// with dc, o or ou.
	Suffix string

	// LDIF and the file LDIFFile are loaded before the server starts, both if
	// both are given. They hold what is below Suffix: the entry of Suffix and
	// that of the reader are made without them.
	LDIF, LDIFFile string

	// Limits is what slapd's "limits" says after whom it is for, as in
	// "size.soft=500 size.hard=1000 time=1". It is for everybody but the
	// administrator, whom nothing limits.
	Limits string

	// Access is what slapd's "access" says, as in `to attrs=member by * none`.
	// It goes before what holds otherwise: that passwords are shown to nobody,
	// and all else to whoever has bound.
	Access []string

	// Anonymous lets those who have not bound read what the others read.
	Anonymous bool

	// RequireTLS has a password in clear text refused, with result 13.
	RequireTLS bool

	// Authority signs the server's certificate and is believed about those of
	// clients; one of its own if nil. CertFile and KeyFile are the certificate,
	// where it is not to be a good one for 127.0.0.1 and localhost.
	Authority         *authority.Authority
	CertFile, KeyFile string

	// AuthzRegexp says who somebody is that has shown a certificate, in the words
	// of slapd's "authz-regexp", as in "^cn=sync,o=example$ cn=reader,dc=example,dc=org".
	AuthzRegexp []string

	// MemberOf has slapd keep memberOf of the groupOfNames that are written while
	// it runs, with its overlay. What is loaded has the memberOf that it brings.
	MemberOf bool

	// Global and Database are further lines of slapd.conf, before the database
	// and in it.
	Global, Database []string
}
