package stories_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// writes tells what the last run was sent to write: what took effect, in names and
// sorted, what was answered otherwise than well, and how many requests there were.
func (b *box) writes() string {
	names := map[string]string{}
	for id, g := range b.last {
		names[id] = g.name
	}
	var lines []string
	for _, e := range b.Journal() {
		lines = append(lines, effect(e, names))
	}
	_, sent := b.Sent()
	for _, s := range sent {
		if s.Status/100 != 2 {
			path := regexp.MustCompile(`/\d+`).ReplaceAllString(strings.TrimPrefix(s.Path, "/2.0"), "/…")
			answer := fmt.Sprint("answered ", s.Status)
			if s.Status == 0 {
				answer = "not answered"
			}
			lines = append(lines, answer+": "+s.Method+" "+path)
		}
	}
	if len(sent) == 0 && len(lines) == 0 {
		return "none\n"
	}
	slices.Sort(lines)
	requests := fmt.Sprintf("%d requests", len(sent))
	if len(sent) == 1 {
		requests = "1 request"
	}
	return strings.Join(append(lines, requests), "\n") + "\n"
}

// effect says what a write did. Names are those of the groups before it, by id.
func effect(e emulator.Effect, names map[string]string) string {
	before := names[e.GroupID]
	if e.GroupID != "" {
		names[e.GroupID] = e.Group
	}
	identifier := fmt.Sprintf("%s -> %s", cmp.Or(e.IdentifierBefore, "none"), cmp.Or(e.IdentifierAfter, "none"))
	switch e.Action {
	case "create_group":
		return fmt.Sprintf("create group %s [%s]", e.Group, e.IdentifierAfter)
	case "update_group":
		var what []string
		if before != e.Group {
			what = append(what, "rename to "+e.Group)
		}
		if e.IdentifierBefore != e.IdentifierAfter {
			what = append(what, "identifier "+identifier)
		}
		return fmt.Sprintf("group %s: %s", before, cmp.Or(strings.Join(what, ", "), "settings"))
	case "add_member":
		return fmt.Sprintf("add %s to %s as %s", e.Login, e.Group, e.RoleAfter)
	case "remove_member":
		return fmt.Sprintf("remove %s from %s (%s)", e.Login, e.Group, e.RoleBefore)
	case "change_member":
		return fmt.Sprintf("change %s in %s: %s -> %s", e.Login, e.Group, e.RoleBefore, e.RoleAfter)
	}
	return fmt.Sprintf("%s %s%s", e.Action, e.Group, e.Login)
}

// scene is who is in which group, by the group's id.
type scene map[string]sceneGroup

type sceneGroup struct {
	name, identifier string
	members          map[string]string // by the user's id: "login role"
}

func (b *box) scene() scene {
	ids := map[string]string{}
	for _, u := range b.Users() {
		ids[u.Login] = u.ID
	}
	out := scene{}
	for _, g := range b.Groups() {
		members := map[string]string{}
		for _, m := range b.Members(g.Name) {
			login, _, _ := strings.Cut(m, " ")
			members[ids[login]] = m
		}
		out[g.ID] = sceneGroup{g.Name, g.ExternalSyncIdentifier, members}
	}
	return out
}

// became tells what became of Box since the story began: a line for each group,
// with how many are in it, and who came (+), went (-) or has another role (=).
// Everybody without a domain is of acme.example; a * marks the admins.
func (b *box) became() string {
	var lines []string
	now := b.scene()
	for id, was := range b.first {
		if _, there := now[id]; !there {
			lines = append(lines, was.name+": gone")
		}
	}
	for id, is := range now {
		was, there := b.first[id]
		line := fmt.Sprintf("%s: %d", is.name, len(is.members))
		if !there {
			line += " new"
		} else if was.name != is.name {
			line += fmt.Sprintf(" (was %s)", was.name)
		}
		if was.identifier != is.identifier {
			line += fmt.Sprintf(" [%s]", is.identifier)
		}
		lines = append(lines, line+difference(was.members, is.members))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func difference(was, is map[string]string) string {
	var out []string
	for user, m := range was {
		if _, there := is[user]; !there {
			out = append(out, " -"+short(m))
		}
	}
	for user, m := range is {
		switch before, there := was[user]; {
		case !there:
			out = append(out, " +"+short(m))
		case strings.Fields(before)[1] != strings.Fields(m)[1]:
			out = append(out, " ="+short(m))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

func short(member string) string {
	login, role, _ := strings.Cut(member, " ")
	login = strings.TrimSuffix(login, "@acme.example")
	if role == "admin" {
		login += "*"
	}
	return login
}
