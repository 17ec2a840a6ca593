package cmd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

func TestUntil(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-12-31":                  "2027-01-01T00:00:00Z",
		`"2026-12-31"`:                "2027-01-01T00:00:00Z",
		"2024-02-28":                  "2024-02-29T00:00:00Z",
		"2026-12-31T18:00:00Z":        "2026-12-31T18:00:00Z",
		"2026-12-31T18:00:00+01:00":   "2026-12-31T17:00:00Z",
		"9999-12-31":                  "9999-12-31T23:59:59Z",
		"9999-12-31T23:00:00-02:00":   "9999-12-31T23:59:59Z",
		"2026-02-29":                  "",
		"2026-12-31T25:00:00Z":        "",
		"2026-12-31T18:00:00":         "",
		"2026-12-31T18:00:00.5Z":      "",
		"2026-12-31 18:00:00 +01:00":  "",
		"7d":                          "",
		`""`:                          "",
		"{in: 7d}":                    "",
		"2026-12-31T18:00:00+01:00 x": "",
	} {
		c, err := parseConfig("x.yaml", []byte("pause: [{until: "+text+", reason: audit}]"))
		if want == "" {
			assert.ErrorContains(t, err, "x.yaml:1: pause[0].until: ", text)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, c.Pause[0].Until.Format(time.RFC3339), text)
	}
}

// What a list leaves out means all: all groups, or all holds of the rule.
func TestConfig_pausesAndAcknowledgements(t *testing.T) {
	t.Parallel()
	c, err := parseConfig("x.yaml", []byte(`
pause: [{until: 2026-12-31, reason: a}, {group: "", until: 2026-12-31, reason: b}, {group: "F*", until: 2026-12-31, reason: c}]
holds: {acknowledge: [{rule: partial, until: 2026-12-31, reason: d}, {rule: adds, group: "F*", until: 2026-12-31, reason: e}]}
run: {require_review: true}
`))
	require.NoError(t, err)
	o := c.policies()
	var groups []string
	for _, p := range o.Pauses {
		groups = append(groups, p.Group.String()+" "+p.Reason)
		assert.True(t, p.Group.Match("Finance"))
	}
	assert.Equal(t, []string{"* a", "* b", "F* c"}, groups)
	require.Len(t, o.Acknowledged, 2)
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, plan.Acknowledgement{Rule: plan.RulePartial, Until: end, Reason: "d"}, o.Acknowledged[0])
	assert.Equal(t, "F*", o.Acknowledged[1].Group.String())
	assert.True(t, o.RequireReview)
	silent, err := parseConfig("x.yaml", []byte("version: 1"))
	require.NoError(t, err)
	assert.Equal(t, silent.fingerprint(), c.fingerprint(), "a pause is no other configuration for a saved plan")
}
