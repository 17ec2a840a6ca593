package cmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// employs reports whether the emulator is filled from the sources: nobody says what
// it holds at first.
func (e *emulatorConfig) employs() bool { return e != nil && e.Seed == "" }

// employ gives everybody whom the sources name an account, under the first of
// their logins, and makes no group but Box's own of all users: so whoever has
// nothing but a source sees what it would come to. A source that cannot be read ends
// the run here: to read it again would send a wrong password twice.
func employ(ctx context.Context, server *emulator.Server, sources []groupsync.Source) error {
	// Without any group Box looks like one that hides them.
	if _, err := server.AddAllUsersGroup("All users of the emulator"); err != nil {
		return fmt.Errorf("fill the emulator: %w", err)
	}
	taken := map[string]bool{}
	for _, u := range server.Users() {
		taken[source.NewLogin(u.Login).Key()] = true
	}
	for _, s := range sources {
		roster, err := s.Read(ctx)
		if err != nil {
			return &readError{err}
		}
		for i := range roster.People() {
			person := roster.Person(source.PersonIndex(i))
			known := slices.ContainsFunc(person.Logins, func(l source.Login) bool { return taken[l.Key()] })
			if known || len(person.Logins) == 0 {
				continue
			}
			login := person.Logins[0]
			if _, err := server.AddUser(emulator.User{Login: login.String(), Name: cmp.Or(person.Name, login.String())}); err != nil {
				return fmt.Errorf("fill the emulator: %w", err)
			}
			taken[login.Key()] = true
		}
	}
	return nil
}
