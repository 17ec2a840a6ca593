// Package source is the vocabulary of the desired side: who should be in which
// group, as a directory or a file says.
//
// It is pure: values only. A reader (package source/csv and its siblings)
// feeds a [Builder] and returns the [Roster] that comes out of it. A roster is
// compact from the first day: every person is kept once, a membership is eight
// bytes, and the slices are sorted, so that equal input gives equal bytes.
//
// # Completeness
//
// The most important thing a roster knows is what it does not know. A group
// that was not read whole is marked partial with [Builder.Partial], and nobody
// is ever removed from or demoted in a partial group. A source that could not
// be read at all returns an error instead of a roster.
package source

import (
	"errors"
	"fmt"
	"strings"
)

// ErrIncomplete says that a source answered, but with less than its
// configuration expects. Nothing may be decided from it.
var ErrIncomplete = errors.New("the source is incomplete")

// Login is an e-mail address that Box knows a user by. Its zero value is no
// login. Two logins are the same if their keys are.
type Login struct {
	key   string
	spelt string
}

// NewLogin trims and folds s. It never fails: whether the login exists is for
// Box to say.
func NewLogin(s string) Login {
	s = strings.TrimSpace(s)
	return Login{key: strings.ToLower(s), spelt: s}
}

// Key returns the folded form, which is what is compared.
func (l Login) Key() string { return l.key }

// String returns the login as it was spelt.
func (l Login) String() string { return l.spelt }

// IsZero reports whether there is no login.
func (l Login) IsZero() bool { return l.key == "" }

// Domain returns what follows the last @ of the folded login, or "".
func (l Login) Domain() string {
	if i := strings.LastIndexByte(l.key, '@'); i >= 0 {
		return l.key[i+1:]
	}
	return ""
}

// Local returns what precedes the last @ of the folded login, or "" where there is
// no @.
func (l Login) Local() string { return l.key[:max(0, strings.LastIndexByte(l.key, '@'))] }

// Role is what a source wants somebody to be in a group.
type Role uint8

// The roles. Unstated is the zero value on purpose: a source that says nothing
// about roles adds people as members and never changes the role of anybody.
const (
	Unstated Role = iota
	Member
	Admin
)

// String returns the role's word in configuration and files.
func (r Role) String() string {
	switch r {
	case Member:
		return "member"
	case Admin:
		return "admin"
	default:
		return "unstated"
	}
}

// ParseRole reads a role's word, in any case. The empty string is Unstated.
func ParseRole(s string) (Role, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "unstated":
		return Unstated, nil
	case "member":
		return Member, nil
	case "admin":
		return Admin, nil
	default:
		return Unstated, fmt.Errorf("unknown role %q; roles are member, admin, or nothing", s)
	}
}

// GroupKey is the stable identity of a source group within an installation.
type GroupKey struct {
	Source string // the name of its entry in `sources:`
	ID     string // objectGUID, entryUUID, source_id, or the name in a CSV
}

// IdentifierPrefix opens every external_sync_identifier that this program
// writes. What does not start with it belongs to somebody else.
const IdentifierPrefix = "rollcall:"

// Identifier returns the external_sync_identifier that ties a Box group to the
// key: rollcall:{instance}:{source}:{id}. Neither instance nor source may
// contain a colon; the configuration refuses one.
func (k GroupKey) Identifier(instance string) string {
	return IdentifierPrefix + instance + ":" + k.Source + ":" + k.ID
}

// FoldIdentifier returns the form under which two identifiers are one: in an
// identifier of ours, the case of the group's id does not count. The id of a CSV
// group is its name, and a name whose case somebody corrects is the same name.
func FoldIdentifier(s string) string {
	instance, key, ok := ParseIdentifier(s)
	if !ok {
		return s
	}
	key.ID = FoldName(key.ID)
	return key.Identifier(instance)
}

// ParseIdentifier takes an identifier apart. ok is false for one that this
// program did not write.
func ParseIdentifier(s string) (instance string, key GroupKey, ok bool) {
	rest, found := strings.CutPrefix(s, IdentifierPrefix)
	if !found {
		return "", GroupKey{}, false
	}
	instance, rest, found = strings.Cut(rest, ":")
	if !found {
		return "", GroupKey{}, false
	}
	key.Source, key.ID, found = strings.Cut(rest, ":")
	if !found || instance == "" || key.Source == "" || key.ID == "" {
		return "", GroupKey{}, false
	}
	return instance, key, true
}

// Position is a place in an input that a person can open.
type Position struct {
	File   string
	Line   int // from 1; 0 means the file as a whole
	Column int // from 1, in bytes; 0 means the line as a whole
}

// String returns file:line:column, as far as they are known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// PositionError is a fault in an input, with its place.
type PositionError struct {
	Position Position
	Err      error
}

// Error returns the fault behind its place.
func (e *PositionError) Error() string { return e.Position.String() + ": " + e.Err.Error() }

// Unwrap returns the fault without its place.
func (e *PositionError) Unwrap() error { return e.Err }
