package plan_test

import (
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// keyed builds a roster of one source, "hr", whose people have keys of their
// own, from lines such as
//
//	ann = ann.jones, ann@upn.example
//	bob (left) = bob
//	Finance: ann admin, bob, carl
//	Legal (partial): ann
//
// Who is not described has the login of that name. A group lists ~ann without a login.
func keyed(text string) *source.Roster { return keyedOf("hr", text) }

func keyedOf(name, text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: name, Kind: "ldap", GroupsComplete: true})
	for _, line := range lines(text) {
		who, logins, person := strings.Cut(line, "=")
		if !person {
			continue
		}
		who, left := strings.CutSuffix(strings.TrimSpace(who), " (left)")
		var all []source.Login
		for _, login := range entries(logins) {
			all = append(all, source.NewLogin(address(login)))
		}
		if p := b.Person("k-"+who, who, all...); left {
			b.Leaver(p)
		}
	}
	for _, line := range lines(text) {
		group, members, isGroup := strings.Cut(line, ":")
		if !isGroup {
			continue
		}
		group, partial := strings.CutSuffix(group, " (partial)")
		g := b.Group(group, group, "")
		if partial {
			b.Partial(g, "unreadable")
		}
		for _, entry := range entries(members) {
			if who, without := strings.CutPrefix(entry, "~"); without {
				b.Unresolved(g, source.NoLogin, who)
				b.Loginless(g, b.Person("k-"+who, who))
				continue
			}
			who, word, _ := strings.Cut(entry, " ")
			role, err := source.ParseRole(word)
			if err != nil {
				panic(err)
			}
			b.Add(g, b.Person("k-"+who, who, source.NewLogin(address(who))), role, 0)
		}
	}
	return b.Build()
}

// peopleKnown is a memory of people, such as "ann=ann.smith, bob=bob".
func peopleKnown(text string) *plan.Memory {
	m := &plan.Memory{People: map[string]target.UserID{}}
	for _, entry := range entries(text) {
		who, login, _ := strings.Cut(entry, "=")
		m.People["hr/k-"+who] = userID(address(login))
	}
	return m
}

// knownIn writes the people of a memory: "ann=ann.smith", for those of the logins.
func knownIn(m *plan.Memory, logins ...string) map[string]string {
	out := map[string]string{}
	for key, id := range m.People {
		who := strings.TrimPrefix(key, "hr/k-")
		out[who] = id.String()
		for _, login := range logins {
			if userID(address(login)) == id {
				out[who] = login
			}
		}
	}
	return out
}
