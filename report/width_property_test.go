package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// anyWords draws a name of a few words, in scripts of both widths, now and then
// with what a name should not have.
func anyWords(t *rapid.T, label string) string {
	word := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9]{1,12}`), rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}\.example`),
		rapid.StringMatching(`\p{Han}{1,6}`), rapid.StringMatching(`[a-z]\x{301}[a-z]{0,3}`), rapid.StringMatching(`[\x{5d0}-\x{5ea}]{1,5}`),
		rapid.SampledFrom([]string{"\x1b[31m", "a\x07", "\u202ex", "", "two\nlines", "👩‍👩‍👧", "-", "+"}),
	)
	return strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, label), " ")
}

func anyChangeOf(t *rapid.T, g plan.GroupRef) plan.Change {
	login := rapid.StringMatching(`[a-z.]{1,14}@[a-z]{1,10}\.example`).Draw(t, "login")
	setting := plan.SettingChange{
		Setting: rapid.SampledFrom([]target.Setting{target.Description, target.Provenance}).Draw(t, "setting"),
		Before:  anyWords(t, "before"), After: anyWords(t, "after"),
	}
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return create(g)
	case 1:
		return rename(g, anyWords(t, "old"))
	case 2:
		return update(g, setting, plan.SettingChange{Setting: target.Viewability, Before: "all_managed_users", After: "admins_and_members"})
	case 3:
		return setRole(g, login, target.RoleAdmin, target.RoleMember)
	case 4:
		return remove(g, login, target.RoleAdmin, plan.Unexplained)
	case 5:
		return described(g, anyWords(t, "about"))
	default:
		return add(g, login, target.RoleAdmin, plan.Joined)
	}
}

// anyPlan draws a plan, of which a report shows every part.
func anyPlan(t *rapid.T) *plan.Plan {
	p := &plan.Plan{Header: plan.Header{
		Instance: "main", EnterpriseID: "900001", Enterprise: anyWords(t, "enterprise"), Account: anyWords(t, "account"),
		Sources: []source.Evidence{{Name: "hr", Origin: anyWords(t, "origin"), Notes: []string{anyWords(t, "note")}, Digest: "sha256:0f343b"}},
		Allowed: []plan.Allowance{{Rule: plan.RuleEmptyGroup, Group: anyWords(t, "allowed")}},
		Kept:    plan.Kept{Protected: 1, Additive: 2, Roles: 3, Ignored: 4, Domains: 5},
		Calls:   plan.Calls{Made: 3, RatePerMinute: 900, Lookup: anyWords(t, "lookup")},
	}}
	for i := range rapid.IntRange(0, 4).Draw(t, "groups") {
		g := group(target.GroupID(100+i), anyWords(t, "group"))
		p.Groups = append(p.Groups, plan.GroupSummary{Group: g, Current: i})
		hold := plan.Hold{Rule: plan.RuleRemovalsPerGroup, Reason: anyWords(t, "reason"), Release: "--allow " + anyWords(t, "release")}
		if rapid.Bool().Draw(t, "of group") {
			hold.Group = g
		}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			p.Changes = append(p.Changes, anyChangeOf(t, g))
			hold.Changes = append(hold.Changes, anyChangeOf(t, g))
		}
		p.Holds = append(p.Holds, hold)
		p.Findings = append(p.Findings, plan.Finding{Kind: plan.Orphan, Group: g, Text: anyWords(t, "text"), Release: "--empty-orphan x"})
	}
	return p
}

// toCopy finds the lines that are never broken: the digest, and what is to be
// typed.
var toCopy = regexp.MustCompile(`^(Digest: sha256:|    (--|to |clear ))`)

// requireFits fails if a line is wider than the terminal although it could be
// broken, or brings an escape sequence that is not a colour that was asked for.
// The last line is stable, and so no business of the terminal's.
func requireFits(t require.TestingT, out string, width int, color bool) {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		bare := line
		if color {
			bare = escape.ReplaceAllString(line, "")
		}
		require.NotContains(t, bare, "\x1b")
		text := strings.TrimLeft(bare, " ")
		for _, sign := range []string{"+ ", "- ", "~ "} {
			text = strings.TrimPrefix(text, sign)
		}
		if toCopy.MatchString(bare) || !strings.Contains(text, " ") {
			continue
		}
		wide := (&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth(bare)
		require.LessOrEqual(t, wide, width, "%q", bare)
	}
}

func TestText_fitsAnyTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		opts := report.Options{
			Width: rapid.IntRange(20, 200).Draw(t, "width"), Color: rapid.Bool().Draw(t, "color"), Verbose: rapid.Bool().Draw(t, "verbose"),
		}
		var out bytes.Buffer
		require.NoError(t, report.Plan(&out, p, opts))
		requireFits(t, out.String(), opts.Width, opts.Color)
		for i := range p.Changes {
			if login := p.Changes[i].User.Login; login != "" {
				require.Contains(t, out.String(), login, "a login is cut")
			}
		}

		outcomes := []plan.Outcome{plan.NotAttempted, plan.Applied, plan.Already, plan.Skipped, plan.Failed}
		results := make([]plan.Result, len(p.Changes))
		for i := range results {
			results[i] = plan.Result{Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"), Detail: anyWords(t, "detail")}
		}
		out.Reset()
		require.NoError(t, report.Applied(&out, p, results, 3, nil, opts))
		requireFits(t, out.String(), opts.Width, opts.Color)
	})
}

// A terminal that says it has next to no columns is laid out for as one of 20.
func TestPlan_leastWidth(t *testing.T) {
	t.Parallel()
	want := planText(t, everything(), report.Options{Width: 20, Verbose: true})
	requireFits(t, string(want), 20, false)
	for _, width := range []int{1, 10, 19} {
		assert.Equal(t, string(want), string(planText(t, everything(), report.Options{Width: width, Verbose: true})))
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lead, text string
		width      int
		want       string
	}{
		"no terminal":    {"rollcall: ", "a text that is longer than that\nand has two lines", 0, "rollcall: a text that is longer than that\nand has two lines\n"},
		"wrapped":        {"rollcall: ", "a text that is longer than that", 24, "rollcall: a text that is\n  longer than that\n"},
		"lines":          {"rollcall: ", "two problems:\nc.yaml:3: no such key\nc.yaml:14: no such key either", 24, "rollcall: two problems:\nc.yaml:3: no such key\nc.yaml:14: no such key\n  either\n"},
		"place":          {"rollcall: ", "/etc/rollcall/rollcall.yaml:3: unknown", 24, "rollcall: /etc/rollcall/rollcall.yaml:3:\n  unknown\n"},
		"to copy":        {"", "To apply exactly this:\n  rollcall apply plan.jsonl -c rollcall.yaml", 24, "To apply exactly this:\n  rollcall apply plan.jsonl -c rollcall.yaml\n"},
		"hostile":        {"rollcall: ", "open a\x1b[31m\u202e\r\xff.yaml", 0, "rollcall: open a\uFFFD[31m\uFFFD\uFFFD\uFFFD.yaml\n"},
		"narrower still": {"hint: ", "check target.box.auth", 3, "hint: check\n  target.box.auth\n"},
		"wide":           {"", "経理部 経理部 経理部 経理部", 20, "経理部 経理部 経理部\n  経理部\n"},
	} {
		var out bytes.Buffer
		require.NoError(t, report.Notice(&out, c.lead, c.text, c.width))
		assert.Equal(t, c.want, out.String(), name)
	}
	require.ErrorIs(t, report.Notice(&brokenPipe{0}, "", "text", 0), errBroken)
}
