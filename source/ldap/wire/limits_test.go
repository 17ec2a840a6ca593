package wire_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// TestLimits is what OpenLDAP makes of its limits for the reader of 60 people: pages
// do not lift them. Unpaged is how a server is asked that has no pages.
func TestLimits(t *testing.T) {
	t.Parallel()
	const tooMany = "result 4 (size limit exceeded)"
	for _, c := range []struct {
		limits              string
		unpaged, ten, fifty string // the entries of the pages that were taken, and how it ended
	}{
		{"size=20", tooMany, "20, " + tooMany, tooMany},
		{"size.soft=20 size.hard=unlimited", tooMany, "60", "60"},
		{"size.soft=20 size.hard=40", tooMany, "40, " + tooMany, tooMany},
		{"size.soft=20 size.hard=unlimited size.prtotal=40", tooMany, "40, " + tooMany, tooMany},
		{
			"size.soft=20 size.hard=unlimited size.prtotal=disabled", tooMany,
			"result 11 (admin limit exceeded): pagedResults control not allowed", "result 11 (admin limit exceeded): pagedResults control not allowed",
		},
		{"size=unlimited size.pr=10", "60", "60", "result 11 (admin limit exceeded): illegal pagedResults page size"},
	} {
		t.Run(c.limits, func(t *testing.T) {
			t.Parallel()
			s := slapd.Start(t, slapd.Options{LDIF: people(60), Limits: c.limits})
			p := ldapproxy.Start(t, s.Address(), ldapproxy.Options{})
			conn := dial(t, p.URL(), asReader(s))
			got := func(size int) string {
				sizes, err := read(t.Context(), conn, everyone(size))
				total := 0
				for _, n := range sizes {
					total += n
				}
				var parts []string
				if len(sizes) > 0 {
					parts = append(parts, strconv.Itoa(total))
				}
				if err != nil {
					e, ok := errors.AsType[*wire.Error](err)
					require.True(t, ok)
					assert.Contains(t, e.Hint(), "raise the server's limit for the account that asks")
					assert.False(t, e.Elsewhere())
					parts = append(parts, strings.TrimPrefix(text(err, p.URL()), "SERVER: "+everyoneText+": "))
				}
				return strings.Join(parts, ", ")
			}
			assert.Equal(t, c.ten, got(10), "in pages of 10")
			assert.Equal(t, c.fifty, got(50), "in pages of 50")
			p.Break(ldapproxy.Fault{Kind: ldapproxy.Result, Code: 12, When: func(s ldapproxy.Search) bool { return s.Paged }})
			assert.Equal(t, c.unpaged, got(10), "unpaged")
		})
	}
}
