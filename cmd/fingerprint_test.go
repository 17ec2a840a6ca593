package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// What decides which changes a plan has is in the fingerprint, under its part of the
// configuration; what may differ from machine to machine is not.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	const base = `version: 1
sources:
  - name: hr
    csv: {path: a.csv}
target: {emulator: {seed: a.csv}}
`
	of := func(text string) (fingerprint []string) {
		c, err := parseConfig("c.yaml", []byte(text))
		require.NoError(t, err, text)
		one, err := parseConfig("c.yaml", []byte(base))
		require.NoError(t, err)
		return one.fingerprint().Changed(c.fingerprint())
	}
	for part, texts := range map[string][]string{
		"sources": {
			strings.Replace(base, "name: hr", "name: corp", 1),
			strings.Replace(base, "a.csv}", "a.csv, delimiter: ;}", 1),
			strings.Replace(base, "a.csv}", "a.csv, columns: {group: g}}", 1),
			strings.Replace(base, "a.csv}", "a.csv, columns: {login: l}}", 1),
			strings.Replace(base, "a.csv}", "a.csv, columns: {role: r}}", 1),
			strings.Replace(base, "a.csv}", `a.csv, columns: {role: ""}}`, 1),
			strings.Replace(base, "a.csv}", "a.csv, columns: {source_id: i}}", 1),
			strings.Replace(base, "a.csv}", "a.csv, columns: {description: d}}", 1),
			strings.Replace(base, "a.csv}", "a.csv, default_role: admin}", 1),
			strings.Replace(base, "a.csv}", "a.csv, on_bad_row: fail}", 1),
			strings.Replace(base, "target:", "  - name: b\n    csv: {path: b.csv}\ntarget:", 1),
		},
		"groups": {
			base + "groups: {include: [\"F*\"]}\n", base + "groups: {exclude: [\"F*\"]}\n",
			base + "groups: {create: false}\n", base + "groups: {adopt: by_name}\n",
			base + "groups: {settings: {provenance: HR}}\n", base + "groups: {settings: {invitability_level: admins_only}}\n",
			base + "groups: {settings: {member_viewability_level: admins_only}}\n",
		},
		"members": {
			base + "members: {domains: [acme.example]}\n", base + "members: {protect: [\"a*\"]}\n", base + "members: {ignore: [\"a*\"]}\n",
			base + "members: {remove: false}\n", base + "members: {manage_roles: false}\n",
			base + "members: {admin_permissions: {can_run_reports: true}}\n",
		},
		"policies": {
			base + "policies: [{match: F, remove: false}]\n", base + "policies: [{match: F, remove: true}]\n",
			base + "policies: [{match: F, protect: []}]\n", base + "policies: [{match: F, require_review: false}]\n",
		},
	} {
		for _, text := range texts {
			assert.Equal(t, []string{part}, of(text), text)
		}
	}
	for _, text := range []string{
		base,
		strings.Replace(base, "path: a.csv", "path: elsewhere/b.csv", 1),
		strings.Replace(base, "a.csv}", "a.csv, max_age: 1d, checksum_file: sums}", 1),
		strings.Replace(base, "a.csv}\ntarget", "a.csv}\n    expect: {min_groups: 7}\ntarget", 1),
		strings.Replace(base, "emulator: {seed: a.csv}", "box: {base_url: \"https://proxy.example\", auth: {token: {env: T}}, rate: {concurrency: 1}}", 1),
		base + "limits: {removals: 1, empty_group: allow}\n",
		base + "members: {removal_grace: 2d}\nrun: {state_dir: s, order: removals_first, plan_max_age: 1d, timeout: 1h, keep: 2d}\n",
		base + "log: {level: debug}\n",
		base + "policies: [{match: F, limits: {removals_per_group: 1, empty_group: allow}}]\n",
	} {
		assert.Empty(t, of(text), text)
	}

	// A source without a kind is refused, and may be met before it is.
	c, err := parseConfig("c.yaml", []byte("version: 1\nsources: [{name: hr}]\n"))
	require.NoError(t, err)
	assert.Len(t, c.fingerprint(), 3)
}

// Of policies, everything but the limits counts, and their order does.
func TestFingerprint_policies(t *testing.T) {
	t.Parallel()
	of := func(policies string) plan.Fingerprint {
		c, err := parseConfig("c.yaml", []byte("version: 1\npolicies: "+policies+"\n"))
		require.NoError(t, err)
		f := c.fingerprint()
		require.True(t, slices.IsSortedFunc(f, func(a, b plan.FingerprintPart) int { return strings.Compare(a.Name, b.Name) }))
		return f
	}
	const first, second = `{match: "A*", remove: false, protect: ["x*"], require_review: true}`, `{match: "A*", remove: true}`
	want := of("[" + first + ", " + second + "]")
	assert.Equal(t, want, of(`[{match: Z, limits: {adds_per_group: 1}}, {match: "A*", remove: false, protect: ["x*"], require_review: true, limits: {last_admin: allow}}, `+second+"]"))
	for _, other := range []string{
		"[" + second + ", " + first + "]", "[" + first + "]",
		"[" + strings.Replace(first, "A*", "B*", 1) + ", " + second + "]",
		"[" + strings.Replace(first, "remove: false, ", "", 1) + ", " + second + "]",
		"[" + strings.Replace(first, "x*", "y*", 1) + ", " + second + "]",
		"[" + strings.Replace(first, `["x*"]`, "[]", 1) + ", " + second + "]",
		"[" + strings.Replace(first, "require_review: true", "require_review: false", 1) + ", " + second + "]",
	} {
		assert.Equal(t, []string{"policies"}, want.Changed(of(other)), other)
	}
}
