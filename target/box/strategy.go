package box

import (
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

func userFields() []string {
	return []string{"name", "login", "status", "role", "is_platform_access_only", "enterprise"}
}

// Users returns the users that have one of the logins, compared without regard to
// case, or one of the ids, with what Box tells of their accounts; whom Box does not
// have is left out. It takes the cheaper of two ways, and says which: one search
// for each login (GET /users?filter_term=) and one question for each id
// (GET /users/:id), or the whole list of managed users, 1000 a call
// (GET /users?usemarker=true). External users are found by the first way alone.
//
// The search runs on an index that lags behind by seconds, so a user who was
// made just now may not be found by it.
func (r *Reader) Users(ctx context.Context, logins []string, ids []target.UserID) (users []target.User, how string, err error) {
	logins = distinct(logins)
	if len(logins)+len(ids) == 0 {
		return nil, "", nil
	}
	if pages := (r.managed + boxapi.MaxLimit - 1) / boxapi.MaxLimit; len(logins)+len(ids) > pages {
		users, err = r.listUsers(ctx, logins, ids)
		how = howListed(len(logins), len(ids))
	} else {
		users, err = r.askUsers(ctx, logins, ids)
		how = howAsked(len(logins), len(ids))
	}
	if err != nil {
		return nil, "", doing(err, "looking up users in Box")
	}
	return users, how, nil
}

func (r *Reader) askUsers(ctx context.Context, logins []string, ids []target.UserID) ([]target.User, error) {
	found, err := r.findUsers(ctx, logins)
	if err != nil {
		return nil, err
	}
	told, err := r.getUsers(ctx, ids)
	return append(found, told...), err
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

func (r *Reader) listUsers(ctx context.Context, logins []string, ids []target.UserID) ([]target.User, error) {
	wanted, asked := make(map[string]bool, len(logins)), make(map[target.UserID]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for _, login := range logins {
		wanted[strings.ToLower(login)] = true
	}
	var users []target.User
	opts := boxapi.UserListOptions{UserType: boxapi.ManagedUsers, Fields: userFields(), Limit: boxapi.MaxLimit}
	for u, err := range r.api.AllUsers(ctx, opts) {
		if err != nil {
			return nil, err
		}
		if wanted[strings.ToLower(u.Login)] || asked[target.UserID(u.ID)] {
			users = append(users, userOf(u))
		}
	}
	return users, nil
}

func (r *Reader) findUsers(ctx context.Context, logins []string) ([]target.User, error) {
	found, err := askEach(ctx, r, logins, r.findUser)
	if err != nil {
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
			UserType: boxapi.AllUserTypes, FilterTerm: login, Fields: userFields(), Limit: boxapi.MaxLimit, Offset: offset,
		})
	}), func(u boxapi.User) boxapi.ID { return u.ID })
	if err != nil {
		return nil, err
	}
	wanted := strings.ToLower(login) // not EqualFold: listUsers and rosters fold so
	for _, u := range found.entries {
		if strings.ToLower(u.Login) == wanted {
			user := r.fullUserOf(u)
			return &user, nil
		}
	}
	return nil, nil
}
