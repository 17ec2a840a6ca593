package boxapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"
)

// call is one request that may take several attempts.
type call struct {
	method      string
	path        string // as errors and logs show it
	url         string
	body        []byte
	contentType string
	accept      func(body []byte) error // decodes a success; nil: the body does not matter
	write       bool                    // may change something at Box
	bare        bool                    // the token request: goes out without a token

	// fresh makes the body of each attempt anew, in the place of body.
	fresh func() ([]byte, error)
	// amend is asked once about a refusal; true means that the next attempt
	// will say something else, and is worth making at once. date is Box's
	// clock, zero if the answer did not tell it.
	amend func(refusal *Error, date time.Time) bool
}

// progress is what is known about the attempts so far.
type progress struct {
	attempts  int
	uncertain bool
	token     string    // of the last attempt
	refused   string    // the token that Box answered with 401 last
	renewed   bool      // that was the last answer: another 401 is the end
	amended   bool      // call.amend has had its say
	free      int       // attempts that do not count: answered by a renewal or an amendment
	date      time.Time // of the last answer, by Box's clock
	epoch     int
}

// do makes a call. This is the one place that repeats anything, and the order
// of what happens to an attempt is written here only: the pace, a token, the
// cap on calls, the attempt itself, what its answer means, the wait.
func (c *Client) do(ctx context.Context, q *call) error {
	var p progress
	for {
		if e := c.admit(ctx, q, &p); e != nil {
			return p.complete(e)
		}
		began := time.Now()
		e := c.attempt(ctx, q, &p)
		c.logAttempt(ctx, q, &p, e, time.Since(began))
		if !q.bare && (e == nil || e.refusal()) {
			c.tokens.taken(p.token)
		}
		if e == nil {
			c.pacer.succeeded()
			return nil
		}
		again := c.again(ctx, q, e, &p)
		if again == nil {
			return p.complete(e)
		}
		if err := again(); err != nil {
			return p.complete(stopped(q, err))
		}
	}
}

// admit obtains all that an attempt needs before it may be sent. The token comes
// last, because the wait for the pace can outlast it; and fetching one takes
// time in which a pause can begin, which then comes first again.
func (c *Client) admit(ctx context.Context, q *call, p *progress) *Error {
	epoch, err := c.pacer.wait(ctx)
	for err == nil && !q.bare {
		token, failed := c.tokens.token(ctx, p.refused)
		if failed != nil {
			return &Error{Method: q.method, Path: q.path, Err: failed, kind: KindOf(failed)}
		}
		p.token = token
		if !c.pacer.paused() {
			break
		}
		epoch, err = c.pacer.waitForPause(ctx)
	}
	if err != nil {
		return stopped(q, err)
	}
	p.epoch = epoch
	if !c.count() {
		return stopped(q, fmt.Errorf("%w: %d", ErrMaxCalls, c.maxCalls))
	}
	p.attempts++
	return nil
}

// attempt sends the call once. nil means that the answer was a success and is
// decoded.
func (c *Client) attempt(ctx context.Context, q *call, p *progress) *Error {
	limited, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %s", c.timeout))
	defer cancel()
	watched, count := c.watched(limited)
	req, err := c.httpRequest(watched, q, p.token)
	if err != nil {
		return &Error{Method: q.method, Path: q.path, Err: err, kind: Invalid}
	}
	// RoundTrip and not http.Client: redirects are then refused by
	// construction, and no URL gets into an error.
	resp, err := c.transport.RoundTrip(req)
	count()
	if err != nil {
		p.uncertain = p.uncertain || q.write && !neverSent(err)
		return unanswered(ctx, limited, q, 0, err)
	}
	defer resp.Body.Close()
	p.date, _ = http.ParseTime(resp.Header.Get("Date"))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		e := c.readError(q, resp)
		p.uncertain = p.uncertain || q.write && (resp.StatusCode >= 500 || e.Kind() == Network)
		return e
	}
	if err := c.readAnswer(q, resp); err != nil {
		p.uncertain = p.uncertain || q.write
		return unanswered(ctx, limited, q, resp.StatusCode, err)
	}
	return nil
}

func (c *Client) httpRequest(ctx context.Context, q *call, token string) (*http.Request, error) {
	body := q.body
	if q.fresh != nil {
		var err error
		if body, err = q.fresh(); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, q.url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address cannot be used")
	}
	if !q.bare {
		for name, values := range c.headers {
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
		if c.asUser != "" {
			req.Header.Set("As-User", c.asUser)
		}
		maps.Copy(req.Header, headersOf(ctx))
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if q.contentType != "" {
		req.Header.Set("Content-Type", q.contentType)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	return req, nil
}

// again returns the wait before the next attempt, or nil if there is to be
// none. Writes are repeated like reads: all of them have the same effect made
// twice as once, and Uncertain tells the caller to settle a 409 or 404.
func (c *Client) again(ctx context.Context, q *call, e *Error, p *progress) func() error {
	if e.Kind() == RateLimited {
		// Also after the last attempt: the other workers must know.
		c.pause(ctx, q, c.retry.askedOr(e.RetryAfter, p.attempts), p.epoch)
	}
	if e.Kind() == Unauthorized && !q.bare && (!p.renewed || p.free < c.retry.MaxAttempts && c.tokens.ended(p.token)) {
		return c.renew(e, p)
	}
	p.renewed = false
	if q.amend != nil && !p.amended && q.amend(e, p.date) {
		p.amended = true
		p.free++
		return func() error { return nil }
	}
	spent := p.attempts - p.free
	if spent >= c.retry.MaxAttempts || !repeatable(q, e) {
		return nil
	}
	if e.Kind() == RateLimited {
		return func() error { return nil } // the pacer waits
	}
	wait := c.retry.askedOr(e.RetryAfter, spent)
	c.log.WarnContext(ctx, "box: retry", "method", q.method, "path", q.path,
		"attempt", p.attempts, "status", e.Status, "wait", wait, "err", e)
	return func() error { return sleep(ctx, wait) }
}

// renew has the next attempt use another token. A call may outlive several
// tokens, and the workers share one, so only a second 401 in a row, to a token
// that was good for nobody, says that none will do.
func (c *Client) renew(e *Error, p *progress) func() error {
	if !c.tokens.renewable() {
		e.Err = ErrTokenNotRenewable
		return nil
	}
	p.refused, p.renewed = p.token, true
	p.free++
	return func() error { return nil }
}

func (c *Client) pause(ctx context.Context, q *call, wait time.Duration, epoch int) {
	c.pacer.pause(wait, epoch)
	c.log.WarnContext(ctx, "box: rate limited, all calls pause", "method", q.method, "path", q.path,
		"wait", wait, "per_minute", c.pacer.snapshot().RequestsPerMinute)
}

func (c *Client) logAttempt(ctx context.Context, q *call, p *progress, e *Error, took time.Duration) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	args := []any{"method", q.method, "path", q.path, "attempt", p.attempts, "took", took}
	if e != nil {
		args = append(args, "status", e.Status, "err", e)
	}
	c.log.DebugContext(ctx, "box: attempt", args...)
}

// complete adds to an error what earlier attempts have left behind.
func (p *progress) complete(e *Error) *Error {
	e.Attempts, e.Uncertain = p.attempts, p.uncertain
	return e
}

// repeatable says whether another attempt is safe and can help.
func repeatable(q *call, e *Error) bool {
	switch e.Kind() {
	case RateLimited, TemporaryConflict, Server:
		return true
	case Network:
		// An unreadable success of a write is still a write that happened.
		return !(q.write && e.Status != 0) && !hopeless(e.Err)
	default:
		return false
	}
}

// stopped is the error of a call that was given up on this side.
func stopped(q *call, cause error) *Error {
	return &Error{Method: q.method, Path: q.path, Err: cause, kind: Stopped}
}

// unanswered is the error of an attempt without a readable answer. It tells the
// end of the caller's context from the end of the attempt's own time.
func unanswered(ctx, limited context.Context, q *call, status int, err error) *Error {
	if ctx.Err() != nil {
		return stopped(q, context.Cause(ctx))
	}
	if limited.Err() != nil {
		err = context.Cause(limited)
	}
	if status == 0 && errors.Is(err, io.EOF) {
		err = &hungUp{err}
	}
	return &Error{Method: q.method, Path: q.path, Status: status, Err: err}
}

// hungUp is a connection that the other side closed before it answered.
type hungUp struct{ err error }

func (h *hungUp) Error() string { return "the connection was closed before an answer came" }
func (h *hungUp) Unwrap() error { return h.err }

// neverSent recognises attempts that did not get as far as a connection, to the
// server or to a proxy.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	_, refused := errors.AsType[*proxyRefusal](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect") || refused || hopeless(err)
}

// hopeless recognises certificates that will not be trusted next time either,
// and proxies that say no.
func hopeless(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	proxy, refused := errors.AsType[*proxyRefusal](err)
	return untrusted || refused && proxy.status < 500
}
