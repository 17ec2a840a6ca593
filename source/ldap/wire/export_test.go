package wire

import (
	"fmt"
	"io"
	"net"
	"testing/iotest"
	"time"
)

// SetTimeout is for tests in which only one of the requests may run out of time.
func (c *Conn) SetTimeout(after time.Duration) { c.timeout = after }

// SetURL is for tests in which a name means another server than before.
func (c *Conn) SetURL(url string) { c.url = url }

// Failed is what a server called ldap://x comes to.
func Failed(doing string, err error) *Error {
	return (&Conn{url: "ldap://x"}).failed(doing, err)
}

// Address says what is made of a URL.
func Address(url string) string {
	a, err := parseAddress(url)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(a.url, " ", a.dial, " ", a.tls)
}

// EntryOf is what is done with each message.
func EntryOf(message []byte) (*Entry, bool) { return entryOf(message) }

// Tapped reads a connection to its end, byte by byte as the library reads the beginning
// of a message, and returns the entries and all the rest.
func Tapped(network net.Conn) ([]*Entry, []byte, error) {
	t := newTap(network)
	rest, err := io.ReadAll(iotest.OneByteReader(t))
	return t.taken(), rest, err
}
