package conformance_test

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// Ids of the seed below; the emulator counts them up from these.
const (
	finance  boxapi.ID = 10001
	ann      boxapi.ID = 20001
	zoe      boxapi.ID = 20003
	outside  boxapi.ID = 20004
	annThere boxapi.ID = 30001
)

// someBox has two groups and three people, and an external user.
func someBox(t testing.TB, sum *summary, options emulator.Options) *world {
	w := newWorld(t, sum, options,
		"Finance,fin,ann@acme.example,Ann,admin", "Finance,,bob@acme.example,Bob,member", "Legal,,bob@acme.example,,",
		",,zoe@acme.example,Zoe,")
	for _, u := range []emulator.User{
		{Login: "out@other.example", Name: "Out", Kind: emulator.External},
		{Login: "AppUser_1@boxdevedition.com", Name: "App", Kind: emulator.App},
	} {
		_, err := w.AddUser(u)
		require.NoError(t, err)
	}
	return w
}

// calls has every method of the client that talks to Box, with every option
// that it has. What must come of each is looked at elsewhere; here counts that
// Box's description covers it.
func calls() map[string]func(context.Context, *boxapi.Client) error {
	groupFields := []string{
		"name", "group_type", "provenance", "external_sync_identifier", "description",
		"invitability_level", "member_viewability_level", "created_at", "modified_at",
	}
	userFields := []string{"name", "login", "status", "role", "is_platform_access_only", "enterprise"}
	membershipFields := []string{"user", "group", "role", "created_at", "modified_at"}
	group := func(name string) boxapi.GroupRequest {
		return boxapi.GroupRequest{
			Name: new(name), Provenance: new("rollcall"), ExternalSyncIdentifier: new("rollcall:x"), Description: new("<a> & b"),
			InvitabilityLevel: new("admins_only"), MemberViewabilityLevel: new("all_managed_users"),
		}
	}
	groups := boxapi.GroupListOptions{FilterTerm: "F", Fields: groupFields, Limit: 1, Offset: 0}
	users := boxapi.UserListOptions{FilterTerm: "a+b@", UserType: boxapi.ExternalUsers, ExternalAppUserID: "x", Fields: userFields, Limit: 1, Offset: 1}
	some := boxapi.ListOptions{Limit: 1, Offset: 1}
	admin := boxapi.MembershipRequest{
		User: zoe, Group: finance, Role: boxapi.RoleAdmin,
		Permissions: boxapi.ExactPermissions(boxapi.Permissions{CanRunReports: true}),
	}
	history := boxapi.EventListOptions{
		StreamType: boxapi.AdminLogs, StreamPosition: "0", Limit: 2,
		EventTypes: []string{
			boxapi.EventGroupCreation, boxapi.EventGroupDeletion, boxapi.EventGroupEdited, boxapi.EventGroupAddUser,
			boxapi.EventGroupRemoveUser, boxapi.EventGroupAddItem, boxapi.EventGroupRemoveItem,
		},
		CreatedAfter: time.Now().Add(-time.Hour), CreatedBefore: time.Now().Add(time.Hour),
	}
	return map[string]func(context.Context, *boxapi.Client) error{
		"ListGroups": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.ListGroups(ctx, boxapi.GroupListOptions{})
			return either(plain, second(c.ListGroups(ctx, groups)))
		},
		"AllGroups": func(ctx context.Context, c *boxapi.Client) error { return all(c.AllGroups(ctx, groups)) },
		"GetGroup": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.GetGroup(ctx, finance)
			return either(plain, second(c.GetGroup(ctx, finance, groupFields...)))
		},
		"CreateGroup": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.CreateGroup(ctx, boxapi.GroupRequest{Name: new("Board")})
			return either(plain, second(c.CreateGroup(ctx, group("Club"), groupFields...)))
		},
		"UpdateGroup": func(ctx context.Context, c *boxapi.Client) error {
			_, cleared := c.UpdateGroup(ctx, finance, boxapi.GroupRequest{Description: new("")})
			return either(cleared, second(c.UpdateGroup(ctx, finance, group("Finance (new)"), groupFields...)))
		},
		"DeleteGroup": func(ctx context.Context, c *boxapi.Client) error { return c.DeleteGroup(ctx, finance) },
		"ListGroupCollaborations": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.ListGroupCollaborations(ctx, finance, boxapi.ListOptions{})
			return either(plain, second(c.ListGroupCollaborations(ctx, finance, some)))
		},
		"AllGroupCollaborations": func(ctx context.Context, c *boxapi.Client) error {
			return all(c.AllGroupCollaborations(ctx, finance, some))
		},
		"ListGroupMemberships": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.ListGroupMemberships(ctx, finance, boxapi.ListOptions{})
			return either(plain, second(c.ListGroupMemberships(ctx, finance, some)))
		},
		"AllGroupMemberships": func(ctx context.Context, c *boxapi.Client) error {
			return all(c.AllGroupMemberships(ctx, finance, some))
		},
		"ListUserMemberships": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.ListUserMemberships(ctx, ann, boxapi.ListOptions{})
			return either(plain, second(c.ListUserMemberships(ctx, ann, some)))
		},
		"AllUserMemberships": func(ctx context.Context, c *boxapi.Client) error {
			return all(c.AllUserMemberships(ctx, ann, some))
		},
		"CreateMembership": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.CreateMembership(ctx, boxapi.MembershipRequest{User: ann, Group: finance + 1})
			return either(plain, second(c.CreateMembership(ctx, admin, membershipFields...)))
		},
		"GetMembership": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.GetMembership(ctx, annThere)
			return either(plain, second(c.GetMembership(ctx, annThere, membershipFields...)))
		},
		"UpdateMembership": func(ctx context.Context, c *boxapi.Client) error {
			_, none := c.UpdateMembership(ctx, annThere, boxapi.MembershipRequest{Permissions: boxapi.PermissionsNone})
			_, member := c.UpdateMembership(ctx, annThere, boxapi.MembershipRequest{Role: boxapi.RoleMember})
			return either(none, member, second(c.UpdateMembership(ctx, annThere, admin, membershipFields...)))
		},
		"DeleteMembership": func(ctx context.Context, c *boxapi.Client) error { return c.DeleteMembership(ctx, annThere) },
		"ListUsers": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.ListUsers(ctx, boxapi.UserListOptions{})
			_, external := c.ListUsers(ctx, boxapi.UserListOptions{UserType: boxapi.AllUserTypes, FilterTerm: "out@other.example"})
			return either(plain, external, second(c.ListUsers(ctx, users)))
		},
		"ListUsersByMarker": func(ctx context.Context, c *boxapi.Client) error {
			page, plain := c.ListUsersByMarker(ctx, boxapi.UserListOptions{Limit: 1}, "")
			return either(plain, second(c.ListUsersByMarker(ctx, users, page.NextMarker)))
		},
		"AllUsers": func(ctx context.Context, c *boxapi.Client) error {
			return all(c.AllUsers(ctx, boxapi.UserListOptions{UserType: boxapi.ManagedUsers, Limit: 1}))
		},
		"GetUser": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.GetUser(ctx, ann)
			_, external := c.GetUser(ctx, outside)
			_, chosen := c.GetUser(ctx, ann, userFields...)
			return either(plain, external, chosen, second(c.GetUser(ctx, outside, userFields...)))
		},
		"ListEmailAliases": func(ctx context.Context, c *boxapi.Client) error { return second(c.ListEmailAliases(ctx, ann)) },
		"ListEvents": func(ctx context.Context, c *boxapi.Client) error {
			_, now := c.ListEvents(ctx, boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, StreamPosition: boxapi.StreamNow})
			return either(now, second(c.ListEvents(ctx, history)))
		},
		"AllEvents": func(ctx context.Context, c *boxapi.Client) error {
			live := boxapi.EventListOptions{StreamType: boxapi.AdminLogsStreaming, EventTypes: history.EventTypes, Limit: 1}
			return either(all(c.AllEvents(live).Read(ctx)), all(c.AllEvents(history).Read(ctx)))
		},
		"Me": func(ctx context.Context, c *boxapi.Client) error {
			_, plain := c.Me(ctx)
			return either(plain, second(c.Me(ctx, userFields...)))
		},
	}
}

// silent are the methods that send nothing.
func silent() []string { return []string{"Calls", "Pacing", "Retry"} }

func second[T any](_ T, err error) error { return err }

func either(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func all[T any](rows iter.Seq2[T, error]) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestCallsAreComplete fails when the client has learnt a call that nobody has
// added to the table.
func TestCallsAreComplete(t *testing.T) {
	t.Parallel()
	var untried []string
	client := reflect.TypeFor[*boxapi.Client]()
	tried := calls()
	for method := range client.Methods() {
		name := method.Name
		if tried[name] == nil && !slices.Contains(silent(), name) {
			untried = append(untried, name)
		}
	}
	assert.Empty(t, untried, "add these to calls, or to silent if they send nothing")
}

// testCalls makes each call against a Box of its own.
func testCalls(t *testing.T, sum *summary) {
	t.Parallel()
	for name, call := range calls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := someBox(t, sum, emulator.Options{})
			require.NoError(t, call(t.Context(), w.client(credentials())))
			w.requireConforms()
		})
	}
}
