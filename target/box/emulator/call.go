package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is far above any body that Box's group and user calls need.
const maxBody = 1 << 20

// call is one request on its way through the stages.
type call struct {
	*http.Request

	query url.Values
	body  []byte
	me    *user // who calls; set by authorised
	fate  fate
}

// handler does the work of one route. Below /2.0 it runs with Server.mu held:
// for reading when the method is GET, for writing otherwise. Its answer must
// not share memory with the store.
type handler func(*call) answer

// answer is what goes back: a status with a JSON body (none if nil), or with
// raw HTML, or no answer at all.
type answer struct {
	status int
	header map[string]string
	body   any
	html   string

	reset        bool // close the connection without a word
	cut          *cut // send a part of the body only
	unknownRoute bool
	injected     bool // a fault, not Box's own rules

	then func() // happens after the work, with Server.mu held for writing
}

func ok(body any) answer      { return answer{status: http.StatusOK, body: body} }
func created(body any) answer { return answer{status: http.StatusCreated, body: body} }
func noContent() answer       { return answer{status: http.StatusNoContent} }

// exchange turns a handler into an http handler: it carries one request
// through the faults and counts what came of it.
func (s *Server) exchange(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := s.conduct(&call{Request: r, query: r.URL.Query()}, h)
		s.stats.count(r, a)
		s.opts.Logger.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
			"status", a.status, "reset", a.reset, "fault", a.injected, "took", time.Since(start))
		if a.reset {
			panic(http.ErrAbortHandler)
		}
		s.write(w, a)
	}
}

func (s *Server) conduct(c *call, h handler) answer {
	body, err := io.ReadAll(io.LimitReader(c.Body, maxBody+1))
	if err != nil {
		return answer{reset: true}
	}
	if len(body) > maxBody {
		return problem(http.StatusRequestEntityTooLarge, "request_entity_too_large", "Request entity too large")
	}
	c.body = body

	fate := s.faults.decide(c.Request, body, s.clock())
	if !sleep(c.Context(), fate.latency) {
		return answer{reset: true}
	}
	s.carryOut(time.Now())
	if fate.late != nil && !isWrite(c.Request) {
		return fate.late.meanwhile // there is nothing to put off
	}
	c.fate = fate
	if fate.before != nil {
		return *fate.before
	}
	a := h(c)
	if fate.after != nil {
		return *fate.after
	}
	if fate.cut != nil && a.body != nil {
		a.cut, a.injected = fate.cut, true
	}
	return a
}

// authorised lets h see only requests with a valid token that are within the
// rate limit, and holds the lock that h needs.
func (s *Server) authorised(h handler) handler {
	return func(c *call) answer {
		id, refused := s.authenticate(c.Header.Get("Authorization"))
		if refused != nil {
			return *refused
		}
		if c.fate.endToken && s.endToken(c.Header.Get("Authorization")) {
			a := expired()
			a.injected = true
			return a
		}
		if wait := s.limits.take(id, time.Now()); wait > 0 {
			return tooManyRequests(wait)
		}
		if c.fate.late != nil {
			s.postpone(c, id, h)
			return c.fate.late.meanwhile
		}
		a := s.work(c, id, h)
		if a.then != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			a.then()
		}
		return a
	}
}

// work does what the request asks for, under the lock that it needs.
func (s *Server) work(c *call, id uint64, h handler) answer {
	if c.Method == http.MethodGet {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if refused := s.identify(c, id); refused != nil {
		return *refused
	}
	a := h(c)
	if writes(c.Method) && a.status < http.StatusBadRequest {
		s.overtake(c)
	}
	return a
}

// identify sets c.me: the token's user, or whom an administrator names by id in
// the as-user header. Box does not say how it refuses that header; 403 is a
// guess.
func (s *Server) identify(c *call, id uint64) *answer {
	c.me = s.box.userByID[id]
	if c.me == nil {
		return new(unauthorised("invalid_token", "The access token provided is invalid."))
	}
	as := c.Header.Get("As-User")
	if as == "" {
		return nil
	}
	other := s.box.user(as)
	if !s.app.AsUser || other == nil || other.kind == Service || !s.app.reachesUser(other) || !c.me.administers() {
		return new(forbidden())
	}
	c.me = other
	return nil
}

func (s *Server) write(w http.ResponseWriter, a answer) {
	n := s.requests.Add(1)
	h := w.Header()
	// Box's two request ids differ, and clients should log both.
	h.Set("Box-Request-Id", fmt.Sprintf("0%031x", n))
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	for k, v := range a.header {
		h.Set(k, v)
	}
	if e, isError := a.body.(*errorBody); isError {
		e.RequestID = fmt.Sprintf("%016x", n*0x9e3779b97f4a7c15)
	}

	var b []byte
	switch {
	case a.html != "":
		h.Set("Content-Type", "text/html")
		b = []byte(a.html)
	case a.body != nil:
		h.Set("Content-Type", "application/json")
		var err error
		if b, err = json.Marshal(a.body); err != nil {
			panic(err) // unreachable: bodies are made of strings, numbers and maps
		}
	}
	announced := len(b)
	if a.cut != nil {
		b, announced = a.cut.of(b)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(announced))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(b) // the client may be gone; there is nobody to tell
}

// decode reads the request's JSON body into v, which must be a pointer to a
// struct. Unknown keys are ignored, as Box does.
func (c *call) decode(v any) *answer {
	d := json.NewDecoder(bytes.NewReader(c.body))
	if err := d.Decode(v); err != nil {
		return new(badRequest("body", "Could not parse JSON: "+err.Error()))
	}
	if _, err := d.Token(); err != io.EOF {
		return new(badRequest("body", "Could not parse JSON: data after the object"))
	}
	return nil
}

// object is a JSON object that is still complete.
type object map[string]any

// shape reduces o to what a call shows: with `fields`, type, id and what was
// asked for; else the standard fields. Unknown field names are ignored.
func (c *call) shape(o object, standard []string) object {
	if f := c.query.Get("fields"); f != "" {
		standard = strings.Split(f, ",")
	}
	out := object{"type": o["type"], "id": o["id"]}
	for _, name := range standard {
		name = strings.TrimSpace(name)
		if v, known := o[name]; known {
			out[name] = v
		}
	}
	return out
}

// stamp is a time to the second, as Box keeps it, in seconds since 1970.
type stamp int64

// stampLayout has a numeric offset, never "Z": Box does not always speak UTC.
const stampLayout = "2006-01-02T15:04:05-07:00"

// String renders the time where Box lives, seven hours west.
func (t stamp) String() string {
	return time.Unix(int64(t), 0).In(time.FixedZone("", -7*60*60)).Format(stampLayout)
}
