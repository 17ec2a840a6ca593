package emulator

import "fmt"

// The methods in this file change users behind the API's back, as those of
// mutate.go change groups.

// AddAlias gives a user another address, which must be nobody's.
func (s *Server) AddAlias(login, address string) error {
	return s.changeUser(login, func(u *user) error { return s.box.addAlias(u, address) })
}

// RemoveAlias takes an address, but not the login, away from a user.
func (s *Server) RemoveAlias(login, address string) error {
	return s.changeUser(login, func(u *user) error {
		if !s.box.dropAlias(u, address) {
			return fmt.Errorf("%q is no alias", address)
		}
		return nil
	})
}

// SetStatus makes a user active, inactive, cannot_delete_edit or
// cannot_delete_edit_upload.
func (s *Server) SetStatus(login, status string) error {
	return s.changeUser(login, func(u *user) error {
		if err := checkStatus(status); err != nil {
			return err
		}
		u.status = status
		return nil
	})
}

// SetEnterpriseRole makes a user a user, a coadmin or the admin of the
// enterprise. The latter two are group admins no longer.
func (s *Server) SetEnterpriseRole(login, role string) error {
	return s.changeUser(login, func(u *user) error {
		if err := checkEnterpriseRole(role); err != nil {
			return err
		}
		s.box.setEnterpriseRole(u, role)
		return nil
	})
}

// SetBarrier refuses to put a user into a group, as an information barrier
// does, until [Server.RemoveBarrier]. Who is in it stays. State files do not
// keep it.
func (s *Server) SetBarrier(login, name string) error {
	return s.changeMember(name, login, func(g *group, u *user, _ *membership) error {
		s.box.barred[pair{u, g}] = true
		return nil
	})
}

// RemoveBarrier undoes SetBarrier.
func (s *Server) RemoveBarrier(login, name string) error {
	return s.changeMember(name, login, func(g *group, u *user, _ *membership) error {
		delete(s.box.barred, pair{u, g})
		return nil
	})
}

func (s *Server) changeUser(login string, change func(*user) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.box.byLogin[fold(login)]
	if u == nil || u.kind == Service {
		return fmt.Errorf("user %s: no such user, or the service account", login)
	}
	if err := change(u); err != nil {
		return fmt.Errorf("user %s: %w", login, err)
	}
	u.modified = s.now()
	s.box.userChanged(u)
	s.box.revision++
	return nil
}

func checkEnterpriseRole(role string) error {
	switch role {
	case "user", "coadmin", "admin":
		return nil
	}
	return fmt.Errorf("enterprise role %q is unknown", role)
}
