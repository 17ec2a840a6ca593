package ldapproxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
)

// TestPageSize clips pages, and cuts what is not asked for in pages.
func TestPageSize(t *testing.T) {
	t.Parallel()
	s := world(t)
	for _, c := range []struct {
		most int
		size uint32
		want string
	}{
		{0, 0, "25 no control"},
		{0, 10, "10 more, 10 more, 5 whole"},
		{10, 0, "10 Size Limit Exceeded"},
		{10, 10, "10 more, 10 more, 5 whole"},
		{10, 1000, "10 more, 10 more, 5 whole"},
		{10, 7, "7 more, 7 more, 7 more, 4 whole"},
		{25, 0, "25 no control"},
		{24, 0, "24 Size Limit Exceeded"},
	} {
		p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxPageSize: c.most})
		answers, _ := read(reader(t, p, s), c.size) // the answers say how it ended
		assert.Equal(t, c.want, strings.Join(answers, ", "), "at most %d, in pages of %d", c.most, c.size)
	}
}

// TestRanges asks as clients of Active Directory do, and as they should not.
func TestRanges(t *testing.T) {
	t.Parallel()
	s := world(t)
	p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxValRange: 1500})
	c := reader(t, p, s)
	for _, q := range []struct {
		ask  []string
		want string
	}{
		{[]string{"member"}, "member: 0; member;range=0-1499: 1500 uid=u0000 uid=u1499"},
		{[]string{"MEMBER"}, "member: 0; member;range=0-1499: 1500 uid=u0000 uid=u1499"},
		{[]string{"cn", "member"}, "cn: 1 big big; member: 0; member;range=0-1499: 1500 uid=u0000 uid=u1499"},
		{[]string{"member;range=0-*"}, "member;range=0-*: 0; member;range=0-1499: 1500 uid=u0000 uid=u1499"},
		{[]string{"member;range=1500-*"}, "member;range=1500-*: 0; member;range=1500-2999: 1500 uid=u1500 uid=u2999"},
		{[]string{"Member;Range=1500-2999"}, "member;range=1500-2999: 1500 uid=u1500 uid=u2999"},
		{[]string{"member;range=3000-*"}, "member;range=3000-*: 500 uid=u3000 uid=u3499"},
		{[]string{"member;range=3000-4499"}, "member;range=3000-4499: 0; member;range=3000-*: 500 uid=u3000 uid=u3499"},
		{[]string{"member;range=3499-3499"}, "member;range=3499-3499: 0; member;range=3499-*: 1 uid=u3499 uid=u3499"},
		{[]string{"member;range=5-9"}, "member;range=5-9: 5 uid=u0005 uid=u0009"},
		{[]string{"member;range=3500-*"}, ""},
		{[]string{"cn", "member;range=3500-*"}, "cn: 1 big big"},
		{[]string{"description;range=0-*"}, ""},
	} {
		assert.Equal(t, q.want, attributes(t, c, q.ask...), "%v", q.ask)
	}
	assert.Contains(t, attributes(t, c), "member: 0; member;range=0-1499: 1500 uid=u0000 uid=u1499", "all attributes")

	for _, most := range []int{0, members} {
		plain := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxValRange: most})
		assert.Equal(t, "member: 3500 uid=u0000 uid=u3499", attributes(t, reader(t, plain, s), "member"), most)
	}
}

// TestReassembly collects all members again, in many ranges and in few.
func TestReassembly(t *testing.T) {
	t.Parallel()
	s := world(t)
	want := make([]string, members)
	for i := range want {
		want[i] = person(i)
	}
	for _, most := range []int{7, 1500, members - 1, members} {
		p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{MaxValRange: most})
		c := reader(t, p, s)
		ask, got := "member", []string(nil)
		for ask != "" {
			attribute := filled(group(t, c, ask))
			require.NotNil(t, attribute, ask)
			got = append(got, attribute.Values...)
			ask = ""
			if _, option, found := strings.Cut(attribute.Name, "-"); found && option != "*" {
				ask = fmt.Sprintf("member;range=%d-*", len(got))
			}
		}
		assert.Equal(t, want, got, "ranges of %d", most)
		assert.Len(t, p.Seen().Searches, (members+most-1)/most)
	}
}

// filled is the attribute of an entry that has values.
func filled(e *ldap.Entry) *ldap.EntryAttribute {
	for _, a := range e.Attributes {
		if len(a.Values) > 0 {
			return a
		}
	}
	return nil
}
