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
// (POST /groups). If Box refuses it or the answer is lost, the group counts as
// created only if one carries that very identifier, whatever its name; any other
// is never taken over. If Box says that the name is taken and goes on showing no
// group at all, that is fatal: they are hidden from us, and whatever else a plan
// creates may be there too. It takes one call; each look at what became of it
// takes one more for each 1000 groups.
func (w *Writer) CreateGroup(ctx context.Context, name, identifier string, settings target.Settings) (target.Answer, error) {
	request := requestFor(settings)
	request.Name, request.ExternalSyncIdentifier = &name, &identifier
	return w.make(ctx, change{
		claim: boxapi.Conflict,
		send: func(ctx context.Context) (target.Answer, error) {
			created, err := w.api.CreateGroup(ctx, request)
			return target.Answer{State: target.Applied, Group: target.GroupID(created.ID)}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			found, none, readErr := w.findGroup(ctx, name, identifier)
			switch {
			case readErr == nil && none:
				seen := open("Box shows no group at all: the app lacks the right to see them")
				seen.hidden = true
				return seen, nil
			case found == nil || readErr != nil:
				return open("no group of the name %q is to be seen", name), readErr
			}
			return createdOr(found, name, identifier, err), nil
		},
	})
}

// createdOr judges the group that is most like the one that was to be created.
// Another one that has the name to the letter is why there is none of ours; one
// whose name differs in case may stand beside it.
func createdOr(found *boxapi.Group, name, identifier string, err error) sight {
	group, like := target.GroupID(found.ID), likeness(found, name, "")
	if found.ExternalSyncIdentifier == identifier {
		if like == unlike { // ours by the identifier, and not as we would have made it
			return decided(target.Answer{
				State: target.Already, Group: group, Found: fmt.Sprintf("it exists already, with the name %q", found.Name),
			})
		}
		return decided(settled(err, group, "it exists already"))
	}
	other := open("group %s has the name %q and the identifier %q", found.ID, found.Name, found.ExternalSyncIdentifier)
	if like == sameName {
		return refused(doing(err, "%s", other.shows))
	}
	return other
}

// RenameGroup gives a group another name (PUT /groups/:id). A name that is
// taken is an error; a group that is gone is skipped. It takes one call, and one
// for each look at what became of it (GET /groups/:id).
func (w *Writer) RenameGroup(ctx context.Context, group target.GroupID, name string) (target.Answer, error) {
	return w.make(ctx, change{
		send: func(ctx context.Context) (target.Answer, error) {
			_, err := w.api.UpdateGroup(ctx, boxapi.ID(group), boxapi.GroupRequest{Name: &name})
			if boxapi.KindOf(err) == boxapi.NotFound {
				return gone(group), nil
			}
			return target.Answer{State: target.Applied, Group: group}, err
		},
		look: func(ctx context.Context, _ error) (sight, error) {
			found, err := w.api.GetGroup(ctx, boxapi.ID(group), "name")
			switch {
			case boxapi.KindOf(err) == boxapi.NotFound:
				return decided(gone(group)), nil
			case err == nil && found.Name == name:
				return decided(target.Answer{State: target.Applied, Group: group}), nil
			default:
				return open("the group has the name %q", found.Name), err
			}
		},
	})
}

// Add puts a user into a group (POST /group_memberships). A user who is in it
// already is made an admin if that is what was asked, and is never demoted. It
// takes one call; each look at what became of it takes one more for each 1000
// groups that the user is in, or, where these leave it open, for each 1000
// members of the group.
func (w *Writer) Add(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	return w.make(ctx, change{
		claim: boxapi.Conflict,
		send: func(ctx context.Context) (target.Answer, error) {
			made, err := w.api.CreateMembership(ctx, boxapi.MembershipRequest{
				User: boxapi.ID(place.User), Group: boxapi.ID(place.Group), Role: wordOf(role), Permissions: w.permissionsFor(role),
			})
			kept := keptRole(made, role)
			return target.Answer{State: target.Applied, Group: place.Group, Found: kept, OtherRole: kept != ""}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			found, readErr := w.membership(ctx, place)
			if found == nil || readErr != nil {
				return open("the user is not to be seen in the group"), readErr
			}
			if role == target.RoleAdmin && roleOf(found.Role) == target.RoleMember {
				place.Membership = target.MembershipID(found.ID)
				answer, err := w.SetRole(ctx, place, role)
				return sight{decided: true, answer: answer, err: tried(err)}, nil
			}
			already := "is in the group already, as " + found.Role
			if found.Role != wordOf(role) { // not as we would have put them there
				return decided(target.Answer{State: target.Already, Group: place.Group, Found: already, OtherRole: true}), nil
			}
			return decided(settled(err, place.Group, already)), nil
		},
	})
}

// SetRole changes the role of a membership (PUT /group_memberships/:id). One
// that is gone is skipped, and so is one whose role Box keeps as it was. It
// takes one call; a look at what became of it takes as many as one of
// [Writer.Add], and one for the membership itself where Box says that it is gone
// and still lists it.
func (w *Writer) SetRole(ctx context.Context, place target.Place, role target.Role) (target.Answer, error) {
	return w.make(ctx, change{
		claim: boxapi.NotFound,
		send: func(ctx context.Context) (target.Answer, error) {
			made, err := w.api.UpdateMembership(ctx, boxapi.ID(place.Membership), boxapi.MembershipRequest{
				Role: wordOf(role), Permissions: w.permissionsFor(role),
			})
			if kept := keptRole(made, role); err == nil && kept != "" {
				return target.Answer{State: target.Skipped, Group: place.Group, Found: kept}, nil
			}
			return target.Answer{State: target.Applied, Group: place.Group}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			found, readErr := w.still(ctx, place, err)
			switch {
			case readErr != nil:
				return sight{}, readErr
			case found == nil:
				return decided(target.Answer{State: target.Skipped, Group: place.Group, Found: "is no longer in the group"}), nil
			case target.MembershipID(found.ID) != place.Membership:
				return decided(readded(place, found)), nil
			case roleOf(found.Role) == role && boxapi.KindOf(err) != boxapi.NotFound:
				return decided(settled(err, place.Group, "is "+found.Role+" already")), nil
			default:
				return open("is in the group, as %s", found.Role), nil
			}
		},
	})
}

// Remove takes a user out of a group (DELETE /group_memberships/:id). One who
// was added again since the plan was made is skipped. It takes as many calls as
// [Writer.SetRole].
func (w *Writer) Remove(ctx context.Context, place target.Place) (target.Answer, error) {
	return w.make(ctx, change{
		claim: boxapi.NotFound,
		send: func(ctx context.Context) (target.Answer, error) {
			err := w.api.DeleteMembership(ctx, boxapi.ID(place.Membership))
			return target.Answer{State: target.Applied, Group: place.Group}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			found, readErr := w.still(ctx, place, err)
			switch {
			case readErr != nil:
				return sight{}, readErr
			case found == nil:
				return decided(settled(err, place.Group, "is no longer in the group")), nil
			case target.MembershipID(found.ID) != place.Membership:
				return decided(readded(place, found)), nil
			default:
				return open("is in the group, as %s", found.Role), nil
			}
		},
	})
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
