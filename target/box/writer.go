package box

import (
	"context"
	"fmt"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// Writer makes changes in Box, one at a time. Every method may be called again
// with the same arguments and then changes nothing: a second creation, takeover,
// addition or removal answers [target.Already], while a second renaming, update or
// role answers [target.Applied], because Box's PUT does not tell. Where an answer
// leaves doubt (409, 404, a lost reply) it reads back what is there instead of
// guessing. It may be used by several goroutines.
//
// An error of type [target.FatalError] says that no other write can succeed;
// any other error concerns the one change. One of type [target.NotSentError]
// says that not even the first call of the method was sent.
type Writer struct {
	api         *boxapi.Client
	permissions boxapi.Permissions
}

// NewWriter returns a writer that grants group admins exactly the permissions
// given.
func NewWriter(api *boxapi.Client, permissions target.AdminPermissions) *Writer {
	return &Writer{api: api, permissions: boxapi.Permissions{
		CanRunReports:     permissions.RunReports,
		CanInstantLogin:   permissions.InstantLogin,
		CanCreateAccounts: permissions.CreateAccounts,
		CanEditAccounts:   permissions.EditAccounts,
	}}
}

// Calls returns how many requests the client has sent so far, token requests
// and repetitions included.
func (w *Writer) Calls() int64 { return w.api.Calls() }

// CreateGroup creates a group that carries the identifier and has the settings
// (POST /groups). If
// Box refuses it or the answer is lost, the group counts as created only if one
// carries that very identifier, whatever its name; any other is never taken
// over.
func (w *Writer) CreateGroup(ctx context.Context, name, identifier string, settings target.Settings) (target.Answer, error) {
	request := requestFor(settings)
	request.Name, request.ExternalSyncIdentifier = &name, &identifier
	created, err := w.api.CreateGroup(ctx, request)
	if err == nil {
		return target.Answer{State: target.Applied, Group: target.GroupID(created.ID)}, nil
	}
	if !doubtful(err, boxapi.Conflict) {
		return target.Answer{}, failed(err)
	}
	found, readErr := w.findGroup(ctx, name, identifier)
	switch {
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found == nil:
		return target.Answer{}, failed(err)
	case found.ExternalSyncIdentifier != identifier:
		return target.Answer{}, failed(fmt.Errorf("group %s has the name %q and the identifier %q: %w",
			found.ID, found.Name, found.ExternalSyncIdentifier, err))
	case likeness(found, name, "") == unlike: // ours by the identifier, and not as we would have made it
		return target.Answer{
			State: target.Already, Group: target.GroupID(found.ID), Found: fmt.Sprintf("it exists already, with the name %q", found.Name),
		}, nil
	default:
		return settled(err, target.GroupID(found.ID), "it exists already"), nil
	}
}

// RenameGroup gives a group another name (PUT /groups/:id). A name that is
// taken is an error; a group that is gone is skipped.
func (w *Writer) RenameGroup(ctx context.Context, group target.GroupID, name string) (target.Answer, error) {
	_, err := w.api.UpdateGroup(ctx, boxapi.ID(group), boxapi.GroupRequest{Name: &name})
	switch {
	case err == nil:
		return target.Answer{State: target.Applied, Group: group}, nil
	case boxapi.KindOf(err) == boxapi.NotFound:
		return gone(group), nil
	case !uncertain(err):
		return target.Answer{}, failed(err)
	}
	found, readErr := w.api.GetGroup(ctx, boxapi.ID(group), "name")
	switch {
	case boxapi.KindOf(readErr) == boxapi.NotFound:
		return gone(group), nil
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found.Name == name:
		return target.Answer{State: target.Applied, Group: group}, nil
	default:
		return target.Answer{}, failed(err)
	}
}

// Add puts a user into a group (POST /group_memberships). A user who is in it
// already is made an admin if that is what was asked, and is never demoted.
func (w *Writer) Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	made, err := w.api.CreateMembership(ctx, boxapi.MembershipRequest{
		User: boxapi.ID(place.User), Group: boxapi.ID(place.Group), Role: wordOf(role), Permissions: w.permissionsFor(role),
	})
	if err == nil {
		return target.Answer{State: target.Applied, Group: place.Group, Found: keptRole(made, role)}, nil
	}
	if !doubtful(err, boxapi.Conflict) {
		return target.Answer{}, failed(err)
	}
	found, readErr := w.membership(ctx, place)
	switch {
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found == nil:
		return target.Answer{}, failed(err)
	case role == target.RoleAdmin && roleOf(found.Role) == target.RoleMember:
		place.Membership = target.MembershipID(found.ID)
		answer, err := w.SetRole(ctx, place, role)
		return answer, tried(err)
	case found.Role != wordOf(role): // not as we would have put them there
		return target.Answer{State: target.Already, Group: place.Group, Found: "is in the group already, as " + found.Role}, nil
	default:
		return settled(err, place.Group, "is in the group already, as "+found.Role), nil
	}
}

// SetRole changes the role of a membership (PUT /group_memberships/:id). One
// that is gone is skipped, and so is one whose role Box keeps as it was.
func (w *Writer) SetRole(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	made, err := w.api.UpdateMembership(ctx, boxapi.ID(place.Membership), boxapi.MembershipRequest{
		Role: wordOf(role), Permissions: w.permissionsFor(role),
	})
	if kept := keptRole(made, role); err == nil && kept != "" {
		return target.Answer{State: target.Skipped, Group: place.Group, Found: kept}, nil
	}
	if err == nil {
		return target.Answer{State: target.Applied, Group: place.Group}, nil
	}
	if !doubtful(err, boxapi.NotFound) {
		return target.Answer{}, failed(err)
	}
	found, readErr := w.membership(ctx, place)
	switch {
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found == nil:
		return target.Answer{State: target.Skipped, Group: place.Group, Found: "is no longer in the group"}, nil
	case target.MembershipID(found.ID) != place.Membership:
		return readded(place, found), nil
	case roleOf(found.Role) == role:
		return settled(err, place.Group, "is "+found.Role+" already"), nil
	default:
		return target.Answer{}, failed(err)
	}
}

// Remove takes a user out of a group (DELETE /group_memberships/:id). One who
// was added again since the plan was made is skipped.
func (w *Writer) Remove(ctx context.Context, place target.Place) (target.Answer, error) {
	err := w.api.DeleteMembership(ctx, boxapi.ID(place.Membership))
	if err == nil {
		return target.Answer{State: target.Applied, Group: place.Group}, nil
	}
	if !doubtful(err, boxapi.NotFound) {
		return target.Answer{}, failed(err)
	}
	found, readErr := w.membership(ctx, place)
	switch {
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found == nil:
		return settled(err, place.Group, "is no longer in the group"), nil
	case target.MembershipID(found.ID) != place.Membership:
		return readded(place, found), nil
	default:
		return target.Answer{}, failed(err)
	}
}

// keptRole says why Box answers a write without an error and with another role
// than was asked for; it is empty where Box did as it was told.
func keptRole(made boxapi.Membership, asked target.Role) string {
	if roleOf(made.Role) == asked {
		return ""
	}
	return "Box gives the role " + made.Role + " instead: admins and co-admins of the enterprise cannot be group admins"
}

// readded answers for a membership that was removed, and made anew by somebody
// else: what was planned is about the one that is gone.
func readded(place target.Place, found *boxapi.Membership) target.Answer {
	return target.Answer{State: target.Skipped, Group: place.Group, Found: "was removed and added again, as " + found.Role}
}

// permissionsFor leaves the permissions out for a member, of whom Box ignores
// them.
func (w *Writer) permissionsFor(role target.Role) boxapi.PermissionSetting {
	if role == target.RoleAdmin {
		return boxapi.ExactPermissions(w.permissions)
	}
	return 0
}
