package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// question is one thing that Box's documentation leaves open.
type question struct {
	number int
	text   string
	how    string // what is done to find out
	ask    func(ctx context.Context, s *sandbox, out *sheet) error
}

func questions() []question {
	return []question{
		{1, "What does Box answer for a user who is in the group already?",
			"add an app user to a group twice", askTwice},
		{2, "What comes past the offset ceiling, and is 10000 itself allowed?",
			"GET /groups with offsets 9999, 10000 and 10001", askCeiling},
		{3, "What does Box answer for users and groups who cannot be joined?",
			"add an unknown user, to an unknown group, an inactive app user, an external\n   user, and a co-admin as group admin", askMisfits},
		{4, "What do the events of groups look like, and do deletions tell of each member?",
			"make, change and delete groups and members, then read admin_logs_streaming", askEvents},
		{5, "Do case and blanks of a group's name matter, also to filter_term?",
			"create groups whose names differ in case and blanks, and search for them", askNames},
		{6, "Can provenance and external_sync_identifier be cleared?",
			"set both, then send \"\" and null, and read them", askClearing},
		{7, "Do lists of memberships take fields?",
			"GET /groups/:id/memberships with fields that lists do not have by default", askFields},
		{8, "In which order do lists come, and how far do they lag behind writes?",
			"add and remove a member and read the list until it shows that", askLag},
		{9, "How many calls a month does the plan include?",
			"nothing: the API does not tell; see box.com/pricing, or ask Box", askAllocation},
	}
}

func askTwice(ctx context.Context, s *sandbox, out *sheet) error {
	for _, time := range []string{"first", "second"} {
		a, err := s.join(ctx, s.users[0], s.group, "")
		if err != nil {
			return err
		}
		out.say("the %s time: %s", time, a)
	}
	return nil
}

func askCeiling(ctx context.Context, s *sandbox, out *sheet) error {
	for _, offset := range []int{9999, 10000, 10001} {
		a, err := s.call(ctx, http.MethodGet, fmt.Sprintf("/groups?limit=1&offset=%d", offset), nil)
		if err != nil {
			return err
		}
		out.say("offset %d: %s", offset, a)
	}
	return nil
}

func askMisfits(ctx context.Context, s *sandbox, out *sheet) error {
	inactive, err := s.try(ctx, "/users", map[string]any{
		"name": s.name + " inactive", "is_platform_access_only": true, "status": "inactive",
	})
	if err != nil {
		return err
	}
	type misfit struct{ what, user, group, role string }
	misfits := []misfit{
		{"an unknown user", "1", s.group, ""},
		{"an unknown group", s.users[0], "1", ""},
	}
	if inactive.id == "" {
		out.say("an inactive user: none could be made: %s", inactive)
	} else {
		misfits = append(misfits, misfit{"an inactive user", inactive.id, s.group, ""})
	}
	for _, who := range []struct{ what, login, variable, role string }{
		{"an external user", s.external, envExternal, ""},
		{"a co-admin as group admin", s.coAdmin, envCoAdmin, "admin"},
	} {
		if who.login == "" {
			out.say("%s: not asked; set %s to a login", who.what, who.variable)
			continue
		}
		id, err := s.userBy(ctx, who.login)
		if err != nil {
			out.say("%s: not asked: %v", who.what, err)
			continue
		}
		misfits = append(misfits, misfit{who.what, id, s.group, who.role})
	}
	for _, m := range misfits {
		a, err := s.join(ctx, m.user, m.group, m.role)
		if err != nil {
			return err
		}
		out.say("%s: %s", m.what, a)
	}
	return nil
}

func askNames(ctx context.Context, s *sandbox, out *sheet) error {
	for _, name := range []string{strings.ToUpper(s.name), "  " + s.name + " blanks  "} {
		a, err := s.try(ctx, "/groups", map[string]any{"name": name})
		if err != nil {
			return err
		}
		if a.id == "" {
			out.say("a group named %q: %s", name, a)
			continue
		}
		out.say("a group named %q: %d, and is called %q", name, a.status, a.text("name"))
	}
	for _, term := range []string{s.name, strings.ToUpper(s.name)} {
		took, ok, err := s.until(ctx, func() (bool, error) {
			a, err := s.call(ctx, http.MethodGet, "/groups?filter_term="+url.QueryEscape(term), nil)
			for _, row := range a.entries() {
				if row["id"] == s.group {
					return true, err
				}
			}
			return false, err
		})
		if err != nil {
			return err
		}
		out.say("filter_term %q finds the group %q: %s", term, s.name, after(took, ok))
	}
	return nil
}

func askClearing(ctx context.Context, s *sandbox, out *sheet) error {
	id, err := s.makeGroup(ctx, map[string]any{
		"name": s.name + " marked", "provenance": "rollcall", "external_sync_identifier": s.name,
	})
	if err != nil {
		return err
	}
	for _, field := range []string{"provenance", "external_sync_identifier"} {
		for _, value := range []any{"", nil} {
			written, err := s.call(ctx, http.MethodPut, "/groups/"+id, map[string]any{field: value})
			if err != nil {
				return err
			}
			read, err := s.call(ctx, http.MethodGet, "/groups/"+id+"?fields="+field, nil)
			if err != nil {
				return err
			}
			sent := "null"
			if value != nil {
				sent = `""`
			}
			out.say("%s sent as %s: %d; it is then %s", field, sent, written.status, read.text(field))
		}
	}
	return nil
}

func askAllocation(_ context.Context, _ *sandbox, out *sheet) error {
	out.say("not asked: the API does not tell")
	return nil
}
