package wire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/samba"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// entry reads one that is there.
func entry(ctx context.Context, t *testing.T, c *wire.Conn, dn string, attributes ...string) *wire.Entry {
	t.Helper()
	e, err := c.Entry(ctx, dn, "", attributes)
	require.NoError(t, err)
	require.NotNil(t, e)
	return e
}

// bySeven is how many pieces of seven make all values, if each but the first begins
// with the last value of the one before.
const bySeven = 1 + (sevens-7+5)/6

// TestRanges collects 3,500 members of slapd, in the order in which it has them.
func TestRanges(t *testing.T) {
	t.Parallel()
	for _, r := range []struct{ members, most, requests int }{
		{members, 0, 1}, {sevens, 7, bySeven}, {members, 1_500, 3}, {members, members - 1, 2}, {members, members, 1},
	} {
		t.Run(fmt.Sprint(r.members, " by ", r.most), func(t *testing.T) {
			t.Parallel()
			p, c := proxied(t, ldapproxy.Options{MaxValRange: r.most})
			group := fmt.Sprintf("cn=of%d,%s", r.members, top)
			e := entry(t.Context(), t, c, group, "cn", "member", wire.ChangeMark)
			some, whole := wire.Whole(e, "member")
			assert.Equal(t, r.requests == 1, whole)
			got, err := c.All(t.Context(), e, "MEMBER")
			require.NoError(t, err)
			want := make([]string, r.members)
			for i := range want {
				want[i] = person(i)
			}
			assert.Equal(t, want, got)
			if whole {
				assert.Equal(t, want, some)
			}
			assert.Equal(t, r.requests, c.Requests)
			searches := p.Seen().Searches
			require.Len(t, searches, r.requests)
			for i, s := range searches[1:] {
				assert.Equal(t, group, s.Base)
				assert.Equal(t, []string{fmt.Sprintf("MEMBER;range=%d-*", (i+1)*(r.most-1)), wire.ChangeMark}, s.Attributes)
			}
		})
	}
}

// TestRanges_domain collects 3,500 values, and the members of a group, of Samba.
func TestRanges_domain(t *testing.T) {
	t.Parallel()
	d, unit := domain(t)
	for _, r := range []struct{ values, most, requests int }{{members, 1_500, 3}, {sevens, 7, bySeven}} {
		var b strings.Builder
		var want []string
		many := fmt.Sprintf("CN=By %d,%s", r.most, unit)
		fmt.Fprintf(&b, "dn: %s\nobjectClass: contact\n", many)
		for i := range r.values {
			want = append(want, fmt.Sprintf("v%04d", i))
			fmt.Fprintf(&b, "otherTelephone: v%04d\n", i)
		}
		d.Change(t, b.String())
		p := ldapproxy.Start(t, d.Address(), ldapproxy.Options{MaxValRange: r.most})
		c := dial(t, p.URL(), inDomain(d))
		e := entry(t.Context(), t, c, many, "otherTelephone", wire.ChangeMark)
		require.NotEmpty(t, wire.First(e, wire.ChangeMark))
		got, err := c.All(t.Context(), e, "otherTelephone")
		require.NoError(t, err)
		slices.Sort(got)
		assert.Equal(t, want, got, "ranges of %d", r.most)
		assert.Equal(t, r.requests, c.Requests)

		everybody := make([]string, 40)
		for i := range everybody {
			everybody[i] = contact(i, unit)
		}
		got, err = c.All(t.Context(), entry(t.Context(), t, c, "CN=Group,"+unit, "member", wire.ChangeMark), "member")
		require.NoError(t, err)
		assert.ElementsMatch(t, everybody, got)
	}

	// Samba's own ranges, of which it gives as many as it is asked for.
	c := dial(t, d.URL(), inDomain(d))
	part := entry(t.Context(), t, c, "CN=Group,"+unit, "member;range=0-6", wire.ChangeMark)
	_, whole := wire.Whole(part, "member")
	assert.False(t, whole)
	got, err := c.All(t.Context(), part, "member")
	require.NoError(t, err)
	assert.Len(t, got, 40)
}

// TestChangedMidway begins anew if somebody was removed between two ranges, and gives
// up where that goes on.
func TestChangedMidway(t *testing.T) {
	t.Parallel()
	d, unit := domain(t)
	group := "CN=Group," + unit
	// changing has the group lose one member before each answer to a range of a search.
	changing := func(times int) (*ldapproxy.Proxy, *wire.Conn) {
		p := ldapproxy.Start(t, d.Address(), ldapproxy.Options{MaxValRange: 7})
		c := dial(t, p.URL(), inDomain(d))
		admin, done := d.Admin(t), 0
		p.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: func(s ldapproxy.Search) bool {
			if done < times && s.Attributes[0] == "member;range=12-*" {
				done++
				gone(t, admin, group, d)
			}
			return false
		}})
		return p, c
	}
	left := 40
	for times := range 4 {
		p, c := changing(times)
		left -= times
		e := entry(t.Context(), t, c, group, "member", wire.ChangeMark)
		got, err := c.All(t.Context(), e, "member")
		require.NoError(t, err)
		now := entry(t.Context(), t, dial(t, d.URL(), inDomain(d)), group, "member")
		assert.Len(t, got, left)
		assert.ElementsMatch(t, wire.Values(now, "member"), got, "%d changes", times)
		begun := 0
		for _, s := range p.Seen().Searches {
			if s.Attributes[0] == "member;range=0-*" {
				begun++
			}
		}
		assert.Equal(t, times, begun)
	}
	_, c := changing(100)
	e := entry(t.Context(), t, c, group, "member", wire.ChangeMark)
	got, err := c.All(t.Context(), e, "member")
	assert.Nil(t, got)
	assert.Equal(t, "SERVER: read member of "+group+": it changes again and again while it is read", text(err, c.Server()))
	assertRange(t, err)

	// Whoever has not asked for the mark learns of it with the second range.
	got, err = c.All(t.Context(), entry(t.Context(), t, dial(t, d.URL(), inDomain(d)), group, "member;range=0-6"), "member")
	assert.Error(t, err)
	assert.Nil(t, got)
}

// gone removes one member of a group.
func gone(t *testing.T, admin *ldap.Conn, group string, d *samba.Server) {
	t.Helper()
	found, err := admin.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"member"}, nil))
	if !assert.NoError(t, err) || !assert.Len(t, found.Entries, 1) {
		return
	}
	change := ldap.NewModifyRequest(group, nil)
	change.Delete("member", found.Entries[0].GetAttributeValues("member")[:1])
	assert.NoError(t, admin.Modify(change), d.Address())
}

// TestDeletedMidway begins anew if a member is deleted between two ranges, which moves
// those behind it up and does not count as a change of the group.
func TestDeletedMidway(t *testing.T) {
	t.Parallel()
	d, unit := domain(t)
	group := "CN=Group," + unit
	p := ldapproxy.Start(t, d.Address(), ldapproxy.Options{MaxValRange: 7})
	admin, done := d.Admin(t), false
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: func(s ldapproxy.Search) bool {
		if s.Attributes[0] == "member;range=12-*" && !done {
			done = true
			found, err := admin.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"member"}, nil))
			if assert.NoError(t, err) && assert.Len(t, found.Entries, 1) {
				assert.NoError(t, admin.Del(ldap.NewDelRequest(found.Entries[0].GetAttributeValues("member")[0], nil)))
			}
		}
		return false
	}})
	c := dial(t, p.URL(), inDomain(d))
	e := entry(t.Context(), t, c, group, "member", wire.ChangeMark)
	got, err := c.All(t.Context(), e, "member")
	require.NoError(t, err)
	now := entry(t.Context(), t, dial(t, d.URL(), inDomain(d)), group, "member", wire.ChangeMark)
	assert.Equal(t, wire.First(e, wire.ChangeMark), wire.First(now, wire.ChangeMark))
	assert.Len(t, got, 39)
	assert.ElementsMatch(t, wire.Values(now, "member"), got)
}

func assertRange(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*wire.RangeError](err)
	assert.True(t, ok, "%v", err)
	e, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.Zero(t, e.Code)
	assert.True(t, e.Elsewhere())
}

// TestRangeFaults breaks the ranges of 3,500 members, the first or a later one.
func TestRangeFaults(t *testing.T) {
	t.Parallel()
	later := func(s ldapproxy.Search) bool { return strings.HasPrefix(s.Attributes[0], "member;range=1499-") }
	const stopped = "the server stopped before the last of them"
	for name, c := range map[string]struct {
		fault ldapproxy.Fault
		want  string
	}{
		"echo only":       {ldapproxy.Fault{Kind: ldapproxy.EchoOnly}, stopped},
		"echo only later": {ldapproxy.Fault{Kind: ldapproxy.EchoOnly, When: later}, stopped},
		"jump":            {ldapproxy.Fault{Kind: ldapproxy.Jump}, "the values from 0 on were asked for, and those from 1 on came"},
		"jump later":      {ldapproxy.Fault{Kind: ldapproxy.Jump, When: later}, "the values from 1499 on were asked for, and those from 1500 on came"},
		"short":           {ldapproxy.Fault{Kind: ldapproxy.Short}, "1499 values came as those from 0 to 1499"},
		"short later":     {ldapproxy.Fault{Kind: ldapproxy.Short, When: later}, "1499 values came as those from 1499 to 2998"},
		"gone":            {ldapproxy.Fault{Kind: ldapproxy.Result, Code: 32, When: later}, "the entry is not there any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, conn := proxied(t, ldapproxy.Options{MaxValRange: 1500})
			broken := p.Break(c.fault)
			e := entry(t.Context(), t, conn, big, "member")
			_, whole := wire.Whole(e, "member")
			assert.False(t, whole)
			got, err := conn.All(t.Context(), e, "member")
			assert.Equal(t, "SERVER: read member of "+big+": "+c.want, text(err, conn.Server()))
			assertRange(t, err)
			assert.Nil(t, got)
			assert.Equal(t, 1, broken.Met())
		})
	}
	t.Run("unavailable", func(t *testing.T) {
		t.Parallel()
		p, c := proxied(t, ldapproxy.Options{MaxValRange: 1500})
		p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 52, When: later, Entries: true})
		got, err := c.All(t.Context(), entry(t.Context(), t, c, big, "member"), "member")
		assert.True(t, wire.Is(err, 1, 52))
		_, ok := errors.AsType[*wire.RangeError](err)
		assert.False(t, ok, "more than an attribute is broken")
		assert.Nil(t, got)
	})
}
