package conformance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Violation is one difference between an exchange and the description.
type Violation struct {
	Operation string // method and path as the description has it, such as "GET /groups/{group_id}"
	Status    int    // of the answer; 0 when it is about the request
	At        string // where: "query limit", "body /user/id"; an index in a list is *
	Rule      string // what is violated: a key word of JSON Schema, or one of the Rule constants
	Value     string // what is there instead, as JSON
	Why       string // the same in words, where Rule does not say it all
}

// Rules of a [Violation] that are not key words of JSON Schema.
const (
	RuleUnnamed = "unnamed" // the description does not name it
	RuleUnknown = "unknown" // there is no such operation
	RuleStatus  = "status"  // the status is not listed, or not the one in the body
	RuleBody    = "body"    // a body where none belongs, or none where one does
	RuleType    = "media type"
	RuleBroken  = "broken" // the answer broke off
	RuleFormat  = "unreadable"
)

// String returns the violation on one line.
func (v Violation) String() string {
	side := "request"
	if v.Status != 0 {
		side = "answer " + strconv.Itoa(v.Status)
	}
	text := fmt.Sprintf("%s: %s: %s: %s", v.Operation, side, v.At, v.Rule)
	if v.Why != "" {
		text += ": " + v.Why
	}
	if v.Value != "" {
		text += ": " + v.Value
	}
	return text
}

// violations turns what kin-openapi says into violations: one for each leaf of
// its tree of errors.
func violations(err error) []Violation {
	var at string
	if e, ok := errors.AsType[*openapi3filter.RequestError](err); ok && e.Parameter != nil {
		at = e.Parameter.In + " " + e.Parameter.Name
	}
	var found []Violation
	for _, leaf := range leaves(err) {
		found = append(found, violation(at, leaf))
	}
	return found
}

func violation(at string, leaf error) Violation {
	switch e := leaf.(type) { //nolint:errorlint // leaves has unwrapped it
	case *openapi3.SchemaError:
		return Violation{
			At:   cmp.Or(at, "body "+pointer(e.JSONPointer())),
			Rule: e.SchemaField, Value: text(e.Value), Why: e.Reason,
		}
	case *openapi3filter.RequestError:
		return Violation{At: cmp.Or(at, "body"), Rule: rule(e.Reason), Why: e.Error()}
	case *openapi3filter.ResponseError:
		return Violation{At: "body", Rule: rule(e.Reason), Why: e.Error()}
	default:
		return Violation{At: cmp.Or(at, "body"), Rule: rule(""), Why: leaf.Error()}
	}
}

// rule tells the one case that kin-openapi tells by its text only.
func rule(reason string) string {
	if strings.Contains(reason, "Content-Type") {
		return RuleType
	}
	return RuleFormat
}

// leaves returns the errors of a tree that say what is wrong, and not what
// failed because of it. Below a value that cannot be read there is only the
// decoder, which knows less.
func leaves(err error) []error {
	if many, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // it is this node that is taken apart
		var found []error
		for _, e := range many {
			found = append(found, leaves(e)...)
		}
		return found
	}
	if below := errors.Unwrap(err); below != nil {
		if found := leaves(below); told(found) {
			return found
		}
	}
	return []error{err}
}

// told reports whether errors name the schema that they are about.
func told(found []error) bool {
	_, ok := errors.AsType[*openapi3.SchemaError](errors.Join(found...))
	return ok
}

// pointer is where in a body something is. Which element of a list it is does
// not matter.
func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		if _, err := strconv.Atoi(p); err == nil {
			p = "*"
		}
		b.WriteString("/" + p)
	}
	return cmp.Or(b.String(), "/")
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
