package ldap

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// classify says what an entry is that was looked up by a name, as the search for
// people did not find it. Of several things it counts as the first: a group, or what
// never is a person; somebody who has left; no person; without a login; out of scope.
// Of an entry that does not show its classes nobody can tell: it may be a group.
func (r *reading) classify(ctx context.Context, e *wire.Entry, name ref) error {
	own := r.graph.refOf(e.DN)
	switch {
	case r.graph.nodes[own].kind != unknown: // by another name
	case len(wire.Values(e, "objectClass")) == 0:
		r.veiled[own], r.veiled[name] = true, true
		r.graph.is(own, dangling, 0)
	case isGroupEntry(e) || r.listsMembers(e):
		if _, err := r.takeGroup(e, false); err != nil {
			return err
		}
	case hasClass(e, "computer", "msDS-GroupManagedServiceAccount", "msDS-ManagedServiceAccount"):
		r.graph.is(own, noPerson, 0)
	case hasClass(e, "foreignSecurityPrincipal"):
		r.graph.is(own, foreign, 0)
	default:
		if err := r.classifyPerson(ctx, e, own); err != nil {
			return err
		}
	}
	if name != own {
		n := r.graph.nodes[own]
		r.graph.is(name, n.kind, int(n.index))
	}
	return nil
}

func (r *reading) classifyPerson(ctx context.Context, e *wire.Entry, own ref) error {
	closed, _ := closed(e, r.now) // what cannot be read is told where somebody is taken
	left := closed && !r.config.People.DisabledStay || r.inLeaverOU(own)
	if !left {
		var err error
		if left, err = r.matches(ctx, e, r.config.People.LeaverFilter); err != nil {
			return err
		}
	}
	if left {
		return r.takePerson(e, true)
	}
	none, err := r.matches(ctx, e, r.config.People.NotPeopleFilter)
	switch {
	case err != nil:
		return err
	case none || r.notPeople[own] || hasClass(e, "contact"):
		r.graph.is(own, noPerson, 0)
		return nil
	}
	logins, _ := r.config.loginsOf(e)
	found, err := r.inScope(ctx, e, own)
	switch {
	case err != nil:
		return err
	case len(logins) == 0 || found:
		return r.takePerson(e, false)
	}
	r.graph.is(own, outOfScope, 0)
	return nil
}

// inScope asks whether the search for people would find an entry, if it was not read
// to its end: a name that only the server can read leads to people whom it finds.
func (r *reading) inScope(ctx context.Context, e *wire.Entry, own ref) (bool, error) {
	c := r.config
	if !r.counts.lookedUp || !within(keyOrNone(r.graph.nodes[own].name), c.Users.BaseDN) ||
		c.Users.Scope == wire.One && parentKey(e.DN) != keyOrNone(c.Users.BaseDN) {
		return false, nil
	}
	return r.matches(ctx, e, c.Users.Filter)
}

// matches asks the server whether an entry is one that a filter lets through; "" lets
// none through.
func (r *reading) matches(ctx context.Context, e *wire.Entry, filter string) (bool, error) {
	if filter == "" {
		return false, nil
	}
	found, err := r.entry(ctx, e.DN, filter, []string{"1.1"})
	if broken := (*unreadable)(nil); errors.As(err, &broken) {
		return false, nil
	}
	return found != nil, err
}

func hasClass(e *wire.Entry, classes ...string) bool {
	return slices.ContainsFunc(wire.Values(e, "objectClass"), func(class string) bool {
		return slices.ContainsFunc(classes, func(want string) bool { return strings.EqualFold(class, want) })
	})
}

// inLeaverOU reports whether a name is below the place of those who have left.
func (r *reading) inLeaverOU(own ref) bool {
	if r.config.People.LeaverOU == "" {
		return false
	}
	key, err := dn.Key(r.graph.nodes[own].name)
	return err == nil && within(key, r.config.People.LeaverOU)
}

// readLeavers reads those who have left and whom no group need list any more, and what
// the configuration says is no person.
func (r *reading) readLeavers(ctx context.Context) error {
	c := r.config
	if c.People.LeaverFilter != "" {
		if err := r.readLeft(ctx, c.Users.BaseDN, c.Users.Scope, c.People.LeaverFilter); err != nil {
			return err
		}
	}
	if c.People.LeaverOU != "" {
		if err := r.readLeft(ctx, c.People.LeaverOU, wire.Sub, c.Users.Filter); err != nil {
			return err
		}
	}
	if r.counts.lookedUp && !c.People.DisabledStay {
		var filter strings.Builder
		for _, s := range signs() {
			filter.WriteString(s.filter)
		}
		if err := r.searchPeople(ctx, "(|"+filter.String()+")"); err != nil {
			return err
		}
	}
	for _, name := range c.People.NotPeople {
		r.isNoPerson(r.graph.refOf(name))
	}
	if c.People.NotPeopleFilter == "" {
		return nil
	}
	search := wire.Search{Base: c.Users.BaseDN, Scope: c.Users.Scope, Filter: c.People.NotPeopleFilter, Attributes: []string{"1.1"}, PageSize: c.PageSize}
	_, err := r.everywhere(ctx, r.server.first, search, func(_ *wire.Conn, page wire.Page) error {
		for _, e := range page.Entries {
			r.isNoPerson(r.graph.refOf(e.DN))
		}
		return nil
	})
	return err
}

// readLeft reads people of whom a filter or a place says that they have left.
func (r *reading) readLeft(ctx context.Context, base string, scope wire.Scope, filter string) error {
	search := wire.Search{Base: base, Scope: scope, Filter: filter, Attributes: r.everyAttribute(), PageSize: r.config.PageSize}
	_, err := r.everywhere(ctx, r.server.first, search, func(_ *wire.Conn, page wire.Page) error {
		for _, e := range page.Entries {
			if isGroupEntry(e) || hasClass(e, "organizationalUnit", "computer") {
				continue
			}
			if err := r.takePerson(e, true); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (r *reading) isNoPerson(name ref) {
	r.notPeople[name] = true
	if n := &r.graph.nodes[name]; n.kind == isPerson {
		r.graph.people[n.index].none = true
	}
}
