package emulator

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is Box's bound on the name of a user, in characters.
const maxName = 50

// userBody is what POST and PUT of a user take, as far as this Box keeps it.
type userBody struct {
	Name   text `json:"name"`
	Login  text `json:"login"`
	Role   text `json:"role"`
	Status text `json:"status"`
	App    bool `json:"is_platform_access_only"` // POST only
}

func (b *userBody) read(c *call) *answer {
	if refused := c.decode(b); refused != nil {
		return refused
	}
	if utf8.RuneCountInString(b.Name.value) > maxName {
		return new(badRequest("name", fmt.Sprintf("Must not be longer than %d characters", maxName)))
	}
	if b.Login.value != "" && !strings.Contains(b.Login.value, "@") {
		return new(badRequest("login", fmt.Sprintf("Invalid value '%s'", b.Login.value)))
	}
	switch b.Role.value {
	case "", "user", "coadmin":
	default:
		return new(badRequest("role", fmt.Sprintf("Invalid value '%s'", b.Role.value)))
	}
	if b.Status.value != "" && checkStatus(b.Status.value) != nil {
		return new(badRequest("status", fmt.Sprintf("Invalid value '%s'", b.Status.value)))
	}
	return nil
}

func checkStatus(status string) error {
	switch status {
	case "active", "inactive", "cannot_delete_edit", "cannot_delete_edit_upload":
		return nil
	}
	return fmt.Errorf("status %q is unknown", status)
}

// createUser makes a managed user or, with is_platform_access_only, an app
// user, whose login Box makes up.
func (s *Server) createUser(c *call) answer {
	if !c.me.administers() {
		return forbidden()
	}
	var body userBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	at := s.now()
	u := &user{
		id: s.box.nextUser, login: body.Login.value, name: body.Name.value,
		status: "active", role: "user", kind: Managed, created: at, modified: at,
	}
	if body.App {
		u.kind, u.login = App, fmt.Sprintf("AppUser_900000_%d@boxdevedition.com", u.id)
	}
	switch {
	case u.name == "":
		return missing("name")
	case u.login == "":
		return missing("login")
	case s.box.owner(u.login) != nil:
		return loginTaken()
	case !s.app.reachesUser(u):
		return forbidden()
	}
	body.apply(s.box, u)
	s.box.insertUser(u)
	s.record(c.me, u.effect("create_user"))
	return created(s.showUser(c, u))
}

// updateUser ignores keys that this Box does not keep. A login in another case
// cannot be given (Ping's documentation of its Box connector says so; the
// answer is a guess).
func (s *Server) updateUser(c *call) answer {
	u, refused := s.writableUser(c)
	if refused != nil {
		return *refused
	}
	var body userBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	if login := body.Login.value; login != "" && login != u.login {
		if other := s.box.owner(login); other != nil && (other != u || fold(login) == u.foldedLogin) {
			return loginTaken()
		}
	}
	name, login, status, role := u.name, u.login, u.status, u.role
	body.apply(s.box, u)
	if body.Login.value != "" && body.Login.value != u.login {
		s.box.giveLogin(u, body.Login.value, u.modified)
	}
	if u.name != name || u.login != login || u.status != status || u.role != role {
		u.modified = s.now()
		s.box.userChanged(u)
		s.record(c.me, u.effect("update_user"))
	}
	return ok(s.showUser(c, u))
}

// deleteUser has no content to ask about, so `force` changes nothing.
func (s *Server) deleteUser(c *call) answer {
	u, refused := s.writableUser(c)
	if refused != nil {
		return *refused
	}
	s.record(c.me, u.effect("delete_user"))
	s.box.removeUser(u)
	return noContent()
}

// writableUser is the user that the path names, if the caller may change them.
// Nobody may change the main admin, the service account and users of another
// enterprise (a guess).
func (s *Server) writableUser(c *call) (*user, *answer) {
	u, refused := s.visibleUser(c)
	if refused != nil {
		return nil, refused
	}
	if !c.me.administers() || u.kind == Service || u.kind == External || u.role == "admin" {
		return nil, new(forbidden())
	}
	return u, nil
}

// apply changes what was given, but for the login.
func (b *userBody) apply(box *store, u *user) {
	if b.Name.value != "" {
		u.name, u.folded = b.Name.value, fold(b.Name.value)
	}
	if b.Status.value != "" {
		u.status = b.Status.value
	}
	if b.Role.value != "" {
		box.setEnterpriseRole(u, b.Role.value)
	}
}

// setEnterpriseRole ends the user's being group admin where the two exclude
// each other.
func (b *store) setEnterpriseRole(u *user, role string) {
	if u.role == role {
		return
	}
	u.role = role
	for _, m := range u.memberships {
		m.set(m.role, m.permissions)
		b.membershipChanged(m)
	}
	b.revision++
}

func (u *user) effect(action string) Effect {
	return Effect{Action: action, UserID: decimal(u.id), Login: u.login}
}
