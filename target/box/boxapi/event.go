package boxapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Types of events about groups, for [EventListOptions.EventTypes] and
// [Event.EventType]. Box has many more and adds to them. It sends the three
// about group admins, but does not list them among the types to filter by:
// whether it finds them is not known.
const (
	EventGroupCreation   = "GROUP_CREATION"
	EventGroupDeletion   = "GROUP_DELETION"
	EventGroupEdited     = "GROUP_EDITED"
	EventGroupAddUser    = "GROUP_ADD_USER"
	EventGroupRemoveUser = "GROUP_REMOVE_USER"
	EventGroupAddItem    = "GROUP_ADD_ITEM"
	EventGroupRemoveItem = "GROUP_REMOVE_ITEM"

	EventGroupAdminCreated            = "GROUP_ADMIN_CREATED"
	EventGroupAdminDeleted            = "GROUP_ADMIN_DELETED"
	EventGroupAdminPermissionsUpdated = "GROUP_ADMIN_PERMISSIONS_UPDATED"
)

// Event is something that happened in an enterprise. Any field but one of
// EventID and EventType may be missing; what is of an unexpected type counts as
// missing.
type Event struct {
	EventID    string // the same in both streams; "" if Box sent none
	EventType  string // for example GROUP_ADD_USER; an open set
	CreatedAt  string // when it happened; RFC 3339 with whatever offset Box chose
	RecordedAt string // when Box wrote it down
	CreatedBy  UserMini
	// Source is what it happened to, AdditionalDetails what else there is to say
	// of it. Which of them names the group and which the user depends on the
	// type of event: Group and User know.
	Source            EventSource
	AdditionalDetails EventDetails
}

// AnonymousUser is the id in [Event.CreatedBy] of somebody who was not logged in.
const AnonymousUser ID = 2

// EventSource is what an event happened to. Box fills Type, ID, Name and Login
// for a user who was put into a group, GroupID and GroupName for a group that
// was edited, and UserID, UserName and UserEmail in some other events.
type EventSource struct {
	Type                string
	ID                  ID // 0 also where Box's is no number
	Name, Login         string
	GroupID             ID
	GroupName           string
	UserID              ID
	UserName, UserEmail string
	// Raw is all that Box sent, of kinds that this package does not know too;
	// nil for null.
	Raw json.RawMessage
}

// EventDetails are an event's additional_details.
type EventDetails struct {
	GroupID   ID
	GroupName string
	Raw       json.RawMessage // all that Box sent; nil for null
}

// Group returns the id and the name of the group that the event is about, as it
// was called then; 0 and "" where it names none.
func (e Event) Group() (ID, string) {
	switch {
	case e.Source.GroupID != 0:
		return e.Source.GroupID, e.Source.GroupName
	case e.Source.Type == "group" && e.Source.ID != 0:
		return e.Source.ID, e.Source.Name
	default:
		return e.AdditionalDetails.GroupID, e.AdditionalDetails.GroupName
	}
}

// User returns the id and the login of the user that it happened to; 0 and ""
// where it names none. Who did it is in CreatedBy.
func (e Event) User() (ID, string) {
	if e.Source.Type == "user" && e.Source.ID != 0 {
		return e.Source.ID, e.Source.Login
	}
	return e.Source.UserID, e.Source.UserEmail
}

// UnmarshalJSON reads an event as Box sends it. Only what is no event at all,
// having neither an id nor a type, is an error.
func (e *Event) UnmarshalJSON(data []byte) error {
	fields := object(data)
	by, source, details := object(fields["created_by"]), object(fields["source"]), object(fields["additional_details"])
	*e = Event{
		EventID: scalar(fields["event_id"]), EventType: scalar(fields["event_type"]),
		CreatedAt: scalar(fields["created_at"]), RecordedAt: scalar(fields["recorded_at"]),
		CreatedBy: UserMini{
			ID: looseID(by["id"]), Type: scalar(by["type"]), Name: scalar(by["name"]), Login: scalar(by["login"]),
		},
		Source: EventSource{
			Type: scalar(source["type"]), ID: looseID(source["id"]), Name: scalar(source["name"]), Login: scalar(source["login"]),
			GroupID: looseID(source["group_id"]), GroupName: scalar(source["group_name"]),
			UserID: looseID(source["user_id"]), UserName: scalar(source["user_name"]), UserEmail: scalar(source["user_email"]),
			Raw: notNull(fields["source"]),
		},
		AdditionalDetails: EventDetails{
			GroupID: looseID(details["group_id"]), GroupName: scalar(details["group_name"]),
			Raw: notNull(fields["additional_details"]),
		},
	}
	if e.EventID == "" && e.EventType == "" {
		return errors.New("no event_id and no event_type")
	}
	return nil
}

// object returns the fields of a JSON object, and nil for anything else.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	return fields
}

// looseID returns an id, and 0 for what is none.
func looseID(raw json.RawMessage) ID {
	id, _ := ParseID(scalar(raw))
	return id
}

func notNull(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// decodeEvents reads a page of events, but for [EventPage.Resume].
func decodeEvents(body []byte) (EventPage, error) {
	var p struct {
		Next    sole `json:"next_stream_position"`
		Entries sole `json:"entries"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return EventPage{}, err
	}
	rows, err := decodeRows[Event](p.Entries)
	if err != nil {
		return EventPage{}, err
	}
	next, err := position(p.Next)
	return EventPage{NextStreamPosition: next, Entries: rows}, err
}

// position reads a stream position, a string or a whole number; "" for none. A
// number with a fraction or an exponent has lost digits and leads elsewhere.
func position(raw sole) (string, error) {
	text := scalar(json.RawMessage(raw))
	switch {
	case raw.null() || string(raw) == `""`:
		return "", nil
	case text == "" || raw[0] != '"' && strings.ContainsAny(text, ".eE"):
		return "", fmt.Errorf("not a stream position: %s", clip(string(raw)))
	default:
		return text, nil
	}
}
