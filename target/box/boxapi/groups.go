package boxapi

import (
	"context"
	"net/http"
)

// Values of [Group.GroupType].
const (
	ManagedGroup  = "managed_group"   // a group that people and programs made
	AllUsersGroup = "all_users_group" // Box's own, with everybody in it; not to be written to
)

// Values of [Group.InvitabilityLevel] and [Group.MemberViewabilityLevel]. Box
// had others once: take the values of a group as an open set.
const (
	AdminsOnly       = "admins_only"        // the admin, the co-admins and the group's own admins
	AdminsAndMembers = "admins_and_members" // these and the group's members
	AllManagedUsers  = "all_managed_users"  // all managed users of the enterprise
)

// Group is a group of an enterprise. Without fields, lists fill ID, Type, Name
// and GroupType only, and calls for one group CreatedAt and ModifiedAt too. All
// the rest comes only when asked for by name.
type Group struct {
	ID        ID     `json:"id"`
	Type      string `json:"type"` // group
	Name      string `json:"name"` // unique in the enterprise; Box does not say whether case counts
	GroupType string `json:"group_type"`

	// Provenance names where the group comes from. A group that has one cannot
	// be edited by people in Box's web application, neither its name nor its
	// members; calls like ours can.
	Provenance             string `json:"provenance"`
	ExternalSyncIdentifier string `json:"external_sync_identifier"` // a link that outlives a new name; Box does not keep it unique
	Description            string `json:"description"`
	InvitabilityLevel      string `json:"invitability_level"`       // who may invite the group to files and folders
	MemberViewabilityLevel string `json:"member_viewability_level"` // who may list the members
	// Permissions are what these credentials may do with the group; nil when
	// not asked for.
	Permissions *GroupPermissions `json:"permissions"`

	CreatedAt  string `json:"created_at"` // RFC 3339 with whatever offset Box chose
	ModifiedAt string `json:"modified_at"`
}

// GroupPermissions are what the credentials may do with a group.
type GroupPermissions struct {
	CanInviteAsCollaborator bool `json:"can_invite_as_collaborator"`
}

func (g Group) identity() ID { return g.ID }

// GroupListOptions choose groups and what is told of them.
type GroupListOptions struct {
	// FilterTerm keeps groups whose name starts with it: compare the answers.
	// Box searches an index that lags by seconds, so that a new group is missing.
	FilterTerm string
	Fields     []string // see "Fields" in the package comment
	Limit      int      // rows a page; 0 means MaxLimit
	Offset     int      // rows to skip, below OffsetCeiling
}

// GroupRequest is what a group is to be. Fields that are nil are left out, and
// Box then leaves them as they are. A pointer to "" is sent as "", which may
// clear the field or be refused: Box does not document it, and a provenance is
// said to be there for good. The lengths are Box's to check.
type GroupRequest struct {
	Name                   *string `json:"name,omitempty"`                     // required by CreateGroup
	Provenance             *string `json:"provenance,omitempty"`               // at most 255 characters
	ExternalSyncIdentifier *string `json:"external_sync_identifier,omitempty"` // no length is documented
	Description            *string `json:"description,omitempty"`              // at most 255 characters
	InvitabilityLevel      *string `json:"invitability_level,omitempty"`       // AdminsOnly, AdminsAndMembers or AllManagedUsers
	MemberViewabilityLevel *string `json:"member_viewability_level,omitempty"` // the same values
}

// ListGroups reads one page of the enterprise's groups, GET /groups. Groups
// that the credentials may not see are missing without an error, all of them
// if a right is lacking. An offset from OffsetCeiling on fails with
// [ErrOffsetCeiling] and is not sent.
func (c *Client) ListGroups(ctx context.Context, opts GroupListOptions) (Page[Group], error) {
	req := newRequest(http.MethodGet, "/groups").page(opts.Limit, opts.Offset).
		set("filter_term", opts.FilterTerm).fields(opts.Fields)
	return list[Group](ctx, c, req, opts.Offset)
}

// GetGroup reads one group, GET /groups/:id. A group that is gone, or not
// visible, is [NotFound].
func (c *Client) GetGroup(ctx context.Context, id ID, fields ...string) (Group, error) {
	return one[Group](ctx, c, newRequest(http.MethodGet, "/groups/%s", id).fields(fields))
}

// CreateGroup makes a group, POST /groups. A name that is taken is [Conflict];
// if the error is Uncertain too, the group may be one that an earlier attempt
// made. The same goes for a call whose context ended while it was under way.
func (c *Client) CreateGroup(ctx context.Context, group GroupRequest, fields ...string) (Group, error) {
	req := newRequest(http.MethodPost, "/groups").fields(fields)
	req.body = group
	return one[Group](ctx, c, req)
}

// UpdateGroup changes a group, PUT /groups/:id. A name that another group has
// is [Conflict], a group that is gone [NotFound]. Repeating it does no harm.
func (c *Client) UpdateGroup(ctx context.Context, id ID, group GroupRequest, fields ...string) (Group, error) {
	req := newRequest(http.MethodPut, "/groups/%s", id).fields(fields)
	req.body = group
	return one[Group](ctx, c, req)
}

// DeleteGroup deletes a group, DELETE /groups/:id, with all its memberships and
// all its collaborations: whoever had access to a file or folder through the
// group alone loses it at once. There is no undo. A new group of the same name
// has a new id and nothing of this; see [Client.ListGroupCollaborations] for
// what would be lost. A group that is gone, or not visible, is [NotFound]; if
// the error is Uncertain too, an earlier attempt may have deleted it.
func (c *Client) DeleteGroup(ctx context.Context, id ID) error {
	return c.send(ctx, newRequest(http.MethodDelete, "/groups/%s", id), nil)
}
