package ldap

import (
	"context"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// Survey is what whoever sets a directory up should know of a read, beside its roster.
type Survey struct {
	URL     string // of the server that gave everything
	Host    string // who that server says it is; "": it does not say
	Product string // what it says it is; "" likewise
	TLS     bool   // the connection is under TLS
	Paging  bool   // it says that it gives pages

	Groups Groups // as they were looked for, after the preset
	Users  Users

	People   int  // whom the search for people found, and as many as were read of them
	LookedUp bool // the rest of a large directory was not read; whom groups name was looked up
	Lookups  int  // members that the search for people does not find
	Leavers  int  // people who are known to have left

	Large       int    // groups that list more than 1,500 members
	Largest     string // the one that lists the most of them; "": there is none
	LargestSize int    // and how many

	// Hidden is how many disabled or expired accounts the preset's filter for people
	// finds and Users.Filter does not. That these have left is known only as long as
	// a group lists them. It is 0 where disabled accounts are members like any other.
	Hidden        int
	HiddenExample string // the DN of one of them, the first by spelling

	// Searched are those notes of the roster's evidence that say nothing but where
	// groups were looked for, which Groups says too.
	Searched []string
}

// Survey reads as [Source.Read] does, and says how it went. Then it looks, on a
// connection of its own to the same server, for accounts that users.filter hides.
func (s *Source) Survey(ctx context.Context) (*source.Roster, *Survey, error) {
	r, err := s.read(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	roster, err := r.roster()
	if err != nil {
		return nil, nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
	}
	c := &r.counts
	survey := &Survey{
		URL: r.server.url, Host: r.server.root.DNSHostName, Product: product(&r.server.root), TLS: r.server.root.Secure, Paging: r.server.root.Paging,
		Groups: s.config.Groups, Users: s.config.Users,
		People: c.people, LookedUp: c.lookedUp, Lookups: c.lookups, Leavers: roster.Leavers(),
		Large: c.large, Largest: c.largest, LargestSize: c.largestSize, Searched: []string{r.searched()},
	}
	hidden, err := s.hidden(ctx, r.server.url)
	if err != nil {
		return nil, nil, fmt.Errorf("read source %q: look for accounts that users.filter hides: %w", s.config.Name, err)
	}
	survey.Hidden, survey.HiddenExample = hidden.n, hidden.first
	return roster, survey, nil
}

// product is what a server says it is, or what it does that only one product does.
func product(root *wire.Root) string {
	if root.Vendor == "" && root.ActiveDirectory {
		return "Active Directory"
	}
	return root.Vendor
}

// hidden looks for accounts that are closed, that are people for the preset, and that
// users.filter does not find.
func (s *Source) hidden(ctx context.Context, url string) (few, error) {
	var found few
	preset, own := presets()[s.config.Preset].users.Filter, s.config.Users.Filter
	if s.config.People.DisabledStay || preset == "" || preset == own {
		return found, nil
	}
	server, err := connect(ctx, &s.config, url)
	if err != nil {
		return found, err
	}
	defer server.close()
	var marks strings.Builder
	search := wire.Search{Base: s.config.Users.BaseDN, Scope: s.config.Users.Scope, PageSize: s.config.PageSize}
	for _, sign := range signs() {
		marks.WriteString(sign.filter)
		search.Attributes = append(search.Attributes, sign.attribute)
	}
	search.Filter = "(&" + preset + "(|" + marks.String() + ")(!" + own + "))"
	r := &reading{config: &s.config, now: s.config.Now(), server: server}
	_, err = r.everywhere(ctx, server.first, search, func(_ *wire.Conn, page wire.Page) error {
		for _, e := range page.Entries {
			if is, _ := closed(e, r.now); is { // the filters find some more
				found.add(e.DN)
			}
		}
		return nil
	})
	return found, err
}
