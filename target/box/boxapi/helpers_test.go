package boxapi_test

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// roundTrip is an in-memory Box: no network, so it works inside bubbles.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return f(req)
}

var errReset = errors.New("read: connection reset by peer")

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// step is one scripted answer; err stands for a lost one.
type step struct {
	status int
	body   string
	header []string
	err    error
	torn   bool  // the body breaks off
	tear   error // with torn: why, if not because it ends
}

// script answers with its steps in order and fails the test on one call too many.
type script struct {
	t     *testing.T
	mu    sync.Mutex
	steps []step
	seen  []*http.Request
	times []time.Time
}

func newScript(t *testing.T, steps ...step) *script {
	t.Helper()
	return &script{t: t, steps: steps}
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, req)
	s.times = append(s.times, time.Now())
	if len(s.steps) == 0 {
		s.t.Errorf("unexpected call: %s %s", req.Method, req.URL)
		return nil, errReset
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	if next.err != nil {
		return nil, next.err
	}
	resp := answer(next.status, next.body, next.header...)
	if next.torn {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(next.body), tornReader{next.tear}))
	}
	return resp, nil
}

type tornReader struct{ err error }

func (r tornReader) Read([]byte) (int, error) { return 0, cmp.Or(r.err, io.ErrUnexpectedEOF) }

// client returns one that waits next to nothing between attempts.
func client(t *testing.T, transport http.RoundTripper, change ...func(*boxapi.Config)) *boxapi.Client {
	t.Helper()
	cfg := boxapi.Config{
		Transport: transport,
		Auth:      boxapi.DeveloperToken("dev-token"),
		Retry:     boxapi.Retry{Base: 2 * time.Nanosecond, MaxWait: time.Microsecond},
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := boxapi.New(cfg)
	require.NoError(t, err)
	return c
}

func asError(t *testing.T, err error) *boxapi.Error {
	t.Helper()
	e, ok := errors.AsType[*boxapi.Error](err)
	require.True(t, ok, "want a *boxapi.Error, got %v", err)
	return e
}

func bodyOf(t *testing.T, req *http.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	data, err := io.ReadAll(req.Body)
	assert.NoError(t, err)
	return string(data)
}

// logTo returns a logger that writes everything into the buffer.
func logTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func ccg(cfg *boxapi.Config) {
	cfg.Auth = boxapi.ClientCredentials{ClientID: "cid", ClientSecret: "canary-secret", SubjectID: "77"}
}

const (
	groupJSON      = `{"type":"group","id":"11","name":"Ops","group_type":"managed_group","created_at":"2018-04-25T15:39:35-07:00"}`
	membershipJSON = `{"type":"group_membership","id":"12345","user":{"type":"user","id":"44","name":"T","login":"t@example.com"},
		"group":{"type":"group","id":"11","name":"Ops","group_type":"managed_group"},"role":"admin",
		"configurable_permissions":{"can_run_reports":true,"can_instant_login":false,"can_create_accounts":false,"can_edit_accounts":true}}`
	userJSON     = `{"type":"user","id":"44","name":"T","login":"t@example.com","status":"active","role":"coadmin","is_platform_access_only":true,"enterprise":{"type":"enterprise","id":"77","name":"Acme"}}`
	notFoundJSON = `{"type":"error","status":404,"code":"not_found","message":"Not Found","request_id":"abc"}`
)
