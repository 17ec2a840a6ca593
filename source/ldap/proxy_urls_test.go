package ldap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
)

// TestProxy_urls reads the second server from its beginning once the first has broken
// off, and takes nothing of the first, which has other groups and people.
func TestProxy_urls(t *testing.T) {
	t.Parallel()
	world := func(prefix string) func(*ldifText) {
		return func(b *ldifText) {
			b.unit("People")
			b.unit("Groups")
			b.person("both", "People", "")
			for _, name := range []string{"0", "1", "2", "3", "4", "5", "6"} {
				b.person(prefix+name, "People", "")
				b.group("G"+prefix+name, "Groups", "", prefix+name+",OU=People", "both,OU=People")
			}
		}
	}
	first, second := inSlapd(t, world("a")), inSlapd(t, world("b"))
	one, two := first.proxy(t, ldapproxy.Options{MaxPageSize: 3}), second.proxy(t, ldapproxy.Options{MaxPageSize: 3})
	config := first.config(one.URL(), two.URL())
	config.Server.Bind = second.bind // both readers have the same
	names := func(r *source.Roster) (groups, people []string) {
		for _, g := range r.Groups() {
			groups = append(groups, g.Name)
		}
		for i := range source.PersonIndex(r.People()) {
			people = append(people, r.Logins(i)[0].Local())
		}
		return groups, people
	}
	roster, err := sourceOf(t, config, nil).Read(t.Context())
	require.NoError(t, err)
	groups, people := names(roster)
	assert.Equal(t, []string{"Ga0", "Ga1", "Ga2", "Ga3", "Ga4", "Ga5", "Ga6"}, groups)
	assert.ElementsMatch(t, []string{"both", "a0", "a1", "a2", "a3", "a4", "a5", "a6"}, people)
	assert.Zero(t, two.Seen().Connections, "the second is not asked")

	for name, fault := range map[string]ldapproxy.Fault{
		"the last page of groups":  {Kind: ldapproxy.Drop, Page: 3, When: first.places()["groups"].when},
		"the last page of people":  {Kind: ldapproxy.Result, Code: 52, Page: 3, Entries: true, When: first.places()["people"].when},
		"a cookie":                 {Kind: ldapproxy.LosePaging, Page: 2, When: first.places()["groups"].when},
		"before the first request": {Kind: ldapproxy.Drop, On: ldapproxy.OnBind},
	} {
		one.Mend()
		two.Forget()
		broken := one.Break(fault)
		roster, err := sourceOf(t, config, nil).Read(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, 1, broken.Met(), name)
		isWhole(t, roster)
		groups, people = names(roster)
		assert.Equal(t, []string{"Gb0", "Gb1", "Gb2", "Gb3", "Gb4", "Gb5", "Gb6"}, groups, name)
		assert.ElementsMatch(t, []string{"both", "b0", "b1", "b2", "b3", "b4", "b5", "b6"}, people, name)
		assert.Equal(t, two.URL(), roster.Evidence()[0].Origin, name)
		notes := roster.Evidence()[0].Notes
		assert.Contains(t, notes[len(notes)-1], "another server was asked before: "+one.URL(), name)
	}

	for name, fault := range map[string]ldapproxy.Fault{
		"a limit":    {Kind: ldapproxy.Result, Code: 4, Page: 2, Entries: true, When: first.places()["groups"].when},
		"a refusal":  {Kind: ldapproxy.Result, Code: 49, On: ldapproxy.OnBind},
		"no access":  {Kind: ldapproxy.Result, Code: 50, When: first.places()["people"].when},
		"a referral": {Kind: ldapproxy.Refer, URL: "ldap://elsewhere.test/", When: first.places()["groups"].when},
	} {
		one.Mend()
		two.Forget()
		one.Break(fault)
		roster, err := sourceOf(t, config, nil).Read(t.Context())
		assert.True(t, roster == nil, name)
		require.Error(t, err, name)
		assert.Zero(t, two.Seen().Connections, "%s: a refusal is no reason to ask around", name)
	}

	one.Mend()
	one.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: first.places()["groups"].when})
	two.Break(ldapproxy.Fault{Kind: ldapproxy.Drop, When: first.places()["people"].when})
	roster, err = sourceOf(t, config, func(c *ldap.Config) { c.Name = "both" }).Read(t.Context())
	assert.True(t, roster == nil)
	assert.ErrorContains(t, err, one.URL()+": search OU=Groups")
	assert.ErrorContains(t, err, two.URL()+": search OU=People")
}
