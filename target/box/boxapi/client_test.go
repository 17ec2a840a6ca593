package boxapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// What cannot be sent, or is the client's own to set, is refused before any call.
func TestNew_Headers(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"bad name": "x", "authorization": "Bearer x", "accept-encoding": "br", "as-user": "me@example.com",
	} {
		_, err := boxapi.New(boxapi.Config{Auth: boxapi.DeveloperToken("t"), Headers: http.Header{name: {value}}})
		assert.ErrorContains(t, err, "Headers: ", name)
	}
	for range 20 { // which of two spellings a map gives last is a matter of chance
		_, err := boxapi.New(boxapi.Config{Auth: boxapi.DeveloperToken("t"), Headers: http.Header{"box-version": {"a\nb"}, "Box-Version": {"2024.0"}}})
		require.ErrorContains(t, err, "Headers: the value of Box-Version holds a control character")
	}
}

func TestNew_BaseURL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, fail string }{
		"https":           {"https://box.example.com", ""},
		"trailing_slash":  {"https://box.example.com/x/", ""},
		"http_localhost":  {"http://localhost:8787", ""},
		"http_loopback_4": {"http://127.1.2.3:80", ""},
		"http_loopback_6": {"http://[::1]:80", ""},
		"http_elsewhere":  {"http://box.example.com", "loopback"},
		"http_lookalike":  {"http://127.0.0.1.example.com", "loopback"},
		"other_scheme":    {"ftp://box.example.com", "https"},
		"no_scheme":       {"box.example.com", "want an address"},
		"password":        {"https://u:canary@box.example.com", "must have no user"},
		"api_root":        {"https://api.box.com/2.0", "want the address above /2.0"},
		"api_root_slash":  {"https://box.example.com/x/2.0/", "want the address above /2.0"},
		"query":           {"https://box.example.com?a=canary", "query"},
		"fragment":        {"https://box.example.com#canary", "fragment"},
		"unreadable":      {"https://u:canary@box.example.com:x%", "want an address"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boxapi.New(boxapi.Config{BaseURL: tc.in, Auth: boxapi.DeveloperToken("t")})
			if tc.fail == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "BaseURL: ")
			require.ErrorContains(t, err, tc.fail)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestNew_reports_all_faults(t *testing.T) {
	t.Parallel()
	_, err := boxapi.New(boxapi.Config{
		BaseURL: "nowhere", AsUser: "me@example.com", RequestsPerMinute: -1, Burst: -1, Timeout: -1, MaxCalls: -1,
		Retry: boxapi.Retry{MaxAttempts: -1, Base: -1, MaxWait: -1}, UserAgent: "a\nb", Headers: http.Header{"X": {"a\r\nb"}},
	})
	require.Error(t, err)
	var fields []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		field, _, ok := strings.Cut(line, ":")
		assert.True(t, ok, line)
		fields = append(fields, field)
	}
	assert.Equal(t, []string{
		"BaseURL", "Auth", "AsUser", "RequestsPerMinute", "Burst", "Timeout", "MaxCalls",
		"Retry.MaxAttempts", "Retry.Base", "Retry.MaxWait", "UserAgent", "Headers",
	}, fields)
}

func TestNew_checks_credentials(t *testing.T) {
	t.Parallel()
	good := boxapi.ClientCredentials{ClientID: "c", ClientSecret: boxapi.NewSecret("canary"), SubjectType: boxapi.SubjectUser, SubjectID: "7"}
	tests := map[string]struct {
		auth boxapi.Auth
		fail string
	}{
		"user":        {good, ""},
		"no_token":    {boxapi.DeveloperToken(""), "developer token is empty"},
		"newline":     {boxapi.DeveloperToken("canary\n"), "line break"},
		"space":       {boxapi.DeveloperToken("can ary"), "space"},
		"no_id":       {boxapi.ClientCredentials{ClientSecret: boxapi.NewSecret("canary"), SubjectID: "7"}, "ClientID"},
		"no_secret":   {boxapi.ClientCredentials{ClientID: "c", SubjectID: "7"}, "ClientSecret"},
		"subject":     {boxapi.ClientCredentials{ClientID: "c", ClientSecret: boxapi.NewSecret("canary"), SubjectID: "acme"}, "SubjectID"},
		"no_subject":  {boxapi.ClientCredentials{ClientID: "c", ClientSecret: boxapi.NewSecret("canary")}, "SubjectID"},
		"subjecttype": {boxapi.ClientCredentials{ClientID: "c", ClientSecret: boxapi.NewSecret("canary"), SubjectType: "x", SubjectID: "7"}, "SubjectType"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boxapi.New(boxapi.Config{Auth: tc.auth})
			if tc.fail == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.fail)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestNew_copies_headers_and_sends_nothing(t *testing.T) {
	t.Parallel()
	headers := http.Header{"Box-Version": {"2024.0"}}
	box := newScript(t, step{status: 200, body: userJSON})
	c := client(t, box, func(cfg *boxapi.Config) { cfg.Headers, cfg.UserAgent, cfg.Timeout = headers, "mine/1", time.Minute })
	assert.Empty(t, box.seen)
	headers.Set("Box-Version", "changed")
	_, err := c.Me(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "2024.0", box.seen[0].Header.Get("Box-Version"))
	assert.Equal(t, "mine/1", box.seen[0].Header.Get("User-Agent"))
	assert.Equal(t, "https://api.box.com/2.0/users/me", box.seen[0].URL.String())
}
