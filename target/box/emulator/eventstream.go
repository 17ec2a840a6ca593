package emulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Box's bounds on a page of events.
const (
	defaultEvents = 100
	maxPageEvents = 500
)

// repeats is how seldom the live stream tells an event twice.
const repeats = 3

// eventPage is what the parameters of GET /events ask for.
type eventPage struct {
	live          bool // admin_logs_streaming, else admin_logs
	after         uint64
	limit         int
	kinds         []string // empty: all
	since, before stamp    // 0: no bound
}

// listEvents tells what happened in the enterprise. The streams of a single
// user are empty here.
func (s *Server) listEvents(c *call) answer {
	switch kind := c.query.Get("stream_type"); kind {
	case "", "all", "changes", "sync":
		return ok(s.eventChunk(nil, s.events.last))
	case "admin_logs", "admin_logs_streaming":
		return s.needs(ScopeEnterprise, s.listEnterpriseEvents)(c)
	default:
		return badRequest("stream_type", fmt.Sprintf("Invalid value '%s'", kind))
	}
}

func (s *Server) listEnterpriseEvents(c *call) answer {
	if !c.me.administers() {
		return forbidden()
	}
	p, refused := s.parseEventPage(c, c.query.Get("stream_type") == "admin_logs_streaming")
	if refused != nil {
		return *refused
	}
	if p.live {
		return ok(s.liveEvents(p))
	}
	return ok(s.pastEvents(p, time.Now()))
}

func (s *Server) parseEventPage(c *call, live bool) (eventPage, *answer) {
	p := eventPage{live: live, limit: defaultEvents}
	if v := c.query.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return p, new(invalid("invalid_limit", "limit", fmt.Sprintf("Invalid value '%s'", v)))
		}
		p.limit = min(n, maxPageEvents)
	}
	for kind := range strings.SplitSeq(c.query.Get("event_type"), ",") {
		if kind = strings.TrimSpace(kind); kind != "" {
			p.kinds = append(p.kinds, kind)
		}
	}
	for name, at := range map[string]*stamp{"created_after": &p.since, "created_before": &p.before} {
		v := c.query.Get(name)
		if v == "" || live {
			continue // the live stream has no dates
		}
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return p, new(badRequest(name, fmt.Sprintf("Invalid value '%s'", v)))
		}
		*at = stampOf(t)
	}
	var refused *answer
	p.after, refused = s.parsePosition(c.query.Get("stream_position"), live)
	return p, refused
}

// parsePosition gives the number of the last event that the client has seen.
// Only the live stream can begin now (issue box-java-sdk#134; how Box refuses
// it elsewhere is a guess).
func (s *Server) parsePosition(v string, live bool) (uint64, *answer) {
	switch {
	case v == "" || v == "0":
		return 0, nil
	case v == "now" && live:
		return s.events.last, nil
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, new(badRequest("stream_position", fmt.Sprintf("Invalid value '%s'", v)))
	}
	if n < s.events.base { // from before this Box began
		return 0, nil
	}
	return min(n-s.events.base, s.events.last), nil
}

// liveEvents has them at once and at least once: every third is told again
// before the one that follows it. A page looks at as many events as it may hold,
// and on only until it has one, so it can be short though more are to come.
func (s *Server) liveEvents(p eventPage) object {
	var out []event
	at := p.after
	var last event
	for _, e := range s.events.from(max(p.after, 1) - 1) { // with the one before, to tell it again
		before := last
		last = e
		if e.number <= p.after {
			continue
		}
		if len(out) == p.limit || len(out) > 0 && e.number > p.after+uint64(p.limit) {
			break
		}
		at = e.number
		if !p.wants(e) {
			continue
		}
		if before.number > 0 && before.number%repeats == 0 && p.wants(before) && len(out)+1 < p.limit {
			out = append(out, before)
		}
		out = append(out, e)
	}
	return s.eventChunk(out, at)
}

// pastEvents has them in order and once, when they are old enough. Without
// events the position is 0 (issue box-windows-sdk-v2#371), so a page goes on
// until it has one.
func (s *Server) pastEvents(p eventPage, now time.Time) object {
	var out []event
	at := p.after
	for _, e := range s.events.from(p.after) {
		if len(out) == p.limit || now.Sub(e.made) < s.opts.EventDelay {
			break
		}
		at = e.number
		if p.wants(e) {
			out = append(out, e)
		}
	}
	chunk := s.eventChunk(out, at)
	if len(out) == 0 {
		chunk["next_stream_position"] = 0
	}
	return chunk
}

// wants filters. Types of group admins are in no list of what can be filtered
// by, so asking for them finds nothing: the harder reading.
func (p eventPage) wants(e event) bool {
	if p.since != 0 && e.at < p.since || p.before != 0 && e.at >= p.before {
		return false
	}
	return len(p.kinds) == 0 || slices.Contains(p.kinds, e.kind) && !strings.HasPrefix(e.kind, "GROUP_ADMIN_")
}

// eventChunk has the position as an integer or a string, as Box has it now so
// and now so: here by whether the number of the event is even.
func (s *Server) eventChunk(rows []event, at uint64) object {
	position := any(s.events.base + at)
	if at%2 == 1 {
		position = decimal(s.events.base + at)
	}
	return object{
		"chunk_size":           len(rows),
		"next_stream_position": position,
		"entries":              entries(rows, func(e event) object { return e.object(s.events.base) }),
	}
}
