package wire

import (
	"context"
	"errors"
	"fmt"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Scope is how far below its base a search looks (RFC 4511, 4.5.1.2).
type Scope int

// The scopes.
const (
	Base Scope = ldap.ScopeBaseObject
	One  Scope = ldap.ScopeSingleLevel
	Sub  Scope = ldap.ScopeWholeSubtree
)

// Search is what to look for.
type Search struct {
	Base       string
	Scope      Scope
	Filter     string
	Attributes []string
	// PageSize is how many entries a page has at most; at least 1, since 0 asks for
	// none (RFC 2696).
	PageSize int
	// PageValues is how many values a page should have at most. Where entries have
	// many, the next page is asked to have fewer entries; 0 leaves it at PageSize.
	PageValues int
}

// String says what is looked for, and where.
func (s Search) String() string {
	return fmt.Sprintf("search %s for %s", orRoot(s.Base), s.Filter)
}

func orRoot(dn string) string {
	if dn == "" {
		return "the root"
	}
	return dn
}

// Entry is an entry as the server gave it.
type Entry = ldap.Entry

// Page is a part of what a search found.
type Page struct {
	Entries []*Entry
	// References are LDAP URLs of places that the search did not look at, as another
	// server has them (RFC 4511, 4.5.3).
	References []string
}

// The faults of an answer that is not whole, though the server called it a
// success.
var (
	errNoControl  = errors.New("the answer has no paging control, so that more may be missing than can be told: something between here and the server takes it out")
	errEndless    = errors.New("the server gives empty pages without an end")
	errPageSize   = errors.New("a page of no entries was asked for")
	errNotSuccess = errors.New("the server answered with more than one entry for one name")
)

// mostEmptyPages is how many pages in a row may have no entry. Active Directory
// gives some where it looks at much and finds little.
const mostEmptyPages = 1000

// Pages searches and calls take for each page, in order. It returns nil only
// after the server said that there is no more, and take has taken everything.
// After an error nothing that was taken may be used.
func (c *Conn) Pages(ctx context.Context, s Search, take func(Page) error) error {
	if s.PageSize < 1 {
		return c.failed(s.String(), final{errPageSize})
	}
	paging := ldap.NewControlPaging(uint32(s.PageSize))
	empty := 0
	for first := true; ; first = false {
		result, err := c.search(ctx, s, criticalPaging{paging})
		if err != nil {
			if first && Is(err, ldap.LDAPResultUnavailableCriticalExtension) {
				return c.unpaged(ctx, s, take)
			}
			return err
		}
		answer, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok {
			return c.failed(s.String(), errNoControl)
		}
		if err := take(Page{result.Entries, result.Referrals}); err != nil {
			return err
		}
		if len(answer.Cookie) == 0 {
			return nil
		}
		if empty++; len(result.Entries) > 0 {
			empty = 0
		}
		if empty > mostEmptyPages {
			return c.failed(s.String(), errEndless)
		}
		paging.SetCookie(answer.Cookie)
		paging.PagingSize = s.next(result.Entries)
	}
}

// next returns how many entries the page after these is to have.
func (s Search) next(entries []*Entry) uint32 {
	values := 0
	for _, e := range entries {
		for _, a := range e.Attributes {
			values += len(a.Values)
		}
	}
	if s.PageValues == 0 || values <= s.PageValues {
		return uint32(s.PageSize)
	}
	return uint32(max(1, len(entries)*s.PageValues/values))
}

// unpaged asks for everything at once, of a server that has no paging.
func (c *Conn) unpaged(ctx context.Context, s Search, take func(Page) error) error {
	result, err := c.search(ctx, s)
	if err != nil {
		return err
	}
	return take(Page{result.Entries, result.Referrals})
}

// search makes one request, which is never used again: it would have the cookie of
// the last answer in it.
func (c *Conn) search(ctx context.Context, s Search, controls ...ldap.Control) (*ldap.SearchResult, error) {
	c.Requests++
	request := ldap.NewSearchRequest(s.Base, int(s.Scope), ldap.NeverDerefAliases, 0, 0, false, s.Filter, s.Attributes, controls)
	var result *ldap.SearchResult
	err := c.within(ctx, s.String(), func() (err error) {
		result, err = c.ldap.Search(request)
		return err
	})
	entries := c.tap.taken() // and none is left for the next search
	if err != nil {
		return nil, err
	}
	result.Entries = append(entries, result.Entries...)
	return result, nil
}

// Entry reads one entry by its name. It is nil, and no error, where there is no
// such entry, or none that the filter lets through; "" lets all through. An entry
// that may not be seen looks like one that is not there.
func (c *Conn) Entry(ctx context.Context, dn, filter string, attributes []string) (*Entry, error) {
	if filter == "" {
		filter = "(objectClass=*)"
	}
	result, err := c.search(ctx, Search{Base: dn, Scope: Base, Filter: filter, Attributes: attributes})
	switch {
	case Is(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax):
		return nil, nil
	case err != nil:
		return nil, err
	case len(result.Referrals) > 0:
		return nil, c.failed("read "+dn, final{&ReferralError{URLs: result.Referrals}})
	case len(result.Entries) == 0:
		return nil, nil
	case len(result.Entries) > 1:
		return nil, c.failed("read "+dn, errNotSuccess)
	}
	return result.Entries[0], nil
}

// criticalPaging asks for pages, or for a refusal: a server that does not know a
// control that is not critical gives what it pleases and calls it everything.
type criticalPaging struct{ *ldap.ControlPaging }

// Encode returns the control (RFC 4511, 4.1.11) with its criticality, which the
// library's own leaves out.
func (p criticalPaging) Encode() *ber.Packet {
	plain := p.ControlPaging.Encode()
	packet := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "Control")
	packet.AppendChild(plain.Children[0])
	packet.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, true, "Criticality"))
	packet.AppendChild(plain.Children[1])
	return packet
}
