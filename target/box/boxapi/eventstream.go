package boxapi

import (
	"context"
	"errors"
	"iter"
)

// ErrStreamStuck says that Box gave events and a position that leads back to
// where they were read. Events beyond them cannot be had: read again what the
// events would have told.
var ErrStreamStuck = errors.New("the stream of events does not advance")

// recentEvents is how many events are remembered so that none comes twice.
const recentEvents = 10000

// EventStream reads events page by page and remembers how far it came. It is
// for one goroutine at a time.
type EventStream struct {
	client *Client
	opts   EventListOptions
	recent recent
}

// AllEvents returns a reader of the events from opts.StreamPosition on. It
// sends nothing; faults of opts are reported by the first reading. Changing
// opts.EventTypes afterwards changes nothing.
func (c *Client) AllEvents(opts EventListOptions) *EventStream {
	opts.EventTypes = append([]string(nil), opts.EventTypes...)
	return &EventStream{client: c, opts: opts}
}

// Position returns where to go on: the stream position behind the last page of
// which all events were handled. Store it when a reading is over. It never goes
// back, neither on an error nor where Box answers without events and names "0".
func (s *EventStream) Position() string { return s.opts.StreamPosition }

// Read reads what the stream has for now, and ends; a later Read goes on from
// [EventStream.Position]. It ends at a page without events that leads nowhere
// new, or at the second without events in a row, so that it takes one or two
// calls more than there are pages.
//
// On [AdminLogsStreaming] each event comes once, as far as the last 10000 tell.
// An error comes once and last; it may be [ErrStreamStuck]. After an error, or
// when the caller breaks off, the page at hand is read again the next time:
// without what was handled on [AdminLogsStreaming], from its beginning on
// [AdminLogs]. The event at which the caller broke off counts as not handled.
func (s *EventStream) Read(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		been := map[string]bool{}
		for empty := 0; empty < 2; {
			asked := s.opts.StreamPosition
			page, err := s.client.ListEvents(ctx, s.opts)
			if err != nil {
				yield(Event{}, err)
				return
			}
			if !s.handle(page.Entries, yield) {
				return
			}
			been[asked] = true
			stuck := been[page.Resume]
			switch {
			case len(page.Entries) == 0 && stuck:
				return
			case stuck:
				yield(Event{}, ErrStreamStuck)
				return
			case len(page.Entries) == 0:
				empty++
			default:
				empty = 0
			}
			s.opts.StreamPosition = page.Resume
		}
	}
}

// handle yields the events that were not yielded before.
func (s *EventStream) handle(events []Event, yield func(Event, error) bool) bool {
	once := s.opts.StreamType == AdminLogsStreaming
	for _, e := range events {
		known := once && e.EventID != ""
		if known && s.recent.ids[e.EventID] {
			continue
		}
		if !yield(e, nil) {
			return false
		}
		if known {
			s.recent.add(e.EventID)
		}
	}
	return true
}

// recent remembers the last ids that it was given.
type recent struct {
	ids  map[string]bool
	ring []string
	next int
}

func (r *recent) add(id string) {
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	if len(r.ring) < recentEvents {
		r.ring = append(r.ring, id)
	} else {
		delete(r.ids, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % recentEvents
	}
	r.ids[id] = true
}
