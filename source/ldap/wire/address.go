package wire

import (
	"fmt"
	"net"
	"net/url"
)

// The ports of LDAP and of LDAP over TLS (RFC 4516, and the IANA registry).
const (
	port    = "389"
	portTLS = "636"
)

// address is where a server is.
type address struct {
	url  string // without what is behind the host
	host string // as certificates name it
	dial string // host:port
	tls  bool   // from the first byte
}

// parseAddress reads ldap://HOST[:PORT] or ldaps://HOST[:PORT]. What is behind the
// host is for the caller, as a referral has a DN there.
func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return address{}, fmt.Errorf("%q is no address of a directory", text)
	}
	if u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "" {
		return address{}, fmt.Errorf("%q is no address of a directory, such as ldaps://dc1.example.com", text)
	}
	if u.User != nil {
		return address{}, fmt.Errorf("%q has a name or a password in it: who asks is said by bind", u.Redacted())
	}
	a := address{url: u.Scheme + "://" + u.Host, host: u.Hostname(), tls: u.Scheme == "ldaps"}
	switch {
	case u.Port() != "":
		a.dial = net.JoinHostPort(a.host, u.Port())
	case a.tls:
		a.dial = net.JoinHostPort(a.host, portTLS)
	default:
		a.dial = net.JoinHostPort(a.host, port)
	}
	return a, nil
}
