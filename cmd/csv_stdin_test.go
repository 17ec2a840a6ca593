package cmd

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A signal ends a run that waits for standard input, which may never end.
func TestRun_interruptedAtStandardInput(t *testing.T) {
	t.Parallel()
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		path := filepath.Join(t.TempDir(), "rollcall.yaml")
		require.NoError(t, os.WriteFile(path, []byte(`version: 1
sources: [{name: hr, csv: {path: "-"}}]
target: {emulator: {seed: none.csv}}
`), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "none.csv"), []byte("group,login,name,role\n"), 0o600))
		in, out := io.Pipe()
		var stdout, stderr bytes.Buffer
		env := &Env{Stdout: &stdout, Stderr: &stderr, Stdin: in, LookupEnv: func(string) (string, bool) { return "", false }}
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan int)
		go func() { done <- Run(ctx, env, []string{"plan", "-c", path}) }()
		_, err := out.Write([]byte("group,login\n")) // returns once the run has taken it
		require.NoError(t, err)
		cancel(signalError{signal})
		assert.Equal(t, code, <-done)
		assert.Equal(t, "rollcall: read source \"hr\": "+signalError{signal}.Error()+"\n", stderr.String())
		assert.Empty(t, stdout.String())
		require.NoError(t, out.Close())
	}
}
