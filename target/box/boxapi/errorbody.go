package boxapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode"
)

const (
	maxErrorBody = 64 << 10 // bytes of an error's body that are looked at
	maxText      = 500      // characters of a message that are kept
	maxReasons   = 20
)

// readError makes an Error of an answer that is no success. It never fails:
// bodies are Box's, a proxy's, cut off or empty.
func (c *Client) readError(q *call, resp *http.Response) *Error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what was read before a failure is still worth having
	readable := err == nil
	e := &Error{
		Method: q.method, Path: q.path, Status: resp.StatusCode,
		BoxRequestID: c.text(resp.Header.Get("Box-Request-Id")),
		RetryAfter:   retryAfter(resp.Header),
		asUser:       c.asUser != "",
	}
	var fields map[string]json.RawMessage
	switch {
	case len(bytes.TrimSpace(body)) == 0:
	case json.Unmarshal(body, &fields) != nil:
		e.Message = c.foreign(resp, body)
		readable = false
	default:
		c.fill(e, fields)
	}
	if !readable && verdict(q, e.Status) {
		e.kind = Network
	}
	if e.Status/100 == 3 {
		e.Message = "redirects are not followed"
	}
	e.Code = cmp.Or(e.Code, c.text(challengeCode(resp.Header.Get("Www-Authenticate"))))
	return e
}

// verdict reports whether a status alone, without Box's words, would have the
// caller take something for gone, or stop altogether: 404, and 403, of which the
// code says whether it is about one user only. A proxy has its own reasons for
// both.
func verdict(q *call, status int) bool {
	return !q.bare && (status == http.StatusNotFound || status == http.StatusForbidden)
}

// fill takes what is usable of Box's two shapes of error, that of the API and
// that of the token endpoint. Any field may be missing or of another type.
func (c *Client) fill(e *Error, fields map[string]json.RawMessage) {
	e.Code = c.text(cmp.Or(scalar(fields["code"]), scalar(fields["error"])))
	e.Message = c.text(cmp.Or(scalar(fields["message"]), scalar(fields["error_description"])))
	e.RequestID = c.text(scalar(fields["request_id"]))
	var info struct{ Errors json.RawMessage }
	if json.Unmarshal(fields["context_info"], &info) != nil {
		return
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal(info.Errors, &details) != nil {
		return
	}
	for _, d := range details[:min(len(details), maxReasons)] {
		e.Reasons = append(e.Reasons, Reason{
			Reason:  c.text(scalar(d["reason"])),
			Name:    c.text(scalar(d["name"])),
			Message: c.text(scalar(d["message"])),
		})
	}
}

// challengeCode returns the error that a 401 states in WWW-Authenticate; such
// answers often have no body.
func challengeCode(header string) string {
	_, rest, _ := strings.Cut(header, `error="`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

// text makes a server's words fit for errors and logs: secrets blotted out, on
// one line, no control characters, not too long.
func (c *Client) text(s string) string { return clip(c.tokens.scrub(s)) }

func clip(s string) string { return clipTo(maxText, s) }

func clipTo(most int, s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
