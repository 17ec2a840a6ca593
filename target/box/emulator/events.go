package emulator

import (
	"fmt"
	"time"
)

// maxEvents is how many events are told.
const maxEvents = 10_000

// event is what happened, as the two streams of the enterprise tell it.
type event struct {
	number  uint64 // from 1, without gaps
	kind    string
	at      stamp     // by Box's clock
	made    time.Time // by ours
	by      userMini
	source  any
	details any
}

// eventLog holds at least the latest maxEvents, oldest first. A position in it is base plus
// the number of the last event that was seen. Like Box's it is the clock's
// milliseconds above 2^60, so that it is no float64 and that a log that begins
// anew does not fall behind the positions that clients remember.
type eventLog struct {
	base   uint64
	events []event
	last   uint64 // number
}

func newEventLog(at time.Time) eventLog {
	return eventLog{base: 1<<60 + uint64(at.UnixMilli())}
}

func (l *eventLog) add(e event) {
	l.last++
	e.number = l.last
	if len(l.events) == 2*maxEvents {
		l.events = append(l.events[:0], l.events[maxEvents:]...)
	}
	l.events = append(l.events, e)
}

// from gives the events after the one of that number, as far as they are still
// known.
func (l *eventLog) from(number uint64) []event {
	known := l.events[max(0, len(l.events)-maxEvents):]
	forgotten := l.last - uint64(len(known))
	return known[min(max(number, forgotten), l.last)-forgotten:]
}

// announce turns an effect into events. It needs s.mu.
//
// Box documents neither whether an admin is announced beside the member nor
// what ends with a group or a user. Here who is added as an admin is announced
// twice, a removed admin once, and memberships that end with their group or
// user not at all: the least that a client can rely on.
func (s *Server) announce(by *user, e Effect) {
	for _, kind := range eventKinds(e) {
		out := event{kind: kind, at: s.now(), made: time.Now(), by: by.mini()}
		switch {
		case e.UserID == "":
			out.source = groupSource{ID: e.GroupID, Name: e.Group}
		case e.GroupID == "":
			out.source = s.box.user(e.UserID).mini()
		default:
			out.source = s.box.user(e.UserID).mini()
			out.details = groupSource{ID: e.GroupID, Name: e.Group}
		}
		s.events.add(out)
	}
}

// groupSource is what recorded events say of a group: no type, and its own
// names. For GROUP_EDITED that is recorded; for the others it is inferred, and
// as additional_details it is what integrations read from GROUP_ADD_USER.
type groupSource struct {
	ID   string `json:"group_id"`
	Name string `json:"group_name"`
}

func eventKinds(e Effect) []string {
	switch e.Action {
	case "create_group":
		return []string{"GROUP_CREATION"}
	case "update_group":
		return []string{"GROUP_EDITED"}
	case "delete_group":
		return []string{"GROUP_DELETION"}
	case "add_member":
		if e.RoleAfter == roleAdmin {
			return []string{"GROUP_ADD_USER", "GROUP_ADMIN_CREATED"}
		}
		return []string{"GROUP_ADD_USER"}
	case "change_member":
		switch {
		case e.RoleBefore == e.RoleAfter:
			return []string{"GROUP_ADMIN_PERMISSIONS_UPDATED"}
		case e.RoleAfter == roleAdmin:
			return []string{"GROUP_ADMIN_CREATED"}
		}
		return []string{"GROUP_ADMIN_DELETED"}
	case "remove_member":
		return []string{"GROUP_REMOVE_USER"}
	case "create_user":
		return []string{"NEW_USER"}
	case "update_user":
		return []string{"EDIT_USER"}
	case "delete_user":
		return []string{"DELETE_USER"}
	}
	return nil
}

// object is the same in both streams, so that the ids tell a repetition.
func (e event) object(base uint64) object {
	return object{
		"type": "event", "event_id": fmt.Sprintf("%040x", base+e.number), "event_type": e.kind, "created_at": e.at.String(),
		"created_by": e.by, "action_by": nil, "ip_address": "Unknown IP", "session_id": nil,
		"source": e.source, "additional_details": e.details,
	}
}
