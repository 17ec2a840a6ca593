package boxapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A connection on which nothing came for pingAfter is asked whether it lives, and
// given up if it does not say so within pingWait: sooner than a call is.
const (
	pingAfter = 10 * time.Second
	pingWait  = 5 * time.Second
)

// TransportOptions say how to get to Box. The zero value means the way that
// HTTPS_PROXY and NO_PROXY name, and the authorities that the system trusts.
type TransportOptions struct {
	// ProxyURL is the proxy for every call, whatever the environment says;
	// http, https or socks5, with user and password if it wants them.
	ProxyURL string
	// RootCAs are PEM certificates of authorities to trust besides the
	// system's, for a proxy that looks into TLS; nil for none.
	RootCAs []byte
}

// NewTransport returns a transport for [Config.Transport]. It connects to
// nothing yet. Its errors name the option and never print a proxy's password.
func NewTransport(opts TransportOptions) (http.RoundTripper, error) {
	t := baseTransport()
	if opts.ProxyURL != "" {
		proxy, err := parseProxy(opts.ProxyURL)
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	if opts.RootCAs != nil {
		roots, err := addRoots(opts.RootCAs)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = roots
	}
	return t, nil
}

// baseTransport allows as many idle connections as a client has workers; the
// usual two per host would close and open connections all the time.
func baseTransport() *http.Transport {
	t := &http.Transport{}
	if usual, ok := http.DefaultTransport.(*http.Transport); ok {
		t = usual.Clone()
	}
	t.Proxy = http.ProxyFromEnvironment
	t.MaxIdleConnsPerHost = 64
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	// All calls share one HTTP/2 connection. If it dies without a word, calls
	// would time out on it, repetitions too, until the system gives it up after a
	// quarter of an hour.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWait}
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		return &proxyRefusal{status: resp.StatusCode}
	}
	return t
}

// proxyRefusal is a proxy's answer to CONNECT: Box never saw the call.
type proxyRefusal struct{ status int }

// Error implements error.
func (r *proxyRefusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy refuses to connect: %d %s", r.status, http.StatusText(r.status)))
}

// parseProxy reads a proxy's address. Its errors do not print it.
func parseProxy(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || !strings.Contains(s, "://"):
		return nil, errors.New("ProxyURL: want an address with its scheme, such as http://proxy.example.com:3128")
	case u.Hostname() == "":
		return nil, errors.New("ProxyURL: the host is missing")
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return nil, errors.New("ProxyURL: the scheme must be http, https or socks5")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("ProxyURL: must end after the port")
	}
	return u, nil
}

// addRoots returns the system's authorities and those of a PEM file. A file that
// is understood in part is refused: half of it would fail at night.
func addRoots(data []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("RootCAs: read the system's authorities: %w", err)
	}
	n := 0
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil && bytes.Count(data, []byte("-----BEGIN ")) > n:
			return nil, errors.New("RootCAs: a certificate is damaged or breaks off")
		case block == nil && n == 0:
			return nil, errors.New("RootCAs: no certificate: want PEM, which begins with -----BEGIN CERTIFICATE-----; " +
				"of a DER file, openssl x509 -inform der -in FILE makes it")
		case block == nil:
			return roots, nil
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("RootCAs: holds a block %q: want certificates only", clip(block.Type))
		}
		n++
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("RootCAs: certificate %d cannot be read: %w", n, err)
		}
		roots.AddCert(cert)
	}
}
