package ldap_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// crowd is so many people, and groups with some of them.
func crowd(people, groups int) []string {
	var ldif, names []string
	for i := range people {
		names = append(names, fmt.Sprintf("u%02d", i))
		ldif = append(ldif, person(names[i]))
	}
	for i := range groups {
		ldif = append(ldif, required(fmt.Sprintf("g%02d", i), names[i%people], names[(i+1)%people]))
	}
	return append(ldif, required("all", names...))
}

// Whatever limit a server has for the account, the roster is whole or there is none.
func TestSlapd_sizeLimits(t *testing.T) {
	t.Parallel()
	const size, refused, pages = "result 4 (size limit exceeded)", "result 11 (admin limit exceeded)", "illegal pagedResults page size"
	for _, c := range []struct{ limits, small, large string }{
		{"size=10", size, size},
		{"size.soft=10 size.hard=unlimited", "", ""},
		{"size.soft=10 size.hard=20", size, size},
		{"size.soft=10 size.hard=unlimited size.prtotal=20", size, size},
		{"size.soft=10 size.hard=unlimited size.prtotal=disabled", refused, refused},
		{"size=unlimited size.pr=10", "", pages},
		{"size=unlimited", "", ""},
	} {
		t.Run(c.limits, func(t *testing.T) {
			t.Parallel()
			w := grow(t, slapd.Options{Limits: c.limits}, crowd(25, 3)...)
			for size, want := range map[int]string{4: c.small, 100: c.large} {
				config := w.config(ldap.RFC2307bis)
				config.PageSize = size
				if want != "" {
					err := w.fails(t, config)
					require.ErrorContains(t, err, "URL: search ou=")
					require.ErrorContains(t, err, want)
					continue
				}
				assert.Len(t, w.roster(t, config).Groups()[0].Members, 25)
			}
		})
	}
}

// stand puts a proxy before the server, with a certificate that the tree's readers
// believe.
func (w tree) stand(t *testing.T, o ldapproxy.Options) *ldapproxy.Proxy {
	t.Helper()
	o.Authority = w.Authority
	return ldapproxy.Start(t, w.Address(), o)
}

// below says yes to searches for whom there are pages in a place.
func below(place string) func(ldapproxy.Search) bool {
	return func(s ldapproxy.Search) bool { return s.Paged && strings.HasPrefix(s.Base, place+",") }
}

// lost is what is said of a connection that has ended, depending on who notices first.
const lost = "connection closed|EOF|reset by peer|broken pipe|use of closed"

// Whatever a server does in the middle, half of what it has is not taken for all of
// it. The next server is read from the start.
func TestSlapd_trouble(t *testing.T) {
	t.Parallel()
	w := plant(t, crowd(11, 9)...)
	want := w.said(w.roster(t, w.config(ldap.RFC2307bis)))
	require.Len(t, want, 10)
	for name, c := range map[string]struct {
		fault ldapproxy.Fault
		says  string
		final bool // there is no sense in asking another server
	}{
		"dropped at once":      {ldapproxy.Fault{Kind: ldapproxy.Drop}, lost, false},
		"dropped":              {ldapproxy.Fault{Kind: ldapproxy.Drop, After: 2}, lost, false},
		"cut":                  {ldapproxy.Fault{Kind: ldapproxy.Cut, After: 1}, lost, false},
		"stalled":              {ldapproxy.Fault{Kind: ldapproxy.Stall, After: 1}, "no answer within 2s", false},
		"busy":                 {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 51}, `result 51 \(busy\)`, false},
		"unavailable":          {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 52, Entries: true}, `result 52 \(unavailable\)`, false},
		"time limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 3, Entries: true}, `result 3 \(time`, true},
		"size limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 4, Entries: true}, `result 4 \(size`, true},
		"administrative limit": {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 11, Entries: true}, `result 11 \(admin`, true},
		"no such place":        {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 32}, `result 32 \(no`, true},
		"refused":              {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 50}, `result 50 \(insuff`, true},
		"unwilling":            {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 53, Entries: true}, `result 53 \(unw`, true},
		"control lost":         {ldapproxy.Fault{Kind: ldapproxy.LosePaging}, "the answer has no paging control", false},
		"cookie spoilt":        {ldapproxy.Fault{Kind: ldapproxy.SpoilCookie}, "result ", true},
		"referred":             {ldapproxy.Fault{Kind: ldapproxy.Refer, URL: "ldaps://elsewhere.test/ou=x"}, `result 10 \(referral\)`, true},
	} {
		for _, place := range []string{"ou=people", "ou=groups"} {
			t.Run(name+" "+place, func(t *testing.T) {
				t.Parallel()
				p, second := w.stand(t, ldapproxy.Options{}), w.stand(t, ldapproxy.Options{})
				c.fault.When, c.fault.Page = below(place), 2
				broken := p.Break(c.fault)
				config := w.config(ldap.RFC2307bis)
				config.URLs, config.PageSize = []string{p.SecureURL()}, 3
				if c.fault.Kind == ldapproxy.Stall {
					config.Server.Timeout = 2 * time.Second
				}
				err := w.fails(t, config)
				assert.ErrorContains(t, err, p.SecureURL()+": search "+place)
				assert.Regexp(t, c.says, err)
				assert.Positive(t, broken.Met())

				config.URLs = append(config.URLs, second.SecureURL())
				if c.final {
					assert.Regexp(t, c.says, w.fails(t, config))
					assert.Zero(t, second.Seen().Connections)
					return
				}
				r := w.roster(t, config)
				assert.Equal(t, want, w.said(r))
				assert.Equal(t, second.SecureURL(), r.Evidence()[0].Origin)
				notes := w.notes(r, "another server was asked before: "+p.SecureURL()+": search "+place)
				require.Len(t, notes, 1)
				assert.Regexp(t, c.says, notes[0])
			})
		}
	}
}

// A server that dies between two pages is not read on elsewhere, but another one from
// the start.
func TestSlapd_killed(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"ou=people", "ou=groups"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			first := grow(t, slapd.Options{}, crowd(11, 9)...)
			second := grow(t, slapd.Options{Authority: first.Authority}, append(crowd(11, 9), person("new"), required("new", "new"))...)
			p := first.stand(t, ldapproxy.Options{})
			var once sync.Once
			p.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: func(s ldapproxy.Search) bool {
				if below(place)(s) && s.Page == 2 {
					once.Do(first.Kill)
				}
				return false
			}})
			c := first.config(ldap.RFC2307bis)
			c.URLs, c.PageSize = []string{p.SecureURL(), second.SecureURL()}, 3
			r := second.roster(t, c)
			assert.Equal(t, second.SecureURL(), r.Evidence()[0].Origin)
			assert.Len(t, r.Groups(), 11)
			assert.Len(t, second.notes(r, "another server was asked before: "+p.SecureURL()+": "), 1)
			c.URLs = c.URLs[:1]
			assert.ErrorContains(t, first.fails(t, c), p.SecureURL())
		})
	}
}

// A password is tried once: accounts are locked for more.
func TestSlapd_wrongPassword(t *testing.T) {
	t.Parallel()
	w := plant(t, person("ada"))
	first, second := w.stand(t, ldapproxy.Options{}), w.stand(t, ldapproxy.Options{})
	c := w.config(ldap.RFC2307bis)
	c.URLs = []string{first.SecureURL(), second.SecureURL()}
	c.Server.Bind.Password = func() (string, error) { return "wrong", nil }
	assert.EqualError(t, w.fails(t, c), `read source "ldap": `+first.SecureURL()+`: bind as `+w.ReaderDN+`: result 49 (invalid credentials)`)
	assert.Len(t, first.Seen().Binds, 1)
	assert.Zero(t, second.Seen().Connections)

	// A server that cannot bind now is no reason to give up.
	c = w.config(ldap.RFC2307bis)
	c.URLs = []string{first.SecureURL(), second.SecureURL()}
	first.Break(ldapproxy.Fault{Kind: ldapproxy.Result, On: ldapproxy.OnBind, Code: 52})
	assert.Equal(t, second.SecureURL(), w.roster(t, c).Evidence()[0].Origin)
}

// Without a second connection, and with one to another server, the first does all.
func TestSlapd_secondConnection(t *testing.T) {
	t.Parallel()
	w := plant(t, crowd(11, 9)...)
	p := w.stand(t, ldapproxy.Options{})
	c := w.config(ldap.RFC2307bis)
	c.URLs = []string{p.SecureURL()}
	w.roster(t, c)
	assert.Equal(t, 2, p.Seen().Connections)
	assert.Len(t, p.Seen().Binds, 2)
	for _, b := range p.Seen().Binds {
		assert.Equal(t, ldapproxy.Bind{DN: w.ReaderDN, Password: true, TLS: true}, b)
	}
	for _, s := range p.Seen().Searches {
		assert.True(t, s.Paged || s.Scope == 0, "%v", s)
	}
}

// Lists that come in ranges, as those of Active Directory do, are read to the end.
func TestSlapd_ranges(t *testing.T) {
	t.Parallel()
	w := plant(t, crowd(40, 3)...)
	want := w.said(w.roster(t, w.config(ldap.RFC2307bis)))
	for _, most := range []int{7, 39, 40, 41} {
		c := w.config(ldap.RFC2307bis)
		c.URLs = []string{w.stand(t, ldapproxy.Options{MaxValRange: most, MaxPageSize: 6}).SecureURL()}
		assert.Equal(t, want, w.said(w.roster(t, c)), "%d", most)
	}
	for kind, says := range map[ldapproxy.Kind]string{
		ldapproxy.EchoOnly: "the server stopped before the last of them",
		ldapproxy.Jump:     "the values from 12 on were asked for, and those from 13 on came",
		ldapproxy.Short:    "6 values came as those from 12 to 18",
	} {
		p := w.stand(t, ldapproxy.Options{MaxValRange: 7})
		c := w.config(ldap.RFC2307bis)
		c.URLs = []string{p.SecureURL()}
		asked := func(s ldapproxy.Search) bool {
			return strings.Contains(strings.Join(s.Attributes, " "), "member;range=12-")
		}
		broken := p.Break(ldapproxy.Fault{Kind: kind, When: asked})
		r := w.roster(t, c)
		assert.Positive(t, broken.Met())
		require.Len(t, r.Groups()[0].Partial, 1)
		assert.Equal(t, "its list in member is not whole: "+says, r.Groups()[0].Partial[0])
		assert.Equal(t, want[1:], w.said(r)[1:])
		assert.True(t, r.Evidence()[0].GroupsComplete)
		p.Mend()

		// A marker group with such a list says nothing.
		p.Break(ldapproxy.Fault{Kind: kind, When: asked})
		c.Groups.Marker = "cn=all,ou=groups," + w.base
		assert.ErrorContains(t, w.fails(t, c), says)

		// A server that stops is worse than a list that does.
		p.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: asked})
		assert.Regexp(t, lost, w.fails(t, c))
	}
}
