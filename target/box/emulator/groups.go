package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxText is Box's bound on provenance and description, in characters.
const maxText = 255

// groupMini is a group inside a membership.
type groupMini struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	Name      string `json:"name"`
	GroupType string `json:"group_type"`
}

func (g *group) mini() groupMini {
	return groupMini{Type: "group", ID: decimal(g.id), Name: g.name, GroupType: g.kind}
}

func (g *group) object() object {
	return object{
		"type": "group", "id": decimal(g.id), "name": g.name, "group_type": g.kind,
		"created_at": g.created.String(), "modified_at": g.modified.String(),
		"provenance":               orNull(g.settings.provenance),
		"external_sync_identifier": orNull(g.settings.identifier),
		"description":              orNull(g.settings.description),
		"invitability_level":       g.settings.invitability,
		"member_viewability_level": g.settings.viewability,
		"permissions":              map[string]bool{"can_invite_as_collaborator": true},
	}
}

// showGroup is a group as a single answer, which has more than a list entry.
func (c *call) showGroup(g *group) object {
	return c.shape(g.object(), []string{"name", "group_type", "created_at", "modified_at"})
}

// listGroups shows a caller without rights no groups, and no error either
// (issue box-java-sdk#717).
func (s *Server) listGroups(c *call) answer {
	p, refused := parsePage(c.query)
	if refused != nil {
		return *refused
	}
	seen, release := s.listed()
	defer release()
	rows := filter(seen.groups, s.app.reachesGroup)
	if !c.me.administers() {
		rows = nil
	}
	if term := fold(c.query.Get("filter_term")); term != "" {
		rows = filter(rows, func(g *group) bool { return strings.HasPrefix(fold(g.name), term) })
	}
	faults := s.faults.settings()
	return s.churned(c, collect(rows, p, faults.HideGroups, func(g *group) object {
		return c.shape(g.object(), []string{"name", "group_type"})
	}), faults.ChurnGroups, s.churnGroups)
}

func (s *Server) getGroup(c *call) answer {
	g, refused := s.visibleGroup(c)
	if refused != nil {
		return *refused
	}
	return ok(c.showGroup(g))
}

func (s *Server) createGroup(c *call) answer {
	if !c.me.administers() {
		return forbidden()
	}
	var body groupBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	if body.Name.value == "" {
		return missing("name")
	}
	if s.box.byName[body.Name.value] != nil {
		return nameTaken(body.Name.value)
	}
	g := s.box.newGroup(body.Name.value, managedGroup, s.now())
	g.byApp = true
	body.apply(g)
	s.box.groupChanged(g)
	s.record(c.me, g.effect("create_group", ""))
	return created(c.showGroup(g))
}

func (b *store) newGroup(name, kind string, at stamp) *group {
	g := &group{id: b.nextGroup, name: name, kind: kind, created: at, modified: at, settings: settings{
		invitability: "admins_and_members", viewability: "admins_and_members",
	}}
	b.insertGroup(g)
	return g
}

func (s *Server) updateGroup(c *call) answer {
	g, refused := s.writableGroup(c)
	if refused != nil {
		return *refused
	}
	var body groupBody
	if refused := body.read(c); refused != nil {
		return *refused
	}
	name := g.name
	if body.Name.given {
		name = body.Name.value
	}
	if name == "" {
		return badRequest("name", "The name must not be empty")
	}
	if other := s.box.byName[name]; other != nil && other != g {
		return nameTaken(name)
	}
	before, wasNamed := g.settings, g.name
	s.box.rename(g, name)
	body.apply(g)
	if g.settings != before || g.name != wasNamed {
		g.modified = s.now()
		s.box.groupChanged(g)
		s.record(c.me, g.effect("update_group", before.identifier))
	}
	return ok(c.showGroup(g))
}

func (s *Server) deleteGroup(c *call) answer {
	g, refused := s.writableGroup(c)
	if refused != nil {
		return *refused
	}
	s.box.removeGroup(g)
	s.record(c.me, Effect{Action: "delete_group", GroupID: decimal(g.id), Group: g.name})
	return noContent()
}

// effect is a write that made or changed the group, whose identifier was was.
func (g *group) effect(action, was string) Effect {
	e := Effect{Action: action, GroupID: decimal(g.id), Group: g.name}
	if is := g.settings.identifier; is != was {
		e.IdentifierBefore, e.IdentifierAfter = was, is
	}
	return e
}

// visibleGroup is the group that the path names, if the caller may see it.
func (s *Server) visibleGroup(c *call) (*group, *answer) {
	g := s.box.group(c.PathValue("id"))
	if g == nil || !s.app.reachesGroup(g) || !c.me.administers() && c.me.in(g) == nil {
		return nil, new(notFound("group", c.PathValue("id")))
	}
	return g, nil
}

// writableGroup is the group that the path names, if the caller may change it.
func (s *Server) writableGroup(c *call) (*group, *answer) {
	g, refused := s.visibleGroup(c)
	if refused != nil {
		return nil, refused
	}
	if g.kind == allUsersGroup || !c.me.administers() {
		return nil, new(forbidden())
	}
	return g, nil
}

// groupBody is what POST and PUT of a group take.
type groupBody struct {
	Name         text `json:"name"`
	Provenance   text `json:"provenance"`
	Identifier   text `json:"external_sync_identifier"`
	Description  text `json:"description"`
	Invitability text `json:"invitability_level"`
	Viewability  text `json:"member_viewability_level"`
}

// text is a string that may be absent; null is the same as "".
type text struct {
	given bool
	value string
}

// UnmarshalJSON is called only for keys that are there.
func (t *text) UnmarshalJSON(b []byte) error {
	t.given = true
	if err := json.Unmarshal(b, &t.value); err != nil {
		return fmt.Errorf("want a string: %w", err)
	}
	return nil
}

func (t text) to(field *string) {
	if t.given {
		*field = t.value
	}
}

func (g *groupBody) read(c *call) *answer {
	if refused := c.decode(g); refused != nil {
		return refused
	}
	for name, t := range map[string]text{"provenance": g.Provenance, "description": g.Description} {
		if utf8.RuneCountInString(t.value) > maxText {
			return new(badRequest(name, fmt.Sprintf("Must not be longer than %d characters", maxText)))
		}
	}
	for name, t := range map[string]*text{"invitability_level": &g.Invitability, "member_viewability_level": &g.Viewability} {
		switch t.value {
		case "admins_only", "admins_and_members", "all_managed_users":
		case "":
			t.given = false
		default:
			return new(badRequest(name, fmt.Sprintf("Invalid value '%s'", t.value)))
		}
	}
	return nil
}

// apply changes the settings that were given. A provenance that was set once
// cannot be cleared.
func (g *groupBody) apply(to *group) {
	if g.Provenance.value != "" {
		to.settings.provenance = g.Provenance.value
	}
	g.Identifier.to(&to.settings.identifier)
	g.Description.to(&to.settings.description)
	g.Invitability.to(&to.settings.invitability)
	g.Viewability.to(&to.settings.viewability)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func filter[T any](rows []T, keep func(T) bool) []T {
	var out []T
	for _, r := range rows {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}
