package emulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// errorBody is Box's ClientError.
type errorBody struct {
	Type        string       `json:"type"` // "error"
	Status      int          `json:"status"`
	Code        string       `json:"code"`
	Message     string       `json:"message"`
	ContextInfo *contextInfo `json:"context_info,omitempty"`
	HelpURL     string       `json:"help_url"`
	RequestID   string       `json:"request_id"` // set when written
}

type contextInfo struct {
	Errors []detail `json:"errors"`
}

// detail names one parameter that was wrong.
type detail struct {
	Reason  string `json:"reason"`
	Name    string `json:"name"`
	Message string `json:"message"`
}

func problem(status int, code, message string, details ...detail) answer {
	e := &errorBody{
		Type:    "error",
		Status:  status,
		Code:    code,
		Message: message,
		HelpURL: "http://developers.box.com/docs/#errors",
	}
	if len(details) > 0 {
		e.ContextInfo = &contextInfo{Errors: details}
	}
	return answer{status: status, body: e}
}

func badRequest(name, message string) answer {
	return invalid("bad_request", name, message)
}

func invalid(code, name, message string) answer {
	return problem(http.StatusBadRequest, code, "Bad Request", detail{"invalid_parameter", name, message})
}

func missing(name string) answer {
	return problem(http.StatusBadRequest, "bad_request", "Bad Request",
		detail{"missing_parameter", name, fmt.Sprintf("'%s' is required", name)})
}

// notFound says that there is no such thing, which is also what Box says of
// things that the caller may not see.
func notFound(kind, id string) answer {
	return problem(http.StatusNotFound, "not_found", "Not Found", detail{
		"invalid_parameter", kind,
		fmt.Sprintf("Invalid value '%s_%s'. '%s' with value '%s' not found", kind, id, kind, id),
	})
}

// nameTaken is the recorded answer to a second group of one name (issue
// box-windows-sdk-v2#571); it does not say which group has it.
func nameTaken(name string) answer {
	return problem(http.StatusConflict, "conflict", "A resource with this value already exists", detail{
		"invalid_parameter", "group_tag_name",
		fmt.Sprintf("Invalid value '%s'. A resource with value '%s' already exists", name, name),
	})
}

// alreadyMember has the status that Box's samples show; its code is a guess.
func alreadyMember(userID string) answer {
	return problem(http.StatusConflict, "conflict", "User is already a member of this group", detail{
		"invalid_parameter", "user", fmt.Sprintf("Invalid value '%s'. The user is already in the group", userID),
	})
}

// loginTaken is the documented answer to a login that somebody has (Box's guide
// to common errors).
func loginTaken() answer {
	return problem(http.StatusConflict, "user_login_already_used", "User with the specified login already exists")
}

// blocked is what an information barrier does (the specification of POST
// /group_memberships); the message is that of the guide to common errors.
func blocked() answer {
	return problem(http.StatusForbidden, "forbidden_by_policy", "Access denied - Blocked by Shield Access Policy")
}

func forbidden() answer {
	return problem(http.StatusForbidden, "access_denied_insufficient_permissions", "Access denied - insufficient permission")
}

// unauthorised refuses a token. Reason is the error of RFC 6750; empty when
// there was no token at all.
func unauthorised(reason, description string) answer {
	a := problem(http.StatusUnauthorized, "unauthorized", "Unauthorized")
	a.header = map[string]string{"WWW-Authenticate": challenge(reason, description)}
	return a
}

func challenge(reason, description string) string {
	if reason == "" {
		return `Bearer realm="Service"`
	}
	return fmt.Sprintf(`Bearer realm="Service", error=%q, error_description=%q`, reason, description)
}

// tooManyRequests asks the client to wait, in whole seconds and at least one.
func tooManyRequests(wait time.Duration) answer {
	a := problem(http.StatusTooManyRequests, "rate_limit_exceeded",
		"Request rate limit exceeded, please try again later")
	a.header = map[string]string{"Retry-After": strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))}
	return a
}

// grantProblem is the token endpoint's own shape of error.
func grantProblem(code, description string) answer {
	return answer{status: http.StatusBadRequest, body: map[string]string{
		"error":             code,
		"error_description": description,
	}}
}
