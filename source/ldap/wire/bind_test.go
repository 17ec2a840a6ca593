package wire_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/loopback"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// refused dials, and returns the error that comes of it.
func refused(t *testing.T, url string, o wire.Options) *wire.Error {
	t.Helper()
	c, err := wire.Dial(t.Context(), url, o)
	require.Nil(t, c)
	e, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok, "%v", err)
	return e
}

const credentials = "look at bind.dn and bind.password; the password was tried once, as accounts are locked for more"

// TestWrongPassword is tried once, and nowhere else.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	o := asReader(s)
	o.Bind.Password = said("wrong")
	e := refused(t, p.URL(), o)
	assert.Equal(t, "SERVER: bind as cn=reader,dc=example,dc=org: result 49 (invalid credentials)", text(e, p.URL()))
	assert.Equal(t, uint16(49), e.Code)
	assert.Equal(t, credentials, e.Hint())
	assert.False(t, e.Elsewhere())
	assert.Equal(t, []ldapproxy.Bind{{DN: s.ReaderDN, Password: true}}, p.Seen().Binds)
	assert.Equal(t, 1, p.Seen().Connections)
}

// TestNoPassword is a fault of whoever has it: nobody is asked to let nobody in.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	gone := errors.New("the file is gone")
	for _, c := range []struct {
		bind wire.Bind
		want string
	}{
		{wire.Bind{DN: s.ReaderDN, Password: said("")}, "bind as " + s.ReaderDN + ": the password: it is empty, and the server would let in nobody in particular"},
		{wire.Bind{DN: s.ReaderDN, Password: func() (string, error) { return "", gone }}, "bind as " + s.ReaderDN + ": the password: the file is gone"},
		{wire.Bind{Password: said("x")}, "bind: there is no DN to bind as"},
	} {
		o := anybody()
		o.Bind = c.bind
		e := refused(t, p.URL(), o)
		assert.Equal(t, "SERVER: "+c.want, text(e, p.URL()))
		assert.False(t, e.Elsewhere())
		_, ok := errors.AsType[*wire.PasswordError](e)
		assert.Equal(t, c.bind.DN != "", ok)
	}
	o := anybody()
	o.Bind = wire.Bind{DN: s.ReaderDN, Password: func() (string, error) { return "half", gone }}
	require.ErrorIs(t, refused(t, p.URL(), o), gone)
	assert.Empty(t, p.Seen().Binds)
}

// TestAnonymous reads what nobody has to log in for, and is told where one has.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	c := dial(t, p.URL(), anybody())
	assert.Equal(t, []ldapproxy.Bind{{}}, p.Seen().Binds)
	e, err := c.Entry(t.Context(), "ou=open,"+top, "", []string{"ou"})
	require.NoError(t, err)
	require.NotNil(t, e)
	assert.Equal(t, "open", wire.First(e, "ou"))
	_, err = read(t.Context(), c, everyone(10))
	denied, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.Equal(t, "SERVER: "+everyoneText+": result 50 (insufficient access rights)", text(denied, p.URL()))
	assert.Equal(t, "let the account that asks read there", denied.Hint())

	d := controller.Get(t, samba.Start)
	c = dial(t, d.URL(), anybody())
	domain := wire.Search{Base: samba.Base, Scope: wire.Sub, Filter: "(cn=*)", PageSize: 10}
	sizes, err := read(t.Context(), c, domain)
	unbound, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.Equal(t, "SERVER: search DC=example,DC=test for (cn=*): result 1 (operations error): 00002020: Operation unavailable without authentication", text(unbound, c.Server()))
	assert.Equal(t, "servers say so to whoever has not logged in: look at bind.method", unbound.Hint())
	assert.Empty(t, sizes)
}

// TestRequireTLS is a server that wants no password in the clear.
func TestRequireTLS(t *testing.T) {
	t.Parallel()
	s := slapd.Start(t, slapd.Options{RequireTLS: true})
	e := refused(t, s.URL(), asReader(s))
	assert.Equal(t, "SERVER: bind as cn=reader,dc=example,dc=org: result 13 (confidentiality required): confidentiality required", text(e, s.URL()))
	assert.Equal(t, "the server wants a secure connection: write ldaps://, or set start_tls", e.Hint())
	o := asReader(s)
	o.StartTLS, o.TLS.CAFile = true, s.CAFile()
	dial(t, s.URL(), o)
}

// TestActiveDirectory says what is the matter with an account, as far as the server
// lets on.
func TestActiveDirectory(t *testing.T) {
	t.Parallel()
	d, unit := domain(t)
	wrong := inDomain(d)
	wrong.Bind.Password = said("wrong")
	e := refused(t, d.URL(), wrong)
	assert.Equal(t, "SERVER: bind as "+d.ReaderDN+": result 49 (invalid credentials): 80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1", text(e, d.URL()))
	assert.Equal(t, "the password is wrong: look at bind.password; it was tried once, as accounts are locked for more", e.Hint())

	admin := d.Admin(t)
	off := ldap.NewAddRequest("CN=Off,"+unit, nil)
	off.Attribute("objectClass", []string{"user"})
	off.Attribute("sAMAccountName", []string{"off-" + unit[len("OU=test-"):len("OU=test-")+8]})
	off.Attribute("unicodePwd", []string{"\"\x00A\x00b\x00c\x00-\x001\x002\x003\x004\x005\x00\"\x00"})
	off.Attribute("userAccountControl", []string{"514"})
	require.NoError(t, admin.Add(off))
	disabled := inDomain(d)
	disabled.Bind = wire.Bind{DN: "CN=Off," + unit, Password: said("Abc-12345")}
	e = refused(t, d.URL(), disabled)
	assert.Equal(t, uint16(49), e.Code)
	assert.Equal(t, "the account is disabled", e.Hint())
	disabled.Bind.DN = "CN=Nobody," + unit
	e = refused(t, d.URL(), disabled)
	assert.Equal(t, uint16(49), e.Code)
	assert.Contains(t, e.Hint(), "look at bind.")
}

// TestHint is what Active Directory's words for a refused account mean, and what the
// results of any server do.
func TestHint(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"525": "there is no such account: look at bind.dn",
		"52e": "the password is wrong: look at bind.password; it was tried once, as accounts are locked for more",
		"52E": "the password is wrong: look at bind.password; it was tried once, as accounts are locked for more",
		"530": "the account may not log in at this time, or from here",
		"531": "the account may not log in at this time, or from here",
		"532": "the account's password has expired: give it a new one",
		"533": "the account is disabled",
		"701": "the account has expired",
		"773": "the account's password has expired: give it a new one",
		"775": "the account is locked: unlock it, and see that nothing else logs in with an old password",
		"57":  credentials,
	} {
		said := fmt.Sprintf("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data %s, v2580\x00", word)
		e := wire.Failed("bind as cn=x", ldap.NewError(49, errors.New(said)))
		assert.Equal(t, want, e.Hint(), word)
		assert.Equal(t, fmt.Sprintf("ldap://x: bind as cn=x: result 49 (invalid credentials): 80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data %s, v2580", word), e.Error())
	}
	limit := "raise the server's limit for the account that asks (OpenLDAP: limits; 389: nsSizeLimit, nsLookThroughLimit; Active Directory: MaxPageSize is met by page_size), or choose fewer entries by filter"
	for code, want := range map[uint16]string{
		1:  "servers say so to whoever has not logged in: look at bind.method",
		3:  limit,
		4:  limit,
		8:  "the server wants a secure connection: write ldaps://, or set start_tls",
		10: "the entries are on another server: name it in urls, or in referral_hosts",
		11: limit,
		13: "the server wants a secure connection: write ldaps://, or set start_tls",
		32: "look whether the base_dn is right, and whether the account may see it",
		49: credentials,
		50: "let the account that asks read there",
		51: "", 52: "", 53: "",
	} {
		assert.Equal(t, want, wire.Failed("search", ldap.NewError(code, errors.New(""))).Hint(), code)
	}
}

// TestElsewhere is whether it is worth asking another server.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for code := range uint16(100) {
		if code == 0 {
			continue
		}
		want := code == 51 || code == 52
		assert.Equal(t, want, wire.Failed("search", ldap.NewError(code, errors.New(""))).Elsewhere(), code)
	}
	for err, want := range map[error]bool{
		ldap.NewError(ldap.ErrorNetwork, errors.New("gone")):            true,
		ldap.NewError(ldap.ErrorUnexpectedResponse, errors.New("what")): true,
		ldap.NewError(ldap.ErrorFilterCompile, errors.New("no filter")): false,
		errors.New("unable to read"):                                    true,
		&wire.RangeError{Err: errors.New("half")}:                       true,
	} {
		e := wire.Failed("search", err)
		assert.Equal(t, want, e.Elsewhere(), err)
		assert.Zero(t, e.Code)
	}
	assert.Equal(t, "ldap://x: search: gone", wire.Failed("search", ldap.NewError(ldap.ErrorNetwork, errors.New("gone"))).Error())

	port, err := loopback.Free(t.Context())
	require.NoError(t, err)
	nobody := "ldap://" + loopback.Address(port)
	e := refused(t, nobody, anybody())
	assert.True(t, e.Elsewhere(), "nobody is there")
	assert.Equal(t, "SERVER: connect: connection refused", text(e, nobody))
	assert.Equal(t, "look whether urls names the server, whether it runs, and whether this machine may reach it", e.Hint())
	require.ErrorIs(t, e, syscall.ECONNREFUSED)
	e = refused(t, "ldap://127.0.0.1:99999", anybody())
	assert.Equal(t, "ldap://127.0.0.1:99999: connect: address 99999: invalid port", e.Error())
	assert.NotEmpty(t, e.Hint())
}

// TestAddress is refused where it is none, and no server is to blame.
func TestAddress(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"dc1.example.com":                    `"dc1.example.com" is no address of a directory, such as ldaps://dc1.example.com`,
		"https://dc1.example.com":            `"https://dc1.example.com" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldapi:///run/slapd":                 `"ldapi:///run/slapd" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldap://":                            `"ldap://" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldap://:389":                        `"ldap://:389" is no address of a directory, such as ldaps://dc1.example.com`,
		"ldap://dc1.example.com:port":        `"ldap://dc1.example.com:port" is no address of a directory`,
		"ldap://cn=x:secret@dc1.example.com": `"ldap://cn=x:xxxxx@dc1.example.com" has a name or a password in it: who asks is said by bind`,
		"":                                   `"" is no address of a directory, such as ldaps://dc1.example.com`,
	} {
		e := refused(t, url, anybody())
		assert.Equal(t, "connect: "+want, e.Error())
		assert.False(t, e.Elsewhere())
		assert.Empty(t, e.Hint())
	}
	for url, want := range map[string]string{
		"ldap://DC1.example.com":                    "ldap://DC1.example.com DC1.example.com:389 false",
		"LDAPS://dc1.example.com/dc=example?cn?sub": "ldaps://dc1.example.com dc1.example.com:636 true",
		"ldaps://[::1]":                             "ldaps://[::1] [::1]:636 true",
		"ldap://[fe80::1]:3389":                     "ldap://[fe80::1]:3389 [fe80::1]:3389 false",
		"ldaps://10.0.0.1:389":                      "ldaps://10.0.0.1:389 10.0.0.1:389 true",
	} {
		assert.Equal(t, want, wire.Address(url), url)
	}
}
