package boxapi

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Retry bounds the repetition of calls. The zero value means the defaults.
type Retry struct {
	MaxAttempts int           // attempts of one call, the first included; 6 if 0
	Base        time.Duration // the first back-off is Base/2 to Base, later ones up to twice the one before; 1 s if 0
	MaxWait     time.Duration // bounds every single wait, one that Box asks for included; 2 min if 0
}

func (r Retry) withDefaults() Retry {
	return Retry{
		MaxAttempts: cmp.Or(r.MaxAttempts, 6),
		Base:        cmp.Or(r.Base, time.Second),
		MaxWait:     cmp.Or(r.MaxWait, 2*time.Minute),
	}
}

// Retry returns the bounds within which the client repeats calls, for callers
// that wait for something else than one call.
func (c *Client) Retry() Retry { return c.retry }

// backoff returns a random wait before repetition n (from 1): between Base/2
// and Base·2^(n-1), never more than MaxWait. Workers that failed together so
// come back apart.
func (r Retry) backoff(n int) time.Duration {
	high := min(r.Base, r.MaxWait)
	for range n - 1 {
		high = min(high*2, r.MaxWait)
	}
	low := min(r.Base/2, high)
	return low + rand.N(high-low+1)
}

// askedOr returns the wait that Box asked for, with up to a tenth more so that
// clients come back apart, or a back-off if it asked for none.
func (r Retry) askedOr(asked time.Duration, n int) time.Duration {
	if asked <= 0 {
		return r.backoff(n)
	}
	return min(asked+rand.N(asked/10+1), r.MaxWait)
}

// retryAfter reads the header in both its forms, seconds and date; 0 means that
// it is absent, unreadable or past. Dates are held against the server's own
// clock where it tells it.
func retryAfter(h http.Header) time.Duration {
	const most = 1 << 31 // seconds; keeps the product in range
	value := h.Get("Retry-After")
	n, err := strconv.ParseUint(value, 10, 63)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(n, most)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(at.Sub(now), 0)
}
