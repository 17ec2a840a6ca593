package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
)

// TestIssue shows a client what is issued, and sees it accept the good one only.
func TestIssue(t *testing.T) {
	t.Parallel()
	ours, other := authority.New(t), authority.New(t)
	local := []net.IP{net.IPv4(127, 0, 0, 1)}
	for name, c := range map[string]struct {
		by   *authority.Authority
		leaf authority.Leaf
		want string
	}{
		"good":              {ours, authority.Leaf{IPs: local}, ""},
		"another address":   {ours, authority.Leaf{IPs: []net.IP{net.IPv4(127, 0, 0, 2)}}, "certificate is valid for 127.0.0.2, not 127.0.0.1"},
		"a name only":       {ours, authority.Leaf{Names: []string{"elsewhere.test"}}, "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"},
		"expired":           {ours, authority.Leaf{IPs: local, NotAfter: time.Now().Add(-time.Minute)}, "certificate has expired or is not yet valid"},
		"expired long ago":  {ours, authority.Leaf{IPs: local, NotAfter: time.Now().AddDate(-1, 0, 0)}, "certificate has expired or is not yet valid"},
		"unknown authority": {other, authority.Leaf{IPs: local}, "certificate signed by unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := shake(t, ours, c.by, c.leaf, nil)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestIssueClient shows a server the certificate of a client.
func TestIssueClient(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	certFile, keyFile := ours.Issue(t, authority.Leaf{CommonName: "sync", Organization: "Example"})
	for _, file := range []string{keyFile, certFile} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	own, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(t, err)
	seen, err := shake(t, ours, ours, authority.Leaf{IPs: []net.IP{net.IPv4(127, 0, 0, 1)}}, &own)
	require.NoError(t, err)
	assert.Equal(t, "CN=sync,O=Example", seen)
}

// shake has a client that trusts one authority meet a server with a certificate
// of another, and returns whom the server saw, and what the client said.
func shake(t *testing.T, trusted, by *authority.Authority, leaf authority.Leaf, own *tls.Certificate) (seen string, err error) {
	t.Helper()
	roots := x509.NewCertPool()
	text, err := os.ReadFile(trusted.CAFile())
	require.NoError(t, err)
	require.True(t, roots.AppendCertsFromPEM(text))
	certificate, err := tls.LoadX509KeyPair(by.Issue(t, leaf))
	require.NoError(t, err)
	require.True(t, certificate.Leaf.NotBefore.Before(certificate.Leaf.NotAfter))
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: roots, ClientAuth: tls.VerifyClientCertIfGiven}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	names := make(chan string, 1)
	go func() {
		defer close(names)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		if server := conn.(*tls.Conn); server.HandshakeContext(t.Context()) == nil && own != nil {
			names <- server.ConnectionState().PeerCertificates[0].Subject.String()
		}
	}()
	client := &tls.Config{RootCAs: roots}
	if own != nil {
		client.Certificates = []tls.Certificate{*own}
	}
	conn, err := (&tls.Dialer{Config: client}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err == nil {
		_, _ = io.ReadAll(conn) // until the server has seen it
		require.NoError(t, conn.Close())
	}
	require.NoError(t, listener.Close())
	return <-names, err
}
