package cmd

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// pauseConfig leaves groups alone for a while.
type pauseConfig struct {
	Group  pattern `yaml:"group"` // none: all groups
	Until  until   `yaml:"until"`
	Reason string  `yaml:"reason"`
}

type holdsConfig struct {
	Acknowledge []acknowledgeConfig `yaml:"acknowledge"`
}

// acknowledgeConfig is a hold that is known, and no news for a while.
type acknowledgeConfig struct {
	Group  pattern `yaml:"group"` // none: every hold of the rule
	Rule   string  `yaml:"rule"`
	Until  until   `yaml:"until"`
	Reason string  `yaml:"reason"`
}

// holdsProblems checks what leaves groups alone, and what is known of holds.
func (c *config) holdsProblems(bad func(string, ...any)) {
	needed := func(until until, reason, why string, key ...any) {
		if until.IsZero() {
			bad(dotted(key)+" has no until: say when it is over, such as until: 2026-12-31", key...)
		}
		switch key = append(key, "reason"); {
		case strings.TrimSpace(reason) == "":
			bad(dotted(key)+" is missing: "+why, key...)
		case strings.ContainsFunc(reason, unicode.IsControl):
			bad(fmt.Sprintf("%s is %q; write it on one line", dotted(key), reason), key...)
		}
	}
	for i, p := range c.Pause {
		needed(p.Until, p.Reason, "every run prints it", "pause", i)
	}
	for i, a := range c.Holds.Acknowledge {
		needed(a.Until, a.Reason, "whoever reads of the hold should know", "holds", "acknowledge", i)
		if !slices.Contains(plan.Rules(), plan.Rule(a.Rule)) {
			key := []any{"holds", "acknowledge", i, "rule"}
			hint, _ := nearest(a.Rule, slices.Values(ruleList()))
			if hint == "" {
				hint = "; it can be " + strings.Join(ruleList(), ", ")
			}
			bad(fmt.Sprintf("%s is %q, and no hold has that rule%s", dotted(key), a.Rule, hint), key...)
		}
	}
	if c.Run.RequireReview && c.Run.StateDir == "" {
		bad("run.require_review needs run.state_dir: without it nothing is remembered from run to run, so nobody knows what was reviewed",
			"run", "require_review")
	}
}

func ruleList() []string {
	var all []string
	for _, r := range plan.Rules() {
		all = append(all, string(r))
	}
	return all
}

// pauses returns what is left alone, for as long as it is.
func (c *config) pauses() []plan.Pause {
	var all []plan.Pause
	for _, p := range c.Pause {
		group := p.Group.Pattern
		if group.String() == "" {
			group = everyGroup()
		}
		all = append(all, plan.Pause{Group: group, Until: p.Until.Time, Reason: p.Reason})
	}
	return all
}

// everyGroup is the pattern that matches every name.
func everyGroup() source.Pattern {
	p, _ := source.ParsePattern("*") // it is one
	return p
}

// acknowledged returns the holds that are known, for as long as they are.
func (c *config) acknowledged() []plan.Acknowledgement {
	var all []plan.Acknowledgement
	for _, a := range c.Holds.Acknowledge {
		all = append(all, plan.Acknowledgement{Group: a.Group.Pattern, Rule: plan.Rule(a.Rule), Until: a.Until.Time, Reason: a.Reason})
	}
	return all
}
