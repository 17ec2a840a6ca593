package emulator

import (
	"encoding/json"
)

// membershipEntry is a membership in a list, where Box shows no dates and no
// permissions.
type membershipEntry struct {
	Type  string    `json:"type"`
	ID    string    `json:"id"`
	User  userMini  `json:"user"`
	Group groupMini `json:"group"`
	Role  string    `json:"role"`
}

func (m *membership) entry() membershipEntry {
	return membershipEntry{
		Type: "group_membership", ID: decimal(m.id), User: m.user.mini(), Group: m.group.mini(), Role: m.role,
	}
}

// showMembership is a membership as a single answer.
func (c *call) showMembership(m *membership) object {
	o := object{
		"type": "group_membership", "id": decimal(m.id), "user": m.user.mini(), "group": m.group.mini(), "role": m.role,
		"created_at": m.created.String(), "modified_at": m.modified.String(), "configurable_permissions": nil,
	}
	if m.role == roleAdmin {
		o["configurable_permissions"] = m.permissions.object()
	}
	return c.shape(o, []string{"user", "group", "role", "created_at", "modified_at", "configurable_permissions"})
}

// listGroupMemberships ignores `fields`, which Box does not document here.
func (s *Server) listGroupMemberships(c *call) answer {
	seen, release := s.listed()
	defer release()
	g := seen.group(c.PathValue("id"))
	if _, refused := s.visibleGroup(c); refused != nil && !s.showed(seen, c.me, g) {
		return *refused
	}
	if g == nil { // too new to be seen
		return s.listMemberships(c, nil)
	}
	return s.churned(c, s.listMemberships(c, g.memberships), s.faults.settings().ChurnMembers, s.churnMembers(c.PathValue("id")))
}

func (s *Server) listUserMemberships(c *call) answer {
	seen, release := s.listed()
	defer release()
	u := seen.user(c.PathValue("id"))
	if _, refused := s.visibleUser(c); refused != nil && !s.showedUser(c.me, u) {
		return *refused
	}
	if u == nil { // too new to be seen
		return s.listMemberships(c, nil)
	}
	return s.listMemberships(c, filter(u.memberships, func(m *membership) bool { return s.app.reachesGroup(m.group) }))
}

func (s *Server) listMemberships(c *call, rows []*membership) answer {
	p, refused := parsePage(c.query)
	if refused != nil {
		return *refused
	}
	return collect(rows, p, s.faults.settings().HideMembers, (*membership).entry)
}

// membershipBody is what POST and PUT of a membership take.
type membershipBody struct {
	User        reference       `json:"user"`
	Group       reference       `json:"group"`
	Role        text            `json:"role"`
	Permissions json.RawMessage `json:"configurable_permissions"`
}

type reference struct {
	ID string `json:"id"`
}

// read decodes the body. A role that is absent or null comes out as the
// fallback; permissions that are absent come out as all, which is what the web
// console gives a new admin.
func (m *membershipBody) read(c *call) *answer {
	if refused := c.decode(m); refused != nil {
		return refused
	}
	if m.Role.value != "" {
		if err := checkRole(m.Role.value); err != nil {
			return new(badRequest("role", err.Error()))
		}
	}
	if _, err := parsePermissions(m.Permissions, 0); err != nil {
		return new(badRequest("configurable_permissions", err.Error()))
	}
	return nil
}

func (s *Server) createMembership(c *call) answer {
	var body membershipBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	switch {
	case body.User.ID == "":
		return missing("user.id")
	case body.Group.ID == "":
		return missing("group.id")
	}
	g := s.box.group(body.Group.ID)
	if g == nil || !s.app.reachesGroup(g) || !c.me.manages(g) && c.me.in(g) == nil {
		return notFound("group", body.Group.ID)
	}
	if g.kind == allUsersGroup || !c.me.manages(g) {
		return forbidden()
	}
	u := s.box.user(body.User.ID)
	if u == nil || u != c.me && !s.app.reachesUser(u) {
		return notFound("user", body.User.ID)
	}
	if u.kind == External {
		return badRequest("user", "Only managed users can be members of a group")
	}
	if s.box.barred[pair{u, g}] {
		return blocked()
	}
	if u.in(g) != nil {
		return alreadyMember(body.User.ID)
	}
	role := roleMember
	if body.Role.value != "" {
		role = body.Role.value
	}
	// read has checked them
	p, _ := parsePermissions(body.Permissions, allPermissions)
	m := s.box.addMembership(g, u, role, p, s.now())
	s.record(c.me, m.effect("add_member", "", m.role))
	return created(c.showMembership(m))
}

func (s *Server) getMembership(c *call) answer {
	m, refused := s.managedMembership(c)
	if refused != nil {
		return *refused
	}
	return ok(c.showMembership(m))
}

func (s *Server) updateMembership(c *call) answer {
	m, refused := s.writableMembership(c)
	if refused != nil {
		return *refused
	}
	var body membershipBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	role, fallback := m.role, m.permissions
	if body.Role.value != "" {
		role = body.Role.value
	}
	if m.role == roleMember {
		fallback = allPermissions
	}
	// read has checked them
	p, _ := parsePermissions(body.Permissions, fallback)
	before, could := m.role, m.permissions
	m.set(role, p)
	if m.role != before || m.permissions != could {
		m.modified = s.now()
		s.box.membershipChanged(m)
		s.record(c.me, m.effect("change_member", before, m.role))
	}
	return ok(c.showMembership(m))
}

func (s *Server) deleteMembership(c *call) answer {
	m, refused := s.writableMembership(c)
	if refused != nil {
		return *refused
	}
	s.box.removeMembership(m)
	s.record(c.me, m.effect("remove_member", m.role, ""))
	return noContent()
}

// manages says whether the user may see and change single memberships of g.
func (u *user) manages(g *group) bool {
	if u.administers() {
		return true
	}
	m := u.in(g)
	return m != nil && m.role == roleAdmin
}

// managedMembership is the membership that the path names, if the caller
// manages its group.
func (s *Server) managedMembership(c *call) (*membership, *answer) {
	m := s.box.membership(c.PathValue("id"))
	if m == nil || !s.app.reachesGroup(m.group) || !c.me.manages(m.group) {
		return nil, new(notFound("group_membership", c.PathValue("id")))
	}
	return m, nil
}

func (s *Server) writableMembership(c *call) (*membership, *answer) {
	m, refused := s.managedMembership(c)
	if refused == nil && m.group.kind == allUsersGroup {
		return nil, new(forbidden())
	}
	return m, refused
}

func (m *membership) effect(action, before, after string) Effect {
	return Effect{
		Action: action, GroupID: decimal(m.group.id), Group: m.group.name,
		UserID: decimal(m.user.id), Login: m.user.login, MembershipID: decimal(m.id),
		RoleBefore: before, RoleAfter: after,
	}
}
