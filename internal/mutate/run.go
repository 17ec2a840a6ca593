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
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"
)

// patience is how long the tests may take with a mutant, as a multiple of what they
// take without: one that keeps them from ending is noticed.
const patience = 15

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
	limit, err := m.limit(ctx, binary)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	queue := make(chan mutant)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for mutant := range queue {
				if noticed, _ := m.test(ctx, binary, mutant.id, limit); !noticed && ctx.Err() == nil {
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

// limit runs the tests without a mutant, which they have to pass, and returns how
// long they may take with one.
func (m *mutated) limit(ctx context.Context, binary string) (time.Duration, error) {
	start := time.Now()
	if noticed, output := m.test(ctx, binary, 0, time.Hour); noticed {
		return 0, fmt.Errorf("the tests fail without a mutant:\n%s", output)
	}
	return patience * time.Since(start), nil
}

// test reports whether the tests notice the mutant, and what they say.
func (m *mutated) test(ctx context.Context, binary string, id int, limit time.Duration) (noticed bool, output []byte) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var said bytes.Buffer
	tests := exec.CommandContext(ctx, binary, m.testFlags()...)
	tests.Dir, tests.Stdout, tests.Stderr = m.dir, &said, &said
	tests.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id), "GOMEMLIMIT=2GiB")
	err := tests.Run()
	return err != nil, said.Bytes()
}
