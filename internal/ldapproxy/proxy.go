// Package ldapproxy is for tests of what a directory does when it is large or in
// trouble: a proxy before any LDAP server. It imposes the limits of Active
// Directory, breaks what it is told to, and notes what it was asked.
package ldapproxy

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
)

// Options say what a proxy imposes. The zero value passes everything on.
type Options struct {
	// MaxPageSize is how many entries an answer may have. A search that asks for
	// larger pages gets pages of this size, and one that asks for none gets so
	// many entries and result 4.
	MaxPageSize int

	// MaxValRange is how many values of an attribute an answer may have. Of more,
	// there is an attribute without values, and the first of them under the name
	// with ";range=", by which the others are asked for. The server behind need
	// not know of ranges: it is asked for all values, and is to have MaxValRange
	// of its own only where this is 0.
	MaxValRange int

	// Authority signs the proxy's certificate; one of its own if nil.
	Authority *authority.Authority
}

// A Proxy stands before a server.
type Proxy struct {
	options  Options
	upstream string
	tls      *tls.Config
	file     string // the authority's certificate
	ctx      context.Context
	wait     sync.WaitGroup

	plain, secure net.Listener

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	faults []*Broken
	seen   Seen
}

// Start runs a proxy before the server at a host and port, which is spoken to
// without TLS, until the test ends.
func Start(t testing.TB, upstream string, o Options) *Proxy {
	t.Helper()
	if o.Authority == nil {
		o.Authority = authority.New(t)
	}
	certificate, err := tls.LoadX509KeyPair(o.Authority.Issue(t, authority.Leaf{
		CommonName: "proxy", Names: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
	}))
	require.NoError(t, err)
	p := &Proxy{
		options: o, upstream: upstream, file: o.Authority.CAFile(), open: make(map[net.Conn]bool),
		tls: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() { cancel(); p.close(); p.wait.Wait() })
	p.plain = p.listen(t)
	p.secure = p.listen(t)
	p.wait.Go(func() { p.accept(p.plain, false) })
	p.wait.Go(func() { p.accept(p.secure, true) })
	return p
}

func (p *Proxy) listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(p.ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() }) // it is closed twice
	return listener
}

// Address is the host and port where the proxy speaks LDAP, and StartTLS.
func (p *Proxy) Address() string { return p.plain.Addr().String() }

// URL is the proxy's ldap://, which has StartTLS too.
func (p *Proxy) URL() string { return "ldap://" + p.Address() }

// SecureURL is the proxy's ldaps://.
func (p *Proxy) SecureURL() string { return "ldaps://" + p.secure.Addr().String() }

// CAFile is the certificate of who signed the proxy's.
func (p *Proxy) CAFile() string { return p.file }

// accept serves those who come, until the listener is closed.
func (p *Proxy) accept(listener net.Listener, secure bool) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(client, secure) })
	}
}

// serve joins a client to the server until one of them has enough.
func (p *Proxy) serve(client net.Conn, secure bool) {
	defer p.forget(client)
	if !p.remember(client) {
		return
	}
	upstream, err := new(net.Dialer).DialContext(p.ctx, "tcp", p.upstream)
	if err != nil {
		return // the client sees a connection that ends
	}
	defer p.forget(upstream)
	if !p.remember(upstream) {
		return
	}
	p.note(func(s *Seen) { s.Connections++ })
	c := newConn(p, client, upstream, secure)
	p.wait.Go(c.answers)
	c.requests()
}

// remember keeps a connection to close it when the test ends, and says false if
// that was before.
func (p *Proxy) remember(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[conn] = true
	return !p.closed
}

func (p *Proxy) forget(conn net.Conn) {
	_ = conn.Close() // it may have been closed
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

func (p *Proxy) close() {
	_, _ = p.plain.Close(), p.secure.Close() // they may have been closed
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for conn := range p.open {
		_ = conn.Close() // it may have been closed
	}
}
