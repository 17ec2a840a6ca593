package ldap_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/source"
)

// TestProxy_large reads a group of 3,500 members to its end under the limits of Active
// Directory: as a group, in another group, as who is admin of one, and as what says
// which groups count.
func TestProxy_large(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in      func(*testing.T, func(*ldifText)) *directory
		members int
		limits  []ldapproxy.Options
	}{
		"slapd": {inSlapd, 3500, []ldapproxy.Options{{MaxPageSize: 1000, MaxValRange: 1500}}},
		// The proxy asks for all values for each range of them: 3,500 by sevens take it
		// half a minute with the race detector.
		"slapd, many ranges": {inSlapd, 1050, []ldapproxy.Options{{MaxPageSize: 1000, MaxValRange: 7}}},
		"samba":              {inSamba, 70, []ldapproxy.Options{{MaxPageSize: 20, MaxValRange: 30}, {MaxPageSize: 20, MaxValRange: 7}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := c.in(t, func(b *ldifText) { largeWorld(b, c.members) })
			for _, limits := range c.limits {
				t.Run(strconv.Itoa(limits.MaxValRange), func(t *testing.T) {
					t.Parallel()
					d.readLarge(t, c.members, limits)
				})
			}
		})
	}
}

func largeWorld(b *ldifText, members int) {
	b.unit("People")
	b.unit("Groups")
	people := numbered("p", "People", members)
	for i := range people {
		b.person(fmt.Sprintf("p%d", i), "People", "")
	}
	b.group("Big", "Groups", "", people...)
	b.group("Top", "Groups", "", "Big,OU=Groups")
	b.group("Led", "Groups", "", people[0])
	b.group("Led admins", "Groups", "side", "Big,OU=Groups", people[1])
	b.group("Other", "Groups", "", people[0])
	b.group("Box", "Groups", "side", slices.Concat(people, []string{"Big,OU=Groups", "Top,OU=Groups", "Led,OU=Groups"})...)
}

func (d *directory) readLarge(t *testing.T, members int, limits ldapproxy.Options) {
	t.Helper()
	p := d.proxy(t, limits)
	config := d.config(p.URL())
	config.PageSize = 5 * members
	// The ranges of the marker would double the time that many ranges take.
	everywhere := members/limits.MaxValRange < 100
	if everywhere {
		config.Groups.Marker, config.Admins.Group = "CN=Box,OU=Groups,"+d.base, "{name} admins"
	}
	roster, err := sourceOf(t, config, nil).Read(t.Context())
	require.NoError(t, err)
	isWhole(t, roster)
	assert.Equal(t, members, roster.People())
	sizes := map[string]int{}
	for _, g := range roster.Groups() {
		sizes[g.Name] = len(g.Members)
		for i, m := range g.Members {
			require.Equal(t, source.PersonIndex(i), m.Person, g.Name)
			require.Equal(t, everywhere && g.Name == "Led", m.Role == source.Admin, g.Name)
		}
	}
	ranges, pages := 0, 0
	for _, search := range p.Seen().Searches {
		if strings.HasPrefix(search.Attributes[0], "member;range=") {
			ranges++
		}
		if search.Filter == config.Users.Filter {
			pages++
		}
	}
	assert.Equal(t, (members+limits.MaxPageSize-1)/limits.MaxPageSize, pages, "pages of people, of which all were asked for at once")
	// The first range of a list comes with its group. Each further one begins with the
	// last value of the one before.
	more := func(values int) int { return (values - 2) / (limits.MaxValRange - 1) }
	if !everywhere {
		assert.Equal(t, map[string]int{"Big": members, "Top": members, "Led": 1, "Other": 1}, sizes)
		assert.Equal(t, more(members), ranges)
		return
	}
	assert.Equal(t, map[string]int{"Big": members, "Top": members, "Led": members}, sizes)
	assert.Equal(t, more(members)+more(members+3), ranges, "of the group and of the marker")
}
