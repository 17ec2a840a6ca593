package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
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
	network net.Conn  // the bytes below TLS: to close it ends whatever waits
	tls     *tls.Conn // nil: all is in the clear
	tap     *tap
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
		return nil, &Error{Doing: "connect", Err: final{err}}
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
		return nil, c.failed("connect", final{ErrPlaintext})
	}
	secured, err := o.TLS.config(a.host)
	if err != nil {
		return nil, c.failed("connect", final{err})
	}
	if err := c.connect(ctx, a.dial); err != nil {
		return nil, err
	}
	above, err := c.secureFirst(ctx, a, o, secured)
	if err != nil {
		c.abandon()
		return nil, err
	}
	c.tap = newTap(above)
	c.ldap = ldap.NewConn(c.tap, c.tls != nil)
	c.ldap.Start()
	if err := c.bind(ctx, o.Bind); err != nil {
		c.abandon()
		return nil, err
	}
	return c, nil
}

// connect opens the network connection.
func (c *Conn) connect(ctx context.Context, to string) error {
	limited, cancel := c.limited(ctx)
	defer cancel()
	network, err := new(net.Dialer).DialContext(limited, "tcp", to)
	if err != nil && limited.Err() != nil {
		err = ended(ctx, limited)
	}
	if err != nil {
		return c.failed("connect", unreached(err))
	}
	c.network = network
	return nil
}

// unreached returns why there is no connection, without what an [*Error] says already:
// that it was to be one, and to where.
func unreached(err error) error {
	if dialing, ok := errors.AsType[*net.OpError](err); ok && dialing.Op == "dial" {
		err = noConnection{dialing.Err}
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = noConnection{call.Err}
	}
	return err
}

// noConnection is what the network says of a server that is not reached.
type noConnection struct{ error }

func (e noConnection) Unwrap() error { return e.error }

// secureFirst returns what LDAP is spoken on: the network connection, with TLS unless
// clear text was asked for.
func (c *Conn) secureFirst(ctx context.Context, a address, o Options, secured *tls.Config) (net.Conn, error) {
	client := tls.Client(c.network, secured)
	handshake := func() error { return client.HandshakeContext(ctx) }
	if !a.tls && !o.StartTLS {
		return c.network, nil
	}
	c.tls = client
	if a.tls {
		return client, c.within(ctx, "secure the connection", handshake)
	}
	return client, c.within(ctx, "secure the connection by StartTLS", func() error {
		if err := askTLS(c.network); err != nil {
			return err
		}
		return handshake()
	})
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
		return c.failed(doing, ended(ctx, limited))
	}
	stop := context.AfterFunc(limited, func() { _ = c.network.Close() })
	err := request()
	if !stop() {
		return c.failed(doing, ended(ctx, limited))
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
	if c.ldap != nil {
		_ = c.ldap.Close()
	}
}

// ended returns why there is no more time for a request: its own is up, or nobody
// wants an answer any more.
func ended(ctx, limited context.Context) error {
	if ctx.Err() != nil {
		return final{context.Cause(ctx)}
	}
	return context.Cause(limited)
}

// timeoutError says that a request took too long.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }

// Timeout reports true, as errors of the network do.
func (e timeoutError) Timeout() bool { return true }
