package ldap_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
)

// TestProxy_referredTwice follows references of both streams to one server at the same
// time. Each asks there on a connection of its own.
func TestProxy_referredTwice(t *testing.T) {
	t.Parallel()
	d := inSlapd(t, func(b *ldifText) {
		for _, unit := range []string{"People", "Groups", "More"} {
			b.unit(unit)
		}
		for _, own := range []string{"0", "1", "2", "3", "4", "5", "6"} {
			b.person("p"+own, "People", "")
			b.person("q"+own, "More", "")
			b.group("G"+own, "Groups", "", "p"+own+",OU=People", "q"+own+",OU=More")
			b.group("H"+own, "More", "", "q"+own+",OU=More")
		}
	})
	one, two := d.proxy(t, ldapproxy.Options{MaxPageSize: 2}), d.proxy(t, ldapproxy.Options{MaxPageSize: 2})
	config := d.config(one.URL())
	config.ReferralHosts = []string{strings.TrimPrefix(two.URL(), "ldap://")}
	for _, where := range []string{"groups", "people"} {
		one.Break(ldapproxy.Fault{Kind: ldapproxy.Reference, Page: 1, URL: two.URL() + "/OU=More," + d.base, When: d.places()[where].when})
	}
	roster, err := sourceOf(t, config, nil).Read(t.Context())
	require.NoError(t, err)
	isWhole(t, roster)
	sizes := map[string]int{}
	for _, g := range roster.Groups() {
		sizes[g.Name] = len(g.Members)
	}
	want := map[string]int{}
	for _, own := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		want["G"+own], want["H"+own] = 2, 1
	}
	assert.Equal(t, want, sizes)
	assert.Equal(t, 2, two.Seen().Connections)
	assert.Len(t, two.Seen().Binds, 2)
}
