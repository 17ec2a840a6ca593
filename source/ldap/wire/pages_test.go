package wire_test

import (
	"errors"
	"slices"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestPages reads everybody, once each, in pages of any size.
func TestPages(t *testing.T) {
	t.Parallel()
	var everybody []string
	for i := range persons {
		everybody = append(everybody, person(i))
	}
	nobody := everyone(7)
	nobody.Filter = "(cn=nobody)"
	many := everyone(10)
	many.Attributes, many.PageValues = []string{"cn", "sn"}, 4
	few := everyone(10)
	few.PageValues = 10
	entry := everyone(10)
	entry.Attributes, entry.PageValues = []string{"cn", "sn"}, 1
	for name, c := range map[string]struct {
		search wire.Search
		most   int
		want   []int
	}{
		"of 7":                      {everyone(7), 0, []int{7, 7, 7, 4}},
		"of one":                    {everyone(1), 0, slices.Repeat([]int{1}, persons)},
		"as many as there are":      {everyone(25), 0, []int{25}},
		"of 1000":                   {everyone(1000), 0, []int{25}},
		"fewer than were asked for": {everyone(1000), 10, []int{10, 10, 5}},
		"nobody":                    {nobody, 0, []int{0}},
		"few values":                {few, 0, []int{10, 10, 5}},
		"many values":               {many, 0, []int{10, 2, 10, 2, 1}},
		"one entry is too much":     {entry, 0, append([]int{10}, slices.Repeat([]int{1}, 15)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, conn := proxied(t, ldapproxy.Options{MaxPageSize: c.most})
			var sizes []int
			var names []string
			err := conn.Pages(t.Context(), c.search, func(p wire.Page) error {
				sizes = append(sizes, len(p.Entries))
				for _, e := range p.Entries {
					names = append(names, e.DN)
				}
				return nil
			})
			require.NoError(t, err)
			assert.Equal(t, c.want, sizes)
			if c.search.Filter != nobody.Filter {
				slices.Sort(names)
				assert.Equal(t, everybody, names)
			}
			assert.Equal(t, len(c.want), conn.Requests)
			for _, s := range p.Seen().Searches {
				assert.True(t, s.Paged)
			}
		})
	}
}

// TestPageRequest is what is asked for: critical, without limits of its own, aliases as
// they are, and the last cookie.
func TestPageRequest(t *testing.T) {
	t.Parallel()
	var asked []string
	f := serve(t, faked{answer: func(p *ber.Packet) []*ber.Packet {
		o := p.Children[1]
		asked = append(asked, ldapText(o.Children[0])+" "+ldapText(o.Children[6]))
		assert.Equal(t, []any{int64(ldap.ScopeSingleLevel), int64(ldap.NeverDerefAliases), int64(0), int64(0), false},
			[]any{o.Children[1].Value, o.Children[2].Value, o.Children[3].Value, o.Children[4].Value, o.Children[5].Value})
		controls := p.Children[2].Children
		assert.Len(t, controls, 1)
		parts := controls[0].Children
		assert.Len(t, parts, 3)
		assert.Equal(t, ldap.ControlTypePaging, parts[0].Value)
		assert.Equal(t, true, parts[1].Value, "critical")
		value := ber.DecodePacket(parts[2].Data.Bytes())
		asked = append(asked, value.Children[1].Data.String())
		assert.Equal(t, int64(7), value.Children[0].Value)
		next := map[string]string{"": "first", "first": "second"}[value.Children[1].Data.String()]
		return []*ber.Packet{found(ldap.NewEntry("cn=x", nil)), done(next)}
	}})
	c := dial(t, f.url("ldap"), anybody())
	sizes, err := read(t.Context(), c, everyone(7))
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1}, sizes)
	const each = crowd + " (objectClass=*)"
	assert.Equal(t, []string{each, "", each, "first", each, "second"}, asked)
}

// ldapText is a string of a request, or its filter.
func ldapText(p *ber.Packet) string {
	if filter, err := ldap.DecompileFilter(p); err == nil {
		return filter
	}
	return p.Data.String()
}

// TestTake ends a search with the error of whoever takes its pages.
func TestTake(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	enough := errors.New("enough")
	for _, fault := range []*ldapproxy.Fault{nil, {Kind: ldapproxy.Result, Code: 12, Times: 1}} {
		p.Forget()
		if fault != nil {
			p.Break(*fault)
		}
		err := c.Pages(t.Context(), everyone(7), func(wire.Page) error { return enough })
		assert.Equal(t, enough, err)
	}
	assert.Len(t, p.Seen().Searches, 2, "the second was asked in pages, and without")
}

// TestNoPaging asks once more, and for everything, of a server that has no pages; and
// not of one that has given some.
func TestNoPaging(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 12, When: func(s ldapproxy.Search) bool { return s.Paged && s.Page == 1 }})
	sizes, err := read(t.Context(), c, everyone(7))
	require.NoError(t, err)
	assert.Equal(t, []int{persons}, sizes)
	assert.Equal(t, 2, c.Requests)
	seen := p.Seen().Searches
	require.Len(t, seen, 2)
	assert.True(t, seen[0].Paged)
	assert.False(t, seen[1].Paged)

	p.Mend()
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 12, When: func(s ldapproxy.Search) bool { return s.Page == 2 }})
	sizes, err = read(t.Context(), c, everyone(7))
	assert.Equal(t, "SERVER: "+everyoneText+": result 12 (unavailable critical extension): the proxy was told to say so", text(err, c.Server()))
	assert.Equal(t, []int{7}, sizes)

	limited, c := proxied(t, ldapproxy.Options{MaxPageSize: 10})
	limited.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 12, When: func(s ldapproxy.Search) bool { return s.Paged }})
	sizes, err = read(t.Context(), c, everyone(7))
	assert.Equal(t, "SERVER: "+everyoneText+": result 4 (size limit exceeded)", text(err, c.Server()))
	assert.Empty(t, sizes, "entries of an answer that is not whole")
}

// TestEmptyPages goes on behind pages without entries, but not for ever.
func TestEmptyPages(t *testing.T) {
	t.Parallel()
	empty := 0
	f := serve(t, faked{})
	c := dial(t, f.url("ldap"), anybody())
	pages := func(n int) func(*ber.Packet) []*ber.Packet {
		empty = 0
		return func(*ber.Packet) []*ber.Packet {
			if empty++; empty%(n+1) == 0 {
				if empty == 2*(n+1) {
					return []*ber.Packet{found(ldap.NewEntry("cn=x", nil)), done("")}
				}
				return []*ber.Packet{found(ldap.NewEntry("cn=x", nil)), done("more")}
			}
			return []*ber.Packet{done("more")}
		}
	}
	f.says(pages(1000))
	sizes, err := read(t.Context(), c, everyone(7))
	require.NoError(t, err)
	assert.Equal(t, append(append(make([]int, 1000), 1), append(make([]int, 1000), 1)...), sizes)

	f.says(pages(1001))
	sizes, err = read(t.Context(), c, everyone(7))
	assert.Equal(t, "SERVER: "+everyoneText+": the server gives empty pages without an end", text(err, c.Server()))
	assert.Len(t, sizes, 1001)
}
