package ldap_test

import (
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source"
)

// cancelAll lets every place stall and calls the read off then: that ends it at once,
// long before the time of a request is up, and leaves nothing behind.
func (d *directory) cancelAll(t *testing.T) {
	t.Helper()
	for where, p := range d.places() {
		for _, fault := range []ldapproxy.Fault{{Kind: ldapproxy.Stall}, {Kind: ldapproxy.Stall, Page: 2, After: 1}} {
			if fault.Page > 1 && !p.paged {
				continue
			}
			fault.When, fault.On = p.when, p.on
			proxy := d.proxy(t, ldapproxy.Options{MaxPageSize: fewEntries, MaxValRange: fewValues})
			if p.beside != nil {
				proxy.Break(*p.beside)
			}
			broken := proxy.Break(fault)
			why := errors.New("somebody called it off")
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				defer cancel(why)
				for broken.Met() == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
			}()
			begun := time.Now()
			var roster *source.Roster
			var err error
			pprof.Do(ctx, pprof.Labels("read", proxy.URL()), func(ctx context.Context) {
				roster, err = sourceOf(t, d.faultConfig(proxy.URL()), nil).Read(ctx)
			})
			cancel(nil)
			assert.Equal(t, 1, broken.Met(), "%s: the fault was not met", where)
			assert.ErrorIs(t, err, why, where)
			assert.True(t, roster == nil, where)
			assert.Less(t, time.Since(begun), patience/2, where)
			assert.Eventually(t, func() bool { return !runs(proxy.URL()) }, patience, time.Millisecond, "%s: something of the read is left", where)
		}
	}
}

// runs reports whether anything runs that was started for a label.
func runs(label string) bool {
	var profile strings.Builder
	return pprof.Lookup("goroutine").WriteTo(&profile, 1) != nil || strings.Contains(profile.String(), `"read":"`+label+`"`)
}

// TestProxy_stall gives up a read when the time of one request is up.
func TestProxy_stall(t *testing.T) {
	t.Parallel()
	d := inSlapd(t, faultWorld)
	proxy := d.proxy(t, ldapproxy.Options{})
	broken := proxy.Break(ldapproxy.Fault{Kind: ldapproxy.Stall, When: d.places()["groups"].when, After: 3})
	config := d.faultConfig(proxy.URL())
	config.Server.Timeout = 3 * time.Second
	roster, err := sourceOf(t, config, nil).Read(t.Context())
	assert.True(t, roster == nil)
	assert.ErrorContains(t, err, "search OU=Groups,"+d.base+" for "+config.Groups.Filter+": no answer within 3s")
	assert.Equal(t, 1, broken.Met())
}
