package box

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// settingFields returns the fields to ask for where settings are wanted.
func settingFields() []string {
	var fields []string
	for s := range (target.Settings{}) {
		fields = append(fields, target.Setting(s).String())
	}
	return fields
}

func settingsOf(g boxapi.Group) target.Settings {
	return target.Settings{
		target.Description:  g.Description,
		target.Provenance:   g.Provenance,
		target.Invitability: g.InvitabilityLevel,
		target.Viewability:  g.MemberViewabilityLevel,
	}
}

// requestFor leaves out what is not stated: Box then leaves it as it is.
func requestFor(settings target.Settings) boxapi.GroupRequest {
	stated := func(s target.Setting) *string {
		if settings[s] == "" {
			return nil
		}
		return &settings[s]
	}
	return boxapi.GroupRequest{
		Description:            stated(target.Description),
		Provenance:             stated(target.Provenance),
		InvitabilityLevel:      stated(target.Invitability),
		MemberViewabilityLevel: stated(target.Viewability),
	}
}

// UpdateGroup gives a group the settings that are stated, and leaves the others
// (PUT /groups/:id). A group that is gone is skipped. So is one of which Box
// shows other settings afterwards: it has accepted the write, and kept or changed
// something. It takes one call, and one for each look at what became of it
// (GET /groups/:id).
func (w *Writer) UpdateGroup(ctx context.Context, group target.GroupID, settings target.Settings) (target.Answer, error) {
	return w.make(ctx, change{
		send: func(ctx context.Context) (target.Answer, error) {
			made, err := w.api.UpdateGroup(ctx, boxapi.ID(group), requestFor(settings), settingFields()...)
			switch {
			case boxapi.KindOf(err) == boxapi.NotFound:
				return gone(group), nil
			case err == nil && differing(made, settings) != "":
				err = fmt.Errorf("the settings were %w", errNotShown)
			}
			return target.Answer{State: target.Applied, Group: group}, err
		},
		look: func(ctx context.Context, err error) (sight, error) {
			found, readErr := w.api.GetGroup(ctx, boxapi.ID(group), settingFields()...)
			other := differing(found, settings)
			switch {
			case boxapi.KindOf(readErr) == boxapi.NotFound:
				return decided(gone(group)), nil
			case readErr != nil:
				return sight{}, readErr
			case other == "":
				return decided(target.Answer{State: target.Applied, Group: group}), nil
			case errors.Is(err, errNotShown):
				return decided(target.Answer{State: target.Skipped, Group: group, Found: "Box accepts it and shows " + other}), nil
			default:
				return open("Box shows %s", other), nil
			}
		},
	})
}

// differing says in which of the stated settings a group differs from them; it is
// empty where it has them all.
func differing(g boxapi.Group, stated target.Settings) string {
	var other []string
	for s, now := range settingsOf(g) {
		if stated[s] != "" && stated[s] != now {
			other = append(other, fmt.Sprintf("the %s %q", target.Setting(s), now))
		}
	}
	return strings.Join(other, " and ")
}
