package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// checked returns what the checks show, in a wide terminal, and the checkup.
func checked(t *testing.T, checks func(*checkup)) (string, *checkup) {
	t.Helper()
	var out bytes.Buffer
	k := &checkup{show: func(c report.Check) error { return report.Checked(&out, c, report.Options{Width: 200}) }}
	checks(k)
	require.NoError(t, k.broken)
	return out.String(), k
}

// configOf is a configuration with sources of these names.
func configOf(instance string, sources ...string) *config {
	c := defaultConfig()
	c.Instance = instance
	for _, name := range sources {
		c.Sources = append(c.Sources, sourceConfig{Name: name})
	}
	return c
}

func TestCheckup_visible(t *testing.T) {
	t.Parallel()
	many := []target.Group{{ID: 1, Name: "A", Identifier: "rollcall:main:hr:A"}}
	for i := range 2 * (namesShown + 2) {
		many = append(many, target.Group{ID: target.GroupID(10 + i), Name: strings.Repeat(" ", i%2) + fmt.Sprintf("Team %d", i/2)})
	}
	for name, test := range map[string]struct {
		groups   []target.Group
		hidden   int
		want     string
		warnings int
	}{
		"one_of_ours": {
			[]target.Group{{Name: "A", Identifier: "rollcall:main:hr:A"}}, 0,
			"ok    Box groups: 1 visible, 1 of them carries an identifier of instance main\n", 0,
		},
		"somebody_elses": {
			[]target.Group{{Name: "A", Identifier: "rollcall:hr:A"}, {Name: "B", Identifier: "okta:main:hr:A"}, {Name: "C"}}, 0,
			"ok    Box groups: 3 visible, none of them carries an identifier of instance main yet: a first contact\n", 0,
		},
		"hidden": {
			[]target.Group{{Name: "A", Identifier: "rollcall:main:hr:A"}, {Name: "B", Identifier: "rollcall:main:hr:B"}}, 1,
			"ok    Box groups: 2 visible, 2 of them carry identifiers of instance main\n" +
				"warn  Box groups: Box announced 1 group more than it showed; one that looks missing may be among them\n", 1,
		},
		"all_hidden": {
			nil, 3,
			"warn  Box groups: none is visible\n" +
				"      hint: if Box has groups, the app may lack the scope Manage groups or App + Enterprise Access\n" +
				"warn  Box groups: Box announced 3 groups more than it showed; one that looks missing may be among them\n", 2,
		},
		"sources_apart": {
			[]target.Group{
				{Name: "A", Identifier: "rollcall:main:hr:A"}, {Name: "B", Identifier: "rollcall:main:ad:B"}, {Name: "C", Identifier: "rollcall:main:hr:C"},
			}, 0,
			"ok    Box groups: 3 visible, 3 of them carry identifiers of instance main (ad 1, hr 2)\n", 0,
		},
		"instance_in_another_case": {
			[]target.Group{{Name: "A", Identifier: "rollcall:Main:hr:A"}, {Name: "B", Identifier: "rollcall:Main:ad:B"}, {Name: "C", Identifier: "rollcall:Main:x:B"}}, 0,
			"ok    Box groups: 3 visible, none of them carries an identifier of instance main yet: a first contact\n" +
				"warn  Box groups: 1 carries an identifier of source hr under instance Main, and none under main\n" +
				"      hint: if instance was changed in the configuration, change it back to Main\n" +
				"warn  Box groups: 1 carries an identifier of source ad under instance Main, and none under main\n" +
				"      hint: if instance was changed in the configuration, change it back to Main\n", 2,
		},
		"many_names": {
			many, 0,
			"ok    Box groups: 15 visible, 1 of them carries an identifier of instance main\n" +
				`warn  Box groups: several share one name, case aside: "Team 0" (id 10), " Team 0" (id 11)` + "\n" +
				`warn  Box groups: several share one name, case aside: "Team 1" (id 12), " Team 1" (id 13)` + "\n" +
				`warn  Box groups: several share one name, case aside: "Team 2" (id 14), " Team 2" (id 15)` + "\n" +
				`warn  Box groups: several share one name, case aside: "Team 3" (id 16), " Team 3" (id 17)` + "\n" +
				`warn  Box groups: several share one name, case aside: "Team 4" (id 18), " Team 4" (id 19)` + "\n" +
				"warn  Box groups: 2 more names are shared\n", 6,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, k := checked(t, func(k *checkup) { k.visible(configOf("main", "hr", "ad"), test.groups, test.hidden) })
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.warnings, k.warnings)
			assert.Empty(t, k.codes)
		})
	}
}

// rosterOf has the groups, empty; those with a ! are partial.
func rosterOf(name string, whole bool, groups ...string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: name, Origin: name + ".csv", GroupsComplete: whole})
	for i, g := range groups {
		g, partial := strings.CutSuffix(g, "!")
		index := b.Group(g, g, fmt.Sprintf("%s.csv:%d", name, i+2))
		if partial {
			b.Partial(index, "line "+g+" is bad")
			b.Partial(index, "and another")
		}
	}
	return b.Build()
}

func TestCheckup_wanted(t *testing.T) {
	t.Parallel()
	none, err := source.ParsePattern("Nobody")
	require.NoError(t, err)
	sales, err := source.ParsePattern("Sal*")
	require.NoError(t, err)
	hr, ad := rosterOf("hr", true, "Sales", "Board"), rosterOf("ad", true, "sales ", "IT")
	clash := `warn  source groups: one name in Box is wanted for several, which are held: "Sales" (hr.csv:2, source hr), "sales " (ad.csv:2, source ad)` + "\n" +
		"      hint: rename one of them in the source or by groups.map_file, or drop it from one of the sources\n"
	for name, test := range map[string]struct {
		policies plan.Options
		rosters  []*source.Roster
		want     string
		codes    []int
	}{
		"all":             {plan.Options{}, []*source.Roster{hr}, "", nil},
		"clash":           {plan.Options{}, []*source.Roster{hr, ad}, clash, nil},
		"clash_excluded":  {plan.Options{Exclude: []source.Pattern{sales}}, []*source.Roster{hr, ad}, "ok    source groups: 2 of 4 are chosen by groups.include and groups.exclude\n", nil},
		"clash_included":  {plan.Options{Include: []source.Pattern{sales}}, []*source.Roster{hr, ad}, "ok    source groups: 2 of 4 are chosen by groups.include and groups.exclude\n" + clash, nil},
		"none":            {plan.Options{Include: []source.Pattern{none}}, []*source.Roster{hr}, "FAIL  source groups: none of 2 groups is chosen; see groups.include and groups.exclude\n", []int{exitInput}},
		"none_of_unread":  {plan.Options{}, []*source.Roster{nil}, "", nil},
		"none_of_what_is": {plan.Options{Include: []source.Pattern{none}}, []*source.Roster{hr, nil}, "ok    source groups: 0 of 2 are chosen by groups.include and groups.exclude\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, k := checked(t, func(k *checkup) { k.wanted(test.policies, test.rosters) })
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.codes, k.codes)
		})
	}
}

func TestCheckup_roster(t *testing.T) {
	t.Parallel()
	got, k := checked(t, func(k *checkup) {
		roster := rosterOf("ad", false, "IT", "Sales!", "Board!")
		k.roster("source ad", roster)
		k.gaps("source ad", roster)
	})
	assert.Equal(t, `ok    source ad: ad.csv, 3 groups, 0 memberships
warn  source ad: the list of groups was not read whole, so that none counts as gone
warn  source ad: 2 groups not read whole, so that nobody is removed there; the first is "Board": line Board is bad
`, got)
	assert.Equal(t, 2, k.warnings)
	assert.Empty(t, k.codes)
}

func TestEnterpriseOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "no enterprise", enterpriseOf(target.Account{Enterprise: "Acme"}))
	assert.Equal(t, "enterprise 7", enterpriseOf(target.Account{EnterpriseID: "7"}))
	assert.Equal(t, "Acme (enterprise 7)", enterpriseOf(target.Account{EnterpriseID: "7", Enterprise: "Acme"}))
}

// checkAgainst writes a configuration for a Box at the address, and returns its
// path.
func checkAgainst(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hr.csv"), []byte("group,login\nSales,ann@acme.example\n"), 0o600))
	path := filepath.Join(dir, "rollcall.yaml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `version: 1
sources: [{name: hr, csv: {path: hr.csv}}]
target: {box: {base_url: "%s", auth: {token: {env: TOKEN}}}}
log: {level: error}
`, url), 0o600))
	return path
}

func withToken(name string) (string, bool) { return "a-token", name == "TOKEN" }

// A signal during the check ends it with the signal's code. What had not been
// looked at by then is no problem of anybody's.
func TestCheck_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(signalError{syscall.SIGTERM})
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	config := checkAgainst(t, server.URL)
	var stdout, stderr bytes.Buffer
	env := &Env{Stdout: &stdout, Stderr: &stderr, LookupEnv: withToken}

	code := Run(ctx, env, []string{"check", "-c", config})

	assert.Equal(t, exitTerminated, code)
	assert.Equal(t, "rollcall: interrupted by SIGTERM\n", stderr.String())
	found := strings.ReplaceAll(strings.ReplaceAll(stdout.String(), "\n      ", " "), filepath.Dir(config)+"/", "")
	assert.Equal(t, "ok    configuration: rollcall.yaml, instance main\n"+
		"ok    source hr: hr.csv, 1 group, 1 membership, no column \"role\": every role is unstated\n", found)

	// Likewise where Box is our own emulator.
	emulated := filepath.Join(t.TempDir(), "emulated.yaml")
	require.NoError(t, os.WriteFile(emulated, []byte("version: 1\nsources: [{name: hr, csv: {path: hr.csv}}]\ntarget: {emulator: {}}\n"), 0o600))
	stdout.Reset()
	assert.Equal(t, exitTerminated, Run(ctx, env, []string{"check", "-c", emulated}))
	assert.Equal(t, 1, strings.Count(stdout.String(), "ok    "), "the configuration alone")
	assert.NotContains(t, stdout.String(), "FAIL")
}

// brokenLine is an output that fails at one of its writes, and works again.
type brokenLine struct {
	bytes.Buffer
	left int
}

func (w *brokenLine) Write(p []byte) (int, error) {
	if w.left--; w.left == -1 {
		return 0, errors.New("broken pipe")
	}
	return w.Buffer.Write(p)
}

// What could be shown only in part is not shown as if it were whole.
func TestCheck_outputThatBreaks(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int]int{0: exitInput, 1: exitInput, 2: exitDone} {
		var stderr bytes.Buffer
		stdout := &brokenLine{left: lines}
		env := &Env{Stdout: stdout, Stderr: &stderr, LookupEnv: withToken}
		assert.Equal(t, want, Run(t.Context(), env, []string{"check", "--offline", "-c", checkAgainst(t, "https://box.example")}))
		assert.Equal(t, lines > 0, strings.Contains(stdout.String(), "ok    configuration:"))
		assert.Equal(t, lines > 1, strings.Contains(stdout.String(), "The configuration can be used."))
		if want != exitDone {
			assert.Equal(t, "rollcall: write to standard output: broken pipe\n", stderr.String())
		}
	}
}

func TestCheckup_add_afterABreak(t *testing.T) {
	t.Parallel()
	shown := 0
	k := &checkup{show: func(report.Check) error { shown++; return errors.New("broken pipe") }}
	k.fine("a", "b")
	k.fail("c", errors.New("d"), "")
	require.EqualError(t, k.broken, "broken pipe")
	assert.Equal(t, 1, shown)
	assert.Equal(t, []int{exitInput}, k.codes, "what is found counts, shown or not")
}
