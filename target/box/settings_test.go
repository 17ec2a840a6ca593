package box_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

const (
	plainFields   = "name,group_type,external_sync_identifier"
	settingFields = "description,provenance,invitability_level,member_viewability_level"
)

// allSettings are settings of which none is what a new group has.
func allSettings() target.Settings {
	return target.Settings{`Money & "more" 部`, "HR", "admins_only", "all_managed_users"}
}

// has returns the settings that the group has in Box.
func (w *world) has(group string) target.Settings {
	w.t.Helper()
	g, ok := w.Group(group)
	require.True(w.t, ok)
	return target.Settings{g.Description, g.Provenance, g.InvitabilityLevel, g.MemberViewabilityLevel}
}

// Settings are asked for by whoever wants them, at no more calls, and by nobody else.
func TestReader_settings(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed("Ops,"+ids+"1,,,", "Dev,,,,")
	require.NoError(t, w.SetDescription("Ops", "Runs it"))
	plain := box.NewReader(w.client(), 1)
	also := plain.WithSettings()
	groups, _, err := plain.Groups(t.Context())
	require.NoError(t, err)
	for _, g := range groups {
		assert.False(t, g.Told)
		assert.Zero(t, g.Settings)
	}
	groups, _, err = also.Groups(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []target.Group{
		{ID: w.group("Ops"), Name: "Ops", Identifier: ids + "1", Told: true, Settings: target.Settings{"Runs it", "", "admins_and_members", "admins_and_members"}},
		{ID: w.group("Dev"), Name: "Dev", Told: true, Settings: target.Settings{"", "", "admins_and_members", "admins_and_members"}},
	}, groups)
	requests := w.requests()
	require.Len(t, requests, 2)
	assert.Equal(t, plainFields, requests[0].query.Get("fields"))
	assert.Equal(t, plainFields+","+settingFields, requests[1].query.Get("fields"))
}

func TestWriter_CreateGroup_settings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", allSettings())
	require.NoError(t, err)
	assert.Equal(t, allSettings(), w.has("Dev"))
	_, err = w.writer().CreateGroup(t.Context(), "Ops", ids+"3", target.Settings{target.Description: "Runs it"})
	require.NoError(t, err)
	assert.Equal(t, target.Settings{"Runs it", "", "admins_and_members", "admins_and_members"}, w.has("Ops"))
	requests := w.requests()
	require.Len(t, requests, 2)
	assert.JSONEq(t, `{"name":"Ops","external_sync_identifier":"`+ids+`3","description":"Runs it"}`, requests[1].body)
}

// Whatever becomes of the answer, the group that is there has the settings that
// were sent with its creation.
func TestWriter_CreateGroup_settingsSurviveALostReply(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 500, 503} {
		w := newWorld(t)
		w.Inject(emulator.Failure{Method: "POST", PathPrefix: "/2.0/groups", Status: status, After: true})
		got, err := w.writer().CreateGroup(t.Context(), "Dev", ids+"2", allSettings())
		require.NoError(t, err)
		assert.Equal(t, target.Answer{State: target.Applied, Group: w.group("Dev")}, got)
		assert.Equal(t, allSettings(), w.has("Dev"))
	}
}

func TestWriter_UpdateGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t).seed("Ops," + ids + "1,,,")
	done := target.Answer{State: target.Applied, Group: w.group("Ops")}
	for range 2 { // again: Box does not tell
		got, err := w.writer().UpdateGroup(t.Context(), w.group("Ops"), allSettings())
		require.NoError(t, err)
		assert.Equal(t, done, got)
		assert.Equal(t, allSettings(), w.has("Ops"))
	}
	w.requests()
	got, err := w.writer().UpdateGroup(t.Context(), w.group("Ops"), target.Settings{target.Invitability: "all_managed_users"})
	require.NoError(t, err)
	assert.Equal(t, done, got)
	want := allSettings()
	want[target.Invitability] = "all_managed_users"
	assert.Equal(t, want, w.has("Ops"), "what is not stated stays")
	requests := w.requests()
	require.Len(t, requests, 1)
	assert.Equal(t, "PUT /groups/"+w.group("Ops").String(), requests[0].line)
	assert.JSONEq(t, `{"invitability_level":"all_managed_users"}`, requests[0].body)
	assert.Equal(t, settingFields, requests[0].query.Get("fields"))
}

// Troubles of one update, each with how often Box is asked.
func TestWriter_UpdateGroup_troubles(t *testing.T) {
	t.Parallel()
	trim := func(_ *http.Request, body map[string]any) {
		if text, ok := body["description"].(string); ok {
			body["description"] = strings.TrimSuffix(text, "!")
		}
	}
	untold := func(r *http.Request, body map[string]any) {
		if r.Method == http.MethodPut {
			delete(body, "description")
		}
	}
	for name, test := range map[string]struct {
		inject []emulator.Failure
		bend   func(http.Handler) http.Handler
		gone   bool
		text   string
		want   target.Answer
		fails  string
		fatal  bool
		calls  string
	}{
		"gone":           {gone: true, want: target.Answer{State: target.Skipped, Found: "the group is gone"}, calls: "PUT"},
		"lost-and-made":  {inject: []emulator.Failure{{Method: "PUT", After: true, Times: 3}}, want: target.Answer{State: target.Applied}, calls: "PUT PUT PUT GET"},
		"500-and-made":   {inject: []emulator.Failure{{Method: "PUT", Status: 500, After: true, Times: 3}}, want: target.Answer{State: target.Applied}, calls: "PUT PUT PUT GET"},
		"lost-once":      {inject: []emulator.Failure{{Method: "PUT", After: true}}, want: target.Answer{State: target.Applied}, calls: "PUT PUT"},
		"lost-not-made":  {inject: []emulator.Failure{{Method: "PUT", Times: 6}}, fails: `Box shows the description "": PUT /groups/`, calls: "PUT PUT PUT GET PUT PUT PUT GET GET GET GET GET"},
		"lost-and-late":  {inject: []emulator.Failure{{Method: "PUT", Times: 3}}, want: target.Answer{State: target.Applied}, calls: "PUT PUT PUT GET PUT"},
		"conflict":       {inject: []emulator.Failure{{Method: "PUT", Status: 409, Code: "conflict"}}, fails: "409", calls: "PUT"},
		"refused":        {inject: []emulator.Failure{{Method: "PUT", Status: 400}}, fails: "400", calls: "PUT"},
		"no-rights":      {inject: []emulator.Failure{{Method: "PUT", Status: 403}}, fails: "403", fatal: true, calls: "PUT"},
		"forbidden":      {inject: []emulator.Failure{{Method: "PUT", Status: 403, Code: "forbidden_by_policy"}}, fails: "forbidden_by_policy", calls: "PUT"},
		"unsettled":      {inject: []emulator.Failure{{Method: "PUT", Times: 6, After: true}, {Method: "GET", Status: 500, Times: 6}}, fails: "reading back", calls: "PUT PUT PUT GET GET GET PUT PUT PUT GET GET GET"},
		"gone-meanwhile": {inject: []emulator.Failure{{Method: "PUT", Times: 3}, {Method: "GET", Status: 404}}, want: target.Answer{State: target.Skipped, Found: "the group is gone"}, calls: "PUT PUT PUT GET"},
		"box-changes-it": {bend: onJSON("", trim), text: "Money!", want: target.Answer{State: target.Skipped, Found: `Box accepts it and shows the description "Money"`}, calls: "PUT GET"},
		"lost-and-changed": {bend: onJSON("", trim), text: "Money!", inject: []emulator.Failure{{Method: "PUT", Times: 3}},
			want: target.Answer{State: target.Skipped, Found: `Box accepts it and shows the description "Money"`}, calls: "PUT PUT PUT GET PUT GET"},
		"answer-is-short": {bend: onJSON("PUT", untold), want: target.Answer{State: target.Applied}, calls: "PUT GET"},
		"short-and-unread": {bend: onJSON("PUT", untold), inject: []emulator.Failure{{Method: "GET", Status: 400}},
			fails: "the settings were accepted, and the answer does not show it; reading back: GET ", calls: "PUT GET"},
		"short-and-gone": {bend: onJSON("PUT", untold), inject: []emulator.Failure{{Method: "GET", Status: 404}},
			want: target.Answer{State: target.Skipped, Found: "the group is gone"}, calls: "PUT GET"},
		"too-long-for-box": {text: strings.Repeat("x", 256), fails: "400", calls: "PUT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.bend != nil {
				w = newWorld(t, test.bend)
			}
			w.seed("Ops,"+ids+"1,,,", "Dev,,,,")
			id := w.group("Ops")
			if test.gone {
				require.NoError(t, w.RemoveGroup("Ops"))
			}
			for _, f := range test.inject {
				w.Inject(f)
			}
			text := "Money"
			if test.text != "" {
				text = test.text
			}
			got, err := w.writer().UpdateGroup(t.Context(), id, target.Settings{target.Description: text})
			var calls []string
			for _, line := range w.lines() {
				method, path, _ := strings.Cut(line, " ")
				assert.Equal(t, "/groups/"+id.String(), path)
				calls = append(calls, method)
			}
			assert.Equal(t, test.calls, strings.Join(calls, " "))
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				assert.Equal(t, test.fatal, isFatal(err))
				assert.False(t, notSent(err))
				return
			}
			require.NoError(t, err)
			test.want.Group = id
			assert.Equal(t, test.want, got)
		})
	}
}

// A cap on calls that is reached before the write says that nothing was sent;
// after it, it does not.
func TestWriter_UpdateGroup_maxCalls(t *testing.T) {
	t.Parallel()
	for calls, unsent := range map[int64]bool{1: true, 2: false} {
		w := newWorld(t, onJSON("PUT", func(_ *http.Request, body map[string]any) { delete(body, "description") })).seed("Ops," + ids + "1,,,")
		api := w.client(func(c *boxapi.Config) { c.MaxCalls = calls })
		_, err := api.Me(t.Context(), "name")
		require.NoError(t, err)
		_, err = box.NewWriter(api, target.AdminPermissions{}).UpdateGroup(t.Context(), w.group("Ops"), target.Settings{target.Description: "x"})
		require.True(t, isFatal(err))
		assert.Equal(t, unsent, notSent(err), "%d calls", calls)
	}
}
