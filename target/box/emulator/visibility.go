package emulator

import (
	"sync"
	"time"
)

// lag is this Box as lists show it: a second store, in which each change is
// repeated when it is old enough to be seen. What waits for that is no older
// than the delay, or than the last change or list.
//
// Whoever changes the store holds Server.mu, as does whoever lists.
type lag struct {
	delay time.Duration
	at    time.Time // when what is noted happened; zero: now

	mu      sync.Mutex // of those who list at the same time
	seen    *store
	waiting []change // oldest first
}

// change is something that happened to the store.
type change struct {
	at     time.Time
	repeat func(seen *store)
}

// follow makes lists show this Box as it was so long ago. It needs s.mu.
func (s *Server) follow(delay time.Duration) {
	switch {
	case delay <= 0:
		s.lag, s.box.follower = nil, nil
	case s.lag == nil:
		s.lag = &lag{delay: delay, seen: s.box.clone()}
		s.box.follower = s.lag
	default:
		s.lag.catchUp(time.Now()) // with the delay that there was
		s.lag.delay = delay
	}
}

// replace makes box what this Box knows, for lists too. Writes that were late
// never come. It needs s.mu.
func (s *Server) replace(box *store) {
	s.box, s.saved = box, box.revision
	s.late.queue = nil
	s.late.waiting.Store(0)
	if old := s.lag; old != nil {
		s.lag = nil
		s.follow(old.delay)
	}
}

// listed returns the store that lists show, and what must be called when it is
// no longer looked at. It needs s.mu, for reading at least.
func (s *Server) listed() (seen *store, release func()) {
	l := s.lag
	if l == nil {
		return s.box, func() {}
	}
	l.mu.Lock()
	l.catchUp(time.Now())
	return l.seen, l.mu.Unlock
}

// note takes down what happened now.
func (l *lag) note(repeat func(seen *store)) {
	now := time.Now()
	l.catchUp(now)
	at := now
	if !l.at.IsZero() {
		at = l.at
	}
	l.waiting = append(l.waiting, change{at: at, repeat: repeat})
}

// happenedAt says of the changes that f makes that they happened at a time
// that has gone by. It needs s.mu.
func (s *Server) happenedAt(at time.Time, f func()) {
	if s.lag == nil {
		f()
		return
	}
	s.lag.at = at
	f()
	s.lag.at = time.Time{}
}

// catchUp repeats what is old enough.
func (l *lag) catchUp(now time.Time) {
	for len(l.waiting) > 0 && now.Sub(l.waiting[0].at) >= l.delay {
		l.repeatNext()
	}
}

func (l *lag) repeatAll() {
	for len(l.waiting) > 0 {
		l.repeatNext()
	}
}

func (l *lag) repeatNext() {
	l.waiting[0].repeat(l.seen)
	l.waiting[0] = change{} // lets go of what it holds
	l.waiting = l.waiting[1:]
}

// tell hands a change to the follower. The store's insertions and removals
// tell; what changes a row in place must call userChanged or the like.
func (b *store) tell(repeat func(seen *store)) {
	if b.follower != nil {
		b.follower.note(repeat)
	}
}

// userChanged tells what the user is like now.
func (b *store) userChanged(u *user) {
	is := *u
	is.memberships = nil
	b.tell(func(seen *store) { seen.putUser(is) })
}

// groupChanged tells what the group is like now.
func (b *store) groupChanged(g *group) {
	is := *g
	is.memberships = nil
	b.tell(func(seen *store) { seen.putGroup(is) })
}

// membershipChanged tells what the membership is like now.
func (b *store) membershipChanged(m *membership) {
	is := *m
	b.tell(func(seen *store) { seen.putMembership(is) })
}

// putUser and the like insert a row or bring it up to date. The row is another
// store's, so only its values count. Who is found under a name or login is not
// kept up to date: lists do not ask.
func (b *store) putUser(is user) {
	u := b.userByID[is.id]
	if u == nil {
		b.insertUser(&is)
		return
	}
	is.memberships = u.memberships
	*u = is
}

func (b *store) putGroup(is group) {
	g := b.groupByID[is.id]
	if g == nil {
		b.insertGroup(&is)
		return
	}
	is.memberships = g.memberships
	*g = is
}

func (b *store) putMembership(is membership) {
	is.user, is.group = b.userByID[is.user.id], b.groupByID[is.group.id]
	if m := b.members[is.id]; m != nil {
		*m = is
		return
	}
	b.insertMembership(&is)
}

// clone shares no row with b.
func (b *store) clone() *store {
	c := emptyStore()
	for _, u := range b.users {
		is := *u
		is.memberships = nil
		c.putUser(is)
	}
	for _, g := range b.groups {
		is := *g
		is.memberships = nil
		c.putGroup(is)
		for _, m := range g.memberships {
			c.putMembership(*m)
		}
	}
	return c
}

// showed says whether a caller could see a group of the store that lists show.
// The caller is the one of today.
func (s *Server) showed(seen *store, me *user, g *group) bool {
	if g == nil || !s.app.reachesGroup(g) {
		return false
	}
	then := seen.userByID[me.id]
	return me.administers() || then != nil && then.in(g) != nil
}

// showedUser says the same of a user, who may be nil.
func (s *Server) showedUser(me, u *user) bool {
	return u != nil && (u.id == me.id || me.administers() && s.app.reachesUser(u))
}
