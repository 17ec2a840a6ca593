package ldap_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// refers is an entry that says that what has its name is on another server.
func refers(dn, url string) string {
	return entry(dn, "objectClass: referral", "objectClass: extensibleObject", "ref: "+url)
}

// pair is a server that refers to another one, and what stands before that one.
func pair(t *testing.T) (near tree, far *ldapproxy.Proxy) {
	t.Helper()
	ours := authority.New(t)
	other := grow(t, slapd.Options{Authority: ours},
		person("far"), ou("ou=x,ou=groups,BASE"), groupAt("cn=fg,ou=x,ou=groups,BASE", "uid=near,ou=people,BASE", "far"),
		groupAt("cn=deep,ou=x,ou=groups,BASE", "far"), ou("ou=more,BASE"), groupAt("cn=mg,ou=more,BASE", "far"),
		entry("cn=below,cn=fg,ou=x,ou=groups,BASE", "objectClass: groupOfMembers"),
	)
	far = other.stand(t, ldapproxy.Options{})
	at := func(dn string) string { return far.SecureURL() + "/" + strings.ReplaceAll(dn, "BASE", other.base) }
	near = grow(t, slapd.Options{Authority: ours},
		person("near"), group("ng", "near"), group("nested", "near", "cn=mg,ou=more,BASE"), group("lists", "uid=far,ou=far,ou=people,BASE"),
		refers("ou=x,ou=groups,BASE", at("ou=x,ou=groups,BASE")), refers("cn=fg,ou=groups,BASE", at("cn=fg,ou=x,ou=groups,BASE")),
		refers("ou=far,ou=people,BASE", at("ou=people,BASE")), refers("ou=more,BASE", at("ou=more,BASE")),
	)
	return near, far
}

// A place on a server that the configuration does not name is not read, and its
// people and groups are not taken for gone.
func TestSlapd_referralsLeft(t *testing.T) {
	t.Parallel()
	w, far := pair(t)
	c := w.config(ldap.RFC2307bis)
	for _, hosts := range [][]string{nil, {"elsewhere.test", "127.0.0.1:1", "127.0.0.10"}} {
		c.ReferralHosts = hosts
		r := w.roster(t, c)
		more := "it is on another server, which ldap.referral_hosts does not name: " + far.SecureURL() + "/cn=mg,ou=more??base"
		assert.Equal(t, []string{
			"lists: | partial: member uid=far,ou=far: it is on another server, which ldap.referral_hosts does not name: " + far.SecureURL() + "/uid=far??base",
			"nested: near | partial: member cn=mg,ou=more: " + more, "ng: near",
		}, w.said(r))
		assert.False(t, r.Evidence()[0].GroupsComplete)
		assert.Equal(t, []string{
			"people at " + far.SecureURL() + "/ou=people??sub were not read, as referral_hosts does not name it",
			"the list of groups is not whole: groups at " + far.SecureURL() + "/cn=fg,ou=x??sub were not read, as the server refers to another one for them",
			"the list of groups is not whole: groups at " + far.SecureURL() + "/ou=x??sub were not read, as the server refers to another one for them",
		}, w.notes(r, "people at", "the list"))

		for base, change := range map[string]func(*ldap.Config){
			"ou=x":   func(c *ldap.Config) { c.Groups.BaseDN = "ou=x,ou=groups," + w.base },
			"ou=far": func(c *ldap.Config) { c.Users.BaseDN = "ou=far,ou=people," + w.base },
		} {
			under := c
			change(&under)
			err := w.fails(t, under)
			assert.ErrorContains(t, err, "URL: search "+base+" for ")
			assert.ErrorContains(t, err, "result 10 (referral)")
		}
	}
	assert.Zero(t, far.Seen().Connections, "nobody is sent a password whom the configuration does not name")
}

// Where groups list accounts, nobody can tell whose are of the people who were not read.
func TestSlapd_referralsOfAccounts(t *testing.T) {
	t.Parallel()
	const place = "ldaps://elsewhere.test/ou=far??sub"
	w := grow(t, slapd.Options{}, person("ada"), person("bob"), posix("a", 1, "ada", "far"), posix("b", 2, "ada"),
		refers("ou=far,ou=people,BASE", "ldaps://elsewhere.test/ou=far,BASE"))
	c := w.config(ldap.RFC2307, func(c *ldap.Config) { c.PageSize = 1 })
	c.URLs = []string{w.SecureURL()}
	want := []string{"a: ada | partial: member far: nobody who was read has this account, and people at " + place + " were not read", "b: ada"}
	w.reads(t, c, want, "people at "+place+" were not read, as referral_hosts does not name it")
	looked := w.looksUp(t, c, 1, 9)
	assert.Equal(t, want, w.said(looked))
	assert.Contains(t, w.notes(looked), "people at "+place+" were not read, as referral_hosts does not name it")

	c.Primary = true
	const primary = "people at " + place + " were not read, and it may be the primary group of some"
	assert.Equal(t, []string{want[0] + " | partial: " + primary, "b: ada | partial: " + primary}, w.said(w.roster(t, c)))
}

// A place on a server that the configuration names is read there.
func TestSlapd_referralsFollowed(t *testing.T) {
	t.Parallel()
	w, far := pair(t)
	c := w.config(ldap.RFC2307bis)
	host := strings.TrimPrefix(far.SecureURL(), "ldaps://")
	all := []string{"deep: far", "fg: far near", "lists: far", "nested: far near", "ng: near"}
	for _, hosts := range [][]string{{"127.0.0.1"}, {"elsewhere.test", host}} {
		far.Forget()
		c.ReferralHosts = hosts
		r := w.roster(t, c)
		assert.Equal(t, append([]string{"below:"}, all...), w.said(r))
		assert.True(t, r.Evidence()[0].GroupsComplete)
		assert.Empty(t, w.notes(r, "people at", "the list"))
		assert.Equal(t, w.SecureURL(), r.Evidence()[0].Origin)
		for _, b := range far.Seen().Binds {
			assert.Equal(t, ldapproxy.Bind{DN: w.ReaderDN, Password: true, TLS: true}, b)
		}
	}
	one := c
	one.Groups.Scope = wire.One // the entry that a reference names, and nothing below it
	assert.Equal(t, []string{"fg: far near", "lists: far", "nested: far near", "ng: near"}, w.said(w.roster(t, one)))

	under := c
	under.Groups.BaseDN = "ou=x,ou=groups," + w.base
	assert.Equal(t, []string{"below:", "deep: far", "fg: far near"}, w.said(w.roster(t, under)))

	renamed := c // the place has another name there
	renamed.Users.BaseDN, renamed.Groups.Filter = "ou=far,ou=people,"+w.base, "(cn=lists)"
	assert.Equal(t, []string{"lists: far"}, w.said(w.roster(t, renamed)))

	far.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 52, When: below("ou=x")})
	err := w.fails(t, c)
	assert.ErrorContains(t, err, far.SecureURL()+": search ou=x for ")
	assert.ErrorContains(t, err, "result 52 (unavailable)")
	far.Mend()
	far.Break(ldapproxy.Fault{Kind: ldapproxy.Result, On: ldapproxy.OnBind, Code: 49})
	assert.ErrorContains(t, w.fails(t, c), "follow the referral to "+far.SecureURL())
}

// Servers that refer to each other are asked once.
func TestSlapd_referralsInCircle(t *testing.T) {
	t.Parallel()
	ours := authority.New(t)
	first := grow(t, slapd.Options{Authority: ours}, person("ada"), group("a", "ada"))
	second := grow(t, slapd.Options{Authority: ours}, person("ada"), groupAt("cn=b,ou=groups,BASE", "ada"), refers("ou=back,ou=groups,BASE", first.SecureURL()+"/ou=groups,ou=t,dc=example,dc=org"))
	first.change(t, refers("ou=there,ou=groups,BASE", second.SecureURL()+"/ou=groups,ou=t,dc=example,dc=org"))
	c := first.config(ldap.RFC2307bis)
	c.ReferralHosts = []string{"127.0.0.1"}
	assert.Equal(t, []string{"a: ada", "b: ada"}, first.said(first.roster(t, c)))
}

// A host that is not named hears nothing at all.
func TestSlapd_referralsToNobody(t *testing.T) {
	t.Parallel()
	stranger, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, stranger.Close()) }()
	url := "ldap://" + stranger.Addr().String()
	w := plant(t, person("ada"), group("a", "ada", "uid=bob,ou=far,BASE"), refers("ou=far,BASE", url+"/ou=far"), refers("ou=x,ou=groups,BASE", url), refers("ou=x,ou=people,BASE", url))
	c := w.config(ldap.RFC2307bis)
	c.ReferralHosts = []string{"localhost", "127.0.0.1:636"}
	assert.Equal(t, []string{"a: ada | partial: member uid=bob,ou=far: it is on another server, which ldap.referral_hosts does not name: " + url + "/uid=bob,ou=far??base"}, w.said(w.roster(t, c)))

	own, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", stranger.Addr().String())
	require.NoError(t, err)
	defer func() { assert.NoError(t, own.Close()) }()
	came, err := stranger.Accept()
	require.NoError(t, err)
	assert.Equal(t, own.LocalAddr().String(), came.RemoteAddr().String(), "somebody was here before")
	assert.NoError(t, came.Close())
}
