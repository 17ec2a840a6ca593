package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// seedPerson is what a row says of a person, in the order of personColumns.
type seedPerson [5]string

// personColumn is one of these things.
type personColumn struct {
	one, many string // in messages
	apply     func(*store, *user, string) error
}

func personColumns() [len(seedPerson{})]personColumn {
	return [...]personColumn{
		{"a name", "names", func(_ *store, u *user, name string) error {
			u.name, u.folded = name, fold(name)
			return nil
		}},
		{"a status", "statuses", func(_ *store, u *user, status string) error {
			u.status = status
			return checkStatus(status)
		}},
		{"an enterprise_role", "enterprise roles", func(b *store, u *user, role string) error {
			b.setEnterpriseRole(u, role)
			return checkEnterpriseRole(role)
		}},
		{"a kind", "kinds", func(_ *store, u *user, kind string) error { return u.seedKind(Kind(kind)) }},
		{"aliases", "aliases", func(b *store, u *user, addresses string) error {
			for a := range strings.FieldsSeq(addresses) {
				if err := b.addAlias(u, a); err != nil {
					return fmt.Errorf("alias of %s: %w", u.login, err)
				}
			}
			return nil
		}},
	}
}

func (u *user) seedKind(kind Kind) error {
	switch kind {
	case Managed, App:
	case External:
		if len(u.memberships) > 0 {
			return fmt.Errorf("%s is in a group and cannot be external", u.login)
		}
	default:
		return fmt.Errorf("kind %q is none of %s, %s and %s", kind, Managed, App, External)
	}
	u.kind = kind
	return nil
}

// first is the index of the first thing that is said, or -1.
func (p seedPerson) first() int {
	return slices.IndexFunc(p[:], func(s string) bool { return s != "" })
}

// user gives the row's user, making it at its first appearance; nil if the row
// has none. Who has no name yet is called by the login.
func (in *seeder) user(r seedRow) (*user, error) {
	if r.login == "" {
		return nil, nil
	}
	u := in.box.byLogin[fold(r.login)]
	if u == nil {
		if in.box.owner(r.login) != nil {
			return nil, fmt.Errorf("%s is somebody's alias already", r.login)
		}
		u = &user{
			id: in.box.nextUser, login: r.login, name: r.login, status: "active", role: "user",
			kind: Managed, created: in.at, modified: in.at,
		}
		in.box.insertUser(u)
	}
	said := in.said[u]
	for i, column := range personColumns() {
		is, was := r.person[i], said[i]
		switch {
		case is == "" || is == was:
			continue
		case was != "":
			return nil, fmt.Errorf("%s has the %s %q and %q", r.login, column.many, was, is)
		}
		if err := column.apply(in.box, u, is); err != nil {
			return nil, err
		}
		said[i] = is
	}
	in.said[u] = said
	return u, nil
}
