package boxapi

import (
	"context"
	"net/http"
)

// Group is a group of an enterprise. Lists without fields fill ID, Type, Name
// and GroupType only.
type Group struct {
	ID        ID     `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	GroupType string `json:"group_type"` // managed_group or all_users_group; the latter is Box's own

	// The rest comes only when asked for by name.
	Provenance             string `json:"provenance"`
	ExternalSyncIdentifier string `json:"external_sync_identifier"`
	Description            string `json:"description"`
	InvitabilityLevel      string `json:"invitability_level"`
	MemberViewabilityLevel string `json:"member_viewability_level"`

	// Times are RFC 3339 with whatever offset Box chose.
	CreatedAt  string `json:"created_at"`
	ModifiedAt string `json:"modified_at"`
}

func (g Group) identity() ID { return g.ID }

// GroupListOptions choose groups and what is told of them.
type GroupListOptions struct {
	FilterTerm string   // only groups whose name starts with it; Box's index lags by seconds
	Fields     []string // see "Fields" in the package comment
	Limit      int      // rows a page; 0 means MaxLimit
	Offset     int      // rows to skip, below OffsetCeiling
}

// GroupRequest is what a group is to be. Fields that are nil are left out, and
// Box then leaves them as they are. A pointer to "" is sent as "".
type GroupRequest struct {
	Name                   *string `json:"name,omitempty"` // required by CreateGroup
	Provenance             *string `json:"provenance,omitempty"`
	ExternalSyncIdentifier *string `json:"external_sync_identifier,omitempty"`
	Description            *string `json:"description,omitempty"`
	InvitabilityLevel      *string `json:"invitability_level,omitempty"`       // admins_only, admins_and_members or all_managed_users
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
