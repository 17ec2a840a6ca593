package box

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// TakeOver gives a group another external_sync_identifier: ours to one that has
// none (before is ""), or another key to one of ours (before is the identifier
// it carries). Box's PUT has no precondition, so that this takes two calls: it
// reads the group (GET /groups/:id) and writes (PUT /groups/:id) only what
// carries before. A group that carries anything else, that is gone, or that is
// Box's group of all users is skipped. Box does not promise to refuse an
// identifier that another group has; if it does, that is an error, which names
// the other group where the list of groups shows it.
//
// Made again, it answers [target.Already] after the first call. Whoever cancels
// it between the calls has changed nothing; during the second the write may
// have taken effect, and the error says so.
//
// Identifiers are compared to the letter, although those that differ in the
// case of a CSV's group name mean one group: before was read from Box, so that
// another spelling is somebody's doing since, and the next plan's to judge.
func (w *Writer) TakeOver(ctx context.Context, group target.GroupID, before, identifier string) (target.Answer, error) {
	present, err := w.api.GetGroup(ctx, boxapi.ID(group), groupFields()...)
	switch {
	case boxapi.KindOf(err) == boxapi.NotFound:
		return gone(group), nil
	case err != nil:
		return target.Answer{}, failed(err)
	case present.GroupType == allUsersGroup: // Box would answer 403, which ends all
		return target.Answer{State: target.Skipped, Group: group, Found: "it is Box's group of all users, which is never touched"}, nil
	case present.ExternalSyncIdentifier == identifier:
		return carriesAlready(group), nil
	case present.ExternalSyncIdentifier != before:
		return target.Answer{State: target.Skipped, Group: group, Found: carriesNow(present)}, nil
	}
	answer, err := w.setIdentifier(ctx, group, identifier)
	return answer, tried(err)
}

// setIdentifier writes the identifier of a group that carries another one.
func (w *Writer) setIdentifier(ctx context.Context, group target.GroupID, identifier string) (target.Answer, error) {
	made, err := w.api.UpdateGroup(ctx, boxapi.ID(group), boxapi.GroupRequest{ExternalSyncIdentifier: &identifier}, groupFields()...)
	switch {
	case err == nil && made.ExternalSyncIdentifier == identifier:
		return target.Answer{State: target.Applied, Group: group}, nil
	case err == nil: // a group that is not marked is not ours, and nothing else may be written to it
		err = errors.New("the identifier was accepted and is not shown")
	case boxapi.KindOf(err) == boxapi.NotFound:
		return gone(group), nil
	case boxapi.KindOf(err) == boxapi.Conflict:
		return w.identifierTaken(ctx, group, identifier, err)
	case !uncertain(err):
		return target.Answer{}, failed(err)
	}
	found, readErr := w.api.GetGroup(ctx, boxapi.ID(group), groupFields()...)
	switch {
	case boxapi.KindOf(readErr) == boxapi.NotFound:
		return gone(group), nil
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found.ExternalSyncIdentifier == identifier:
		return target.Answer{State: target.Applied, Group: group}, nil
	default:
		return target.Answer{}, failed(fmt.Errorf("%s: %w", carriesNow(found), err))
	}
}

// identifierTaken settles a 409 to the identifier by looking for the group that
// carries it, at one call for each 1000 groups.
func (w *Writer) identifierTaken(ctx context.Context, group target.GroupID, identifier string, err error) (target.Answer, error) {
	found, readErr := w.findGroup(ctx, "", identifier)
	switch {
	case readErr != nil:
		return target.Answer{}, unsettled(err, readErr)
	case found == nil || found.ExternalSyncIdentifier != identifier:
		return target.Answer{}, failed(err)
	case target.GroupID(found.ID) != group:
		return target.Answer{}, failed(fmt.Errorf("group %s has the name %q and carries the identifier %q: %w",
			found.ID, found.Name, identifier, err))
	case uncertain(err):
		return target.Answer{State: target.Applied, Group: group}, nil
	default:
		return carriesAlready(group), nil
	}
}

func gone(group target.GroupID) target.Answer {
	return target.Answer{State: target.Skipped, Group: group, Found: "the group is gone"}
}

func carriesAlready(group target.GroupID) target.Answer {
	return target.Answer{State: target.Already, Group: group, Found: "the group carries the identifier already"}
}

func carriesNow(g boxapi.Group) string {
	if g.ExternalSyncIdentifier == "" {
		return "the group carries no identifier now"
	}
	return fmt.Sprintf("the group carries the identifier %q now", g.ExternalSyncIdentifier)
}
