package ldap_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// harmless are the faults after which a roster may be whole: nothing is lost by them.
func harmless(k ldapproxy.Kind) bool {
	return k == ldapproxy.Trickle || k == ldapproxy.Reference || k == ldapproxy.Refer
}

// faultsOf are the faults that a place can meet.
func (d *directory) faultsOf(p place) map[string]ldapproxy.Fault {
	const elsewhere = "ldap://elsewhere.test/"
	all := map[string]ldapproxy.Fault{
		"drop":           {Kind: ldapproxy.Drop},
		"trickle":        {Kind: ldapproxy.Trickle, Delay: time.Microsecond},
		"time limit":     {Kind: ldapproxy.Result, Code: 3},
		"size limit":     {Kind: ldapproxy.Result, Code: 4, Entries: true},
		"admin limit":    {Kind: ldapproxy.Result, Code: 11, Entries: true},
		"busy":           {Kind: ldapproxy.Result, Code: 51},
		"unavailable":    {Kind: ldapproxy.Result, Code: 52, Entries: true},
		"something else": {Kind: ldapproxy.Result, Code: 80},
	}
	if p.on == ldapproxy.OnSearch {
		all["refer"] = ldapproxy.Fault{Kind: ldapproxy.Refer, URL: elsewhere}
		all["reference"] = ldapproxy.Fault{Kind: ldapproxy.Reference, URL: elsewhere}
		if !p.empty {
			all["cut"] = ldapproxy.Fault{Kind: ldapproxy.Cut}
			all["drop before the end"] = ldapproxy.Fault{Kind: ldapproxy.Drop, After: 1}
		}
	}
	if p.paged {
		for _, name := range []string{"cut", "drop", "refer", "reference", "size limit", "unavailable"} {
			fault := all[name]
			fault.Page = 2
			all[name+" on page 2"] = fault
		}
		all["lose paging on page 1"] = ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 1}
		all["lose paging on page 2"] = ldapproxy.Fault{Kind: ldapproxy.LosePaging, Page: 2}
		all["spoil the cookie"] = ldapproxy.Fault{Kind: ldapproxy.SpoilCookie}
	}
	if p.many {
		all["no values"] = ldapproxy.Fault{Kind: ldapproxy.EchoOnly}
		all["a value is skipped"] = ldapproxy.Fault{Kind: ldapproxy.Jump}
		all["a value is missing"] = ldapproxy.Fault{Kind: ldapproxy.Short}
	}
	if d.form.preset == ldap.ActiveDirectory {
		// Samba is slow, and these are the proxy's own words, whatever is behind it.
		for _, name := range []string{"trickle", "time limit", "admin limit", "something else"} {
			delete(all, name)
		}
	}
	for name, fault := range all {
		fault.When, fault.On = p.when, p.on
		all[name] = fault
	}
	return all
}

// TestProxy_faults breaks every question of a read in every way. What comes of it is
// an error, or a roster that lacks nobody without saying so.
func TestProxy_faults(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]func(*testing.T, func(*ldifText)) *directory{"samba": inSamba, "slapd": inSlapd} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := in(t, faultWorld)
			good := d.good(t)
			for where, p := range d.places() {
				t.Run(where, func(t *testing.T) {
					t.Parallel()
					d.breakAll(t, p, good)
				})
			}
			t.Run("called off", func(t *testing.T) {
				t.Parallel()
				d.cancelAll(t)
			})
		})
	}
}

// good is what is read without a fault.
func (d *directory) good(t *testing.T) *source.Roster {
	t.Helper()
	direct, err := sourceOf(t, d.faultConfig("ldap://"+d.address), nil).Read(t.Context())
	require.NoError(t, err)
	p := d.proxy(t, ldapproxy.Options{MaxPageSize: fewEntries, MaxValRange: fewValues})
	good, err := sourceOf(t, d.faultConfig(p.URL()), nil).Read(t.Context())
	require.NoError(t, err)
	isWhole(t, good)
	groups := contents(good)
	assert.Equal(t, contents(direct), groups, "with limits and without")
	sizes := map[string]int{}
	for name, members := range groups {
		sizes[name] = len(members)
	}
	want := map[string]int{"": 7 + 7 + 2, "Big": 17, "Far": 1, "G0": 9}
	for i := 1; i < 7; i++ {
		want[fmt.Sprintf("G%d", i)] = 1
	}
	assert.Equal(t, want, sizes)
	return good
}

// breakAll breaks a place in every way, one after another.
func (d *directory) breakAll(t *testing.T, p place, good *source.Roster) {
	t.Helper()
	proxy := d.proxy(t, ldapproxy.Options{MaxPageSize: fewEntries, MaxValRange: fewValues})
	s := sourceOf(t, d.faultConfig(proxy.URL()), nil)
	faults := d.faultsOf(p)
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		proxy.Mend()
		if p.beside != nil {
			proxy.Break(*p.beside)
		}
		broken := proxy.Break(faults[name])
		roster, err := s.Read(t.Context())
		assert.Positive(t, broken.Met(), "%s: the fault was not met", name)
		lost, whole := compare(good, roster, err)
		assert.Empty(t, lost, name)
		assert.False(t, whole && !harmless(faults[name].Kind), "%s: the roster is whole", name)
	}
}

// compare says what a read lost without saying so, and whether it is as good as the
// one without faults.
func compare(good, got *source.Roster, err error) (lost []string, whole bool) {
	if err != nil {
		if got != nil {
			return []string{"there is a roster beside the error"}, false
		}
		return nil, false
	}
	if got == nil {
		return []string{"there is neither a roster nor an error"}, false
	}
	want, have := contents(good), contents(got)
	whole = maps.EqualFunc(want, have, maps.Equal) && got.Evidence()[0].GroupsComplete
	partial := map[string]bool{"": true} // whoever has left is compared below
	for _, g := range got.Groups() {
		partial[g.Name] = !g.Complete()
		whole = whole && g.Complete()
		if want[g.Name] == nil {
			lost = append(lost, g.Name+" is there and should not be")
		}
	}
	for name, members := range want {
		switch {
		case have[name] == nil && got.Evidence()[0].GroupsComplete:
			lost = append(lost, name+" is gone")
		case have[name] == nil || partial[name]:
		case !slices.Equal(slices.Sorted(maps.Keys(members)), slices.Sorted(maps.Keys(have[name]))):
			lost = append(lost, fmt.Sprintf("%s has %d members and should have %d", name, len(have[name]), len(members)))
		}
		for who, role := range have[name] {
			if role != source.Unstated && role != members[who] {
				lost = append(lost, fmt.Sprintf("%s in %s is %s and should be %s", who, name, role, members[who]))
			}
		}
	}
	slices.Sort(lost)
	return lost, whole
}
