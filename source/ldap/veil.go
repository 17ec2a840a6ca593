package ldap

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/dn"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// veil tells a member that is not there from one that may be there and not be shown.
// A directory answers the same for both: no such entry. One who is missing counts
// for one; a group that is hidden may stand for hundreds, so that a group which may
// lack one is not whole.
type veil struct {
	*reading

	ofGroups map[string]bool // the parents of groups that have no people below them; nil: not looked for yet
}

// groupsOnly returns the keys of the places where groups are, and no people.
func (v *veil) groupsOnly() map[string]bool {
	if v.ofGroups != nil {
		return v.ofGroups
	}
	v.ofGroups = map[string]bool{}
	for i := range v.graph.groups {
		v.ofGroups[parentKey(v.graph.groups[i].dn)] = true
	}
	for i := range v.graph.people {
		delete(v.ofGroups, parentKey(v.graph.people[i].dn))
	}
	delete(v.ofGroups, "")
	return v.ofGroups
}

// lookBesideGroups looks for somebody in each place with groups where a member is
// missing, if not all people were read: else it would seem to have none.
func (r *reading) lookBesideGroups(ctx context.Context) error {
	if !r.counts.lookedUp {
		return nil
	}
	v, c := veil{reading: r}, r.config
	asked := map[string]bool{}
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		place := parentKey(n.name)
		switch {
		case n.kind != dangling || asked[place] || !v.groupsOnly()[place]:
			continue
		case !c.peopleBelow(place):
			continue // nobody is searched for there
		}
		asked[place] = true
		search := wire.Search{Base: place, Scope: wire.One, Filter: c.Users.Filter, Attributes: c.userAttributes(), PageSize: 1}
		err := r.server.first.Pages(ctx, search, func(page wire.Page) error {
			if len(page.Entries) == 0 {
				return nil
			}
			if err := r.takePerson(page.Entries[0], false); err != nil {
				return err
			}
			return errEnough
		})
		if err != nil && !errors.Is(err, errEnough) && !wire.Is(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultInsufficientAccessRights) {
			return err
		}
	}
	return nil
}

// over says why a member that was not found may be there all the same, or nothing.
func (v *veil) over(member ref) string {
	if slices.Contains(v.config.People.Tolerate, source.Dangling) {
		return "" // that may be, says the configuration
	}
	name := v.graph.nodes[member].name
	key, err := dn.Key(name)
	switch {
	case v.veiled[member]:
		return "it does not show what it is, as the account that asks may not read it"
	case err != nil || dn.Deleted(key):
		return ""
	case v.activeDirectory():
		return "it cannot be read, and Active Directory lists nobody who is not there"
	case v.groupsOnly()[parentKey(name)]:
		return "it is where groups are, and cannot be read"
	case !within(key, v.config.Users.BaseDN):
		return "it is not below users.base_dn, and cannot be read"
	default:
		return ""
	}
}

// activeDirectory reports whether the server says that it is Active Directory, or the
// configuration does: a server need not show what it is.
func (r *reading) activeDirectory() bool {
	return r.server.root.ActiveDirectory || r.config.Preset == ActiveDirectory
}

// within reports whether a key is of the base, or below it.
func within(key, base string) bool {
	baseKey, err := dn.Key(base)
	return err == nil && dn.Within(key, baseKey)
}

// keyOrNone returns the key of a name, or "" for what is none.
func keyOrNone(name string) string {
	key, err := dn.Key(name)
	if err != nil {
		return ""
	}
	return key
}

// parentKey returns the key of the parent of a name, or "".
func parentKey(name string) string {
	parent, _ := dn.Parent(keyOrNone(name))
	return parent
}
