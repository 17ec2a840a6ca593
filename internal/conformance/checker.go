package conformance

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// Checker holds the exchanges that pass through it against the description.
// Its methods may be called from any goroutine.
type Checker struct {
	description *Description
	allowed     []Deviation

	mu    sync.Mutex
	found []Violation
	used  map[string]bool
	seen  map[string]bool
}

// Checker returns a checker that has seen nothing yet.
func (d *Description) Checker() *Checker {
	return &Checker{description: d, allowed: Deviations(), used: map[string]bool{}, seen: map[string]bool{}}
}

// Violations returns what was found so far and is not allowed, each once.
func (c *Checker) Violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.found)
}

// Used returns the names of the deviations that occurred so far, sorted.
func (c *Checker) Used() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.used))
}

// Seen returns the operations that were called so far, each as
// "METHOD /path status", sorted.
func (c *Checker) Seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.seen))
}

// Wrap returns a handler that is next for its clients, and lets the checker see
// every request and every answer. It hands panics on.
func (c *Checker) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client is gone in the middle of a word
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		e := exchange{request: r.Clone(r.Context()), requestBody: body}

		answer := &recorder{ResponseWriter: w}
		defer func() {
			p := recover()
			e.status, e.header, e.body = answer.status, w.Header().Clone(), answer.body.Bytes()
			e.broken = p != nil || answer.short()
			c.judge(&e)
			if p != nil {
				panic(p)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// exchange is one request and what was answered.
type exchange struct {
	request     *http.Request
	requestBody []byte

	status int // 0: nothing
	header http.Header
	body   []byte
	broken bool
}

func (c *Checker) judge(e *exchange) {
	operation, found := c.description.differences(e)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[operation+" "+strconv.Itoa(e.status)] = true
	for _, v := range found {
		v.Operation = operation
		if d := v.allowedBy(c.allowed); d != nil {
			c.used[d.Name] = true
			continue
		}
		if !slices.Contains(c.found, v) {
			c.found = append(c.found, v)
		}
	}
}

// recorder keeps a copy of an answer.
type recorder struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// short reports whether less came than was announced.
func (r *recorder) short() bool {
	n, err := strconv.Atoi(r.Header().Get("Content-Length"))
	return err == nil && r.body.Len() < n || r.status == 0
}
