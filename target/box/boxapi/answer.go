package boxapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const maxBody = 64 << 20 // bytes of a successful answer; a full page has less than one of them

// readAnswer decodes an answer whose status says success. Its errors are for
// people: they say what came instead of Box's answer, and never what was in it.
func (c *Client) readAnswer(q *call, resp *http.Response) error {
	if q.accept == nil {
		return c.readNothing(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return &brokenOff{after: len(body), err: err}
	case len(body) > maxBody:
		return fmt.Errorf("the answer is too long: more than %d bytes", maxBody)
	case len(bytes.TrimSpace(body)) == 0:
		return errors.New("the answer is empty")
	case !json.Valid(body):
		return errors.New(c.foreign(resp, body))
	}
	if err := q.accept(body); err != nil {
		// Flat, because the cause may quote what the server sent.
		return errors.New(c.text("the answer is not as Box documents it: " + err.Error()))
	}
	return nil
}

// readNothing is readAnswer for calls whose status says all. The call is done
// whatever becomes of the body, unless the body shows that it was not Box who
// answered. Reading it lets the connection be used again.
func (c *Client) readNothing(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if webPage(resp, body) {
		return errors.New(c.foreign(resp, body))
	}
	return nil
}

// foreign describes a body that Box did not write, or not to its end.
func (c *Client) foreign(resp *http.Response, body []byte) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	text := fmt.Sprintf("the answer is not Box's: %s of %d bytes", cmp.Or(c.text(kind), "something"), len(body))
	if webPage(resp, body) {
		text += "; a proxy or a login page may stand between here and Box"
	}
	return text
}

// webPage reports whether a body is a web page, which Box's API never sends.
func webPage(resp *http.Response, body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	return bytes.HasPrefix(body, []byte("<")) ||
		len(body) > 0 && strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html")
}

// brokenOff is an answer that ended before its end.
type brokenOff struct {
	after int
	err   error
}

func (b *brokenOff) Error() string {
	text := fmt.Sprintf("the answer broke off after %d bytes", b.after)
	if errors.Is(b.err, io.ErrUnexpectedEOF) {
		return text // it says the same
	}
	return text + ": " + b.err.Error()
}

func (b *brokenOff) Unwrap() error { return b.err }
