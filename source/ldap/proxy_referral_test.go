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

// TestProxy_ownPartitions misses nothing where Active Directory refers to its own
// partitions, in which nobody is. Another domain is another matter.
func TestProxy_ownPartitions(t *testing.T) {
	t.Parallel()
	d := inSlapd(t, func(b *ldifText) {
		b.unit("People")
		b.unit("Groups")
		b.person("ann", "People", "")
		b.group("A", "Groups", "", "ann,OU=People")
	})
	for url, complete := range map[string]bool{
		"ldap://example.test/CN=Configuration,DC=example,DC=test":           true,
		"ldap://example.test/CN=Schema,CN=Configuration,DC=example,DC=test": true,
		"ldap://x.example.test/DC=DomainDnsZones,DC=example,DC=test":        true,
		"ldap://x.example.test/dc=forestdnszones,dc=example,dc=test??sub":   true,
		"ldap://child.example.test/DC=child,DC=example,DC=test":             false,
		"ldap://example.test/OU=Configuration,DC=example,DC=test":           false,
		"ldap://example.test/": false,
		"http://example.test/": false,
	} {
		p := d.proxy(t, ldapproxy.Options{})
		p.Break(ldapproxy.Fault{Kind: ldapproxy.Reference, URL: url, When: d.places()["groups"].when})
		roster, err := sourceOf(t, d.config(p.URL()), nil).Read(t.Context())
		require.NoError(t, err, url)
		assert.Equal(t, complete, roster.Evidence()[0].GroupsComplete, url)
		assert.Len(t, roster.Groups(), 1, url)
	}
}

// TestProxy_referredRange asks for the rest of a list where its beginning came from.
func TestProxy_referredRange(t *testing.T) {
	t.Parallel()
	d := inSlapd(t, func(b *ldifText) {
		for _, unit := range []string{"People", "Groups", "More"} {
			b.unit(unit)
		}
		var all []string
		for _, own := range []string{"0", "1", "2", "3", "4", "5", "6"} {
			b.person("p"+own, "People", "")
			all = append(all, "p"+own+",OU=People")
		}
		b.group("G", "More", "", all...)
	})
	one, two := d.proxy(t, ldapproxy.Options{}), d.proxy(t, ldapproxy.Options{MaxValRange: 3})
	one.Break(ldapproxy.Fault{Kind: ldapproxy.Reference, Page: 1, URL: two.URL() + "/OU=More," + d.base, When: d.places()["groups"].when})
	config := d.config(one.URL())
	config.ReferralHosts = []string{strings.TrimPrefix(two.URL(), "ldap://")}
	roster, err := sourceOf(t, config, nil).Read(t.Context())
	require.NoError(t, err)
	isWhole(t, roster)
	require.Len(t, roster.Groups(), 1)
	assert.Len(t, roster.Groups()[0].Members, 7)
}
