package manual_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/plan"
)

var (
	railHeading = regexp.MustCompile("(?m)^### (`.*`)$")
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	limitCell   = regexp.MustCompile("\\| `([a-z_]+)` \\| `([^`]+)` ")
	quoted      = regexp.MustCompile(`(?m)^> (?:- )?(.*)$`)
	verb        = regexp.MustCompile(`%[a-z]`)
)

func safety(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/safety.md"))
	require.NoError(t, err)
	return string(text)
}

// rails returns the sections of the page about safety that have rules for their
// headings, by rule.
func rails(page string) map[string]string {
	sections := map[string]string{}
	starts := railHeading.FindAllStringSubmatchIndex(page, -1)
	for _, at := range starts {
		text, _, _ := strings.Cut(page[at[1]:], "\n##")
		for _, rule := range codeSpan.FindAllStringSubmatch(page[at[2]:at[3]], -1) {
			sections[rule[1]] += text
		}
	}
	return sections
}

// wayOut is what the section on a rule says of how to get past it.
func wayOut(r plan.Rule) string {
	if r == plan.RuleHiddenGroups {
		return "--allow " + string(plan.RuleGroupCreations) + "="
	}
	for _, typed := range []string{":NAME=allow", ":NAME=1", "=1"} {
		if _, err := plan.ParseAllowance(string(r) + typed); err == nil {
			return "--allow " + string(r) + typed[:1]
		}
	}
	return "No `--allow`"
}

// Every rule has its section on the page about safety, and nothing else has one. The
// section says what to type, and says so where nothing can be typed.
func TestSafetyHasEveryRule(t *testing.T) {
	t.Parallel()
	sections := rails(safety(t))
	var rules []string
	for _, r := range plan.Rules() {
		rule := string(r)
		rules = append(rules, rule)
		assert.Contains(t, sections[rule], wayOut(r), "the section on %s", rule)
	}
	assert.ElementsMatch(t, rules, slices.Collect(maps.Keys(sections)), "the headings of rules")
}

// Every kind of finding stands on the page about safety.
func TestSafetyHasEveryFinding(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs/schemas/plan.schema.json"))
	require.NoError(t, err)
	finding := decoded(t, text).(map[string]any)["$defs"].(map[string]any)["finding"].(map[string]any)
	kinds := finding["properties"].(map[string]any)["kind"].(map[string]any)["enum"].([]any)
	require.Greater(t, len(kinds), 20)
	page := safety(t)
	for _, kind := range kinds {
		assert.Contains(t, page, fmt.Sprintf("`%s`", kind), "no word about the finding")
	}
}

// The page about safety has every limit with its default.
func TestSafetyHasEveryLimit(t *testing.T) {
	t.Parallel()
	l := plan.DefaultLimits()
	hold := map[bool]string{true: "hold", false: "allow"}
	defaults := map[string]string{
		"removals": l.Removals.String(), "removals_per_group": l.RemovalsPerGroup.String(),
		"adds": l.Adds.String(), "adds_per_group": l.AddsPerGroup.String(),
		"demotions": l.Demotions.String(), "admin_grants": l.AdminGrants.String(),
		"group_creations": l.GroupCreations.String(), "group_renames": l.GroupRenames.String(),
		"source_shrink": l.SourceShrink.String(), "unknown_logins": l.UnknownLogins.String(),
		"unresolved_members": l.UnresolvedMembers.String(),
		"floor":              fmt.Sprintf("{run: %d, group: %d}", l.FloorRun, l.FloorGroup),
		"empty_group":        hold[l.HoldEmptyGroup], "last_admin": hold[l.HoldLastAdmin],
		"on_limit": map[bool]string{true: "block", false: "hold_kind"}[l.BlockAll],
	}
	schema := keys(t, built.Program(t))
	require.ElementsMatch(t, slices.Collect(maps.Keys(schema.Properties["limits"].Properties)), slices.Collect(maps.Keys(defaults)),
		"a limit that this test does not know")
	shown := map[string]string{}
	for _, row := range limitCell.FindAllStringSubmatch(safety(t), -1) {
		shown[row[1]] = row[2]
	}
	assert.Equal(t, defaults, shown)
}

// A message that the page about safety quotes and does not run consists of what
// package plan says: … is what the program fills in.
func TestSafetyQuotesMessages(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "plan/*.go"))
	require.NoError(t, err)
	var said strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		said.WriteString(verb.ReplaceAllString(string(text), "…"))
	}
	messages := quoted.FindAllStringSubmatch(safety(t), -1)
	require.Greater(t, len(messages), 8)
	for _, m := range messages {
		assert.True(t, strings.Contains(said.String(), strings.Trim(m[1], "… ")), "package plan says no such thing: %s", m[1])
	}
}
