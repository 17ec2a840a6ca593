package emulator

import (
	"sync"
	"time"
)

// limits are token buckets, one for each token user.
type limits struct {
	perSecond float64 // 0: no limit
	burst     float64

	mu      *sync.Mutex
	buckets map[uint64]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimits(perMinute, burst int) limits {
	return limits{
		perSecond: float64(perMinute) / 60,
		burst:     float64(burst),
		mu:        new(sync.Mutex),
		buckets:   map[uint64]*bucket{},
	}
}

// take pays for one request of a user. When the bucket is empty it takes
// nothing and says how long the next token is away.
func (l *limits) take(user uint64, at time.Time) time.Duration {
	if l.perSecond <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[user]
	if b == nil {
		b = &bucket{tokens: l.burst, at: at}
		l.buckets[user] = b
	}
	if d := at.Sub(b.at); d > 0 {
		b.tokens = min(l.burst, b.tokens+d.Seconds()*l.perSecond)
		b.at = at
	}
	if b.tokens < 1 {
		return max(1, time.Duration((1-b.tokens)/l.perSecond*float64(time.Second)))
	}
	b.tokens--
	return 0
}
