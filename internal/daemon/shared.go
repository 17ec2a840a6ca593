package daemon

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shared is a server for all tests of a package, where one for each would take
// too long. The first test that asks for it starts it. A package has it as a
// variable of its tests, and ends it in TestMain:
//
//	var controller daemon.Shared[*samba.Server]
//
//	func TestMain(m *testing.M) { defer controller.Close(); m.Run() }
type Shared[T any] struct {
	mu      sync.Mutex
	server  T
	state   state
	cleanup []func()
}

type state int

const (
	idle state = iota
	running
	broken
)

// Get returns the server, and starts it if it does not run. A test for which it
// cannot be started is skipped or fails as start says, and the next one tries
// again if it was skipped.
func (s *Shared[T]) Get(t testing.TB, start func(testing.TB) T) T {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == broken {
		t.Fatal("the server did not start for the first test that asked for it")
	}
	if s.state == running {
		return s.server
	}
	s.state = broken
	defer func() {
		if t.Skipped() {
			s.state = idle
		}
	}()
	s.server = start(&lasting{TB: t, cleanup: &s.cleanup})
	s.state = running
	return s.server
}

// Close ends the server, if it was started.
func (s *Shared[T]) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, clean := range slices.Backward(s.cleanup) {
		clean()
	}
	s.cleanup, s.state = nil, idle
}

// lasting is a test for what outlives it: nothing is cleaned up when it ends.
type lasting struct {
	testing.TB

	cleanup *[]func()
}

// Cleanup keeps what is to be done for later.
func (l *lasting) Cleanup(clean func()) { *l.cleanup = append(*l.cleanup, clean) }

// Context has no end.
func (l *lasting) Context() context.Context { return context.WithoutCancel(l.TB.Context()) }

// TempDir is there until the server ends.
func (l *lasting) TempDir() string {
	dir, err := makeDir("test")
	require.NoError(l.TB, err)
	l.Cleanup(func() { _ = os.RemoveAll(dir) }) // there is no test left to tell
	return dir
}
