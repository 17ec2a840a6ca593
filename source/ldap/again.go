package ldap

import (
	"context"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// lookAgain asks once more for those whom the search for people should have found, and
// who are found now. They were moved while it went on, or it was answered by another
// server behind the same address; they are nobody who is out of scope.
func (r *reading) lookAgain(ctx context.Context, search wire.Search, names []ref) error {
	var missed []ref
	for _, name := range names {
		if r.graph.nodes[name].kind == outOfScope {
			missed = append(missed, name)
		}
	}
	if len(missed) == 0 {
		return nil
	}
	if r.isAccount(missed[0]) {
		search.Scope = r.config.Users.Scope
	} else if !r.config.peopleBelow(search.Base) {
		return nil
	}
	search.Filter = "(&" + r.config.Users.Filter + r.anyOf(missed) + ")"
	err := r.server.first.Pages(ctx, search, func(page wire.Page) error {
		for _, e := range page.Entries {
			if err := r.meetAgain(e, missed); err != nil {
				return err
			}
		}
		return nil
	})
	_, referred := wire.Referred(err)
	if referred || wire.Is(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultInsufficientAccessRights) {
		return nil
	}
	return err
}

// meetAgain takes a person who counted as out of scope.
func (r *reading) meetAgain(e *wire.Entry, missed []ref) error {
	own := r.graph.refOf(e.DN)
	if isGroupEntry(e) || r.graph.nodes[own].kind != outOfScope {
		return nil
	}
	met := false
	for _, name := range missed {
		if name == own || r.isAccount(name) && r.hasAccount(e, name) {
			r.graph.nodes[name].kind, met = unknown, true
		}
	}
	if !met { // a search by the first part of a name finds others as well
		return nil
	}
	r.graph.nodes[own].kind = unknown
	return r.takePerson(e, false)
}

// peopleBelow reports whether the search for people looks at what is directly below a
// place, which is said by its key.
func (c *Config) peopleBelow(place string) bool {
	if c.Users.Scope == wire.One {
		return place == keyOrNone(c.Users.BaseDN)
	}
	return within(place, c.Users.BaseDN)
}
