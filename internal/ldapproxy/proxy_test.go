package ldapproxy_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
)

// TestSeen notes who has come, how, and what was asked.
func TestSeen(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	assert.Equal(t, ldapproxy.Seen{}, p.Seen())

	plain := dial(t, p.URL(), nil)
	require.NoError(t, plain.UnauthenticatedBind(""))
	upgraded := dial(t, p.URL(), nil)
	require.NoError(t, upgraded.StartTLS(trusting(t, p)))
	require.NoError(t, upgraded.Bind(s.ReaderDN, s.ReaderPassword))
	secure := dial(t, p.SecureURL(), trusting(t, p))
	require.Error(t, secure.ExternalBind(), "the server sees no certificate")
	err := secure.Bind(s.ReaderDN, "wrong")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials), "%v", err)

	group(t, upgraded, "cn")
	_, err = read(upgraded, 20)
	require.NoError(t, err)
	seen := p.Seen()
	assert.Greater(t, seen.Bytes, 25*50)
	seen.Bytes = 0
	page := ldapproxy.Search{Base: crowd, Scope: ldap.ScopeSingleLevel, Filter: "(objectClass=*)", Attributes: []string{"cn"}, Paged: true}
	first, second := page, page
	first.Page, second.Page = 1, 2
	assert.Equal(t, ldapproxy.Seen{
		Connections: 3,
		Binds: []ldapproxy.Bind{
			{},
			{DN: s.ReaderDN, Password: true, TLS: true},
			{Mechanism: "EXTERNAL", TLS: true},
			{DN: s.ReaderDN, Password: true, TLS: true},
		},
		Searches: []ldapproxy.Search{
			{Base: big, Scope: ldap.ScopeBaseObject, Filter: "(objectClass=*)", Attributes: []string{"cn"}, Page: 1},
			first, second,
		},
	}, seen)
	p.Forget()
	assert.Equal(t, ldapproxy.Seen{}, p.Seen())
}

// TestGone ends the client's connection with the server's.
func TestGone(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	c := reader(t, p, s)
	s.Kill()
	answers, err := read(c, 10)
	require.Error(t, err)
	assert.Equal(t, []string{"0 lost"}, answers)
	require.Error(t, dial(t, p.URL(), nil).Bind(s.ReaderDN, s.ReaderPassword))
}
