package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestNothingLeft runs before the tests beside each other: it counts what runs in the
// library, after each way in which a connection ends. A shared server may have kept a
// connection of its own, where the tests run more than once.
func TestNothingLeft(t *testing.T) {
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	before := inLibrary()
	ends := map[string]func(c *wire.Conn){
		"closed":  func(c *wire.Conn) { c.Close() },
		"dropped": func(c *wire.Conn) { breakOnce(t, p, c, ldapproxy.Fault{Kind: ldapproxy.Drop, After: 3}); c.Close() },
		"late": func(c *wire.Conn) {
			c.SetTimeout(20 * time.Millisecond)
			breakOnce(t, p, c, ldapproxy.Fault{Kind: ldapproxy.Stall, After: 3})
			c.Close()
		},
	}
	for name, end := range ends {
		c, err := wire.Dial(t.Context(), p.URL(), asReader(s))
		require.NoError(t, err)
		require.Greater(t, inLibrary(), before, "nothing is counted")
		end(c)
		assert.Eventually(t, func() bool { return inLibrary() <= before }, time.Minute, time.Millisecond, name)
	}
	wrong := asReader(s)
	wrong.Bind.Password = said("wrong")
	_, err := wire.Dial(t.Context(), p.URL(), wrong)
	require.Error(t, err)
	assert.Eventually(t, func() bool { return inLibrary() <= before }, time.Minute, time.Millisecond, "refused")
}

func breakOnce(t *testing.T, p *ldapproxy.Proxy, c *wire.Conn, f ldapproxy.Fault) {
	t.Helper()
	p.Break(f)
	defer p.Mend()
	_, err := read(t.Context(), c, everyone(10))
	require.Error(t, err)
}

// inLibrary is how many goroutines are in the library.
func inLibrary() int {
	stacks := make([]byte, 1<<20)
	n := 0
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "go-ldap/ldap/v3.") {
			n++
		}
	}
	return n
}

// TestAgain connects to the very address again, asks for the password again, and
// reads on both connections, page by page in turn.
func TestAgain(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	o := asReader(s)
	asked := 0
	o.Bind.Password = func() (string, error) { asked++; return s.ReaderPassword, nil }
	first := dial(t, strings.Replace(p.URL(), "127.0.0.1", "localhost", 1), o)
	second, err := first.Again(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(second.Close)
	assert.Equal(t, first.Server(), second.Server())
	assert.Equal(t, 2, asked)
	assert.Len(t, p.Seen().Binds, 2)
	assert.Equal(t, 2, p.Seen().Connections)
	var there []int
	err = first.Pages(t.Context(), everyone(20), func(wire.Page) error {
		sizes, err := read(t.Context(), second, everyone(10))
		there = append(there, sizes...)
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, []int{10, 10, 5, 10, 10, 5}, there)
	assert.Equal(t, []int{2, 6}, []int{first.Requests, second.Requests})

	over := asReader(s)
	over.TLS.CAFile = s.CAFile()
	over.AllowPlaintext = false
	first = dial(t, strings.Replace(s.SecureURL(), "127.0.0.1", "localhost", 1), over)
	second, err = first.Again(t.Context(), over)
	require.NoError(t, err, "the certificate has the name, whatever the address is")
	second.Close()

	over.Bind.DN = ""
	second, err = first.Again(t.Context(), over)
	require.ErrorContains(t, err, "bind: there is no DN to bind as")
	assert.Nil(t, second)
}

// TestAgain_address goes where the first connection is, though its name may have
// become another's.
func TestAgain_address(t *testing.T) {
	t.Parallel()
	f := serve(t, faked{})
	c := dial(t, f.url("ldap"), anybody())
	_, port, err := net.SplitHostPort(strings.TrimPrefix(c.Server(), "ldap://"))
	require.NoError(t, err)
	c.SetURL("ldap://no-such-host.invalid:" + port)
	again, err := c.Again(t.Context(), anybody())
	require.NoError(t, err)
	again.Close()
	assert.Equal(t, "ldap://no-such-host.invalid:"+port, again.Server())
}

// TestClose takes leave once, also of a server that does not listen any more.
func TestClose(t *testing.T) {
	t.Parallel()
	f := serve(t, faked{})
	c, err := wire.Dial(t.Context(), f.url("ldap"), anybody())
	require.NoError(t, err)
	c.Close()
	c.Close()
	assert.Eventually(t, func() bool { return len(f.operations()) == 2 }, time.Minute, time.Millisecond)
	assert.Equal(t, []string{"bind", "unbind"}, f.operations())
	_, err = read(t.Context(), c, everyone(10))
	assert.Equal(t, "SERVER: "+everyoneText+": ldap: connection closed", text(err, c.Server()))

	// It stalls in the middle of a search: only a deadline ends that, or somebody who
	// has enough, and then there is no waiting in Close.
	ctx, cancel := context.WithCancel(t.Context())
	f = serve(t, faked{stalls: "search", reached: cancel})
	c, err = wire.Dial(t.Context(), f.url("ldap"), anybody())
	require.NoError(t, err)
	_, err = read(ctx, c, everyone(10))
	require.ErrorIs(t, err, context.Canceled)
	c.Close()
	c.Close()
}

// TestRoot is what servers say of themselves.
func TestRoot(t *testing.T) {
	t.Parallel()
	s := world(t)
	o := asReader(s)
	root, err := dial(t, s.URL(), o).Root(t.Context())
	require.NoError(t, err)
	assert.Equal(t, wire.Root{Vendor: "OpenLDAP", NamingContexts: []string{top}, Paging: true}, root)
	o.TLS.CAFile = s.CAFile()
	root, err = dial(t, s.SecureURL(), o).Root(t.Context())
	require.NoError(t, err)
	assert.True(t, root.Secure)
	o.StartTLS = true
	root, err = dial(t, s.URL(), o).Root(t.Context())
	require.NoError(t, err)
	assert.True(t, root.Secure)

	d := controller.Get(t, samba.Start)
	c := dial(t, d.URL(), inDomain(d))
	root, err = c.Root(t.Context())
	require.NoError(t, err)
	assert.Regexp(t, `^Samba Team \(https://www\.samba\.org\) 4\.`, root.Vendor)
	assert.Equal(t, wire.Root{
		Vendor: root.Vendor, DNSHostName: samba.Name, ActiveDirectory: true, Paging: true,
		NamingContexts: []string{"CN=Configuration," + samba.Base, "CN=Schema,CN=Configuration," + samba.Base, samba.Base},
	}, root)
	assert.Equal(t, 1, c.Requests)
}

// TestEntry reads one entry, or none, or says that it cannot be told.
func TestEntry(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	for _, none := range []struct{ dn, filter string }{
		{"cn=nobody," + top, ""},
		{"cn=nobody,dc=elsewhere", ""},
		{"this is no name", ""},
		{person(0), "(cn=another)"},
	} {
		e, err := c.Entry(t.Context(), none.dn, none.filter, []string{"cn"})
		require.NoError(t, err, none.dn)
		assert.Nil(t, e, none.dn)
	}
	e, err := c.Entry(t.Context(), person(0), "(cn=U)", []string{"CN"})
	require.NoError(t, err)
	require.NotNil(t, e)
	assert.Equal(t, person(0), e.DN)
	assert.Equal(t, []string{"u"}, wire.Values(e, "Cn"))
	assert.Equal(t, [][]byte{[]byte("u")}, wire.Raw(e, "CN"))
	assert.Equal(t, "u", wire.First(e, "CN"))
	assert.Empty(t, wire.Values(e, "sn"))
	assert.Empty(t, wire.Raw(e, "sn"))
	assert.Empty(t, wire.First(e, "sn"))
	assert.Equal(t, 5, c.Requests)

	p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 3, Entries: true})
	e, err = c.Entry(t.Context(), person(0), "", nil)
	assert.Nil(t, e)
	assert.Equal(t, fmt.Sprintf("SERVER: search %s for (objectClass=*): result 3 (time limit exceeded): the proxy was told to say so", person(0)), text(err, c.Server()))

	_, err = c.Entry(t.Context(), person(0), "(cn=", nil)
	wrong, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.False(t, wrong.Elsewhere(), "no server knows a filter that is none")
	_, err = c.Entry(t.Context(), "", "", []string{"1.1"})
	assert.ErrorContains(t, err, "search the root for (objectClass=*)")
}
