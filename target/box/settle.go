package box

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// How like a group is to the one that was to be created.
const (
	unlike         = iota
	sameFoldedName // in other case
	sameName       // but for blanks round it, which Box may have trimmed
	sameIdentifier
)

func likeness(g *boxapi.Group, name, identifier string) int {
	called, wanted := strings.TrimSpace(g.Name), strings.TrimSpace(name)
	switch {
	case identifier != "" && g.ExternalSyncIdentifier == identifier:
		return sameIdentifier
	case called == wanted:
		return sameName
	case strings.EqualFold(called, wanted):
		return sameFoldedName
	default:
		return unlike
	}
}

// findGroup looks through all groups for the one that is most like the one that
// was to be created, or returns nil; none says that Box shows no group at all. It
// costs one call for each 1000 groups. It does without filter_term, which has Box search an index that lags by seconds: a
// group that was made just now would look missing. Only what Box has beyond the
// groups that it lists is searched for by its name, so that a group with our
// identifier and another name is not found there.
func (w *Writer) findGroup(ctx context.Context, name, identifier string) (found *boxapi.Group, none bool, err error) {
	best, none, err := w.likest(ctx, "", name, identifier)
	if !errors.Is(err, boxapi.ErrOffsetCeiling) || name == "" {
		return best, none, err
	}
	beyond, _, err := w.likest(ctx, strings.TrimSpace(name), name, identifier)
	if err != nil {
		return nil, false, err
	}
	if best == nil || beyond != nil && likeness(beyond, name, identifier) > likeness(best, name, identifier) {
		return beyond, false, nil
	}
	return best, false, nil
}

// likest reads the groups whose names begin so, up to the one with the
// identifier. With [boxapi.ErrOffsetCeiling] comes the likest of those that Box
// lists.
func (w *Writer) likest(ctx context.Context, begin, name, identifier string) (best *boxapi.Group, none bool, err error) {
	likest := unlike
	none = true
	opts := boxapi.GroupListOptions{FilterTerm: begin, Fields: groupFields(), Limit: boxapi.MaxLimit}
	for g, err := range w.api.AllGroups(ctx, opts) {
		if err != nil {
			return best, false, err
		}
		none = false
		if like := likeness(&g, name, identifier); like > likest {
			best, likest = &g, like
		}
		if likest == sameIdentifier {
			break
		}
	}
	return best, none, nil
}

// membership reads whether the user is in the group now; nil says that the user
// is not. It asks for the user's own memberships (GET /users/:id/memberships),
// which are fewer than the group's. They leave it open where Box hides some of
// them, or answers 404, which it says of users who are gone and of users who
// are not visible alike. Then the group's memberships decide
// (GET /groups/:id/memberships). If they leave it open too, that is an error:
// what is not shown is not gone. So is a user who is in more groups than Box can
// list.
func (w *Writer) membership(ctx context.Context, place target.Place) (*boxapi.Membership, error) {
	own, err := readMemberships(ctx, w.api.ListUserMemberships, boxapi.ID(place.User))
	if err != nil && boxapi.KindOf(err) != boxapi.NotFound {
		return nil, err
	}
	if err == nil {
		found, sure := search(own, groupEnd, boxapi.ID(place.Group))
		if sure {
			return found, nil
		}
		if own.truncated {
			return nil, fmt.Errorf("user %s is in %d groups, and Box lists no more than %d", place.User, own.total, boxapi.OffsetCeiling)
		}
	}
	all, err := readMemberships(ctx, w.api.ListGroupMemberships, boxapi.ID(place.Group))
	if err != nil {
		return nil, doing(err, "user %s may be in group %s or not, and the group does not tell", place.User, place.Group)
	}
	found, sure := search(all, userEnd, boxapi.ID(place.User))
	if !sure {
		return nil, fmt.Errorf("user %s may be in group %s or not: Box does not show all memberships of either", place.User, place.Group)
	}
	return found, nil
}

// still reads whether the user is in the group now, as [Writer.membership] does.
// Where Box said that the very membership is gone and still lists it, the
// membership itself decides (GET /group_memberships/:id).
func (w *Writer) still(ctx context.Context, place target.Place, err error) (*boxapi.Membership, error) {
	found, readErr := w.membership(ctx, place)
	if found == nil || target.MembershipID(found.ID) != place.Membership || boxapi.KindOf(err) != boxapi.NotFound {
		return found, readErr
	}
	_, readErr = w.api.GetMembership(ctx, found.ID)
	if boxapi.KindOf(readErr) == boxapi.NotFound {
		return nil, nil
	}
	return found, readErr
}

func readMemberships(
	ctx context.Context,
	page func(context.Context, boxapi.ID, boxapi.ListOptions) (boxapi.Page[boxapi.Membership], error),
	of boxapi.ID,
) (list[boxapi.Membership], error) {
	return readAll(ctx, func(ctx context.Context, offset int) (boxapi.Page[boxapi.Membership], error) {
		return page(ctx, of, boxapi.ListOptions{Limit: boxapi.MaxLimit, Offset: offset})
	}, func(m boxapi.Membership) boxapi.ID { return m.ID })
}

func groupEnd(m *boxapi.Membership) boxapi.ID { return m.Group.ID }
func userEnd(m *boxapi.Membership) boxapi.ID  { return m.User.ID }

// search looks for the membership whose other end is wanted. Where it finds
// none, it is sure only if Box showed every row, and said of each whose it is.
func search(
	l list[boxapi.Membership], end func(*boxapi.Membership) boxapi.ID, wanted boxapi.ID,
) (found *boxapi.Membership, sure bool) {
	shown := 0
	for i := range l.entries {
		switch end(&l.entries[i]) {
		case wanted:
			return &l.entries[i], true
		case 0:
		default:
			shown++
		}
	}
	return nil, shown >= max(l.total, len(l.entries)) && !l.truncated
}
