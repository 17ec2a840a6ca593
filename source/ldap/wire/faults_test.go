package wire_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestFaults breaks a search for 25 people in pages of 10. The pages before are
// taken, and of that which broke nothing.
func TestFaults(t *testing.T) {
	t.Parallel()
	const lost = "unable to read LDAP response packet: "
	const noControl = "the answer has no paging control, so that more may be missing than can be told: something between here and the server takes it out"
	said := func(result string) string { return "result " + result + ": the proxy was told to say so" }
	for name, c := range map[string]struct {
		fault ldapproxy.Fault
		taken []int
		err   string
		code  uint16
	}{
		"drop at once":         {ldapproxy.Fault{Kind: ldapproxy.Drop}, nil, lost + "EOF", 0},
		"drop in page 2":       {ldapproxy.Fault{Kind: ldapproxy.Drop, Page: 2, After: 4}, []int{10}, lost + "EOF", 0},
		"drop before the end":  {ldapproxy.Fault{Kind: ldapproxy.Drop, Page: 3, After: 5}, []int{10, 10}, lost + "EOF", 0},
		"cut":                  {ldapproxy.Fault{Kind: ldapproxy.Cut, Page: 2, After: 3}, []int{10}, lost + "unexpected EOF", 0},
		"lost control":         {ldapproxy.Fault{Kind: ldapproxy.LosePaging}, nil, noControl, 0},
		"lost control later":   {ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 2}, []int{10}, noControl, 0},
		"lost control at last": {ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 3}, []int{10, 10}, noControl, 0},
		"success too early":    {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Entries: true}, []int{10}, noControl, 0},
		"spoiled cookie":       {ldapproxy.Fault{Kind: ldapproxy.SpoilCookie, Page: 1}, []int{10}, "result 2 (protocol error): paged results cookie is invalid", 2},
		"time limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 3, Entries: true}, []int{10}, said("3 (time limit exceeded)"), 3},
		"time limit at first":  {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 1, Code: 3, Entries: true}, nil, said("3 (time limit exceeded)"), 3},
		"size limit":           {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 3, Code: 4, Entries: true}, []int{10, 10}, said("4 (size limit exceeded)"), 4},
		"referral":             {ldapproxy.Fault{Kind: ldapproxy.Refer, Page: 2, URL: "ldap://other.test/", Entries: true}, []int{10}, "result 10 (referral)", 10},
		"look-through limit":   {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 11, Entries: true}, []int{10}, said("11 (admin limit exceeded)"), 11},
		"busy":                 {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 51, Entries: true}, []int{10}, said("51 (busy)"), 51},
		"unavailable":          {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 3, Code: 52, Entries: true}, []int{10, 10}, said("52 (unavailable)"), 52},
		"a result of nobody":   {ldapproxy.Fault{Kind: ldapproxy.Result, Page: 2, Code: 4_242, Entries: true}, []int{10}, said("4242 (unknown)"), 4_242},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, conn := proxied(t, ldapproxy.Options{})
			broken := p.Break(c.fault)
			taken, err := read(t.Context(), conn, everyone(10))
			assert.Equal(t, "SERVER: "+everyoneText+": "+c.err, text(err, conn.Server()))
			assert.Equal(t, c.taken, taken)
			assert.Equal(t, 1, broken.Met())
			assert.Equal(t, c.code != 0, wire.Is(err, c.code))
			assert.False(t, wire.Is(err, 99, 0))
			e, ok := errors.AsType[*wire.Error](err)
			require.True(t, ok)
			assert.Equal(t, c.code == 0 || c.code == 51 || c.code == 52, e.Elsewhere())
		})
	}
}

// TestDeadline ends a request that has no end. What the deadline is for is one page:
// no time passes before it but in the server that stalls.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]ldapproxy.Fault{
		"stall":   {Kind: ldapproxy.Stall, Page: 2, After: 3},
		"trickle": {Kind: ldapproxy.Trickle, Page: 2, Delay: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := proxied(t, ldapproxy.Options{})
			broken := p.Break(fault)
			taken := 0
			err := c.Pages(t.Context(), everyone(10), func(page wire.Page) error {
				taken += len(page.Entries)
				c.SetTimeout(30 * time.Millisecond)
				return nil
			})
			assert.Equal(t, "SERVER: "+everyoneText+": no answer within 30ms", text(err, c.Server()))
			timeout, ok := errors.AsType[interface {
				error
				Timeout() bool
			}](err)
			require.True(t, ok)
			assert.True(t, timeout.Timeout())
			e, ok := errors.AsType[*wire.Error](err)
			require.True(t, ok)
			assert.True(t, e.Elsewhere())
			assert.Equal(t, 10, taken)
			assert.Equal(t, 1, broken.Met())
			_, err = read(t.Context(), c, everyone(10))
			assert.Error(t, err, "a connection that was given up is asked again")
		})
	}
}

// TestTrickle has every answer come late, and whole.
func TestTrickle(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Trickle, Delay: time.Millisecond})
	taken, err := read(t.Context(), c, everyone(10))
	require.NoError(t, err)
	assert.Equal(t, []int{10, 10, 5}, taken)
}

// TestCancel ends a request when nobody wants its answer any more, and says why.
func TestCancel(t *testing.T) {
	t.Parallel()
	p, c := proxied(t, ldapproxy.Options{})
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Stall, Page: 2, After: 3})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("somebody pressed a key")
	taken := 0
	// The answer stalls for ever, so that nothing but this ends it.
	p.Break(ldapproxy.Fault{Kind: ldapproxy.Stall, When: func(s ldapproxy.Search) bool {
		if s.Page == 2 {
			cancel(why)
		}
		return false
	}})
	err := c.Pages(ctx, everyone(10), func(page wire.Page) error {
		taken += len(page.Entries)
		return nil
	})
	require.ErrorIs(t, err, why)
	assert.Equal(t, "SERVER: "+everyoneText+": somebody pressed a key", text(err, c.Server()))
	e, ok := errors.AsType[*wire.Error](err)
	require.True(t, ok)
	assert.False(t, e.Elsewhere())
	assert.Equal(t, 10, taken)

	before := len(p.Seen().Searches)
	_, err = c.Entry(ctx, big, "", nil)
	require.ErrorIs(t, err, why)
	assert.Len(t, p.Seen().Searches, before, "something is asked for nobody")
	_, err = wire.Dial(ctx, p.URL(), anybody())
	require.ErrorIs(t, err, why)
}
