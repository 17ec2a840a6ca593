package wire_test

import (
	"errors"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestReferred is what a server says that has something elsewhere: among what it has,
// in the place of it, and instead of an answer.
func TestReferred(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	const there = "ldap://other.test/ou=there,o=Other"

	var references []string
	whole := wire.Search{Base: top, Scope: wire.Sub, Filter: "(objectClass=inetOrgPerson)", PageSize: 10}
	people := 0
	err := c.Pages(t.Context(), whole, func(p wire.Page) error {
		people += len(p.Entries)
		references = append(references, p.References...)
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, persons, people)
	assert.Equal(t, []string{there + "??sub"}, references)

	for _, name := range []string{away, "cn=below," + away} {
		_, err = c.Entry(t.Context(), name, "", nil)
		urls, ok := wire.Referred(err)
		assert.True(t, ok, "%v", err)
		require.Len(t, urls, 1)
		assert.Contains(t, urls[0], there[:len("ldap://other.test/")])
		e, ok := errors.AsType[*wire.Error](err)
		require.True(t, ok)
		assert.Equal(t, uint16(10), e.Code)
		assert.False(t, e.Elsewhere())
		assert.Equal(t, "the entries are on another server: name it in urls, or in referral_hosts", e.Hint())
	}
	away := whole
	away.Base = "ou=away," + top
	sizes, err := read(t.Context(), c, away)
	urls, ok := wire.Referred(err)
	assert.True(t, ok)
	assert.Equal(t, []string{there + "??sub"}, urls)
	assert.Empty(t, sizes)

	broken := p.Break(ldapproxy.Fault{Kind: ldapproxy.Refer, URL: "ldaps://a.test/dc=x"})
	_, err = read(t.Context(), c, everyone(10))
	urls, ok = wire.Referred(err)
	assert.True(t, ok)
	assert.Equal(t, []string{"ldaps://a.test/dc=x"}, urls)
	assert.Equal(t, "SERVER: "+everyoneText+": result 10 (referral)", text(err, c.Server()))
	assert.Equal(t, 1, broken.Met())
	p.Mend()

	p.Break(ldapproxy.Fault{Kind: ldapproxy.Reference, URL: "ldaps://b.test/dc=y"})
	_, err = c.Entry(t.Context(), "cn=nobody,"+person(0), "", nil)
	require.NoError(t, err, "a result goes before what came with it")
	_, err = c.Entry(t.Context(), person(0), "(cn=another)", nil)
	assert.Equal(t, "SERVER: read "+person(0)+": it is on another server: ldaps://b.test/dc=y", text(err, c.Server()))
	urls, ok = wire.Referred(err)
	assert.True(t, ok)
	assert.Equal(t, []string{"ldaps://b.test/dc=y"}, urls)
	e, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.False(t, e.Elsewhere())
}

// TestReferred_not is about other errors, and referrals that lead nowhere.
func TestReferred_not(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"none":         nil,
		"another":      errors.New("another"),
		"no such name": wire.Failed("search", ldap.NewError(32, errors.New(""))),
	} {
		_, ok := wire.Referred(err)
		assert.False(t, ok, name)
		assert.False(t, wire.Is(err, 0, 10), name)
	}
	for name, answer := range map[string]*ldap.Error{
		"no packet": {ResultCode: 10, Err: errors.New("")},
		"no urls":   {ResultCode: 10, Err: errors.New(""), Packet: outcome(5, 10)},
		"no parts":  {ResultCode: 10, Err: errors.New(""), Packet: octets("")},
	} {
		urls, ok := wire.Referred(wire.Failed("search", answer))
		assert.True(t, ok, name)
		assert.Empty(t, urls, name)
	}
}
