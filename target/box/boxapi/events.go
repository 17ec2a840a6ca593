package boxapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxEventLimit is the most events that Box puts on a page.
const MaxEventLimit = 500

// Streams of an enterprise, for [EventListOptions.StreamType]. Both need
// credentials of an admin, or of a co-admin who may run reports, and the app's
// scope to manage enterprise properties.
const (
	// AdminLogs is the history of 365 days in the order of time, without
	// repeats. An event can appear in it behind a position that was read
	// already, and is then missed.
	AdminLogs = "admin_logs"
	// AdminLogsStreaming is the last 14 days, roughly in order. Events may
	// come more than once; none comes behind a position that was read.
	AdminLogsStreaming = "admin_logs_streaming"
)

// StreamNow is the position of the end of [AdminLogsStreaming]: an answer
// without events that tells where to go on. [AdminLogs] does not know it.
const StreamNow = "now"

// EventListOptions choose events.
type EventListOptions struct {
	StreamType string // AdminLogs or AdminLogsStreaming
	// StreamPosition is where to begin: "" and "0" mean the oldest event,
	// StreamNow the end, all else is a position that Box gave. Keep positions
	// as text: they are larger than a float64 holds.
	StreamPosition string
	EventTypes     []string // only these types; nil means all
	// CreatedAfter and CreatedBefore bound AdminLogs; the zero value does not.
	// Box is asked for whole seconds, so that up to a second more may come.
	CreatedAfter, CreatedBefore time.Time
	Limit                       int // events a page; 0 and more than MaxEventLimit mean MaxEventLimit
}

// EventPage is one answer of a stream. It may have fewer events than were asked
// for, with more to come.
type EventPage struct {
	// NextStreamPosition is what Box said. It can be "0" where there are no
	// events (box-windows-sdk-v2#371), and is "" if Box named none.
	NextStreamPosition string
	// Resume is the position to store and to go on from: NextStreamPosition, or
	// the one that was asked for, where Box named none, or named "0", or had no
	// events on AdminLogs, where late ones may still come behind the new one.
	Resume  string
	Entries []Event
}

// ListEvents reads one page of events, GET /events. Options that Box would
// silently take for something else are [Invalid] and not sent: another stream,
// StreamNow on [AdminLogs], dates on [AdminLogsStreaming], dates in the wrong
// order. Credentials that may not read events are [Forbidden].
//
// Events are hints: deleting a group or a user may not be told member by
// member, and what an event looks like is documented poorly. Read again what
// they name.
func (c *Client) ListEvents(ctx context.Context, opts EventListOptions) (EventPage, error) {
	var got EventPage
	err := c.send(ctx, eventsRequest(opts), func(body []byte) error {
		page, err := decodeEvents(body)
		if err != nil {
			return err
		}
		if page.Resume = resumeAt(opts, page); page.Resume == StreamNow {
			return errors.New("no position")
		}
		got = page
		return nil
	})
	return got, err
}

func eventsRequest(opts EventListOptions) request {
	limit := opts.Limit
	if limit <= 0 {
		limit = MaxEventLimit
	}
	req := newRequest(http.MethodGet, "/events").
		set("stream_type", opts.StreamType).set("stream_position", opts.StreamPosition).
		set("limit", strconv.Itoa(min(limit, MaxEventLimit))).set("event_type", strings.Join(opts.EventTypes, ",")).
		set("created_after", wholeSecond(opts.CreatedAfter)).
		set("created_before", wholeSecond(opts.CreatedBefore.Add(time.Second-1)))
	req.err = opts.check()
	return req
}

// wholeSecond writes the second in which t is; nothing for the zero time, also
// rounded up.
func wholeSecond(t time.Time) string {
	if t.Before(time.Time{}.Add(time.Second)) {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (opts EventListOptions) check() error {
	after, before := opts.CreatedAfter, opts.CreatedBefore
	switch {
	case opts.StreamType != AdminLogs && opts.StreamType != AdminLogsStreaming:
		return fmt.Errorf("StreamType: want %s or %s", AdminLogs, AdminLogsStreaming)
	case opts.StreamType == AdminLogs && opts.StreamPosition == StreamNow:
		return fmt.Errorf("StreamPosition: %s does not know %q; use CreatedAfter", AdminLogs, StreamNow)
	case opts.StreamType != AdminLogs && !(after.IsZero() && before.IsZero()):
		return fmt.Errorf("CreatedAfter and CreatedBefore are for %s only", AdminLogs)
	case !before.IsZero() && after.After(before):
		return errors.New("CreatedAfter is later than CreatedBefore")
	case slices.ContainsFunc(opts.EventTypes, func(s string) bool { return s == "" || strings.Contains(s, ",") }):
		return errors.New("EventTypes: empty, or with a comma")
	default:
		return nil
	}
}

// resumeAt returns the position that [EventPage.Resume] describes.
func resumeAt(opts EventListOptions, page EventPage) string {
	next := page.NextStreamPosition
	late := opts.StreamType == AdminLogs && len(page.Entries) == 0
	if next == "" || next == "0" || late {
		return opts.StreamPosition
	}
	return next
}
