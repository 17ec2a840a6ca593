package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample copies the sample package, with an explanation of survivors, into a
// module of its own.
func sample(t *testing.T, explained string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/sample")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module sample\n\ngo 1.26\n"), 0o600))
	if explained != "" {
		require.NoError(t, os.Mkdir(filepath.Join(dir, "testdata"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "testdata", "survivors.txt"), []byte(explained), 0o600))
	}
	return dir
}

func mutateSample(t *testing.T, explained string, flags ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(flags, sample(t, explained)), &out)
	return out.String(), err
}

func TestRun_namesWhatItCanBreak(t *testing.T) {
	t.Parallel()
	out, err := mutateSample(t, "", "-list")
	require.NoError(t, err)
	assert.Equal(t, []string{
		`sample.go Share: && for || of: total <= 0 || n < 0`,
		`sample.go Share: negate: total <= 0`,
		`sample.go Share: move the edge of: total <= 0`,
		`sample.go Share: negate: n < 0`,
		`sample.go Share: move the edge of: n < 0`,
		`sample.go Share: leave out: return 0`,
		`sample.go Share: invert / of: n * 100 / total`,
		`sample.go Share: invert * of: n * 100`,
		`sample.go Share: || for && of: n > total && !allowed(most)`,
		`sample.go Share: negate: n > total`,
		`sample.go Share: move the edge of: n > total`,
		`sample.go Share: negate: !allowed(most)`,
		`sample.go Share: leave out: share = 100`,
		`sample.go Share: max for: min(share, most)`,
		`sample.go allowed: negate: most > 100`,
		`sample.go allowed: move the edge of: most > 100`,
		`sample.go Count: negate: skip[w]`,
		`sample.go Count: negate: w == "stop"`,
		`sample.go Count: leave out: n++`,
	}, strings.Split(strings.TrimSpace(out), "\n"))
}

// What the sample's tests do not notice, and nothing else, is alive.
func TestRun_tellsWhoLives(t *testing.T) {
	t.Parallel()
	out, err := mutateSample(t, "")
	var alive []string
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(line, "alive: "); ok {
			name, _, _ = strings.Cut(name, " (sample.go:")
			alive = append(alive, name)
		}
	}
	want := []string{
		`sample.go Share: move the edge of: n > total`,
		`sample.go Share: move the edge of: n < 0`,
		`sample.go Share: leave out: share = 100`,
		`sample.go allowed: move the edge of: most > 100`,
	}
	assert.ElementsMatch(t, want, alive)
	for _, name := range want {
		require.ErrorContains(t, err, "no test notices, and nobody has explained: "+name)
	}
	assert.Contains(t, out, "19 mutants, 15 noticed, 4 alive\n")
}

func TestRun_holdsExplanationsToTheTruth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		explained string
		flags     []string
		wrong     string // "": it passes
	}{
		"explained":          {"# most is never 100 in the tests.\nsample.go allowed: move the edge of: most > 100\n", []string{"-only", "allowed: move"}, ""},
		"noticed":            {"# Nobody looks.\nsample.go Count: leave out: n++\n", []string{"-only", "n[+][+]"}, "a test notices it: sample.go Count: leave out: n++"},
		"gone":               {"# Once.\nsample.go Sum: leave out: n++\n", []string{"-list"}, "no such mutant any more: sample.go Sum: leave out: n++"},
		"without a reason":   {"sample.go Count: leave out: n++\n", []string{"-list"}, "survivors.txt:1: no reason stands above"},
		"named twice":        {"# A.\nsample.go Count: leave out: n++\n\n# B.\nsample.go Count: leave out: n++\n", []string{"-list"}, "survivors.txt:5: this mutant is named twice"},
		"no package":         {"", []string{"-only", "(", "x"}, "name one package"},
		"no such expression": {"", []string{"-only", "("}, "missing closing )"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mutateSample(t, c.explained, c.flags...)
			if c.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

func TestRun_wantsTestsThatPass(t *testing.T) {
	t.Parallel()
	dir := sample(t, "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "wrong_test.go"), []byte("package sample\n\nimport \"testing\"\n\nfunc TestWrong(t *testing.T) { t.Error(\"as ever\") }\n"), 0o600))
	err := run(t.Context(), []string{dir}, &bytes.Buffer{})
	require.ErrorContains(t, err, "the tests fail without a mutant")
	require.ErrorContains(t, err, "as ever")
}

// The survivors that package plan explains are mutants that there are.
func TestRun_planHasNoStaleExplanation(t *testing.T) {
	t.Parallel()
	require.NoError(t, run(t.Context(), []string{"-list", "../../plan"}, &bytes.Buffer{}))
}

func TestChoose_spreadsASample(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-sample", "3", "./plan"})
	require.NoError(t, err)
	var all []mutant
	for id := range 9 {
		all = append(all, mutant{id: id})
	}
	assert.Equal(t, []mutant{{id: 0}, {id: 3}, {id: 6}}, choose(all, o))
}
