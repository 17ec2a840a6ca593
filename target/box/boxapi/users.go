package boxapi

import (
	"context"
	"net/http"
	"strconv"
)

// Values of [UserListOptions.UserType].
const (
	AllUserTypes  = "all"
	ManagedUsers  = "managed" // app users included
	ExternalUsers = "external"
)

// User is a user. Role, IsPlatformAccessOnly and Enterprise come only when
// asked for by name; users of other enterprises show little.
type User struct {
	ID     ID     `json:"id"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Login  string `json:"login"`  // the primary address as Box spells it; compare without regard to case
	Status string `json:"status"` // active, inactive, cannot_delete_edit or cannot_delete_edit_upload

	Role                 string      `json:"role"`                    // admin, coadmin or user; coadmins cannot be group admins
	IsPlatformAccessOnly bool        `json:"is_platform_access_only"` // an app user
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
	UserType   string   // AllUserTypes, ManagedUsers or ExternalUsers; "" leaves it to Box
	Fields     []string // see "Fields" in the package comment
	Limit      int      // rows a page; 0 means MaxLimit
	Offset     int      // rows to skip, below OffsetCeiling; ignored by marker
}

// ListUsers reads one page of users by offset, GET /users. An offset from
// OffsetCeiling on fails with [ErrOffsetCeiling] and is not sent; lists of any
// length are read with [Client.ListUsersByMarker].
func (c *Client) ListUsers(ctx context.Context, opts UserListOptions) (Page[User], error) {
	req := newRequest(http.MethodGet, "/users").page(opts.Limit, opts.Offset).
		set("filter_term", opts.FilterTerm).set("user_type", opts.UserType).fields(opts.Fields)
	return list[User](ctx, c, req, opts.Offset)
}

// ListUsersByMarker reads one page of users by marker, GET /users with
// usemarker. The first page has the marker "", each next one the NextMarker of
// the page before; "" there ends the list. There is no total.
func (c *Client) ListUsersByMarker(ctx context.Context, opts UserListOptions, marker string) (Page[User], error) {
	req := newRequest(http.MethodGet, "/users").
		set("usemarker", "true").set("marker", marker).set("limit", strconv.Itoa(pageLimit(opts.Limit))).
		set("filter_term", opts.FilterTerm).set("user_type", opts.UserType).fields(opts.Fields)
	return list[User](ctx, c, req, 0)
}

// GetUser reads one user, GET /users/:id. A user that is gone, or not visible,
// is [NotFound].
func (c *Client) GetUser(ctx context.Context, id ID, fields ...string) (User, error) {
	return one[User](ctx, c, newRequest(http.MethodGet, "/users/%s", id).fields(fields))
}

// Me reads the user whose token it is, or as whom the client acts,
// GET /users/me: with [ClientCredentials] of an enterprise the service account.
func (c *Client) Me(ctx context.Context, fields ...string) (User, error) {
	return one[User](ctx, c, newRequest(http.MethodGet, "/users/me").fields(fields))
}
