package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// roster builds a roster of one source, "hr", from lines such as
//
//	Finance: ann admin, bob, carl member
//	Empty:
//	Legal (partial): ann
func roster(text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", Kind: "csv", Origin: "groups.csv", GroupsComplete: true})
	for number, line := range lines(text) {
		name, members, _ := strings.Cut(line, ":")
		name, partial := strings.CutSuffix(name, " (partial)")
		g := b.Group(name, name, fmt.Sprintf("groups.csv:%d", number+1))
		if partial {
			b.Partial(g, "groups.csv:9: no such role")
		}
		for _, entry := range entries(members) {
			login, word, _ := strings.Cut(entry, " ")
			role, err := source.ParseRole(word)
			if err != nil {
				panic(err)
			}
			l := source.NewLogin(address(login))
			b.Add(g, b.Person(l.Key(), "", l), role, number+1)
		}
	}
	return b.Build()
}

// box builds a snapshot. Groups are ours unless an identifier is given:
//
//	Finance: ann admin, bob
//	Legal [okta:7]: ann
//	Plain []: ann
//
// Every user named anywhere, and in `known`, exists in Box.
func box(text string, known ...string) target.Snapshot {
	var s target.Snapshot
	users := map[string]target.UserID{}
	user := func(login string) target.User {
		login = address(login)
		if users[login] == 0 {
			users[login] = userID(login)
		}
		return target.User{ID: users[login], Login: login}
	}
	for i, line := range lines(text) {
		name, members, _ := strings.Cut(line, ": ")
		name = strings.TrimSuffix(name, ":")
		identifier := "rollcall:main:hr:" + name
		if before, after, ok := strings.Cut(name, " ["); ok {
			name, identifier = before, strings.TrimSuffix(after, "]")
		}
		id := target.GroupID(101 + i)
		s.Groups = append(s.Groups, target.Group{ID: id, Name: name, Identifier: identifier})
		l := target.Listing{Group: id}
		for j, entry := range entries(members) {
			login, word, _ := strings.Cut(entry, " ")
			u := user(login)
			l.Users = append(l.Users, u)
			l.Memberships = append(l.Memberships, target.Membership{
				ID: target.MembershipID(1000*(i+1) + j), User: u.ID, Role: boxRole(word),
			})
		}
		s.Listings = append(s.Listings, l)
	}
	for _, login := range known {
		s.Users = append(s.Users, user(login))
	}
	return s
}

func userID(login string) target.UserID {
	id := target.UserID(0)
	for _, b := range []byte(login) {
		id = id*31 + target.UserID(b)
	}
	return id
}

func boxRole(word string) target.Role {
	switch word {
	case "", "member":
		return target.RoleMember
	case "admin":
		return target.RoleAdmin
	default:
		return target.RoleOther
	}
}

func lines(text string) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func entries(text string) []string {
	var out []string
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			out = append(out, entry)
		}
	}
	return out
}

func address(login string) string {
	if strings.Contains(login, "@") {
		return login
	}
	return login + "@acme.example"
}

// people returns n logins, "p1" to "pn", as a list for roster and box.
func people(n int) string {
	logins := make([]string, n)
	for i := range logins {
		logins[i] = fmt.Sprintf("p%d", i+1)
	}
	return strings.Join(logins, ", ")
}

// options are the defaults of a configuration.
func options(edit ...func(*plan.Options)) plan.Options {
	o := plan.Options{Instance: "main", Create: true, Remove: true, ManageRoles: true, Limits: plan.DefaultLimits()}
	for _, f := range edit {
		f(&o)
	}
	return o
}

// unlimited lets everything through but what the rules without numbers hold.
func unlimited(o *plan.Options) { o.Limits = plan.Limits{} }

func diff(t testing.TB, r *source.Roster, s target.Snapshot, o plan.Options) *plan.Plan {
	t.Helper()
	p, err := plan.Diff(r, s, o)
	require.NoError(t, err)
	return p
}

// changes writes changes short: "add Finance ann@acme.example as admin (joined)".
func changes(cs []plan.Change) []string {
	out := []string{}
	for _, c := range cs {
		text := c.Kind.String() + " " + c.Group.Name
		if c.User.Login != "" {
			text += " " + strings.TrimSuffix(c.User.Login, "@acme.example")
		}
		switch c.Kind {
		case plan.Add:
			text += " as " + c.After.String()
		case plan.SetRole:
			text += fmt.Sprintf(" %s to %s", c.Before, c.After)
		case plan.RenameGroup:
			text += " from " + c.BeforeName
		default:
		}
		out = append(out, text+" ("+c.Cause.String()+")")
	}
	return out
}

// holds writes holds short: "removals_per_group Finance 9".
func holds(hs []plan.Hold) []string {
	out := []string{}
	for _, h := range hs {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %d", h.Rule, h.Group.Name, h.Source, len(h.Changes))), " "))
	}
	return out
}

// findings writes findings short: "unknown_login zoe@acme.example".
func findings(fs []plan.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, strings.TrimSpace(string(f.Kind)+" "+f.Group.Name+f.Login.String()))
	}
	slices.Sort(out)
	return out
}
