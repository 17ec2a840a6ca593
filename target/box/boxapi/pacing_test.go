package boxapi_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func realWaits(cfg *boxapi.Config) { cfg.Retry = boxapi.Retry{} }

func TestPacing_attempts_pay_exactly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := slices.Repeat([]step{{status: 409, body: `{"code":"operation_blocked_temporary"}`}, {status: 204}}, 25)
		c := client(t, newScript(t, steps...), func(cfg *boxapi.Config) { cfg.RequestsPerMinute, cfg.Burst = 600, 1 })
		began := time.Now()
		for range 25 {
			require.NoError(t, c.DeleteMembership(t.Context(), 1))
		}
		// 50 attempts, retries included, at 10 a second; the first is free.
		assert.InDelta(t, 4900, time.Since(began).Milliseconds(), 1)
		assert.EqualValues(t, 50, c.Calls())
		assert.Equal(t, boxapi.PacingStats{RequestsPerMinute: 600}, c.Pacing())
	})
}

func TestPacing_burst_and_no_limit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		rpm, burst int
		want       time.Duration
	}{{"burst", 60, 10, 10 * time.Second}, {"zero_burst", 60, 0, 19 * time.Second}, {"no_limit", 0, 0, 0}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := client(t, newScript(t, slices.Repeat([]step{{status: 204}}, 20)...), func(cfg *boxapi.Config) {
					cfg.RequestsPerMinute, cfg.Burst = tc.rpm, tc.burst
				})
				began := time.Now()
				for range 20 {
					require.NoError(t, c.DeleteMembership(t.Context(), 1))
				}
				assert.InDelta(t, tc.want.Seconds(), time.Since(began).Seconds(), 0.01)
			})
		})
	}
}

func TestRetryAfter_forms(t *testing.T) {
	t.Parallel()
	// Bubbles begin at midnight UTC, 2000-01-01.
	tests := map[string]struct {
		status   int
		header   []string
		low, top time.Duration
	}{
		"seconds":            {429, []string{"Retry-After", "9"}, 9 * time.Second, 9900 * time.Millisecond},
		"seconds_of_503":     {503, []string{"Retry-After", "9"}, 9 * time.Second, 9900 * time.Millisecond},
		"date":               {429, []string{"Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"}, 30 * time.Second, 33 * time.Second},
		"date_by_its_clock":  {429, []string{"Retry-After", "Wed, 05 May 2021 10:00:20 GMT", "Date", "Wed, 05 May 2021 10:00:00 GMT"}, 20 * time.Second, 22 * time.Second},
		"past_date":          {429, []string{"Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"}, 500 * time.Millisecond, time.Second},
		"zero":               {429, []string{"Retry-After", "0"}, 500 * time.Millisecond, time.Second},
		"nonsense":           {429, []string{"Retry-After", "soon"}, 500 * time.Millisecond, time.Second},
		"negative":           {429, []string{"Retry-After", "-5"}, 500 * time.Millisecond, time.Second},
		"absent":             {429, nil, 500 * time.Millisecond, time.Second},
		"capped":             {429, []string{"Retry-After", "3600"}, 2 * time.Minute, 2 * time.Minute},
		"capped_on_a_server": {500, []string{"Retry-After", "3600"}, 2 * time.Minute, 2 * time.Minute},
		"beyond_64_bits":     {429, []string{"Retry-After", "99999999999999999999999"}, 2 * time.Minute, 2 * time.Minute},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := newScript(t, step{status: tc.status, header: tc.header}, step{status: 204})
				require.NoError(t, client(t, box, realWaits).DeleteMembership(t.Context(), 1))
				waited := box.times[1].Sub(box.times[0])
				assert.GreaterOrEqual(t, waited, tc.low)
				assert.LessOrEqual(t, waited, tc.top)
			})
		})
	}
}

func TestError_RetryAfter_is_told(t *testing.T) {
	t.Parallel()
	c := client(t, newScript(t, step{status: 429, header: []string{"Retry-After", "7"}}), func(cfg *boxapi.Config) { cfg.Retry.MaxAttempts = 1 })
	e := asError(t, c.DeleteMembership(t.Context(), 1))
	assert.Equal(t, 7*time.Second, e.RetryAfter)
	assert.Equal(t, 1, c.Pacing().Pauses, "the others are stopped also by the last attempt")
}

func TestBackoff_bounds_and_spread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const attempts = 10
		first := map[time.Duration]bool{}
		for range 50 {
			box := newScript(t, slices.Repeat([]step{{status: 500}}, attempts)...)
			c := client(t, box, func(cfg *boxapi.Config) { cfg.Retry = boxapi.Retry{MaxAttempts: attempts, MaxWait: 20 * time.Second} })
			require.Error(t, c.DeleteMembership(t.Context(), 1))
			for n := 1; n < attempts; n++ {
				waited := box.times[n].Sub(box.times[n-1])
				assert.GreaterOrEqual(t, waited, 500*time.Millisecond)
				assert.LessOrEqual(t, waited, min(time.Second<<(n-1), 20*time.Second))
			}
			first[box.times[1].Sub(box.times[0])] = true
		}
		assert.Greater(t, len(first), 40, "workers that failed together come back apart")
	})
}

func TestBackoff_stays_below_MaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := newScript(t, step{err: errReset}, step{status: 204})
		c := client(t, box, func(cfg *boxapi.Config) { cfg.Retry = boxapi.Retry{Base: time.Hour, MaxWait: time.Second} })
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		assert.LessOrEqual(t, box.times[1].Sub(box.times[0]), time.Second)
	})
}

func TestPause_stops_every_worker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		refuse := began.Add(5 * time.Second)
		var mu sync.Mutex
		var sent []time.Duration
		box := roundTrip(func(*http.Request) (*http.Response, error) {
			time.Sleep(100 * time.Millisecond) // so that several are in flight
			mu.Lock()
			defer mu.Unlock()
			at := time.Since(began)
			sent = append(sent, at)
			if at >= 5*time.Second && time.Now().Before(refuse.Add(150*time.Millisecond)) {
				return answer(429, "", "Retry-After", "30"), nil
			}
			return answer(204, ""), nil
		})
		c := client(t, box, realWaits, func(cfg *boxapi.Config) { cfg.RequestsPerMinute, cfg.Burst = 1200, 4 })
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					assert.NoError(t, c.DeleteMembership(t.Context(), 1))
				}
			})
		}
		wg.Wait()
		for _, at := range sent {
			assert.False(t, at > 5300*time.Millisecond && at < 35*time.Second, "sent at %s, during the pause", at)
		}
		stats := c.Pacing()
		assert.Equal(t, 1, stats.Pauses, "refusals of one moment are one pause")
		assert.GreaterOrEqual(t, stats.Paused, 30*time.Second)
		assert.Less(t, stats.Paused, 33200*time.Millisecond)
	})
}

func TestPause_halves_once_and_recovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refusing := true
		box := roundTrip(func(*http.Request) (*http.Response, error) {
			bad := refusing
			time.Sleep(time.Second)
			if bad {
				return answer(429, "", "Retry-After", "2"), nil
			}
			return answer(204, ""), nil
		})
		c := client(t, box, func(cfg *boxapi.Config) {
			cfg.RequestsPerMinute, cfg.Burst = 1000, 100
			cfg.Retry = boxapi.Retry{MaxAttempts: 1}
		})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { assert.Equal(t, boxapi.RateLimited, boxapi.KindOf(c.DeleteMembership(t.Context(), 1))) })
		}
		wg.Wait()
		assert.InDelta(t, 500, c.Pacing().RequestsPerMinute, 0.01, "eight refusals of one moment halve once")
		assert.Equal(t, 1, c.Pacing().Pauses)

		require.Error(t, c.DeleteMembership(t.Context(), 1))
		assert.InDelta(t, 250, c.Pacing().RequestsPerMinute, 0.01)
		for range 10 {
			require.Error(t, c.DeleteMembership(t.Context(), 1))
		}
		assert.InDelta(t, 50, c.Pacing().RequestsPerMinute, 0.01, "never below a twentieth")

		refusing = false
		for range 9 {
			require.NoError(t, c.DeleteMembership(t.Context(), 1))
		}
		assert.InDelta(t, 50, c.Pacing().RequestsPerMinute, 0.01)
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		assert.InDelta(t, 100, c.Pacing().RequestsPerMinute, 0.01)
		for range 500 {
			require.NoError(t, c.DeleteMembership(t.Context(), 1))
		}
		assert.InDelta(t, 1000, c.Pacing().RequestsPerMinute, 0.01, "never above what was configured")
	})
}

// server is a token bucket like Box's: burst of one second, Retry-After 1 s.
func TestPacing_twice_too_fast_costs_little(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perSecond, calls = 15.0, 1500
		var mu sync.Mutex
		tokens, last := perSecond, time.Now()
		box := roundTrip(func(*http.Request) (*http.Response, error) {
			time.Sleep(20 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			tokens = min(tokens+time.Since(last).Seconds()*perSecond, perSecond)
			last = time.Now()
			if tokens < 1 {
				return answer(429, "", "Retry-After", "1"), nil
			}
			tokens--
			return answer(204, ""), nil
		})
		c := client(t, box, realWaits, func(cfg *boxapi.Config) { cfg.RequestsPerMinute, cfg.Burst = 2*60*perSecond, 10 })
		began := time.Now()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range calls / 8 {
					assert.NoError(t, c.DeleteMembership(t.Context(), 1))
				}
			})
		}
		wg.Wait()
		ratio := time.Since(began).Seconds() / (calls / perSecond)
		t.Logf("%.3f of the ideal time, %d calls for %d, %+v", ratio, c.Calls(), calls, c.Pacing())
		assert.Less(t, ratio, 1.3)
	})
}

func TestWaits_end_with_the_context(t *testing.T) {
	t.Parallel()
	cause := errors.New("operator left")
	tests := map[string]struct {
		first  step
		change func(*boxapi.Config)
		doubt  bool
	}{
		"back_off": {step{status: 503}, func(cfg *boxapi.Config) { cfg.Retry = boxapi.Retry{Base: time.Hour, MaxWait: time.Hour} }, true},
		"pause":    {step{status: 429, header: []string{"Retry-After", "100"}}, realWaits, false},
		"limiter":  {step{status: 503}, func(cfg *boxapi.Config) { cfg.RequestsPerMinute = 1 }, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := client(t, newScript(t, tc.first), tc.change)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(cause) })
				began := time.Now()
				err := c.DeleteMembership(ctx, 1)
				assert.Equal(t, 3*time.Second, time.Since(began))
				require.ErrorIs(t, err, cause)
				e := asError(t, err)
				assert.Equal(t, boxapi.Stopped, e.Kind())
				assert.Equal(t, 1, e.Attempts)
				assert.Equal(t, tc.doubt, e.Uncertain)
				assert.EqualValues(t, 1, c.Calls())
				assert.Contains(t, err.Error(), "DELETE /group_memberships/1: operator left")
			})
		})
	}
}

// rate.Limiter.Wait reports a deadline as an error of its own (trap T5).
func TestWaits_deadline_in_the_limiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, newScript(t, step{status: 204}), func(cfg *boxapi.Config) { cfg.RequestsPerMinute = 1 })
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := c.DeleteMembership(ctx, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, boxapi.Stopped, boxapi.KindOf(err))
		assert.EqualValues(t, 1, c.Calls())
	})
}

func TestWaits_a_token_not_used_is_given_back(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, newScript(t, step{status: 204}, step{status: 204}), func(cfg *boxapi.Config) { cfg.RequestsPerMinute = 1 })
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.Error(t, c.DeleteMembership(ctx, 1))
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		assert.InDelta(t, 60, time.Since(began).Seconds(), 0.01)
	})
}

func TestTimeout_is_not_the_callers_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		err := c.DeleteMembership(t.Context(), 1)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no answer within 30s")
		e := asError(t, err)
		assert.Equal(t, boxapi.Network, e.Kind())
		assert.Equal(t, 6, e.Attempts)
		assert.True(t, e.Uncertain)
	})
}

func TestTimeout_is_per_attempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			if n++; n < 3 {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return answer(204, ""), nil
		}))
		began := time.Now()
		require.NoError(t, c.DeleteMembership(t.Context(), 1))
		assert.InDelta(t, 60, time.Since(began).Seconds(), 0.01)
	})
}
