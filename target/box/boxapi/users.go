package boxapi

import (
	"context"
	"net/http"
	"strconv"
)

const mePath = "/users/me"

// Values of [UserListOptions.UserType].
const (
	AllUserTypes  = "all"
	ManagedUsers  = "managed" // app users included
	ExternalUsers = "external"
)

// Values of [User.Status]. It says what a user may do after logging in, and
// nothing about groups: Box does not say that it takes inactive users out of
// them, or that it keeps them from being added.
const (
	StatusActive                 = "active"
	StatusInactive               = "inactive" // cannot log in
	StatusCannotDeleteEdit       = "cannot_delete_edit"
	StatusCannotDeleteEditUpload = "cannot_delete_edit_upload"
)

// Values of [User.Role], a user's role in the enterprise. Admins and co-admins
// cannot be admins of a group besides.
const (
	EnterpriseAdmin   = "admin"
	EnterpriseCoAdmin = "coadmin"
	EnterpriseUser    = "user"
)

// User is a user. Role, IsPlatformAccessOnly, ExternalAppUserID and Enterprise
// come only when asked for by name. Of users of other enterprises Box shows
// little.
type User struct {
	ID     ID     `json:"id"`
	Type   string `json:"type"` // user
	Name   string `json:"name"`
	Login  string `json:"login"` // the primary address as Box spells it; compare without regard to case
	Status string `json:"status"`

	CreatedAt  string `json:"created_at"` // RFC 3339 with whatever offset Box chose
	ModifiedAt string `json:"modified_at"`

	Role                 string      `json:"role"`
	IsPlatformAccessOnly bool        `json:"is_platform_access_only"` // an app user: made by an app, cannot log in to Box's website
	ExternalAppUserID    string      `json:"external_app_user_id"`    // of an app user: what the app calls the user
	Enterprise           *Enterprise `json:"enterprise"`              // nil when not told
}

// Enterprise is an enterprise as a user names it.
type Enterprise struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

func (u User) identity() ID { return u.ID }

// UserListOptions choose users and what is told of them.
type UserListOptions struct {
	// FilterTerm keeps managed users whose name or login starts with it, and
	// the one external user with exactly this login: compare the answers.
	FilterTerm string
	// ExternalAppUserID keeps the app users that an app gave this name.
	ExternalAppUserID string
	UserType          string   // AllUserTypes, ManagedUsers or ExternalUsers; "" leaves it to Box
	Fields            []string // see "Fields" in the package comment
	Limit             int      // rows a page; 0 means MaxLimit
	Offset            int      // rows to skip, below OffsetCeiling; ignored by marker
}

// ListUsers reads one page of users by offset, GET /users. An offset from
// OffsetCeiling on fails with [ErrOffsetCeiling] and is not sent; lists of any
// length are read with [Client.ListUsersByMarker].
func (c *Client) ListUsers(ctx context.Context, opts UserListOptions) (Page[User], error) {
	req := newRequest(http.MethodGet, "/users").page(opts.Limit, opts.Offset).users(opts)
	return list[User](ctx, c, req, opts.Offset)
}

// ListUsersByMarker reads one page of users by marker, GET /users with
// usemarker. The first page has the marker "", each next one the NextMarker of
// the page before; "" there ends the list. There is no total.
func (c *Client) ListUsersByMarker(ctx context.Context, opts UserListOptions, marker string) (Page[User], error) {
	req := newRequest(http.MethodGet, "/users").
		set("usemarker", "true").set("marker", marker).set("limit", strconv.Itoa(pageLimit(opts.Limit))).users(opts)
	return list[User](ctx, c, req, 0)
}

// users adds what both kinds of list have in common.
func (r request) users(opts UserListOptions) request {
	return r.set("filter_term", opts.FilterTerm).set("user_type", opts.UserType).
		set("external_app_user_id", opts.ExternalAppUserID).fields(opts.Fields)
}

// GetUser reads one user, GET /users/:id. A user that is gone, or not visible,
// is [NotFound].
func (c *Client) GetUser(ctx context.Context, id ID, fields ...string) (User, error) {
	return one[User](ctx, c, newRequest(http.MethodGet, "/users/%s", id).fields(fields))
}

// Me reads the user whose token it is, or as whom the client acts,
// GET /users/me: with [ClientCredentials] of an enterprise the service account.
func (c *Client) Me(ctx context.Context, fields ...string) (User, error) {
	return one[User](ctx, c, newRequest(http.MethodGet, mePath).fields(fields))
}
