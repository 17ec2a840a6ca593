package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// listEmailAliases never has the login.
func (s *Server) listEmailAliases(c *call) answer {
	u, refused := s.visibleUser(c)
	if refused != nil {
		return *refused
	}
	return ok(object{"total_count": len(u.aliases), "entries": entries(u.aliases, alias.object)})
}

func (a alias) object() object {
	return object{"type": "email_alias", "id": decimal(a.id), "email": a.email, "is_confirmed": true}
}

// owner is who has the address as login or alias; nil if it is free.
func (b *store) owner(address string) *user {
	if u := b.byLogin[fold(address)]; u != nil {
		return u
	}
	return b.byAlias[fold(address)]
}

// addAlias gives u another address.
func (b *store) addAlias(u *user, address string) error {
	if name, domain, _ := strings.Cut(address, "@"); name == "" || domain == "" || strings.ContainsAny(address, ",;| \t") || strings.Contains(domain, "@") {
		return fmt.Errorf("%q is no e-mail address; several are separated by blanks", address)
	}
	if b.owner(address) != nil {
		return fmt.Errorf("the address %q is taken", address)
	}
	b.insertAlias(u, alias{id: b.nextAlias, email: address})
	return nil
}

func (b *store) insertAlias(u *user, a alias) {
	u.aliases = insert(u.aliases, a, a.id, alias.key)
	b.byAlias[fold(a.email)] = u
	b.nextAlias = max(b.nextAlias, a.id+1)
	b.revision++
}

// dropAlias says whether u had the address.
func (b *store) dropAlias(u *user, address string) bool {
	i := slices.IndexFunc(u.aliases, func(a alias) bool { return fold(a.email) == fold(address) })
	if i < 0 {
		return false
	}
	u.aliases = slices.Delete(u.aliases, i, i+1)
	delete(b.byAlias, fold(address))
	b.revision++
	return true
}

// giveLogin gives u a login that is nobody else's. The old one becomes an alias,
// as it does in Box; an alias of u that becomes the login is one no longer.
func (b *store) giveLogin(u *user, login string, at stamp) {
	old := u.login
	b.dropAlias(u, login)
	delete(b.byLogin, u.foldedLogin)
	u.login, u.foldedLogin, u.modified = login, fold(login), at
	b.byLogin[u.foldedLogin] = u
	if fold(old) != u.foldedLogin {
		b.insertAlias(u, alias{id: b.nextAlias, email: old})
	}
	b.revision++
}

func (a alias) key() uint64 { return a.id }
