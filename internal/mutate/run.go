package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience is how long the tests may take with a mutant, as a multiple of what they
// take without, but never less than leastPatience, as a machine may be busy: one that
// keeps them from ending is noticed.
const (
	patience      = 15
	leastPatience = 4 * time.Second
)

// testFlags are what the tests are run with: they end at the first failure, and
// properties try fewer cases than otherwise and leave no file behind.
func (m *mutated) testFlags() []string {
	flags := []string{"-test.failfast"}
	if m.properties {
		flags = append(flags, "-rapid.checks=40", "-rapid.nofailfile", "-rapid.shrinktime=1ms")
	}
	return flags
}

// try runs the package's tests once for each mutant, and returns those with which
// they pass.
func try(ctx context.Context, m *mutated, chosen []mutant, out io.Writer) (lives []mutant, err error) {
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, err := m.build(ctx, dir)
	if err != nil {
		return nil, err
	}
	t, err := m.prepare(ctx, binary)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	queue := make(chan mutant)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for mutant := range queue {
				if !t.notice(ctx, mutant.id) && ctx.Err() == nil {
					mu.Lock()
					lives = append(lives, mutant)
					fmt.Fprintf(out, "alive: %s (%s)\n", mutant.name, mutant.place)
					mu.Unlock()
				}
			}
		})
	}
	for _, mutant := range chosen {
		if ctx.Err() != nil {
			break
		}
		queue <- mutant
	}
	close(queue)
	wg.Wait()
	slices.SortFunc(lives, func(a, b mutant) int { return a.id - b.id })
	return lives, ctx.Err()
}

// build compiles the tests of the package with all mutants in it.
func (m *mutated) build(ctx context.Context, dir string) (binary string, err error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	add := func(path, text string) error {
		changed := filepath.Join(dir, strconv.Itoa(len(overlay.Replace))+".go")
		overlay.Replace[path] = changed
		return os.WriteFile(changed, []byte(text), 0o600)
	}
	for path, text := range m.files {
		if err := add(path, text); err != nil {
			return "", err
		}
	}
	if err := add(filepath.Join(m.dir, "mutant_switches.go"), fmt.Sprintf(switches, m.name)); err != nil {
		return "", err
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "mutants.test")
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", path, "-o", binary, ".")
	compile.Dir = m.dir
	if output, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the mutants: %w\n%s", err, output)
	}
	return binary, nil
}

// tests are the package's tests, with what is known of how long they take.
type tests struct {
	of     *mutated
	binary string
	limit  time.Duration
	slow   string // which of them take long, as a pattern; empty: none
}

// prepare runs the tests without a mutant, which they have to pass.
func (m *mutated) prepare(ctx context.Context, binary string) (*tests, error) {
	t := &tests{of: m, binary: binary, limit: time.Hour}
	start := time.Now()
	noticed, output := t.run(ctx, 0, "-test.v")
	if noticed {
		return nil, fmt.Errorf("the tests fail without a mutant:\n%s", output)
	}
	took := time.Since(start)
	t.limit = max(leastPatience, patience*took)
	var slow []string
	for _, test := range regexp.MustCompile(`(?m)^--- PASS: (\w+) \(([0-9.]+)s\)$`).FindAllSubmatch(output, -1) {
		if seconds, err := strconv.ParseFloat(string(test[2]), 64); err == nil && seconds > took.Seconds()/slowShare {
			slow = append(slow, string(test[1]))
		}
	}
	if len(slow) > 0 {
		t.slow = "^(" + strings.Join(slow, "|") + ")$"
	}
	return t, nil
}

// slowShare says which tests are slow: those that take more than one such part of
// the whole. They are run only with mutants that the others do not notice.
const slowShare = 50

// notice reports whether a test notices the mutant.
func (t *tests) notice(ctx context.Context, id int) bool {
	if t.slow == "" {
		noticed, _ := t.run(ctx, id)
		return noticed
	}
	if noticed, _ := t.run(ctx, id, "-test.skip="+t.slow); noticed {
		return true
	}
	noticed, _ := t.run(ctx, id, "-test.run="+t.slow)
	return noticed
}

// run reports whether the tests that the flags choose notice the mutant, and what
// they say.
func (t *tests) run(ctx context.Context, id int, choose ...string) (noticed bool, output []byte) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	var said bytes.Buffer
	tests := exec.CommandContext(ctx, t.binary, append(t.of.testFlags(), choose...)...)
	tests.Dir, tests.Stdout, tests.Stderr = t.of.dir, &said, &said
	tests.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id), "GOMEMLIMIT=2GiB")
	err := tests.Run()
	return err != nil, said.Bytes()
}
