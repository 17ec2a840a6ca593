package ldap

import (
	"fmt"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// trace keeps of a read what only an explanation needs. A nil one keeps nothing.
type trace struct {
	people map[int32]traced // by index
}

// traced is what the entry of a person said.
type traced struct {
	attributes map[string]string // by the login's key: which attribute has it
	closed     string            // the sign that closes the account, or ""
}

// anew returns an empty one, or nil of nil.
func (t *trace) anew() *trace {
	if t == nil {
		return nil
	}
	return &trace{people: map[int32]traced{}}
}

// person keeps what the entry of the person at the index says.
func (t *trace) person(r *reading, index int, e *wire.Entry) {
	if t == nil {
		return
	}
	said := traced{attributes: map[string]string{}}
	for _, attribute := range r.config.Users.Login {
		logins, _ := loginsIn(e, attribute)
		for _, login := range logins {
			if said.attributes[login.Key()] == "" {
				said.attributes[login.Key()] = attribute
			}
		}
	}
	for _, s := range signs() {
		for _, value := range wire.Values(e, s.attribute) {
			if is, _ := s.says(value, r.now); is && !r.config.People.DisabledStay {
				said.closed = fmt.Sprintf("%s is %s", s.attribute, value)
			}
		}
	}
	t.people[int32(index)] = said //nolint:gosec // a directory has fewer people
}
