package boxapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

type endpoint struct {
	name          string
	do            func(context.Context, *boxapi.Client) (any, error)
	method, path  string
	query         string
	body          string // exact
	answer        string
	status        int
	want          any
	answerIgnored bool // a success without a readable body is one all the same
}

func pageJSON(entry string) string {
	return fmt.Sprintf(`{"total_count":1,"limit":1000,"offset":0,"entries":[%s]}`, entry)
}

func wantGroup() boxapi.Group {
	return boxapi.Group{ID: 11, Type: "group", Name: "Ops", GroupType: "managed_group", CreatedAt: "2018-04-25T15:39:35-07:00"}
}

func wantMembership() boxapi.Membership {
	return boxapi.Membership{
		ID: 12345, Role: "admin",
		User:                    boxapi.UserMini{ID: 44, Type: "user", Name: "T", Login: "t@example.com"},
		Group:                   boxapi.GroupMini{ID: 11, Type: "group", Name: "Ops", GroupType: "managed_group"},
		ConfigurablePermissions: &boxapi.Permissions{CanRunReports: true, CanEditAccounts: true},
	}
}

func wantUser() boxapi.User {
	return boxapi.User{
		ID: 44, Type: "user", Name: "T", Login: "t@example.com", Status: "active", Role: "coadmin",
		IsPlatformAccessOnly: true, Enterprise: &boxapi.Enterprise{ID: 77, Name: "Acme"},
	}
}

func onePage[T any](offset int, row T) boxapi.Page[T] {
	return boxapi.Page[T]{TotalCount: 1, Limit: 1000, Offset: offset, Entries: []T{row}}
}

func groupEndpoints() []endpoint {
	return []endpoint{
		{
			name: "ListGroups",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListGroups(ctx, boxapi.GroupListOptions{FilterTerm: "a+b", Fields: []string{"name", "provenance"}, Limit: 5000, Offset: 20})
			},
			method: "GET", path: "/2.0/groups", query: "fields=name%2Cprovenance&filter_term=a%2Bb&limit=1000&offset=20",
			answer: pageJSON(groupJSON), want: onePage(20, wantGroup()),
		},
		{
			name:   "GetGroup",
			do:     func(ctx context.Context, c *boxapi.Client) (any, error) { return c.GetGroup(ctx, 11, "name") },
			method: "GET", path: "/2.0/groups/11", query: "fields=name",
			answer: groupJSON, want: wantGroup(),
		},
		{
			name: "CreateGroup",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.CreateGroup(ctx, boxapi.GroupRequest{
					Name: new("R&D <x>"), ExternalSyncIdentifier: new("rollcall:a"), Description: new(""),
					Provenance: new("p"), InvitabilityLevel: new("admins_only"), MemberViewabilityLevel: new("all_managed_users"),
				}, "name", "group_type")
			},
			method: "POST", path: "/2.0/groups", query: "fields=name%2Cgroup_type", status: 201,
			body: `{"name":"R&D <x>","provenance":"p","external_sync_identifier":"rollcall:a","description":"",` +
				`"invitability_level":"admins_only","member_viewability_level":"all_managed_users"}`,
			answer: groupJSON, want: wantGroup(),
		},
		{
			name: "UpdateGroup",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.UpdateGroup(ctx, 11, boxapi.GroupRequest{Name: new("Ops")})
			},
			method: "PUT", path: "/2.0/groups/11", body: `{"name":"Ops"}`,
			answer: groupJSON, want: wantGroup(),
		},
	}
}

func membershipEndpoints() []endpoint {
	return []endpoint{
		{
			name: "ListGroupMemberships",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListGroupMemberships(ctx, 11, boxapi.ListOptions{Limit: 50, Offset: 9999})
			},
			method: "GET", path: "/2.0/groups/11/memberships", query: "limit=50&offset=9999",
			answer: pageJSON(membershipJSON), want: onePage(9999, wantMembership()),
		},
		{
			name: "ListUserMemberships",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListUserMemberships(ctx, 44, boxapi.ListOptions{})
			},
			method: "GET", path: "/2.0/users/44/memberships", query: "limit=1000&offset=0",
			answer: pageJSON(membershipJSON), want: onePage(0, wantMembership()),
		},
		{
			name: "CreateMembership",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.CreateMembership(ctx, boxapi.MembershipRequest{
					User: 44, Group: 11, Role: boxapi.RoleAdmin,
					Permissions: boxapi.ExactPermissions(boxapi.Permissions{CanInstantLogin: true}),
				})
			},
			method: "POST", path: "/2.0/group_memberships", status: 201,
			body: `{"user":{"id":"44"},"group":{"id":"11"},"role":"admin","configurable_permissions":` +
				`{"can_run_reports":false,"can_instant_login":true,"can_create_accounts":false,"can_edit_accounts":false}}`,
			answer: membershipJSON, want: wantMembership(),
		},
		{
			name: "GetMembership",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.GetMembership(ctx, 12345, "role")
			},
			method: "GET", path: "/2.0/group_memberships/12345", query: "fields=role",
			answer: membershipJSON, want: wantMembership(),
		},
		{
			name: "UpdateMembership",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.UpdateMembership(ctx, 12345, boxapi.MembershipRequest{User: 1, Group: 2, Role: boxapi.RoleMember})
			},
			method: "PUT", path: "/2.0/group_memberships/12345", body: `{"role":"member"}`,
			answer: membershipJSON, want: wantMembership(),
		},
		{
			name: "DeleteMembership",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return nil, c.DeleteMembership(ctx, 12345)
			},
			method: "DELETE", path: "/2.0/group_memberships/12345", status: 204, answerIgnored: true,
		},
	}
}

func userEndpoints() []endpoint {
	return []endpoint{
		{
			name: "ListUsers",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListUsers(ctx, boxapi.UserListOptions{
					FilterTerm: "t@x", UserType: boxapi.ManagedUsers, ExternalAppUserID: "e 1", Fields: []string{"login"},
				})
			},
			method: "GET", path: "/2.0/users", query: "external_app_user_id=e+1&fields=login&filter_term=t%40x&limit=1000&offset=0&user_type=managed",
			answer: pageJSON(userJSON), want: onePage(0, wantUser()),
		},
		{
			name: "ListUsersByMarker",
			do: func(ctx context.Context, c *boxapi.Client) (any, error) {
				return c.ListUsersByMarker(ctx, boxapi.UserListOptions{Limit: 7, Offset: 70}, "m1")
			},
			method: "GET", path: "/2.0/users", query: "limit=7&marker=m1&usemarker=true",
			answer: `{"limit":7,"next_marker":"m2","entries":[` + userJSON + `]}`,
			want:   boxapi.Page[boxapi.User]{Limit: 7, NextMarker: "m2", Entries: []boxapi.User{wantUser()}},
		},
		{
			name:   "GetUser",
			do:     func(ctx context.Context, c *boxapi.Client) (any, error) { return c.GetUser(ctx, 44) },
			method: "GET", path: "/2.0/users/44", answer: userJSON, want: wantUser(),
		},
		{
			name:   "Me",
			do:     func(ctx context.Context, c *boxapi.Client) (any, error) { return c.Me(ctx, "enterprise", "role") },
			method: "GET", path: "/2.0/users/me", query: "fields=enterprise%2Crole", answer: userJSON, want: wantUser(),
		},
	}
}

func endpoints() []endpoint {
	return slices.Concat(groupEndpoints(), membershipEndpoints(), userEndpoints(), otherEndpoints())
}

func TestClient_endpoint_sends_and_decodes(t *testing.T) {
	t.Parallel()
	for _, tc := range endpoints() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			box := roundTrip(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, tc.method, req.Method)
				assert.Equal(t, "https://box.example.com/prefix"+tc.path, "https://"+req.URL.Host+req.URL.Path)
				assert.Equal(t, tc.query, req.URL.RawQuery)
				assert.Equal(t, tc.body, bodyOf(t, req))
				assert.Equal(t, "Bearer dev-token", req.Header.Get("Authorization"))
				assert.Equal(t, "99", req.Header.Get("As-User"))
				assert.Equal(t, "rollcall", req.Header.Get("User-Agent"))
				assert.Equal(t, []string{"off"}, req.Header.Values("Box-Notifications"))
				assert.Equal(t, tc.body != "", req.Header.Get("Content-Type") == "application/json")
				return answer(max(tc.status, 200), tc.answer), nil
			})
			c := client(t, box, func(cfg *boxapi.Config) {
				cfg.BaseURL, cfg.AsUser = "https://box.example.com/prefix/", "99"
				cfg.Headers = http.Header{"box-notifications": {"off"}}
			})
			got, err := tc.do(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
			assert.EqualValues(t, 1, c.Calls())
		})
	}
}

func TestClient_endpoint_reports_refusal(t *testing.T) {
	t.Parallel()
	for _, tc := range endpoints() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			box := newScript(t, step{status: 404, body: notFoundJSON})
			_, err := tc.do(t.Context(), client(t, box))
			e := asError(t, err)
			assert.Equal(t, boxapi.NotFound, e.Kind())
			assert.Equal(t, tc.method+" "+tc.path[len("/2.0"):]+": 404 not_found: Not Found (request abc)", err.Error())
			assert.False(t, e.Uncertain)
			assert.Equal(t, 1, e.Attempts)
		})
	}
}

func TestClient_endpoint_refuses_unreadable_success(t *testing.T) {
	t.Parallel()
	for _, tc := range endpoints() {
		if tc.answerIgnored {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{`{"type":"group"`, `<html>`, ``, `{}`, `null`, `{"entries":[{"name":"no id"}]}`} {
				calls := 0
				c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
					calls++
					return answer(200, body), nil
				}))
				_, err := tc.do(t.Context(), c)
				e := asError(t, err)
				assert.Equal(t, boxapi.Network, e.Kind(), body)
				write := tc.method != http.MethodGet
				assert.Equal(t, write, e.Uncertain, body)
				if write {
					assert.Equal(t, 1, calls, "a write that happened is not repeated")
				} else {
					assert.Equal(t, 6, calls)
				}
			}
		})
	}
}

func TestClient_refuses_missing_ids_and_offsets_without_a_call(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do   func(context.Context, *boxapi.Client) error
		want error
	}{
		"GetGroup":    {func(ctx context.Context, c *boxapi.Client) error { _, err := c.GetGroup(ctx, 0); return err }, boxapi.ErrNoID},
		"Delete":      {func(ctx context.Context, c *boxapi.Client) error { return c.DeleteMembership(ctx, 0) }, boxapi.ErrNoID},
		"DeleteGroup": {func(ctx context.Context, c *boxapi.Client) error { return c.DeleteGroup(ctx, 0) }, boxapi.ErrNoID},
		"Aliases": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.ListEmailAliases(ctx, 0)
			return err
		}, boxapi.ErrNoID},
		"Collaborations": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.ListGroupCollaborations(ctx, 1, boxapi.ListOptions{Offset: boxapi.OffsetCeiling})
			return err
		}, boxapi.ErrOffsetCeiling},
		"CreateWithoutUser": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.CreateMembership(ctx, boxapi.MembershipRequest{Group: 1})
			return err
		}, boxapi.ErrNoID},
		"CreateWithoutGroup": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.CreateMembership(ctx, boxapi.MembershipRequest{User: 1})
			return err
		}, boxapi.ErrNoID},
		"Groups": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.ListGroups(ctx, boxapi.GroupListOptions{Offset: boxapi.OffsetCeiling})
			return err
		}, boxapi.ErrOffsetCeiling},
		"Users": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.ListUsers(ctx, boxapi.UserListOptions{Offset: boxapi.OffsetCeiling})
			return err
		}, boxapi.ErrOffsetCeiling},
		"Negative": {func(ctx context.Context, c *boxapi.Client) error {
			_, err := c.ListUserMemberships(ctx, 1, boxapi.ListOptions{Offset: -1})
			return err
		}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, newScript(t))
			err := tc.do(t.Context(), c)
			require.Error(t, err)
			if tc.want != nil {
				require.ErrorIs(t, err, tc.want)
			}
			assert.Equal(t, boxapi.Invalid, boxapi.KindOf(err))
			assert.Zero(t, c.Calls())
		})
	}
}

func TestPermissionSetting_bytes(t *testing.T) {
	t.Parallel()
	all := boxapi.Permissions{CanRunReports: true, CanInstantLogin: true, CanCreateAccounts: true, CanEditAccounts: true}
	tests := map[string]struct {
		setting boxapi.PermissionSetting
		want    string
	}{
		"left_out": {0, `{"role":"admin"}`},
		"none":     {boxapi.PermissionsNone, `{"role":"admin","configurable_permissions":null}`},
		"all_off": {boxapi.ExactPermissions(boxapi.Permissions{}), `{"role":"admin","configurable_permissions":` +
			`{"can_run_reports":false,"can_instant_login":false,"can_create_accounts":false,"can_edit_accounts":false}}`},
		"all_on": {boxapi.ExactPermissions(all), `{"role":"admin","configurable_permissions":` +
			`{"can_run_reports":true,"can_instant_login":true,"can_create_accounts":true,"can_edit_accounts":true}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, tc.want, bodyOf(t, req))
				return answer(200, membershipJSON), nil
			}))
			_, err := c.UpdateMembership(t.Context(), 5, boxapi.MembershipRequest{Role: "admin", Permissions: tc.setting})
			require.NoError(t, err)
		})
	}
}

func TestExactPermissions_round_trip(t *testing.T) {
	t.Parallel()
	for bits := range 16 {
		p := boxapi.Permissions{CanRunReports: bits&1 != 0, CanInstantLogin: bits&2 != 0, CanCreateAccounts: bits&4 != 0, CanEditAccounts: bits&8 != 0}
		got, ok := boxapi.ExactPermissions(p).Exact()
		assert.True(t, ok)
		assert.Equal(t, p, got)
	}
	_, ok := boxapi.PermissionsNone.Exact()
	assert.False(t, ok)
	_, ok = boxapi.PermissionSetting(0).Exact()
	assert.False(t, ok)
}

func TestID_JSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want boxapi.ID
		ok   bool
	}{
		{`"12"`, 12, true},
		{`12`, 12, true},
		{`"18446744073709551615"`, 18446744073709551615, true},
		{`null`, 0, true},
		{`""`, 0, true},
		{`"18446744073709551616"`, 0, false},
		{`1.5`, 0, false},
		{`1e3`, 0, false},
		{`-1`, 0, false},
		{`"abc"`, 0, false},
		{`true`, 0, false},
		{`{}`, 0, false},
	}
	for _, tc := range tests {
		var got struct{ ID boxapi.ID }
		err := json.Unmarshal([]byte(`{"id":`+tc.in+`}`), &got)
		assert.Equal(t, tc.ok, err == nil, tc.in)
		assert.Equal(t, tc.want, got.ID, tc.in)
	}
	data, err := json.Marshal([]boxapi.ID{0, 42})
	require.NoError(t, err)
	assert.JSONEq(t, `[null,"42"]`, string(data))
	assert.Equal(t, "42", boxapi.ID(42).String())
}
