package cmd

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/target"
)

// settingsConfig is what every group is to have; what is "" is left as it is.
type settingsConfig struct {
	Provenance             string `yaml:"provenance"`
	InvitabilityLevel      string `yaml:"invitability_level"`
	MemberViewabilityLevel string `yaml:"member_viewability_level"`
}

// wanted returns the settings as the plan knows them.
func (s settingsConfig) wanted() target.Settings {
	return target.Settings{
		target.Provenance: s.Provenance, target.Invitability: s.InvitabilityLevel, target.Viewability: s.MemberViewabilityLevel,
	}
}

// managesSettings reports whether Box is to be asked for the settings of groups:
// whether the configuration or a source may state any.
func (c *config) managesSettings() bool {
	return c.Groups.Settings != settingsConfig{} || slices.ContainsFunc(c.Sources, func(s sourceConfig) bool {
		return s.CSV != nil && s.CSV.Columns.Description != "" || s.LDAP != nil && s.LDAP.chosen().Groups.Description != ""
	})
}

// settingsProblems refuses what Box would refuse, and what it might change: a
// plan would find that different for ever.
func (c *config) settingsProblems(bad func(string, ...any), oneOf func(string, []string, ...any)) {
	s := c.Groups.Settings
	if s.InvitabilityLevel != "" {
		oneOf(s.InvitabilityLevel, target.Levels(), "groups", "settings", "invitability_level")
	}
	if s.MemberViewabilityLevel != "" {
		oneOf(s.MemberViewabilityLevel, target.Levels(), "groups", "settings", "member_viewability_level")
	}
	n := utf8.RuneCountInString(s.Provenance)
	switch {
	case n > target.MaxText:
		bad(fmt.Sprintf("groups.settings.provenance has %d characters; Box takes %d", n, target.MaxText), "groups", "settings", "provenance")
	case strings.TrimSpace(s.Provenance) != s.Provenance || strings.ContainsFunc(s.Provenance, unicode.IsControl):
		bad(fmt.Sprintf("groups.settings.provenance is %q; write it on one line, without blanks around it", s.Provenance),
			"groups", "settings", "provenance")
	}
}
