package emulator

import (
	"cmp"
	"fmt"
	"strconv"
)

// The methods in this file change the Box behind the API's back, for tests:
// they meet no faults and leave no trace in journal, events and counts.

// AddUser adds an account and returns its id. Login and aliases must be new,
// case disregarded.
func (s *Server) AddUser(u User) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.now()
	added := &user{
		id: s.box.nextUser, login: u.Login, name: u.Name,
		status: cmp.Or(u.Status, "active"), role: cmp.Or(u.Role, "user"), kind: cmp.Or(u.Kind, Managed),
		created: at, modified: at,
	}
	if u.ID != "" {
		id, err := strconv.ParseUint(u.ID, 10, 64)
		if err != nil {
			return "", fmt.Errorf("add user %s: %w", u.Login, err)
		}
		added.id = id
	}
	aliases := make([]alias, len(u.Aliases))
	for i, address := range u.Aliases {
		aliases[i] = alias{id: s.box.nextAlias + uint64(i), email: address}
	}
	if err := s.box.admitUser(added, aliases); err != nil {
		return "", fmt.Errorf("add user: %w", err)
	}
	return decimal(added.id), nil
}

// SetLogin gives an account another login, which must be nobody's. The old one
// stays as an alias.
func (s *Server) SetLogin(from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.box.byLogin[fold(from)]
	if u == nil || u.kind == Service {
		return fmt.Errorf("set the login of %s: no such user, or the service account", from)
	}
	if other := s.box.owner(to); to == "" || other != nil && other != u {
		return fmt.Errorf("set the login of %s to %q: it is empty, or somebody else's", from, to)
	}
	s.box.giveLogin(u, to, s.now())
	s.box.userChanged(u)
	return nil
}

// RemoveUser deletes an account and its memberships.
func (s *Server) RemoveUser(login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.box.byLogin[fold(login)]
	if u == nil || u.kind == Service {
		return fmt.Errorf("remove user %s: no such user, or the service account", login)
	}
	s.box.removeUser(u)
	return nil
}

// AddGroup adds an empty group and returns its id. The identifier may be empty.
func (s *Server) AddGroup(name, externalSyncIdentifier string) (string, error) {
	return s.addGroup(name, managedGroup, externalSyncIdentifier)
}

// AddAllUsersGroup adds the built-in group that nobody may change.
func (s *Server) AddAllUsersGroup(name string) (string, error) {
	return s.addGroup(name, allUsersGroup, "")
}

func (s *Server) addGroup(name, kind, identifier string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" || s.box.byName[name] != nil {
		return "", fmt.Errorf("add group %q: the name is empty or taken", name)
	}
	g := s.box.newGroup(name, kind, s.now())
	g.settings.identifier = identifier
	s.box.groupChanged(g)
	return decimal(g.id), nil
}

// RenameGroup gives a group another name.
func (s *Server) RenameGroup(from, to string) error {
	return s.changeGroup(from, func(g *group) error {
		if to == "" || s.box.byName[to] != nil {
			return fmt.Errorf("the name %q is empty or taken", to)
		}
		s.box.rename(g, to)
		return nil
	})
}

// SetIdentifier gives a group another external_sync_identifier.
func (s *Server) SetIdentifier(name, identifier string) error {
	return s.changeGroup(name, func(g *group) error {
		g.settings.identifier = identifier
		s.box.groupChanged(g)
		return nil
	})
}

// SetDescription gives a group another description.
func (s *Server) SetDescription(name, description string) error {
	return s.changeGroup(name, func(g *group) error {
		g.settings.description = description
		return nil
	})
}

// RemoveGroup deletes a group and its memberships.
func (s *Server) RemoveGroup(name string) error {
	return s.changeGroup(name, func(g *group) error {
		s.box.removeGroup(g)
		return nil
	})
}

// AddMember puts a user into a group, a new admin with every permission, and
// returns the membership's id.
func (s *Server) AddMember(name, login, role string) (string, error) {
	var id string
	err := s.changeMember(name, login, func(g *group, u *user, m *membership) error {
		if m != nil {
			return fmt.Errorf("%s is in it already", login)
		}
		if err := checkRole(role); err != nil {
			return err
		}
		id = decimal(s.box.addMembership(g, u, role, allPermissions, s.now()).id)
		return nil
	})
	return id, err
}

// SetRole changes a member's role; a new admin has every permission.
func (s *Server) SetRole(name, login, role string) error {
	return s.changeMember(name, login, func(_ *group, _ *user, m *membership) error {
		if m == nil {
			return fmt.Errorf("%s is not in it", login)
		}
		if err := checkRole(role); err != nil {
			return err
		}
		m.set(role, allPermissions)
		m.modified = s.now()
		s.box.membershipChanged(m)
		return nil
	})
}

// RemoveMember takes a user out of a group.
func (s *Server) RemoveMember(name, login string) error {
	return s.changeMember(name, login, func(_ *group, _ *user, m *membership) error {
		if m == nil {
			return fmt.Errorf("%s is not in it", login)
		}
		s.box.removeMembership(m)
		return nil
	})
}

func (s *Server) changeGroup(name string, change func(*group) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.box.byName[name]
	if g == nil {
		return fmt.Errorf("no group %q", name)
	}
	if err := change(g); err != nil {
		return fmt.Errorf("group %q: %w", name, err)
	}
	s.box.revision++
	return nil
}

// changeMember hands over the membership, too, nil if there is none.
func (s *Server) changeMember(name, login string, change func(*group, *user, *membership) error) error {
	return s.changeGroup(name, func(g *group) error {
		u := s.box.byLogin[fold(login)]
		if u == nil {
			return fmt.Errorf("no user %s", login)
		}
		return change(g, u, u.in(g))
	})
}
