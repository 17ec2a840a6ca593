package emulator

import (
	"slices"
	"time"
)

// GroupView is a group as it is now.
type GroupView struct {
	ID                     string
	Name                   string
	Type                   string // managed_group or all_users_group
	ExternalSyncIdentifier string
	Provenance             string
	Description            string
	InvitabilityLevel      string
	MemberViewabilityLevel string
	Members                int
}

// Groups returns all groups, by id.
func (s *Server) Groups() []GroupView {
	s.carryOut(time.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	return entries(s.box.groups, func(g *group) GroupView {
		return GroupView{
			ID: decimal(g.id), Name: g.name, Type: g.kind,
			ExternalSyncIdentifier: g.settings.identifier, Provenance: g.settings.provenance,
			Description: g.settings.description, InvitabilityLevel: g.settings.invitability,
			MemberViewabilityLevel: g.settings.viewability, Members: len(g.memberships),
		}
	})
}

// Group returns the group of exactly that name.
func (s *Server) Group(name string) (GroupView, bool) {
	groups := s.Groups()
	i := slices.IndexFunc(groups, func(g GroupView) bool { return g.Name == name })
	if i < 0 {
		return GroupView{}, false
	}
	return groups[i], true
}

// Members returns "login role" for each member of the group of exactly that
// name, sorted; nil when there is no such group.
func (s *Server) Members(group string) []string {
	s.carryOut(time.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.box.byName[group]
	if g == nil {
		return nil
	}
	out := entries(g.memberships, func(m *membership) string { return m.user.login + " " + m.role })
	slices.Sort(out)
	return out
}

// User is an account, as it is or as it is to be added.
type User struct {
	ID      string // decimal; AddUser assigns the next one when empty
	Login   string
	Name    string
	Status  string   // default active
	Role    string   // user, coadmin or admin of the enterprise; default user
	Kind    Kind     // default Managed
	Aliases []string // more addresses, never the login
}

// Users returns all users, the service account included, by id.
func (s *Server) Users() []User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return entries(s.box.users, func(u *user) User {
		out := User{ID: decimal(u.id), Login: u.login, Name: u.name, Status: u.status, Role: u.role, Kind: u.kind}
		for _, a := range u.aliases {
			out.Aliases = append(out.Aliases, a.email)
		}
		return out
	})
}
