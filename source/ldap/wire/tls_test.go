package wire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// schemes are the two ways to TLS.
var schemes = map[string]struct {
	startTLS bool
	doing    string
}{
	"ldaps": {false, "secure the connection"},
	"ldap":  {true, "secure the connection by StartTLS"},
}

// TestTLS believes one certificate, and says of the others what is wrong.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, others := authority.New(t), authority.New(t)
	stale, elsewhere, old := home(), authority.Leaf{Names: []string{"dc1.example.test"}}, home()
	stale.NotAfter = time.Now().Add(-time.Minute)
	oldest := showing(t, ours, old)
	oldest.MaxVersion = tls.VersionTLS11
	const believed = "tls: failed to verify certificate: x509: "
	for name, c := range map[string]struct {
		server *tls.Config
		client wire.TLS
		want   string // "": it is well
		hint   string
	}{
		"good":              {showing(t, ours, home()), wire.TLS{CAFile: ours.CAFile()}, "", ""},
		"unknown authority": {showing(t, others, home()), wire.TLS{CAFile: ours.CAFile()}, believed + "certificate signed by unknown authority", "name the certificate of the authority that signed the server's in tls.ca_file; where one is named, it is another's"},
		"of the system":     {showing(t, ours, home()), wire.TLS{}, believed + "certificate signed by unknown authority", "name the certificate of the authority that signed the server's in tls.ca_file; where one is named, it is another's"},
		"wrong name":        {showing(t, ours, elsewhere), wire.TLS{CAFile: ours.CAFile()}, believed + "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs", "use the name that the certificate has in urls, or say it in tls.server_name"},
		"name as told":      {showing(t, ours, elsewhere), wire.TLS{CAFile: ours.CAFile(), ServerName: "dc1.example.test"}, "", ""},
		"another than told": {showing(t, ours, home()), wire.TLS{CAFile: ours.CAFile(), ServerName: "dc1.example.test"}, believed + "certificate is valid for localhost, not dc1.example.test", "use the name that the certificate has in urls, or say it in tls.server_name"},
		"believed anyway":   {showing(t, others, stale), wire.TLS{Insecure: true}, "", ""},
		"old protocol":      {oldest, wire.TLS{CAFile: ours.CAFile()}, "remote error: tls: protocol version not supported", "the server must speak TLS 1.2 or later"},
		"old, believed":     {oldest, wire.TLS{Insecure: true}, "remote error: tls: protocol version not supported", "the server must speak TLS 1.2 or later"},
	} {
		for scheme, how := range schemes {
			t.Run(name+" by "+scheme, func(t *testing.T) {
				t.Parallel()
				f := serve(t, faked{tls: c.server, startTLS: how.startTLS})
				o := wire.Options{StartTLS: how.startTLS, TLS: c.client, Timeout: time.Minute, Bind: wire.Bind{DN: "cn=x", Password: said("secret")}}
				conn, err := wire.Dial(t.Context(), f.url(scheme), o)
				if c.want == "" {
					require.NoError(t, err)
					conn.Close()
					return
				}
				assert.Equal(t, "SERVER: "+how.doing+": "+c.want, text(err, f.url(scheme)))
				e, ok := errors.AsType[*wire.Error](err)
				require.True(t, ok)
				assert.Equal(t, c.hint, e.Hint())
				assert.True(t, e.Elsewhere())
				assert.NotContains(t, f.operations(), "bind", "something was said to whom nobody believes")
			})
		}
	}
}

// TestTLS_expired is one case more, whose message has the time in it.
func TestTLS_expired(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	stale := home()
	stale.NotAfter = time.Now().Add(-time.Minute)
	for scheme, how := range schemes {
		f := serve(t, faked{tls: showing(t, ours, stale), startTLS: how.startTLS})
		_, err := wire.Dial(t.Context(), f.url(scheme), wire.Options{StartTLS: how.startTLS, TLS: wire.TLS{CAFile: ours.CAFile()}, Timeout: time.Minute})
		require.ErrorContains(t, err, how.doing+": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ")
		e, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok)
		assert.Equal(t, "renew the server's certificate, or set this machine's clock", e.Hint())
	}
}

// TestTLS_files are mistakes in the configuration: nobody is connected to.
func TestTLS_files(t *testing.T) {
	t.Parallel()
	f := serve(t, faked{})
	ours := authority.New(t)
	certFile, keyFile := ours.Issue(t, home())
	empty := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(empty, []byte("no certificate\n"), 0o600))
	for want, c := range map[string]wire.TLS{
		"read the certificates of tls.ca_file: " + empty + " has none in PEM form":                   {CAFile: empty},
		"read the certificates of tls.ca_file: " + keyFile + " has none in PEM form":                 {CAFile: keyFile},
		"read the certificates of tls.ca_file: open /no/such/file: no such file or directory":        {CAFile: "/no/such/file"},
		"read tls.cert_file and tls.key_file: open /no/such/file: no such file or directory":         {CertFile: certFile, KeyFile: "/no/such/file"},
		"read tls.cert_file and tls.key_file: tls: failed to find any PEM data in certificate input": {CertFile: empty, KeyFile: keyFile},
		"read tls.cert_file and tls.key_file: open : no such file or directory":                      {CertFile: certFile},
	} {
		o := anybody()
		o.TLS = c
		_, err := wire.Dial(t.Context(), f.url("ldaps"), o)
		assert.Equal(t, "SERVER: connect: "+want, text(err, f.url("ldaps")))
		e, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok)
		assert.False(t, e.Elsewhere(), want)
	}
	assert.Empty(t, f.operations())
}

// TestRealTLS logs in at real servers, by both ways, and by the client's certificate.
func TestRealTLS(t *testing.T) {
	t.Parallel()
	s := world(t)
	certFile, keyFile := s.Authority.Issue(t, authority.Leaf{CommonName: "sync", Organization: "Example"})
	for scheme, url := range map[string]string{"ldaps": s.SecureURL(), "ldap": s.URL()} {
		o := wire.Options{
			StartTLS: scheme == "ldap", Timeout: time.Minute, TLS: wire.TLS{CAFile: s.CAFile()},
			Bind: wire.Bind{DN: s.ReaderDN, Password: said(s.ReaderPassword)},
		}
		sizes, err := read(t.Context(), dial(t, url, o), everyone(100))
		require.NoError(t, err)
		assert.Equal(t, []int{persons}, sizes)

		o.Bind = wire.Bind{Method: wire.External}
		o.TLS.CertFile, o.TLS.KeyFile = certFile, keyFile
		sizes, err = read(t.Context(), dial(t, url, o), everyone(100))
		require.NoError(t, err, "who has the certificate is the reader")
		assert.Equal(t, []int{persons}, sizes)

		o.TLS.CertFile, o.TLS.KeyFile = "", ""
		_, err = wire.Dial(t.Context(), url, o)
		assert.Equal(t, "SERVER: bind by the client's certificate: result 7 (auth method not supported): SASL(-4): no mechanism available:", text(err, url))
	}
}

// TestStartTLS_refused never goes on in the clear: nobody hears a name or a password.
func TestStartTLS_refused(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	for name, c := range map[string]struct {
		fake faked
		want string
	}{
		"unknown operation": {faked{refuses: outcome(ldap.ApplicationExtendedResponse, 2)}, "result 2 (protocol error)"},
		"unavailable":       {faked{refuses: outcome(ldap.ApplicationExtendedResponse, 52)}, "result 52 (unavailable)"},
		"not TLS behind it": {faked{behind: []byte("0\x0c\x02\x01\x01a\x07\n\x01\x00\x04\x00\x04\x00")}, "tls: first record does not look like a TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.fake.tls, c.fake.startTLS = showing(t, ours, home()), true
			f := serve(t, c.fake)
			_, err := wire.Dial(t.Context(), f.url("ldap"), wire.Options{
				StartTLS: true, AllowPlaintext: true, TLS: wire.TLS{CAFile: ours.CAFile()}, Timeout: time.Minute,
				Bind: wire.Bind{DN: "cn=x", Password: func() (string, error) { t.Error("a password is asked for"); return "", nil }},
			})
			assert.Equal(t, "SERVER: secure the connection by StartTLS: "+c.want, text(err, f.url("ldap")))
			e, ok := errors.AsType[*wire.Error](err)
			require.True(t, ok)
			assert.True(t, e.Elsewhere(), "another server may have TLS")
			assert.NotContains(t, f.operations(), "bind")
		})
	}
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	broken := p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, On: ldapproxy.OnStartTLS, Code: 53})
	o := asReader(s)
	o.StartTLS, o.TLS.CAFile = true, p.CAFile()
	_, err := wire.Dial(t.Context(), p.URL(), o)
	assert.Equal(t, "SERVER: secure the connection by StartTLS: result 53 (unwilling to perform)", text(err, p.URL()))
	assert.Equal(t, 1, broken.Met())
	assert.Empty(t, p.Seen().Binds)
	p.Mend()
	dial(t, p.URL(), o)
	assert.Equal(t, []ldapproxy.Bind{{DN: s.ReaderDN, Password: true, TLS: true}}, p.Seen().Binds)
}

// TestStalled ends each step towards a connection, at its deadline and when nobody
// wants one any more.
func TestStalled(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	for operation, doing := range map[string]string{
		"StartTLS":  "secure the connection by StartTLS",
		"handshake": "secure the connection by StartTLS",
		"bind":      "bind as cn=x",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			o := wire.Options{
				StartTLS: true, TLS: wire.TLS{CAFile: ours.CAFile()}, Timeout: time.Minute,
				Bind: wire.Bind{DN: "cn=x", Password: said("secret")},
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("enough")
			f := serve(t, faked{tls: showing(t, ours, home()), startTLS: true, stalls: operation, reached: func() { cancel(why) }})
			_, err := wire.Dial(ctx, f.url("ldap"), o)
			require.ErrorIs(t, err, why)
			assert.Equal(t, "SERVER: "+doing+": enough", text(err, f.url("ldap")))

			f = serve(t, faked{tls: showing(t, ours, home()), startTLS: true, stalls: operation})
			o.Timeout = 500 * time.Millisecond
			_, err = wire.Dial(t.Context(), f.url("ldap"), o)
			assert.Equal(t, "SERVER: "+doing+": no answer within 500ms", text(err, f.url("ldap")))
		})
	}
	t.Run("ldaps", func(t *testing.T) {
		t.Parallel()
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, listener.Close()) }) // nobody was answered
		url := "ldaps://" + listener.Addr().String()
		_, err = wire.Dial(t.Context(), url, wire.Options{Timeout: 50 * time.Millisecond})
		assert.Equal(t, "SERVER: secure the connection: no answer within 50ms", text(err, url))
	})
}

// TestPlaintext is refused before anybody is connected to, unless it was asked for.
func TestPlaintext(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	o := asReader(s)
	o.AllowPlaintext = false
	for _, method := range []wire.Method{wire.Simple, wire.Anonymous, wire.External} {
		o.Bind.Method = method
		_, err := wire.Dial(t.Context(), p.URL(), o)
		require.ErrorIs(t, err, wire.ErrPlaintext)
		assert.Equal(t, "SERVER: connect: everything would be sent in the clear, the password as well: write ldaps://, or set start_tls; allow_plaintext accepts it", text(err, p.URL()))
		e, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok)
		assert.False(t, e.Elsewhere())
	}
	assert.Zero(t, p.Seen().Connections)
}
