package ldap_test

import (
	"fmt"
	"slices"
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
	const members = 3_500
	for name, in := range map[string]func(*testing.T, func(*ldifText)) *directory{"slapd": inSlapd, "samba": inDomainAlone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := in(t, func(b *ldifText) { largeWorld(b, members) })
			for _, most := range []int{1500, manyRanges} {
				for _, marked := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d marked %t", most, marked), func(t *testing.T) {
						t.Parallel()
						d.readLarge(t, members, marked, ldapproxy.Options{MaxPageSize: 1000, MaxValRange: most})
					})
				}
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

// readLarge reads the large world, with groups chosen by a marker and admins by a group
// if marked says so.
func (d *directory) readLarge(t *testing.T, members int, marked bool, limits ldapproxy.Options) {
	t.Helper()
	p := d.proxy(t, limits)
	config := d.config(p.URL())
	config.PageSize = 5 * members
	if marked {
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
			if len(g.Members) == 1 {
				require.Equal(t, "p0@example.com", roster.Logins(m.Person)[0].String(), g.Name)
			} else {
				require.Equal(t, source.PersonIndex(i), m.Person, g.Name)
			}
			require.Equal(t, marked && g.Name == "Led", m.Role == source.Admin, g.Name)
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
	// The first range of a list comes with its group, and each of the others begins with
	// the last value of the one before.
	more := limits.MaxValRange - 1
	if !marked {
		assert.Equal(t, map[string]int{"Big": members, "Top": members, "Led": 1, "Other": 1}, sizes)
		assert.Equal(t, (members-2)/more, ranges)
		return
	}
	assert.Equal(t, map[string]int{"Big": members, "Top": members, "Led": members}, sizes)
	assert.Equal(t, (members-2)/more+(members+1)/more, ranges, "of the group and of the marker")
}
