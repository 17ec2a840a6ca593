package state_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/state"
)

// What the journal costs a change, on a real disk, by how many workers share
// it. BenchmarkSync beside it is what the disk takes for one line.
func BenchmarkRun(b *testing.B) {
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("workers_%d", workers), func(b *testing.B) {
			p := newPlan(b, max(2, b.N))
			r := newRun(b, openDir(b), p)
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range workers {
				wg.Go(func() {
					for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
						id := p.Changes[i].ID
						if err := r.Begin(id); err != nil {
							b.Error(err)
							return
						}
						if err := r.End(id, plan.Result{Outcome: plan.Applied}, 0); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			require.NoError(b, r.Finish(state.Finish{}))
		})
	}
}

// The yardstick: a line and a sync, again and again.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "journal.jsonl"))
	require.NoError(b, err)
	for b.Loop() {
		_, err := io.WriteString(f, `{"begin":{"change":"add/rollcall:main:hr:New/1001","at":"2026-11-23T10:36:24.123Z"}}`+"\n")
		require.NoError(b, err)
		require.NoError(b, f.Sync())
	}
	require.NoError(b, f.Close())
}

func BenchmarkReadRun(b *testing.B) {
	const changes = 100_000
	p := newPlan(b, changes)
	lines := state.StartLine("x", info(), p)
	for i := range p.Changes {
		id := p.Changes[i].ID
		lines = fmt.Appendf(lines, `{"begin":{"change":%q,"at":"2026-11-23T10:36:24.123Z"}}`+"\n", id)
		lines = fmt.Appendf(lines, `{"end":{"change":%q,"at":"2026-11-23T10:36:24.123Z","outcome":"applied"}}`+"\n", id)
	}
	b.SetBytes(int64(len(lines)))
	for b.Loop() {
		_, err := state.Replay(p, lines)
		require.NoError(b, err)
	}
}
