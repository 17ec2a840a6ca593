package ldapproxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
)

// TestFaults breaks a read of 25 people in pages of 10.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := world(t)
	for name, c := range map[string]struct {
		fault ldapproxy.Fault
		want  string
		met   int
	}{
		"drop at once":         {ldapproxy.Fault{Kind: ldapproxy.Drop}, "0 lost", 1},
		"drop in page 2":       {ldapproxy.Fault{Kind: ldapproxy.Drop, Page: 2, After: 4}, "10 more, 4 lost", 1},
		"drop before the end":  {ldapproxy.Fault{Kind: ldapproxy.Drop, Page: 3, After: 5}, "10 more, 10 more, 5 lost", 1},
		"drop behind the end":  {ldapproxy.Fault{Kind: ldapproxy.Drop, Page: 3, After: 6}, "10 more, 10 more, 5 whole", 0},
		"cut":                  {ldapproxy.Fault{Kind: ldapproxy.Cut, Page: 2, After: 3}, "10 more, 3 lost", 1},
		"stall":                {ldapproxy.Fault{Kind: ldapproxy.Stall, Page: 2, After: 3}, "10 more, 3 timed out", 1},
		"trickle":              {ldapproxy.Fault{Kind: ldapproxy.Trickle, Page: 1, Delay: time.Millisecond}, "10 more, 10 more, 5 whole", 11},
		"busy":                 {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 1, Code: 51}, "0 Busy", 1},
		"unavailable midway":   {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 52}, "10 more, 0 Unavailable", 1},
		"time limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 3, Entries: true}, "10 more, 10 Time Limit Exceeded", 1},
		"size limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 3, Code: 4, Entries: true}, "10 more, 10 more, 5 Size Limit Exceeded", 1},
		"administrative limit": {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 1, Code: 11}, "0 Admin Limit Exceeded", 1},
		"unwilling":            {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 1, Code: 53}, "0 Unwilling To Perform", 1},
		"success too early":    {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Entries: true}, "10 more, 10 no control", 1},
		"refer":                {ldapproxy.Fault{Kind: ldapproxy.Refer, Page: 2, URL: "ldap://other.test/"}, "10 more, 0 Referral", 1},
		"reference":            {ldapproxy.Fault{Kind: ldapproxy.Reference, Page: 3, URL: "ldap://other.test/"}, "10 more, 10 more, 5 whole ldap://other.test/", 1},
		"lose paging":          {ldapproxy.Fault{Kind: ldapproxy.LosePaging}, "10 no control", 1},
		"lose paging later":    {ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 2}, "10 more, 10 no control", 1},
		"spoil the cookie":     {ldapproxy.Fault{Kind: ldapproxy.SpoilCookie, Page: 1}, "10 more, 0 Protocol Error", 1},
		"no cookie to spoil":   {ldapproxy.Fault{Kind: ldapproxy.SpoilCookie, Page: 3}, "10 more, 10 more, 5 whole", 0},
		"another search": {ldapproxy.Fault{Kind: ldapproxy.Drop, When: func(s ldapproxy.Search) bool { return s.Base == big }},
			"10 more, 10 more, 5 whole", 0},
		"no ranges": {ldapproxy.Fault{Kind: ldapproxy.EchoOnly}, "10 more, 10 more, 5 whole", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
			conn := reader(t, p, s)
			broken := p.Break(c.fault)
			if c.fault.Kind == ldapproxy.Stall {
				conn.SetTimeout(300 * time.Millisecond)
			}
			answers, _ := read(conn, 10) // they say how it ended
			assert.Equal(t, c.want, strings.Join(answers, ", "))
			assert.Equal(t, c.met, broken.Met())
			if c.fault.Kind == ldapproxy.Stall {
				assert.False(t, conn.IsClosing(), "the connection is closed")
			}
		})
	}
}

// TestTimes breaks one read, and neither the next nor another that was mended.
func TestTimes(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	broken := p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 52, Times: 1})
	c := reader(t, p, s)
	_, err := read(c, 10)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable), "%v", err)
	_, err = read(c, 10)
	require.NoError(t, err)
	assert.Equal(t, 1, broken.Met())

	p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 52})
	p.Mend()
	_, err = read(c, 10)
	require.NoError(t, err)
}

// TestRangeFaults breaks the ranges of an attribute.
func TestRangeFaults(t *testing.T) {
	t.Parallel()
	s := world(t)
	for _, c := range []struct {
		kind ldapproxy.Kind
		ask  string
		want string
		met  int
	}{
		{ldapproxy.EchoOnly, "member", "member: 0", 1},
		{ldapproxy.EchoOnly, "member;range=1500-*", "member;range=1500-*: 0", 1},
		{ldapproxy.Jump, "member;range=1500-*", "member;range=1500-*: 0; member;range=1501-2999: 1499 uid=u1501 uid=u2999", 1},
		{ldapproxy.Short, "member;range=1500-2999", "member;range=1500-2999: 1499 uid=u1500 uid=u2998", 1},
		{ldapproxy.Short, "member;range=3000-*", "member;range=3000-*: 500 uid=u3000 uid=u3499", 0}, // nobody could see it
	} {
		p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxValRange: 1500})
		conn := reader(t, p, s)
		broken := p.Break(ldapproxy.Fault{Kind: c.kind})
		assert.Equal(t, c.want, attributes(t, conn, c.ask), "%d %s", c.kind, c.ask)
		assert.Equal(t, c.met, broken.Met(), "%d %s", c.kind, c.ask)
	}
}

// TestBindFaults breaks what comes before a search.
func TestBindFaults(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	try := func(f ldapproxy.Fault) error {
		broken := p.Break(f)
		defer p.Mend()
		conn := dial(t, p.URL(), nil)
		conn.SetTimeout(300 * time.Millisecond)
		act := func() error { return conn.Bind(s.ReaderDN, s.ReaderPassword) }
		if f.On == ldapproxy.OnStartTLS {
			act = func() error { return conn.StartTLS(trusting(t, p)) }
		}
		err := act()
		assert.Equal(t, 1, broken.Met())
		return err
	}
	for _, on := range []ldapproxy.Operation{ldapproxy.OnBind, ldapproxy.OnStartTLS} {
		assert.ErrorContains(t, try(ldapproxy.Fault{Kind: ldapproxy.Result, On: on, Code: 51}), "Busy")
		assert.ErrorContains(t, try(ldapproxy.Fault{Kind: ldapproxy.Drop, On: on}), "EOF")
		assert.ErrorContains(t, try(ldapproxy.Fault{Kind: ldapproxy.Stall, On: on}), "timed out")
	}
	assert.ErrorContains(t, try(ldapproxy.Fault{Kind: ldapproxy.Drop, On: ldapproxy.OnStartTLS, After: 1}), "TLS handshake failed")
}
