package played

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a run may take at most: all of them end by themselves.
const patience = time.Minute

// Outcome is how a run ended.
type Outcome struct {
	Exit           int
	Stdout, Stderr string
}

// Run runs the program in the place, and waits for its end. If started is not
// nil, it is called with the number of the process while that runs.
func (p *Place) Run(args []string, started func(pid int)) Outcome {
	p.Helper()
	p.Own()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	run := exec.CommandContext(ctx, p.Binary, args...)
	run.Dir, run.Stdin, run.Stdout, run.Stderr = p.Dir, p.input(), &stdout, &stderr
	run.Env = []string{}
	for name, value := range p.Env {
		run.Env = append(run.Env, name+"="+value)
	}
	p.As.take(run)
	require.NoError(p, run.Start())
	if started != nil {
		started(run.Process.Pid)
	}
	err := run.Wait()
	require.NoError(p, ctx.Err(), "the run did not end: %s%s", stdout.String(), stderr.String())
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		require.NoError(p, err)
	}
	return Outcome{run.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// input is what a run reads on standard input: a pipe with a file in it, or a
// directory, of which nothing can be read.
func (p *Place) input() io.Reader {
	p.Helper()
	if p.Stdin == "" {
		return strings.NewReader("")
	}
	file, err := os.Open(p.Stdin)
	require.NoError(p, err)
	p.Cleanup(func() { require.NoError(p, file.Close()) })
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return file
	}
	return struct{ io.Reader }{file}
}
