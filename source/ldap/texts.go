package ldap

import (
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// texts keeps the many short texts of a directory in few large pieces of memory, and
// logins beside them. What a server sends is one text for each entry, which would stay
// whole for any part of it that is kept.
type texts struct {
	chunk  *strings.Builder
	logins []source.Login
}

// How large the pieces are.
const (
	chunkBytes  = 64 << 10
	chunkLogins = 1 << 10
)

// keep returns the text from where it is kept.
func (t *texts) keep(text string) string {
	if t.chunk == nil || t.chunk.Cap()-t.chunk.Len() < len(text) {
		t.chunk = new(strings.Builder)
		t.chunk.Grow(max(chunkBytes, len(text)))
	}
	at := t.chunk.Len()
	t.chunk.WriteString(text)
	return t.chunk.String()[at:]
}

// keepLogins returns the logins from where they are kept.
func (t *texts) keepLogins(logins []source.Login) []source.Login {
	if cap(t.logins)-len(t.logins) < len(logins) {
		t.logins = make([]source.Login, 0, max(chunkLogins, len(logins)))
	}
	at := len(t.logins)
	for _, login := range logins {
		t.logins = append(t.logins, source.NewLogin(t.keep(login.String())))
	}
	return t.logins[at:len(t.logins):len(t.logins)]
}
