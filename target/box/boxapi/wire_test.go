package boxapi_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// Answers as Box's own SDKs recorded them (box-api.md, 1.3 to 1.6).
func TestClient_reads_recorded_answers(t *testing.T) {
	t.Parallel()
	t.Run("membership_of_a_member", func(t *testing.T) {
		t.Parallel()
		body := `{"type":"group_membership","id":"12345","user":{"type":"user","id":"44444","name":"T","login":"t@example.com"},
			"group":{"type":"group","id":"11111","name":"Remote","group_type":"managed_group"},"role":"member",
			"configurable_permissions":null,"created_at":"2017-03-10T12:37:57-08:00","modified_at":"2017-03-10T12:37:57-08:00"}`
		got, err := client(t, newScript(t, step{status: 200, body: body})).GetMembership(t.Context(), 12345)
		require.NoError(t, err)
		assert.Nil(t, got.ConfigurablePermissions)
		assert.Equal(t, boxapi.RoleMember, got.Role)
		assert.Equal(t, "2017-03-10T12:37:57-08:00", got.ModifiedAt)
	})
	t.Run("a_role_that_is_not_documented", func(t *testing.T) {
		t.Parallel()
		// box-java-sdk#1171
		got, err := client(t, newScript(t, step{status: 200, body: `{"id":"1","role":"submaster"}`})).GetMembership(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, "submaster", got.Role)
	})
	t.Run("a_user_of_another_enterprise", func(t *testing.T) {
		t.Parallel()
		body := `{"type":"user","id":"33","name":"Ext","login":"e@other.example","status":null,"role":null,"is_platform_access_only":null,"enterprise":null}`
		got, err := client(t, newScript(t, step{status: 200, body: body})).GetUser(t.Context(), 33)
		require.NoError(t, err)
		assert.Equal(t, boxapi.User{ID: 33, Type: "user", Name: "Ext", Login: "e@other.example"}, got)
	})
	t.Run("a_group_with_everything", func(t *testing.T) {
		t.Parallel()
		body := `{"type":"group","id":"5","name":"G","group_type":"managed_group","provenance":"rollcall","description":"d",
			"external_sync_identifier":"rollcall:main:hr:1","invitability_level":"none","member_viewability_level":"admins_only",
			"permissions":{"can_invite_as_collaborator":true},"created_at":null,"unknown":[1]}`
		got, err := client(t, newScript(t, step{status: 200, body: body})).GetGroup(t.Context(), 5)
		require.NoError(t, err)
		assert.Equal(t, boxapi.Group{
			ID: 5, Type: "group", Name: "G", GroupType: "managed_group", Provenance: "rollcall", Description: "d",
			ExternalSyncIdentifier: "rollcall:main:hr:1", InvitabilityLevel: "none", MemberViewabilityLevel: "admins_only",
			Permissions: &boxapi.GroupPermissions{CanInviteAsCollaborator: true},
		}, got)
	})
}

// Box accepts 200 and 201 alike in practice; any 2xx is a success.
func TestClient_accepts_any_success(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202} {
		c := client(t, newScript(t, step{status: status, body: membershipJSON}))
		_, err := c.CreateMembership(t.Context(), boxapi.MembershipRequest{User: 44, Group: 11})
		require.NoError(t, err)
	}
	for _, status := range []int{200, 202, 204} {
		c := client(t, newScript(t, step{status: status, body: "whatever"}))
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
	}
}

func TestClient_keeps_its_connections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond)
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, notFoundJSON)
			return
		}
		fmt.Fprint(w, userJSON)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()

	const workers = 8
	c := client(t, nil, func(cfg *boxapi.Config) { cfg.BaseURL = server.URL })
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range 20 {
				_, err := c.Me(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, boxapi.NotFound, boxapi.KindOf(c.DeleteMembership(t.Context(), 1)))
			}
		})
	}
	wg.Wait()
	// A worker may dial while another's connection becomes free; idle ones are
	// kept, so there are never more than those in use and those being dialled.
	assert.LessOrEqual(t, opened.Load(), int64(2*workers), "connections are used again, after errors too")
}

func TestClient_refuses_to_follow_with_credentials(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	defer elsewhere.Close()
	box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer box.Close()
	for _, auth := range []func(*boxapi.Config){ccg, func(*boxapi.Config) {}} {
		c := client(t, nil, auth, func(cfg *boxapi.Config) { cfg.BaseURL = box.URL })
		for method, call := range byMethod() {
			require.ErrorContains(t, call(t.Context(), c), "redirects are not followed", method)
		}
	}
}

func TestClient_does_not_trust_strangers(t *testing.T) {
	t.Parallel()
	box := httptest.NewTLSServer(http.NotFoundHandler())
	defer box.Close()
	c := client(t, nil, func(cfg *boxapi.Config) { cfg.BaseURL = box.URL })
	e := asError(t, c.DeleteMembership(t.Context(), 1))
	assert.Equal(t, boxapi.Network, e.Kind())
	assert.Equal(t, 1, e.Attempts, "a certificate will not be trusted next time either")
	assert.False(t, e.Uncertain)
	assert.Contains(t, e.Error(), "certificate")
}

func TestClient_unreachable_server_is_no_doubt(t *testing.T) {
	t.Parallel()
	c := client(t, nil, at(nobody(t)))
	_, err := c.CreateGroup(t.Context(), boxapi.GroupRequest{Name: new("G")})
	e := asError(t, err)
	assert.Equal(t, 6, e.Attempts)
	assert.False(t, e.Uncertain, "nothing ever got there")
}

func TestClient_unreachable_proxy_is_no_doubt(t *testing.T) {
	t.Parallel()
	proxy, err := url.Parse(nobody(t))
	require.NoError(t, err)
	c := client(t, &http.Transport{Proxy: http.ProxyURL(proxy)})
	_, err = c.CreateGroup(t.Context(), boxapi.GroupRequest{Name: new("G")})
	require.ErrorContains(t, err, "proxyconnect")
	assert.False(t, asError(t, err).Uncertain, "nothing ever got there")
}

func TestGroupRequest_leaves_out_what_is_nil(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(boxapi.GroupRequest{})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(data))
	data, err = json.Marshal(boxapi.GroupRequest{Provenance: new("")})
	require.NoError(t, err)
	assert.JSONEq(t, `{"provenance":""}`, string(data))
}

func FuzzID(f *testing.F) {
	for _, seed := range []string{`"1"`, `1`, `null`, `""`, `"18446744073709551616"`, `1e3`, `"01"`, `"\u0031"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var id, again boxapi.ID
		if json.Unmarshal([]byte(in), &id) != nil {
			return
		}
		data, err := json.Marshal(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &again); err != nil || again != id {
			t.Fatalf("%s became %d, written %s, read %d: %v", in, id, data, again, err)
		}
		if strings.Contains(string(data), ".") {
			t.Fatalf("not a decimal: %s", data)
		}
	})
}
