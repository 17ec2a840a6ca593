package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		plan *plan.Plan
		opts report.Options
	}{
		"plan_80":         {everything(), report.Options{Width: 80}},
		"plan_80_verbose": {everything(), report.Options{Width: 80, Verbose: true}},
		"plan_80_color":   {everything(), report.Options{Width: 80, Color: true}},
		"plan_40":         {everything(), report.Options{Width: 40}},
		"plan_40_verbose": {everything(), report.Options{Width: 40, Verbose: true}},
		"plan_empty":      {&plan.Plan{}, report.Options{Width: 80}},
		"plan_in_step":    {inStep(), report.Options{Width: 80}},
		"plan_hostile":    {hostile(), report.Options{Width: 80, Verbose: true}},
		"plan_scripts":    {scripts(), report.Options{Width: 80, Verbose: true}},
		"plan_clipped":    {scripts(), report.Options{Width: 80}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := planText(t, test.plan, test.opts)
			golden(t, name, out)
			assert.True(t, strings.HasSuffix(string(out), "\n"+report.PlanLine(test.plan)+"\n"), "the last line is not PlanLine")
			assert.NotRegexp(t, `(?m) $`, string(out), "a line ends in a blank")
			requireWidth(t, string(out), test.opts.Width)
		})
	}
}

// inStep is a plan that finds nothing to do.
func inStep() *plan.Plan {
	return &plan.Plan{
		Header: plan.Header{
			Instance: "main", EnterpriseID: "900001", Account: "rollcall@acme.example",
			Sources: []source.Evidence{{Name: "hr", Origin: "groups.csv", Groups: 1, Memberships: 1, GroupsComplete: true}},
			Calls:   plan.Calls{Made: 1, RatePerMinute: 900},
		},
		Groups: []plan.GroupSummary{{Group: group(101, "Finance"), Current: 1}},
	}
}

// planLine is what a script would look for.
var planLine = regexp.MustCompile(`(?m)^Plan: \d+ to add.*\.$`)

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// requireWidth fails if a line is too long that could be shorter: the last line
// is stable, digests and commands to type are whole, and so is a word that alone is longer
// than the line.
func requireWidth(t *testing.T, out string, width int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		line = escape.ReplaceAllString(line, "")
		words := strings.TrimLeft(strings.TrimLeft(line, " "), "+-~ ")
		if strings.HasPrefix(line, "Digest: ") || strings.HasPrefix(line, "    ") && strings.Contains(line, " --") || strings.HasPrefix(line, "    clear ") || !strings.Contains(words, " ") {
			continue
		}
		assert.LessOrEqual(t, (&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth(line), width, "%s", line)
	}
}

// A width that cannot be is that of a pipe: 80.
func TestPlan_widthOfAPipe(t *testing.T) {
	t.Parallel()
	for _, verbose := range []bool{false, true} {
		want := planText(t, everything(), report.Options{Width: 80, Verbose: verbose})
		for _, width := range []int{0, -1} {
			assert.Equal(t, string(want), string(planText(t, everything(), report.Options{Width: width, Verbose: verbose})))
		}
	}
}

// Colour adds escape codes and changes nothing else, whatever the width.
func TestPlan_colorChangesNoLayout(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 57, 80, 200} {
		plain := planText(t, everything(), report.Options{Width: width})
		painted := planText(t, everything(), report.Options{Width: width, Color: true})
		assert.NotContains(t, string(plain), "\x1b")
		assert.Contains(t, string(painted), "\x1b[32m+\x1b[0m ")
		assert.Equal(t, string(plain), escape.ReplaceAllString(string(painted), ""))
	}
}

// At no width is a name cut, a command wrapped, or a line too long that need
// not be.
func TestPlan_everyWidth(t *testing.T) {
	t.Parallel()
	p := everything()
	for width := 40; width <= 130; width++ {
		out := string(planText(t, p, report.Options{Width: width, Verbose: true}))
		requireWidth(t, out, width)
		for i := range p.Changes {
			assert.Contains(t, out, p.Changes[i].User.Login)
		}
		for _, h := range p.Holds {
			assert.Contains(t, out, "\n    "+h.Release+"\n")
			for _, c := range h.Changes {
				assert.Contains(t, out, c.User.Login)
			}
		}
	}
}

// nasty are names as a directory might hold them, by mistake or on purpose.
func nasty() []string {
	return []string{
		"clear \x1b[2J\x1b[H screen",
		"title \x1b]0;owned\x07 set",
		"c1 \u009b31m red",
		"back\b\b\bspace",
		"two\nlines\r\nof text",
		"Plan: 0 to add\nPlan: 0 to remove",
		"tab\tbed",
		"rtl \u202egnp.exe\u202c end",
		"isolate \u2066x\u2069 mark \u200f",
		"line\u2028para\u2029graph",
		"zero\u200bwidth\ufeffspaces\u00ad",
		"bad utf8 \xff\xfe end",
		"nul \x00 del \x7f",
	}
}

// hostile is a plan with such a name wherever one can stand.
func hostile() *plan.Plan {
	p := &plan.Plan{Header: plan.Header{
		Instance: "ma\x1bin", EnterpriseID: "9\n9", Enterprise: nasty()[0], Account: nasty()[1],
		Sources: []source.Evidence{{
			Name: nasty()[2], Origin: nasty()[4], Notes: []string{nasty()[7], nasty()[9]}, Digest: nasty()[3], GroupsComplete: true,
		}},
		Allowed: []plan.Allowance{{Rule: plan.RuleEmptyGroup, Group: nasty()[0]}},
		Calls:   plan.Calls{Lookup: nasty()[5]},
	}}
	for i, name := range nasty() {
		g := group(target.GroupID(100+i), name)
		p.Groups = append(p.Groups, plan.GroupSummary{Group: g, Current: i}, plan.GroupSummary{Group: group(target.GroupID(200+i), name)})
		p.Changes = append(p.Changes, rename(g, name), update(g, plan.SettingChange{Setting: target.Description, Before: name, After: "new " + name}), add(g, name, target.RoleAdmin, plan.Joined))
		p.Holds = append(p.Holds, plan.Hold{
			Rule: plan.RuleAdds, Source: name, Reason: name, Release: "--allow " + name,
			Changes: []plan.Change{described(g, name), rename(g, name), add(g, name, target.RoleMember, plan.Joined)},
		}, plan.Hold{Rule: plan.RulePartial, Group: g, Reason: name, Release: name})
		p.Findings = append(p.Findings, plan.Finding{Kind: plan.Orphan, Group: g, Text: name, Release: name},
			plan.Finding{Kind: plan.UnknownLogin, Login: source.NewLogin(name), Text: name})
	}
	return p
}

// requireHarmless fails if anything but text, newlines and our own colours
// would reach the terminal.
func requireHarmless(t *testing.T, out []byte) {
	t.Helper()
	require.True(t, utf8.Valid(out), "not UTF-8")
	for _, r := range escape.ReplaceAllString(string(out), "") {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			assert.Failf(t, "raw", "%U reaches the terminal", r)
		}
	}
}

func TestPlan_namesCannotRepaintTheScreen(t *testing.T) {
	t.Parallel()
	p := hostile()
	for _, opts := range []report.Options{{}, {Width: 40}, {Width: 200, Color: true, Verbose: true}} {
		out := planText(t, p, opts)
		requireHarmless(t, out)
		assert.Len(t, planLine.FindAll(out, -1), 1, "a name passes for the last line")
	}
	// However hostile the names, there are as many lines as with tame ones.
	tame := hostile()
	tameNames(tame)
	wide := report.Options{Width: 1000, Verbose: true}
	assert.Equal(t, bytes.Count(planText(t, tame, wide), []byte("\n")), bytes.Count(planText(t, p, wide), []byte("\n")))
}

func tameNames(p *plan.Plan) {
	p.Header.Enterprise, p.Header.Account, p.Header.Calls.Lookup = "Acme", "me", "looked"
	p.Header.Sources[0].Origin, p.Header.Sources[0].Notes = "groups.csv", []string{"one", "two"}
	tame := func(c *plan.Change) {
		c.Group.Name, c.BeforeName = "Group", "Old"
		if c.User.ID != 0 {
			c.User.Login = "x@acme.example"
		}
	}
	for i := range p.Changes {
		tame(&p.Changes[i])
	}
	for i := range p.Groups {
		p.Groups[i].Group.Name = "Group"
	}
	for i := range p.Holds {
		h := &p.Holds[i]
		h.Reason, h.Release, h.Group.Name = "reason", "release", "Group"
		if h.Source != "" {
			h.Source = "hr"
		}
		for j := range h.Changes {
			tame(&h.Changes[j])
		}
	}
	for i := range p.Findings {
		f := &p.Findings[i]
		f.Text, f.Release, f.Group.Name = "text", "", "Group"
		if i%2 == 0 {
			f.Release = "release"
		}
	}
}

// scripts is a plan whose names come in many scripts, one of them longer than
// any line.
func scripts() *plan.Plan {
	p := &plan.Plan{Header: plan.Header{Instance: "main", EnterpriseID: "900001", Account: "rollcall@acme.example"}}
	for i, name := range []string{"経理部", "Łódź office", "फ़ाइनेंस", "☕ Café  with two blanks", "👩‍👩‍👧 Parents", "서울"} {
		g := group(target.GroupID(101+i), name)
		p.Groups = append(p.Groups, plan.GroupSummary{Group: g, Current: 2})
		p.Changes = append(p.Changes,
			rename(g, name+" (旧)"),
			update(g, plan.SettingChange{Setting: target.Description, Before: strings.Repeat(name, 30), After: name}),
			add(g, "山田太郎@acme.example", target.RoleAdmin, plan.Joined),
			add(g, "ann@acme.example", target.RoleMember, plan.Joined),
			setRole(g, "naïve.zoë@acme.example", target.RoleAdmin, target.RoleMember),
			remove(g, strings.Repeat("very-", 20)+"long@acme.example", target.RoleAdmin, plan.Unexplained),
		)
		p.Holds = append(p.Holds, plan.Hold{Rule: plan.RulePartial, Group: g, Reason: "the source did not give " + name + " whole",
			Release: "correct the source", Changes: p.Changes[len(p.Changes)-4:]})
	}
	return p
}

// Columns are columns on a terminal too, where a character may be two wide.
func TestPlan_columnsOfWideCharacters(t *testing.T) {
	t.Parallel()
	at := map[int]bool{}
	for line := range strings.Lines(string(planText(t, scripts(), report.Options{Width: 80}))) {
		if before, _, ok := strings.Cut(line, "joined"); ok && strings.HasPrefix(line, "  +") {
			at[(&runewidth.Condition{StrictEmojiNeutral: true}).StringWidth(before)] = true
		}
	}
	assert.Len(t, at, 1, "the causes stand in different columns: %v", at)
}

// What concerns several groups must name them.
func TestPlan_holdOverSeveralGroupsNamesThem(t *testing.T) {
	t.Parallel()
	out := string(planText(t, everything(), report.Options{Width: 80, Verbose: true}))
	for i := range 6 {
		assert.Contains(t, out, fmt.Sprintf("+ create the group Team %d\n", i))
		assert.Contains(t, out, fmt.Sprintf("+ ann@acme.example in Team %d ", i))
	}
	assert.Contains(t, out, `~ rename "Help Desk" to "Support"`)
}

// A group whose changes are all held is not "without changes".
func TestPlan_heldGroupsAreNotInStep(t *testing.T) {
	t.Parallel()
	assert.Contains(t, string(planText(t, everything(), report.Options{})), "\n2 groups without changes\n")
	out := string(planText(t, everything(), report.Options{Verbose: true}))
	assert.Contains(t, out, "\nInterns (1 member): no changes\nResearch (8 members): no changes\n")
}

func TestPlan_writeErrors(t *testing.T) {
	t.Parallel()
	size := len(planText(t, everything(), report.Options{}))
	for _, room := range []int{0, 1, size / 2, size - 1} {
		require.ErrorIs(t, report.Plan(&brokenPipe{room}, everything(), report.Options{}), errBroken)
	}
	require.NoError(t, report.Plan(&brokenPipe{size}, everything(), report.Options{}))
}

// Hundreds of findings of one kind do not push the others off the screen.
func TestPlan_manyFindingsOfOneKind(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{}
	for i := range 300 {
		login := source.NewLogin(fmt.Sprintf("p%03d@acme.example", i))
		p.Findings = append(p.Findings, plan.Finding{Kind: plan.UnknownLogin, Login: login, Text: "Box has no such user"})
	}
	p.Findings = append(p.Findings, plan.Finding{Kind: plan.UnusedOrphan, Text: "nothing of that name"})
	var out strings.Builder
	require.NoError(t, report.Plan(&out, p, report.Options{}))
	assert.Equal(t, 20, strings.Count(out.String(), "unknown_login, p"))
	assert.Contains(t, out.String(), "\n  and 280 more unknown_login (--verbose shows them)\n  unused_orphan: nothing of that name\n")
	assert.Contains(t, out.String(), "301 findings")

	out.Reset()
	require.NoError(t, report.Plan(&out, p, report.Options{Verbose: true}))
	assert.Equal(t, 300, strings.Count(out.String(), "unknown_login, p"))
	assert.NotContains(t, out.String(), "more unknown_login")

	out.Reset()
	p.Findings = p.Findings[:21]
	require.NoError(t, report.Plan(&out, p, report.Options{}))
	assert.Contains(t, out.String(), "\n  and 1 more unknown_login (--verbose shows them)\n\nPlan:")
}

// A level is a word, of which half says nothing: it is shown whole, however narrow
// the line.
func TestPlan_levelsAreShownWhole(t *testing.T) {
	t.Parallel()
	level := []plan.SettingChange{{Setting: target.Viewability, After: "admins_and_members"}}
	p := &plan.Plan{Changes: []plan.Change{create(group(0, "Board")), update(group(101, "Finance"), level...)}}
	p.Changes[0].Settings = level
	out := string(planText(t, p, report.Options{Width: 40}))
	assert.Equal(t, 2, strings.Count(out, `"admins_and_members"`), out)
	assert.Equal(t, 1, strings.Count(out, "→"), "a new group had nothing before: %s", out)
}
