package box

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func userFields() []string { return []string{"name", "login"} }

// Users returns the managed users that have one of the logins, compared
// without regard to case; a login without a user is left out. It takes the
// cheaper of two ways, and says which: one search for each login
// (GET /users?filter_term=), or the whole list of users, 1000 a call
// (GET /users?usemarker=true).
//
// The search runs on an index that lags behind by seconds, so a user who was
// made just now may not be found by it.
func (r *Reader) Users(ctx context.Context, logins []string) (users []target.User, how string, err error) {
	logins = distinct(logins)
	if len(logins) == 0 {
		return nil, "", nil
	}
	if pages := (r.managed + boxapi.MaxLimit - 1) / boxapi.MaxLimit; len(logins) > pages {
		users, err = r.listUsers(ctx, logins)
		how = fmt.Sprintf("looked for %s in the list of all users", count(len(logins)))
	} else {
		users, err = r.findUsers(ctx, logins)
		how = fmt.Sprintf("searched for %s one by one", count(len(logins)))
	}
	if err != nil {
		return nil, "", doing(err, "looking up users in Box")
	}
	return users, how, nil
}

// distinct leaves out logins that differ from an earlier one in case only.
func distinct(logins []string) []string {
	seen := make(map[string]bool, len(logins))
	var once []string
	for _, login := range logins {
		if key := strings.ToLower(login); !seen[key] {
			seen[key] = true
			once = append(once, login)
		}
	}
	return once
}

func count(logins int) string {
	if logins == 1 {
		return "1 login"
	}
	return fmt.Sprintf("%d logins", logins)
}

func (r *Reader) listUsers(ctx context.Context, logins []string) ([]target.User, error) {
	wanted := make(map[string]bool, len(logins))
	for _, login := range logins {
		wanted[strings.ToLower(login)] = true
	}
	var users []target.User
	opts := boxapi.UserListOptions{UserType: "managed", Fields: userFields(), Limit: boxapi.MaxLimit}
	for u, err := range r.api.AllUsers(ctx, opts) {
		if err != nil {
			return nil, err
		}
		if wanted[strings.ToLower(u.Login)] {
			users = append(users, userOf(u))
		}
	}
	return users, nil
}

func (r *Reader) findUsers(ctx context.Context, logins []string) ([]target.User, error) {
	found := make([]*target.User, len(logins))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.concurrency)
	for i, login := range logins {
		g.Go(func() (err error) {
			found[i], err = r.findUser(ctx, login)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var users []target.User
	for _, u := range found {
		if u != nil {
			users = append(users, *u)
		}
	}
	return users, nil
}

// findUser searches for one login. filter_term is a prefix of a login or a
// name, so what comes back is compared once more.
func (r *Reader) findUser(ctx context.Context, login string) (*target.User, error) {
	found, err := readAll(ctx, limited(r, func(ctx context.Context, offset int) (boxapi.Page[boxapi.User], error) {
		return r.api.ListUsers(ctx, boxapi.UserListOptions{
			UserType: "managed", FilterTerm: login, Fields: userFields(), Limit: boxapi.MaxLimit, Offset: offset,
		})
	}), func(u boxapi.User) boxapi.ID { return u.ID })
	if err != nil {
		return nil, err
	}
	wanted := strings.ToLower(login) // not EqualFold: listUsers and rosters fold so
	for _, u := range found.entries {
		if strings.ToLower(u.Login) == wanted {
			user := userOf(u)
			return &user, nil
		}
	}
	return nil, nil
}
