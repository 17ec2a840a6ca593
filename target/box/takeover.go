package box

import (
	"context"
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
	case present.GroupType == boxapi.AllUsersGroup: // Box would answer 403, which ends all
		return target.Answer{State: target.Skipped, Group: group, Found: "it is Box's group of all users, which is never touched"}, nil
	case present.ExternalSyncIdentifier == identifier:
		return carriesAlready(group), nil
	case present.ExternalSyncIdentifier != before:
		return target.Answer{State: target.Skipped, Group: group, Found: carriesNow(present)}, nil
	}
	answer, err := w.setIdentifier(ctx, group, before, identifier)
	return answer, tried(err)
}

// setIdentifier writes the identifier of a group that carries another one. A
// group that is accepted and does not show it is in doubt: what is not marked is
// not ours, and nothing else may be written to it.
func (w *Writer) setIdentifier(ctx context.Context, group target.GroupID, before, identifier string) (target.Answer, error) {
	return w.make(ctx, change{
		claim: boxapi.Conflict,
		send: func(ctx context.Context) (target.Answer, error) {
			made, err := w.api.UpdateGroup(ctx, boxapi.ID(group), boxapi.GroupRequest{ExternalSyncIdentifier: &identifier}, groupFields()...)
			switch {
			case boxapi.KindOf(err) == boxapi.NotFound:
				return gone(group), nil
			case err == nil && made.ExternalSyncIdentifier != identifier:
				err = fmt.Errorf("the identifier was %w", errNotShown)
			}
			return target.Answer{State: target.Applied, Group: group}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			if boxapi.KindOf(err) == boxapi.Conflict {
				return w.identifierTaken(ctx, group, identifier, err)
			}
			found, readErr := w.api.GetGroup(ctx, boxapi.ID(group), groupFields()...)
			switch {
			case boxapi.KindOf(readErr) == boxapi.NotFound:
				return decided(gone(group)), nil
			case readErr != nil:
				return sight{}, readErr
			case found.ExternalSyncIdentifier == identifier:
				return decided(target.Answer{State: target.Applied, Group: group}), nil
			case found.ExternalSyncIdentifier != before: // somebody else has written
				return refused(doing(err, "%s", carriesNow(found))), nil
			default:
				return open("%s", carriesNow(found)), nil
			}
		},
	})
}

// identifierTaken looks for the group that carries the identifier that Box
// refused with 409, at one call for each 1000 groups.
func (w *Writer) identifierTaken(ctx context.Context, group target.GroupID, identifier string, err error) (sight, error) {
	found, _, readErr := w.findGroup(ctx, "", identifier)
	switch {
	case readErr != nil:
		return sight{}, readErr
	case found == nil || found.ExternalSyncIdentifier != identifier:
		return open("no group that carries the identifier is to be seen"), nil
	case target.GroupID(found.ID) != group:
		return refused(fmt.Errorf("group %s has the name %q and carries the identifier %q: %w", found.ID, found.Name, identifier, err)), nil
	case uncertain(err):
		return decided(target.Answer{State: target.Applied, Group: group}), nil
	default:
		return decided(carriesAlready(group)), nil
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
