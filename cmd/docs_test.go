package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What docs/configuration.md shows can be used; what it shows to be wrong is told
// as it says.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/configuration.md")
	require.NoError(t, err)
	schema := validator(t)
	dir := t.TempDir()
	good := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1) {
		if bytes.HasPrefix(block[1], []byte("# wrong.yaml\n")) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "wrong.yaml"), block[1], 0o600))
			continue
		}
		assert.NoError(t, usable(block[1]), "%s", block[1])
		assert.Empty(t, faults(schema.Validate(asJSON(t, block[1]))), "%s", block[1])
		good++
	}
	assert.GreaterOrEqual(t, good, 3)

	for file, code := range map[string]int{filepath.Join(dir, "wrong.yaml"): exitInput, "../config.example.yaml": exitDone} {
		var stdout, stderr bytes.Buffer
		env := &Env{Stdout: &stdout, Stderr: &stderr, LookupEnv: func(string) (string, bool) { return "", false }}
		assert.Equal(t, code, Run(t.Context(), env, []string{"check", "-c", file, "--offline"}))
		// The page was made where the files are, whose names are shorter there.
		told := strings.Join(strings.Fields(strings.ReplaceAll(stdout.String(), file, filepath.Base(file))), " ")
		assert.Contains(t, strings.Join(strings.Fields(string(page)), " "), "--offline "+told+" ```")
	}
}
