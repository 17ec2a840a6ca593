package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func after(took time.Duration, ok bool) string {
	if !ok {
		return fmt.Sprintf("not within %s", took.Round(time.Second))
	}
	return fmt.Sprintf("after %s", took.Round(10*time.Millisecond))
}

func askFields(ctx context.Context, s *sandbox, out *sheet) error {
	a, err := s.call(ctx, http.MethodGet, "/groups/"+s.group+"/memberships?fields=role,configurable_permissions,created_at", nil)
	if err != nil {
		return err
	}
	rows := a.entries()
	if len(rows) == 0 {
		return fmt.Errorf("the list is empty: %s", a)
	}
	out.say("%d, entries have %s", a.status, strings.Join(slices.Sorted(maps.Keys(rows[0])), ", "))
	return nil
}

func askLag(ctx context.Context, s *sandbox, out *sheet) error {
	joined, err := s.join(ctx, s.users[1], s.group, "")
	if err != nil {
		return err
	}
	if joined.id == "" {
		return fmt.Errorf("add a member: %s", joined)
	}
	ids := func() ([]string, error) {
		a, err := s.call(ctx, http.MethodGet, "/groups/"+s.group+"/memberships?limit=1000", nil)
		var ids []string
		for _, row := range a.entries() {
			ids = append(ids, fmt.Sprint(row["id"]))
		}
		return ids, err
	}
	shows := func(want bool) (time.Duration, bool, error) {
		return s.until(ctx, func() (bool, error) {
			now, err := ids()
			return slices.Contains(now, joined.id) == want, err
		})
	}
	took, ok, err := shows(true)
	if err != nil {
		return err
	}
	out.say("a new member is in the group's list %s", after(took, ok))
	now, err := ids()
	if err != nil {
		return err
	}
	out.say("the ids of %d memberships come %s", len(now), orderOf(now))
	gone, err := s.call(ctx, http.MethodDelete, "/group_memberships/"+joined.id, nil)
	if err != nil {
		return err
	}
	if took, ok, err = shows(false); err != nil {
		return err
	}
	out.say("removed (%d), the member is out of the list %s", gone.status, after(took, ok))
	return nil
}

// orderOf says whether ids come in the order of their numbers.
func orderOf(ids []string) string {
	numbers := make([]uint64, len(ids))
	for i, id := range ids {
		numbers[i], _ = strconv.ParseUint(id, 10, 64)
	}
	if slices.IsSorted(numbers) {
		return "in ascending order"
	}
	return "in another order than their numbers: " + strings.Join(ids, " ")
}

// askEvents makes what there is no event of yet, and reads what Box tells of it
// all.
func askEvents(ctx context.Context, s *sandbox, out *sheet) error {
	if s.eventsFailed != "" {
		out.say("events cannot be read: %s", s.eventsFailed)
		return nil
	}
	doomed, err := s.makeGroup(ctx, map[string]any{"name": s.name + " doomed"})
	if err != nil {
		return err
	}
	leaver, err := s.makeUser(ctx, map[string]any{"name": s.name + " leaver", "is_platform_access_only": true})
	if err != nil {
		return err
	}
	if err := s.events(ctx, doomed, leaver); err != nil {
		return err
	}
	seen := map[string]string{}
	took, whole, err := s.until(ctx, func() (bool, error) {
		err := s.readEvents(ctx, seen)
		return seen["GROUP_DELETION"] != "" && seen["DELETE_USER"] != "", err
	})
	if err != nil {
		return err
	}
	out.say("read %s", after(took, whole))
	for _, kind := range slices.Sorted(maps.Keys(seen)) {
		out.say("%s: %s", kind, seen[kind])
	}
	if seen["GROUP_REMOVE_USER"] == "" {
		out.say("GROUP_REMOVE_USER: none, although a group with a member and a member of a group were deleted")
	}
	filtered, err := s.call(ctx, http.MethodGet,
		"/events?stream_type=admin_logs_streaming&event_type=GROUP_ADMIN_CREATED&stream_position="+url.QueryEscape(s.eventsFrom), nil)
	if err != nil {
		return err
	}
	out.say("event_type=GROUP_ADMIN_CREATED: %d, %d events", filtered.status, len(filtered.entries()))
	return nil
}

// events changes a group and its members and deletes both the group and a
// member, while they still have memberships.
func (s *sandbox) events(ctx context.Context, doomed, leaver string) error {
	for _, group := range []string{doomed, s.group} {
		if _, err := s.join(ctx, leaver, group, "admin"); err != nil {
			return err
		}
	}
	if _, err := s.call(ctx, http.MethodPut, "/groups/"+doomed, map[string]any{"description": "about to go"}); err != nil {
		return err
	}
	for _, path := range []string{"/groups/" + doomed, "/users/" + leaver} {
		if _, err := s.call(ctx, http.MethodDelete, path, nil); err != nil {
			return err
		}
	}
	return nil
}

// readEvents notes the first event of each kind that concerns this run, and how
// many there are.
func (s *sandbox) readEvents(ctx context.Context, seen map[string]string) error {
	clear(seen)
	count, told := map[string]int{}, map[any]bool{}
	position := s.eventsFrom
	for range 100 {
		a, err := s.call(ctx, http.MethodGet, "/events?stream_type=admin_logs_streaming&limit=500&stream_position="+url.QueryEscape(position), nil)
		if err != nil {
			return err
		}
		for _, event := range a.entries() {
			text, err := json.Marshal(event)
			if err != nil {
				return err
			}
			kind := fmt.Sprint(event["event_type"])
			if !strings.Contains(string(text), s.name) || told[event["event_id"]] {
				continue // another's, or told twice, as this stream may
			}
			told[event["event_id"]] = true
			if count[kind]++; count[kind] == 1 {
				seen[kind] = string(text)
			}
		}
		next := a.text("next_stream_position")
		if len(a.entries()) == 0 || next == position {
			break
		}
		position = next
	}
	for kind, n := range count {
		seen[kind] = fmt.Sprintf("%d, the first: %s", n, seen[kind])
	}
	return nil
}
