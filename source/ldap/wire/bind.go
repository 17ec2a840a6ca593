package wire

import (
	"context"
	"errors"
	"fmt"
)

// Method is how a connection says who asks.
type Method uint8

// The methods.
const (
	Simple    Method = iota // a DN and a password
	Anonymous               // nobody
	External                // whoever the client's certificate names (RFC 4422, appendix A)
)

// Bind is who asks.
type Bind struct {
	Method Method
	DN     string
	// Password gives the password, for Simple. It is asked for at each connection, so
	// that a password that was changed is the new one.
	Password func() (string, error)
}

func (c *Conn) bind(ctx context.Context, b Bind) error {
	switch b.Method {
	case Anonymous:
		return c.within(ctx, "bind anonymously", func() error { return c.ldap.UnauthenticatedBind("") })
	case External:
		return c.within(ctx, "bind by the client's certificate", c.ldap.ExternalBind)
	default:
		if b.DN == "" {
			return c.failed("bind", final{errNobody})
		}
		doing := "bind as " + b.DN
		password, err := b.Password()
		if err == nil && password == "" {
			err = errEmpty
		}
		if err != nil {
			return c.failed(doing, final{&PasswordError{err}})
		}
		return c.within(ctx, doing, func() error { return c.ldap.Bind(b.DN, password) })
	}
}

// What servers would take for nobody, and call a success (RFC 4513, 5.1).
var (
	errNobody = errors.New("there is no DN to bind as")
	errEmpty  = errors.New("it is empty, and the server would let in nobody in particular")
)

// PasswordError says that there is no password to bind with. That is a fault of
// the configuration, and no server's.
type PasswordError struct{ Err error }

// Error says what is wrong about the password.
func (e *PasswordError) Error() string { return fmt.Sprintf("the password: %v", e.Err) }

// Unwrap returns what is wrong about it.
func (e *PasswordError) Unwrap() error { return e.Err }
