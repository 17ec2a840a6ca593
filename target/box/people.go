package box

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// appDomain is the domain of the logins that Box gives to app users and service
// accounts.
const appDomain = "@boxdevedition.com"

// standingOf reads what the answer tells of an account. Fields that were not asked
// for, and values that Box does not document, tell nothing.
func standingOf(u boxapi.User) target.Standing {
	s := target.Standing{App: u.IsPlatformAccessOnly || appLogin(u.Login)}
	switch u.Status {
	case boxapi.StatusActive, boxapi.StatusCannotDeleteEdit, boxapi.StatusCannotDeleteEditUpload:
		s.Status = target.Active
	case boxapi.StatusInactive:
		s.Status = target.Inactive
	}
	switch u.Role {
	case boxapi.EnterpriseUser:
		s.Role = target.EnterpriseUser
	case boxapi.EnterpriseCoAdmin:
		s.Role = target.EnterpriseCoAdmin
	case boxapi.EnterpriseAdmin:
		s.Role = target.EnterpriseAdmin
	}
	return s
}

func appLogin(login string) bool {
	at := len(login) - len(appDomain)
	return at >= 0 && strings.EqualFold(login[at:], appDomain)
}

// fullUserOf is userOf for an answer that may be about an external user: one whose
// enterprise is another. Of external users Box leaves null what is not ours to see,
// so one without enterprise is external if status and role are not told either; a
// managed user always has both.
func (r *Reader) fullUserOf(u boxapi.User) target.User {
	user := userOf(u)
	if u.Enterprise != nil && u.Enterprise.ID != 0 {
		user.Standing.External = r.enterprise != 0 && u.Enterprise.ID != r.enterprise
	} else {
		user.Standing.External = u.Status == "" && u.Role == ""
	}
	return user
}

// Aliases returns the e-mail aliases of the users, in one call for each
// (GET /users/:id/email_aliases), and says so. The aliases come in the order of the
// users. Of a user whom Box answers 404 or 403 about, though a listing has shown
// them, the aliases are untold, which is not none: they were deleted just now, or
// the credentials may see groups and not all users, or not those of other admins.
func (r *Reader) Aliases(ctx context.Context, users []target.UserID) (aliases []target.Alias, how string, err error) {
	found, err := askEach(ctx, r, users, r.aliasesOf)
	if err != nil {
		return nil, "", doing(err, "reading e-mail aliases in Box")
	}
	return slices.Concat(found...), fmt.Sprintf("asked %s for their e-mail aliases", counted(len(users), "member")), nil
}

func (r *Reader) aliasesOf(ctx context.Context, user target.UserID) ([]target.Alias, error) {
	found, err := r.api.ListEmailAliases(ctx, boxapi.ID(user))
	if kind := boxapi.KindOf(err); kind == boxapi.NotFound || kind == boxapi.Forbidden {
		return []target.Alias{{User: user, Untold: true}}, nil
	}
	aliases := make([]target.Alias, len(found))
	for i, a := range found {
		aliases[i] = target.Alias{User: user, Email: a.Email, Confirmed: a.IsConfirmed}
	}
	return aliases, err
}

// getUsers asks about each of the users. Nothing comes back of one who has gone.
func (r *Reader) getUsers(ctx context.Context, ids []target.UserID) ([]target.User, error) {
	found, err := askEach(ctx, r, ids, func(ctx context.Context, id target.UserID) (boxapi.User, error) {
		u, err := r.api.GetUser(ctx, boxapi.ID(id), userFields()...)
		if boxapi.KindOf(err) == boxapi.NotFound {
			return boxapi.User{}, nil
		}
		return u, err
	})
	if err != nil {
		return nil, err
	}
	var users []target.User
	for _, u := range found {
		if u.ID != 0 {
			users = append(users, r.fullUserOf(u))
		}
	}
	return users, nil
}

// howListed and howAsked say which way was taken, for so many logins and roles,
// of which there is one at least.
func howListed(logins, roles int) string {
	return "looked for " + both(logins, counted(logins, "login"), roles, enterpriseRoles(roles)) + " in the list of all users"
}

func howAsked(logins, roles int) string {
	return both(logins, "searched for "+counted(logins, "login"), roles, "asked for "+enterpriseRoles(roles)) + " one by one"
}

// both joins two phrases, of which each is left out whose number is zero.
func both(n int, first string, m int, second string) string {
	switch {
	case m == 0:
		return first
	case n == 0:
		return second
	default:
		return first + " and " + second
	}
}

func enterpriseRoles(users int) string {
	if users == 1 {
		return "the enterprise role of 1 user"
	}
	return fmt.Sprintf("the enterprise roles of %d users", users)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
