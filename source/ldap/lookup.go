package ldap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// batch is how many names one search looks for.
const batch = 100

// resolve finds out what every member is that no search has found yet, member groups
// and their members included, until nothing is unknown.
func (r *reading) resolve(ctx context.Context) error {
	if err := r.finish(ctx); err != nil {
		return err
	}
	for {
		more, err := r.lookUpPrimary(ctx)
		if err != nil {
			return err
		}
		names := r.unknownMembers()
		if len(names) == 0 && !more {
			return r.lookBesideGroups(ctx)
		}
		r.counts.lookups += len(names)
		if err := r.lookUp(ctx, names); err != nil {
			return err
		}
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
}

// unknownMembers returns what is not known of those who may be members of a group
// that counts, or be one, in the order of their names.
func (r *reading) unknownMembers() []ref {
	g, nested, admins := r.graph, r.config.Nested, !r.config.Admins.DirectOnly
	w := walk{graph: g, marks: make([]uint8, len(g.nodes))}
	for i := range g.groups {
		if g.groups[i].chosen {
			w.see(g.groups[i].members, nested)
			w.see(g.groups[i].admins, admins)
		}
	}
	for _, companion := range r.companions {
		w.see(g.groups[companion].members, admins)
	}
	for name := range r.marked {
		w.see([]ref{name}, false)
	}
	names := w.names
	slices.SortFunc(names, func(a, b ref) int { return cmp.Compare(g.nodes[a].name, g.nodes[b].name) })
	return names
}

// walk finds the names in lists of which it is not known what they are.
type walk struct {
	*graph

	marks []uint8 // by ref
	names []ref
}

// What a walk has done with a name. Groups are followed in lists of admins where
// those of members are not, and the other way round.
const (
	met      uint8 = 1
	followed uint8 = 2
)

// see goes through a list, and through those of the groups in it if they count.
func (w *walk) see(list []ref, nested bool) {
	do := met
	if nested {
		do |= followed
	}
	for _, name := range list {
		done := w.marks[name]
		if done&do == do {
			continue
		}
		w.marks[name] |= do
		switch n := &w.nodes[name]; {
		case n.kind == unknown && done&met == 0:
			w.names = append(w.names, name)
		case n.kind == isGroup && nested:
			w.see(w.groups[n.index].members, true)
		}
	}
}

// lookUp finds out what names are, whatever the search for people asks for. All that
// have one parent are looked for together, and who is not found then by name.
func (r *reading) lookUp(ctx context.Context, names []ref) error {
	if r.counts.lookedUp {
		for some := range slices.Chunk(names, batch) {
			filter := r.anyOf(some)
			if filter == nobody {
				continue
			}
			if err := r.searchPeople(ctx, filter); err != nil {
				return err
			}
		}
		names = slices.DeleteFunc(names, func(name ref) bool { return r.graph.nodes[name].kind != unknown })
	}
	byParent := map[string][]ref{}
	for _, name := range names {
		if r.isAccount(name) {
			byParent[""] = append(byParent[""], name)
			continue
		}
		parent := parentKey(r.graph.nodes[name].name)
		if parent == "" { // only the server can tell what it means
			if err := r.lookUpOne(ctx, name); err != nil {
				return err
			}
			continue
		}
		byParent[parent] = append(byParent[parent], name)
	}
	for _, parent := range sortedKeys(byParent) {
		for some := range slices.Chunk(byParent[parent], batch) {
			if err := r.lookUpBelow(ctx, parent, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookUpBelow looks up names that have one parent; of accounts there is none.
func (r *reading) lookUpBelow(ctx context.Context, parent string, names []ref) error {
	search := wire.Search{Base: parent, Scope: wire.One, Filter: r.anyOf(names), Attributes: r.everyAttribute(), PageSize: r.config.PageSize}
	if r.isAccount(names[0]) {
		search.Base, search.Scope = r.config.Users.BaseDN, wire.Sub
	}
	err := r.server.first.Pages(ctx, search, func(page wire.Page) error {
		for _, e := range page.Entries {
			if err := r.meet(ctx, e, names); err != nil {
				return err
			}
		}
		return nil
	})
	_, referred := wire.Referred(err)
	if err != nil && !referred && !wire.Is(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultInsufficientAccessRights) {
		return err
	}
	for _, name := range names {
		if r.graph.nodes[name].kind != unknown {
			continue
		}
		if err := r.lookUpOne(ctx, name); err != nil {
			return err
		}
	}
	return r.lookAgain(ctx, search, names)
}

// meet takes an entry that may be one of those looked for: a search by the first part
// of a name finds others as well. One entry may go by several accounts.
func (r *reading) meet(ctx context.Context, e *wire.Entry, names []ref) error {
	own := r.graph.refOf(e.DN)
	for _, name := range names {
		if name != own && !(r.isAccount(name) && r.hasAccount(e, name)) {
			continue
		}
		if err := r.classify(ctx, e, name); err != nil {
			return err
		}
	}
	return nil
}

// lookUpOne reads one entry by its name.
func (r *reading) lookUpOne(ctx context.Context, name ref) error {
	if r.isAccount(name) {
		if places := r.counts.peopleElsewhere; len(places) > 0 { // a name would lead there, and an account does not
			r.graph.is(name, elsewhere, 0)
			r.why[name] = "nobody who was read has this account, and people at " + places[0] + " were not read"
			return nil
		}
		r.graph.is(name, dangling, 0)
		return nil
	}
	e, err := r.entry(ctx, r.graph.nodes[name].name, "", r.everyAttribute())
	var broken *unreadable
	switch {
	case errors.As(err, &broken):
		r.graph.is(name, elsewhere, 0)
		r.why[name] = broken.reason
		return nil
	case err != nil:
		return err
	case e == nil:
		r.graph.is(name, dangling, 0)
		return nil
	}
	return r.classify(ctx, e, name)
}

// searchPeople reads more of the people that the search for people finds, where it was
// not read to its end.
func (r *reading) searchPeople(ctx context.Context, filter string) error {
	c := r.config
	refs, err := r.everywhere(ctx, r.server.first, wire.Search{
		Base: c.Users.BaseDN, Scope: c.Users.Scope, Filter: "(&" + c.Users.Filter + filter + ")",
		Attributes: c.userAttributes(), PageSize: c.PageSize,
	}, func(_ *wire.Conn, page wire.Page) error {
		for _, e := range page.Entries {
			if err := r.takePerson(e, false); err != nil {
				return err
			}
		}
		return nil
	})
	r.counts.peopleElsewhere = distinctTexts(append(r.counts.peopleElsewhere, refs...))
	return err
}

// lookUpPrimary reads the people whose primary group is one that is known, where not
// all people were read. It reports whether there was a group that was not asked for.
func (r *reading) lookUpPrimary(ctx context.Context) (bool, error) {
	if !r.counts.lookedUp || !r.config.Primary {
		return false, nil
	}
	attribute := r.config.primaryAttributes()[0]
	var asked []string
	for i := range r.graph.groups {
		if id := r.graph.groups[i].gid; id != 0 && !r.askedFor[id] {
			r.askedFor[id] = true
			asked = append(asked, fmt.Sprintf("(%s=%d)", attribute, uint32(id)))
		}
	}
	for some := range slices.Chunk(asked, batch) {
		if err := r.searchPeople(ctx, "(|"+strings.Join(some, "")+")"); err != nil {
			return false, err
		}
	}
	return len(asked) > 0, nil
}

// unreadable says that an entry is there, or may be, and cannot be read.
type unreadable struct{ reason string }

func (e *unreadable) Error() string { return e.reason }

// entry reads an entry by its name, also where a referral leads that may be followed.
// It is nil where there is none; one that is known to be out of reach is an
// [*unreadable].
func (r *reading) entry(ctx context.Context, name, filter string, attributes []string) (*wire.Entry, error) {
	e, err := r.server.first.Entry(ctx, name, filter, attributes)
	urls, referred := wire.Referred(err)
	if !referred {
		if wire.Is(err, ldap.LDAPResultInsufficientAccessRights) {
			return nil, &unreadable{"the account that asks may not read it"}
		}
		return e, err
	}
	for _, reference := range urls {
		place, other, err := r.refer(ctx, r.server.first, reference)
		if err != nil {
			return nil, err
		}
		if other == nil {
			continue
		}
		if place.DN != "" {
			name = place.DN
		}
		e, err := other.Entry(ctx, name, filter, attributes)
		if _, again := wire.Referred(err); again {
			break
		}
		return e, err
	}
	return nil, &unreadable{"it is on another server, which ldap.referral_hosts does not name: " + strings.Join(urls, ", ")}
}

// nobody is a filter that finds none. Some servers refuse it.
const nobody = "(|)"

// anyOf returns the filter that finds the names by the first part of each; those that
// cannot be parsed are left out.
func (r *reading) anyOf(names []ref) string {
	var filter strings.Builder
	filter.WriteString("(|")
	for _, name := range names {
		text := r.graph.nodes[name].name
		if r.isAccount(name) {
			fmt.Fprintf(&filter, "(%s=%s)", r.config.Users.Account, ldap.EscapeFilter(text))
			continue
		}
		own, err := dn.RDN(text)
		if err != nil || len(own) == 0 {
			continue
		}
		filter.WriteString("(&")
		for _, a := range own {
			fmt.Fprintf(&filter, "(%s=%s)", a.Type, ldap.EscapeFilter(a.Value))
		}
		filter.WriteString(")")
	}
	filter.WriteString(")")
	return filter.String()
}

// everyAttribute is what tells people and groups apart, and says all of either.
func (r *reading) everyAttribute() []string {
	return distinct(slices.Concat(r.config.userAttributes(), r.config.groupAttributes()))
}

// isAccount reports whether a name is that of an account, and no DN.
func (r *reading) isAccount(name ref) bool { return r.graph.nodes[name].account }

func (r *reading) hasAccount(e *wire.Entry, name ref) bool {
	want := strings.TrimSpace(r.graph.nodes[name].name)
	return slices.ContainsFunc(wire.Values(e, r.config.Users.Account), func(account string) bool {
		return strings.EqualFold(strings.TrimSpace(account), want)
	})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
