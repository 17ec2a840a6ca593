package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	d, err := state.Open(filepath.Join(root, "a", "b"), "main-2", "900001")
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, "a", "b", "main-2-900001"), d.Path())
	assert.Equal(t, []string{"runs"}, names(t, d.Path()))
	assert.Empty(t, names(t, filepath.Join(d.Path(), "runs")))
	_, err = state.Open(filepath.Join(root, "a", "b"), "main-2", "900001")
	require.NoError(t, err, "a second time")
}

func TestOpen_Refused(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, c := range []struct{ root, instance, enterprise, want string }{
		{"", "main", "1", "there is no state directory: set run.state_dir"},
		{root, "", "1", `the instance "" cannot be part of a directory's name`},
		{root, "../main", "1", `the instance "../main" cannot be part of a directory's name`},
		{root, "main", "", `the enterprise "" cannot be part of a directory's name: expected the number that Box gave it`},
		{root, "main", "1/2", `the enterprise "1/2" cannot be part of a directory's name: expected the number that Box gave it`},
		{root, "main", "1-2", `the enterprise "1-2" cannot be part of a directory's name: expected the number that Box gave it`},
	} {
		_, err := state.Open(c.root, c.instance, c.enterprise)
		assert.EqualError(t, err, c.want)
	}
	assert.Empty(t, names(t, root))
}

// A file may stand in the way at any depth.
func TestOpen_FileInTheWay(t *testing.T) {
	t.Parallel()
	const why = ": not a directory: a file stands where a directory is needed; move it away"
	for _, name := range []string{"state", "state/main-900001", "state/main-900001/runs"} {
		root := t.TempDir()
		file := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		writeFile(t, file, "")
		_, err := state.Open(filepath.Join(root, "state"), "main", "900001")
		require.ErrorContains(t, err, "make the state directory "+filepath.Join(root, "state", "main-900001", "runs"), name)
		require.ErrorContains(t, err, file+why, name)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		syscall.EROFS:   "mount a volume",
		syscall.EACCES:  "let user ",
		syscall.EPERM:   "let user ",
		syscall.ENOTDIR: "a file stands where",
		syscall.EEXIST:  "a file stands where",
		syscall.EISDIR:  "a directory stands where",
		syscall.ENOSPC:  "make room",
		syscall.EDQUOT:  "make room",
		syscall.EFBIG:   "make room",
	} {
		assert.True(t, strings.HasPrefix(state.Hint(&os.PathError{Op: "open", Path: "x", Err: err}), want), "%v", err)
	}
	assert.Empty(t, state.Hint(syscall.EIO))
}

// runAt makes a run that started at the given time, and ends it if asked to.
func runAt(t *testing.T, d *state.Dir, p *plan.Plan, at time.Time, finished bool) string {
	t.Helper()
	r, err := d.NewRun(p, state.Info{Command: "sync", Started: at})
	require.NoError(t, err)
	if finished {
		require.NoError(t, r.Finish(state.Finish{Ended: at.Add(time.Minute)}))
	}
	require.NoError(t, r.Close())
	return r.Path()
}

func ids(records []*state.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

func TestDir_Unfinished(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	none, err := d.Unfinished()
	require.NoError(t, err)
	assert.Empty(t, none)

	day := 24 * time.Hour
	runAt(t, d, p, started().Add(3*day), false)
	runAt(t, d, p, started().Add(2*day), true)
	broken := runAt(t, d, p, started().Add(day), false)
	runAt(t, d, p, started(), false)
	runAt(t, d, p, started(), false)
	runs := filepath.Join(d.Path(), "runs")
	// What is no run is nobody's business.
	require.NoError(t, os.Mkdir(filepath.Join(runs, "lost+found"), 0o700))
	writeFile(t, filepath.Join(runs, "20261123T103625Z"), "a file")
	require.NoError(t, os.Mkdir(filepath.Join(runs, "20261123T103624Z-02"), 0o700))

	want := []string{"20261123T103624Z", "20261123T103624Z-2", "20261126T103624Z"}
	name := filepath.Join(broken, "journal.jsonl")
	good := readFile(t, name)
	for _, c := range []struct{ file, text, want string }{
		{name, "{}\n" + good, name + ":1: expected one of"},
		{filepath.Join(broken, "plan.jsonl"), "", "plan.jsonl"},
	} {
		before := readFile(t, c.file)
		writeFile(t, c.file, c.text)
		got, err := d.Unfinished()
		assert.Equal(t, want, ids(got))
		require.ErrorContains(t, err, "the run "+broken+" is not over and cannot be settled; look at it, then move it away: ")
		require.ErrorContains(t, err, c.want)
		writeFile(t, c.file, before)
	}
	got, err := d.Unfinished()
	require.NoError(t, err)
	assert.Equal(t, []string{want[0], want[1], "20261124T103624Z", want[2]}, ids(got))
}

// A run whose last line is torn is not over, and stays until it is.
func TestDir_Unfinished_TornFinish(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	r := newRun(t, d, newPlan(t, 1))
	require.NoError(t, r.Finish(state.Finish{}))
	name := filepath.Join(r.Path(), "journal.jsonl")
	writeFile(t, name, strings.TrimSuffix(readFile(t, name), "\n"))
	n, err := d.Prune(started().Add(time.Hour))
	require.NoError(t, err)
	assert.Zero(t, n)
	got, err := d.Unfinished()
	require.NoError(t, err)
	assert.Equal(t, []string{r.ID()}, ids(got))
}

// The last line is found also where it, or what stands before it, is longer
// than usual.
func TestDir_Unfinished_LongLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ detail, stopped int }{{1 << 17, 0}, {0, 1 << 17}, {1 << 13, 1 << 13}} {
		d, p := openDir(t), newPlan(t, 1)
		r := newRun(t, d, p)
		require.NoError(t, r.End(p.Changes[0].ID, plan.Result{Detail: strings.Repeat("x", c.detail)}, 0))
		require.NoError(t, r.Finish(state.Finish{Stopped: strings.Repeat("x", c.stopped)}))
		got, err := d.Unfinished()
		require.NoError(t, err)
		assert.Empty(t, got)
		n, err := d.Prune(started().Add(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, 1, n)
	}
}

// What is wrong with a run that is over keeps nobody from the next.
func TestDir_Unfinished_DamagedAndOver(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	path := runAt(t, d, p, started(), true)
	name := filepath.Join(path, "journal.jsonl")
	writeFile(t, name, readFile(t, name)+"{")
	got, err := d.Unfinished()
	require.NoError(t, err)
	assert.Empty(t, got)
	writeFile(t, name, strings.TrimSuffix(readFile(t, name), "{"))
	writeFile(t, filepath.Join(path, "plan.jsonl"), "")
	got, err = d.Unfinished()
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestDir_Resume_Refused(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	over := runAt(t, d, p, started(), true)
	_, err := d.Resume(read(t, over))
	require.EqualError(t, err, "resume "+over+": the run is over")

	r := newRun(t, d, p)
	rec := read(t, r.Path())
	require.NoError(t, r.Begin(p.Changes[0].ID))
	name := filepath.Join(r.Path(), "journal.jsonl")
	before := readFile(t, name)
	_, err = d.Resume(rec)
	require.EqualError(t, err, "resume "+name+": it has changed since it was read: read it again, with the lock held")
	assert.Equal(t, before, readFile(t, name))
}

// A settlement that is given up can be taken up again.
func TestDir_Resume_Twice(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 3)
	r := newRun(t, d, p)
	require.NoError(t, r.Begin(p.Changes[0].ID))
	require.NoError(t, r.Begin(p.Changes[1].ID))
	for _, i := range []int{1, 0} {
		require.NoError(t, r.Close())
		require.NoError(t, r.Close())
		require.Error(t, r.Begin(p.Changes[2].ID))
		var err error
		r, err = d.Resume(read(t, r.Path()))
		require.NoError(t, err)
		require.NoError(t, r.End(p.Changes[i].ID, plan.Result{Outcome: plan.Already}, 0))
	}
	require.NoError(t, r.Finish(state.Finish{Ended: started()}))
	rec := read(t, r.Path())
	assert.True(t, rec.Finished)
	assert.Empty(t, rec.Pending)
	assert.Equal(t, []plan.Result{{Outcome: plan.Already}, {Outcome: plan.Already}, {}}, rec.Results)
}

func TestDir_Prune(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 2)
	limit := started()
	runAt(t, d, p, limit.Add(-48*time.Hour), true)
	runAt(t, d, p, limit.Add(-24*time.Hour), false)
	runAt(t, d, p, limit.Add(-time.Second), true)
	runAt(t, d, p, limit, true)
	runAt(t, d, p, limit.Add(time.Hour), true)
	runs := filepath.Join(d.Path(), "runs")
	// Somebody else's, and left-overs of ours, old and new.
	old := limit.Add(-time.Hour)
	for _, name := range []string{"runs/notes", "runs/.20261101T000000Z", "runs/.gone-20261101T000000Z", ".memory.json-1", "runs/.20261123T103624Z"} {
		path := filepath.Join(d.Path(), name)
		require.NoError(t, os.Mkdir(path, 0o700))
		writeFile(t, filepath.Join(path, "x"), "")
		require.NoError(t, os.Chtimes(path, old, old))
	}
	fresh := filepath.Join(runs, ".20261123T103624Z")
	require.NoError(t, os.Chtimes(fresh, limit, limit))
	require.NoError(t, os.Chtimes(d.Path(), old, old))

	n, err := d.Prune(limit)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	assert.Equal(t, []string{".20261123T103624Z", "20261122T103624Z", "20261123T103624Z", "20261123T113624Z", "notes"}, names(t, runs))
	assert.Equal(t, []string{"runs"}, names(t, d.Path()))

	n, err = d.Prune(limit)
	require.NoError(t, err)
	assert.Zero(t, n)
}

// One run that cannot be removed does not keep the others.
func TestDir_Prune_GoesOn(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	stuck := runAt(t, d, p, started().Add(-2*time.Hour), true)
	runAt(t, d, p, started().Add(-time.Hour), true)
	blocker := filepath.Join(filepath.Dir(stuck), ".gone-"+filepath.Base(stuck))
	require.NoError(t, os.Mkdir(blocker, 0o700))
	writeFile(t, filepath.Join(blocker, "x"), "")
	n, err := d.Prune(started())
	assert.Equal(t, 1, n)
	require.ErrorContains(t, err, "remove "+stuck+": ")
	require.True(t, errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST))
	assert.DirExists(t, stuck)
}
