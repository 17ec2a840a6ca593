package conformance

import (
	"slices"
	"strconv"
	"strings"
)

// Deviation is a difference between Box and its description that is no mistake
// of ours. It is about answers: what is said to Box is what the description
// names, without exception.
type Deviation struct {
	Name   string
	Source string // who says so; "inferred" where nobody does

	Operations []string // only these; empty: any
	Status     []int    // only answers with one of these; empty: any
	At         string   // where: the end of what [Violation] has
	Rule       string
	Values     []string // only these, as JSON; empty: any
}

// allowedBy returns the first deviation that the violation is, or nil.
func (v Violation) allowedBy(allowed []Deviation) *Deviation {
	i := slices.IndexFunc(allowed, func(d Deviation) bool {
		return v.Rule == d.Rule && strings.HasSuffix(v.At, d.At) &&
			among(v.Operation, d.Operations) && among(v.Status, d.Status) && among(v.Value, d.Values)
	})
	if i < 0 {
		return nil
	}
	return &allowed[i]
}

func among[T comparable](v T, all []T) bool { return len(all) == 0 || slices.Contains(all, v) }

const (
	commonErrors = "developer.box.com: guides/api-calls/permissions-and-errors/common-errors"
	inferred     = "inferred: nothing public shows it"
)

// Deviations returns all that is allowed.
func Deviations() []Deviation {
	return slices.Concat(statuses(), codes(), permissions(), nulls(), events(), troubles())
}

// statuses are those that the description covers by "default" only.
func statuses() []Deviation {
	var all []Deviation
	for _, s := range []struct {
		status int
		source string
	}{
		{400, commonErrors},
		{401, commonErrors},
		{403, commonErrors},
		{404, commonErrors},
		{409, "developer.box.com: guides/users/provision/shared-folders, of a user who is in the group already"},
		{429, "developer.box.com: guides/api-calls/permissions-and-errors/rate-limits"},
		{500, commonErrors},
		{502, commonErrors},
		{503, commonErrors},
	} {
		number := strconv.Itoa(s.status)
		all = append(all, Deviation{
			Name: "status " + number, Source: s.source,
			Status: []int{s.status}, At: "status", Rule: RuleStatus, Values: []string{number},
		})
	}
	return all
}

// codes are those of errors that the enumeration of ClientError lacks.
func codes() []Deviation {
	var all []Deviation
	for _, c := range []struct {
		status int
		code   string
		source string
	}{
		{400, "invalid_limit", commonErrors},
		{400, "invalid_offset", commonErrors},
		{403, "access_denied_insufficient_permissions", commonErrors},
		{403, "forbidden_by_policy", "the description itself, in the text of POST /group_memberships"},
		{409, "user_login_already_used", commonErrors},
		{409, "name_temporarily_reserved", commonErrors},
		{409, "operation_blocked_temporary", commonErrors},
		{429, "rate_limit_exceeded", "developer.box.com: guides/api-calls/permissions-and-errors/rate-limits"},
	} {
		all = append(all, Deviation{
			Name: "code " + c.code, Source: c.source,
			Status: []int{c.status}, At: "body /code", Rule: "enum", Values: []string{strconv.Quote(c.code)},
		})
	}
	return all
}

// permissions are in answers with one membership, where the description of a
// membership lacks what it describes in the request.
func permissions() []Deviation {
	return []Deviation{{
		Name:   "configurable_permissions of a membership",
		Source: "recorded: box-node-sdk, fixtures groups/get_group_memberships_id_200, post_group_memberships_201, put_group_memberships_id_200",
		Operations: []string{
			"POST /group_memberships", "GET /group_memberships/{group_membership_id}", "PUT /group_memberships/{group_membership_id}",
		},
		Status: []int{200, 201}, At: "body /configurable_permissions", Rule: RuleUnnamed,
	}}
}

// nulls are fields that the description does not call nullable.
func nulls() []Deviation {
	groups := []string{"GET /groups", "POST /groups", "GET /groups/{group_id}", "PUT /groups/{group_id}"}
	var all []Deviation
	for _, field := range []string{"provenance", "external_sync_identifier", "description"} {
		all = append(all, Deviation{
			Name: "null as " + field + " of a group", Source: inferred,
			Operations: groups, Status: []int{200, 201}, At: "/" + field, Rule: "nullable",
		})
	}
	for _, field := range []string{
		"address", "avatar_url", "created_at", "enterprise", "is_platform_access_only", "job_title", "language",
		"max_upload_size", "modified_at", "phone", "space_amount", "space_used", "timezone",
	} {
		all = append(all, ofStrangers(field, "nullable"))
	}
	// Of an enumeration kin-openapi says that null is not among its values.
	return append(all, ofStrangers("status", "enum"), ofStrangers("role", "enum"))
}

// ofStrangers is a null where users of other enterprises show nothing.
func ofStrangers(field, rule string) Deviation {
	return Deviation{
		Name:       "null as " + field + " of an external user",
		Source:     "the description itself, in the text of GET /users/{user_id}",
		Operations: []string{"GET /users", "GET /users/{user_id}"},
		Status:     []int{200}, At: "/" + field, Rule: rule, Values: []string{"null"},
	}
}

// events differ most from their description.
func events() []Deviation {
	const recorded = "recorded: box-windows-sdk-v2, Box.V2.Test/BoxEventsManagerTest.cs"
	all := []Deviation{
		{
			Name: "source of an event fits several descriptions", Source: "the description itself: its GenericSource is any object",
			At: "/source", Rule: "oneOf",
		},
		{Name: "action_by of an event", Source: recorded, At: "/action_by", Rule: RuleUnnamed},
		{Name: "ip_address of an event", Source: recorded, At: "/ip_address", Rule: RuleUnnamed},
		{Name: "null as additional_details of an event", Source: recorded, At: "/additional_details", Rule: "nullable"},
		{Name: "null as session_id of an event", Source: inferred, At: "/session_id", Rule: "nullable"},
	}
	for i := range all {
		all[i].Operations, all[i].Status = []string{"GET /events"}, []int{200}
	}
	return all
}

// troubles are answers that are not Box's, or not whole.
func troubles() []Deviation {
	const token = "POST " + tokenPath
	all := []Deviation{
		{Name: "an answer that broke off", Source: "a fault that was asked for", At: "body", Rule: RuleBroken},
		{
			Name: "a proxy's page", Source: "what stands before any service; " + commonErrors + " names bad_gateway without a body",
			At: "body", Rule: RuleType, Values: []string{`"text/html"`},
		},
		{
			Name: "no body when a scope is missing", Source: "recorded: box-windows-sdk-v2#264 and #860, boxr#20 and #26",
			Status: []int{403}, At: "body", Rule: RuleType, Values: []string{`""`},
		},
	}
	for _, field := range []string{"type", "status", "code", "message", "help_url", "request_id"} {
		all = append(all, Deviation{
			Name: field + " in an error that stands before the token endpoint", Source: inferred,
			Operations: []string{token}, Status: []int{429, 500, 503}, At: "body /" + field, Rule: RuleUnnamed,
		})
	}
	return all
}
