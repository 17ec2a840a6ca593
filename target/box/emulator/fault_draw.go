package emulator

import (
	"cmp"
	"context"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// faults decides what goes wrong.
type faults struct {
	seed uint64

	mu      *sync.Mutex
	current Faults
	orders  []Failure
	seen    map[uint64]uint64 // how many times each request has come
}

// fate is what is decided about one request.
type fate struct {
	latency time.Duration
	before  *answer // answered instead of the work
	after   *answer // answered instead of the work's answer
	cut     *cut    // what becomes of the work's own answer

	late     *lateness // the work is done later
	endToken bool      // the token ends before the work
}

func newFaults(f Faults, seed int64) faults {
	return faults{seed: uint64(seed), mu: new(sync.Mutex), current: f, seen: map[uint64]uint64{}}
}

func (f *faults) settings() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

func (f *faults) decide(r *http.Request, body []byte, now time.Time) fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ordered := f.ordered(r); ordered != nil {
		return *ordered
	}
	if !f.current.concern(r) {
		return fate{}
	}
	if !f.current.random() {
		return fate{latency: f.current.Latency}
	}
	key := requestKey(r, body)
	f.seen[key]++
	return f.current.draw(r, rand.New(rand.NewPCG(f.seed^key, f.seen[key])), now)
}

// draw decides by chance. Every number is drawn every time, so that switching
// one fault on does not change which requests meet the others. A new number is
// drawn after the old ones, so that a seed keeps its meaning.
func (f Faults) draw(r *http.Request, rng *rand.Rand, now time.Time) fate {
	limited, errorBefore, errorAfter := rng.Float64(), rng.Float64(), rng.Float64()
	resetBefore, resetAfter := rng.Float64(), rng.Float64()
	status := http.StatusInternalServerError + []int{0, 2, 3}[rng.IntN(3)]
	truncated, how := rng.Float64(), cut{at: rng.Float64(), clean: rng.IntN(2) == 0}
	late, conflict, unauthorised, dated := rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64()
	reserved := rng.IntN(2) == 0

	out := fate{latency: f.Latency}
	switch {
	case resetBefore < f.ResetBefore:
		out.before = &answer{reset: true, injected: true}
	case limited < f.RateLimited:
		out.before = new(f.limited(dated < f.RetryAfterDates, now))
	case errorBefore < f.ErrorBefore:
		out.before = new(failure(status, 0))
	case resetAfter < f.ResetAfter:
		out.after = &answer{reset: true, injected: true}
	case errorAfter < f.ErrorAfter:
		out.after = new(failure(status, 0))
	case unauthorised < f.Unauthorised:
		out.endToken = true
	case isWrite(r) && conflict < f.TemporaryConflict:
		out.before = new(temporaryConflict(reserved && strings.HasPrefix(r.URL.Path, "/2.0/groups")))
	case isWrite(r) && late < f.LateApply:
		out.late = &lateness{by: cmp.Or(f.LateBy, time.Second), meanwhile: failure(http.StatusServiceUnavailable, 0)}
	case truncated < f.Truncate:
		out.cut = &how
	}
	return out
}

// requestKey is the same for repeats of one request.
func requestKey(r *http.Request, body []byte) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n") // a hash cannot fail
	_, _ = h.Write(body)
	return h.Sum64()
}

func underAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/2.0/") }

func isWrite(r *http.Request) bool { return underAPI(r) && writes(r.Method) }

// sleep waits and reports whether the whole time went by.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
