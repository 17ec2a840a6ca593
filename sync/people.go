package sync

import (
	"context"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// comparison is what needs to know about people: a [plan.Differ] or a
// [plan.Recheck].
type comparison interface {
	Unresolved() []source.Login
	Unranked() []target.UserID
	Resolve(users []target.User)
	Doubtful() []target.UserID
	Aliased(aliases []target.Alias)
	Remembered() []target.UserID
}

// resolve asks Box what the listings do not tell of people, and says in how many
// questions: first who has the logins that no listing has shown, and the roles in
// the enterprise; then the e-mail aliases of those who look like leavers; and then
// the roles of those who turn out to be wanted under one, and whom the memory names
// for those who are still unknown.
func resolve(ctx context.Context, c comparison, reader Reader) (how string, err error) {
	logins, ids := c.Unresolved(), c.Unranked()
	users, how, err := reader.Users(ctx, texts(logins), ids)
	if err != nil {
		return "", err
	}
	c.Resolve(users)
	asked, err := askAliases(ctx, c, reader)
	if err != nil {
		return "", err
	}
	how = join(how, asked)
	again := c.Remembered()
	if asked != "" {
		again = append(again, c.Unranked()...)
	}
	// Box has said of these what it says.
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	slices.Sort(again)
	again = slices.DeleteFunc(slices.Compact(again), func(id target.UserID) bool { return slices.Contains(ids, id) })
	if len(again) == 0 {
		return how, nil
	}
	users, more, err := reader.Users(ctx, nil, again)
	if err != nil {
		return "", err
	}
	c.Resolve(users)
	return join(how, more), nil
}

// askAliases asks for the e-mail aliases of those who look like leavers, and where
// some are not told, once more for those of whom that makes a difference.
func askAliases(ctx context.Context, c comparison, reader Reader) (how string, err error) {
	var asked []target.UserID
	for range 2 {
		doubtful := slices.DeleteFunc(c.Doubtful(), func(id target.UserID) bool { return slices.Contains(asked, id) })
		if len(doubtful) == 0 {
			break
		}
		aliases, more, err := reader.Aliases(ctx, doubtful)
		if err != nil {
			return "", err
		}
		c.Aliased(aliases)
		asked, how = append(asked, doubtful...), join(how, more)
	}
	return how, nil
}

func texts(logins []source.Login) []string {
	out := make([]string, len(logins))
	for i, login := range logins {
		out[i] = login.String()
	}
	return out
}

// join puts what was asked into one text.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}
