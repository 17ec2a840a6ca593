package emulator

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// failure is the answer of a Box in trouble. Its 502 comes from a proxy and is
// no JSON.
func failure(status int, retryAfter time.Duration) answer {
	var a answer
	switch status {
	case http.StatusTooManyRequests:
		a = tooManyRequests(retryAfter)
	case http.StatusBadGateway:
		a = proxyPage(status)
	case http.StatusUnauthorized:
		a = unauthorised("invalid_token", "The access token provided is invalid.")
	case http.StatusForbidden:
		a = forbidden()
	case http.StatusServiceUnavailable:
		a = problem(status, "unavailable", "Unavailable")
		if retryAfter > 0 {
			a.header = tooManyRequests(retryAfter).header
		}
	case http.StatusInternalServerError:
		a = problem(status, "internal_server_error", "Internal Server Error")
	default:
		a = problem(status, strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"), http.StatusText(status))
	}
	a.injected = true
	return a
}

// limited is a 429 although there is no limit. A date is one of Box's clock, and
// tells whole seconds only, so it is the next one: who waits until then has
// waited long enough.
func (f Faults) limited(asDate bool, now time.Time) answer {
	wait := max(f.RetryAfter, time.Second)
	a := failure(http.StatusTooManyRequests, wait)
	if asDate {
		until := now.Add(wait + time.Second - time.Nanosecond).Truncate(time.Second)
		a.header["Retry-After"] = until.UTC().Format(http.TimeFormat)
	}
	return a
}

// temporaryConflict asks to try again. Only what has a name can have a reserved
// one.
func temporaryConflict(reserved bool) answer {
	code, message := "operation_blocked_temporary", "The operation is blocked by another ongoing operation"
	if reserved {
		code, message = "name_temporarily_reserved", "The item name is reserved by another ongoing operation"
	}
	a := problem(http.StatusConflict, code, message)
	a.injected = true
	return a
}

// proxyPage is what stands between client and Box and answers in Box's place.
func proxyPage(status int) answer {
	page := fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\n", status, http.StatusText(status))
	return answer{status: status, html: page, injected: true}
}

// cut takes the end off a body.
type cut struct {
	at    float64 // where, as a share of the body, from 0 to 1
	clean bool    // what is left is announced, not what there was
}

// of returns what is left of a body, and the length that is announced. At
// least one byte is left and one is missing: no such part of a JSON object is
// JSON. A body of one byte or none stays as it is.
func (c *cut) of(body []byte) (rest []byte, announced int) {
	if len(body) < 2 {
		return body, len(body)
	}
	n := min(1+int(c.at*float64(len(body)-1)), len(body)-1)
	if c.clean {
		return body[:n], n
	}
	return body[:n], len(body)
}
