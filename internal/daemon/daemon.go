// Package daemon is for tests that need a server which is a program of its own.
// It runs in the foreground as a child of the test, and is killed with whatever
// it has started when the test ends.
package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
)

// patience is how long a server may take to answer; a machine may be busy.
const patience = 90 * time.Second

// A Process is a server that was started.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has gone, for whatever reason
	once  sync.Once     // its number may be another's after it was killed

	mu     sync.Mutex
	output bytes.Buffer
}

// Program returns the path of a server's program, which is often where the PATH
// of an ordinary user does not lead. It ends the test where there is none; how
// says how it is installed.
func Program(t testing.TB, name, how string) string {
	t.Helper()
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return needs.Program(t, name, how)
}

// Dir makes a directory for a server and removes it when the test ends. Its path
// is short, as that of a socket must be.
func Dir(t testing.TB, name string) string {
	t.Helper()
	dir, err := makeDir(name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func makeDir(name string) (string, error) { return os.MkdirTemp("", "rollcall-"+name+"-") }

// Start runs a server until the test ends or Kill.
func Start(t testing.TB, dir, program string, args ...string) *Process {
	t.Helper()
	p := &Process{ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p, p
	p.cmd.WaitDelay = time.Second // something that it has started may hold the output
	alone(p.cmd)
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // that it has gone is all there is to know
	}()
	t.Cleanup(p.Kill)
	return p
}

// Write collects the output.
func (p *Process) Write(part []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(part)
}

// Output returns what the server has said so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// Answers waits until probe succeeds. The error says why it does not, and what
// the server had to say.
func (p *Process) Answers(probe func() error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		err := probe()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s has ended: %s", p.cmd.Path, p.Output())
		case <-late.C:
			return fmt.Errorf("%s does not answer: %w; it said: %s", p.cmd.Path, err, p.Output())
		case <-tick.C:
		}
	}
}

// Kill ends the server in the middle of whatever it does, and returns when it has
// gone. It may be called again.
func (p *Process) Kill() {
	p.once.Do(func() { kill(p.cmd) })
	<-p.ended
}

// Run runs a program that ends by itself, with a text as its input, and returns
// its output. Env is added to the environment. A failure ends the test.
func Run(t testing.TB, input io.Reader, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Stdin, cmd.Env = input, slices.Concat(os.Environ(), env)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s: %s", program, out)
	return string(out)
}
