package boxapi

import (
	"context"
	"fmt"
	"net/http"
)

// Membership is one user's place in one group. ConfigurablePermissions and the
// times are in no list, only where one membership is the answer. User and Group
// are zero where Box does not show them.
type Membership struct {
	ID    ID        `json:"id"` // what GetMembership, UpdateMembership and DeleteMembership take
	User  UserMini  `json:"user"`
	Group GroupMini `json:"group"`
	Role  string    `json:"role"` // member or admin; other values have been seen

	// ConfigurablePermissions are those of an admin, nil for a member.
	ConfigurablePermissions *Permissions `json:"configurable_permissions"`
	CreatedAt               string       `json:"created_at"` // RFC 3339 with whatever offset Box chose
	ModifiedAt              string       `json:"modified_at"`
}

func (m Membership) identity() ID { return m.ID }

// UserMini is a user as a membership or an event names it.
type UserMini struct {
	ID    ID     `json:"id"`
	Type  string `json:"type"`
	Name  string `json:"name"`
	Login string `json:"login"`
}

// GroupMini is a group as a membership names it.
type GroupMini struct {
	ID        ID     `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	GroupType string `json:"group_type"`
}

// Roles of a membership.
const (
	RoleMember = "member"
	RoleAdmin  = "admin"
)

// MembershipRequest is what a membership is to be.
type MembershipRequest struct {
	User  ID // CreateMembership only
	Group ID // CreateMembership only
	// Role is RoleMember or RoleAdmin. "" leaves it out: a new membership then
	// is a member's, an existing one keeps its role.
	Role        string
	Permissions PermissionSetting
}

type membershipBody struct {
	User        *ref              `json:"user,omitempty"`
	Group       *ref              `json:"group,omitempty"`
	Role        string            `json:"role,omitempty"`
	Permissions PermissionSetting `json:"configurable_permissions,omitzero"`
}

type ref struct {
	ID ID `json:"id"`
}

// ListGroupMemberships reads one page of a group's memberships,
// GET /groups/:id/memberships. A group that is gone, or not visible, is
// [NotFound]. An offset from OffsetCeiling on fails with [ErrOffsetCeiling] and
// is not sent.
func (c *Client) ListGroupMemberships(ctx context.Context, group ID, opts ListOptions) (Page[Membership], error) {
	req := newRequest(http.MethodGet, "/groups/%s/memberships", group).page(opts.Limit, opts.Offset)
	return list[Membership](ctx, c, req, opts.Offset)
}

// ListUserMemberships reads one page of a user's memberships,
// GET /users/:id/memberships. A user that is gone, or not visible, is
// [NotFound]. An offset from OffsetCeiling on fails with [ErrOffsetCeiling] and
// is not sent.
func (c *Client) ListUserMemberships(ctx context.Context, user ID, opts ListOptions) (Page[Membership], error) {
	req := newRequest(http.MethodGet, "/users/%s/memberships", user).page(opts.Limit, opts.Offset)
	return list[Membership](ctx, c, req, opts.Offset)
}

// CreateMembership puts a user into a group, POST /group_memberships. A user
// who is in it already is [Conflict] and keeps the role there; if the error is
// Uncertain too, an earlier attempt may have put the user there. A user whom
// Box may not put there is [Policy].
func (c *Client) CreateMembership(ctx context.Context, membership MembershipRequest, fields ...string) (Membership, error) {
	req := newRequest(http.MethodPost, "/group_memberships").fields(fields)
	req.body = membershipBody{
		User: &ref{membership.User}, Group: &ref{membership.Group},
		Role: membership.Role, Permissions: membership.Permissions,
	}
	if membership.User == 0 || membership.Group == 0 {
		req.err = fmt.Errorf("user and group: %w", ErrNoID)
	}
	return one[Membership](ctx, c, req)
}

// GetMembership reads one membership with its permissions,
// GET /group_memberships/:id. One that is gone is [NotFound].
func (c *Client) GetMembership(ctx context.Context, id ID, fields ...string) (Membership, error) {
	return one[Membership](ctx, c, newRequest(http.MethodGet, "/group_memberships/%s", id).fields(fields))
}

// UpdateMembership changes a membership's role, permissions or both,
// PUT /group_memberships/:id. One that is gone is [NotFound]. Making an admin a
// member drops the permissions. Repeating it does no harm.
func (c *Client) UpdateMembership(ctx context.Context, id ID, membership MembershipRequest, fields ...string) (Membership, error) {
	req := newRequest(http.MethodPut, "/group_memberships/%s", id).fields(fields)
	req.body = membershipBody{Role: membership.Role, Permissions: membership.Permissions}
	return one[Membership](ctx, c, req)
}

// DeleteMembership takes a user out of a group, DELETE /group_memberships/:id,
// and with that takes away the access that the group gave. There is no undo: a
// new membership has a new id. One that is gone is [NotFound]; if the error is
// Uncertain too, an earlier attempt may have deleted it.
func (c *Client) DeleteMembership(ctx context.Context, id ID) error {
	return c.send(ctx, newRequest(http.MethodDelete, "/group_memberships/%s", id), nil)
}
