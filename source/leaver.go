package source

import "fmt"

// Leaver notes that a person is positively known to have left: the account is
// disabled or has expired. That is more than nobody listing them, and it holds
// whatever else is said: somebody who has left is no member of any group, whether
// [Builder.Add] puts them into one before or after.
//
// The person keeps the logins that the source still has, perhaps none, and is
// noted whether or not a group lists them: who they are in Box may be remembered.
// Saying it again changes nothing.
//
// A member that is several things counts as the first of these: somebody who has
// left, no person (who is not spoken of), and then the kinds of [UnresolvedKind] in
// their order. So a leaver without a login is noted here, and not with
// [Builder.Unresolved].
func (b *Builder) Leaver(p PersonIndex) { b.people.left.put(p) }

// HasLeft reports whether the person at i is positively known to have left. They
// are in no group of the roster.
func (r *Roster) HasLeft(i PersonIndex) bool { return r.people.left.has(i) }

// Leavers returns how many people are positively known to have left.
func (r *Roster) Leavers() int { return r.people.left.count() }

// leaveOutLeavers takes those who have left out of the group, and returns how many
// rows put them there.
func (gb *groupBuilder) leaveOutLeavers(left personSet) int {
	if len(left) == 0 {
		return 0
	}
	stay := gb.members[:0]
	for _, m := range gb.members {
		if !left.has(m.Person) {
			stay = append(stay, m)
		}
	}
	dropped := len(gb.members) - len(stay)
	gb.members = stay
	return dropped
}

// noteLeavers says in the evidence how many have left, and how many rows that list
// them all the same count for nothing.
func (b *Builder) noteLeavers(rows int) {
	n := b.people.left.count()
	if n == 0 {
		return
	}
	note := fmt.Sprintf("people who have left: %d", n)
	if rows > 0 {
		note += fmt.Sprintf(", rows that still list them: %d", rows)
	}
	b.Note(note)
}

// Source returns the name of the source that the person at i is of.
func (r *Roster) Source(i PersonIndex) string {
	for s, end := range r.ends {
		if i < end {
			return r.evidence[s].Name
		}
	}
	return ""
}
