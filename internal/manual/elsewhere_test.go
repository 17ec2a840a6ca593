package manual_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elsewhere are the programs of commands that nothing here can run: the first
// words of lines in sh blocks. make's targets are run by the CI.
func elsewhere() []string {
	return []string{"cd", "docker", "export-from-hr", "git", "kubectl", "make", "rollcall_job"}
}

var (
	jobArgs = regexp.MustCompile(`(?m)^rollcall_job \S+ '(\[.*\])'`)
	ownPath = regexp.MustCompile(`\bdeploy/\S+`)
)

// checkElsewhere checks what can be checked of commands that run in another place
// than this test: their spelling, make's targets, paths of ours, and what is given
// to rollcall itself.
func checkElsewhere(t *testing.T, program, at, text string) {
	t.Helper()
	spelt := exec.CommandContext(t.Context(), "bash", "-n")
	spelt.Stdin = strings.NewReader(text)
	out, err := spelt.CombinedOutput()
	require.NoError(t, err, "%s: %s", at, out)
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), " #")
		words := strings.Fields(line)
		// What is indented belongs to the line above, or to a function of the page's.
		if len(words) == 0 || strings.HasPrefix(line, " ") || words[0] == "}" || strings.Contains(words[0], "()") {
			continue
		}
		assert.True(t, slices.Contains(elsewhere(), words[0]), "%s: %q is run by nobody: make it a console block", at, line)
		for _, word := range words[1:] {
			if words[0] == "make" && !strings.Contains(word, "=") {
				assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(word)+`:`, string(makefile), "%s: make has no target %s", at, word)
			}
		}
	}
	for _, path := range ownPath.FindAllString(text, -1) {
		assert.FileExists(t, filepath.Join(root, path, "kustomization.yaml"), "%s", at)
	}
	for _, found := range jobArgs.FindAllStringSubmatch(text, -1) {
		var args []string
		require.NoError(t, json.Unmarshal([]byte(found[1]), &args), "%s: %s", at, found[1])
		out, err := exec.CommandContext(t.Context(), program, append(args, "--help")...).CombinedOutput()
		assert.NoError(t, err, "%s: %s: %s", at, found[1], out)
	}
}
