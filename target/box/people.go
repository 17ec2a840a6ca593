package box

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

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
	case "active", "cannot_delete_edit", "cannot_delete_edit_upload":
		s.Status = target.Active
	case "inactive":
		s.Status = target.Inactive
	}
	switch u.Role {
	case "user":
		s.Role = target.EnterpriseUser
	case "coadmin":
		s.Role = target.EnterpriseCoAdmin
	case "admin":
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
	found, untold := make([][]boxapi.EmailAlias, len(users)), make([]bool, len(users))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.concurrency)
	for i, id := range users {
		g.Go(func() (err error) {
			found[i], err = r.api.ListEmailAliases(ctx, boxapi.ID(id))
			if kind := boxapi.KindOf(err); kind == boxapi.NotFound || kind == boxapi.Forbidden {
				untold[i], err = true, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", doing(err, "reading e-mail aliases in Box")
	}
	for i, of := range found {
		if untold[i] {
			aliases = append(aliases, target.Alias{User: users[i], Untold: true})
		}
		for _, a := range of {
			aliases = append(aliases, target.Alias{User: users[i], Email: a.Email, Confirmed: a.IsConfirmed})
		}
	}
	return aliases, fmt.Sprintf("asked %s for their e-mail aliases", counted(len(users), "member")), nil
}

// getUsers asks about each of the users. Nothing comes back of one who has gone.
func (r *Reader) getUsers(ctx context.Context, ids []target.UserID) ([]target.User, error) {
	found := make([]boxapi.User, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.concurrency)
	for i, id := range ids {
		g.Go(func() (err error) {
			found[i], err = r.api.GetUser(ctx, boxapi.ID(id), userFields()...)
			if boxapi.KindOf(err) == boxapi.NotFound {
				found[i] = boxapi.User{}
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
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

// howListed and howAsked say which way was taken, for so many logins and roles.
func howListed(logins, roles int) string {
	switch {
	case roles == 0:
		return fmt.Sprintf("looked for %s in the list of all users", counted(logins, "login"))
	case logins == 0:
		return fmt.Sprintf("looked for %s in the list of all users", enterpriseRoles(roles))
	default:
		return fmt.Sprintf("looked for %s and %s in the list of all users", counted(logins, "login"), enterpriseRoles(roles))
	}
}

func howAsked(logins, roles int) string {
	switch {
	case roles == 0:
		return fmt.Sprintf("searched for %s one by one", counted(logins, "login"))
	case logins == 0:
		return fmt.Sprintf("asked for %s one by one", enterpriseRoles(roles))
	default:
		return fmt.Sprintf("searched for %s and asked for %s one by one", counted(logins, "login"), enterpriseRoles(roles))
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
