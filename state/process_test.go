//go:build unix

package state_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
)

// childEnv makes the test binary a process that does what the variable names,
// in the state directory of the next one, and nothing else.
const (
	childEnv = "ROLLCALL_TEST_CHILD"
	rootEnv  = "ROLLCALL_TEST_ROOT"
)

func TestMain(m *testing.M) {
	job, child := os.LookupEnv(childEnv)
	if !child {
		m.Run()
		return
	}
	jobs := map[string]func(root string) error{"die": childDies, "small_disk": childOnSmallDisk, "stranger": childIsStranger}
	if err := jobs[job](os.Getenv(rootEnv)); err != nil {
		panic(err)
	}
}

func child(t *testing.T, job, root string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+job, rootEnv+"="+root)
	cmd.Stderr = os.Stderr
	return cmd
}

// childDies takes the lock, begins three changes, ends one, and waits for its
// death.
func childDies(root string) error {
	d, err := state.Open(root, "main", "900001")
	if err != nil {
		return err
	}
	if err := d.Lock(holder()); err != nil {
		return err
	}
	p, err := makePlan(4)
	if err != nil {
		return err
	}
	r, err := d.NewRun(p, info())
	if err != nil {
		return err
	}
	for _, c := range p.Changes[:3] {
		if err := r.Begin(c.ID); err != nil {
			return err
		}
	}
	if err := r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Applied}, 501); err != nil {
		return err
	}
	fmt.Println(r.Path())
	select {}
}

// A run that is killed leaves the lock free and its journal readable, and the
// next run settles it.
func TestKill(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "state")
	cmd := child(t, "die", root)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	path, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	path = strings.TrimSpace(path)
	d, err := state.Open(root, "main", "900001")
	require.NoError(t, err)
	lock := filepath.Join(d.Path(), "lock")
	require.EqualError(t, d.Lock(state.Holder{}), "another run holds the lock "+lock+": sync, pid 4711 on host-a, since 2026-11-23T10:00:00Z")

	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.NoError(t, d.Lock(state.Holder{Command: "apply"}))
	records, err := d.Unfinished()
	require.NoError(t, err)
	require.Len(t, records, 1)
	rec := records[0]
	assert.Equal(t, path, rec.Path)
	assert.Equal(t, info(), rec.Info)
	assert.Equal(t, []int{1, 2}, rec.Pending)
	assert.Equal(t, []plan.Result{{Outcome: plan.Applied}, {}, {}, {}}, rec.Results)

	r, err := d.Resume(rec)
	require.NoError(t, err)
	for _, i := range rec.Pending {
		require.NoError(t, r.End(rec.Plan.Changes[i].ID, plan.Result{Outcome: plan.Already}, 0))
	}
	require.NoError(t, r.Finish(state.Finish{Ended: started()}))
	assert.Equal(t, plan.Tally{Applied: 1, Already: 2, NotAttempted: 1}, plan.TallyOf(read(t, path).Results))
	require.NoError(t, d.Unlock())
}

// childOnSmallDisk begins changes in files that may have so many bytes, until it
// fails, and tells how far it came.
func childOnSmallDisk(root string) error {
	signal.Ignore(syscall.SIGXFSZ)
	d, err := state.Open(root, "main", "900001")
	if err != nil {
		return err
	}
	p, err := makePlan(100)
	if err != nil {
		return err
	}
	r, err := d.NewRun(p, info())
	if err != nil {
		return err
	}
	const limit = 3000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	first := error(nil)
	n := 0
	for _, c := range p.Changes {
		err := r.Begin(c.ID)
		switch {
		case first == nil && err != nil:
			first = err
		case first != err: //nolint:errorlint // the very same
			return fmt.Errorf("begun after an error: %w", err)
		case err == nil:
			n++
		}
	}
	if err := r.Finish(state.Finish{}); !errors.Is(err, first) {
		return fmt.Errorf("finished with %w", err)
	}
	_, again := d.NewRun(p, info())
	fmt.Println(n)
	fmt.Println(first)
	fmt.Println(again)
	return nil
}

// A disk that fills up in the middle of a line, by the kernel.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "state")
	out, err := child(t, "small_disk", root).Output()
	require.NoError(t, err, "%s", out)
	d, err := state.Open(root, "main", "900001")
	require.NoError(t, err)
	runs := filepath.Join(d.Path(), "runs")
	assert.Equal(t, []string{"20261123T103624Z"}, names(t, runs), "the second run left something")
	path := filepath.Join(runs, "20261123T103624Z")
	journal := readFile(t, filepath.Join(path, "journal.jsonl"))
	assert.Len(t, journal, 3000)
	assert.False(t, strings.HasSuffix(journal, "\n"), "the last line is not torn")
	rec := read(t, path)
	assert.NotEmpty(t, rec.Pending)
	assert.Equal(t, fmt.Sprintf("%d\n"+
		"write to the journal %s: file too large: make room and run again\n"+
		"make the run %s-2: write %s: file too large: make room and run again\n",
		len(rec.Pending), filepath.Join(path, "journal.jsonl"), path, filepath.Join(runs, ".20261123T103624Z-2", "plan.jsonl")), string(out))
	r, err := d.Resume(rec)
	require.NoError(t, err)
	require.NoError(t, r.Finish(state.Finish{}))
	assert.True(t, read(t, path).Finished)
}

// childIsStranger opens the state as somebody who may not write there.
func childIsStranger(root string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	_, err := state.Open(root, "main", "900001")
	fmt.Println(err)
	return nil
}

func TestOpen_NotWritable(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]string{"root": "state", "runs": "state/main-900001/runs"} {
		tmp := t.TempDir()
		runs := filepath.Join(tmp, "state", "main-900001", "runs")
		require.NoError(t, os.MkdirAll(filepath.Join(tmp, filepath.FromSlash(prepare)), 0o755))
		// Others may come as far as to the directory, and no further.
		require.NoError(t, os.Chmod(filepath.Dir(tmp), 0o755))
		require.NoError(t, filepath.WalkDir(tmp, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(path, 0o555))
		}))
		out, err := child(t, "stranger", filepath.Join(tmp, "state")).Output()
		require.NoError(t, err, "%s", out)
		uid := os.Getuid()
		if uid == 0 {
			uid = 65534
		}
		want := map[string]string{
			"root": fmt.Sprintf("make the state directory %s: mkdir %s: permission denied: let user %d write there, or set run.state_dir to a directory of theirs\n",
				runs, filepath.Dir(runs), uid),
			"runs": "write to the state directory " + runs + ": permission denied: " +
				fmt.Sprintf("let user %d write there, or set run.state_dir to a directory of theirs\n", uid),
		}
		assert.Equal(t, want[name], string(out), name)
		require.NoError(t, filepath.WalkDir(tmp, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(path, 0o755))
		}))
	}
}

// What cannot be replaced is written to. The test makes its own pipe: with a
// WriteFile that is wrong, and as root, a real device would be gone.
func TestWriteFile_Pipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.NoError(t, os.Symlink("pipe", link))
	// Opened for both, so that nobody waits for the other end.
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	defer reader.Close() //nolint:errcheck // it was only read
	for _, path := range []string{pipe, link} {
		require.NoError(t, state.WriteFile(path, text("through")))
		info, err := os.Lstat(pipe)
		require.NoError(t, err)
		require.Equal(t, os.ModeNamedPipe, info.Mode().Type(), "the pipe was replaced")
		got := make([]byte, len("through"))
		_, err = io.ReadFull(reader, got)
		require.NoError(t, err)
		assert.Equal(t, "through", string(got))
		err = state.WriteFile(path, func(io.Writer) error { return errors.New("the printer is on fire") })
		require.EqualError(t, err, "write "+path+": the printer is on fire")
	}
	assert.Equal(t, []string{"link", "pipe"}, names(t, dir))
}
