package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// TLS says whom to believe, and who we are. Its zero value believes the
// authorities that the system believes.
type TLS struct {
	CAFile     string // PEM; only these authorities are believed
	CertFile   string // PEM, of the client
	KeyFile    string // PEM
	ServerName string // the name in the server's certificate; "": the host of the URL
	// Insecure believes everybody.
	Insecure bool
}

// config reads the files anew for each connection, as certificates are renewed
// while a daemon's configuration stands.
func (t TLS) config(host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, InsecureSkipVerify: t.Insecure}
	if t.ServerName != "" {
		c.ServerName = t.ServerName
	}
	if t.CAFile != "" {
		text, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificates of tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read the certificates of tls.ca_file: %s has none in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read tls.cert_file and tls.key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// startTLS is the name of the operation (RFC 4511, 4.14).
const startTLS = "1.3.6.1.4.1.1466.20037"

// askTLS asks a server on a connection in clear text to go on in TLS. What is read is
// the answer to its last byte and no more: what somebody has slipped in behind it is
// left to the handshake, which fails then. The library can do the same, and does not
// let on why a certificate was not believed.
func askTLS(network io.ReadWriter) error {
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationExtendedRequest, nil, "")
	operation.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, startTLS, ""))
	message := ber.NewSequence("")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	message.AppendChild(operation)
	if _, err := network.Write(message.Bytes()); err != nil {
		return err
	}
	answer, err := ber.ReadPacket(network)
	if err != nil {
		return err
	}
	if err := ldap.GetLDAPError(answer); err != nil {
		return noTLS{err}
	}
	return nil
}

// wrongVersion is what both sides say when they have no version in common: there is no
// exported error for it.
const wrongVersion = "tls: protocol version not supported"

// noTLS is a server's refusal of StartTLS. Another one may have it.
type noTLS struct{ error }

func (e noTLS) Unwrap() error { return e.error }

// tlsHint says what to do about a certificate that is not believed, or TLS that is not
// spoken.
func tlsHint(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "name the certificate of the authority that signed the server's in tls.ca_file; where one is named, it is another's"
	case errors.As(err, &name):
		return "use the name that the certificate has in urls, or say it in tls.server_name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the server's certificate, or set this machine's clock"
	case strings.Contains(err.Error(), wrongVersion):
		return "the server must speak TLS 1.2 or later"
	default:
		return ""
	}
}
