package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// reading is a server that the tests below ask, through a proxy.
type reading struct {
	proxy  *ldapproxy.Proxy
	conn   *wire.Conn
	search wire.Search // finds several
	group  string      // has 40 members
	first  string      // one of them

	upstream string
	options  wire.Options
}

// both returns a connection to each of the two real servers.
func both(t *testing.T) map[string]reading {
	t.Helper()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
	d, unit := domain(t)
	ad := ldapproxy.Start(t, d.Address(), ldapproxy.Options{})
	return map[string]reading{
		"slapd": {p, dial(t, p.URL(), asReader(s)), everyone(7), big, person(0), s.Address(), asReader(s)},
		"Samba": {ad, dial(t, ad.URL(), inDomain(d)),
			wire.Search{Base: unit, Scope: wire.One, Filter: "(objectClass=*)", Attributes: []string{"cn"}, PageSize: 7},
			"CN=Group," + unit, contact(0, unit), d.Address(), inDomain(d)},
	}
}

// domain is a domain with an organizational unit, where there are 40 contacts and a
// group of them.
func domain(t *testing.T) (*samba.Server, string) {
	t.Helper()
	s := controller.Get(t, samba.Start)
	unit := s.OU(t)
	var b strings.Builder
	all := make([]string, 40)
	for i := range all {
		all[i] = contact(i, unit)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: contact\n\n", all[i])
	}
	account, _, _ := strings.Cut(unit, ",")
	fmt.Fprintf(&b, "dn: CN=Group,%s\nobjectClass: group\nsAMAccountName: %s\nmember: %s\n", unit, account[len("OU="):], strings.Join(all, "\nmember: "))
	s.Change(t, b.String())
	return s, unit
}

func contact(i int, unit string) string { return fmt.Sprintf("CN=P%02d,%s", i, unit) }

// inDomain are options with which the reader of a domain binds in the clear.
func inDomain(s *samba.Server) wire.Options {
	return asReader(&slapd.Server{ReaderDN: s.ReaderDN, ReaderPassword: s.ReaderPassword})
}

// TestEmptySuccess is each way to get less than there is and have it called a success,
// on real servers. What is about searches in the background, and about the library's
// own timeout, is in TestLibrary: there are none.
func TestEmptySuccess(t *testing.T) {
	t.Parallel()
	for name, r := range both(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := read(t.Context(), r.conn, r.search)
			require.NoError(t, err)
			require.Greater(t, len(all), 3, "a search of several pages")

			t.Run("the same search again is a new one", func(t *testing.T) {
				again, err := read(t.Context(), r.conn, r.search)
				require.NoError(t, err)
				assert.Equal(t, all, again)
			})
			t.Run("pages of nothing are refused before anybody is asked", func(t *testing.T) {
				r.proxy.Forget()
				for _, size := range []int{0, -1} {
					none := r.search
					none.PageSize = size
					sizes, err := read(t.Context(), r.conn, none)
					assert.Equal(t, "SERVER: "+none.String()+": a page of no entries was asked for", text(err, r.conn.Server()))
					assert.Empty(t, sizes)
					e, ok := errors.AsType[*wire.Error](err)
					require.True(t, ok)
					assert.False(t, e.Elsewhere())
				}
				assert.Empty(t, r.proxy.Seen().Searches)
			})
			t.Run("an answer without control", func(t *testing.T) {
				defer r.proxy.Mend()
				r.proxy.Break(ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 2})
				sizes, err := read(t.Context(), r.conn, r.search)
				require.ErrorContains(t, err, "the answer has no paging control")
				assert.Equal(t, all[:1], sizes)
			})
			t.Run("an attribute that there is not, in a filter, finds nothing", func(t *testing.T) {
				wrong := r.search
				wrong.Filter = "(memberr=x)"
				sizes, err := read(t.Context(), r.conn, wrong)
				require.NoError(t, err, "it is for the caller to be surprised")
				assert.Equal(t, []int{0}, sizes)
			})
			t.Run("members in ranges", func(t *testing.T) {
				limited := ldapproxy.Start(t, r.upstream, ldapproxy.Options{MaxValRange: 7})
				e, err := dial(t, limited.URL(), r.options).Entry(t.Context(), r.group, "", []string{"member", wire.ChangeMark})
				require.NoError(t, err)
				require.Empty(t, wire.Values(e, "member"), "what one would take for all members")
				_, whole := wire.Whole(e, "member")
				assert.False(t, whole)
			})
			t.Run("no range is asked for where none was seen", func(t *testing.T) {
				r.proxy.Forget()
				e, err := r.conn.Entry(t.Context(), r.group, "", []string{"member", wire.ChangeMark})
				require.NoError(t, err)
				values, err := r.conn.All(t.Context(), e, "member")
				require.NoError(t, err)
				assert.Contains(t, values, r.first)
				seen := r.proxy.Seen().Searches
				require.Len(t, seen, 1)
				assert.Equal(t, []string{"member", wire.ChangeMark}, seen[0].Attributes)
			})
		})
	}
}

// TestNoPermission looks like an attribute without values: whoever knows that there
// must be some has to say so.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	s := world(t)
	c := dial(t, s.URL(), asReader(s))
	e, err := c.Entry(t.Context(), "cn=secret,"+top, "", []string{"cn", "member"})
	require.NoError(t, err)
	require.NotNil(t, e)
	assert.Equal(t, []string{"secret"}, wire.Values(e, "cn"))
	values, whole := wire.Whole(e, "member")
	assert.True(t, whole)
	assert.Empty(t, values)
	values, err = c.All(t.Context(), e, "member")
	require.NoError(t, err)
	assert.Empty(t, values)
	hidden := everyone(100)
	hidden.Attributes = []string{"mail", "cn"}
	err = c.Pages(t.Context(), hidden, func(p wire.Page) error {
		assert.Len(t, p.Entries, persons)
		for _, e := range p.Entries {
			assert.Empty(t, wire.Values(e, "mail"))
			assert.Equal(t, "u", wire.First(e, "CN"))
		}
		return nil
	})
	require.NoError(t, err)
}
