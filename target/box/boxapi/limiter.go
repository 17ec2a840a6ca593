package boxapi

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	recoverEvery = 10   // successful calls between two steps up
	recoverStep  = 0.05 // of the configured rate, a step
	lowestShare  = 0.05 // of the configured rate; it is never slower
)

// PacingStats tell how a client was slowed down.
type PacingStats struct {
	Pauses            int           // how often a 429 stopped all workers
	Paused            time.Duration // the length of these pauses together
	RequestsPerMinute float64       // the pace right now; 0 means no limit
}

// pacer decides when the next attempt may go out. Its token bucket and its
// pauses are shared by all workers.
type pacer struct {
	limiter    *rate.Limiter // nil: no limit
	configured rate.Limit    // per second

	mu     sync.Mutex
	until  time.Time // the end of the pause
	epoch  int       // how often the rate was halved
	streak int       // successes since the last step
	stats  PacingStats
}

func newPacer(perMinute, burst int) *pacer {
	p := &pacer{configured: rate.Limit(float64(perMinute) / 60)}
	if perMinute > 0 {
		p.limiter = rate.NewLimiter(p.configured, max(burst, 1))
	}
	return p
}

// wait returns when the caller may send one request. Each call of it pays one
// token. It returns context.Cause as soon as ctx is done, and then nothing may
// be sent. The epoch it returns belongs into [pacer.pause].
func (p *pacer) wait(ctx context.Context) (epoch int, err error) {
	if _, err := p.waitForPause(ctx); err != nil {
		return 0, err
	}
	if err := p.takeToken(ctx); err != nil {
		return 0, err
	}
	// A pause may have begun while this worker waited for its token.
	return p.waitForPause(ctx)
}

func (p *pacer) waitForPause(ctx context.Context) (epoch int, err error) {
	for {
		p.mu.Lock()
		left, epoch := time.Until(p.until), p.epoch
		p.mu.Unlock()
		if err := sleep(ctx, left); err != nil {
			return 0, err
		}
		if left <= 0 {
			return epoch, nil
		}
	}
}

// paused reports whether a pause is on.
func (p *pacer) paused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until) > 0
}

// takeToken reserves instead of using [rate.Limiter.Wait], whose error past a
// deadline is neither the context's nor its cause.
func (p *pacer) takeToken(ctx context.Context) error {
	if p.limiter == nil {
		return nil
	}
	token := p.limiter.Reserve()
	if err := sleep(ctx, token.Delay()); err != nil {
		token.Cancel()
		return err
	}
	return nil
}

// pause stops all workers for d and halves the rate. Requests that were in
// flight together are refused together, so of those that share an epoch only
// the first one halves.
func (p *pacer) pause(d time.Duration, epoch int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := now.Add(d); until.After(p.until) {
		begin := p.until
		if !now.Before(p.until) {
			begin = now
			p.stats.Pauses++
		}
		p.stats.Paused += until.Sub(begin)
		p.until = until
	}
	if epoch == p.epoch {
		p.epoch++
		p.setRate(0.5, 0)
	}
}

// succeeded lets the rate recover, a step for every few successful calls.
func (p *pacer) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streak++; p.streak >= recoverEvery {
		p.setRate(1, recoverStep)
	}
}

func (p *pacer) setRate(factor, step rate.Limit) {
	p.streak = 0
	if p.limiter == nil {
		return
	}
	next := p.limiter.Limit()*factor + p.configured*step
	p.limiter.SetLimit(min(max(next, p.configured*lowestShare), p.configured))
}

func (p *pacer) snapshot() PacingStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.stats
	if p.limiter != nil {
		stats.RequestsPerMinute = float64(p.limiter.Limit()) * 60
	}
	return stats
}

// sleep waits for d. It returns context.Cause as soon as ctx is done, also when
// it was done before.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
