package ldapproxy

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// A conn is a client and its own connection to the server.
type conn struct {
	proxy    *Proxy
	raw      net.Conn // the client's, below TLS
	upstream net.Conn
	secure   bool // for requests only

	writing sync.Mutex // held while the client is written to
	client  net.Conn   // the client's, with TLS where there is

	mu    sync.Mutex
	open  map[int64]*exchange // by the number of the message
	pages map[string]int      // which page ended with a cookie
}

// An exchange is an operation that was not answered to the end.
type exchange struct {
	search  Search
	faults  []*Broken
	ranges  map[string]string // what was asked for with ;range=, by the name without
	most    int               // entries that it may have; 0: any number
	entries int
	over    bool // it had more
	sent    int  // messages of the answer
	begun   bool
	instead *Fault // the result it has in the place of the server's
}

func newConn(p *Proxy, client, upstream net.Conn, secure bool) *conn {
	c := &conn{
		proxy: p, raw: client, client: client, upstream: upstream, secure: secure,
		open: make(map[int64]*exchange), pages: make(map[string]int),
	}
	if secure {
		c.client = tls.Server(client, p.tls)
	}
	return c
}

// requests passes on what the client asks until it has gone.
func (c *conn) requests() {
	defer c.drop()
	reader := bufio.NewReader(c.client)
	for {
		packet, err := ber.ReadPacket(reader)
		m := message{packet}
		if err != nil || !m.whole() {
			return
		}
		if m.tag() == extendedRequest && asksTLS(m.operation()) {
			if !c.startTLS(m.id()) {
				_, _ = io.Copy(io.Discard, reader) // until the client goes
				return
			}
			reader = bufio.NewReader(c.client)
			continue
		}
		if _, err := c.upstream.Write(c.request(m).Bytes()); err != nil || m.tag() == unbindRequest {
			return
		}
	}
}

func asksTLS(operation *ber.Packet) bool {
	return len(operation.Children) > 0 && text(operation.Children[0]) == startTLS
}

// request notes what is asked for, and returns what the server is asked.
func (c *conn) request(m message) message {
	switch m.tag() {
	case bindRequest:
		c.proxy.note(func(s *Seen) { s.Binds = append(s.Binds, bindOf(m.operation(), c.secure)) })
		c.begin(m.id(), &exchange{faults: c.proxy.faultsOf(OnBind, Search{})})
	case searchRequest:
		if search, ok := searchOf(m); ok {
			return c.searches(m, search)
		}
	}
	return m
}

// searches is request for a search.
func (c *conn) searches(m message, search Search) message {
	size, cookie, _ := m.paging()
	search.Page = 1
	if cookie != "" {
		c.mu.Lock()
		search.Page = c.pages[cookie] + 1
		c.mu.Unlock()
	}
	x := &exchange{search: search, faults: c.proxy.faultsOf(OnSearch, search)}
	c.proxy.note(func(s *Seen) { s.Searches = append(s.Searches, search) })
	if most := c.proxy.options.MaxPageSize; most > 0 {
		switch {
		case !search.Paged:
			x.most = most
		case size > int64(most):
			m = m.withPaging(int64(most), cookie)
		}
	}
	if c.proxy.options.MaxValRange > 0 {
		m, x.ranges = plainly(m)
	}
	c.begin(m.id(), x)
	return m
}

func (c *conn) begin(id int64, x *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[id] = x
}

// startTLS answers the request for TLS, and says false if nothing more is to be
// said to this client.
func (c *conn) startTLS(id int64) bool {
	x := &exchange{faults: c.proxy.faultsOf(OnStartTLS, Search{}), begun: true}
	x.choose()
	code := uint16(0)
	if x.instead != nil {
		code = x.instead.Code
	}
	if !c.send(x, result(id, extendedAnswer, code, "")) || !c.passes(x, nil) {
		return false
	}
	if code != 0 {
		return true
	}
	upgraded := tls.Server(c.client, c.proxy.tls)
	if upgraded.HandshakeContext(c.proxy.ctx) != nil {
		return false
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.client, c.secure = upgraded, true
	return true
}

// answers passes on what the server answers until it has gone.
func (c *conn) answers() {
	defer c.drop()
	reader := bufio.NewReader(c.upstream)
	for {
		packet, err := ber.ReadPacket(reader)
		m := message{packet}
		if err != nil || !m.whole() {
			return
		}
		c.mu.Lock()
		x := c.open[m.id()]
		c.mu.Unlock()
		if x == nil {
			x = new(exchange)
		}
		for _, part := range c.answer(x, m) {
			if !c.send(x, part) {
				_, _ = io.Copy(io.Discard, reader) // until the client goes, if it has not
				return
			}
		}
	}
}

// send writes a message of an answer to the client, unless a fault has something
// against it. It says false when the connection has ended or stalls.
func (c *conn) send(x *exchange, m message) bool {
	data := m.Bytes()
	if !c.passes(x, &m) {
		return false
	}
	x.sent++
	return c.write(data)
}

// passes reports whether an answer goes on with a message, or at all if it is nil.
// Where it does not, the connection has ended, or stays and is silent.
func (c *conn) passes(x *exchange, m *message) bool {
	for _, b := range x.faults {
		f := b.fault
		due := x.sent >= f.After
		switch {
		case f.Kind == Trickle && m != nil && b.happens():
			select {
			case <-time.After(f.Delay):
			case <-c.proxy.ctx.Done():
				return false
			}
		case f.Kind == Cut && due && m != nil && m.tag() == searchEntry && b.happens():
			data := m.Bytes()
			c.write(data[:len(data)/2])
			c.drop()
			return false
		case f.Kind == Drop && due && b.happens():
			c.drop()
			return false
		case f.Kind == Stall && due && b.happens():
			return false
		}
	}
	return true
}

// write sends bytes to the client, and says false if it has gone.
func (c *conn) write(data []byte) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.proxy.note(func(s *Seen) { s.Bytes += len(data) })
	if _, err := c.client.Write(data); err != nil {
		c.drop()
		return false
	}
	return true
}

// drop ends both connections. It may be called again.
func (c *conn) drop() { _, _ = c.raw.Close(), c.upstream.Close() }
