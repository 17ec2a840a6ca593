package cmd_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/cmd"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// goesAway is a reader of the output that has gone once it has seen the plan.
type goesAway struct {
	bytes.Buffer
}

func (g *goesAway) Write(p []byte) (int, error) {
	if strings.Contains(g.String(), "\nPlan: ") {
		return 0, errors.New("broken pipe")
	}
	return g.Buffer.Write(p)
}

// When the output breaks after the changes are made, standard error says what
// was done, and the exit code does not claim that nothing was written.
func TestSync_outputThatBreaksAfterTheChanges(t *testing.T) {
	t.Parallel()
	seed, err := os.ReadFile("../examples/acme/box.csv")
	require.NoError(t, err)
	box := emulator.New(emulator.Options{})
	require.NoError(t, box.LoadSeed(bytes.NewReader(seed), "box.csv"))
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	groups, err := filepath.Abs("../examples/acme/groups.csv")
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "rollcall.yaml")
	text := strings.NewReplacer("${BOX_URL}", server.URL, "acme/groups.csv", groups).Replace(standardConfig)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))

	var out goesAway
	var stderr bytes.Buffer
	env := &cmd.Env{Stdout: &out, Stderr: &stderr, LookupEnv: func(name string) (string, bool) {
		return "emulator-secret", name == "BOX_CLIENT_SECRET"
	}}
	code := cmd.Run(t.Context(), env, []string{"sync", "-c", config, "--confirm"})

	assert.Equal(t, 27, box.Stats().Writes)
	assert.Equal(t, "rollcall: write the results to standard output: broken pipe\n"+
		"Applied: 27 of 27 (0 already, 0 skipped, 0 failed, 0 not attempted). 27 calls.\n", stderr.String())
	assert.Equal(t, 3, code)
}
