package boxapi_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/loopback"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// tlsBox answers over TLS with a certificate that no system trusts; its second
// result is that certificate in PEM.
func tlsBox(t *testing.T, versions *tls.Config) (*httptest.Server, []byte) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, userJSON)
	}))
	server.TLS = versions
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func transport(t *testing.T, opts boxapi.TransportOptions) http.RoundTripper {
	t.Helper()
	got, err := boxapi.NewTransport(opts)
	require.NoError(t, err)
	return got
}

func at(base string) func(*boxapi.Config) {
	return func(cfg *boxapi.Config) { cfg.BaseURL = base }
}

// nobody returns an address at which nobody listens, and soon nobody will: where a
// listener was closed, another test's may be the next.
func nobody(t *testing.T) string {
	t.Helper()
	port, err := loopback.Free(t.Context())
	require.NoError(t, err)
	return "http://" + loopback.Address(port)
}

func TestNewTransport_own_authority(t *testing.T) {
	t.Parallel()
	server, ca := tlsBox(t, nil)
	_, err := client(t, transport(t, boxapi.TransportOptions{RootCAs: ca}), at(server.URL)).Me(t.Context())
	require.NoError(t, err)

	for _, unknowing := range []http.RoundTripper{nil, transport(t, boxapi.TransportOptions{})} {
		_, err = client(t, unknowing, at(server.URL)).Me(t.Context())
		e := asError(t, err)
		assert.Equal(t, boxapi.Network, e.Kind())
		assert.Equal(t, 1, e.Attempts, "trying again does not help")
		assert.Equal(t, "the server's certificate is signed by an authority that this machine does not know, often that of a proxy which looks into TLS: "+
			"pass the authority's certificate as TransportOptions.RootCAs", e.Advice())
	}

	// The certificate is for example.com and 127.0.0.1.
	elsewhere := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	_, err = client(t, transport(t, boxapi.TransportOptions{RootCAs: ca}), at(elsewhere)).Me(t.Context())
	assert.Equal(t, "another server answers in Box's place: check the base address and the proxy", asError(t, err).Advice())
}

func TestNewTransport_keeps_the_systems_authorities(t *testing.T) {
	t.Parallel()
	_, ca := tlsBox(t, nil)
	plain := transport(t, boxapi.TransportOptions{RootCAs: ca}).(*http.Transport)
	require.NotNil(t, plain.TLSClientConfig.RootCAs)
	want, err := x509.SystemCertPool()
	require.NoError(t, err)
	assert.False(t, want.Equal(plain.TLSClientConfig.RootCAs))
	assert.True(t, want.AppendCertsFromPEM(ca))
	assert.True(t, want.Equal(plain.TLSClientConfig.RootCAs))
	assert.Nil(t, transport(t, boxapi.TransportOptions{}).(*http.Transport).TLSClientConfig.RootCAs, "nil is the system's")
	assert.NotNil(t, plain.Proxy, "HTTPS_PROXY")
}

func TestNewTransport_wants_TLS_1_2(t *testing.T) {
	t.Parallel()
	server, ca := tlsBox(t, &tls.Config{MaxVersion: tls.VersionTLS11}) //nolint:gosec // what must be refused
	_, err := client(t, transport(t, boxapi.TransportOptions{RootCAs: ca}), at(server.URL)).Me(t.Context())
	require.ErrorContains(t, err, "protocol version")
	assert.Equal(t, uint16(tls.VersionTLS12), transport(t, boxapi.TransportOptions{}).(*http.Transport).TLSClientConfig.MinVersion)
}

// connectProxy is a proxy as companies have one: CONNECT only, and with a
// password if it has one.
type connectProxy struct {
	password string // user:password in base64, or "" for none
	status   int    // instead of what it would say
	tunnels  atomic.Int64
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.status != 0:
		w.WriteHeader(p.status)
		return
	case p.password != "" && r.Header.Get("Proxy-Authorization") != "Basic "+p.password:
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	case r.Method != http.MethodConnect:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	far, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	p.tunnels.Add(1)
	w.WriteHeader(http.StatusOK)
	near, read, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	// The server may have read the first byte that came after the 200.
	for to, from := range map[net.Conn]io.Reader{near: far, far: read} {
		go func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
		}()
	}
}

func TestNewTransport_proxy(t *testing.T) {
	t.Parallel()
	server, ca := tlsBox(t, nil)
	proxy := &connectProxy{password: "YW5uOmNhbmFyeSBwYXNz"} // ann:canary pass
	near := httptest.NewServer(proxy)
	defer near.Close()
	address := func(user string) string { return strings.Replace(near.URL, "//", "//"+user, 1) }

	_, err := client(t, transport(t, boxapi.TransportOptions{ProxyURL: address("ann:canary%20pass@"), RootCAs: ca}), at(server.URL)).Me(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, proxy.tunnels.Load(), "an explicit proxy is used for every address, loopback included")

	for _, user := range []string{"", "ann:canary%20wrong@"} {
		c := client(t, transport(t, boxapi.TransportOptions{ProxyURL: address(user), RootCAs: ca}), at(server.URL))
		err = c.DeleteMembership(t.Context(), 1)
		e := asError(t, err)
		assert.Equal(t, "DELETE /group_memberships/1: the proxy refuses to connect: 407 Proxy Authentication Required", err.Error())
		assert.Equal(t, boxapi.Network, e.Kind())
		assert.EqualValues(t, 1, c.Calls(), "asking again does not help")
		assert.False(t, e.Uncertain, "Box never saw it")
		assert.Contains(t, e.Advice(), "the proxy wants a user and password")
	}

	for status, attempts := range map[int]int{403: 1, 451: 1, 502: 2, 503: 2} {
		broken := httptest.NewServer(&connectProxy{status: status})
		defer broken.Close()
		c := client(t, transport(t, boxapi.TransportOptions{ProxyURL: broken.URL}), at(server.URL), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 2 })
		e := asError(t, c.DeleteMembership(t.Context(), 1))
		assert.Equal(t, attempts, e.Attempts, status)
		assert.False(t, e.Uncertain)
		assert.Equal(t, "ask whoever runs the proxy to let this machine connect to Box", e.Advice())
	}

	// Plain http goes to the proxy as it is, so that its 407 is an answer.
	plain := httptest.NewServer(&connectProxy{password: "x"})
	defer plain.Close()
	c := client(t, transport(t, boxapi.TransportOptions{ProxyURL: plain.URL}), at("http://127.0.0.1:1"))
	_, err = c.Me(t.Context())
	assert.Contains(t, asError(t, err).Advice(), "the proxy wants a user and password")

	c = client(t, transport(t, boxapi.TransportOptions{ProxyURL: strings.Replace(nobody(t), "//", "//ann:canary@", 1)}), at(server.URL))
	_, err = c.Me(t.Context())
	assert.Equal(t, "the proxy cannot be reached: check its address and port", asError(t, err).Advice())
	assert.NotContains(t, err.Error(), "canary")
}

func TestNewTransport_refuses(t *testing.T) {
	t.Parallel()
	_, ca := tlsBox(t, nil)
	torn := ca[:len(ca)-30]
	noBytes := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})
	const address = "ProxyURL: want an address with its scheme, such as http://proxy.example.com:3128"
	tests := map[string]struct {
		opts boxapi.TransportOptions
		want string
	}{
		"no_scheme":      {boxapi.TransportOptions{ProxyURL: "proxy.example.com:3128"}, address},
		"only_a_name":    {boxapi.TransportOptions{ProxyURL: "proxy.example.com"}, address},
		"password":       {boxapi.TransportOptions{ProxyURL: "ann:canary@proxy.example.com:3128"}, address},
		"unreadable":     {boxapi.TransportOptions{ProxyURL: "http://ann:canary%@proxy.example.com"}, address},
		"no_host":        {boxapi.TransportOptions{ProxyURL: "http://:3128"}, "ProxyURL: the host is missing"},
		"other_scheme":   {boxapi.TransportOptions{ProxyURL: "ftp://ann:canary@proxy.example.com"}, "ProxyURL: the scheme must be http, https or socks5"},
		"path":           {boxapi.TransportOptions{ProxyURL: "http://ann:canary@proxy.example.com/proxy.pac"}, "ProxyURL: must end after the port"},
		"empty_ca":       {boxapi.TransportOptions{RootCAs: []byte{}}, "RootCAs: no certificate: want PEM, which begins with -----BEGIN CERTIFICATE-----; of a DER file, openssl x509 -inform der -in FILE makes it"},
		"der_ca":         {boxapi.TransportOptions{RootCAs: []byte("0\x82\x03canary")}, "RootCAs: no certificate: want PEM, which begins with -----BEGIN CERTIFICATE-----; of a DER file, openssl x509 -inform der -in FILE makes it"},
		"torn_ca":        {boxapi.TransportOptions{RootCAs: torn}, "RootCAs: a certificate is damaged or breaks off"},
		"second_torn":    {boxapi.TransportOptions{RootCAs: append(append([]byte(nil), ca...), torn...)}, "RootCAs: a certificate is damaged or breaks off"},
		"first_torn":     {boxapi.TransportOptions{RootCAs: append(append(append([]byte(nil), torn...), '\n'), ca...)}, "RootCAs: a certificate is damaged or breaks off"},
		"key":            {boxapi.TransportOptions{RootCAs: fixture(t, "pkcs8.pem")}, `RootCAs: holds a block "PRIVATE KEY": want certificates only`},
		"no_certificate": {boxapi.TransportOptions{RootCAs: noBytes}, "RootCAs: certificate 1 cannot be read: x509: malformed certificate"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := boxapi.NewTransport(tc.opts)
			require.EqualError(t, err, tc.want)
			assert.Nil(t, got)
		})
	}
	for _, good := range []string{"http://p:1", "https://ann:x@p", "socks5://p:1", "socks5h://p:1/"} {
		_, err := boxapi.NewTransport(boxapi.TransportOptions{ProxyURL: good})
		require.NoError(t, err)
	}
}

// A connection that died without a word must be found out before the call on it
// ends, or all attempts are made on it.
func TestNewTransport_asks_silent_connections_whether_they_live(t *testing.T) {
	t.Parallel()
	way, ok := transport(t, boxapi.TransportOptions{}).(*http.Transport)
	require.True(t, ok)
	require.NotNil(t, way.HTTP2)
	assert.Positive(t, way.HTTP2.SendPingTimeout)
	const usual = 30 * time.Second // of Config.Timeout
	assert.Less(t, way.HTTP2.SendPingTimeout+way.HTTP2.PingTimeout, usual)
}
