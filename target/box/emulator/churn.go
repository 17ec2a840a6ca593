package emulator

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// churnPool is how many rows come and go in one list.
const churnPool = 3

// churn is what somebody else does to lists while they are read. It needs
// Server.mu.
type churn struct {
	pages map[string]int // that others follow, by the list's path

	// The last ids that were given to rows at the front of their lists. They
	// count down, so that none is used twice.
	group, user, membership uint64
}

func newChurn() churn {
	return churn{pages: map[string]int{}, group: firstGroup, user: serviceID, membership: firstMembership}
}

// churned lets change happen after the page that a is, if it is the list's
// turn.
func (s *Server) churned(c *call, a answer, every int, change func(*rand.Rand)) answer {
	if every <= 0 || !othersFollow(a.body) {
		return a
	}
	path := c.URL.Path
	a.then = func() {
		s.churn.pages[path]++
		n := s.churn.pages[path]
		if n%every != 0 {
			return
		}
		h := fnv.New64a()
		_, _ = io.WriteString(h, path) // a hash cannot fail
		change(rand.New(rand.NewPCG(s.faults.seed^h.Sum64(), uint64(n))))
	}
	return a
}

func othersFollow(body any) bool {
	switch page := body.(type) {
	case collection:
		return page.Offset+page.Limit < page.Total
	case markedUsers:
		return page.NextMarker != nil
	}
	return false
}

// churnGroups makes or deletes a group.
func (s *Server) churnGroups(rng *rand.Rand) {
	name := fmt.Sprintf("Churn %d", 1+rng.IntN(churnPool))
	if g := s.box.byName[name]; g != nil {
		s.box.removeGroup(g)
		return
	}
	id, ok := front(&s.churn.group, s.box.groupByID)
	if !ok {
		return
	}
	at := s.now()
	s.box.insertGroup(&group{id: id, name: name, kind: managedGroup, created: at, modified: at, settings: settings{
		invitability: "admins_and_members", viewability: "admins_and_members",
	}})
}

// churnUsers makes or deletes a user.
func (s *Server) churnUsers(rng *rand.Rand) {
	login := fmt.Sprintf("churn-user-%d@acme.example", 1+rng.IntN(churnPool))
	if u := s.box.byLogin[login]; u != nil {
		s.box.removeUser(u)
		return
	}
	if id, ok := front(&s.churn.user, s.box.userByID); ok {
		s.box.insertUser(s.churnUser(id, login))
	}
}

// churnMembers puts somebody into a group or takes them out, if the group is
// still there. Who it is has a high id, so that the list of users does not shift.
func (s *Server) churnMembers(groupID string) func(*rand.Rand) {
	return func(rng *rand.Rand) {
		login := fmt.Sprintf("churn-%d@acme.example", 1+rng.IntN(churnPool))
		g, u := s.box.group(groupID), s.box.byLogin[login]
		if g == nil {
			return
		}
		if u == nil {
			u = s.churnUser(s.box.nextUser, login)
			s.box.insertUser(u)
		}
		if m := u.in(g); m != nil {
			s.box.removeMembership(m)
			return
		}
		if id, ok := front(&s.churn.membership, s.box.members); ok {
			at := s.now()
			s.box.insertMembership(&membership{id: id, user: u, group: g, role: roleMember, created: at, modified: at})
		}
	}
}

func (s *Server) churnUser(id uint64, login string) *user {
	at := s.now()
	return &user{
		id: id, login: login, name: "Somebody else", status: "active", role: "user", kind: Managed,
		created: at, modified: at,
	}
}

// front finds the next id below the last one that nothing has.
func front[T any](last *uint64, taken map[uint64]T) (uint64, bool) {
	for *last > 1 {
		*last--
		if _, is := taken[*last]; !is {
			return *last, true
		}
	}
	return 0, false
}
