package boxapi

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

var errStuck = errors.New("the list does not advance: Box gave a marker twice")

// AllGroups reads groups page by page from opts.Offset on. Each group comes
// once. An error comes once and last; what came before it is right but not the
// whole, and [ErrOffsetCeiling] says that the rest cannot be listed at all.
// Ranging again reads again.
func (c *Client) AllGroups(ctx context.Context, opts GroupListOptions) iter.Seq2[Group, error] {
	opts.Fields = slices.Clone(opts.Fields)
	return byOffset("groups", opts.Limit, opts.Offset, func(offset int) (Page[Group], error) {
		now := opts
		now.Offset = offset
		return c.ListGroups(ctx, now)
	})
}

// AllGroupMemberships reads the memberships of a group page by page from
// opts.Offset on, under the rules of [Client.AllGroups].
func (c *Client) AllGroupMemberships(ctx context.Context, group ID, opts ListOptions) iter.Seq2[Membership, error] {
	return byOffset("memberships of group "+group.String(), opts.Limit, opts.Offset, func(offset int) (Page[Membership], error) {
		return c.ListGroupMemberships(ctx, group, ListOptions{Limit: opts.Limit, Offset: offset})
	})
}

// AllUserMemberships reads the memberships of a user page by page from
// opts.Offset on, under the rules of [Client.AllGroups].
func (c *Client) AllUserMemberships(ctx context.Context, user ID, opts ListOptions) iter.Seq2[Membership, error] {
	return byOffset("memberships of user "+user.String(), opts.Limit, opts.Offset, func(offset int) (Page[Membership], error) {
		return c.ListUserMemberships(ctx, user, ListOptions{Limit: opts.Limit, Offset: offset})
	})
}

// AllUsers reads users by marker, which has no ceiling; opts.Offset is ignored.
// Each user comes once. An error comes once and last; what came before it is
// right but not the whole.
func (c *Client) AllUsers(ctx context.Context, opts UserListOptions) iter.Seq2[User, error] {
	opts.Fields = slices.Clone(opts.Fields)
	return func(yield func(User, error) bool) {
		rows, markers := map[ID]bool{}, map[string]bool{}
		for marker := ""; ; {
			page, err := c.ListUsersByMarker(ctx, opts, marker)
			if err != nil {
				yield(User{}, err)
				return
			}
			if !once(page.Entries, rows, yield) || page.NextMarker == "" {
				return
			}
			marker = page.NextMarker
			if markers[marker] {
				yield(User{}, errStuck)
				return
			}
			markers[marker] = true
		}
	}
}

// byOffset reads a list to its end, or to where offsets end.
func byOffset[T identified](what string, limit, offset int, read func(offset int) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, most := map[ID]bool{}, 0
		for at := offset; ; {
			page, err := read(at)
			if err != nil {
				yield(none, err)
				return
			}
			if !once(page.Entries, rows, yield) {
				return
			}
			// A page that tells no total, or a smaller one than an earlier page,
			// does not end a list before its rows can have been seen.
			most = max(most, page.TotalCount)
			if !page.HasMore(limit) && page.NextOffset(limit) >= most {
				if page.TotalCount > OffsetCeiling {
					yield(none, ceiling(what, page.TotalCount))
				}
				return
			}
			if at = page.NextOffset(limit); at >= OffsetCeiling {
				yield(none, ceiling(what, page.TotalCount))
				return
			}
		}
	}
}

// once yields the rows that were not yielded before.
func once[T identified](page []T, rows map[ID]bool, yield func(T, error) bool) bool {
	for _, row := range page {
		if rows[row.identity()] {
			continue
		}
		rows[row.identity()] = true
		if !yield(row, nil) {
			return false
		}
	}
	return true
}

func ceiling(what string, total int) error {
	return fmt.Errorf("%s, %d in all: %w", what, total, ErrOffsetCeiling)
}
