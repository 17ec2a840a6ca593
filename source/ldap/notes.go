package ldap

import (
	"fmt"
	"strconv"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

// few counts texts and keeps one to be shown: the first by spelling, as they come in
// no order.
type few struct {
	n     int
	first string
}

func (f *few) add(text string) {
	if f.n++; f.n == 1 || text < f.first {
		f.first = text
	}
}

// LargeGroup is how many members Active Directory gives of a group at once.
const LargeGroup = 1500

// counts are what a reviewer should know and what changes nothing.
type counts struct {
	failed          []string // servers that gave nothing whole
	people          int
	peopleElsewhere []string
	lookedUp        bool // instead of reading all people
	lookups         int
	badLogins       few
	badSigns        few
	descriptions    few
	noAdmins        int
	tolerated       int
	elevated        int // accounts of admins who are no members, as they come by member groups

	nested, unfollowed, none int
	large                    int
	largest                  string
	largestSize              int
}

// group counts what a group came to.
func (c *counts) group(of *crowd, g *group) {
	c.nested += of.groups
	c.unfollowed += of.left
	c.none += of.none
	if n := len(g.members); n > LargeGroup {
		c.large++
		if n > c.largestSize {
			c.largest, c.largestSize = g.name, n
		}
	}
}

// searched says where groups were looked for.
func (r *reading) searched() string {
	return fmt.Sprintf("groups below %s for %s", r.config.Groups.BaseDN, r.config.Groups.Filter)
}

// notes say what was read, and what is missing.
func (r *reading) notes(groups []int) []string {
	c := &r.counts
	var notes []string
	note := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	note(1, "%s", r.searched())
	if c.lookedUp {
		note(1, "people: the first %d of a large directory were read, and the others whom groups name were looked up", c.people)
	} else {
		note(1, "people read: %d", c.people)
	}
	note(c.lookups, "members looked up by name, as the search for people does not find them: %d", c.lookups)
	unmarked := r.markedElsewhere()
	note(unmarked.n, "members of the marker group that the search for groups does not find: %d, such as %s", unmarked.n, quoted(unmarked))
	note(c.nested, "member groups followed: %d", c.nested)
	note(c.unfollowed, "member groups not followed, as nested is false: %d", c.unfollowed)
	note(c.none, "members that are no people: %d", c.none)
	note(c.elevated, "members who are none, as admins.accounts means them and they are in a member group only: %d", c.elevated)
	note(c.tolerated, "members of a kind that people.tolerate passes: %d", c.tolerated)
	note(c.large, "groups that list more than %d members: %d, the largest is %s with %d", LargeGroup, c.large, strconv.Quote(c.largest), c.largestSize)
	note(c.badLogins.n, "addresses that cannot be logins: %d, such as %s", c.badLogins.n, quoted(c.badLogins))
	note(c.badSigns.n, "accounts of which it cannot be read whether they are closed: %d, such as %s", c.badSigns.n, quoted(c.badSigns))
	note(c.descriptions.n, "descriptions with control characters, which are not taken: %d, such as of %s", c.descriptions.n, quoted(c.descriptions))
	note(c.noAdmins, "groups whose list of admins is missing or not whole, so that their roles are left as they are: %d", c.noAdmins)
	if !r.adminsAreKnown(groups) {
		note(1, "no group shows the attribute %s, so that roles are left as they are", r.config.Admins.Attribute)
	}
	for _, place := range c.peopleElsewhere {
		note(1, "people at %s were not read, as referral_hosts does not name it", place)
	}
	for _, reason := range r.partial {
		note(1, "the list of groups is not whole: %s", reason)
	}
	for _, failure := range c.failed {
		note(1, "another server was asked before: %s", failure)
	}
	return notes
}

func quoted(f few) string { return strconv.Quote(f.first) }

// isConflict reports whether a name is that of a copy that replication made.
func (r *reading) isConflict(name string) bool {
	key, err := dn.Key(name)
	return err == nil && (dn.Conflict(key) || dn.Deleted(key))
}
