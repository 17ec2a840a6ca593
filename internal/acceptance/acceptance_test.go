package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// golden compares a text with a file below testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

// sandboxed serves a Box with two people, and returns what the environment says
// of it.
func sandboxed(t *testing.T, change ...func(*emulator.Server)) (*emulator.Server, map[string]string) {
	t.Helper()
	box := emulator.New(emulator.Options{})
	for _, u := range []emulator.User{
		{Login: "co@acme.example", Name: "Co Admin", Role: "coadmin"},
		{Login: "ext@other.example", Name: "Ext", Kind: emulator.External},
	} {
		_, err := box.AddUser(u)
		require.NoError(t, err)
	}
	for _, f := range change {
		f(box)
	}
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	return box, map[string]string{
		envToken: "emulator-token", envEnterprise: "900001", envBaseURL: server.URL,
		envExternal: "EXT@other.example", envCoAdmin: "co@acme.example", envPatience: "20ms",
	}
}

// plain takes out what is another thing in every run.
func plain(text string) string {
	for pattern, instead := range map[string]string{
		prefix + `\d{8}-\d{6}`:                  prefix + "RUN",
		strings.ToUpper(prefix) + `\d{8}-\d{6}`: strings.ToUpper(prefix) + "RUN",
		`"(event_id|request_id)":"[0-9a-f]+"`:   `"$1":"ID"`,
		`\d{4}-\d\d-\d\dT[0-9:]+-07:00`:         "TIME",
		`after [0-9.µm]+s\b`:                    "after a while",
		`not within \d+s`:                       "not within the patience",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, instead)
	}
	return text
}

func TestRun_withoutCredentials(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	assert.Zero(t, run(t.Context(), environment(nil), &out, &errs))
	assert.Empty(t, errs.String())
	golden(t, "would.txt", out.String())
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSpace(line))), 80, line)
	}
}

func TestRun_asksEverythingAndCleansUp(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t)
	var out, errs bytes.Buffer
	assert.Zero(t, run(t.Context(), environment(env), &out, &errs), errs.String())
	golden(t, "asked.txt", plain(out.String()))
	assert.Empty(t, box.Groups(), "everything was deleted again")
	assert.Len(t, box.Users(), 3, "the service account and the two who were there")
}

// A group whose POST is not answered may be there: it cannot be deleted without
// its id, and so it is named.
func TestRun_namesWhatItMayHaveLeft(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]emulator.Failure{
		"reset": {Method: "POST", PathPrefix: "/2.0/groups", After: true},
		"503":   {Method: "POST", PathPrefix: "/2.0/groups", After: true, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, env := sandboxed(t, func(box *emulator.Server) { box.Inject(lost) })
			var out, errs bytes.Buffer
			assert.Equal(t, 1, run(t.Context(), environment(env), &out, &errs))
			left := box.Groups()
			require.Len(t, left, 1)
			assert.Contains(t, errs.String(), "POST /groups got no usable answer")
			assert.Contains(t, errs.String(), left[0].Name)
		})
	}
}

// A Box that allows less is asked what can be asked, and what was made is deleted.
func TestRun_withLessRights(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t, func(box *emulator.Server) {
		app := box.App()
		app.Scopes = []string{emulator.ScopeGroups, emulator.ScopeUsers}
		if err := box.SetApp(app); err != nil {
			panic(err)
		}
	})
	delete(env, envExternal)
	env[envCoAdmin] = "nobody@acme.example"
	var out, errs bytes.Buffer
	assert.Zero(t, run(t.Context(), environment(env), &out, &errs), errs.String())
	assert.Contains(t, out.String(), "   events cannot be read: 403 ")
	assert.Contains(t, out.String(), "an external user: not asked; set BOX_ACCEPTANCE_EXTERNAL to a login\n")
	assert.Contains(t, out.String(), "a co-admin as group admin: not asked: no user with the login nobody@acme.example is shown\n")
	assert.Empty(t, box.Groups())
}

func TestRun_whatCannotBeAsked(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t, func(box *emulator.Server) {
		// Twice, as net/http asks again where a connection was used before.
		box.Inject(emulator.Failure{Method: "GET", PathPrefix: "/2.0/groups", Status: 0, Times: 2})
	})
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), environment(env), &out, &errs))
	assert.Contains(t, out.String(), "2. What comes past the offset ceiling, and is 10000 itself allowed?\n   could not be asked: ")
	assert.Contains(t, out.String(), "\n9. ", "it goes on")
	assert.Equal(t, "acceptance: 1 of 9 questions could not be asked\n", errs.String())
	assert.Empty(t, box.Groups())

	// What cannot be deleted is named.
	box.Inject(emulator.Failure{Method: "DELETE", PathPrefix: "/2.0/groups", Status: 500, Times: 2}) // the first for the question about events
	errs.Reset()
	assert.Equal(t, 1, run(t.Context(), environment(env), &out, &errs))
	assert.Regexp(t, `^acceptance: delete /groups/\d+ in Box by hand: 500 `, errs.String())
}

func TestRun_interrupted(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t)
	env[envPatience] = "1h"
	ctx, cancel := context.WithCancel(t.Context())
	box.SetFaults(emulator.Faults{HideMembers: 1}) // the new member never shows: the question about lists waits
	var errs bytes.Buffer
	out := &watched{heard: func(text string) {
		if strings.Contains(text, "8. ") {
			cancel()
		}
	}}
	assert.Equal(t, 1, run(ctx, environment(env), out, &errs))
	assert.Contains(t, errs.String(), "acceptance: interrupted: context canceled")
	assert.Empty(t, box.Groups())
}

// watched hears what is written.
type watched struct{ heard func(string) }

func (w *watched) Write(p []byte) (int, error) {
	w.heard(string(p))
	return len(p), nil
}

func TestRun_wrongEnvironment(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t)
	with := func(name, value string) map[string]string {
		changed := map[string]string{name: value}
		for k, v := range env {
			if k != name {
				changed[k] = v
			}
		}
		return changed
	}
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"no_enterprise": {with(envEnterprise, ""), "set BOX_ACCEPTANCE_ENTERPRISE to the id"},
		"another":       {with(envEnterprise, "900002"), "the credentials are not of enterprise 900002, which BOX_ACCEPTANCE_ENTERPRISE names; nothing was made"},
		"wrong_token":   {with(envToken, "old"), "ask Box who the credentials are: "},
		"both":          {with(envJWT, "settings.json"), "BOX_ACCEPTANCE_JWT_CONFIG and BOX_ACCEPTANCE_TOKEN are both set; keep one"},
		"no_file":       {map[string]string{envJWT: "nowhere.json"}, "BOX_ACCEPTANCE_JWT_CONFIG: open nowhere.json"},
		"bad_file":      {map[string]string{envJWT: "main.go"}, "BOX_ACCEPTANCE_JWT_CONFIG: main.go: "},
		"patience":      {with(envPatience, "2"), `BOX_ACCEPTANCE_PATIENCE is "2"; write it as 30s or 2m`},
		"address":       {with(envBaseURL, "box.example"), "BaseURL: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			assert.Equal(t, 1, run(t.Context(), environment(test.env), &out, &errs))
			assert.True(t, strings.HasPrefix(errs.String(), "acceptance: "+test.want), errs.String())
			assert.Empty(t, out.String())
			assert.Zero(t, box.Stats().Writes)
		})
	}
}

// A key pair works as well, and the answers that are no JSON are shown as they are.
func TestRun_withAKeyPair(t *testing.T) {
	t.Parallel()
	box, env := sandboxed(t)
	settings, err := box.NewAppSettings()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "settings.json")
	require.NoError(t, os.WriteFile(path, settings, 0o600))
	delete(env, envToken)
	env[envJWT] = path
	box.Inject(emulator.Failure{Method: "GET", PathPrefix: "/2.0/groups", Status: 502, Times: 1})
	var out, errs bytes.Buffer
	assert.Zero(t, run(t.Context(), environment(env), &out, &errs), errs.String())
	assert.Contains(t, out.String(), "offset 9999: 502 <html>")
}
