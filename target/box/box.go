// Package box is the adapter between the vocabulary of package target and
// Box's REST API (package boxapi).
//
// [Reader] and [Writer] are two types, so that whoever is given the one cannot
// write: that is what makes a dry run dry. How Box is read with few calls is
// decided in one file, strategy.go.
package box

import (
	"errors"
	"fmt"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// groupFields returns the fields to ask for with every group: with `fields`,
// Box returns nothing that is not named.
func groupFields() []string { return []string{"name", "group_type", "external_sync_identifier"} }

func groupOf(g boxapi.Group) target.Group {
	return target.Group{
		ID:         target.GroupID(g.ID),
		Name:       g.Name,
		Identifier: g.ExternalSyncIdentifier,
		AllUsers:   g.GroupType == boxapi.AllUsersGroup,
	}
}

func roleOf(word string) target.Role {
	switch word {
	case boxapi.RoleMember:
		return target.RoleMember
	case boxapi.RoleAdmin:
		return target.RoleAdmin
	default:
		return target.RoleOther
	}
}

func wordOf(role target.Role) string {
	if role == target.RoleAdmin {
		return boxapi.RoleAdmin
	}
	return boxapi.RoleMember
}

func userOf(u boxapi.User) target.User {
	return target.User{ID: target.UserID(u.ID), Login: u.Login, Name: u.Name, Standing: standingOf(u)}
}

// hopeless marks the errors after which no other write can succeed.
func hopeless(err error) error {
	if endsAll(err) {
		return &target.FatalError{Err: err}
	}
	return err
}

func endsAll(err error) bool {
	switch boxapi.KindOf(err) {
	case boxapi.Unauthorized, boxapi.Forbidden:
		return true
	default:
		return errors.Is(err, boxapi.ErrMaxCalls)
	}
}

// ErrNoUsers says that Box shows the credentials no user at all.
var ErrNoUsers = errors.New("no users are visible in Box")

// ErrTooManyGroups says that the enterprise has more groups than Box lists, and
// that not all of the others could be found by their names.
var ErrTooManyGroups = errors.New("too many groups to list")

// ErrMoving says that a list kept changing while it was read.
var ErrMoving = errors.New("the list kept changing while it was read")

func doing(err error, format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, err)...)
}
