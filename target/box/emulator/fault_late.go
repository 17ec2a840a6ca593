package emulator

import (
	"slices"
	"sync/atomic"
	"time"
)

// lateness is the fate of a write that is carried out after it was answered.
type lateness struct {
	by        time.Duration
	meanwhile answer // given at once
}

// latecomers are writes that were answered and not carried out yet. They are
// carried out by whoever comes next: a request, or a test that looks. The
// queue needs Server.mu.
type latecomers struct {
	waiting atomic.Int64 // how many there are
	queue   []latecomer  // in the order in which they are due
}

type latecomer struct {
	due     time.Time
	request uint64 // its key
	call    *call
	user    uint64 // whose token it came with
	work    handler
}

// postpone puts a write off, unless an equal one waits already.
func (s *Server) postpone(c *call, user uint64, work handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := requestKey(c.Request, c.body)
	if slices.ContainsFunc(s.late.queue, func(l latecomer) bool { return l.request == key }) {
		return
	}
	due := time.Now().Add(c.fate.late.by)
	i := 0
	for i < len(s.late.queue) && !s.late.queue[i].due.After(due) {
		i++
	}
	s.late.queue = slices.Insert(s.late.queue, i, latecomer{due: due, request: key, call: c, user: user, work: work})
	s.late.waiting.Store(int64(len(s.late.queue)))
}

// overtake forgets the write that waits and is equal to one that was carried
// out now. It needs s.mu.
func (s *Server) overtake(c *call) {
	if len(s.late.queue) == 0 {
		return
	}
	key := requestKey(c.Request, c.body)
	s.late.queue = slices.DeleteFunc(s.late.queue, func(l latecomer) bool { return l.request == key })
	s.late.waiting.Store(int64(len(s.late.queue)))
}

// carryOut does what is due. What has become impossible or is done already is
// refused by Box's own rules, and nobody is told.
func (s *Server) carryOut(now time.Time) {
	if s.late.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.late.queue) > 0 && !s.late.queue[0].due.After(now) {
		l := s.late.queue[0]
		s.late.queue = slices.Delete(s.late.queue, 0, 1)
		s.happenedAt(l.due, func() {
			if s.identify(l.call, l.user) == nil {
				l.work(l.call)
			}
		})
	}
	s.late.waiting.Store(int64(len(s.late.queue)))
}

// Settle ends all waiting: writes that are late are carried out, and lists
// show what is true now.
func (s *Server) Settle() {
	s.carryOut(time.Now().Add(100 * 365 * 24 * time.Hour))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lag != nil {
		s.lag.repeatAll()
	}
}
