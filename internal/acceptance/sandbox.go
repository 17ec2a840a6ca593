package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// prefix begins the name of everything that is made here.
const prefix = "rollcall-acceptance-"

// sandbox is a Box in which everything whose name begins with the prefix is ours.
type sandbox struct {
	options

	http          *http.Client
	authorization string // the header
	me            boxapi.User
	name          string   // of this run
	made          []string // what is to be deleted, by path, in the order in which it was made
	lost          []string // where something may have been made whose id is not known
	failed        int

	group        string // ids
	users        []string
	eventsFrom   string // the position in the stream before anything was made
	eventsFailed string
}

// answer is what Box answers, as it is.
type answer struct {
	status int
	code   string
	id     string
	body   string // JSON on one line, or the text
	fields map[string]any
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// text returns a field of the answer as text.
func (a answer) text(name string) string {
	if a.fields[name] == nil {
		return "null"
	}
	return fmt.Sprint(a.fields[name])
}

// entries returns the rows of a list.
func (a answer) entries() []map[string]any {
	rows, _ := a.fields["entries"].([]any)
	var out []map[string]any
	for _, row := range rows {
		if object, ok := row.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}

// tokenTaker keeps the Authorization header that the client makes.
type tokenTaker struct {
	header string
}

// RoundTrip implements [http.RoundTripper].
func (t *tokenTaker) RoundTrip(req *http.Request) (*http.Response, error) {
	if header := req.Header.Get("Authorization"); header != "" {
		t.header = header
	}
	return http.DefaultTransport.RoundTrip(req)
}

// newSandbox asks who the credentials are. It makes nothing, and refuses an
// enterprise that is not the one that was named.
func newSandbox(ctx context.Context, o options) (*sandbox, error) {
	taker := &tokenTaker{}
	client, err := boxapi.New(boxapi.Config{BaseURL: o.baseURL, Auth: o.auth, Transport: taker})
	if err != nil {
		return nil, err
	}
	me, err := client.Me(ctx, "name", "login", "enterprise", "role")
	if err != nil {
		return nil, fmt.Errorf("ask Box who the credentials are: %w", err)
	}
	if me.Enterprise == nil || me.Enterprise.ID.String() != o.enterprise {
		return nil, fmt.Errorf("the credentials are not of enterprise %s, which %s names; nothing was made", o.enterprise, envEnterprise)
	}
	return &sandbox{
		options: o, http: &http.Client{Timeout: 30 * time.Second}, authorization: taker.header, me: me,
		name: prefix + time.Now().UTC().Format("20060102-150405"),
	}, nil
}

// furnish makes a group and two app users.
func (s *sandbox) furnish(ctx context.Context) error {
	a, err := s.call(ctx, http.MethodGet, "/events?stream_type=admin_logs_streaming&stream_position=now", nil)
	if err != nil {
		return err
	}
	s.eventsFrom = a.text("next_stream_position")
	if a.status != http.StatusOK {
		s.eventsFailed = a.String()
	}
	if s.group, err = s.makeGroup(ctx, map[string]any{"name": s.name}); err != nil {
		return err
	}
	for _, suffix := range []string{" one", " two"} {
		id, err := s.makeUser(ctx, map[string]any{"name": s.name + suffix, "is_platform_access_only": true})
		if err != nil {
			return err
		}
		s.users = append(s.users, id)
	}
	return nil
}

func (s *sandbox) makeGroup(ctx context.Context, body map[string]any) (string, error) {
	return s.makeAt(ctx, "/groups", body)
}

func (s *sandbox) makeUser(ctx context.Context, body map[string]any) (string, error) {
	return s.makeAt(ctx, "/users", body)
}

// makeAt makes something that is deleted in the end.
func (s *sandbox) makeAt(ctx context.Context, path string, body map[string]any) (string, error) {
	a, err := s.try(ctx, path, body)
	if err == nil && a.id == "" {
		err = fmt.Errorf("POST %s: %s", path, a)
	}
	return a.id, err
}

// try is a POST whose failure is an answer too; what it makes is deleted in the
// end.
func (s *sandbox) try(ctx context.Context, path string, body map[string]any) (answer, error) {
	a, err := s.call(ctx, http.MethodPost, path, body)
	switch {
	case path == "/group_memberships": // goes with its group
	case err != nil || a.status >= 500 || a.status/100 == 2 && a.id == "":
		s.lost = append(s.lost, path)
	case a.status/100 == 2:
		s.made = append(s.made, path+"/"+a.id)
	}
	if err == nil && a.status/100 != 2 {
		a.id = ""
	}
	return a, err
}

// join puts a user into a group and answers what came of it.
func (s *sandbox) join(ctx context.Context, user, group, role string) (answer, error) {
	body := map[string]any{"user": map[string]string{"id": user}, "group": map[string]string{"id": group}}
	if role != "" {
		body["role"] = role
	}
	return s.try(ctx, "/group_memberships", body)
}

// removeAll deletes what was made. What cannot be deleted is named, and so is
// what may have been made by a request whose answer was lost.
func (s *sandbox) removeAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var errs []error
	for _, path := range s.lost {
		errs = append(errs, fmt.Errorf("POST %s got no usable answer: look below it in Box for a name with %q, and delete that by hand", path, s.name))
	}
	for len(s.made) > 0 {
		path := s.made[len(s.made)-1]
		s.made = s.made[:len(s.made)-1]
		a, err := s.call(ctx, http.MethodDelete, path, nil)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("delete %s in Box by hand: %w", path, err))
		case a.status/100 != 2 && a.status != http.StatusNotFound:
			errs = append(errs, fmt.Errorf("delete %s in Box by hand: %s", path, a))
		}
	}
	return errors.Join(errs...)
}

// call sends one request as it is.
func (s *sandbox) call(ctx context.Context, method, path string, body any) (answer, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.baseURL+"/2.0"+path, content)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", s.authorization)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answerOf(resp.StatusCode, text), nil
}

func answerOf(status int, text []byte) answer {
	a := answer{status: status, body: strings.TrimSpace(string(text))}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // positions in the stream of events can be large numbers
	if decoder.Decode(&a.fields) != nil {
		return a
	}
	var line bytes.Buffer
	if json.Compact(&line, text) == nil {
		a.body = line.String()
	}
	if code, ok := a.fields["code"].(string); ok {
		a.code = code
	}
	if id, ok := a.fields["id"].(string); ok {
		a.id = id
	}
	return a
}

// userBy looks for a login.
func (s *sandbox) userBy(ctx context.Context, login string) (string, error) {
	a, err := s.call(ctx, http.MethodGet, "/users?user_type=all&fields=login&filter_term="+url.QueryEscape(login), nil)
	if err != nil {
		return "", err
	}
	for _, row := range a.entries() {
		if strings.EqualFold(fmt.Sprint(row["login"]), login) {
			return fmt.Sprint(row["id"]), nil
		}
	}
	return "", fmt.Errorf("no user with the login %s is shown", login)
}

// until asks again and again until it hears what it waits for, and says how
// long that took. It gives up when the patience ends.
func (s *sandbox) until(ctx context.Context, heard func() (bool, error)) (time.Duration, bool, error) {
	began := time.Now()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		ok, err := heard()
		took := time.Since(began)
		if ok || err != nil || took > s.patience {
			return took, ok, err
		}
		timer := time.NewTimer(min(wait, s.patience-took+time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return took, false, context.Cause(ctx)
		case <-timer.C:
		}
	}
}
