package emulator

import (
	"cmp"
	"strings"
	"time"
)

// tokenLifetime is that of tokens granted now.
func (s *Server) tokenLifetime() time.Duration {
	return cmp.Or(s.faults.settings().TokenLifetime, s.opts.TokenLifetime)
}

// endToken ends the life of the token that an Authorization header carries, and
// says whether it had one: the developer token is good for ever.
func (s *Server) endToken(header string) bool {
	_, text, _ := strings.Cut(header, " ")
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	t, granted := s.tokens.known[text]
	if granted {
		t.expires = time.Time{}
		s.tokens.known[text] = t
	}
	return granted
}

func expired() answer {
	return unauthorised("expired_token", "The access token provided has expired.")
}
