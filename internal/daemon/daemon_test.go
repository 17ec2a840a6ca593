package daemon_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/daemon"
)

// TestAnswers waits until a program answers, or has ended, and says why.
func TestAnswers(t *testing.T) {
	t.Parallel()
	sh := daemon.Program(t, "sh", "it is part of the system")
	p := daemon.Start(t, t.TempDir(), sh, "-c", "echo up; exec sleep 1000")
	require.NoError(t, p.Answers(func() error {
		if p.Output() != "up\n" {
			return errors.New("not yet")
		}
		return nil
	}))
	p.Kill()
	p.Kill()
	never := func() error { return errors.New("never") }
	assert.EqualError(t, p.Answers(never), sh+" has ended: up\n")
	p = daemon.Start(t, t.TempDir(), sh, "-c", "echo port taken >&2; exit 1")
	assert.EqualError(t, p.Answers(never), sh+" has ended: port taken\n")
}

// TestRun gives a program its input and returns what it says.
func TestRun(t *testing.T) {
	t.Parallel()
	got := daemon.Run(t, strings.NewReader("in"), []string{"DAEMON_TEST=env"}, "/bin/sh", "-c", `cat; echo " $DAEMON_TEST" >&2`)
	assert.Equal(t, "in env\n", got)
}
