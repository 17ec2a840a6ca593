package boxapi

import (
	"context"
	"iter"
	"net/http"
)

// Collaboration is the access that somebody has to one file or folder.
type Collaboration struct {
	ID     ID     `json:"id"`
	Role   string `json:"role"`   // for example editor or viewer; an open set
	Status string `json:"status"` // accepted, pending or rejected
	// Item is what there is access to; nil while the collaboration is pending,
	// and where it is for an app item.
	Item      *CollaborationItem `json:"item"`
	ExpiresAt string             `json:"expires_at"` // RFC 3339 with whatever offset Box chose; "" for never
}

func (c Collaboration) identity() ID { return c.ID }

// CollaborationItem is a file, a folder or a web link.
type CollaborationItem struct {
	Type string `json:"type"` // file, folder or web_link
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// ListGroupCollaborations reads one page of what a group gives its members
// access to, GET /groups/:id/collaborations: what [Client.DeleteGroup] would
// revoke. A group that is gone, or not visible, is [NotFound]. An offset from
// OffsetCeiling on fails with [ErrOffsetCeiling] and is not sent.
func (c *Client) ListGroupCollaborations(ctx context.Context, group ID, opts ListOptions) (Page[Collaboration], error) {
	req := newRequest(http.MethodGet, "/groups/%s/collaborations", group).page(opts.Limit, opts.Offset)
	return list[Collaboration](ctx, c, req, opts.Offset)
}

// AllGroupCollaborations reads the collaborations of a group page by page from
// opts.Offset on, under the rules of [Client.AllGroups].
func (c *Client) AllGroupCollaborations(ctx context.Context, group ID, opts ListOptions) iter.Seq2[Collaboration, error] {
	return byOffset("collaborations of group "+group.String(), opts.Limit, opts.Offset, func(offset int) (Page[Collaboration], error) {
		return c.ListGroupCollaborations(ctx, group, ListOptions{Limit: opts.Limit, Offset: offset})
	})
}
