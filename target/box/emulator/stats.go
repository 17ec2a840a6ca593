package emulator

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Stats count requests since the server was made or [Server.ResetStats].
type Stats struct {
	Requests int `json:"requests"` // everything, the token endpoint included
	Calls    int `json:"calls"`    // below /2.0: what Box counts against its limits
	Writes   int `json:"writes"`   // POST, PUT and DELETE below /2.0, whatever came of them

	Tokens        int `json:"tokens"`         // requests to the token endpoint
	RateLimited   int `json:"rate_limited"`   // answered 429
	Faults        int `json:"faults"`         // met a fault or an injected failure
	UnknownRoutes int `json:"unknown_routes"` // asked for what this Box does not have

	Statuses      map[int]int `json:"statuses"`       // requests by status answered; 0: connection broken
	WriteStatuses map[int]int `json:"write_statuses"` // the same, of Writes
}

type stats struct {
	mu *sync.Mutex
	n  Stats
}

func newStats() stats {
	return stats{mu: new(sync.Mutex), n: Stats{Statuses: map[int]int{}, WriteStatuses: map[int]int{}}}
}

func (s *stats) count(r *http.Request, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n.Requests++
	s.n.Statuses[a.status]++
	if underAPI(r) {
		s.n.Calls++
	}
	if isWrite(r) {
		s.n.Writes++
		s.n.WriteStatuses[a.status]++
	}
	if r.URL.Path == "/oauth2/token" {
		s.n.Tokens++
	}
	if a.status == http.StatusTooManyRequests {
		s.n.RateLimited++
	}
	if a.injected {
		s.n.Faults++
	}
	if a.unknownRoute {
		s.n.UnknownRoutes++
	}
}

func writes(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodDelete
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	out := s.stats.n
	out.Statuses, out.WriteStatuses = maps.Clone(out.Statuses), maps.Clone(out.WriteStatuses)
	return out
}

// ResetStats begins counting anew and empties the journal.
func (s *Server) ResetStats() {
	s.stats.mu.Lock()
	s.stats.n = newStats().n
	s.stats.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// Effect is one write over the API that changed something. A write that was
// refused, or that found everything as it wanted it, has none.
type Effect struct {
	Seq int `json:"seq"` // from 1, in the order in which the writes took effect
	// Action is create_group, update_group, delete_group, add_member,
	// change_member (role or permissions), remove_member, create_user,
	// update_user or delete_user. Deleting a group or a user is one effect,
	// however many memberships it ends.
	Action  string `json:"action"`
	GroupID string `json:"group_id,omitempty"` // of the group and member actions, like the name
	Group   string `json:"group,omitempty"`    // its name, after the write
	// IdentifierBefore and IdentifierAfter are external_sync_identifier, where
	// the write changed it or gave it to a new group; else both are empty.
	IdentifierBefore string `json:"identifier_before,omitempty"`
	IdentifierAfter  string `json:"identifier_after,omitempty"`

	UserID       string `json:"user_id,omitempty"`       // of the member and user actions, like the login
	Login        string `json:"login,omitempty"`         // after the write
	MembershipID string `json:"membership_id,omitempty"` // of the member actions, like what follows
	RoleBefore   string `json:"role_before,omitempty"`   // empty before an add
	RoleAfter    string `json:"role_after,omitempty"`    // empty after a removal
}

// Journal returns the effects so far, oldest first.
func (s *Server) Journal() []Effect {
	s.carryOut(time.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.journal)
}

// record keeps what by has done, as an effect and as events. It needs s.mu, and
// the user that the effect is about must still be there.
func (s *Server) record(by *user, e Effect) {
	e.Seq = len(s.journal) + 1
	s.journal = append(s.journal, e)
	s.announce(by, e)
	s.box.revision++
}
