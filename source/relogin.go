package source

import (
	"fmt"
	"slices"
)

// misfit is somebody of whose logins the rules made one that is none.
type misfit struct {
	reason string
	gone   bool // they have no other
}

// rewriteLogins applies the rules once to each login of each person.
func (m Mapping) rewriteLogins(r *Roster) {
	if len(m.Logins) == 0 || r.People() == 0 {
		return
	}
	next := people{keys: r.people.keys, names: r.people.names, left: r.people.left, first: make([]uint32, 1, len(r.people.first))}
	next.logins = make([]Login, 0, len(r.people.logins))
	misfits := map[PersonIndex]misfit{}
	changed := 0
	for i := range PersonIndex(r.People()) {
		from := len(next.logins)
		for _, login := range r.Logins(i) {
			again, fault := m.login(login)
			if fault != nil {
				misfits[i] = misfit{reason: fault.Error()}
				continue
			}
			if again.key != login.key {
				changed++
			}
			if !slices.ContainsFunc(next.logins[from:], func(l Login) bool { return l.key == again.key }) {
				next.logins = append(next.logins, again)
			}
		}
		if bad, found := misfits[i]; found {
			bad.gone = len(next.logins) == from
			misfits[i] = bad
		}
		next.first = append(next.first, uint32(len(next.logins)))
	}
	r.people = next
	r.leaveOut(misfits)
	if changed > 0 {
		r.note(fmt.Sprintf("logins rewritten: %d", changed))
	}
}

// login returns what the rules make of a login, or why that is none.
func (m Mapping) login(login Login) (Login, error) {
	text, rule := rewritten(m.Logins, login.spelt)
	if rule == nil {
		return login, nil
	}
	again := NewLogin(text)
	if err := CheckLogin(again.spelt); err != nil {
		return Login{}, fmt.Errorf("%s makes that of %q: %w", rule.rule, login.spelt, err)
	}
	return again, nil
}

// leaveOut takes those who have no login any more out of their groups, and marks
// the groups of everybody who has lost one partial: nobody can tell who of Box's
// users they are, so that nobody may look like somebody who has left.
func (r *Roster) leaveOut(misfits map[PersonIndex]misfit) {
	if len(misfits) == 0 {
		return
	}
	for i := range r.groups {
		g := &r.groups[i]
		var reasons []string
		members := make([]Membership, 0, len(g.Members))
		for _, member := range g.Members {
			bad, found := misfits[member.Person]
			if found {
				reasons = append(reasons, bad.reason)
			}
			if !bad.gone {
				members = append(members, member)
			}
		}
		if len(reasons) == 0 {
			continue
		}
		r.evidence[0].Memberships -= len(g.Members) - len(members)
		g.Members = members
		if more := len(reasons) - mostFaults; more > 0 {
			reasons = append(reasons[:mostFaults], fmt.Sprintf("and so with %d more people of the group", more))
		}
		g.Partial = slices.Concat(g.Partial, reasons)
	}
}
