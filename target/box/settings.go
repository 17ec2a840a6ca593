package box

import (
	"context"
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
// something. That is looked at once more (GET /groups/:id), as is a write whose
// answer was lost.
func (w *Writer) UpdateGroup(ctx context.Context, group target.GroupID, settings target.Settings) (target.Answer, error) {
	made, err := w.api.UpdateGroup(ctx, boxapi.ID(group), requestFor(settings), settingFields()...)
	switch {
	case err == nil && differing(made, settings) == "":
		return target.Answer{State: target.Applied, Group: group}, nil
	case boxapi.KindOf(err) == boxapi.NotFound:
		return gone(group), nil
	case err != nil && !uncertain(err):
		return target.Answer{}, failed(err)
	}
	found, readErr := w.api.GetGroup(ctx, boxapi.ID(group), settingFields()...)
	switch {
	case boxapi.KindOf(readErr) == boxapi.NotFound:
		return gone(group), nil
	case readErr != nil && err != nil:
		return target.Answer{}, unsettled(err, readErr)
	case readErr != nil:
		return target.Answer{}, tried(failed(doing(readErr, "the settings were accepted; reading them back")))
	case differing(found, settings) == "":
		return target.Answer{State: target.Applied, Group: group}, nil
	case err != nil:
		return target.Answer{}, failed(err)
	default:
		return target.Answer{State: target.Skipped, Group: group, Found: "Box accepts it and shows " + differing(found, settings)}, nil
	}
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
