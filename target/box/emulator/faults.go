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

// Faults are the troubles that a Box may have. Probabilities run from 0 to 1.
// They concern requests below /2.0, and the token endpoint only with OnToken.
//
// Whether a request meets a fault depends on the seed, its method, address and
// body, and on how many times exactly this request has come before: not on
// what other requests come in between. So a run with several workers meets the
// same faults as a run with one.
type Faults struct {
	Latency time.Duration // before anything else; ends early when the client goes

	RateLimited float64       // 429 although there is no limit
	RetryAfter  time.Duration // what such a 429 asks for; default one second

	ErrorBefore float64 // 500, 502 or 503, and nothing was done
	ErrorAfter  float64 // the same, but the request was carried out
	ResetBefore float64 // the connection breaks, and nothing was done
	ResetAfter  float64 // the connection breaks, but the request was carried out

	// Truncate cuts the JSON body of an answer somewhere; what was asked for was
	// done. Half of the cut answers announce their whole length and end with the
	// connection, the others announce what they have and end as if all were well.
	// An answer without a body, as a deletion has, is left alone.
	Truncate float64

	// VisibleAfter makes the lists of groups, users and memberships show this Box
	// as it was so long ago, searches included. Writes and the reading of a single
	// object work with what is true now. A list of the memberships of a group or
	// user that is too new to be seen is empty; one of what was deleted lately
	// still shows what it had. What was loaded or seeded, or was there when this
	// was switched on, is seen at once. Making it longer takes nothing out of
	// sight again.
	VisibleAfter time.Duration

	// Rows that are dropped from the end of every page, as Box drops rows that
	// the caller may not see: the page is short and the total still counts them.
	HideGroups  int
	HideMembers int
	HideUsers   int

	OnToken bool // the faults concern POST /oauth2/token too
}

// Failure is trouble that is ordered for certain requests to come, for tests
// that need one exact thing to go wrong. Failures are used up in the order in
// which they were injected, each by the first requests that it matches.
type Failure struct {
	Times      int           // how many requests it hits; default 1
	Method     string        // only this method; empty: any
	PathPrefix string        // only paths that begin so; empty: everything below /2.0
	Status     int           // what is answered; 0: the connection breaks
	Code       string        // the error code of the body, for example forbidden_by_policy; empty: the usual one for the status
	RetryAfter time.Duration // with Status 429 and 503: the header, if not 0
	After      bool          // the request is carried out first

	// Truncate cuts the body in the middle: that of Status, or where Status is 0
	// that of the request's own answer, which is then carried out. The answer
	// announces its whole length, and the connection ends early; with CleanEnd it
	// announces what it has. What has no body is left alone.
	Truncate bool
	CleanEnd bool

	// HTML answers with a page of some proxy, of status 200 where Status is 0.
	HTML bool
}

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
}

func newFaults(f Faults, seed int64) faults {
	return faults{seed: uint64(seed), mu: new(sync.Mutex), current: f, seen: map[uint64]uint64{}}
}

// SetFaults changes the faults for the requests that arrive from now on.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follow(f.VisibleAfter)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.current = f
}

// Inject orders a failure.
func (s *Server) Inject(f Failure) {
	f.Times = max(1, f.Times)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.orders = append(s.faults.orders, f)
}

// FailNext makes the next n requests below /2.0 fail with a status, before
// they do anything.
func (s *Server) FailNext(n, status int) {
	s.Inject(Failure{Times: n, Status: status})
}

func (f *faults) settings() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

func (f *faults) decide(r *http.Request, body []byte) fate {
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
	return f.current.draw(rand.New(rand.NewPCG(f.seed^key, f.seen[key])))
}

// ordered uses up the first failure that was injected for such a request.
func (f *faults) ordered(r *http.Request) *fate {
	for i := range f.orders {
		o := &f.orders[i]
		if !o.matches(r) {
			continue
		}
		out := o.fate()
		out.latency = f.current.Latency
		if o.Times--; o.Times == 0 {
			f.orders = append(f.orders[:i], f.orders[i+1:]...)
		}
		return &out
	}
	return nil
}

func (o *Failure) matches(r *http.Request) bool {
	if o.Method != "" && o.Method != r.Method {
		return false
	}
	if o.PathPrefix == "" {
		return underAPI(r)
	}
	return strings.HasPrefix(r.URL.Path, o.PathPrefix)
}

func (o *Failure) fate() fate {
	var c *cut
	if o.Truncate {
		c = &cut{at: 0.5, clean: o.CleanEnd}
		if o.Status == 0 && !o.HTML {
			return fate{cut: c}
		}
	}
	a := o.answer()
	a.cut = c
	if o.After {
		return fate{after: &a}
	}
	return fate{before: &a}
}

func (o *Failure) answer() answer {
	switch {
	case o.HTML:
		return proxyPage(cmp.Or(o.Status, http.StatusOK))
	case o.Status == 0:
		return answer{reset: true, injected: true}
	}
	a := failure(o.Status, o.RetryAfter)
	if o.Code != "" {
		a.html = "" // what has a code is Box's own
		a.body = problem(o.Status, o.Code, http.StatusText(o.Status)).body
	}
	return a
}

func (f Faults) concern(r *http.Request) bool {
	return underAPI(r) || f.OnToken && r.URL.Path == "/oauth2/token"
}

func (f Faults) random() bool {
	return f.RateLimited+f.ErrorBefore+f.ErrorAfter+f.ResetBefore+f.ResetAfter+f.Truncate > 0
}

// draw decides by chance. Every number is drawn every time, so that switching
// one fault on does not change which requests meet the others. A new number is
// drawn after the old ones, so that a seed keeps its meaning.
func (f Faults) draw(rng *rand.Rand) fate {
	limited, errorBefore, errorAfter := rng.Float64(), rng.Float64(), rng.Float64()
	resetBefore, resetAfter := rng.Float64(), rng.Float64()
	status := http.StatusInternalServerError + []int{0, 2, 3}[rng.IntN(3)]
	truncated, how := rng.Float64(), cut{at: rng.Float64(), clean: rng.IntN(2) == 0}

	out := fate{latency: f.Latency}
	switch {
	case resetBefore < f.ResetBefore:
		out.before = &answer{reset: true, injected: true}
	case limited < f.RateLimited:
		out.before = new(failure(http.StatusTooManyRequests, max(f.RetryAfter, time.Second)))
	case errorBefore < f.ErrorBefore:
		out.before = new(failure(status, 0))
	case resetAfter < f.ResetAfter:
		out.after = &answer{reset: true, injected: true}
	case errorAfter < f.ErrorAfter:
		out.after = new(failure(status, 0))
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
