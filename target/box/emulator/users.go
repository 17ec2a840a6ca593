package emulator

import (
	"encoding/base64"
	"maps"
	"strconv"
	"strings"
)

// userMini is a user inside a membership.
type userMini struct {
	Type  string `json:"type"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Login string `json:"login"`
}

func (u *user) mini() userMini {
	return userMini{Type: "user", ID: decimal(u.id), Name: u.name, Login: u.login}
}

// standardUserFields are shown when `fields` does not say otherwise.
func standardUserFields() []string {
	return []string{
		"name", "login", "created_at", "modified_at", "language", "timezone", "space_amount", "space_used",
		"max_upload_size", "status", "job_title", "phone", "address", "avatar_url", "notification_email",
	}
}

// userObject is a user with every field. Of an external user most are null,
// because they are another enterprise's business.
func (s *Server) userObject(u *user) object {
	o := object{
		"type": "user", "id": decimal(u.id), "name": u.name, "login": u.login,
		"external_app_user_id": nil, "notification_email": nil,
	}
	if u.kind == External {
		for _, f := range append(standardUserFields(), "role", "enterprise", "is_platform_access_only", "tracking_codes") {
			if _, known := o[f]; !known {
				o[f] = nil
			}
		}
		return o
	}
	maps.Copy(o, object{
		"created_at": u.created.String(), "modified_at": u.modified.String(),
		"language": "en", "timezone": "America/Los_Angeles",
		"space_amount": 10737418240, "space_used": 0, "max_upload_size": 5368709120,
		"status": u.status, "job_title": "", "phone": "", "address": "",
		"avatar_url": "https://acme.app.box.example/api/avatar/large/" + decimal(u.id),
		"role":       u.role, "is_platform_access_only": u.kind == App || u.kind == Service,
		"tracking_codes": []any{},
		"enterprise":     map[string]string{"type": "enterprise", "id": s.opts.EnterpriseID, "name": s.opts.EnterpriseName},
	})
	return o
}

func (s *Server) showUser(c *call, u *user) object {
	return c.shape(s.userObject(u), standardUserFields())
}

func (s *Server) getMe(c *call) answer { return ok(s.showUser(c, c.me)) }

func (s *Server) getUser(c *call) answer {
	u, refused := s.visibleUser(c)
	if refused != nil {
		return *refused
	}
	return ok(s.showUser(c, u))
}

// visibleUser is the user that the path names, if the caller may see them.
func (s *Server) visibleUser(c *call) (*user, *answer) {
	u := s.box.user(c.PathValue("id"))
	if u == nil || u != c.me && !(c.me.administers() && s.app.reachesUser(u)) {
		return nil, new(notFound("user", c.PathValue("id")))
	}
	return u, nil
}

func (s *Server) listUsers(c *call) answer {
	if !c.me.administers() {
		return forbidden()
	}
	matches, refused := userFilter(c.query.Get("user_type"), c.query.Get("filter_term"))
	if refused != nil {
		return *refused
	}
	named := c.query.Get("external_app_user_id") != "" // by an app, as nobody here is
	keep := func(u *user) bool { return !named && matches(u) && s.app.reachesUser(u) }
	every := s.faults.settings().ChurnUsers
	if c.query.Get("usemarker") == "true" {
		return s.churned(c, s.listUsersFromMarker(c, keep), every, s.churnUsers)
	}
	p, refused := parsePage(c.query)
	if refused != nil {
		return *refused
	}
	seen, release := s.listed()
	defer release()
	return s.churned(c, collect(filter(seen.users, keep), p, s.faults.settings().HideUsers, func(u *user) object {
		return s.showUser(c, u)
	}), every, s.churnUsers)
}

// userFilter chooses users. Those of the enterprise match a term with the
// beginning of their name or login; external ones with their whole login only,
// and are in no list without a term.
func userFilter(kind, term string) (func(*user) bool, *answer) {
	term = fold(term)
	managed := func(u *user) bool {
		return u.kind != External && (strings.HasPrefix(u.foldedLogin, term) || strings.HasPrefix(u.folded, term))
	}
	external := func(u *user) bool { return u.kind == External && term != "" && u.foldedLogin == term }
	switch kind {
	case "", "managed":
		return func(u *user) bool { return u.kind != Service && managed(u) }, nil
	case "external":
		return external, nil
	case "all":
		return func(u *user) bool { return managed(u) || external(u) }, nil
	}
	return nil, new(badRequest("user_type", "Invalid value '"+kind+"'"))
}

// markedUsers is a list that is paged by marker. It has no total.
type markedUsers struct {
	Limit      int      `json:"limit"`
	NextMarker any      `json:"next_marker"` // null on the last page
	Entries    []object `json:"entries"`
}

func (s *Server) listUsersFromMarker(c *call, keep func(*user) bool) answer {
	limit, refused := parseLimit(c.query)
	if refused != nil {
		return *refused
	}
	if c.query.Has("offset") {
		return badRequest("offset", "offset and usemarker exclude each other")
	}
	last, err := parseMarker(c.query.Get("marker"))
	if err != nil {
		return badRequest("marker", "Invalid value '"+c.query.Get("marker")+"'")
	}
	seen, release := s.listed()
	defer release()
	var rows []*user
	var next any
	for _, u := range seen.users[after(seen.users, last, (*user).key):] {
		if !keep(u) {
			continue
		}
		if len(rows) == limit {
			next = marker(rows[limit-1].id)
			break
		}
		rows = append(rows, u)
	}
	rows = hide(rows, s.faults.settings().HideUsers)
	return ok(markedUsers{Limit: limit, NextMarker: next, Entries: entries(rows, func(u *user) object {
		return s.showUser(c, u)
	})})
}

// A marker is opaque to clients: it names the last row that was passed, so that
// users who come and go meanwhile shift nothing.
func marker(last uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("u:" + decimal(last)))
}

func parseMarker(m string) (uint64, error) {
	if m == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(m)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimPrefix(string(b), "u:"), 10, 64)
}
