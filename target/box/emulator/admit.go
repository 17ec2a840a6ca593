package emulator

import "fmt"

// admitUser and the like insert what comes from outside, if it is sound.
func (b *store) admitUser(u *user, aliases []alias) error {
	switch {
	case u.id == 0 || b.userByID[u.id] != nil:
		return fmt.Errorf("user id %d is zero or there twice", u.id)
	case u.login == "" || b.owner(u.login) != nil:
		return fmt.Errorf("login %q of user %d is empty or there twice", u.login, u.id)
	case (u.id == serviceID) != (u.kind == Service):
		return fmt.Errorf("user %d cannot be of kind %q", u.id, u.kind)
	}
	switch u.kind {
	case Managed, App, External, Service:
	default:
		return fmt.Errorf("user %d has the unknown kind %q", u.id, u.kind)
	}
	if checkEnterpriseRole(u.role) != nil {
		return fmt.Errorf("user %d has the unknown role %q", u.id, u.role)
	}
	if checkStatus(u.status) != nil {
		return fmt.Errorf("user %d has the unknown status %q", u.id, u.status)
	}
	taken := map[string]bool{fold(u.login): true}
	for _, a := range aliases {
		if a.id == 0 || a.email == "" || taken[fold(a.email)] || b.owner(a.email) != nil {
			return fmt.Errorf("alias %d of user %d, %q, is empty or there twice", a.id, u.id, a.email)
		}
		taken[fold(a.email)] = true
	}
	b.insertUser(u)
	for _, a := range aliases {
		b.insertAlias(u, a)
	}
	return nil
}

func (b *store) admitGroup(g *group) error {
	switch {
	case g.id == 0 || b.groupByID[g.id] != nil:
		return fmt.Errorf("group id %d is zero or there twice", g.id)
	case g.name == "" || b.byName[g.name] != nil:
		return fmt.Errorf("name %q of group %d is empty or there twice", g.name, g.id)
	case g.kind != managedGroup && g.kind != allUsersGroup:
		return fmt.Errorf("group %d has the unknown type %q", g.id, g.kind)
	}
	for _, c := range g.collaborations {
		b.nextCollaboration = max(b.nextCollaboration, c.id+1)
	}
	b.insertGroup(g)
	return nil
}

func (b *store) admitMembership(sm stateMembership) error {
	g, u := b.groupByID[sm.Group], b.userByID[sm.User]
	switch {
	case sm.ID == 0 || b.members[sm.ID] != nil:
		return fmt.Errorf("membership id %d is zero or there twice", sm.ID)
	case g == nil || u == nil:
		return fmt.Errorf("membership %d is of group %d and user %d, which are not both there", sm.ID, sm.Group, sm.User)
	case u.in(g) != nil:
		return fmt.Errorf("membership %d: user %d is in group %d twice", sm.ID, sm.User, sm.Group)
	}
	if err := checkRole(sm.Role); err != nil {
		return fmt.Errorf("membership %d: %w", sm.ID, err)
	}
	m := &membership{id: sm.ID, group: g, user: u, created: stampOf(sm.Created), modified: stampOf(sm.Modified)}
	var p permissions
	for key, on := range sm.Permissions {
		bit, known := permissionBit(key)
		if !known {
			return fmt.Errorf("membership %d has the unknown permission %q", sm.ID, key)
		}
		if on {
			p |= bit
		}
	}
	m.set(sm.Role, p)
	b.insertMembership(m)
	return nil
}
