package boxapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

const canary = "canary-token"

// fixed answers every request alike.
func fixed(status int, header http.Header, body []byte) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body))}, nil
	}
}

func fuzzClient(t *testing.T, box roundTrip) *boxapi.Client {
	t.Helper()
	return client(t, box, func(cfg *boxapi.Config) { cfg.Auth, cfg.Retry.MaxAttempts = boxapi.DeveloperToken(canary), 1 })
}

// mustBeFit fails the test unless an error of one attempt is fit for a log and
// for a caller who branches on it.
func mustBeFit(t *testing.T, err error, write bool) *boxapi.Error {
	t.Helper()
	e := asError(t, err)
	text := err.Error()
	switch {
	case e.Kind().String() == "unknown":
		t.Fatalf("of no kind: %+v", e)
	case e.Uncertain && !write:
		t.Fatalf("a read that may have taken effect: %v", e)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	}):
		t.Fatalf("not fit for a log: %q", text)
	case utf8.RuneCountInString(text) > 4000:
		t.Fatalf("%d characters", utf8.RuneCountInString(text))
	case strings.Contains(fmt.Sprintf("%s %+v", text, *e), canary):
		t.Fatalf("a secret: %s", text)
	}
	return e
}

func FuzzErrorBody(f *testing.F) {
	const headers = "application/json"
	add := func(status int, body string, rest ...string) {
		values := [4]string{headers}
		copy(values[:], rest)
		f.Add(uint16(status), []byte(body), values[0], values[1], values[2], values[3])
	}
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `<html>`, notFoundJSON, `{"code":1,"message":[],"context_info":{"errors":[null,{"name":1}]}}`,
		`{"error":"invalid_grant","error_description":"no"}`, "{\"message\":\"\xff\u202e\"}", `{"context_info":"s"}`,
		`{"message":"canary-token","code":"canary-token","request_id":"canary-token","context_info":{"errors":[{"name":"canary-token"}]}}`,
		`{"message":"canary` + "\x00" + `-token"}`, `{"code":` + strings.Repeat("9", 700) + `}`,
		`{"type":"error","status":409,"code":"conflict","context_info":{"errors":[{"reason":"invalid_parameter","name":"group_tag_name","message":"Name taken"}]},
			"message":"Resource with the same name already exists","request_id":"abc"}`,
		groupJSON, membershipJSON, pageJSON(membershipJSON), `{"access_token":"x"}`,
	} {
		for _, status := range []int{200, 302, 400, 409, 503} {
			add(status, body)
		}
	}
	for _, code := range []int{403, 404} {
		add(code-100, `<html>`)
		add(code-100, notFoundJSON)
		add(code-100, ``)
	}
	add(429, `{"code":"rate_limit_exceeded"}`, "application/json", "60", "", "abc")
	add(503, ``, "", "Fri, 31 Dec 9999 23:59:59 GMT", "", "canary-token")
	add(503, ``, "", "-1e99999999999999999999999999", "", "")
	add(401, ``, "", "", `Bearer realm="Service", error="invalid_token", error_description="canary-token"`, "")
	add(401, ``, "", "", `error="canary-token"`, "a\nb")
	add(202, ``, "text/html; canary-token", "5", "", "")
	add(101, `x`, "canary-token", "99999999999999999999", "", "")

	f.Fuzz(func(t *testing.T, status uint16, body []byte, contentType, retryAfter, challenge, requestID string) {
		code := 100 + int(status)%500
		c := fuzzClient(t, fixed(code, http.Header{
			"Content-Type": {contentType}, "Retry-After": {retryAfter}, "Www-Authenticate": {challenge}, "Box-Request-Id": {requestID},
		}, body))
		for method, call := range byMethod() {
			err := call(t.Context(), c)
			if err == nil {
				if code < 200 || code > 299 {
					t.Fatalf("%s: %d was a success", method, code)
				}
				continue
			}
			e := mustBeFit(t, err, method != http.MethodGet)
			if e.Status != code || e.Attempts != 1 || e.RetryAfter < 0 {
				t.Fatalf("%s: %+v", method, e)
			}
			success := code >= 200 && code <= 299
			var box map[string]json.RawMessage
			foreign := (code == 403 || code == 404) && len(bytes.TrimSpace(body)) > 0 && json.Unmarshal(body, &box) != nil
			if want := method != http.MethodGet && (success || foreign || code >= 500); e.Uncertain != want {
				t.Fatalf("%s %d: uncertain is %v", method, code, e.Uncertain)
			}
			if foreign != (e.Kind() == boxapi.Network) && !success {
				t.Fatalf("%s %d: %v", method, code, e.Kind())
			}
			if success && e.Kind() != boxapi.Network {
				t.Fatalf("%s %d: %v", method, code, e.Kind())
			}
		}
	})
}

// listSeeds are lists as Box sent them, and lists gone wrong.
func listSeeds() []string {
	seeds := []string{
		``, `{}`, `[]`, `null`, `<html>`, `{"entries":null}`, `{"entries":"x"}`, `{"entries":{}}`, `{"entries":[]}`, `{"entries":[null]}`,
		`{"entries":[{}]}`, `{"entries":[[]]}`, `{"entries":[{"id":"1"}],"entries":[]}`, `{"entries":[{"id":"1"}],"Entries":{}}`,
		`{"entries":[],"entr\u0069es":{"1":{"id":"1"}}}`, `{"total_count":5000,"total_count":1,"entries":[{"id":"1"}]}`,
		`{"entries":{"4":{"id":1},"7":{"id":"2"}}}`, `{"entries":{"4":{"id":1},"7":{}}}`, `{"total_count":"1","limit":"1","entries":[{"id":1}]}`,
		`{"limit":1e99,"entries":[]}`, `{"total_count":99999999999999999999,"entries":[]}`, `{"next_marker":{},"entries":[]}`,
		`{"entries":[{"id":"canary-token"}]}`, `{"entries":{"canary-token":{"id":{}}}}`, `{"entries":[{"id":"1","name":5,"login":null,"role":[]}]}`,
		`{"entries":[{"id":"1","user":{"id":"x"}}]}`, `{"entries":[{"id":"1","id":null}]}`, `{"entries":[{"id":18446744073709551616}]}`,
		`{"entries":[{"id":"1","name":{"a":[1.5e300,{"b":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}]}}]}`,
		`{"entries":[{"id":"1","name":` + strings.Repeat("9", 900) + `}]}`, `{"entries":[{"id":"1"}]`,
	}
	for _, row := range []string{groupJSON, membershipJSON, userJSON, aliasJSON, collaborationJSON} {
		seeds = append(seeds, pageJSON(row), pageJSON(row+","+row))
	}
	return seeds
}

// FuzzListBody: what comes out of a list has ids, all of it, and an empty list
// is one that Box has written down as such.
func FuzzListBody(f *testing.F) {
	for _, seed := range listSeeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := fuzzClient(t, fixed(200, http.Header{"Content-Type": {"application/json"}}, body))
		ctx := t.Context()
		rows := map[string]func() (int, []boxapi.ID, error){
			"groups": func() (int, []boxapi.ID, error) {
				p, err := c.ListGroups(ctx, boxapi.GroupListOptions{Offset: 7})
				return p.Offset, idsOf(p.Entries, func(g boxapi.Group) boxapi.ID { return g.ID }), err
			},
			"memberships": func() (int, []boxapi.ID, error) {
				p, err := c.ListGroupMemberships(ctx, 1, boxapi.ListOptions{Offset: 7})
				return p.Offset, idsOf(p.Entries, func(m boxapi.Membership) boxapi.ID { return m.ID }), err
			},
			"users": func() (int, []boxapi.ID, error) {
				p, err := c.ListUsers(ctx, boxapi.UserListOptions{Offset: 7})
				return p.Offset, idsOf(p.Entries, func(u boxapi.User) boxapi.ID { return u.ID }), err
			},
			"collaborations": func() (int, []boxapi.ID, error) {
				p, err := c.ListGroupCollaborations(ctx, 1, boxapi.ListOptions{Offset: 7})
				return p.Offset, idsOf(p.Entries, func(c boxapi.Collaboration) boxapi.ID { return c.ID }), err
			},
			"aliases": func() (int, []boxapi.ID, error) {
				all, err := c.ListEmailAliases(ctx, 1)
				return 7, idsOf(all, func(a boxapi.EmailAlias) boxapi.ID { return a.ID }), err
			},
		}
		for name, read := range rows {
			offset, ids, err := read()
			if err != nil {
				if e := mustBeFit(t, err, false); e.Kind() != boxapi.Network || len(ids) > 0 {
					t.Fatalf("%s: %v, with %d rows", name, e.Kind(), len(ids))
				}
				continue
			}
			mustBeWhole(t, name, body, ids)
			if offset != 7 {
				t.Fatalf("%s: offset %d", name, offset)
			}
		}
	})
}

func idsOf[T any](rows []T, id func(T) boxapi.ID) []boxapi.ID {
	all := make([]boxapi.ID, 0, len(rows))
	for _, row := range rows {
		all = append(all, id(row))
	}
	return all
}

// mustBeWhole holds what was read against a reading of its own: one key that
// means the entries, as many rows as there, each with an id.
func mustBeWhole(t *testing.T, name string, body []byte, ids []boxapi.ID) {
	t.Helper()
	for i, id := range ids {
		if id == 0 {
			t.Fatalf("%s: row %d has no id", name, i)
		}
	}
	rows, keys := -1, 0
	d := json.NewDecoder(bytes.NewReader(body))
	_, err := d.Token()
	for err == nil && d.More() {
		var key json.Token
		var value json.RawMessage
		if key, err = d.Token(); err != nil {
			break
		}
		if err = d.Decode(&value); err == nil && strings.EqualFold(fmt.Sprint(key), "entries") {
			keys++
			rows = length(value)
		}
	}
	if err != nil || keys != 1 || rows != len(ids) {
		t.Fatalf("%s: %d rows out of %d, under %d keys (%v)", name, len(ids), rows, keys, err)
	}
}

// length counts the elements of an array or an object; -1 for anything else.
func length(value json.RawMessage) int {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && list != nil {
		return len(list)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) == nil && object != nil {
		return len(object)
	}
	return -1
}

// FuzzObjectBody: an answer that is one object has an id, or is an error, which
// for a write is one in doubt.
func FuzzObjectBody(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `5`, `<html>`, groupJSON, membershipJSON, userJSON, pageJSON(groupJSON), `{"id":"1","id":null}`, `{"id":"canary-token"}`,
		`{"id":"1","name":5,"role":[],"login":{},"permissions":7}`, `{"id":"1","enterprise":null,"user":null,"group":5}`, `{"id":"1","enterprise":{"id":"x"}}`,
		`{"id":1e3}`, `{"id":"1","configurable_permissions":[]}`, `{"ID":"7"}`, `{"id":"1"} {`, `{"id":"1","name":` + strings.Repeat("9", 900) + `}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := fuzzClient(t, fixed(200, http.Header{}, body))
		ctx := t.Context()
		group, err1 := c.GetGroup(ctx, 1)
		membership, err2 := c.GetMembership(ctx, 1)
		user, err3 := c.Me(ctx)
		made, err4 := c.CreateGroup(ctx, boxapi.GroupRequest{Name: new("G")})
		joined, err5 := c.CreateMembership(ctx, boxapi.MembershipRequest{User: 1, Group: 2})
		for _, got := range []struct {
			id    boxapi.ID
			err   error
			write bool
		}{{group.ID, err1, false}, {membership.ID, err2, false}, {user.ID, err3, false}, {made.ID, err4, true}, {joined.ID, err5, true}} {
			if (got.err == nil) != (got.id != 0) {
				t.Fatalf("id %d and %v", got.id, got.err)
			}
			if got.err != nil {
				if e := mustBeFit(t, got.err, got.write); e.Uncertain != got.write || e.Kind() != boxapi.Network {
					t.Fatalf("%+v", e)
				}
			}
		}
	})
}

// FuzzEvents: a page of events is whole or an error, each event is one, and
// reading a stream comes to an end.
func FuzzEvents(f *testing.F) {
	for _, seed := range append(listSeeds(),
		`{"chunk_size":2,"next_stream_position":1152922976252290887,"entries":[`+editedJSON+`,`+addedJSON+`]}`,
		`{"next_stream_position":"0","entries":[]}`, `{"next_stream_position":1.5,"entries":[]}`, `{"next_stream_position":"7","entries":[{"event_id":"e"}]}`,
		`{"next_stream_position":"7","next_stream_position":8,"entries":[{"event_id":"e"}]}`,
		`{"next_stream_position":"9","entries":[{"event_id":{},"event_type":7,"source":[],"additional_details":5,"created_by":"x"}]}`,
		`{"next_stream_position":"9","entries":[{"event_type":"X","source":{"group_id":"x","id":"canary-token"}}]}`,
	) {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, live bool) {
		opts := boxapi.EventListOptions{StreamType: boxapi.AdminLogs, StreamPosition: "7"}
		if live {
			opts.StreamType = boxapi.AdminLogsStreaming
		}
		c := fuzzClient(t, fixed(200, http.Header{}, body))
		page, err := c.ListEvents(t.Context(), opts)
		if err != nil {
			if e := mustBeFit(t, err, false); e.Kind() != boxapi.Network {
				t.Fatalf("%+v", e)
			}
		} else {
			// Events have other ids; that each is one is what counts.
			ones := idsOf(page.Entries, func(e boxapi.Event) boxapi.ID {
				e.Group()
				e.User()
				if e.EventID == "" && e.EventType == "" {
					return 0
				}
				return 1
			})
			mustBeWhole(t, "events", body, ones)
			if page.Resume == "" || page.Resume == "0" || page.Resume != "7" && page.Resume != page.NextStreamPosition {
				t.Fatalf("go on from %q", page.Resume)
			}
			if len(page.Entries) == 0 && !live && page.Resume != "7" {
				t.Fatalf("history without events moved to %q", page.Resume)
			}
		}
		before := c.Calls()
		s := c.AllEvents(opts)
		n := 0
		for _, err := range s.Read(t.Context()) {
			if err == nil {
				n++
			}
		}
		if c.Calls()-before > 3 || n > 3*len(page.Entries) {
			t.Fatalf("%d calls, %d events", c.Calls()-before, n)
		}
		if s.Position() == "" || s.Position() == "0" {
			t.Fatalf("back to the beginning: %q", s.Position())
		}
	})
}
