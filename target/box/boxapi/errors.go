package boxapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrMaxCalls says that [Config.MaxCalls] is used up: the call that would have
// exceeded it was not sent.
var ErrMaxCalls = errors.New("the cap on calls is reached")

// ErrTokenNotRenewable says that Box refused a developer token, which only a
// person can replace.
var ErrTokenNotRenewable = errors.New("a developer token cannot be renewed: it lasts 60 minutes; make a new one in Box's developer console")

// Error is a call that failed. It tells what Box said and what is known about
// the attempts that came before the last one.
type Error struct {
	Method string // HTTP method
	Path   string // below the API root, without the query: it can hold personal data
	Status int    // of the last answer; 0 when there was none

	Code         string        // Box's word, an open set; "" when it sent none
	Message      string        // Box's sentence, at most 500 characters and one line
	Reasons      []Reason      // details, at most 20
	RequestID    string        // request_id of the body, for Box's support
	BoxRequestID string        // header box-request-id, a different one
	RetryAfter   time.Duration // what the last answer asked for; 0 when it said nothing

	Attempts int // how often the call was sent; 0 when it never was
	// Uncertain says that an attempt of this call may have taken effect at
	// Box: its reply was lost or unreadable, or was a 5xx. The caller settles
	// it by reading. It is never set on reads.
	Uncertain bool
	Err       error // the cause, where there is one besides Box's answer

	kind   Kind // set where no status tells it
	asUser bool // the call was made as another user
}

// Reason is one detail of an error, as Box's context_info lists them.
type Reason struct {
	Reason  string // for example invalid_parameter
	Name    string // the parameter concerned, for example group_tag_name
	Message string
}

// Error describes the call and the failure on one line, such as
// "POST /group_memberships: 409 conflict: message (request abc)". Details
// beyond 2000 characters are left out.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method + " " + e.Path)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d %s", e.Status, cmp.Or(e.Code, http.StatusText(e.Status), "unknown status"))
	}
	b.WriteString(clipTo(4*maxText, e.details()))
	if notes := e.notes(); len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

func (e *Error) details() string {
	var b strings.Builder
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, r := range e.Reasons {
		b.WriteString("; " + strings.TrimPrefix(r.Name+": "+cmp.Or(r.Message, r.Reason), ": "))
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) notes() []string {
	var notes []string
	if id := cmp.Or(e.RequestID, e.BoxRequestID); id != "" {
		notes = append(notes, "request "+id)
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("after %d attempts", e.Attempts))
	}
	if e.Uncertain {
		notes = append(notes, "may have taken effect")
	}
	return notes
}

// Unwrap returns the cause: [context.Cause] of the context that ended,
// [ErrMaxCalls], [ErrOffsetCeiling], a network error, the *Error of a token
// request, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Kind is what an error means to a caller. The zero value is "none of these".
type Kind uint8

// The kinds of an [Error].
const (
	NotFound          Kind = iota + 1 // 404: not there, or not visible to these credentials
	Conflict                          // 409: already there, or the name is taken
	TemporaryConflict                 // 409 that passes by itself; it was retried
	RateLimited                       // 429 to the last attempt
	Unauthorized                      // the credentials were refused
	Forbidden                         // 403: the credentials lack a right; also 400 where their account has to do something first
	Policy                            // 403 for this one user and group: an information barrier or the like
	Invalid                           // any other refusal: the call itself is wrong
	Server                            // 5xx to the last attempt
	Network                           // no answer, or none that can be read
	Stopped                           // given up on this side: the context ended, or MaxCalls was reached
)

// String returns the kind in words, for logs.
func (k Kind) String() string {
	switch k {
	case NotFound:
		return "not found"
	case Conflict:
		return "conflict"
	case TemporaryConflict:
		return "temporary conflict"
	case RateLimited:
		return "rate limited"
	case Unauthorized:
		return "unauthorized"
	case Forbidden:
		return "forbidden"
	case Policy:
		return "forbidden by policy"
	case Invalid:
		return "invalid"
	case Server:
		return "server error"
	case Network:
		return "network error"
	case Stopped:
		return "stopped"
	default:
		return "unknown"
	}
}

// refusal reports whether Box itself has answered, to somebody whom it knows.
func (e *Error) refusal() bool {
	kind := e.Kind()
	return e.Status >= 400 && e.Status < 500 && kind != Unauthorized && kind != Network
}

// Kind classifies the error. It is the only place that compares statuses and
// codes.
func (e *Error) Kind() Kind {
	switch s := e.Status; {
	case e.kind != 0:
		return e.kind
	case s == 0, s >= 200 && s < 300:
		return Network
	case s == http.StatusTooManyRequests:
		return RateLimited
	case s >= 500:
		return Server
	case s == http.StatusUnauthorized, e.Path == tokenPath && s >= 400:
		// The token endpoint answers 400 where credentials are wrong.
		return Unauthorized
	case s == http.StatusNotFound:
		return NotFound
	case s == http.StatusConflict && (e.Code == "name_temporarily_reserved" || e.Code == "operation_blocked_temporary"):
		return TemporaryConflict
	case s == http.StatusConflict:
		return Conflict
	case s == http.StatusForbidden && e.Code == "forbidden_by_policy":
		return Policy
	case s == http.StatusForbidden, s == http.StatusBadRequest && aboutCaller(e.Code):
		return Forbidden
	default:
		return Invalid
	}
}

// aboutCaller reports whether a 400 is about the account that the calls are made
// with, and so about every call.
func aboutCaller(code string) bool {
	return code == "terms_of_service_required" || code == "password_reset_required"
}

// KindOf returns the kind of the first [*Error] in err's tree, or 0 if there is
// none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind()
	}
	return 0
}
