package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
)

// fakeFile is a file of which one knows what is on the disk: what was written
// before the last sync that succeeded began.
type fakeFile struct {
	mu      sync.Mutex
	data    []byte
	durable int
	syncs   int
	closed  bool
	// onWrite says how many bytes of a write arrive and how it fails, and onSync
	// how the sync with a number, from 1, goes.
	onWrite func(p []byte) (int, error)
	onSync  func(n int) error
}

func (f *fakeFile) Write(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = len(p)
	if f.onWrite != nil {
		n, err = f.onWrite(p)
	}
	f.data = append(f.data, p[:n]...)
	return n, err
}

func (f *fakeFile) Sync() error {
	f.mu.Lock()
	upTo := len(f.data)
	f.syncs++
	n := f.syncs
	f.mu.Unlock()
	if f.onSync != nil {
		if err := f.onSync(n); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.durable = max(f.durable, upTo)
	return nil
}

func (f *fakeFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// onDisk reports whether the disk has the line that begins a change.
func (f *fakeFile) onDisk(change string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Contains(f.data[:f.durable], []byte(`{"begin":{"change":"`+change+`"`))
}

func (f *fakeFile) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *fakeFile) written() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.data)
}

const journalName = "/state/main-1/runs/x/journal.jsonl"

func fakeRun(t testing.TB, f *fakeFile, p *plan.Plan) *state.Run {
	t.Helper()
	f.data = state.StartLine("x", info(), p)
	r, err := state.NewTestRun(journalName, f, p)
	require.NoError(t, err)
	return r
}

// Sixteen workers at once: whenever Begin returns, the line is on the disk.
func TestRun_Begin_Durable(t *testing.T) {
	t.Parallel()
	const workers, each = 16, 40
	p := newPlan(t, workers*each)
	f := &fakeFile{}
	r := fakeRun(t, f, p)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for _, c := range p.Changes[w*each : (w+1)*each] {
				if assert.NoError(t, r.Begin(c.ID)) {
					assert.True(t, f.onDisk(c.ID), "%s is begun and not on the disk", c.ID)
				}
				assert.NoError(t, r.End(c.ID, plan.Result{Outcome: plan.Applied}, 0))
			}
		})
	}
	wg.Wait()
	require.NoError(t, r.Finish(state.Finish{Ended: started()}))
	assert.Len(t, f.data, f.durable)
	assert.True(t, f.closed)
	rec, err := state.Replay(p, f.data)
	require.NoError(t, err)
	assert.Empty(t, rec.Pending)
	assert.Equal(t, plan.Tally{Applied: workers * each}, plan.TallyOf(rec.Results))
}

// Whoever comes while a sync is under way is covered by the next one, all
// together; nobody waits for more than two.
func TestRun_Begin_SharesSyncs(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFile{onSync: func(int) error { time.Sleep(time.Millisecond); return nil }}
		r := fakeRun(t, f, p)
		begin := func(i int, want time.Duration) {
			from := time.Now()
			assert.NoError(t, r.Begin(p.Changes[i].ID))
			assert.True(t, f.onDisk(p.Changes[i].ID))
			assert.Equal(t, want, time.Since(from))
		}
		go begin(0, time.Millisecond)
		synctest.Wait()
		for i := 1; i <= 15; i++ {
			go begin(i, 2*time.Millisecond)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, 2, f.syncs)
		begin(16, time.Millisecond)
		assert.Equal(t, 3, f.syncs)
		// An end waits for nothing; what comes next takes it along.
		require.NoError(t, r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Applied}, 0))
		assert.Equal(t, 3, f.syncs)
		assert.Less(t, f.durable, len(f.data))
		require.NoError(t, r.Finish(state.Finish{}))
		assert.Equal(t, 4, f.syncs)
		assert.Len(t, f.data, f.durable)
	})
}

// A sync that fails fails everybody whom it or a later one would have covered,
// with one error, and nothing is written any more.
func TestRun_Begin_SyncFails(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFile{onSync: func(n int) error {
			time.Sleep(time.Millisecond)
			if n == 2 {
				return syscall.EIO
			}
			return nil
		}}
		r := fakeRun(t, f, p)
		errs := make([]error, 17)
		begin := func(i int) { errs[i] = r.Begin(p.Changes[i].ID) }
		go begin(0)
		synctest.Wait()
		for i := 1; i <= 15; i++ {
			go begin(i)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.NoError(t, errs[0], "the first sync succeeded")
		for _, err := range errs[1:16] {
			require.EqualError(t, err, "write to the journal "+journalName+": input/output error")
			assert.Same(t, errs[1], err)
		}
		stuck(t, r, f, p, errs[1])
		assert.Equal(t, 2, f.syncs)
	})
}

// stuck checks that nothing more comes of a journal that has failed.
func stuck(t *testing.T, r *state.Run, f *fakeFile, p *plan.Plan, want error) {
	t.Helper()
	before := f.written()
	for _, err := range []error{
		r.Begin(p.Changes[16].ID), r.Begin(p.Changes[16].ID), r.Begin("add/1/2"), r.End(p.Changes[0].ID, plan.Result{}, 0),
	} {
		assert.Same(t, want, err)
	}
	err := r.Finish(state.Finish{})
	require.ErrorIs(t, err, want)
	assert.Equal(t, before, f.written())
	assert.True(t, f.closed)
	_, err = state.Replay(p, f.data)
	require.NoError(t, err, "what is there can be read")
}

// A disk that is full in the middle of a line: the line stays torn, and the
// last.
func TestRun_Begin_WriteFails(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	for room := range 40 {
		f := &fakeFile{}
		r := fakeRun(t, f, p)
		require.NoError(t, r.Begin(p.Changes[0].ID))
		f.onWrite = func([]byte) (int, error) {
			f.onWrite = nil
			return room, &os.PathError{Op: "write", Path: journalName, Err: syscall.ENOSPC}
		}
		first := r.Begin(p.Changes[1].ID)
		require.EqualError(t, first, "write to the journal "+journalName+": no space left on device: make room and run again")
		require.ErrorIs(t, first, syscall.ENOSPC)
		stuck(t, r, f, p, first)
		rec, err := state.Replay(p, f.data)
		require.NoError(t, err)
		assert.Equal(t, []int{0}, rec.Pending)
	}
}

// An end that cannot be written keeps the next change from being begun.
func TestRun_End_WriteFails(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	f := &fakeFile{}
	r := fakeRun(t, f, p)
	require.NoError(t, r.Begin(p.Changes[0].ID))
	f.onWrite = func([]byte) (int, error) { f.onWrite = nil; return 0, syscall.ENOSPC }
	err := r.End(p.Changes[0].ID, plan.Result{Outcome: plan.Applied}, 0)
	require.ErrorIs(t, err, syscall.ENOSPC)
	stuck(t, r, f, p, err)
}

// Somebody waits for a sync while a write fails. Who is covered by the sync has
// begun; who came after it has not.
func TestRun_Begin_WriteFailsDuringSync(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFile{onSync: func(int) error { time.Sleep(time.Millisecond); return nil }}
		r := fakeRun(t, f, p)
		errs := make([]error, 3)
		begin := func(i int) { errs[i] = r.Begin(p.Changes[i].ID) }
		go begin(0)
		synctest.Wait()
		go begin(1)
		synctest.Wait()
		f.onWrite = func([]byte) (int, error) { f.onWrite = nil; return 7, syscall.ENOSPC }
		go begin(2)
		time.Sleep(time.Second)
		synctest.Wait()
		require.NoError(t, errs[0])
		assert.True(t, f.onDisk(p.Changes[0].ID))
		require.ErrorIs(t, errs[2], syscall.ENOSPC)
		assert.Same(t, errs[2], errs[1])
		stuck(t, r, f, p, errs[2])
	})
}

// Two errors at once: the first one stays.
func TestRun_Begin_FirstError(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFile{onSync: func(int) error { time.Sleep(time.Millisecond); return syscall.EIO }}
		r := fakeRun(t, f, p)
		var begun error
		go func() { begun = r.Begin(p.Changes[0].ID) }()
		synctest.Wait()
		f.onWrite = func([]byte) (int, error) { f.onWrite = nil; return 7, syscall.ENOSPC }
		first := r.Begin(p.Changes[1].ID)
		require.ErrorIs(t, first, syscall.ENOSPC)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Same(t, first, begun)
		stuck(t, r, f, p, first)
	})
}

// The last line of a run that is over stays the last one, also while it is on
// its way to the disk.
func TestRun_Finish_NothingFollows(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFile{onSync: func(int) error { time.Sleep(time.Millisecond); return nil }}
		r := fakeRun(t, f, p)
		var finished error
		go func() { finished = r.Finish(state.Finish{}) }()
		synctest.Wait()
		assert.False(t, f.isClosed())
		for _, err := range []error{r.Begin(p.Changes[0].ID), r.End(p.Changes[0].ID, plan.Result{}, 0), r.Finish(state.Finish{})} {
			require.EqualError(t, err, "journal "+journalName+": the run is over")
		}
		synctest.Wait()
		require.NoError(t, finished)
		rec, err := state.Replay(p, f.data)
		require.NoError(t, err)
		assert.True(t, rec.Finished)
		assert.Len(t, f.data, f.durable)
	})
}

// At random, under the race detector: no Begin returns nil before its line is
// on the disk, and after the first error none does at all.
func TestRun_Begin_FailsSomewhere(t *testing.T) {
	t.Parallel()
	const workers, each = 16, 8
	p := newPlan(t, workers*each)
	broken := errors.New("broken")
	for k := 1; k <= 12; k++ {
		for _, during := range []string{"write", "sync"} {
			f, writes := &fakeFile{}, 0
			if during == "write" {
				f.onWrite = func(b []byte) (int, error) {
					if writes++; writes >= k {
						return len(b) / 2, broken
					}
					return len(b), nil
				}
			} else {
				f.onSync = func(n int) error {
					if n >= k {
						return broken
					}
					return nil
				}
			}
			r := fakeRun(t, f, p)
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					failed := false
					for _, c := range p.Changes[w*each : (w+1)*each] {
						err := r.Begin(c.ID)
						if err == nil {
							assert.True(t, f.onDisk(c.ID))
							assert.False(t, failed, "begun after an error")
						} else {
							assert.ErrorIs(t, err, broken)
							failed = true
						}
					}
				})
			}
			wg.Wait()
			title := fmt.Sprintf("%s %d", during, k)
			require.ErrorIs(t, r.Finish(state.Finish{}), broken, title)
			_, err := state.Replay(p, f.data)
			require.NoError(t, err, title)
			if during == "sync" {
				assert.LessOrEqual(t, f.syncs, k, title)
			}
		}
	}
}

// Close lets a sync end, and whoever waits for it hears of its success.
func TestRun_Close_DuringSync(t *testing.T) {
	t.Parallel()
	p := newPlan(t, 17)
	synctest.Test(t, func(t *testing.T) {
		f := new(fakeFile)
		f.onSync = func(int) error {
			time.Sleep(time.Millisecond)
			assert.False(t, f.isClosed(), "closed while it syncs")
			return nil
		}
		r := fakeRun(t, f, p)
		var begun error
		go func() { begun = r.Begin(p.Changes[0].ID) }()
		synctest.Wait()
		require.NoError(t, r.Close())
		synctest.Wait()
		require.NoError(t, begun)
		assert.True(t, f.closed)
		require.EqualError(t, r.Begin(p.Changes[1].ID), "write to the journal "+journalName+": it is closed")
	})
}

// The kernel's own full disk.
func TestRun_DevFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	p := newPlan(t, 2)
	r, err := state.NewTestRun("/dev/full", full, p)
	require.NoError(t, err)
	for _, c := range p.Changes {
		require.EqualError(t, r.Begin(c.ID), "write to the journal /dev/full: no space left on device: make room and run again")
	}
	require.ErrorIs(t, r.Finish(state.Finish{}), syscall.ENOSPC)
}

func TestRun_CloseFails(t *testing.T) {
	t.Parallel()
	d, p := openDir(t), newPlan(t, 1)
	f, err := os.OpenFile(filepath.Join(d.Path(), "journal.jsonl"), os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	r, err := state.NewTestRun(f.Name(), f, p)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	err = r.Close()
	require.ErrorContains(t, err, "close the journal "+f.Name()+": ")
	assert.False(t, strings.Contains(err.Error(), "write"))
}
