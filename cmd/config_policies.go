package cmd

import (
	"fmt"
	"reflect"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// policyConfig is what differs for some groups. Of each key, the first entry counts
// that means the group and says it.
type policyConfig struct {
	Match         pattern            `yaml:"match"`
	Remove        *bool              `yaml:"remove"`
	Protect       []pattern          `yaml:"protect"`
	RequireReview *bool              `yaml:"require_review"`
	Limits        policyLimitsConfig `yaml:"limits"`
}

// policyLimitsConfig are the limits that are about one group.
type policyLimitsConfig struct {
	RemovalsPerGroup  *limit  `yaml:"removals_per_group"`
	AddsPerGroup      *limit  `yaml:"adds_per_group"`
	UnresolvedMembers *limit  `yaml:"unresolved_members"`
	EmptyGroup        *string `yaml:"empty_group"`
	LastAdmin         *string `yaml:"last_admin"`
}

// misplacedLimit says why a policy cannot have a limit that limits has; it is empty
// for any other key.
func misplacedLimit(section reflect.Type, key string) string {
	if _, known := fieldsOf(reflect.TypeFor[limitsConfig]())[key]; section != reflect.TypeFor[policyLimitsConfig]() || !known {
		return ""
	}
	return "; it is for whole runs and not for some groups: say it under limits"
}

func (c *config) policyProblems(bad func(string, ...any), oneOf func(string, []string, ...any)) {
	for i := range c.Policies {
		p := &c.Policies[i]
		if p.Match.String() == "" {
			bad(fmt.Sprintf(`policies[%d].match is missing: name the groups that it is for, such as "Finance*"`, i), "policies", i, "match")
		}
		for _, word := range []struct {
			key   string
			value *string
		}{{"empty_group", p.Limits.EmptyGroup}, {"last_admin", p.Limits.LastAdmin}} {
			if word.value != nil {
				oneOf(*word.value, []string{"hold", "allow"}, "policies", i, "limits", word.key)
			}
		}
	}
}

// groupPolicies returns the policies as the plan knows them.
func (c *config) groupPolicies() []plan.Policy {
	out := make([]plan.Policy, len(c.Policies))
	for i := range c.Policies {
		p := &c.Policies[i]
		out[i] = plan.Policy{
			Match: p.Match.Pattern, Remove: p.Remove, Protect: patternsSaid(p.Protect), RequireReview: p.RequireReview,
			Limits: plan.GroupLimits{
				RemovalsPerGroup: limitSaid(p.Limits.RemovalsPerGroup), AddsPerGroup: limitSaid(p.Limits.AddsPerGroup),
				UnresolvedMembers: limitSaid(p.Limits.UnresolvedMembers),
				HoldEmptyGroup:    holdSaid(p.Limits.EmptyGroup), HoldLastAdmin: holdSaid(p.Limits.LastAdmin),
			},
		}
	}
	return out
}

// patternsSaid keeps apart what is left unsaid and what is said to be none.
func patternsSaid(ps []pattern) []source.Pattern {
	if ps == nil {
		return nil
	}
	return patterns(ps)
}

func limitSaid(l *limit) *plan.Limit {
	if l == nil {
		return nil
	}
	return &l.Limit
}

func holdSaid(word *string) *bool {
	if word == nil {
		return nil
	}
	return new(*word == "hold")
}

// policiesPrint is of what decides which changes a plan has: policies with nothing
// but limits, and the limits of others, are not in it. Without any it has no part.
func (c *config) policiesPrint() plan.Fingerprint {
	type said struct {
		Match                 string
		Remove, RequireReview *bool
		Protect               []string
	}
	var all []said
	for i := range c.Policies {
		p := &c.Policies[i]
		s := said{Match: p.Match.String(), Remove: p.Remove, RequireReview: p.RequireReview}
		if p.Protect != nil {
			s.Protect = texts(p.Protect)
		}
		if s.Remove != nil || s.RequireReview != nil || s.Protect != nil {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return plan.Fingerprint{{Name: "policies", Digest: digestOf(all)}}
}
