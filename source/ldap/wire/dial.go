package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Options say how a server is reached, and who asks.
type Options struct {
	StartTLS       bool // on ldap:// addresses; never is there a way back to clear text
	AllowPlaintext bool // ldap:// without StartTLS
	TLS            TLS
	Bind           Bind
	// Timeout is for reaching a server, and for each request: a page of a search.
	Timeout time.Duration
}

// ErrPlaintext says that a connection would have been in clear text.
var ErrPlaintext = errors.New("everything would be sent in the clear, the password as well: write ldaps://, or set start_tls; allow_plaintext accepts it")

// Conn is a connection to one server, as one account. It is for one goroutine.
type Conn struct {
	url     string
	timeout time.Duration
	network net.Conn // the bytes below TLS: to close it ends whatever waits
	ldap    *ldap.Conn
	// Requests counts what was sent, but for the binding.
	Requests int
}

// Dial connects to the server at the URL, ldap://HOST[:PORT] or ldaps://HOST[:PORT],
// and binds once: a wrong password is never tried again, as accounts are locked
// for that. The error is an [*Error].
func Dial(ctx context.Context, serverURL string, o Options) (*Conn, error) {
	a, err := parseAddress(serverURL)
	if err != nil {
		return nil, &Error{Server: serverURL, Doing: "connect", Err: err}
	}
	return dial(ctx, a, o)
}

// Again opens another connection to the very address that this one is to, whatever
// else its name stands for.
func (c *Conn) Again(ctx context.Context, o Options) (*Conn, error) {
	a, err := parseAddress(c.url)
	if err != nil {
		return nil, c.failed("connect", err)
	}
	a.dial = c.network.RemoteAddr().String()
	return dial(ctx, a, o)
}

func dial(ctx context.Context, a address, o Options) (*Conn, error) {
	c := &Conn{url: a.url, timeout: o.Timeout}
	if !a.tls && !o.StartTLS && !o.AllowPlaintext {
		return nil, c.failed("connect", ErrPlaintext)
	}
	secured, err := o.TLS.config(a.host)
	if err != nil {
		return nil, c.failed("connect", err)
	}
	if err := c.connect(ctx, a, secured); err != nil {
		return nil, err
	}
	if err := c.secureAndBind(ctx, a, o, secured); err != nil {
		c.abandon()
		return nil, err
	}
	return c, nil
}

// connect opens the network connection, with TLS if the address says so.
func (c *Conn) connect(ctx context.Context, a address, secured *tls.Config) error {
	limited, cancel := c.limited(ctx)
	defer cancel()
	network, err := new(net.Dialer).DialContext(limited, "tcp", a.dial)
	if err != nil {
		return c.failed("connect", causeOr(limited, err))
	}
	c.network = network
	above := network
	if a.tls {
		client := tls.Client(network, secured)
		if err := client.HandshakeContext(limited); err != nil {
			return c.failed("secure the connection", errors.Join(causeOr(limited, err), ignoreClosed(network.Close())))
		}
		above = client
	}
	c.ldap = ldap.NewConn(above, a.tls)
	c.ldap.Start()
	return nil
}

func (c *Conn) secureAndBind(ctx context.Context, a address, o Options, secured *tls.Config) error {
	if !a.tls && o.StartTLS {
		if err := c.within(ctx, "secure the connection", func() error { return c.ldap.StartTLS(secured) }); err != nil {
			return err
		}
	}
	return c.bind(ctx, o.Bind)
}

// limited is ctx with the deadline of one request.
func (c *Conn) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.timeout, timeoutError{c.timeout})
}

// within makes one request. When its time is up, or ctx ends, the network
// connection is closed: that is what ends a request in this library at once, and
// the connection is good for nothing afterwards.
func (c *Conn) within(ctx context.Context, doing string, request func() error) error {
	limited, cancel := c.limited(ctx)
	defer cancel()
	if limited.Err() != nil {
		return c.failed(doing, context.Cause(limited))
	}
	stop := context.AfterFunc(limited, func() { _ = c.network.Close() })
	err := request()
	if !stop() {
		return c.failed(doing, context.Cause(limited))
	}
	if err != nil {
		return c.failed(doing, err)
	}
	return nil
}

// Server returns the URL of the server.
func (c *Conn) Server() string { return c.url }

// Close says goodbye and closes the connection. Closing it again does nothing.
func (c *Conn) Close() {
	// The server is told, if it listens; nothing depends on that.
	if c.network.SetDeadline(time.Now().Add(goodbye)) == nil {
		_ = c.ldap.Unbind()
	}
	c.abandon()
}

// goodbye is how long a server may take to take leave.
const goodbye = time.Second

// abandon closes the connection without a word.
func (c *Conn) abandon() {
	_ = c.network.Close()
	_ = c.ldap.Close()
}

// causeOr returns why ctx ended, or err where it has not.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// timeoutError says that a request took too long.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }

// Timeout reports true, as errors of the network do.
func (e timeoutError) Timeout() bool { return true }
