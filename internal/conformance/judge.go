package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// differences returns which operation an exchange is, and all in which it
// differs from the description.
func (d *Description) differences(e *exchange) (operation string, found []Violation) {
	route, params, err := d.router.FindRoute(e.request)
	if err != nil {
		operation = e.request.Method + " " + e.request.URL.Path
		return operation, []Violation{{At: "path", Rule: RuleUnknown, Why: err.Error()}}
	}
	input := &openapi3filter.RequestValidationInput{
		Request: e.request, PathParams: params, Route: route, Options: options(),
	}
	found = slices.Concat(checkQuery(e, route), checkRequest(e, input), checkAnswer(e, input))
	return route.Method + " " + route.Path, found
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}
}

// checkQuery looks for parameters, and names in the parameter `fields`, that
// the description does not name.
func checkQuery(e *exchange, route *routers.Route) []Violation {
	var found []Violation
	query := e.request.URL.Query()
	parameters := slices.Concat(route.PathItem.Parameters, route.Operation.Parameters)
	for _, name := range slices.Sorted(maps.Keys(query)) {
		at := "query " + name
		switch {
		case parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil:
			found = append(found, Violation{At: at, Rule: RuleUnnamed, Value: text(query.Get(name))})
		case len(query[name]) > 1:
			found = append(found, Violation{At: at, Rule: "maxItems", Why: "it is there more than once", Value: text(query[name])})
		case name == "fields":
			for field := range strings.SplitSeq(query.Get(name), ",") {
				if len(property(rows(route.Operation), field)) == 0 {
					found = append(found, Violation{At: at, Rule: RuleUnnamed, Value: text(field)})
				}
			}
		}
	}
	return found
}

// rows returns the schemas of what an operation's `fields` choose from: of the
// answer, or of an entry where the answer is a list.
func rows(operation *openapi3.Operation) []*openapi3.Schema {
	var answer []*openapi3.Schema
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		if r := operation.Responses.Status(status); r != nil {
			answer = parts(appendRef(answer, schemaOf(r.Value.Content)))
		}
	}
	var entries []*openapi3.Schema
	for _, list := range property(answer, "entries") {
		entries = appendRef(entries, list.Items)
	}
	if len(entries) > 0 {
		return parts(entries)
	}
	return answer
}

// schemaOf returns the schema of a body. Box's API has one media type for each.
func schemaOf(content openapi3.Content) *openapi3.SchemaRef {
	for _, media := range content {
		return media.Schema
	}
	return nil
}

func checkRequest(e *exchange, input *openapi3filter.RequestValidationInput) []Violation {
	e.request.Body = io.NopCloser(bytes.NewReader(e.requestBody))
	e.request.ContentLength = int64(len(e.requestBody))
	e.request.GetBody = nil
	var found []Violation
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		found = violationsOfAll(err)
	}
	described := input.Route.Operation.RequestBody
	if described == nil {
		return found
	}
	schema := schemaOf(described.Value.Content)
	if len(e.requestBody) == 0 {
		// The description calls no body required.
		if len(schema.Value.Required) > 0 {
			found = append(found, Violation{At: "body", Rule: RuleBody, Why: "there is none, and it has required fields"})
		}
		return found
	}
	return append(found, unnamed(appendRef(nil, schema), decode(e), nil)...)
}

// decode reads a request's body, which is JSON or a form; nil if it is neither.
func decode(e *exchange) any {
	var value any
	if strings.HasPrefix(e.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(e.requestBody))
		if err != nil {
			return nil
		}
		fields := map[string]any{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		return fields
	}
	if json.Unmarshal(e.requestBody, &value) != nil {
		return nil // which kin-openapi has said already
	}
	return value
}

func checkAnswer(e *exchange, input *openapi3filter.RequestValidationInput) []Violation {
	found := answered(e, input)
	for i := range found {
		found[i].Status = max(e.status, 1)
	}
	return found
}

func answered(e *exchange, input *openapi3filter.RequestValidationInput) []Violation {
	if e.broken || cutShort(e.body) {
		return []Violation{{At: "body", Rule: RuleBroken}}
	}
	responses := input.Route.Operation.Responses
	response := responses.Status(e.status)
	var found []Violation
	if response == nil {
		found = append(found, Violation{At: "status", Rule: RuleStatus, Value: strconv.Itoa(e.status), Why: "not listed"})
		if response = responses.Default(); response == nil {
			return found
		}
	}
	if len(response.Value.Content) == 0 {
		if len(e.body) > 0 {
			found = append(found, Violation{At: "body", Rule: RuleBody, Why: "there is one, and none belongs there"})
		}
		return found
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: e.status, Header: e.header, Options: options(),
	}
	if err := openapi3filter.ValidateResponse(context.Background(), answer.SetBodyBytes(e.body)); err != nil {
		found = append(found, violationsOfAll(err)...)
	}
	for i := range found {
		if found[i].Rule == RuleType {
			found[i].Value = text(e.header.Get("Content-Type"))
		}
	}
	var body any
	if json.Unmarshal(e.body, &body) != nil {
		return found // which kin-openapi has said already, or it is not JSON
	}
	if object, ok := body.(map[string]any); ok && object["type"] == "error" && object["status"] != float64(e.status) {
		found = append(found, Violation{At: "body /status", Rule: RuleStatus, Value: text(object["status"]), Why: "not the status of the answer"})
	}
	return append(found, unnamed(appendRef(nil, schemaOf(response.Value.Content)), body, nil)...)
}

// cutShort reports whether a JSON body ends before its value does. What is no
// JSON in another way did not come from a network.
func cutShort(body []byte) bool {
	var value any
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&value)
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// violationsOfAll takes the errors of several parameters apart, each of which
// knows its own.
func violationsOfAll(err error) []Violation {
	many, ok := err.(openapi3.MultiError) //nolint:errorlint // it is what MultiError makes ValidateRequest return
	if !ok {
		return violations(err)
	}
	var found []Violation
	for _, e := range many {
		found = append(found, violations(e)...)
	}
	return found
}
